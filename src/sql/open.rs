//! Opening a SQLite file with the settings that durability rests on, and reading them back: SQLite ignores in silence
//! what it does not support.

use std::{path::Path, time::Duration};

use rusqlite::{Connection, OpenFlags, config::DbConfig};

use super::Error;

/// How long a connection waits for another process that is writing.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a connection is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Use {
    /// Reads and writes; makes the file when there is none.
    Write,
    /// Only reads; the file must be there.
    Read,
}

/// Opens a file on a native machine: write-ahead log, every commit on disk before it is answered.
///
/// # Errors
/// [`Error::Sqlite`] when it cannot be opened, [`Error::Setting`] when a setting does not take.
pub fn open(path: &Path, for_what: Use) -> Result<Connection, Error> {
    let base = OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let flags = match for_what {
        Use::Write => base | OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
        Use::Read => base | OpenFlags::SQLITE_OPEN_READ_ONLY,
    };
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(PATIENCE)?;
    if for_what == Use::Write {
        connection.execute_batch(include_str!("write.sql"))?;
        check(&connection, "journal_mode", "wal")?;
        check(&connection, "synchronous", "2")?;
    }
    connection.execute_batch(include_str!("every.sql"))?;
    if for_what == Use::Read {
        connection.execute_batch(include_str!("read.sql"))?;
    }
    check(&connection, "foreign_keys", "1")?;
    keep_plans(&connection)?;
    Ok(connection)
}

/// Lets a statement that is kept ready stay as it is. Without this SQLite makes many of them anew whenever another value
/// is put into them, in case a better plan is to be had for it: there is none without statistics, and none are gathered.
///
/// # Errors
/// [`Error::Sqlite`] when the setting does not take.
pub fn keep_plans(connection: &Connection) -> Result<(), Error> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

pub(super) fn check(
    connection: &Connection,
    setting: &'static str,
    wanted: &str,
) -> Result<(), Error> {
    let found = connection
        .pragma_query_value(None, setting, |row| row.get::<_, rusqlite::types::Value>(0))?;
    let found = match found {
        rusqlite::types::Value::Integer(number) => number.to_string(),
        rusqlite::types::Value::Text(text) => text,
        other => other.data_type().to_string(),
    };
    if found == wanted {
        Ok(())
    } else {
        Err(Error::Setting { setting, found })
    }
}
