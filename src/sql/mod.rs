//! SQLite files: opening one, and bringing its schema up to date. Shared by the device's store and the server.

mod damage;
mod device;
mod migrate;
mod open;

pub use damage::look_over;
pub use device::{Key, open_device};
pub use migrate::{Step, migrate, version};
pub use open::{Use, keep_plans, open};
pub use rusqlite::Connection;

/// Why a database could not be opened or brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file was written by a newer program. It is left exactly as it was.
    #[error(
        "the database has schema version {found}, this program knows {known}: update the program"
    )]
    TooNew {
        /// The version in the file.
        found: u32,
        /// The newest version this program knows.
        known: u32,
    },
    /// A setting that durability rests on did not take.
    #[error("the database does not take the setting {setting}: it says {found}")]
    Setting {
        /// The pragma.
        setting: &'static str,
        /// What it reads back as.
        found: String,
    },
    /// The key does not fit, or it is no database.
    #[error("wrong key, or not a database")]
    Key,
    /// What it holds is not what was written.
    #[error("the database is damaged: {0}")]
    Damaged(String),
    /// It is new, and nobody logged in to make it theirs.
    #[error("the database has no owner yet")]
    Nobody,
    /// SQLite says no.
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
}
