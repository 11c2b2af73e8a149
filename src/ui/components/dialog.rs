//! A question in front of everything else. The focus goes in, stays in and Escape leaves.

use std::rc::Rc;

use dioxus::prelude::*;

use crate::platform::host::page;
use crate::ui::i18n::t;

/// A window over the screen.
#[component]
pub(crate) fn Dialog(title: String, onclose: EventHandler<()>, children: Element) -> Element {
    let back = use_hook(|| Rc::new(page::remember_focus()));
    use_drop(move || back());
    use_effect(|| page::focus("dialog"));
    rsx! {
        div { class: "veil", onclick: move |_| onclose.call(()),
            // Past either end the focus starts again at the window.
            span { tabindex: "0", onfocus: move |_| page::focus("dialog") }
            div {
                class: "dialog",
                id: "dialog",
                role: "dialog",
                tabindex: "-1",
                "aria-modal": "true",
                "aria-labelledby": "dialog-title",
                onclick: move |event| event.stop_propagation(),
                onkeydown: move |event| {
                    if page::is_escape(event.data().downcast()) {
                        onclose.call(());
                    }
                },
                h2 { id: "dialog-title", "{title}" }
                {children}
            }
            span { tabindex: "0", onfocus: move |_| page::focus("dialog") }
        }
    }
}

/// Asks before something that matters.
#[component]
pub(crate) fn Confirm(
    title: String,
    text: String,
    confirm: String,
    #[props(default)] danger: bool,
    #[props(default)] busy: bool,
    onconfirm: EventHandler<()>,
    oncancel: EventHandler<()>,
) -> Element {
    rsx! {
        Dialog { title, onclose: oncancel,
            p { "{text}" }
            div { class: "actions",
                button { class: "button", r#type: "button", onclick: move |_| oncancel.call(()), {t("cancel")} }
                button {
                    class: if danger { "button danger" } else { "button primary" },
                    r#type: "button",
                    disabled: busy,
                    onclick: move |_| onconfirm.call(()),
                    "{confirm}"
                }
            }
        }
    }
}
