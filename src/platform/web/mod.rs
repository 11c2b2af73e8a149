//! The browser. One wasm file is both the page and the dedicated worker that holds the database; [`is_worker`] tells.
#![allow(unsafe_code)] // what `wasm_bindgen` makes of `extern "C"` blocks

mod bridge;
pub mod camera;
pub mod client;
pub mod files;
pub mod history;
mod http;
mod locks;
pub mod page;
pub mod place;
#[cfg(target_arch = "wasm32")]
pub mod worker;

use wasm_bindgen::{JsCast, JsValue};

/// Whether this code runs in the worker.
#[must_use]
pub fn is_worker() -> bool {
    js_sys::global().is_instance_of::<web_sys::DedicatedWorkerGlobalScope>()
}

/// What the browser says of an error: the app is built without `{:?}`.
fn words(error: &JsValue) -> String {
    match error.dyn_ref::<js_sys::Error>() {
        Some(error) => error.to_string().into(),
        None => error.as_string().unwrap_or_default(),
    }
}
