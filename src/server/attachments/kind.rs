//! What bytes are, by what they begin with: a name's ending is only a claim.

use crate::domain::AttachmentName;

/// How many of the first bytes are looked at.
pub const LOOKED_AT: usize = 64;

/// Whether the first bytes of a file are those of the type that its name tells.
#[must_use]
pub fn is_what_it_says(name: &AttachmentName, head: &[u8]) -> bool {
    let head = head.get(..LOOKED_AT).unwrap_or(head);
    let at = |place: usize, bytes: &[u8]| head.get(place..place + bytes.len()) == Some(bytes);
    match name.media_type() {
        "image/jpeg" => at(0, b"\xff\xd8\xff"),
        "image/png" => at(0, b"\x89PNG\r\n\x1a\n"),
        "image/webp" => at(0, b"RIFF") && at(8, b"WEBP"),
        // Matroska with the type that WebM is, sound or moving pictures.
        "audio/webm" | "video/webm" => {
            at(0, b"\x1a\x45\xdf\xa3") && head.windows(4).any(|four| four == b"webm")
        }
        "audio/mp4" | "video/mp4" => at(4, b"ftyp"),
        "audio/ogg" => at(0, b"OggS"),
        "application/pdf" => at(0, b"%PDF-"),
        _ => false,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::domain::attachment::MEDIA;

    /// The first bytes of a real file of each type.
    fn first_bytes(media: &str) -> &'static [u8] {
        match media {
            "image/jpeg" => b"\xff\xd8\xff\xe0\x00\x10JFIF\x00",
            "image/png" => b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
            "image/webp" => b"RIFF\x24\x00\x00\x00WEBPVP8 ",
            "audio/ogg" => b"OggS\x00\x02\x00\x00",
            "application/pdf" => b"%PDF-1.7\n",
            "audio/mp4" | "video/mp4" => b"\x00\x00\x00\x20ftypisom",
            _ => b"\x1a\x45\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01B\xf2\x81\x04B\xf3\x81\x08B\x82\x84webm",
        }
    }

    #[test]
    fn every_type_is_known_by_its_first_bytes_and_nothing_else_is_taken_for_it() {
        for (media, _) in MEDIA {
            let name = AttachmentName::of(b"any", media).unwrap();
            assert!(is_what_it_says(&name, first_bytes(media)), "{media}");
            assert!(!is_what_it_says(&name, b""), "{media}");
            for lie in [
                b"<!doctype html><script>alert(1)".as_slice(),
                b"MZ\x90\x00",
                b"#!/bin/sh",
            ] {
                assert!(!is_what_it_says(&name, lie), "{media}");
            }
            for (other, _) in MEDIA {
                if first_bytes(other) != first_bytes(media) {
                    assert!(
                        !is_what_it_says(&name, first_bytes(other)),
                        "{other} as {media}"
                    );
                }
            }
        }
    }
}
