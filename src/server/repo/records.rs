//! The records: one row each, moved to the end of one growing sequence by every change.

use std::collections::BTreeSet;

use crate::{
    domain::{Kind, Reach, RecordId, Stored, User},
    sync::wire::Digest,
};

use super::{Error, to_json};

/// A record on its way to a device, with its fields as they are stored.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    /// The revision of its last change, or of the change that took it out of the user's sight.
    pub rev: u64,
    /// Which one.
    pub id: String,
    /// The name of its kind.
    pub kind: String,
    /// Where it belongs.
    pub area: String,
    /// Whose it is.
    pub owner: Option<String>,
    /// It is gone, or out of the user's sight.
    pub deleted: bool,
    /// Its fields, as JSON.
    pub fields: String,
}

/// The records.
pub trait Records {
    /// The record of that id.
    ///
    /// # Errors
    /// When it cannot be read.
    fn record(&self, id: RecordId) -> Result<Option<Stored>, Error>;

    /// The record of that id if it is of that kind: an id that follows from a text must not lead to anything else.
    ///
    /// # Errors
    /// When it cannot be read.
    fn record_of_kind(&self, id: RecordId, kind: Kind) -> Result<Option<Stored>, Error> {
        let found = self.record(id)?;
        Ok(found.filter(|stored| stored.record.kind == kind))
    }

    /// Every record of a kind that is not gone, oldest change first.
    ///
    /// # Errors
    /// When one cannot be read.
    fn records_of(&self, kind: Kind) -> Result<Vec<Stored>, Error>;

    /// Every record that belongs to another one and is not gone, oldest change first.
    ///
    /// # Errors
    /// When one cannot be read.
    fn children(&self, parent: RecordId) -> Result<Vec<Stored>, Error>;

    /// The last rev that was given; 0 when there is no record.
    ///
    /// # Errors
    /// When it cannot be read.
    fn last_rev(&self) -> Result<u64, Error>;

    /// The rev for the next change. Until the transaction ends nobody else gets one, so that revs become visible in order.
    ///
    /// # Errors
    /// When the database fails.
    fn next_rev(&self) -> Result<u64, Error>;

    /// Writes a record at its rev, new or over the one of the same id. `fields` are its fields as JSON; those of `stored` are
    /// not looked at.
    ///
    /// # Errors
    /// When it cannot be written; [`Error::OtherKind`] when the one that stands there is of another kind.
    fn put_as(&self, stored: &Stored, fields: &str) -> Result<(), Error>;

    /// The same with the fields of `stored`.
    ///
    /// # Errors
    /// As [`Records::put_as`].
    fn put(&self, stored: &Stored) -> Result<(), Error> {
        self.put_as(stored, &to_json(&stored.record.fields)?)
    }

    /// What changed after a rev in a user's sight, by rev, without what has one of these revs; also what left it. Each is given
    /// to `take` until that says false.
    ///
    /// # Errors
    /// When it cannot be read; what `take` says.
    fn each_after(
        &self,
        user: &User,
        rev: u64,
        without: &BTreeSet<u64>,
        take: &mut dyn FnMut(Row) -> Result<bool, Error>,
    ) -> Result<(), Error>;

    /// The fields, as JSON, of the record that has this revision, if the user sees it.
    ///
    /// # Errors
    /// When they cannot be read.
    fn fields_at(&self, user: &User, record: RecordId, rev: u64) -> Result<Option<String>, Error>;

    /// How many records a user sees and the sum of their revs.
    ///
    /// # Errors
    /// When it cannot be read.
    fn digest(&self, user: &User) -> Result<Digest, Error>;

    /// Whether a user sees a record. Nobody sees one that is not there.
    ///
    /// # Errors
    /// When it cannot be read.
    fn is_seen(&self, record: RecordId, user: &User) -> Result<bool, Error>;

    /// Whether a cooperative lies where a user works, or until when it did: what was begun then may still come.
    ///
    /// # Errors
    /// When it cannot be read.
    fn reach(&self, user: &User, cooperative: RecordId) -> Result<Reach, Error>;
}
