//! The schema of the database: its steps, and whether this is still the database that it was.

use crate::server::repo::{Error, Tx, epoch, stored};

use super::client::Client;

/// The steps, in order. One that was released is never edited; a change is a new step.
const STEPS: [&str; 1] = [include_str!("schema_1.sql")];

/// The advisory lock under which the schema is changed: the letters `anjangsa`.
const LOCK: i64 = i64::from_be_bytes(*b"anjangsa");

/// The fact that says which database this is.
const PLACE: &str = "place";

/// The version of the schema; 0 of an empty database.
///
/// # Errors
/// When it cannot be read.
pub(super) fn version(client: &Client) -> Result<u32, Error> {
    let there = client.one("select to_regclass('schema') is not null", &[])?;
    if !there.try_get::<_, bool>(0)? {
        return Ok(0);
    }
    let version: i32 = client.one("select version from schema", &[])?.try_get(0)?;
    u32::try_from(version).map_err(stored("schema version"))
}

/// Runs the steps that the database lacks, all or none; who comes second finds the work done. In the caller's transaction.
///
/// # Errors
/// [`Error::TooNew`] when it has steps that this program does not know: nothing is changed then.
pub(super) fn migrate(client: &Client) -> Result<(), Error> {
    client.one("select pg_advisory_xact_lock($1)", &[&LOCK])?;
    let known = u32::try_from(STEPS.len()).unwrap_or(u32::MAX);
    let found = version(client)?;
    if found > known {
        return Err(Error::TooNew { found, known });
    }
    if found == 0 {
        client.batch(
            "create table schema (version integer not null); insert into schema values (0)",
        )?;
    }
    let done = usize::try_from(found).unwrap_or(usize::MAX);
    for step in STEPS.iter().skip(done) {
        client.batch(step)?;
    }
    if found < known {
        client.batch(&format!("update schema set version = {known}"))?;
    }
    Ok(())
}

/// Begins another life when this is not the database that was served before: one that was put back from a dump is another
/// database, and one that was put back to a point in time is on another timeline. The phones send again what it lacks. In the
/// caller's transaction.
///
/// # Errors
/// When the database fails.
pub(super) fn recognize(client: &Client) -> Result<(), Error> {
    let row = client.one(
        "select oid::text || ' ' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)
         from pg_database where datname = current_database()",
        &[],
    )?;
    let place: String = row.try_get(0)?;
    let before = client.fact(PLACE)?;
    if before.as_ref() == Some(&place) {
        return Ok(());
    }
    if before.is_some() {
        tracing::warn!(
            "the database was put back, or moved: the phones are asked for what it lacks"
        );
        epoch::begin(client)?;
    }
    client.set_fact(PLACE, &place)
}
