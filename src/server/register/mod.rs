//! Taking over the office's register of cooperatives from a spreadsheet: `.xlsx`, or CSV with commas or semicolons.
//!
//! Columns carry the ministry's names ([`crate::domain::cooperative::ODS_FIELDS`]), and three more for the status:
//! `Status`, `Status_Tanggal`, `Status_Sumber`. A row that does not fit is named and left out, the others are taken. A
//! cooperative that is there already is changed, not doubled; an empty cell leaves what is there.

mod match_rows;
mod row;
mod sheet;

use std::path::Path;

use crate::domain::{Kind, Millis, RecordId};

use self::{match_rows::Register, row::Candidate};

use super::{
    machine,
    office::{self, OfficeChange},
    repo::{self, Tx},
};

/// Why a file was not taken at all.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It cannot be read, or is no spreadsheet.
    #[error("{0}")]
    File(String),
    /// A column that every row needs is not there.
    #[error("row {row} of {sheet} names the columns, and there is no {column}; found: {found}")]
    Column {
        /// The sheet.
        sheet: String,
        /// The row of the headings, counted from 1.
        row: u32,
        /// What is missing.
        column: &'static str,
        /// What is there.
        found: String,
    },
    /// The machine has no randomness.
    #[error(transparent)]
    Machine(#[from] std::io::Error),
    /// The database fails.
    #[error(transparent)]
    Database(#[from] repo::Error),
}

/// Why a row was left out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// The row as the spreadsheet counts it, from 1.
    pub row: u32,
    /// The heading of the column.
    pub column: String,
    /// What is wrong, and how to mend it.
    pub cause: String,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "row {}, column {}: {}",
            self.row, self.column, self.cause
        )
    }
}

/// What an import did.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Report {
    /// Cooperatives that were not there before.
    pub added: usize,
    /// Cooperatives that something changed of.
    pub changed: usize,
    /// Cooperatives that were there just so.
    pub unchanged: usize,
    /// Columns that nobody knows; they were left out.
    pub unknown_columns: Vec<String>,
    /// Rows that were left out.
    pub problems: Vec<Problem>,
}

/// Imports a file, in the caller's transaction.
///
/// # Errors
/// [`Error`], when the file as a whole does not fit or the database fails. A row that does not fit is no error, it
/// stands in the report.
pub fn import(tx: &dyn Tx, file: &Path, now: Millis) -> Result<Report, Error> {
    let sheet = sheet::read(file)?;
    let columns = row::Columns::find(&sheet)?;
    let mut report = Report {
        unknown_columns: columns.unknown.clone(),
        ..Report::default()
    };
    let present = tx.records_of(Kind::Cooperative)?;
    let mut register = Register::of(present.into_iter().map(|stored| stored.record));
    for (number, cells) in &sheet.rows {
        if cells.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        let candidate = match row::read(*number, &columns, cells) {
            Ok(candidate) => candidate,
            Err(problems) => {
                report.problems.extend(problems);
                continue;
            }
        };
        take(tx, &mut register, *number, candidate, now, &mut report)?;
    }
    Ok(report)
}

fn take(
    tx: &dyn Tx,
    register: &mut Register,
    row: u32,
    candidate: Candidate,
    now: Millis,
    report: &mut Report,
) -> Result<(), Error> {
    let known = match register.find(&candidate) {
        Ok(known) => known,
        Err(cause) => {
            report.problems.push(Problem {
                row,
                column: cause.column.to_owned(),
                cause: cause.text,
            });
            return Ok(());
        }
    };
    let id = match known {
        Some(id) => id,
        None => RecordId::new(now, &machine::entropy()?),
    };
    register.take(id, row, &candidate);
    let change = OfficeChange::new(Kind::Cooperative, id, candidate.area, candidate.fields, now);
    match (known, office::apply(tx, change)?) {
        (None, _) => report.added += 1,
        (Some(_), Some(_)) => report.changed += 1,
        (Some(_), None) => report.unchanged += 1,
    }
    Ok(())
}
