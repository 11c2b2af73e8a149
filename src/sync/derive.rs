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

/// What wraps a key on the device: OWASP's minimum for argon2id, about a second on a cheap phone. It is not stored with the
/// wraps, so it never changes without another form of them. More for the password alone would gain nothing: whoever has the
/// files tries the PIN, which wraps the same key.
pub const COST: Cost = Cost {
    memory: 19 * 1024,
    passes: 2,
};

/// What a backup file is sealed with, which leaves the phone and has nothing but the password: five times the work. It takes
/// more passes and not more memory, because a browser's wasm never gives memory back, and a phone that has not 64 MiB for it
/// could not make the file. The file carries its cost, so files of other costs open too.
pub const FILE_COST: Cost = Cost {
    memory: COST.memory,
    passes: 10,
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
