//! One run: the agenda of everything that will happen, and the things happening.

use std::collections::BTreeMap;

use crate::backups::Saved;
use crate::bugs::Bug;
use crate::cast::{self, DAWN, Templates};
use crate::future::Future;
use crate::ledger::Ledger;
use crate::office::{Letter, Office};
use crate::phone::Phone;
use crate::rng::Rng;
use crate::trace::Trace;
use anjangsana::{
    domain::{AttachmentName, User},
    platform::machine::Answer,
    sync::{engine::Event, upload},
};

/// How long a device waits for an answer, ms.
const PATIENCE: i64 = 120_000;
/// Once the faults have ended everything must come to rest within this, ms.
const REST: i64 = 6 * 60 * 60_000;

/// What will happen.
pub(crate) enum What {
    /// A phone's person does something.
    Act(usize),
    /// A phone does its next step.
    Step(usize, u64),
    /// A phone's timer rings.
    Timer(usize, u64, u64),
    /// A request reaches the server.
    Arrive(Box<Letter>),
    /// The server goes on with a request.
    Serve(u64),
    /// An answer, or the end of patience, reaches a phone.
    Answer(usize, u64, u64, Answer),
    /// Something goes wrong.
    Fault,
    /// A phone is started again.
    Start(usize),
    /// The server is started again.
    ServerStart,
    /// A full disk has room again: the phone is started without the limit.
    Room(usize),
    /// The administrator takes a backup file in.
    Rescue(usize),
    /// A person looks after what was set aside, once the faults have ended.
    Tidy(usize),
}

/// What a run came to.
pub(crate) struct Report {
    pub(crate) wrong: Vec<String>,
    pub(crate) hash: u64,
    pub(crate) tally: Tally,
}

/// What happened how often.
#[derive(Default, Clone, Copy)]
pub(crate) struct Tally {
    pub(crate) acts: u64,
    pub(crate) syncs: u64,
    pub(crate) faults: u64,
    pub(crate) crashes: u64,
    pub(crate) conflicts: u64,
    pub(crate) refusals: u64,
    pub(crate) visits: u64,
    pub(crate) photos: u64,
    pub(crate) pieces: u64,
    pub(crate) files: u64,
    pub(crate) imports: u64,
}

impl Tally {
    fn numbers(&mut self) -> [&mut u64; 11] {
        [
            &mut self.acts,
            &mut self.syncs,
            &mut self.faults,
            &mut self.crashes,
            &mut self.conflicts,
            &mut self.refusals,
            &mut self.visits,
            &mut self.photos,
            &mut self.pieces,
            &mut self.files,
            &mut self.imports,
        ]
    }

    pub(crate) fn of(numbers: &[u64]) -> Self {
        let mut tally = Self::default();
        for (into, number) in tally.numbers().into_iter().zip(numbers) {
            *into = *number;
        }
        tally
    }

    pub(crate) fn line(mut self) -> String {
        self.numbers().map(|number| number.to_string()).join(" ")
    }

    pub(crate) fn add(&mut self, other: &Tally) {
        let mut other = *other;
        for (into, number) in self.numbers().into_iter().zip(other.numbers()) {
            *into += *number;
        }
    }
}

/// The office as it was once.
pub(crate) struct Backup {
    pub(crate) db: rusqlite::Connection,
    pub(crate) people: Vec<User>,
    pub(crate) forms: u32,
    pub(crate) photos: Vec<AttachmentName>,
}

pub(crate) struct World {
    pub(crate) rng: Rng,
    pub(crate) now: i64,
    agenda: BTreeMap<(i64, u64), What>,
    order: u64,
    pub(crate) office: Office,
    pub(crate) people: Vec<User>,
    pub(crate) phones: Vec<Phone>,
    pub(crate) ledger: Ledger,
    pub(crate) trace: Trace,
    pub(crate) tally: Tally,
    pub(crate) bug: Option<Bug>,
    pub(crate) wrong: Vec<String>,
    /// How rough this run is; 0 once the faults have ended.
    pub(crate) rough: u32,
    /// How many things people still do.
    pub(crate) acts: u32,
    /// Something was taken off a disk, or the server was put back: a mismatch has a cause.
    pub(crate) excused: bool,
    pub(crate) forms: u32,
    pub(crate) backup: Option<Backup>,
    /// The server was put back to a backup.
    pub(crate) restored: bool,
    /// And photos that came since were lost with its disk.
    pub(crate) lost_photos: bool,
    /// People of this run paste long texts.
    pub(crate) pastes: bool,
    /// The name of the server's present life.
    pub(crate) life: String,
    /// The power fails in the middle of what phones write, too. In some runs, since it costs time to count steps.
    pub(crate) tears: bool,
    /// What people saved of their phones.
    pub(crate) files: Vec<Saved>,
    /// The server is newer than the phones.
    pub(crate) future: Option<Future>,
}

impl World {
    fn new(seed: u64, templates: &Templates, bug: Option<Bug>, tell: bool) -> Self {
        let mut rng = Rng::new(seed);
        let people = cast::people();
        let mut phones = Vec::new();
        let most = [2, 2, 1, 2, 1];
        for (who, most) in most.into_iter().enumerate() {
            let least = usize::from(who == 1 || who == 3);
            let count = least + rng.below(most + 1 - least);
            for number in 1..=count {
                let name = format!("{}{number}", people[who].username);
                phones.push(Phone::new(name, who, templates.device_of(who)));
            }
        }
        for phone in &mut phones {
            if rng.per_mille(250) {
                phone.skew = rng.between(-40 * 86_400_000, 40 * 86_400_000);
            }
        }
        let tears = seed.is_multiple_of(4);
        if tears {
            for phone in &phones {
                phone.disk.forget_statements();
            }
        }
        let rough = [0, 1, 2, 4][rng.below(4)];
        let acts = 15 + rng.below(50) as u32;
        Self {
            rng,
            now: DAWN,
            agenda: BTreeMap::new(),
            order: 0,
            office: Office::new(templates.office(), templates.folder.path().to_owned()),
            people,
            phones,
            ledger: Ledger::default(),
            trace: Trace::new(tell),
            tally: Tally::default(),
            bug,
            wrong: Vec::new(),
            rough,
            acts,
            excused: false,
            forms: 1,
            backup: None,
            restored: false,
            lost_photos: false,
            pastes: seed % 211 == 7,
            life: String::new(),
            tears,
            files: Vec::new(),
            future: Future::of(seed),
        }
    }

    pub(crate) fn at(&mut self, after: i64, what: What) {
        self.order += 1;
        self.agenda
            .insert((self.now + after.max(0), self.order), what);
    }

    pub(crate) fn note(&mut self, code: u8, words: impl FnOnce() -> String) {
        self.trace.note(self.now, code, words);
    }

    /// Whether a fault of this likelihood strikes now.
    pub(crate) fn strikes(&mut self, per_mille: u32) -> bool {
        self.rough > 0 && self.rng.per_mille(per_mille * self.rough)
    }

    pub(crate) fn fresh(&mut self) -> u64 {
        self.order += 1;
        self.order
    }

    fn run(&mut self) {
        for p in 0..self.phones.len() {
            self.log_in(p);
            let user = self.people[self.phones[p].who].clone();
            self.phones[p].start(self.now, Some(&user), None);
            self.wake(p);
            let first = self.rng.between(5_000, 200_000);
            self.at(first, What::Act(p));
        }
        if self.rough > 0 {
            let first = self.rng.between(0, 150_000);
            self.at(first, What::Fault);
        }
        while self.acts > 0 && self.wrong.is_empty() {
            self.next();
        }
        self.end_faults();
        let end = self.now + REST;
        // Only who has looked after everything lets a run end.
        let mut quiet = false;
        while !quiet && self.wrong.is_empty() {
            if self.now > end {
                let busy: Vec<String> = self.unrest();
                self.wrong
                    .push(format!("it does not come to rest: {}", busy.join("; ")));
                break;
            }
            let is_last = matches!(self.agenda.first_key_value(), Some((_, What::Tidy(_))));
            self.next();
            quiet = is_last && self.is_quiet();
        }
        self.wrong.append(&mut self.office.wrong);
        if self.wrong.is_empty() {
            // What is named again comes out of the trash.
            self.office.look_at_photos(self.now, None);
            self.check();
        }
        if self.wrong.is_empty() {
            self.check_files();
        }
        self.tally.visits = self.ledger.visits.len() as u64;
    }

    fn next(&mut self) {
        let Some(((at, _), what)) = self.agenda.pop_first() else {
            self.wrong.push("nothing is left to happen".to_owned());
            return;
        };
        self.now = at;
        match what {
            What::Act(p) => self.act(p),
            What::Step(p, life) => {
                if self.phones[p].life == life {
                    self.step(p);
                }
            }
            What::Timer(p, life, timer) => {
                let phone = &mut self.phones[p];
                if phone.life == life && phone.timer == timer {
                    let lost =
                        self.bug == Some(Bug::NeverWakes) && phone.engine.trouble().is_some();
                    if !lost {
                        // Whoever it is not for says again when it wants to be woken.
                        phone.wishes = [None; 2];
                        phone.hear(Event::Woke);
                        phone.hear_photo(upload::Event::Woke);
                        self.wake(p);
                    }
                }
            }
            What::Arrive(letter) => self.arrive(*letter),
            What::Serve(task) => self.serve(task),
            What::Answer(p, life, call, answer) => self.answered(p, life, call, &answer),
            What::Fault => self.fault(),
            What::Start(p) => self.start(p, None),
            What::Room(p) => {
                self.phones[p].stop();
                self.phones[p].nearly_full = false;
                self.start(p, None);
            }
            What::ServerStart => {
                self.office.up = true;
                self.note(1, || "the server is back".to_owned());
            }
            What::Rescue(number) => self.rescue(number),
            What::Tidy(p) => self.tidy(p),
        }
        self.wrong.append(&mut self.office.wrong);
    }

    fn end_faults(&mut self) {
        self.rough = 0;
        self.note(7, || "THE FAULTS END".to_owned());
        if !self.office.up {
            self.at(0, What::ServerStart);
        }
        self.rescue_the_lost();
        for p in 0..self.phones.len() {
            if self.phones[p].lost {
                continue;
            }
            if self.phones[p].nearly_full || self.phones[p].store.is_none() {
                self.at(1, What::Room(p));
            }
            self.phones[p].wifi = Some(true);
            self.phones[p].hear_photo(upload::Event::Wifi(Some(true)));
            self.wake(p);
            self.at(10_000, What::Tidy(p));
        }
    }

    fn is_quiet(&self) -> bool {
        let last = self.office.last_rev();
        self.office.up
            && (0..self.phones.len())
                .all(|p| self.phones[p].lost || self.ledger.tidied.contains(&p))
            && self.phones.iter().all(|phone| phone.rests(last))
    }

    fn unrest(&self) -> Vec<String> {
        let last = self.office.last_rev();
        self.phones
            .iter()
            .filter(|phone| !phone.rests(last))
            .map(|phone| {
                let facts = phone
                    .store
                    .as_ref()
                    .and_then(|store| store.sync_facts().ok());
                format!(
                    "{} {:?} agreed {:?} of {last}, unsent {:?}, photos {:?} {:?}, {:?}",
                    phone.name,
                    phone.engine.phase(),
                    phone.agreed,
                    facts.as_ref().map(|facts| facts.unsent),
                    phone.uploads.phase(),
                    facts.as_ref().map(|facts| facts.photos.waiting),
                    phone.engine.trouble()
                )
            })
            .collect()
    }

    pub(crate) const PATIENCE: i64 = PATIENCE;
}

/// Runs a seed.
pub(crate) fn run(seed: u64, templates: &Templates, bug: Option<Bug>, tell: bool) -> Report {
    let mut world = World::new(seed, templates, bug, tell);
    world.run();
    let report = Report {
        hash: world.trace.hash(),
        wrong: world.wrong,
        tally: world.tally,
    };
    let devices = world.phones.into_iter().map(|mut phone| {
        phone.stop();
        phone.disk
    });
    templates.give_back(world.office.into_disk(), devices);
    report
}
