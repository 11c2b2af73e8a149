//! Attempts to log in, counted before the password is looked at, so that many at the same time are counted too.
//!
//! A name and a network together wait longer after every wrong password; a network has a budget over all names. So a
//! stranger who guesses holds up nobody elsewhere. A device on which the user was logged in before waits for its own wrong
//! passwords only:
//!
//! | who fails | who waits |
//! |---|---|
//! | a stranger at 198.51.100.1, as `sri` | `sri` at 198.51.100.1, on a device where she never logged in |
//! | a stranger at 198.51.100.1, as 100 names | every name at 198.51.100.1, on such devices |
//! | the finder of a phone, as `sri` | that phone |

use rusqlite::{Connection, OptionalExtension};

use crate::domain::Millis;
use crate::server::address::Network;

use super::{Error, session::Hash};

/// How long an attempt makes later ones of the same name and network, or device, wait, in milliseconds.
pub const REMEMBERED: i64 = 24 * 60 * 60 * 1000;
/// Attempts of a name and a network, or of a device, that cost no time.
pub const FREE: u32 = 5;
/// The wait after one more, in milliseconds; every further one doubles it.
pub const FIRST_WAIT: i64 = 5_000;
/// The longest wait, in milliseconds.
pub const LONGEST_WAIT: i64 = 15 * 60 * 1000;

/// The window of a network's budget, in milliseconds.
pub const WINDOW: i64 = 15 * 60 * 1000;
/// Attempts of one address or /64 in the window: a whole office may sit behind it.
pub const PER_NEAR: u32 = 100;
/// Attempts of one /48 in the window.
pub const PER_WIDE: u32 = 300;

/// Who tries to log in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Attempt {
    /// The login name that is tried.
    pub username: String,
    /// From where.
    pub network: Network,
    /// The device's last session of that user; none when it names none.
    pub device: Option<Hash>,
}

/// Counts an attempt. `Some` is the seconds to wait when there were too many; that one is not counted.
///
/// # Errors
/// When it cannot be written.
pub fn begin(connection: &Connection, who: &Attempt, now: Millis) -> Result<Option<u32>, Error> {
    // What lies ahead was counted by a clock that was wrong.
    connection
        .prepare_cached("delete from login_attempt where at <= ?1 or at > ?2")?
        .execute((now.plus(-REMEMBERED).0, now.0))?;
    let device = known_device(connection, who)?;
    let until = match device {
        Some(device) => waits(connection, BY_DEVICE, (&who.username, device))?,
        None => {
            let network = &who.network;
            let until = [
                waits(connection, BY_NAME, (&who.username, &network.near))?,
                spent(connection, BY_NEAR, &network.near, PER_NEAR)?,
                spent(connection, BY_WIDE, &network.wide, PER_WIDE)?,
            ];
            until.into_iter().max().flatten()
        }
    };
    if let Some(wait) = until.map(|until| until - now.0).filter(|wait| *wait > 0) {
        let seconds = wait.saturating_add(999) / 1000;
        return Ok(Some(u32::try_from(seconds).unwrap_or(u32::MAX)));
    }
    let network = &who.network;
    connection
        .prepare_cached(
            "insert into login_attempt (username, near, wide, device, at) values (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute((&who.username, &network.near, &network.wide, device, now.0))?;
    Ok(None)
}

/// Forgets the attempts of a name from a network or device: its owner is in.
///
/// # Errors
/// When it cannot be written.
pub fn succeed(connection: &Connection, who: &Attempt) -> Result<(), Error> {
    match known_device(connection, who)? {
        Some(device) => connection
            .prepare_cached("delete from login_attempt where username = ?1 and device = ?2")?
            .execute((&who.username, device))?,
        None => connection
            .prepare_cached(
                "delete from login_attempt where username = ?1 and near = ?2 and device is null",
            )?
            .execute((&who.username, &who.network.near))?,
    };
    Ok(())
}

const BY_NAME: &str = "select count(*), max(at) from login_attempt
    where username = ?1 and near = ?2 and device is null";
const BY_DEVICE: &str = "select count(*), max(at) from login_attempt
    where username = ?1 and device = ?2";
const BY_NEAR: &str = "select at from login_attempt
    where near = ?1 and device is null order by at desc limit 1 offset ?2";
const BY_WIDE: &str = "select at from login_attempt
    where wide = ?1 and device is null order by at desc limit 1 offset ?2";

/// The device, when the user whose name is tried had a session on it.
fn known_device<'a>(connection: &Connection, who: &'a Attempt) -> Result<Option<&'a Hash>, Error> {
    let Some(device) = &who.device else {
        return Ok(None);
    };
    let known = connection
        .prepare_cached(
            "select 1 from session join user on user.id = session.user
             where session.hash = ?1 and user.username = ?2",
        )?
        .exists((device, &who.username))?;
    Ok(known.then_some(device))
}

/// Until when the next attempt waits for those before it.
fn waits(
    connection: &Connection,
    sql: &str,
    of: impl rusqlite::Params,
) -> Result<Option<i64>, Error> {
    let (count, last): (u32, Option<i64>) = connection
        .prepare_cached(sql)?
        .query_row(of, |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(last.zip(wait(count)).map(|(last, wait)| last + wait))
}

fn wait(attempts: u32) -> Option<i64> {
    let beyond = attempts.checked_sub(FREE)?.min(20);
    Some(FIRST_WAIT.saturating_mul(1 << beyond).min(LONGEST_WAIT))
}

/// Until when a network waits whose budget is spent.
fn spent(
    connection: &Connection,
    sql: &str,
    network: &str,
    budget: u32,
) -> Result<Option<i64>, Error> {
    let oldest: Option<i64> = connection
        .prepare_cached(sql)?
        .query_row((network, budget - 1), |row| row.get(0))
        .optional()?;
    Ok(oldest.map(|at| at + WINDOW))
}
