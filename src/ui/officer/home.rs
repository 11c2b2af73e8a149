//! Beranda: is there signal, what is unsent, what came back, what is open, and the next visit.

use dioxus::prelude::*;

use crate::domain::care::{self, Urgency};
use crate::domain::{Millis, VisitState, person::Permission};
use crate::platform::host::page;
use crate::store::api::Home as HomeData;
use crate::store::api::{InboxQuery, Reply, Request, SyncPhase, Topic, VisitRow};
use crate::ui::components::{Alert, Asking, Card, Empty, Head, Icon, Tone, VisitList};
use crate::ui::format;
use crate::ui::i18n::{t, ta};
use crate::ui::layout::SyncLine;
use crate::ui::route::Route;
use crate::ui::state::{shell, use_reply};

/// How many of the visits waiting for review are shown here.
const OLDEST: usize = 5;

/// The first screen.
#[component]
pub(crate) fn Home() -> Element {
    let shell = shell();
    let asked = use_reply(&[Topic::Visits, Topic::Queue, Topic::Cooperatives], || {
        Request::Home
    });
    let visits = shell.may(Permission::Visit);
    let name = shell.user().map(|user| user.name).unwrap_or_default();
    rsx! {
        Head { title: t("nav-home"), lead: ta("hello", &[("name", name.into())]) }
        match &*asked.read() {
            None => rsx! { Asking {} },
            Some(Err(why)) => rsx! { Asking { error: why.clone() } },
            Some(Ok(reply)) => match &**reply {
                Reply::Home(home) => rsx! { Lists { home: home.clone(), visits } },
                _ => rsx! {},
            },
        }
    }
}

#[component]
fn Lists(home: HomeData, visits: bool) -> Element {
    let reviews = shell().may(Permission::Review);
    let reads = shell().only_reads();
    let empty = home.returned.is_empty()
        && home.drafts.is_empty()
        && home.unsent.is_empty()
        && home.recent.is_empty();
    let resume = use_callback(|row: VisitRow| match row.state {
        VisitState::Draft => Route::VisitResume { id: row.id },
        _ => Route::VisitOverview { id: row.id },
    });
    // A draft is listed as a draft; here are the others whose data still waits.
    let unsent: Vec<VisitRow> = home
        .unsent
        .iter()
        .filter(|row| !row.state.is_editable())
        .cloned()
        .collect();
    rsx! {
        div { class: "home",
            div { class: "home-side",
                SyncCard { home: home.clone() }
                if visits {
                    Link { class: "button primary huge", to: Route::Cooperatives {},
                        Icon { name: "plus" }
                        {t("start-visit")}
                    }
                }
            }
            div { class: "home-main",
                if reviews || reads {
                    Waiting { count: home.to_review }
                }
                Group { title: t("returned"), rows: home.returned.clone(), to: resume }
                Group { title: t("drafts"), rows: home.drafts.clone(), to: resume }
                Group { title: t("unsent"), rows: unsent, to: resume }
                Group { title: t("recent"), rows: home.recent, to: resume }
                if empty && visits && !reviews {
                    Empty { icon: "coop", text: t("home-empty") }
                }
            }
        }
    }
}

/// The visits that have waited longest for review.
#[component]
fn Waiting(count: u32) -> Element {
    let asked = use_reply(&[Topic::Visits], || Request::Inbox(InboxQuery::default()));
    let to = use_callback(|row: VisitRow| Route::ReviewScreen { id: row.id });
    let rows: Vec<VisitRow> = match &*asked.read() {
        Some(Ok(reply)) => match &**reply {
            Reply::Inbox(inbox) => inbox.rows.iter().take(OLDEST).cloned().collect(),
            _ => Vec::new(),
        },
        _ => Vec::new(),
    };
    rsx! {
        section { class: "card",
            h2 { class: "card-title", {ta("to-review", &[("n", count.into())])} }
            if rows.is_empty() {
                p { class: "quiet", {t("inbox-empty")} }
            }
            if !rows.is_empty() || shell().only_reads() {
                div { class: "actions start",
                    Link { class: "link", to: Route::InboxScreen {}, {t(if shell().only_reads() { "visits-all" } else { "to-review-hint" })} Icon { name: "next" } }
                }
                VisitList { rows, to, officer: true }
            }
        }
    }
}

#[component]
fn Group(title: String, rows: Vec<VisitRow>, to: Callback<VisitRow, Route>) -> Element {
    if rows.is_empty() {
        return rsx! {};
    }
    let count = rows.len();
    rsx! {
        section { class: "card",
            h2 { class: "card-title", "{title} " span { class: "count", "{count}" } }
            VisitList { rows, to }
        }
    }
}

/// Signal, last sync, and what still waits.
#[component]
fn SyncCard(home: HomeData) -> Element {
    let shell = shell();
    let sync = (shell.sync)();
    let waiting = home.unsent.len();
    let photos = sync.photos.waiting + sync.photos.aside;
    let loading = home.cooperatives == 0 && sync.last_ok.is_none();
    rsx! {
        Card { class: "sync",
            SyncLine {}
            p { class: "quiet", {format::last_sync(&sync)} }
            if loading {
                p { {ta("first-sync", &[("n", sync.pulled.into())])} }
                progress { aria_label: t("progress") }
            } else if waiting > 0 {
                p { class: "sync-unsent",
                    match home.unsent_since {
                        Some(since) => ta("unsent-since", &[("n", waiting.into()), ("date", format::instant(since).into())]),
                        None => ta("unsent-visits", &[("n", waiting.into())]),
                    }
                }
            } else if sync.is_all_sent() && !shell.only_reads() {
                p { class: "sync-sent", Icon { name: "check" } {t("all-sent")} }
            }
            if let Some((tone, words)) = urgent(&home) {
                Alert { tone,
                    p { "{words}" }
                    Link { class: "link", to: Route::Settings {}, {t("backup-save")} }
                }
            }
            if (shell.kept)() == Some(false) && sync.unsent > 0 {
                p { class: "quiet", {t("storage-not-kept")} }
            }
            if let Some(words) = format::photos(&sync.photos) {
                p { class: "sync-unsent", "{words}" }
            }
            if sync.photos.aside > 0 {
                p { class: "sync-unsent", Icon { name: "alert" } {ta("photos-aside", &[("n", sync.photos.aside.into())])} }
            }
            if sync.set_aside > 0 {
                p { class: "sync-unsent", Icon { name: "alert" } {ta("set-aside-count", &[("n", sync.set_aside.into())])} }
            }
            if sync.send_again > 0 {
                p { class: "sync-unsent", Icon { name: "alert" } {ta("send-again-count", &[("n", sync.send_again.into())])} }
            }
            div { class: "actions start",
                SyncButton {}
                if sync.unsent + sync.set_aside + sync.send_again + photos > 0 {
                    Link { class: "link", to: Route::QueueScreen {}, {t("see-queue")} }
                }
            }
        }
    }
}

/// What to say of work that waits for long, drafts included.
fn urgent(home: &HomeData) -> Option<(Tone, String)> {
    let since = home.at_risk_since?;
    let (urgency, by) = care::urgency(since, page::now());
    let tone = match urgency {
        Urgency::None => return None,
        Urgency::Notice => Tone::Info,
        Urgency::Warning => Tone::Warn,
        Urgency::Alarm => Tone::Bad,
    };
    let date = |at: Millis| format::date(&at.date().to_string()).into();
    let words = [
        ("n", home.at_risk.into()),
        ("date", date(since)),
        ("by", date(by)),
    ];
    Some((tone, ta("unsent-urgent", &words)))
}

/// Syncs now.
#[component]
pub(super) fn SyncButton() -> Element {
    let shell = shell();
    let sync = shell.sync.read();
    let busy = sync.phase == SyncPhase::Syncing;
    let waiting = sync.unsent > 0;
    drop(sync);
    rsx! {
        button {
            class: "button small",
            r#type: "button",
            disabled: busy,
            onclick: move |_| async move {
                let _ = shell.ask(Request::SyncNow).await;
            },
            Icon { name: "sync" }
            {t(if waiting { "send-now" } else { "sync-now" })}
        }
    }
}
