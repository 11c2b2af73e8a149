//! Attachments at the server: they arrive piece by piece ([`partial`], [`receive`]), are kept whole once their bytes are
//! what their name says ([`Attachments::finish`]), and go when nobody has referred to them for long ([`sweep`]).

pub mod kind;
pub mod partial;
pub mod receive;
pub mod shelf;
pub mod sight;
pub mod sweep;
mod turn;
pub mod unwanted;

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, Read},
    path::PathBuf,
};

use serde_json::Value;

use crate::domain::{
    AttachmentName, Fields, Kind, Millis, RecordId, UserId, kinds::spec, visit::ANSWER,
};

use self::{
    partial::Partial,
    shelf::{Opened, Shelf, Stands},
    turn::Turns,
};
use super::{
    blobs::Blobs,
    check_visit,
    repo::{self, Tx},
};

/// Uploads that one user may have under way: a device has one.
pub const MOST_OPEN: usize = 20;
/// Bytes that the uploads of one user may come to.
pub const MOST_OPEN_BYTES: u64 = 100_000_000;
/// The column of the survey sheet that keeps a question's attachments from all but their sender and the desk: `yes`. A
/// column and no parameter, because other tools refuse parameters that they do not know.
pub const RESTRICTED: &str = "restricted";

/// All attachments of an office.
pub struct Attachments {
    shelf: Shelf,
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

impl Attachments {
    /// Attachments with their uploads under way in this folder and the whole ones in that store.
    #[must_use]
    pub fn new(partial: PathBuf, blobs: Box<dyn Blobs>) -> Self {
        Self {
            shelf: Shelf::new(partial, blobs),
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
        let (shelf, name) = (self.shelf.clone(), name.clone());
        blocking(move || shelf.blobs().size(&name)).await
    }

    /// The bytes of a whole attachment; `None` when it is not here.
    ///
    /// # Errors
    /// When the store cannot be asked.
    pub async fn open(&self, name: &AttachmentName) -> io::Result<Option<Box<dyn Read + Send>>> {
        let (shelf, name) = (self.shelf.clone(), name.clone());
        blocking(move || shelf.blobs().open(&name)).await
    }

    /// How far a user's upload is.
    ///
    /// # Errors
    /// When disk or store fail.
    pub async fn stands(
        &self,
        user: UserId,
        name: &AttachmentName,
        now: Millis,
    ) -> io::Result<Stands> {
        let (shelf, name) = (self.shelf.clone(), name.clone());
        blocking(move || shelf.stands(user, &name, now)).await
    }

    /// Goes on with a user's upload, or begins it.
    ///
    /// # Errors
    /// When disk or store fail.
    pub async fn begin(
        &self,
        user: UserId,
        name: &AttachmentName,
        length: u64,
        now: Millis,
    ) -> io::Result<Opened> {
        let _deciding = self.deciding.lock().await;
        let (shelf, name) = (self.shelf.clone(), name.clone());
        blocking(move || shelf.open(user, &name, length, now)).await
    }

    /// Keeps an upload all of whose bytes are here, when they are what the name says; else throws it away.
    ///
    /// # Errors
    /// When it cannot be read or kept; then it stays as it is, to be finished at the next look.
    pub async fn finish(&self, name: &AttachmentName, partial: &Partial) -> io::Result<Finished> {
        let whole = (self.shelf.clone(), name.clone(), partial.clone());
        let (shelf, name, partial) = whole.clone();
        let checked = blocking(move || shelf.check(&name, &partial)).await?;
        let _deciding = self.deciding.lock().await;
        let (shelf, name, partial) = whole;
        blocking(move || shelf.finish(&name, &partial, checked)).await?;
        Ok(checked)
    }
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
pub fn note_uses(
    tx: &dyn Tx,
    kind: Kind,
    id: RecordId,
    fields: &Fields,
) -> Result<(), repo::Error> {
    if !spec(kind).is_some_and(|spec| spec.names_attachments) {
        return Ok(());
    }
    let mut uses = BTreeMap::new();
    for (field, value) in fields {
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
        let text = |field: &str| fields.get(field).and_then(Value::as_str);
        let (form, version) = (text("form"), text("form_version"));
        let (form, version) = (form.unwrap_or_default(), version.unwrap_or_default());
        match check_visit::published(tx, form, version) {
            // A form that does not compile restricts nothing; that it does not is in the log already.
            Err(repo::Error::Stored { .. }) => None,
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
    tx.set_uses(id, &uses)
}

/// The question that a field answers: the last step of its path, without the number of a repeat.
fn question(field: &str) -> &str {
    let path = field.strip_prefix(ANSWER).unwrap_or(field);
    let step = path.rsplit('/').next().unwrap_or(path);
    step.split('[').next().unwrap_or(step)
}
