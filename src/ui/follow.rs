//! The screens that are not in the app's first wasm. A second one follows it once the first has drawn something, so that a
//! phone that is new shows what it has early, and brings them. `xtask/src/split.rs` takes the two apart.

use dioxus::prelude::*;

use super::admin::{FormsScreen, SetAsideScreen};
use super::components::{Alert, Asking, Tone};
use super::form::VisitLayout;
use super::i18n::t;
use super::officer::QueueScreen;
use super::route::Route;
use super::settings::{About, LoginAgain, Settings};
use super::state::shell;
use super::supervisor::{InboxScreen, ReviewScreen};

/// The screen of a route that [follows](Route::follows), as soon as it is here.
#[component]
pub(super) fn Following(route: Route) -> Element {
    let shell = shell();
    match (shell.followed)() {
        Some(true) => behind(route),
        None => rsx! {
            Asking {}
        },
        Some(false) => rsx! {
            Alert { tone: Tone::Warn,
                p { {t("following-missing")} }
                button { class: "button small", r#type: "button", onclick: move |_| shell.bring_following(), {t("following-again")} }
            }
        },
    }
}

/// The door to the second wasm. The build looks for it by its name: what nothing else leads to moves. Nobody else may call
/// it, since it is empty until the second wasm is here.
#[inline(never)]
fn behind(route: Route) -> Element {
    match route {
        Route::VisitOverview { id }
        | Route::VisitResume { id }
        | Route::VisitPage { id, .. }
        | Route::VisitSend { id } => rsx! {
            VisitLayout { id }
        },
        Route::QueueScreen {} => rsx! {
            QueueScreen {}
        },
        Route::InboxScreen {} => rsx! {
            InboxScreen {}
        },
        Route::ReviewScreen { id } => rsx! {
            ReviewScreen { id }
        },
        Route::Settings {} => rsx! {
            Settings {}
        },
        Route::FormsScreen {} => rsx! {
            FormsScreen {}
        },
        Route::SetAsideScreen {} => rsx! {
            SetAsideScreen {}
        },
        Route::About {} => rsx! {
            About {}
        },
        Route::LoginAgain {} => rsx! {
            LoginAgain {}
        },
        Route::Home {}
        | Route::Cooperatives {}
        | Route::CooperativeScreen { .. }
        | Route::NotFound { .. } => rsx! {},
    }
}
