//! The PIN: six digits that open the app without signal.

use dioxus::prelude::*;

use crate::domain::Millis;
use crate::platform::web::page;
use crate::store::api::{Account, Request, StoreError};
use crate::ui::components::{Alert, Tone};
use crate::ui::format;
use crate::ui::i18n::{t, ta};
use crate::ui::state::shell;

/// Digits of a PIN.
const LENGTH: usize = 6;

/// One field for a PIN: digits only, number keypad, never shown.
#[component]
pub(crate) fn Digits(
    id: &'static str,
    label: String,
    value: Signal<String>,
    #[props(default)] disabled: bool,
) -> Element {
    let mut value = value;
    let filled = value.read().chars().count();
    rsx! {
        div { class: "field",
            label { r#for: id, "{label}" }
            div { class: "pin",
                input {
                    id,
                    class: "pin-input",
                    r#type: "password",
                    inputmode: "numeric",
                    autocomplete: "off",
                    maxlength: "6",
                    disabled,
                    value: "{value}",
                    oninput: move |event| {
                        value.set(event.value().chars().filter(char::is_ascii_digit).take(LENGTH).collect());
                    },
                }
                span { class: "pin-dots", "aria-hidden": "true",
                    for at in 0..LENGTH {
                        span { key: "{at}", "data-filled": at < filled }
                    }
                }
            }
        }
    }
}

/// Opens the app of one account.
#[component]
pub(crate) fn Unlock(account: Account) -> Element {
    let pin = use_signal(String::new);
    let mut busy = use_signal(|| false);
    let mut error = use_signal(|| None::<StoreError>);
    let mut left = use_signal(|| account.wait_until.map_or(0, format::seconds_until));
    let mut until = use_signal(|| account.wait_until.unwrap_or(Millis(0)));
    let username = account.username.clone();

    use_effect(|| page::focus("pin"));
    // The countdown after wrong PINs.
    use_future(move || async move {
        loop {
            let now = format::seconds_until(*until.peek());
            if *left.peek() != now {
                left.set(now);
                if now == 0 {
                    error.set(None);
                }
            }
            page::sleep(500).await;
        }
    });
    let open = use_callback(move |()| {
        let username = username.clone();
        let mut pin = pin;
        // `peek`: the effect below calls this and must follow the digits alone.
        if *busy.peek() || *left.peek() > 0 {
            return;
        }
        spawn(async move {
            busy.set(true);
            error.set(None);
            let done = shell()
                .enter(Request::Unlock {
                    username,
                    pin: pin.peek().clone(),
                })
                .await;
            busy.set(false);
            if let Err(why) = done {
                pin.set(String::new());
                if let StoreError::WrongPin {
                    wait_until: Some(then),
                }
                | StoreError::Wait { until: then } = &why
                {
                    until.set(*then);
                    left.set(format::seconds_until(*then));
                }
                error.set(Some(why));
                page::focus("pin");
            }
        });
    });
    // The sixth digit opens by itself: one touch less with wet hands.
    use_effect(move || {
        if pin.read().len() == LENGTH {
            open.call(());
        }
    });

    rsx! {
        h1 { {t("unlock-title")} }
        p { class: "lead", {ta("unlock-text", &[("name", account.username.into())])} }
        form {
            class: "stack",
            onsubmit: move |event| {
                event.prevent_default();
                open.call(());
            },
            Digits { id: "pin", label: t("pin"), value: pin, disabled: left() > 0 }
            if left() > 0 {
                Alert { tone: Tone::Warn,
                    p { {ta("pin-wait", &[("seconds", left().into())])} }
                }
            } else if let Some(why) = error() {
                Alert { tone: Tone::Bad, p { {format::error(&why)} } }
            }
            button { class: "button primary wide", r#type: "submit", disabled: busy() || left() > 0,
                {t(if busy() { "unlock-busy" } else { "unlock" })}
            }
        }
    }
}

/// Chooses a PIN, twice the same.
#[component]
pub(crate) fn ChoosePin(#[props(default)] ondone: EventHandler<()>) -> Element {
    let pin = use_signal(String::new);
    let again = use_signal(String::new);
    let mut busy = use_signal(|| false);
    let mut error = use_signal(|| None::<String>);

    use_effect(|| page::focus("pin-new"));
    let send = move |event: FormEvent| async move {
        event.prevent_default();
        if busy() {
            return;
        }
        if pin.read().len() != LENGTH {
            error.set(Some(t("error-bad-pin")));
            return;
        }
        if pin() != again() {
            error.set(Some(t("pin-differs")));
            return;
        }
        busy.set(true);
        error.set(None);
        let done = shell().enter(Request::SetPin { pin: pin() }).await;
        busy.set(false);
        match done {
            Ok(()) => ondone.call(()),
            Err(why) => error.set(Some(format::error(&why))),
        }
    };
    rsx! {
        form { class: "stack", onsubmit: send,
            Digits { id: "pin-new", label: t("pin-new"), value: pin }
            Digits { id: "pin-again", label: t("pin-again"), value: again }
            if let Some(why) = error() {
                Alert { tone: Tone::Bad, p { "{why}" } }
            }
            button { class: "button primary wide", r#type: "submit", disabled: busy(),
                {t(if busy() { "pin-saving" } else { "pin-save" })}
            }
        }
    }
}
