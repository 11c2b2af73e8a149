//! What is kept of a change that was not applied, and how many refusals a user gets. The answer to a change stays for ever;
//! what it held is only for people to look at, so it has a limit.

use std::borrow::Cow;

use crate::{
    domain::{
        Millis, UserId,
        kinds::{is_private, named, visit_of},
    },
    server::repo::{
        Error, Tx,
        log::{Answered, Cut, Kept},
    },
    sync::wire::Mutation,
};

/// Bytes of a refused change that are kept whole: a visit has a few thousand.
pub const LARGEST: usize = 400_000;
/// Bytes that are kept of the beginning of a larger one.
pub const HEAD: usize = 2_000;
/// Bytes of refused changes that are kept of a user in 24 hours. Of what comes after that only the answer is.
pub const DAILY: u64 = 4_000_000;
/// Refusals that a user gets in an hour before the server asks them to wait.
pub const HOURLY: u32 = 500;

const HOUR: i64 = 60 * 60 * 1000;
/// The fields of a change that are not kept.
const NONE: &str = "{}";

/// What is kept of a change of a user, given what was answered; a refusal is counted.
///
/// # Errors
/// When the database fails.
pub fn keep<'a>(
    tx: &dyn Tx,
    user: UserId,
    (mutation, fields): (&Mutation, &'a str),
    answered: &Answered,
    now: Millis,
) -> Result<Kept<'a>, Error> {
    let mut kept = Kept::whole(fields);
    if matches!(answered, Answered::Applied(_)) {
        return Ok(kept);
    }
    kept.visit = visit_of(mutation.kind, mutation.record, &mutation.fields);
    kept.cooperative = named(&mutation.fields, "cooperative");
    kept.draft = is_private(mutation.kind, &mutation.fields);
    if matches!(answered, Answered::Rejected(..)) {
        let left = DAILY.saturating_sub(tx.refused_bytes(user, day(now))?);
        let takes = if fields.len() > LARGEST {
            HEAD
        } else {
            fields.len()
        };
        let has_room = takes as u64 <= left;
        if fields.len() > LARGEST || !has_room {
            let head = if has_room { head(fields) } else { "" };
            kept.fields = Cow::Borrowed(NONE);
            kept.cut = Some(Cut::of(fields, head));
        }
        // What is older than a day says nothing any more; what is of the future was counted by a wrong clock.
        tx.count_refusal(user, day(now), if has_room { takes } else { 0 })?;
    }
    Ok(kept)
}

fn head(fields: &str) -> &str {
    let end = fields.floor_char_boundary(HEAD);
    fields.get(..end).unwrap_or_default()
}

fn hour(now: Millis) -> i64 {
    now.0.div_euclid(HOUR)
}

/// The day until now, in hours.
fn day(now: Millis) -> (i64, i64) {
    (hour(now) - 23, hour(now))
}

/// How many seconds a user has to wait before more is taken; `None` when not at all.
///
/// # Errors
/// When the database fails.
pub fn wait(tx: &dyn Tx, user: UserId, now: Millis) -> Result<Option<u32>, Error> {
    if tx.refusals(user, hour(now))? < HOURLY {
        return Ok(None);
    }
    let left = HOUR - now.0.rem_euclid(HOUR);
    Ok(Some(u32::try_from(left / 1000).unwrap_or(0).max(60)))
}
