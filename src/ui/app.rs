//! The root: the address bar, the shared state, the router, and what stands there when the program fails.

use dioxus::prelude::*;

use super::i18n::t;
use super::route::Route;
use super::state::Shell;
use crate::platform::web::{history, page};

/// The whole app.
#[component]
pub(super) fn App() -> Element {
    use_hook(history::provide);
    let shell = use_hook(|| provide_context(Shell::start()));
    rsx! {
        ErrorBoundary { handle_error: |_| rsx! {
            Broken {}
        },
            Router::<Route> {}
        }
        if (shell.update)() {
            UpdateToast { shell }
        }
    }
}

/// The program failed; what was saved is on disk.
#[component]
fn Broken() -> Element {
    rsx! {
        main { class: "gate",
            div { class: "gate-card", role: "alert",
                h1 { {t("broken-title")} }
                p { {t("broken-text")} }
                button { class: "button primary", r#type: "button", onclick: |_| page::reload(), {t("reload")} }
            }
        }
    }
}

/// A new version waits.
#[component]
fn UpdateToast(shell: Shell) -> Element {
    let mut update = shell.update;
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
