//! The login with name and password: needs signal, once for each person and device.

use dioxus::prelude::*;

use crate::platform::host::page;
use crate::store::api::{Request, StoreError, Trouble};
use crate::ui::components::{Alert, Tone};
use crate::ui::format;
use crate::ui::i18n::t;
use crate::ui::state::shell;

/// Name, password, and the former secret when the store asks for it.
#[component]
pub(crate) fn LoginForm(username: String, #[props(default)] ondone: EventHandler<()>) -> Element {
    let mut name = use_signal(|| username);
    let mut password = use_signal(String::new);
    let mut old = use_signal(String::new);
    let mut shown = use_signal(|| false);
    let mut busy = use_signal(|| false);
    let mut error = use_signal(|| None::<StoreError>);
    let mut old_asked = use_signal(|| false);

    let send = move |event: FormEvent| async move {
        event.prevent_default();
        if busy() || name.read().trim().is_empty() || password.read().is_empty() {
            return;
        }
        busy.set(true);
        error.set(None);
        let request = Request::Login {
            username: name.read().trim().to_owned(),
            password: password(),
            old_secret: Some(old()).filter(|old| old_asked() && !old.is_empty()),
        };
        let done = shell().enter(request).await;
        busy.set(false);
        match done {
            Ok(()) => {
                password.set(String::new());
                ondone.call(());
            }
            Err(why) => {
                if why == StoreError::OldSecretNeeded {
                    old_asked.set(true);
                    page::focus("login-old");
                }
                error.set(Some(why));
            }
        }
    };

    rsx! {
        form { class: "stack", onsubmit: send,
            div { class: "field",
                label { r#for: "login-name", {t("username")} }
                input {
                    id: "login-name",
                    name: "username",
                    r#type: "text",
                    required: true,
                    autocomplete: "username",
                    autocapitalize: "none",
                    spellcheck: "false",
                    value: "{name}",
                    oninput: move |event| name.set(event.value()),
                }
            }
            div { class: "field",
                label { r#for: "login-password", {t("password")} }
                input {
                    id: "login-password",
                    name: "password",
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
            if old_asked() {
                div { class: "field",
                    label { r#for: "login-old", {t("old-secret")} }
                    p { id: "login-old-hint", class: "hint", {t("old-secret-hint")} }
                    input {
                        id: "login-old",
                        name: "old-secret",
                        r#type: if shown() { "text" } else { "password" },
                        autocomplete: "off",
                        "aria-describedby": "login-old-hint",
                        value: "{old}",
                        oninput: move |event| old.set(event.value()),
                    }
                }
            }
            if let Some(why) = error() {
                Alert { tone: Tone::Bad,
                    match why {
                        StoreError::Server(Trouble::Unreachable) => rsx! { p { {t("login-offline")} } },
                        why => rsx! { p { {format::error(&why)} } },
                    }
                }
            }
            button { class: "button primary wide", r#type: "submit", disabled: busy(),
                {t(if busy() { "login-busy" } else { "login" })}
            }
        }
    }
}
