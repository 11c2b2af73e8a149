//! Bringing a schema up to date: ordered steps, counted by `pragma user_version`, all of them in one transaction.
//! A step that has been shipped is never edited; a change is a new step.

use rusqlite::{Connection, TransactionBehavior};

use super::Error;

/// One step: the SQL that leads from the version before it to its own. The first step makes version 1.
pub type Step = &'static str;

/// The schema version of a database; 0 for an empty one.
///
/// # Errors
/// [`Error::Sqlite`] when it cannot be read.
pub fn version(connection: &Connection) -> Result<u32, Error> {
    Ok(connection.pragma_query_value(None, "user_version", |row| row.get(0))?)
}

fn version_up_to(connection: &Connection, known: u32) -> Result<u32, Error> {
    let found = version(connection)?;
    if found > known {
        return Err(Error::TooNew { found, known });
    }
    Ok(found)
}

/// Runs the steps that a database lacks, all or none. Gives the version it had before.
///
/// # Errors
/// [`Error::TooNew`] when the file knows more steps than this program: it is not touched then. [`Error::Sqlite`] when
/// a step fails: nothing of it stays.
pub fn migrate(connection: &mut Connection, steps: &[Step]) -> Result<u32, Error> {
    let known = u32::try_from(steps.len()).unwrap_or(u32::MAX);
    let before = version_up_to(connection, known)?;
    if before == known {
        return Ok(before);
    }
    // Another process may be at the same: who comes second finds the work done.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let before = version_up_to(&transaction, known)?;
    let done = usize::try_from(before).unwrap_or(usize::MAX);
    for step in steps.iter().skip(done) {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "user_version", known)?;
    transaction.commit()?;
    Ok(before)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const ONE: Step = "create table note (text text not null) strict;";
    const TWO: Step = "alter table note add column at integer not null default 0;";

    #[test]
    fn steps_run_once_and_in_order() {
        let mut connection = Connection::open_in_memory().unwrap();
        assert_eq!(migrate(&mut connection, &[ONE]).unwrap(), 0);
        connection
            .execute("insert into note (text) values ('kept')", [])
            .unwrap();
        assert_eq!(migrate(&mut connection, &[ONE, TWO]).unwrap(), 1);
        assert_eq!(migrate(&mut connection, &[ONE, TWO]).unwrap(), 2);
        let at: i64 = connection
            .query_row("select at from note where text = 'kept'", [], |row| {
                row.get(0)
            })
            .unwrap();
        assert_eq!(at, 0);
    }

    #[test]
    fn a_database_of_a_newer_program_is_refused_and_left_alone() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection, &[ONE, TWO]).unwrap();
        let refused = migrate(&mut connection, &[ONE]);
        assert!(matches!(refused, Err(Error::TooNew { found: 2, known: 1 })));
        assert_eq!(version(&connection).unwrap(), 2);
    }

    #[test]
    fn a_step_that_fails_leaves_nothing_behind() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection, &[ONE]).unwrap();
        let broken = "create table half (x integer) strict; nonsense;";
        assert!(migrate(&mut connection, &[ONE, TWO, broken]).is_err());
        assert_eq!(version(&connection).unwrap(), 1);
        let columns: i64 = connection
            .query_row("select count(*) from pragma_table_info('note')", [], |r| {
                r.get(0)
            })
            .unwrap();
        assert_eq!(columns, 1);
    }
}
