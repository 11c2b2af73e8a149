//! One run: the agenda of everything that will happen, and the things happening.

use std::collections::BTreeMap;

use crate::bugs::{self, Bug};
use crate::cast::{self, DAWN, Templates};
use crate::disk::Disk;
use crate::ledger::Ledger;
use crate::office::{Letter, Office};
use crate::phone::Phone;
use crate::rng::Rng;
use crate::trace::Trace;
use anjangsana::{
    domain::{DeviceId, Millis, User},
    platform::{device::understand, machine::Answer},
    sync::{
        engine::{Applied, Effect, Event, Failure},
        wire::{Outcome, SyncReply},
    },
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
}

impl Tally {
    fn numbers(&mut self) -> [&mut u64; 7] {
        [
            &mut self.acts,
            &mut self.syncs,
            &mut self.faults,
            &mut self.crashes,
            &mut self.conflicts,
            &mut self.refusals,
            &mut self.visits,
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
                let disk = Disk::new();
                phones.push(Phone {
                    device: DeviceId::of_text(&name),
                    name,
                    who,
                    disk,
                    doom: Default::default(),
                    store: None,
                    engine: Default::default(),
                    effects: Default::default(),
                    events: Default::default(),
                    stepping: false,
                    life: 0,
                    waiting: None,
                    timer: 0,
                    skew: 0,
                    agreed: None,
                    resent: 0,
                    nearly_full: false,
                });
            }
        }
        for phone in &mut phones {
            templates.device_of(phone.who, &mut phone.disk.look);
            if rng.per_mille(250) {
                phone.skew = rng.between(-40 * 86_400_000, 40 * 86_400_000);
            }
        }
        let rough = [0, 1, 2, 4][rng.below(4)];
        let acts = 15 + rng.below(50) as u32;
        Self {
            rng,
            now: DAWN,
            agenda: BTreeMap::new(),
            order: 0,
            office: Office::new(templates.office()),
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
            self.phones[p].start(Some(&user), None);
            self.wake(p);
            let first = self.rng.between(5_000, 600_000);
            self.at(first, What::Act(p));
        }
        if self.rough > 0 {
            let first = self.rng.between(0, 400_000);
            self.at(first, What::Fault);
        }
        while self.acts > 0 && self.wrong.is_empty() {
            self.next();
        }
        self.end_faults();
        let end = self.now + REST;
        while !self.is_quiet() && self.wrong.is_empty() {
            if self.now > end {
                let busy: Vec<String> = self.unrest();
                self.wrong
                    .push(format!("it does not come to rest: {}", busy.join("; ")));
                break;
            }
            self.next();
        }
        self.wrong.append(&mut self.office.wrong);
        if self.wrong.is_empty() {
            self.check();
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
                        phone.events.push_back(Event::Woke);
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
            What::Tidy(p) => self.tidy(p),
        }
        self.wrong.append(&mut self.office.wrong);
    }

    pub(crate) fn start(&mut self, p: usize, room: Option<u32>) {
        if self.phones[p].store.is_none() {
            self.phones[p].start(None, room);
            let name = &self.phones[p].name;
            self.trace.note(self.now, 2, || format!("{name} starts"));
            if self.phones[p].store.is_none() {
                self.at(60_000, What::Start(p));
            }
            self.wake(p);
        }
    }

    /// The phone is off at once; it starts again some time later.
    pub(crate) fn crash(&mut self, p: usize) {
        self.tally.crashes += 1;
        self.phones[p].stop();
        let _came = self.phones[p].doom.came();
        let name = &self.phones[p].name;
        self.trace.note(self.now, 3, || format!("{name} crashes"));
        let pause = self.rng.between(1_000, 900_000);
        self.at(pause, What::Start(p));
    }

    pub(crate) fn log_in(&mut self, p: usize) {
        let number = self.fresh();
        let token = format!("token {} {number}", self.phones[p].name);
        let user = self.people[self.phones[p].who].clone();
        self.office.log_in(&token, &user, Millis(self.now));
        self.phones[p]
            .disk
            .look
            .execute("insert or replace into meta values ('token', ?)", [&token])
            .unwrap();
    }

    /// Sees to it that a phone with something to do does it.
    pub(crate) fn wake(&mut self, p: usize) {
        let phone = &self.phones[p];
        let idle = phone.events.is_empty() && phone.effects.is_empty();
        if phone.store.is_none() || phone.stepping || idle {
            return;
        }
        self.phones[p].stepping = true;
        let life = self.phones[p].life;
        let pause = self.rng.between(0, 20);
        self.at(pause, What::Step(p, life));
    }

    /// One effect, or the next event.
    fn step(&mut self, p: usize) {
        self.phones[p].stepping = false;
        if self.strikes(2) {
            return self.crash(p);
        }
        let clock = self.phones[p].clock(self.now);
        if let Some(effect) = self.phones[p].effects.pop_front() {
            self.carry_out(p, effect, clock);
        } else if let Some(event) = self.phones[p].events.pop_front() {
            let jitter = self.rng.below(256) as u8;
            let effects = self.phones[p].engine.handle(clock, jitter, event);
            self.phones[p].effects.extend(effects);
        }
        self.wake(p);
    }

    fn carry_out(&mut self, p: usize, effect: Effect, clock: Millis) {
        if self.strikes(3) {
            let steps = 1 + self.rng.below(40) as i64;
            self.phones[p].doom.after_steps(steps);
        } else if self.strikes(3) {
            self.phones[p].doom.at_commit(1);
        }
        let fresh = self.rng.next();
        let chance = self.rng.per_mille(60);
        let bug = self.bug;
        let phone = &mut self.phones[p];
        let Some(store) = &mut phone.store else {
            return;
        };
        let next = match effect {
            Effect::Show => None,
            Effect::WakeAt(at) => {
                phone.timer += 1;
                let (life, timer) = (phone.life, phone.timer);
                let pause = (at.0 - clock.0).max(0);
                self.at(pause, What::Timer(p, life, timer));
                None
            }
            Effect::Prepare(limits) => {
                if let Some(bug) = bug {
                    let fresh = format!("00000000-0000-8000-8000-{:012x}", fresh >> 16);
                    bugs::before_prepare(bug, &phone.disk.look, &fresh);
                }
                Some(match store.prepare(clock, limits) {
                    Ok(request) => Event::Prepared(Box::new(request)),
                    Err(_) => Event::StoreFailed,
                })
            }
            Effect::Send(request) => {
                self.tally.syncs += 1;
                match store.token() {
                    Ok(Some(token)) => {
                        let body = serde_json::to_string(&request).unwrap();
                        self.trace.bytes(body.as_bytes());
                        let (name, count) = (&self.phones[p].name, request.mutations.len());
                        self.trace.note(self.now, 4, || {
                            let changes: Vec<String> = request
                                .mutations
                                .iter()
                                .map(|one| {
                                    format!(
                                        "{} on {}: {:?}",
                                        one.id,
                                        one.base_rev,
                                        one.fields.keys()
                                    )
                                })
                                .collect();
                            format!(
                                "{name} sends {count} changes, cursor {} {changes:?}",
                                request.cursor
                            )
                        });
                        self.post(p, token, body.into_bytes());
                        None
                    }
                    Ok(None) => Some(Event::Answered(Err(Failure::Auth))),
                    Err(_) => Some(Event::Answered(Err(Failure::Auth))),
                }
            }
            Effect::Apply(mut reply) => {
                let dies = bug.is_some_and(|bug| {
                    bugs::before_apply(bug, &phone.disk.look, &mut reply, chance)
                });
                if dies {
                    return self.crash(p);
                }
                match store.apply(clock, &reply) {
                    Ok(applied) => {
                        self.took_in(p, &reply, applied);
                        Some(Event::Applied(applied))
                    }
                    Err(_) => Some(Event::StoreFailed),
                }
            }
            Effect::ForgetCursor => store.forget_cursor().err().map(|_| Event::StoreFailed),
            Effect::SetAside(mutation, why) => {
                let set_aside = store.set_aside(mutation, &why.to_string());
                set_aside.err().map(|_| Event::StoreFailed)
            }
        };
        if self.phones[p].doom.came() {
            return self.crash(p);
        }
        self.phones[p].events.extend(next);
    }

    fn took_in(&mut self, p: usize, reply: &SyncReply, applied: Applied) {
        if let Some(bug) = self.bug {
            bugs::after_apply(bug, &self.phones[p].disk.look, reply);
        }
        let phone = &mut self.phones[p];
        phone.agreed = (!reply.more && !applied.mismatch).then_some(reply.cursor);
        let name = &phone.name;
        self.trace.note(self.now, 5, || {
            format!(
                "{name} takes in {} answers {:?}, {} records, cursor {}{}{}",
                reply.results.len(),
                reply
                    .results
                    .iter()
                    .map(|one| outcome_of(&one.outcome))
                    .collect::<Vec<_>>(),
                reply.records.len(),
                reply.cursor,
                if reply.more { ", more" } else { "" },
                if applied.mismatch { ", MISMATCH" } else { "" }
            )
        });
        for result in &reply.results {
            let refused = matches!(
                result.outcome,
                Outcome::Rejected { .. } | Outcome::Conflict { .. }
            );
            if let (true, Some(rev)) = (refused, self.office.applied.get(&result.id)) {
                let (id, outcome) = (result.id, &result.outcome);
                self.wrong.push(format!(
                    "{id} was applied at {rev} and then answered with {outcome:?}"
                ));
            }
        }
        if applied.mismatch && !self.excused {
            self.wrong
                .push(format!("{name} and the server differ without a cause"));
        }
    }

    fn answered(&mut self, p: usize, life: u64, call: u64, answer: &Answer) {
        let phone = &mut self.phones[p];
        if phone.life != life || phone.waiting != Some(call) {
            return;
        }
        phone.waiting = None;
        let understood = understand::<SyncReply>(answer).map(Box::new);
        if let (
            Answer::Response {
                status: 200,
                ours: false,
                ..
            },
            Some(bug),
        ) = (answer, self.bug)
        {
            bugs::after_portal(bug, &phone.disk.look);
        }
        if let Err(failure) = &understood {
            let name = &phone.name;
            self.trace.note(self.now, 6, || {
                format!("{name} gets no answer: {failure:?}")
            });
        }
        self.phones[p].events.push_back(Event::Answered(understood));
        self.wake(p);
    }

    fn end_faults(&mut self) {
        self.rough = 0;
        self.note(7, || "THE FAULTS END".to_owned());
        if !self.office.up {
            self.at(0, What::ServerStart);
        }
        for p in 0..self.phones.len() {
            if self.phones[p].nearly_full || self.phones[p].store.is_none() {
                self.at(1, What::Room(p));
            }
            self.at(10_000, What::Tidy(p));
        }
    }

    fn is_quiet(&self) -> bool {
        let last = self.office.last_rev();
        self.office.up
            && self.ledger.tidied.len() == self.phones.len()
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
                    "{} {:?} agreed {:?} of {last}, unsent {:?}, {:?}",
                    phone.name,
                    phone.engine.phase(),
                    phone.agreed,
                    facts.map(|facts| facts.unsent),
                    phone.engine.trouble()
                )
            })
            .collect()
    }

    pub(crate) const PATIENCE: i64 = PATIENCE;
}

fn outcome_of(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Applied { rev, exact } => {
            format!("applied at {rev}{}", if *exact { ", exact" } else { "" })
        }
        Outcome::Duplicate { rev } => format!("duplicate of {rev}"),
        Outcome::Conflict { record, .. } => format!("conflict with {}", record.rev),
        Outcome::Rejected { code, reason } => format!("{code:?}: {reason}"),
    }
}

/// Runs a seed.
pub(crate) fn run(seed: u64, templates: &Templates, bug: Option<Bug>, tell: bool) -> Report {
    let mut world = World::new(seed, templates, bug, tell);
    world.run();
    Report {
        hash: world.trace.hash(),
        wrong: world.wrong,
        tally: world.tally,
    }
}
