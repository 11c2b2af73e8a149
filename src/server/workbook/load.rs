//! A form from a path, as the person who writes forms has it: a workbook with its tables in a folder beside it, a
//! folder of CSV sheets, or one CSV file with all sheets.

use std::{fs, path::Path};

use super::{LARGEST, Workbook, read, table};
use crate::form::{Cause, FormError, FormErrors, Limit, Mend, Sheet, Sheets};

/// Why a form could not be had from a path.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The file or folder cannot be read.
    #[error("{path} cannot be read: {why}")]
    File {
        /// Which.
        path: String,
        /// Why.
        why: std::io::Error,
    },
    /// Neither a folder nor a file with an ending that says something.
    #[error("{0} is no form: a folder of CSV sheets, an .xlsx or a .csv is wanted")]
    Kind(String),
    /// The sheets are not readable.
    #[error(transparent)]
    Form(#[from] FormErrors),
}

/// Loads a form.
///
/// A workbook `visit.xlsx` has its tables in the folder `visit-media`, if there is one. In a folder, `survey.csv`,
/// `choices.csv`, `settings.csv` and `external_choices.csv` are the sheets, and what else there is of CSV and GeoJSON are
/// tables.
///
/// # Errors
/// [`LoadError`].
pub fn load(path: &Path) -> Result<Workbook, LoadError> {
    if path.is_dir() {
        let mut sheets = Sheets::named();
        attach(path, &mut sheets)?;
        if sheets.survey.header.is_empty() {
            return Err(FormErrors::from(FormError::new(Cause::MissingSheet("survey"))).into());
        }
        return Ok(Workbook {
            sheets,
            warnings: Vec::new(),
        });
    }
    let ending = path
        .extension()
        .map(|ending| ending.to_string_lossy().to_lowercase());
    let mut book = match ending.as_deref() {
        Some("xlsx" | "xlsm" | "xls") => read(&bytes(path)?)?,
        Some("csv") => Workbook {
            sheets: all_in_one(&text(path)?)?,
            warnings: Vec::new(),
        },
        _ => return Err(LoadError::Kind(path.display().to_string())),
    };
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let media = path.with_file_name(format!("{stem}-media"));
    if media.is_dir() {
        attach(&media, &mut book.sheets)?;
    }
    Ok(book)
}

/// Adds the sheets and tables of a folder, in the order of their names.
fn attach(folder: &Path, sheets: &mut Sheets) -> Result<(), LoadError> {
    let cannot = |why| LoadError::File {
        path: folder.display().to_string(),
        why,
    };
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(cannot)? {
        let path = entry.map_err(cannot)?.path();
        if path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    let mut errors = Vec::new();
    for path in files {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if !matches!(name.rsplit_once('.'), Some((_, "csv" | "geojson"))) {
            continue;
        }
        match table::read(&name, &text(&path)?) {
            Some(Ok(sheet)) => sheets.put(sheet),
            Some(Err(error)) => errors.push(*error),
            None => {}
        }
    }
    if errors.is_empty() {
        Ok(())
    } else {
        Err(FormErrors(errors).into())
    }
}

fn bytes(path: &Path) -> Result<Vec<u8>, LoadError> {
    let cannot = |why| LoadError::File {
        path: path.display().to_string(),
        why,
    };
    let size = fs::metadata(path).map_err(cannot)?.len();
    if size > u64::try_from(LARGEST).unwrap_or(u64::MAX) {
        let error = FormError {
            mend: Some(Mend::Less),
            ..FormError::new(Cause::TooLarge(Limit::File))
        };
        return Err(FormErrors::from(error).into());
    }
    fs::read(path).map_err(cannot)
}

fn text(path: &Path) -> Result<String, LoadError> {
    String::from_utf8(bytes(path)?).map_err(|why| LoadError::File {
        path: path.display().to_string(),
        why: std::io::Error::new(std::io::ErrorKind::InvalidData, why.utf8_error()),
    })
}

/// All sheets in one CSV, as pyxform reads them too: a row with something in its first cell begins the sheet of that
/// name; the rows of a sheet leave the first cell empty.
fn all_in_one(text: &str) -> Result<Sheets, FormErrors> {
    let whole = Sheet::from_csv("survey", text).map_err(|error| FormErrors::from(*error))?;
    let mut sheets = Sheets::named();
    let mut open: Option<(Sheet, u32)> = None;
    let header = std::iter::once((1, &whole.header));
    let rows = whole.rows.iter().map(|row| (row.number, &row.cells));
    for (number, cells) in header.chain(rows) {
        let first = cells.first().map_or("", |cell| cell.trim());
        if !first.is_empty() {
            if let Some((done, _)) = open.take() {
                sheets.put(done);
            }
            let sheet = Sheet {
                name: first.to_owned(),
                ..Sheet::default()
            };
            open = Some((sheet, number));
        } else if let Some((sheet, begun)) = &mut open {
            sheet.push(number - *begun, cells.iter().skip(1).cloned().collect());
        }
    }
    if let Some((done, _)) = open {
        sheets.put(done);
    }
    if sheets.survey.header.is_empty() {
        return Err(FormErrors::from(FormError::new(Cause::MissingSheet(
            "survey",
        ))));
    }
    Ok(sheets)
}
