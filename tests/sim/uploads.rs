//! The server's half of an upload: its real shelf in a folder in memory, one request at a time, and what may happen to it
//! in the middle.

use std::{
    fs::{self, File},
    io::{self, Seek, SeekFrom, Write},
    path::Path,
    time::{Duration, UNIX_EPOCH},
};

use anjangsana::{
    domain::{AttachmentName, Millis, User, person::Permission},
    server::{
        attachments::{
            Finished,
            partial::Partial,
            receive::{Checksum, End, Intake},
            shelf::{Opened, Shelf, Stands},
            sight::{self, Sight},
        },
        blobs::{ATTACHMENTS, Folder, Place},
        repo::AttachmentNames,
    },
    sync::upload::Call,
};

use crate::bugs::Bug;
use crate::office::Office;

/// A request about a photo.
#[derive(Clone)]
pub(crate) struct Piece {
    pub(crate) name: AttachmentName,
    pub(crate) size: u64,
    pub(crate) call: Call,
    pub(crate) bytes: Vec<u8>,
    /// SHA-256 of what was sent.
    pub(crate) digest: Vec<u8>,
}

/// What befalls the server meanwhile.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Mishap {
    None,
    /// It crashes, or its disk is full, when so many bytes are in the file.
    CrashAfter(usize),
    FullAfter(usize),
    /// It crashes before it keeps what is whole, or before it says so.
    CrashBeforeEnd,
    CrashAfterEnd,
}

/// How a request ended, when not with so many bytes.
pub(crate) enum Ended {
    Status(u16),
    /// Who asked is not there any more to be answered.
    Unheard,
    Crashed,
}

pub(crate) fn shelf(folder: &Path) -> Shelf {
    let folder = folder.join(ATTACHMENTS);
    let blobs = Folder::new(folder.clone());
    Shelf::new(folder.join("partial"), Box::new(blobs))
}

impl Office {
    /// Answers a request about a photo as `routes::tus` does.
    pub(crate) fn photo(
        &mut self,
        user: &User,
        piece: &Piece,
        whole: bool,
        now: Millis,
        mishap: Mishap,
        bug: Option<Bug>,
    ) -> Result<u64, Ended> {
        if !user.role.may(Permission::Visit) {
            return Err(Ended::Status(403));
        }
        let stands = |office: &Self| match office.shelf.stands(user.id, &piece.name, now).unwrap() {
            Stands::Nothing => Err(Ended::Status(404)),
            Stands::Expired => Err(Ended::Status(410)),
            Stands::Whole(_) if !office.knows(user, &piece.name) => Err(Ended::Status(404)),
            other => Ok(other),
        };
        match piece.call {
            Call::Look => match stands(self)? {
                Stands::Whole(size) => Ok(size),
                Stands::Partial(partial) if partial.offset == partial.length => {
                    self.settle(user, &piece.name, &partial, End::Whole, now, mishap, bug)
                }
                Stands::Partial(partial) => Ok(partial.offset),
                _ => Err(Ended::Status(404)),
            },
            Call::Begin(_) => {
                let opened = self.shelf.open(user.id, &piece.name, piece.size, now);
                match opened.unwrap() {
                    Opened::Whole => Ok(piece.size),
                    Opened::OtherSize(_) => Err(Ended::Status(400)),
                    Opened::TooMany => Err(Ended::Status(429)),
                    Opened::Partial(mut partial) => {
                        let known = partial.offset;
                        let end = receive(&mut partial, piece, whole, known, now, mishap)?;
                        self.settle(user, &piece.name, &partial, end, now, mishap, bug)
                    }
                }
            }
            Call::Piece { from, .. } => {
                let stands = stands(self)?;
                let offset = match &stands {
                    Stands::Partial(partial) => partial.offset,
                    Stands::Whole(size) => *size,
                    _ => 0,
                };
                if offset != from && bug != Some(Bug::WrongOffset) {
                    return Err(Ended::Status(409));
                }
                match stands {
                    Stands::Partial(partial)
                        if piece.bytes.len() as u64 > partial.length - partial.offset =>
                    {
                        Err(Ended::Status(413))
                    }
                    Stands::Partial(mut partial) => {
                        let end = receive(&mut partial, piece, whole, 0, now, mishap)?;
                        self.settle(user, &piece.name, &partial, end, now, mishap, bug)
                    }
                    _ => Ok(offset),
                }
            }
        }
    }

    /// Whether a user sent a photo, or may read it.
    fn knows(&self, user: &User, name: &AttachmentName) -> bool {
        let desk = sight::is_desk(user);
        self.db.is_sender(name, user.id).unwrap()
            || sight::of(&self.db, name, user, desk).unwrap() == Sight::Seen
    }

    #[expect(clippy::too_many_arguments)]
    fn settle(
        &mut self,
        user: &User,
        name: &AttachmentName,
        partial: &Partial,
        end: End,
        now: Millis,
        mishap: Mishap,
        bug: Option<Bug>,
    ) -> Result<u64, Ended> {
        match end {
            End::Whole => {}
            End::Cut => return Err(Ended::Unheard),
            End::Silent => return Err(Ended::Status(408)),
            End::TakenOver => return Err(Ended::Status(409)),
            End::Over => return Err(Ended::Status(401)),
            End::TooMany => return Err(Ended::Status(413)),
            End::Corrupt => return Err(Ended::Status(460)),
        }
        if partial.offset < partial.length {
            return Ok(partial.offset);
        }
        if mishap == Mishap::CrashBeforeEnd {
            return Err(Ended::Crashed);
        }
        let checked = match bug {
            Some(Bug::WrongOffset) => Finished::Kept,
            _ => self.shelf.check(name, partial).unwrap(),
        };
        self.shelf.finish(name, partial, checked).unwrap();
        match checked {
            Finished::Kept => {}
            Finished::OtherBytes => return Err(Ended::Status(460)),
            Finished::OtherType => return Err(Ended::Status(422)),
        }
        if mishap == Mishap::CrashAfterEnd {
            return Err(Ended::Crashed);
        }
        self.change(|db| db.add_sender(name, user.id, now)).unwrap();
        Ok(partial.length)
    }

    /// The bytes of a photo that it has.
    pub(crate) fn bytes_of(&self, name: &AttachmentName) -> Option<Vec<u8>> {
        let mut file = self.shelf.blobs().open(name).unwrap()?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).unwrap();
        Some(bytes)
    }

    /// The photos that it has.
    pub(crate) fn photos(&self) -> Vec<AttachmentName> {
        let all = self.shelf.blobs().list(Place::Whole).unwrap();
        all.into_iter().map(|(name, _)| name).collect()
    }

    /// Its disk is lost: what was under way, and all photos but those of the backup.
    pub(crate) fn lose_photos_but(&mut self, kept: &[AttachmentName]) {
        for (_, partial) in self.shelf.under_way().unwrap() {
            partial.remove().unwrap();
        }
        for name in self.photos() {
            if !kept.contains(&name) {
                self.shelf.blobs().discard(&name).unwrap();
                self.shelf.blobs().remove(&name).unwrap();
            }
        }
    }

    /// Throws away what an earlier run left.
    pub(crate) fn sweep_folder(&self) {
        match fs::remove_dir_all(self.folder.join(ATTACHMENTS)) {
            Err(why) if why.kind() != io::ErrorKind::NotFound => panic!("{why}"),
            _ => {}
        }
    }
}

/// Takes a request's bytes in behind what is there, as `attachments::receive` does.
fn receive(
    partial: &mut Partial,
    piece: &Piece,
    whole: bool,
    skip: u64,
    now: Millis,
    mishap: Mishap,
) -> Result<End, Ended> {
    let before = partial.offset;
    let mut file = File::options().write(true).open(&partial.path).unwrap();
    file.seek(SeekFrom::Start(before)).unwrap();
    let checksum = Checksum::Sha256(piece.digest.clone());
    let mut intake = Intake::new(partial, skip, Some(checksum));
    let (came, ended) = match mishap {
        Mishap::CrashAfter(came) => (came, Some(Ended::Crashed)),
        Mishap::FullAfter(came) => (came, Some(Ended::Status(507))),
        _ => (usize::MAX, None),
    };
    let came = piece.bytes.get(..came).unwrap_or(&piece.bytes);
    let end = match intake.take(came) {
        Some(new) => {
            file.write_all(new).unwrap();
            intake.end(if whole { End::Whole } else { End::Cut })
        }
        None => intake.end(End::TooMany),
    };
    // Nothing can be said of bytes whose rest did not come.
    let keeps = ended.is_some() || end.keeps();
    if !keeps {
        file.set_len(before).unwrap();
    }
    partial.offset = file.metadata().unwrap().len();
    let since = Duration::from_millis(u64::try_from(now.0).unwrap());
    file.set_modified(UNIX_EPOCH + since).unwrap();
    match ended {
        Some(ended) => Err(ended),
        None => Ok(end),
    }
}
