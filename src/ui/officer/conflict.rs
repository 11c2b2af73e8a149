//! Ada perbedaan data: this device's values and the server's, side by side, and the choice between them.

use dioxus::prelude::*;

use crate::domain::{RecordId, visit};
use crate::store::api::{Difference, Keep, QueueItem, Reply, Request};
use crate::ui::components::{Alert, Tone};
use crate::ui::form::{Reading, Row};
use crate::ui::format;
use crate::ui::i18n::{language, t};
use crate::ui::state::{shell, use_reply};

/// The differences of one record.
#[component]
pub(super) fn Conflict(item: QueueItem) -> Element {
    let shell = shell();
    let mut busy = use_signal(|| false);
    let mut error = use_signal(|| None::<String>);
    let mutation = item.mutation;
    let decide = use_callback(move |keep: Keep| {
        spawn(async move {
            busy.set(true);
            let done = shell.ask(Request::Resolve { mutation, keep }).await;
            error.set(done.err().map(|why| format::error(&why)));
            busy.set(false);
        });
    });
    rsx! {
        match item.visit.as_ref().map(|row| row.id) {
            Some(id) => rsx! {
                for id in [id] {
                    Named { key: "{id}", id, differences: item.differences.clone() }
                }
            },
            None => rsx! { Table { rows: item.differences.iter().map(|one| line(one, &[])).collect::<Vec<_>>() } },
        }
        div { class: "actions start",
            button { class: "button primary", r#type: "button", disabled: busy(), onclick: move |_| decide.call(Keep::Mine), {t("keep-mine")} }
            button { class: "button", r#type: "button", disabled: busy(), onclick: move |_| decide.call(Keep::Theirs), {t("keep-theirs")} }
        }
        p { class: "quiet", {t("conflict-kept")} }
        if let Some(why) = error() {
            Alert { tone: Tone::Bad, p { "{why}" } }
        }
    }
}

/// The differences with the questions' own words, once the visit's form is at hand.
#[component]
fn Named(id: RecordId, differences: Vec<Difference>) -> Element {
    let asked = use_reply(&[], move || Request::Visit(id));
    let rows: Vec<Row> = match &*asked.read() {
        Some(Ok(reply)) => match &**reply {
            Reply::Visit(detail) => Reading::open(detail)
                .map(|reading| {
                    reading
                        .pages(language())
                        .into_iter()
                        .flat_map(|page| page.rows)
                        .collect()
                })
                .unwrap_or_default(),
            _ => Vec::new(),
        },
        _ => Vec::new(),
    };
    let lines: Vec<Line> = differences.iter().map(|one| line(one, &rows)).collect();
    rsx! {
        Table { rows: lines }
    }
}

/// A field in words.
#[derive(Clone, PartialEq)]
struct Line {
    label: String,
    mine: String,
    theirs: String,
}

fn line(difference: &Difference, rows: &[Row]) -> Line {
    let path = difference
        .field
        .strip_prefix(visit::ANSWER)
        .unwrap_or(&difference.field);
    let row = rows.iter().find(|row| row.path == path);
    let words = |value: &Option<String>| match (row, value) {
        (Some(row), value) => row.words(value.as_deref()),
        (None, Some(value)) => value.clone(),
        (None, None) => "—".to_owned(),
    };
    Line {
        label: row.map_or_else(|| path.to_owned(), |row| row.label.clone()),
        mine: words(&difference.mine),
        theirs: words(&difference.theirs),
    }
}

#[component]
fn Table(rows: Vec<Line>) -> Element {
    rsx! {
        ul { class: "plain differences",
            for row in rows {
                li { key: "{row.label}",
                    p { class: "row-title", "{row.label}" }
                    dl { class: "sides",
                        div { dt { {t("mine")} } dd { "{row.mine}" } }
                        div { dt { {t("theirs")} } dd { "{row.theirs}" } }
                    }
                }
            }
        }
    }
}
