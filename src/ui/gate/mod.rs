//! Before the app opens: the database, the login, the PIN. Whatever goes wrong here, nothing on the device is lost.

mod login;
mod password;
mod pin;

pub(super) use login::LoginForm;
pub(super) use pin::ChoosePin;

use dioxus::prelude::*;

use super::components::{Alert, Icon, Tone};
use super::i18n::{self, Language, t};
use super::state::shell;
use crate::platform::host::page;
use crate::store::api::{Account, AppStatus};
use password::UnlockByPassword;
use pin::Unlock;

/// The screen for a status in which the app is not open.
#[component]
pub(crate) fn Gate(status: AppStatus) -> Element {
    super::components::use_title(&t("login"));
    // Nothing is promised that the phone cannot do yet.
    let ready = (shell().ready)() == Some(true);
    rsx! {
        main { class: "gate",
            div { class: "gate-brand",
                img { src: "/icons/icon.svg", width: "64", height: "64", alt: "" }
                p { class: "gate-name", "Anjangsana" }
                p { class: "gate-claim", {t(if ready { "claim" } else { "claim-plain" })} }
            }
            if (shell().gone)() {
                Alert { tone: Tone::Bad, title: t("gone-title"), p { {t("gone-text")} } }
            }
            div { class: "gate-card",
                match status {
                    AppStatus::Starting | AppStatus::Open { .. } => rsx! {
                        p { class: "asking", role: "status", {t("starting")} }
                    },
                    AppStatus::NoStorage { reason } => rsx! {
                        Stop { icon: "alert", title: t("no-storage-title"), text: t("no-storage-text"),
                            details { summary { {t("details")} } p { class: "quiet", "{reason}" } }
                            button { class: "button", r#type: "button", onclick: |_| page::reload(), {t("reload")} }
                        }
                    },
                    AppStatus::OtherTab => rsx! {
                        Stop { icon: "lock", title: t("other-tab-title"), text: t("other-tab-text"),
                            button { class: "button primary", r#type: "button", onclick: |_| shell().take_over(), {t("other-tab-take")} }
                        }
                    },
                    AppStatus::NewerDatabase => rsx! {
                        Stop { icon: "sync", title: t("newer-title"), text: t("newer-text"),
                            button { class: "button primary", r#type: "button", onclick: |_| page::apply_update(), {t("update-now")} }
                        }
                    },
                    AppStatus::PinNeeded { user } => rsx! {
                        h1 { {t("pin-choose-title")} }
                        p { {i18n::ta("pin-choose-text", &[("name", user.name.into())])} }
                        ChoosePin {}
                    },
                    AppStatus::Closed { accounts } => rsx! { Closed { accounts } },
                }
            }
            Languages {}
        }
    }
}

#[component]
fn Stop(icon: &'static str, title: String, text: String, children: Element) -> Element {
    rsx! {
        div { class: "stop", role: "alert",
            Icon { name: icon }
            h1 { "{title}" }
            p { "{text}" }
            {children}
        }
    }
}

/// What a closed app shows.
#[derive(Clone, PartialEq)]
enum Way {
    Choose,
    Pin(String),
    /// The password, without a network.
    Password(String),
    /// The login, with a name filled in when it is known.
    Login(String),
}

impl Way {
    /// Where there is no PIN the password opens.
    fn of(account: &Account) -> Self {
        match account.pin_wait {
            Some(_) => Self::Pin(account.username.clone()),
            None => Self::Password(account.username.clone()),
        }
    }
}

#[component]
fn Closed(accounts: Vec<Account>) -> Element {
    let first = match accounts.as_slice() {
        [] => Way::Login(String::new()),
        [only] => Way::of(only),
        _ => Way::Choose,
    };
    let mut way = use_signal(|| first.clone());
    let ready = (shell().ready)() == Some(true);
    let several = accounts.len() > 1;
    let none = accounts.is_empty();
    // Where no PIN is taken any more the password is asked for.
    let no_pin = |name: &str| {
        let mut accounts = accounts.iter();
        accounts.any(|account| account.username == name && account.pin_wait.is_none())
    };
    let here = match way() {
        Way::Pin(name) if no_pin(&name) => Way::Password(name),
        way => way,
    };
    let back = match &here {
        Way::Password(name) if !no_pin(name) => Some((Way::Pin(name.clone()), "back-to-pin")),
        Way::Login(_) if matches!(first, Way::Pin(_)) => Some((first, "back-to-pin")),
        Way::Login(_) if !none => Some((first, "back")),
        _ => None,
    };
    rsx! {
        match here {
            Way::Choose => rsx! {
                h1 { {t("choose-account")} }
                ul { class: "rows",
                    for account in accounts.iter() {
                        li { key: "{account.username}",
                            button {
                                class: "row",
                                r#type: "button",
                                onclick: {
                                    let chosen = Way::of(account);
                                    move |_| way.set(chosen.clone())
                                },
                                Icon { name: "person" }
                                span { class: "row-title", "{account.username}" }
                                Icon { name: "next" }
                            }
                        }
                    }
                }
            },
            Way::Pin(name) => rsx! {
                for account in accounts.iter().filter(|account| account.username == name).cloned() {
                    // A wait that the vault has told anew is counted anew.
                    Unlock { key: "{account.username} {account.pin_wait.unwrap_or(0)}", account }
                }
                button {
                    class: "link",
                    r#type: "button",
                    onclick: move |_| way.set(Way::Password(name.clone())),
                    {t("pin-forgotten")}
                }
                if several {
                    button { class: "link", r#type: "button", onclick: move |_| way.set(Way::Choose), {t("other-account-here")} }
                }
            },
            Way::Password(name) => rsx! {
                for account in accounts.iter().filter(|account| account.username == name).cloned() {
                    UnlockByPassword { key: "{account.username} {account.password_wait}", account }
                }
                button {
                    class: "link",
                    r#type: "button",
                    onclick: move |_| way.set(Way::Login(name.clone())),
                    {t("password-changed")}
                }
                if several {
                    button { class: "link", r#type: "button", onclick: move |_| way.set(Way::Choose), {t("other-account-here")} }
                }
            },
            Way::Login(name) => rsx! {
                h1 { {t("login-title")} }
                p { class: "lead",
                    {t(match none {
                        true if ready => "login-first",
                        true => "login-first-wait",
                        false => "login-replace",
                    })}
                 }
                LoginForm { username: name }
            },
        }
        if !none && !matches!(way(), Way::Login(_)) {
            button { class: "link", r#type: "button", onclick: move |_| way.set(Way::Login(String::new())), {t("login-other")} }
        }
        if let Some((back, words)) = back {
            button { class: "link", r#type: "button", onclick: move |_| way.set(back.clone()), {t(words)} }
        }
    }
}

/// The choice of language, in the languages themselves.
#[component]
fn Languages() -> Element {
    let now = i18n::language();
    rsx! {
        div { class: "languages", role: "group", aria_label: "Bahasa / Language",
            for (language , name) in [(Language::Id, "Bahasa Indonesia"), (Language::En, "English")] {
                button {
                    r#type: "button",
                    lang: language.tag(),
                    "aria-pressed": now == language,
                    onclick: move |_| i18n::choose(language),
                    "{name}"
                }
            }
        }
    }
}
