//! A spreadsheet as rows of texts, with the numbers its rows have on the screen.

use std::path::Path;

use calamine::DataRef;

use super::Error;
use crate::server::workbook::cells::{self, Budget};

/// Bytes of a file that is looked at: a district's register has hundreds of rows, not millions.
const LARGEST: u64 = 20_000_000;

/// Bytes of a workbook's first sheet as text.
const MOST_TEXT: usize = 8_000_000;

/// The first sheet of a file.
pub(super) struct Sheet {
    /// Its name; the file's for CSV.
    pub(super) name: String,
    /// The row of the headings, counted from 1.
    pub(super) heading_row: u32,
    /// The headings.
    pub(super) headings: Vec<String>,
    /// The rows below with their numbers.
    pub(super) rows: Vec<(u32, Vec<String>)>,
}

pub(super) fn read(file: &Path) -> Result<Sheet, Error> {
    let cannot = |why: &dyn std::fmt::Display| {
        Error::File(format!("{} cannot be read: {why}", file.display()))
    };
    let size = std::fs::metadata(file).map_err(|why| cannot(&why))?.len();
    if size > LARGEST {
        return Err(cannot(&format!("{size} bytes are too many")));
    }
    let extension = file
        .extension()
        .map(|extension| extension.to_string_lossy().to_lowercase());
    let (name, rows) = match extension.as_deref() {
        Some("xlsx") => workbook(file).map_err(|why| cannot(&why))?,
        Some("csv") => {
            let bytes = std::fs::read(file).map_err(|why| cannot(&why))?;
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            (name.into_owned(), text(&bytes).map_err(|why| cannot(&why))?)
        }
        _ => return Err(cannot(&"it must be .xlsx or .csv")),
    };
    let mut rows = rows
        .into_iter()
        .skip_while(|(_, cells)| cells.iter().all(|cell| cell.trim().is_empty()));
    let (heading_row, headings) = rows.next().ok_or_else(|| cannot(&"it is empty"))?;
    Ok(Sheet {
        name,
        heading_row,
        headings,
        rows: rows.collect(),
    })
}

type Rows = Vec<(u32, Vec<String>)>;

fn workbook(file: &Path) -> Result<(String, Rows), String> {
    let bytes = std::fs::read(file).map_err(|why| why.to_string())?;
    let mut budget = Budget::new(MOST_TEXT);
    let (name, cells) = cells::first_sheet(&bytes, &mut budget, cell).map_err(|errors| {
        let error = errors.0.first();
        error.map(ToString::to_string).unwrap_or_default()
    })?;
    let rows = cells
        .into_iter()
        .map(|(row, columns)| (row + 1, cells::row(columns)));
    Ok((name, rows.collect()))
}

/// A cell as a person would type it: whole numbers without a point, dates as ISO.
fn cell(data: &DataRef<'_>) -> String {
    match data {
        DataRef::Empty => String::new(),
        DataRef::String(text) => text.trim().to_owned(),
        DataRef::SharedString(text) => text.trim().to_owned(),
        DataRef::Int(number) => number.to_string(),
        // Rust writes a whole number without a point and never with an exponent.
        DataRef::Float(number) => number.to_string(),
        DataRef::Bool(yes) => if *yes { "ya" } else { "tidak" }.to_owned(),
        DataRef::DateTime(at) => {
            let (year, month, day, ..) = at.to_ymd_hms_milli();
            format!("{year:04}-{month:02}-{day:02}")
        }
        DataRef::DateTimeIso(text) => text.chars().take(10).collect(),
        DataRef::DurationIso(text) => text.clone(),
        DataRef::Error(error) => error.to_string(),
    }
}

fn text(bytes: &[u8]) -> Result<Rows, String> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let first = bytes.split(|byte| *byte == b'\n').next().unwrap_or(bytes);
    let count = |wanted: u8| first.iter().filter(|byte| **byte == wanted).count();
    // Excel writes semicolons where the comma is the decimal sign, as here.
    let delimiter = if count(b';') > count(b',') {
        b';'
    } else {
        b','
    };
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(bytes);
    let mut row = 0;
    reader
        .records()
        .map(|record| {
            let record = record.map_err(|why| why.to_string())?;
            // A spreadsheet counts the empty lines that the reader skips, and a text of two lines as one row.
            let begun = record.position().map_or(0, csv::Position::byte);
            let rest = bytes.get(usize::try_from(begun).unwrap_or(usize::MAX)..);
            let ends = rest
                .unwrap_or_default()
                .iter()
                .take_while(|byte| matches!(byte, b'\r' | b'\n'));
            let skipped = ends.filter(|byte| **byte == b'\n').count();
            row += 1 + u32::try_from(skipped).unwrap_or(0);
            Ok((
                row,
                record.iter().map(|cell| cell.trim().to_owned()).collect(),
            ))
        })
        .collect()
}
