//! Carrying out what the sync engine says: the store's transactions, the calls of the server, the timer, the screens.

use std::rc::Rc;

use super::{Device, Sleeper, State};
use crate::domain::json;
use crate::platform::machine::{Answer, Call, Machine};
use crate::store::Store;
use crate::store::api::{Notice, StoreError, SyncPhase, SyncStatus, Topic, Trouble};
use crate::store::api::{PhotoPhase, PhotoStatus};
use crate::sync::engine::{Effect, Event, Failure, Fetched, Phase};
use crate::sync::upload;
use crate::sync::wire::{ErrorCode, ErrorReply, PIECES_PATH, SYNC_PATH, SyncReply, SyncRequest};

impl<M: Machine> Device<M> {
    pub(super) fn start_driving(self: &Rc<Self>, event: Event) {
        let device = Rc::clone(self);
        self.machine
            .spawn(Box::pin(async move { device.drive(event).await }));
    }

    /// Hands an event to the engine and carries out what it says, until there is nothing left to do now.
    pub(super) async fn drive(self: &Rc<Self>, event: Event) {
        let mut events = std::collections::VecDeque::from([event]);
        let mut synced = false;
        while let Some(event) = events.pop_front() {
            synced |= matches!(event, Event::Applied(_));
            let (effects, generation) = {
                let mut jitter = [0];
                self.machine.random(&mut jitter);
                let [jitter] = jitter;
                let mut state = self.state.borrow_mut();
                (
                    state.engine.handle(self.machine.now(), jitter, event),
                    state.generation,
                )
            };
            for effect in effects {
                if let Some(next) = self.carry_out(effect, generation).await {
                    events.push_back(next);
                }
            }
        }
        if synced {
            // There is a network, whatever the platform says of it.
            self.start_uploading(upload::Event::Network(true));
        }
        // The text has gone, or has not changed: now the photos.
        if self.state.borrow().engine.phase() == Phase::Idle {
            self.start_uploading(upload::Event::Look);
            // What somebody looked for and was to follow may have come.
            if synced && std::mem::take(&mut self.state.borrow_mut().awaited) {
                self.machine.notify(Notice::Changed([Topic::Visits].into()));
            }
        }
    }

    pub(super) async fn carry_out(
        self: &Rc<Self>,
        effect: Effect,
        generation: u64,
    ) -> Option<Event> {
        match effect {
            Effect::Show => {
                self.show();
                None
            }
            Effect::WakeAt(at) => {
                self.wake_at(Sleeper::Sync, at);
                None
            }
            Effect::Prepare(limits) => {
                let now = self.machine.now();
                Some(
                    match self.store(generation, |store| store.prepare(now, limits)) {
                        Ok(request) => Event::Prepared(Box::new(request)),
                        Err(_) => Event::StoreFailed,
                    },
                )
            }
            Effect::Send(request) => {
                let answer = self.send(&request, generation).await;
                let current = self.state.borrow().generation;
                // The store was closed meanwhile: the outbox still has what was sent, and it goes again as it is.
                (current == generation).then_some(Event::Answered(answer))
            }
            Effect::Apply(reply) => {
                let now = self.machine.now();
                match self.store(generation, |store| store.apply(now, &reply)) {
                    Ok(applied) => {
                        if applied.records > 0 || !reply.results.is_empty() {
                            let topics = [Topic::Cooperatives, Topic::Visits, Topic::Queue];
                            self.machine.notify(Notice::Changed(topics.into()));
                        }
                        if reply.user.is_some() {
                            self.announce();
                        }
                        Some(Event::Applied(applied))
                    }
                    Err(_) => Some(Event::StoreFailed),
                }
            }
            Effect::Fetch(most) => self.fetch_piece(most, generation).await,
            Effect::ForgetCursor => self
                .store(generation, |store| store.forget_cursor())
                .err()
                .map(|_| Event::StoreFailed),
            Effect::SetAside(mutation, why) => self
                .store(generation, |store| {
                    store.set_aside(mutation, &why.to_string())
                })
                .err()
                .map(|_| Event::StoreFailed),
        }
    }

    pub(super) fn store<T>(
        &self,
        generation: u64,
        act: impl FnOnce(&mut Store) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut state = self.state.borrow_mut();
        if state.generation != generation {
            return Err(StoreError::NotOpen);
        }
        act(&mut state.open.as_mut().ok_or(StoreError::NotOpen)?.store)
    }

    pub(super) async fn send(
        &self,
        request: &SyncRequest,
        generation: u64,
    ) -> Result<Box<SyncReply>, Failure> {
        let token = self
            .store(generation, |store| store.token())
            .ok()
            .flatten()
            .ok_or(Failure::Auth)?;
        let body = serde_json::to_string(request).map_err(|error| Failure::Status {
            status: 0,
            message: error.to_string(),
        })?;
        let answer = self
            .machine
            .call(Call::post(SYNC_PATH, Some(token), body))
            .await;
        understand_sync(&answer).map(Box::new)
    }

    /// Fetches the next piece of a large record and writes it down.
    async fn fetch_piece(self: &Rc<Self>, most: u32, generation: u64) -> Option<Event> {
        let failed = |_: StoreError| Event::StoreFailed;
        let next = match self.store(generation, |store| store.next_piece()) {
            Ok(Some(next)) => next,
            Ok(None) => return Some(Event::Fetched(Ok(Fetched::All))),
            Err(why) => return Some(failed(why)),
        };
        let token = self.store(generation, |store| store.token());
        let Some(token) = token.ok().flatten() else {
            return Some(Event::Fetched(Err(Failure::Auth)));
        };
        let path = format!(
            "{PIECES_PATH}/{}/{}?from={}&most={most}",
            next.record, next.rev, next.from
        );
        let answer = self.machine.call(Call::get(&path, Some(token))).await;
        let now = self.machine.now();
        let taken = match succeeded(&answer) {
            Ok((bytes, _)) => self.store(generation, |store| store.take_piece(now, &next, bytes)),
            // Nobody has it at this revision any more: what is newer comes with the records.
            Err(Failure::Status { status: 404, .. }) => {
                self.store(generation, |store| store.drop_large(next.record))
            }
            Err(failure) => {
                // The server fails at this record, or refuses it: the others come first.
                let is_of_record =
                    matches!(&failure, Failure::Status { status, .. } if *status != 503);
                if is_of_record
                    && let Err(why) = self.store(generation, |store| store.piece_failed(&next))
                {
                    return Some(failed(why));
                }
                return Some(Event::Fetched(Err(failure)));
            }
        };
        Some(match taken {
            Ok(more) => {
                if !more {
                    let topics = [Topic::Cooperatives, Topic::Visits, Topic::Queue];
                    self.machine.notify(Notice::Changed(topics.into()));
                }
                let fetched = if more { Fetched::Piece } else { Fetched::All };
                Event::Fetched(Ok(fetched))
            }
            Err(why) => failed(why),
        })
    }

    pub(super) fn show(&self) {
        let status = sync_status(&self.state.borrow());
        if let Ok(status) = status {
            self.machine.notify(Notice::Sync(status));
        }
    }
}

pub(super) fn sync_status(state: &State) -> Result<SyncStatus, StoreError> {
    let facts = match &state.open {
        Some(open) => open.store.sync_facts()?,
        None => SyncStatus::default(),
    };
    Ok(SyncStatus {
        phase: match state.engine.phase() {
            Phase::Closed | Phase::Idle => SyncPhase::Idle,
            Phase::Preparing | Phase::Sending | Phase::Applying | Phase::Fetching => {
                SyncPhase::Syncing
            }
            Phase::Waiting(until) => SyncPhase::Waiting { until },
            Phase::LoginNeeded => SyncPhase::LoginNeeded,
            Phase::UpdateNeeded => SyncPhase::UpdateNeeded,
        },
        trouble: state.engine.trouble().map(trouble),
        pulled: state.engine.pulled(),
        photos: PhotoStatus {
            phase: match state.uploads.phase() {
                upload::Phase::Calling => PhotoPhase::Sending,
                upload::Phase::Held => PhotoPhase::Held,
                upload::Phase::Waiting(until) => PhotoPhase::Waiting { until },
                _ => PhotoPhase::Idle,
            },
            trouble: state.uploads.trouble().map(trouble),
            ..facts.photos.clone()
        },
        ..facts
    })
}

pub(super) fn trouble(failure: &Failure) -> Trouble {
    match failure {
        Failure::Unreachable => Trouble::Unreachable,
        Failure::NotOurs => Trouble::NotOurServer,
        Failure::NotUnderstood => Trouble::NotUnderstood,
        Failure::TooMany { .. } => Trouble::Server { status: 429 },
        Failure::Down { status } => Trouble::Server { status: *status },
        Failure::Status { status, .. } if *status >= 500 => Trouble::Server { status: *status },
        Failure::Status { status, message } => Trouble::Refused {
            status: *status,
            message: message.clone(),
        },
        Failure::Auth => Trouble::Refused {
            status: 401,
            message: String::new(),
        },
        Failure::Update => Trouble::Refused {
            status: 426,
            message: String::new(),
        },
        Failure::TooLarge => Trouble::Refused {
            status: 413,
            message: String::new(),
        },
    }
}

/// Tells our server's answer from a failure, and failures from one another.
///
/// # Errors
/// What kind of failure it is.
pub(super) fn understand<T: serde::de::DeserializeOwned>(answer: &Answer) -> Result<T, Failure> {
    let (body, _) = succeeded(answer)?;
    json::read_bytes(body).map_err(|_| Failure::NotUnderstood)
}

/// The same of the answer to a sync, with its records unpacked.
///
/// # Errors
/// What kind of failure it is.
pub fn understand_sync(answer: &Answer) -> Result<SyncReply, Failure> {
    let mut reply: SyncReply = understand(answer)?;
    reply.unpack().map_err(|_| Failure::NotUnderstood)?;
    Ok(reply)
}

/// The body of our server's answer that it is done, and the offset of an upload.
///
/// # Errors
/// What kind of failure it is.
pub fn succeeded(answer: &Answer) -> Result<(&[u8], Option<u64>), Failure> {
    let (status, body, offset) = match answer {
        Answer::Nothing => return Err(Failure::Unreachable),
        Answer::Response {
            status,
            ours: false,
            ..
        } if *status >= 500 => {
            return Err(Failure::Down { status: *status });
        }
        // A captive portal answers anything, also with 200: it is no answer of ours.
        Answer::Response { ours: false, .. } => return Err(Failure::NotOurs),
        Answer::Response {
            status,
            body,
            offset,
            ..
        } => (*status, body, *offset),
    };
    if (200..300).contains(&status) {
        return Ok((body, offset));
    }
    let refusal = json::read_bytes(body).unwrap_or(ErrorReply {
        code: ErrorCode::Other,
        message: String::new(),
        retry_after: None,
    });
    Err(match status {
        401 => Failure::Auth,
        413 => Failure::TooLarge,
        426 => Failure::Update,
        429 => Failure::TooMany {
            after: refusal.retry_after.unwrap_or(30),
        },
        _ => Failure::Status {
            status,
            message: refusal.message,
        },
    })
}
