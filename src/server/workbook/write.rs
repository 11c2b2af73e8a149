//! Sheets to a workbook that Excel, and every other tool for XLSForms, opens: each cell the text that it is, the header
//! held in place, wide texts wrapped.

use rust_xlsxwriter::{Format, FormatAlign, IgnoreError, Workbook, Worksheet, XlsxError};

use crate::form::{Sheet, Sheets};

/// The narrowest and the widest column, in characters.
const WIDTHS: (usize, usize) = (8, 48);
/// Columns that hold identifiers and words are not wrapped.
const LONGEST_NAME: usize = 31;

/// The workbook could not be made.
#[derive(Debug, thiserror::Error)]
#[error("the workbook cannot be written: {0}")]
pub struct WriteError(#[from] XlsxError);

/// Writes a workbook.
///
/// # Errors
/// When a cell or a sheet is larger than Excel takes.
pub fn write(sheets: &Sheets) -> Result<Vec<u8>, WriteError> {
    let mut book = Workbook::new();
    let heading = Format::new()
        .set_bold()
        .set_text_wrap()
        .set_align(FormatAlign::Top);
    let body = Format::new().set_text_wrap().set_align(FormatAlign::Top);
    let mut names: Vec<String> = Vec::new();
    for sheet in sheets.iter() {
        let name = sheet_name(&sheet.name, &names);
        fill(
            book.add_worksheet().set_name(&name)?,
            sheet,
            &heading,
            &body,
        )?;
        names.push(name.to_lowercase());
    }
    Ok(book.save_to_buffer()?)
}

fn fill(
    page: &mut Worksheet,
    sheet: &Sheet,
    heading: &Format,
    body: &Format,
) -> Result<(), XlsxError> {
    put(page, 0, &sheet.header, heading)?;
    for row in &sheet.rows {
        put(page, row.number.saturating_sub(1), &row.cells, body)?;
    }
    page.set_freeze_panes(1, 0)?;
    let columns = u16::try_from(sheet.width()).unwrap_or(u16::MAX);
    for column in 0..columns {
        let index = usize::from(column);
        let texts = sheet.rows.iter().filter_map(|row| row.cells.get(index));
        let longest = texts
            .chain(sheet.header.get(index))
            .map(|text| text.chars().count())
            .max()
            .unwrap_or(0);
        let width = (longest + 2).clamp(WIDTHS.0, WIDTHS.1);
        page.set_column_width(column, u32::try_from(width).unwrap_or(8))?;
    }
    if let (Some(last), Some(width)) = (sheet.rows.last(), columns.checked_sub(1)) {
        // Names and versions of digits are texts, and no mistake.
        page.ignore_error_range(0, 0, last.number, width, IgnoreError::NumberStoredAsText)?;
    }
    Ok(())
}

fn put(page: &mut Worksheet, row: u32, cells: &[String], format: &Format) -> Result<(), XlsxError> {
    for (column, text) in (0_u16..).zip(cells) {
        if !text.is_empty() {
            page.write_string_with_format(row, column, text, format)?;
        }
    }
    Ok(())
}

/// A name that Excel takes for a sheet: at most 31 characters, without some signs, and only once.
fn sheet_name(name: &str, taken: &[String]) -> String {
    let plain = |c: char| match c {
        '[' | ']' | ':' | '*' | '?' | '/' | '\\' | '\'' => '_',
        other => other,
    };
    let mut cut: String = name.chars().map(plain).take(LONGEST_NAME).collect();
    if cut.trim().is_empty() {
        cut = "sheet".to_owned();
    }
    let mut count = 1;
    let mut free = cut.clone();
    while taken.contains(&free.to_lowercase()) {
        count += 1;
        let end = format!("_{count}");
        let start: String = cut.chars().take(LONGEST_NAME - end.len()).collect();
        free = format!("{start}{end}");
    }
    free
}
