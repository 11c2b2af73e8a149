//! What an answer names: a photo or a signature to look at, a recording to hear, a file to open. Or that it is yet to come.

use std::rc::Rc;

use dioxus::prelude::*;

use super::{Dialog, Icon};
use crate::domain::AttachmentName;
use crate::platform::host::camera::ObjectUrl;
use crate::store::api::{Reply, Request, Topic};
use crate::ui::i18n::{t, ta};
use crate::ui::state::shell;

/// An attachment by the name that an answer has for it; `label` is its question.
#[component]
pub(crate) fn Attached(name: String, label: String) -> Element {
    let shell = use_hook(shell);
    let mut here = use_signal(|| false);
    let mut large = use_signal(|| false);
    let found = use_resource(use_reactive((&name,), move |(name,)| {
        // What has not come yet may come with the next sync.
        if !*here.peek() {
            shell.follow(&[Topic::Visits]);
        }
        async move {
            let name: AttachmentName = name.parse().ok()?;
            match shell.ask(Request::Attachment(name.clone())).await {
                Ok(Reply::Bytes(bytes)) => {
                    here.set(true);
                    ObjectUrl::of(&bytes.0, name.media_type()).map(Rc::new)
                }
                _ => None,
            }
        }
    }));
    let found = found.read();
    let url = match &*found {
        None => {
            return rsx! {
                p { class: "thumb later", role: "status", {t("asking")} }
            };
        }
        Some(None) => {
            return rsx! {
                p { class: "thumb later", Icon { name: "wait" } {t("picture-later")} }
            };
        }
        Some(Some(url)) => url.as_str(),
    };
    let ending = name.rsplit('.').next().unwrap_or_default();
    match ending {
        "weba" | "m4a" | "ogg" => rsx! {
            audio { controls: true, src: url, aria_label: label }
        },
        "mp4" | "webm" => rsx! {
            video { class: "thumb", controls: true, src: url, aria_label: label }
        },
        "pdf" => rsx! {
            a { class: "button small", href: url, target: "_blank", {t("file-open")} }
        },
        _ => rsx! {
            button {
                class: "thumb",
                r#type: "button",
                aria_label: ta("picture-enlarge", &[("label", label.clone().into())]),
                onclick: move |_| large.set(true),
                img { src: url, alt: "{label}" }
            }
            if large() {
                Dialog { title: label.clone(), onclose: move |()| large.set(false),
                    img { class: "full", src: url, alt: label.clone() }
                    div { class: "actions",
                        button { class: "button", r#type: "button", onclick: move |_| large.set(false), {t("close")} }
                    }
                }
            }
        },
    }
}
