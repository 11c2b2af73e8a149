//! Passwords and tokens: what is stored of them cannot be turned back.

use std::{
    io,
    sync::{Mutex, PoisonError},
};

use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::{
        PasswordHasher,
        phc::{Output, PasswordHash},
    },
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;

use super::{machine, repo::accounts::Hash};

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
    is_password_in(password, hash, &mut Vec::new())
}

/// The same in memory that was used before.
fn is_password_in(password: &str, hash: Option<&str>, memory: &mut Vec<Block>) -> bool {
    let fits = matches(password, hash.unwrap_or(NOBODY), memory);
    fits.unwrap_or(false) && hash.is_some()
}

/// `None` for a hash that is none of ours.
fn matches(password: &str, hash: &str, memory: &mut Vec<Block>) -> Option<bool> {
    let hash = PasswordHash::new(hash).ok()?;
    let params = Params::try_from(&hash).ok()?;
    let version = Version::try_from(hash.version?).ok()?;
    let algorithm = Algorithm::try_from(hash.algorithm.as_str()).ok()?;
    let (salt, wanted) = (hash.salt?, hash.hash?);
    memory.resize(params.block_count(), Block::new());
    let mut bytes = vec![0; wanted.len()];
    Argon2::new(algorithm, version, params)
        .hash_password_into_with_memory(password.as_bytes(), &salt, &mut bytes, &mut memory[..])
        .ok()?;
    Some(Output::new(&bytes).ok()? == wanted)
}

/// Passwords checked at the same time: each takes 19 MiB and a whole core.
const AT_THE_SAME_TIME: usize = 2;

/// Where the server checks passwords: a few at a time, in memory that is used again.
#[derive(Debug)]
pub struct Hashing {
    turns: Semaphore,
    memory: Mutex<Vec<Vec<Block>>>,
}

impl Default for Hashing {
    fn default() -> Self {
        Self {
            turns: Semaphore::new(AT_THE_SAME_TIME),
            memory: Mutex::default(),
        }
    }
}

impl Hashing {
    /// As [`is_password`], when its turn comes.
    ///
    /// # Errors
    /// When the thread that does it fails.
    pub async fn is_password(&self, password: String, hash: Option<String>) -> io::Result<bool> {
        let _turn = self.turns.acquire().await.map_err(io::Error::other)?;
        let lock = || self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let mut memory = lock().pop().unwrap_or_default();
        let checking = tokio::task::spawn_blocking(move || {
            let fits = is_password_in(&password, hash.as_deref(), &mut memory);
            (fits, memory)
        });
        let (fits, memory) = checking.await.map_err(io::Error::other)?;
        let mut free = lock();
        // One is kept for the next; a second one was for a rush.
        if free.is_empty() {
            free.push(memory);
        }
        Ok(fits)
    }
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

/// A token's hash as a device sends it, in hex.
#[must_use]
pub fn read_hash(text: &str) -> Option<Hash> {
    let (digits, rest) = text.as_bytes().as_chunks::<2>();
    let mut hash = Hash::default();
    if !rest.is_empty() || digits.len() != hash.len() {
        return None;
    }
    for (byte, pair) in hash.iter_mut().zip(digits) {
        if !pair.iter().all(u8::is_ascii_hexdigit) {
            return None;
        }
        let pair = std::str::from_utf8(pair).ok()?;
        *byte = u8::from_str_radix(pair, 16).ok()?;
    }
    Some(hash)
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

    #[tokio::test]
    async fn passwords_that_are_checked_one_after_another_use_the_same_memory() {
        let hash = hash_password("rahasia-sekali").unwrap();
        let hashing = Hashing::default();
        for (password, fits) in [
            ("rahasia-sekali", true),
            ("salah", false),
            ("rahasia-sekali", true),
        ] {
            let found = hashing.is_password(password.to_owned(), Some(hash.clone()));
            assert_eq!(found.await.unwrap(), fits);
        }
        assert_eq!(hashing.memory.lock().unwrap().len(), 1);
    }

    #[test]
    fn a_hash_that_a_device_sends_is_64_hex_digits() {
        let hash = hash_token("token");
        let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(read_hash(&hex), Some(hash));
        for odd in [
            "",
            "ab",
            hex.trim_start_matches('3'),
            &format!("{hex}00"),
            &hex.replace('a', "é"),
            &"+1".repeat(32),
        ] {
            assert_eq!(read_hash(odd), None, "{odd}");
        }
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
