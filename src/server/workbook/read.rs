//! A workbook's bytes to sheets. Cells are read one by one and only those with something in them are kept, so that an
//! empty sheet that is formatted to its last row costs nothing.

use std::{collections::BTreeMap, io::Cursor};

use calamine::{DataRef, ExcelDateTime, Reader, SheetType, Xlsx, XlsxFormulaMetadata};

use super::{Workbook, archive};
use crate::form::{
    Cause, FormError, FormErrors, Limit, MOST_COLUMNS, MOST_ROWS, Mend, Sheet, Sheets,
    column_letters, nearest,
};

/// Sheets of a workbook.
const MOST_SHEETS: usize = 50;
/// Cells with something in them, of all sheets together.
const MOST_CELLS: usize = 500_000;
/// Characters of a cell, which is what Excel itself takes.
const LONGEST: usize = 32_767;

type Cells = BTreeMap<u32, BTreeMap<usize, String>>;

/// Reads a workbook.
///
/// # Errors
/// What it is instead, which limit it breaks, or every cell that has no value.
pub fn read(bytes: &[u8]) -> Result<Workbook, FormErrors> {
    let whole = |cause: Cause| {
        let mend = match &cause {
            Cause::Encrypted => Some(Mend::Unprotect),
            Cause::OldFormat | Cause::NotAWorkbook => Some(Mend::SaveAsXlsx),
            Cause::TooLarge(_) => Some(Mend::Less),
            _ => None,
        };
        FormErrors::from(FormError {
            mend,
            ..FormError::new(cause)
        })
    };
    archive::check(bytes).map_err(whole)?;
    let mut book = Xlsx::new(Cursor::new(bytes)).map_err(|_| whole(Cause::NotAWorkbook))?;
    let names: Vec<String> = book
        .sheets_metadata()
        .iter()
        .filter(|sheet| sheet.typ == SheetType::WorkSheet)
        .map(|sheet| sheet.name.clone())
        .collect();
    if names.len() > MOST_SHEETS {
        return Err(whole(Cause::TooLarge(Limit::Sheets)));
    }
    let mut reading = Reading::default();
    let mut sheets = Sheets::named();
    let only = names.len() == 1;
    for name in &names {
        let cells = reading.cells(&mut book, name);
        let cells = cells.map_err(|error| FormErrors::from(*error))?;
        // A workbook with one sheet is a form without choices, whatever the sheet is called.
        let name = if only { "survey" } else { name.trim() };
        sheets.put(sheet(name, cells));
    }
    if !sheets.survey.name.is_empty() && sheets.survey.header.is_empty() {
        reading.errors.push(missing_survey(&names));
    }
    if reading.errors.is_empty() {
        Ok(Workbook {
            sheets,
            warnings: reading.warnings,
        })
    } else {
        Err(FormErrors(reading.errors))
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
        let width = columns.keys().last().map_or(0, |last| last + 1);
        let mut texts = vec![String::new(); width];
        for (column, text) in columns {
            if let Some(place) = texts.get_mut(column) {
                *place = text;
            }
        }
        sheet.push(row + 1, texts);
    }
    sheet
}

#[derive(Default)]
struct Reading {
    errors: Vec<FormError>,
    warnings: Vec<FormError>,
    filled: usize,
}

impl Reading {
    fn cells(
        &mut self,
        book: &mut Xlsx<Cursor<&[u8]>>,
        name: &str,
    ) -> Result<Cells, Box<FormError>> {
        let at_sheet = |cause: Cause, mend: Option<Mend>| {
            Box::new(FormError {
                sheet: name.to_owned(),
                mend,
                ..FormError::new(cause)
            })
        };
        let unreadable = |why: calamine::XlsxError| {
            at_sheet(Cause::Unreadable(why.to_string()), Some(Mend::SaveAsXlsx))
        };
        let known = ["survey", "choices", "settings", "external_choices"]
            .contains(&name.trim().to_lowercase().as_str());
        let mut cells = Cells::new();
        let mut reader = book.worksheet_cells_reader(name).map_err(unreadable)?;
        while let Some(cell) = reader
            .next_cell_with_formula_metadata()
            .map_err(unreadable)?
        {
            let (row, column) = cell.pos;
            let text = text(&cell.value);
            let place = || FormError {
                sheet: name.to_owned(),
                row: row.saturating_add(1),
                cell: format!(
                    "{}{}",
                    column_letters(usize::try_from(column).unwrap_or(0)),
                    row.saturating_add(1)
                ),
                ..FormError::new(Cause::NotAWorkbook)
            };
            if known {
                self.remark(&cell.value, cell.formula.as_ref(), &text, place);
            }
            if text.trim().is_empty() {
                continue;
            }
            self.filled += 1;
            let column = usize::try_from(column).unwrap_or(usize::MAX);
            let limit = if row as usize > MOST_ROWS {
                Limit::Rows
            } else if column >= MOST_COLUMNS {
                Limit::Columns
            } else if self.filled > MOST_CELLS {
                Limit::Cells
            } else if text.chars().count() > LONGEST {
                let cause = Cause::TooLarge(Limit::Cell);
                return Err(Box::new(FormError {
                    cause,
                    mend: Some(Mend::Less),
                    ..place()
                }));
            } else {
                cells.entry(row).or_default().insert(column, text);
                continue;
            };
            return Err(at_sheet(Cause::TooLarge(limit), Some(Mend::Less)));
        }
        Ok(cells)
    }

    /// A formula's last result is taken, as every reader of XLSForms does, and said; one without a result is none.
    fn remark(
        &mut self,
        value: &DataRef<'_>,
        formula: Option<&XlsxFormulaMetadata>,
        text: &str,
        place: impl Fn() -> FormError,
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
