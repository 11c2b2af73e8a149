//! Small parts of every screen: the head, cards, chips, messages, and what stands there while the store answers.

use dioxus::prelude::*;

use super::Icon;
use crate::domain::StatusEntry;
use crate::platform::host::page;
use crate::store::api::StoreError;
use crate::ui::i18n::{t, ta};
use crate::ui::{format, route::Route};

/// What a part means: colour follows, and an icon or a word always says it too.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    Plain,
    Info,
    Good,
    Warn,
    Bad,
}

impl Tone {
    fn name(self) -> &'static str {
        match self {
            Tone::Plain => "plain",
            Tone::Info => "info",
            Tone::Good => "good",
            Tone::Warn => "warn",
            Tone::Bad => "bad",
        }
    }
}

/// Sets the title of the page to that of this screen.
pub(crate) fn use_title(title: &str) {
    use_effect(use_reactive((&title.to_owned(),), |(title,)| {
        page::set_title(&format!("{title} · Anjangsana"));
    }));
}

/// The head of a screen: its name, the way back, and what can be done with all of it.
#[component]
pub(crate) fn Head(
    title: String,
    back: Option<Route>,
    lead: Option<String>,
    children: Element,
) -> Element {
    use_title(&title);
    rsx! {
        header { class: "head",
            if let Some(back) = back {
                Link { class: "head-back", to: back, aria_label: t("back"), Icon { name: "back" } }
            }
            div { class: "head-words",
                h1 { "{title}" }
                if let Some(lead) = lead {
                    p { class: "lead", "{lead}" }
                }
            }
            div { class: "head-actions", {children} }
        }
    }
}

/// A box of things that belong together.
#[component]
pub(crate) fn Card(
    title: Option<String>,
    #[props(default)] class: &'static str,
    children: Element,
) -> Element {
    rsx! {
        section { class: "card {class}",
            if let Some(title) = title {
                h2 { class: "card-title", "{title}" }
            }
            {children}
        }
    }
}

/// A short state, told by word, shape and colour.
#[component]
pub(crate) fn Chip(tone: Tone, icon: &'static str, text: String) -> Element {
    rsx! {
        span { class: "chip", "data-tone": tone.name(),
            Icon { name: icon }
            "{text}"
        }
    }
}

/// The status of a cooperative, with its date on request.
#[component]
pub(crate) fn StatusChip(entry: Option<StatusEntry>, #[props(default)] dated: bool) -> Element {
    use crate::domain::Status;
    let Some(entry) = entry else {
        return rsx! {
            Chip { tone: Tone::Plain, icon: "info", text: t("status-unknown") }
        };
    };
    let (tone, icon) = match entry.status {
        Status::Aktif => (Tone::Good, "done"),
        Status::KurangAktif => (Tone::Warn, "alert"),
        Status::TidakAktif => (Tone::Bad, "cross"),
    };
    rsx! {
        Chip { tone, icon, text: format::status(entry.status) }
        if dated {
            span { class: "quiet", {ta("as-of", &[("date", format::date(&entry.date).into())])} }
        }
    }
}

/// A message that stays until its cause is gone.
#[component]
pub(crate) fn Alert(
    tone: Tone,
    #[props(default)] title: Option<String>,
    children: Element,
) -> Element {
    let icon = match tone {
        Tone::Good => "done",
        Tone::Warn | Tone::Bad => "alert",
        Tone::Plain | Tone::Info => "info",
    };
    let role = if tone == Tone::Bad { "alert" } else { "status" };
    rsx! {
        div { class: "alert", "data-tone": tone.name(), role,
            Icon { name: icon }
            div { class: "alert-words",
                if let Some(title) = title {
                    p { class: "alert-title", "{title}" }
                }
                {children}
            }
        }
    }
}

/// Nothing is here, and what to do about it.
#[component]
pub(crate) fn Empty(icon: &'static str, text: String, children: Element) -> Element {
    rsx! {
        div { class: "empty",
            Icon { name: icon }
            p { "{text}" }
            {children}
        }
    }
}

/// What stands in a screen until the store has answered, or why it did not.
#[component]
pub(crate) fn Asking(error: Option<StoreError>) -> Element {
    match error {
        None => rsx! {
            p { class: "asking", role: "status", {t("asking")} }
        },
        Some(error) => rsx! {
            Alert { tone: Tone::Bad,
                p { {format::error(&error)} }
            }
        },
    }
}
