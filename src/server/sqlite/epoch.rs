//! The server's lives: a database that was put back to an older backup begins another one, and says so to every device.

use rusqlite::Connection;

use crate::server::machine;

use super::{Error, meta, record::last_rev, stored};

const NAME: &str = "epoch";
const REV: &str = "epoch_rev";

/// A life of the database.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Epoch {
    /// Its name; empty for the first one.
    pub name: String,
    /// The last revision of the life before it.
    pub rev: u64,
}

/// The present life.
///
/// # Errors
/// When it cannot be read.
pub fn present(connection: &Connection) -> Result<Epoch, Error> {
    let rev = meta::get(connection, REV)?.map(|rev| rev.parse().map_err(stored("epoch")));
    Ok(Epoch {
        name: meta::get(connection, NAME)?.unwrap_or_default(),
        rev: rev.transpose()?.unwrap_or(0),
    })
}

/// Begins another life: to be called on a database that was put back to a backup, before it is served.
///
/// # Errors
/// When it cannot be written.
pub fn begin(connection: &Connection) -> Result<(), Error> {
    let name: [u8; 8] = machine::random()?;
    begin_as(connection, &format!("{:016x}", u64::from_be_bytes(name)))
}

/// The same under a name that is known to be new.
///
/// # Errors
/// When it cannot be written.
pub fn begin_as(connection: &Connection, name: &str) -> Result<(), Error> {
    meta::set(connection, NAME, name)?;
    meta::set(connection, REV, &last_rev(connection)?.to_string())
}
