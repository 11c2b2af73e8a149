//! The root: the address bar, the shared state, the router, and what stands there when the program fails.

use dioxus::prelude::*;

use super::i18n::t;
use super::route::Route;
use super::state::Shell;
use crate::platform::host::{history, page};

/// The whole app.
#[component]
pub(super) fn App() -> Element {
    use_hook(history::provide);
    use_context_provider(Shell::start);
    rsx! {
        ErrorBoundary { handle_error: |_| rsx! {
            Broken {}
        },
            Router::<Route> {}
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
