//! The records on the device: read, written with their outbox mutation, and projected into the tables that lists need.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::api::StoreError;
use super::kinds;
use crate::domain::{
    AreaCode, Fields, Kind, Millis, MutationId, Record, RecordId, UserId, json,
    record::{MUTATION_BYTES, NAME_BYTES, RECORD_BYTES, RECORD_FIELDS, bytes, overlay},
};

/// A local change to a record, before it has a mutation.
pub(super) struct Change<'a> {
    pub kind: Kind,
    pub record: RecordId,
    pub area: &'a AreaCode,
    pub owner: Option<UserId>,
    /// The visit it is about, for the queue.
    pub visit: Option<RecordId>,
    pub fields: Fields,
}

/// The record as the screens see it.
pub(super) fn find(db: &Connection, id: RecordId) -> Result<Option<Record>, StoreError> {
    let found = db
        .prepare_cached("select id, kind, area, owner, rev, fields from record where id = ?")?
        .query_row([id.to_string()], read)
        .optional()?;
    Ok(found)
}

/// The record as the screens see it.
pub(super) fn get(db: &Connection, id: RecordId, kind: Kind) -> Result<Record, StoreError> {
    find(db, id)?
        .filter(|record| record.kind == kind)
        .ok_or(StoreError::NotFound)
}

/// Reads a row of `id, kind, area, owner, rev, fields`.
pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Record> {
    Ok(Record {
        id: parsed(row, 0)?,
        kind: parsed(row, 1)?,
        area: AreaCode(row.get(2)?),
        owner: row
            .get::<_, Option<String>>(3)?
            .map(|id| parse(3, &id))
            .transpose()?,
        rev: row.get(4)?,
        deleted: false,
        fields: json(row, 5)?,
    })
}

/// A column that holds an identity, or another thing that reads from text.
pub(super) fn parsed<T>(row: &Row<'_>, column: usize) -> rusqlite::Result<T>
where
    T: std::str::FromStr,
    T::Err: std::error::Error + Send + Sync + 'static,
{
    parse(column, row.get_ref(column)?.as_str()?)
}

fn parse<T>(column: usize, text: &str) -> rusqlite::Result<T>
where
    T: std::str::FromStr,
    T::Err: std::error::Error + Send + Sync + 'static,
{
    text.parse().map_err(|error: T::Err| {
        rusqlite::Error::FromSqlConversionFailure(
            column,
            rusqlite::types::Type::Text,
            Box::new(error),
        )
    })
}

/// A column that holds JSON.
pub(super) fn json<T: serde::de::DeserializeOwned>(
    row: &Row<'_>,
    column: usize,
) -> rusqlite::Result<T> {
    json::read(row.get_ref(column)?.as_str()?).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(
            column,
            rusqlite::types::Type::Text,
            Box::new(error),
        )
    })
}

/// Writes a change and the mutation that will carry it to the server. Both or neither: the caller's transaction.
///
/// Unsent changes of a record fold into one mutation; one that is being sent or that stands in a backup file is frozen,
/// and a new one opens behind it. A change to what the server refused mends it: it goes again, under a new identity. A
/// change to what is in conflict joins it and waits with it for a person.
///
/// # Errors
/// [`StoreError::TooLarge`] when the server would not take it; a change that makes a record smaller is always taken.
pub(super) fn change(
    db: &Connection,
    now: Millis,
    fresh: MutationId,
    change: &Change<'_>,
) -> Result<(), StoreError> {
    let id = change.record.to_string();
    for name in change.fields.keys() {
        fits(name.len(), NAME_BYTES)?;
    }
    fits(bytes(&change.fields), MUTATION_BYTES)?;
    let before: usize = db
        .prepare_cached("select length(cast(fields as blob)) from record where id = ?")?
        .query_row([&id], |row| row.get(0))
        .optional()?
        .unwrap_or(0);
    db.prepare_cached(
        "insert into record (id, kind, area, owner, touched) values (?1, ?2, ?3, ?4, ?5)
         on conflict (id) do update set touched = ?5",
    )?
    .execute(params![
        id,
        change.kind.name(),
        change.area.0,
        change.owner.map(|owner| owner.to_string()),
        now.0
    ])?;
    let open: Option<(i64, Fields, String, bool)> = db
        .prepare_cached(
            "select seq, fields, state, sealed from outbox where record = ? and state <> 'sending'
             order by seq desc limit 1",
        )?
        .query_row([&id], |row| {
            Ok((row.get(0)?, json(row, 1)?, row.get(2)?, row.get(3)?))
        })
        .optional()?;
    // Two changes that are too large for one go one after the other.
    let open = open.filter(|(_, fields, state, _)| {
        state != "waiting" || bytes(fields) + bytes(&change.fields) <= MUTATION_BYTES
    });
    // One in a backup file may reach the server from there: its identity stands for what it held then.
    let open = open.filter(|(_, _, state, sealed)| state != "waiting" || !sealed);
    if let Some((seq, mut fields, state, sealed)) = open {
        // Folding keeps nulls: they take a field away at the server.
        fields.extend(
            change
                .fields
                .iter()
                .map(|(name, value)| (name.clone(), value.clone())),
        );
        db.prepare_cached("update outbox set fields = ?, at = ? where seq = ?")?
            .execute(params![serde_json::to_string(&fields)?, now.0, seq])?;
        if state == "aside" {
            db.prepare_cached(
                "update outbox set mutation = ?, state = 'waiting', code = null, reason = null, sealed = 0,
                    base_rev = (select rev from record where id = outbox.record) where seq = ?",
            )?
            .execute(params![fresh.to_string(), seq])?;
        } else if sealed {
            db.prepare_cached("update outbox set mutation = ?, sealed = 0 where seq = ?")?
                .execute(params![fresh.to_string(), seq])?;
        }
    } else {
        db.prepare_cached(
            "insert into outbox (mutation, kind, record, visit, base_rev, area, at, since, fields, state)
             select ?1, ?2, ?3, ?4, rev, ?5, ?6, ?6, ?7, 'waiting' from record where id = ?3",
        )?
        .execute(params![
            fresh.to_string(),
            change.kind.name(),
            id,
            change.visit.map(|visit| visit.to_string()),
            change.area.0,
            now.0,
            serde_json::to_string(&change.fields)?
        ])?;
    }
    let fields = refresh(db, change.record)?;
    let after = bytes(&fields);
    if after > before {
        fits(after, RECORD_BYTES)?;
        fits(fields.len(), RECORD_FIELDS)?;
    }
    Ok(())
}

/// Whether the server takes so much.
pub(super) fn fits(bytes: usize, most: usize) -> Result<(), StoreError> {
    if bytes <= most {
        return Ok(());
    }
    let number = |n| u64::try_from(n).unwrap_or(u64::MAX);
    Err(StoreError::TooLarge {
        bytes: number(bytes),
        most: number(most),
    })
}

/// What every unsent change together says of a record's fields; a null takes one away.
pub(super) fn unsent(db: &Connection, id: RecordId) -> Result<Fields, StoreError> {
    let mut statement =
        db.prepare_cached("select fields from outbox where record = ? order by seq")?;
    let mut rows = statement.query([id.to_string()])?;
    let mut fields = Fields::new();
    while let Some(row) = rows.next()? {
        fields.extend(json::<Fields>(row, 0)?);
    }
    Ok(fields)
}

/// Makes `fields` again from what the server last said and every unsent change over it, and projects it.
/// Gives them.
pub(super) fn refresh(db: &Connection, id: RecordId) -> Result<Fields, StoreError> {
    let key = id.to_string();
    let mut record = db
        .prepare_cached("select id, kind, area, owner, rev, base from record where id = ?")?
        .query_row([&key], read)?;
    overlay(&mut record.fields, &unsent(db, id)?);
    db.prepare_cached("update record set fields = ? where id = ?")?
        .execute(params![serde_json::to_string(&record.fields)?, key])?;
    kinds::project(db, &record)?;
    kinds::uses_beneath(db, id)?;
    Ok(record.fields)
}
