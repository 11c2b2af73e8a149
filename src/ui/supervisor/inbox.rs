//! Persetujuan: what waits for review, oldest first, and what was decided.

use dioxus::prelude::*;

use crate::domain::{AreaCode, Person, area, person::Permission};
use crate::store::api::{Inbox, Reply, Request, Topic, VisitRow};
use crate::ui::components::{Asking, Empty, Head, VisitList};
use crate::ui::i18n::t;
use crate::ui::route::Route;
use crate::ui::state::{shell, use_reply};

/// The inbox.
#[component]
pub(crate) fn InboxScreen() -> Element {
    let shell = shell();
    let query = shell.inbox;
    let asked = use_reply(&[Topic::Visits], move || Request::Inbox(query()));
    if let Some(stop) = keep_out() {
        return stop;
    }
    let (title, lead) = if shell.only_reads() {
        ("visits", "inbox-read")
    } else {
        ("nav-inbox", "inbox-lead")
    };
    rsx! {
        Head { title: t(title), lead: t(lead) }
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

/// What an officer who came by an address finds here.
pub(super) fn keep_out() -> Option<Element> {
    let shell = shell();
    let may = shell.may(Permission::Review) || shell.only_reads();
    (!may).then(|| {
        rsx! {
            Head { title: t("nav-inbox"), back: Route::Home {} }
            Empty { icon: "lock", text: t("error-forbidden"),
                Link { class: "button primary", to: Route::Home {}, {t("to-home")} }
            }
        }
    })
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
