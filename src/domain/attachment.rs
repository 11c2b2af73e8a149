//! A photo, a signature, a recording: bytes that an answer names. The name is made of the bytes, so the same bytes have
//! the same name on every device, a retry cannot double them, and who has them can prove that they are the right ones.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The SHA-256 of bytes in 64 hex digits.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    let mut digits = String::with_capacity(69);
    for byte in Sha256::digest(bytes) {
        for half in [byte >> 4, byte & 15] {
            digits.push(char::from_digit(u32::from(half), 16).unwrap_or('0'));
        }
    }
    digits
}

/// Media types an attachment may have, with the ending of its name. The order is of no meaning.
pub const MEDIA: [(&str, &str); 9] = [
    ("image/jpeg", "jpg"),
    ("image/png", "png"),
    ("image/webp", "webp"),
    ("audio/webm", "weba"),
    ("audio/mp4", "m4a"),
    ("audio/ogg", "ogg"),
    ("video/mp4", "mp4"),
    ("video/webm", "webm"),
    ("application/pdf", "pdf"),
];

/// The most bytes an attachment may have. Photos are shrunk to 300 kB; this leaves room for a recording or a file.
pub const MOST_BYTES: u64 = 10_000_000;

/// What an answer says of an attachment: `<SHA-256 of the bytes, 64 hex digits>.<ending>`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AttachmentName(String);

/// A text that names no attachment.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("`{0}` is not the name of an attachment")]
pub struct NotAnAttachment(pub String);

impl AttachmentName {
    /// The name of these bytes; `None` when the app keeps no such media type.
    #[must_use]
    pub fn of(bytes: &[u8], media_type: &str) -> Option<Self> {
        let (_, ending) = MEDIA.iter().find(|(media, _)| *media == media_type)?;
        let mut name = sha256(bytes);
        name.push('.');
        name.push_str(ending);
        Some(Self(name))
    }

    /// Whether a text is the name of an attachment.
    #[must_use]
    pub fn is_one(text: &str) -> bool {
        text.split_once('.').is_some_and(|(hash, ending)| {
            hash.len() == 64
                && hash
                    .bytes()
                    .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
                && MEDIA.iter().any(|(_, known)| *known == ending)
        })
    }

    /// The whole name, as an answer has it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The SHA-256 of the bytes, in 64 hex digits.
    #[must_use]
    pub fn hash(&self) -> &str {
        self.0.split_once('.').map_or("", |(hash, _)| hash)
    }

    /// The media type that its ending tells.
    #[must_use]
    pub fn media_type(&self) -> &'static str {
        let ending = self.0.split_once('.').map_or("", |(_, ending)| ending);
        MEDIA
            .iter()
            .find(|(_, known)| *known == ending)
            .map_or("application/octet-stream", |(media, _)| media)
    }

    /// Whether these are the bytes it names.
    #[must_use]
    pub fn names(&self, bytes: &[u8]) -> bool {
        Self::of(bytes, self.media_type()).as_ref() == Some(self)
    }
}

impl FromStr for AttachmentName {
    type Err = NotAnAttachment;

    fn from_str(text: &str) -> Result<Self, NotAnAttachment> {
        if Self::is_one(text) {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotAnAttachment(text.chars().take(80).collect()))
        }
    }
}

impl TryFrom<String> for AttachmentName {
    type Error = NotAnAttachment;

    fn try_from(text: String) -> Result<Self, NotAnAttachment> {
        text.parse()
    }
}

impl From<AttachmentName> for String {
    fn from(name: AttachmentName) -> Self {
        name.0
    }
}

impl fmt::Display for AttachmentName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_name_is_made_of_the_bytes_and_reads_back() {
        let name = AttachmentName::of(b"abc", "image/jpeg").unwrap();
        assert_eq!(
            name.as_str(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad.jpg"
        );
        assert_eq!(name.as_str().parse(), Ok(name.clone()));
        assert_eq!(name.media_type(), "image/jpeg");
        assert!(name.names(b"abc") && !name.names(b"abd"));
    }

    #[test]
    fn anything_else_is_no_name() {
        let hash = "a".repeat(64);
        for text in [
            String::new(),
            hash.clone(),
            format!("{hash}.exe"),
            format!("{}.jpg", "A".repeat(64)),
            format!("../{}.jpg", "a".repeat(61)),
            format!("{hash}.jpg.jpg"),
        ] {
            assert!(text.parse::<AttachmentName>().is_err(), "{text}");
        }
        assert_eq!(AttachmentName::of(b"x", "text/html"), None);
    }
}
