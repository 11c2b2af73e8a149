//! Attachments and uploads on their disk, and what follows from how they stand: no network, no threads, no clock.
//! Everything here blocks.

use std::{
    fs::File,
    io::{self, Read},
    path::PathBuf,
    sync::Arc,
};

use sha2::{Digest, Sha256};

use crate::{
    domain::{AttachmentName, Millis, UserId},
    server::blobs::Blobs,
};

use super::{
    Finished, MOST_OPEN, MOST_OPEN_BYTES, kind,
    partial::{self, Partial},
};

/// Bytes read at a time.
const AT_A_TIME: usize = 64 * 1024;

/// Where attachments and the uploads under way are.
#[derive(Clone)]
pub struct Shelf {
    partial: PathBuf,
    blobs: Arc<dyn Blobs>,
}

/// How far an upload is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Stands {
    /// Nothing of it is here.
    Nothing,
    /// It was begun, and given up.
    Expired,
    /// So far.
    Partial(Partial),
    /// So many bytes, all here.
    Whole(u64),
}

/// What becomes of the wish to begin an upload.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Opened {
    /// It goes on from there: begun now, or some time ago.
    Partial(Partial),
    /// All of it is here.
    Whole,
    /// All of it is here and has so many bytes, not those that were told.
    OtherSize(u64),
    /// The user has too many under way.
    TooMany,
}

impl Shelf {
    /// A shelf with its uploads under way in this folder and the whole ones in that store.
    #[must_use]
    pub fn new(partial: PathBuf, blobs: Box<dyn Blobs>) -> Self {
        Self {
            partial,
            blobs: Arc::from(blobs),
        }
    }

    /// The store of the whole ones.
    #[must_use]
    pub fn blobs(&self) -> &dyn Blobs {
        &*self.blobs
    }

    /// Every upload under way.
    ///
    /// # Errors
    /// When a folder cannot be read.
    pub fn under_way(&self) -> io::Result<Vec<(AttachmentName, Partial)>> {
        partial::all(&self.partial)
    }

    /// How far a user's upload is. One given up is thrown away.
    ///
    /// # Errors
    /// When disk or store fail.
    pub fn stands(&self, user: UserId, name: &AttachmentName, now: Millis) -> io::Result<Stands> {
        let all = partial::of_user(&self.partial, user)?;
        let found = all.into_iter().find(|(one, _)| one == name);
        let expired = match found {
            Some((_, partial)) if partial.expires() > now => return Ok(Stands::Partial(partial)),
            Some((_, partial)) => {
                partial.remove()?;
                true
            }
            None => false,
        };
        Ok(match self.blobs.size(name)? {
            Some(size) => Stands::Whole(size),
            None if expired => Stands::Expired,
            None => Stands::Nothing,
        })
    }

    /// Whether a whole attachment is here, and with how many bytes, for somebody who relies on it: it stays for as long
    /// as one that came just now.
    ///
    /// # Errors
    /// When the store cannot be asked.
    pub fn claim(&self, name: &AttachmentName, now: Millis) -> io::Result<Option<u64>> {
        let size = self.blobs.size(name)?;
        if size.is_some() {
            self.blobs.renew(name, now)?;
        }
        Ok(size)
    }

    /// A user wants to upload: goes on where the upload is, or begins it, in place of one of the same name and another
    /// length: one of the two was a mistake.
    ///
    /// # Errors
    /// When disk or store fail.
    pub fn open(
        &self,
        user: UserId,
        name: &AttachmentName,
        length: u64,
        now: Millis,
    ) -> io::Result<Opened> {
        match self.claim(name, now)? {
            Some(size) if size == length => return Ok(Opened::Whole),
            Some(size) => return Ok(Opened::OtherSize(size)),
            None => {}
        }
        let (mut open, mut bytes) = (0, length);
        for (other, partial) in partial::of_user(&self.partial, user)? {
            let lives = partial.expires() > now;
            if other == *name && partial.length == length && lives {
                return Ok(Opened::Partial(partial));
            }
            if other == *name || !lives {
                partial.remove()?;
            } else {
                open += 1;
                bytes += partial.length;
            }
        }
        if open >= MOST_OPEN || bytes > MOST_OPEN_BYTES {
            return Ok(Opened::TooMany);
        }
        partial::begin(&self.partial, user, name, length).map(Opened::Partial)
    }

    /// Whether an upload all of whose bytes are here is what its name says.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn check(&self, name: &AttachmentName, partial: &Partial) -> io::Result<Finished> {
        let mut file = File::open(&partial.path)?;
        let mut digest = Sha256::new();
        let mut head = Vec::new();
        let mut bytes = vec![0; AT_A_TIME];
        loop {
            let read = file.read(&mut bytes)?;
            let Some(new) = bytes.get(..read).filter(|new| !new.is_empty()) else {
                break;
            };
            digest.update(new);
            if head.len() < kind::LOOKED_AT {
                head.extend_from_slice(new.get(..kind::LOOKED_AT).unwrap_or(new));
            }
        }
        let hash: String = digest
            .finalize()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        Ok(if hash != name.hash() {
            Finished::OtherBytes
        } else if !kind::is_what_it_says(name, &head) {
            Finished::OtherType
        } else {
            Finished::Kept
        })
    }

    /// Keeps an upload that was checked; else throws it away.
    ///
    /// # Errors
    /// When it cannot be kept; then it stays as it is, to be finished at the next look.
    pub fn finish(
        &self,
        name: &AttachmentName,
        partial: &Partial,
        checked: Finished,
    ) -> io::Result<()> {
        match checked {
            Finished::Kept => self.blobs.keep(name, &partial.path),
            Finished::OtherBytes | Finished::OtherType => partial.remove(),
        }
    }
}
