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

use crate::domain::Millis;
use crate::server::{
    address::Network,
    repo::{
        Error, Tx,
        accounts::{Attempts, Hash, NewAttempt},
    },
};

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
pub fn begin(tx: &dyn Tx, who: &Attempt, now: Millis) -> Result<Option<u32>, Error> {
    tx.forget_attempts(now.plus(-REMEMBERED), now)?;
    let network = &who.network;
    let device = known_device(tx, who)?;
    let until = match device {
        Some(device) => waits(tx, Attempts::OfDevice(&who.username, device))?,
        None => {
            let until = [
                waits(tx, Attempts::OfName(&who.username, &network.near))?,
                spent(tx, Attempts::Near(&network.near), PER_NEAR)?,
                spent(tx, Attempts::Wide(&network.wide), PER_WIDE)?,
            ];
            until.into_iter().max().flatten()
        }
    };
    if let Some(wait) = until.map(|until| until - now.0).filter(|wait| *wait > 0) {
        let seconds = wait.saturating_add(999) / 1000;
        return Ok(Some(u32::try_from(seconds).unwrap_or(u32::MAX)));
    }
    tx.add_attempt(&NewAttempt {
        username: &who.username,
        near: &network.near,
        wide: &network.wide,
        device,
        at: now,
    })?;
    Ok(None)
}

/// Forgets the attempts of a name from a network or device: its owner is in.
///
/// # Errors
/// When it cannot be written.
pub fn succeed(tx: &dyn Tx, who: &Attempt) -> Result<(), Error> {
    tx.clear_attempts(match known_device(tx, who)? {
        Some(device) => Attempts::OfDevice(&who.username, device),
        None => Attempts::OfName(&who.username, &who.network.near),
    })
}

/// The device, when the user whose name is tried had a session on it.
fn known_device<'a>(tx: &dyn Tx, who: &'a Attempt) -> Result<Option<&'a Hash>, Error> {
    match &who.device {
        Some(device) if tx.had_session(&who.username, device)? => Ok(Some(device)),
        _ => Ok(None),
    }
}

/// Until when the next attempt waits for those before it.
fn waits(tx: &dyn Tx, of: Attempts<'_>) -> Result<Option<i64>, Error> {
    let (count, last) = tx.attempts(of)?;
    Ok(last.zip(wait(count)).map(|(last, wait)| last.0 + wait))
}

fn wait(attempts: u32) -> Option<i64> {
    let beyond = attempts.checked_sub(FREE)?.min(20);
    Some(FIRST_WAIT.saturating_mul(1 << beyond).min(LONGEST_WAIT))
}

/// Until when a network waits whose budget is spent.
fn spent(tx: &dyn Tx, of: Attempts<'_>, budget: u32) -> Result<Option<i64>, Error> {
    let oldest = tx.attempt_before(of, budget - 1)?;
    Ok(oldest.map(|at| at.0 + WINDOW))
}
