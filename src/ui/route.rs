//! Addresses of the screens. They carry identities only; what a screen shows comes from the store.

use dioxus::prelude::*;

use super::layout::Frame;
use super::officer::{CooperativeScreen, Cooperatives, Home};
use crate::domain::RecordId;

/// Every screen.
#[derive(Routable, Clone, PartialEq, Debug)]
#[rustfmt::skip]
pub(crate) enum Route {
    #[layout(Frame)]
        #[route("/")]
        Home {},
        #[route("/koperasi")]
        Cooperatives {},
        #[route("/koperasi/:id")]
        CooperativeScreen { id: RecordId },
        #[route("/kunjungan/:id", Elsewhere)]
        VisitOverview { id: RecordId },
        #[route("/kunjungan/:id/lanjut", Elsewhere)]
        VisitResume { id: RecordId },
        #[route("/kunjungan/:id/isi/:page", Elsewhere)]
        VisitPage { id: RecordId, page: String },
        #[route("/kunjungan/:id/kirim", Elsewhere)]
        VisitSend { id: RecordId },
        #[route("/antrean", Elsewhere)]
        QueueScreen {},
        #[route("/persetujuan", Elsewhere)]
        InboxScreen {},
        #[route("/persetujuan/:id", Elsewhere)]
        ReviewScreen { id: RecordId },
        #[route("/pengaturan", Elsewhere)]
        Settings {},
        #[route("/formulir", Elsewhere)]
        FormsScreen {},
        #[route("/tertahan", Elsewhere)]
        SetAsideScreen {},
        #[route("/tentang", Elsewhere)]
        About {},
        #[route("/masuk", Elsewhere)]
        LoginAgain {},
        #[route("/:..rest")]
        NotFound { rest: Vec<String> },
}

impl Route {
    /// Whether the screen is not in the first wasm but in the one that follows it.
    pub(crate) fn follows(&self) -> bool {
        !matches!(
            self,
            Self::Home {}
                | Self::Cooperatives {}
                | Self::CooperativeScreen { .. }
                | Self::NotFound { .. }
        )
    }
}

/// What the router knows of a screen that follows: nothing, since [`super::follow`] draws those.
#[component]
fn Elsewhere(id: Option<RecordId>, page: Option<String>) -> Element {
    let _ = (id, page);
    rsx! {}
}

#[component]
fn NotFound(rest: Vec<String>) -> Element {
    let _ = rest;
    super::layout::not_found()
}
