//! Profil koperasi: what the register says, the dated history of its status, its visits, and what is still to be done.

use dioxus::prelude::*;

use crate::domain::{FollowUp, RecordId, ScoredVisit, StatusEntry, person::Permission};
use crate::platform::host::page as browser;
use crate::store::api::{CooperativeProfile, Reply, Request, Topic, VisitRow};
use crate::ui::components::{
    Alert, Asking, Card, Chip, Confirm, Head, Icon, ScorePanel, StatusChip, Tone, VisitList,
};
use crate::ui::format;
use crate::ui::i18n::{t, ta};
use crate::ui::route::Route;
use crate::ui::state::{shell, use_reply};

/// Milliseconds within which a visit by anybody is worth a question before the next.
const RECENT: i64 = 7 * 24 * 60 * 60 * 1000;

/// One cooperative.
#[component]
pub(crate) fn CooperativeScreen(id: RecordId) -> Element {
    rsx! {
        for id in [id] {
            Load { key: "{id}", id }
        }
    }
}

#[component]
fn Load(id: RecordId) -> Element {
    let asked = use_reply(&[Topic::Cooperatives, Topic::Visits], move || {
        Request::Cooperative(id)
    });
    match &*asked.read() {
        Some(Ok(reply)) => match &**reply {
            Reply::Cooperative(profile) => rsx! {
                Profile { profile: (**profile).clone() }
            },
            _ => rsx! {},
        },
        other => {
            let error = other
                .as_ref()
                .and_then(|reply| reply.as_ref().err().cloned());
            rsx! {
                Head { title: t("cooperative"), back: Route::Cooperatives {} }
                Asking { error }
            }
        }
    }
}

#[component]
fn Profile(profile: CooperativeProfile) -> Element {
    let cooperative = &profile.cooperative;
    let history = cooperative
        .history
        .iter()
        .rev()
        .cloned()
        .collect::<Vec<StatusEntry>>();
    let to = use_callback(|row: VisitRow| Route::VisitOverview { id: row.id });
    rsx! {
        Head {
            title: cooperative.name.clone(),
            lead: format!("{} · {}", cooperative.desa, cooperative.area.name()),
            back: Route::Cooperatives {},
        }
        div { class: "chips large",
            StatusChip { entry: cooperative.status().cloned(), dated: true }
            if cooperative.merah_putih {
                Chip { tone: Tone::Info, icon: "coop", text: "Merah Putih" }
            }
        }
        if shell().may(Permission::Visit) {
            Start { profile: profile.clone() }
        }
        div { class: "two",
            div {
                Card { title: t("visits"),
                    if profile.visits.is_empty() {
                        p { class: "quiet", {t("visits-none")} }
                    } else {
                        VisitList { rows: profile.visits.clone(), to, officer: true }
                    }
                }
                LastScore { scores: profile.scores.clone() }
                if !profile.follow_ups.is_empty() {
                    Card { title: t("follow-ups"), FollowUps { rows: profile.follow_ups.clone() } }
                }
                Card { title: t("status-history"),
                    ol { class: "history",
                        for (at , entry) in history.into_iter().enumerate() {
                            li { key: "{at}",
                                Icon { name: "wait" }
                                div {
                                    p { class: "chips", StatusChip { entry: entry.clone(), dated: true } }
                                    p { class: "quiet", {ta("status-source", &[("source", source(&entry.source).into())])} }
                                    if !entry.reason.is_empty() {
                                        p { "{entry.reason}" }
                                    }
                                }
                            }
                        }
                    }
                }
            }
            Card { title: t("register"),
                dl { class: "facts",
                    for (field , value) in cooperative.register.iter().filter(|(field, _)| field != "Koperasi").cloned() {
                        div { key: "{field}",
                            dt { {format::register_label(&field)} }
                            dd { {format::register_value(&field, &value)} }
                        }
                    }
                }
            }
        }
    }
}

/// What the last approved visit came to, with its date and how it went since the one before.
#[component]
fn LastScore(scores: Vec<ScoredVisit>) -> Element {
    let mut approved = scores.into_iter().filter(|one| one.approved);
    let Some(last) = approved.next() else {
        return rsx! {};
    };
    let date = format::date(&last.result.score.date);
    rsx! {
        ScorePanel { result: last.result, titles: Default::default(), earlier: approved.collect::<Vec<_>>(),
            p { class: "quiet", {ta("score-of", &[("date", date.into())])} }
        }
    }
}

/// Where a status comes from, in words.
fn source(name: &str) -> String {
    match name {
        "register" => t("source-register"),
        "import" => t("source-import"),
        other => other.to_owned(),
    }
}

#[component]
fn FollowUps(rows: Vec<FollowUp>) -> Element {
    let today = browser::now().date().to_string();
    rsx! {
        ul { class: "plain",
            for (at , row) in rows.into_iter().enumerate() {
                li { key: "{at}",
                    p { class: "row-title", "{row.action}" }
                    if !row.problem.is_empty() {
                        p { class: "row-line", "{row.problem}" }
                    }
                    p { class: "row-line",
                        {ta("due", &[("date", format::date(&row.due).into())])}
                        if !row.owner.is_empty() {
                            " · {row.owner}"
                        }
                    }
                    span { class: "chips",
                        if !row.due.is_empty() && row.due < today {
                            Chip { tone: Tone::Bad, icon: "alert", text: t("overdue") }
                        }
                        Chip {
                            tone: Tone::Plain,
                            icon: "wait",
                            text: t(if row.status == "berjalan" { "follow-up-running" } else { "follow-up-open" }),
                        }
                    }
                }
            }
        }
    }
}

/// Begins a visit, or leads back to the one that is open.
#[component]
fn Start(profile: CooperativeProfile) -> Element {
    let shell = shell();
    let me = shell.user().map(|user| user.id);
    let mut asking = use_signal(|| false);
    let mut busy = use_signal(|| false);
    let mut error = use_signal(|| None::<String>);
    let cooperative = profile.cooperative.id;
    let open = profile
        .visits
        .iter()
        .find(|row| row.state.is_editable() && Some(row.officer) == me)
        .cloned();
    let limit = browser::now().plus(-RECENT).date().to_string();
    let recent = profile
        .visits
        .iter()
        .find(|row| row.state != crate::domain::VisitState::Void && row.date >= limit)
        .cloned();
    let begin = use_callback(move |()| {
        spawn(async move {
            asking.set(false);
            busy.set(true);
            match shell.ask(Request::StartVisit { cooperative }).await {
                Ok(Reply::Started(id)) => {
                    navigator().push(Route::VisitResume { id });
                }
                Ok(_) => {}
                Err(why) => error.set(Some(format::error(&why))),
            }
            busy.set(false);
        });
    });
    let ask = recent.is_some();
    let warning = recent.as_ref().map(|row| {
        if open.as_ref().is_some_and(|open| open.id == row.id) {
            t("visit-open-already")
        } else {
            let (name, date) = (row.officer_name.clone(), format::date(&row.date));
            ta(
                "visited-already",
                &[("name", name.into()), ("date", date.into())],
            )
        }
    });
    rsx! {
        div { class: "actions start",
            if let Some(row) = &open {
                Link { class: "button primary", to: Route::VisitResume { id: row.id }, {t("resume")} Icon { name: "next" } }
            }
            button {
                class: if open.is_some() { "button" } else { "button primary" },
                r#type: "button",
                disabled: busy(),
                onclick: move |_| {
                    if ask {
                        asking.set(true);
                    } else {
                        begin.call(());
                    }
                },
                Icon { name: "plus" }
                {t("start-visit")}
            }
        }
        if let Some(why) = error() {
            Alert { tone: Tone::Bad, p { "{why}" } }
        }
        if asking() {
            if let Some(text) = warning {
                Confirm {
                    title: t("start-visit"),
                    text,
                    confirm: t("start-anyway"),
                    oncancel: move |()| asking.set(false),
                    onconfirm: move |()| begin.call(()),
                }
            }
        }
    }
}
