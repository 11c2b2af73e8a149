//! Visits: their lists, and the attachments that they name.

use rusqlite::{Connection, params};

use super::{Lists, QueueKind, Readable, StoreError, record, review};
use crate::domain::{
    AttachmentName, Decision, Record, RecordId, Review, Visit, VisitState, kinds::names_of,
};

pub(super) const LISTS: Lists = Lists {
    project,
    forget,
    in_queue,
};

/// A visit's row depends on its reviews too: called whenever one of them comes or goes.
pub(in crate::store) fn refresh(db: &Connection, id: RecordId) -> Result<(), StoreError> {
    if let Some(record) = record::find(db, id)? {
        // A visit that does not read keeps its review; there is nothing to show it at.
        let _unreadable_visit = project(db, &record)?;
        uses_beneath(db, id)?;
    }
    Ok(())
}

fn project(db: &Connection, record: &Record) -> Result<Readable, StoreError> {
    let visit = match Visit::from_record(record) {
        Ok(visit) => visit,
        Err(bad) => return Ok(Err(bad)),
    };
    let id = record.id;
    let reviews = review::of_visit(db, id)?;
    let last = visit.last_submission();
    let notes = reviews
        .iter()
        .find(|review| review.submission == last && review.decision == Decision::Return)
        .map_or(0, Review::count_notes);
    let begun = visit.created.at.date().to_string();
    let date = visit
        .answers
        .get("tanggal_kunjungan")
        .cloned()
        .unwrap_or(begun);
    db.prepare_cached(
        "insert into visit (id, cooperative, area, officer, date, state, submissions, submitted_at, notes)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
         on conflict (id) do update set cooperative = ?2, area = ?3, officer = ?4, date = ?5, state = ?6,
             submissions = ?7, submitted_at = ?8, notes = ?9",
    )?
    .execute(params![
        visit.id.to_string(),
        visit.cooperative.to_string(),
        visit.area.0,
        visit.owner.to_string(),
        date,
        visit.state(&reviews).name(),
        last,
        visit.submissions.get(&last).map(|mark| mark.at.0),
        notes,
    ])?;
    uses(db, &visit)?;
    Ok(Ok(()))
}

/// What the answers name, for visits made on this device or whose photos are here: they are sent from here.
fn uses(db: &Connection, visit: &Visit) -> Result<(), StoreError> {
    let id = visit.id.to_string();
    db.prepare_cached("delete from attachment_use where visit = ?")?
        .execute([&id])?;
    // What was replaced after a return is history, and goes too.
    let was = visit
        .was
        .values()
        .flat_map(|paths| paths.values().flatten());
    for value in visit.answers.values().chain(was) {
        if AttachmentName::is_one(value) {
            db.prepare_cached(
                "insert or ignore into attachment_use (visit, name)
                 select id, ?2 from record where id = ?1
                     and (touched > 0 or exists (select 1 from attachment where name = ?2))",
            )?
            .execute([&id, value])?;
        }
    }
    Ok(())
}

/// What the server's copy of a visit names beside its answers: an unsent change over it may wait for a person for long.
pub(in crate::store) fn uses_beneath(db: &Connection, visit: RecordId) -> Result<(), StoreError> {
    db.prepare_cached(
        "insert or ignore into attachment_use (visit, name)
         select ?1, name from attachment
         where state = 'here' and instr((select base from record where id = ?1 and instr(?2, ' ' || kind || ' ') > 0), name) > 0",
    )?
    .execute(params![visit.to_string(), names_of(|spec| spec.names_attachments)])?;
    Ok(())
}

fn forget(db: &Connection, id: &str) -> Result<(), StoreError> {
    db.execute("delete from visit where id = ?", [id])?;
    db.execute("delete from attachment_use where visit = ?", [id])?;
    Ok(())
}

fn in_queue(state: Option<VisitState>) -> QueueKind {
    match state {
        Some(VisitState::Draft | VisitState::Returned) => QueueKind::Draft,
        _ => QueueKind::Visit,
    }
}
