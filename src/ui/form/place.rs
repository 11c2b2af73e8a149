//! The GPS fix: looked for by a button, shown as it gets better, and why there is none when there is none.

use dioxus::core::Task;
use dioxus::prelude::*;
use futures_util::StreamExt;

use super::question::Asked;
use super::work::work;
use crate::domain::decimal;
use crate::form::QuestionKind;
use crate::platform::host::place::{self, NoPosition, Position};
use crate::ui::components::{Alert, Icon, Tone};
use crate::ui::format;
use crate::ui::i18n::{t, ta};

/// Metres above which a fix is called inaccurate.
const ROUGH: f64 = 100.0;
/// Metres at which the search ends by itself; a sheet may ask for other by `capture-accuracy`.
const GOOD: f64 = 20.0;

/// As an answer has it.
fn written(fix: &Position) -> String {
    format!(
        "{:.6} {:.6} {:.1} {:.1}",
        fix.latitude, fix.longitude, fix.altitude, fix.accuracy
    )
}

/// A button that looks for the place until it is known well enough, or the person takes what there is.
#[component]
fn Locate(asked: Asked, words: String, onfix: Callback<String>, children: Element) -> Element {
    let mut search = use_signal(|| None::<Task>);
    let mut best = use_signal(|| None::<Position>);
    let mut trouble = use_signal(|| None::<NoPosition>);
    let parameters = &asked.question.parameters;
    let good = parameters
        .iter()
        .find(|(key, _)| key == "capture-accuracy")
        .and_then(|(_, metres)| decimal::read(metres))
        .unwrap_or(GOOD);
    let mut stop = move || {
        if let Some(task) = search.take() {
            task.cancel();
        }
    };
    let start = move |_| {
        best.set(None);
        trouble.set(None);
        let looking = spawn(async move {
            let Some(mut watch) = place::watch() else {
                trouble.set(Some(NoPosition::Unavailable));
                search.set(None);
                return;
            };
            while let Some(found) = watch.fixes.next().await {
                match found {
                    Ok(fix) if fix.accuracy <= good => {
                        best.set(None);
                        onfix.call(written(&fix));
                        break;
                    }
                    Ok(fix) => {
                        let better = best.peek().is_none_or(|best| fix.accuracy < best.accuracy);
                        if better {
                            best.set(Some(fix));
                        }
                    }
                    Err(why) => {
                        trouble.set(Some(why));
                        break;
                    }
                }
            }
            search.set(None);
        });
        search.set(Some(looking));
    };
    let looking = search.read().is_some();
    rsx! {
        div { "aria-live": "polite",
            if looking {
                p { class: "quiet",
                    {t("gps-busy")}
                    if let Some(fix) = best() {
                        " "
                        {ta("gps-so-far", &[("metres", format!("{:.0}", fix.accuracy).into())])}
                    }
                }
                progress { aria_label: t("gps-busy") }
            }
            if let Some(why) = trouble() {
                Alert { tone: Tone::Warn, title: t("gps-none"),
                    p {
                        {t(match why {
                            NoPosition::Refused => "gps-refused",
                            NoPosition::Unavailable => "gps-unavailable",
                            NoPosition::Timeout => "gps-timeout",
                        })}
                    }
                    p { {t("gps-none-help")} }
                }
            }
        }
        div { class: "actions start",
            if let Some(fix) = best() {
                button {
                    class: "button",
                    r#type: "button",
                    onclick: move |_| {
                        stop();
                        best.set(None);
                        onfix.call(written(&fix));
                    },
                    Icon { name: "check" }
                    {ta("gps-use", &[("metres", format!("{:.0}", fix.accuracy).into())])}
                }
            }
            if looking {
                button {
                    class: "button",
                    r#type: "button",
                    onclick: move |_| {
                        best.set(None);
                        stop();
                    },
                    {t("cancel")}
                }
            } else {
                button { class: "button", r#type: "button", disabled: asked.disabled, onclick: start,
                    Icon { name: "place" }
                    "{words}"
                }
                {children}
            }
        }
    }
}

/// A position.
#[component]
pub(crate) fn Geopoint(asked: Asked) -> Element {
    let work = work();
    let question = &asked.question;
    let (value, path) = (question.value.clone(), question.path.clone());
    let rough = value
        .as_deref()
        .and_then(|value| decimal::read(value.split_whitespace().nth(3)?))
        .filter(|accuracy| *accuracy > ROUGH);
    let mut fault = asked.fault;
    let onfix = use_callback({
        let (work, path) = (work.clone(), path.clone());
        move |fix: String| fault.set(work.answer(&path, Some(&fix), false).err())
    });
    let words = t(if value.is_some() {
        "gps-again"
    } else {
        "gps-take"
    });
    let disabled = asked.disabled;
    rsx! {
        if let Some(value) = &value {
            p { class: "computed", Icon { name: "place" } {format::position(value)} }
        }
        if let Some(accuracy) = rough {
            Alert { tone: Tone::Warn,
                p { {ta("gps-rough", &[("metres", format!("{accuracy:.0}").into())])} }
            }
        }
        Locate { asked, words, onfix,
            if value.is_some() && !disabled {
                button {
                    class: "link",
                    r#type: "button",
                    onclick: move |_| {
                        let _ = work.answer(&path, None, false);
                    },
                    {t("gps-clear")}
                }
            }
        }
    }
}

/// A way or an outline, point by point. An outline is written closed and shown open.
#[component]
pub(crate) fn Points(asked: Asked) -> Element {
    let work = work();
    let path = asked.question.path.clone();
    let closed = asked.question.kind == QuestionKind::Geoshape;
    let value = asked.question.value.clone().unwrap_or_default();
    let mut points: Vec<String> = value
        .split(';')
        .map(|point| point.trim().to_owned())
        .filter(|point| !point.is_empty())
        .collect();
    if closed && points.len() > 1 && points.first() == points.last() {
        points.pop();
    }
    let write = use_callback(move |points: Vec<String>| {
        let first = points.first().filter(|_| closed && points.len() > 2);
        let value = points
            .iter()
            .chain(first)
            .cloned()
            .collect::<Vec<_>>()
            .join(";");
        let _ = work.answer(&path, (!value.is_empty()).then_some(value.as_str()), false);
    });
    let onfix = use_callback({
        let points = points.clone();
        move |fix: String| {
            let mut points = points.clone();
            points.push(fix);
            write.call(points);
        }
    });
    let disabled = asked.disabled;
    let shorter = points
        .split_last()
        .map(|(_, before)| before.to_vec())
        .filter(|_| !disabled);
    rsx! {
        ol { class: "points",
            for (at , point) in points.iter().enumerate() {
                li { key: "{at}", {format::position(point)} }
            }
        }
        Locate { asked, words: t("gps-add"), onfix,
            if let Some(shorter) = shorter {
                button { class: "link", r#type: "button", onclick: move |_| write.call(shorter.clone()), {t("gps-drop")} }
            }
        }
    }
}
