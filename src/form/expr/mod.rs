//! Expressions: XPath 1.0 with the OpenRosa functions, over any tree.
//!
//! This folder knows nothing of forms. A document is whatever implements [`Tree`]; what an expression needs from
//! outside (time, randomness, tables, `${names}`) comes through [`Host`]. Text becomes an [`Expr`] with
//! [`parse`], and [`eval()`] turns that into a [`Value`].
//!
//! What the recommendation says of XPath 1.0 holds, and for the functions of OpenRosa the ODK XForms specification;
//! where that leaves something open, what Collect does, or Enketo if Collect does nothing sensible. Our own choices:
//!
//! - `sum`, `min` and `max` leave blank nodes out; a node that is no number makes the result NaN, as in XPath.
//! - A `${name}` without nodes is an empty text to operators, so that `${a} = ''` holds when `a` does not apply.
//! - A date beside a date with time counts on the local calendar, both in comparisons and in differences.
//! - `regex` must match the whole text. `round` counts places in decimal and rounds half up, also below zero.
//! - `random()` and `uuid()` give the same for the same question of the same visit, at every recomputation and on
//!   every device.

mod analyse;
mod ast;
mod axes;
mod calendar;
mod eval;
mod functions;
mod lexer;
mod number;
mod parser;
mod print;
mod shuffle;
mod tree;
mod value;

pub use analyse::{visit_parts, visit_references};
pub use ast::{Axis, Expr, NodeTest, Op, Pattern, Reference, Start, Step};
pub use calendar::{
    Civil, Moment, civil_from_days, civil_text, date_of_number, days_from_text, days_of_date,
    stamp_of_number, stamp_text, time_from_text,
};
pub use eval::{Fault, Scope, eval};
pub use functions::names as function_names;
pub use number::{number_from_text, number_to_text};
pub use parser::{ParseError, parse};
pub(crate) use shuffle::{seed_of, shuffled};
pub use tree::{Host, NoHost, NodeId, NodeKind, Tree};
pub use value::{NodeSet, Value};

#[cfg(test)]
mod tests;
