//! Expressions: XPath 1.0 with the OpenRosa functions, over any tree.
//!
//! This folder knows nothing of forms. A document is whatever implements [`Tree`]; what an expression needs from
//! outside (time, randomness, tables, `${names}`) comes through [`Host`]. Text becomes an [`Expr`] with
//! [`parse`], and [`eval()`] turns that into a [`Value`].

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
mod tree;
mod value;

pub use analyse::visit_references;
pub use ast::{Axis, Expr, NodeTest, Op, Pattern, Reference, Start, Step};
pub use calendar::{
    Civil, civil_from_days, civil_text, days_from_text, days_of_date, stamp_text, time_from_text,
};
pub use eval::{Fault, Scope, eval};
pub use functions::names as function_names;
pub use number::{number_from_text, number_to_text};
pub use parser::{ParseError, parse};
pub use tree::{Host, NoHost, NodeId, NodeKind, Tree};
pub use value::{NodeSet, Value};

#[cfg(test)]
mod tests;
