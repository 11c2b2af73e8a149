//! What goes wrong beside the network, and what the office does meanwhile.

use std::collections::BTreeSet;

use anjangsana::{
    domain::{Millis, RecordId, Role},
    server::{accounts, office as server_office, repo::epoch},
    sync::{engine::Event, upload},
};

use crate::cast::{self, AREAS, COOPERATIVES};
use crate::check::{log, records, said_in, said_of, unsent};
use crate::world::{Backup, What, World};

impl World {
    pub(crate) fn fault(&mut self) {
        if self.rough == 0 {
            return;
        }
        self.tally.faults += 1;
        self.change_what_is_unknown();
        let p = self.rng.below(self.phones.len());
        match self.rng.below(18) {
            0 | 1 => {
                if self.phones[p].store.is_some() {
                    self.crash(p);
                }
            }
            2 => self.crash_server("on its own"),
            3 | 4 => self.jump_clock(p),
            5 => {
                let user = self.people[self.phones[p].who].clone();
                self.office.revoke(&user, Millis(self.now));
                self.note(20, || format!("the sessions of {} end", user.username));
            }
            6 => {
                let who = self.rng.below(self.people.len());
                self.move_person(who);
            }
            7 => self.move_cooperative(),
            8 => {
                self.forms += 1;
                let (version, now) = (self.forms, Millis(self.now));
                self.office.change(|db| cast::publish(db, version, now));
                self.note(21, || format!("form {version} is published"));
            }
            9 | 10 => self.take_over(p),
            11 => self.fill_disk(p),
            12 => self.lose_record(p),
            13 => self.back_up_or_restore(),
            14 => self.let_days_pass(),
            _ => {
                let there = self.rng.per_mille(500);
                let wifi = [Some(true), Some(false), None][self.rng.below(3)];
                let phone = &mut self.phones[p];
                phone.hear_photo(upload::Event::Network(there));
                phone.wifi = wifi;
                phone.hear_photo(upload::Event::Wifi(wifi));
                phone.hear(Event::Network(there));
                self.wake(p);
            }
        }
        let next = self.rng.between(8_000, 500_000 / i64::from(self.rough));
        self.at(next, What::Fault);
    }

    /// The office makes a backup; or its disk is lost, and it goes on with the backup.
    fn back_up_or_restore(&mut self) {
        let Some(backup) = self.backup.take() else {
            let mut db = rusqlite::Connection::open_in_memory().unwrap();
            cast::copy(&self.office.db, &mut db);
            self.backup = Some(Backup {
                db,
                people: self.people.clone(),
                forms: self.forms,
                photos: self.office.photos(),
            });
            return self.note(27, || "the office makes a backup".to_owned());
        };
        self.forgive_what_nobody_has(&backup.db);
        self.excused = true;
        self.restored = true;
        self.crash_server("and its disk is lost");
        self.office.go_back_to(&backup.db);
        // The photos are files beside it: they go down with the disk, or stand there as they were.
        if self.rng.per_mille(500) {
            self.office.lose_photos_but(&backup.photos);
            self.lost_photos = true;
        }
        self.office.days_since_birth = 0;
        self.life = format!("life {}", self.now);
        let name = &self.life;
        self.office.change(|db| epoch::begin_as(db, name)).unwrap();
        self.people = backup.people;
        self.forms = backup.forms;
        self.office.forget_what_was_seen();
        for phone in &mut self.phones {
            phone.agreed = None;
        }
    }

    /// What the lost disk alone had is lost: values that were overwritten since, and are on no device any more.
    fn forgive_what_nobody_has(&mut self, backup: &rusqlite::Connection) {
        let (now, then) = (said_in(&log(&self.office.db)), said_in(&log(backup)));
        let mut kept = BTreeSet::new();
        for phone in self.phones.iter().filter(|phone| !phone.lost) {
            for (id, here) in records(&phone.disk.look) {
                let mine = here.owner == Some(self.people[phone.who].id.to_string());
                if mine {
                    // Over what was answered otherwise since, the older value is not sent again.
                    let mut base = here.base.clone();
                    for fields in unsent(&phone.disk.look, id) {
                        base.retain(|name, _| !fields.contains_key(name));
                    }
                    // Of several submissions only the last one is made again.
                    let is_submission = |name: &String| name.starts_with("submission/");
                    let sent_since = unsent(&phone.disk.look, id)
                        .iter()
                        .any(|fields| fields.keys().any(is_submission));
                    let last = base.keys().rfind(|name| is_submission(name)).cloned();
                    base.retain(|name, _| {
                        !is_submission(name) || !sent_since && Some(name) == last.as_ref()
                    });
                    kept.extend(said_of(&here.kind, id, &base));
                }
            }
        }
        for said in &mut self.ledger.said {
            let key = (said.visit, said.field.clone(), said.value.clone());
            said.given_up |= now.contains(&key) && !then.contains(&key) && !kept.contains(&key);
        }
    }

    fn jump_clock(&mut self, p: usize) {
        self.phones[p].skew = if self.rng.per_mille(200) {
            0
        } else {
            self.rng.between(-60 * 86_400_000, 60 * 86_400_000)
        };
        let (name, skew) = (&self.phones[p].name, self.phones[p].skew);
        self.trace.note(self.now, 22, || {
            format!("the clock of {name} is {} minutes off", skew / 60_000)
        });
    }

    /// Somebody works in other areas from now on, or as something else.
    pub(crate) fn move_person(&mut self, who: usize) {
        let first = self.rng.below(AREAS.len());
        let mut areas = vec![first];
        if self.rng.per_mille(500) {
            areas.push((first + 1) % AREAS.len());
        }
        areas.sort_unstable();
        let role = match self.people[who].role {
            Role::Supervisor if self.rng.per_mille(300) => {
                areas.clear();
                Role::Supervisor
            }
            _ if self.rng.per_mille(150) => {
                [Role::Officer, Role::Supervisor, Role::Head][self.rng.below(3)]
            }
            role => role,
        };
        let scope = cast::scope(&areas);
        let (name, now) = (self.people[who].username.clone(), Millis(self.now));
        let place = (role, scope.clone());
        self.office
            .change(|db| accounts::move_to(db, &name, place, now))
            .unwrap();
        self.people[who].scope = scope;
        self.people[who].role = role;
        for phone in self.phones.iter_mut().filter(|phone| phone.who == who) {
            phone.agreed = None;
        }
        self.note(23, || {
            format!("{name} works in areas {areas:?} as {role:?} now")
        });
    }

    fn move_cooperative(&mut self) {
        let Some((name, _)) = self.rng.pick(&COOPERATIVES).copied() else {
            return;
        };
        let area = self.rng.below(AREAS.len());
        let mut change = cast::cooperative(name, area);
        change.at = Millis(self.now);
        self.office
            .change(|db| server_office::apply(db, change))
            .unwrap();
        self.note(24, || format!("{name} lies in area {area} now"));
    }

    /// Another tab takes the database over: the old one lets go cleanly, what it awaits comes to nothing.
    fn take_over(&mut self, p: usize) {
        if self.phones[p].store.is_none() {
            return;
        }
        self.phones[p].stop();
        self.start(p, None);
    }

    fn fill_disk(&mut self, p: usize) {
        if self.phones[p].store.is_none() {
            return;
        }
        self.phones[p].stop();
        self.phones[p].nearly_full = true;
        let room = self.rng.below(3) as u32;
        self.start(p, Some(room));
        let name = &self.phones[p].name;
        self.trace.note(self.now, 25, || {
            format!("the disk of {name} is nearly full")
        });
        let pause = self.rng.between(30_000, 1_200_000);
        self.at(pause, What::Room(p));
    }

    /// A record that the server has vanishes from a disk: the digest must find it.
    fn lose_record(&mut self, p: usize) {
        if self.restored {
            // Now the phones have what the server lacks.
            return;
        }
        self.excused = true;
        let lost: Option<String> = self.phones[p]
            .disk
            .look
            .query_row(
                "delete from record where n = (select n from record r where kind in ('visit', 'review', 'cooperative')
                 and rev > 0 and not exists (select 1 from outbox o where o.record = r.id) order by rev limit 1)
                 returning id",
                [],
                |row| row.get(0),
            )
            // The device may be writing just now; then it keeps its record.
            .unwrap_or(None);
        let lost: Option<RecordId> = lost.and_then(|id| id.parse().ok());
        self.ledger.mislaid.extend(lost);
        self.phones[p].agreed = None;
        let name = &self.phones[p].name;
        self.trace
            .note(self.now, 26, || format!("{name} loses {lost:?}"));
    }
}
