//! Forms on the wire, for the administrator's screen: what is wrong with a workbook, what it would change, and which
//! versions there are.

use serde::{Deserialize, Serialize};

use crate::domain::Millis;

/// Lists the published versions (GET) and takes a workbook (POST; with `?dry=1` it is looked at and not published).
/// A version's workbook is below it: `/api/v1/forms/{form}/{version}.xlsx`.
pub const FORMS_PATH: &str = "/api/v1/forms";

/// A text in both languages of the app.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Words {
    /// Indonesian.
    pub id: String,
    /// English.
    pub en: String,
}

/// A mistake or a warning.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FormFinding {
    /// `survey!G14`; empty when it is about the whole file.
    pub place: String,
    /// The column's header, when it is about a cell.
    #[serde(default)]
    pub column: String,
    /// What stands in the cell.
    #[serde(default)]
    pub text: String,
    /// What is wrong.
    pub what: Words,
    /// What to do about it.
    #[serde(default)]
    pub mend: Option<Words>,
}

/// What differs from the newest version there is.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct FormChanges {
    /// That version.
    pub against: String,
    /// Names of questions, groups and repeats that are new.
    pub added: Vec<String>,
    /// Names that are gone: answers to them are kept with the visits that have them.
    pub removed: Vec<String>,
    /// Names whose row or list of choices is another.
    pub changed: Vec<String>,
}

/// What the server says of a workbook.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct FormReport {
    /// The form's id; empty when there is none to be read.
    pub form: String,
    /// Its version.
    pub version: String,
    /// Its title.
    pub title: String,
    /// How many questions a person is asked.
    pub questions: u32,
    /// Whether it is published now.
    pub published: bool,
    /// What must be mended first.
    pub errors: Vec<FormFinding>,
    /// What the app does not do, or what looks like a slip.
    pub warnings: Vec<FormFinding>,
    /// What it changes; nothing when it is the first of its form.
    #[serde(default)]
    pub changes: Option<FormChanges>,
}

/// A published version.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FormVersion {
    /// The form.
    pub form: String,
    /// Its title.
    pub title: String,
    /// Which version.
    pub version: String,
    /// When it was published.
    pub at: Millis,
}
