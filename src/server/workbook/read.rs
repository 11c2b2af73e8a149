//! A workbook's bytes to sheets.

use calamine::{DataRef, ExcelDateTime, XlsxFormulaMetadata};

use super::{
    Workbook,
    cells::{self, Budget, Cells, whole},
};
use crate::form::{Cause, FormError, FormErrors, Limit, Mend, Sheet, Sheets, nearest};

/// Sheets of a workbook.
const MOST_SHEETS: usize = 50;
/// Bytes of all sheets as text: no form that is published has more.
const MOST_TEXT: usize = 1_500_000;

/// Reads a workbook.
///
/// # Errors
/// What it is instead, which limit it breaks, or every cell that has no value.
pub fn read(bytes: &[u8]) -> Result<Workbook, FormErrors> {
    let (mut book, names) = cells::open(bytes)?;
    if names.len() > MOST_SHEETS {
        return Err(whole(Cause::TooLarge(Limit::Sheets)));
    }
    let mut budget = Budget::new(MOST_TEXT);
    let mut remarks = Remarks::default();
    let mut sheets = Sheets::named();
    let only = names.len() == 1;
    for name in &names {
        let known = ["survey", "choices", "settings", "external_choices"]
            .contains(&name.trim().to_lowercase().as_str());
        let found = cells::read(
            &mut book,
            name,
            &mut budget,
            text,
            &mut |value, formula, text, place| {
                if known {
                    remarks.add(value, formula, text, place);
                }
            },
        );
        let found = found.map_err(|error| FormErrors::from(*error))?;
        // A workbook with one sheet is a form without choices, whatever the sheet is called.
        let name = if only { "survey" } else { name.trim() };
        sheets.put(sheet(name, found));
    }
    if !sheets.survey.name.is_empty() && sheets.survey.header.is_empty() {
        remarks.errors.push(missing_survey(&names));
    }
    if remarks.errors.is_empty() {
        Ok(Workbook {
            sheets,
            warnings: remarks.warnings,
        })
    } else {
        Err(FormErrors(remarks.errors))
    }
}

fn missing_survey(names: &[String]) -> FormError {
    let lower: Vec<String> = names.iter().map(|name| name.to_lowercase()).collect();
    let meant = lower
        .iter()
        .zip(names)
        .find(|(lower, _)| nearest(lower, std::iter::once("survey")).is_some());
    FormError {
        mend: meant.map(|(_, name)| Mend::DidYouMean(name.clone())),
        ..FormError::new(Cause::MissingSheet("survey"))
    }
}

fn sheet(name: &str, cells: Cells) -> Sheet {
    let mut sheet = Sheet {
        name: name.to_owned(),
        ..Sheet::default()
    };
    for (row, columns) in cells {
        sheet.push(row + 1, cells::row(columns));
    }
    sheet
}

#[derive(Default)]
struct Remarks {
    errors: Vec<FormError>,
    warnings: Vec<FormError>,
}

impl Remarks {
    /// A formula's last result is taken, as every reader of XLSForms does, and said; one without a result is none.
    fn add(
        &mut self,
        value: &DataRef<'_>,
        formula: Option<&XlsxFormulaMetadata>,
        text: &str,
        place: &dyn Fn() -> FormError,
    ) {
        let (list, cause) = match (value, formula) {
            (DataRef::Error(_), _) => (&mut self.errors, Cause::CellError(text.to_owned())),
            (_, None) => return,
            (DataRef::Empty, Some(_)) => (&mut self.errors, Cause::EmptyFormula),
            (_, Some(_)) => (&mut self.warnings, Cause::Formula(text.to_owned())),
        };
        if list.len() < 500 {
            list.push(FormError {
                text: text.to_owned(),
                cause,
                mend: Some(Mend::PlainValue),
                ..place()
            });
        }
    }
}

/// A cell as a person would have typed it: `1`, not `1.0`; dates as ISO.
fn text(value: &DataRef<'_>) -> String {
    match value {
        DataRef::Empty => String::new(),
        DataRef::String(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Int(number) => number.to_string(),
        // Whole numbers print without a point, and nothing prints with an exponent.
        DataRef::Float(number) => number.to_string(),
        DataRef::Bool(yes) => if *yes { "TRUE" } else { "FALSE" }.to_owned(),
        DataRef::DateTime(at) => moment(*at),
        DataRef::DateTimeIso(text) => text.strip_suffix("T00:00:00").unwrap_or(text).to_owned(),
        DataRef::DurationIso(text) => text.clone(),
        DataRef::Error(error) => error.to_string(),
    }
}

fn moment(at: ExcelDateTime) -> String {
    let (year, month, day, hour, minute, second, _) = at.to_ymd_hms_milli();
    let clock = format!("{hour:02}:{minute:02}:{second:02}");
    let days = at.as_f64();
    if days < 1.0 || at.is_duration() {
        return clock;
    }
    let date = format!("{year:04}-{month:02}-{day:02}");
    if days.fract() == 0.0 {
        date
    } else {
        format!("{date}T{clock}")
    }
}
