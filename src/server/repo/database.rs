//! The open repository of a server, whichever engine is behind it.

use std::path::{Path, PathBuf};

use super::{Error, Tx, sqlite};

/// The open repository.
pub struct Database {
    folder: PathBuf,
    engine: sqlite::Engine,
}

impl Database {
    /// Opens the repository in a data folder.
    ///
    /// # Errors
    /// As [`sqlite::open`].
    pub fn open(folder: &Path) -> Result<Self, Error> {
        Ok(Self {
            folder: folder.to_owned(),
            engine: sqlite::Engine::open(folder)?,
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
        job: impl FnOnce(&dyn Tx) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.engine.write(job).await
    }

    /// Reads something, in one transaction that sees every write answered before.
    ///
    /// # Errors
    /// What `job` says.
    pub async fn read<T: Send + 'static>(
        &self,
        job: impl FnOnce(&dyn Tx) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.engine.read(job).await
    }

    /// Waits for what is being written, and closes.
    pub fn close(&self) {
        self.engine.close();
    }
}

/// The repository as a command opens it: one connection, one transaction at a time.
pub struct Direct(sqlite::Direct);

impl Direct {
    /// Opens the repository in a data folder, makes both when missing, and brings the schema up to date.
    ///
    /// # Errors
    /// As [`sqlite::open`].
    pub fn open(folder: &Path) -> Result<Self, Error> {
        sqlite::open(folder).map(|connection| Self(sqlite::Direct(connection)))
    }

    /// The same, also beside what is left of another office.
    ///
    /// # Errors
    /// As [`sqlite::open_fresh`].
    pub fn open_fresh(folder: &Path) -> Result<Self, Error> {
        sqlite::open_fresh(folder).map(|connection| Self(sqlite::Direct(connection)))
    }

    /// Changes something in one transaction.
    ///
    /// # Errors
    /// What `job` says, or that the transaction failed; nothing is changed then.
    pub fn write<T, E: From<Error>>(
        &mut self,
        job: impl FnOnce(&dyn Tx) -> Result<T, E>,
    ) -> Result<T, E> {
        self.0.write(job)
    }

    /// Reads something.
    ///
    /// # Errors
    /// What `job` says.
    pub fn read<T, E: From<Error>>(
        &mut self,
        job: impl FnOnce(&dyn Tx) -> Result<T, E>,
    ) -> Result<T, E> {
        self.0.read(job)
    }

    /// The version of the schema.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn schema(&self) -> Result<u32, Error> {
        self.0.schema()
    }
}
