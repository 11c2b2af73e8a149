//! The frame of one visit: loads it once, keeps its session over all of its screens, and saves when it is left.

use std::rc::Rc;

use dioxus::prelude::*;

use super::overview::{VisitOverview, VisitResume};
use super::runner::VisitPage;
use super::send::VisitSend;
use super::unsaved::Unsaved;
use super::work::Work;
use crate::domain::RecordId;
use crate::store::api::{AppStatus, Reply, Request, StoreError, VisitDetail};
use crate::ui::background;
use crate::ui::components::{Alert, Asking, Head, Tone};
use crate::ui::i18n::{language, t, ta};
use crate::ui::route::Route;
use crate::ui::state::shell;

/// Counts up when a visit must be read anew, because its state changed.
#[derive(Clone, Copy, PartialEq)]
pub(crate) struct Reread(pub(crate) Signal<u32>);

/// Everything under `/kunjungan/:id`.
#[component]
pub(crate) fn VisitLayout(id: RecordId) -> Element {
    rsx! {
        // A key counts only among siblings; in a loop over one, another key means a new component.
        for id in [id] {
            Load { key: "{id}", id }
        }
    }
}

#[component]
fn Load(id: RecordId) -> Element {
    let shell = shell();
    let reread = use_context_provider(|| Reread(Signal::new(0)));
    use_context_provider(|| Unsaved::of(shell, id));
    let asked = use_resource(move || async move {
        let turn = (reread.0)();
        match shell.ask(Request::Visit(id)).await? {
            Reply::Visit(detail) => Ok((turn, Rc::new(*detail))),
            _ => Err(StoreError::NotFound),
        }
    });
    match &*asked.read() {
        None => rsx! {
            Asking {}
        },
        Some(Err(why)) => rsx! {
            Head { title: t("visit"), back: Route::Home {} }
            Asking { error: why.clone() }
        },
        Some(Ok((turn, detail))) => rsx! {
            for (turn , detail) in [(turn, detail)] {
                Open { key: "{turn}", detail: Shared(detail.clone()) }
            }
        },
    }
}

/// Compared by being the same, not by looking through every answer.
#[derive(Clone)]
struct Shared(Rc<VisitDetail>);

impl PartialEq for Shared {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

#[component]
fn Open(detail: Shared) -> Element {
    let here = use_route::<Route>();
    let opened = use_hook(|| {
        let shell = shell();
        let user = shell.user();
        let device = match &*shell.status.peek() {
            AppStatus::Open { device, .. } => device.clone(),
            _ => String::new(),
        };
        let unsaved = consume_context();
        let detail = (*detail.0).clone();
        let opened = Work::open(shell, detail, unsaved, user.as_ref(), &device);
        if let Ok(work) = &opened {
            provide_context(work.clone());
        }
        opened
    });
    let saving = opened.clone();
    background::use_last_moments(move || {
        if let Ok(work) = &saving {
            work.flush();
        }
    });
    let speaking = opened.clone();
    use_effect(move || {
        let _ = language();
        if let Ok(work) = &speaking {
            work.translate();
        }
    });
    match opened {
        Ok(_) => match here {
            Route::VisitOverview { id } => rsx! {
                VisitOverview { id }
            },
            Route::VisitResume { id } => rsx! {
                VisitResume { id }
            },
            Route::VisitPage { id, page } => rsx! {
                VisitPage { id, page }
            },
            Route::VisitSend { id } => rsx! {
                VisitSend { id }
            },
            _ => rsx! {},
        },
        Err(why) => rsx! {
            Head { title: t("visit"), back: Route::Home {} }
            Alert { tone: Tone::Bad, title: t("form-broken"),
                p { {ta("error-form", &[("why", why.into())])} }
            }
        },
    }
}
