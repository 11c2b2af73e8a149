//! Tables as they stand in a workbook: every cell keeps its place, so that an error can name it.

use super::errors::{Cause, FormError, FormErrors};
use crate::domain::csv;

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

/// The sheets of an XLSForm.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sheets {
    /// The questions.
    pub survey: Sheet,
    /// The lists that selects offer.
    pub choices: Sheet,
    /// Name, version, title.
    pub settings: Sheet,
    /// Long lists, for `select_one_external`.
    pub external_choices: Sheet,
    /// Every other sheet, in order. One that has the name of a table (`desa` for `desa.csv`) is that table; the others
    /// mean nothing to the form and come out again at export.
    pub others: Vec<Sheet>,
}

impl Sheets {
    /// Reads the three sheets from CSV. `choices` and `settings` may be empty.
    ///
    /// # Errors
    /// What is no CSV, per sheet.
    pub fn from_csv(survey: &str, choices: &str, settings: &str) -> Result<Sheets, FormErrors> {
        let sheets = [
            ("survey", survey),
            ("choices", choices),
            ("settings", settings),
        ];
        Sheets::from_named(sheets)
    }

    /// Reads sheets from CSV, each with its name. What has none of the names that the standard knows is kept beside.
    ///
    /// # Errors
    /// What is no CSV, per sheet.
    pub fn from_named<'a>(
        sheets: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Sheets, FormErrors> {
        let mut out = Sheets::named();
        let mut errors = Vec::new();
        for (name, text) in sheets {
            match Sheet::from_csv(name, text) {
                Ok(sheet) => out.put(sheet),
                Err(error) => errors.push(*error),
            }
        }
        if errors.is_empty() {
            Ok(out)
        } else {
            Err(FormErrors(errors))
        }
    }

    /// Four empty sheets that know their names.
    pub(crate) fn named() -> Sheets {
        let empty = |name: &str| Sheet {
            name: String::from(name),
            ..Sheet::default()
        };
        Sheets {
            survey: empty("survey"),
            choices: empty("choices"),
            settings: empty("settings"),
            external_choices: empty("external_choices"),
            others: Vec::new(),
        }
    }

    /// Puts a sheet where its name says; a second one of the same name replaces the first.
    pub(crate) fn put(&mut self, mut sheet: Sheet) {
        let known = sheet.name.trim().to_ascii_lowercase();
        let place = match known.as_str() {
            "survey" => &mut self.survey,
            "choices" => &mut self.choices,
            "settings" => &mut self.settings,
            "external_choices" => &mut self.external_choices,
            _ => {
                match self
                    .others
                    .iter_mut()
                    .find(|other| other.name == sheet.name)
                {
                    Some(place) => *place = sheet,
                    None => self.others.push(sheet),
                }
                return;
            }
        };
        sheet.name = known;
        *place = sheet;
    }

    /// All sheets that have something in them, in the order of a workbook.
    pub fn iter(&self) -> impl Iterator<Item = &Sheet> {
        [
            &self.survey,
            &self.choices,
            &self.settings,
            &self.external_choices,
        ]
        .into_iter()
        .chain(&self.others)
        .filter(|sheet| !sheet.header.is_empty() || !sheet.rows.is_empty())
    }
}

impl Sheet {
    /// Reads one sheet from CSV with commas or, as Excel writes it where the comma is the decimal sign, semicolons.
    ///
    /// # Errors
    /// When the text is no CSV.
    pub fn from_csv(name: &str, text: &str) -> Result<Sheet, Box<FormError>> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let first = text.lines().next().unwrap_or_default();
        let semicolons = first.matches(';').count() > first.matches(',').count();
        let mut sheet = Sheet {
            name: String::from(name),
            ..Sheet::default()
        };
        let rows =
            csv::rows(text, if semicolons { ';' } else { ',' }).map_err(|row| FormError {
                sheet: String::from(name),
                row,
                ..FormError::new(Cause::Csv)
            })?;
        for (number, cells) in rows {
            sheet.push(number, cells);
        }
        Ok(sheet)
    }

    /// Adds a row; the first one is the header, blank ones are left out.
    pub(crate) fn push(&mut self, number: u32, cells: Vec<String>) {
        if number == 1 {
            self.header = cells
                .into_iter()
                .map(|cell| String::from(cell.trim()))
                .collect();
        } else if cells.iter().any(|cell| !cell.trim().is_empty()) {
            self.rows.push(Row { number, cells });
        }
    }

    /// The sheet as CSV with commas. Rows keep their numbers: where blank ones were left out, blank lines stand.
    pub fn to_csv(&self) -> String {
        let width = self.width();
        let mut out = String::new();
        if width == 0 {
            return out;
        }
        line(&mut out, &self.header, width);
        let mut next = 2;
        for row in &self.rows {
            while next < row.number {
                line(&mut out, &[], width);
                next += 1;
            }
            line(&mut out, &row.cells, width);
            next = row.number.saturating_add(1);
        }
        out
    }

    /// How many columns there are.
    pub fn width(&self) -> usize {
        let rows = self.rows.iter().map(|row| row.cells.len());
        rows.chain([self.header.len()]).max().unwrap_or(0)
    }
}

/// Writes one record, filled up to the width. A record of one empty cell is quoted, or a reader would skip it.
fn line(out: &mut String, cells: &[String], width: usize) {
    if width <= 1 && cells.first().is_none_or(String::is_empty) {
        out.push_str("\"\"\n");
        return;
    }
    for column in 0..width {
        if column > 0 {
            out.push(',');
        }
        let cell = cells.get(column).map_or("", String::as_str);
        let plain = !cell.contains([',', ';', '"', '\n', '\r']) && cell.trim() == cell;
        if plain {
            out.push_str(cell);
        } else {
            out.push('"');
            out.push_str(&cell.replace('"', "\"\""));
            out.push('"');
        }
    }
    out.push('\n');
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
