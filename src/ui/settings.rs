//! Pengaturan: language, lock, PIN, leaving, and how the device stands.

use dioxus::prelude::*;

use super::backup::{BackupCard, DamagedCards};
use super::components::{Alert, Card, Confirm, Dialog, Head, Icon, Tone};
use super::format;
use super::gate::{ChoosePin, LoginForm};
use super::i18n::{self, Language, t, ta};
use super::layout::SyncLine;
use super::route::Route;
use super::state::shell;
use crate::domain::person::Permission;
use crate::platform::host::page;
use crate::store::api::{Request, Trouble};

/// The settings.
#[component]
pub(crate) fn Settings() -> Element {
    let shell = shell();
    let user = shell.user();
    rsx! {
        Head { title: t("nav-settings") }
        div { class: "two",
            div {
                if let Some(user) = user {
                    Card { title: t("account"),
                        p { class: "row-title", "{user.name}" }
                        p { class: "quiet", "{user.username} · {format::role(user.role)}" }
                        Security {}
                    }
                }
                Card { title: t("language"), Languages {} }
                if shell.may(Permission::Administer) {
                    Card { title: t("forms"),
                        p { class: "quiet", {t("forms-lead")} }
                        Link { class: "button", to: Route::FormsScreen {}, Icon { name: "note" } {t("forms-open")} }
                    }
                    Card { title: t("aside"),
                        p { class: "quiet", {t("aside-lead")} }
                        Link { class: "button", to: Route::SetAsideScreen {}, Icon { name: "queue" } {t("aside-open")} }
                    }
                }
            }
            div {
                Device {}
                if !shell.only_reads() {
                    BackupCard {}
                }
                DamagedCards {}
                Card { title: t("app"),
                    p { {ta("version", &[("version", env!("CARGO_PKG_VERSION").into())])} }
                    match (shell.ready)() {
                        Some(true) => rsx! { p { Icon { name: "done" } " " {t("offline-ready")} } },
                        Some(false) => rsx! { Alert { tone: Tone::Warn, p { {t("not-ready")} } } },
                        None => rsx! {},
                    }
                    if (shell.update)() {
                        button { class: "button primary", r#type: "button", onclick: |_| page::apply_update(), {t("update-now")} }
                    } else if (shell.ready)() == Some(true) {
                        p { class: "quiet", {t("no-update")} }
                    }
                    Link { class: "link", to: Route::About {}, {t("about")} }
                }
            }
        }
    }
}

#[component]
fn Languages() -> Element {
    let now = i18n::language();
    rsx! {
        div { class: "options", role: "radiogroup", aria_label: t("language"),
            for (language , name) in [(Language::Id, "Bahasa Indonesia"), (Language::En, "English")] {
                label { class: "option",
                    input {
                        r#type: "radio",
                        name: "language",
                        checked: now == language,
                        onchange: move |_| i18n::choose(language),
                    }
                    span { class: "option-words", lang: language.tag(), "{name}" }
                }
            }
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Asking {
    Nothing,
    Pin,
    Leave,
}

#[component]
fn Security() -> Element {
    let shell = shell();
    let mut asking = use_signal(|| Asking::Nothing);
    let mut said = use_signal(|| None::<(Tone, String)>);
    let unsent = {
        let sync = shell.sync.read();
        sync.unsent + sync.set_aside + sync.send_again + sync.photos.waiting + sync.photos.aside
    };
    rsx! {
        if let Some((tone, words)) = said() {
            Alert { tone, p { "{words}" } }
        }
        div { class: "actions column",
            button { class: "button", r#type: "button", onclick: move |_| shell.lock(), Icon { name: "lock" } {t("lock-now")} }
            button { class: "button", r#type: "button", onclick: move |_| asking.set(Asking::Pin), Icon { name: "settings" } {t("change-pin")} }
            button { class: "button", r#type: "button", onclick: move |_| asking.set(Asking::Leave), Icon { name: "out" } {t("logout")} }
        }
        match asking() {
            Asking::Nothing => rsx! {},
            Asking::Pin => rsx! {
                Dialog { title: t("change-pin"), onclose: move |()| asking.set(Asking::Nothing),
                    ChoosePin {
                        asks_old: true,
                        ondone: move |()| {
                            asking.set(Asking::Nothing);
                            said.set(Some((Tone::Good, t("pin-changed"))));
                        },
                    }
                    button { class: "button wide", r#type: "button", onclick: move |_| asking.set(Asking::Nothing), {t("cancel")} }
                }
            },
            Asking::Leave => rsx! {
                Confirm {
                    title: t("logout"),
                    text: if unsent > 0 { ta("logout-unsent", &[("n", unsent.into())]) } else { t("logout-text") },
                    confirm: t("logout-confirm"),
                    danger: true,
                    oncancel: move |()| asking.set(Asking::Nothing),
                    onconfirm: move |()| async move {
                        asking.set(Asking::Nothing);
                        if let Err(why) = shell.enter(Request::Logout).await {
                            said.set(Some((Tone::Bad, format::error(&why))));
                        }
                    },
                }
            },
        }
    }
}

/// The storage and the sync.
#[component]
fn Device() -> Element {
    let shell = shell();
    let sync = (shell.sync)();
    rsx! {
        Card { title: t("this-device"),
            SyncLine {}
            p { class: "quiet", {format::last_sync(&sync)} }
            p { {ta("unsent-changes", &[("n", sync.unsent.into())])} }
            if let Some(why) = sync.trouble.as_ref().filter(|why| **why != Trouble::Unreachable) {
                p { class: "quiet", {format::trouble(why)} }
            }
            if !shell.only_reads() {
                ByWifi {}
            }
            match (shell.kept)() {
                _ if (shell.gone)() => rsx! { Alert { tone: Tone::Bad, p { {t("gone-title")} } } },
                Some(true) => rsx! { p { Icon { name: "done" } " " {t("storage-kept")} } },
                Some(false) => rsx! { Alert { tone: Tone::Warn, p { {t("storage-not-kept")} } } },
                None => rsx! { p { class: "quiet", {t("storage-unknown")} } },
            }
            div { class: "actions start",
                button {
                    class: "button small",
                    r#type: "button",
                    onclick: move |_| async move {
                        let _ = shell.ask(Request::SyncNow).await;
                    },
                    Icon { name: "sync" }
                    {t("sync-now")}
                }
                Link { class: "link", to: Route::QueueScreen {}, {t("nav-queue")} }
            }
        }
    }
}

/// Whether photos go by Wi-Fi only.
#[component]
fn ByWifi() -> Element {
    let shell = shell();
    let only = shell.sync.read().photos.wifi_only;
    rsx! {
        div { class: "options",
            label { class: "option",
                input {
                    r#type: "checkbox",
                    checked: only,
                    onchange: move |event| async move {
                        let only = event.checked();
                        let _ = shell.ask(Request::PhotosByWifi { only }).await;
                    },
                }
                span { class: "option-words", {t("photos-by-wifi")} }
            }
        }
        p { class: "quiet", {t("photos-by-wifi-help")} }
    }
}

/// What this is.
#[component]
pub(crate) fn About() -> Element {
    rsx! {
        Head { title: t("about"), back: Route::Settings {} }
        Card {
            p { {t("about-what")} }
            p { {t("about-data")} }
            p { class: "quiet", {t("about-sources")} }
            p { class: "quiet", {ta("version", &[("version", env!("CARGO_PKG_VERSION").into())])} }
        }
    }
}

/// The login again, while the app is open: the session at the server ended.
#[component]
pub(crate) fn LoginAgain() -> Element {
    let name = shell().user().map(|user| user.username).unwrap_or_default();
    rsx! {
        Head { title: t("login"), back: Route::Home {} }
        Card { class: "narrow-card",
            p { {t("login-needed")} }
            LoginForm {
                username: name,
                ondone: move |()| {
                    navigator().replace(Route::Home {});
                },
            }
        }
    }
}
