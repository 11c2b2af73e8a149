//! The GPS fix: asked for by a button, with its accuracy, and why there is none when there is none.

use dioxus::prelude::*;

use super::question::Asked;
use super::work::work;
use crate::platform::web::page;
use crate::ui::components::{Alert, Icon, Tone};
use crate::ui::format;
use crate::ui::i18n::{t, ta};

/// Metres above which a fix is called inaccurate.
const ROUGH: f64 = 100.0;

/// A position.
#[component]
pub(crate) fn Geopoint(asked: Asked) -> Element {
    let work = work();
    let Asked {
        question, disabled, ..
    } = asked;
    let mut busy = use_signal(|| false);
    let mut refused = use_signal(|| None::<String>);
    let value = question.value.clone();
    let rough = value
        .as_deref()
        .and_then(|value| value.split_whitespace().nth(3)?.parse::<f64>().ok())
        .filter(|accuracy| *accuracy > ROUGH);
    let path = question.path;
    let take = {
        let (work, path) = (work.clone(), path.clone());
        move |_| {
            let (work, path) = (work.clone(), path.clone());
            async move {
                if busy() {
                    return;
                }
                busy.set(true);
                refused.set(None);
                match page::position().await {
                    Ok(fix) => {
                        let value = format!(
                            "{:.6} {:.6} {:.1} {:.1}",
                            fix.latitude, fix.longitude, fix.altitude, fix.accuracy
                        );
                        refused.set(work.answer(&path, Some(&value), false).err());
                    }
                    Err(why) => refused.set(Some(t(match why {
                        page::NoPosition::Refused => "gps-refused",
                        page::NoPosition::Unavailable => "gps-unavailable",
                        page::NoPosition::Timeout => "gps-timeout",
                    }))),
                }
                busy.set(false);
            }
        }
    };
    rsx! {
        if let Some(value) = &value {
            p { class: "computed", Icon { name: "place" } {format::position(value)} }
        }
        if let Some(accuracy) = rough {
            Alert { tone: Tone::Warn,
                p { {ta("gps-rough", &[("metres", format!("{accuracy:.0}").into())])} }
            }
        }
        if let Some(why) = refused() {
            Alert { tone: Tone::Warn, title: t("gps-none"),
                p { "{why}" }
                p { {t("gps-none-help")} }
            }
        }
        div { class: "actions start",
            button { class: "button", r#type: "button", disabled: disabled || busy(), onclick: take,
                Icon { name: "place" }
                {t(if busy() { "gps-busy" } else if value.is_some() { "gps-again" } else { "gps-take" })}
            }
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
