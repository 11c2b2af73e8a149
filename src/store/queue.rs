//! What waits, what was set aside, and what a person decides about it. Nothing leaves the queue unless the server has
//! it, a person chose the other value, or a person takes a submission back that has not left the device; and what a person did not choose is in the server's log of what it was asked.

use std::collections::BTreeMap;

use rusqlite::{OptionalExtension, params};
use serde_json::Value;

use super::api::{Difference, Queue, QueueItem, StoreError, Transfer};
use super::visits::is_answer;
use super::{Moment, Store};
use super::{kinds, record};
use crate::domain::{
    Fields, Kind, Millis, MutationId, Record, RecordId, json,
    kinds::spec,
    visit::{SUBMISSION, VOID, WITH_SUBMISSION},
};
use crate::sync::wire::{Changed, RejectCode};

impl Store {
    pub(super) fn queue(&self) -> Result<Queue, StoreError> {
        let mut statement = self.db.prepare_cached(include_str!("sql/queue.sql"))?;
        let mut rows = statement.query([])?;
        let mut items = Vec::new();
        while let Some(row) = rows.next()? {
            let visit: Option<String> = row.get(2)?;
            let visit = match visit {
                Some(id) => self.rows("v.id = ?1", params![id])?.pop(),
                None => None,
            };
            let kind: Kind = record::parsed(row, 1)?;
            let what = kinds::in_queue(kind, visit.as_ref().map(|visit| visit.state));
            let transfer = self.transfer(row, 4)?;
            let server: Option<String> = row.get(8)?;
            let differences = match server {
                Some(server) => {
                    let changed = in_dispute(row.get(10)?)?;
                    let mut differences =
                        differences(&record::json(row, 9)?, &json::read(&server)?, &changed);
                    self.say_who(&mut differences, &changed)?;
                    differences
                }
                None => Vec::new(),
            };
            // What came too late, or what this account may not do, is not mended by opening it.
            let may_mend = matches!(
                transfer,
                Transfer::SetAside { code, .. } if ![RejectCode::State, RejectCode::Forbidden].contains(&code)
            );
            items.push(QueueItem {
                fixable: may_mend && has_submission(&record::json(row, 9)?),
                mutation: record::parsed(row, 0)?,
                visit,
                what,
                transfer,
                since: Millis(row.get(3)?),
                differences,
            });
        }
        Ok(Queue {
            items,
            photos: self.photos()?,
            send_again: self.rows(
                "v.state in ('draft', 'returned') and exists (select 1 from reopened r where r.visit = v.id)
                 order by v.date, v.id",
                [],
            )?,
            sync: self.sync.clone(),
        })
    }

    /// Sends a set-aside change again as it is, under a new identity: the server answers the old one for ever the same.
    pub(super) fn resend(
        &mut self,
        moment: &mut Moment<'_>,
        mutation: MutationId,
    ) -> Result<(), StoreError> {
        let fresh = moment.mutation();
        let transaction = self.db.transaction()?;
        let (record_id, fields) = aside(&transaction, mutation, "aside")?;
        again(
            &transaction,
            (moment.now, fresh),
            mutation,
            record_id,
            fields,
        )?;
        transaction.commit()?;
        Ok(())
    }

    /// Makes a submission that was refused a draft again. Its officer mends it and sends it again; until then it counts as
    /// not sent.
    pub(super) fn fix_refused(
        &mut self,
        moment: &mut Moment<'_>,
        mutation: MutationId,
    ) -> Result<(), StoreError> {
        let fresh = moment.mutation();
        let transaction = self.db.transaction()?;
        let (record_id, mut fields) = aside(&transaction, mutation, "aside")?;
        if !has_submission(&fields) {
            return Err(StoreError::NotFound);
        }
        fields.retain(|name, _| !name.starts_with(SUBMISSION));
        drop_lone_result(&mut fields);
        transaction.execute(
            "insert or ignore into reopened (visit) values (?)",
            [record_id.to_string()],
        )?;
        again(
            &transaction,
            (moment.now, fresh),
            mutation,
            record_id,
            fields,
        )?;
        transaction.commit()?;
        Ok(())
    }

    /// Adds who gave the fields the server's values, as far as the server said it.
    fn say_who(
        &self,
        differences: &mut [Difference],
        changed: &InDispute,
    ) -> Result<(), StoreError> {
        let people = self.people()?;
        for difference in differences {
            if let Some(change) = changed.get(&difference.field) {
                let person = people.iter().find(|one| Some(one.id) == change.by);
                difference.by = person.map(|one| one.name.clone()).unwrap_or_default();
                difference.at = Some(change.at);
            }
        }
        Ok(())
    }

    /// Decides a conflict: the fields in `theirs` (all of them, when there is no list) take the server's value, the
    /// others go again on top of the server's copy. A change that the server refused is dropped as a whole, when the
    /// server has the record at all.
    pub(super) fn resolve(
        &mut self,
        moment: &mut Moment<'_>,
        mutation: MutationId,
        theirs: Option<&[String]>,
    ) -> Result<(), StoreError> {
        let fresh = moment.mutation();
        let transaction = self.db.transaction()?;
        if theirs.is_none() && drop_refused(&transaction, mutation)? {
            transaction.commit()?;
            return Ok(());
        }
        let (record_id, mut fields) = aside(&transaction, mutation, "conflict")?;
        let (server, changed): (String, Option<String>) = transaction.query_row(
            "select server, changed from outbox where mutation = ?",
            [mutation.to_string()],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        let server: Record = json::read(&server)?;
        for difference in differences(&fields, &server, &in_dispute(changed)?) {
            if theirs.is_none_or(|theirs| theirs.contains(&difference.field)) {
                fields.remove(&difference.field);
            }
        }
        drop_lone_result(&mut fields);
        keep_submitted(&mut fields, &server.fields);
        transaction.execute(
            "update record set base = ?2, rev = ?3 where id = ?1 and rev < ?3",
            params![
                record_id.to_string(),
                serde_json::to_string(&server.fields)?,
                server.rev
            ],
        )?;
        if fields.is_empty() {
            transaction.execute(
                "delete from outbox where mutation = ?",
                [mutation.to_string()],
            )?;
        } else {
            transaction.execute(
                "update outbox set mutation = ?, fields = ?, state = 'waiting', server = null, changed = null, sealed = 0,
                    at = ?, base_rev = ?
                 where mutation = ?",
                params![
                    fresh.to_string(),
                    serde_json::to_string(&fields)?,
                    moment.now.0,
                    server.rev,
                    mutation.to_string()
                ],
            )?;
        }
        record::refresh(&transaction, record_id)?;
        transaction.commit()?;
        Ok(())
    }
}

/// Puts what is left of a set-aside change back into the queue.
fn again(
    db: &rusqlite::Connection,
    (now, fresh): (Millis, MutationId),
    mutation: MutationId,
    record_id: RecordId,
    mut fields: Fields,
) -> Result<(), StoreError> {
    let base: Fields = db.query_row(
        "select base from record where id = ?",
        [record_id.to_string()],
        |row| record::json(row, 0),
    )?;
    keep_submitted(&mut fields, &base);
    if fields.is_empty() {
        db.execute(
            "delete from outbox where mutation = ?",
            [mutation.to_string()],
        )?;
    }
    db.execute(
        "update outbox set mutation = ?, fields = ?, state = 'waiting', code = null, reason = null, sealed = 0, at = ?,
            base_rev = (select rev from record where id = outbox.record) where mutation = ?",
        params![fresh.to_string(), serde_json::to_string(&fields)?, now.0, mutation.to_string()],
    )?;
    record::refresh(db, record_id).map(|_| ())
}

fn has_submission(fields: &Fields) -> bool {
    fields.keys().any(|name| name.starts_with(SUBMISSION))
}

fn aside(
    db: &rusqlite::Connection,
    mutation: MutationId,
    state: &str,
) -> Result<(RecordId, Fields), StoreError> {
    db.query_row(
        "select record, fields from outbox where mutation = ? and state = ?",
        params![mutation.to_string(), state],
        |row| Ok((record::parsed(row, 0)?, record::json(row, 1)?)),
    )
    .optional()?
    .ok_or(StoreError::NotFound)
}

/// Takes a refused change out of the queue, as a person chose; false when it is none, or when it is a visit that the
/// server has not: that can be sent again or discarded, but there is nothing to take in its place.
fn drop_refused(db: &rusqlite::Connection, mutation: MutationId) -> Result<bool, StoreError> {
    let refused: Option<(RecordId, Kind, bool)> = db
        .query_row(
            "select o.record, o.kind, r.rev > 0 from outbox o join record r on r.id = o.record
             where o.mutation = ? and o.state = 'aside'",
            [mutation.to_string()],
            |row| {
                Ok((
                    record::parsed(row, 0)?,
                    record::parsed(row, 1)?,
                    row.get(2)?,
                ))
            },
        )
        .optional()?;
    let Some((id, kind, is_known)) = refused else {
        return Ok(false);
    };
    // What was to be said once can be left unsaid; what is worked on is not lost so.
    if !is_known && !spec(kind).is_some_and(|spec| spec.is_append_only) {
        return Ok(false);
    }
    let visit: Option<RecordId> = db.query_row(
        "select visit from outbox where mutation = ?",
        [mutation.to_string()],
        |row| {
            Ok(row
                .get::<_, Option<String>>(0)?
                .and_then(|id| id.parse().ok()))
        },
    )?;
    db.execute(
        "delete from outbox where mutation = ?",
        [mutation.to_string()],
    )?;
    // Out of a backup file there may be another change of it, which is decided about by itself.
    let is_said_again: bool = db.query_row(
        "select exists (select 1 from outbox where record = ?)",
        [id.to_string()],
        |row| row.get(0),
    )?;
    if is_known || is_said_again {
        record::refresh(db, id)?;
        return Ok(true);
    }
    // Somebody else's word stands, and the visit shows it.
    kinds::forget(db, kind, id)?;
    db.execute("delete from record where id = ?", [id.to_string()])?;
    if let Some(visit) = visit {
        kinds::refresh_visit(db, visit)?;
    }
    Ok(true)
}

/// Who gave the fields in dispute the server's values; empty when the server did not say which they are.
type InDispute = BTreeMap<String, Changed>;

fn in_dispute(changed: Option<String>) -> Result<InDispute, StoreError> {
    Ok(match changed {
        Some(changed) => json::read(&changed)?,
        None => InDispute::new(),
    })
}

/// A draft that was given up here and submitted elsewhere stands: that is not sent again.
fn keep_submitted(mine: &mut Fields, server: &Fields) {
    if server.keys().any(|name| name.starts_with(SUBMISSION)) {
        mine.remove(VOID);
    }
}

/// What a visit comes to goes with its submission and not without.
fn drop_lone_result(fields: &mut Fields) {
    if !has_submission(fields) {
        fields.retain(|name, _| !WITH_SUBMISSION.contains(&name.as_str()));
    }
}

/// The fields to which both sides gave another value. What a visit comes to is no matter to choose: it follows from the
/// answers that stand in the end.
fn differences(mine: &Fields, server: &Record, changed: &InDispute) -> Vec<Difference> {
    mine.iter()
        .filter(|(name, _)| !WITH_SUBMISSION.contains(&name.as_str()))
        .filter(|(name, _)| changed.is_empty() || changed.contains_key(*name))
        .filter(|(name, value)| server.fields.get(*name).unwrap_or(&Value::Null) != *value)
        .map(|(name, value)| Difference {
            field: name.clone(),
            mine: shown(value),
            theirs: server.fields.get(name).and_then(shown),
            by: String::new(),
            at: None,
        })
        .filter(|difference| is_answer(&difference.field) || difference.theirs.is_some())
        .collect()
}

fn shown(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}
