//! Ada perbedaan data: field by field this device's value and the server's, who gave it that and when, and the choice.

use std::collections::BTreeMap;

use dioxus::prelude::*;

use crate::domain::{
    Mark, json,
    visit::{ANSWER, VOID},
};
use crate::store::api::{Difference, Keep, QueueItem, Reply, Request};
use crate::ui::components::{Alert, Tone};
use crate::ui::form::Reading;
use crate::ui::format;
use crate::ui::i18n::{language, t, ta};
use crate::ui::state::{shell, use_reply};

/// The differences of one record.
#[component]
pub(super) fn Conflict(item: QueueItem) -> Element {
    let shell = shell();
    let mut busy = use_signal(|| false);
    let mut error = use_signal(|| None::<String>);
    let mut chosen = use_signal(BTreeMap::<String, Keep>::new);
    let mutation = item.mutation;
    let visit = item.visit.as_ref().map(|row| row.id);
    let asked = use_reply(&[], move || match visit {
        Some(id) => Request::Visit(id),
        None => Request::Status,
    });
    let reading = match &*asked.read() {
        Some(Ok(reply)) => match &**reply {
            Reply::Visit(detail) => Reading::open(detail).ok(),
            _ => None,
        },
        _ => None,
    };
    let fields: Vec<String> = item
        .differences
        .iter()
        .map(|one| one.field.clone())
        .collect();
    let open = fields
        .iter()
        .any(|field| !chosen.read().contains_key(field));
    let all = use_callback(move |keep: Keep| {
        chosen.set(fields.iter().map(|field| (field.clone(), keep)).collect());
    });
    rsx! {
        div { class: "actions start",
            button { class: "button small", r#type: "button", onclick: move |_| all.call(Keep::Mine), {t("keep-all-mine")} }
            button { class: "button small", r#type: "button", onclick: move |_| all.call(Keep::Theirs), {t("keep-all-theirs")} }
        }
        ul { class: "plain differences",
            for line in item.differences.iter().map(|one| line(one, reading.as_ref())) {
                li { key: "{line.field}",
                    fieldset { class: "options",
                        legend { class: "row-title", "{line.label}" }
                        for (keep , key , value , who) in [(Keep::Mine, "keep-mine", line.mine, String::new()), (Keep::Theirs, "keep-theirs", line.theirs, line.who)] {
                            label { class: "option",
                                input {
                                    r#type: "radio",
                                    name: "{mutation} {line.field}",
                                    checked: chosen.read().get(&line.field) == Some(&keep),
                                    onchange: {
                                        let field = line.field.clone();
                                        move |_| {
                                            chosen.write().insert(field.clone(), keep);
                                        }
                                    },
                                }
                                span { class: "option-words",
                                    span { class: "quiet", {t(key)} }
                                    br {}
                                    "{value}"
                                    if !who.is_empty() {
                                        br {}
                                        span { class: "quiet", "{who}" }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
        div { class: "actions start",
            button {
                class: "button primary",
                r#type: "button",
                disabled: busy() || open,
                onclick: move |_| async move {
                    busy.set(true);
                    let theirs = chosen
                        .read()
                        .iter()
                        .filter(|(_, keep)| **keep == Keep::Theirs)
                        .map(|(field, _)| field.clone())
                        .collect();
                    let done = shell.ask(Request::ResolveFields { mutation, theirs }).await;
                    error.set(done.err().map(|why| format::error(&why)));
                    busy.set(false);
                },
                {t("choice-save")}
            }
        }
        p { class: "quiet", {t("conflict-kept")} }
        if let Some(why) = error() {
            Alert { tone: Tone::Bad, p { "{why}" } }
        }
    }
}

/// A field in words.
struct Line {
    field: String,
    label: String,
    mine: String,
    theirs: String,
    who: String,
}

fn line(difference: &Difference, reading: Option<&Reading>) -> Line {
    let field = &difference.field;
    let values = [difference.mine.as_deref(), difference.theirs.as_deref()];
    let (label, [mine, theirs]) = match field.strip_prefix(ANSWER) {
        Some(path) => reading
            .and_then(|reading| reading.words(path, values, language()))
            .unwrap_or_else(|| (path.to_owned(), values.map(plain))),
        // Who sent it or took it back, and when.
        None => (
            t(if field == VOID {
                "step-void"
            } else {
                "step-submitted"
            }),
            values.map(|value| {
                let mark = value.and_then(|value| json::read::<Mark>(value).ok());
                mark.map_or_else(|| plain(value), |mark| format::instant(mark.at))
            }),
        ),
    };
    let who = difference.at.map_or_else(String::new, |at| {
        let at = format::instant(at).into();
        ta(
            "changed-by",
            &[("name", difference.by.as_str().into()), ("at", at)],
        )
    });
    Line {
        field: field.clone(),
        label,
        mine,
        theirs,
        who,
    }
}

fn plain(value: Option<&str>) -> String {
    value.unwrap_or("—").to_owned()
}
