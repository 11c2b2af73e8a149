//! What a mutation does to a record. Each kind's file reads what its rules must know (`gather`), and decides from these values
//! alone, without database and clock (`rule`).
//!
//! Everything a role, an area or a record's state forbids is forbidden in this folder and nowhere else. `sync::push` is around
//! it; what kinds differ in for others stands in `domain::kinds`.

mod cooperative;
mod merge;
mod review;
mod shape;
mod visit;

pub use review::of_visit as reviews_of;
pub use visit::{GRACE, answers};

use std::{borrow::Cow, collections::BTreeSet};

use serde_json::Value;

use crate::{
    domain::{
        AreaCode, Fields, Kind, Millis, Reach, Record, RecordId, Review, Role, Stored, User,
        UserId, Visit, kinds::spec, person::Permission, visit::is_submitted,
    },
    server::repo::{Error, Tx},
    sync::wire::{Mutation, RejectCode},
};

/// What must be known to decide on a mutation, beside the mutation.
#[derive(Debug)]
pub struct Facts<'a> {
    /// Who asks.
    pub user: &'a User,
    /// The server's clock.
    pub now: Millis,
    /// The server's clock minus the device's, in milliseconds; none when it is not known.
    pub clock: Option<i64>,
    /// It may have been here before: it comes out of a backup file, or its device speaks of revisions that the server lost.
    pub is_late: bool,
    /// The record as it stands; none for a new one.
    pub present: Option<&'a Stored>,
    /// The revs that it was given since the mutation's base by others than this user on this device, or by what that device
    /// sent after the mutation.
    pub others: BTreeSet<u64>,
    /// For a visit: its cooperative. For a review: its visit. None when there is no such record.
    pub parent: Option<&'a Record>,
    /// What else the rules of its kind must know.
    pub around: Around,
}

/// The record that a mutation is about, and what it belongs to.
pub type Known<'a> = (Option<&'a Stored>, Option<&'a Record>);

/// What the rules of some kinds must know beside that.
#[derive(Debug)]
pub struct Around {
    /// For a new visit: whether its cooperative lies where the user works.
    pub reach: Reach,
    /// For a review: the role of the visit's officer; none when nobody knows them.
    pub officer: Option<Role>,
    /// For a visit that moves to another version of its form: whether that version was ever published here.
    pub published: bool,
    /// The reviews of the visit: of this one, or of the review's.
    pub reviews: Vec<Review>,
}

impl Default for Around {
    fn default() -> Self {
        Self {
            reach: Reach::Now,
            officer: None,
            published: false,
            reviews: Vec::new(),
        }
    }
}

/// Reads what the rules of a mutation's kind must know.
///
/// # Errors
/// When the database fails.
pub fn gather(
    tx: &dyn Tx,
    user: &User,
    mutation: &Mutation,
    known: Known<'_>,
) -> Result<Around, Error> {
    match rules(mutation.kind) {
        Ok(rules) => (rules.gather)(tx, user, mutation, known),
        Err(_) => Ok(Around::default()),
    }
}

/// The rules of a kind, each kind's in its own file.
struct Rules {
    /// Reads what the rules must know.
    gather: fn(&dyn Tx, &User, &Mutation, Known<'_>) -> Result<Around, Error>,
    /// Decides before the merge, from values alone.
    rule: fn(&Mutation, &Facts<'_>) -> Result<Ruling, Refusal>,
}

/// The rules of a kind; a refusal for one that no device makes.
fn rules(kind: Kind) -> Result<&'static Rules, Refusal> {
    match kind {
        Kind::Visit => Ok(&visit::RULES),
        Kind::Review => Ok(&review::RULES),
        Kind::Cooperative => Ok(&cooperative::RULES),
        Kind::Person | Kind::Form => Err(Refusal::forbidden("born at the server only")),
        Kind::Other(_) => Err(Refusal::malformed("this server does not know the kind")),
    }
}

/// For kinds whose rules must know no more than the record and what it belongs to.
fn nothing(_: &dyn Tx, _: &User, _: &Mutation, _: Known<'_>) -> Result<Around, Error> {
    Ok(Around::default())
}

/// Whether a mutation sends a visit to the desk.
#[must_use]
pub fn submits(mutation: &Mutation) -> bool {
    mutation.kind == Kind::Visit && is_submitted(&mutation.fields)
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
    /// A visit as everybody will read it.
    pub visit: Option<Box<Visit>>,
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

impl Ruling {
    /// The record stays where it is, whose it is and seen by whom it was.
    fn of_present(present: &Stored, amended: Fields) -> Self {
        Self {
            area: present.record.area.clone(),
            owner: present.record.owner,
            audience: present.audience,
            parent: present.parent,
            amended,
            submits: false,
        }
    }
}

/// Decides on a mutation.
#[must_use]
pub fn decide<'a>(mutation: &'a Mutation, facts: &Facts<'_>) -> Verdict<'a> {
    let verdict = match rule(mutation, facts) {
        Err(refusal) => Verdict::Reject(refusal),
        Ok(ruling) => merge::merge(mutation, facts, ruling),
    };
    match verdict {
        Verdict::Apply(change) => match read(mutation, facts, change) {
            Ok(change) => Verdict::Apply(change),
            Err(refusal) => Verdict::Reject(refusal),
        },
        other => other,
    }
}

/// Looks at the record as it would stand, with the eyes of everybody who reads it afterwards: what does not read, or is too
/// large, is not taken.
fn read<'a>(
    mutation: &Mutation,
    facts: &Facts<'_>,
    mut change: Change<'a>,
) -> Result<Change<'a>, Refusal> {
    shape::check_record(&change.fields, mutation, facts.present)?;
    let record = Record {
        kind: mutation.kind,
        id: mutation.record,
        area: change.area.clone(),
        rev: 0,
        owner: change.owner,
        deleted: false,
        fields: std::mem::take(&mut change.fields).into_owned(),
    };
    let reads = match record.kind {
        // It is read again when its form is asked.
        Kind::Visit => {
            Visit::from_record(&record).map(|visit| change.visit = Some(Box::new(visit)))
        }
        kind => spec(kind).map_or(Ok(()), |spec| (spec.read)(&record)),
    };
    reads.map_err(|bad| Refusal::malformed(bad.to_string()))?;
    change.fields = Cow::Owned(record.fields);
    Ok(change)
}

fn rule(mutation: &Mutation, facts: &Facts<'_>) -> Result<Ruling, Refusal> {
    shape::check_sizes(mutation)?;
    match facts.present {
        Some(present) if present.record.kind != mutation.kind => {
            return Err(Refusal::malformed("the record is of another kind"));
        }
        None if !mutation.record.is_v7() => {
            return Err(Refusal::malformed("a new record has a UUID of version 7"));
        }
        _ => {}
    }
    (rules(mutation.kind)?.rule)(mutation, facts)
}

fn need(role: Role, permission: Permission) -> Result<(), Refusal> {
    if role.may(permission) {
        Ok(())
    } else {
        Err(Refusal::forbidden("this role may not do that"))
    }
}

/// Writes a field as it was understood where that is not how it came: a reader gets no more than the type holds.
///
/// ```text
/// "void": {"at": 5, "by": "0190...", "more": "..."}   came
/// "void": {"at": 5, "by": "0190..."}                  is written
/// ```
fn clean<T: serde::Serialize>(
    amended: &mut Fields,
    name: &str,
    came: &Value,
    understood: &T,
) -> Result<(), Refusal> {
    let value = serde_json::to_value(understood)
        .map_err(|why| Refusal::malformed(format!("{name}: {why}")))?;
    if value != *came {
        amended.insert(name.to_owned(), value);
    }
    Ok(())
}
