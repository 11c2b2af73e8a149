//! A supervisor's word on one submission of a visit. Append-only.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::{
    Kind, Mark, RecordId, Role, User, Visit,
    record::{BadRecord, Record},
};

use super::{KindSpec, Origin, ask, named, never};

/// What sets reviews apart: each is said once.
pub const SPEC: KindSpec = KindSpec {
    kind: Kind::Review,
    parent: Some(("visit", Kind::Visit)),
    origin: Origin::Device,
    is_append_only: true,
    is_private: never,
    merge: ask,
    is_resent: Some(|_| true),
    visit: |_, fields| named(fields, "visit"),
    names_attachments: false,
    read: |record| Review::from_record(record).map(drop),
    words: "kind-review",
};

/// What was decided.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// The visit is final.
    Approve,
    /// Back to its officer, with notes.
    Return,
}

/// Whether a user may review a visit, by who they are: the visit's state and area are other questions. `officer` is the
/// role of the visit's officer. Nobody reviews what they made or sent themselves.
#[must_use]
pub fn may_review(user: &User, visit: &Visit, officer: Option<Role>) -> bool {
    let is_own =
        visit.owner == user.id || visit.submissions.values().any(|mark| mark.by == user.id);
    !is_own && user.role.reviews(officer)
}

/// A review, read from its record.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Review {
    /// Which.
    pub id: RecordId,
    /// The visit reviewed.
    pub visit: RecordId,
    /// Which of its submissions.
    pub submission: u32,
    /// What was decided.
    pub decision: Decision,
    /// Notes by answer path.
    pub notes: BTreeMap<String, String>,
    /// A note on the whole visit; may be empty.
    pub note: String,
    /// Who, and when.
    pub mark: Mark,
}

impl Review {
    /// Reads a review record.
    ///
    /// # Errors
    /// [`BadRecord`] names the first field that is missing or malformed.
    pub fn from_record(record: &Record) -> Result<Self, BadRecord> {
        Ok(Self {
            id: record.id,
            visit: record.need("visit")?,
            submission: record.need("submission")?,
            decision: record.need("decision")?,
            notes: record.read("notes")?.unwrap_or_default(),
            note: record.text("note"),
            mark: record.need("mark")?,
        })
    }

    /// Whether it says anything: a visit is not returned without a word.
    #[must_use]
    pub fn has_note(&self) -> bool {
        let mut notes = self.notes.values().chain([&self.note]);
        notes.any(|note| !note.trim().is_empty())
    }

    /// How many notes it carries, the one on the whole visit included.
    #[must_use]
    pub fn count_notes(&self) -> usize {
        self.notes.len() + usize::from(!self.note.is_empty())
    }
}
