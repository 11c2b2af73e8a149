//! Numbers as XPath reads and writes them.

use super::calendar::days_from_text;

/// Reads a number. A date or a date with time is the count of days since 1970-01-01, local time, as in ODK;
/// everything else that is not plain decimal notation is NaN.
pub fn number_from_text(text: &str, utc_offset_minutes: i32) -> f64 {
    let text = text.trim_matches([' ', '\t', '\r', '\n']);
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain = digits.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        && digits.bytes().any(|b| b.is_ascii_digit())
        && digits.bytes().filter(|b| *b == b'.').count() <= 1;
    if plain {
        return text.parse().unwrap_or(f64::NAN);
    }
    days_from_text(text, utc_offset_minutes).unwrap_or(f64::NAN)
}

/// Writes a number: no exponent, no `.0`, no negative zero.
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
    } else {
        format!("{number}")
    }
}
