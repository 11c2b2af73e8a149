//! Which PINs are taken: six digits, and none that somebody who finds the phone would try first.

/// Digits of a PIN.
pub const DIGITS: usize = 6;

/// What people choose most often beside what the rules of [`is_common`] find.
const WELL_KNOWN: [&[u8; DIGITS]; 12] = [
    b"123321", b"123654", b"135790", b"135791", b"147258", b"147852", b"159357", b"159753",
    b"246802", b"246810", b"456123", b"789456",
];

/// The digits of a PIN; nothing when it is none.
#[must_use]
pub fn digits(text: &str) -> Option<&[u8; DIGITS]> {
    let bytes: &[u8; DIGITS] = text.as_bytes().try_into().ok()?;
    bytes.iter().all(u8::is_ascii_digit).then_some(bytes)
}

/// Whether a PIN is one of those that are tried first.
///
/// ```text
/// 777777 123456 987654    equal, rising and falling digits
/// 121212 123123           the same two or three digits again
/// 112233 444555           digits that stand twice or three times each
/// 170845                  a day, a month and a year
/// ```
#[must_use]
pub fn is_common(pin: &[u8; DIGITS]) -> bool {
    // From 9 the digits go on with 0, so a step of 9 is one downwards.
    let steps = |by: u8| {
        let pairs = pin.iter().zip(pin.iter().skip(1));
        pairs
            .into_iter()
            .all(|(a, b)| value(*a).wrapping_add(by) % 10 == value(*b))
    };
    let comes_again = |after: usize| pin.iter().zip(pin.iter().skip(after)).all(|(a, b)| a == b);
    let stands = |times: usize| {
        let mut runs = pin.chunks(times);
        runs.all(|run| run.iter().all(|digit| run.first() == Some(digit)))
    };
    [0, 1, 9].into_iter().any(steps)
        || [2, 3].into_iter().any(comes_again)
        || [2, 3].into_iter().any(stands)
        || WELL_KNOWN.contains(&pin)
        || is_date(pin)
}

fn value(digit: u8) -> u8 {
    digit.wrapping_sub(b'0')
}

/// Whether the digits are a day, a month and the end of a year.
fn is_date([d, day, m, month, ..]: &[u8; DIGITS]) -> bool {
    let number = |tens: &u8, ones: &u8| value(*tens).wrapping_mul(10).wrapping_add(value(*ones));
    (1..=31).contains(&number(d, day)) && (1..=12).contains(&number(m, month))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn common(pin: &str) -> bool {
        is_common(digits(pin).unwrap())
    }

    #[test]
    fn a_pin_is_six_ascii_digits() {
        assert!(digits("246810").is_some());
        for bad in ["", "12345", "1234567", "12345a", "１２３４５６", "１２"] {
            assert_eq!(digits(bad), None, "{bad}");
        }
    }

    #[test]
    fn equal_rising_and_falling_digits_are_common() {
        for pin in [
            "000000", "777777", "123456", "456789", "567890", "901234", "654321", "098765",
        ] {
            assert!(common(pin), "{pin}");
        }
    }

    #[test]
    fn pairs_and_triples_that_repeat_are_common() {
        for pin in [
            "121212", "474747", "123123", "907907", "112233", "998811", "113355", "111222",
        ] {
            assert!(common(pin), "{pin}");
        }
    }

    #[test]
    fn dates_and_the_well_known_are_common() {
        for pin in [
            "010190", "170845", "311299", "123321", "159753", "246810", "135790",
        ] {
            assert!(common(pin), "{pin}");
        }
    }

    #[test]
    fn other_pins_are_not_common() {
        for pin in ["320185", "011390", "000120", "482913", "141516"] {
            assert!(!common(pin), "{pin}");
        }
    }

    #[test]
    fn most_pins_are_left_to_choose_from() {
        let refused = (0..1_000_000)
            .filter(|pin| common(&format!("{pin:06}")))
            .count();
        assert!(refused < 50_000, "{refused} of a million are refused");
    }
}
