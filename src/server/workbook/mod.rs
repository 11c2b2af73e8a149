//! Workbooks: an XLSForm as Excel writes it, as folders of CSV, and back to `.xlsx`.
//!
//! | file | what it is |
//! |---|---|
//! | `archive` | whether a file is a workbook of bearable size, before anything else looks at it |
//! | `cells` | the filled cells of a sheet, within a budget |
//! | `read` | `.xlsx` -> sheets |
//! | `write` | sheets -> `.xlsx` |
//! | `load` | a form from a path: a workbook, a folder of CSV, one CSV with all sheets |
//! | `table` | the tables beside a form: CSV and GeoJSON |
//!
//! A file may have 4 MB, 32 MB when it is unpacked, 50 sheets, 20,000 rows and 500 columns a sheet, 500,000 filled
//! cells, 32,767 characters in a cell, 1.5 MB of text in all. What is larger is refused with that reason, in bounded time and memory.

mod archive;
pub(crate) mod cells;
mod load;
mod read;
mod table;
mod write;

pub use load::{LoadError, load};
pub use read::read;
pub use write::{WriteError, write};

use crate::form::{FormError, Sheets};

/// The largest file that is looked at, in bytes.
pub const LARGEST: usize = 4_000_000;

/// Sheets as they were read, and what is odd about the file.
#[derive(Debug)]
pub struct Workbook {
    /// The sheets.
    pub sheets: Sheets,
    /// What did not stop the reading.
    pub warnings: Vec<FormError>,
}
