//! Attempts to log in, counted before the password is looked at, so that many at the same time are counted too.

use rusqlite::{Connection, named_params};

use crate::domain::Millis;

use super::Error;

/// How long an attempt counts, in milliseconds.
pub const WINDOW: i64 = 15 * 60 * 1000;
/// Attempts on one login name within the window.
pub const PER_USERNAME: u32 = 10;
/// Attempts from one address within the window: a whole office may sit behind it.
pub const PER_ADDRESS: u32 = 100;

/// Counts an attempt. `Some` is the seconds to wait when there were too many; that one is not counted.
///
/// # Errors
/// When it cannot be written.
pub fn begin(
    connection: &Connection,
    username: &str,
    address: &str,
    now: Millis,
) -> Result<Option<u32>, Error> {
    let since = now.plus(-WINDOW).0;
    connection
        .prepare_cached("delete from login_attempt where at <= ?1")?
        .execute([since])?;
    let oldest: Option<i64> = connection
        .prepare_cached(include_str!("attempts.sql"))?
        .query_row(
            named_params! {
                ":username": username,
                ":address": address,
                ":per_username": PER_USERNAME,
                ":per_address": PER_ADDRESS,
            },
            |row| row.get(0),
        )?;
    if let Some(oldest) = oldest {
        let wait = (oldest + WINDOW - now.0).max(0) / 1000 + 1;
        return Ok(Some(u32::try_from(wait).unwrap_or(u32::MAX)));
    }
    connection
        .prepare_cached("insert into login_attempt (username, address, at) values (?1, ?2, ?3)")?
        .execute((username, address, now.0))?;
    Ok(None)
}

/// Forgets the attempts of one login name: its owner is in.
///
/// # Errors
/// When it cannot be written.
pub fn succeed(connection: &Connection, username: &str) -> Result<(), Error> {
    connection
        .prepare_cached("delete from login_attempt where username = ?1")?
        .execute([username])?;
    Ok(())
}
