//! Small forms for tests, written as tables.
#![allow(clippy::panic)]

use std::sync::Arc;

use anjangsana::form::{Answers, Form, FormErrors, Session, Sheets, Surroundings, compile};

/// A table with `|` between cells, one row a line, as CSV.
pub(crate) fn csv(table: &str) -> String {
    let quote = |cell: &str| format!("\"{}\"", cell.trim().replace('"', "\"\""));
    let lines = table.lines().filter(|line| !line.trim().is_empty());
    lines
        .map(|line| line.split('|').map(quote).collect::<Vec<_>>().join(",") + "\n")
        .collect()
}

pub(crate) fn try_form(survey: &str, choices: &str, settings: &str) -> Result<Form, FormErrors> {
    compile(&Sheets::from_csv(
        &csv(survey),
        &csv(choices),
        &csv(settings),
    )?)
}

#[track_caller]
pub(crate) fn form(survey: &str, choices: &str) -> Arc<Form> {
    Arc::new(try_form(survey, choices, "").unwrap_or_else(|errors| panic!("{errors}")))
}

/// 8 November 2024, 09:00 WIB.
pub(crate) fn surroundings() -> Surroundings {
    Surroundings {
        now: 1_731_031_200_000,
        utc_offset_minutes: 420,
        username: "petugas1".into(),
        device_id: "hp-1".into(),
        instance_id: "visit-1".into(),
        ..Surroundings::default()
    }
}

/// A new session over a small form.
#[track_caller]
pub(crate) fn session(survey: &str, choices: &str) -> Session {
    Session::open(form(survey, choices), Answers::new(), surroundings())
}

/// The value at a path, empty when there is none.
pub(crate) fn value(session: &Session, path: &str) -> String {
    session.answers().get(path).cloned().unwrap_or_default()
}

#[track_caller]
pub(crate) fn give(session: &mut Session, path: &str, value: &str) {
    session
        .answer(path, Some(value))
        .unwrap_or_else(|error| panic!("{error}"));
}
