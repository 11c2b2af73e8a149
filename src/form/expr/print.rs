//! Expressions back to text, so that parsing what is printed gives the same again.

use std::fmt::{self, Display, Formatter};

use super::ast::{Axis, Expr, NodeTest, Start, Step};
use super::number::number_to_text;

impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Expr::Number(number) => f.write_str(&number_to_text(*number)),
            Expr::Literal(text) => quote(text, f),
            Expr::Here => f.write_str("."),
            Expr::Reference(reference) => write!(f, "${{{}}}", reference.name),
            Expr::Chain(first, rest) => {
                tight(first, f)?;
                for (op, expr) in rest {
                    write!(f, " {} ", op.sign())?;
                    tight(expr, f)?;
                }
                Ok(())
            }
            Expr::Negate(inner) => {
                f.write_str("-")?;
                tight(inner, f)
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

/// XPath has no escapes: a text is quoted with the sign it does not contain.
fn quote(text: &str, f: &mut Formatter<'_>) -> fmt::Result {
    let sign = if text.contains(['\'', '\u{2018}', '\u{2019}']) {
        '"'
    } else {
        '\''
    };
    write!(f, "{sign}{text}{sign}")
}

/// As an operand: in brackets when it is made of operators itself.
fn tight(expr: &Expr, f: &mut Formatter<'_>) -> fmt::Result {
    match expr {
        Expr::Chain(..) | Expr::Negate(_) => write!(f, "({expr})"),
        _ => write!(f, "{expr}"),
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
                Expr::Reference(_) | Expr::Call(..) => write!(f, "{expr}")?,
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
        f.write_str(match &step.test {
            NodeTest::Anything => "node()",
            NodeTest::Text => "text()",
            NodeTest::Comment => "comment()",
            NodeTest::Instruction => "processing-instruction()",
            NodeTest::Any => "*",
            NodeTest::Name(name) => name,
        })?;
        brackets(&step.predicates, f)?;
    }
    Ok(())
}

fn brackets(predicates: &[Expr], f: &mut Formatter<'_>) -> fmt::Result {
    predicates
        .iter()
        .try_for_each(|predicate| write!(f, "[{predicate}]"))
}
