//! Before sending: what is missing, each a tap away, and the whole visit to read aloud.

use dioxus::prelude::*;

use super::answers::{Minutes, pages_of};
use super::layout::Reread;
use super::overview::{JumpLink, visit_date};
use super::runner::{SavedLine, Trouble};
use super::score::{VisitScore, result};
use super::work::work;
use crate::domain::RecordId;
use crate::platform::host::page as browser;
use crate::store::api::{Judged, Request, StoreError};
use crate::ui::background;
use crate::ui::components::{Alert, Head, Icon, Tone};
use crate::ui::format;
use crate::ui::i18n::{t, ta};
use crate::ui::route::Route;
use crate::ui::state::shell;

/// The summary.
#[component]
pub(crate) fn VisitSend(id: RecordId) -> Element {
    let work = work();
    let mut busy = use_signal(|| false);
    let mut error = use_signal(|| None::<String>);
    let mut reread = consume_context::<Reread>().0;
    use_hook(browser::scroll_to_top);
    // From now on a missing answer is shown at its question, too.
    use_hook(|| work.strict.set(true));
    let problems = work.problems();
    let count = problems.len();
    let pages = work.reading(pages_of);

    let send = use_callback({
        let work = work.clone();
        move |()| {
            let work = work.clone();
            spawn(async move {
                busy.set(true);
                error.set(None);
                work.unsaved.attached().await;
                let at = work.finish();
                // The clock has gone on since the summary was drawn, over midnight perhaps.
                if !work.problems().is_empty() {
                    busy.set(false);
                    browser::scroll_to_top();
                    return;
                }
                let looked_up = work.reading(|_, session, _| session.looked_up());
                let request = Request::SubmitVisit {
                    visit: id,
                    result: result(&work),
                    judged: Some(Judged { at, looked_up }),
                };
                let (shell, unsaved) = (shell(), work.unsaved.clone());
                // Once it is finished it is sent, whether the person waits for that here or not.
                let sent = background::finish(async move {
                    unsaved.saved().await?;
                    shell.ask(request).await
                });
                let sent = sent.await.unwrap_or(Err(StoreError::NotOpen));
                busy.set(false);
                match sent {
                    Ok(_) => {
                        navigator().replace(Route::VisitOverview { id });
                        *reread.write() += 1;
                    }
                    Err(why) => error.set(Some(format::error(&why))),
                }
            });
        }
    });

    let detail = &work.detail;
    let words = [
        ("date", format::date(&visit_date(&work)).into()),
        ("officer", detail.officer_name.clone().into()),
        ("cooperative", detail.cooperative.name.clone().into()),
        ("desa", detail.cooperative.desa.clone().into()),
        ("kecamatan", detail.cooperative.area.name().into()),
    ];
    let opening = ta("minutes-opening", &words);
    rsx! {
        Head { title: t("send-title"), lead: work.detail.cooperative.name.clone(), back: Route::VisitOverview { id } }
        Trouble {}
        if count > 0 {
            Alert { tone: Tone::Warn, title: ta("problems", &[("n", count.into())]),
                ul { class: "jumps",
                    for problem in problems {
                        li { key: "{problem.path}{problem.message}",
                            JumpLink { page: problem.page, path: problem.path, label: problem.label, note: problem.message }
                        }
                    }
                }
            }
        } else {
            Alert { tone: Tone::Good, title: t("complete-title"),
                p { {t("complete-text")} }
            }
        }
        if let Some(why) = error() {
            Alert { tone: Tone::Bad, p { "{why}" } }
        }
        p { class: "lead", "{opening}" }
        VisitScore {}
        Minutes { pages }
        footer { class: "foot",
            Link { class: "button", to: Route::VisitResume { id }, Icon { name: "back" } span { {t("keep-filling")} } }
            SavedLine {}
            if work.detail.editable {
                button {
                    class: "button primary",
                    r#type: "button",
                    "aria-disabled": count > 0 || busy(),
                    onclick: move |_| {
                        if count > 0 {
                            browser::scroll_to_top();
                        } else if !busy() {
                            send.call(());
                        }
                    },
                    Icon { name: "queue" }
                    span { {t("send")} }
                }
            }
        }
    }
}
