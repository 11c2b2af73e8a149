//! The server's repository on one SQLite file: one writer thread that commits in groups, several readers.
//!
//! Functions here take a connection and do one thing; who calls them brings the transaction. Another engine gets a
//! folder beside this one with the same functions.

pub mod attachment;
pub mod attempt;
pub mod epoch;
pub mod examine;
pub mod history;
mod lost;
pub mod meta;
pub mod mutation;
pub mod pull;
pub mod push;
pub mod readers;
pub mod record;
pub mod refused;
pub mod session;
pub mod set_aside;
pub mod sight;
pub mod user;
pub mod writer;

use std::path::{Path, PathBuf};

use rusqlite::{Connection, TransactionBehavior};

use crate::{
    domain::RecordId,
    sql::{self, Step, Use},
};

use self::{readers::Readers, writer::Writer};

/// The file's name in the data folder.
pub const FILE: &str = "anjangsana.sqlite";

/// The steps of the schema, in order.
pub const STEPS: [Step; 7] = [
    include_str!("schema_1.sql"),
    include_str!("schema_2.sql"),
    include_str!("schema_3.sql"),
    include_str!("schema_4.sql"),
    include_str!("schema_5.sql"),
    include_str!("schema_6.sql"),
    include_str!("schema_7.sql"),
];

/// Statements that a connection keeps ready.
const STATEMENTS: usize = 96;

/// Readers at the same time.
const READERS: usize = 4;

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
        "{} is there, but no database {FILE} with it: put a backup in its place with `anjangsana-server restore`. Only if \
         a new office without any data is wanted here: `anjangsana-server serve --fresh-database`, which leaves that file \
         where it is", .0.display()
    )]
    Lost(PathBuf),
    /// SQLite says no.
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
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

fn is_full(why: &rusqlite::Error) -> bool {
    matches!(why, rusqlite::Error::SqliteFailure(error, _) if error.code == rusqlite::ErrorCode::DiskFull)
}

impl Error {
    /// Whether the fault lies in one value that is stored or was to be stored, and not in the database: another change has
    /// nothing to do with it.
    #[must_use]
    pub fn is_of_a_value(&self) -> bool {
        use rusqlite::{Error as Sqlite, ErrorCode};
        match self {
            Self::Stored { .. } | Self::OtherKind(_) => true,
            Self::Sqlite(Sqlite::SqliteFailure(why, _)) => matches!(
                why.code,
                ErrorCode::ConstraintViolation | ErrorCode::TypeMismatch | ErrorCode::TooBig
            ),
            Self::Sqlite(why) => matches!(
                why,
                Sqlite::FromSqlConversionFailure(..)
                    | Sqlite::IntegralValueOutOfRange(..)
                    | Sqlite::InvalidColumnType(..)
                    | Sqlite::ToSqlConversionFailure(_)
                    | Sqlite::Utf8Error(..)
                    | Sqlite::QueryReturnedNoRows
            ),
            _ => false,
        }
    }

    /// Whether the disk has no room.
    #[must_use]
    pub fn is_full(&self) -> bool {
        match self {
            Self::Full => true,
            Self::Sqlite(why) => is_full(why),
            _ => false,
        }
    }
}

/// Turns a stored value that cannot be read into an [`Error`].
pub(crate) fn stored<E: std::fmt::Display>(what: &'static str) -> impl Fn(E) -> Error {
    move |why| Error::Stored {
        what,
        why: why.to_string(),
    }
}

/// Opens the file in a data folder for writing, makes both when missing, and brings the schema up to date.
///
/// # Errors
/// [`Error::Open`], among them the refusal of a file of a newer program, and [`Error::Folder`]. [`Error::Lost`] when what
/// else is in the folder shows that the file is missing, and not new.
pub fn open(folder: &Path) -> Result<Connection, Error> {
    if let Some(left) = lost::left_behind(folder)? {
        return Err(Error::Lost(left));
    }
    open_fresh(folder)
}

/// The same, also beside what is left of another office.
///
/// # Errors
/// As [`open`], without [`Error::Lost`].
pub fn open_fresh(folder: &Path) -> Result<Connection, Error> {
    std::fs::create_dir_all(folder)?;
    let mut connection = sql::open(&folder.join(FILE), Use::Write)?;
    sql::migrate(&mut connection, &STEPS)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(connection)
}

/// Does something in one transaction of a connection that nobody else uses: for the command line.
///
/// # Errors
/// What `job` says, or that the transaction failed; nothing is changed then.
pub fn transact<T, E: From<rusqlite::Error>>(
    connection: &mut Connection,
    job: impl FnOnce(&Connection) -> Result<T, E>,
) -> Result<T, E> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let answer = job(&transaction)?;
    transaction.commit()?;
    Ok(answer)
}

/// The open repository.
pub struct Database {
    folder: PathBuf,
    writer: Writer,
    readers: Readers,
}

impl Database {
    /// Opens the repository in a data folder.
    ///
    /// # Errors
    /// As [`open`].
    pub fn open(folder: &Path) -> Result<Self, Error> {
        let writer = open(folder)?;
        let readers = (0..READERS)
            .map(|_| {
                let reader = sql::open(&folder.join(FILE), Use::Read)?;
                reader.set_prepared_statement_cache_capacity(STATEMENTS);
                Ok(reader)
            })
            .collect::<Result<Vec<_>, sql::Error>>()?;
        Ok(Self {
            folder: folder.to_owned(),
            writer: Writer::start(writer)?,
            readers: Readers::new(readers),
        })
    }

    /// The data folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Changes something. Answers when it is on disk.
    ///
    /// # Errors
    /// What `job` says; then nothing of it is stored. [`Error::Commit`] when the disk fails.
    pub async fn write<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Connection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.writer.run(job).await
    }

    /// Reads something, in one transaction that sees every write answered before.
    ///
    /// # Errors
    /// What `job` says.
    pub async fn read<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Connection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.readers.run(job).await
    }

    /// Waits for the writer to finish what it has, and closes the file.
    pub fn close(&self) {
        self.writer.stop();
    }
}
