//! A visit as a whole: where it stands, its parts and their progress, the notes of the review, its history.

use dioxus::prelude::*;

use super::answers::{Minutes, pages_of, percent};
use super::layout::Reread;
use super::runner::Trouble;
use super::score::VisitScore;
use super::work::{Work, work};
use crate::domain::visit::Why;
use crate::domain::{Decision, RecordId, VisitState};
use crate::form::PageState;
use crate::platform::host::page as browser;
use crate::store::api::{Reply, Request, Topic, VisitDetail};
use crate::ui::components::{
    Alert, Card, Confirm, Head, HistoryList, Icon, NotChosenList, StateChip, Tone, TransferChip,
};
use crate::ui::format;
use crate::ui::i18n::{t, ta};
use crate::ui::route::Route;
use crate::ui::state::{shell, use_reply};

/// Goes where the officer was last.
#[component]
pub(crate) fn VisitResume(id: RecordId) -> Element {
    let work = work();
    use_effect(move || {
        let place = work.place();
        let pages = work.pages.peek();
        let page = pages
            .iter()
            .find(|page| **page == place.page)
            .or(pages.first())
            .cloned();
        let to = match page {
            Some(page) if work.detail.editable => Route::VisitPage { id, page },
            _ => Route::VisitOverview { id },
        };
        navigator().replace(to);
    });
    rsx! {
        p { class: "asking", role: "status", {t("asking")} }
    }
}

/// The visit's own screen.
#[component]
pub(crate) fn VisitOverview(id: RecordId) -> Element {
    let work = work();
    let detail = &work.detail;
    // Sending, a review or another device may change a visit while somebody looks at it.
    let asked = use_reply(&[Topic::Visits, Topic::Queue], move || Request::Visit(id));
    let mut reread = consume_context::<Reread>().0;
    let opened = work.clone();
    use_effect(move || {
        if let Some(Ok(reply)) = &*asked.read()
            && let Reply::Visit(fresh) = &**reply
            && opened.is_outdated_by(fresh)
        {
            *reread.write() += 1;
        }
    });
    let shown = |detail: &VisitDetail| {
        let (transfer, history) = (detail.transfer.clone(), detail.history.clone());
        (transfer, history, detail.reopenable)
    };
    let (transfer, history, reopenable) = match &*asked.read() {
        Some(Ok(reply)) => match &**reply {
            Reply::Visit(fresh) => shown(fresh),
            _ => shown(detail),
        },
        _ => shown(detail),
    };
    let notes = last_return(&work).map_or(0, |(count, _)| count);
    let name = detail.cooperative.name.clone();
    let lead = format!(
        "{} · {}",
        detail.cooperative.desa,
        ta(
            "visited-on",
            &[("date", format::date(&visit_date(&work)).into())]
        )
    );
    use_hook(browser::scroll_to_top);
    rsx! {
        Head { title: name, lead, back: Route::CooperativeScreen { id: detail.cooperative.id } }
        div { class: "chips large",
            StateChip { state: detail.state, transfer: transfer.clone() }
            TransferChip { transfer: transfer.clone(), state: detail.state }
        }
        p { class: "quiet", {format::state_help(detail.state, &transfer, notes)} }
        if detail.state == VisitState::Submitted {
            Reopen { id, reopenable }
        }
        Trouble {}
        ReturnNotes {}
        Left {}
        if detail.editable {
            Parts { id }
        } else {
            Finished {}
        }
        VisitScore {}
        Card { title: t("history"),
            HistoryList { entries: history }
            NotChosenList { visit: id }
        }
        if detail.state == VisitState::Draft && detail.editable {
            Discard { id }
        }
    }
}

/// ISO date of the visit: its answer, or when it was begun.
pub(super) fn visit_date(work: &Work) -> String {
    let visit = &work.detail.visit;
    visit
        .answers
        .get("tanggal_kunjungan")
        .cloned()
        .unwrap_or_else(|| visit.created.at.date().to_string())
}

/// The last return's count of notes, and its index among the reviews, while it still waits for correction.
fn last_return(work: &Work) -> Option<(u32, usize)> {
    if work.detail.state != VisitState::Returned {
        return None;
    }
    let at = work
        .detail
        .reviews
        .iter()
        .rposition(|review| review.decision == Decision::Return)?;
    let review = work.detail.reviews.get(at)?;
    Some((u32::try_from(review.count_notes()).unwrap_or(u32::MAX), at))
}

/// What the reviewer wants changed, each note a tap away from its question.
#[component]
fn ReturnNotes() -> Element {
    let work = work();
    let Some(review) = last_return(&work).and_then(|(_, at)| work.detail.reviews.get(at)) else {
        return rsx! {};
    };
    let by = work
        .detail
        .people
        .iter()
        .find(|person| person.id == review.mark.by)
        .map(|person| person.name.clone())
        .unwrap_or_default();
    let language = work.language();
    let places: Vec<_> = review
        .notes
        .iter()
        .map(|(path, note)| (path.clone(), note.clone(), work.find(path, &language)))
        .collect();
    rsx! {
        Alert { tone: Tone::Warn, title: ta("returned-by", &[("name", by.into()), ("at", format::instant(review.mark.at).into())]),
            if !review.note.is_empty() {
                p { class: "note-text", "{review.note}" }
            }
            ul { class: "jumps",
                for (path , note , place) in places {
                    li { key: "{path}",
                        if let Some((page, label)) = place {
                            JumpLink { page, path, label, note }
                        } else {
                            p { "{note}" }
                        }
                    }
                }
            }
        }
    }
}

/// What a newer version of the form had no place for: kept with the visit, to be read and written down anew.
#[component]
fn Left() -> Element {
    let work = work();
    let left = &work.detail.visit.left;
    if left.is_empty() {
        return rsx! {};
    }
    rsx! {
        Card { title: t("left-title"),
            p { class: "quiet", {t("left-text")} }
            ul { class: "rows",
                for (path , leftover) in left.clone() {
                    li { key: "{path}",
                        div { class: "row",
                            span { class: "row-words",
                                span { class: "row-title", "{leftover.label}" }
                                span { class: "note-text", "{leftover.text}" }
                                span { class: "row-line", {t(why(leftover.why))} }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn why(why: Why) -> &'static str {
    match why {
        Why::Gone => "left-gone",
        Why::OtherType => "left-other-type",
        Why::ChoiceGone => "left-choice-gone",
        Why::Taken => "left-taken",
    }
}

/// A link to a question: goes to its page and gives it the focus.
#[component]
pub(super) fn JumpLink(page: String, path: String, label: String, note: String) -> Element {
    let work = work();
    let id = work.id();
    let to = Route::VisitPage {
        id,
        page: page.clone(),
    };
    rsx! {
        Link { class: "jump", to, onclick: move |_| work.stand(&page, Some(&path)),
            span { class: "row-words",
                span { class: "row-title", "{label}" }
                span { class: "row-line", "{note}" }
            }
            Icon { name: "next" }
        }
    }
}

/// Sections and pages, with their progress.
#[component]
fn Parts(id: RecordId) -> Element {
    let work = work();
    let pages: Vec<PageState> = work
        .progress()
        .into_iter()
        .filter(|page| page.relevant)
        .collect();
    let missing: usize = pages.iter().map(|page| page.missing_required).sum();
    let begun = !work.place().page.is_empty() || work.detail.state == VisitState::Returned;
    let mut sections: Vec<(String, Vec<PageState>)> = Vec::new();
    for page in pages {
        match sections.last_mut() {
            Some((_, group)) if group.first().is_some_and(|one| one.section == page.section) => {
                group.push(page)
            }
            _ => sections.push((work.section_title(&page.name), vec![page])),
        }
    }
    rsx! {
        div { class: "actions start sticky-actions",
            Link { class: "button primary", to: Route::VisitResume { id },
                {t(if begun { "resume" } else { "begin-filling" })}
                Icon { name: "next" }
            }
            Link { class: "button", to: Route::VisitSend { id }, {t("check-and-send")} }
        }
        if missing > 0 {
            p { class: "quiet", {ta("missing-so-far", &[("n", missing.into())])} }
        }
        for (section , pages) in sections {
            section { class: "card", key: "{section}",
                h2 { class: "card-title", "{section}" }
                ul { class: "rows",
                    for page in pages {
                        li { key: "{page.name}",
                            Link { class: "row", to: Route::VisitPage { id, page: page.name.clone() },
                                PageWords { title: work.page_title(&page.name), page }
                                Icon { name: "next" }
                            }
                        }
                    }
                }
            }
        }
    }
}

#[component]
fn PageWords(title: String, page: PageState) -> Element {
    let done = page.missing_required == 0 && page.problems == 0;
    rsx! {
        span { class: "row-words",
            span { class: "row-title", "{title}" }
            span { class: "row-line",
                {if page.questions_relevant == 0 { t("repeat-empty") } else { ta("answered-of", &[("answered", page.answered.into()), ("of", page.questions_relevant.into())]) }}
                if page.missing_required > 0 {
                    " · "
                    {ta("missing-required", &[("n", page.missing_required.into())])}
                }
                if page.problems > 0 {
                    " · "
                    {ta("to-mend", &[("n", page.problems.into())])}
                }
            }
            progress { class: "bar", "data-done": done, max: "100", value: percent(&page), aria_label: "{title}" }
        }
        if done {
            span { class: "tick", aria_label: t("complete"), role: "img", Icon { name: "done" } }
        }
    }
}

/// The answers of a visit that can no longer be changed here.
#[component]
fn Finished() -> Element {
    let work = work();
    let pages = work.reading(pages_of);
    rsx! {
        Minutes { pages }
    }
}

/// Edits a visit again that was sent and has not left the phone. It loses nothing, so it asks nothing.
#[component]
pub(super) fn Reopen(id: RecordId, reopenable: bool) -> Element {
    let mut error = use_signal(|| None::<String>);
    let mut reread = consume_context::<Reread>().0;
    rsx! {
        if reopenable {
            p { class: "quiet", {t("reopen-text")} }
            div { class: "actions start",
                button {
                    class: "button",
                    r#type: "button",
                    onclick: move |_| async move {
                        match shell().ask(Request::ReopenVisit { visit: id }).await {
                            Ok(_) => *reread.write() += 1,
                            Err(why) => error.set(Some(format::error(&why))),
                        }
                    },
                    Icon { name: "return" }
                    {t("reopen")}
                }
            }
        }
        if let Some(why) = error() {
            Alert { tone: Tone::Warn, p { "{why}" } }
        }
    }
}

#[component]
fn Discard(id: RecordId) -> Element {
    let mut asking = use_signal(|| false);
    let mut error = use_signal(|| None::<String>);
    rsx! {
        div { class: "actions start",
            button { class: "link danger", r#type: "button", onclick: move |_| asking.set(true),
                Icon { name: "trash" }
                {t("discard")}
            }
        }
        if let Some(why) = error() {
            Alert { tone: Tone::Bad, p { "{why}" } }
        }
        if asking() {
            Confirm {
                title: t("discard-title"),
                text: t("discard-text"),
                confirm: t("discard"),
                danger: true,
                oncancel: move |()| asking.set(false),
                onconfirm: move |()| async move {
                    asking.set(false);
                    match shell().ask(Request::DiscardVisit { visit: id, reason: String::new() }).await {
                        Ok(_) => {
                            navigator().replace(Route::Home {});
                        }
                        Err(why) => error.set(Some(format::error(&why))),
                    }
                },
            }
        }
    }
}
