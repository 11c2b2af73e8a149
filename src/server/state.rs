//! What every handler may use.

use std::{path::PathBuf, sync::Arc};

use tokio::sync::Semaphore;

use super::{
    attachments::Attachments,
    blobs::{ATTACHMENTS, Folder},
    sqlite::Database,
};

/// Passwords hashed at the same time: each takes 19 MiB and a whole core.
const HASHING: usize = 2;
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
    hashing: Semaphore,
    importing: Semaphore,
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
            hashing: Semaphore::new(HASHING),
            importing: Semaphore::new(IMPORTING),
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

    /// Leave to hash a password.
    #[must_use]
    pub fn hashing(&self) -> &Semaphore {
        &self.0.hashing
    }

    /// Leave to read a workbook.
    #[must_use]
    pub fn importing(&self) -> &Semaphore {
        &self.0.importing
    }
}
