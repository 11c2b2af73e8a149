//! The log of every change that was asked for, and the answer it got: the ground of idempotence and of the history.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension, named_params};

use crate::{
    domain::{DeviceId, Fields, Kind, Millis, MutationId, RecordId, UserId},
    sync::wire::{Changed, RejectCode},
};

use super::{
    Error,
    record::id,
    refused::{Cut, Kept},
    stored,
};

/// Who asked for a change, and from where. The office itself (an import, a form published) has no device.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Author {
    /// The person; none for the office itself.
    pub user: Option<UserId>,
    /// The device.
    pub device: Option<DeviceId>,
}

/// What was answered to a mutation.
#[derive(Clone, PartialEq, Debug)]
pub enum Answered {
    /// It was applied at this rev.
    Applied(u64),
    /// It was refused.
    Rejected(RejectCode, String),
    /// A person had to choose.
    Conflict,
}

/// A row of the log.
#[derive(Clone, PartialEq, Debug)]
pub struct Entry {
    /// Which mutation.
    pub id: MutationId,
    /// The record it is about.
    pub record: RecordId,
    /// What kind of record.
    pub kind: Kind,
    /// Who.
    pub author: Author,
    /// What it was made on.
    pub base_rev: u64,
    /// When, by the device's clock.
    pub at: Millis,
    /// When it arrived.
    pub received_at: Millis,
    /// The server's clock minus the device's when it arrived, ms; none when that is not known.
    pub clock: Option<i64>,
    /// The fields it changes; none when they are not kept whole.
    pub fields: Fields,
    /// What stands for them then.
    pub cut: Option<Cut>,
    /// What was answered.
    pub answered: Answered,
    /// The visit that it is about, when it was not applied.
    pub visit: Option<RecordId>,
    /// The cooperative that it names, when it was not applied.
    pub cooperative: Option<RecordId>,
    /// Whether it would have left a visit a draft, when it was not applied.
    pub draft: Option<bool>,
}

/// A row to be written.
#[derive(Clone, PartialEq, Debug)]
pub struct NewEntry<'a> {
    /// Which mutation.
    pub id: MutationId,
    /// The record it is about.
    pub record: RecordId,
    /// What kind of record.
    pub kind: Kind,
    /// Who.
    pub author: Author,
    /// What it was made on.
    pub base_rev: u64,
    /// Its place among all that the device sent; none when it does not say.
    pub sent: Option<u64>,
    /// When, by the device's clock.
    pub at: Millis,
    /// When it arrived.
    pub received_at: Millis,
    /// The server's clock minus the device's when it arrived, ms; none when that is not known.
    pub clock: Option<i64>,
    /// What is kept of the fields it changes.
    pub kept: Kept<'a>,
    /// What was answered.
    pub answered: Answered,
}

/// The answer to a mutation that came before, and who sent it.
///
/// # Errors
/// When it cannot be read.
pub fn find(
    connection: &Connection,
    mutation: MutationId,
) -> Result<Option<(Answered, Author)>, Error> {
    connection
        .prepare_cached(
            "select outcome, rev, code, reason, user, device from mutation where id = ?1",
        )?
        .query_row([mutation.to_string()], |row| {
            Ok(answered(row).and_then(|answer| Ok((answer, author(row)?))))
        })
        .optional()?
        .transpose()
}

/// Whether the device of a mutation has gone on to change its record since.
///
/// # Errors
/// When it cannot be read.
pub fn is_past(connection: &Connection, mutation: MutationId) -> Result<bool, Error> {
    Ok(connection
        .prepare_cached(include_str!("is_past.sql"))?
        .query_row([mutation.to_string()], |row| row.get(0))?)
}

/// The revs that a record was given after the base of a change, by others than its author or by what the same device sent
/// later.
///
/// # Errors
/// When they cannot be read.
pub fn revs_of_others(
    connection: &Connection,
    record: RecordId,
    after: u64,
    author: &Author,
    sent: Option<u64>,
) -> Result<BTreeSet<u64>, Error> {
    let mut statement = connection.prepare_cached(include_str!("revs_of_others.sql"))?;
    let revs = statement
        .query_map(
            named_params! {
                ":record": record.to_string(),
                ":after": after,
                ":user": author.user.map(|user| user.to_string()),
                ":device": author.device.map(|device| device.to_string()),
                ":sent": sent,
            },
            |row| row.get(0),
        )?
        .collect::<Result<_, _>>()?;
    Ok(revs)
}

/// The revs that a record was given after a rev, but for those by these mutations.
///
/// # Errors
/// When they cannot be read.
pub fn revs_but_by(
    connection: &Connection,
    record: RecordId,
    after: u64,
    known: &BTreeSet<MutationId>,
) -> Result<BTreeSet<u64>, Error> {
    let mut statement =
        connection.prepare_cached("select rev, id from mutation where record = ?1 and rev > ?2")?;
    let mut rows = statement.query((record.to_string(), after))?;
    let mut revs = BTreeSet::new();
    while let Some(row) = rows.next()? {
        if !known.contains(&id(row.get_ref(1)?.as_str().map_err(stored("id"))?)?) {
            revs.insert(row.get(0)?);
        }
    }
    Ok(revs)
}

/// Who made a revision of a record, and when.
///
/// # Errors
/// When it cannot be read.
pub fn author_at(connection: &Connection, record: RecordId, rev: u64) -> Result<Changed, Error> {
    let (user, at): (Option<String>, i64) = connection
        .prepare_cached("select user, at from mutation where record = ?1 and rev = ?2")?
        .query_row((record.to_string(), rev), |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    Ok(Changed {
        by: user.map(|text| id(&text)).transpose()?,
        at: Millis(at),
    })
}

/// Writes down what was asked and what was answered. An answer is never changed; only a conflict, which is a question,
/// may be followed by an answer.
///
/// # Errors
/// When it cannot be written.
pub fn put(connection: &Connection, entry: &NewEntry<'_>) -> Result<(), Error> {
    let (outcome, rev, code, reason) = match &entry.answered {
        Answered::Applied(rev) => ("applied", Some(*rev), None, None),
        Answered::Rejected(code, reason) => {
            ("rejected", None, Some(code_name(*code)?), Some(reason))
        }
        Answered::Conflict => ("conflict", None, None, None),
    };
    let cut = entry.kept.cut.as_ref();
    connection
        .prepare_cached(include_str!("put_mutation.sql"))?
        .execute(named_params! {
            ":id": entry.id.to_string(),
            ":record": entry.record.to_string(),
            ":kind": entry.kind.name(),
            ":user": entry.author.user.map(|user| user.to_string()),
            ":device": entry.author.device.map(|device| device.to_string()),
            ":base_rev": entry.base_rev,
            ":sent": entry.sent,
            ":at": entry.at.0,
            ":received_at": entry.received_at.0,
            ":clock": entry.clock,
            ":outcome": outcome,
            ":rev": rev,
            ":code": code,
            ":reason": reason,
            ":fields": entry.kept.fields,
            ":visit": entry.kept.visit.map(|visit| visit.to_string()),
            ":cooperative": entry.kept.cooperative.map(|cooperative| cooperative.to_string()),
            ":draft": (outcome != "applied").then_some(entry.kept.draft),
            ":bytes": cut.map(|cut| cut.bytes),
            ":hash": cut.map(|cut| &cut.hash),
            ":head": cut.map(|cut| &cut.head),
        })?;
    Ok(())
}

/// The changes applied to a record and those that a person had to decide on, in the order they came.
///
/// # Errors
/// When one cannot be read.
pub fn of_record(connection: &Connection, record: RecordId) -> Result<Vec<Entry>, Error> {
    let mut statement = connection.prepare_cached(include_str!("history.sql"))?;
    let mut rows = statement.query((record.to_string(), 0))?;
    let mut entries = Vec::new();
    while let Some(row) = rows.next()? {
        entries.push(read(row)?);
    }
    Ok(entries)
}

/// A mutation with all it says; nothing when it never came.
///
/// # Errors
/// When it cannot be read.
pub fn entry(connection: &Connection, mutation: MutationId) -> Result<Option<Entry>, Error> {
    connection
        .prepare_cached("select * from mutation where id = ?1")?
        .query_row([mutation.to_string()], |row| Ok(read(row)))
        .optional()?
        .transpose()
}

pub(super) fn read(row: &rusqlite::Row<'_>) -> Result<Entry, Error> {
    let kind: String = row.get("kind")?;
    Ok(Entry {
        id: id(&row.get::<_, String>("id")?)?,
        record: id(&row.get::<_, String>("record")?)?,
        kind: Kind::from_name(&kind).map_err(stored("kind"))?,
        author: author(row)?,
        base_rev: row.get("base_rev")?,
        at: Millis(row.get("at")?),
        received_at: Millis(row.get("received_at")?),
        clock: row.get("clock")?,
        fields: serde_json::from_str(&row.get::<_, String>("fields")?).map_err(stored("fields"))?,
        cut: cut(row)?,
        answered: answered(row)?,
        visit: optional_id(row, "visit")?,
        cooperative: optional_id(row, "cooperative")?,
        draft: row.get("draft")?,
    })
}

fn cut(row: &rusqlite::Row<'_>) -> Result<Option<Cut>, Error> {
    let Some(bytes) = row.get("bytes")? else {
        return Ok(None);
    };
    Ok(Some(Cut {
        bytes,
        hash: row.get("hash")?,
        head: row.get("head")?,
    }))
}

/// An id that a phone gave: it may be anything.
fn optional_id(row: &rusqlite::Row<'_>, column: &str) -> Result<Option<RecordId>, Error> {
    let text: Option<String> = row.get(column)?;
    Ok(text.and_then(|text| text.parse().ok()))
}

fn author(row: &rusqlite::Row<'_>) -> Result<Author, Error> {
    let user: Option<String> = row.get("user")?;
    let device: Option<String> = row.get("device")?;
    Ok(Author {
        user: user.map(|text| id(&text)).transpose()?,
        device: device.map(|text| id(&text)).transpose()?,
    })
}

pub(super) fn answered(row: &rusqlite::Row<'_>) -> Result<Answered, Error> {
    let outcome: String = row.get("outcome")?;
    match outcome.as_str() {
        "applied" => Ok(Answered::Applied(row.get("rev")?)),
        "rejected" => {
            let code: String = row.get("code")?;
            let code = serde_json::from_value(serde_json::Value::String(code))
                .map_err(stored("reject code"))?;
            Ok(Answered::Rejected(code, row.get("reason")?))
        }
        _ => Ok(Answered::Conflict),
    }
}

fn code_name(code: RejectCode) -> Result<String, Error> {
    match serde_json::to_value(code) {
        Ok(serde_json::Value::String(name)) => Ok(name),
        other => Err(stored("reject code")(format!("{other:?}"))),
    }
}
