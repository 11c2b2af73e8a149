//! What must hold in the end, once the faults have ended and everything has come to rest.

use std::collections::{BTreeMap, BTreeSet};

use anjangsana::{
    domain::{
        Fields, Kind, MutationId, Record, RecordId, Stored, User, VisitState,
        record::overlay,
        visit::{LEFT, VOID},
    },
    server::repo::Records,
    store::api::{Reply, Request},
};
use rusqlite::Connection;
use serde_json::Value;

use crate::ledger::Said;
use crate::phone::{Done, Phone};
use crate::world::World;

/// A row of the server's log.
pub(crate) struct Logged {
    id: MutationId,
    kind: String,
    record: RecordId,
    outcome: String,
    fields: Fields,
    /// Its device sent something else about the record later, and was answered that: or this came out of a file, and the
    /// device sent something too.
    overtaken: bool,
}

impl World {
    pub(crate) fn check(&mut self) {
        let kinds: Vec<String> = rows(&self.office.db, "select distinct kind from record", |row| {
            row.get(0)
        });
        let kinds = kinds.iter().map(|name| Kind::from_name(name).unwrap());
        let stored: Vec<Stored> = kinds
            .flat_map(|kind| self.office.db.records_of(kind).unwrap())
            .collect();
        let log = log(&self.office.db);
        for p in 0..self.phones.len() {
            if self.phones[p].lost {
                continue;
            }
            self.compare(p, &stored);
            self.check_outbox(p, &log);
        }
        self.check_visits(&stored);
        self.check_photos(&stored);
        self.check_said(&log);
        self.check_decided(&log, &stored);
    }

    pub(crate) fn complain(&mut self, what: String) {
        if self.wrong.len() < 12 {
            self.wrong.push(what);
        }
    }

    /// Field by field, what the server shows a person is what their phone has, and nothing else.
    fn compare(&mut self, p: usize, stored: &[Stored]) {
        let user = self.people[self.phones[p].who].clone();
        let seen: BTreeMap<RecordId, &Record> = stored
            .iter()
            .filter(|one| sees(&user, one))
            .map(|one| (one.record.id, &one.record))
            .collect();
        let here = records(&self.phones[p].disk.look);
        let name = self.phones[p].name.clone();
        for (id, record) in &seen {
            match here.get(id).filter(|one| one.rev > 0) {
                None => self.complain(format!("{name} lacks {} {id}", record.kind.name())),
                Some(one)
                    if one.rev != record.rev
                        || one.base != record.fields
                        || one.area != record.area.0 =>
                {
                    self.complain(format!(
                        "{name} has {} {id} at {} in {}, the server at {} in {}: {:?}",
                        record.kind.name(),
                        one.rev,
                        one.area,
                        record.rev,
                        record.area.0,
                        differing(&one.base, &record.fields)
                    ));
                }
                Some(_) => {}
            }
        }
        for (id, one) in &here {
            if one.rev > 0 && !seen.contains_key(id) {
                self.complain(format!(
                    "{name} has {} {id}, which is out of its sight",
                    one.kind
                ));
            }
            let mut shown = one.base.clone();
            for fields in unsent(&self.phones[p].disk.look, *id) {
                overlay(&mut shown, &fields);
            }
            if shown != one.fields {
                self.complain(format!(
                    "{name} shows of {id} what is neither the server's nor unsent"
                ));
            }
        }
    }

    /// What is left in an outbox was set aside with a reason, and the server has never taken it.
    fn check_outbox(&mut self, p: usize, log: &[Logged]) {
        let name = self.phones[p].name.clone();
        let left = rows(
            &self.phones[p].disk.look,
            "select mutation, state, ifnull(reason, ''), server is not null, fields from outbox",
            |row| {
                Ok((
                    row.get::<_, String>(0)?,
                    row.get::<_, String>(1)?,
                    row.get::<_, String>(2)?,
                    row.get::<_, bool>(3)?,
                    row.get::<_, String>(4)?,
                ))
            },
        );
        for (mutation, state, reason, copy, fields) in left {
            let fields: Fields = serde_json::from_str(&fields).unwrap();
            match state.as_str() {
                "aside" if reason.is_empty() => {
                    self.complain(format!("{name}: {mutation} was set aside without a reason"))
                }
                "conflict" if !copy => {
                    self.complain(format!("{name}: {mutation} is in conflict with nothing"))
                }
                "aside" | "conflict" => {}
                other => self.complain(format!("{name}: {mutation} is still {other}")),
            }
            let id: MutationId = mutation.parse().unwrap();
            if log
                .iter()
                // Set aside, it may have been joined by what the server has never seen.
                .any(|one| one.id == id && one.outcome == "applied" && one.fields == fields)
            {
                self.complain(format!(
                    "{name}: {mutation} is kept as {state}, but the server has it"
                ));
            }
        }
        match self.phones[p].ask(
            self.now,
            &mut self.rng,
            Request::MyVisits { states: Vec::new() },
        ) {
            Done::Yes(reply) => {
                let Reply::Visits(visits) = *reply else {
                    return;
                };
                let me = self.people[self.phones[p].who].id;
                for row in visits {
                    if row.state == VisitState::Draft && row.officer != me {
                        self.complain(format!("{name} sees somebody else's draft {}", row.id));
                    }
                }
            }
            _ => self.complain(format!("{name} does not answer")),
        }
    }

    /// Every visit that somebody began is there once, its owner's, or waits with a reason on the phone it was begun on.
    fn check_visits(&mut self, stored: &[Stored]) {
        let visits: BTreeMap<RecordId, &Stored> = stored
            .iter()
            .filter(|one| one.record.kind == Kind::Visit)
            .map(|one| (one.record.id, one))
            .collect();
        for (id, who) in self.ledger.visits.clone() {
            match visits.get(&id) {
                Some(one) if one.record.owner == Some(self.people[who].id) => {}
                Some(_) => self.complain(format!("visit {id} has another owner")),
                None => {
                    // What only a lost disk and a lost phone had is lost.
                    let theirs = |phone: &&Phone| phone.who == who && phone.lost;
                    let excused = self.phones.iter().any(|phone| theirs(&phone))
                        || self.ledger.mislaid.contains(&id);
                    // What was refused and has only its lost phone's file left: the office has it among what is held.
                    let is_held = |one: &Logged| one.record == id && one.outcome == "rejected";
                    let kept = excused
                        && (self.restored || log(&self.office.db).iter().any(is_held))
                        || self.ledger.sunk_records.contains(&id)
                        || self
                            .phones
                            .iter()
                            .filter(|phone| !phone.lost)
                            .any(|phone| !unsent(&phone.disk.look, id).is_empty());
                    if !kept {
                        self.complain(format!("visit {id} is gone"));
                    }
                }
            }
        }
        for id in visits.keys() {
            if !self.ledger.visits.contains_key(id) {
                self.complain(format!("visit {id} was begun by nobody"));
            }
        }
    }

    /// Every value that somebody was told is saved is in the history, or that person gave another one later, or it is
    /// kept where a person must decide.
    fn check_said(&mut self, log: &[Logged]) {
        let known = said_in(log);
        let mut later: BTreeSet<(usize, RecordId, String)> = BTreeSet::new();
        let mut lost = Vec::new();
        // After a restore the history of before is gone: what the same person gave another value on another phone may
        // have gone with it.
        let mut overwritten: BTreeSet<(usize, RecordId, &str)> = BTreeSet::new();
        for said in self.ledger.said.iter().rev() {
            // After a restore a visit is submitted once, with its last mark, however often it was before.
            let field = match said.field.strip_prefix("submission/") {
                Some(_) if self.restored => "submission",
                _ => said.field.as_str(),
            };
            let key = (said.phone, said.visit, field.to_owned());
            let is_last = later.insert(key);
            let is_there = said.given_up
                || said.value.is_empty()
                || known.contains(&(said.visit, said.field.clone(), said.value.clone()))
                || self.is_submission_in(&known, said);
            let heirs = self.heirs(said.phone);
            // What only a lost disk and a lost phone had is lost, or a phone that had mislaid it.
            let is_mislaid = self.ledger.mislaid.contains(&said.visit);
            if self.restored && (self.phones[said.phone].lost || is_mislaid) {
                continue;
            }
            let gave_up = |q: &usize| self.ledger.given_up.contains(&(*q, said.visit));
            let owner = (self.phones[said.phone].who, said.visit, said.field.as_str());
            let is_overwritten = self.restored && overwritten.contains(&owner);
            if is_there {
                overwritten.insert(owner);
            }
            if !is_last || is_there || is_overwritten || heirs.iter().any(gave_up) {
                continue;
            }
            let keeps = |q: &usize| self.keeps(*q, said);
            if !heirs.iter().any(keeps) {
                lost.push(format!(
                    "{} was told that {} = {} of {} is saved, and it is lost",
                    self.phones[said.phone].name, said.field, said.value, said.visit
                ));
            }
        }
        for one in lost {
            self.complain(one);
        }
    }

    /// After a restore a submission may be counted otherwise.
    fn is_submission_in(&self, known: &BTreeSet<(RecordId, String, String)>, said: &Said) -> bool {
        let is_same = |one: &(RecordId, String, String)| {
            one.0 == said.visit && one.1.starts_with("submission/") && one.2 == said.value
        };
        said.field.starts_with("submission/") && self.restored && known.iter().any(is_same)
    }

    /// The phone itself; of one that is lost, the others of its person, to which its backup may have come.
    pub(crate) fn heirs(&self, p: usize) -> Vec<usize> {
        let is_lost = self.phones[p].lost;
        let is_heir = |q: &usize| *q == p || is_lost && self.phones[*q].who == self.phones[p].who;
        (0..self.phones.len()).filter(is_heir).collect()
    }

    fn keeps(&self, p: usize, said: &Said) -> bool {
        if self.phones[p].lost {
            return false;
        }
        let held = rows(
            &self.phones[p].disk.look,
            "select record, fields, kind from outbox",
            |row| {
                Ok((
                    row.get::<_, String>(0)?,
                    row.get::<_, String>(1)?,
                    row.get::<_, String>(2)?,
                ))
            },
        );
        held.into_iter().any(|(record, fields, kind)| {
            let row = Logged {
                id: MutationId::of_text("none"),
                kind,
                record: record.parse().unwrap(),
                outcome: String::new(),
                fields: serde_json::from_str(&fields).unwrap(),
                overtaken: false,
            };
            let held = said_in(&[row]);
            held.contains(&(said.visit, said.field.clone(), said.value.clone()))
                || self.is_submission_in(&held, said)
        })
    }

    /// What the server did not take was decided by a person, or still waits for one.
    fn check_decided(&mut self, log: &[Logged], stored: &[Stored]) {
        let held: BTreeSet<MutationId> = self
            .phones
            .iter()
            .filter(|phone| !phone.lost)
            .flat_map(|phone| {
                rows(&phone.disk.look, "select mutation from outbox", |row| {
                    row.get::<_, String>(0)
                })
            })
            .filter_map(|id| id.parse().ok())
            .collect();
        for one in log.iter().filter(|one| one.outcome != "applied") {
            // After a restore a device mends by itself what was refused for want of what the backup lacks.
            let mended = self.restored && one.outcome == "rejected";
            // What came late has been sent under another name already.
            let overtaken = one.outcome == "conflict" && one.overtaken;
            // Somebody else has said the same, so there is nothing to ask.
            let came = one.fields.iter().all(|(name, value)| {
                let mut applied = log
                    .iter()
                    .filter(|other| other.outcome == "applied" && other.record == one.record);
                value.is_null() || applied.any(|other| other.fields.get(name) == Some(value))
            });
            let submits = one
                .fields
                .keys()
                .any(|name| name.starts_with("submission/"));
            let stands = stored.iter().any(|stored| {
                let stands = |name: &str| stored.record.fields.get(name).unwrap_or(&Value::Null);
                stored.record.id == one.record
                    && one.fields.iter().all(|(name, value)| {
                        // Submitted is submitted, on whichever phone and in the version that it had there, and given up
                        // is given up; and a later answer may have joined it.
                        let once = name.starts_with("submission/")
                            || name == VOID
                            || name == "form_version" && submits;
                        stands(name) == value
                            || once && !stands(name).is_null()
                            || self.ledger.said.iter().any(|said| {
                                said.visit == one.record
                                    && said.field == *name
                                    && (stands(name).as_str() == Some(&said.value)
                                        || stands(name).is_null() && said.value.is_empty())
                            })
                    })
            });
            if !mended
                && !overtaken
                && !stands
                && !came
                && !held.contains(&one.id)
                && !self.ledger.decided.contains(&one.id)
            {
                self.complain(format!(
                    "{} came to {}, and nobody was asked",
                    one.id, one.outcome
                ));
            }
        }
    }
}

fn sees(user: &User, one: &Stored) -> bool {
    let mine = one.record.owner == Some(user.id) || one.audience == Some(user.id);
    // A draft is its officer's alone.
    let is_draft = one.record.kind == Kind::Visit
        && !one
            .record
            .fields
            .keys()
            .any(|name| name.starts_with("submission/"));
    !one.record.deleted && (mine || !is_draft && user.scope.sees(&one.record.area))
}

/// The names of the fields that differ.
fn differing(here: &Fields, there: &Fields) -> BTreeSet<String> {
    let differs = |name: &&String| here.get(*name) != there.get(*name);
    here.keys()
        .chain(there.keys())
        .filter(differs)
        .cloned()
        .collect()
}

pub(crate) struct Here {
    pub(crate) kind: String,
    pub(crate) owner: Option<String>,
    area: String,
    rev: u64,
    pub(crate) base: Fields,
    fields: Fields,
}

fn rows<T>(
    db: &Connection,
    sql: &str,
    read: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
) -> Vec<T> {
    let mut statement = db.prepare_cached(sql).unwrap();
    statement
        .query_map([], read)
        .unwrap()
        .map(Result::unwrap)
        .collect()
}

pub(crate) fn records(db: &Connection) -> BTreeMap<RecordId, Here> {
    let all = rows(
        db,
        "select id, kind, area, rev, base, fields, owner from record",
        |row| {
            let json = |at: usize| {
                serde_json::from_str(row.get_ref(at).unwrap().as_str().unwrap()).unwrap()
            };
            let id: String = row.get(0)?;
            let here = Here {
                kind: row.get(1)?,
                owner: row.get(6)?,
                area: row.get(2)?,
                rev: row.get(3)?,
                base: json(4),
                fields: json(5),
            };
            Ok((id.parse().unwrap(), here))
        },
    );
    all.into_iter().collect()
}

pub(crate) fn unsent(db: &Connection, record: RecordId) -> Vec<Fields> {
    let mut statement = db
        .prepare_cached("select fields from outbox where record = ? order by seq")
        .unwrap();
    statement
        .query_map([record.to_string()], |row| row.get::<_, String>(0))
        .unwrap()
        .map(|text| serde_json::from_str(&text.unwrap()).unwrap())
        .collect()
}

pub(crate) fn log(db: &Connection) -> Vec<Logged> {
    rows(
        db,
        "select id, kind, record, outcome, fields, exists (
            select 1 from mutation later
            where later.record = this.record and later.device is this.device and later.user is this.user
                and (later.sent > this.sent or this.sent is null and later.sent is not null))
         from mutation this where user is not null",
        |row| {
            Ok(Logged {
                id: row.get::<_, String>(0)?.parse().unwrap(),
                kind: row.get(1)?,
                record: row.get::<_, String>(2)?.parse().unwrap(),
                outcome: row.get(3)?,
                fields: serde_json::from_str(&row.get::<_, String>(4)?).unwrap(),
                overtaken: row.get(5)?,
            })
        },
    )
}

/// Which values of which fields of which visits stand in mutations.
pub(crate) fn said_in(log: &[Logged]) -> BTreeSet<(RecordId, String, String)> {
    log.iter()
        .flat_map(|one| said_of(&one.kind, one.record, &one.fields))
        .collect()
}

/// Which values of which fields of which visits stand in a record's fields.
pub(crate) fn said_of(
    kind: &str,
    record: RecordId,
    fields: &Fields,
) -> Vec<(RecordId, String, String)> {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Object(mark) => mark.get("at").map(Value::to_string).unwrap_or_default(),
        other => other.to_string(),
    };
    if kind != "review" {
        // What has no place in a newer version of the form.
        let left = fields.iter().filter_map(|(name, leftover)| {
            let path = name.strip_prefix(LEFT)?.split('/').nth(1)?;
            let value = leftover.get("value").map(text)?;
            Some((record, format!("a/{path}"), value))
        });
        let of = |(field, value): (&String, &Value)| (record, field.clone(), text(value));
        return fields
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(of)
            .chain(left)
            .collect();
    }
    let named = |name: &str| fields.get(name).map(text);
    let (Some(visit), Some(submission), Some(note)) =
        (named("visit"), named("submission"), named("note"))
    else {
        return Vec::new();
    };
    let field = format!("review/{submission}");
    visit
        .parse()
        .map(|visit| vec![(visit, field, note)])
        .unwrap_or_default()
}
