//! The control for a kind of question.

use dioxus::prelude::*;

use super::choice::{Many, NativeList, One};
use super::number::Number;
use super::place::Geopoint;
use super::question::{Asked, minimal};
use super::text::{Dated, Text};
use super::work::work;
use crate::form::QuestionKind;
use crate::ui::format;
use crate::ui::i18n::t;

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
        QuestionKind::Decimal | QuestionKind::Range => rsx! {
            Number { asked, whole: false }
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
        QuestionKind::SelectMultiple | QuestionKind::Rank => rsx! {
            Many { asked }
        },
        QuestionKind::Acknowledge => rsx! {
            Acknowledge { asked }
        },
        QuestionKind::Geopoint => rsx! {
            Geopoint { asked }
        },
        QuestionKind::Image
        | QuestionKind::Signature
        | QuestionKind::Audio
        | QuestionKind::Video
        | QuestionKind::File
        | QuestionKind::Geotrace
        | QuestionKind::Geoshape => rsx! {
            p { class: "quiet", id: asked.id, {t("kind-unknown")} }
        },
        _ => rsx! {
            Text { asked }
        },
    }
}

/// A value that is computed or fixed.
#[component]
fn Shown(asked: Asked) -> Element {
    let question = &asked.question;
    let value = question.value.as_deref().map_or_else(
        || "—".to_owned(),
        |value| {
            format::answer(
                question.kind,
                &question.choices,
                &question.appearance,
                value,
            )
        },
    );
    rsx! {
        output { class: "computed", id: asked.id, "{value}" }
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
