//! The functions, each a row of a table: name, count of arguments, and what it does.

mod dates;
mod digest;
mod geo;
mod nodes;
mod numbers;
mod texts;
mod world;

use super::ast::Expr;
use super::eval::{Fault, Scope};
use super::value::Value;

/// How a function runs; the arguments come unevaluated, so that `if` and `coalesce` can leave some alone.
type Run = for<'a> fn(&'a [Expr], &Scope<'a>) -> Result<Value<'a>, Fault>;

/// A function of the expression language.
pub struct Function {
    /// As it is called.
    pub name: &'static str,
    least: u8,
    /// `MANY` for no limit.
    most: u8,
    pub(super) run: Run,
}

const MANY: u8 = u8::MAX;

impl std::fmt::Debug for Function {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}()", self.name)
    }
}

impl PartialEq for Function {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Function {
    const fn new(name: &'static str, least: u8, most: u8, run: Run) -> Function {
        Function {
            name,
            least,
            most,
            run,
        }
    }

    /// Whether it can be called with that many arguments.
    pub(super) fn takes(&self, count: usize) -> bool {
        count >= usize::from(self.least) && (self.most == MANY || count <= usize::from(self.most))
    }

    /// How many arguments it takes, in words.
    pub(super) fn wants(&self) -> String {
        let plural = |count: u8| if count == 1 { "argument" } else { "arguments" };
        match (self.least, self.most) {
            (0, 0) => String::from("no arguments"),
            (least, most) if least == most => format!("{least} {}", plural(least)),
            (least, MANY) => format!("at least {least} {}", plural(least)),
            (least, most) => format!("{least} to {most} arguments"),
        }
    }
}

static TABLES: [&[Function]; 7] = [
    texts::TABLE,
    numbers::TABLE,
    nodes::TABLE,
    dates::TABLE,
    digest::TABLE,
    world::TABLE,
    geo::TABLE,
];

/// Finds a function by name.
pub(super) fn find(name: &str) -> Option<&'static Function> {
    TABLES
        .iter()
        .flat_map(|table| table.iter())
        .find(|function| function.name == name)
}

/// The names of all functions, for suggestions.
pub fn names() -> impl Iterator<Item = &'static str> {
    TABLES
        .iter()
        .flat_map(|table| table.iter())
        .map(|function| function.name)
}
