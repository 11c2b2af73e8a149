//! Reviews: which visit each is about. Its row depends on them.

use rusqlite::{Connection, params};

use super::{Lists, QueueKind, Readable, StoreError, record, visit};
use crate::domain::{Record, RecordId, Review};

pub(super) const LISTS: Lists = Lists {
    project,
    forget,
    in_queue: |_| QueueKind::Review,
};

fn project(db: &Connection, record: &Record) -> Result<Readable, StoreError> {
    let review = match Review::from_record(record) {
        Ok(review) => review,
        Err(bad) => return Ok(Err(bad)),
    };
    db.prepare_cached("insert or replace into review (id, visit) values (?, ?)")?
        .execute(params![record.id.to_string(), review.visit.to_string()])?;
    visit::refresh(db, review.visit)?;
    Ok(Ok(()))
}

fn forget(db: &Connection, id: &str) -> Result<(), StoreError> {
    db.execute("delete from review where id = ?", [id])?;
    Ok(())
}

/// The reviews of a visit, oldest submission first; ones that do not read are left out.
pub(in crate::store) fn of_visit(
    db: &Connection,
    visit: RecordId,
) -> Result<Vec<Review>, StoreError> {
    let mut statement = db.prepare_cached(
        "select r.id, r.kind, r.area, r.owner, r.rev, r.fields
         from review join record r on r.id = review.id where review.visit = ?",
    )?;
    let records = statement
        .query_map([visit.to_string()], record::read)?
        .collect::<Result<Vec<_>, _>>()?;
    let mut reviews: Vec<(u64, Review)> = records
        .iter()
        .filter_map(|record| Some((record.rev, Review::from_record(record).ok()?)))
        .collect();
    // What the server has taken comes before what it may still refuse; no clock of a device decides.
    reviews.sort_by_key(|(rev, review)| (review.submission, *rev == 0, *rev, review.id));
    Ok(reviews.into_iter().map(|(_, review)| review).collect())
}
