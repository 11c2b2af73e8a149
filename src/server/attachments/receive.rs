//! Taking a piece of an upload in: straight from the network to the file, never more than a frame in memory. What arrived
//! is kept whatever ends it, and is on disk before anything is answered.

use std::{io, pin::Pin, time::Duration};

use axum::body::{Body, HttpBody};
use sha2::{Digest, Sha256};
use tokio::{
    fs::File,
    io::{AsyncSeekExt, AsyncWriteExt},
};

use super::{Partial, turn::Turn};

/// How long the next bytes may take: a phone on a bad line is slow, a dead one is silent.
pub const SILENCE: Duration = Duration::from_secs(30);

/// How the bytes of a request ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// All of them came.
    Whole,
    /// The connection broke.
    Cut,
    /// Nothing came for too long.
    Silent,
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
    body: Body,
    skip: u64,
    checksum: Option<Checksum>,
) -> io::Result<End> {
    let before = partial.offset;
    let mut file = File::options().write(true).open(&partial.path).await?;
    file.seek(io::SeekFrom::Start(before)).await?;
    let mut digest = Digesting::new(checksum);
    let end = pour(turn, partial, body, skip, &mut file, &mut digest).await;
    let end = match end {
        Ok(End::Whole) if !digest.fits() => Ok(End::Corrupt),
        other => other,
    };
    // What is still on its way to the file comes first, so that its length can be believed.
    let flushed = file.flush().await;
    if matches!(end, Ok(End::Corrupt | End::TooMany)) {
        file.set_len(before).await?;
    }
    file.sync_all().await?;
    partial.offset = file.metadata().await?.len();
    flushed?;
    end
}

async fn pour(
    turn: &Turn,
    partial: &Partial,
    mut body: Body,
    skip: u64,
    file: &mut File,
    digest: &mut Digesting,
) -> io::Result<End> {
    let mut skip = usize::try_from(skip).unwrap_or(usize::MAX);
    let mut room = partial.length.saturating_sub(partial.offset);
    let wanted = turn.is_wanted();
    tokio::pin!(wanted);
    loop {
        let next = std::future::poll_fn(|context| Pin::new(&mut body).poll_frame(context));
        let frame = tokio::select! {
            // What came already is taken in before anybody else is heard.
            biased;
            frame = tokio::time::timeout(SILENCE, next) => frame,
            () = &mut wanted => return Ok(End::TakenOver),
        };
        let data = match frame {
            Err(_) => return Ok(End::Silent),
            Ok(None) => return Ok(End::Whole),
            Ok(Some(Err(_))) => return Ok(End::Cut),
            Ok(Some(Ok(frame))) => match frame.into_data() {
                Ok(data) => data,
                Err(_) => continue,
            },
        };
        digest.update(&data);
        let known = skip.min(data.len());
        skip -= known;
        let new = data.get(known..).unwrap_or_default();
        let size = u64::try_from(new.len()).unwrap_or(u64::MAX);
        if size > room {
            return Ok(End::TooMany);
        }
        room -= size;
        file.write_all(new).await?;
    }
}
