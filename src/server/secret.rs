//! Passwords and tokens: what is stored of them cannot be turned back.

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use super::{machine, sqlite::session::Hash};

/// Letters in the shortest password that is taken.
pub const SHORTEST_PASSWORD: usize = 10;

/// Hashes a password with argon2id and a fresh salt, as a PHC string. Takes tens of milliseconds and 19 MiB on purpose.
///
/// # Errors
/// When the system has no randomness.
pub fn hash_password(password: &str) -> Result<String, std::io::Error> {
    let salt: [u8; 16] = machine::random()?;
    let hash: PasswordHash = Argon2::default()
        .hash_password_with_salt(password.as_bytes(), &salt)
        .map_err(|why| std::io::Error::other(why.to_string()))?;
    Ok(hash.to_string())
}

/// Whether a password is the one that was hashed. Without a hash it takes as long and says no, so that nobody learns
/// from the clock which login names exist.
#[must_use]
pub fn is_password(password: &str, hash: Option<&str>) -> bool {
    let real = hash.is_some();
    let hash = hash.unwrap_or(NOBODY);
    let fits = PasswordHash::new(hash).is_ok_and(|hash| {
        Argon2::default()
            .verify_password(password.as_bytes(), &hash)
            .is_ok()
    });
    fits && real
}

/// A hash with the settings of [`hash_password`] that no password is known for.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5IGtub3dzIGl0$\
                      AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// A new token: 160 random bits (what RFC 6749, 10.10 asks for) in 27 letters, since it goes with every call.
///
/// # Errors
/// When the system has no randomness.
pub fn token() -> Result<String, std::io::Error> {
    let bytes: [u8; 20] = machine::random()?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// What is stored of a token.
#[must_use]
pub fn hash_token(token: &str) -> Hash {
    Sha256::digest(token.as_bytes()).into()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn only_the_password_that_was_hashed_is_the_password() {
        let hash = hash_password("rahasia-sekali").unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(is_password("rahasia-sekali", Some(&hash)));
        assert!(!is_password("rahasia-sekalI", Some(&hash)));
        assert!(!is_password("rahasia-sekali", None));
        assert_ne!(hash, hash_password("rahasia-sekali").unwrap());
    }

    #[test]
    fn the_hash_of_nobody_costs_as_much_as_a_real_one() {
        let hash = PasswordHash::new(NOBODY).unwrap();
        let real = hash_password("x").unwrap();
        let real = PasswordHash::new(&real).unwrap();
        assert_eq!(hash.params, real.params);
        assert_eq!(hash.algorithm, real.algorithm);
    }
}
