//! One question: its words, its control, what is wrong with it, whether it is saved, and what the reviewer wrote.

use dioxus::prelude::*;

use super::control::Control;
use super::work::{Cell, Saving, element_id, work};
use crate::domain::Decision;
use crate::form::{ProblemKind, QuestionKind, QuestionState};
use crate::ui::components::Icon;
use crate::ui::i18n::t;
use crate::ui::state::shell;

/// What a control is given: the question, and the ids that describe it to a screen reader.
#[derive(Clone, PartialEq)]
pub(crate) struct Asked {
    pub(crate) question: QuestionState,
    /// Id of the element that gets the focus.
    pub(crate) id: String,
    /// Ids of hint and error.
    pub(crate) described: Option<String>,
    pub(crate) invalid: bool,
    pub(crate) disabled: bool,
    /// What the control itself has to complain about the text typed.
    pub(crate) fault: Signal<Option<String>>,
}

/// Whether what is missing on this page is shown as a fault: the person wanted to go on, or looked at the summary.
#[derive(Clone, Copy, PartialEq)]
pub(super) struct Strict(pub(super) Signal<bool>);

/// A question by its path. Draws itself anew when its state changes, and nothing else does.
#[component]
pub(crate) fn Question(path: String) -> Element {
    let work = work();
    let cell = use_hook(|| work.cell(&path));
    let fault = use_signal(|| None::<String>);
    let mut left = use_signal(|| true);
    let strict = consume_context::<Strict>().0;
    let Some(question) = (cell.view)() else {
        return rsx! {};
    };
    if !question.relevant {
        return rsx! {};
    }
    if question.kind == QuestionKind::Note {
        return rsx! {
            div { class: "question-note", id: element_id(&path),
                p { "{question.label}" }
                if let Some(value) = &question.value {
                    p { "{value}" }
                }
            }
        };
    }
    // What is missing is said when the page was checked; what is wrong, too, or when the person has gone on from it.
    let strict = strict() && !work.is_fresh(&path);
    let typed = matches!(
        question.kind,
        QuestionKind::Text | QuestionKind::Integer | QuestionKind::Decimal | QuestionKind::Barcode
    );
    let problem = question
        .problem
        .as_ref()
        .filter(|problem| strict || (problem.kind != ProblemKind::Required && (left() || !typed)))
        // Something stands there, though it is no answer yet.
        .filter(|problem| problem.kind != ProblemKind::Required || !(cell.doubtful)())
        .map(|problem| problem.message.clone());
    let error = fault().or(problem);
    let id = element_id(&path);
    let hint_id = format!("{id}-hint");
    let error_id = format!("{id}-error");
    let mut described = Vec::new();
    if question.hint.is_some() {
        described.push(hint_id.clone());
    }
    if error.is_some() {
        described.push(error_id.clone());
    }
    let described = (!described.is_empty()).then(|| described.join(" "));
    let asked = Asked {
        id: id.clone(),
        described,
        invalid: error.is_some(),
        disabled: !work.detail.editable || question.read_only,
        fault,
        question: question.clone(),
    };
    // Radio buttons and checkboxes are a group with a legend; a single field has a label.
    let group = matches!(
        question.kind,
        QuestionKind::SelectOne
            | QuestionKind::SelectMultiple
            | QuestionKind::Rank
            | QuestionKind::Geopoint
            | QuestionKind::Geotrace
            | QuestionKind::Geoshape
    ) || question.kind.is_attachment()
        || question.read_only;
    let group = group && !minimal(&question);
    let words = rsx! {
        if !question.required && !question.read_only {
            span { class: "optional", {t("optional")} }
        }
        if let Some(hint) = &question.hint {
            p { class: "hint", id: hint_id, "{hint}" }
        }
        if let Some(guidance) = &question.guidance {
            details { class: "guidance",
                summary { {t("guidance")} }
                p { "{guidance}" }
            }
        }
    };
    let foot = rsx! {
        div { "aria-live": "polite",
            if let Some(error) = error {
                p { class: "error", id: error_id, Icon { name: "alert" } "{error}" }
            }
        }
        SaveMark { cell, fault }
        Notes { path: path.clone() }
    };
    let stand = {
        let path = path.clone();
        move |_| {
            left.set(false);
            let page = work.place().page;
            if !page.is_empty() {
                work.stand(&page, Some(&path));
            }
        }
    };
    let (described, invalid) = (asked.described.clone(), asked.invalid);
    if group {
        rsx! {
            fieldset {
                class: "question",
                id,
                tabindex: "-1",
                "data-path": "{path}",
                "data-invalid": invalid,
                "aria-describedby": described,
                onfocusin: stand,
                onfocusout: move |_| left.set(true),
                legend { "{question.label}" }
                {words}
                Control { asked }
                {foot}
            }
        }
    } else {
        rsx! {
            div {
                class: "question",
                "data-path": "{path}",
                "data-invalid": invalid,
                onfocusin: stand,
                onfocusout: move |_| left.set(true),
                if question.kind != QuestionKind::Acknowledge {
                    label { r#for: id, "{question.label}" }
                }
                {words}
                Control { asked }
                {foot}
            }
        }
    }
}

/// Whether a choice is to be shown as a native list.
pub(crate) fn minimal(question: &QuestionState) -> bool {
    question.kind == QuestionKind::SelectOne
        && !super::choice::searched(question)
        && question.appearance.iter().any(|word| word == "minimal")
}

/// Whether the answer is on disk. Says so only after the store has, and never of a text that is no answer, whatever became
/// of the answer.
#[component]
fn SaveMark(cell: Cell, fault: Signal<Option<String>>) -> Element {
    if (cell.doubtful)() {
        return rsx! {
            p { class: "saving", "data-saving": "doubtful", {t("not-saved-short")} }
        };
    }
    if fault.read().is_some() {
        return rsx! {};
    }
    match (cell.saving)() {
        Saving::Saved if (shell().gone)() => rsx! {},
        Saving::Untouched => rsx! {},
        Saving::Pending => rsx! {
            p { class: "saving", "data-saving": "pending", {t("saving")} }
        },
        Saving::Saved => rsx! {
            p { class: "saving", "data-saving": "saved", Icon { name: "check" } {t("saved")} }
        },
        Saving::Failed => rsx! {
            p { class: "saving", "data-saving": "failed", role: "alert", Icon { name: "alert" } {t("not-saved")} }
        },
    }
}

/// What the reviewer wrote at this question when the visit was returned.
#[component]
fn Notes(path: String) -> Element {
    let work = work();
    let note = work
        .detail
        .reviews
        .iter()
        .rev()
        .find(|review| review.decision == Decision::Return)
        .filter(|review| review.submission == work.detail.visit.last_submission())
        .and_then(|review| review.notes.get(&path));
    match note {
        Some(note) => rsx! {
            div { class: "review-note",
                p { class: "review-note-title", Icon { name: "note" } {t("note-from-review")} }
                p { "{note}" }
            }
        },
        None => rsx! {},
    }
}
