//! Functions about dates and times. What they mean as numbers is told in [`crate::form::expr::calendar`].

use std::fmt::Write;

use super::{Fault, Function, Scope, Value};
use crate::form::expr::ast::Expr;
use crate::form::expr::calendar::{
    Civil, Moment, civil_of_number, civil_text, date_of_number, days_of_date, offset_text,
    stamp_of_civil, stamp_text, time_from_text,
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
    Function::new("decimal-date-time", 1, 1, decimal_date_time),
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

/// An argument that is to be a point in time: a text that is one, or the number of one.
enum Given {
    Moment(Moment),
    Number(f64),
}

fn given<'a>(args: &'a [Expr], scope: &Scope<'a>) -> Result<Given, Fault> {
    let value = scope.value_at(args, 0)?;
    if let Value::Number(number) = value {
        return Ok(Given::Number(number));
    }
    let number = scope.number_of(&value);
    let text = value.into_text(scope.tree);
    let text = text.trim_matches([' ', '\t', '\r', '\n']);
    Ok(
        match Moment::from_text(text, scope.host.utc_offset_minutes()) {
            Some(moment) => Given::Moment(moment),
            None => Given::Number(number),
        },
    )
}

/// The local date and time of an argument; `None` for a blank or something else.
fn civil<'a>(args: &'a [Expr], scope: &Scope<'a>) -> Result<Option<Civil>, Fault> {
    let offset = scope.host.utc_offset_minutes();
    Ok(match given(args, scope)? {
        Given::Moment(moment) => moment.civil(),
        Given::Number(number) => civil_of_number(number, offset),
    })
}

/// The date of a point in time here, or of a whole number of days. What is none gives an empty text.
fn date<'a>(args: &'a [Expr], scope: &Scope<'a>) -> Result<Value<'a>, Fault> {
    let offset = scope.host.utc_offset_minutes();
    let civil = match given(args, scope)? {
        Given::Moment(moment) => moment.civil(),
        Given::Number(number) => date_of_number(number, offset),
    };
    Ok(Value::owned(
        civil.map(|civil| civil_text(&civil)).unwrap_or_default(),
    ))
}

fn date_time<'a>(args: &'a [Expr], scope: &Scope<'a>) -> Result<Value<'a>, Fault> {
    let offset = scope.host.utc_offset_minutes();
    let text = civil(args, scope)?
        .map(|civil| format!("{}{}", stamp_of_civil(&civil), offset_text(offset)));
    Ok(Value::owned(text.unwrap_or_default()))
}

/// Days since 1970 began in UTC; a date counts from its local midnight, a number is one already.
fn decimal_date_time<'a>(args: &'a [Expr], scope: &Scope<'a>) -> Result<Value<'a>, Fault> {
    Ok(Value::Number(match given(args, scope)? {
        Given::Moment(moment) => moment.utc_days(),
        Given::Number(number) => number,
    }))
}

/// The part of the local day, 0 to below 1, of a time or a date with time; of a number, what stands behind its point.
fn decimal_time<'a>(args: &'a [Expr], scope: &Scope<'a>) -> Result<Value<'a>, Fault> {
    let value = scope.value_at(args, 0)?;
    if let Value::Number(number) = value {
        return Ok(Value::Number(number - number.floor()));
    }
    let text = value.into_text(scope.tree);
    let time = text.split_once('T').map_or(&*text, |(_, time)| time);
    let fraction = time_from_text(time.trim(), scope.host.utc_offset_minutes());
    Ok(Value::Number(
        fraction.map_or(f64::NAN, |fraction| fraction.rem_euclid(1.0)),
    ))
}

/// Months in Indonesian and English.
const MONTHS: [(&str, &str); 12] = [
    ("Januari", "January"),
    ("Februari", "February"),
    ("Maret", "March"),
    ("April", "April"),
    ("Mei", "May"),
    ("Juni", "June"),
    ("Juli", "July"),
    ("Agustus", "August"),
    ("September", "September"),
    ("Oktober", "October"),
    ("November", "November"),
    ("Desember", "December"),
];

const DAYS: [(&str, &str); 7] = [
    ("Minggu", "Sunday"),
    ("Senin", "Monday"),
    ("Selasa", "Tuesday"),
    ("Rabu", "Wednesday"),
    ("Kamis", "Thursday"),
    ("Jumat", "Friday"),
    ("Sabtu", "Saturday"),
];

fn named(names: &[(&'static str, &'static str)], index: usize, language: &str) -> &'static str {
    names.get(index).map_or(
        "",
        |(own, english)| if language == "id" { own } else { english },
    )
}

/// `Agu` of `Agustus`: in both languages the short form of a month or a day is its first three letters.
fn short(name: &str) -> &str {
    name.get(..3).unwrap_or(name)
}

/// `format-date(value, '%e %b %Y')`; a blank stays blank.
fn format_date<'a>(args: &'a [Expr], scope: &Scope<'a>) -> Result<Value<'a>, Fault> {
    let Some(at) = civil(args, scope)? else {
        return Ok(Value::owned(String::new()));
    };
    let format = scope.text_at(args, 1)?;
    let language = scope.host.language();
    let month = named(&MONTHS, (at.month as usize).wrapping_sub(1), language);
    let since = |month, day| days_of_date(at.year, month, day).unwrap_or_default();
    let today = since(at.month, at.day);
    // 1970-01-01 was a Thursday.
    let of_week = (today + 4).rem_euclid(7);
    let weekday = named(
        &DAYS,
        usize::try_from(of_week).unwrap_or_default(),
        language,
    );
    let mut out = String::new();
    let mut letters = format.chars();
    while let Some(c) = letters.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        _ = match letters.next() {
            Some('Y') => write!(out, "{:04}", at.year),
            Some('y') => write!(out, "{:02}", at.year.rem_euclid(100)),
            Some('m') => write!(out, "{:02}", at.month),
            Some('n') => write!(out, "{}", at.month),
            Some('B') => write!(out, "{month}"),
            Some('b') => write!(out, "{}", short(month)),
            Some('d') => write!(out, "{:02}", at.day),
            Some('e') => write!(out, "{}", at.day),
            Some('A') => write!(out, "{weekday}"),
            Some('a') => write!(out, "{}", short(weekday)),
            // The week of the year, the first Monday beginning week 01, as strftime counts.
            Some('W') => {
                let of_year = today - since(1, 1);
                write!(out, "{:02}", (of_year + 7 - (of_week + 6) % 7) / 7)
            }
            Some('H') => write!(out, "{:02}", at.hour),
            Some('h') => write!(out, "{}", at.hour),
            Some('M') => write!(out, "{:02}", at.minute),
            Some('S') => write!(out, "{:02}", at.second),
            Some('3') => write!(out, "{:03}", at.millisecond),
            Some('%') | None => write!(out, "%"),
            Some(_) => return Err(Fault::Argument("format-date")),
        };
    }
    Ok(Value::owned(out))
}
