//! Letters: which there are, and small ones out of capitals, for names and for search. The standard library knows every
//! script's capitals; its tables weigh 9 kB in the phone's download, and people here write in Latin letters.

/// Whether a name may begin with it: the letters that XML's names have, which are those of all scripts.
#[must_use]
pub fn is_letter(c: char) -> bool {
    c.is_ascii_alphabetic()
        || matches!(c,
            '\u{c0}'..='\u{2ff}' | '\u{370}'..='\u{37d}' | '\u{37f}'..='\u{1fff}' | '\u{200c}' | '\u{200d}'
            | '\u{2070}'..='\u{218f}' | '\u{2c00}'..='\u{2fef}' | '\u{3001}'..='\u{d7ff}' | '\u{f900}'..='\u{fdcf}'
            | '\u{fdf0}'..='\u{fffd}' | '\u{10000}'..='\u{effff}')
            && !matches!(c, '\u{d7}' | '\u{f7}')
}

/// A small letter out of a capital one of ASCII and of Western European names; any other stays as it is.
#[must_use]
pub fn small(c: char) -> char {
    match c {
        '\u{c0}'..='\u{d6}' | '\u{d8}'..='\u{de}' => {
            char::from_u32(u32::from(c) + 0x20).unwrap_or(c)
        }
        _ => c.to_ascii_lowercase(),
    }
}

/// A text in small letters.
#[must_use]
pub fn in_small(text: &str) -> String {
    text.chars().map(small).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_of_all_scripts_are_letters_and_signs_are_not() {
        assert!("aZéÑłжあ字".chars().all(is_letter));
        assert!("1_- .,;×÷«»—“”".chars().all(|c| !is_letter(c)));
    }

    #[test]
    fn capitals_become_small() {
        assert_eq!(in_small("KUD ÉLOK Señor ×2 ß"), "kud élok señor ×2 ß");
    }

    #[test]
    fn western_letters_become_small_as_the_standard_library_has_it() {
        for c in '\0'..='\u{ff}' {
            assert_eq!(small(c), c.to_lowercase().next().unwrap_or(c), "{c}");
        }
    }
}
