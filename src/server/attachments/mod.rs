//! Attachments at the server: they arrive piece by piece ([`partial`], [`receive`]), are kept whole once their bytes are
//! what their name says ([`Attachments::finish`]), and go when nobody refers to them ([`sweep`]).

pub mod kind;
pub mod partial;
pub mod receive;
pub mod sweep;
mod turn;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    io::{self, Read},
    path::PathBuf,
    sync::Arc,
};

use rusqlite::Connection;
use sha2::{Digest, Sha256};

use crate::domain::{AttachmentName, Kind, Millis, Record, UserId, visit::ANSWER};

use self::{partial::Partial, turn::Turns};
use super::{
    blobs::Blobs,
    check_visit,
    sqlite::{self, attachment},
};

/// Uploads that one user may have under way: a device has one.
pub const MOST_OPEN: usize = 20;
/// Bytes that the uploads of one user may come to.
pub const MOST_OPEN_BYTES: u64 = 100_000_000;
/// The column of the survey sheet that keeps a question's attachments from all but their sender and the desk: `yes`. A
/// column and no parameter, because other tools refuse parameters that they do not know.
pub const RESTRICTED: &str = "restricted";

/// Bytes read at a time.
const AT_A_TIME: usize = 64 * 1024;

/// All attachments of an office.
pub struct Attachments {
    partial: PathBuf,
    blobs: Arc<dyn Blobs>,
    turns: Turns,
    /// Held while it is decided whether an attachment is here, so that none is swept up that was just said to be.
    deciding: tokio::sync::Mutex<()>,
}

/// What became of an upload all of whose bytes are here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Finished {
    /// It is kept, durable.
    Kept,
    /// The bytes are not those that the name is made of. They are thrown away.
    OtherBytes,
    /// The bytes are of another type than the name says. They are thrown away.
    OtherType,
}

/// Why an upload cannot begin.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TooManyOpen;

/// How far an upload is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Found {
    /// Nothing of it is here.
    Nothing,
    /// It was begun, and given up.
    Expired,
    /// So far.
    Partial(Partial),
}

impl Attachments {
    /// Attachments with their uploads under way in this folder and the whole ones in that store.
    #[must_use]
    pub fn new(partial: PathBuf, blobs: Box<dyn Blobs>) -> Self {
        Self {
            partial,
            blobs: Arc::from(blobs),
            turns: Turns::default(),
            deciding: tokio::sync::Mutex::default(),
        }
    }

    /// Waits until nobody else is at this upload. Who was is asked to stop: a phone that comes back on another mast
    /// must not wait for its own dead connection.
    pub async fn turn(&self, user: UserId, name: &AttachmentName) -> turn::Turn {
        self.turns.take((user, name.clone())).await
    }

    /// How many bytes a whole attachment has; `None` when it is not here.
    ///
    /// # Errors
    /// When the store cannot be asked.
    pub async fn size(&self, name: &AttachmentName) -> io::Result<Option<u64>> {
        let (blobs, name) = (Arc::clone(&self.blobs), name.clone());
        blocking(move || blobs.size(&name)).await
    }

    /// The same for somebody who relies on it: it stays for as long as one that came just now.
    ///
    /// # Errors
    /// When the store cannot be asked.
    pub async fn claim(&self, name: &AttachmentName, now: Millis) -> io::Result<Option<u64>> {
        let _deciding = self.deciding.lock().await;
        let (blobs, name) = (Arc::clone(&self.blobs), name.clone());
        blocking(move || {
            let size = blobs.size(&name)?;
            if size.is_some() {
                blobs.renew(&name, now)?;
            }
            Ok(size)
        })
        .await
    }

    /// The bytes of a whole attachment; `None` when it is not here.
    ///
    /// # Errors
    /// When the store cannot be asked.
    pub async fn open(&self, name: &AttachmentName) -> io::Result<Option<Box<dyn Read + Send>>> {
        let (blobs, name) = (Arc::clone(&self.blobs), name.clone());
        blocking(move || blobs.open(&name)).await
    }

    /// How far a user's upload is.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub async fn find(
        &self,
        user: UserId,
        name: &AttachmentName,
        now: Millis,
    ) -> io::Result<Found> {
        let (folder, name) = (self.partial.clone(), name.clone());
        blocking(move || {
            let all = partial::of_user(&folder, user)?;
            Ok(match all.into_iter().find(|(one, _)| *one == name) {
                None => Found::Nothing,
                Some((_, partial)) if partial.expires() <= now => {
                    partial.remove()?;
                    Found::Expired
                }
                Some((_, partial)) => Found::Partial(partial),
            })
        })
        .await
    }

    /// Begins a user's upload, in place of one of the same name and another length: one of the two was a mistake.
    ///
    /// # Errors
    /// When its file cannot be made; inside, when the user has too many under way.
    pub async fn begin(
        &self,
        user: UserId,
        name: &AttachmentName,
        length: u64,
        now: Millis,
    ) -> io::Result<Result<Partial, TooManyOpen>> {
        let (folder, name) = (self.partial.clone(), name.clone());
        blocking(move || {
            let (mut open, mut bytes) = (0, length);
            for (other, partial) in partial::of_user(&folder, user)? {
                if other == name || partial.expires() <= now {
                    partial.remove()?;
                } else {
                    open += 1;
                    bytes += partial.length;
                }
            }
            if open >= MOST_OPEN || bytes > MOST_OPEN_BYTES {
                return Ok(Err(TooManyOpen));
            }
            partial::begin(&folder, user, &name, length).map(Ok)
        })
        .await
    }

    /// Keeps an upload all of whose bytes are here, when they are what the name says; else throws it away.
    ///
    /// # Errors
    /// When it cannot be read or kept; then it stays as it is, to be finished at the next look.
    pub async fn finish(&self, name: &AttachmentName, partial: &Partial) -> io::Result<Finished> {
        let (name, partial) = (name.clone(), partial.clone());
        let checked = {
            let (name, partial) = (name.clone(), partial.clone());
            blocking(move || check(&name, &partial)).await?
        };
        let _deciding = self.deciding.lock().await;
        let blobs = Arc::clone(&self.blobs);
        blocking(move || {
            match checked {
                Finished::Kept => blobs.keep(&name, &partial.path)?,
                Finished::OtherBytes | Finished::OtherType => partial.remove()?,
            }
            Ok(checked)
        })
        .await
    }
}

fn check(name: &AttachmentName, partial: &Partial) -> io::Result<Finished> {
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

/// Does what blocks off the network's threads.
pub(super) async fn blocking<T: Send + 'static>(
    job: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    tokio::task::spawn_blocking(job)
        .await
        .map_err(io::Error::other)?
}

/// Writes down what a visit names, now and at its earlier submissions. Other records name nothing.
///
/// # Errors
/// When the database fails.
pub fn note_uses(connection: &Connection, record: &Record) -> Result<(), sqlite::Error> {
    if record.kind != Kind::Visit {
        return Ok(());
    }
    let mut uses = BTreeMap::new();
    for (field, value) in &record.fields {
        // Most answers are none, and an error for each would cost more than all the rest.
        let text = value.as_str().filter(|text| AttachmentName::is_one(text));
        if let Some(name) = text.and_then(|text| text.parse().ok()) {
            let restricted: &mut BTreeSet<&str> = uses.entry(name).or_default();
            restricted.insert(question(field));
        }
    }
    let form = if uses.is_empty() {
        None
    } else {
        let (form, version) = (record.text("form"), record.text("form_version"));
        match check_visit::published(connection, &form, &version) {
            // A form that does not compile restricts nothing; that it does not is in the log already.
            Err(sqlite::Error::Stored { .. }) => None,
            other => other?,
        }
    };
    let keeps_back = |question: &&str| {
        form.as_ref()
            .and_then(|form| form.question(question))
            .and_then(|question| question.extra.get(RESTRICTED))
            .is_some_and(|value| value == "yes")
    };
    let uses = uses
        .into_iter()
        .map(|(name, questions)| (name, questions.iter().any(keeps_back)))
        .collect();
    attachment::set_uses(connection, record.id, &uses)
}

/// The question that a field answers: the last step of its path, without the number of a repeat.
fn question(field: &str) -> &str {
    let path = field.strip_prefix(ANSWER).unwrap_or(field);
    let step = path.rsplit('/').next().unwrap_or(path);
    step.split('[').next().unwrap_or(step)
}
