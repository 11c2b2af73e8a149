//! Visits in lists: two chips for two axes, never one for both.

use dioxus::prelude::*;

use super::{Asking, Chip, Icon, Tone};
use crate::domain::{RecordId, VisitState};
use crate::store::api::{HistoryEntry, Step, StoreError, Transfer, Trouble, VisitRow};
use crate::sync::told::NotChosen;
use crate::ui::format;
use crate::ui::i18n::{t, ta};
use crate::ui::route::Route;
use crate::ui::state::shell;

/// Where a visit stands.
#[component]
pub(crate) fn StateChip(state: VisitState, transfer: Transfer) -> Element {
    let key = format::state_key(state, &transfer);
    let (tone, icon) = match key {
        "state-draft" => (Tone::Plain, "draft"),
        "state-ready" | "state-submitted" => (Tone::Info, "wait"),
        "state-returned" => (Tone::Warn, "return"),
        "state-approved" => (Tone::Good, "done"),
        _ => (Tone::Plain, "cross"),
    };
    rsx! {
        Chip { tone, icon, text: t(key) }
    }
}

/// Where its data is. What is still being filled is never called "sent", although the server keeps a copy of it.
#[component]
pub(crate) fn TransferChip(
    transfer: Transfer,
    /// Where the visit stands, when the data is a visit's.
    state: Option<VisitState>,
) -> Element {
    let online = (shell().online)();
    let gone = format::is_gone(&transfer);
    let (tone, icon) = match transfer {
        _ if gone => (Tone::Bad, "alert"),
        Transfer::Queued if online => (Tone::Plain, "check"),
        Transfer::Queued => (Tone::Plain, "no-signal"),
        Transfer::Failed(Trouble::Unreachable) if !online => (Tone::Plain, "no-signal"),
        Transfer::Sending => (Tone::Info, "sync"),
        Transfer::Sent { .. } => (Tone::Good, "check"),
        Transfer::PhotosFollow(_) => (Tone::Info, "wait"),
        Transfer::Failed(_) | Transfer::SendAgain => (Tone::Warn, "alert"),
        Transfer::SetAside { .. } | Transfer::Conflict => (Tone::Bad, "alert"),
    };
    let key = match transfer {
        _ if gone => "transfer-gone",
        Transfer::Sent { .. } if state == Some(VisitState::Draft) => "transfer-backup",
        _ => format::transfer_key(&transfer, online),
    };
    rsx! {
        Chip { tone, icon, text: t(key) }
    }
}

/// Visits as rows that lead to them.
#[component]
pub(crate) fn VisitList(
    rows: Vec<VisitRow>,
    /// Where a row leads.
    to: Callback<VisitRow, Route>,
    /// Whether the officer is named.
    #[props(default)]
    officer: bool,
) -> Element {
    rsx! {
        ul { class: "rows",
            for row in rows {
                li { key: "{row.id}",
                    Link { class: "row", to: to.call(row.clone()),
                        VisitWords { row, officer }
                        Icon { name: "next" }
                    }
                }
            }
        }
    }
}

#[component]
fn VisitWords(row: VisitRow, officer: bool) -> Element {
    rsx! {
        div { class: "row-words",
            span { class: "row-title", "{row.name}" }
            span { class: "row-line", "{row.desa} · {row.area.name()}" }
            span { class: "row-line",
                {ta("visited-on", &[("date", format::date(&row.date).into())])}
                if officer {
                    " · {row.officer_name}"
                }
            }
            if let Some(at) = row.submitted_at {
                if officer {
                    span { class: "row-line", {ta("submitted-at", &[("at", format::instant(at).into())])} }
                }
            }
            span { class: "chips",
                StateChip { state: row.state, transfer: row.transfer.clone() }
                TransferChip { transfer: row.transfer.clone(), state: row.state }
                if row.state == VisitState::Returned && row.notes > 0 {
                    Chip { tone: Tone::Warn, icon: "note", text: ta("notes-count", &[("n", row.notes.into())]) }
                }
                if row.submissions > 1 {
                    Chip { tone: Tone::Info, icon: "return", text: ta("submission-number", &[("n", row.submissions.into())]) }
                }
            }
        }
    }
}

/// What a visit's conflicts were decided against, on request: the server keeps it.
#[component]
pub(crate) fn NotChosenList(visit: RecordId) -> Element {
    let shell = shell();
    let mut asked = use_signal(|| false);
    let found = use_resource(move || async move {
        if !asked() {
            return Ok(Vec::new());
        }
        let path = format!("/api/v1/visits/{visit}/notchosen");
        shell.fetch_as::<Vec<NotChosen>>(path).await
    });
    if !asked() {
        return rsx! {
            button { class: "link", r#type: "button", onclick: move |_| asked.set(true), {t("not-chosen-show")} }
        };
    }
    rsx! {
        h3 { class: "card-title", {t("not-chosen")} }
        match &*found.read() {
            None => rsx! { Asking {} },
            // A visit that has not left the phone yet is unknown to the server.
            Some(Err(StoreError::NotFound)) => rsx! { p { class: "quiet", {t("not-chosen-none")} } },
            Some(Err(why)) => rsx! { Asking { error: why.clone() } },
            Some(Ok(found)) if found.is_empty() => rsx! { p { class: "quiet", {t("not-chosen-none")} } },
            Some(Ok(found)) => rsx! {
                dl { class: "facts",
                    for (at , one) in found.iter().enumerate() {
                        div { key: "{at}",
                            dt { {format::words(&one.what.label)} }
                            dd {
                                {format::words(&one.what.value)}
                                p { class: "quiet", {ta("changed-by", &[("name", one.by.as_str().into()), ("at", format::instant(one.at).into())])} }
                            }
                        }
                    }
                }
            },
        }
    }
}

/// Who did what, and when.
#[component]
pub(crate) fn HistoryList(entries: Vec<HistoryEntry>) -> Element {
    rsx! {
        ol { class: "history",
            for (at , entry) in entries.into_iter().enumerate() {
                li { key: "{at}",
                    Icon {
                        name: match entry.step {
                            Step::Created => "draft",
                            Step::Submitted(_) => "queue",
                            Step::Returned => "return",
                            Step::Approved => "done",
                            Step::Void => "cross",
                        },
                    }
                    div {
                        p { class: "history-step", {format::step(entry.step)} }
                        p { class: "quiet",
                            "{entry.name}"
                            if let Some(role) = entry.role {
                                " ({format::role(role)})"
                            }
                            " · {format::instant(entry.mark.at)}"
                        }
                        if entry.notes > 0 {
                            p { class: "quiet", {ta("notes-count", &[("n", entry.notes.into())])} }
                        }
                        if !entry.mark.reason.is_empty() {
                            p { "{entry.mark.reason}" }
                        }
                    }
                }
            }
        }
    }
}
