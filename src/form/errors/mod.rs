//! What can be wrong with a form, said so that the person with Excel can mend it, in English and in Indonesian.

mod cause;
mod indonesian;
mod mend;
mod nearest;

use std::fmt::{self, Display, Formatter};

pub use cause::{Cause, Frame, Limit};
pub use mend::Mend;
pub use nearest::nearest;

/// One mistake (or warning) and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormError {
    /// The sheet.
    pub sheet: String,
    /// The row as Excel counts, 0 when it is about the whole sheet.
    pub row: u32,
    /// The column's header, empty when it is about the whole row.
    pub column: String,
    /// The cell in Excel's way, `G14`; empty as above.
    pub cell: String,
    /// What stands in the cell.
    pub text: String,
    /// Which character of the text it is about, counted from 1, when that is known.
    pub character: Option<usize>,
    /// What is wrong.
    pub cause: Cause,
    /// What to do about it.
    pub mend: Option<Mend>,
}

impl FormError {
    /// A mistake without a place yet.
    pub(crate) fn new(cause: Cause) -> FormError {
        FormError {
            sheet: String::new(),
            row: 0,
            column: String::new(),
            cell: String::new(),
            text: String::new(),
            character: None,
            cause,
            mend: None,
        }
    }

    /// Where it stands: `survey!G14`, `survey!14`, `survey`.
    pub fn place(&self) -> String {
        match (self.cell.as_str(), self.row) {
            ("", 0) => self.sheet.clone(),
            ("", row) => format!("{}!{row}", self.sheet),
            (cell, _) => format!("{}!{cell}", self.sheet),
        }
    }

    /// What is wrong, in English, with the character when it is known.
    pub fn what(&self) -> String {
        match self.character {
            Some(at) => format!("{} (character {at})", self.cause),
            None => self.cause.to_string(),
        }
    }

    /// What is wrong, in Indonesian.
    pub fn what_indonesian(&self) -> String {
        match self.character {
            Some(at) => format!("{} (karakter ke-{at})", self.cause.indonesian()),
            None => self.cause.indonesian(),
        }
    }

    /// The whole line in Indonesian, as [`Display`] gives it in English.
    pub fn indonesian(&self) -> String {
        let mend = self.mend.as_ref().map(Mend::indonesian);
        self.line(&self.what_indonesian(), mend)
    }

    fn line(&self, what: &str, mend: Option<String>) -> String {
        let mut out = self.place();
        if !self.column.is_empty() {
            out.push_str(&format!(" ({})", self.column));
        }
        if !out.is_empty() {
            out.push_str(": ");
        }
        out.push_str(what);
        if let Some(mend) = mend {
            out.push_str("; ");
            out.push_str(&mend);
        }
        out
    }
}

impl Display for FormError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mend = self.mend.as_ref().map(ToString::to_string);
        f.write_str(&self.line(&self.what(), mend))
    }
}

impl std::error::Error for FormError {}

/// Everything that is wrong with a form, in the order of its sheets.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FormErrors(pub Vec<FormError>);

impl FormErrors {
    /// Where the first of them stand: enough for a phone, which carries no words for what can be wrong with a form.
    pub fn places(&self) -> String {
        let places: Vec<String> = self.0.iter().take(3).map(FormError::place).collect();
        places.join(", ")
    }
}

impl From<FormError> for FormErrors {
    fn from(error: FormError) -> FormErrors {
        FormErrors(vec![error])
    }
}

impl Display for FormErrors {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            let line = if index == 0 { "" } else { "\n" };
            write!(f, "{line}{error}")?;
        }
        Ok(())
    }
}

impl std::error::Error for FormErrors {}
