//! What lists and filters need of a record, kept beside it in the same transaction: one file for each kind.
//!
//! A record that does not read as its kind promises is kept as it is and shows in no list: a newer server may know more
//! than this app.

mod cooperative;
mod form;
mod person;
mod review;
mod visit;

use rusqlite::Connection;

use super::api::{QueueKind, StoreError};
use super::{meta, record};
use crate::domain::{Kind, Record, RecordId, VisitState, record::BadRecord};

pub(super) use review::of_visit as reviews;
pub(super) use visit::{refresh as refresh_visit, uses_beneath};

/// What a kind's own file does for its lists.
struct Lists {
    /// Writes the rows of a record anew.
    project: fn(&Connection, &Record) -> Result<Readable, StoreError>,
    /// Takes a record out, by its id.
    forget: fn(&Connection, &str) -> Result<(), StoreError>,
    /// What a change is in the queue; given the state of the visit that it is about.
    in_queue: fn(Option<VisitState>) -> QueueKind,
}

/// The lists of a kind; none of one that this app does not know.
fn lists(kind: Kind) -> Option<&'static Lists> {
    match kind {
        Kind::Person => Some(&person::LISTS),
        Kind::Form => Some(&form::LISTS),
        Kind::Cooperative => Some(&cooperative::LISTS),
        Kind::Visit => Some(&visit::LISTS),
        Kind::Review => Some(&review::LISTS),
        Kind::Other(_) => None,
    }
}

/// For kinds of which what was said once stays readable.
fn keep(_: &Connection, _: &str) -> Result<(), StoreError> {
    Ok(())
}

/// For kinds without a place of their own in the queue.
fn other(_: Option<VisitState>) -> QueueKind {
    QueueKind::Other
}

/// Brings the tables beside a record up to date with it.
pub(super) fn project(db: &Connection, record: &Record) -> Result<(), StoreError> {
    let Some(lists) = lists(record.kind) else {
        return Ok(());
    };
    if (lists.project)(db, record)?.is_err() {
        forget(db, record.kind, record.id)?;
    }
    Ok(())
}

/// The kinds that an app knew which did not write down what it knew.
const KNOWN_AT_FIRST: &str = "person form cooperative visit review";

/// Shows the records of kinds that no app knew when they came to this device:
///
/// ```text
/// app 3 pulls a record of kind "plan"    it is kept as it came, and shows in no list
/// app 4 knows "plan" and opens the store it is projected, without being pulled again
/// ```
pub(super) fn learn_kinds(db: &Connection) -> Result<(), StoreError> {
    let before = meta::text(db, meta::KINDS)?;
    let before = before.as_deref().unwrap_or(KNOWN_AT_FIRST);
    let now = Kind::ALL.map(|kind| kind.to_string()).join(" ");
    if before == now {
        return Ok(());
    }
    let is_new = |kind: &Kind| !before.split(' ').any(|name| name == kind.name());
    for kind in Kind::ALL.into_iter().filter(is_new) {
        let ids = db
            .prepare("select id from record where kind = ? order by n")?
            .query_map([kind.name()], |row| record::parsed(row, 0))?
            .collect::<Result<Vec<RecordId>, _>>()?;
        for id in ids {
            record::refresh(db, id)?;
        }
    }
    meta::set(db, meta::KINDS, &now)
}

/// Takes a record out of every list.
pub(super) fn forget(db: &Connection, kind: Kind, id: RecordId) -> Result<(), StoreError> {
    match lists(kind) {
        Some(lists) => (lists.forget)(db, &id.to_string()),
        None => Ok(()),
    }
}

/// What a change of a kind is in the queue; `visit` is the state of the visit that it is about.
pub(super) fn in_queue(kind: Kind, visit: Option<VisitState>) -> QueueKind {
    lists(kind).map_or(QueueKind::Other, |lists| (lists.in_queue)(visit))
}

/// Whether the record reads as its kind promises.
type Readable = Result<(), BadRecord>;
