//! A record as the server keeps it: with who sees it, and when each field got its value. And how far a user reaches.

use std::collections::BTreeMap;

use super::{Millis, Record, RecordId, UserId};

/// A record with what the server knows beside it.
#[derive(Clone, PartialEq, Debug)]
pub struct Stored {
    /// The record as devices see it.
    pub record: Record,
    /// Somebody who sees it whatever their areas.
    pub audience: Option<UserId>,
    /// What it belongs to: the visit of a review, the cooperative of a visit.
    pub parent: Option<RecordId>,
    /// Only its owner sees it.
    pub private: bool,
    /// The rev it was made at: the rev of every field that `field_revs` does not name.
    pub born: u64,
    /// The rev of the last change of each field that changed since.
    pub field_revs: BTreeMap<String, u64>,
}

impl Stored {
    /// The rev at which a field got its present value, or lost it.
    #[must_use]
    pub fn field_rev(&self, field: &str) -> u64 {
        match self.field_revs.get(field) {
            Some(rev) => *rev,
            None if self.record.fields.contains_key(field) => self.born,
            None => 0,
        }
    }
}

/// Whether a cooperative lies where a user works.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reach {
    /// It does.
    Now,
    /// It did until then: the user moved, or the cooperative.
    Until(Millis),
    /// It never did.
    Never,
}
