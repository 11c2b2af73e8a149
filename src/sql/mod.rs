//! Opening and migrating a SQLite file: the same for a device and for the server.

pub mod migrate;
pub mod open;

pub use rusqlite::Connection;

/// Why a database could not be opened. The file is untouched in every case.
#[derive(Debug, thiserror::Error)]
pub enum SqlError {
    /// A newer program made it: this one must be updated, not the file changed.
    #[error("the database has schema {found}, this program knows up to {known}")]
    Newer {
        /// Schema of the file.
        found: usize,
        /// Newest schema this program knows.
        known: usize,
    },
    /// The key does not fit, or it is no database.
    #[error("wrong key, or not a database")]
    Key,
    /// A setting was not taken: it would not be as durable or as secret as it must be.
    #[error("pragma {name} is \"{found}\", not \"{wanted}\"")]
    Pragma {
        /// Which.
        name: &'static str,
        /// What must be.
        wanted: &'static str,
        /// What is.
        found: String,
    },
    /// SQLite failed.
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
}
