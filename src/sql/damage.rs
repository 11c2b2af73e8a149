//! A file that is no database any more, or one with pages that are not what was written.

use rusqlite::{Connection, ErrorCode};

use super::Error;

/// Looks at every page of a database.
///
/// # Errors
/// [`Error::Damaged`] with what is wrong.
pub fn look_over(db: &Connection) -> Result<(), Error> {
    let found: String = db.query_row("pragma quick_check(1)", [], |row| row.get(0))?;
    if found == "ok" {
        Ok(())
    } else {
        Err(Error::Damaged(found))
    }
}

impl Error {
    /// Whether it says that the file itself is damaged: another try finds the same.
    #[must_use]
    pub fn is_damage(&self) -> bool {
        match self {
            Self::Damaged(_) | Self::Key => true,
            Self::Sqlite(rusqlite::Error::SqliteFailure(error, _)) => matches!(
                error.code,
                ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase
            ),
            _ => false,
        }
    }
}
