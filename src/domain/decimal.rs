//! Decimal numbers in texts, exactly as `str::parse` reads them, for the phone: the standard library's way brings tables of
//! 10 kB that do not compress. What stands in answers takes the short way here; only odd numbers take the long one.

use std::cmp::Ordering;

/// More digits than any number needs to be told from its neighbours; a further one only matters by not being 0.
const DIGITS: usize = 800;

/// Reads a number: a sign, digits with at most one point among or around them, an exponent. The sign and the exponent may
/// be missing. Of what `str::parse` takes, only `inf` and `nan` are no numbers here.
#[must_use]
pub fn read(text: &str) -> Option<f64> {
    let (negative, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (number, mut exponent) = match unsigned.split_once(['e', 'E']) {
        Some((number, exponent)) => (number, whole(exponent)?),
        None => (unsigned, 0),
    };
    let mut digits: Vec<u8> = Vec::new();
    let (mut any, mut point) = (false, false);
    for byte in number.bytes() {
        match byte {
            b'.' if !point => point = true,
            b'0'..=b'9' => {
                any = true;
                let digit = byte - b'0';
                if digits.len() < DIGITS {
                    if digit > 0 || !digits.is_empty() {
                        digits.push(digit);
                    }
                    exponent -= i32::from(point);
                } else {
                    if let (1.., Some(last)) = (digit, digits.last_mut()) {
                        *last |= 1;
                    }
                    exponent += i32::from(!point);
                }
            }
            _ => return None,
        }
    }
    let value = value(&digits, exponent);
    any.then_some(if negative { -value } else { value })
}

/// An exponent; one far from all numbers stands for all that are further.
fn whole(text: &str) -> Option<i32> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let far = digits.parse().unwrap_or(i32::MAX).min(1_000_000);
    Some(if text.starts_with('-') { -far } else { far })
}

/// `digits` times ten to the power of `exponent`, as the nearest number; of two, the one whose last bit is 0.
fn value(digits: &[u8], exponent: i32) -> f64 {
    let magnitude = digits.len() as i32 + exponent;
    if digits.is_empty() || magnitude < -330 {
        return 0.0;
    }
    if magnitude > 310 {
        return f64::INFINITY;
    }
    // Up to here both the digits and the power of ten are numbers without an error, and one step has one rounding.
    if digits.len() <= 15 && exponent.abs() <= 22 {
        let whole = digits
            .iter()
            .fold(0.0, |sum, digit| sum * 10.0 + f64::from(*digit));
        let power = (0..exponent.abs()).fold(1.0, |power, _| power * 10.0);
        return if exponent < 0 {
            whole / power
        } else {
            whole * power
        };
    }
    let (mut above, mut below) = (Big::default(), Big(vec![1]));
    for digit in digits {
        above.multiply(10, u32::from(*digit));
    }
    for _ in 0..exponent.abs() {
        let side = if exponent < 0 { &mut below } else { &mut above };
        side.multiply(10, 0);
    }
    // Brought to below <= above < 2 * below, the power of two is known; then bit after bit is a doubling and a subtraction.
    let mut power = 0;
    while above.compare(&below) == Ordering::Less {
        above.multiply(2, 0);
        power -= 1;
    }
    loop {
        let mut twice = below.clone();
        twice.multiply(2, 0);
        if above.compare(&twice) == Ordering::Less {
            break;
        }
        below = twice;
        power += 1;
    }
    let bits = 53 - (-1022 - power).max(0);
    let mut mantissa = 0_u64;
    let next = |above: &mut Big| {
        let one = above.compare(&below) != Ordering::Less;
        if one {
            above.subtract(&below);
        }
        above.multiply(2, 0);
        one
    };
    for _ in 0..bits {
        mantissa = mantissa << 1 | u64::from(next(&mut above));
    }
    let half = bits >= 0 && next(&mut above);
    let more = above.0.iter().any(|word| *word != 0);
    mantissa += u64::from(half && (more || mantissa & 1 == 1));
    mantissa as f64 * power_of_two(power - bits + 1)
}

fn power_of_two(power: i32) -> f64 {
    match power {
        1024.. => f64::INFINITY,
        -1022..1024 => f64::from_bits(((power + 1023) as u64) << 52),
        -1074..-1022 => f64::from_bits(1 << (power + 1074)),
        _ => 0.0,
    }
}

/// A whole number of any size, its lowest word first, its highest never 0.
#[derive(Debug, Clone, Default)]
struct Big(Vec<u32>);

impl Big {
    fn multiply(&mut self, factor: u32, more: u32) {
        let mut carry = u64::from(more);
        for word in &mut self.0 {
            carry += u64::from(*word) * u64::from(factor);
            *word = carry as u32;
            carry >>= 32;
        }
        if carry > 0 {
            self.0.push(carry as u32);
        }
    }

    /// Takes away what is not greater.
    fn subtract(&mut self, other: &Big) {
        let mut borrowed = false;
        for (at, word) in self.0.iter_mut().enumerate() {
            let less = other.0.get(at).copied().unwrap_or(0);
            let (rest, first) = word.overflowing_sub(less);
            let (rest, second) = rest.overflowing_sub(u32::from(borrowed));
            (*word, borrowed) = (rest, first || second);
        }
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
    }

    fn compare(&self, other: &Big) -> Ordering {
        let lengths = self.0.len().cmp(&other.0.len());
        lengths.then_with(|| self.0.iter().rev().cmp(other.0.iter().rev()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn bits(text: &str) -> Option<u64> {
        read(text).map(f64::to_bits)
    }

    fn as_std(text: &str) -> Option<u64> {
        text.parse::<f64>().ok().map(f64::to_bits)
    }

    #[test]
    fn numbers_at_the_edges_are_the_standard_librarys() {
        for text in [
            "0",
            "-0",
            "5.",
            ".5",
            "+1",
            "1e3",
            "1E-3",
            "007.50",
            "0.1",
            "123456789012345678901234567890",
            "9007199254740993",
            "9007199254740992.9999999999999999999999",
            "9007199254740993.00000000000000000001",
            "1.7976931348623157e308",
            "1.7976931348623159e308",
            "1e309",
            "1e999999999999",
            "1e-999999999999",
            "2.2250738585072014e-308",
            "2.2250738585072011e-308",
            "5e-324",
            "4.9e-324",
            "2.5e-324",
            "2.4e-324",
            "2.4703282292062327e-324",
            "2.4703282292062328e-324",
            "1e-400",
            "0e99999",
            "1e22",
            "1e23",
            "8.5e-23",
        ] {
            assert_eq!(bits(text), as_std(text), "{text}");
        }
        let long = format!("0.{}1", "3".repeat(1_200));
        assert_eq!(bits(&long), as_std(&long));
        let tie = format!("9007199254740993{}1", "0".repeat(1_000));
        assert_eq!(bits(&tie), as_std(&tie));
    }

    #[test]
    fn what_is_no_number_is_none() {
        for text in [
            "", "-", ".", "1.2.3", "e5", "1e", "1e+", "1 ", "0x10", "inf", "NaN", "1,5", "--1",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_number_reads_back_as_itself(number: f64) {
            prop_assume!(number.is_finite());
            prop_assert_eq!(bits(&format!("{number}")), Some(number.to_bits()));
            prop_assert_eq!(bits(&format!("{number:e}")), Some(number.to_bits()));
        }

        #[test]
        fn any_digits_are_the_standard_librarys(text in "[-+]?[0-9]{0,30}\\.?[0-9]{0,30}(e[-+]?[0-9]{1,3})?") {
            prop_assert_eq!(bits(&text), as_std(&text));
        }
    }
}
