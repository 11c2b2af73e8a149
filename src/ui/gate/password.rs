//! The password without a network: the way in for who forgot the PIN, or typed it wrong too often.

use dioxus::prelude::*;

use super::pin::Wait;
use crate::platform::host::page;
use crate::store::api::{Account, Request, StoreError};
use crate::ui::components::{Alert, Tone};
use crate::ui::format;
use crate::ui::i18n::{t, ta};
use crate::ui::state::shell;

/// Opens what one account has on this device; then a PIN is chosen.
#[component]
pub(super) fn UnlockByPassword(account: Account) -> Element {
    let mut password = use_signal(String::new);
    let mut shown = use_signal(|| false);
    let mut busy = use_signal(|| false);
    let mut error = use_signal(|| None::<StoreError>);
    let wait = Wait::hook(account.password_wait);
    let username = account.username.clone();
    use_effect(|| page::focus("unlock-password"));
    let open = move |event: FormEvent| {
        let username = username.clone();
        async move {
            event.prevent_default();
            if busy() || !wait.is_over() || password.read().is_empty() {
                return;
            }
            busy.set(true);
            error.set(None);
            let unlock = Request::UnlockByPassword {
                username,
                password: password(),
            };
            let done = shell().enter(unlock).await;
            busy.set(false);
            if let Err(why) = done {
                wait.told(&why);
                error.set(Some(why));
                page::focus("unlock-password");
            }
        }
    };
    let left = wait.left();
    let name = account.username.clone();
    rsx! {
        h1 { {t("unlock-password-title")} }
        p { class: "lead",
            {ta(
                if account.pin_wait.is_some() { "unlock-password-text" } else { "unlock-password-only" },
                &[("name", name.into())],
            )}
        }
        form { class: "stack", onsubmit: open,
            div { class: "field",
                label { r#for: "unlock-password", {t("password")} }
                input {
                    id: "unlock-password",
                    r#type: if shown() { "text" } else { "password" },
                    required: true,
                    autocomplete: "current-password",
                    autocapitalize: "none",
                    spellcheck: "false",
                    value: "{password}",
                    oninput: move |event| password.set(event.value()),
                }
                label { class: "check",
                    input { r#type: "checkbox", checked: shown(), onchange: move |event| shown.set(event.checked()) }
                    {t("password-show")}
                }
            }
            if left > 0 {
                Alert { tone: Tone::Warn, p { {ta("error-wait", &[("seconds", left.into())])} } }
            } else if let Some(why) = error().filter(|why| !matches!(why, StoreError::Wait { .. })) {
                Alert { tone: Tone::Bad, p { {format::error(&super::pin::over(why))} } }
            }
            button { class: "button primary wide", r#type: "submit", disabled: busy() || left > 0,
                {t(if busy() { "unlock-busy" } else { "unlock" })}
            }
        }
    }
}
