//! The control for a kind of question.

use dioxus::prelude::*;

use super::attach::Attach;
use super::choice::{Many, NativeList, One};
use super::number::Number;
use super::place::{Geopoint, Points};
use super::question::{Asked, minimal};
use super::range::Range;
use super::rank::Rank;
use super::sign::Signature;
use super::text::{Dated, Text};
use super::work::work;
use crate::form::QuestionKind;
use crate::ui::components::Attached;
use crate::ui::format;

/// Picks the control.
#[component]
pub(crate) fn Control(asked: Asked) -> Element {
    let question = &asked.question;
    if question.read_only {
        return rsx! {
            Shown { asked }
        };
    }
    match question.kind {
        QuestionKind::Integer => rsx! {
            Number { asked, whole: true }
        },
        QuestionKind::Decimal => rsx! {
            Number { asked, whole: false }
        },
        QuestionKind::Range => rsx! {
            Range { asked }
        },
        QuestionKind::Date => rsx! {
            Dated { asked, input: "date" }
        },
        QuestionKind::Time => rsx! {
            Dated { asked, input: "time" }
        },
        QuestionKind::DateTime => rsx! {
            Dated { asked, input: "datetime-local" }
        },
        QuestionKind::SelectOne if minimal(question) => rsx! {
            NativeList { asked }
        },
        QuestionKind::SelectOne => rsx! {
            One { asked }
        },
        QuestionKind::SelectMultiple => rsx! {
            Many { asked }
        },
        QuestionKind::Rank => rsx! {
            Rank { asked }
        },
        QuestionKind::Acknowledge => rsx! {
            Acknowledge { asked }
        },
        QuestionKind::Geopoint => rsx! {
            Geopoint { asked }
        },
        QuestionKind::Geotrace | QuestionKind::Geoshape => rsx! {
            Points { asked }
        },
        QuestionKind::Signature => rsx! {
            Signature { asked }
        },
        kind if kind.is_attachment() => rsx! {
            Attach { asked }
        },
        _ => rsx! {
            Text { asked }
        },
    }
}

/// A value that is computed or fixed.
#[component]
fn Shown(asked: Asked) -> Element {
    let question = asked.question;
    match &question.value {
        Some(name) if question.kind.is_attachment() => rsx! {
            Attached { name: name.clone(), label: question.label }
        },
        _ => {
            let words = format::answered(&question).unwrap_or_else(|| "—".to_owned());
            rsx! {
                output { class: "computed", id: asked.id, "{words}" }
            }
        }
    }
}

/// One tick: it was done.
#[component]
fn Acknowledge(asked: Asked) -> Element {
    let work = work();
    let path = asked.question.path.clone();
    rsx! {
        label { class: "option",
            input {
                id: asked.id,
                r#type: "checkbox",
                checked: asked.question.value.is_some(),
                disabled: asked.disabled,
                required: asked.question.required,
                "aria-describedby": asked.described,
                "aria-invalid": asked.invalid,
                onchange: move |event| {
                    let _ = work.answer(&path, event.checked().then_some("OK"), false);
                },
            }
            span { class: "option-words", "{asked.question.label}" }
        }
    }
}
