//! Sessions: a random token, kept only as a hash, revocable, ended by long disuse.

use crate::{
    domain::{Millis, User},
    server::repo::{Error, Tx, accounts::Hash},
};

/// A session unused for so long is over, in milliseconds.
pub const IDLE: i64 = 90 * 24 * 60 * 60 * 1000;

/// Who a session belongs to and when it was last used; nothing when it is over, was ended, or its user is disabled.
///
/// # Errors
/// When it cannot be read.
pub fn find(tx: &dyn Tx, hash: &Hash, now: Millis) -> Result<Option<(User, Millis)>, Error> {
    tx.session(hash, now.plus(-IDLE))
}
