//! What goes between page and worker: JSON text by `postMessage`.

use serde::{Deserialize, Serialize};

use crate::store::api::{AppStatus, Notice, Reply, Request, StoreError};

/// From the page.
#[derive(Serialize, Deserialize)]
pub(super) enum ToWorker {
    /// A request; the answer carries the same number.
    Ask(u32, Request),
    /// Take the database from the tab that has it.
    TakeOver,
}

/// From the worker.
#[derive(Serialize, Deserialize)]
pub(super) enum ToPage {
    /// The worker listens now, and this is what the app is.
    Ready(AppStatus),
    /// The answer to a request.
    Answer(u32, Result<Reply, StoreError>),
    /// Something happened.
    Notice(Notice),
}
