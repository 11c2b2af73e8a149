//! Numbers as XPath reads and writes them.

use super::calendar::Moment;
use crate::domain::decimal;

/// Reads a number: an optional minus sign, digits, and at most one point, with white space around. A date is the count
/// of days since 1970-01-01, a date with time the count of days since that day began in UTC, as the ODK XForms
/// specification says of `number()`. Anything else is NaN, also what other languages take, such as `1e3` or `+1`.
pub fn number_from_text(text: &str, utc_offset_minutes: i32) -> f64 {
    let text = text.trim_matches([' ', '\t', '\r', '\n']);
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain = digits.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        && digits.bytes().any(|b| b.is_ascii_digit())
        && digits.bytes().filter(|b| *b == b'.').count() <= 1;
    if plain {
        return decimal::read(text).unwrap_or(f64::NAN);
    }
    Moment::from_text(text, utc_offset_minutes).map_or(f64::NAN, |moment| moment.number())
}

/// Writes a number: no exponent, no `.0`, no negative zero; behind a point as few digits as tell it from every other
/// number.
pub fn number_to_text(number: f64) -> String {
    if number.is_nan() {
        String::from("NaN")
    } else if number.is_infinite() {
        String::from(if number > 0.0 {
            "Infinity"
        } else {
            "-Infinity"
        })
    } else if number == 0.0 {
        String::from("0")
    } else if number.fract() == 0.0 {
        // Every digit of a whole number, also where fewer would tell it from its neighbours.
        format!("{number:.0}")
    } else {
        format!("{number}")
    }
}
