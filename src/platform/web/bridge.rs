//! What goes between page and worker: bytes by `postMessage`, values in order and without names (postcard). Both sides are
//! the same wasm, so they always agree; and reading by order is a tenth of the code that reading JSON by name is.

use js_sys::{Array, Uint8Array};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use wasm_bindgen::{JsCast, JsValue};

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

/// What goes over with a packed message: its memory, which is handed on instead of copied.
pub(super) fn handed_on(packed: &Uint8Array) -> Array {
    Array::of1(&packed.buffer())
}

/// A message as `postMessage` takes it.
pub(super) fn pack(message: &impl Serialize) -> Option<Uint8Array> {
    let bytes = postcard::to_allocvec(message).ok()?;
    Some(Uint8Array::from(bytes.as_slice()))
}

/// A message as an event brings it; nothing when it is not one.
pub(super) fn unpack<T: DeserializeOwned>(data: JsValue) -> Option<T> {
    let bytes = data.dyn_into::<Uint8Array>().ok()?.to_vec();
    postcard::from_bytes(&bytes).ok()
}
