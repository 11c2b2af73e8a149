//! Photos, recordings and files: taken or chosen, shrunk on the device, kept, looked at, taken again.

use dioxus::prelude::*;

use super::question::Asked;
use super::unsaved::{Keeping, Made};
use super::work::work;
use crate::domain::attachment::{MEDIA, MOST_BYTES};
use crate::form::{QuestionKind, QuestionState};
use crate::platform::host::camera::{self, Picked};
use crate::ui::components::{Alert, Attached, Confirm, Icon, Tone};
use crate::ui::i18n::{t, ta};

/// The longer side of a photo, pixels; a sheet may ask for less by `max-pixels`.
const MOST_PIXELS: u32 = 1600;
/// The most bytes of a photo.
const PHOTO_BYTES: f64 = 300_000.0;

/// How a file can be given: what the button says, and what the field asks of the phone.
#[derive(Clone, Copy, PartialEq)]
struct Way {
    words: &'static str,
    icon: &'static str,
    accept: &'static str,
    capture: Option<&'static str>,
}

const CAMERA: Way = Way {
    words: "photo-take",
    icon: "camera",
    accept: "image/*",
    capture: Some("environment"),
};
const GALLERY: Way = Way {
    words: "photo-gallery",
    icon: "picture",
    accept: "image/*",
    capture: None,
};
const SOUND: Way = Way {
    words: "audio-take",
    icon: "plus",
    accept: "audio/*",
    capture: None,
};
const FILM: Way = Way {
    words: "video-take",
    icon: "plus",
    accept: "video/mp4,video/webm",
    capture: None,
};
const FILE: Way = Way {
    words: "file-take",
    icon: "plus",
    accept: "application/pdf,image/*",
    capture: None,
};

fn ways(question: &QuestionState) -> &'static [Way] {
    match question.kind {
        QuestionKind::Audio => &[SOUND],
        QuestionKind::Video => &[FILM],
        QuestionKind::File => &[FILE],
        _ if question.appearance.iter().any(|word| word == "new") => &[CAMERA],
        _ => &[CAMERA, GALLERY],
    }
}

/// What is kept of a file: its media type and its bytes, or in words why nothing.
async fn prepared(picked: Picked, pixels: u32) -> Result<Made, String> {
    let given = picked.media_type();
    if given.starts_with("image/") {
        let photo = picked.shrunk(pixels, PHOTO_BYTES).await;
        let photo = photo.ok_or_else(|| t("photo-unreadable"))?;
        return Ok(("image/jpeg", photo.into()));
    }
    let given = match given.as_str() {
        "audio/x-m4a" | "audio/m4a" => "audio/mp4",
        other => other,
    };
    let known = MEDIA.iter().find(|(media, _)| *media == given);
    let (media, _) = known.ok_or_else(|| t("file-type"))?;
    if picked.size() > MOST_BYTES {
        let megabytes = |bytes: u64| bytes.div_ceil(1_000_000).to_string().into();
        let sizes = [
            ("size", megabytes(picked.size())),
            ("most", megabytes(MOST_BYTES)),
        ];
        return Err(ta("file-large", &sizes));
    }
    let bytes = picked.bytes().await.filter(|bytes| !bytes.is_empty());
    let bytes = bytes.ok_or_else(|| t("file-unreadable"))?;
    Ok((media, bytes.into()))
}

/// What there is to say of an attachment on its way. Signatures take the same way.
#[component]
pub(super) fn KeepingLine(path: String) -> Element {
    let work = work();
    let keeping = use_hook(|| work.cell(&path)).keeping;
    rsx! {
        div { "aria-live": "polite",
            match keeping() {
                Keeping::Nothing | Keeping::Kept(_) => rsx! {},
                Keeping::Busy => rsx! {
                    p { class: "quiet", {t("attach-busy")} }
                    progress {}
                },
                Keeping::Failed(why, made) => rsx! {
                    Alert { tone: Tone::Bad, title: t("attach-failed"),
                        p { "{why}" }
                        if let Some(made) = made {
                            button {
                                class: "button small",
                                r#type: "button",
                                onclick: move |_| {
                                    let made = made.clone();
                                    work.unsaved.keep(path.clone(), async move { Ok(made) });
                                },
                                {t("attach-again")}
                            }
                        }
                    }
                },
            }
        }
    }
}

/// A photo, a recording or a file.
#[component]
pub(crate) fn Attach(asked: Asked) -> Element {
    let work = work();
    let Asked {
        question,
        id,
        disabled,
        ..
    } = asked;
    let path = question.path.clone();
    let keeping = use_hook(|| work.cell(&path)).keeping;
    let busy = keeping() == Keeping::Busy;
    let asked_for = question.parameters.iter();
    let pixels = asked_for
        .filter(|(key, _)| key == "max-pixels")
        .find_map(|(_, value)| value.parse().ok())
        .filter(|pixels| (1..MOST_PIXELS).contains(pixels))
        .unwrap_or(MOST_PIXELS);
    let again = question.value.is_some();
    let ways = ways(&question).iter().enumerate();
    rsx! {
        if let Some(name) = question.value.clone() {
            Attached { name, label: question.label.clone() }
        }
        if !disabled {
            div { class: "actions start",
                for (at , way) in ways {
                    label { key: "{at}", class: "button file", "aria-disabled": busy,
                        Icon { name: way.icon }
                        {t(if again && at == 0 { "attach-other" } else { way.words })}
                        input {
                            id: "{id}-{at}",
                            r#type: "file",
                            accept: way.accept,
                            capture: way.capture,
                            disabled: busy,
                            onchange: {
                                let (work, path, field) = (work.clone(), path.clone(), format!("{id}-{at}"));
                                move |_| {
                                    if let Some(picked) = camera::picked(&field) {
                                        work.unsaved.keep(path.clone(), prepared(picked, pixels));
                                    }
                                }
                            },
                        }
                    }
                }
                if again {
                    Remove { path: path.clone(), label: question.label }
                }
            }
        }
        KeepingLine { path }
    }
}

/// Takes an attachment away, after a question.
#[component]
pub(super) fn Remove(path: String, label: String) -> Element {
    let work = work();
    let mut asking = use_signal(|| false);
    rsx! {
        button {
            class: "link danger",
            r#type: "button",
            aria_label: ta("repeat-remove-named", &[("name", label.into())]),
            onclick: move |_| asking.set(true),
            Icon { name: "trash" }
            {t("repeat-remove")}
        }
        if asking() {
            Confirm {
                title: ta("attach-remove-title", &[("name", label.clone().into())]),
                text: t("attach-remove-text"),
                confirm: t("repeat-remove"),
                danger: true,
                oncancel: move |()| asking.set(false),
                onconfirm: move |()| {
                    asking.set(false);
                    let _ = work.answer(&path, None, false);
                },
            }
        }
    }
}
