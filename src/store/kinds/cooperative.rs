//! Cooperatives: their list, and the words that they are found by.

use rusqlite::{Connection, params};

use super::{Lists, Readable, StoreError, other};
use crate::domain::{Cooperative, Record};
use crate::store::search;

pub(super) const LISTS: Lists = Lists {
    project,
    forget,
    in_queue: other,
};

fn project(db: &Connection, record: &Record) -> Result<Readable, StoreError> {
    let cooperative = match Cooperative::from_record(record) {
        Ok(cooperative) => cooperative,
        Err(bad) => return Ok(Err(bad)),
    };
    let id = record.id.to_string();
    let status = cooperative.status();
    db.prepare_cached(
        "insert or replace into cooperative (id, name, desa, area, nik, status, status_date, status_entry)
         values (?, ?, ?, ?, ?, ?, ?, ?)",
    )?
    .execute(params![
        id,
        cooperative.name,
        cooperative.desa,
        cooperative.area.0,
        cooperative.nik,
        status.map(|entry| entry.status.name()),
        status.map(|entry| &entry.date),
        status.map(serde_json::to_string).transpose()?,
    ])?;
    search::put(db, &id)?;
    Ok(Ok(()))
}

fn forget(db: &Connection, id: &str) -> Result<(), StoreError> {
    search::forget(db, id)?;
    db.execute("delete from cooperative where id = ?", [id])?;
    Ok(())
}
