//! Form versions, by name.

use rusqlite::{Connection, params};

use super::{Lists, Readable, StoreError, keep, other};
use crate::domain::{Record, form::name_and_version};

pub(super) const LISTS: Lists = Lists {
    project,
    forget: keep,
    in_queue: other,
};

fn project(db: &Connection, record: &Record) -> Result<Readable, StoreError> {
    let (form, version) = match name_and_version(record) {
        Ok(named) => named,
        Err(bad) => return Ok(Err(bad)),
    };
    db.prepare_cached("insert or replace into form (form, version, record) values (?, ?, ?)")?
        .execute(params![form, version, record.id.to_string()])?;
    Ok(Ok(()))
}
