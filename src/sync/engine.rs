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
    wire::{Limits, SyncReply, SyncRequest, USUAL_ROOM},
};
use crate::domain::{Millis, MutationId};

/// A change is sent so long after it was made, so that typing folds into one mutation.
pub const SETTLE: i64 = 2_500;
/// Without any other reason a sync is tried so often.
pub const PERIOD: i64 = 5 * 60_000;
/// A mismatch is repaired by pulling everything anew at most so often in a row.
const REPAIRS: u32 = 2;
/// A request that is refused so often in a row is not refused by accident.
const PATIENCE: u32 = 3;
/// A server that fails so often in a row at a request may fail because of what is in it.
const STEADY: u32 = 6;
/// A batch that does not come through is made smaller down to so many bytes.
const SMALL_BATCH: u32 = 64_000;
/// Bytes of a piece of a large record on a good line.
const MOST_PIECE: u32 = 64_000;
/// The same on the worst: less would be mostly headers.
const LEAST_PIECE: u32 = 8_000;

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
    /// A piece of a large record was asked for.
    Fetched(Result<Fetched, Failure>),
    /// The store could not make or take in a batch.
    StoreFailed,
}

/// What came of asking for a piece.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fetched {
    /// It is on disk, and there are more to fetch.
    Piece,
    /// There is none left to fetch.
    All,
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
    /// There are large records to fetch in pieces.
    pub fetch: bool,
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
    /// Fetch the next piece of a large record, at most so many bytes, and write it to disk -> [`Event::Fetched`].
    Fetch(u32),
    /// Pull everything anew from the next batch on: forget the cursor, keep the records.
    ForgetCursor,
    /// Even alone this mutation is one that the server will not look at: set it aside.
    SetAside(MutationId, Aside),
    /// Wake the engine at this time; replaces an earlier wish.
    WakeAt(Millis),
    /// The state changed in a way that shows.
    Show,
}

/// Why the server will not look at a mutation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Aside {
    /// It is larger than the server takes.
    TooLarge,
    /// The server refused the whole request again and again, and this alone was in it.
    Refused {
        /// HTTP status.
        status: u16,
        /// The server's words.
        message: String,
    },
}

impl std::fmt::Display for Aside {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::TooLarge => out.write_str("larger than the server takes"),
            Self::Refused { status, message } => write!(out, "refused with {status}: {message}"),
        }
    }
}

/// Why a sync did not come through.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Failure {
    /// Nothing answered.
    Unreachable,
    /// Something answered that is not our server: a captive portal, a proxy.
    NotOurs,
    /// Our server answered what this app does not understand: a later app may.
    NotUnderstood,
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
    /// What stands before our server says that it is down: an answer of 500 or more without our mark.
    Down {
        /// HTTP status.
        status: u16,
    },
    /// Another refusal, or a failure, of our own server.
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
    /// Fetching large records in pieces.
    Fetching,
    /// Failed; trying again at this time.
    Waiting(Millis),
    /// A login is needed.
    LoginNeeded,
    /// A newer app is needed.
    UpdateNeeded,
}

/// How far the engine is in finding out whether a change makes the server fail.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Probe {
    /// Nothing points to one.
    None,
    /// The next request carries nothing: does the server answer that?
    Empty,
    /// It does. The next request carries the one change again.
    Answered,
}

/// The client's side of the protocol.
#[derive(Debug)]
pub struct Engine {
    phase: Phase,
    online: bool,
    failures: u32,
    again: bool,
    wake: Option<Millis>,
    /// What the server says it takes.
    limits: Limits,
    /// What it turned out to take, until everything is sent.
    cap: Option<Limits>,
    /// How many mutations are under way, and the first of them.
    sent: (usize, Option<MutationId>),
    /// How often in a row the server refused a request of ours as a whole, or failed at it.
    refusals: u32,
    /// Whether the one change that the server fails at is to blame.
    probe: Probe,
    /// Whether some change came through since one was set aside because the server failed at it. Otherwise the server fails
    /// at every change, and none of them is to blame.
    may_blame: bool,
    /// How much of the records may come in one answer: less on a line that cuts, more again when answers come through.
    room: u32,
    /// The same of one piece of a large record.
    piece: u32,
    /// A sync was put off because the platform says there is no network.
    put_off: bool,
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
            cap: None,
            sent: (0, None),
            refusals: 0,
            probe: Probe::None,
            may_blame: true,
            room: USUAL_ROOM,
            piece: MOST_PIECE,
            put_off: false,
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
            Event::Prepared(mut request) if self.phase == Phase::Preparing => {
                self.phase = Phase::Sending;
                request.room = Some(match self.room {
                    USUAL_ROOM => 0,
                    less => less,
                });
                let first = request.mutations.first().map(|mutation| mutation.id);
                self.sent = (request.mutations.len(), first);
                vec![Effect::Send(request)]
            }
            Event::Answered(answer) if self.phase == Phase::Sending => match answer {
                Ok(reply) => {
                    self.phase = Phase::Applying;
                    self.room = self.room.saturating_mul(4).min(USUAL_ROOM);
                    self.limits = reply.limits;
                    vec![Effect::Apply(reply)]
                }
                Err(failure) => self.failed(now, jitter, failure),
            },
            Event::Applied(applied) if self.phase == Phase::Applying => self.applied(now, applied),
            Event::Fetched(fetched) if self.phase == Phase::Fetching => {
                self.fetched(now, jitter, fetched)
            }
            Event::StoreFailed
                if matches!(
                    self.phase,
                    Phase::Preparing | Phase::Applying | Phase::Fetching
                ) =>
            {
                self.wait(now, jitter, None)
            }
            // Late answers to a store that was closed meanwhile: nothing was lost, the outbox still has it.
            Event::Prepared(_)
            | Event::Answered(_)
            | Event::Applied(_)
            | Event::Fetched(_)
            | Event::StoreFailed => Vec::new(),
        }
    }

    fn begin(&mut self) -> Vec<Effect> {
        self.phase = Phase::Preparing;
        self.again = false;
        self.put_off = false;
        vec![Effect::Show, Effect::Prepare(self.batch())]
    }

    /// What goes into the next batch.
    fn batch(&self) -> Limits {
        let cap = self.cap.unwrap_or(self.limits);
        Limits {
            mutations: match self.probe {
                Probe::Empty => 0,
                Probe::None | Probe::Answered => self.limits.mutations.min(cap.mutations).max(1),
            },
            bytes: self.limits.bytes.min(cap.bytes).max(1),
        }
    }

    fn asked(&mut self) -> Vec<Effect> {
        match self.phase {
            Phase::Idle | Phase::Waiting(_) => {
                self.pulled = 0;
                self.begin()
            }
            Phase::Preparing | Phase::Sending | Phase::Applying | Phase::Fetching => {
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
            Phase::Preparing | Phase::Sending | Phase::Applying | Phase::Fetching => {
                self.again = true;
                vec![Effect::Show]
            }
            _ => vec![Effect::Show],
        }
    }

    fn woke(&mut self, now: Millis) -> Vec<Effect> {
        let due = match self.phase {
            Phase::Idle => self.wake.is_some_and(|at| backoff::is_due(at, now)),
            Phase::Waiting(until) => backoff::is_due(until, now),
            _ => false,
        };
        if due {
            self.wake = None;
            // What the platform says of the network is not always true: it puts a sync off once, no more.
            if self.online || self.put_off {
                self.pulled = 0;
                return self.begin();
            }
            self.phase = Phase::Idle;
            self.put_off = true;
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
        self.pulled = self.pulled.saturating_add(applied.records);
        if self.probe == Probe::Empty {
            // What came down is here. Now the one change again, and what it does to the server.
            self.probe = Probe::Answered;
            return self.begin();
        }
        self.failures = 0;
        self.refusals = 0;
        self.probe = Probe::None;
        self.may_blame |= self.sent.0 > 0;
        self.trouble = None;
        if applied.mismatch && self.repairs < REPAIRS {
            self.repairs += 1;
            let mut effects = vec![Effect::ForgetCursor];
            effects.extend(self.begin());
            return effects;
        }
        if applied.push || applied.pull || self.again {
            return self.begin();
        }
        if applied.fetch {
            return self.fetch();
        }
        self.repairs = 0;
        self.cap = None;
        self.phase = Phase::Idle;
        self.rest(now, PERIOD)
    }

    fn fetch(&mut self) -> Vec<Effect> {
        self.phase = Phase::Fetching;
        vec![Effect::Show, Effect::Fetch(self.piece)]
    }

    /// Each piece is on disk before the next is asked for, so whatever ends a round, the next one goes on from there. When
    /// all are here, one more round shows whether both sides agree.
    fn fetched(
        &mut self,
        now: Millis,
        jitter: u8,
        fetched: Result<Fetched, Failure>,
    ) -> Vec<Effect> {
        match fetched {
            Ok(fetched) => {
                self.failures = 0;
                self.piece = self.piece.saturating_mul(2).min(MOST_PIECE);
                // What was changed here meanwhile goes first.
                if self.again || fetched == Fetched::All {
                    self.begin()
                } else {
                    self.fetch()
                }
            }
            Err(Failure::Auth) => self.stop(Phase::LoginNeeded, Failure::Auth),
            Err(Failure::Update) => self.stop(Phase::UpdateNeeded, Failure::Update),
            Err(failure) => {
                self.piece = (self.piece / 2).max(LEAST_PIECE);
                self.wait(now, jitter, Some(failure))
            }
        }
    }

    fn failed(&mut self, now: Millis, jitter: u8, failure: Failure) -> Vec<Effect> {
        if let Failure::Status { status, .. } = &failure
            && !self.is_as_before(*status)
        {
            // A refusal and a failure of the server are two things: each is counted by itself.
            self.refusals = 0;
            self.probe = Probe::None;
        }
        match failure {
            Failure::Auth => self.stop(Phase::LoginNeeded, Failure::Auth),
            Failure::Update => self.stop(Phase::UpdateNeeded, Failure::Update),
            Failure::TooLarge => self.too_large(now, jitter),
            Failure::Status { status, .. } if (400..500).contains(&status) => {
                self.refused(now, jitter, failure)
            }
            Failure::Status { status: 500, .. } => self.server_failed(now, jitter, failure),
            other => {
                self.refusals = 0;
                self.probe = Probe::None;
                if other == Failure::Unreachable {
                    self.shorten();
                }
                self.wait(now, jitter, Some(other))
            }
        }
    }

    /// Whether the last try ended with a status of the same class.
    fn is_as_before(&self, status: u16) -> bool {
        matches!(&self.trouble, Some(Failure::Status { status: before, .. }) if before / 100 == status / 100)
    }

    /// Our own server fails at a request. Nearly always it is ill, and gets well. But one change may be what it fails at, and
    /// then everything behind it would wait for ever, and nothing would come down either.
    ///
    /// ```text
    /// the sixth 500 in a row, several changes in the request   half as many from now on, until one is alone
    /// the sixth 500 in a row, one change                       the next request carries nothing
    ///   that is answered, and the change brings 500 again      it is set aside, if any other came through since the last
    ///   that fails too                                         the server is ill: it is tried again, for as long as it takes
    /// 502, 503, 504, 507, or no mark of ours                   the server is down: it is tried again, for as long as it takes
    /// ```
    fn server_failed(&mut self, now: Millis, jitter: u8, failure: Failure) -> Vec<Effect> {
        self.refusals = self.refusals.saturating_add(1);
        match (self.sent, self.probe) {
            ((0, _) | (_, None), _) => {
                self.refusals = 0;
                self.probe = Probe::None;
                self.wait(now, jitter, Some(failure))
            }
            ((1, Some(only)), Probe::Answered) if self.may_blame => {
                self.may_blame = false;
                self.blame(only, failure)
            }
            ((1, _), _) if self.refusals >= STEADY => {
                self.probe = Probe::Empty;
                self.wait(now, jitter, Some(failure))
            }
            ((count, _), _) => {
                if self.refusals >= STEADY {
                    self.halve(count);
                }
                self.wait(now, jitter, Some(failure))
            }
        }
    }

    /// Sets the one change aside that the server does not take; the others go on.
    fn blame(&mut self, only: MutationId, failure: Failure) -> Vec<Effect> {
        self.refusals = 0;
        self.probe = Probe::None;
        let why = match failure {
            Failure::Status { status, message } => Aside::Refused { status, message },
            _ => Aside::TooLarge,
        };
        let mut effects = vec![Effect::SetAside(only, why)];
        effects.extend(self.begin());
        effects
    }

    /// A request that did not come through may be too large for the line, or its answer: less comes at a time, and after a
    /// second time less goes. What has come or gone stays there.
    fn shorten(&mut self) {
        self.room = (self.room / 4).max(LEAST_PIECE);
        if self.failures > 0 && self.sent.0 > 1 {
            let batch = self.batch();
            self.cap = Some(Limits {
                bytes: (batch.bytes / 2).max(SMALL_BATCH).min(batch.bytes),
                ..batch
            });
        }
    }

    fn stop(&mut self, phase: Phase, failure: Failure) -> Vec<Effect> {
        self.phase = phase;
        self.trouble = Some(failure);
        vec![Effect::Show]
    }

    /// Half as much goes at once; what is too large alone is set aside. A request that carried nothing can be made no
    /// smaller: then something else is wrong.
    fn too_large(&mut self, now: Millis, jitter: u8) -> Vec<Effect> {
        match self.sent {
            (0, _) | (_, None) => self.wait(now, jitter, Some(Failure::TooLarge)),
            (1, Some(only)) => {
                let mut effects = vec![Effect::SetAside(only, Aside::TooLarge)];
                effects.extend(self.begin());
                effects
            }
            (count, _) => {
                self.halve(count);
                self.begin()
            }
        }
    }

    /// Our own server refuses the request as a whole, for ever perhaps: so that the queue does not stall, the mutation
    /// that is to blame is looked for by halving, and set aside.
    fn refused(&mut self, now: Millis, jitter: u8, failure: Failure) -> Vec<Effect> {
        self.refusals = self.refusals.saturating_add(1);
        if self.refusals < PATIENCE {
            return self.wait(now, jitter, Some(failure));
        }
        match (self.sent, failure) {
            ((1, Some(only)), failure) => self.blame(only, failure),
            ((count, _), failure) => {
                if count > 1 {
                    self.halve(count);
                }
                self.wait(now, jitter, Some(failure))
            }
        }
    }

    fn halve(&mut self, count: usize) {
        let batch = self.batch();
        self.cap = Some(Limits {
            mutations: u32::try_from(count / 2).unwrap_or(u32::MAX).max(1),
            bytes: (batch.bytes / 2).max(1),
        });
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
        let until = now.plus(pause.min(backoff::FARTHEST));
        self.phase = Phase::Waiting(until);
        vec![Effect::Show, Effect::WakeAt(until)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{AreaCode, DeviceId, Fields, Kind, RecordId};
    use crate::sync::wire::Mutation;

    const NOW: Millis = Millis(1_000_000);

    fn request() -> Event {
        request_of(0)
    }

    fn request_of(count: usize) -> Event {
        request_with(&(0..count).collect::<Vec<_>>())
    }

    fn request_with(numbers: &[usize]) -> Event {
        let mutation = |number: &usize| Mutation {
            id: MutationId::of_text(&format!("{number}")),
            kind: Kind::Visit,
            record: RecordId::of_text("visit"),
            base_rev: 0,
            area: AreaCode::default(),
            order: None,
            at: NOW,
            fields: Fields::new(),
        };
        Event::Prepared(Box::new(SyncRequest {
            protocol: 1,
            device: DeviceId::of_text("device"),
            sent_at: NOW,
            cursor: 0,
            scope: String::new(),
            epoch: None,
            packed: false,
            room: None,
            mutations: numbers.iter().map(mutation).collect(),
        }))
    }

    fn reply() -> Event {
        Event::Answered(Ok(Box::new(SyncReply {
            protocol: 1,
            server_time: NOW,
            results: Vec::new(),
            records: Vec::new(),
            packed: Vec::new(),
            large: Vec::new(),
            cursor: 1,
            more: false,
            scope: String::new(),
            user: None,
            digest: None,
            limits: Limits::default(),
            epoch: String::new(),
            epoch_rev: 0,
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

    fn prepared_limits(effects: &[Effect]) -> Option<u32> {
        effects.iter().find_map(|effect| match effect {
            Effect::Prepare(limits) => Some(limits.mutations),
            _ => None,
        })
    }

    #[test]
    fn a_batch_too_large_is_halved_and_a_single_one_set_aside() {
        let mut engine = Engine::default();
        engine.handle(NOW, 0, Event::Opened);
        let mut count = 100;
        let mut sizes = Vec::new();
        loop {
            engine.handle(NOW, 0, request_of(count));
            let effects = engine.handle(NOW, 0, Event::Answered(Err(Failure::TooLarge)));
            let next = prepared_limits(&effects);
            assert!(next.is_some(), "the queue never stalls");
            if count == 1 {
                let first = MutationId::of_text("0");
                assert!(effects.contains(&Effect::SetAside(first, Aside::TooLarge)));
                break;
            }
            count = next.unwrap_or(0) as usize;
            sizes.push(count);
        }
        assert_eq!(sizes, [50, 25, 12, 6, 3, 1]);
    }

    #[test]
    fn what_turned_out_too_large_is_not_tried_again_before_everything_is_sent() {
        let mut engine = Engine::default();
        engine.handle(NOW, 0, Event::Opened);
        engine.handle(NOW, 0, request_of(100));
        engine.handle(NOW, 0, Event::Answered(Err(Failure::TooLarge)));
        engine.handle(NOW, 0, request_of(50));
        engine.handle(NOW, 0, reply());
        let more = Applied {
            push: true,
            ..Applied::default()
        };
        let effects = engine.handle(NOW, 0, Event::Applied(more));
        assert_eq!(prepared_limits(&effects), Some(50));
        engine.handle(NOW, 0, request_of(50));
        engine.handle(NOW, 0, reply());
        engine.handle(NOW, 0, Event::Applied(Applied::default()));
        let effects = engine.handle(NOW, 0, Event::Asked);
        assert_eq!(prepared_limits(&effects), Some(100));
    }

    #[test]
    fn an_empty_request_that_is_too_large_waits_like_any_failure() {
        let mut engine = engine_sending();
        let effects = engine.handle(NOW, 0, Event::Answered(Err(Failure::TooLarge)));
        assert!(!prepares(&effects));
        assert!(effects.contains(&Effect::WakeAt(NOW.plus(backoff::SHORTEST))));
    }

    #[test]
    fn one_mutation_that_the_server_refuses_to_read_is_found_and_does_not_stall_the_others() {
        let bad = || Failure::Status {
            status: 400,
            message: "no".to_owned(),
        };
        let mut engine = Engine::default();
        let mut effects = engine.handle(NOW, 0, Event::Opened);
        let mut now = NOW;
        let mut tries = 0;
        // The bad one is the first: every batch that holds it is refused.
        while !effects
            .iter()
            .any(|effect| matches!(effect, Effect::SetAside(id, Aside::Refused { .. }) if *id == MutationId::of_text("0")))
        {
            tries += 1;
            assert!(tries < 20, "it is found");
            if !prepares(&effects) {
                now = now.plus(backoff::LONGEST);
                effects = engine.handle(now, 0, Event::Woke);
            }
            let count = prepared_limits(&effects).unwrap_or(0).min(8) as usize;
            engine.handle(now, 0, request_of(count));
            effects = engine.handle(now, 0, Event::Answered(Err(bad())));
        }
        assert!(prepares(&effects), "the others go on at once");
    }

    /// What a server does at a request with these changes.
    type Server<'a> = &'a dyn Fn(usize, &[usize]) -> Option<Failure>;

    fn fails(status: u16) -> Option<Failure> {
        Some(Failure::Status {
            status,
            message: "it fell over".to_owned(),
        })
    }

    /// Lets an engine send so many changes to a server, whose answer depends on the try and on what is in the request. Gives
    /// what came through and what was set aside, in order.
    fn sends(changes: usize, tries: usize, server: Server<'_>) -> (Vec<usize>, Vec<usize>) {
        let mut engine = Engine::default();
        let mut now = NOW;
        let mut effects = engine.handle(now, 0, Event::Opened);
        let mut waiting: Vec<usize> = (0..changes).collect();
        let (mut through, mut aside) = (Vec::new(), Vec::new());
        for attempt in 0..tries {
            for effect in &effects {
                if let Effect::SetAside(id, _) = effect {
                    let is_it = |n: &usize| MutationId::of_text(&format!("{n}")) == *id;
                    aside.extend(waiting.iter().copied().find(is_it));
                    waiting.retain(|n| !is_it(n));
                }
            }
            if !prepares(&effects) {
                now = now.plus(backoff::LONGEST);
                effects = engine.handle(now, 0, Event::Woke);
            }
            let most = prepared_limits(&effects).unwrap_or(0) as usize;
            let batch: Vec<usize> = waiting.iter().copied().take(most).collect();
            engine.handle(now, 0, request_with(&batch));
            effects = match server(attempt, &batch) {
                Some(failure) => engine.handle(now, 0, Event::Answered(Err(failure))),
                None => {
                    through.extend(&batch);
                    waiting.retain(|n| !batch.contains(n));
                    engine.handle(now, 0, reply());
                    let applied = Applied {
                        push: !waiting.is_empty() && !batch.is_empty(),
                        ..Applied::default()
                    };
                    engine.handle(now, 0, Event::Applied(applied))
                }
            };
        }
        (through, aside)
    }

    #[test]
    fn a_change_that_makes_the_server_fail_is_found_and_set_aside_and_the_others_come_through() {
        let bad_at = |bad: usize| {
            move |_: usize, batch: &[usize]| batch.contains(&bad).then(|| fails(500)).flatten()
        };
        for (changes, bad) in [(1, 0), (2, 0), (8, 0), (8, 5), (100, 99)] {
            let (through, aside) = sends(changes, 80, &bad_at(bad));
            assert_eq!(aside, [bad], "{bad} of {changes}");
            assert_eq!(through.len(), changes - 1, "{bad} of {changes}");
        }
    }

    #[test]
    fn two_changes_that_make_the_server_fail_are_both_found_when_another_came_through_between() {
        let server = |_: usize, batch: &[usize]| {
            let bad = batch.contains(&0) || batch.contains(&2);
            bad.then(|| fails(500)).flatten()
        };
        assert_eq!(sends(4, 80, &server), (vec![1, 3], vec![0, 2]));
    }

    #[test]
    fn a_server_that_is_down_or_ill_never_makes_a_change_be_set_aside() {
        let table: [(&str, Server<'_>); 7] = [
            ("always 500, also without changes", &|_, _| fails(500)),
            ("always 502", &|_, _| fails(502)),
            ("always 503", &|_, _| fails(503)),
            ("always 504", &|_, _| fails(504)),
            ("full", &|_, _| fails(507)),
            ("a proxy's 500", &|_, _| Some(Failure::Down { status: 500 })),
            ("500 and nothing in turn", &|attempt, _| {
                if attempt % 2 == 0 {
                    fails(500)
                } else {
                    Some(Failure::Unreachable)
                }
            }),
        ];
        for (words, server) in table {
            for changes in [1, 7] {
                let (through, aside) = sends(changes, 200, server);
                assert_eq!((through.len(), aside.len()), (0, 0), "{words}");
            }
        }
        // Well again after a long time: everything comes through.
        let gets_well = |attempt: usize, _: &[usize]| (attempt < 150).then(|| fails(500)).flatten();
        assert_eq!(sends(7, 200, &gets_well).0.len(), 7);
    }

    #[test]
    fn failures_of_the_server_do_not_count_as_refusals() {
        let server = |attempt: usize, _: &[usize]| match attempt % 3 {
            2 => fails(400),
            _ => fails(500),
        };
        assert_eq!(sends(1, 60, &server).1, [0; 0]);
    }

    #[test]
    fn a_server_that_answers_but_can_write_nothing_takes_one_change_at_most_with_it() {
        let server = |_: usize, batch: &[usize]| (!batch.is_empty()).then(|| fails(500)).flatten();
        let (_, aside) = sends(7, 400, &server);
        assert_eq!(aside.len(), 1);
    }

    #[test]
    fn a_batch_that_does_not_come_through_twice_is_made_smaller_and_one_change_alone_is_not() {
        let bytes = |effects: &[Effect]| {
            effects.iter().find_map(|effect| match effect {
                Effect::Prepare(limits) => Some(limits.bytes),
                _ => None,
            })
        };
        for (count, wanted) in [(3, 500_000), (1, 1_000_000)] {
            let mut engine = Engine::default();
            let mut now = NOW;
            engine.handle(now, 0, Event::Opened);
            let mut effects = Vec::new();
            for _ in 0..2 {
                engine.handle(now, 0, request_of(count));
                engine.handle(now, 0, Event::Answered(Err(Failure::Unreachable)));
                now = now.plus(backoff::LONGEST);
                effects = engine.handle(now, 0, Event::Woke);
            }
            assert_eq!(bytes(&effects), Some(wanted));
        }
    }

    #[test]
    fn pieces_are_fetched_one_by_one_and_get_smaller_on_a_line_that_cuts() {
        let mut engine = engine_sending();
        let applied = Applied {
            fetch: true,
            ..Applied::default()
        };
        engine.handle(NOW, 0, reply());
        let mut effects = engine.handle(NOW, 0, Event::Applied(applied));
        let piece = |effects: &[Effect]| {
            effects.iter().find_map(|effect| match effect {
                Effect::Fetch(most) => Some(*most),
                _ => None,
            })
        };
        let mut now = NOW;
        let mut asked = Vec::new();
        for _ in 0..5 {
            asked.extend(piece(&effects));
            engine.handle(now, 0, Event::Fetched(Err(Failure::Unreachable)));
            now = now.plus(backoff::LONGEST);
            engine.handle(now, 0, Event::Woke);
            engine.handle(now, 0, request());
            engine.handle(now, 0, reply());
            effects = engine.handle(now, 0, Event::Applied(applied));
        }
        assert_eq!(asked, [64_000, 32_000, 16_000, 8_000, 8_000]);
        effects = engine.handle(now, 0, Event::Fetched(Ok(Fetched::Piece)));
        assert_eq!(piece(&effects), Some(16_000));
        // What was changed meanwhile does not wait for the rest.
        engine.handle(now, 0, Event::Changed);
        assert!(prepares(&engine.handle(
            now,
            0,
            Event::Fetched(Ok(Fetched::Piece))
        )));
    }

    #[test]
    fn an_answer_that_does_not_come_through_is_asked_for_with_less_in_it() {
        let mut engine = Engine::default();
        engine.handle(NOW, 0, Event::Opened);
        let room = |effects: Vec<Effect>| match effects.first() {
            Some(Effect::Send(request)) => request.room,
            _ => None,
        };
        let mut now = NOW;
        let mut asked = Vec::new();
        for _ in 0..5 {
            asked.extend(room(engine.handle(now, 0, request())));
            engine.handle(now, 0, Event::Answered(Err(Failure::Unreachable)));
            now = now.plus(backoff::LONGEST);
            engine.handle(now, 0, Event::Woke);
        }
        assert_eq!(asked, [0, 400_000, 100_000, 25_000, 8_000]);
    }

    #[test]
    fn a_clock_set_back_by_a_month_does_not_put_a_sync_off_by_one() {
        for failed in [false, true] {
            let mut engine = engine_sending();
            if failed {
                engine.handle(NOW, 0, Event::Answered(Err(Failure::Unreachable)));
            } else {
                engine.handle(NOW, 0, reply());
                engine.handle(NOW, 0, Event::Applied(Applied::default()));
            }
            let month_ago = NOW.plus(-30 * 86_400_000);
            assert!(prepares(&engine.handle(month_ago, 0, Event::Woke)));
        }
    }

    #[test]
    fn a_platform_that_says_there_is_no_network_is_believed_once() {
        let mut engine = engine_sending();
        engine.handle(NOW, 0, reply());
        engine.handle(NOW, 0, Event::Applied(Applied::default()));
        engine.handle(NOW, 0, Event::Network(false));
        let later = NOW.plus(PERIOD);
        assert!(!prepares(&engine.handle(later, 0, Event::Woke)));
        assert!(prepares(&engine.handle(later.plus(PERIOD), 0, Event::Woke)));
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
