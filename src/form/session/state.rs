//! What the screen shows: pages, questions, repeats and problems, as plain values.

use crate::form::kind::QuestionKind;

/// What is wrong and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Of the question, or of the repeat.
    pub path: String,
    /// The page it is on.
    pub page: String,
    /// The question.
    pub label: String,
    /// The kind of problem.
    pub kind: ProblemKind,
    /// What to do, in words.
    pub message: String,
}

/// The kinds of problems.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProblemKind {
    /// Nothing answered where something must be.
    Required,
    /// The answer breaks the form's rule.
    Constraint,
    /// The answer is not of the question's type.
    Type,
    /// Too few or too many instances of a repeat.
    RepeatCount,
}

/// How far a page is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageState {
    /// The page's name.
    pub name: String,
    /// The section's name.
    pub section: String,
    /// Whether there is anything to show on it now.
    pub relevant: bool,
    /// Questions a person can answer there now, those in repeats included.
    pub questions_relevant: usize,
    /// How many of them have an answer.
    pub answered: usize,
    /// How many must have one and do not.
    pub missing_required: usize,
    /// How many answers (and numbers of repeats) are wrong.
    pub problems: usize,
}

/// One thing on a page.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub enum Item {
    Question(QuestionState),
    Repeat(RepeatState),
}

impl Item {
    /// Where it is.
    pub fn path(&self) -> &str {
        match self {
            Item::Question(question) => &question.path,
            Item::Repeat(repeat) => &repeat.path,
        }
    }
}

/// A question as it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct QuestionState {
    /// Where its answer is.
    pub path: String,
    /// Its name in the form.
    pub name: String,
    /// What it asks for.
    pub kind: QuestionKind,
    /// The question.
    pub label: String,
    /// A hint below it.
    pub hint: Option<String>,
    /// More help on demand.
    pub guidance: Option<String>,
    /// The answer.
    pub value: Option<String>,
    /// Whether it applies now.
    pub relevant: bool,
    /// Whether an answer must be given.
    pub required: bool,
    /// Whether the answer can only be looked at.
    pub read_only: bool,
    /// What is wrong with it now; the screen decides when to say so.
    pub problem: Option<Problem>,
    /// What can be chosen.
    pub choices: Vec<ChoiceState>,
    /// The words of the appearance column.
    pub appearance: Vec<String>,
    /// The parameters column, as pairs.
    pub parameters: Vec<(String, String)>,
}

/// A choice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChoiceState {
    /// What is stored.
    pub name: String,
    /// What is shown.
    pub label: String,
}

/// A repeat as it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct RepeatState {
    /// For [`super::Session::add_repeat`].
    pub path: String,
    /// What is repeated.
    pub label: String,
    /// A hint below it.
    pub hint: Option<String>,
    /// In order.
    pub instances: Vec<RepeatInstance>,
    /// Whether one more may be added.
    pub can_add: bool,
    /// Whether one may be removed.
    pub can_remove: bool,
    /// Too few or too many.
    pub problem: Option<Problem>,
}

/// One instance of a repeat.
#[derive(Debug, Clone, PartialEq)]
pub struct RepeatInstance {
    /// For [`super::Session::remove_repeat`].
    pub path: String,
    /// The repeat's label and the instance's number.
    pub label: String,
    /// What is in it.
    pub items: Vec<Item>,
}
