//! Published forms: records with their sheets as CSV, immutable, one for each version.

use serde_json::{Value, json};

use crate::{
    domain::{AreaCode, Fields, Kind, Millis, Record, RecordId},
    form::{self, Cause, Form, FormError, FormErrors, Limit, Mend},
};

use super::{
    office::{self, OfficeChange},
    repo::{Error, Tx, stored},
};

/// A form that comes with the program, as its three sheets, CSV each.
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

/// Characters of all sheets of a form together: every phone keeps them, and gets them in one piece.
const LONGEST: usize = 1_500_000;

/// A published form version.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Published {
    /// The form.
    pub form: String,
    /// Which version of it.
    pub version: String,
    /// Its title, as the settings give it.
    pub title: String,
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

/// Publishes the built-in forms whose version is not there yet. One whose id is taken by something else is said in the log: the
/// server serves without it.
///
/// # Errors
/// When the database fails.
pub fn publish_built_in(tx: &dyn Tx, now: Millis) -> Result<(), Error> {
    for sheets in BUILT_IN {
        match publish(tx, sheets, now) {
            Err(Error::OtherKind(record)) => {
                tracing::error!(%record, "a built-in form is not published: its id is taken by another record");
            }
            done => done?,
        }
    }
    Ok(())
}

/// Publishes a form that comes with the program unless its version is there: a version never changes.
///
/// # Errors
/// When the sheets are no form, lack a name or a version, or the database fails.
pub fn publish(tx: &dyn Tx, sheets: Sheets<'_>, now: Millis) -> Result<(), Error> {
    let (name, version) = name_and_version(sheets.settings)?;
    let id = record_id(&name, &version);
    if tx.record_of_kind(id, Kind::Form)?.is_some() {
        return Ok(());
    }
    let sheets = form::Sheets::from_csv(sheets.survey, sheets.choices, sheets.settings)
        .map_err(stored("form"))?;
    // What does not compile here must not reach a device.
    form::compile(&sheets).map_err(stored("form"))?;
    put(tx, &sheets, (&name, &version), now)
}

/// Why a form was not published.
#[derive(Debug, thiserror::Error)]
pub enum ReleaseError {
    /// It has mistakes, or a version that is taken.
    #[error(transparent)]
    Form(#[from] FormErrors),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] Error),
}

/// A form that may be published.
#[derive(Debug)]
pub struct Candidate {
    /// The form, compiled.
    pub form: Form,
    /// The sheets of the newest version there is.
    pub newest: Option<(String, form::Sheets)>,
    /// Whether this very version is published already, with the same contents.
    pub there: bool,
}

/// Looks whether a form may be published: it compiles, has a name and a version, and the version comes after those that
/// are there. A version never changes, and phones take the last one in alphabetical order.
///
/// # Errors
/// [`ReleaseError::Form`] with all that is wrong.
pub fn examine(tx: &dyn Tx, sheets: &form::Sheets) -> Result<Candidate, ReleaseError> {
    let form = form::compile(sheets)?;
    let mut errors: Vec<FormError> = ["form_id", "version"]
        .into_iter()
        .filter(|name| setting(sheets, name).is_none())
        .map(|name| FormError {
            sheet: "settings".to_owned(),
            ..FormError::new(Cause::MissingSetting(name))
        })
        .collect();
    let length: usize = sheets.iter().map(|sheet| sheet.to_csv().len()).sum();
    if length > LONGEST {
        errors.push(FormError {
            mend: Some(Mend::Less),
            ..FormError::new(Cause::TooLarge(Limit::Text))
        });
    }
    if !errors.is_empty() {
        return Err(FormErrors(errors).into());
    }
    let taken = tx.record(record_id(form.id(), form.version()))?;
    if let Some(other) = taken.filter(|stored| stored.record.kind != Kind::Form) {
        return Err(Error::OtherKind(other.record.id).into());
    }
    let mut versions: Vec<String> = list(tx)?
        .into_iter()
        .filter(|published| published.form == form.id())
        .map(|published| published.version)
        .collect();
    versions.sort();
    let Some(newest) = versions.last().cloned() else {
        return Ok(Candidate {
            form,
            newest: None,
            there: false,
        });
    };
    let there = if versions.iter().any(|version| version == form.version()) {
        let old = find(tx, form.id(), form.version())?;
        if old.is_none_or(|old| csv(&old) != csv(sheets)) {
            let cause = Cause::VersionTaken {
                form: form.id().to_owned(),
                version: form.version().to_owned(),
            };
            return Err(version_error(sheets, cause, &newest).into());
        }
        true
    } else if form.version() < newest.as_str() {
        let cause = Cause::OldVersion {
            version: form.version().to_owned(),
            newest: newest.clone(),
        };
        return Err(version_error(sheets, cause, &newest).into());
    } else {
        false
    };
    let before = find(tx, form.id(), &newest)?;
    Ok(Candidate {
        form,
        newest: before.map(|sheets| (newest, sheets)),
        there,
    })
}

/// Publishes a form. It stands there afterwards, or this is an error.
///
/// # Errors
/// As [`examine`]; [`Error::OtherKind`] when its id is taken by something else.
pub fn release(tx: &dyn Tx, sheets: &form::Sheets, now: Millis) -> Result<Candidate, ReleaseError> {
    let candidate = examine(tx, sheets)?;
    if !candidate.there {
        let name = (candidate.form.id(), candidate.form.version());
        put(tx, sheets, name, now)?;
    }
    Ok(candidate)
}

fn put(
    tx: &dyn Tx,
    sheets: &form::Sheets,
    (name, version): (&str, &str),
    now: Millis,
) -> Result<(), Error> {
    let text = |text: &str| Value::String(text.to_owned());
    let mut fields = Fields::from([
        ("form".to_owned(), text(name)),
        ("version".to_owned(), text(version)),
        ("survey".to_owned(), text(&sheets.survey.to_csv())),
        ("choices".to_owned(), text(&sheets.choices.to_csv())),
        ("settings".to_owned(), text(&sheets.settings.to_csv())),
        ("published".to_owned(), json!({"at": now})),
    ]);
    let more: Vec<(&str, String)> = sheets
        .iter()
        .filter(|sheet| !["survey", "choices", "settings"].contains(&sheet.name.as_str()))
        .map(|sheet| (sheet.name.as_str(), sheet.to_csv()))
        .collect();
    if !more.is_empty() {
        fields.insert("more".to_owned(), json!(more));
    }
    let id = record_id(name, version);
    let change = OfficeChange::new(Kind::Form, id, AreaCode::default(), fields, now);
    office::apply(tx, change).map(|_| ())
}

/// The sheets of a form's record.
///
/// # Errors
/// When one is no CSV.
pub fn sheets_of(record: &Record) -> Result<form::Sheets, FormErrors> {
    let own = ["survey", "choices", "settings"].map(|name| (name.to_owned(), record.text(name)));
    let more = record.fields.get("more").cloned().unwrap_or_default();
    let more: Vec<(String, String)> = serde_json::from_value(more).unwrap_or_default();
    let all = own.iter().chain(&more);
    form::Sheets::from_named(all.map(|(name, text)| (name.as_str(), text.as_str())))
}

/// The sheets of a published version.
///
/// # Errors
/// When it cannot be read.
pub fn find(tx: &dyn Tx, form: &str, version: &str) -> Result<Option<form::Sheets>, Error> {
    tx.record_of_kind(record_id(form, version), Kind::Form)?
        .map(|found| sheets_of(&found.record).map_err(stored("form")))
        .transpose()
}

/// The sheets as they are kept: what a blank at the edge of a cell changes is no change.
fn csv(sheets: &form::Sheets) -> Vec<(String, Vec<Vec<String>>)> {
    let cells = |cells: &[String]| {
        let mut cells: Vec<String> = cells.iter().map(|cell| cell.trim().to_owned()).collect();
        while cells.last().is_some_and(String::is_empty) {
            cells.pop();
        }
        cells
    };
    let rows = |sheet: &form::Sheet| {
        std::iter::once(cells(&sheet.header))
            .chain(sheet.rows.iter().map(|row| cells(&row.cells)))
            .collect()
    };
    let mut all: Vec<(String, Vec<Vec<String>>)> = sheets
        .iter()
        .map(|sheet| (sheet.name.clone(), rows(sheet)))
        .collect();
    all.sort();
    all
}

/// Where a setting stands and what it says.
fn setting<'s>(sheets: &'s form::Sheets, name: &str) -> Option<(usize, &'s str)> {
    let column = sheets
        .settings
        .header
        .iter()
        .position(|header| header.trim().eq_ignore_ascii_case(name))?;
    let text = sheets.settings.rows.first()?.cell(column);
    (!text.is_empty()).then_some((column, text))
}

fn version_error(sheets: &form::Sheets, cause: Cause, newest: &str) -> FormErrors {
    let row = sheets.settings.rows.first().map_or(0, |row| row.number);
    let (column, text) = setting(sheets, "version").unwrap_or((0, ""));
    FormErrors::from(FormError {
        sheet: "settings".to_owned(),
        row,
        column: "version".to_owned(),
        cell: format!("{}{row}", form::column_letters(column)),
        text: text.to_owned(),
        mend: Some(Mend::Raise(next_version(newest))),
        ..FormError::new(cause)
    })
}

/// A version that comes after another in alphabetical order: its last number raised by one where that does it.
#[must_use]
pub fn next_version(version: &str) -> String {
    let start = version.trim_end_matches(|c: char| c.is_ascii_digit());
    let number = version.strip_prefix(start).unwrap_or_default();
    let width = number.len();
    match number
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_add(1))
    {
        Some(next) if next.to_string().len() <= width => format!("{start}{next:0width$}"),
        _ => format!("{version}.1"),
    }
}

fn title(record: &Record) -> String {
    form::Sheets::from_csv("", "", &record.text("settings"))
        .ok()
        .and_then(|sheets| setting(&sheets, "form_title").map(|(_, title)| title.to_owned()))
        .unwrap_or_else(|| record.text("form"))
}

/// Every form version, in the order of publication.
///
/// # Errors
/// When one cannot be read.
pub fn list(tx: &dyn Tx) -> Result<Vec<Published>, Error> {
    tx.records_of(Kind::Form)?
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
                title: title(&found.record),
                at: Millis(at.unwrap_or(0)),
            })
        })
        .collect()
}
