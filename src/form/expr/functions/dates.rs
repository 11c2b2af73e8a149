//! Functions about dates and times, all on the local calendar.

use super::{Fault, Function, Scope, Value};
use crate::form::expr::ast::Expr;
use crate::form::expr::calendar::{
    Civil, civil_from_days, civil_text, offset_text, stamp_of_civil, stamp_text, time_from_text,
};

pub(super) const TABLE: &[Function] = &[
    Function::new("today", 0, 0, today),
    Function::new("now", 0, 0, |_, scope| {
        Ok(Value::owned(stamp_text(
            scope.host.now(),
            scope.host.utc_offset_minutes(),
        )))
    }),
    Function::new("date", 1, 1, date),
    Function::new("date-time", 1, 1, date_time),
    Function::new("decimal-date-time", 1, 1, |args, scope| {
        Ok(Value::Number(scope.number_at(args, 0)?))
    }),
    Function::new("decimal-time", 1, 1, decimal_time),
    Function::new("format-date", 2, 2, format_date),
    Function::new("format-date-time", 2, 2, format_date),
];

fn today<'a>(_: &'a [Expr], scope: &Scope<'a>) -> Result<Value<'a>, Fault> {
    let stamp = stamp_text(scope.host.now(), scope.host.utc_offset_minutes());
    Ok(Value::owned(
        stamp
            .split('T')
            .next()
            .map(String::from)
            .unwrap_or_default(),
    ))
}

/// The point in time an argument means; `None` for a blank or something else.
fn civil<'a>(args: &'a [Expr], scope: &Scope<'a>) -> Result<Option<Civil>, Fault> {
    Ok(civil_from_days(scope.number_at(args, 0)?))
}

fn date<'a>(args: &'a [Expr], scope: &Scope<'a>) -> Result<Value<'a>, Fault> {
    Ok(Value::owned(
        civil(args, scope)?
            .map(|civil| civil_text(&civil))
            .unwrap_or_default(),
    ))
}

fn date_time<'a>(args: &'a [Expr], scope: &Scope<'a>) -> Result<Value<'a>, Fault> {
    let offset = scope.host.utc_offset_minutes();
    let text = civil(args, scope)?
        .map(|civil| format!("{}{}", stamp_of_civil(&civil), offset_text(offset)));
    Ok(Value::owned(text.unwrap_or_default()))
}

/// The part of the day, 0 to below 1, of a time or a date with time.
fn decimal_time<'a>(args: &'a [Expr], scope: &Scope<'a>) -> Result<Value<'a>, Fault> {
    let text = scope.text_at(args, 0)?;
    let time = text.split_once('T').map_or(&*text, |(_, time)| time);
    let fraction = time_from_text(time, scope.host.utc_offset_minutes());
    Ok(Value::Number(
        fraction.map_or(f64::NAN, |fraction| fraction.rem_euclid(1.0)),
    ))
}

const MONTHS: [(&str, &str); 12] = [
    ("Jan", "Jan"),
    ("Feb", "Feb"),
    ("Mar", "Mar"),
    ("Apr", "Apr"),
    ("Mei", "May"),
    ("Jun", "Jun"),
    ("Jul", "Jul"),
    ("Agu", "Aug"),
    ("Sep", "Sep"),
    ("Okt", "Oct"),
    ("Nov", "Nov"),
    ("Des", "Dec"),
];

const DAYS: [(&str, &str); 7] = [
    ("Min", "Sun"),
    ("Sen", "Mon"),
    ("Sel", "Tue"),
    ("Rab", "Wed"),
    ("Kam", "Thu"),
    ("Jum", "Fri"),
    ("Sab", "Sat"),
];

fn named(names: &[(&'static str, &'static str)], index: usize, language: &str) -> &'static str {
    names.get(index).map_or(
        "",
        |(own, english)| if language == "id" { own } else { english },
    )
}

/// `format-date(value, '%e %b %Y')`; a blank stays blank.
fn format_date<'a>(args: &'a [Expr], scope: &Scope<'a>) -> Result<Value<'a>, Fault> {
    let days = scope.number_at(args, 0)?;
    let format = scope.text_at(args, 1)?;
    let Some(at) = civil_from_days(days) else {
        return Ok(Value::owned(String::new()));
    };
    let language = scope.host.language();
    let mut out = String::new();
    let mut letters = format.chars();
    while let Some(c) = letters.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        match letters.next() {
            Some('Y') => out.push_str(&format!("{:04}", at.year)),
            Some('y') => out.push_str(&format!("{:02}", at.year.rem_euclid(100))),
            Some('m') => out.push_str(&format!("{:02}", at.month)),
            Some('n') => out.push_str(&at.month.to_string()),
            Some('b') => out.push_str(named(
                &MONTHS,
                (at.month as usize).wrapping_sub(1),
                language,
            )),
            Some('d') => out.push_str(&format!("{:02}", at.day)),
            Some('e') => out.push_str(&at.day.to_string()),
            Some('a') => out.push_str(named(
                &DAYS,
                (days.floor() as i64 + 4).rem_euclid(7) as usize,
                language,
            )),
            Some('H') => out.push_str(&format!("{:02}", at.hour)),
            Some('h') => out.push_str(&at.hour.to_string()),
            Some('M') => out.push_str(&format!("{:02}", at.minute)),
            Some('S') => out.push_str(&format!("{:02}", at.second)),
            Some('3') => out.push_str(&format!("{:03}", at.millisecond)),
            Some('%') => out.push('%'),
            Some(_) => return Err(Fault::Argument("format-date")),
            None => out.push('%'),
        }
    }
    Ok(Value::owned(out))
}
