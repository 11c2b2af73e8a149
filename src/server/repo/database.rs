//! The open repository of a server, whichever engine is behind it.

use std::path::{Path, PathBuf};

use super::{Error, Tx, postgres, sqlite};

/// The open repository.
pub struct Database {
    folder: PathBuf,
    engine: Engine,
}

enum Engine {
    Sqlite(sqlite::Engine),
    Postgres(postgres::Engine),
}

impl Database {
    /// Opens the repository in a data folder: a file.
    ///
    /// # Errors
    /// As [`sqlite::open`].
    pub fn open(folder: &Path) -> Result<Self, Error> {
        Ok(Self {
            folder: folder.to_owned(),
            engine: Engine::Sqlite(sqlite::Engine::open(folder)?),
        })
    }

    /// Opens the repository on a database server, `postgres://user:password@host/name`. Everything else is in the data folder.
    ///
    /// # Errors
    /// [`Error::Setting`] when the address is none, or this program was built without the engine; [`Error::TooNew`];
    /// [`Error::Away`].
    pub fn connect(address: &str, folder: &Path) -> Result<Self, Error> {
        Ok(Self {
            folder: folder.to_owned(),
            engine: Engine::Postgres(postgres::Engine::connect(&address.parse()?)?),
        })
    }

    /// The data folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Changes something. Answers when it is durable. An engine may have to run the job again: what it did before is undone
    /// then.
    ///
    /// # Errors
    /// What `job` says; then nothing of it is stored. [`Error::Commit`] when the disk fails, [`Error::Away`] when the
    /// database server does not answer.
    pub async fn write<T: Send + 'static>(
        &self,
        job: impl FnMut(&dyn Tx) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        match &self.engine {
            Engine::Sqlite(engine) => engine.write(job).await,
            Engine::Postgres(engine) => engine.write(job).await,
        }
    }

    /// Reads something, in one transaction that sees every write answered before. An engine may have to run the job again.
    ///
    /// # Errors
    /// What `job` says; [`Error::Away`] when the database server does not answer.
    pub async fn read<T: Send + 'static>(
        &self,
        job: impl FnMut(&dyn Tx) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        match &self.engine {
            Engine::Sqlite(engine) => engine.read(job).await,
            Engine::Postgres(engine) => engine.read(job).await,
        }
    }

    /// Waits for what is being written, and closes.
    pub fn close(&self) {
        match &self.engine {
            Engine::Sqlite(engine) => engine.close(),
            Engine::Postgres(engine) => engine.close(),
        }
    }
}

/// The repository as a command opens it: one connection, one transaction at a time.
pub struct Direct(Connection);

enum Connection {
    Sqlite(sqlite::Direct),
    Postgres(Box<postgres::Direct>),
}

impl Direct {
    /// Opens the repository in a data folder, makes both when missing, and brings the schema up to date.
    ///
    /// # Errors
    /// As [`sqlite::open`].
    pub fn open(folder: &Path) -> Result<Self, Error> {
        sqlite::open(folder).map(|file| Self(Connection::Sqlite(sqlite::Direct(file))))
    }

    /// The same, also beside what is left of another office.
    ///
    /// # Errors
    /// As [`sqlite::open_fresh`].
    pub fn open_fresh(folder: &Path) -> Result<Self, Error> {
        sqlite::open_fresh(folder).map(|file| Self(Connection::Sqlite(sqlite::Direct(file))))
    }

    /// Opens the repository on a database server, and brings its schema up to date.
    ///
    /// # Errors
    /// As [`Database::connect`].
    pub fn connect(address: &str) -> Result<Self, Error> {
        postgres::Direct::connect(&address.parse()?)
            .map(|direct| Self(Connection::Postgres(Box::new(direct))))
    }

    /// Changes something in one transaction.
    ///
    /// # Errors
    /// What `job` says, or that the transaction failed; nothing is changed then.
    pub fn write<T, E: From<Error>>(
        &mut self,
        job: impl FnOnce(&dyn Tx) -> Result<T, E>,
    ) -> Result<T, E> {
        match &mut self.0 {
            Connection::Sqlite(direct) => direct.write(job),
            Connection::Postgres(direct) => direct.write(job),
        }
    }

    /// Reads something.
    ///
    /// # Errors
    /// What `job` says.
    pub fn read<T, E: From<Error>>(
        &mut self,
        job: impl FnOnce(&dyn Tx) -> Result<T, E>,
    ) -> Result<T, E> {
        match &mut self.0 {
            Connection::Sqlite(direct) => direct.read(job),
            Connection::Postgres(direct) => direct.read(job),
        }
    }

    /// The version of the schema.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn schema(&mut self) -> Result<u32, Error> {
        match &mut self.0 {
            Connection::Sqlite(direct) => direct.schema(),
            Connection::Postgres(direct) => direct.schema(),
        }
    }
}
