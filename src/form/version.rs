//! Which of two versions of a form is the newer one.

use std::cmp::Ordering;

/// Orders versions: as numbers when both are made of digits alone, so that 10 comes after 9, else as texts. Whoever
/// needs the newest version of a form asks here, device and server alike.
#[must_use]
pub fn compare_versions(a: &str, b: &str) -> Ordering {
    let number = |text: &str| {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| String::from(text.trim_start_matches('0')))
    };
    match (number(a), number(b)) {
        // Of numbers without zeros in front the longer one is larger, however many digits they have.
        (Some(x), Some(y)) => x.len().cmp(&y.len()).then_with(|| x.cmp(&y)),
        _ => a.cmp(b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_numbers_when_both_are_and_texts_otherwise() {
        let table = [
            ("9", "10", Ordering::Less),
            ("2024110701", "2024110702", Ordering::Less),
            ("007", "7", Ordering::Equal),
            (
                "99999999999999999999",
                "100000000000000000000",
                Ordering::Less,
            ),
            ("1.9", "1.10", Ordering::Greater),
            ("b", "a", Ordering::Greater),
            ("10", "9a", Ordering::Less),
            ("", "1", Ordering::Less),
        ];
        for (a, b, wanted) in table {
            assert_eq!(compare_versions(a, b), wanted, "{a} {b}");
            assert_eq!(compare_versions(b, a), wanted.reverse(), "{b} {a}");
        }
    }
}
