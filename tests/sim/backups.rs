//! Backup files: saved on phones, taken in at the server or on another phone of the same person, once or twice, before or
//! after the phone itself came back; and phones that never come back.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use anjangsana::{
    domain::{AttachmentName, Fields, Kind, Millis, MutationId, RecordId},
    server::{
        repo::{Records, sqlite},
        rescue::{self, Fate},
    },
    store::{Incoming, Store, api::StoreError},
    sync::{derive::Cost, engine::Event, wire::Mutation},
};

use crate::bugs;
use crate::phone::Phone;
use crate::rng::Rng;
use crate::world::{What, World};

const PASSWORD: &str = "rahasia";
/// What a key costs here: next to nothing.
const CHEAP: Cost = Cost {
    memory: 8,
    passes: 1,
};

/// A file that a person saved.
pub(crate) struct Saved {
    phone: usize,
    file: Vec<u8>,
    /// How much its phone's people had said until then.
    said: usize,
    /// What is in it.
    records: BTreeSet<RecordId>,
    photos: BTreeSet<AttachmentName>,
}

impl World {
    /// Somebody does something with backup files.
    pub(crate) fn handle_files(&mut self, p: usize) {
        let number = self.rng.below(self.files.len());
        match self.rng.below(10) {
            0..=3 => {
                let number = self.files.len();
                self.save_file(p);
                if self.rng.per_mille(500) && self.files.len() > number {
                    // Somebody is in a hurry to have it taken in.
                    let pause = self.rng.between(0, 60_000);
                    self.at(pause, What::Rescue(number));
                    self.work(p);
                }
            }
            4 | 5 if !self.files.is_empty() => self.rescue(number),
            6 | 7 if !self.files.is_empty() => {
                let who = self.phones[self.files[number].phone].who;
                let theirs = (0..self.phones.len()).filter(|q| self.phones[*q].who == who);
                let theirs: Vec<usize> = theirs.collect();
                if let Some(q) = self.rng.pick(&theirs).copied() {
                    self.import(number, q);
                }
            }
            8 if self.rng.per_mille(400) => self.lose_phone(p),
            _ => {}
        }
    }

    fn save_file(&mut self, p: usize) {
        self.may_doom(p);
        let (now, said) = (self.phones[p].clock(self.now), self.ledger.said.len());
        let Some(store) = &mut self.phones[p].store else {
            return;
        };
        let written = write(store, now, &mut self.rng);
        if self.phones[p].disk.doom().came() {
            return self.crash(p);
        }
        // Without room there is no file, and the person is told so.
        let Ok(file) = written else { return };
        if let Some(bug) = self.bug {
            bugs::after_back_up(bug, &self.phones[p].disk.look);
        }
        let name = self.phones[p].name.clone();
        self.note(50, || format!("{name} saves a backup"));
        self.tally.files += 1;
        let (records, photos) = self.contents(&file);
        self.files.push(Saved {
            phone: p,
            file,
            said,
            records,
            photos,
        });
    }

    fn contents(&self, file: &[u8]) -> (BTreeSet<RecordId>, BTreeSet<AttachmentName>) {
        let path = self.office.folder.join("file.cadangan");
        fs::write(&path, file).unwrap();
        let backup = rescue::read(&path, PASSWORD).unwrap();
        let changes = backup.contents.changes.iter();
        let records = changes.map(|change| change.mutation.record).collect();
        (records, backup.photos.into_iter().collect())
    }

    /// The administrator takes a file in.
    pub(crate) fn rescue(&mut self, number: usize) {
        let path = self.office.folder.join("file.cadangan");
        fs::write(&path, &self.files[number].file).unwrap();
        let backup = rescue::read(&path, PASSWORD).unwrap();
        let (now, bug) = (Millis(self.now), self.bug);
        let lines = sqlite::transact(&mut self.office.db, |db| {
            if let Some(bug) = bug {
                bugs::before_rescue(bug, db, &backup.contents);
            }
            rescue::apply(db, &backup, now)
        });
        let lines = lines.unwrap();
        let folder = self.office.folder.clone();
        rescue::photos(&path, PASSWORD, &mut |name, bytes| {
            rescue::keep_photo(&folder, &name, &bytes)
        })
        .unwrap();
        for (line, change) in lines.iter().zip(&backup.contents.changes) {
            match line.fate {
                Fate::Applied => self.office.applied_beside(&Mutation {
                    id: line.mutation,
                    ..change.mutation.clone()
                }),
                Fate::Known => {}
                // The administrator is told.
                Fate::Refused(..) | Fate::Conflict => {
                    self.ledger.decided.insert(line.mutation);
                }
            }
        }
        self.tally.imports += 1;
        let name = self.phones[self.files[number].phone].name.clone();
        self.note(51, || format!("a backup of {name} is rescued: {lines:?}"));
    }

    fn import(&mut self, number: usize, q: usize) {
        self.may_doom(q);
        let now = self.phones[q].clock(self.now);
        let piece = 1 + self.rng.below(100_000);
        let file = std::mem::take(&mut self.files[number].file);
        let Phone { store, disk, .. } = &mut self.phones[q];
        let taken = store.as_mut().map(|store| {
            let taken = read(store, now, &file, piece);
            if taken.is_err() && !disk.doom().has_come() {
                // Without room for even that it is done when the store is opened.
                let _nothing = store.restore_nothing();
            }
            taken
        });
        self.files[number].file = file;
        if self.phones[q].disk.doom().came() {
            return self.crash(q);
        }
        match taken {
            Some(Ok(())) => {
                self.tally.imports += 1;
                let from = self.files[number].phone;
                let (name, from) = (self.phones[q].name.clone(), self.phones[from].name.clone());
                self.note(52, || format!("{name} takes a backup of {from} in"));
                self.phones[q].agreed = None;
                self.phones[q].hear(Event::Changed);
                self.wake(q);
            }
            Some(Err(why)) if !matches!(why, StoreError::Full) => {
                let name = &self.phones[q].name;
                self.wrong.push(format!("{name}, of a backup: {why}"));
            }
            _ => {}
        }
    }

    /// A phone falls into the river. What it saved before it can be rescued, and nothing else.
    fn lose_phone(&mut self, p: usize) {
        let saved = self.files.iter().rfind(|saved| saved.phone == p);
        let Some(saved) = saved.filter(|_| self.phones[p].store.is_some()) else {
            return;
        };
        if self.phones.len() < 3 || self.phones.iter().any(|phone| phone.lost) {
            return;
        }
        self.phones[p].stop();
        self.phones[p].lost = true;
        for said in self.ledger.said.iter_mut().skip(saved.said) {
            said.given_up |= said.phone == p;
        }
        let look = &self.phones[p].disk.look;
        let unsent = texts(look, "select distinct record from outbox");
        let unsent = unsent.iter().filter_map(|id| id.parse().ok());
        self.ledger
            .sunk_records
            .extend(unsent.filter(|id| !saved.records.contains(id)));
        let photos = texts(look, "select name from attachment where state <> 'sent'");
        let photos = photos.iter().filter_map(|name| name.parse().ok());
        self.ledger
            .sunk
            .extend(photos.filter(|name| !saved.photos.contains(name)));
        let asked = texts(look, "select mutation from outbox");
        let asked = asked.iter().filter_map(|id| id.parse::<MutationId>().ok());
        self.ledger.decided.extend(asked);
        let name = self.phones[p].name.clone();
        self.note(53, || format!("{name} is lost"));
    }

    /// The faults have ended: what was saved of lost phones comes to the server.
    pub(crate) fn rescue_the_lost(&mut self) {
        for p in 0..self.phones.len() {
            let last = self.files.iter().rposition(|saved| saved.phone == p);
            if let Some(number) = last.filter(|_| self.phones[p].lost) {
                self.rescue(number);
            }
        }
    }

    /// Taken in once more when all is done, no file changes anything.
    pub(crate) fn check_files(&mut self) {
        let before = self.fields();
        for number in 0..self.files.len() {
            self.rescue(number);
        }
        let after = self.fields();
        // What the server would not look at and its person gave up, it learns of from the file alone.
        let gave_up = |id: &RecordId| self.ledger.given_up.iter().any(|(_, one)| one == id);
        let of_visit = |fields: &Fields| {
            let visit = fields.get("visit").and_then(|visit| visit.as_str());
            visit.and_then(|visit| visit.parse().ok())
        };
        // What was set aside on a phone, and is still there, the server may learn of from the file.
        let phones = self.phones.iter().filter(|phone| !phone.lost);
        let aside: BTreeSet<String> = phones
            .flat_map(|phone| texts(&phone.disk.look, "select record from outbox"))
            .collect();
        let was_given_up = |id: &RecordId, fields: &Fields| {
            aside.contains(&id.to_string())
                || gave_up(id)
                || of_visit(fields).is_some_and(|visit| gave_up(&visit))
        };
        let others = after
            .iter()
            .filter(|(id, fields)| !was_given_up(id, fields));
        let others: Vec<_> = others.collect();
        for (id, fields) in others {
            let was = before.get(id);
            // After a restore a draft may be back at an older version of its form, until it is opened; a submission that was
            // refused in the life before may stand now; and an answer that was cleared may be back, since only a file that
            // is older knows that it ever was. Nothing that stands may change.
            let is_more = |was: &Fields| {
                let of_submissions = ["submission/", "was/"];
                let stands = was.iter().all(|(name, value)| {
                    name == "form_version"
                        || of_submissions.iter().any(|start| name.starts_with(start))
                        || fields.get(name) == Some(value)
                });
                // Nor may what its person made a draft again, when only the file has its submission and nobody answered that.
                (self.restored || self.ledger.fixed.contains(id)) && stands
            };
            // What the lost disk had, and a phone that mislaid it, is in no other place than the file.
            let is_back = was.is_none() && self.restored && self.ledger.mislaid.contains(id);
            if was != Some(fields) && !was.is_some_and(is_more) && !is_back {
                self.complain(format!(
                    "a backup taken in again made {fields:?} of {id}, which was {was:?}"
                ));
            }
        }
        let wrong = std::mem::take(&mut self.office.wrong);
        self.wrong.extend(wrong);
    }

    fn fields(&self) -> BTreeMap<RecordId, Fields> {
        [Kind::Visit, Kind::Review]
            .iter()
            .flat_map(|kind| self.office.db.records_of(*kind).unwrap())
            .map(|stored| (stored.record.id, stored.record.fields))
            .collect()
    }
}

fn write(store: &mut Store, now: Millis, rng: &mut Rng) -> Result<Vec<u8>, StoreError> {
    let mut random = |bytes: &mut [u8]| {
        for chunk in bytes.chunks_mut(8) {
            let length = chunk.len();
            chunk.copy_from_slice(&rng.next().to_le_bytes()[..length]);
        }
    };
    let mut begun = store.back_up(now, (PASSWORD, CHEAP), &mut random)?;
    let mut file = Vec::new();
    loop {
        let more = store.back_up_more(&mut begun)?;
        if more.is_empty() {
            return Ok(file);
        }
        file.extend(more);
    }
}

fn read(store: &mut Store, now: Millis, file: &[u8], piece: usize) -> Result<(), StoreError> {
    store.restore_nothing()?;
    let mut incoming = Incoming::begin(store, PASSWORD);
    for bytes in file.chunks(piece) {
        incoming.put(store, now, bytes)?;
    }
    incoming.end(store, now)?;
    Ok(())
}

fn texts(db: &rusqlite::Connection, sql: &str) -> Vec<String> {
    let mut statement = db.prepare_cached(sql).unwrap();
    let texts = statement.query_map([], |row| row.get(0)).unwrap();
    texts.map(Result::unwrap).collect()
}
