//! A small pool of connections that only read, each on a thread where it may block.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Semaphore;

use super::Error;

/// The pool.
pub(super) struct Pool<C> {
    free: Arc<Mutex<Vec<C>>>,
    permits: Arc<Semaphore>,
}

impl<C: Send + 'static> Pool<C> {
    /// A pool of these connections.
    pub(super) fn new(connections: Vec<C>) -> Self {
        Self {
            permits: Arc::new(Semaphore::new(connections.len())),
            free: Arc::new(Mutex::new(connections)),
        }
    }

    /// Lends a connection to a job.
    ///
    /// # Errors
    /// What the job says; [`Error::Panicked`].
    pub(super) async fn lend<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut C) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let permit = Arc::clone(&self.permits)
            .acquire_owned()
            .await
            .map_err(|_| Error::Closed)?;
        let free = Arc::clone(&self.free);
        tokio::task::spawn_blocking(move || {
            let mut borrowed = Borrowed::take(free).ok_or(Error::Closed)?;
            let result = borrowed.connection.as_mut().map_or(Err(Error::Closed), job);
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
struct Borrowed<C> {
    connection: Option<C>,
    free: Arc<Mutex<Vec<C>>>,
}

impl<C> Borrowed<C> {
    fn take(free: Arc<Mutex<Vec<C>>>) -> Option<Self> {
        let connection = free.lock().unwrap_or_else(PoisonError::into_inner).pop()?;
        Some(Self {
            connection: Some(connection),
            free,
        })
    }
}

impl<C> Drop for Borrowed<C> {
    fn drop(&mut self) {
        self.free
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(self.connection.take());
    }
}
