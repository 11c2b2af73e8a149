//! Functions about places: points as `lat lon altitude accuracy`, lines and areas as points joined by `;`.

use super::{Fault, Function, MANY, Scope, Value};
use crate::form::expr::ast::Expr;

pub(super) const TABLE: &[Function] = &[
    Function::new("area", 1, 1, area),
    Function::new("distance", 1, MANY, distance),
    Function::new("geofence", 2, 2, geofence),
];

/// The radius of the earth in metres that ODK computes with.
const EARTH: f64 = 6_378_100.0;

type Point = (f64, f64);

fn points(text: &str) -> Vec<Point> {
    let mut out = Vec::new();
    for part in text.split(';') {
        let mut numbers = part.split_whitespace().map(|number| number.parse::<f64>());
        if let (Some(Ok(latitude)), Some(Ok(longitude))) = (numbers.next(), numbers.next()) {
            out.push((latitude, longitude));
        }
    }
    out
}

/// All points of the arguments, in order.
fn all_points<'a>(args: &'a [Expr], scope: &Scope<'a>) -> Result<Vec<Point>, Fault> {
    let mut out = Vec::new();
    for index in 0..args.len() {
        match scope.value_at(args, index)? {
            Value::Nodes(nodes) => {
                scope.burn(nodes.len())?;
                nodes
                    .as_slice()
                    .iter()
                    .for_each(|node| out.extend(points(&scope.tree.text(*node))));
            }
            value => out.extend(points(&value.into_text(scope.tree))),
        }
    }
    Ok(out)
}

fn metres(a: Point, b: Point) -> f64 {
    let (la, lb) = (a.0.to_radians(), b.0.to_radians());
    let half = ((lb - la) / 2.0).sin().powi(2)
        + la.cos() * lb.cos() * ((b.1 - a.1).to_radians() / 2.0).sin().powi(2);
    2.0 * EARTH * half.sqrt().min(1.0).asin()
}

fn round_to_centimetres(number: f64) -> Value<'static> {
    Value::Number((number * 100.0).round() / 100.0)
}

fn distance<'a>(args: &'a [Expr], scope: &Scope<'a>) -> Result<Value<'a>, Fault> {
    let points = all_points(args, scope)?;
    let sum: f64 = points
        .iter()
        .zip(points.iter().skip(1))
        .map(|(a, b)| metres(*a, *b))
        .sum();
    Ok(round_to_centimetres(sum))
}

/// The area in square metres on the sphere.
fn area<'a>(args: &'a [Expr], scope: &Scope<'a>) -> Result<Value<'a>, Fault> {
    let points = all_points(args, scope)?;
    let next = points.iter().cycle().skip(1);
    let sum: f64 = points
        .iter()
        .zip(next)
        .map(|(a, b)| {
            (b.1 - a.1).to_radians() * (2.0 + a.0.to_radians().sin() + b.0.to_radians().sin())
        })
        .sum();
    Ok(round_to_centimetres((sum * EARTH * EARTH / 2.0).abs()))
}

/// Whether a point lies inside an area.
fn geofence<'a>(args: &'a [Expr], scope: &Scope<'a>) -> Result<Value<'a>, Fault> {
    let Some((y, x)) = points(&scope.text_at(args, 0)?).first().copied() else {
        return Ok(Value::Boolean(false));
    };
    let border = points(&scope.text_at(args, 1)?);
    let crossings = border
        .iter()
        .zip(border.iter().cycle().skip(1))
        .filter(|(a, b)| (a.0 > y) != (b.0 > y) && x < (b.1 - a.1) * (y - a.0) / (b.0 - a.0) + a.1)
        .count();
    Ok(Value::Boolean(crossings % 2 == 1))
}
