//! Text, dates and times.

use dioxus::prelude::*;

use super::question::Asked;
use super::work::{put, work};
use crate::domain::record::TEXT_LENGTH;
use crate::form::QuestionKind;
use crate::platform::host::camera;
use crate::ui::components::Icon;
use crate::ui::format;
use crate::ui::i18n::t;

/// Free text: one line, or several with the appearance `multiline`.
#[component]
pub(crate) fn Text(asked: Asked) -> Element {
    let work = work();
    let Asked {
        question,
        id,
        described,
        invalid,
        disabled,
        fault,
    } = asked;
    let several = question.appearance.iter().any(|word| word == "multiline");
    let digits = question.appearance.iter().any(|word| word == "numbers");
    let value = work
        .typing(&question.path)
        .or(question.value.clone())
        .unwrap_or_default();
    let typed = use_callback({
        let (work, path) = (work.clone(), question.path.clone());
        move |text: String| {
            let (inner, to) = (work.clone(), path.clone());
            work.typed(&path, text, move |text| {
                let value = (!text.trim().is_empty()).then_some(text);
                put(fault, inner.answer(&to, value, true).err());
            });
        }
    });
    let left = move |_: FocusEvent| work.flush();
    if several {
        rsx! {
            div { class: "typed",
                textarea {
                    id,
                    maxlength: "{TEXT_LENGTH}",
                    disabled,
                    required: question.required,
                    "aria-describedby": described,
                    "aria-invalid": invalid,
                    value: "{value}",
                    oninput: move |event| typed.call(event.value()),
                    onblur: left,
                }
            }
        }
    } else {
        rsx! {
            if question.kind == QuestionKind::Barcode {
                Scan { path: question.path.clone(), id: "{id}-scan", disabled }
            }
            div { class: "typed",
                input {
                    id,
                    r#type: "text",
                    inputmode: if digits { "numeric" } else { "text" },
                    autocomplete: "off",
                    maxlength: "{TEXT_LENGTH}",
                    disabled,
                    required: question.required,
                    "aria-describedby": described,
                    "aria-invalid": invalid,
                    value: "{value}",
                    oninput: move |event| typed.call(event.value()),
                    onblur: left,
                }
            }
        }
    }
}

/// Reads a code off a photo, where the platform can. Typing it is always possible.
#[component]
fn Scan(path: String, id: String, disabled: bool) -> Element {
    let work = work();
    let mut missed = use_signal(|| false);
    if !camera::reads_codes() {
        return rsx! {};
    }
    let field = id.clone();
    rsx! {
        label { class: "button file",
            Icon { name: "code" }
            {t("code-scan")}
            input {
                id,
                r#type: "file",
                accept: "image/*",
                capture: "environment",
                disabled,
                onchange: move |_| {
                    let (work, path, picked) = (work.clone(), path.clone(), camera::picked(&field));
                    async move {
                        let Some(picked) = picked else { return };
                        let code = picked.code().await;
                        missed.set(code.is_none());
                        if let Some(code) = code {
                            let _ = work.answer(&path, Some(&code), false);
                        }
                    }
                },
            }
        }
        p { role: "status",
            if missed() {
                {t("code-missed")}
            }
        }
    }
}

/// A date, a time or both, by the phone's own picker; the date also in words.
#[component]
pub(crate) fn Dated(asked: Asked, input: &'static str) -> Element {
    let work = work();
    let Asked {
        question,
        id,
        described,
        invalid,
        disabled,
        mut fault,
    } = asked;
    let value = question.value.clone().unwrap_or_default();
    // The picker knows neither seconds' fractions nor zones.
    let picked = match question.kind {
        QuestionKind::Time => value.get(..5).unwrap_or(&value).to_owned(),
        QuestionKind::DateTime => value.get(..16).unwrap_or(&value).to_owned(),
        _ => value.clone(),
    };
    let path = question.path.clone();
    rsx! {
        div { class: "dated",
            input {
                id,
                r#type: input,
                disabled,
                required: question.required,
                "aria-describedby": described,
                "aria-invalid": invalid,
                value: "{picked}",
                onchange: move |event| {
                    let text = lexical(input, &event.value());
                    let value = (!text.is_empty()).then_some(text.as_str());
                    fault.set(work.answer(&path, value, false).err());
                },
            }
            if !value.is_empty() {
                span { class: "in-words", {format::answer(question.kind, &[], &[], &value)} }
            }
        }
    }
}

/// What the picker gives, as the form stores it: with seconds and the office's zone.
fn lexical(input: &str, picked: &str) -> String {
    match input {
        "time" | "datetime-local" if !picked.is_empty() => format!("{picked}:00.000+07:00"),
        _ => picked.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn times_are_kept_with_the_offices_zone_and_dates_are_not() {
        assert_eq!(super::lexical("time", "08:30"), "08:30:00.000+07:00");
        assert_eq!(
            super::lexical("datetime-local", "2024-11-07T08:30"),
            "2024-11-07T08:30:00.000+07:00"
        );
        assert_eq!(super::lexical("date", "2024-11-07"), "2024-11-07");
        assert_eq!(super::lexical("time", ""), "");
    }
}
