//! The clock and the randomness of the machine: the only place in the server that asks for either.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::domain::{Millis, id::Entropy};

/// Now.
#[must_use]
pub fn now() -> Millis {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// Random bytes fit for secrets.
///
/// # Errors
/// When the system has none.
pub fn random<const N: usize>() -> Result<[u8; N], std::io::Error> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|why| std::io::Error::other(why.to_string()))?;
    Ok(bytes)
}

/// The randomness of one identity.
///
/// # Errors
/// When the system has none.
pub fn entropy() -> Result<Entropy, std::io::Error> {
    random()
}
