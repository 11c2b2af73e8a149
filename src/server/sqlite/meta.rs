//! Named facts about the whole database.

use rusqlite::{Connection, OptionalExtension};

use super::Error;

/// The name of the fact that this is an invented office.
pub const DEMO: &str = "demo";

/// A fact, or nothing.
///
/// # Errors
/// When it cannot be read.
pub fn get(connection: &Connection, name: &str) -> Result<Option<String>, Error> {
    Ok(connection
        .prepare_cached("select value from meta where name = ?1")?
        .query_row([name], |row| row.get(0))
        .optional()?)
}

/// Writes a fact down.
///
/// # Errors
/// When it cannot be written.
pub fn set(connection: &Connection, name: &str, value: &str) -> Result<(), Error> {
    connection
        .prepare_cached("insert or replace into meta (name, value) values (?1, ?2)")?
        .execute([name, value])?;
    Ok(())
}
