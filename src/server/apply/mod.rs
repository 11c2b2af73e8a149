//! What a mutation does to a record: decided here from values alone, no database, no clock.
//!
//! Everything a role, an area or a record's state forbids is forbidden in this folder and nowhere else. The database
//! around it is `sqlite::push`.

mod cooperative;
mod merge;
mod review;
mod shape;
mod visit;

pub use visit::answers;

use std::{borrow::Cow, collections::BTreeSet};

use crate::{
    domain::{
        AreaCode, Fields, Kind, Record, RecordId, Review, Role, User, UserId, person::Permission,
    },
    server::sqlite::record::Stored,
    sync::wire::{Mutation, RejectCode},
};

/// What must be known to decide on a mutation, beside the mutation.
#[derive(Debug)]
pub struct Facts<'a> {
    /// Who asks.
    pub user: &'a User,
    /// For a new visit: whether its cooperative lies or lay where the user works or worked.
    pub in_sight: bool,
    /// The record as it stands; none for a new one.
    pub present: Option<&'a Stored>,
    /// The revs that it was given since the mutation's base by others than this user on this device, or by what that device
    /// sent after the mutation.
    pub others: BTreeSet<u64>,
    /// For a visit: its cooperative. For a review: its visit. None when there is no such record.
    pub parent: Option<&'a Record>,
    /// For a visit that moves to another version of its form: whether that version was ever published here.
    pub published: bool,
    /// The reviews of the visit: of this one, or of the review's.
    pub reviews: Vec<Review>,
}

/// What a mutation comes to.
#[derive(Clone, PartialEq, Debug)]
pub enum Verdict<'a> {
    /// It is applied.
    Apply(Change<'a>),
    /// Somebody else gave these of its fields another value: a person must choose.
    Conflict(BTreeSet<String>),
    /// It is refused for good.
    Reject(Refusal),
}

/// Why a mutation is refused.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{code:?}: {reason}")]
pub struct Refusal {
    /// For the program.
    pub code: RejectCode,
    /// For people who ask further, in English.
    pub reason: String,
}

impl Refusal {
    pub(crate) fn new(code: RejectCode, reason: impl Into<String>) -> Self {
        Self {
            code,
            reason: reason.into(),
        }
    }

    pub(crate) fn forbidden(reason: &str) -> Self {
        Self::new(RejectCode::Forbidden, reason)
    }

    pub(crate) fn state(reason: impl Into<String>) -> Self {
        Self::new(RejectCode::State, reason)
    }

    pub(crate) fn unknown(reason: &str) -> Self {
        Self::new(RejectCode::Unknown, reason)
    }

    pub(crate) fn malformed(reason: impl Into<String>) -> Self {
        Self::new(RejectCode::Malformed, reason)
    }
}

/// How a record stands after a mutation.
#[derive(Clone, PartialEq, Debug)]
pub struct Change<'a> {
    /// Where it belongs.
    pub area: AreaCode,
    /// Whose it is.
    pub owner: Option<UserId>,
    /// Who else sees it.
    pub audience: Option<UserId>,
    /// What it belongs to.
    pub parent: Option<RecordId>,
    /// Only its owner sees it.
    pub private: bool,
    /// Every field it has now; borrowed when those are the mutation's own, as of most new records.
    pub fields: Cow<'a, Fields>,
    /// The fields that were given a value or lost one; of a new record only those that were taken away before it came, since
    /// all others are new.
    pub touched: BTreeSet<String>,
    /// It is exactly what the device thinks it is.
    pub exact: bool,
    /// This change sends a visit to the desk: its answers must be complete.
    pub submits: bool,
}

/// What a kind's own rules make of a mutation, before it is merged.
struct Ruling {
    area: AreaCode,
    owner: Option<UserId>,
    audience: Option<UserId>,
    parent: Option<RecordId>,
    /// What the server itself adds or puts right.
    amended: Fields,
    submits: bool,
}

/// Decides on a mutation.
#[must_use]
pub fn decide<'a>(mutation: &'a Mutation, facts: &Facts<'_>) -> Verdict<'a> {
    match rule(mutation, facts) {
        Err(refusal) => Verdict::Reject(refusal),
        Ok(ruling) => merge::merge(mutation, facts, ruling),
    }
}

fn rule(mutation: &Mutation, facts: &Facts<'_>) -> Result<Ruling, Refusal> {
    shape::check_sizes(mutation, facts.present)?;
    if let Some(present) = facts.present
        && present.record.kind != mutation.kind
    {
        return Err(Refusal::malformed("the record is of another kind"));
    }
    match mutation.kind {
        Kind::Visit => visit::rule(mutation, facts),
        Kind::Review => review::rule(mutation, facts),
        Kind::Cooperative => cooperative::rule(mutation, facts),
        Kind::Person | Kind::Form => Err(Refusal::forbidden("born at the server only")),
    }
}

fn need(role: Role, permission: Permission) -> Result<(), Refusal> {
    if role.may(permission) {
        Ok(())
    } else {
        Err(Refusal::forbidden("this role may not do that"))
    }
}

/// Whether only its owner may see a record with these fields.
#[must_use]
pub fn is_private(kind: Kind, fields: &Fields) -> bool {
    kind == Kind::Visit && !submits(fields)
}

/// Whether there is a submission among these fields of a visit.
#[must_use]
pub fn submits(fields: &Fields) -> bool {
    let prefix = crate::domain::visit::SUBMISSION;
    fields
        .range(prefix.to_owned()..)
        .next()
        .is_some_and(|(name, _)| name.starts_with(prefix))
}
