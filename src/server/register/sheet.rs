//! A spreadsheet as rows of texts, with the numbers its rows have on the screen.

use std::path::Path;

use calamine::{Data, Reader};

use super::Error;

/// Bytes of a file that is looked at: a district's register has hundreds of rows, not millions.
const LARGEST: u64 = 20_000_000;

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
    let mut book: calamine::Xlsx<_> =
        calamine::open_workbook(file).map_err(|why: calamine::XlsxError| why.to_string())?;
    let name = book
        .sheet_names()
        .first()
        .cloned()
        .ok_or("it has no sheet")?;
    let range = book.worksheet_range(&name).map_err(|why| why.to_string())?;
    let (first_row, first_column) = range.start().unwrap_or((0, 0));
    let rows = (first_row + 1..).zip(range.rows()).map(|(number, cells)| {
        let before = (0..first_column).map(|_| String::new());
        (number, before.chain(cells.iter().map(cell)).collect())
    });
    Ok((name, rows.collect()))
}

/// A cell as a person would type it: whole numbers without a point, dates as ISO.
fn cell(data: &Data) -> String {
    match data {
        Data::Empty => String::new(),
        Data::String(text) => text.trim().to_owned(),
        Data::Int(number) => number.to_string(),
        // Rust writes a whole number without a point and never with an exponent.
        Data::Float(number) => number.to_string(),
        Data::Bool(yes) => if *yes { "ya" } else { "tidak" }.to_owned(),
        Data::DateTime(at) => {
            let (year, month, day, ..) = at.to_ymd_hms_milli();
            format!("{year:04}-{month:02}-{day:02}")
        }
        Data::DateTimeIso(text) => text.chars().take(10).collect(),
        Data::DurationIso(text) => text.clone(),
        Data::Error(error) => error.to_string(),
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
