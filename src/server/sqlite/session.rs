//! Sessions: a random token, kept only as a hash, revocable, ended by long disuse.

use rusqlite::{Connection, OptionalExtension};

use crate::domain::{Millis, User, UserId};

use super::{Error, user};

/// A session unused for so long is over, in milliseconds.
pub const IDLE: i64 = 90 * 24 * 60 * 60 * 1000;

/// SHA-256 of a token.
pub type Hash = [u8; 32];

/// Begins a session.
///
/// # Errors
/// When it cannot be written.
pub fn begin(
    connection: &Connection,
    hash: &Hash,
    user: UserId,
    device: &str,
    now: Millis,
) -> Result<(), Error> {
    connection
        .prepare_cached(
            "insert into session (hash, user, device, created, last_used) values (?1, ?2, ?3, ?4, ?4)",
        )?
        .execute((hash, user.to_string(), device, now.0))?;
    Ok(())
}

/// Who a session belongs to and when it was last used; nothing when it is over, revoked, or its user disabled.
///
/// # Errors
/// When it cannot be read.
pub fn find(
    connection: &Connection,
    hash: &Hash,
    now: Millis,
) -> Result<Option<(User, Millis)>, Error> {
    connection
        .prepare_cached(include_str!("session.sql"))?
        .query_row((hash, now.plus(-IDLE).0), |row| {
            Ok(user::read(row).and_then(|user| Ok((user, Millis(row.get("last_used")?)))))
        })
        .optional()?
        .transpose()
}

/// Notes that a session is in use.
///
/// # Errors
/// When it cannot be written.
pub fn touch(connection: &Connection, hash: &Hash, now: Millis) -> Result<(), Error> {
    connection
        .prepare_cached("update session set last_used = ?2 where hash = ?1 and last_used < ?2")?
        .execute((hash, now.0))?;
    Ok(())
}

/// Ends a session.
///
/// # Errors
/// When it cannot be written.
pub fn revoke(connection: &Connection, hash: &Hash, now: Millis) -> Result<(), Error> {
    connection
        .prepare_cached("update session set revoked = ?2 where hash = ?1 and revoked is null")?
        .execute((hash, now.0))?;
    Ok(())
}

/// Ends every session of a user.
///
/// # Errors
/// When it cannot be written.
pub fn revoke_all(connection: &Connection, user: UserId, now: Millis) -> Result<(), Error> {
    connection
        .prepare_cached("update session set revoked = ?2 where user = ?1 and revoked is null")?
        .execute((user.to_string(), now.0))?;
    Ok(())
}
