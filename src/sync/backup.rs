//! A backup file: the unsent work of one officer with its photos, sealed with their password. The phone writes it without
//! a network; the server or another phone of that officer reads it.
//!
//! ```text
//! "ANJCAD", 0, format | memory, passes: u32 | salt 16 | nonce 19 | name's length: u8, login name | check 16
//! chunk 0 | chunk 1 | ... | last chunk
//! ```
//!
//! Numbers are little-endian. The key is argon2id of the password. A chunk is [`CHUNK`] bytes sealed with
//! XChaCha20-Poly1305; its nonce is the file's with the chunk's number and whether it is the last, so that no chunk can be
//! left out, moved or cut off unnoticed. The head is authenticated with every chunk, and alone by `check`, which tells a
//! wrong password from a damaged file. Inside, the chunks are one run of parts (length: u32, bytes): first [`Contents`]
//! as JSON, then for each photo its name and its bytes.

use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::derive::{Cost, SALT, derive};
use super::wire::{Mutation, RejectCode};
use crate::domain::{DeviceId, Millis, RecordId, UserId};

/// The ending of a backup file's name.
pub const ENDING: &str = "cadangan";
/// The format that this code writes, and the newest it reads.
pub const FORMAT: u8 = 1;
/// Bytes in a chunk, before sealing.
pub const CHUNK: usize = 64 * 1024;

const MAGIC: &[u8; 7] = b"ANJCAD\0";
const NONCE: usize = 19;
const TAG: usize = 16;
/// Everything before the login name.
const FIXED: usize = MAGIC.len() + 1 + 4 + 4 + SALT + NONCE + 1;
/// No file may make whoever opens it spend more than this.
const MOST: Cost = Cost {
    memory: 256 * 1024,
    passes: 16,
};

/// Why a backup file cannot be read. Nothing of it was taken.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error, Serialize, Deserialize)]
pub enum Fault {
    /// It is another kind of file.
    #[error("this is no backup file of Anjangsana")]
    NotABackup,
    /// A newer program wrote it.
    #[error("the backup was made by a newer version: update first")]
    Newer,
    /// The password does not open it.
    #[error("the password does not open the backup")]
    WrongPassword,
    /// It is cut off or changed.
    #[error("the backup file is damaged or not complete")]
    Damaged,
    /// It is somebody else's.
    #[error("the backup belongs to {username}")]
    OtherUser {
        /// Whose.
        username: String,
    },
}

/// What a backup holds beside photos.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Contents {
    /// Whose work it is.
    pub user: UserId,
    /// The device that made it: the author of its changes.
    pub device: DeviceId,
    /// When, by the device's clock.
    pub made_at: Millis,
    /// Which life of the server its revisions belong to; none in files of older apps.
    #[serde(default)]
    pub epoch: Option<String>,
    /// Every unsent change, in its order, drafts included.
    pub changes: Vec<Unsent>,
}

/// An unsent change as it stands in the outbox.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Unsent {
    /// What would be sent; frozen from now on.
    pub mutation: Mutation,
    /// Whose record it is.
    #[serde(default)]
    pub owner: Option<UserId>,
    /// The visit it is about.
    #[serde(default)]
    pub visit: Option<RecordId>,
    /// Since when it waits.
    pub since: Millis,
    /// Why the server refused it, when it did.
    #[serde(default)]
    pub refused: Option<(RejectCode, String)>,
}

fn sealed(
    cipher: &XChaCha20Poly1305,
    (head, nonce): (&[u8], &[u8; NONCE]),
    (number, last): (u32, u8),
    bytes: &[u8],
    open: bool,
) -> Option<Vec<u8>> {
    let mut whole = [0; NONCE + 5];
    let parts = nonce.iter().copied().chain(number.to_le_bytes());
    for (to, from) in whole.iter_mut().zip(parts.chain([last])) {
        *to = from;
    }
    let payload = Payload {
        msg: bytes,
        aad: head,
    };
    let nonce = XNonce::from(whole);
    if open {
        cipher.decrypt(&nonce, payload).ok()
    } else {
        cipher.encrypt(&nonce, payload).ok()
    }
}

/// What the last byte of a nonce says.
const MORE: u8 = 0;
const LAST: u8 = 1;
const CHECK: u8 = 2;

/// Writes a backup file, piece by piece.
pub struct Sealer {
    cipher: XChaCha20Poly1305,
    head: Vec<u8>,
    nonce: [u8; NONCE],
    number: u32,
    waiting: Zeroizing<Vec<u8>>,
}

impl Sealer {
    /// Begins a file of this user under this password, whose key costs that much, and gives its head.
    #[must_use]
    pub fn begin(
        username: &str,
        (password, cost): (&str, Cost),
        random: &mut dyn FnMut(&mut [u8]),
    ) -> Option<(Self, Vec<u8>)> {
        let (mut salt, mut nonce) = ([0; SALT], [0; NONCE]);
        random(&mut salt);
        random(&mut nonce);
        let mut head = MAGIC.to_vec();
        head.push(FORMAT);
        head.extend(cost.memory.to_le_bytes());
        head.extend(cost.passes.to_le_bytes());
        head.extend(salt);
        head.extend(nonce);
        head.push(u8::try_from(username.len()).ok()?);
        head.extend(username.as_bytes());
        let cipher = XChaCha20Poly1305::new((&*derive(cost, &salt, password)?).into());
        let mut file = head.clone();
        file.extend(sealed(&cipher, (&head, &nonce), (0, CHECK), &[], false)?);
        let sealer = Self {
            cipher,
            head,
            nonce,
            number: 0,
            waiting: Zeroizing::default(),
        };
        Some((sealer, file))
    }

    /// Adds a part; what can be written of the file already goes to `file`.
    #[must_use]
    pub fn part(&mut self, bytes: &[u8], file: &mut Vec<u8>) -> Option<()> {
        let length = u32::try_from(bytes.len()).ok()?;
        self.waiting.extend(length.to_le_bytes());
        self.waiting.extend_from_slice(bytes);
        while self.waiting.len() > CHUNK {
            let rest = Zeroizing::new(self.waiting.split_off(CHUNK));
            let chunk = std::mem::replace(&mut self.waiting, rest);
            self.chunk(&chunk, MORE, file)?;
        }
        Some(())
    }

    /// Ends the file.
    #[must_use]
    pub fn end(mut self, file: &mut Vec<u8>) -> Option<()> {
        let chunk = std::mem::take(&mut self.waiting);
        self.chunk(&chunk, LAST, file)
    }

    fn chunk(&mut self, bytes: &[u8], last: u8, file: &mut Vec<u8>) -> Option<()> {
        let at = (self.number, last);
        file.extend(sealed(
            &self.cipher,
            (&self.head, &self.nonce),
            at,
            bytes,
            false,
        )?);
        self.number = self.number.checked_add(1)?;
        Some(())
    }
}

/// Reads a backup file, piece by piece. What it gives is authentic, but only [`Opener::end`] says that it was all.
pub struct Opener {
    password: Zeroizing<String>,
    user: Option<String>,
    head: Option<Head>,
    file: Vec<u8>,
    plain: Zeroizing<Vec<u8>>,
}

struct Head {
    cipher: XChaCha20Poly1305,
    bytes: Vec<u8>,
    nonce: [u8; NONCE],
    number: u32,
}

impl Opener {
    /// Begins to read with a password; with a login name, no file but that user's.
    #[must_use]
    pub fn new(password: &str, user: Option<&str>) -> Self {
        Self {
            password: Zeroizing::new(password.to_owned()),
            user: user.map(str::to_owned),
            head: None,
            file: Vec::new(),
            plain: Zeroizing::default(),
        }
    }

    /// Whose file it is, once its head was read.
    #[must_use]
    pub fn username(&self) -> Option<&str> {
        let name = self.head.as_ref()?.bytes.get(FIXED..)?;
        std::str::from_utf8(name).ok()
    }

    /// Takes the next bytes of the file, gives the parts that are whole.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn put(&mut self, bytes: &[u8]) -> Result<Vec<Vec<u8>>, Fault> {
        self.file.extend_from_slice(bytes);
        if self.head.is_none() && !self.read_head()? {
            return Ok(Vec::new());
        }
        while self.file.len() > CHUNK + TAG {
            let rest = self.file.split_off(CHUNK + TAG);
            let chunk = std::mem::replace(&mut self.file, rest);
            self.chunk(&chunk, MORE)?;
        }
        self.parts()
    }

    /// There are no more bytes. Gives the last parts.
    ///
    /// # Errors
    /// [`Fault::Damaged`] when something is missing.
    pub fn end(mut self) -> Result<Vec<Vec<u8>>, Fault> {
        if self.head.is_none() {
            return Err(match self.file.starts_with(MAGIC) {
                true => Fault::Damaged,
                false => Fault::NotABackup,
            });
        }
        let chunk = std::mem::take(&mut self.file);
        self.chunk(&chunk, LAST)?;
        let parts = self.parts()?;
        if self.plain.is_empty() {
            Ok(parts)
        } else {
            Err(Fault::Damaged)
        }
    }

    fn chunk(&mut self, bytes: &[u8], last: u8) -> Result<(), Fault> {
        let head = self.head.as_mut().ok_or(Fault::Damaged)?;
        let at = (head.number, last);
        let plain = sealed(&head.cipher, (&head.bytes, &head.nonce), at, bytes, true)
            .map(Zeroizing::new)
            .ok_or(Fault::Damaged)?;
        head.number = head.number.checked_add(1).ok_or(Fault::Damaged)?;
        self.plain.extend_from_slice(&plain);
        Ok(())
    }

    fn parts(&mut self) -> Result<Vec<Vec<u8>>, Fault> {
        let mut parts = Vec::new();
        let mut rest: &[u8] = &self.plain;
        while let Some((length, after)) = rest.split_first_chunk::<4>() {
            let length =
                usize::try_from(u32::from_le_bytes(*length)).map_err(|_| Fault::Damaged)?;
            let Some((part, after)) = after.split_at_checked(length) else {
                break;
            };
            parts.push(part.to_vec());
            rest = after;
        }
        let rest = Zeroizing::new(rest.to_vec());
        self.plain = rest;
        Ok(parts)
    }

    /// Whether the head is there whole.
    fn read_head(&mut self) -> Result<bool, Fault> {
        if self.file.len() > MAGIC.len() {
            match self.file.strip_prefix(MAGIC) {
                Some([FORMAT, ..]) => {}
                Some([format, ..]) if *format > FORMAT => return Err(Fault::Newer),
                _ => return Err(Fault::NotABackup),
            }
        }
        let Some(length) = self.file.get(FIXED - 1).map(|length| usize::from(*length)) else {
            return Ok(false);
        };
        let Some((bytes, rest)) = self.file.split_at_checked(FIXED + length) else {
            return Ok(false);
        };
        let Some((check, rest)) = rest.split_at_checked(TAG) else {
            return Ok(false);
        };
        let numbers = bytes.get(MAGIC.len() + 1..).unwrap_or_default();
        let (memory, numbers) = numbers.split_first_chunk().ok_or(Fault::Damaged)?;
        let (passes, numbers) = numbers.split_first_chunk().ok_or(Fault::Damaged)?;
        let (salt, numbers) = numbers.split_first_chunk::<SALT>().ok_or(Fault::Damaged)?;
        let nonce = *numbers.first_chunk().ok_or(Fault::Damaged)?;
        let name = bytes
            .get(FIXED..)
            .and_then(|name| std::str::from_utf8(name).ok());
        let name = name.ok_or(Fault::Damaged)?;
        if self.user.as_ref().is_some_and(|user| user != name) {
            return Err(Fault::OtherUser {
                username: name.to_owned(),
            });
        }
        let cost = Cost {
            memory: u32::from_le_bytes(*memory),
            passes: u32::from_le_bytes(*passes),
        };
        if cost.memory > MOST.memory || cost.passes > MOST.passes {
            return Err(Fault::Damaged);
        }
        let key = derive(cost, salt, &self.password).ok_or(Fault::Damaged)?;
        let cipher = XChaCha20Poly1305::new((&*key).into());
        sealed(&cipher, (bytes, &nonce), (0, CHECK), check, true).ok_or(Fault::WrongPassword)?;
        let (bytes, rest) = (bytes.to_vec(), rest.to_vec());
        self.head = Some(Head {
            cipher,
            bytes,
            nonce,
            number: 0,
        });
        self.file = rest;
        Ok(true)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use crate::sync::derive::{COST, FILE_COST};
    use proptest::prelude::*;

    /// Frozen: a file as phones wrote it before files cost more than a wrap.
    const BEFORE: &[u8] = include_bytes!("../../tests/fixtures/backup/format_1.cadangan");

    const PASSWORD: &str = "kata sandi";

    fn counting() -> impl FnMut(&mut [u8]) {
        let mut next = 0u8;
        move |bytes| {
            bytes.iter_mut().for_each(|byte| {
                next = next.wrapping_add(7);
                *byte = next;
            })
        }
    }

    fn write(parts: &[Vec<u8>]) -> Vec<u8> {
        let (mut sealer, mut file) =
            Sealer::begin("petugas1", (PASSWORD, COST), &mut counting()).unwrap();
        for part in parts {
            sealer.part(part, &mut file).unwrap();
        }
        sealer.end(&mut file).unwrap();
        file
    }

    fn read(file: &[u8], password: &str, at_a_time: usize) -> Result<Vec<Vec<u8>>, Fault> {
        let mut opener = Opener::new(password, Some("petugas1"));
        let mut parts = Vec::new();
        for bytes in file.chunks(at_a_time.max(1)) {
            parts.extend(opener.put(bytes)?);
        }
        parts.extend(opener.end()?);
        Ok(parts)
    }

    fn some_parts() -> Vec<Vec<u8>> {
        vec![
            b"{}".to_vec(),
            vec![7; 3 * CHUNK + 5],
            Vec::new(),
            vec![9; 100],
        ]
    }

    #[test]
    fn what_was_written_is_read_however_it_comes() {
        for parts in [
            vec![],
            some_parts(),
            vec![vec![1; CHUNK - 4]],
            vec![vec![1; CHUNK - 3]],
        ] {
            let file = write(&parts);
            for at_a_time in [1_000, CHUNK, file.len()] {
                assert_eq!(read(&file, PASSWORD, at_a_time), Ok(parts.clone()));
            }
        }
    }

    #[test]
    fn a_file_of_an_older_app_opens_and_a_new_one_opens_in_an_older_app() {
        let mut opener = Opener::new("demo-anjangsana", Some("petugas1"));
        let mut parts = opener.put(BEFORE).unwrap();
        parts.extend(opener.end().unwrap());
        assert_eq!(parts, [b"{\"CONTOH\":1}".to_vec(), vec![7; 300]]);
        // What older apps take at most: this must never be less.
        const { assert!(FILE_COST.memory <= 256 * 1024 && FILE_COST.passes <= 16) };
        assert_eq!(FORMAT, 1);
    }

    #[test]
    fn a_wrong_password_another_user_and_another_kind_of_file_are_told_apart() {
        let file = write(&some_parts());
        assert_eq!(read(&file, "salah", 9_999), Err(Fault::WrongPassword));
        let mut other = Opener::new(PASSWORD, Some("petugas2"));
        let username = "petugas1".to_owned();
        assert_eq!(other.put(&file), Err(Fault::OtherUser { username }));
        assert_eq!(
            read(b"%PDF-1.7 and so on", PASSWORD, 4),
            Err(Fault::NotABackup)
        );
        assert_eq!(read(b"", PASSWORD, 4), Err(Fault::NotABackup));
        let mut newer = file;
        newer[7] = FORMAT + 1;
        assert_eq!(read(&newer, PASSWORD, 9_999), Err(Fault::Newer));
    }

    proptest! {
        // Each case derives a key.
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn a_file_that_is_cut_anywhere_is_refused(cut in 0.0..1.0_f64) {
            let file = write(&some_parts());
            let end = (file.len() as f64 * cut) as usize;
            prop_assert!(read(&file[..end], PASSWORD, 50_000).is_err());
        }

        #[test]
        fn a_file_with_one_bit_flipped_is_refused(at in 0.0..1.0_f64, bit in 0..8) {
            let mut file = write(&some_parts());
            let at = (file.len() as f64 * at) as usize;
            // A flipped cost may ask for more memory than a test should take: it is refused above the most.
            prop_assume!(!(8..16).contains(&at));
            file[at] ^= 1_u8 << bit;
            prop_assert!(read(&file, PASSWORD, 50_000).is_err());
        }
    }

    #[test]
    fn chunks_cannot_be_left_out_moved_or_taken_for_the_last() {
        let file = write(&some_parts());
        let head = file.len() - (3 * CHUNK + 5 + 2 + 100 + 4 * 4) - 4 * TAG;
        let (sealed, one) = (&file[head..], CHUNK + TAG);
        let swapped = [
            &file[..head],
            &sealed[one..2 * one],
            &sealed[..one],
            &sealed[2 * one..],
        ]
        .concat();
        let missing = [&file[..head], &sealed[one..]].concat();
        let ended = file[..head + 2 * one].to_vec();
        let longer = [&file[..], &sealed[..one]].concat();
        for changed in [swapped, missing, ended, longer] {
            assert_eq!(read(&changed, PASSWORD, 70_000), Err(Fault::Damaged));
        }
    }
}
