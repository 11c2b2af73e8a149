//! One device: its disk, its real store and its real engines, carried out one effect at a time.

use std::collections::VecDeque;

use anjangsana::{
    domain::{DeviceId, Millis, RecordId, User},
    store::{
        Moment, Store,
        api::{Reply, Request, StoreError},
    },
    sync::{
        engine::{Effect, Engine, Event, Failure, Phase},
        upload::{self, Uploads},
    },
};

use crate::disk::Disk;
use crate::rng::Rng;

/// What one of the two engines wants done.
pub(crate) enum Do {
    Sync(Effect),
    Photo(upload::Effect),
}

/// What one of the two engines is to hear.
pub(crate) enum Heard {
    Sync(Event),
    Photo(upload::Event),
}

pub(crate) struct Phone {
    pub(crate) name: String,
    /// Whose, among the people.
    pub(crate) who: usize,
    pub(crate) device: DeviceId,
    pub(crate) disk: Disk,
    pub(crate) store: Option<Store>,
    pub(crate) engine: Engine,
    pub(crate) uploads: Uploads,
    pub(crate) effects: VecDeque<Do>,
    pub(crate) events: VecDeque<Heard>,
    /// A step is on the agenda.
    pub(crate) stepping: bool,
    /// The sync's engine heard something: when it rests, the photos are looked at.
    pub(crate) drove: bool,
    /// Grows with every start: what was meant for an earlier one is not for this one.
    pub(crate) life: u64,
    /// The call of each engine that an answer is awaited for.
    pub(crate) waiting: Option<u64>,
    pub(crate) waiting_photo: Option<u64>,
    /// When either engine wants to be woken: one alarm for both.
    pub(crate) wishes: [Option<Millis>; 2],
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
    /// Where the piece ended that it last sent of a photo.
    pub(crate) last_piece: u64,
    /// What it says of its network.
    pub(crate) wifi: Option<bool>,
    /// It lies at the bottom of the river.
    pub(crate) lost: bool,
    /// The visit and its submission that its person reads.
    pub(crate) reading: Option<(RecordId, u32)>,
}

/// What came of a person's request.
pub(crate) enum Done {
    Yes(Box<Reply>),
    No(StoreError),
    /// The power failed: nobody was told anything.
    Died,
}

impl Phone {
    pub(crate) fn new(name: String, who: usize, disk: Disk) -> Self {
        Self {
            device: DeviceId::of_text(&name),
            name,
            who,
            disk,
            store: None,
            engine: Engine::default(),
            uploads: Uploads::default(),
            effects: VecDeque::new(),
            events: VecDeque::new(),
            stepping: false,
            drove: false,
            life: 0,
            waiting: None,
            waiting_photo: None,
            wishes: [None; 2],
            timer: 0,
            skew: 0,
            agreed: None,
            resent: 0,
            nearly_full: false,
            last_piece: 0,
            wifi: None,
            lost: false,
            reading: None,
        }
    }

    pub(crate) fn clock(&self, now: i64) -> Millis {
        Millis(now + self.skew)
    }

    /// Starts the app on what lies on the disk.
    pub(crate) fn start(&mut self, now: i64, login: Option<&User>, room: Option<u32>) {
        self.stop();
        let db = self.disk.open(room);
        // A disk without room may not even let the store be opened; then the app says so and is started again.
        self.store = Store::open(db, login, self.device).ok();
        if let Some(store) = &self.store {
            let _freed = store.free_photos(self.clock(now));
        }
        self.session_begins();
    }

    /// Both engines begin: the app was opened, or its person logged in.
    pub(crate) fn session_begins(&mut self) {
        if let Some(store) = &self.store {
            let wifi_only = store.wifi_only().unwrap_or(false);
            self.hear_photo(upload::Event::Opened(wifi_only));
            self.hear_photo(upload::Event::Wifi(self.wifi));
            self.hear(Event::Opened);
        }
    }

    /// The app ends, whatever it was doing.
    pub(crate) fn stop(&mut self) {
        self.life += 1;
        if let Some(store) = self.store.take() {
            self.disk.close(store.into_db());
        }
        self.engine = Engine::default();
        self.uploads = Uploads::default();
        self.effects.clear();
        self.events.clear();
        self.stepping = false;
        self.drove = false;
        self.waiting = None;
        self.waiting_photo = None;
        self.wishes = [None; 2];
        self.agreed = None;
    }

    pub(crate) fn hear(&mut self, event: Event) {
        self.events.push_back(Heard::Sync(event));
    }

    pub(crate) fn hear_photo(&mut self, event: upload::Event) {
        self.events.push_back(Heard::Photo(event));
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
        if self.disk.doom().came() {
            return Done::Died;
        }
        match answer {
            Ok((reply, _)) => Done::Yes(Box::new(reply)),
            Err(error) => Done::No(error),
        }
    }

    /// Whether nothing is under way and nothing is unsent.
    pub(crate) fn rests(&self, last_rev: u64) -> bool {
        if self.lost {
            return true;
        }
        let Some(store) = &self.store else {
            return false;
        };
        self.engine.phase() == Phase::Idle
            && self.uploads.phase() == upload::Phase::Idle
            && self.events.is_empty()
            && self.effects.is_empty()
            && self.agreed == Some(last_rev)
            && store
                .sync_facts()
                .is_ok_and(|facts| facts.unsent == 0 && facts.photos.waiting == 0)
    }

    /// Why its engines do nothing before their person does something.
    pub(crate) fn is_stopped(&self) -> Option<&Failure> {
        if matches!(
            self.engine.phase(),
            Phase::LoginNeeded | Phase::UpdateNeeded
        ) {
            return self.engine.trouble();
        }
        // The photos' engine does not keep what stopped it: the app is started again.
        (self.uploads.phase() == upload::Phase::Stopped).then_some(&Failure::Update)
    }
}
