//! The server's repository on one SQLite file: one writer thread that commits in groups, several readers.
//!
//! A connection is a transaction here: whoever lends one has begun it.

mod accounts;
mod attachments;
pub mod backup;
mod log;
mod lost;
mod records;
pub mod restore;
mod sight;
mod writer;

use std::path::Path;

use rusqlite::{Connection, OptionalExtension, TransactionBehavior};

use crate::sql::{self, Step, Use};

use super::{Error, Fault, Tx, pool::Pool, queue::Writer};

/// The file's name in the data folder.
pub const FILE: &str = "anjangsana.sqlite";

/// The steps of the schema, in order.
pub const STEPS: [Step; 8] = [
    include_str!("schema_1.sql"),
    include_str!("schema_2.sql"),
    include_str!("schema_3.sql"),
    include_str!("schema_4.sql"),
    include_str!("schema_5.sql"),
    include_str!("schema_6.sql"),
    include_str!("schema_7.sql"),
    include_str!("schema_8.sql"),
];

/// Statements that a connection keeps ready.
const STATEMENTS: usize = 96;

/// Readers at the same time.
const READERS: usize = 4;

impl Tx for Connection {
    // One in memory has no name: it is its thread's.
    fn database(&self) -> String {
        match self.path() {
            Some(path) if !path.is_empty() => path.to_owned(),
            _ => format!("{:?}", std::thread::current().id()),
        }
    }

    fn connection(&self) -> &dyn std::any::Any {
        self
    }

    fn fact(&self, name: &str) -> Result<Option<String>, Error> {
        Ok(self
            .prepare_cached("select value from meta where name = ?1")?
            .query_row([name], |row| row.get(0))
            .optional()?)
    }

    fn set_fact(&self, name: &str, value: &str) -> Result<(), Error> {
        self.prepare_cached("insert or replace into meta (name, value) values (?1, ?2)")?
            .execute([name, value])?;
        Ok(())
    }

    // Names may be used again: the one that was begun last is meant.
    fn begin_part(&self) -> Result<(), Error> {
        say(self, "savepoint part")
    }

    fn end_part(&self, keep: bool) -> Result<(), Error> {
        if self.is_autocommit() {
            return Ok(());
        }
        if !keep {
            say(self, "rollback to part")?;
        }
        say(self, "release part")
    }
}

/// Runs a statement that has neither parameters nor rows and comes again and again.
fn say(connection: &Connection, sql: &str) -> Result<(), Error> {
    connection.prepare_cached(sql)?.execute([])?;
    Ok(())
}

impl From<rusqlite::Error> for Error {
    fn from(why: rusqlite::Error) -> Self {
        Self::Engine {
            fault: fault(&why),
            why: Box::new(why),
        }
    }
}

fn fault(why: &rusqlite::Error) -> Fault {
    use rusqlite::{Error as Sqlite, ErrorCode};
    match why {
        Sqlite::SqliteFailure(why, _) => match why.code {
            ErrorCode::DiskFull => Fault::Full,
            ErrorCode::ConstraintViolation | ErrorCode::TypeMismatch | ErrorCode::TooBig => {
                Fault::Value
            }
            _ => Fault::Other,
        },
        Sqlite::FromSqlConversionFailure(..)
        | Sqlite::IntegralValueOutOfRange(..)
        | Sqlite::InvalidColumnType(..)
        | Sqlite::ToSqlConversionFailure(_)
        | Sqlite::Utf8Error(..)
        | Sqlite::QueryReturnedNoRows => Fault::Value,
        _ => Fault::Other,
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
pub fn transact<T, E: From<Error>>(
    connection: &mut Connection,
    job: impl FnOnce(&Connection) -> Result<T, E>,
) -> Result<T, E> {
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(Error::from)?;
    let answer = job(&transaction)?;
    transaction.commit().map_err(Error::from)?;
    Ok(answer)
}

/// The open engine: one thread that writes, several connections that read.
pub(super) struct Engine {
    writer: Writer,
    readers: Pool<Connection>,
}

impl Engine {
    /// Opens the file in a data folder.
    ///
    /// # Errors
    /// As [`open`].
    pub(super) fn open(folder: &Path) -> Result<Self, Error> {
        let writer = open(folder)?;
        let readers = (0..READERS)
            .map(|_| {
                let reader = sql::open(&folder.join(FILE), Use::Read)?;
                reader.set_prepared_statement_cache_capacity(STATEMENTS);
                Ok(reader)
            })
            .collect::<Result<Vec<_>, sql::Error>>()?;
        Ok(Self {
            writer: Writer::start(writer)?,
            readers: Pool::new(readers),
        })
    }

    /// Changes something. Answers when it is on disk.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        job: impl FnMut(&dyn Tx) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.writer.run(job).await
    }

    /// Reads something, in one transaction that sees every write answered before.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        mut job: impl FnMut(&dyn Tx) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let read = move |connection: &mut Connection| {
            let transaction = connection.transaction()?;
            job(&*transaction)
        };
        self.readers.lend(read).await
    }

    /// Waits for the writer to finish what it has, and closes the file.
    pub(super) fn close(&self) {
        self.writer.stop();
    }
}

/// The engine as a command opens it.
pub(super) struct Direct(pub(super) Connection);

impl Direct {
    pub(super) fn write<T, E: From<Error>>(
        &mut self,
        job: impl FnOnce(&dyn Tx) -> Result<T, E>,
    ) -> Result<T, E> {
        transact(&mut self.0, |connection| job(connection))
    }

    pub(super) fn read<T, E: From<Error>>(
        &mut self,
        job: impl FnOnce(&dyn Tx) -> Result<T, E>,
    ) -> Result<T, E> {
        let transaction = self.0.transaction().map_err(Error::from)?;
        job(&*transaction)
    }

    pub(super) fn schema(&self) -> Result<u32, Error> {
        Ok(sql::version(&self.0)?)
    }
}
