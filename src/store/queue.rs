//! What waits, what was set aside, and what a person decides about it. Nothing leaves the queue unless the server has
//! it or a person chose the other value.

use rusqlite::{OptionalExtension, params};
use serde_json::Value;

use super::api::{Difference, Keep, Queue, QueueItem, QueueKind, StoreError};
use super::record;
use super::visits::is_answer;
use super::{Moment, Store};
use crate::domain::{
    Fields, Kind, Millis, MutationId, Record, RecordId, VisitState,
    assessment::{PROPOSAL, SCORE},
    visit::SUBMISSION,
};

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
            let kind = Kind::from_name(row.get_ref(1)?.as_str()?);
            let what = match (kind, visit.as_ref().map(|visit| visit.state)) {
                (Some(Kind::Visit), Some(VisitState::Draft | VisitState::Returned)) => {
                    QueueKind::Draft
                }
                (Some(Kind::Visit), _) => QueueKind::Visit,
                (Some(Kind::Review), _) => QueueKind::Review,
                _ => QueueKind::Other,
            };
            let transfer = self.transfer(row, 4)?;
            let server: Option<String> = row.get(8)?;
            let differences = match server {
                Some(server) => {
                    differences(&record::json(row, 9)?, &serde_json::from_str(&server)?)
                }
                None => Vec::new(),
            };
            items.push(QueueItem {
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
            sync: self.sync.clone(),
        })
    }

    /// Puts a set-aside change back into the queue under a new identity: the server answers the old one for ever the
    /// same. A submission that was refused becomes a draft again, so that its officer can mend it.
    pub(super) fn resend(
        &mut self,
        moment: &mut Moment<'_>,
        mutation: MutationId,
    ) -> Result<(), StoreError> {
        let fresh = moment.mutation();
        let transaction = self.db.transaction()?;
        let (record_id, mut fields) = aside(&transaction, mutation, "aside")?;
        let code: Option<String> = transaction.query_row(
            "select code from outbox where mutation = ?",
            [mutation.to_string()],
            |row| row.get(0),
        )?;
        if code.as_deref() == Some("incomplete") {
            fields.retain(|name, _| !name.starts_with(SUBMISSION));
            drop_lone_result(&mut fields);
        }
        transaction.execute(
            "update outbox set mutation = ?, fields = ?, state = 'waiting', code = null, reason = null, at = ?,
                base_rev = (select rev from record where id = outbox.record) where mutation = ?",
            params![fresh.to_string(), serde_json::to_string(&fields)?, moment.now.0, mutation.to_string()],
        )?;
        record::refresh(&transaction, record_id)?;
        transaction.commit()?;
        Ok(())
    }

    /// Decides a conflict: mine goes again on top of the server's copy; theirs drops the fields in dispute and sends
    /// the rest. A change that the server refused is dropped by theirs, when the server has the record at all.
    pub(super) fn resolve(
        &mut self,
        moment: &mut Moment<'_>,
        mutation: MutationId,
        keep: Keep,
    ) -> Result<(), StoreError> {
        let fresh = moment.mutation();
        let transaction = self.db.transaction()?;
        if keep == Keep::Theirs && drop_refused(&transaction, mutation)? {
            transaction.commit()?;
            return Ok(());
        }
        let (record_id, mut fields) = aside(&transaction, mutation, "conflict")?;
        let server: String = transaction.query_row(
            "select server from outbox where mutation = ?",
            [mutation.to_string()],
            |row| row.get(0),
        )?;
        let server: Record = serde_json::from_str(&server)?;
        if keep == Keep::Theirs {
            for difference in differences(&fields, &server) {
                fields.remove(&difference.field);
            }
            drop_lone_result(&mut fields);
        }
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
                "update outbox set mutation = ?, fields = ?, state = 'waiting', server = null, at = ?, base_rev = ?
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

/// Takes a refused change out of the queue, as a person chose; false when it is none, or the server has not the record.
fn drop_refused(db: &rusqlite::Connection, mutation: MutationId) -> Result<bool, StoreError> {
    let refused: Option<RecordId> = db
        .query_row(
            "select o.record from outbox o join record r on r.id = o.record
             where o.mutation = ? and o.state = 'aside' and r.rev > 0",
            [mutation.to_string()],
            |row| record::parsed(row, 0),
        )
        .optional()?;
    let Some(id) = refused else {
        return Ok(false);
    };
    db.execute(
        "delete from outbox where mutation = ?",
        [mutation.to_string()],
    )?;
    record::refresh(db, id)?;
    Ok(true)
}

/// What a visit comes to goes with its submission and not without.
fn drop_lone_result(fields: &mut Fields) {
    if !fields.keys().any(|name| name.starts_with(SUBMISSION)) {
        fields.remove(SCORE);
        fields.remove(PROPOSAL);
    }
}

/// The fields to which both sides gave another value. What a visit comes to is no matter to choose: it follows from the answers that stand in the end.
fn differences(mine: &Fields, server: &Record) -> Vec<Difference> {
    mine.iter()
        .filter(|(name, _)| ![SCORE, PROPOSAL].contains(&name.as_str()))
        .filter(|(name, value)| server.fields.get(*name).unwrap_or(&Value::Null) != *value)
        .map(|(name, value)| Difference {
            field: name.clone(),
            mine: shown(value),
            theirs: server.fields.get(name).and_then(shown),
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
