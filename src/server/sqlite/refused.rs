//! What is kept of a change that was not applied, and how many refusals a user gets. The answer to a change stays for ever;
//! what it held is only for people to look at, so it has a limit.

use std::borrow::Cow;

use rusqlite::{Connection, OptionalExtension};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::{
    domain::{Fields, Kind, Millis, RecordId, UserId},
    server::apply,
    sync::wire::Mutation,
};

use super::{Error, mutation::Answered};

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

/// What the log keeps of a change beside who, when and the answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Kept<'a> {
    /// Its fields, as JSON.
    pub fields: Cow<'a, str>,
    /// What stands for them when they are not kept whole.
    pub cut: Option<Cut>,
    /// The visit that it is about, when it was not applied.
    pub visit: Option<RecordId>,
    /// The cooperative that it names, when it was not applied.
    pub cooperative: Option<RecordId>,
    /// It was not applied, and would not have sent a visit to the desk.
    pub draft: bool,
}

/// Fields that are not kept whole.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cut {
    /// How many bytes they have as JSON.
    pub bytes: u64,
    /// The SHA-256 of these, in hex digits.
    pub hash: String,
    /// How they begin.
    pub head: String,
}

impl Cut {
    /// Whether these are the fields.
    #[must_use]
    pub fn is_of(&self, fields: &str) -> bool {
        self.hash == hash(fields)
    }
}

impl<'a> Kept<'a> {
    /// Everything: of what was applied.
    #[must_use]
    pub fn whole(fields: &'a str) -> Self {
        Self {
            fields: Cow::Borrowed(fields),
            cut: None,
            visit: None,
            cooperative: None,
            draft: false,
        }
    }
}

/// What is kept of a change of a user, given what was answered; a refusal is counted.
///
/// # Errors
/// When the database fails.
pub fn keep<'a>(
    connection: &Connection,
    user: UserId,
    (mutation, fields): (&Mutation, &'a str),
    answered: &Answered,
    now: Millis,
) -> Result<Kept<'a>, Error> {
    let mut kept = Kept::whole(fields);
    if matches!(answered, Answered::Applied(_)) {
        return Ok(kept);
    }
    kept.visit = match mutation.kind {
        Kind::Visit => Some(mutation.record),
        Kind::Review => named(&mutation.fields, "visit"),
        _ => None,
    };
    kept.cooperative = named(&mutation.fields, "cooperative");
    kept.draft = apply::is_private(mutation.kind, &mutation.fields);
    if matches!(answered, Answered::Rejected(..)) {
        let left = DAILY.saturating_sub(bytes_today(connection, user, now)?);
        let takes = if fields.len() > LARGEST {
            HEAD
        } else {
            fields.len()
        };
        let has_room = takes as u64 <= left;
        if fields.len() > LARGEST || !has_room {
            let head = if has_room { head(fields) } else { "" };
            kept.fields = Cow::Borrowed(NONE);
            kept.cut = Some(Cut {
                bytes: fields.len() as u64,
                hash: hash(fields),
                head: head.to_owned(),
            });
        }
        count(connection, user, now, if has_room { takes } else { 0 })?;
    }
    Ok(kept)
}

fn named(fields: &Fields, name: &str) -> Option<RecordId> {
    fields.get(name).and_then(Value::as_str)?.parse().ok()
}

fn head(fields: &str) -> &str {
    let end = fields.floor_char_boundary(HEAD);
    fields.get(..end).unwrap_or_default()
}

fn hash(fields: &str) -> String {
    let digest = Sha256::digest(fields.as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn hour(now: Millis) -> i64 {
    now.0.div_euclid(HOUR)
}

fn bytes_today(connection: &Connection, user: UserId, now: Millis) -> Result<u64, Error> {
    Ok(connection
        .prepare_cached(
            "select ifnull(sum(bytes), 0) from refusal where user = ?1 and hour between ?2 and ?3",
        )?
        .query_row((user.to_string(), hour(now) - 23, hour(now)), |row| {
            row.get(0)
        })?)
}

fn count(connection: &Connection, user: UserId, now: Millis, bytes: usize) -> Result<(), Error> {
    // What is older than a day says nothing any more; what is of the future was counted by a wrong clock.
    connection
        .prepare_cached("delete from refusal where user = ?1 and hour not between ?2 and ?3")?
        .execute((user.to_string(), hour(now) - 23, hour(now)))?;
    connection
        .prepare_cached(
            "insert into refusal values (?1, ?2, 1, ?3)
             on conflict do update set count = count + 1, bytes = bytes + excluded.bytes",
        )?
        .execute((user.to_string(), hour(now), bytes))?;
    Ok(())
}

/// How many seconds a user has to wait before more is taken; `None` when not at all.
///
/// # Errors
/// When the database fails.
pub fn wait(connection: &Connection, user: UserId, now: Millis) -> Result<Option<u32>, Error> {
    let count: Option<u32> = connection
        .prepare_cached("select count from refusal where user = ?1 and hour = ?2")?
        .query_row((user.to_string(), hour(now)), |row| row.get(0))
        .optional()?;
    if count.unwrap_or(0) < HOURLY {
        return Ok(None);
    }
    let left = HOUR - now.0.rem_euclid(HOUR);
    Ok(Some(u32::try_from(left / 1000).unwrap_or(0).max(60)))
}
