//! Sheets to a [`Form`]. Every mistake is collected; nothing stops at the first.

mod choices;
mod columns;
mod formulas;
mod inspect;
mod other;
mod pages;
mod parameters;
mod settings;
mod suggestions;
mod survey;
mod tables;
mod types;

use std::collections::{BTreeMap, BTreeSet};

use super::definition::{Element, ElementId, ElementKind, Form};
use super::errors::{Cause, FormError, FormErrors, Limit, Mend, nearest};
use super::graph::{self, Trouble};
use super::sheets::{Row, Sheet, Sheets, column_letters};
use super::template::Texts;
use choices::Source;
use columns::{Columns, languages};

/// More rows than any checklist has.
pub const MOST_ROWS: usize = 20_000;
/// More columns than any checklist has.
pub const MOST_COLUMNS: usize = 500;
/// So many mistakes are told, and as many warnings.
const TOLD: usize = 500;
/// So many mistakes get a suggestion: each compares with every name there is.
const SUGGESTED: usize = 100;

/// Whether somebody mends the sheets: not on a phone, which has only what was published. There warnings and suggestions
/// are left out, and their code with them.
const MENDED: bool = !crate::ON_A_PHONE;

/// What goes wrong while importing, and what is noted on the way.
#[derive(Default)]
struct Findings {
    errors: Vec<FormError>,
    warnings: Vec<FormError>,
    /// How many suggestions were looked for.
    suggested: usize,
    uses_instances: bool,
    /// The lists that get a choice "other".
    others: Vec<String>,
    /// The lists that something uses.
    used_lists: BTreeSet<String>,
    /// The tables that something looks into, each with whether it is there.
    tables: BTreeMap<String, bool>,
    /// Choices with a blank in their name, by list: a mistake where several can be chosen.
    blank_choices: Vec<(String, FormError)>,
}

/// A place in a sheet.
#[derive(Clone, Copy)]
struct Place<'s> {
    sheet: &'s Sheet,
    row: u32,
    column: Option<usize>,
    text: &'s str,
    /// The repeats around it, where that matters.
    around: Option<&'s [ElementId]>,
}

impl<'s> Place<'s> {
    fn within(self, around: &'s [ElementId]) -> Place<'s> {
        Place {
            around: Some(around),
            ..self
        }
    }

    fn row(sheet: &'s Sheet, row: &'s Row) -> Place<'s> {
        Place {
            sheet,
            row: row.number,
            column: None,
            text: "",
            around: None,
        }
    }

    fn cell(sheet: &'s Sheet, row: &'s Row, column: usize) -> Place<'s> {
        Place {
            sheet,
            row: row.number,
            column: Some(column),
            text: row.cell(column),
            around: None,
        }
    }

    fn sheet(sheet: &'s Sheet) -> Place<'s> {
        Place {
            sheet,
            row: 0,
            column: None,
            text: "",
            around: None,
        }
    }

    fn finding(&self, cause: Cause, mend: Option<Mend>) -> FormError {
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
            character: None,
            cause,
            mend,
        }
    }
}

impl Findings {
    fn error(&mut self, place: Place<'_>, cause: Cause, mend: Option<Mend>) {
        self.error_at(place, None, cause, mend);
    }

    fn error_at(
        &mut self,
        place: Place<'_>,
        character: Option<usize>,
        cause: Cause,
        mend: Option<Mend>,
    ) {
        match self.errors.len() {
            ..TOLD => self.errors.push(FormError {
                character,
                ..place.finding(cause, mend)
            }),
            TOLD => self.errors.push(FormError::new(Cause::More)),
            _ => {}
        }
    }

    fn warn(&mut self, place: Place<'_>, cause: Cause, mend: Option<Mend>) {
        if MENDED && self.warnings.len() < TOLD {
            self.warnings.push(place.finding(cause, mend));
        }
    }

    /// The known word nearest to one that is not.
    fn near<'k>(&mut self, word: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
        self.suggested += 1;
        if !MENDED || self.suggested > SUGGESTED {
            return None;
        }
        nearest(word, known)
    }

    /// `did you mean x?`, when something near is known.
    fn did_you_mean<'k>(
        &mut self,
        word: &str,
        known: impl Iterator<Item = &'k str>,
    ) -> Option<Mend> {
        self.near(word, known)
            .map(|near| Mend::DidYouMean(String::from(near)))
    }
}

/// Compiles an XLSForm.
///
/// # Errors
/// Everything that is wrong with it, in the order of the sheets.
pub fn compile(sheets: &Sheets) -> Result<Form, FormErrors> {
    let mut findings = Findings::default();
    if let Err(error) = check_sizes(sheets) {
        return Err(FormErrors::from(*error));
    }
    let has_default = settings::has_default_language(&sheets.settings);
    let texts = [&sheets.survey, &sheets.choices, &sheets.external_choices];
    let mut form = Form {
        id: String::from("form"),
        version: String::new(),
        title: Texts::default(),
        languages: languages(&texts, has_default),
        default_language: 0,
        elements: vec![Element::new("data", ElementKind::Group, 0, 0)],
        names: BTreeMap::new(),
        lists: BTreeMap::new(),
        tables: BTreeMap::new(),
        pages: Vec::new(),
        warnings: Vec::new(),
        settings: BTreeMap::new(),
        graph: graph::Graph::default(),
        page_index: Vec::new(),
        uses_instances: false,
        suggestions: Vec::new(),
    };
    settings::read(&sheets.settings, &mut form, &mut findings);
    tables::notice(sheets, &mut findings);
    let columns = Columns::new(&sheets.survey, &form);
    if MENDED {
        columns.report(&sheets.survey, &mut findings);
    }
    let rows = survey::structure(&sheets.survey, &columns, &mut form, &mut findings);
    choices::read(&sheets.choices, Source::Inner, &mut form, &mut findings);
    choices::read(
        &sheets.external_choices,
        Source::External,
        &mut form,
        &mut findings,
    );
    other::offer(&findings.others, &mut form);
    survey::contents(&sheets.survey, &columns, &rows, &mut form, &mut findings);
    suggestions::read(&sheets.choices, &mut form, &mut findings);
    choices::check(sheets, &form, &mut findings);
    if findings.errors.is_empty() {
        match graph::build(&form) {
            Ok(graph) => form.graph = graph,
            Err(Trouble::Circle(circle)) => {
                findings
                    .errors
                    .push(survey::circle(&sheets.survey, &columns, &form, &circle))
            }
            Err(Trouble::TooMuch) => {
                let cause = Cause::TooLarge(Limit::Expressions);
                findings.error(Place::sheet(&sheets.survey), cause, Some(Mend::Less));
            }
        }
    }
    for found in [&mut findings.errors, &mut findings.warnings] {
        found.sort_by_key(|finding| (sheet_order(&finding.sheet), finding.row));
    }
    if !findings.errors.is_empty() {
        return Err(FormErrors(findings.errors));
    }
    tables::keep(sheets, &mut form, &findings);
    form.pages = pages::build(&form);
    form.page_index = pages::index(&form);
    form.uses_instances = findings.uses_instances;
    form.warnings = findings.warnings;
    Ok(form)
}

/// No sheet has more than a phone can hold.
fn check_sizes(sheets: &Sheets) -> Result<(), Box<FormError>> {
    for sheet in sheets.iter() {
        let limit = match (sheet.rows.len() > MOST_ROWS, sheet.width() > MOST_COLUMNS) {
            (true, _) => Limit::Rows,
            (_, true) => Limit::Columns,
            _ => continue,
        };
        return Err(Box::new(
            Place::sheet(sheet).finding(Cause::TooLarge(limit), Some(Mend::Less)),
        ));
    }
    Ok(())
}

fn sheet_order(name: &str) -> usize {
    ["survey", "choices", "settings", "external_choices"]
        .iter()
        .position(|known| *known == name)
        .unwrap_or(usize::MAX)
}
