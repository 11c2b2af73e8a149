//! A visit at the desk: problems first, what changed marked, a note at any question, and the decision.

use std::collections::BTreeMap;
use std::rc::Rc;

use dioxus::core::Task;
use dioxus::prelude::*;

use super::row::{Changes, ReviewPage};
use crate::domain::record::TEXT_LENGTH;
use crate::domain::{Decision, RecordId};
use crate::platform::host::page as browser;
use crate::store::api::{Reply, Request, ReviewDraft, StoreError, VisitDetail};
use crate::ui::background;
use crate::ui::components::{
    Alert, Asking, Card, Confirm, Head, HistoryList, Icon, NotChosenList, ScorePanel, StateChip,
    Tone, TransferChip,
};
use crate::ui::form::{Page, Reading, Row, worst};
use crate::ui::format;
use crate::ui::i18n::{language, t, ta};
use crate::ui::route::Route;
use crate::ui::state::{Shell, shell};

/// Milliseconds that writing a note may pause before it is kept.
const TYPING: u32 = 300;

/// One visit to review.
#[component]
pub(crate) fn ReviewScreen(id: RecordId) -> Element {
    rsx! {
        for id in [id] {
            Load { key: "{id}", id }
        }
    }
}

#[component]
fn Load(id: RecordId) -> Element {
    let shell = shell();
    let mut turn = use_signal(|| 0u32);
    let mut overtaken = use_signal(|| false);
    let asked = use_resource(move || async move {
        let _ = turn();
        match shell.ask(Request::Visit(id)).await? {
            Reply::Visit(detail) => {
                let reading = Reading::open(&detail).map_err(StoreError::Form)?;
                Ok(Rc::new((*detail, reading)))
            }
            _ => Err(StoreError::NotFound),
        }
    });
    if let Some(stop) = super::inbox::keep_out() {
        return stop;
    }
    match &*asked.read() {
        Some(Ok(opened)) => rsx! {
            if overtaken() {
                Alert { tone: Tone::Warn, p { role: "alert", {t("error-sent-again")} } }
            }
            for opened in [opened] {
                Review {
                    key: "{opened.0.reviews.len()}-{opened.0.visit.last_submission()}",
                    opened: Opened(opened.clone()),
                    ondecided: move |()| {
                        overtaken.set(false);
                        *turn.write() += 1;
                    },
                    onovertaken: move |()| {
                        overtaken.set(true);
                        browser::scroll_to_top();
                        *turn.write() += 1;
                    },
                }
            }
        },
        other => {
            let error = other
                .as_ref()
                .and_then(|reply| reply.as_ref().err().cloned());
            rsx! {
                Head { title: t("review-title"), back: Route::InboxScreen {} }
                Asking { error }
            }
        }
    }
}

/// Compared by being the same.
#[derive(Clone)]
struct Opened(Rc<(VisitDetail, Reading)>);

impl PartialEq for Opened {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

/// Notes being written. Each change is kept on the device.
#[derive(Clone, Copy, PartialEq)]
pub(super) struct Notes {
    shell: Shell,
    visit: RecordId,
    pub(super) draft: Signal<ReviewDraft>,
    /// Keeps what was written once the writing pauses.
    timer: Signal<Option<Task>>,
}

impl Notes {
    /// Writes the note at a question; an empty one takes it away.
    pub(super) fn write(mut self, path: &str, text: String) {
        {
            let mut draft = self.draft.write();
            if text.is_empty() {
                draft.notes.remove(path);
            } else {
                draft.notes.insert(path.to_owned(), text);
            }
        }
        self.keep();
    }

    /// Keeps them when the writing pauses.
    fn keep(mut self) {
        self.stop_timer();
        self.timer.set(Some(spawn(async move {
            browser::sleep(TYPING).await;
            self.timer.set(None);
            self.save();
        })));
    }

    /// Whether there was something to keep.
    fn stop_timer(mut self) -> bool {
        let timer = self.timer.take();
        timer.inspect(|timer| timer.cancel()).is_some()
    }

    /// Keeps them now, if that is still to be done.
    fn keep_now(self) {
        if self.stop_timer() {
            self.save();
        }
    }

    fn save(self) {
        let request = Request::KeepReviewDraft {
            visit: self.visit,
            draft: self.draft.peek().clone(),
        };
        let shell = self.shell;
        background::run(async move {
            let _ = shell.ask(request).await;
        });
    }
}

#[component]
fn Review(
    opened: Opened,
    ondecided: EventHandler<()>,
    /// A newer submission has come: it is to be shown.
    onovertaken: EventHandler<()>,
) -> Element {
    let detail = &opened.0.0;
    let notes = use_context_provider(|| Notes {
        shell: shell(),
        visit: detail.visit.id,
        draft: Signal::new(detail.review_draft.clone()),
        timer: Signal::new(None),
    });
    background::use_last_moments(move || notes.keep_now());
    let pages = opened.0.1.pages(language());
    let changes = Changes {
        approved: detail.last_approved.clone(),
        returned: detail.visit.changed_since_last_review(),
        before: last_notes(detail),
        resent: detail.visit.last_submission() > 1,
        writable: detail.reviewable,
    };
    let problems: Vec<_> = pages
        .iter()
        .flat_map(|page| &page.rows)
        .filter_map(|row| row.problem.clone())
        .collect();
    let officer = detail.officer_name.clone();
    let last_review = detail.reviews.last();
    let notes_of_last_review = last_review.map_or(0, |review| {
        u32::try_from(review.count_notes()).unwrap_or(u32::MAX)
    });
    let lead = format!(
        "{} · {} · {officer}",
        detail.cooperative.desa,
        detail.cooperative.area.name()
    );
    let date = detail
        .visit
        .answers
        .get("tanggal_kunjungan")
        .cloned()
        .unwrap_or_else(|| detail.visit.created.at.date().to_string());
    rsx! {
        Head { title: detail.cooperative.name.clone(), lead, back: Route::InboxScreen {},
            Link { class: "button small", to: Route::CooperativeScreen { id: detail.cooperative.id }, {t("cooperative")} }
            if detail.reviewable {
                button { class: "button small narrow-only", r#type: "button", onclick: |_| browser::focus("review-note"), {t("to-decision")} }
            }
        }
        div { class: "review",
            div { class: "review-answers",
                if !problems.is_empty() {
                    Alert { tone: Tone::Warn, title: ta("review-problems", &[("n", problems.len().into())]),
                        ul { class: "jumps",
                            for problem in problems {
                                li { key: "{problem.path}{problem.message}",
                                    Jump { path: problem.path, label: problem.label, line: problem.message }
                                }
                            }
                        }
                    }
                }
                Changed { pages: pages.clone(), changes: changes.clone() }
                for page in pages {
                    ReviewPage { key: "{page.name}", page, changes: changes.clone() }
                }
            }
            aside { class: "review-side",
                Card { title: t("review-title"),
                    p { {ta("visited-on", &[("date", format::date(&date).into())])} }
                    div { class: "chips",
                        StateChip { state: detail.state, transfer: detail.transfer.clone() }
                        TransferChip { transfer: detail.transfer.clone() }
                    }
                    if detail.reviewable {
                        Decide { notes, submission: detail.visit.last_submission(), ondecided, onovertaken }
                    } else {
                        p { class: "quiet", {format::state_help(detail.state, &detail.transfer, notes_of_last_review)} }
                    }
                }
                DeskScore { opened: opened.clone() }
                Card { title: t("history"),
                    HistoryList { entries: detail.history.clone() }
                    NotChosenList { visit: detail.visit.id }
                }
            }
        }
    }
}

/// What the visit comes to, as its record says.
#[component]
fn DeskScore(opened: Opened) -> Element {
    let (detail, reading) = &*opened.0;
    let (Some(result), Some((scored, titles))) =
        (detail.visit.result.clone(), reading.score(language()))
    else {
        return rsx! {};
    };
    let costs = worst(&scored, &titles);
    rsx! {
        ScorePanel { result, titles, earlier: detail.earlier.clone(),
            if !costs.is_empty() {
                h3 { class: "card-title", {t("score-costs")} }
                ul { class: "jumps",
                    for (cost , line) in costs {
                        li { key: "{cost.path}{cost.label}", Jump { path: cost.path, label: cost.label, line } }
                    }
                }
            }
        }
    }
}

/// The notes of the last return, to see whether they were followed.
fn last_notes(detail: &VisitDetail) -> BTreeMap<String, String> {
    detail
        .reviews
        .iter()
        .rev()
        .find(|review| review.decision == Decision::Return)
        .map(|review| review.notes.clone())
        .unwrap_or_default()
}

/// Goes to an answer.
#[component]
fn Jump(path: String, label: String, line: String) -> Element {
    rsx! {
        button {
            class: "jump",
            r#type: "button",
            onclick: move |_| browser::focus(&super::row::element_id(&path)),
            span { class: "row-words",
                span { class: "row-title", "{label}" }
                span { class: "row-line", "{line}" }
            }
            Icon { name: "next" }
        }
    }
}

/// What the reviewer should know before reading: what was corrected, and what differs from last time.
#[component]
fn Changed(pages: Vec<Page>, changes: Changes) -> Element {
    let rows: Vec<&Row> = pages
        .iter()
        .flat_map(|page| &page.rows)
        .filter(|row| !row.heading)
        .collect();
    let from_to = |row: &Row, old: Option<&str>| {
        ta(
            "old-new",
            &[
                ("old", row.words(old).into()),
                ("new", row.words(row.value.as_deref()).into()),
            ],
        )
    };
    // What was noted and left alone matters to the reviewer as much as what was corrected.
    let corrected: Vec<_> = rows
        .iter()
        .filter_map(|row| match changes.returned.get(&row.path) {
            Some(old) => Some((
                row.path.clone(),
                row.label.clone(),
                from_to(row, old.as_deref()),
            )),
            None if changes.resent && changes.before.contains_key(&row.path) => {
                let value = row.words(row.value.as_deref());
                let line = ta("not-changed", &[("value", value.into())]);
                Some((row.path.clone(), row.label.clone(), line))
            }
            None => None,
        })
        .collect();
    let count = rows
        .iter()
        .filter(|row| changes.returned.contains_key(&row.path))
        .count();
    let differing: Vec<_> = rows
        .iter()
        .filter_map(|row| {
            let old = changes.since_approved(row)?;
            Some((
                row.path.clone(),
                row.label.clone(),
                from_to(row, old.as_deref()),
            ))
        })
        .collect();
    let words = if count == 0 {
        t("unchanged-since-return")
    } else {
        ta("changed-since-return", &[("n", count.into())])
    };
    rsx! {
        if changes.resent {
            Alert { tone: if count == 0 { Tone::Warn } else { Tone::Info }, title: words,
                ul { class: "jumps",
                    for (path , label , line) in corrected {
                        li { key: "{path}", Jump { path, label, line } }
                    }
                }
            }
        }
        if let Some(approved) = &changes.approved {
            div { class: "since-approved",
                p { class: "quiet", {ta("changed-since-approved", &[("n", differing.len().into()), ("date", format::date(&approved.date).into())])} }
                if !differing.is_empty() {
                    details {
                        summary { {t("see-changes")} }
                        ul { class: "jumps card",
                            for (path , label , line) in differing {
                                li { key: "{path}", Jump { path, label, line } }
                            }
                        }
                    }
                }
            }
        } else {
            p { class: "quiet", {t("no-approved-before")} }
        }
    }
}

#[component]
fn Decide(
    notes: Notes,
    /// What is shown, and so what is decided upon.
    submission: u32,
    ondecided: EventHandler<()>,
    onovertaken: EventHandler<()>,
) -> Element {
    let mut draft = notes.draft;
    let mut asking = use_signal(|| false);
    let mut busy = use_signal(|| false);
    let mut error = use_signal(|| None::<String>);
    let now = draft();
    let count = now.notes.len() + usize::from(!now.note.trim().is_empty());
    let decide = use_callback(move |decision: Decision| {
        spawn(async move {
            asking.set(false);
            busy.set(true);
            error.set(None);
            // The decision takes the notes along.
            notes.stop_timer();
            let mut draft = draft.peek().clone();
            draft.note = draft.note.trim().to_owned();
            draft.notes.retain(|_, note| !note.trim().is_empty());
            let done = notes
                .shell
                .ask(Request::Review {
                    visit: notes.visit,
                    submission,
                    decision,
                    draft,
                })
                .await;
            busy.set(false);
            match done {
                Ok(_) => ondecided.call(()),
                Err(StoreError::SentAgain) => onovertaken.call(()),
                Err(why) => {
                    notes.keep();
                    error.set(Some(format::error(&why)));
                }
            }
        });
    });
    // "Write a note first" is said only until there is one.
    let complaint = error().filter(|why| count == 0 || *why != t("error-note-needed"));
    rsx! {
        div { class: "field",
            label { r#for: "review-note", {t("review-note")} }
            textarea {
                id: "review-note",
                rows: "3",
                maxlength: "{TEXT_LENGTH}",
                value: "{now.note}",
                oninput: move |event| {
                    draft.write().note = event.value();
                    notes.keep();
                },
            }
        }
        p { class: "quiet", role: "status",
            {if count == 0 { t("review-no-notes") } else { ta("notes-count", &[("n", count.into())]) }}
        }
        if let Some(why) = complaint {
            Alert { tone: Tone::Bad, p { "{why}" } }
        }
        div { class: "actions column",
            button { class: "button primary", r#type: "button", disabled: busy(), onclick: move |_| asking.set(true),
                Icon { name: "done" }
                {t("approve")}
            }
            button {
                class: "button",
                r#type: "button",
                disabled: busy(),
                "aria-disabled": count == 0,
                onclick: move |_| {
                    if count == 0 {
                        error.set(Some(t("error-note-needed")));
                    } else {
                        decide.call(Decision::Return);
                    }
                },
                Icon { name: "return" }
                {t("return")}
            }
        }
        if asking() {
            Confirm {
                title: t("approve-title"),
                text: if count == 0 { t("approve-text") } else { ta("approve-text-notes", &[("n", count.into())]) },
                confirm: t("approve-confirm"),
                oncancel: move |()| asking.set(false),
                onconfirm: move |()| decide.call(Decision::Approve),
            }
        }
    }
}
