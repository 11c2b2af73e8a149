//! The kinds of mistakes and warnings, in English.

use crate::form::expr::ParseError;

/// What can be wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)]
pub enum Cause {
    // The file.
    #[error("the file is no .xlsx workbook, or it is damaged")]
    NotAWorkbook,
    #[error("the workbook is protected with a password")]
    Encrypted,
    #[error("this is the old .xls format")]
    OldFormat,
    #[error("the sheet is not readable: {0}")]
    Unreadable(String),
    #[error("the sheet is no CSV: a quote is opened and never closed")]
    Csv,
    #[error("the sheet `{0}` is missing")]
    MissingSheet(&'static str),
    #[error("the cell shows the error `{0}`")]
    CellError(String),
    #[error("the cell holds a formula whose result was never stored")]
    EmptyFormula,
    // The sheets.
    #[error("the column `{0}` is missing")]
    MissingColumn(&'static str),
    #[error("the column `{name}` stands twice, here and in column {first}")]
    DuplicateColumn { name: String, first: String },
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
    NeverClosed(Frame),
    #[error("there is no {0} open here to close")]
    NothingToClose(Frame),
    #[error("this closes a {found}, but the {open} of row {row} is open")]
    WrongClose { found: Frame, open: Frame, row: u32 },
    #[error("there is no list `{0}` in the choices")]
    MissingList(String),
    #[error("there is no list `{0}` in the external choices")]
    MissingExternalList(String),
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
    TooLarge(Limit),
    #[error("there are more mistakes than are shown")]
    More,
    // Publishing.
    #[error("the setting `{0}` is missing")]
    MissingSetting(&'static str),
    #[error("version `{version}` of `{form}` is published already, with other contents")]
    VersionTaken { form: String, version: String },
    #[error("version `{version}` comes before version `{newest}`, which is published already")]
    OldVersion { version: String, newest: String },
    // Warnings.
    #[error("the app cannot capture `{0}` yet; the question is left out and does not block")]
    NotCapturable(String),
    #[error("`{0}` is not supported yet and has no effect")]
    NotSupported(String),
    #[error("the question has no label in `{0}`")]
    NoLabel(String),
    #[error("the choice has no label in `{0}`")]
    NoChoiceLabel(String),
    #[error("no question uses the list `{0}`")]
    UnusedList(String),
    #[error("`${{{name}}}` stands in the repeat `{repeat}`, and this is outside of it")]
    OutsideRepeat { name: String, repeat: String },
    #[error("the table `{0}` is not attached to the form")]
    MissingTable(String),
    #[error("the column `{0}` is not known and has no effect")]
    UnknownColumn(String),
    #[error("the sheet `{0}` is not known and has no effect")]
    UnknownSheet(String),
    #[error("the cell holds a formula; its last result `{0}` is taken")]
    Formula(String),
}

impl Cause {
    /// A mistake in an expression, and its character in the text.
    pub(crate) fn expression(error: ParseError, text: &str) -> (Cause, Option<usize>) {
        let at = match &error {
            ParseError::Empty | ParseError::Long => None,
            ParseError::Character { at, .. }
            | ParseError::Unclosed { at, .. }
            | ParseError::Name { at, .. }
            | ParseError::Expected { at, .. }
            | ParseError::Function { at, .. }
            | ParseError::Arguments { at, .. }
            | ParseError::Regex { at, .. }
            | ParseError::Depth { at } => Some(*at),
        };
        let character = at.map(|at| {
            let before = text.char_indices().take_while(|(place, _)| *place < at);
            before.count() + 1
        });
        (Cause::Expression(error), character)
    }
}

/// What opens and closes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Frame {
    Group,
    Repeat,
}

impl std::fmt::Display for Frame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Frame::Group => "group",
            Frame::Repeat => "repeat",
        })
    }
}

/// What there can be too much of. The limits hold for hostile files; no checklist comes near.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)]
pub enum Limit {
    #[error("more than 20,000 rows")]
    Rows,
    #[error("more than 500 columns")]
    Columns,
    #[error("more than 50 sheets")]
    Sheets,
    #[error("more than 500,000 filled cells")]
    Cells,
    #[error("a cell of more than 32,767 characters")]
    Cell,
    #[error("groups are nested more than 30 deep")]
    Depth,
    #[error("its expressions reach too much of it")]
    Expressions,
    #[error("the file has more than 4 MB")]
    File,
    #[error("the file has more than 32 MB when it is unpacked")]
    Unpacked,
    #[error("its sheets have more than 1.5 MB as text")]
    Text,
}
