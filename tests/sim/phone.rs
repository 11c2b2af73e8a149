//! One device: its disk, its real store and its real engine, carried out one effect at a time.

use std::collections::VecDeque;
use std::sync::Arc;

use anjangsana::{
    domain::{DeviceId, Millis, User},
    store::{
        Moment, Store,
        api::{Reply, Request, StoreError},
    },
    sync::engine::{Effect, Engine, Event, Failure, Phase},
};

use crate::disk::{Disk, Doom};
use crate::rng::Rng;

pub(crate) struct Phone {
    pub(crate) name: String,
    /// Whose, among the people.
    pub(crate) who: usize,
    pub(crate) device: DeviceId,
    pub(crate) disk: Disk,
    pub(crate) doom: Arc<Doom>,
    pub(crate) store: Option<Store>,
    pub(crate) engine: Engine,
    pub(crate) effects: VecDeque<Effect>,
    pub(crate) events: VecDeque<Event>,
    /// A step is on the agenda.
    pub(crate) stepping: bool,
    /// Grows with every start: what was meant for an earlier one is not for this one.
    pub(crate) life: u64,
    /// The call that an answer is awaited for.
    pub(crate) waiting: Option<u64>,
    /// Which wish to be woken counts.
    pub(crate) timer: u64,
    /// Its clock minus the true time, ms.
    pub(crate) skew: i64,
    /// The revision it last agreed on with the server.
    pub(crate) agreed: Option<u64>,
    /// How often its person put something that was refused back into the queue.
    pub(crate) resent: u32,
    /// Its disk has next to no room.
    pub(crate) nearly_full: bool,
}

/// What came of a person's request.
pub(crate) enum Done {
    Yes(Box<Reply>),
    No(StoreError),
    /// The power failed: nobody was told anything.
    Died,
}

impl Phone {
    pub(crate) fn clock(&self, now: i64) -> Millis {
        Millis(now + self.skew)
    }

    /// Starts the app on what lies on the disk.
    pub(crate) fn start(&mut self, login: Option<&User>, room: Option<u32>) {
        self.life += 1;
        let db = self.disk.open(&self.doom, room);
        self.engine = Engine::default();
        self.effects.clear();
        self.events.clear();
        self.stepping = false;
        self.waiting = None;
        self.agreed = None;
        // A disk without room may not even let the store be opened; then the app says so and is started again.
        self.store = Store::open(db, login, self.device).ok();
        if self.store.is_some() {
            self.events.push_back(Event::Opened);
        }
    }

    /// The app ends, whatever it was doing.
    pub(crate) fn stop(&mut self) {
        self.life += 1;
        self.store = None;
        self.engine = Engine::default();
        self.effects.clear();
        self.events.clear();
        self.stepping = false;
        self.waiting = None;
        self.agreed = None;
    }

    pub(crate) fn ask(&mut self, now: i64, rng: &mut Rng, request: Request) -> Done {
        let at = self.clock(now);
        let Some(store) = &mut self.store else {
            return Done::No(StoreError::NotOpen);
        };
        let mut entropy = || rng.entropy();
        let mut moment = Moment {
            now: at,
            entropy: &mut entropy,
        };
        let answer = store.handle(&mut moment, request);
        if self.doom.came() {
            return Done::Died;
        }
        match answer {
            Ok((reply, _)) => Done::Yes(Box::new(reply)),
            Err(error) => Done::No(error),
        }
    }

    /// Whether nothing is under way and nothing is unsent.
    pub(crate) fn rests(&self, last_rev: u64) -> bool {
        let Some(store) = &self.store else {
            return false;
        };
        self.engine.phase() == Phase::Idle
            && self.events.is_empty()
            && self.effects.is_empty()
            && self.agreed == Some(last_rev)
            && store.sync_facts().is_ok_and(|facts| facts.unsent == 0)
    }

    pub(crate) fn is_stopped(&self) -> Option<&Failure> {
        matches!(
            self.engine.phase(),
            Phase::LoginNeeded | Phase::UpdateNeeded
        )
        .then(|| self.engine.trouble())
        .flatten()
    }
}
