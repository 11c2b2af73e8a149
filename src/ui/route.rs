//! Addresses of the screens. They carry identities only; what a screen shows comes from the store.

use dioxus::prelude::*;

use super::admin::{FormsScreen, SetAsideScreen};
use super::form::{VisitLayout, VisitOverview, VisitPage, VisitResume, VisitSend};
use super::layout::Frame;
use super::officer::{CooperativeScreen, Cooperatives, Home, QueueScreen};
use super::settings::{About, LoginAgain, Settings};
use super::supervisor::{InboxScreen, ReviewScreen};
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
        #[nest("/kunjungan/:id")]
            #[layout(VisitLayout)]
                #[route("/")]
                VisitOverview { id: RecordId },
                #[route("/lanjut")]
                VisitResume { id: RecordId },
                #[route("/isi/:page")]
                VisitPage { id: RecordId, page: String },
                #[route("/kirim")]
                VisitSend { id: RecordId },
            #[end_layout]
        #[end_nest]
        #[route("/antrean")]
        QueueScreen {},
        #[route("/persetujuan")]
        InboxScreen {},
        #[route("/persetujuan/:id")]
        ReviewScreen { id: RecordId },
        #[route("/pengaturan")]
        Settings {},
        #[route("/formulir")]
        FormsScreen {},
        #[route("/tertahan")]
        SetAsideScreen {},
        #[route("/tentang")]
        About {},
        #[route("/masuk")]
        LoginAgain {},
        #[route("/:..rest")]
        NotFound { rest: Vec<String> },
}

#[component]
fn NotFound(rest: Vec<String>) -> Element {
    let _ = rest;
    super::layout::not_found()
}
