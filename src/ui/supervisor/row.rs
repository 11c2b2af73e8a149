//! One answer at the desk: its value, what it was before, what is wrong with it, and the note being written at it.

use std::collections::BTreeMap;

use dioxus::prelude::*;

use super::review::Notes;
use crate::domain::record::TEXT_LENGTH;
use crate::platform::host::page as browser;
use crate::store::api::ApprovedVisit;
use crate::ui::components::{Chip, Icon, Tone};
use crate::ui::form::{Page, Row, answer};
use crate::ui::i18n::{t, ta};

/// What a visit is compared with.
#[derive(Clone, PartialEq)]
pub(super) struct Changes {
    /// The cooperative's last approved visit.
    pub(super) approved: Option<ApprovedVisit>,
    /// Answers changed since this visit was returned, with what they were.
    pub(super) returned: BTreeMap<String, Option<String>>,
    /// The notes it was returned with.
    pub(super) before: BTreeMap<String, String>,
    /// Whether it was returned and sent again.
    pub(super) resent: bool,
    /// Whether notes may be written.
    pub(super) writable: bool,
}

impl Changes {
    /// What an answer was in the last approved visit, when it differs. Instances of repeats are new at each visit and
    /// are not compared; nor is what is different every time.
    pub(super) fn since_approved(&self, row: &Row) -> Option<Option<String>> {
        let approved = self.approved.as_ref()?;
        if row.heading
            || row.path.contains('/')
            || row.path == "tanggal_kunjungan"
            || row.kind.is_attachment()
        {
            return None;
        }
        let old = approved.answers.get(&row.path);
        (old != row.value.as_ref()).then(|| old.cloned())
    }
}

/// The id of an answer's element at the desk.
pub(super) fn element_id(path: &str) -> String {
    format!("a-{}", path.replace('/', "-"))
}

/// A page of answers.
#[component]
pub(super) fn ReviewPage(page: Page, changes: Changes) -> Element {
    rsx! {
        if let Some(section) = &page.section {
            h2 { class: "section-title", "{section}" }
        }
        section { class: "card minutes",
            if page.section.as_ref() != Some(&page.title) {
                h3 { class: "card-title", "{page.title}" }
            }
            for row in page.rows {
                if row.heading {
                    h4 { key: "{row.path}", class: "minutes-heading", "{row.label}" }
                } else {
                    ReviewRow { key: "{row.path}", row, changes: changes.clone() }
                }
            }
        }
    }
}

#[component]
fn ReviewRow(row: Row, changes: Changes) -> Element {
    let notes = consume_context::<Notes>();
    let path = row.path.clone();
    let note = use_memo(move || notes.draft.read().notes.get(&path).cloned());
    let mut open = use_signal(|| note.peek().is_some());
    let id = element_id(&row.path);
    let note_id = format!("{id}-note");
    let path = row.path.clone();
    let returned = changes.returned.get(&row.path).cloned();
    let approved = changes.since_approved(&row);
    let before = changes.before.get(&row.path).cloned();
    rsx! {
        div { class: "answer", id, tabindex: "-1", "data-path": "{row.path}", "data-problem": row.problem.is_some(),
            div { class: "answer-words",
                p { class: "answer-label", "{row.label}" }
                div { class: "answer-value", {answer(&row)} }
                if let Some(problem) = &row.problem {
                    p { class: "error", Icon { name: "alert" } "{problem.message}" }
                }
                if let Some(old) = returned {
                    p { class: "was",
                        Chip { tone: Tone::Info, icon: "draft", text: t("corrected") }
                        {ta("was", &[("old", row.words(old.as_deref()).into())])}
                    }
                }
                if let Some(before) = before {
                    p { class: "was", Icon { name: "note" } {ta("note-before", &[("note", before.into())])} }
                }
                if let Some(old) = approved {
                    p { class: "was",
                        Chip { tone: Tone::Plain, icon: "wait", text: t("changed") }
                        {ta("was-approved", &[("old", row.words(old.as_deref()).into())])}
                    }
                }
            }
            if changes.writable && !open() {
                button {
                    class: "link small",
                    r#type: "button",
                    aria_label: ta("note-at", &[("label", row.label.clone().into())]),
                    onclick: {
                        let note_id = note_id.clone();
                        move |_| {
                            open.set(true);
                            browser::focus(&note_id);
                        }
                    },
                    Icon { name: "note" }
                    {t("note")}
                }
            }
            if changes.writable && open() {
                div { class: "field note-field",
                    label { r#for: "{note_id}", {ta("note-at", &[("label", row.label.clone().into())])} }
                    textarea {
                        id: "{note_id}",
                        rows: "2",
                        maxlength: "{TEXT_LENGTH}",
                        value: note().unwrap_or_default(),
                        oninput: {
                            let path = path.clone();
                            move |event: FormEvent| notes.write(&path, event.value())
                        },
                    }
                    button {
                        class: "link small danger",
                        r#type: "button",
                        onclick: move |_| {
                            notes.write(&path, String::new());
                            open.set(false);
                        },
                        Icon { name: "trash" }
                        {t("note-remove")}
                    }
                }
            }
        }
    }
}
