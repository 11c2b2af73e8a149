//! A visit being filled: the session ([`work`]), the saving of its answers ([`unsaved`]), one page of questions, one control
//! for each kind.
//!
//! A page is a screen. The appearance `quick` on a `select_one` is for a page of that one question: a tap on a choice goes on
//! to the next page. Where more stands on the page it changes nothing, as in the field lists of ODK Collect.

mod answers;
mod attach;
mod choice;
mod control;
mod layout;
mod number;
mod overview;
mod place;
mod question;
mod range;
mod rank;
mod runner;
mod score;
mod send;
mod sign;
mod text;
mod unsaved;
mod work;

pub(crate) use answers::{Page, Reading, Row, answer};
pub(crate) use layout::VisitLayout;
pub(crate) use score::worst;
