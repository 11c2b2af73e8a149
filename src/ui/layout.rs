//! The frame around every screen: the gate while nobody is in, then the navigation, the banners and the screen itself.

use dioxus::prelude::*;

use super::components::{Alert, Empty, Head, Icon, Tone};
use super::follow::Following;
use super::gate::Gate;
use super::i18n::{t, ta};
use super::route::Route;
use super::state::shell;
use super::{format, i18n};
use crate::domain::{User, care, person::Permission};
use crate::platform::host::page;
use crate::store::api::{AppStatus, SyncPhase, Trouble};

/// The layout of all routes. The address stays while somebody logs in, so a deep link is never lost.
#[component]
pub(crate) fn Frame() -> Element {
    let status = (shell().status)();
    match status {
        AppStatus::Open { user, .. } => rsx! {
            for user in [user] {
                OpenFrame { key: "{user.id}", user }
            }
        },
        status => rsx! {
            Gate { status }
        },
    }
}

#[component]
fn OpenFrame(user: User) -> Element {
    let here = use_route::<Route>();
    // A visit being filled brings its own foot, where the navigation would be.
    let filling = matches!(here, Route::VisitPage { .. } | Route::VisitSend { .. });
    rsx! {
        a { class: "skip", href: "#content", {t("skip")} }
        div { class: "frame", "data-filling": filling,
            Navigation { user }
            div { class: "screen",
                Banners {}
                // Nobody is asked to reload in the middle of a page of questions.
                if !filling && (shell().update)() {
                    UpdateToast {}
                }
                main { id: "content", tabindex: "-1",
                    if here.follows() {
                        Following { route: here }
                    } else {
                        Outlet::<Route> {}
                    }
                }
            }
        }
    }
}

#[component]
fn Navigation(user: User) -> Element {
    let shell = shell();
    let sync = (shell.sync)();
    let waiting =
        sync.unsent + sync.set_aside + sync.send_again + sync.photos.waiting + sync.photos.aside;
    let reviews = user.role.may(Permission::Review);
    let reads = shell.only_reads();
    rsx! {
        nav { class: "navigation", aria_label: t("navigation"),
            p { class: "brand", img { src: "/icons/icon.svg", width: "32", height: "32", alt: "" } "Anjangsana" }
            ul {
                Place { to: Route::Home {}, icon: "home", text: t("nav-home") }
                if reviews || reads {
                    Place { to: Route::InboxScreen {}, icon: "review", text: t(if reviews { "nav-inbox" } else { "visits" }) }
                }
                Place { to: Route::Cooperatives {}, icon: "coop", text: t("nav-cooperatives") }
                if !reads || waiting > 0 {
                    Place { to: Route::QueueScreen {}, icon: "queue", text: t("nav-queue"), count: waiting, wide_only: reviews }
                }
                Place { to: Route::Settings {}, icon: "settings", text: t("nav-settings") }
            }
            div { class: "who",
                p { class: "who-name", "{user.name}" }
                p { class: "quiet", {format::role(user.role)} }
                SyncLine {}
            }
        }
    }
}

#[component]
fn Place(
    to: Route,
    icon: &'static str,
    text: String,
    #[props(default)] count: u32,
    #[props(default)] wide_only: bool,
) -> Element {
    let here = use_route::<Route>();
    let active = here == to
        || matches!(
            (&here, &to),
            (Route::CooperativeScreen { .. }, Route::Cooperatives {})
                | (Route::ReviewScreen { .. }, Route::InboxScreen {})
                | (
                    Route::About {}
                        | Route::LoginAgain {}
                        | Route::FormsScreen {}
                        | Route::SetAsideScreen {},
                    Route::Settings {}
                )
        );
    rsx! {
        li { class: if wide_only { "wide-only" },
            Link { to, class: if active { "place here" } else { "place" },
                Icon { name: icon }
                span { "{text}" }
                if count > 0 {
                    span { class: "count", aria_label: ta("unsent-count", &[("n", count.into())]), "{count}" }
                }
            }
        }
    }
}

/// Signal and sync in one line.
#[component]
pub(crate) fn SyncLine() -> Element {
    let shell = shell();
    let sync = (shell.sync)();
    let online = (shell.online)();
    let words = match sync.phase {
        _ if !online => t("signal-none"),
        SyncPhase::Syncing if sync.pulled > 0 => ta("sync-pulling", &[("n", sync.pulled.into())]),
        SyncPhase::Syncing => t("sync-running"),
        SyncPhase::LoginNeeded => t("sync-login"),
        SyncPhase::UpdateNeeded => t("sync-update"),
        SyncPhase::Idle | SyncPhase::Waiting { .. } => match &sync.trouble {
            Some(Trouble::Unreachable) => t("signal-server-away"),
            Some(_) => t("sync-trouble"),
            None => t("signal-there"),
        },
    };
    let icon = if online { "signal" } else { "no-signal" };
    rsx! {
        p { class: "sync-line", role: "status",
            Icon { name: icon }
            span { "{words}" }
        }
    }
}

/// What the person should know wherever they are.
#[component]
fn Banners() -> Element {
    let shell = shell();
    let phase = shell.sync.read().phase;
    let here = use_route::<Route>();
    rsx! {
        if (shell.gone)() {
            Alert { tone: Tone::Bad, title: t("gone-title"),
                p { {t("gone-text")} }
                div { class: "actions",
                    Link { class: "button small", to: Route::QueueScreen {}, {t("nav-queue")} }
                    Link { class: "button small", to: Route::Settings {}, {t("backup-save")} }
                }
            }
        } else if (shell.ready)() == Some(false) {
            p { class: "banner", role: "status", Icon { name: "no-signal" } span { {t("not-ready")} } }
        } else if !(shell.online)() {
            p { class: "banner", role: "status", Icon { name: "no-signal" } span { {t("offline")} } }
        }
        if phase == SyncPhase::LoginNeeded && here != (Route::LoginAgain {}) {
            Alert { tone: Tone::Warn,
                p { {t("login-needed")} }
                Link { class: "button small", to: Route::LoginAgain {}, {t("login")} }
            }
        }
        if let Some(left) = (shell.little_room)() {
            Alert { tone: Tone::Warn, p { {ta("little-room", &[("x", left.into())])} } }
        }
        if let Some(minutes) = care::wrong_clock(shell.sync.read().clock_offset) {
            Alert { tone: Tone::Warn, p { {ta("clock-wrong", &[("n", minutes.unsigned_abs().into())])} } }
        }
        if phase == SyncPhase::UpdateNeeded {
            Alert { tone: Tone::Warn,
                p { {t("update-needed")} }
                button { class: "button small", r#type: "button", onclick: |_| page::apply_update(), {t("update-now")} }
            }
        }
    }
}

/// A new version waits.
#[component]
fn UpdateToast() -> Element {
    let mut update = shell().update;
    rsx! {
        div { class: "toast", role: "status",
            div {
                p { class: "toast-title", {t("update-title")} }
                p { {t("update-text")} }
            }
            div { class: "actions",
                button { class: "button", r#type: "button", onclick: move |_| update.set(false), {t("later")} }
                button { class: "button primary", r#type: "button", onclick: |_| page::apply_update(), {t("update-now")} }
            }
        }
    }
}

/// An address without a screen.
pub(super) fn not_found() -> Element {
    let _ = i18n::language();
    rsx! {
        Head { title: t("not-found-title"), back: Route::Home {} }
        Empty { icon: "search", text: t("not-found-text"),
            Link { class: "button primary", to: Route::Home {}, {t("to-home")} }
        }
    }
}
