//! Functions about numbers and truth.

use super::{Fault, Function, MANY, Scope, Value};
use crate::form::expr::ast::Expr;
use crate::form::expr::eval::eval;

pub(super) const TABLE: &[Function] = &[
    Function::new("number", 0, 1, number),
    Function::new("int", 1, 1, |args, scope| one(args, scope, f64::trunc)),
    Function::new("floor", 1, 1, |args, scope| one(args, scope, f64::floor)),
    Function::new("ceiling", 1, 1, |args, scope| one(args, scope, f64::ceil)),
    Function::new("round", 1, 2, round),
    Function::new("abs", 1, 1, |args, scope| one(args, scope, f64::abs)),
    Function::new("sqrt", 1, 1, |args, scope| one(args, scope, f64::sqrt)),
    Function::new("exp", 1, 1, |args, scope| one(args, scope, f64::exp)),
    Function::new("exp10", 1, 1, |args, scope| {
        one(args, scope, |x| 10f64.powf(x))
    }),
    Function::new("log", 1, 1, |args, scope| one(args, scope, f64::ln)),
    Function::new("log10", 1, 1, |args, scope| one(args, scope, f64::log10)),
    Function::new("sin", 1, 1, |args, scope| one(args, scope, f64::sin)),
    Function::new("cos", 1, 1, |args, scope| one(args, scope, f64::cos)),
    Function::new("tan", 1, 1, |args, scope| one(args, scope, f64::tan)),
    Function::new("asin", 1, 1, |args, scope| one(args, scope, f64::asin)),
    Function::new("acos", 1, 1, |args, scope| one(args, scope, f64::acos)),
    Function::new("atan", 1, 1, |args, scope| one(args, scope, f64::atan)),
    Function::new("atan2", 2, 2, |args, scope| two(args, scope, f64::atan2)),
    Function::new("pow", 2, 2, |args, scope| two(args, scope, f64::powf)),
    Function::new("pi", 0, 0, |_, _| Ok(Value::Number(std::f64::consts::PI))),
    Function::new("min", 1, MANY, |args, scope| {
        extreme(args, scope, |new, old| new < old)
    }),
    Function::new("max", 1, MANY, |args, scope| {
        extreme(args, scope, |new, old| new > old)
    }),
    Function::new("sum", 1, 1, sum),
    Function::new("true", 0, 0, |_, _| Ok(Value::Boolean(true))),
    Function::new("false", 0, 0, |_, _| Ok(Value::Boolean(false))),
    Function::new("not", 1, 1, |args, scope| {
        Ok(Value::Boolean(!scope.value_at(args, 0)?.boolean()))
    }),
    Function::new("boolean", 1, 1, |args, scope| {
        Ok(Value::Boolean(scope.value_at(args, 0)?.boolean()))
    }),
    Function::new("boolean-from-string", 1, 1, boolean_from_string),
    Function::new("if", 3, 3, if_),
    Function::new("coalesce", 1, MANY, coalesce),
    Function::new("checklist", 2, MANY, checklist),
    Function::new("weighted-checklist", 2, MANY, weighted_checklist),
];

fn one<'a>(args: &'a [Expr], scope: &Scope<'a>, apply: fn(f64) -> f64) -> Result<Value<'a>, Fault> {
    Ok(Value::Number(apply(scope.number_at(args, 0)?)))
}

fn two<'a>(
    args: &'a [Expr],
    scope: &Scope<'a>,
    apply: fn(f64, f64) -> f64,
) -> Result<Value<'a>, Fault> {
    Ok(Value::Number(apply(
        scope.number_at(args, 0)?,
        scope.number_at(args, 1)?,
    )))
}

fn number<'a>(args: &'a [Expr], scope: &Scope<'a>) -> Result<Value<'a>, Fault> {
    let value = if args.is_empty() {
        eval(&Expr::Here, scope)?
    } else {
        scope.value_at(args, 0)?
    };
    Ok(Value::Number(scope.number_of(&value)))
}

/// Half goes up, as in XPath. With a second argument it counts decimal places, in decimal and not in binary, so that
/// `round(1.005, 2)` is 1.01.
fn round<'a>(args: &'a [Expr], scope: &Scope<'a>) -> Result<Value<'a>, Fault> {
    let number = scope.number_at(args, 0)?;
    let places = if args.len() > 1 {
        scope.number_at(args, 1)?.trunc()
    } else {
        0.0
    };
    if !number.is_finite() || !places.is_finite() {
        return Ok(Value::Number(number));
    }
    if places == 0.0 {
        return Ok(Value::Number((number + 0.5).floor()));
    }
    let places = places.clamp(-300.0, 300.0) as i32;
    let shift = |number: f64, places: i32| format!("{number}e{places}").parse().unwrap_or(f64::NAN);
    let shifted: f64 = shift(number, places);
    if !shifted.is_finite() {
        return Ok(Value::Number(number));
    }
    Ok(Value::Number(shift((shifted + 0.5).floor(), -places)))
}

/// The numbers of the arguments; nodes without a value are left out.
fn numbers<'a>(args: &'a [Expr], scope: &Scope<'a>) -> Result<Vec<f64>, Fault> {
    let mut out = Vec::new();
    for index in 0..args.len() {
        match scope.value_at(args, index)? {
            Value::Nodes(nodes) => {
                scope.burn(nodes.len())?;
                for node in nodes.as_slice() {
                    let text = Value::Text(scope.tree.text(*node));
                    if text.boolean() {
                        out.push(scope.number_of(&text));
                    }
                }
            }
            value => out.push(scope.number_of(&value)),
        }
    }
    Ok(out)
}

fn extreme<'a>(
    args: &'a [Expr],
    scope: &Scope<'a>,
    better: fn(f64, f64) -> bool,
) -> Result<Value<'a>, Fault> {
    let mut best = f64::NAN;
    for number in numbers(args, scope)? {
        if number.is_nan() {
            return Ok(Value::Number(f64::NAN));
        }
        if best.is_nan() || better(number, best) {
            best = number;
        }
    }
    Ok(Value::Number(best))
}

fn sum<'a>(args: &'a [Expr], scope: &Scope<'a>) -> Result<Value<'a>, Fault> {
    let Value::Nodes(_) = scope.value_at(args, 0)? else {
        return Err(Fault::NotNodes("sum()"));
    };
    Ok(Value::Number(
        numbers(args, scope)?
            .into_iter()
            .fold(0.0, |sum, number| sum + number),
    ))
}

fn boolean_from_string<'a>(args: &'a [Expr], scope: &Scope<'a>) -> Result<Value<'a>, Fault> {
    let text = scope.text_at(args, 0)?;
    Ok(Value::Boolean(
        text == "1" || text.eq_ignore_ascii_case("true"),
    ))
}

fn if_<'a>(args: &'a [Expr], scope: &Scope<'a>) -> Result<Value<'a>, Fault> {
    let branch = if scope.value_at(args, 0)?.boolean() {
        1
    } else {
        2
    };
    scope.value_at(args, branch)
}

fn coalesce<'a>(args: &'a [Expr], scope: &Scope<'a>) -> Result<Value<'a>, Fault> {
    for index in 0..args.len() {
        let text = scope.text_at(args, index)?;
        if !text.is_empty() && text != "NaN" {
            return Ok(Value::Text(text));
        }
    }
    Ok(Value::Text(std::borrow::Cow::Borrowed("")))
}

fn within(count: f64, least: f64, most: f64) -> Value<'static> {
    Value::Boolean((least < 0.0 || count >= least) && (most < 0.0 || count <= most))
}

/// Whether between `min` and `max` of the answers are true; a negative bound is none.
fn checklist<'a>(args: &'a [Expr], scope: &Scope<'a>) -> Result<Value<'a>, Fault> {
    let mut count = 0.0;
    for index in 2..args.len() {
        if truth(scope, &scope.value_at(args, index)?) {
            count += 1.0;
        }
    }
    Ok(within(
        count,
        scope.number_at(args, 0)?,
        scope.number_at(args, 1)?,
    ))
}

/// The same with a weight after each answer.
fn weighted_checklist<'a>(args: &'a [Expr], scope: &Scope<'a>) -> Result<Value<'a>, Fault> {
    let mut sum = 0.0;
    for index in (2..args.len()).step_by(2) {
        if truth(scope, &scope.value_at(args, index)?) {
            sum += scope.number_at(args, index + 1)?;
        }
    }
    Ok(within(
        sum,
        scope.number_at(args, 0)?,
        scope.number_at(args, 1)?,
    ))
}

/// For a checklist a node counts by its content: filled, and not `0`, `false` or `no`.
fn truth(scope: &Scope<'_>, value: &Value<'_>) -> bool {
    match value {
        Value::Nodes(nodes) => nodes.first().is_some_and(|node| {
            let text = scope.tree.text(node);
            !matches!(&*text, "" | "0" | "false" | "no")
        }),
        other => other.boolean(),
    }
}
