//! What is read together and written together. A statement costs as much on its way as it takes, so a request of a hundred
//! changes asks for its records once and writes them once:
//!
//! ```text
//! expect(100 records, 100 mutations)     one statement each reads them
//! record(…), answer_to(…)                are answered from that
//! put(…), write_down(…)                  wait here
//! any other statement, the end of a part    writes them first: 100 rows a statement
//! ```
//!
//! What waits belongs to the part of the transaction that was begun last: a part begins and ends with nothing waiting.

use std::{
    cell::RefCell,
    collections::{BTreeMap, HashMap, HashSet},
};

use crate::{
    domain::{MutationId, RecordId, Stored},
    server::repo::{
        Error,
        log::{Answered, Author, NewEntry},
        to_json,
    },
};

use super::{
    client::{Client, Owned},
    int,
};

/// Rows that wait, at most.
const MOST: usize = 128;
/// Bytes of what waits, at most.
const MOST_BYTES: usize = 1_000_000;

/// What was read ahead, in this transaction.
#[derive(Default)]
pub(super) struct Ahead {
    pub(super) facts: RefCell<Option<BTreeMap<String, String>>>,
    records: RefCell<HashMap<RecordId, Option<Stored>>>,
    answers: RefCell<HashMap<MutationId, Option<(Answered, Author)>>>,
}

impl Ahead {
    /// Forgets everything: it may be otherwise now.
    pub(super) fn clear(&self) {
        self.facts.borrow_mut().take();
        self.forget_rows();
    }

    /// Forgets records and answers: those of another request are wanted.
    pub(super) fn forget_rows(&self) {
        self.records.borrow_mut().clear();
        self.answers.borrow_mut().clear();
    }

    /// The record, if it was read ahead and not written since.
    pub(super) fn record(&self, id: RecordId) -> Option<Option<Stored>> {
        self.records.borrow().get(&id).cloned()
    }

    /// The answer to a mutation, if it was read ahead and not written since.
    pub(super) fn answer(&self, id: MutationId) -> Option<Option<(Answered, Author)>> {
        self.answers.borrow().get(&id).cloned()
    }

    pub(super) fn keep_record(&self, id: RecordId, record: Option<Stored>) {
        self.records.borrow_mut().insert(id, record);
    }

    pub(super) fn keep_answer(&self, id: MutationId, answer: Option<(Answered, Author)>) {
        self.answers.borrow_mut().insert(id, answer);
    }
}

/// What waits to be written.
#[derive(Default)]
pub(super) struct Behind {
    records: RefCell<Records>,
    mutations: RefCell<Mutations>,
    uses: RefCell<Uses>,
}

/// Columns of records.
#[derive(Default)]
struct Records {
    ids: HashSet<RecordId>,
    bytes: usize,
    numbers: [Vec<i64>; 2],
    flags: [Vec<bool>; 2],
    texts: [Vec<String>; 5],
    optional: [Vec<Option<String>>; 3],
}

/// Columns of mutations.
#[derive(Default)]
struct Mutations {
    ids: HashSet<MutationId>,
    bytes: usize,
    texts: [Vec<String>; 5],
    optional: [Vec<Option<String>>; 8],
    numbers: [Vec<i64>; 3],
    optional_numbers: [Vec<Option<i64>>; 4],
    draft: Vec<Option<bool>>,
}

/// What visits name: what they named before is forgotten.
#[derive(Default)]
struct Uses {
    visits: Vec<String>,
    names: Vec<String>,
    of: Vec<String>,
    restricted: Vec<bool>,
}

impl Behind {
    /// Drops what waits: its part is undone.
    pub(super) fn clear(&self) {
        self.records.take();
        self.mutations.take();
        self.uses.take();
    }
}

fn push<T, const N: usize>(columns: &mut [Vec<T>; N], values: [T; N]) {
    for (column, value) in columns.iter_mut().zip(values) {
        column.push(value);
    }
}

fn boxed<T: tokio_postgres::types::ToSql + Sync + Send + 'static>(column: T) -> Owned {
    Box::new(column)
}

impl Client {
    /// Lets a record wait to be written.
    ///
    /// # Errors
    /// When what waits before it cannot be written, or a number is too large.
    pub(super) fn put_behind(&self, stored: &Stored, fields: &str) -> Result<(), Error> {
        let record = &stored.record;
        // A statement writes a row once.
        if self.behind.records.borrow().ids.contains(&record.id) {
            self.write_behind()?;
        }
        let is_full = {
            let mut waiting = self.behind.records.borrow_mut();
            let numbers = [int(record.rev)?, int(stored.born)?];
            let field_revs = to_json(&stored.field_revs)?;
            waiting.bytes += fields.len() + field_revs.len();
            waiting.ids.insert(record.id);
            push(&mut waiting.numbers, numbers);
            push(&mut waiting.flags, [stored.private, record.deleted]);
            push(
                &mut waiting.texts,
                [
                    record.id.to_string(),
                    record.kind.name().to_owned(),
                    record.area.0.clone(),
                    field_revs,
                    fields.to_owned(),
                ],
            );
            push(
                &mut waiting.optional,
                [
                    record.owner.map(|owner| owner.to_string()),
                    stored.audience.map(|user| user.to_string()),
                    stored.parent.map(|parent| parent.to_string()),
                ],
            );
            waiting.ids.len() >= MOST || waiting.bytes > MOST_BYTES
        };
        self.ahead.records.borrow_mut().remove(&record.id);
        match is_full {
            true => self.write_behind(),
            false => Ok(()),
        }
    }

    /// Lets a line of the log wait to be written.
    ///
    /// # Errors
    /// When what waits before it cannot be written, or a number is too large.
    pub(super) fn write_down_behind(&self, entry: &NewEntry<'_>) -> Result<(), Error> {
        if self.behind.mutations.borrow().ids.contains(&entry.id) {
            self.write_behind()?;
        }
        let (outcome, rev, code, reason) = entry.answered.columns()?;
        let kept = &entry.kept;
        let cut = kept.cut.as_ref();
        let numbers = [int(entry.base_rev)?, entry.at.0, entry.received_at.0];
        let optional_numbers = [
            entry.sent.map(int).transpose()?,
            entry.clock,
            rev.map(int).transpose()?,
            cut.map(|cut| int(cut.bytes)).transpose()?,
        ];
        let is_full = {
            let mut waiting = self.behind.mutations.borrow_mut();
            waiting.bytes += kept.fields.len();
            waiting.ids.insert(entry.id);
            push(&mut waiting.numbers, numbers);
            push(&mut waiting.optional_numbers, optional_numbers);
            push(
                &mut waiting.texts,
                [
                    entry.id.to_string(),
                    entry.record.to_string(),
                    entry.kind.name().to_owned(),
                    outcome.to_owned(),
                    kept.fields.to_string(),
                ],
            );
            push(
                &mut waiting.optional,
                [
                    entry.author.user.map(|user| user.to_string()),
                    entry.author.device.map(|device| device.to_string()),
                    code,
                    reason.cloned(),
                    kept.visit.map(|visit| visit.to_string()),
                    kept.cooperative.map(|cooperative| cooperative.to_string()),
                    cut.map(|cut| cut.hash.clone()),
                    cut.map(|cut| cut.head.clone()),
                ],
            );
            waiting
                .draft
                .push((outcome != "applied").then_some(kept.draft));
            waiting.ids.len() >= MOST || waiting.bytes > MOST_BYTES
        };
        self.ahead.answers.borrow_mut().remove(&entry.id);
        match is_full {
            true => self.write_behind(),
            false => Ok(()),
        }
    }

    /// Lets what a visit names wait to be written.
    ///
    /// # Errors
    /// When what waits before it cannot be written.
    pub(super) fn set_uses_behind(
        &self,
        visit: &str,
        uses: impl Iterator<Item = (String, bool)>,
    ) -> Result<(), Error> {
        if self
            .behind
            .uses
            .borrow()
            .visits
            .iter()
            .any(|one| one == visit)
        {
            self.write_behind()?;
        }
        let mut waiting = self.behind.uses.borrow_mut();
        waiting.visits.push(visit.to_owned());
        for (name, restricted) in uses {
            waiting.names.push(name);
            waiting.of.push(visit.to_owned());
            waiting.restricted.push(restricted);
        }
        Ok(())
    }

    /// Sends what waits.
    ///
    /// # Errors
    /// When an earlier statement failed.
    pub(super) fn write_behind(&self) -> Result<(), Error> {
        let Records {
            ids,
            numbers: [rev, born],
            flags: [private, deleted],
            texts: [id, kind, area, field_revs, fields],
            optional: [owner, audience, parent],
            ..
        } = self.behind.records.take();
        if !ids.is_empty() {
            let columns = vec![
                boxed(rev),
                boxed(id),
                boxed(kind),
                boxed(area),
                boxed(owner),
                boxed(audience),
                boxed(parent),
                boxed(private),
                boxed(deleted),
                boxed(born),
                boxed(field_revs),
                boxed(fields),
            ];
            self.send_now(include_str!("put_records.sql"), columns)?;
        }
        let Mutations {
            ids,
            texts: [id, record, kind, outcome, fields],
            optional:
                [
                    account,
                    device,
                    code,
                    reason,
                    visit,
                    cooperative,
                    hash,
                    head,
                ],
            numbers: [base_rev, at, received_at],
            optional_numbers: [sent, clock, rev, bytes],
            draft,
            ..
        } = self.behind.mutations.take();
        if !ids.is_empty() {
            let columns = vec![
                boxed(id),
                boxed(record),
                boxed(kind),
                boxed(account),
                boxed(device),
                boxed(base_rev),
                boxed(sent),
                boxed(at),
                boxed(received_at),
                boxed(clock),
                boxed(outcome),
                boxed(rev),
                boxed(code),
                boxed(reason),
                boxed(fields),
                boxed(visit),
                boxed(cooperative),
                boxed(draft),
                boxed(bytes),
                boxed(hash),
                boxed(head),
            ];
            self.send_now(include_str!("put_mutations.sql"), columns)?;
        }
        let Uses {
            visits,
            names,
            of,
            restricted,
        } = self.behind.uses.take();
        if !visits.is_empty() {
            self.send_now(
                "delete from attachment_use where visit = any($1)",
                vec![boxed(visits)],
            )?;
        }
        if !names.is_empty() {
            self.send_now(
                "insert into attachment_use (name, visit, restricted)
                 select * from unnest($1::text[], $2::text[], $3::boolean[])",
                vec![boxed(names), boxed(of), boxed(restricted)],
            )?;
        }
        Ok(())
    }
}
