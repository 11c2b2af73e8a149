//! Expressions back to text, so that parsing what is printed gives the same again.
//!
//! Brackets stand only where they are needed: what could be parsed once must not become too deep by being printed.

use std::fmt::{self, Display, Formatter};

use super::ast::{Axis, Expr, NodeTest, Start, Step};
use super::number::number_to_text;

impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Expr::Number(number) => write_number(*number, f),
            Expr::Literal(text) => quote(text, f),
            Expr::Here => f.write_str("."),
            Expr::Reference(reference) => write!(f, "${{{}}}", reference.name),
            Expr::Chain(first, rest) => {
                let strength = rest.first().map_or(0, |(op, _)| op.strength());
                operand(first, strength, f)?;
                for (op, expr) in rest {
                    write!(f, " {} ", op.sign())?;
                    // On the right even an operator of the same strength is a group of its own.
                    operand(expr, strength + 1, f)?;
                }
                Ok(())
            }
            Expr::Negate(inner) => {
                f.write_str("-")?;
                operand(inner, NEGATION, f)
            }
            Expr::Path(start, list) => path(start, list, f),
            Expr::Call(function, arguments) => {
                write!(f, "{}(", function.name)?;
                for (index, argument) in arguments.iter().enumerate() {
                    let comma = if index == 0 { "" } else { ", " };
                    write!(f, "{comma}{argument}")?;
                }
                f.write_str(")")
            }
            Expr::Matches(value, pattern) => {
                write!(f, "regex({value}, ")?;
                quote(&pattern.source, f)?;
                f.write_str(")")
            }
        }
    }
}

/// How strongly a minus sign in front binds: more than every operator but `|`.
const NEGATION: u8 = 7;

/// A number as it can be written in an expression, where there is no infinity.
fn write_number(number: f64, f: &mut Formatter<'_>) -> fmt::Result {
    if number.is_infinite() {
        return write!(f, "1{}", "0".repeat(309));
    }
    f.write_str(&number_to_text(number))
}

/// XPath has no escapes: a text is quoted with the sign it does not contain.
fn quote(text: &str, f: &mut Formatter<'_>) -> fmt::Result {
    let sign = if text.contains('\'') { '"' } else { '\'' };
    write!(f, "{sign}{text}{sign}")
}

/// As an operand of an operator of that strength: in brackets when it binds less.
fn operand(expr: &Expr, strength: u8, f: &mut Formatter<'_>) -> fmt::Result {
    let own = match expr {
        Expr::Chain(_, rest) => rest.first().map_or(0, |(op, _)| op.strength()),
        Expr::Negate(_) => NEGATION,
        _ => u8::MAX,
    };
    if own < strength {
        write!(f, "({expr})")
    } else {
        write!(f, "{expr}")
    }
}

fn path(start: &Start, list: &[Step], f: &mut Formatter<'_>) -> fmt::Result {
    let mut slash = "";
    match start {
        Start::Context => {}
        Start::Root if list.is_empty() => return f.write_str("(/)"),
        Start::Root => slash = "/",
        Start::Filter(expr, predicates) => {
            match **expr {
                Expr::Reference(_)
                | Expr::Call(..)
                | Expr::Matches(..)
                | Expr::Literal(_)
                | Expr::Number(_) => write!(f, "{expr}")?,
                _ => write!(f, "({expr})")?,
            }
            brackets(predicates, f)?;
            slash = "/";
        }
    }
    for step in list {
        f.write_str(slash)?;
        slash = "/";
        let axis = Axis::NAMES
            .iter()
            .find(|(_, axis)| *axis == step.axis)
            .map_or("", |(name, _)| *name);
        if step.axis != Axis::Child {
            write!(f, "{axis}::")?;
        }
        match &step.test {
            NodeTest::Anything => f.write_str("node()")?,
            NodeTest::Text => f.write_str("text()")?,
            NodeTest::Comment => f.write_str("comment()")?,
            NodeTest::Instruction(target) => {
                f.write_str("processing-instruction(")?;
                if let Some(target) = target {
                    quote(target, f)?;
                }
                f.write_str(")")?;
            }
            NodeTest::Any => f.write_str("*")?,
            NodeTest::Name(name) => f.write_str(name)?,
        }
        brackets(&step.predicates, f)?;
    }
    Ok(())
}

fn brackets(predicates: &[Expr], f: &mut Formatter<'_>) -> fmt::Result {
    predicates
        .iter()
        .try_for_each(|predicate| write!(f, "[{predicate}]"))
}
