//! Short names on the wire that an older program keeps without knowing what they stand for.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// A name of 1 to [`Name::LONGEST`] bytes of `a` to `z`, `0` to `9` and `_`: of a record's kind, of a role, of what became of a
/// change. The names of this program are such names, and so are those of later ones: protocol 1 allows no others.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name {
    /// The name, then zeros.
    bytes: [u8; Self::LONGEST],
}

/// The text is no [`Name`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("no name: 1 to {} of a-z, 0-9 and _", Name::LONGEST)]
pub struct BadName;

impl Name {
    /// Bytes of the longest name.
    pub const LONGEST: usize = 31;

    /// The name that a text is.
    ///
    /// # Errors
    /// [`BadName`].
    pub fn new(text: &str) -> Result<Self, BadName> {
        let is_of_name = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_');
        let mut bytes = [0; Self::LONGEST];
        let room = bytes.get_mut(..text.len()).ok_or(BadName)?;
        if text.is_empty() || !text.bytes().all(is_of_name) {
            return Err(BadName);
        }
        room.copy_from_slice(text.as_bytes());
        Ok(Self { bytes })
    }

    /// The text of it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        let text = self.bytes.split(|byte| *byte == 0).next();
        // It is ASCII, see `new`.
        std::str::from_utf8(text.unwrap_or_default()).unwrap_or_default()
    }
}

impl std::fmt::Debug for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Name {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::new(&text).map_err(D::Error::custom)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_as_it_was_written() {
        for text in ["a", "follow_up", "plan2", &"x".repeat(Name::LONGEST)] {
            assert_eq!(Name::new(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn what_is_empty_too_long_or_of_other_letters_is_no_name() {
        for text in [
            "",
            "Visit",
            "a b",
            "a-b",
            "é",
            &"x".repeat(Name::LONGEST + 1),
        ] {
            assert_eq!(Name::new(text), Err(BadName), "{text}");
        }
    }
}
