//! The score of a visit at work, what costs it most, and the follow-ups that its answers suggest.

use std::collections::BTreeMap;

use dioxus::prelude::*;

use super::overview::JumpLink;
use super::work::{Work, work};
use crate::domain::{RecordId, VisitResult, follow_up};
use crate::form::score::{Cost, Score, proposal, score};
use crate::form::suggest::{self, Offer};
use crate::form::{Form, Session};
use crate::platform::host::page as browser;
use crate::ui::components::{Card, Icon, ScorePanel};
use crate::ui::format;
use crate::ui::i18n::{t, ta};

/// Of the items that cost points, so many are shown.
const SHOWN: usize = 5;

/// What a visit comes to as it stands; `None` when its form has no score.
pub(super) fn result(work: &Work) -> Option<VisitResult> {
    work.reading(|_, session, language| {
        let scored = score(session, language)?;
        Some(result_of(work, session, scored))
    })
}

fn result_of(work: &Work, session: &Session, scored: Score) -> VisitResult {
    let earlier: Vec<_> = work
        .detail
        .earlier
        .iter()
        .map(|one| one.result.score.clone())
        .collect();
    let proposal = proposal(session, &scored.assessment, &earlier);
    VisitResult {
        score: scored.assessment,
        proposal,
    }
}

/// The titles of the parts that are scored, by name.
pub(super) fn titles(form: &Form, language: &str) -> BTreeMap<String, String> {
    let pages = form.pages().iter();
    pages
        .map(|page| (page.section.clone(), form.section_title(page, language)))
        .collect()
}

/// The items that cost most, each with its part's title.
pub(crate) fn worst(scored: &Score, titles: &BTreeMap<String, String>) -> Vec<(Cost, String)> {
    let shown = scored.costs.iter().take(SHOWN);
    shown
        .map(|cost| {
            let part = titles.get(&cost.aspect).cloned().unwrap_or_default();
            let points = format::tenths(cost.tenths);
            let line = ta(
                "score-cost",
                &[("points", points.into()), ("part", part.into())],
            );
            (cost.clone(), line)
        })
        .collect()
}

/// The panel in a visit of one's own.
#[component]
pub(super) fn VisitScore() -> Element {
    let work = work();
    let _ = (work.structure)();
    let read = work.reading(|form, session, language| {
        let scored = score(session, language)?;
        let titles = titles(form, language);
        let costs = worst(&scored, &titles);
        Some((result_of(&work, session, scored), titles, costs))
    });
    let Some((mut result, titles, costs)) = read else {
        return rsx! {};
    };
    // What was sent is shown as it was sent, and as the server put it right.
    if let (false, Some(sent)) = (work.detail.editable, &work.detail.visit.result) {
        result = sent.clone();
    }
    rsx! {
        ScorePanel { result, titles, earlier: work.detail.earlier.clone(),
            if !costs.is_empty() {
                h3 { class: "card-title", {t("score-costs")} }
                ul { class: "jumps",
                    for (cost , line) in costs {
                        li { key: "{cost.path}{cost.label}",
                            JumpLink { page: cost.page, path: cost.path, label: cost.label, note: line }
                        }
                    }
                }
            }
        }
    }
}

/// What the answers call for, on the page of the follow-ups: each is taken with one tap, or dropped.
#[component]
pub(super) fn Suggestions() -> Element {
    let work = work();
    let _ = (work.structure)();
    let offers = work.reading(|_, session, language| suggest::offers(session, language));
    if offers.is_empty() || !work.detail.editable {
        return rsx! {};
    }
    rsx! {
        Card { title: t("suggestions"), class: "suggestions",
            p { class: "quiet", {t("suggestions-help")} }
            ul { class: "plain",
                for offer in offers {
                    li { key: "{offer.name}", Suggested { offer } }
                }
            }
        }
    }
}

#[component]
fn Suggested(offer: Offer) -> Element {
    let work = work();
    let name = offer.name.clone();
    let taken = offer.clone();
    let dropping = work.clone();
    rsx! {
        p { class: "row-title", "{offer.action}" }
        p { class: "row-line", "{offer.problem}" }
        if !offer.due.is_empty() {
            p { class: "row-line", {ta("due", &[("date", format::date(&offer.due).into())])} }
        }
        div { class: "actions start",
            button {
                class: "button small",
                r#type: "button",
                aria_label: ta("suggestion-take-named", &[("name", offer.action.clone().into())]),
                onclick: move |_| take(&work, &taken),
                Icon { name: "plus" }
                {t("suggestion-take")}
            }
            button {
                class: "link",
                r#type: "button",
                aria_label: ta("suggestion-drop-named", &[("name", offer.action.into())]),
                onclick: move |_| dropping.change(|session| suggest::drop_offer(session, &name)),
                {t("suggestion-drop")}
            }
        }
    }
}

fn take(work: &std::rc::Rc<Work>, offer: &Offer) {
    // Born by time, so that the keys sort as they were made.
    let key = RecordId::new(browser::now(), &browser::entropy()).to_string();
    let officer = work.detail.officer_name.clone();
    work.change(|session| suggest::take(session, offer, &key, &officer));
    browser::focus(&super::work::element_id(&format!(
        "{}/{key}",
        follow_up::REPEAT
    )));
}
