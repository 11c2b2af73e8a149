//! The PIN: six digits that open the app without signal.

use dioxus::prelude::*;

use crate::platform::host::page;
use crate::store::api::{Account, Request, StoreError};
use crate::store::pin::DIGITS;
use crate::ui::components::{Alert, Tone};
use crate::ui::format;
use crate::ui::i18n::{t, ta};
use crate::ui::state::shell;

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
                        value.set(event.value().chars().filter(char::is_ascii_digit).take(DIGITS).collect());
                    },
                }
                span { class: "pin-dots", "aria-hidden": "true",
                    for at in 0..DIGITS {
                        span { key: "{at}", "data-filled": at < filled }
                    }
                }
            }
        }
    }
}

/// Counts down for how long a secret is not looked at: the vault says so, and a clock that nobody sets measures it.
#[derive(Clone, Copy)]
pub(super) struct Wait {
    until: Signal<f64>,
    left: Signal<u32>,
}

impl Wait {
    /// Begins with so many seconds. To be called in a component.
    pub(super) fn hook(seconds: u32) -> Self {
        let mut wait = Self {
            until: use_signal(|| page::ticks() + f64::from(seconds) * 1000.0),
            left: use_signal(|| seconds),
        };
        use_future(move || async move {
            loop {
                page::sleep(500).await;
                let left = ((*wait.until.peek() - page::ticks()) / 1000.0)
                    .ceil()
                    .max(0.0) as u32;
                if *wait.left.peek() != left {
                    wait.left.set(left);
                }
            }
        });
        wait
    }

    /// Begins anew when an answer of the vault brings a wait.
    pub(super) fn told(mut self, error: &StoreError) {
        if let StoreError::WrongPin { seconds, .. }
        | StoreError::WrongPassword { seconds }
        | StoreError::Wait { seconds } = error
        {
            self.until.set(page::ticks() + f64::from(*seconds) * 1000.0);
            self.left.set(*seconds);
        }
    }

    /// Seconds that are left.
    pub(super) fn left(self) -> u32 {
        (self.left)()
    }

    /// Whether there are none, without following them.
    pub(super) fn is_over(self) -> bool {
        *self.left.peek() == 0
    }
}

/// Opens the app of one account.
#[component]
pub(crate) fn Unlock(account: Account) -> Element {
    let pin = use_signal(String::new);
    let mut busy = use_signal(|| false);
    let mut error = use_signal(|| None::<StoreError>);
    let wait = Wait::hook(account.pin_wait.unwrap_or(0));
    let username = account.username.clone();

    use_effect(|| page::focus("pin"));
    let open = use_callback(move |()| {
        let username = username.clone();
        let mut pin = pin;
        // `peek`: the effect below calls this and must follow the digits alone.
        if *busy.peek() || !wait.is_over() {
            return;
        }
        spawn(async move {
            busy.set(true);
            error.set(None);
            let unlock = Request::Unlock {
                username,
                pin: pin.peek().clone(),
            };
            let done = shell().enter(unlock).await;
            busy.set(false);
            match done {
                Ok(()) => {}
                Err(StoreError::PasswordNeeded) => {
                    // The accounts say so from now on, and the screen follows them.
                    let _ = shell().enter(Request::Status).await;
                }
                Err(why) => {
                    pin.set(String::new());
                    wait.told(&why);
                    error.set(Some(why));
                    page::focus("pin");
                }
            }
        });
    });
    // The sixth digit opens by itself: one touch less with wet hands.
    use_effect(move || {
        if pin.read().len() == DIGITS {
            open.call(());
        }
    });
    let left = wait.left();

    rsx! {
        h1 { {t("unlock-title")} }
        p { class: "lead", {ta("unlock-text", &[("name", account.username.into())])} }
        form {
            class: "stack",
            onsubmit: move |event| {
                event.prevent_default();
                open.call(());
            },
            Digits { id: "pin", label: t("pin"), value: pin, disabled: left > 0 }
            if left > 0 {
                Alert { tone: Tone::Warn,
                    p { {ta("pin-wait", &[("seconds", left.into())])} }
                }
            } else if let Some(why) = error().filter(|why| !matches!(why, StoreError::Wait { .. })) {
                Alert { tone: Tone::Bad, p { {format::error(&over(why))} } }
            }
            button { class: "button primary wide", r#type: "submit", disabled: busy() || left > 0,
                {t(if busy() { "unlock-busy" } else { "unlock" })}
            }
        }
    }
}

/// The same error when its wait is over.
pub(super) fn over(why: StoreError) -> StoreError {
    match why {
        StoreError::WrongPin { left, .. } => StoreError::WrongPin { seconds: 0, left },
        StoreError::WrongPassword { .. } => StoreError::WrongPassword { seconds: 0 },
        why => why,
    }
}

/// Chooses a PIN, twice the same. Whoever holds an open phone must know the former PIN, or the password.
#[component]
pub(crate) fn ChoosePin(
    #[props(default)] asks_old: bool,
    #[props(default)] ondone: EventHandler<()>,
) -> Element {
    let mut old = use_signal(String::new);
    let pin = use_signal(String::new);
    let again = use_signal(String::new);
    let mut busy = use_signal(|| false);
    let mut error = use_signal(|| None::<String>);

    use_effect(move || page::focus(if asks_old { "pin-old" } else { "pin-new" }));
    let send = move |event: FormEvent| async move {
        event.prevent_default();
        if busy() {
            return;
        }
        if pin.read().len() != DIGITS {
            error.set(Some(t("error-bad-pin")));
            return;
        }
        if pin() != again() {
            error.set(Some(t("pin-differs")));
            return;
        }
        busy.set(true);
        error.set(None);
        let set = match asks_old {
            false => Request::SetPin { pin: pin() },
            true => Request::ChangePin {
                pin: pin(),
                old_secret: old(),
            },
        };
        let done = shell().enter(set).await;
        busy.set(false);
        match done {
            Ok(()) => ondone.call(()),
            Err(why) => error.set(Some(format::error(&why))),
        }
    };
    rsx! {
        form { class: "stack", onsubmit: send,
            if asks_old {
                div { class: "field",
                    label { r#for: "pin-old", {t("pin-old")} }
                    input {
                        id: "pin-old",
                        r#type: "password",
                        required: true,
                        autocomplete: "off",
                        value: "{old}",
                        oninput: move |event| old.set(event.value()),
                    }
                }
            }
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
