//! What the server says of a workbook: mistakes by their cells, or what it holds and what it changes.

use dioxus::prelude::*;

use crate::sync::forms::{FormChanges, FormFinding, FormReport};
use crate::ui::components::{Alert, Tone};
use crate::ui::format;
use crate::ui::i18n::{t, ta};

/// The report.
#[component]
pub(super) fn Report(report: FormReport) -> Element {
    let errors = report.errors.len();
    let warnings = report.warnings.len();
    rsx! {
        if errors > 0 {
            Alert { tone: Tone::Bad, p { {ta("forms-errors", &[("n", errors.into())])} } }
            Findings { findings: report.errors }
        } else {
            p { class: "row-title",
                {ta("forms-summary", &[
                    ("title", report.title.into()),
                    ("version", report.version.into()),
                    ("n", report.questions.into()),
                ])}
            }
            match report.changes {
                None => rsx! { p { class: "quiet", {t("forms-first")} } },
                Some(changes) => rsx! { Changes { changes } },
            }
        }
        if warnings > 0 {
            details { class: "more",
                summary { {ta("forms-warnings", &[("n", warnings.into())])} }
                Findings { findings: report.warnings }
            }
        }
    }
}

#[component]
fn Changes(changes: FormChanges) -> Element {
    let lines = [
        ("forms-added", changes.added),
        ("forms-removed", changes.removed),
        ("forms-changed", changes.changed),
    ];
    let version = changes.against;
    if lines.iter().all(|(_, names)| names.is_empty()) {
        return rsx! {
            p { class: "quiet", {ta("forms-same", &[("version", version.into())])} }
        };
    }
    rsx! {
        p { {ta("forms-against", &[("version", version.into())])} }
        ul {
            for (key , names) in lines {
                if !names.is_empty() {
                    li { key: "{key}", {ta(key, &[("names", names.join(", ").into())])} }
                }
            }
        }
    }
}

/// A table that becomes a list of cards on a narrow screen.
#[component]
fn Findings(findings: Vec<FormFinding>) -> Element {
    let heads = ["forms-cell", "forms-text", "forms-what", "forms-mend"];
    rsx! {
        table { class: "findings",
            thead {
                tr {
                    for head in heads {
                        th { key: "{head}", scope: "col", {t(head)} }
                    }
                }
            }
            tbody {
                for (at , one) in findings.into_iter().enumerate() {
                    tr { key: "{at}",
                        th { scope: "row",
                            if one.place.is_empty() {
                                {t("forms-whole")}
                            } else {
                                "{one.place}"
                            }
                        }
                        td { "data-head": t("forms-text"), "{one.text}" }
                        td { "data-head": t("forms-what"), {format::words(&one.what)} }
                        td { "data-head": t("forms-mend"), {one.mend.as_ref().map(format::words).unwrap_or_default()} }
                    }
                }
            }
        }
    }
}
