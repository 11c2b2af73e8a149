//! Taking a piece of an upload in: straight from the network to the file, never more than a frame in memory. What arrived
//! is kept whatever ends it, and is on disk before anything is answered.

use std::io;

use axum::body::Body;
use futures_util::future::BoxFuture;
use sha2::{Digest, Sha256};
use tokio::{
    fs::File,
    io::{AsyncSeekExt, AsyncWriteExt},
};

use super::{Partial, turn::Turn};
use crate::server::body::{Next, Paced};

/// Bytes after which the sender is looked at again.
const LOOKED_AT_AGAIN: usize = 64 * 1024;

/// A request's bytes on their way.
pub struct Source {
    body: Paced,
    may_send: Box<dyn Fn() -> BoxFuture<'static, bool> + Send + Sync>,
}

impl Source {
    /// A body, and what says whether its sender may still send.
    pub fn new(
        body: Body,
        may_send: impl Fn() -> BoxFuture<'static, bool> + Send + Sync + 'static,
    ) -> Self {
        Self {
            body: Paced::new(body),
            may_send: Box::new(may_send),
        }
    }
}

/// How the bytes of a request ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// All of them came.
    Whole,
    /// The connection broke.
    Cut,
    /// Too little came for too long.
    Silent,
    /// Its sender may no longer send.
    Over,
    /// Another request of the same user took the upload over.
    TakenOver,
    /// There were more than the upload has. None of these is kept.
    TooMany,
    /// They are not those that the checksum was made of. None of these is kept.
    Corrupt,
}

/// What a request says of its bytes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Checksum {
    /// SHA-256.
    Sha256(Vec<u8>),
    /// SHA-1, which every tus server must know.
    Sha1(Vec<u8>),
}

/// What of a request's bytes is new, and whether they are those that were meant. Knows no network and no file.
pub struct Intake {
    digest: Digesting,
    /// So many of the next bytes are here already.
    skip: usize,
    /// So many more may come.
    room: u64,
}

impl Intake {
    /// Begins to take bytes in behind what is there. With `skip` the first so many are here already: a creation that
    /// brings the beginning again.
    #[must_use]
    pub fn new(partial: &Partial, skip: u64, checksum: Option<Checksum>) -> Self {
        Self {
            digest: Digesting::new(checksum),
            skip: usize::try_from(skip).unwrap_or(usize::MAX),
            room: partial.length.saturating_sub(partial.offset),
        }
    }

    /// The new ones of the next bytes: they belong into the file. `None` when they are more than the upload has.
    pub fn take<'a>(&mut self, data: &'a [u8]) -> Option<&'a [u8]> {
        self.digest.update(data);
        let known = self.skip.min(data.len());
        self.skip -= known;
        let new = data.get(known..).unwrap_or_default();
        self.room = self.room.checked_sub(u64::try_from(new.len()).ok()?)?;
        Some(new)
    }

    /// How it ended, when the bytes ended so.
    #[must_use]
    pub fn end(self, end: End) -> End {
        match end {
            End::Whole if !self.digest.fits() => End::Corrupt,
            other => other,
        }
    }
}

impl End {
    /// Whether the bytes that came are kept.
    #[must_use]
    pub fn keeps(self) -> bool {
        !matches!(self, Self::TooMany | Self::Corrupt)
    }
}

enum Digesting {
    Nothing,
    Sha256(Sha256, Vec<u8>),
    Sha1(sha1::Sha1, Vec<u8>),
}

impl Digesting {
    fn new(checksum: Option<Checksum>) -> Self {
        match checksum {
            None => Self::Nothing,
            Some(Checksum::Sha256(wanted)) => Self::Sha256(Sha256::new(), wanted),
            Some(Checksum::Sha1(wanted)) => Self::Sha1(sha1::Digest::new(), wanted),
        }
    }

    fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Nothing => {}
            Self::Sha256(digest, _) => digest.update(bytes),
            Self::Sha1(digest, _) => sha1::Digest::update(digest, bytes),
        }
    }

    fn fits(self) -> bool {
        match self {
            Self::Nothing => true,
            Self::Sha256(digest, wanted) => digest.finalize().as_slice() == wanted,
            Self::Sha1(digest, wanted) => sha1::Digest::finalize(digest).as_slice() == wanted,
        }
    }
}

/// Takes a request's bytes in behind what is there. With `skip` the first so many are here already: a creation that
/// brings the beginning again.
///
/// A cut request proves nothing by its checksum; what came of it is kept all the same, because the name proves the
/// whole in the end.
///
/// # Errors
/// When the file cannot be written: a full disk keeps what fitted.
pub async fn receive(
    turn: &Turn,
    partial: &mut Partial,
    source: Source,
    skip: u64,
    checksum: Option<Checksum>,
) -> io::Result<End> {
    let before = partial.offset;
    let mut file = File::options().write(true).open(&partial.path).await?;
    file.seek(io::SeekFrom::Start(before)).await?;
    let mut intake = Intake::new(partial, skip, checksum);
    let end = pour(turn, source, &mut file, &mut intake).await;
    let end = end.map(|end| intake.end(end));
    // What is still on its way to the file comes first, so that its length can be believed.
    let flushed = file.flush().await;
    if end.as_ref().is_ok_and(|end| !end.keeps()) {
        file.set_len(before).await?;
    }
    file.sync_all().await?;
    partial.offset = file.metadata().await?.len();
    flushed?;
    end
}

async fn pour(
    turn: &Turn,
    mut source: Source,
    file: &mut File,
    intake: &mut Intake,
) -> io::Result<End> {
    let wanted = turn.is_wanted();
    tokio::pin!(wanted);
    let mut since = 0;
    loop {
        let next = tokio::select! {
            // What came already is taken in before anybody else is heard.
            biased;
            next = source.body.next() => next,
            () = &mut wanted => return Ok(End::TakenOver),
        };
        let data = match next {
            Next::Slow => return Ok(End::Silent),
            Next::End => return Ok(End::Whole),
            Next::Broken => return Ok(End::Cut),
            Next::Data(data) => data,
        };
        since += data.len();
        if since >= LOOKED_AT_AGAIN {
            since = 0;
            if !(source.may_send)().await {
                return Ok(End::Over);
            }
        }
        let Some(new) = intake.take(&data) else {
            return Ok(End::TooMany);
        };
        file.write_all(new).await?;
    }
}
