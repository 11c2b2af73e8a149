//! Work that goes on when its screen is left: an answer on its way to the disk, a photo being made smaller.
//!
//! A screen may be left at any moment, and its signals go with it. Who reads one of them afterwards stops the app. So there
//! are two kinds of tasks, and this is the rule:
//!
//! - A task of a screen, [`spawn`], ends with the screen. It may write the screen's signals.
//! - A task of the app, [`run`] or [`finish`], ends when its work is done. It holds plain data and no signal of a screen.
//!
//! ```ignore
//! let sent = background::finish(async move { send(visit).await }); // is sent, even when the screen is left
//! spawn(async move { shown.set(sent.await) });                     // ends with the screen
//! ```

use std::rc::Rc;

use dioxus::core::{Runtime, current_scope_id, spawn_forever};
use dioxus::prelude::*;
use futures_channel::oneshot;

use crate::platform::host::page;

/// Does this to its end, whatever becomes of the screen.
pub(crate) fn run(work: impl Future<Output = ()> + 'static) {
    spawn_forever(work);
}

/// The same, for a screen that wants to know what came of it: the future that is returned is for a task of the screen.
/// `None` when the app ends.
pub(crate) fn finish<T: 'static>(
    work: impl Future<Output = T> + 'static,
) -> impl Future<Output = Option<T>> {
    let (done, result) = oneshot::channel();
    run(async move {
        let _screen_left = done.send(work.await);
    });
    async move { result.await.ok() }
}

/// Calls back when the screen is left, and whenever the page is hidden: the last moments to save what was just typed. The
/// screen's signals are still there; but whatever is begun then must be a task of the app.
pub(crate) fn use_last_moments(save: impl Fn() + Clone + 'static) {
    let hidden = save.clone();
    use_hook(|| {
        // The browser calls from outside of the runtime and of every screen.
        let (runtime, screen) = (Runtime::current(), current_scope_id());
        Rc::new(page::on_hide(move || runtime.in_scope(screen, &hidden)))
    });
    use_drop(save);
}
