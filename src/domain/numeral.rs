//! Numbers the Indonesian way: a dot between thousands, a comma before decimals. "1.500" is never 1.5.
//!
//! The canonical form is the XForms lexical one (`-1234567.89`): that is what is stored, synced and computed with.

/// Why a typed number was not understood.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NumeralError {
    /// A character that belongs to no number.
    #[error("not a number")]
    NotANumber,
    /// Dots that do not stand between thousands, such as `1.5`: it might be 1,5 or 15, so it is asked, not guessed.
    #[error("a dot separates thousands; write decimals with a comma")]
    MisplacedDot,
}

/// Reads what a person typed (`1.234.567,89`, `1234567,89`, `Rp 1.250.000`) into the canonical form; `None` for nothing.
///
/// # Errors
/// [`NumeralError`] when the text is no number, or its dots do not stand between thousands.
pub fn parse(typed: &str) -> Result<Option<String>, NumeralError> {
    let text: String = typed
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| if c == '\u{2212}' { '-' } else { c })
        .collect();
    let text = text.strip_prefix("Rp").unwrap_or(&text);
    if text.is_empty() {
        return Ok(None);
    }
    let (sign, unsigned) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text),
    };
    let unsigned = unsigned.strip_prefix("Rp").unwrap_or(unsigned);
    let (whole, fraction) = match unsigned.split_once(',') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (unsigned, None),
    };
    let groups: Vec<&str> = whole.split('.').collect();
    let digits = |text: &str| text.chars().all(|c| c.is_ascii_digit());
    if !groups.iter().all(|group| digits(group)) || !fraction.is_none_or(digits) {
        return Err(NumeralError::NotANumber);
    }
    if let [first, rest @ ..] = groups.as_slice()
        && !rest.is_empty()
        && (first.is_empty() || first.len() > 3 || rest.iter().any(|group| group.len() != 3))
    {
        return Err(NumeralError::MisplacedDot);
    }
    let whole = groups.concat();
    if whole.is_empty() && fraction.is_none_or(str::is_empty) {
        return Err(NumeralError::NotANumber);
    }
    let whole = match whole.trim_start_matches('0') {
        "" => "0",
        significant => significant,
    };
    let fraction = fraction
        .map(|f| f.trim_end_matches('0'))
        .unwrap_or_default();
    let value = if fraction.is_empty() {
        whole.to_owned()
    } else {
        format!("{whole}.{fraction}")
    };
    Ok(Some(if value == "0" {
        value
    } else {
        format!("{sign}{value}")
    }))
}

/// Shows a canonical number with Indonesian separators; any other text stays as it is.
#[must_use]
pub fn show(canonical: &str) -> String {
    let (sign, unsigned) = match canonical.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", canonical),
    };
    let (whole, fraction) = match unsigned.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (unsigned, None),
    };
    let digits = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
    if !digits(whole) || !fraction.is_none_or(digits) {
        return canonical.to_owned();
    }
    let mut shown = String::from(sign);
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at) % 3 == 0 {
            shown.push('.');
        }
        shown.push(digit);
    }
    if let Some(fraction) = fraction {
        shown.push(',');
        shown.push_str(fraction);
    }
    shown
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn dots_are_thousands_and_never_decimals() {
        for (typed, canonical) in [
            ("1.500", "1500"),
            ("1.234.567,89", "1234567.89"),
            ("1500", "1500"),
            ("0012", "12"),
            ("12,50", "12.5"),
            (",5", "0.5"),
            ("Rp 1.250.000", "1250000"),
            ("-2.000", "-2000"),
            ("-0", "0"),
            ("0", "0"),
        ] {
            assert_eq!(parse(typed).unwrap().as_deref(), Some(canonical), "{typed}");
        }
        assert_eq!(parse("  ").unwrap(), None);
    }

    #[test]
    fn a_doubtful_number_is_refused_not_guessed() {
        for typed in ["1.5", "1.50", "12.34.567", ".500", "1234.567", "1.5000"] {
            assert_eq!(parse(typed), Err(NumeralError::MisplacedDot), "{typed}");
        }
        for typed in ["abc", "1,2,3", "-", ",", "1e5", "12-"] {
            assert_eq!(parse(typed), Err(NumeralError::NotANumber), "{typed}");
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_reads_back_as_itself(whole in 0u64..10_000_000_000_000, cents in 0u32..100, negative: bool) {
            let typed = format!("{}{whole},{cents:02}", if negative { "-" } else { "" });
            let canonical = parse(&typed).unwrap().unwrap();
            prop_assert_eq!(parse(&show(&canonical)).unwrap().unwrap(), canonical);
        }

        #[test]
        fn no_text_breaks_the_reader(text in ".*") {
            let _ = parse(&text);
            let _ = show(&text);
        }
    }
}
