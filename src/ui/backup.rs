//! Cadangan: everything unsent into a file, without a network, and such a file back in.

use dioxus::prelude::*;

use super::components::{Alert, Card, Dialog, Icon, Tone};
use super::format;
use super::i18n::{t, ta};
use super::state::{Shell, shell, use_reply};
use crate::platform::host::files::{Picked, Pieces};
use crate::platform::host::page;
use crate::store::api::{Bytes, Reply, Request, Restored, StoreError};
use crate::sync::backup::ENDING;

/// The id of the field for the file.
const PICK: &str = "backup-file";

/// What is being done.
#[derive(Clone, Copy, PartialEq)]
enum Doing {
    Nothing,
    Saving,
    Restoring,
}

/// The two buttons, each with the question for the password.
#[component]
pub(super) fn BackupCard() -> Element {
    let mut doing = use_signal(|| Doing::Nothing);
    let mut said = use_signal(|| None::<String>);
    rsx! {
        Card { title: t("backup"),
            p { class: "quiet", {t("backup-text")} }
            if let Some(words) = said() {
                Alert { tone: Tone::Good, p { "{words}" } }
            }
            div { class: "actions column",
                button { class: "button", r#type: "button", onclick: move |_| doing.set(Doing::Saving), Icon { name: "check" } {t("backup-save")} }
                button { class: "button", r#type: "button", onclick: move |_| doing.set(Doing::Restoring), Icon { name: "return" } {t("backup-restore")} }
            }
        }
        if doing() != Doing::Nothing {
            Ask {
                saves: doing() == Doing::Saving,
                onclose: move |()| doing.set(Doing::Nothing),
                ondone: move |words| {
                    doing.set(Doing::Nothing);
                    said.set(Some(words));
                },
            }
        }
    }
}

#[component]
fn Ask(saves: bool, onclose: EventHandler<()>, ondone: EventHandler<String>) -> Element {
    let mut password = use_signal(String::new);
    let mut busy = use_signal(|| false);
    let mut error = use_signal(|| None::<String>);
    let title = t(if saves {
        "backup-save"
    } else {
        "backup-restore"
    });
    let go = move |event: FormEvent| async move {
        event.prevent_default();
        if busy() || password.read().is_empty() {
            return;
        }
        busy.set(true);
        error.set(None);
        let done = if saves {
            save(shell(), password())
                .await
                .map(|name| ta("backup-saved", &[("name", name.into())]))
        } else {
            restore(shell(), password()).await.map(|restored| {
                let numbers = [
                    ("n", restored.changes.into()),
                    ("known", restored.known.into()),
                    ("photos", restored.photos.into()),
                ];
                ta("backup-restored", &numbers)
            })
        };
        busy.set(false);
        match done {
            Ok(words) => ondone.call(words),
            Err(why) => error.set(Some(format::error(&why))),
        }
    };
    rsx! {
        Dialog { title: title.clone(), onclose,
            form { class: "stack", onsubmit: go,
                p { {t(if saves { "backup-save-text" } else { "backup-restore-text" })} }
                if !saves {
                    div { class: "field",
                        label { r#for: PICK, {t("backup-file")} }
                        input { id: PICK, r#type: "file", required: true }
                    }
                }
                div { class: "field",
                    label { r#for: "backup-password", {t("password")} }
                    input {
                        id: "backup-password",
                        r#type: "password",
                        required: true,
                        autocomplete: "current-password",
                        value: "{password}",
                        oninput: move |event| password.set(event.value()),
                    }
                }
                if let Some(why) = error() {
                    Alert { tone: Tone::Bad, p { "{why}" } }
                }
                if busy() {
                    progress { aria_label: t("progress") }
                }
                div { class: "actions",
                    button { class: "button", r#type: "button", onclick: move |_| onclose.call(()), {t("cancel")} }
                    button { class: "button primary", r#type: "submit", disabled: busy(), "{title}" }
                }
            }
        }
    }
}

/// Writes the file and gives it to the person; says its name.
async fn save(shell: Shell, password: String) -> Result<String, StoreError> {
    let pieces = Pieces::default();
    let mut request = Request::BackUp { password };
    while let Reply::Bytes(Bytes(bytes)) = shell.ask(request).await? {
        if bytes.is_empty() {
            break;
        }
        pieces.push(&bytes).ok_or(StoreError::Full)?;
        request = Request::BackUpMore;
    }
    let who = shell.user().map(|user| user.username).unwrap_or_default();
    let name = format!("anjangsana-{who}-{}.{ENDING}", page::now().date());
    pieces.save(&name).ok_or(StoreError::NotFound)?;
    Ok(name)
}

async fn restore(shell: Shell, password: String) -> Result<Restored, StoreError> {
    let gone = StoreError::NotFound;
    let file = Picked::of(PICK).ok_or(gone.clone())?;
    let (mut at, mut password) = (0.0, Some(password));
    loop {
        let (bytes, last) = file.piece(at).await.ok_or(gone.clone())?;
        at += bytes.len() as f64;
        let request = Request::Restore {
            password: password.take(),
            bytes: Bytes(bytes),
            last,
        };
        if let Reply::Restored(restored) = shell.ask(request).await? {
            return Ok(restored);
        }
    }
}

/// Databases that did not open any more, if there are any: what happened, and their files.
#[component]
pub(super) fn DamagedCards() -> Element {
    let shell = shell();
    let mut error = use_signal(|| None::<String>);
    let asked = use_reply(&[], || Request::Damaged);
    let all = match &*asked.read() {
        Some(Ok(reply)) => match &**reply {
            Reply::Damaged(all) => all.clone(),
            _ => Vec::new(),
        },
        _ => Vec::new(),
    };
    rsx! {
        for (number , one) in (0..).zip(all) {
            Card { title: t("damaged-title"),
                Alert { tone: Tone::Warn, p { {ta("damaged-text", &[("at", format::instant(one.at).into())])} } }
                details { summary { {t("details")} } p { class: "quiet", lang: "en", "{one.reason}" } }
                if let Some(why) = error() {
                    Alert { tone: Tone::Bad, p { "{why}" } }
                }
                button {
                    class: "button",
                    r#type: "button",
                    onclick: move |_| {
                        let file = one.file.clone();
                        async move {
                            let done = save_damaged(shell, number, &file).await;
                            error.set(done.err().map(|why| format::error(&why)));
                        }
                    },
                    {t("damaged-save")}
                }
            }
        }
    }
}

async fn save_damaged(shell: Shell, number: u32, file: &str) -> Result<(), StoreError> {
    let pieces = Pieces::default();
    let mut at = 0;
    while let Reply::Bytes(Bytes(bytes)) = shell.ask(Request::DamagedBytes { number, at }).await? {
        if bytes.is_empty() {
            break;
        }
        at += bytes.len() as u64;
        pieces.push(&bytes).ok_or(StoreError::Full)?;
    }
    pieces.save(file).ok_or(StoreError::NotFound)
}
