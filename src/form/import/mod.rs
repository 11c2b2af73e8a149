//! Sheets to a [`Form`]. Every mistake is collected; nothing stops at the first.

mod choices;
mod columns;
mod formulas;
mod other;
mod pages;
mod settings;
mod suggestions;
mod survey;
mod types;

use std::collections::BTreeMap;

use super::definition::{Element, ElementKind, Form};
use super::errors::{Cause, FormError, FormErrors, nearest};
use super::graph;
use super::sheets::{Row, Sheet, Sheets, column_letters};
use super::template::Texts;
use columns::{Columns, languages};

/// More rows than any checklist has.
const MOST_ROWS: usize = 20_000;

/// What goes wrong while importing.
#[derive(Default)]
struct Findings {
    errors: Vec<FormError>,
    warnings: Vec<FormError>,
    uses_instances: bool,
    /// The lists that get a choice "other".
    others: Vec<String>,
}

/// A place in a sheet.
#[derive(Clone, Copy)]
struct Place<'s> {
    sheet: &'s Sheet,
    row: u32,
    column: Option<usize>,
    text: &'s str,
}

impl<'s> Place<'s> {
    fn row(sheet: &'s Sheet, row: &'s Row) -> Place<'s> {
        Place {
            sheet,
            row: row.number,
            column: None,
            text: "",
        }
    }

    fn cell(sheet: &'s Sheet, row: &'s Row, column: usize) -> Place<'s> {
        Place {
            sheet,
            row: row.number,
            column: Some(column),
            text: row.cell(column),
        }
    }

    fn sheet(sheet: &'s Sheet) -> Place<'s> {
        Place {
            sheet,
            row: 0,
            column: None,
            text: "",
        }
    }

    fn finding(&self, cause: Cause, mend: Option<String>) -> FormError {
        let header = self.column.and_then(|column| self.sheet.header.get(column));
        FormError {
            sheet: self.sheet.name.clone(),
            row: self.row,
            column: header.cloned().unwrap_or_default(),
            cell: self
                .column
                .map(|column| format!("{}{}", column_letters(column), self.row))
                .unwrap_or_default(),
            text: String::from(self.text),
            cause,
            mend,
        }
    }
}

impl Findings {
    fn error(&mut self, place: Place<'_>, cause: Cause, mend: Option<String>) {
        self.errors.push(place.finding(cause, mend));
    }

    fn warn(&mut self, place: Place<'_>, cause: Cause) {
        self.warnings.push(place.finding(cause, None));
    }
}

/// `did you mean x?`, when something near is known.
fn did_you_mean<'k>(word: &str, known: impl Iterator<Item = &'k str>) -> Option<String> {
    nearest(word, known).map(|near| format!("did you mean `{near}`?"))
}

/// Compiles an XLSForm.
///
/// # Errors
/// Everything that is wrong with it, in the order of the sheets.
pub fn compile(sheets: &Sheets) -> Result<Form, FormErrors> {
    let mut findings = Findings::default();
    for sheet in [&sheets.survey, &sheets.choices, &sheets.settings] {
        if sheet.rows.len() > MOST_ROWS {
            findings.error(
                Place::sheet(sheet),
                Cause::TooLarge("more than 20,000 rows"),
                None,
            );
            return Err(FormErrors(findings.errors));
        }
    }
    let mut form = Form {
        id: String::from("form"),
        version: String::new(),
        title: Texts::default(),
        languages: languages(&[&sheets.survey, &sheets.choices]),
        default_language: 0,
        elements: vec![Element::new("data", ElementKind::Group, 0, 0)],
        names: BTreeMap::new(),
        lists: BTreeMap::new(),
        pages: Vec::new(),
        warnings: Vec::new(),
        settings: BTreeMap::new(),
        graph: graph::Graph::default(),
        page_index: Vec::new(),
        uses_instances: false,
        suggestions: Vec::new(),
    };
    settings::read(&sheets.settings, &mut form, &mut findings);
    let columns = Columns::new(&sheets.survey, &form);
    let rows = survey::structure(&sheets.survey, &columns, &mut form, &mut findings);
    choices::read(&sheets.choices, &mut form, &mut findings);
    other::offer(&findings.others, &mut form);
    survey::contents(&sheets.survey, &columns, &rows, &mut form, &mut findings);
    suggestions::read(&sheets.choices, &mut form, &mut findings);
    if findings.errors.is_empty() {
        match graph::build(&form) {
            Ok(graph) => form.graph = graph,
            Err(circle) => {
                findings
                    .errors
                    .push(survey::circle(&sheets.survey, &columns, &form, &circle.0))
            }
        }
    }
    if !findings.errors.is_empty() {
        findings
            .errors
            .sort_by_key(|error| (sheet_order(&error.sheet), error.row));
        return Err(FormErrors(findings.errors));
    }
    form.pages = pages::build(&form);
    form.page_index = pages::index(&form);
    form.uses_instances = findings.uses_instances;
    form.warnings = findings.warnings;
    Ok(form)
}

fn sheet_order(name: &str) -> usize {
    ["survey", "choices", "settings"]
        .iter()
        .position(|known| *known == name)
        .unwrap_or(usize::MAX)
}
