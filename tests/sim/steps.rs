//! A phone's steps: its app starts and ends, the engines' effects are carried out one at a time, answers come.

use anjangsana::{
    domain::Millis,
    platform::{device::understand_sync, machine::Answer},
    server::{repo::Records, sync::exchange},
    store::Store,
    sync::{
        backoff::FARTHEST,
        engine::{Applied, Effect, Event, Failure, Fetched, Phase},
        upload,
        wire::{Outcome, SyncReply},
    },
};

use crate::bugs::{self, Bug};
use crate::office::{Ask, Office};
use crate::phone::{Do, Heard};
use crate::world::{What, World};

impl World {
    pub(crate) fn start(&mut self, p: usize, room: Option<u32>) {
        if self.phones[p].store.is_none() && !self.phones[p].lost {
            self.phones[p].start(self.now, None, room);
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
        let name = &self.phones[p].name;
        self.trace.note(self.now, 3, || format!("{name} crashes"));
        let pause = self.rng.between(1_000, 300_000);
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
    pub(crate) fn step(&mut self, p: usize) {
        self.phones[p].stepping = false;
        if self.strikes(2) {
            return self.crash(p);
        }
        let clock = self.phones[p].clock(self.now);
        let phone = &mut self.phones[p];
        if let Some(effect) = phone.effects.pop_front() {
            match effect {
                Do::Sync(effect) => self.carry_out(p, effect, clock),
                Do::Photo(effect) => self.carry_photo_out(p, effect, clock),
            }
        } else if let Some(event) = phone.events.pop_front() {
            let jitter = self.rng.below(256) as u8;
            match event {
                Heard::Sync(event) => {
                    phone.drove = true;
                    let effects = phone.engine.handle(clock, jitter, event);
                    phone.effects.extend(effects.into_iter().map(Do::Sync));
                }
                Heard::Photo(event) => {
                    let effects = phone.uploads.handle(clock, jitter, event);
                    phone.effects.extend(effects.into_iter().map(Do::Photo));
                }
            }
        }
        let phone = &mut self.phones[p];
        let is_done = phone.effects.is_empty() && phone.events.is_empty();
        if is_done && phone.drove && phone.engine.phase() == Phase::Idle {
            // The text has gone, or has not changed: now the photos.
            phone.drove = false;
            phone.hear_photo(upload::Event::Look);
        }
        self.wake(p);
    }

    /// The phone has one alarm: it is set to the sooner of two wishes.
    pub(crate) fn wish(&mut self, p: usize, whose: usize, at: Millis, clock: Millis) {
        let phone = &mut self.phones[p];
        phone.wishes[whose] = Some(at);
        phone.timer += 1;
        let (life, timer) = (phone.life, phone.timer);
        let soonest = phone.wishes.iter().flatten().min().copied().unwrap_or(at);
        let pause = (soonest.0 - clock.0).clamp(0, FARTHEST);
        self.at(pause, What::Timer(p, life, timer));
    }

    /// The power may fail in what the phone writes next.
    pub(crate) fn may_doom(&mut self, p: usize) {
        if self.tears && self.strikes(12) {
            let steps = 1 + self.rng.below(320) as i64;
            self.phones[p].disk.doom().after_steps(steps);
        } else if self.strikes(3) {
            self.phones[p].disk.doom().at_commit(1);
        }
    }

    fn carry_out(&mut self, p: usize, effect: Effect, clock: Millis) {
        self.may_doom(p);
        let fresh = self.rng.next();
        let chance = self.rng.per_mille(60);
        let bug = self.bug;
        let cut = matches!(effect, Effect::Fetch(_)) && (self.strikes(60) || !self.office.up);
        let phone = &mut self.phones[p];
        let Some(store) = &mut phone.store else {
            return;
        };
        let next = match effect {
            Effect::Show => None,
            Effect::WakeAt(at) => {
                self.wish(p, 0, at, clock);
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
                        let call = self.post(p, token, Ask::Sync(body.into_bytes()));
                        self.phones[p].waiting = Some(call);
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
                        // There is a network, whatever the platform says of it.
                        if bug != Some(Bug::OfflineBelieved) {
                            phone.hear_photo(upload::Event::Network(true));
                        }
                        self.took_in(p, &reply, applied);
                        Some(Event::Applied(applied))
                    }
                    Err(_) => Some(Event::StoreFailed),
                }
            }
            Effect::Fetch(_) if cut => Some(Event::Fetched(Err(Failure::Unreachable))),
            Effect::Fetch(most) => Some(fetch(store, &self.office, clock, Millis(self.now), most)),
            Effect::ForgetCursor => store.forget_cursor().err().map(|_| Event::StoreFailed),
            Effect::SetAside(mutation, why) => {
                let set_aside = store.set_aside(mutation, &why.to_string());
                set_aside.err().map(|_| Event::StoreFailed)
            }
        };
        if self.phones[p].disk.doom().came() {
            return self.crash(p);
        }
        self.phones[p].events.extend(next.map(Heard::Sync));
    }

    fn took_in(&mut self, p: usize, reply: &SyncReply, applied: Applied) {
        if let Some(bug) = self.bug {
            bugs::after_apply(bug, &self.phones[p].disk.look, reply);
        }
        let phone = &mut self.phones[p];
        // An answer of before its person moved, or before the server's disk was lost, says nothing of what they may see now.
        let is_of_today =
            reply.scope == exchange::name_of(&self.people[phone.who]) && reply.epoch == self.life;
        let agrees = !reply.more && !applied.fetch && !applied.mismatch && is_of_today;
        phone.agreed = agrees.then_some(reply.cursor);
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

    pub(crate) fn answered(&mut self, p: usize, life: u64, call: u64, answer: &Answer) {
        let phone = &mut self.phones[p];
        if phone.life != life {
            return;
        }
        if phone.waiting_photo == Some(call) {
            phone.waiting_photo = None;
            return self.photo_answered(p, answer);
        }
        if phone.waiting != Some(call) {
            return;
        }
        phone.waiting = None;
        let understood = understand_sync(answer).map(Box::new);
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
        self.phones[p].hear(Event::Answered(understood));
        self.wake(p);
    }
}

fn outcome_of(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Applied { rev, exact } => {
            format!("applied at {rev}{}", if *exact { ", exact" } else { "" })
        }
        Outcome::Duplicate { rev } => format!("duplicate of {rev}"),
        Outcome::Conflict { record, .. } => format!("conflict with {}", record.rev),
        Outcome::Rejected { code, reason } => format!("{code:?}: {reason}"),
        Outcome::Unknown(outcome) => format!("{outcome:?}, which it does not understand"),
    }
}

/// Fetches a piece of a large record, as `platform::device` and `routes::records` do between them.
fn fetch(store: &mut Store, office: &Office, clock: Millis, now: Millis, most: u32) -> Event {
    let next = match store.next_piece() {
        Ok(Some(next)) => next,
        Ok(None) => return Event::Fetched(Ok(Fetched::All)),
        Err(_) => return Event::StoreFailed,
    };
    let token = store.token().ok().flatten();
    let Some(user) = token.and_then(|token| office.user_of(&token, now)) else {
        return Event::Fetched(Err(Failure::Auth));
    };
    let taken = match office.db.fields_at(&user, next.record, next.rev).unwrap() {
        Some(fields) => {
            let from = usize::try_from(next.from).unwrap().min(fields.len());
            let to = fields.len().min(from + most as usize);
            store.take_piece(clock, &next, &fields.as_bytes()[from..to])
        }
        None => store.drop_large(next.record),
    };
    match taken {
        Ok(true) => Event::Fetched(Ok(Fetched::Piece)),
        Ok(false) => Event::Fetched(Ok(Fetched::All)),
        Err(_) => Event::StoreFailed,
    }
}
