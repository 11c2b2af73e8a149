//! Functions about numbers and truth.

use super::{Fault, Function, MANY, Scope, Value};
use crate::domain::decimal;
use crate::form::expr::ast::Expr;
use crate::form::expr::eval::eval;
use crate::math;

pub(super) const TABLE: &[Function] = &[
    Function::new("number", 0, 1, number),
    Function::new("int", 1, 1, |args, scope| one(args, scope, f64::trunc)),
    Function::new("floor", 1, 1, |args, scope| one(args, scope, f64::floor)),
    Function::new("ceiling", 1, 1, |args, scope| one(args, scope, f64::ceil)),
    Function::new("round", 1, 2, round),
    Function::new("abs", 1, 1, |args, scope| one(args, scope, f64::abs)),
    Function::new("sqrt", 1, 1, |args, scope| one(args, scope, f64::sqrt)),
    Function::new("exp", 1, 1, |args, scope| one(args, scope, math::exp)),
    Function::new("exp10", 1, 1, |args, scope| {
        one(args, scope, |x| math::pow(10.0, x))
    }),
    Function::new("log", 1, 1, |args, scope| one(args, scope, math::log)),
    Function::new("log10", 1, 1, |args, scope| one(args, scope, math::log10)),
    Function::new("sin", 1, 1, |args, scope| one(args, scope, math::sin)),
    Function::new("cos", 1, 1, |args, scope| one(args, scope, math::cos)),
    Function::new("tan", 1, 1, |args, scope| one(args, scope, math::tan)),
    Function::new("asin", 1, 1, |args, scope| one(args, scope, math::asin)),
    Function::new("acos", 1, 1, |args, scope| one(args, scope, math::acos)),
    Function::new("atan", 1, 1, |args, scope| one(args, scope, math::atan)),
    Function::new("atan2", 2, 2, |args, scope| two(args, scope, math::atan2)),
    Function::new("pow", 2, 2, |args, scope| two(args, scope, math::pow)),
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
        return Ok(Value::Number(half_up(number)));
    }
    let places = places.clamp(-300.0, 300.0) as i32;
    let shift =
        |number: f64, places: i32| decimal::read(&format!("{number}e{places}")).unwrap_or(f64::NAN);
    let shifted: f64 = shift(number, places);
    if !shifted.is_finite() {
        return Ok(Value::Number(number));
    }
    Ok(Value::Number(shift(half_up(shifted), -places)))
}

/// The nearest whole number, the upper one of two. Adding a half and taking the floor would go wrong next to a half and
/// above 2^52.
pub(super) fn half_up(number: f64) -> f64 {
    let below = number.floor();
    if number - below >= 0.5 {
        number.ceil()
    } else {
        below
    }
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
        for answer in answers(args, index, scope)? {
            if is_ticked(scope, &answer) {
                count += 1.0;
            }
        }
    }
    Ok(within(
        count,
        scope.number_at(args, 0)?,
        scope.number_at(args, 1)?,
    ))
}

/// The same with a weight after each answer. Nodes that are answers have as many nodes for weights, or one for all.
fn weighted_checklist<'a>(args: &'a [Expr], scope: &Scope<'a>) -> Result<Value<'a>, Fault> {
    if !args.len().is_multiple_of(2) {
        return Err(Fault::Argument("weighted-checklist"));
    }
    let mut sum = 0.0;
    for index in (2..args.len()).step_by(2) {
        let (ticks, weights) = (
            answers(args, index, scope)?,
            answers(args, index + 1, scope)?,
        );
        if weights.len() != ticks.len() && weights.len() != 1 {
            return Err(Fault::Argument("weighted-checklist"));
        }
        for (tick, weight) in ticks.iter().zip(weights.iter().cycle()) {
            if is_ticked(scope, tick) {
                sum += scope.number_of(weight);
            }
        }
    }
    Ok(within(
        sum,
        scope.number_at(args, 0)?,
        scope.number_at(args, 1)?,
    ))
}

/// An argument as values, each of its nodes one.
fn answers<'a>(args: &'a [Expr], index: usize, scope: &Scope<'a>) -> Result<Vec<Value<'a>>, Fault> {
    Ok(match scope.value_at(args, index)? {
        Value::Nodes(nodes) => {
            scope.burn(nodes.len())?;
            let texts = nodes.as_slice().iter().map(|node| scope.tree.text(*node));
            texts.map(Value::Text).collect()
        }
        value => vec![value],
    })
}

/// For a checklist a number counts when it is above zero, and a text when it has something in it that is no `no`.
fn is_ticked(scope: &Scope<'_>, value: &Value<'_>) -> bool {
    match value {
        Value::Boolean(boolean) => *boolean,
        Value::Text(text) => {
            let number = scope.number_of(value);
            number > 0.0 || (number.is_nan() && !matches!(&**text, "" | "false" | "no"))
        }
        _ => scope.number_of(value) > 0.0,
    }
}
