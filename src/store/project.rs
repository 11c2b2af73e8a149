//! What lists and filters need of a record, kept beside it in the same transaction.
//!
//! A record that does not read as its kind promises is kept as it is and shows in no list: a newer server may know more
//! than this app.

use rusqlite::{Connection, params};

use super::api::StoreError;
use super::{meta, record, search};
use crate::domain::{
    AttachmentName, Cooperative, Decision, Kind, Person, Record, RecordId, Review, Visit,
    record::BadRecord,
};

/// Brings the tables beside a record up to date with it.
pub(super) fn project(db: &Connection, record: &Record) -> Result<(), StoreError> {
    let readable = match record.kind {
        Kind::Person => person(db, record)?,
        Kind::Form => form(db, record)?,
        Kind::Cooperative => cooperative(db, record)?,
        Kind::Visit => visit(db, record)?,
        Kind::Review => review(db, record)?,
        Kind::Other(_) => Ok(()),
    };
    if readable.is_err() {
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
    let id = id.to_string();
    match kind {
        Kind::Person | Kind::Form | Kind::Other(_) => {}
        Kind::Cooperative => {
            search::forget(db, &id)?;
            db.execute("delete from cooperative where id = ?", [&id])?;
        }
        Kind::Visit => {
            db.execute("delete from visit where id = ?", [&id])?;
            db.execute("delete from attachment_use where visit = ?", [&id])?;
        }
        Kind::Review => {
            db.execute("delete from review where id = ?", [&id])?;
        }
    }
    Ok(())
}

type Readable = Result<(), BadRecord>;

fn person(db: &Connection, record: &Record) -> Result<Readable, StoreError> {
    let person = match Person::from_record(record) {
        Ok(person) => person,
        Err(bad) => return Ok(Err(bad)),
    };
    db.prepare_cached("insert or replace into person (user, name, role) values (?, ?, ?)")?
        .execute(params![
            person.id.to_string(),
            person.name,
            person.role.name()
        ])?;
    Ok(Ok(()))
}

fn form(db: &Connection, record: &Record) -> Result<Readable, StoreError> {
    let (Ok(form), Ok(version)) = (
        record.need::<String>("form"),
        record.need::<String>("version"),
    ) else {
        return Ok(Err(record.bad("version")));
    };
    db.prepare_cached("insert or replace into form (form, version, record) values (?, ?, ?)")?
        .execute(params![form, version, record.id.to_string()])?;
    Ok(Ok(()))
}

fn cooperative(db: &Connection, record: &Record) -> Result<Readable, StoreError> {
    let cooperative = match Cooperative::from_record(record) {
        Ok(cooperative) => cooperative,
        Err(bad) => return Ok(Err(bad)),
    };
    let id = record.id.to_string();
    let status = cooperative.status();
    db.prepare_cached(
        "insert or replace into cooperative (id, name, desa, area, nik, status, status_date, status_entry)
         values (?, ?, ?, ?, ?, ?, ?, ?)",
    )?
    .execute(params![
        id,
        cooperative.name,
        cooperative.desa,
        cooperative.area.0,
        cooperative.nik,
        status.map(|entry| entry.status.name()),
        status.map(|entry| &entry.date),
        status.map(serde_json::to_string).transpose()?,
    ])?;
    search::put(db, &id)?;
    Ok(Ok(()))
}

/// A visit's row depends on its reviews too: called whenever one of them comes or goes.
pub(super) fn visit_of(db: &Connection, id: RecordId) -> Result<(), StoreError> {
    if let Some(record) = record::find(db, id)? {
        // A visit that does not read keeps its review; there is nothing to show it at.
        let _unreadable_visit = visit(db, &record)?;
        uses_beneath(db, id)?;
    }
    Ok(())
}

fn visit(db: &Connection, record: &Record) -> Result<Readable, StoreError> {
    let visit = match Visit::from_record(record) {
        Ok(visit) => visit,
        Err(bad) => return Ok(Err(bad)),
    };
    let id = record.id;
    let reviews = reviews(db, id)?;
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
pub(super) fn uses_beneath(db: &Connection, visit: RecordId) -> Result<(), StoreError> {
    db.prepare_cached(
        "insert or ignore into attachment_use (visit, name)
         select ?1, name from attachment
         where state = 'here' and instr((select base from record where id = ?1 and kind = 'visit'), name) > 0",
    )?
    .execute([visit.to_string()])?;
    Ok(())
}

fn review(db: &Connection, record: &Record) -> Result<Readable, StoreError> {
    let review = match Review::from_record(record) {
        Ok(review) => review,
        Err(bad) => return Ok(Err(bad)),
    };
    db.prepare_cached("insert or replace into review (id, visit) values (?, ?)")?
        .execute(params![record.id.to_string(), review.visit.to_string()])?;
    visit_of(db, review.visit)?;
    Ok(Ok(()))
}

/// The reviews of a visit, oldest submission first; ones that do not read are left out.
pub(super) fn reviews(db: &Connection, visit: RecordId) -> Result<Vec<Review>, StoreError> {
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
