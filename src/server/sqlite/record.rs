//! Records in the database: one row each, moved to the end of the sequence by every change.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, named_params};

use crate::domain::{AreaCode, Fields, Kind, Record, RecordId, UserId};

use super::{Error, stored};

/// A record with what the server knows beside it.
#[derive(Clone, PartialEq, Debug)]
pub struct Stored {
    /// The record as devices see it.
    pub record: Record,
    /// Somebody who sees it whatever their areas.
    pub audience: Option<UserId>,
    /// What it belongs to: the visit of a review, the cooperative of a visit.
    pub parent: Option<RecordId>,
    /// Only its owner sees it.
    pub private: bool,
    /// The rev it was made at: the rev of every field that `field_revs` does not name.
    pub born: u64,
    /// The rev of the last change of each field that changed since.
    pub field_revs: BTreeMap<String, u64>,
}

impl Stored {
    /// The rev at which a field got its present value, or lost it.
    #[must_use]
    pub fn field_rev(&self, field: &str) -> u64 {
        match self.field_revs.get(field) {
            Some(rev) => *rev,
            None if self.record.fields.contains_key(field) => self.born,
            None => 0,
        }
    }
}

const COLUMNS: &str =
    "rev, id, kind, area, owner, audience, parent, private, deleted, born, field_revs, fields";

/// The record of that id.
///
/// # Errors
/// When it cannot be read.
pub fn find(connection: &Connection, id: RecordId) -> Result<Option<Stored>, Error> {
    let sql = format!("select {COLUMNS} from record where id = ?1");
    connection
        .prepare_cached(&sql)?
        .query_row([id.to_string()], |row| Ok(read(row)))
        .optional()?
        .transpose()
}

/// The record of that id if it is of that kind: an id that follows from a text must not lead to anything else.
///
/// # Errors
/// When it cannot be read.
pub fn find_kind(
    connection: &Connection,
    id: RecordId,
    kind: Kind,
) -> Result<Option<Stored>, Error> {
    let found = find(connection, id)?;
    Ok(found.filter(|stored| stored.record.kind == kind))
}

/// Every record of a kind that is not gone, oldest change first.
///
/// # Errors
/// When one cannot be read.
pub fn of_kind(connection: &Connection, kind: Kind) -> Result<Vec<Stored>, Error> {
    let sql = format!("select {COLUMNS} from record where kind = ?1 and deleted = 0 order by rev");
    all(connection, &sql, kind.name())
}

/// Every record that belongs to another one and is not gone, oldest change first.
///
/// # Errors
/// When one cannot be read.
pub fn children(connection: &Connection, parent: RecordId) -> Result<Vec<Stored>, Error> {
    let sql =
        format!("select {COLUMNS} from record where parent = ?1 and deleted = 0 order by rev");
    all(connection, &sql, &parent.to_string())
}

fn all(connection: &Connection, sql: &str, key: &str) -> Result<Vec<Stored>, Error> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([key])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read(row)?);
    }
    Ok(found)
}

/// The last rev that was given; 0 when there is no record.
///
/// # Errors
/// When it cannot be read.
pub fn last_rev(connection: &Connection) -> Result<u64, Error> {
    let rev: Option<u64> = connection
        .prepare_cached("select max(rev) from record")?
        .query_row([], |row| row.get(0))?;
    Ok(rev.unwrap_or(0))
}

/// Writes a record at its rev, new or over the one of the same id.
///
/// # Errors
/// When it cannot be written; [`Error::OtherKind`] when the one that stands there is of another kind.
pub fn put(connection: &Connection, stored: &Stored) -> Result<(), Error> {
    put_as(connection, stored, &to_json(&stored.record.fields)?)
}

/// The same with fields that are JSON already; those of `stored` are not looked at.
///
/// # Errors
/// As [`put`].
pub fn put_as(connection: &Connection, stored: &Stored, fields: &str) -> Result<(), Error> {
    let record = &stored.record;
    let written = connection
        .prepare_cached(include_str!("put_record.sql"))?
        .execute(named_params! {
            ":rev": record.rev,
            ":id": record.id.to_string(),
            ":kind": record.kind.name(),
            ":area": record.area.0,
            ":owner": record.owner.map(|owner| owner.to_string()),
            ":audience": stored.audience.map(|user| user.to_string()),
            ":parent": stored.parent.map(|parent| parent.to_string()),
            ":private": stored.private,
            ":deleted": record.deleted,
            ":born": stored.born,
            ":field_revs": to_json(&stored.field_revs)?,
            ":fields": fields,
        })?;
    if written == 0 {
        return Err(Error::OtherKind(record.id));
    }
    Ok(())
}

/// A value as the JSON that is stored.
pub(crate) fn to_json<T: serde::Serialize>(value: &T) -> Result<String, Error> {
    serde_json::to_string(value).map_err(stored("JSON"))
}

/// Reads an id out of its text.
pub(crate) fn id<T: std::str::FromStr<Err: std::fmt::Display>>(text: &str) -> Result<T, Error> {
    text.parse().map_err(stored("id"))
}

fn read(row: &rusqlite::Row<'_>) -> Result<Stored, Error> {
    let optional = |column: &str| -> Result<Option<String>, Error> { Ok(row.get(column)?) };
    let kind: String = row.get("kind")?;
    let fields: Fields =
        serde_json::from_str(row.get_ref("fields")?.as_str().map_err(stored("fields"))?)
            .map_err(stored("fields"))?;
    let field_revs = row.get_ref("field_revs")?;
    Ok(Stored {
        record: Record {
            kind: Kind::from_name(&kind).map_err(stored("kind"))?,
            id: id(&row.get::<_, String>("id")?)?,
            area: AreaCode(row.get("area")?),
            rev: row.get("rev")?,
            owner: optional("owner")?.map(|text| id(&text)).transpose()?,
            deleted: row.get("deleted")?,
            fields,
        },
        audience: optional("audience")?.map(|text| id(&text)).transpose()?,
        parent: optional("parent")?.map(|text| id(&text)).transpose()?,
        private: row.get("private")?,
        born: row.get("born")?,
        field_revs: serde_json::from_str(field_revs.as_str().map_err(stored("field revs"))?)
            .map_err(stored("field revs"))?,
    })
}
