//! What people do on their phones.

use std::collections::BTreeMap;

use anjangsana::{
    domain::{Decision, Fields, MutationId, RecordId, Role, VisitState},
    server::repo::Log,
    store::api::{
        CooperativeQuery, InboxQuery, Keep, QueueItem, Reply, Request, ReviewDraft, StoreError,
        Transfer,
    },
    sync::{
        engine::{Event, Failure},
        upload,
    },
};
use rusqlite::OptionalExtension;
use serde_json::Value;

use crate::bugs::{self, Bug};
use crate::cast::{self, DATE, PASTED, QUESTIONS, REPEAT};
use crate::phone::Done;
use crate::world::{What, World};

impl World {
    /// Asks a phone's store; `None` when the power failed or it said no.
    fn ask(&mut self, p: usize, request: Request) -> Option<Reply> {
        self.try_ask(p, request)?.ok()
    }

    fn try_ask(&mut self, p: usize, request: Request) -> Option<Result<Reply, StoreError>> {
        self.may_doom(p);
        match self.phones[p].ask(self.now, &mut self.rng, request) {
            Done::Yes(reply) => Some(Ok(*reply)),
            Done::Died => {
                self.crash(p);
                None
            }
            Done::No(error) => {
                let expected = matches!(
                    error,
                    StoreError::NotOpen
                        | StoreError::NotFound
                        | StoreError::State { .. }
                        | StoreError::Forbidden
                        | StoreError::Full
                        | StoreError::Form(_)
                        | StoreError::SentAgain
                        | StoreError::TooLarge { .. }
                );
                if !expected {
                    self.wrong.push(format!("{}: {error}", self.phones[p].name));
                }
                Some(Err(error))
            }
        }
    }

    /// A change that the person is told is saved: the engine hears of it.
    pub(crate) fn changed(&mut self, p: usize, visit: RecordId, request: Request) -> bool {
        // Whoever changes what was refused mends it, and it goes again under another name.
        let held = self.held(p, visit);
        let told = self.ask(p, request).is_some();
        // The power may fail between the commit and the word that it is done.
        self.moved_on(p, visit, &held);
        if !told {
            return false;
        }
        let chance = self.rng.per_mille(100);
        if let Some(bug) = self.bug
            && bugs::after_change(bug, &self.phones[p].disk.look, visit, chance)
        {
            self.crash(p);
            return false;
        }
        self.phones[p].agreed = None;
        self.phones[p].hear(Event::Changed);
        self.wake(p);
        true
    }

    /// What of a visit waits for a person.
    fn held(&self, p: usize, visit: RecordId) -> Vec<MutationId> {
        let look = &self.phones[p].disk.look;
        let mut statement = look
            .prepare_cached(
                "select mutation from outbox where record = ? and state in ('aside', 'conflict')",
            )
            .unwrap();
        let ids = statement
            .query_map([visit.to_string()], |row| row.get::<_, String>(0))
            .unwrap();
        ids.filter_map(|id| id.unwrap().parse().ok()).collect()
    }

    /// What waited and waits no more, or under another name, was in a person's hands.
    fn moved_on(&mut self, p: usize, visit: RecordId, held: &[MutationId]) {
        let still = self.held(p, visit);
        for id in held.iter().filter(|id| !still.contains(id)) {
            self.ledger.decided.insert(*id);
            self.ledger.renamed.insert((p, visit));
        }
    }

    pub(crate) fn act(&mut self, p: usize) {
        if self.acts == 0 {
            // The faults have ended, and with them the working day.
            return;
        }
        self.acts -= 1;
        self.tally.acts += 1;
        let longest = if self.rng.per_mille(500) {
            20_000
        } else {
            400_000
        };
        let next = self.rng.between(2_000, longest);
        self.at(next, What::Act(p));
        if self.phones[p].store.is_none() {
            return;
        }
        self.look_after_session(p, 500);
        let store = self.phones[p].store.as_ref();
        let is_officer = store.is_some_and(|store| store.user().role == Role::Officer);
        match self.rng.below(20) {
            0 if self.rng.per_mille(800) => self.handle_files(p),
            0 => {
                self.phones[p].hear(Event::Asked);
                self.phones[p].hear_photo(upload::Event::Asked);
                self.wake(p);
            }
            1 if self.rng.per_mille(200) => {
                let only = self.rng.per_mille(500);
                if self.ask(p, Request::PhotosByWifi { only }).is_some() {
                    self.phones[p].hear_photo(upload::Event::WifiOnly(only));
                    self.wake(p);
                }
            }
            1..=3 => self.settle_one(p),
            4..=6 if is_officer => self.begin(p),
            7 => self.handle_files(p),
            4..=12 if !is_officer => self.review(p),
            _ => self.work(p),
        }
    }

    /// Logs in again, or takes the new app, when that is what is missing.
    fn look_after_session(&mut self, p: usize, per_mille: u32) {
        if !self.rng.per_mille(per_mille) {
            return;
        }
        match self.phones[p].is_stopped() {
            Some(Failure::Auth) => {
                self.log_in(p);
                self.phones[p].session_begins();
                let name = &self.phones[p].name;
                self.trace.note(self.now, 30, || format!("{name} logs in"));
                self.wake(p);
            }
            Some(_) => {
                self.phones[p].stop();
                self.start(p, None);
            }
            None => {}
        }
    }

    fn begin(&mut self, p: usize) {
        let query = CooperativeQuery {
            limit: 10,
            ..CooperativeQuery::default()
        };
        let Some(Reply::Cooperatives(page)) = self.ask(p, Request::Cooperatives(query)) else {
            return;
        };
        let Some(cooperative) = self.rng.pick(&page.rows).map(|row| row.id) else {
            return;
        };
        let Some(Reply::Started(visit)) = self.ask(p, Request::StartVisit { cooperative }) else {
            return;
        };
        self.ledger.visits.insert(visit, self.phones[p].who);
        let name = &self.phones[p].name;
        self.trace
            .note(self.now, 31, || format!("{name} begins {visit}"));
        self.phones[p].hear(Event::Changed);
        self.wake(p);
        self.answer(p, visit, None);
        if self.rng.per_mille(300) {
            self.photograph(p, visit);
        }
    }

    /// Goes on with one of the person's visits.
    pub(crate) fn work(&mut self, p: usize) {
        let who = self.phones[p].who;
        let mine: Vec<RecordId> = self
            .ledger
            .visits
            .iter()
            .filter(|(_, owner)| **owner == who)
            .map(|(visit, _)| *visit)
            .collect();
        // Mostly the newest, so that several phones are at the same one.
        let newest = &mine[mine.len().saturating_sub(2)..];
        let from = if self.rng.per_mille(600) {
            newest
        } else {
            &mine[..]
        };
        let Some(visit) = self.rng.pick(from).copied() else {
            return;
        };
        // What its lists do not show is not opened: a backup file may have brought a part of a visit.
        let look = &self.phones[p].disk.look;
        let is_listed = look
            .prepare_cached("select 1 from visit where id = ?")
            .unwrap()
            .exists([visit.to_string()])
            .unwrap();
        if !is_listed {
            return;
        }
        let held = self.held(p, visit);
        let reply = self.ask(p, Request::Visit(visit));
        // A draft that moves to a newer form when it is opened takes what was refused along.
        self.moved_on(p, visit, &held);
        let Some(Reply::Visit(detail)) = reply else {
            return;
        };
        let returned = detail.state == VisitState::Returned;
        if returned && (self.bug == Some(Bug::ReturnedLocked) || !detail.editable) {
            self.wrong.push(format!(
                "{} cannot edit {visit}, which was returned",
                self.phones[p].name
            ));
        }
        if !detail.editable {
            return;
        }
        match self.rng.below(10) {
            0..=3 => {
                let version = detail.visit.form_version.parse().ok();
                self.answer(p, visit, version);
            }
            4 | 5 => self.photograph(p, visit),
            6 if detail.visit.last_submission() == 0 && self.rng.per_mille(300) => {
                let reason = "batal".to_owned();
                if self.changed(p, visit, Request::DiscardVisit { visit, reason }) {
                    let name = &self.phones[p].name;
                    self.trace
                        .note(self.now, 32, || format!("{name} discards {visit}"));
                }
            }
            _ => {
                if !detail.visit.answers.contains_key("nama") && self.rng.per_mille(700) {
                    self.give(p, visit, "nama", None);
                }
                self.date(p, visit);
                let number = detail.visit.last_submission() + 1;
                if self.changed(
                    p,
                    visit,
                    Request::SubmitVisit {
                        visit,
                        result: None,
                        judged: None,
                    },
                ) {
                    let name = &self.phones[p].name;
                    self.trace
                        .note(self.now, 33, || format!("{name} submits {visit}"));
                    let at = self.phones[p].clock(self.now).0.to_string();
                    self.ledger
                        .say(p, visit, format!("submission/{number}"), at);
                }
            }
        }
    }

    /// Pastes long texts until no more is taken. What was called saved must reach the server all the same.
    fn paste(&mut self, p: usize, visit: RecordId) {
        for _ in 0..6 {
            let mut changes = Vec::new();
            for _ in 0..11 {
                self.ledger.count += 1;
                let number = self.ledger.count;
                let text = format!("v{number} {}", "panjang ".repeat(2_480));
                changes.push((format!("{REPEAT}/{number}"), Some("1".to_owned())));
                changes.push((format!("{REPEAT}/{number}/{PASTED}"), Some(text)));
            }
            let request = Request::SaveAnswers {
                visit,
                changes: changes.clone(),
                place: None,
            };
            if !self.changed(p, visit, request) {
                break;
            }
            for (path, value) in changes {
                let value = value.unwrap_or_default();
                self.ledger.say(p, visit, format!("a/{path}"), value);
            }
        }
    }

    /// Answers a question or two, sometimes again and again.
    fn answer(&mut self, p: usize, visit: RecordId, version: Option<u32>) {
        if self.pastes && self.rng.per_mille(150) {
            return self.paste(p, visit);
        }
        for _ in 0..=self.rng.below(3) {
            let among = if self.rng.per_mille(500) {
                &QUESTIONS[..2]
            } else {
                version.map_or(&QUESTIONS[..], cast::questions)
            };
            let Some(question) = self.rng.pick(among).copied() else {
                return;
            };
            self.give(p, visit, question, version);
            if self.phones[p].store.is_none() {
                return;
            }
        }
    }

    fn give(&mut self, p: usize, visit: RecordId, question: &str, version: Option<u32>) {
        self.ledger.count += 1;
        let is_number = version.is_some_and(|version| cast::asks_number(version, question));
        let letter = if is_number { "" } else { "v" };
        let empty = question != "nama" && self.rng.per_mille(60);
        let value = (!empty).then(|| format!("{letter}{}", self.ledger.count));
        let changes = vec![(question.to_owned(), value.clone())];
        let request = Request::SaveAnswers {
            visit,
            changes,
            place: None,
        };
        let field = format!("a/{question}");
        let told = self.changed(p, visit, request);
        // The power may fail between the commit and the word that it is saved: then it stands all the same.
        let stands = || self.on_disk(p, visit, &field) == value;
        if told || self.phones[p].store.is_none() && stands() {
            let name = &self.phones[p].name;
            self.trace.note(self.now, 34, || {
                format!("{name} answers {question} = {value:?} in {visit}")
            });
            // Taken away: nothing to look for, but what was there before is superseded.
            let value = value.unwrap_or_default();
            self.ledger.say(p, visit, field, value);
        }
    }

    /// The day of the visit, as the phone's own clock has it: what the form fills in.
    fn date(&mut self, p: usize, visit: RecordId) {
        let today = self.phones[p].clock(self.now).date().to_string();
        let changes = vec![(DATE.to_owned(), Some(today.clone()))];
        let request = Request::SaveAnswers {
            visit,
            changes,
            place: None,
        };
        if self.changed(p, visit, request) {
            self.ledger.say(p, visit, format!("a/{DATE}"), today);
        }
    }

    fn on_disk(&self, p: usize, visit: RecordId, field: &str) -> Option<String> {
        let fields: Option<String> = self.phones[p]
            .disk
            .look
            .query_row(
                "select fields from record where id = ?",
                [visit.to_string()],
                |row| row.get(0),
            )
            .optional()
            .unwrap();
        let fields: Fields = serde_json::from_str(&fields?).unwrap();
        fields.get(field)?.as_str().map(str::to_owned)
    }

    fn review(&mut self, p: usize) {
        let Some(Reply::Inbox(inbox)) = self.ask(p, Request::Inbox(InboxQuery::default())) else {
            return;
        };
        // What is read now is decided later, some of the time; and much may come meanwhile.
        let read = self.phones[p].reading.take();
        let Some(row) = (match read {
            Some((visit, _)) => inbox.rows.iter().find(|row| row.id == visit).cloned(),
            None => self.rng.pick(&inbox.rows).cloned(),
        }) else {
            return;
        };
        let goes_on_reading = match read {
            None => self.rng.per_mille(700),
            Some(_) => self.rng.per_mille(600),
        };
        if goes_on_reading {
            self.phones[p].reading = read.or(Some((row.id, row.submissions)));
            return;
        }
        let seen = read.map_or(row.submissions, |(_, submission)| submission);
        self.ledger.count += 1;
        let note = format!("n{}", self.ledger.count);
        let decision = if self.rng.per_mille(600) {
            Decision::Return
        } else {
            Decision::Approve
        };
        let notes = match decision {
            Decision::Return => BTreeMap::from([("nama".to_owned(), "Periksa".to_owned())]),
            Decision::Approve => BTreeMap::new(),
        };
        let draft = ReviewDraft {
            notes,
            note: note.clone(),
        };
        let visit = row.id;
        if self.changed(
            p,
            visit,
            Request::Review {
                visit,
                submission: seen,
                decision,
                draft,
            },
        ) {
            let name = &self.phones[p].name;
            self.trace.note(self.now, 35, || {
                format!("{name} reviews {visit}: {decision:?}")
            });
            self.ledger.say(p, visit, format!("review/{seen}"), note);
        }
    }

    /// Decides about one thing that was set aside or is in conflict.
    fn settle_one(&mut self, p: usize) {
        let Some(Reply::Queue(queue)) = self.ask(p, Request::Queue) else {
            return;
        };
        let settled = |item: &&QueueItem| {
            matches!(
                item.transfer,
                Transfer::Conflict | Transfer::SetAside { .. }
            )
        };
        let Some(item) = queue.items.iter().find(settled) else {
            return;
        };
        let keep = if self.rng.per_mille(500) {
            Keep::Mine
        } else {
            Keep::Theirs
        };
        self.settle(p, item, keep);
    }

    /// Whether something was done about it.
    fn settle(&mut self, p: usize, item: &QueueItem, keep: Keep) -> bool {
        let mutation = item.mutation;
        // Of a visit that is not here any more too.
        let visit: Option<String> = self.phones[p]
            .disk
            .look
            .query_row(
                "select visit from outbox where mutation = ?",
                [mutation.to_string()],
                |row| row.get(0),
            )
            .unwrap_or(None);
        let visit = visit.and_then(|visit| visit.parse::<RecordId>().ok());
        let is_conflict = item.transfer == Transfer::Conflict;
        let tried = self.phones[p].resent;
        let request = if is_conflict {
            Request::Resolve { mutation, keep }
        } else if keep == Keep::Mine && tried < 6 && item.fixable && self.rng.per_mille(500) {
            Request::FixRefused { mutation }
        } else if keep == Keep::Mine && tried < 6 {
            Request::Resend { mutation }
        } else {
            Request::Resolve {
                mutation,
                keep: Keep::Theirs,
            }
        };
        let gives_up = matches!(
            request,
            Request::Resolve {
                keep: Keep::Theirs,
                ..
            }
        );
        let resends = matches!(request, Request::Resend { .. });
        let fixes = matches!(request, Request::FixRefused { .. });
        let before = self.held_fields(p, mutation);
        let done = self.ask(p, request).is_some();
        if let (true, Some(visit)) = (fixes, visit) {
            self.forgive_submission(p, visit, mutation, &before);
        }
        if !done {
            return false;
        }
        let name = &self.phones[p].name;
        self.trace.note(self.now, 36, || {
            format!("{name} decides about {mutation}: {keep:?}")
        });
        self.ledger.decided.insert(mutation);
        if is_conflict {
            self.tally.conflicts += 1;
        } else {
            self.tally.refusals += 1;
        }
        if resends {
            self.phones[p].resent += 1;
        }
        if let (true, Some(visit)) = (gives_up && !is_conflict, visit) {
            self.ledger.given_up.insert((p, visit));
        }
        if let (true, Some(visit)) = (is_conflict && gives_up, visit) {
            self.forgive_unsent(p, visit, mutation, &before);
        }
        self.phones[p].agreed = None;
        self.phones[p].hear(Event::Changed);
        self.wake(p);
        true
    }

    /// Whoever makes a draft of what was refused takes its submission back, and knows that it has to be sent again.
    fn forgive_submission(
        &mut self,
        p: usize,
        visit: RecordId,
        mutation: MutationId,
        before: &Fields,
    ) {
        if !self.held_fields(p, mutation).is_empty() {
            return;
        }
        self.ledger.fixed.insert(visit);
        let marks = before
            .iter()
            .filter(|(name, _)| name.starts_with("submission/"));
        let marks: Vec<String> = marks
            .filter_map(|(_, mark)| Some(mark.get("at")?.to_string()))
            .collect();
        for said in &mut self.ledger.said {
            said.given_up |= said.visit == visit
                && said.field.starts_with("submission/")
                && marks.contains(&said.value);
        }
    }

    /// What an unsettled mutation holds.
    fn held_fields(&self, p: usize, mutation: MutationId) -> Fields {
        let found: Option<String> = self.phones[p]
            .disk
            .look
            .query_row(
                "select fields from outbox where mutation = ?",
                [mutation.to_string()],
                |row| row.get(0),
            )
            .optional()
            .unwrap_or(None);
        found
            .and_then(|text| serde_json::from_str(&text).ok())
            .unwrap_or_default()
    }

    /// A person took the server's values in a conflict that the server knows of, or knew of before its disk was lost, which
    /// the phone has not heard yet: what they typed into it after it was sent was theirs to give up.
    fn forgive_unsent(&mut self, p: usize, visit: RecordId, mutation: MutationId, fields: &Fields) {
        let known = self.restored
            || self.office.db.answer_to(mutation).unwrap().is_some()
            || self.ledger.renamed.contains(&(p, visit));
        let text = |value: &Value| match value {
            Value::String(text) => text.clone(),
            mark => mark.get("at").map(Value::to_string).unwrap_or_default(),
        };
        let values: Vec<String> = fields.values().map(text).collect();
        let who = self.phones[p].who;
        let phones = &self.phones;
        for said in &mut self.ledger.said {
            let from = &phones[said.phone];
            let was_theirs = said.phone == p || from.lost && from.who == who;
            said.given_up |=
                known && was_theirs && said.visit == visit && values.contains(&said.value);
        }
    }

    /// After the faults: everybody logs in, takes updates, and decides about what was set aside, until nothing is left.
    pub(crate) fn tidy(&mut self, p: usize) {
        self.at(45_000, What::Tidy(p));
        if self.phones[p].store.is_none() {
            return self.start(p, None);
        }
        self.look_after_session(p, 1000);
        let Some(Reply::Queue(queue)) = self.ask(p, Request::Queue) else {
            return;
        };
        let mut busy = queue.sync.unsent > 0;
        for photo in queue.photos.iter().filter(|photo| photo.refused.is_some()) {
            // Whatever was the matter, it is tried again, but not for ever.
            if self.phones[p].resent < 20 {
                self.phones[p].resent += 1;
                busy = true;
                if self
                    .ask(p, Request::ResendPhoto(photo.name.clone()))
                    .is_some()
                {
                    self.phones[p].hear(Event::Changed);
                }
            }
        }
        for item in &queue.items {
            match item.transfer {
                Transfer::Conflict => {
                    let keep = if self.rng.per_mille(500) {
                        Keep::Mine
                    } else {
                        Keep::Theirs
                    };
                    busy |= self.settle(p, item, keep);
                }
                Transfer::SetAside { .. } => {
                    let keep = if self.rng.per_mille(600) {
                        Keep::Mine
                    } else {
                        Keep::Theirs
                    };
                    busy |= self.settle(p, item, keep);
                }
                _ => {}
            }
        }
        if busy {
            self.ledger.tidied.remove(&p);
        } else {
            self.ledger.tidied.insert(p);
        }
    }
}
