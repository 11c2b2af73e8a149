//! A key out of a password or PIN: argon2id, the same on the phone, in a backup file and where one is opened.

use argon2::{Algorithm, Argon2, Params, Version};
use zeroize::Zeroizing;

/// Bytes of a salt.
pub const SALT: usize = 16;

/// What a derivation costs whoever guesses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cost {
    /// Memory, KiB.
    pub memory: u32,
    /// Passes over it.
    pub passes: u32,
}

/// OWASP's minimum for argon2id, about a second on a cheap phone.
pub const COST: Cost = Cost {
    memory: 19 * 1024,
    passes: 2,
};

/// The key of a secret, or nothing for a cost that is none.
#[must_use]
pub fn derive(cost: Cost, salt: &[u8], secret: &str) -> Option<Zeroizing<[u8; 32]>> {
    let params = Params::new(cost.memory, cost.passes, 1, Some(32)).ok()?;
    let mut key = Zeroizing::new([0; 32]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(secret.as_bytes(), salt, &mut *key)
        .ok()?;
    Some(key)
}
