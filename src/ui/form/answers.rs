//! A visit's answers for reading: pages of rows, as the summary before sending, the finished visit and the review show them.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use dioxus::prelude::*;

use super::score::titles;
use super::work::{form_language, form_of, page_title, section_title};
use crate::form::score::{Score, score};
use crate::form::{
    ChoiceState, Form, Item, PageState, Problem, QuestionKind, QuestionState, Session,
};
use crate::platform::host::page;
use crate::store::api::VisitDetail;
use crate::ui::components::Attached;
use crate::ui::format;
use crate::ui::i18n::{Language, t};

/// An answer, or the heading of a repeat's instance.
#[derive(Clone, PartialEq)]
pub(crate) struct Row {
    pub(crate) path: String,
    pub(crate) label: String,
    pub(crate) kind: QuestionKind,
    pub(crate) choices: Vec<ChoiceState>,
    pub(crate) appearance: Vec<String>,
    /// As the session has it.
    pub(crate) value: Option<String>,
    /// What is wrong with it.
    pub(crate) problem: Option<Problem>,
    /// A heading, no answer.
    pub(crate) heading: bool,
}

impl Row {
    /// A value of this question in words; a dash for none.
    pub(crate) fn words(&self, value: Option<&str>) -> String {
        value.map_or_else(
            || "—".to_owned(),
            |value| format::answer(self.kind, &self.choices, &self.appearance, value),
        )
    }
}

/// A page of answers.
#[derive(Clone, PartialEq)]
pub(crate) struct Page {
    pub(crate) name: String,
    pub(crate) title: String,
    /// The section's title on the first page of a section.
    pub(crate) section: Option<String>,
    pub(crate) rows: Vec<Row>,
}

/// A visit opened for reading only.
pub(crate) struct Reading {
    form: Arc<Form>,
    session: RefCell<Session>,
}

impl Reading {
    /// Opens a visit.
    ///
    /// # Errors
    /// The form's faults, in words.
    pub(crate) fn open(detail: &VisitDetail) -> Result<Self, String> {
        let form = form_of(&detail.sheets)?;
        let session = detail.reading(form.clone(), page::now(), None);
        Ok(Self {
            form,
            session: RefCell::new(session),
        })
    }

    /// What a question is called and what values of it say, whether it applies or not.
    pub(crate) fn words<const N: usize>(
        &self,
        path: &str,
        values: [Option<&str>; N],
        language: Language,
    ) -> Option<(String, [String; N])> {
        let language = form_language(&self.form, language);
        let question = self.session.borrow().question(path, &language)?;
        let words = values.map(|value| {
            value.filter(|value| !value.is_empty()).map_or_else(
                || "—".to_owned(),
                |value| {
                    format::answer(
                        question.kind,
                        &question.choices,
                        &question.appearance,
                        value,
                    )
                },
            )
        });
        Some((question.label, words))
    }

    /// What it scores, what costs it most, and the titles of its parts.
    pub(crate) fn score(&self, language: Language) -> Option<(Score, BTreeMap<String, String>)> {
        let language = form_language(&self.form, language);
        let scored = score(&self.session.borrow(), &language)?;
        Some((scored, titles(&self.form, &language)))
    }

    /// Its answers.
    pub(crate) fn pages(&self, language: Language) -> Vec<Page> {
        pages_of(
            &self.form,
            &self.session.borrow(),
            &form_language(&self.form, language),
        )
    }
}

/// The relevant answers of a session, page by page.
pub(crate) fn pages_of(form: &Form, session: &Session, language: &str) -> Vec<Page> {
    let mut section = None::<String>;
    let mut pages = Vec::new();
    for state in session.pages().into_iter().filter(|page| page.relevant) {
        let mut rows = Vec::new();
        collect(session.items(&state.name, language), &mut rows);
        if rows.is_empty() {
            continue;
        }
        let first = section.as_deref() != Some(&state.section);
        pages.push(Page {
            title: page_title(form, &state.name, language),
            section: first.then(|| section_title(form, &state.name, language)),
            name: state.name,
            rows,
        });
        section = Some(state.section);
    }
    pages
}

fn collect(items: Vec<Item>, rows: &mut Vec<Row>) {
    for item in items {
        match item {
            Item::Question(question)
                if question.relevant && question.kind != QuestionKind::Note =>
            {
                rows.push(row(question));
            }
            Item::Question(_) => {}
            Item::Repeat(repeat) => {
                for instance in repeat.instances {
                    rows.push(Row {
                        path: instance.path,
                        label: titled(&instance.label, &instance.items),
                        kind: QuestionKind::Note,
                        choices: Vec::new(),
                        appearance: Vec::new(),
                        value: None,
                        problem: None,
                        heading: true,
                    });
                    collect(instance.items, rows);
                }
            }
        }
    }
}

/// An instance's label with its first answer.
fn titled(label: &str, items: &[Item]) -> String {
    let first = items.iter().find_map(|item| match item {
        Item::Question(question) if question.kind.is_asked() && !question.kind.is_attachment() => {
            Some(format::answered(question))
        }
        _ => None,
    });
    match first.flatten() {
        Some(first) => format!("{label}: {first}"),
        None => label.to_owned(),
    }
}

fn row(question: QuestionState) -> Row {
    Row {
        path: question.path,
        label: question.label,
        kind: question.kind,
        choices: question.choices,
        appearance: question.appearance,
        value: question.value,
        problem: question.problem,
        heading: false,
    }
}

/// An answer to look at: in words, or what it names.
pub(crate) fn answer(row: &Row) -> Element {
    match &row.value {
        Some(name) if row.kind.is_attachment() => rsx! {
            Attached { name: name.clone(), label: row.label.clone() }
        },
        value => rsx! {
            {row.words(value.as_deref())}
        },
    }
}

/// The answers as minutes. What was left empty is not in them, unless it is missed.
#[component]
pub(crate) fn Minutes(pages: Vec<Page>) -> Element {
    if pages.is_empty() {
        return rsx! {
            p { class: "quiet", {t("minutes-empty")} }
        };
    }
    let told = |row: &Row| row.heading || row.value.is_some() || row.problem.is_some();
    rsx! {
        for page in pages {
            if let Some(section) = &page.section {
                h2 { class: "section-title", "{section}" }
            }
            if page.rows.iter().any(told) {
                section { class: "card minutes",
                    if page.section.as_ref() != Some(&page.title) {
                        h3 { class: "card-title", "{page.title}" }
                    }
                    dl {
                        for row in page.rows.into_iter().filter(told) {
                            if row.heading {
                                div { class: "minutes-heading", key: "{row.path}", dt { "{row.label}" } dd {} }
                            } else {
                                div { key: "{row.path}", "data-empty": row.value.is_none(), "data-path": "{row.path}",
                                    dt { "{row.label}" }
                                    dd { {answer(&row)} }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// How far a page is, from 0 to 100.
pub(crate) fn percent(page: &PageState) -> usize {
    (page.answered * 100)
        .checked_div(page.questions_relevant)
        .unwrap_or(100)
}
