//! Published forms: records with the three sheets as CSV, immutable, one for each version.

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::{
    domain::{AreaCode, Fields, Kind, Millis, RecordId},
    form,
};

use super::{
    office::{self, OfficeChange},
    sqlite::{Error, record, stored},
};

/// A form as its three sheets, CSV each.
#[derive(Clone, Copy, Debug)]
pub struct Sheets<'a> {
    /// The questions.
    pub survey: &'a str,
    /// The choices.
    pub choices: &'a str,
    /// The settings: `form_id` and `version` among them.
    pub settings: &'a str,
}

/// The forms that come with the program.
pub const BUILT_IN: [Sheets<'static>; 1] = [Sheets {
    survey: include_str!("../../assets/forms/kunjungan/survey.csv"),
    choices: include_str!("../../assets/forms/kunjungan/choices.csv"),
    settings: include_str!("../../assets/forms/kunjungan/settings.csv"),
}];

/// A published form version.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Published {
    /// The form.
    pub form: String,
    /// Which version of it.
    pub version: String,
    /// When it was published.
    pub at: Millis,
}

/// The record of a form version.
#[must_use]
pub fn record_id(form: &str, version: &str) -> RecordId {
    RecordId::of_text(&format!("form {form} {version}"))
}

/// The name and the version that a settings sheet gives.
///
/// # Errors
/// When the sheet lacks one of them.
pub fn name_and_version(settings: &str) -> Result<(String, String), Error> {
    let mut sheet = csv::Reader::from_reader(settings.as_bytes());
    let bad = stored("form settings");
    let headers = sheet.headers().map_err(stored("form settings"))?.clone();
    let row = sheet
        .records()
        .next()
        .ok_or_else(|| bad("no row".to_owned()))?
        .map_err(stored("form settings"))?;
    let cell = |name: &str| {
        headers
            .iter()
            .position(|header| header.trim() == name)
            .and_then(|at| row.get(at))
            .map(str::trim)
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
            .ok_or_else(|| bad(format!("no {name}")))
    };
    Ok((cell("form_id")?, cell("version")?))
}

/// Publishes the built-in forms whose version is not there yet.
///
/// # Errors
/// When the database fails.
pub fn publish_built_in(connection: &Connection, now: Millis) -> Result<(), Error> {
    for sheets in BUILT_IN {
        publish(connection, sheets, now)?;
    }
    Ok(())
}

/// Publishes a form unless its version is there: a version never changes.
///
/// # Errors
/// When the sheets are no form, lack a name or a version, or the database fails.
pub fn publish(connection: &Connection, sheets: Sheets<'_>, now: Millis) -> Result<(), Error> {
    let (name, version) = name_and_version(sheets.settings)?;
    let id = record_id(&name, &version);
    if record::find(connection, id)?.is_some() {
        return Ok(());
    }
    // What does not compile here must not reach a device.
    form::Sheets::from_csv(sheets.survey, sheets.choices, sheets.settings)
        .and_then(|sheets| form::compile(&sheets))
        .map_err(stored("form"))?;
    let text = |text: &str| Value::String(text.to_owned());
    let fields = Fields::from([
        ("form".to_owned(), text(&name)),
        ("version".to_owned(), text(&version)),
        ("survey".to_owned(), text(sheets.survey)),
        ("choices".to_owned(), text(sheets.choices)),
        ("settings".to_owned(), text(sheets.settings)),
        ("published".to_owned(), json!({"at": now})),
    ]);
    let change = OfficeChange::new(Kind::Form, id, AreaCode::default(), fields, now);
    office::apply(connection, change).map(|_| ())
}

/// Every form version, in the order of publication.
///
/// # Errors
/// When one cannot be read.
pub fn list(connection: &Connection) -> Result<Vec<Published>, Error> {
    record::of_kind(connection, Kind::Form)?
        .iter()
        .map(|found| {
            let at = found
                .record
                .fields
                .get("published")
                .and_then(|published| published.get("at"))
                .and_then(Value::as_i64);
            Ok(Published {
                form: found.record.text("form"),
                version: found.record.text("version"),
                at: Millis(at.unwrap_or(0)),
            })
        })
        .collect()
}
