//! Checklists: an XLSForm compiled to a [`Form`], and a [`Session`] that fills it.
//!
//! [`Sheets`] hold the tables with their places, [`compile`] makes a [`Form`] of them or says everything that is wrong,
//! and a [`Session`] holds the answers of one visit: what is relevant, what is computed, what is missing. The
//! expressions live in [`expr`], which knows nothing of forms. No I/O: time, identity and tables come in as
//! [`Surroundings`].
//!
//! [`flatten`] makes tables of submissions.
//!
//! Besides the columns of the XLSForm standard a form may have some of ours, which other tools ignore: in the survey
//! sheet those of a score ([`score`] tells what they say), `role` for what an answer means to the program, `repeat_min`
//! and `repeat_max` on a repeat; in the choices sheet any column, to be looked up with
//! `instance('list')/root/item[name = ${question}]/column`, and a list of [`suggest`]ed follow-ups; in the settings sheet
//! `form_title_en` and the like.
//!
//! Choices with the parameter `randomize=true` stand in an order that follows from `seed`, or without one from the visit:
//! the same whenever and wherever that visit is opened.
//!
//! A date is a day of the local calendar, and a `${name}` that does not apply is an empty text in operators.
//!
//! An answer that a choice filter no longer offers is kept, like every answer, and is a problem until it is changed or
//! its question does not apply any more: Collect takes such an answer away, and with it what somebody said.

pub mod builtin;
mod definition;
mod errors;
pub mod expr;
pub mod flatten;
mod graph;
mod import;
mod kind;
pub mod lookups;
pub mod score;
mod session;
mod sheets;
pub mod suggest;
mod template;
mod upgrade;
mod version;

pub use definition::{
    Choice, Choices, Condition, Element, ElementId, ElementKind, Form, Initial, List, Page, Shuffle,
};

pub use errors::{Cause, FormError, FormErrors, Frame, Limit, Mend, nearest};
pub use import::{MOST_COLUMNS, MOST_ROWS, compile};
pub use kind::QuestionKind;
pub use score::Role;
pub use session::{
    AnswerError, Answers, Changes, ChoiceState, Item, PageState, Problem, ProblemKind,
    QuestionState, RepeatInstance, RepeatState, Session, Surroundings, VisitAround,
};
pub use sheets::{Row, Sheet, Sheets, column_letters};
pub use template::{Piece, Template, Texts};
pub use upgrade::{Upgrade, join, strays, upgrade};
pub use version::compare_versions;
