//! Checklists: an XLSForm compiled to a [`Form`], and a [`Session`] that fills it.
//!
//! [`Sheets`] hold the tables with their places, [`compile`] makes a [`Form`] of them or says everything that is wrong,
//! and a [`Session`] holds the answers of one visit: what is relevant, what is computed, what is missing. The
//! expressions live in [`expr`], which knows nothing of forms. No I/O: time, identity and tables come in as
//! [`Surroundings`].

pub mod builtin;
mod definition;
mod errors;
pub mod expr;
mod graph;
mod import;
mod kind;
mod session;
mod sheets;
mod template;

pub use definition::{
    Choice, Choices, Condition, Element, ElementId, ElementKind, Form, Initial, List, Page,
};
pub use errors::{Cause, FormError, FormErrors};
pub use import::compile;
pub use kind::QuestionKind;
pub use session::{
    AnswerError, Answers, Changes, ChoiceState, Item, PageState, Problem, ProblemKind,
    QuestionState, RepeatInstance, RepeatState, Session, Surroundings,
};
pub use sheets::{Row, Sheet, Sheets, column_letters};
pub use template::{Piece, Template, Texts};
