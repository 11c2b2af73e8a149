//! What a device does next: events in, effects out. No clock, no network, no database in here, so that every order of
//! events can be tried in a test.
//!
//! ```text
//! Idle --(change, timer, network, button)--> Preparing --> Sending --> Applying --> Idle, or round again
//!                                                             \--(failure)--> Waiting --> Preparing
//! ```
//!
//! One round is under way at most. Whatever fails, the outbox keeps everything: the engine only decides when to try.

use super::{
    backoff,
    wire::{Limits, SyncReply, SyncRequest},
};
use crate::domain::Millis;

/// A change is sent so long after it was made, so that typing folds into one mutation.
pub const SETTLE: i64 = 2_500;
/// Without any other reason a sync is tried so often.
pub const PERIOD: i64 = 5 * 60_000;
/// A mismatch is repaired by pulling everything anew at most so often in a row.
const REPAIRS: u32 = 2;

/// Something happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// A store with a session was opened.
    Opened,
    /// The store was closed.
    Closed,
    /// Something was written that the server has not.
    Changed,
    /// A person asked for it.
    Asked,
    /// The network came or went.
    Network(bool),
    /// The time asked for with [`Effect::WakeAt`] has come.
    Woke,
    /// The store made this to send.
    Prepared(Box<SyncRequest>),
    /// The server answered, or did not.
    Answered(Result<Box<SyncReply>, Failure>),
    /// The store has taken the answer in.
    Applied(Applied),
    /// The store could not make or take in a batch.
    StoreFailed,
}

/// What the store found when it took an answer in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Applied {
    /// Records written.
    pub records: u32,
    /// There is more to push.
    pub push: bool,
    /// There is more to pull.
    pub pull: bool,
    /// Both sides should agree now and do not.
    pub mismatch: bool,
}

/// To be done, in this order.
#[derive(Clone, PartialEq, Debug)]
pub enum Effect {
    /// Make the next batch under these limits -> [`Event::Prepared`].
    Prepare(Limits),
    /// Send it -> [`Event::Answered`].
    Send(Box<SyncRequest>),
    /// Take it in, in one transaction -> [`Event::Applied`].
    Apply(Box<SyncReply>),
    /// Pull everything anew from the next batch on: forget the cursor, keep the records.
    ForgetCursor,
    /// Even alone the first mutation is larger than the server takes: set it aside.
    SetAsideFirst,
    /// Wake the engine at this time; replaces an earlier wish.
    WakeAt(Millis),
    /// The state changed in a way that shows.
    Show,
}

/// Why a sync did not come through.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Failure {
    /// Nothing answered.
    Unreachable,
    /// Something answered that is not our server: a captive portal, a proxy.
    NotOurs,
    /// The session ended.
    Auth,
    /// The app is too old.
    Update,
    /// The request was too large.
    TooLarge,
    /// Slow down.
    TooMany {
        /// Seconds to wait.
        after: u32,
    },
    /// Another refusal.
    Status {
        /// HTTP status.
        status: u16,
        /// The server's words.
        message: String,
    },
}

/// What the engine is doing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Phase {
    /// No store is open.
    Closed,
    /// Nothing to do until then.
    Idle,
    /// Asked the store for a batch.
    Preparing,
    /// Waiting for the server.
    Sending,
    /// The store takes an answer in.
    Applying,
    /// Failed; trying again at this time.
    Waiting(Millis),
    /// A login is needed.
    LoginNeeded,
    /// A newer app is needed.
    UpdateNeeded,
}

/// The client's side of the protocol.
#[derive(Debug)]
pub struct Engine {
    phase: Phase,
    online: bool,
    failures: u32,
    again: bool,
    wake: Option<Millis>,
    limits: Limits,
    repairs: u32,
    pulled: u32,
    trouble: Option<Failure>,
}

impl Default for Engine {
    fn default() -> Self {
        Self {
            phase: Phase::Closed,
            online: true,
            failures: 0,
            again: false,
            wake: None,
            limits: Limits::default(),
            repairs: 0,
            pulled: 0,
            trouble: None,
        }
    }
}

impl Engine {
    /// What it is doing.
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// Why the last try failed; nothing after a success.
    #[must_use]
    pub fn trouble(&self) -> Option<&Failure> {
        self.trouble.as_ref()
    }

    /// Records pulled so far in this round.
    #[must_use]
    pub fn pulled(&self) -> u32 {
        self.pulled
    }

    /// Takes an event, says what to do. `jitter` is any random byte.
    pub fn handle(&mut self, now: Millis, jitter: u8, event: Event) -> Vec<Effect> {
        match event {
            Event::Opened => {
                *self = Self {
                    online: self.online,
                    ..Self::default()
                };
                self.phase = Phase::Idle;
                self.begin()
            }
            Event::Closed => {
                *self = Self {
                    online: self.online,
                    ..Self::default()
                };
                vec![Effect::Show]
            }
            Event::Changed => self.changed(now),
            Event::Asked => self.asked(),
            Event::Network(online) => {
                let came_back = online && !self.online;
                self.online = online;
                if came_back {
                    self.asked()
                } else {
                    vec![Effect::Show]
                }
            }
            Event::Woke => self.woke(now),
            Event::Prepared(request) if self.phase == Phase::Preparing => {
                self.phase = Phase::Sending;
                vec![Effect::Send(request)]
            }
            Event::Answered(answer) if self.phase == Phase::Sending => match answer {
                Ok(reply) => {
                    self.phase = Phase::Applying;
                    self.limits = reply.limits;
                    vec![Effect::Apply(reply)]
                }
                Err(failure) => self.failed(now, jitter, failure),
            },
            Event::Applied(applied) if self.phase == Phase::Applying => self.applied(now, applied),
            Event::StoreFailed if matches!(self.phase, Phase::Preparing | Phase::Applying) => {
                self.wait(now, jitter, None)
            }
            // Late answers to a store that was closed meanwhile: nothing was lost, the outbox still has it.
            Event::Prepared(_) | Event::Answered(_) | Event::Applied(_) | Event::StoreFailed => {
                Vec::new()
            }
        }
    }

    fn begin(&mut self) -> Vec<Effect> {
        self.phase = Phase::Preparing;
        self.again = false;
        vec![Effect::Show, Effect::Prepare(self.limits)]
    }

    fn asked(&mut self) -> Vec<Effect> {
        match self.phase {
            Phase::Idle | Phase::Waiting(_) => {
                self.pulled = 0;
                self.begin()
            }
            Phase::Preparing | Phase::Sending | Phase::Applying => {
                self.again = true;
                Vec::new()
            }
            Phase::Closed | Phase::LoginNeeded | Phase::UpdateNeeded => vec![Effect::Show],
        }
    }

    fn changed(&mut self, now: Millis) -> Vec<Effect> {
        match self.phase {
            Phase::Idle => {
                let at = now.plus(SETTLE);
                if self.wake.is_none_or(|wake| wake > at) {
                    self.wake = Some(at);
                    return vec![Effect::Show, Effect::WakeAt(at)];
                }
                vec![Effect::Show]
            }
            Phase::Preparing | Phase::Sending | Phase::Applying => {
                self.again = true;
                vec![Effect::Show]
            }
            _ => vec![Effect::Show],
        }
    }

    fn woke(&mut self, now: Millis) -> Vec<Effect> {
        let due = match self.phase {
            Phase::Idle => self.wake.is_some_and(|at| at <= now),
            Phase::Waiting(until) => until <= now,
            _ => false,
        };
        if due {
            self.wake = None;
            if self.online {
                self.pulled = 0;
                return self.begin();
            }
            // The platform says there is no network: look again later, or when it comes back.
            self.phase = Phase::Idle;
            return self.rest(now, PERIOD);
        }
        match (self.phase, self.wake) {
            (Phase::Idle, Some(at)) | (Phase::Waiting(at), _) => vec![Effect::WakeAt(at)],
            _ => Vec::new(),
        }
    }

    fn rest(&mut self, now: Millis, pause: i64) -> Vec<Effect> {
        let at = now.plus(pause);
        self.wake = Some(at);
        vec![Effect::Show, Effect::WakeAt(at)]
    }

    fn applied(&mut self, now: Millis, applied: Applied) -> Vec<Effect> {
        self.failures = 0;
        self.trouble = None;
        self.pulled = self.pulled.saturating_add(applied.records);
        if applied.mismatch && self.repairs < REPAIRS {
            self.repairs += 1;
            let mut effects = vec![Effect::ForgetCursor];
            effects.extend(self.begin());
            return effects;
        }
        if applied.push || applied.pull || self.again {
            return self.begin();
        }
        self.repairs = 0;
        self.phase = Phase::Idle;
        self.rest(now, PERIOD)
    }

    fn failed(&mut self, now: Millis, jitter: u8, failure: Failure) -> Vec<Effect> {
        let stop = match &failure {
            Failure::Auth => Some(Phase::LoginNeeded),
            Failure::Update => Some(Phase::UpdateNeeded),
            Failure::TooLarge => return self.too_large(),
            _ => None,
        };
        if let Some(phase) = stop {
            self.phase = phase;
            self.trouble = Some(failure);
            return vec![Effect::Show];
        }
        self.wait(now, jitter, Some(failure))
    }

    fn too_large(&mut self) -> Vec<Effect> {
        let mut effects = Vec::new();
        if self.limits.mutations > 1 {
            self.limits.mutations /= 2;
            self.limits.bytes = (self.limits.bytes / 2).max(1);
        } else {
            effects.push(Effect::SetAsideFirst);
        }
        effects.extend(self.begin());
        effects
    }

    fn wait(&mut self, now: Millis, jitter: u8, failure: Option<Failure>) -> Vec<Effect> {
        self.failures = self.failures.saturating_add(1);
        let mut pause = backoff::wait(self.failures, jitter);
        if let Some(Failure::TooMany { after }) = &failure {
            pause = pause.max(i64::from(*after) * 1_000);
        }
        if failure.is_some() {
            self.trouble = failure;
        }
        let until = now.plus(pause);
        self.phase = Phase::Waiting(until);
        vec![Effect::Show, Effect::WakeAt(until)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::DeviceId;

    const NOW: Millis = Millis(1_000_000);

    fn request() -> Event {
        Event::Prepared(Box::new(SyncRequest {
            protocol: 1,
            device: DeviceId::of_text("device"),
            sent_at: NOW,
            cursor: 0,
            scope: String::new(),
            mutations: Vec::new(),
        }))
    }

    fn reply() -> Event {
        Event::Answered(Ok(Box::new(SyncReply {
            protocol: 1,
            server_time: NOW,
            results: Vec::new(),
            records: Vec::new(),
            cursor: 1,
            more: false,
            scope: String::new(),
            user: None,
            digest: None,
            limits: Limits::default(),
        })))
    }

    fn engine_sending() -> Engine {
        let mut engine = Engine::default();
        engine.handle(NOW, 0, Event::Opened);
        engine.handle(NOW, 0, request());
        assert_eq!(engine.phase(), Phase::Sending);
        engine
    }

    fn prepares(effects: &[Effect]) -> bool {
        effects
            .iter()
            .any(|effect| matches!(effect, Effect::Prepare(_)))
    }

    #[test]
    fn a_round_goes_from_opening_to_idle() {
        let mut engine = engine_sending();
        engine.handle(NOW, 0, reply());
        let effects = engine.handle(NOW, 0, Event::Applied(Applied::default()));
        assert_eq!(engine.phase(), Phase::Idle);
        assert!(effects.contains(&Effect::WakeAt(NOW.plus(PERIOD))));
    }

    #[test]
    fn a_change_made_while_sending_starts_another_round() {
        let mut engine = engine_sending();
        engine.handle(NOW, 0, Event::Changed);
        engine.handle(NOW, 0, reply());
        assert!(prepares(&engine.handle(
            NOW,
            0,
            Event::Applied(Applied::default())
        )));
    }

    #[test]
    fn a_failure_waits_and_the_button_and_the_network_do_not() {
        for wake in [Event::Asked, Event::Network(true)] {
            let mut engine = engine_sending();
            engine.handle(NOW, 0, Event::Network(false));
            let effects = engine.handle(NOW, 0, Event::Answered(Err(Failure::Unreachable)));
            assert!(effects.contains(&Effect::WakeAt(NOW.plus(backoff::SHORTEST))));
            assert!(!prepares(&engine.handle(NOW.plus(1), 0, Event::Woke)));
            assert!(prepares(&engine.handle(NOW.plus(1), 0, wake)));
        }
    }

    #[test]
    fn a_session_that_ended_stops_until_the_login_and_a_change_does_not_start_it() {
        let mut engine = engine_sending();
        engine.handle(NOW, 0, Event::Answered(Err(Failure::Auth)));
        assert_eq!(engine.phase(), Phase::LoginNeeded);
        assert!(!prepares(&engine.handle(NOW, 0, Event::Changed)));
        assert!(!prepares(&engine.handle(NOW, 0, Event::Asked)));
        assert!(prepares(&engine.handle(NOW, 0, Event::Opened)));
    }

    #[test]
    fn a_batch_too_large_is_halved_and_a_single_one_set_aside() {
        let mut engine = engine_sending();
        let mut halvings = 0;
        loop {
            let effects = engine.handle(NOW, 0, Event::Answered(Err(Failure::TooLarge)));
            assert!(prepares(&effects), "the queue never stalls");
            if effects.contains(&Effect::SetAsideFirst) {
                break;
            }
            halvings += 1;
            engine.handle(NOW, 0, request());
        }
        assert_eq!(halvings, 6);
    }

    #[test]
    fn a_mismatch_is_repaired_but_not_for_ever() {
        let mut engine = engine_sending();
        let mismatch = || {
            Event::Applied(Applied {
                mismatch: true,
                ..Applied::default()
            })
        };
        let mut repairs = 0;
        loop {
            engine.handle(NOW, 0, reply());
            let effects = engine.handle(NOW, 0, mismatch());
            if !effects.contains(&Effect::ForgetCursor) {
                break;
            }
            repairs += 1;
            engine.handle(NOW, 0, request());
        }
        assert_eq!(repairs, 2);
        assert_eq!(engine.phase(), Phase::Idle);
    }

    #[test]
    fn an_answer_that_comes_after_closing_does_nothing() {
        let mut engine = engine_sending();
        engine.handle(NOW, 0, Event::Closed);
        assert!(engine.handle(NOW, 0, reply()).is_empty());
        assert_eq!(engine.phase(), Phase::Closed);
    }
}
