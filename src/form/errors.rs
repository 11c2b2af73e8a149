//! What can be wrong with a form, said so that the person with Excel can mend it.

use std::fmt::{self, Display, Formatter};

use super::expr::ParseError;

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
    /// What is wrong.
    pub cause: Cause,
    /// What to do about it.
    pub mend: Option<String>,
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
            cause,
            mend: None,
        }
    }
}

impl Display for FormError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sheet)?;
        if !self.cell.is_empty() {
            write!(f, "!{}", self.cell)?;
        } else if self.row > 0 {
            write!(f, "!{}", self.row)?;
        }
        if !self.column.is_empty() {
            write!(f, " ({})", self.column)?;
        }
        write!(f, ": {}", self.cause)?;
        if let Some(mend) = &self.mend {
            write!(f, "; {mend}")?;
        }
        Ok(())
    }
}

impl std::error::Error for FormError {}

/// Everything that is wrong with a form, in the order of its sheets.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FormErrors(pub Vec<FormError>);

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

/// The kinds of mistakes and warnings.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)]
pub enum Cause {
    #[error("the sheet is not readable CSV: {0}")]
    Csv(String),
    #[error("the column `{0}` is missing")]
    MissingColumn(&'static str),
    #[error("the form has no questions")]
    NoQuestions,
    #[error("`{0}` is not a type of question")]
    UnknownType(String),
    #[error("the name is missing")]
    NoName,
    #[error("`{0}` cannot be a name")]
    BadName(String),
    #[error("the name `{name}` is used already in row {first}")]
    DuplicateName { name: String, first: u32 },
    #[error("this {0} is never closed")]
    NeverClosed(&'static str),
    #[error("there is no {0} open here to close")]
    NothingToClose(&'static str),
    #[error("this closes a {found}, but the {open} of row {row} is open")]
    WrongClose {
        found: &'static str,
        open: &'static str,
        row: u32,
    },
    #[error("there is no list `{0}` in the choices")]
    MissingList(String),
    #[error("the type needs a list after it")]
    NoList,
    #[error("the choice `{name}` is in the list `{list}` already, in row {first}")]
    DuplicateChoice {
        list: String,
        name: String,
        first: u32,
    },
    #[error("the choice `{0}` has a blank in its name")]
    BadChoice(String),
    #[error("the choice has no list or no name")]
    IncompleteChoice,
    #[error("a suggestion needs a condition in `if` and a whole number of days in `days`")]
    IncompleteSuggestion,
    #[error("`{0}` is not a role that an answer can have")]
    UnknownRole(String),
    #[error("{0}")]
    Expression(ParseError),
    #[error("`${{{0}}}` is not a question")]
    UnknownReference(String),
    #[error("`{0}` is not closed with a brace")]
    OpenReference(String),
    #[error("these depend on each other in a circle: {0}")]
    Cycle(String),
    #[error("a calculation is missing")]
    NoCalculation,
    #[error("`{0}` is not a language of this form")]
    UnknownLanguage(String),
    #[error("the form is too large: {0}")]
    TooLarge(&'static str),
    // Warnings.
    #[error("the app cannot capture `{0}` yet; the question is left out and does not block")]
    NotCapturable(String),
    #[error("`{0}` is not supported yet and has no effect")]
    NotSupported(String),
    #[error("the question has no label in `{0}`")]
    NoLabel(String),
}

/// The known word nearest to `word`, if it is near enough to be a slip.
pub(crate) fn nearest<'k>(word: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    let limit = 1 + word.chars().count() / 4;
    let lower = word.to_lowercase();
    known
        .map(|candidate| {
            // A forgotten or superfluous prefix is the commonest slip of all: `anggota` for `org_anggota`.
            let affix = candidate.ends_with(&format!("_{word}"))
                || word.ends_with(&format!("_{candidate}"));
            let distance = if affix {
                1
            } else {
                edits(&lower, &candidate.to_lowercase(), limit)
            };
            (distance, candidate)
        })
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// How many letters must be put in, left out or changed.
fn edits(a: &str, b: &str, limit: usize) -> usize {
    let b: Vec<char> = b.chars().collect();
    if a.chars().count().abs_diff(b.len()) > limit {
        return limit + 1;
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut next = vec![i + 1];
        for ((j, cb), (up, right_up)) in
            b.iter().enumerate().zip(row.iter().zip(row.iter().skip(1)))
        {
            let left = next.get(j).copied().unwrap_or(usize::MAX - 1);
            let change = up + usize::from(ca != *cb);
            next.push(change.min(left + 1).min(right_up + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or(limit + 1)
}
