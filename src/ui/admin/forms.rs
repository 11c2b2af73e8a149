//! Formulir: the versions there are, each as a workbook, and publishing a new one.

use dioxus::prelude::*;

use super::report::Report;
use crate::domain::{json, person::Permission};
use crate::platform::host::{camera, page};
use crate::store::api::{Request, StoreError};
use crate::sync::forms::{FORMS_PATH, FormReport, FormVersion};
use crate::ui::components::{Alert, Asking, Card, Confirm, Empty, Head, Icon, Tone};
use crate::ui::format;
use crate::ui::i18n::{t, ta};
use crate::ui::route::Route;
use crate::ui::state::shell;

/// The file field.
const FIELD: &str = "workbook";
/// What the file field offers.
const XLSX: &str = ".xlsx,application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// The forms, for the administrator.
#[component]
pub(crate) fn FormsScreen() -> Element {
    let shell = shell();
    let round = use_signal(|| 0_u32);
    let listed = use_resource(move || {
        let (_, online) = (round(), (shell.online)());
        async move {
            if online {
                shell.fetch(FORMS_PATH.to_owned(), None).await
            } else {
                Ok(Vec::new())
            }
        }
    });
    if !shell.may(Permission::Administer) {
        return rsx! {
            Head { title: t("forms"), back: Route::Settings {} }
            Empty { icon: "lock", text: t("error-forbidden"),
                Link { class: "button primary", to: Route::Home {}, {t("to-home")} }
            }
        };
    }
    rsx! {
        Head { title: t("forms"), back: Route::Settings {}, lead: t("forms-lead") }
        if !(shell.online)() {
            Empty { icon: "no-signal", text: t("forms-offline") }
        } else {
            div { class: "two",
                match &*listed.read() {
                    None => rsx! { Asking {} },
                    Some(Err(why)) => rsx! { Asking { error: why.clone() } },
                    Some(Ok(bytes)) => match json::read_bytes::<Vec<FormVersion>>(bytes) {
                        Ok(versions) => rsx! { Versions { versions } },
                        Err(_) => rsx! { Alert { tone: Tone::Bad, p { {t("forms-unreadable")} } } },
                    },
                }
                Publish { round }
            }
        }
    }
}

#[component]
fn Versions(versions: Vec<FormVersion>) -> Element {
    let shell = shell();
    let mut saving = use_signal(|| None::<String>);
    let mut failed = use_signal(|| None::<StoreError>);
    rsx! {
        Card { title: t("forms"),
            if let Some(why) = failed() {
                Alert { tone: Tone::Bad, p { {format::error(&why)} } }
            }
            if versions.is_empty() {
                p { class: "quiet", {t("forms-none")} }
            }
            ul { class: "rows",
                for one in versions {
                    li { key: "{one.form} {one.version}", class: "row",
                        div { class: "row-words",
                            p { class: "row-title", "{one.title} · {one.version}" }
                            p { class: "quiet", {ta("forms-published", &[("date", one.at.in_words(true).into())])} }
                        }
                        button {
                            class: "button small",
                            r#type: "button",
                            aria_label: "{t(\"forms-download\")}: {one.title} {one.version}",
                            disabled: saving().is_some(),
                            onclick: move |_| {
                                let one = one.clone();
                                async move {
                                    let name = format!("{}-{}.xlsx", one.form, one.version);
                                    saving.set(Some(name.clone()));
                                    let path = format!("{FORMS_PATH}/{}/{}.xlsx", one.form, one.version);
                                    match shell.fetch(path, None).await {
                                        Ok(bytes) => {
                                            failed.set(None);
                                            page::save(&bytes, &name).await;
                                        }
                                        Err(why) => failed.set(Some(why)),
                                    }
                                    saving.set(None);
                                }
                            },
                            {t(if saving().is_some() { "forms-saving" } else { "forms-download" })}
                        }
                    }
                }
            }
        }
    }
}

/// What was chosen and how far it is.
#[derive(Clone, PartialEq)]
enum Stage {
    Nothing,
    Checking,
    Checked(FormReport),
    Asking(FormReport),
    Published(String),
    Failed(StoreError),
    Unreadable,
}

#[component]
fn Publish(round: Signal<u32>) -> Element {
    let shell = shell();
    let mut stage = use_signal(|| Stage::Nothing);
    let mut book = use_signal(Vec::<u8>::new);
    let send = move |dry: bool| async move {
        let path = if dry {
            format!("{FORMS_PATH}?dry=1")
        } else {
            FORMS_PATH.to_owned()
        };
        stage.set(Stage::Checking);
        let bytes = book.peek().clone();
        let said = shell.fetch(path, Some(bytes)).await;
        stage.set(
            match said.map(|said| json::read_bytes::<FormReport>(&said)) {
                Err(why) => Stage::Failed(why),
                Ok(Err(_)) => Stage::Unreadable,
                Ok(Ok(report)) if report.published => Stage::Published(report.version),
                Ok(Ok(report)) => Stage::Checked(report),
            },
        );
        if !dry {
            *round.write() += 1;
            // The device that published is the first to have it.
            let _later = shell.ask(Request::SyncNow).await;
        }
    };
    let busy = stage() == Stage::Checking;
    rsx! {
        Card { title: t("forms-new"),
            p { class: "quiet", {t("forms-new-lead")} }
            div { class: "actions start",
                label { class: "button primary file", "aria-disabled": busy,
                    Icon { name: "up" }
                    {t(if busy { "forms-checking" } else { "forms-check" })}
                    input {
                        id: FIELD,
                        r#type: "file",
                        accept: XLSX,
                        disabled: busy,
                        onchange: move |_| async move {
                            let Some(picked) = camera::picked(FIELD) else {
                                return;
                            };
                            match picked.bytes().await {
                                Some(bytes) => {
                                    book.set(bytes);
                                    send(true).await;
                                }
                                None => stage.set(Stage::Unreadable),
                            }
                        },
                    }
                }
            }
            match stage() {
                Stage::Nothing | Stage::Checking => rsx! {},
                Stage::Failed(why) => rsx! { Alert { tone: Tone::Bad, p { {format::error(&why)} } } },
                Stage::Unreadable => rsx! { Alert { tone: Tone::Bad, p { {t("forms-unreadable")} } } },
                Stage::Published(version) => rsx! {
                    Alert { tone: Tone::Good, p { {ta("forms-done", &[("version", version.into())])} } }
                },
                Stage::Checked(report) => rsx! {
                    Report { report: report.clone() }
                    if report.errors.is_empty() {
                        div { class: "actions",
                            button {
                                class: "button primary",
                                r#type: "button",
                                onclick: move |_| stage.set(Stage::Asking(report.clone())),
                                {t("forms-publish")}
                            }
                        }
                    }
                },
                Stage::Asking(report) => rsx! {
                    Report { report: report.clone() }
                    Confirm {
                        title: ta("forms-publish-title", &[("version", report.version.clone().into())]),
                        text: t("forms-publish-text"),
                        confirm: t("forms-publish"),
                        oncancel: move |()| stage.set(Stage::Checked(report.clone())),
                        onconfirm: move |()| send(false),
                    }
                },
            }
        }
    }
}
