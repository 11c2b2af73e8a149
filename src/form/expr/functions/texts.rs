//! Functions about texts and choices in them.

use std::borrow::Cow;

use super::numbers::half_up;
use super::{Fault, Function, MANY, Scope, Value};
use crate::form::expr::ast::{Expr, Pattern};

pub(super) const TABLE: &[Function] = &[
    Function::new("string", 0, 1, string),
    Function::new("concat", 0, MANY, concat),
    Function::new("join", 1, MANY, join),
    Function::new("starts-with", 2, 2, starts_with),
    Function::new("ends-with", 2, 2, ends_with),
    Function::new("contains", 2, 2, contains),
    Function::new("substring-before", 2, 2, substring_before),
    Function::new("substring-after", 2, 2, substring_after),
    Function::new("substring", 2, 3, substring),
    Function::new("substr", 2, 3, substr),
    Function::new("string-length", 0, 1, string_length),
    Function::new("normalize-space", 0, 1, normalize_space),
    Function::new("translate", 3, 3, translate),
    Function::new("regex", 2, 2, regex),
    Function::new("selected", 2, 2, selected),
    Function::new("is-selected", 2, 2, selected),
    Function::new("selected-at", 2, 2, selected_at),
    Function::new("count-selected", 1, 1, count_selected),
];

/// The first argument, or the context node when there is none.
fn text_or_here<'a>(args: &'a [Expr], scope: &Scope<'a>) -> Result<Cow<'a, str>, Fault> {
    if !args.is_empty() {
        return scope.text_at(args, 0);
    }
    let text = scope.tree.text(scope.node);
    scope.burn_text(text.len())?;
    Ok(text)
}

fn string<'a>(args: &'a [Expr], scope: &Scope<'a>) -> Result<Value<'a>, Fault> {
    text_or_here(args, scope).map(Value::Text)
}

/// Every text of the arguments; a node-set gives one for each of its nodes.
fn texts<'a>(args: &'a [Expr], scope: &Scope<'a>) -> Result<Vec<Cow<'a, str>>, Fault> {
    let mut out = Vec::new();
    for index in 0..args.len() {
        match scope.value_at(args, index)? {
            Value::Nodes(nodes) => {
                for node in nodes.as_slice() {
                    let text = scope.tree.text(*node);
                    scope.burn_text(text.len())?;
                    out.push(text);
                }
            }
            value => {
                let text = value.into_text(scope.tree);
                scope.burn_text(text.len())?;
                out.push(text);
            }
        }
    }
    Ok(out)
}

fn concat<'a>(args: &'a [Expr], scope: &Scope<'a>) -> Result<Value<'a>, Fault> {
    Ok(Value::owned(texts(args, scope)?.concat()))
}

fn join<'a>(args: &'a [Expr], scope: &Scope<'a>) -> Result<Value<'a>, Fault> {
    let separator = scope.text_at(args, 0)?;
    let texts = texts(args.get(1..).unwrap_or_default(), scope)?;
    scope.burn_text(texts.len().saturating_mul(separator.len()))?;
    Ok(Value::owned(texts.join(&separator)))
}

fn starts_with<'a>(args: &'a [Expr], scope: &Scope<'a>) -> Result<Value<'a>, Fault> {
    Ok(Value::Boolean(
        scope
            .text_at(args, 0)?
            .starts_with(&*scope.text_at(args, 1)?),
    ))
}

fn ends_with<'a>(args: &'a [Expr], scope: &Scope<'a>) -> Result<Value<'a>, Fault> {
    Ok(Value::Boolean(
        scope.text_at(args, 0)?.ends_with(&*scope.text_at(args, 1)?),
    ))
}

fn contains<'a>(args: &'a [Expr], scope: &Scope<'a>) -> Result<Value<'a>, Fault> {
    Ok(Value::Boolean(
        scope.text_at(args, 0)?.contains(&*scope.text_at(args, 1)?),
    ))
}

fn substring_before<'a>(args: &'a [Expr], scope: &Scope<'a>) -> Result<Value<'a>, Fault> {
    let (text, mark) = (scope.text_at(args, 0)?, scope.text_at(args, 1)?);
    Ok(Value::owned(
        text.split_once(&*mark)
            .map(|(before, _)| String::from(before))
            .unwrap_or_default(),
    ))
}

fn substring_after<'a>(args: &'a [Expr], scope: &Scope<'a>) -> Result<Value<'a>, Fault> {
    let (text, mark) = (scope.text_at(args, 0)?, scope.text_at(args, 1)?);
    Ok(Value::owned(
        text.split_once(&*mark)
            .map(|(_, after)| String::from(after))
            .unwrap_or_default(),
    ))
}

/// XPath's `substring`: positions from 1, both ends rounded, NaN takes nothing.
fn substring<'a>(args: &'a [Expr], scope: &Scope<'a>) -> Result<Value<'a>, Fault> {
    let text = scope.text_at(args, 0)?;
    let start = half_up(scope.number_at(args, 1)?);
    let end = if args.len() > 2 {
        start + half_up(scope.number_at(args, 2)?)
    } else {
        f64::INFINITY
    };
    let kept = text.chars().enumerate().filter(|(index, _)| {
        let position = (*index + 1) as f64;
        position >= start && position < end
    });
    Ok(Value::owned(kept.map(|(_, c)| c).collect()))
}

/// ODK's `substr`: positions from 0, the end not included, negative ones count from the end.
fn substr<'a>(args: &'a [Expr], scope: &Scope<'a>) -> Result<Value<'a>, Fault> {
    let text = scope.text_at(args, 0)?;
    let length = text.chars().count() as f64;
    let place = |position: f64| {
        if position < 0.0 {
            (length + position).max(0.0)
        } else {
            position
        }
    };
    let start = place(scope.number_at(args, 1)?.trunc());
    let end = if args.len() > 2 {
        place(scope.number_at(args, 2)?.trunc())
    } else {
        length
    };
    let kept = text
        .chars()
        .enumerate()
        .filter(|(index, _)| (*index as f64) >= start && (*index as f64) < end);
    Ok(Value::owned(kept.map(|(_, c)| c).collect()))
}

fn string_length<'a>(args: &'a [Expr], scope: &Scope<'a>) -> Result<Value<'a>, Fault> {
    Ok(Value::Number(
        text_or_here(args, scope)?.chars().count() as f64
    ))
}

fn normalize_space<'a>(args: &'a [Expr], scope: &Scope<'a>) -> Result<Value<'a>, Fault> {
    let text = text_or_here(args, scope)?;
    let words: Vec<&str> = text
        .split([' ', '\t', '\r', '\n'])
        .filter(|word| !word.is_empty())
        .collect();
    Ok(Value::owned(words.join(" ")))
}

fn translate<'a>(args: &'a [Expr], scope: &Scope<'a>) -> Result<Value<'a>, Fault> {
    let (text, from, to) = (
        scope.text_at(args, 0)?,
        scope.text_at(args, 1)?,
        scope.text_at(args, 2)?,
    );
    // Every letter is looked for among those to be replaced.
    scope.burn_text(text.len().saturating_mul(from.len() + to.len()))?;
    let mapped = text
        .chars()
        .filter_map(|c| match from.chars().position(|known| known == c) {
            None => Some(c),
            Some(at) => to.chars().nth(at),
        });
    Ok(Value::owned(mapped.collect()))
}

/// A pattern that is itself computed; constant ones are compiled by the parser.
fn regex<'a>(args: &'a [Expr], scope: &Scope<'a>) -> Result<Value<'a>, Fault> {
    let (text, source) = (scope.text_at(args, 0)?, scope.text_at(args, 1)?);
    // A short pattern can stand for a large machine, and building it takes a while.
    scope.burn(20_000)?;
    let pattern = Pattern::new(&source).map_err(|_| Fault::Pattern(source.into_owned()))?;
    scope.burn(pattern.cost(text.len()))?;
    Ok(Value::Boolean(pattern.matches(&text)))
}

fn selected<'a>(args: &'a [Expr], scope: &Scope<'a>) -> Result<Value<'a>, Fault> {
    let (list, wanted) = (scope.text_at(args, 0)?, scope.text_at(args, 1)?);
    let wanted = wanted.trim();
    Ok(Value::Boolean(
        list.split_whitespace().any(|choice| choice == wanted),
    ))
}

fn selected_at<'a>(args: &'a [Expr], scope: &Scope<'a>) -> Result<Value<'a>, Fault> {
    let (list, index) = (scope.text_at(args, 0)?, scope.number_at(args, 1)?);
    let found = if index >= 0.0 {
        list.split_whitespace().nth(index as usize)
    } else {
        None
    };
    Ok(Value::owned(found.map(String::from).unwrap_or_default()))
}

fn count_selected<'a>(args: &'a [Expr], scope: &Scope<'a>) -> Result<Value<'a>, Fault> {
    Ok(Value::Number(
        scope.text_at(args, 0)?.split_whitespace().count() as f64,
    ))
}
