//! The cells of a sheet, one by one. Only those with something in them are kept, and what they come to is counted before a
//! byte of it is copied: many cells may share one long text, and a row may have its only cell far to the right.
//!
//! ```text
//! budget       1,500,000 bytes
//! a cell       the bytes of its text
//! a row        1 for each place up to its last cell, as its line in a CSV has
//! ```

use std::{collections::BTreeMap, io::Cursor};

use calamine::{DataRef, Reader, SheetType, Xlsx, XlsxFormulaMetadata};

use super::archive;
use crate::form::{
    Cause, FormError, FormErrors, Limit, MOST_COLUMNS, MOST_ROWS, Mend, column_letters,
};

/// Cells with something in them, of all sheets together.
const MOST_CELLS: usize = 500_000;
/// Characters of a cell, which is what Excel itself takes.
const LONGEST: usize = 32_767;

/// A workbook that was opened.
pub(super) type Book<'a> = Xlsx<Cursor<&'a [u8]>>;

/// The filled cells of a sheet, by row and column, both counted from 0.
pub(crate) type Cells = BTreeMap<u32, BTreeMap<usize, String>>;

/// What is said of a cell beside its text: its value, its formula, its text, and where it is.
pub(super) type Remark<'r> =
    dyn FnMut(&DataRef<'_>, Option<&XlsxFormulaMetadata>, &str, &dyn Fn() -> FormError) + 'r;

/// What may be read of a workbook.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Budget {
    most: usize,
    spent: usize,
    filled: usize,
}

impl Budget {
    /// So many bytes, of all sheets together.
    pub(crate) fn new(most: usize) -> Self {
        Self {
            most,
            spent: 0,
            filled: 0,
        }
    }

    fn spend(&mut self, bytes: usize) -> Result<(), Limit> {
        let spent = self.spent.saturating_add(bytes);
        if spent > self.most {
            return Err(Limit::Text);
        }
        self.spent = spent;
        Ok(())
    }

    fn fill(&mut self) -> Result<(), Limit> {
        self.filled += 1;
        if self.filled > MOST_CELLS {
            return Err(Limit::Cells);
        }
        Ok(())
    }
}

/// Opens a workbook, when it is one of bearable size, and names its sheets.
pub(super) fn open(bytes: &[u8]) -> Result<(Book<'_>, Vec<String>), FormErrors> {
    archive::check(bytes).map_err(whole)?;
    let book = Xlsx::new(Cursor::new(bytes)).map_err(|_| whole(Cause::NotAWorkbook))?;
    let names = book
        .sheets_metadata()
        .iter()
        .filter(|sheet| sheet.typ == SheetType::WorkSheet)
        .map(|sheet| sheet.name.clone())
        .collect();
    Ok((book, names))
}

/// An error of the file as a whole.
pub(super) fn whole(cause: Cause) -> FormErrors {
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
}

/// The first sheet of a workbook, with its name.
///
/// # Errors
/// What the file is instead of a workbook, or which limit it breaks.
pub(crate) fn first_sheet(
    bytes: &[u8],
    budget: &mut Budget,
    text: fn(&DataRef<'_>) -> String,
) -> Result<(String, Cells), FormErrors> {
    let (mut book, names) = open(bytes)?;
    let name = names
        .into_iter()
        .next()
        .ok_or_else(|| whole(Cause::NotAWorkbook))?;
    let cells = read(&mut book, &name, budget, text, &mut |_, _, _, _| {});
    let cells = cells.map_err(|error| FormErrors::from(*error))?;
    Ok((name, cells))
}

/// Reads the cells of a sheet.
///
/// # Errors
/// Which limit it breaks, and where.
pub(super) fn read(
    book: &mut Book<'_>,
    name: &str,
    budget: &mut Budget,
    text: fn(&DataRef<'_>) -> String,
    remark: &mut Remark<'_>,
) -> Result<Cells, Box<FormError>> {
    let at_sheet = |cause: Cause, mend: Mend| {
        Box::new(FormError {
            sheet: name.to_owned(),
            mend: Some(mend),
            ..FormError::new(cause)
        })
    };
    let unreadable =
        |why: calamine::XlsxError| at_sheet(Cause::Unreadable(why.to_string()), Mend::SaveAsXlsx);
    let mut cells = Cells::new();
    let mut reader = book.worksheet_cells_reader(name).map_err(unreadable)?;
    while let Some(cell) = reader
        .next_cell_with_formula_metadata()
        .map_err(unreadable)?
    {
        let (row, column) = cell.pos;
        let column = usize::try_from(column).unwrap_or(usize::MAX);
        let place = || FormError {
            sheet: name.to_owned(),
            row: row.saturating_add(1),
            cell: format!("{}{}", column_letters(column), row.saturating_add(1)),
            ..FormError::new(Cause::NotAWorkbook)
        };
        let (blank, bytes) = extent(&cell.value);
        if blank {
            remark(&cell.value, cell.formula.as_ref(), "", &place);
            continue;
        }
        if bytes > LONGEST && is_too_long(&cell.value) {
            return Err(Box::new(FormError {
                cause: Cause::TooLarge(Limit::Cell),
                mend: Some(Mend::Less),
                ..place()
            }));
        }
        let width = cells
            .get(&row)
            .and_then(|row| row.keys().next_back())
            .map_or(0, |last| last + 1);
        let wider = (column + 1).saturating_sub(width);
        let fits = if row as usize > MOST_ROWS {
            Err(Limit::Rows)
        } else if column >= MOST_COLUMNS {
            Err(Limit::Columns)
        } else {
            budget.fill().and_then(|()| budget.spend(bytes + wider))
        };
        let too_large = |limit| at_sheet(Cause::TooLarge(limit), Mend::Less);
        fits.map_err(too_large)?;
        let text = text(&cell.value);
        // A number or a date becomes a text only here, and a short one.
        let more = text.len().saturating_sub(bytes);
        budget.spend(more).map_err(too_large)?;
        remark(&cell.value, cell.formula.as_ref(), &text, &place);
        cells.entry(row).or_default().insert(column, text);
    }
    Ok(cells)
}

/// Whether a cell is blank, and how many bytes its text has; of what is no text, none.
fn extent(value: &DataRef<'_>) -> (bool, usize) {
    let text: &str = match value {
        DataRef::Empty => return (true, 0),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text,
        DataRef::SharedString(text) => text,
        _ => return (false, 0),
    };
    (text.trim().is_empty(), text.len())
}

fn is_too_long(value: &DataRef<'_>) -> bool {
    match value {
        DataRef::String(text) => text.chars().count() > LONGEST,
        DataRef::SharedString(text) => text.chars().count() > LONGEST,
        _ => false,
    }
}

/// The texts of a row up to its last cell.
pub(crate) fn row(columns: BTreeMap<usize, String>) -> Vec<String> {
    let width = columns.keys().next_back().map_or(0, |last| last + 1);
    let mut texts = vec![String::new(); width];
    for (column, text) in columns {
        if let Some(place) = texts.get_mut(column) {
            *place = text;
        }
    }
    texts
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    const MOST: usize = 1_500_000;

    fn book(fill: impl FnOnce(&mut rust_xlsxwriter::Worksheet)) -> Vec<u8> {
        let mut book = rust_xlsxwriter::Workbook::new();
        fill(book.add_worksheet().set_name("survey").unwrap());
        book.save_to_buffer().unwrap()
    }

    /// Which limit reading breaks, in which sheet, and what it has cost until then.
    fn breaks(bytes: &[u8]) -> (Cause, String, usize) {
        let mut budget = Budget::new(MOST);
        let errors = first_sheet(bytes, &mut budget, |value| match value {
            DataRef::SharedString(text) => (*text).to_owned(),
            _ => String::new(),
        });
        let error = errors.expect_err("it breaks a limit").0.remove(0);
        (error.cause, error.sheet, budget.spent)
    }

    #[test]
    fn forty_thousand_cells_that_share_the_longest_text_are_refused_after_what_the_budget_has() {
        let long = "x".repeat(LONGEST);
        let bytes = book(|page| {
            for row in 0..10_000 {
                for column in 0..4 {
                    page.write_string(row, column, &long).unwrap();
                }
            }
        });
        let (cause, sheet, spent) = breaks(&bytes);
        assert_eq!(cause, Cause::TooLarge(Limit::Text));
        assert_eq!(sheet, "survey");
        assert!(spent <= MOST, "{spent}");
    }

    #[test]
    fn rows_with_their_only_cell_far_to_the_right_cost_what_they_are_wide() {
        let bytes = book(|page| {
            for row in 0..15_000 {
                page.write_string(row, 499, "x").unwrap();
            }
        });
        let (cause, sheet, spent) = breaks(&bytes);
        assert_eq!(cause, Cause::TooLarge(Limit::Text));
        assert_eq!(sheet, "survey");
        assert!(spent <= MOST, "{spent}");
    }

    #[test]
    fn a_cell_at_the_far_corner_of_a_sheet_costs_nothing_and_is_refused() {
        let bytes = book(|page| {
            page.write_string(0, 0, "a").unwrap();
            page.write_string(1_048_575, 16_383, "z").unwrap();
        });
        let (cause, sheet, spent) = breaks(&bytes);
        assert_eq!(cause, Cause::TooLarge(Limit::Rows));
        assert_eq!((sheet.as_str(), spent), ("survey", 2));
    }
}
