//! Tables as they stand in a workbook: every cell keeps its place, so that an error can name it.

use super::errors::{Cause, FormError, FormErrors};

/// One sheet: a header and rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sheet {
    /// `survey`, `choices`, `settings`.
    pub name: String,
    /// The first row.
    pub header: Vec<String>,
    /// The other rows; blank ones are left out.
    pub rows: Vec<Row>,
}

/// One row of a sheet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Row {
    /// As Excel counts: the header is row 1.
    pub number: u32,
    /// As many as there are, possibly fewer or more than the header has.
    pub cells: Vec<String>,
}

impl Row {
    /// A cell without the blanks around it; empty when the row is shorter.
    pub fn cell(&self, column: usize) -> &str {
        self.cells.get(column).map_or("", |cell| cell.trim())
    }
}

/// The three sheets of an XLSForm.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Sheets {
    pub survey: Sheet,
    pub choices: Sheet,
    pub settings: Sheet,
}

impl Sheets {
    /// Reads the three sheets from CSV. `choices` and `settings` may be empty.
    ///
    /// # Errors
    /// What is no CSV, per sheet.
    pub fn from_csv(survey: &str, choices: &str, settings: &str) -> Result<Sheets, FormErrors> {
        let mut errors = Vec::new();
        let mut read = |name: &str, text: &str| {
            Sheet::from_csv(name, text).unwrap_or_else(|error| {
                errors.push(*error);
                Sheet::default()
            })
        };
        let sheets = Sheets {
            survey: read("survey", survey),
            choices: read("choices", choices),
            settings: read("settings", settings),
        };
        if errors.is_empty() {
            Ok(sheets)
        } else {
            Err(FormErrors(errors))
        }
    }
}

impl Sheet {
    /// Reads one sheet from CSV.
    ///
    /// # Errors
    /// When the text is no CSV.
    pub fn from_csv(name: &str, text: &str) -> Result<Sheet, Box<FormError>> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .from_reader(text.as_bytes());
        let mut sheet = Sheet {
            name: String::from(name),
            ..Sheet::default()
        };
        for (index, record) in reader.records().enumerate() {
            let number = u32::try_from(index + 1).unwrap_or(u32::MAX);
            let record = record.map_err(|error| {
                let cause = Cause::Csv(error.to_string());
                FormError {
                    sheet: String::from(name),
                    row: number,
                    ..FormError::new(cause)
                }
            })?;
            let cells: Vec<String> = record.iter().map(String::from).collect();
            if number == 1 {
                sheet.header = cells
                    .into_iter()
                    .map(|cell| String::from(cell.trim()))
                    .collect();
            } else if cells.iter().any(|cell| !cell.trim().is_empty()) {
                sheet.rows.push(Row { number, cells });
            }
        }
        Ok(sheet)
    }
}

/// `A`, `B`, … `Z`, `AA`: a column as Excel names it, counted from 0.
pub fn column_letters(column: usize) -> String {
    let mut letters = Vec::new();
    let mut rest = column + 1;
    while rest > 0 {
        rest -= 1;
        letters.push(char::from(b'A' + u8::try_from(rest % 26).unwrap_or(0)));
        rest /= 26;
    }
    letters.iter().rev().collect()
}
