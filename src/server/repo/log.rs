//! The log of every change that was asked for, and the answer it got: the ground of idempotence and of the history. And how much
//! of a user was refused.

use std::{borrow::Cow, collections::BTreeSet};

use sha2::{Digest, Sha256};

use crate::{
    domain::{DeviceId, Fields, Kind, Millis, MutationId, RecordId, UserId},
    sync::wire::{Changed, RejectCode},
};

use super::{Error, stored};

/// A place in the log. What came later has a higher one.
pub type Place = i64;

/// Who asked for a change, and from where. The office itself (an import, a form published) has no device.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Author {
    /// The person; none for the office itself.
    pub user: Option<UserId>,
    /// The device.
    pub device: Option<DeviceId>,
}

/// What was answered to a mutation.
#[derive(Clone, PartialEq, Debug)]
pub enum Answered {
    /// It was applied at this rev.
    Applied(u64),
    /// It was refused.
    Rejected(RejectCode, String),
    /// A person had to choose.
    Conflict,
}

/// A row of the log.
#[derive(Clone, PartialEq, Debug)]
pub struct Entry {
    /// Which mutation.
    pub id: MutationId,
    /// The record it is about.
    pub record: RecordId,
    /// What kind of record.
    pub kind: Kind,
    /// Who.
    pub author: Author,
    /// What it was made on.
    pub base_rev: u64,
    /// When, by the device's clock.
    pub at: Millis,
    /// When it arrived.
    pub received_at: Millis,
    /// The server's clock minus the device's when it arrived, ms; none when that is not known.
    pub clock: Option<i64>,
    /// The fields it changes; none when they are not kept whole.
    pub fields: Fields,
    /// What stands for them then.
    pub cut: Option<Cut>,
    /// What was answered.
    pub answered: Answered,
    /// The visit that it is about, when it was not applied.
    pub visit: Option<RecordId>,
    /// The cooperative that it names, when it was not applied.
    pub cooperative: Option<RecordId>,
    /// Whether it would have left a visit a draft, when it was not applied.
    pub draft: Option<bool>,
}

/// A row to be written.
#[derive(Clone, PartialEq, Debug)]
pub struct NewEntry<'a> {
    /// Which mutation.
    pub id: MutationId,
    /// The record it is about.
    pub record: RecordId,
    /// What kind of record.
    pub kind: Kind,
    /// Who.
    pub author: Author,
    /// What it was made on.
    pub base_rev: u64,
    /// Its place among all that the device sent; none when it does not say.
    pub sent: Option<u64>,
    /// When, by the device's clock.
    pub at: Millis,
    /// When it arrived.
    pub received_at: Millis,
    /// The server's clock minus the device's when it arrived, ms; none when that is not known.
    pub clock: Option<i64>,
    /// What is kept of the fields it changes.
    pub kept: Kept<'a>,
    /// What was answered.
    pub answered: Answered,
}

/// What the log keeps of a change beside who, when and the answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Kept<'a> {
    /// Its fields, as JSON.
    pub fields: Cow<'a, str>,
    /// What stands for them when they are not kept whole.
    pub cut: Option<Cut>,
    /// The visit that it is about, when it was not applied.
    pub visit: Option<RecordId>,
    /// The cooperative that it names, when it was not applied.
    pub cooperative: Option<RecordId>,
    /// It was not applied, and would not have sent a visit to the desk.
    pub draft: bool,
}

impl<'a> Kept<'a> {
    /// Everything: of what was applied.
    #[must_use]
    pub fn whole(fields: &'a str) -> Self {
        Self {
            fields: Cow::Borrowed(fields),
            cut: None,
            visit: None,
            cooperative: None,
            draft: false,
        }
    }
}

/// Fields that are not kept whole.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cut {
    /// How many bytes they have as JSON.
    pub bytes: u64,
    /// The SHA-256 of these, in hex digits.
    pub hash: String,
    /// How they begin.
    pub head: String,
}

impl Cut {
    /// Of these fields, of which so much is kept.
    #[must_use]
    pub fn of(fields: &str, head: &str) -> Self {
        Self {
            bytes: fields.len() as u64,
            hash: hash(fields),
            head: head.to_owned(),
        }
    }

    /// Whether these are the fields.
    #[must_use]
    pub fn is_of(&self, fields: &str) -> bool {
        self.hash == hash(fields)
    }
}

fn hash(fields: &str) -> String {
    let digest = Sha256::digest(fields.as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A change that was not applied, as it stands in the log, and where its record is. What a phone sent may be anything, so
/// nothing of it is understood yet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Aside {
    /// Its place in the log.
    pub place: Place,
    /// Which change.
    pub id: String,
    /// The name of the record's kind.
    pub kind: String,
    /// Which record.
    pub record: String,
    /// From which device.
    pub device: Option<String>,
    /// When it was made, by the device's clock.
    pub at: i64,
    /// When it arrived.
    pub received_at: i64,
    /// `rejected` or `conflict`.
    pub outcome: String,
    /// Why it was refused.
    pub code: Option<String>,
    /// The same in words.
    pub reason: Option<String>,
    /// The visit it is about.
    pub visit: Option<String>,
    /// The cooperative it names.
    pub cooperative: Option<String>,
    /// Whether it would have left a visit a draft.
    pub draft: Option<bool>,
    /// The area of its record; of one that never came, that of its visit or its cooperative.
    pub area: Option<String>,
    /// Whether its record is its owner's alone.
    pub private: Option<bool>,
}

impl Aside {
    /// What was answered.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn answered(&self) -> Result<Answered, Error> {
        Answered::of(&self.outcome, None, self.code.clone(), self.reason.clone())
    }
}

/// The log.
pub trait Log {
    /// The answer to a mutation that came before, and who sent it.
    ///
    /// # Errors
    /// When it cannot be read.
    fn answer_to(&self, mutation: MutationId) -> Result<Option<(Answered, Author)>, Error>;

    /// Whether a later change of the same device to the same record was applied.
    ///
    /// # Errors
    /// When it cannot be read.
    fn is_past(&self, mutation: MutationId) -> Result<bool, Error>;

    /// The revs that a record was given after the base of a change, by others than its author or by what the same device sent
    /// later.
    ///
    /// # Errors
    /// When they cannot be read.
    fn revs_of_others(
        &self,
        record: RecordId,
        after: u64,
        author: &Author,
        sent: Option<u64>,
    ) -> Result<BTreeSet<u64>, Error>;

    /// The revs that a record was given after a rev, but for those by these mutations.
    ///
    /// # Errors
    /// When they cannot be read.
    fn revs_but_by(
        &self,
        record: RecordId,
        after: u64,
        known: &BTreeSet<MutationId>,
    ) -> Result<BTreeSet<u64>, Error>;

    /// Who made a revision of a record, and when.
    ///
    /// # Errors
    /// When it cannot be read.
    fn author_at(&self, record: RecordId, rev: u64) -> Result<Changed, Error>;

    /// Writes down what was asked and what was answered. An answer is never changed; only a conflict, which is a question, may
    /// be followed by an answer.
    ///
    /// # Errors
    /// When it cannot be written.
    fn write_down(&self, entry: &NewEntry<'_>) -> Result<(), Error>;

    /// A mutation with all it says; nothing when it never came.
    ///
    /// # Errors
    /// When it cannot be read.
    fn entry(&self, mutation: MutationId) -> Result<Option<Entry>, Error>;

    /// The mutation at a place.
    ///
    /// # Errors
    /// When it cannot be read.
    fn entry_at(&self, place: Place) -> Result<Entry, Error>;

    /// Bytes of the fields of the mutation at a place.
    ///
    /// # Errors
    /// When it cannot be read.
    fn size_at(&self, place: Place) -> Result<usize, Error>;

    /// When a mutation came, and its place.
    ///
    /// # Errors
    /// When it cannot be read.
    fn place_of(&self, mutation: MutationId) -> Result<Option<(Millis, Place)>, Error>;

    /// The place of the change that made a revision of a record.
    ///
    /// # Errors
    /// When it cannot be read.
    fn place_of_rev(&self, record: RecordId, rev: u64) -> Result<Option<Place>, Error>;

    /// The places of what was applied to a visit or its reviews, or was a conflict, after a place, in the order they came.
    ///
    /// # Errors
    /// When they cannot be read.
    fn places_of_visit(
        &self,
        visit: RecordId,
        after: Place,
        most: usize,
    ) -> Result<Vec<Place>, Error>;

    /// The places of what was applied to a record, or was a conflict, from a place on, newest first; and which are conflicts.
    ///
    /// # Errors
    /// When they cannot be read.
    fn places_of_record(&self, record: RecordId, from: Place) -> Result<Vec<(Place, bool)>, Error>;

    /// What was not applied of somebody since then and before a time and a place, newest first. Each is given to `take` until
    /// that says false.
    ///
    /// # Errors
    /// When it cannot be read; what `take` says.
    fn each_aside(
        &self,
        author: &str,
        since: Millis,
        before: (i64, Place),
        take: &mut dyn FnMut(Aside) -> Result<bool, Error>,
    ) -> Result<(), Error>;

    /// Whether the author of a change came through with its record later.
    ///
    /// # Errors
    /// When it cannot be read.
    fn is_mended(&self, mutation: &str) -> Result<bool, Error>;

    /// Bytes kept of what was refused to a user in these hours, counted from 1970.
    ///
    /// # Errors
    /// When it cannot be read.
    fn refused_bytes(&self, user: UserId, hours: (i64, i64)) -> Result<u64, Error>;

    /// How often a user was refused in an hour.
    ///
    /// # Errors
    /// When it cannot be read.
    fn refusals(&self, user: UserId, hour: i64) -> Result<u32, Error>;

    /// Counts a refusal in the last of these hours, and forgets all outside them.
    ///
    /// # Errors
    /// When it cannot be written.
    fn count_refusal(&self, user: UserId, hours: (i64, i64), bytes: usize) -> Result<(), Error>;
}

impl Answered {
    /// What stands in the columns `outcome`, `rev`, `code` and `reason`.
    pub(super) fn columns(&self) -> Result<Columns<'_>, Error> {
        Ok(match self {
            Self::Applied(rev) => ("applied", Some(*rev), None, None),
            Self::Rejected(code, reason) => {
                ("rejected", None, Some(code_name(*code)?), Some(reason))
            }
            Self::Conflict => ("conflict", None, None, None),
        })
    }

    /// The answer that stands there.
    pub(super) fn of(
        outcome: &str,
        rev: Option<u64>,
        code: Option<String>,
        reason: Option<String>,
    ) -> Result<Self, Error> {
        match outcome {
            "applied" => rev
                .map(Self::Applied)
                .ok_or_else(|| stored("rev")("an applied change without one")),
            "rejected" => {
                let code = serde_json::from_value(serde_json::Value::from(code))
                    .map_err(stored("reject code"))?;
                Ok(Self::Rejected(code, reason.unwrap_or_default()))
            }
            _ => Ok(Self::Conflict),
        }
    }
}

/// `outcome`, `rev`, `code` and `reason`.
pub(super) type Columns<'a> = (
    &'static str,
    Option<u64>,
    Option<String>,
    Option<&'a String>,
);

fn code_name(code: RejectCode) -> Result<String, Error> {
    match serde_json::to_value(code) {
        Ok(serde_json::Value::String(name)) => Ok(name),
        other => Err(stored("reject code")(format!("{other:?}"))),
    }
}
