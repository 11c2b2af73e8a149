//! Persetujuan: what waits for review, oldest first, and what was decided.

use dioxus::prelude::*;

use crate::domain::{AreaCode, Person, area};
use crate::store::api::{Inbox, Reply, Request, Topic, VisitRow};
use crate::ui::components::{Asking, Empty, Head, VisitList};
use crate::ui::i18n::t;
use crate::ui::route::Route;
use crate::ui::state::{shell, use_reply};

/// The inbox.
#[component]
pub(crate) fn InboxScreen() -> Element {
    let query = shell().inbox;
    let asked = use_reply(&[Topic::Visits], move || Request::Inbox(query()));
    rsx! {
        Head { title: t("nav-inbox"), lead: t("inbox-lead") }
        match &*asked.read() {
            None => rsx! { Asking {} },
            Some(Err(why)) => rsx! { Asking { error: why.clone() } },
            Some(Ok(reply)) => match &**reply {
                Reply::Inbox(inbox) => rsx! { Lists { inbox: inbox.clone() } },
                _ => rsx! {},
            },
        }
    }
}

#[component]
fn Lists(inbox: Inbox) -> Element {
    let to = use_callback(|row: VisitRow| Route::ReviewScreen { id: row.id });
    let waiting = inbox.rows.len();
    rsx! {
        Filters { officers: inbox.officers.clone() }
        div { class: "two",
            section { class: "card",
                h2 { class: "card-title", {t("inbox-waiting")} " " span { class: "count", "{waiting}" } }
                if inbox.rows.is_empty() {
                    Empty { icon: "done", text: t("inbox-empty") }
                } else {
                    VisitList { rows: inbox.rows, to, officer: true }
                }
            }
            section { class: "card",
                h2 { class: "card-title", {t("inbox-done")} }
                if inbox.done.is_empty() {
                    p { class: "quiet", {t("inbox-done-empty")} }
                } else {
                    VisitList { rows: inbox.done, to, officer: true }
                }
            }
        }
    }
}

#[component]
fn Filters(officers: Vec<Person>) -> Element {
    let mut query = shell().inbox;
    let now = query();
    rsx! {
        div { class: "filters",
            select {
                aria_label: t("kecamatan"),
                onchange: move |event| {
                    let code = event.value();
                    query.write().area = (!code.is_empty()).then_some(AreaCode(code));
                },
                option { value: "", selected: now.area.is_none(), {t("all-kecamatan")} }
                for one in area::kecamatan() {
                    option { value: "{one.code}", selected: now.area.as_ref() == Some(&one.code), "{one.name}" }
                }
            }
            select {
                aria_label: t("officer"),
                onchange: move |event| query.write().officer = event.value().parse().ok(),
                option { value: "", selected: now.officer.is_none(), {t("all-officers")} }
                for one in officers {
                    option { key: "{one.id}", value: "{one.id}", selected: now.officer == Some(one.id), "{one.name}" }
                }
            }
        }
    }
}
