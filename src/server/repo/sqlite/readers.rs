//! A small pool of connections that only read, each on a thread where it may block.

use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use tokio::sync::Semaphore;

use crate::server::repo::Error;

/// The pool.
pub struct Readers {
    free: Arc<Mutex<Vec<Connection>>>,
    permits: Arc<Semaphore>,
}

impl Readers {
    /// A pool of these connections.
    #[must_use]
    pub fn new(connections: Vec<Connection>) -> Self {
        Self {
            permits: Arc::new(Semaphore::new(connections.len())),
            free: Arc::new(Mutex::new(connections)),
        }
    }

    /// Runs a job in one read transaction.
    ///
    /// # Errors
    /// What the job says.
    pub async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Connection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let permit = Arc::clone(&self.permits)
            .acquire_owned()
            .await
            .map_err(|_| Error::Closed)?;
        let free = Arc::clone(&self.free);
        tokio::task::spawn_blocking(move || {
            let borrowed = Borrowed::take(free).ok_or(Error::Closed)?;
            let result = borrowed.read(job);
            // The connection is back before the permit is: whoever gets the permit finds one.
            drop(borrowed);
            drop(permit);
            result
        })
        .await
        .map_err(|_| Error::Panicked)?
    }
}

/// A connection that goes back to the pool whatever happens, a panic included.
struct Borrowed {
    connection: Option<Connection>,
    free: Arc<Mutex<Vec<Connection>>>,
}

impl Borrowed {
    fn take(free: Arc<Mutex<Vec<Connection>>>) -> Option<Self> {
        let connection = free.lock().unwrap_or_else(PoisonError::into_inner).pop()?;
        Some(Self {
            connection: Some(connection),
            free,
        })
    }

    fn read<T>(&self, job: impl FnOnce(&Connection) -> Result<T, Error>) -> Result<T, Error> {
        let connection = self.connection.as_ref().ok_or(Error::Closed)?;
        let transaction = connection.unchecked_transaction()?;
        job(&transaction)
    }
}

impl Drop for Borrowed {
    fn drop(&mut self) {
        self.free
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(self.connection.take());
    }
}
