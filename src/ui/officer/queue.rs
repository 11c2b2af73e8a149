//! Antrean kirim: everything that waits, on its two axes, with the reason when it failed and what can be done.

use dioxus::prelude::*;

use super::conflict::Conflict;
use super::home::SyncButton;
use crate::store::api::{
    Keep, PhotoItem, PhotoPhase, Queue, QueueItem, QueueKind, Reply, Request, SyncPhase, Topic,
    Transfer, Trouble, VisitRow,
};
use crate::sync::wire::RejectCode;
use crate::ui::components::{
    Alert, Asking, Card, Chip, Confirm, Empty, Head, Icon, StateChip, Tone, TransferChip, VisitList,
};
use crate::ui::format;
use crate::ui::i18n::{t, ta};
use crate::ui::layout::SyncLine;
use crate::ui::route::Route;
use crate::ui::state::{shell, use_reply};

/// The queue.
#[component]
pub(crate) fn QueueScreen() -> Element {
    let asked = use_reply(&[Topic::Queue, Topic::Visits], || Request::Queue);
    rsx! {
        Head { title: t("nav-queue"), SyncButton {} }
        SyncState {}
        match &*asked.read() {
            None => rsx! { Asking {} },
            Some(Err(why)) => rsx! { Asking { error: why.clone() } },
            Some(Ok(reply)) => match &**reply {
                Reply::Queue(queue) => rsx! { Items { queue: queue.clone() } },
                _ => rsx! {},
            },
        }
    }
}

#[component]
fn SyncState() -> Element {
    let shell = shell();
    let sync = (shell.sync)();
    rsx! {
        Card { class: "sync",
            SyncLine {}
            p { class: "quiet", {format::last_sync(&sync)} }
            // "Not reachable" is in the line above already.
            if let Some(why) = sync.trouble.as_ref().filter(|why| **why != Trouble::Unreachable) {
                p { {format::trouble(why)} }
            }
            if let SyncPhase::Waiting { until } = sync.phase {
                p { class: "quiet", {ta("next-try", &[("at", format::instant(until).into())])} }
            }
        }
    }
}

#[component]
fn Items(queue: Queue) -> Element {
    if queue.items.is_empty() && queue.photos.is_empty() && queue.send_again.is_empty() {
        return rsx! {
            Empty { icon: "done", text: t("queue-empty") }
        };
    }
    rsx! {
        if !queue.send_again.is_empty() {
            Card { title: t("queue-send-again"),
                p { class: "quiet", {t("transfer-again-help")} }
                VisitList { rows: queue.send_again, to: |row: VisitRow| Route::VisitOverview { id: row.id } }
            }
        }
        ul { class: "plain cards",
            for item in queue.items {
                li { key: "{item.mutation}", class: "card", Item { item } }
            }
        }
        if !queue.photos.is_empty() {
            Photos { photos: queue.photos }
        }
    }
}

/// Photos and other files: they go after the text, one at a time, in this order.
#[component]
fn Photos(photos: Vec<PhotoItem>) -> Element {
    let shell = shell();
    let status = shell.sync.read().photos.clone();
    let idle = status.phase != PhotoPhase::Sending && status.waiting > 0;
    rsx! {
        Card { title: t("queue-photos"),
            if let Some(words) = format::photos(&status) {
                p { class: "quiet", role: "status", "{words}" }
            }
            if let Some(why) = status.trouble.as_ref().filter(|_| idle) {
                p { {format::trouble(why)} }
            }
            if let PhotoPhase::Waiting { until } = status.phase {
                p { class: "quiet", {ta("next-try", &[("at", format::instant(until).into())])} }
            }
            if idle {
                div { class: "actions start",
                    button {
                        class: "button",
                        r#type: "button",
                        onclick: move |_| async move {
                            let _ = shell.ask(Request::SendPhotos).await;
                        },
                        Icon { name: "sync" }
                        {t("photos-send")}
                    }
                }
            }
            ul { class: "plain",
                for photo in photos {
                    li { key: "{photo.name}", PhotoRow { photo } }
                }
            }
        }
    }
}

#[component]
fn PhotoRow(photo: PhotoItem) -> Element {
    let shell = shell();
    let (sent, size) = (format::size(photo.sent), format::size(photo.size));
    let progress = ta(
        "photo-progress",
        &[("sent", sent.into()), ("size", size.into())],
    );
    rsx! {
        p { class: "row-title",
            Link { to: Route::VisitOverview { id: photo.visit }, "{photo.cooperative}" }
        }
        p { class: "row-line", "{progress} · " {ta("waiting-since", &[("at", format::instant(photo.since).into())])} }
        if let Some(reason) = &photo.refused {
            p { {t("photo-refused")} }
            details { summary { {t("details")} } p { class: "quiet", lang: "en", "{reason}" } }
            div { class: "actions start",
                button {
                    class: "button",
                    r#type: "button",
                    onclick: move |_| {
                        let name = photo.name.clone();
                        async move {
                            let _ = shell.ask(Request::ResendPhoto(name)).await;
                        }
                    },
                    Icon { name: "sync" }
                    {t("resend")}
                }
            }
        } else {
            progress { aria_label: "{progress}", max: "{photo.size}", value: "{photo.sent}" }
        }
    }
}

#[component]
fn Item(item: QueueItem) -> Element {
    let what = t(match item.what {
        QueueKind::Draft => "queue-draft",
        QueueKind::Visit => "queue-visit",
        QueueKind::Review => "queue-review",
        QueueKind::Other => "queue-other",
    });
    let state = item
        .visit
        .as_ref()
        .filter(|_| item.what != QueueKind::Review)
        .map(|row| row.state);
    let to = item.visit.as_ref().map(|row| match item.what {
        QueueKind::Review => Route::ReviewScreen { id: row.id },
        _ => Route::VisitOverview { id: row.id },
    });
    rsx! {
        p { class: "quiet", "{what} · " {ta("waiting-since", &[("at", format::instant(item.since).into())])} }
        if let (Some(row), Some(to)) = (&item.visit, to) {
            h2 { class: "card-title",
                Link { to, "{row.name}" }
            }
            p { class: "row-line",
                "{row.desa} · {row.area.name()} · "
                {ta("visited-on", &[("date", format::date(&row.date).into())])}
            }
        }
        dl { class: "axes",
            if let Some(state) = state {
                div {
                    dt { {t("axis-content")} }
                    dd {
                        StateChip { state, transfer: item.transfer.clone() }
                        p { class: "quiet", {format::state_help(state, &item.transfer, item.visit.as_ref().map_or(0, |row| row.notes))} }
                    }
                }
            }
            div {
                dt { {t("axis-transfer")} }
                dd {
                    TransferChip { transfer: item.transfer.clone() }
                    p { class: "quiet",
                        if format::is_gone(&item.transfer) {
                            {t("transfer-gone-help")}
                        } else {
                            {format::transfer_help(&item.transfer, (shell().online)())}
                        }
                    }
                    if let Transfer::SetAside { code: RejectCode::Incomplete, reason } = &item.transfer {
                        // In the form's own words: question and what is wrong with it.
                        ul { lang: "id",
                            for (at , line) in reason.lines().enumerate() {
                                li { key: "{at}", "{line}" }
                            }
                        }
                    } else if let Transfer::SetAside { reason, .. } = &item.transfer {
                        details { summary { {t("details")} } p { class: "quiet", lang: "en", "{reason}" } }
                    }
                }
            }
        }
        match item.transfer {
            Transfer::Conflict => rsx! { Conflict { item } },
            Transfer::SetAside { .. } => rsx! { Resend { item } },
            _ => rsx! {},
        }
    }
}

/// What a person can do about a set-aside change: send it again as it is, or open the visit and mend it.
#[component]
fn Resend(item: QueueItem) -> Element {
    let shell = shell();
    let mut busy = use_signal(|| false);
    let mut dropping = use_signal(|| false);
    // Sending again what came too late is refused again: the way out is the server's data.
    let late = matches!(
        item.transfer,
        Transfer::SetAside {
            code: RejectCode::State,
            ..
        }
    );
    let mut error = use_signal(|| None::<String>);
    rsx! {
        div { class: "actions start",
            button {
                class: "button",
                r#type: "button",
                disabled: busy(),
                onclick: move |_| async move {
                    busy.set(true);
                    let done = shell.ask(Request::Resend { mutation: item.mutation }).await;
                    error.set(done.err().map(|why| format::error(&why)));
                    busy.set(false);
                },
                Icon { name: "sync" }
                {t("resend")}
            }
            if let Some(visit) = item.visit.as_ref().map(|row| row.id).filter(|_| item.fixable) {
                button {
                    class: "button",
                    r#type: "button",
                    disabled: busy(),
                    onclick: move |_| async move {
                        busy.set(true);
                        let done = shell.ask(Request::FixRefused { mutation: item.mutation }).await;
                        match done {
                            Ok(_) => {
                                navigator().push(Route::VisitSend { id: visit });
                            }
                            Err(why) => {
                                error.set(Some(format::error(&why)));
                                busy.set(false);
                            }
                        }
                    },
                    Icon { name: "draft" }
                    {t("fix-refused")}
                }
            }
            if late {
                button { class: "button", r#type: "button", disabled: busy(), onclick: move |_| dropping.set(true), {t("keep-theirs")} }
            }
            Chip { tone: Tone::Info, icon: "info", text: t("kept-here") }
        }
        if dropping() {
            Confirm {
                title: t("keep-theirs"),
                text: t("drop-text"),
                confirm: t("drop-confirm"),
                danger: true,
                oncancel: move |()| dropping.set(false),
                onconfirm: move |()| async move {
                    dropping.set(false);
                    let done = shell.ask(Request::Resolve { mutation: item.mutation, keep: Keep::Theirs }).await;
                    error.set(done.err().map(|why| format::error(&why)));
                },
            }
        }
        if let Some(why) = error() {
            Alert { tone: Tone::Bad, p { "{why}" } }
        }
    }
}
