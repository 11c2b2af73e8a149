//! Functions about places: points as `lat lon altitude accuracy`, lines and areas as points joined by `;`.

use super::{Fault, Function, MANY, Scope, Value};
use crate::domain::decimal;
use crate::form::expr::ast::Expr;
use crate::math;

pub(super) const TABLE: &[Function] = &[
    Function::new("area", 1, 1, area),
    Function::new("enclosed-area", 1, 1, area),
    Function::new("distance", 1, MANY, distance),
    Function::new("geofence", 2, 2, geofence),
];

/// The radius of the earth in metres that ODK computes with.
const EARTH: f64 = 6_378_100.0;

type Point = (f64, f64);

/// Adds the points of a text. A blank has none; `false` when something in it is no point.
fn read(text: &str, out: &mut Vec<Point>) -> bool {
    let text = text.trim().trim_end_matches(';');
    if text.is_empty() {
        return true;
    }
    text.split(';').all(|part| {
        let numbers: Vec<Option<f64>> = part.split_whitespace().map(decimal::read).collect();
        match numbers.as_slice() {
            [Some(latitude), Some(longitude), rest @ ..]
                if latitude.abs() <= 90.0 && longitude.abs() <= 180.0 && rest.len() <= 2 =>
            {
                out.push((*latitude, *longitude));
                true
            }
            _ => false,
        }
    })
}

/// All points of the arguments, in order; `None` when something is no point.
fn points<'a>(args: &'a [Expr], scope: &Scope<'a>) -> Result<Option<Vec<Point>>, Fault> {
    let mut out = Vec::new();
    let mut good = true;
    for index in 0..args.len() {
        match scope.value_at(args, index)? {
            Value::Nodes(nodes) => {
                for node in nodes.as_slice() {
                    let text = scope.tree.text(*node);
                    scope.burn_text(text.len())?;
                    good &= read(&text, &mut out);
                }
            }
            value => {
                let text = value.into_text(scope.tree);
                scope.burn_text(text.len())?;
                good &= read(&text, &mut out);
            }
        }
    }
    Ok(good.then_some(out))
}

fn square(x: f64) -> f64 {
    x * x
}

fn metres(a: Point, b: Point) -> f64 {
    let (la, lb) = (a.0.to_radians(), b.0.to_radians());
    let half = square(math::sin((lb - la) / 2.0))
        + math::cos(la) * math::cos(lb) * square(math::sin((b.1 - a.1).to_radians() / 2.0));
    2.0 * EARTH * math::asin(half.sqrt().min(1.0))
}

/// A measure to the centimetre, as Enketo gives it; NaN for what has no points to measure.
fn to_centimetres(number: f64) -> Value<'static> {
    Value::Number((number * 100.0).round() / 100.0)
}

/// The way along the points in metres; 0 for fewer than two.
fn distance<'a>(args: &'a [Expr], scope: &Scope<'a>) -> Result<Value<'a>, Fault> {
    let Some(points) = points(args, scope)? else {
        return Ok(Value::Number(f64::NAN));
    };
    let sum = points
        .iter()
        .zip(points.iter().skip(1))
        .fold(0.0, |sum, (a, b)| sum + metres(*a, *b));
    Ok(to_centimetres(sum))
}

/// The area inside the points in square metres on the sphere; 0 for fewer than three.
fn area<'a>(args: &'a [Expr], scope: &Scope<'a>) -> Result<Value<'a>, Fault> {
    let Some(points) = points(args, scope)? else {
        return Ok(Value::Number(f64::NAN));
    };
    let next = points.iter().cycle().skip(1);
    let sum = points.iter().zip(next).fold(0.0, |sum, (a, b)| {
        sum + (b.1 - a.1).to_radians()
            * (2.0 + math::sin(a.0.to_radians()) + math::sin(b.0.to_radians()))
    });
    Ok(to_centimetres((sum * EARTH * EARTH / 2.0).abs()))
}

/// Whether a point lies inside an area. What is no point or no area has nothing inside.
fn geofence<'a>(args: &'a [Expr], scope: &Scope<'a>) -> Result<Value<'a>, Fault> {
    let (point, border) = args.split_at(args.len().min(1));
    let (Some(point), Some(border)) = (points(point, scope)?, points(border, scope)?) else {
        return Ok(Value::Boolean(false));
    };
    let Some((y, x)) = point.first().copied() else {
        return Ok(Value::Boolean(false));
    };
    let crossings = border
        .iter()
        .zip(border.iter().cycle().skip(1))
        .filter(|(a, b)| (a.0 > y) != (b.0 > y) && x < (b.1 - a.1) * (y - a.0) / (b.0 - a.0) + a.1)
        .count();
    Ok(Value::Boolean(crossings % 2 == 1))
}
