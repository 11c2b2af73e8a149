//! A signature, written with the finger.

use std::cell::RefCell;
use std::rc::Rc;

use dioxus::prelude::*;

use super::attach::{KeepingLine, Remove};
use super::question::Asked;
use super::unsaved::Unsaved;
use super::work::work;
use crate::platform::host::camera::Pad;
use crate::ui::components::{Attached, Icon};
use crate::ui::i18n::{t, ta};

/// What stands on the pad, line by line: nothing that the page draws.
#[derive(Default)]
struct Written {
    pad: Option<Pad>,
    strokes: Vec<Vec<(f64, f64)>>,
}

impl Written {
    /// Begins a line.
    fn touch(&mut self, canvas: &str, here: (f64, f64)) {
        if self.pad.is_none() {
            self.pad = Pad::of(canvas);
        }
        self.strokes.push(Vec::new());
        self.go_on(here);
    }

    fn go_on(&mut self, here: (f64, f64)) {
        if let (Some(pad), Some(stroke)) = (&self.pad, self.strokes.last_mut()) {
            pad.line(stroke.last().copied().unwrap_or(here), here);
            stroke.push(here);
        }
    }

    /// Draws again what an undo leaves.
    fn redraw(&mut self, canvas: &str) {
        self.pad = Pad::of(canvas);
        for stroke in &self.strokes {
            for (from, to) in stroke
                .iter()
                .zip(stroke.iter().skip(1).chain(stroke.last()))
            {
                if let Some(pad) = &self.pad {
                    pad.line(*from, *to);
                }
            }
        }
    }

    /// Keeps it as the answer, if there is anything.
    fn keep(&mut self, unsaved: &Rc<Unsaved>, path: &str) {
        let strokes = std::mem::take(&mut self.strokes);
        if let Some(pad) = self.pad.take().filter(|_| !strokes.is_empty()) {
            unsaved.keep(path.to_owned(), async move {
                let png = pad.png().await.ok_or_else(|| t("file-unreadable"))?;
                Ok(("image/png", png.into()))
            });
        }
    }
}

/// A field to sign in.
#[component]
pub(crate) fn Signature(asked: Asked) -> Element {
    let work = work();
    let Asked {
        question,
        id,
        disabled,
        ..
    } = asked;
    let written = use_hook(Rc::<RefCell<Written>>::default);
    let mut lines = use_signal(|| 0usize);
    let path = question.path.clone();
    // A signature that stands on the pad when the page is left is kept, as every other answer is.
    use_drop({
        let (written, unsaved, path) = (written.clone(), work.unsaved.clone(), path.clone());
        move || written.borrow_mut().keep(&unsaved, &path)
    });
    if let Some(name) = question.value.clone() {
        return rsx! {
            Attached { name, label: question.label.clone() }
            if !disabled {
                div { class: "actions start",
                    Remove { path, label: question.label }
                }
            }
        };
    }
    if disabled {
        return rsx! {};
    }
    let canvas = format!("{id}-pad");
    let button = |icon: &'static str, words: &'static str, to: usize| {
        let (written, canvas) = (written.clone(), canvas.clone());
        rsx! {
            button {
                class: "button",
                r#type: "button",
                disabled: lines() == 0,
                onclick: move |_| {
                    let mut written = written.borrow_mut();
                    written.strokes.truncate(to);
                    written.redraw(&canvas);
                    lines.set(to);
                },
                Icon { name: icon }
                {t(words)}
            }
        }
    };
    rsx! {
        canvas {
            class: "pad",
            id: canvas.clone(),
            width: "640",
            height: "280",
            role: "img",
            aria_label: ta("sign-here", &[("label", question.label.into())]),
            onpointerdown: {
                let (written, canvas) = (written.clone(), canvas.clone());
                move |event: PointerEvent| {
                    let mut written = written.borrow_mut();
                    written.touch(&canvas, event.element_coordinates().to_tuple());
                    lines.set(written.strokes.len());
                }
            },
            onpointermove: {
                let written = written.clone();
                move |event: PointerEvent| {
                    // A finger is only there while it touches; a mouse writes with its button.
                    if !event.held_buttons().is_empty() {
                        written.borrow_mut().go_on(event.element_coordinates().to_tuple());
                    }
                }
            },
        }
        div { class: "actions start",
            button {
                class: "button primary",
                r#type: "button",
                disabled: lines() == 0,
                onclick: {
                    let written = written.clone();
                    move |_| {
                        written.borrow_mut().keep(&work.unsaved, &path);
                        lines.set(0);
                    }
                },
                Icon { name: "check" }
                {t("sign-keep")}
            }
            {button("return", "sign-undo", lines().saturating_sub(1))}
            {button("trash", "sign-wipe", 0)}
        }
        KeepingLine { path: question.path.clone() }
    }
}
