//! The screens: what officers and supervisors see. They ask the store through `platform::host::client` and know neither
//! SQL nor the browser; what they need of the browser stands in `platform::host::page`.
//!
//! | file | what it holds |
//! |---|---|
//! | `app`, `route`, `layout`, `gate/` | the frame: who is in, where they are, how they move |
//! | `follow` | the screens that are not in the first wasm |
//! | `state` | what every screen shares: the line to the store, status, sync, and asking again when data changed |
//! | `background` | what goes on when its screen is left |
//! | `i18n`, `format` | words in two languages; dates, states and errors in words |
//! | `components/` | leafs without knowledge of any screen |
//! | `form/` | a visit being filled: the session, its saving, one control per kind of question |
//! | `officer/`, `supervisor/`, `settings`, `backup` | the screens |

mod admin;
mod app;
mod background;
mod backup;
mod components;
mod fluent;
mod follow;
mod form;
mod format;
mod gate;
pub mod i18n;
mod layout;
mod officer;
mod route;
mod settings;
mod state;
mod supervisor;

/// Draws the app into the element `main` of the page.
pub fn start() {
    i18n::start();
    dioxus::launch(app::App);
}
