//! Typing: the letter is shown first. What follows from it comes after the frame, and the disk when the typing pauses.

use std::rc::Rc;

use super::{Saving, Work, put};
use crate::platform::host::page;

/// Milliseconds that typing may pause before the answer is saved.
const TYPING: u32 = 300;

/// What stands in a field and is on its way to the session.
pub(super) struct Typed {
    path: String,
    text: String,
    take: Box<dyn FnOnce(&str)>,
}

impl Work {
    /// A field holds another text. The person is to see the letter first: what follows from it, by `take`, comes when it is
    /// drawn, or as soon as anything asks for it. Only that it is not saved yet is said at once.
    pub(crate) fn typed(
        self: &Rc<Self>,
        path: &str,
        text: String,
        take: impl FnOnce(&str) + 'static,
    ) {
        if !self.is_typing(path) {
            self.catch_up();
        }
        self.touch(path);
        put(self.saving, Saving::Pending);
        let typed = Typed {
            path: path.to_owned(),
            text,
            take: Box::new(take),
        };
        if self.typed.replace(Some(typed)).is_none() {
            let work = self.clone();
            self.spawn(async move {
                page::drawn().await;
                work.catch_up();
            });
        }
    }

    /// The text of a field that the session does not know yet: what the field has to go on showing.
    pub(crate) fn typing(&self, path: &str) -> Option<String> {
        let typed = self.typed.borrow();
        let here = typed.as_ref().filter(|typed| typed.path == path);
        here.map(|typed| typed.text.clone())
    }

    pub(super) fn is_typing(&self, path: &str) -> bool {
        let typed = self.typed.borrow();
        typed.as_ref().is_some_and(|typed| typed.path == path)
    }

    /// Brings what was typed into the session now.
    pub(super) fn catch_up(&self) {
        if let Some(typed) = self.typed.take() {
            (typed.take)(&typed.text);
        }
    }

    /// Saves when the typing has paused: one timer that each letter puts off.
    pub(super) fn flush_after_typing(self: &Rc<Self>) {
        if self.flushing.get() {
            return;
        }
        let due = page::ticks() + f64::from(TYPING);
        if self.due.replace(Some(due)).is_none() {
            let work = self.clone();
            self.spawn(async move { work.flush_when_due().await });
        }
    }

    async fn flush_when_due(self: Rc<Self>) {
        while let Some(due) = self.due.get() {
            let left = due - page::ticks();
            if left > 0.0 {
                page::sleep(left.ceil() as u32).await;
            } else {
                self.due.set(None);
            }
        }
        self.flush();
    }
}
