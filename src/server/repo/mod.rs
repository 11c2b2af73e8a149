//! The repository: what the server keeps, behind one trait. Use cases see [`Tx`] alone; an engine is a folder here that
//! implements it, and no other code names one.
//!
//! | file | what it is |
//! |---|---|
//! | `records` | the records: found, written, shown to a user |
//! | `log` | every change that was asked for, and its answer |
//! | `accounts` | accounts, sessions, attempts to log in |
//! | `database` | the open repository: reads and writes, each in a transaction |
//! | `attachments` | which visits name which attachment, and who sent it |
//! | `epoch` | the lives of a database that was put back to a backup |
//! | `queue` | the jobs that wait for the one writer of a process, and the groups they are committed in |
//! | `pool` | connections that only read |
//! | `sqlite/` | the engine that comes with the program: one file |
//! | `postgres/` | an engine for several server processes: a PostgreSQL server. Behind the feature `postgres` |
//!
//! A transaction is shared by reference: a use case reads while it goes through what it has read. An engine whose client
//! wants exclusive access keeps it in a cell.

pub mod accounts;
pub mod attachments;
mod database;
pub mod epoch;
pub mod log;
mod pool;
#[cfg_attr(not(feature = "postgres"), path = "without_postgres.rs")]
pub mod postgres;
mod queue;
pub mod records;
pub mod sqlite;

use std::{
    collections::BTreeSet,
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
};

use crate::{
    domain::{MutationId, RecordId},
    sql,
};

pub use self::{
    accounts::Accounts,
    attachments::AttachmentNames,
    database::{Database, Direct},
    log::Log,
    records::Records,
};

/// One transaction. What it changed is there for others when it is committed, and not at all when it is not.
pub trait Tx: Records + Log + Accounts + AttachmentNames {
    /// The name of the database, for what a process keeps of several.
    fn database(&self) -> String;

    /// The engine's own connection, for what only one engine has.
    fn connection(&self) -> &dyn std::any::Any;

    /// A named fact about the whole database; nothing when it was never written.
    ///
    /// # Errors
    /// When it cannot be read.
    fn fact(&self, name: &str) -> Result<Option<String>, Error>;

    /// Writes a fact down.
    ///
    /// # Errors
    /// When it cannot be written.
    fn set_fact(&self, name: &str, value: &str) -> Result<(), Error>;

    /// What is going to be asked for: records, and answers to mutations. An engine that is far away reads them together; for
    /// others it is nothing.
    ///
    /// # Errors
    /// When they cannot be read.
    fn expect(
        &self,
        records: &BTreeSet<RecordId>,
        mutations: &BTreeSet<MutationId>,
    ) -> Result<(), Error> {
        let _ = (records, mutations);
        Ok(())
    }

    /// Begins a part of the transaction that can be undone by itself. Parts may stand in it. [`in_part`] ends it, too.
    ///
    /// # Errors
    /// When the database fails.
    fn begin_part(&self) -> Result<(), Error>;

    /// Ends the part that was begun last, and keeps what it did or undoes it. When the engine has undone the whole transaction already, as it may
    /// on a full disk, this does nothing: the statement that failed is the one to be heard.
    ///
    /// # Errors
    /// When the database fails. An engine may say only now that a statement of the part failed: the part is undone then.
    fn end_part(&self, keep: bool) -> Result<(), Error>;
}

/// Does something in a part of a transaction of its own: it is kept when it succeeds, and undone when it fails or panics.
///
/// # Errors
/// What `job` says; [`Error::Panicked`]; that the part could not be kept.
pub(crate) fn in_part<T>(tx: &dyn Tx, job: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    tx.begin_part()?;
    let done = catch_unwind(AssertUnwindSafe(job)).unwrap_or(Err(Error::Panicked));
    tx.end_part(done.is_ok())?;
    done
}

/// The name of the fact that this is an invented office.
pub const DEMO: &str = "demo";

/// Why the repository could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file could not be opened or brought up to date.
    #[error(transparent)]
    Open(#[from] sql::Error),
    /// The data folder cannot be made or looked at.
    #[error("the data folder cannot be used: {0}")]
    Folder(#[from] std::io::Error),
    /// There was an office in the data folder, and its database is gone.
    #[error(
        "{} is there, but no database {} with it: put a backup in its place with `anjangsana-server restore`. Only if \
         a new office without any data is wanted here: `anjangsana-server serve --fresh-database`, which leaves that file \
         where it is", .0.display(), sqlite::FILE
    )]
    Lost(PathBuf),
    /// The engine says no.
    #[error("{why}")]
    Engine {
        /// What it lies at.
        fault: Fault,
        /// The engine's own error.
        why: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A stored value is not what it must be.
    #[error("stored {what} cannot be read: {why}")]
    Stored {
        /// What was read.
        what: &'static str,
        /// Why it cannot be.
        why: String,
    },
    /// A record of another kind has that id.
    #[error("record {0} is of another kind")]
    OtherKind(RecordId),
    /// The changes of one request touch more than one request may: less at a time goes through.
    #[error("the changes touch too much at a time")]
    TooMuch,
    /// The group that a job was committed with failed: nothing of it is stored.
    #[error("the commit failed: {0}")]
    Commit(String),
    /// The database server cannot be reached, and did not come back in time. What was asked may be stored or not: whoever
    /// asks again gets the answer that it got, or gets it now.
    #[error("the database server cannot be reached: {0}")]
    Away(String),
    /// A setting that the engine cannot work with, or an address that is none.
    #[error("{0}")]
    Setting(String),
    /// The database was written by a newer program. It is left exactly as it was.
    #[error(
        "the database has schema version {found}, this program knows {known}: update the program"
    )]
    TooNew {
        /// The version that it has.
        found: u32,
        /// The newest version that this program knows.
        known: u32,
    },
    /// The disk is full: nothing of it is stored, and nothing that was is lost.
    #[error("the disk is full")]
    Full,
    /// A job panicked; its changes are undone.
    #[error("a database job panicked")]
    Panicked,
    /// The repository is shutting down.
    #[error("the database is closed")]
    Closed,
}

/// What an engine's error lies at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// At one value that is stored or was to be stored: another change has nothing to do with it.
    Value,
    /// The disk has no room.
    Full,
    /// The database server went away, or wants the transaction to be run again.
    Away,
    /// Anything else.
    Other,
}

impl Error {
    /// Whether the fault lies in one value that is stored or was to be stored, and not in the database: another change has
    /// nothing to do with it.
    #[must_use]
    pub fn is_of_a_value(&self) -> bool {
        matches!(
            self,
            Self::Stored { .. }
                | Self::OtherKind(_)
                | Self::Engine {
                    fault: Fault::Value,
                    ..
                }
        )
    }

    /// Whether the same may succeed a little later.
    #[must_use]
    pub fn is_away(&self) -> bool {
        matches!(
            self,
            Self::Away(_)
                | Self::Engine {
                    fault: Fault::Away,
                    ..
                }
        )
    }

    /// Whether the disk has no room.
    #[must_use]
    pub fn is_full(&self) -> bool {
        matches!(
            self,
            Self::Full
                | Self::Engine {
                    fault: Fault::Full,
                    ..
                }
        )
    }
}

/// Turns a stored value that cannot be read into an [`Error`].
pub(crate) fn stored<E: std::fmt::Display>(what: &'static str) -> impl Fn(E) -> Error {
    move |why| Error::Stored {
        what,
        why: why.to_string(),
    }
}

/// A value as the JSON that is stored.
pub(crate) fn to_json<T: serde::Serialize>(value: &T) -> Result<String, Error> {
    serde_json::to_string(value).map_err(stored("JSON"))
}

/// Reads an id out of its text.
pub(crate) fn id<T: std::str::FromStr<Err: std::fmt::Display>>(text: &str) -> Result<T, Error> {
    text.parse().map_err(stored("id"))
}
