//! One owner of the database among the tabs: a Web Lock, and a channel on which another tab asks for it.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Function, Object, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue, closure::Closure, prelude::wasm_bindgen};
use wasm_bindgen_futures::JsFuture;

const NAME: &str = "anjangsana-store";

#[wasm_bindgen]
extern "C" {
    // web-sys still calls the Lock Manager unstable; every browser with OPFS has it.
    #[wasm_bindgen(js_namespace = ["navigator", "locks"], js_name = request, catch)]
    fn request(name: &str, options: &Object, callback: &JsValue) -> Result<Promise, JsValue>;

    #[wasm_bindgen(js_namespace = AbortSignal, js_name = timeout, catch)]
    fn signal_after(milliseconds: u32) -> Result<JsValue, JsValue>;
}

/// How long a page that was just loaded again lets its predecessor die, which may still have the lock.
const PREDECESSOR: u32 = 3_000;

/// The lock, held until it is dropped.
pub(super) struct Held {
    release: Function,
}

impl Drop for Held {
    fn drop(&mut self) {
        // Resolving the promise that the lock waits on cannot fail.
        let _released = self.release.call0(&JsValue::NULL);
    }
}

/// Takes the lock: within moments or not at all, or (with `wait`) when the tab that has it lets go.
///
/// # Errors
/// In the browser's words where it has no locks: an old one, or an address without https.
pub(super) async fn take(wait: bool) -> Result<Option<Held>, String> {
    let words = |error: &JsValue| format!("no locks: {}", super::words(error));
    let options = Object::new();
    if !wait {
        signal_after(PREDECESSOR)
            .and_then(|signal| Reflect::set(&options, &"signal".into(), &signal))
            .map_err(|error| words(&error))?;
    }
    let slot: Rc<RefCell<Option<Held>>> = Rc::default();
    // The callback gets the lock and gives a promise: the lock is held until that is resolved.
    let granted = Promise::new(&mut |resolve, reject| {
        let inside = Rc::clone(&slot);
        let callback = Closure::once_into_js(move |_lock: JsValue| {
            let held = Promise::new(&mut |release, _| {
                *inside.borrow_mut() = Some(Held { release });
            });
            let _told = resolve.call0(&JsValue::NULL);
            held
        });
        let refuse = move |error: JsValue| {
            let _told = reject.call1(&JsValue::NULL, &error);
        };
        match request(NAME, &options, &callback) {
            Ok(asked) => {
                let refused = Closure::once(refuse);
                let _heard = asked.catch(&refused);
                refused.forget();
            }
            Err(error) => refuse(error),
        }
    });
    match JsFuture::from(granted).await {
        Ok(_) => Ok(slot.take()),
        Err(error) if timed_out(&error) => Ok(None),
        Err(error) => Err(words(&error)),
    }
}

fn timed_out(error: &JsValue) -> bool {
    error
        .dyn_ref::<js_sys::Error>()
        .is_some_and(|error| error.name() == "TimeoutError")
}

/// Asks the tab that has the lock to let go.
pub(super) fn ask_for_it() {
    if let Ok(channel) = web_sys::BroadcastChannel::new(NAME) {
        let _sent = channel.post_message(&JsValue::TRUE);
        channel.close();
    }
}

/// Calls back whenever another tab asks for the lock.
pub(super) fn when_asked(asked: impl FnMut() + 'static) {
    if let Ok(channel) = web_sys::BroadcastChannel::new(NAME) {
        let heard = Closure::<dyn FnMut()>::new(asked);
        channel.set_onmessage(Some(heard.as_ref().unchecked_ref()));
        heard.forget();
        // The channel lives as long as the worker.
        std::mem::forget(channel);
    }
}
