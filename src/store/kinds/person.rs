//! People, for who did what.

use rusqlite::{Connection, params};

use super::{Lists, Readable, StoreError, keep, other};
use crate::domain::{Person, Record};

pub(super) const LISTS: Lists = Lists {
    project,
    forget: keep,
    in_queue: other,
};

fn project(db: &Connection, record: &Record) -> Result<Readable, StoreError> {
    let person = match Person::from_record(record) {
        Ok(person) => person,
        Err(bad) => return Ok(Err(bad)),
    };
    db.prepare_cached("insert or replace into person (user, name, role) values (?, ?, ?)")?
        .execute(params![
            person.id.to_string(),
            person.name,
            person.role.name()
        ])?;
    Ok(Ok(()))
}
