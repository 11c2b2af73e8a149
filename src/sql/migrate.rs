//! Numbered steps, `pragma user_version`, one transaction: a database is at the old version or at the new one.

use rusqlite::{Connection, TransactionBehavior};

use super::SqlError;

/// Brings a database from whatever version it has to `steps.len()`. A step, once shipped, is never edited.
///
/// # Errors
/// [`SqlError::Newer`] when the file is ahead of `steps`; [`SqlError::Sqlite`] when a step fails, and then nothing of
/// any step is kept.
pub fn migrate(db: &mut Connection, steps: &[&str]) -> Result<(), SqlError> {
    let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found: usize = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if found > steps.len() {
        return Err(SqlError::Newer {
            found,
            known: steps.len(),
        });
    }
    if found == steps.len() {
        return Ok(());
    }
    for step in steps.iter().skip(found) {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "user_version", steps.len())?;
    transaction.commit()?;
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn version(db: &Connection) -> usize {
        db.pragma_query_value(None, "user_version", |row| row.get(0))
            .unwrap()
    }

    #[test]
    fn steps_run_once_and_only_the_new_ones() {
        let mut db = Connection::open_in_memory().unwrap();
        migrate(&mut db, &["create table a(x)"]).unwrap();
        migrate(&mut db, &["create table a(x)", "create table b(x)"]).unwrap();
        migrate(&mut db, &["create table a(x)", "create table b(x)"]).unwrap();
        assert_eq!(version(&db), 2);
    }

    #[test]
    fn a_failing_step_leaves_the_old_version_whole() {
        let mut db = Connection::open_in_memory().unwrap();
        migrate(&mut db, &["create table a(x); insert into a values (1)"]).unwrap();
        assert!(migrate(&mut db, &["", "drop table a", "not sql"]).is_err());
        assert_eq!(version(&db), 1);
        assert_eq!(
            db.query_row("select x from a", [], |row| row.get::<_, i64>(0))
                .unwrap(),
            1
        );
    }

    #[test]
    fn a_newer_file_is_refused_and_left_alone() {
        let mut db = Connection::open_in_memory().unwrap();
        migrate(&mut db, &["create table a(x)", "create table b(x)"]).unwrap();
        let refused = migrate(&mut db, &["create table a(x)"]);
        assert!(matches!(
            refused,
            Err(SqlError::Newer { found: 2, known: 1 })
        ));
        assert_eq!(version(&db), 2);
    }
}
