//! What every handler may use.

use std::{path::PathBuf, sync::Arc};

use tokio::sync::Semaphore;

use crate::domain::User;

use super::{
    attachments::Attachments,
    blobs::{ATTACHMENTS, Folder},
    body::Room,
    error::AppError,
    guard::Caller,
    repo::{self, Database, Tx},
    secret::Hashing,
};

/// Workbooks read at the same time: each may come to tens of megabytes.
const IMPORTING: usize = 1;

/// How a server is set up.
#[derive(Clone, Default, Debug)]
pub struct Config {
    /// The folder of the app's files; without one only the API is served.
    pub web: Option<PathBuf>,
    /// The site is reached over HTTPS: browsers are told never to come without.
    pub https: bool,
    /// A reverse proxy stands before the server: the client's address is the last one in `X-Forwarded-For`.
    pub behind_proxy: bool,
}

/// Shared by all requests; cheap to clone.
#[derive(Clone)]
pub struct AppState(Arc<Inner>);

struct Inner {
    database: Database,
    attachments: Attachments,
    config: Config,
    hashing: Hashing,
    importing: Semaphore,
    room: Room,
}

impl AppState {
    /// A server on an open database; attachments are kept in files beside it.
    #[must_use]
    pub fn new(database: Database, config: Config) -> Self {
        let folder = database.folder().join(ATTACHMENTS);
        let blobs = Folder::new(folder.clone());
        Self(Arc::new(Inner {
            attachments: Attachments::new(folder.join("partial"), Box::new(blobs)),
            database,
            config,
            hashing: Hashing::default(),
            importing: Semaphore::new(IMPORTING),
            room: Room::default(),
        }))
    }

    /// The database.
    #[must_use]
    pub fn database(&self) -> &Database {
        &self.0.database
    }

    /// The attachments.
    #[must_use]
    pub fn attachments(&self) -> &Attachments {
        &self.0.attachments
    }

    /// The settings.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.0.config
    }

    /// Where passwords are checked.
    #[must_use]
    pub fn hashing(&self) -> &Hashing {
        &self.0.hashing
    }

    /// Leave to read a workbook.
    #[must_use]
    pub fn importing(&self) -> &Semaphore {
        &self.0.importing
    }

    /// The memory that bodies may take.
    pub(super) fn room(&self) -> &Room {
        &self.0.room
    }

    /// Reads something for a caller as they are in the same transaction.
    ///
    /// # Errors
    /// When the caller may no longer call this, or the database fails.
    pub(super) async fn read_as<T: Send + 'static>(
        &self,
        caller: &Caller,
        job: impl FnMut(&dyn Tx, &User) -> Result<T, repo::Error> + Send + 'static,
    ) -> Result<T, AppError> {
        self.database().read(as_now(caller, job)).await?
    }

    /// Changes something for a caller as they are in the same transaction.
    ///
    /// # Errors
    /// When the caller may no longer call this, or the database fails; then nothing is changed.
    pub(super) async fn write_as<T: Send + 'static>(
        &self,
        caller: &Caller,
        job: impl FnMut(&dyn Tx, &User) -> Result<T, repo::Error> + Send + 'static,
    ) -> Result<T, AppError> {
        self.database().write(as_now(caller, job)).await?
    }

    /// Whether a caller may still call what they called.
    ///
    /// # Errors
    /// As [`AppState::read_as`].
    pub(super) async fn still(&self, caller: &Caller) -> Result<(), AppError> {
        self.read_as(caller, |_, _| Ok(())).await
    }
}

fn as_now<T, J>(
    caller: &Caller,
    mut job: J,
) -> impl FnMut(&dyn Tx) -> Result<Result<T, AppError>, repo::Error> + use<T, J>
where
    J: FnMut(&dyn Tx, &User) -> Result<T, repo::Error>,
{
    let caller = caller.clone();
    move |tx| match caller.again(tx)? {
        Ok(user) => job(tx, &user).map(Ok),
        Err(why) => Ok(Err(why)),
    }
}
