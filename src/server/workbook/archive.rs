//! Whether a file is a workbook of bearable size. Everything in it is unpacked once and counted, before the reader of
//! workbooks, which trusts what a file says of itself, gets to see it.

use std::io::{Cursor, Read};

use zip::ZipArchive;

use super::LARGEST;
use crate::form::{Cause, Limit};

/// Bytes of all parts together, unpacked.
const UNPACKED: u64 = 32_000_000;
/// Parts of the file; a workbook has a few for each sheet.
const MOST_PARTS: usize = 1_000;
/// Counts that a part announces and a reader may make room for at once.
const ANNOUNCED: [(&[u8], u64); 2] = [(b"uniqueCount", 1_000_000), (b"si", 100_000)];

/// Encrypted workbooks and old ones are of another format, which starts so.
const COMPOUND: &[u8] = &[0xd0, 0xcf, 0x11, 0xe0];

/// Checks a file.
///
/// # Errors
/// What it is instead of a workbook, or which limit it breaks.
pub(super) fn check(bytes: &[u8]) -> Result<(), Cause> {
    if bytes.len() > LARGEST {
        return Err(Cause::TooLarge(Limit::File));
    }
    if bytes.starts_with(COMPOUND) {
        let name: Vec<u8> = "EncryptedPackage"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        let encrypted = bytes.windows(name.len()).any(|window| window == name);
        return Err(if encrypted {
            Cause::Encrypted
        } else {
            Cause::OldFormat
        });
    }
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| Cause::NotAWorkbook)?;
    if archive.len() > MOST_PARTS {
        return Err(Cause::NotAWorkbook);
    }
    let mut left = UNPACKED;
    let mut content = Vec::new();
    for index in 0..archive.len() {
        let part = archive.by_index(index);
        let part = match part {
            Ok(part) if !part.encrypted() => part,
            Ok(_) => return Err(Cause::Encrypted),
            Err(zip::result::ZipError::UnsupportedArchive(why)) if why.contains("assword") => {
                return Err(Cause::Encrypted);
            }
            Err(_) => return Err(Cause::NotAWorkbook),
        };
        // What the directory says is looked at first, and not believed.
        if part.size() > left {
            return Err(Cause::TooLarge(Limit::Unpacked));
        }
        content.clear();
        let read = part.take(left + 1).read_to_end(&mut content);
        let read = u64::try_from(read.map_err(|_| Cause::NotAWorkbook)?).unwrap_or(u64::MAX);
        left = left
            .checked_sub(read)
            .ok_or(Cause::TooLarge(Limit::Unpacked))?;
        if announces_too_much(&content) {
            return Err(Cause::NotAWorkbook);
        }
    }
    Ok(())
}

/// Whether an attribute of a part announces more than the part could hold.
fn announces_too_much(content: &[u8]) -> bool {
    ANNOUNCED.iter().any(|(name, most)| {
        let blank = |byte: &u8| byte.is_ascii_whitespace();
        content
            .windows(name.len())
            .enumerate()
            .filter(|(_, window)| window == name)
            .any(|(at, _)| {
                let rest = content.get(at + name.len()..).unwrap_or_default();
                let mut rest = rest.iter().skip_while(|byte| blank(byte));
                if rest.next() != Some(&b'=') {
                    return false;
                }
                let mut rest = rest.skip_while(|byte| blank(byte));
                if !matches!(rest.next(), Some(b'"' | b'\'')) {
                    return false;
                }
                let digits = rest
                    .skip_while(|byte| blank(byte) || **byte == b'+')
                    .take_while(|byte| byte.is_ascii_digit());
                let number = digits.fold(0_u64, |number, digit| {
                    number
                        .saturating_mul(10)
                        .saturating_add(u64::from(digit - b'0'))
                });
                number > *most
            })
    })
}
