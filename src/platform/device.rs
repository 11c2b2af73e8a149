//! A device: the vault, the open store, and the sync engine with its effects carried out. The same in a browser's
//! worker and natively.
//!
//! Requests are answered one after another without waiting for the network, except a login. No borrow is held across an
//! await, so a request can come in while the server is being asked.

use std::cell::RefCell;
use std::rc::Rc;

use super::machine::{Answer, Call, Machine};
use crate::domain::{DeviceId, User, id::Entropy};
use crate::sql::{self, Key};
use crate::store::api::{
    AppStatus, Notice, Reply, Request, StoreError, SyncPhase, SyncStatus, Topic, Trouble,
};
use crate::store::vault::{Secret, Vault};
use crate::store::{Moment, Store};
use crate::sync::engine::{Effect, Engine, Event, Failure, Phase};
use crate::sync::wire::{
    ErrorCode, ErrorReply, LOGIN_PATH, LOGOUT_PATH, LoginReply, LoginRequest, SYNC_PATH, SyncReply,
    SyncRequest,
};

/// The file of the vault.
const VAULT: &str = "vault.db";

/// A device with its machine.
pub struct Device<M: Machine> {
    machine: M,
    state: RefCell<State>,
}

struct State {
    vault: Vault,
    open: Option<Open>,
    engine: Engine,
    /// Grows whenever a store is opened or closed: an answer for an earlier one is not for this one.
    generation: u64,
}

struct Open {
    store: Store,
    key: Key,
    username: String,
    has_pin: bool,
}

impl<M: Machine> Device<M> {
    /// Opens the vault. No store is open yet.
    ///
    /// # Errors
    /// [`sql::Error::TooNew`] for a vault of a newer app, and others; nothing is touched.
    pub fn start(machine: M) -> Result<Rc<Self>, sql::Error> {
        let vault = Vault::open(machine.open(VAULT, None)?)?;
        let state = State {
            vault,
            open: None,
            engine: Engine::default(),
            generation: 0,
        };
        Ok(Rc::new(Self {
            machine,
            state: RefCell::new(state),
        }))
    }

    /// The machine it runs on.
    pub fn machine(&self) -> &M {
        &self.machine
    }

    /// Answers a request.
    ///
    /// # Errors
    /// See [`StoreError`]: what was not done and why; what was saved before is still there.
    pub async fn ask(self: &Rc<Self>, request: Request) -> Result<Reply, StoreError> {
        match request {
            Request::Status => Ok(Reply::Status(self.status())),
            Request::Login {
                username,
                password,
                old_secret,
            } => {
                self.login(&username, &password, old_secret.as_deref())
                    .await
            }
            Request::SetPin { pin } => self.set_pin(&pin),
            Request::Unlock { username, pin } => self.unlock(&username, &pin),
            Request::Lock => {
                self.lock();
                Ok(self.announce())
            }
            Request::Logout => {
                self.logout();
                Ok(self.announce())
            }
            Request::SyncNow => {
                self.start_driving(Event::Asked);
                Ok(Reply::Saved)
            }
            Request::Network { online } => {
                self.start_driving(Event::Network(online));
                Ok(Reply::Saved)
            }
            data => self.ask_store(data),
        }
    }

    /// The time asked for with [`Machine::wake_at`] has come.
    pub fn woke(self: &Rc<Self>) {
        self.start_driving(Event::Woke);
    }

    /// Lets go of every file at once, so that another tab can have them. A call of the server that is under way finds
    /// nothing to write to when it comes back; what it sent is still in the outbox.
    ///
    /// # Errors
    /// When there is no memory left for an empty vault; then the files stay open.
    pub fn close(&self) -> Result<(), sql::Error> {
        self.lock();
        self.state.borrow_mut().vault = Vault::empty()?;
        Ok(())
    }

    /// Looks at the open store, for tests.
    ///
    /// # Errors
    /// [`StoreError::NotOpen`].
    pub fn with_store<T>(&self, look: impl FnOnce(&Store) -> T) -> Result<T, StoreError> {
        self.state
            .borrow()
            .open
            .as_ref()
            .map(|open| look(&open.store))
            .ok_or(StoreError::NotOpen)
    }

    fn ask_store(self: &Rc<Self>, request: Request) -> Result<Reply, StoreError> {
        let (reply, topics) = {
            let mut state = self.state.borrow_mut();
            let stands = sync_status(&state);
            let open = state.open.as_mut().ok_or(StoreError::NotOpen)?;
            open.store.sync_stands(stands?);
            let mut entropy = || self.entropy();
            let mut moment = Moment {
                now: self.machine.now(),
                entropy: &mut entropy,
            };
            open.store.handle(&mut moment, request)?
        };
        let unsent = topics.contains(&Topic::Queue);
        if !topics.is_empty() {
            self.machine.notify(Notice::Changed(topics));
        }
        if unsent {
            self.start_driving(Event::Changed);
        }
        Ok(reply)
    }

    fn status(&self) -> AppStatus {
        let state = self.state.borrow();
        match &state.open {
            Some(open) if open.has_pin => AppStatus::Open {
                user: open.store.user().clone(),
                device: open.store.device().to_string(),
            },
            Some(open) => AppStatus::PinNeeded {
                user: open.store.user().clone(),
            },
            None => AppStatus::Closed {
                accounts: state.vault.accounts().unwrap_or_default(),
            },
        }
    }

    /// Tells the screens what the app is now, and gives it as the reply.
    fn announce(&self) -> Reply {
        let status = self.status();
        self.machine.notify(Notice::Status(status.clone()));
        Reply::Status(status)
    }

    async fn login(
        self: &Rc<Self>,
        username: &str,
        password: &str,
        old_secret: Option<&str>,
    ) -> Result<Reply, StoreError> {
        let body = serde_json::to_string(&LoginRequest {
            username: username.trim().to_owned(),
            password: password.to_owned(),
            device: String::new(),
        })?;
        let answer = self
            .machine
            .call(Call {
                path: LOGIN_PATH,
                token: None,
                body,
            })
            .await;
        let login: LoginReply = understand(&answer).map_err(login_error)?;
        self.enter(login, password, old_secret)?;
        let reply = self.announce();
        self.start_driving(Event::Opened);
        Ok(reply)
    }

    /// Opens the store of who logged in at the server, making it if there is none on this device.
    fn enter(
        &self,
        login: LoginReply,
        password: &str,
        old_secret: Option<&str>,
    ) -> Result<(), StoreError> {
        let now = self.machine.now();
        let username = login.user.username.clone();
        let mut random = |bytes: &mut [u8]| self.machine.random(bytes);
        let mut state = self.state.borrow_mut();
        if let Some(open) = state.open.as_ref().filter(|open| open.username == username) {
            // The session had ended while the app was open: the store stays as it is.
            open.store.keep_token(&login.token)?;
            return state.vault.set(
                &username,
                Secret::Password,
                password,
                &open.key,
                &mut random,
            );
        }
        let (key, file) = match state.vault.file(&username)? {
            None => state.vault.create(&username, password, &mut random)?,
            Some(file) => {
                let key = match state
                    .vault
                    .unlock(&username, Secret::Password, password, now)
                {
                    Err(StoreError::OldSecretNeeded) => {
                        let secret = old_secret.ok_or(StoreError::OldSecretNeeded)?;
                        let former = state.vault.unlock(&username, Secret::Password, secret, now);
                        let key = match former {
                            Err(StoreError::OldSecretNeeded) => {
                                state.vault.unlock(&username, Secret::Pin, secret, now)
                            }
                            other => other,
                        }?;
                        state.vault.set(
                            &username,
                            Secret::Password,
                            password,
                            &key,
                            &mut random,
                        )?;
                        key
                    }
                    other => other?,
                };
                (key, file)
            }
        };
        let store = self.open_store(&file, &key, Some(&login.user))?;
        store.keep_token(&login.token)?;
        state.vault.used(&username, now)?;
        state.generation += 1;
        // Who comes by password chooses a PIN: the first, or in place of a forgotten one.
        state.open = Some(Open {
            store,
            key,
            username,
            has_pin: false,
        });
        Ok(())
    }

    fn open_store(&self, file: &str, key: &Key, login: Option<&User>) -> Result<Store, StoreError> {
        let fresh = DeviceId::new(self.machine.now(), &self.entropy());
        let opened = self
            .machine
            .open(file, Some(key))
            .and_then(|db| Store::open(db, login, fresh));
        if let Err(sql::Error::TooNew { .. }) = &opened {
            self.machine
                .notify(Notice::Status(AppStatus::NewerDatabase));
        }
        Ok(opened?)
    }

    fn set_pin(&self, pin: &str) -> Result<Reply, StoreError> {
        {
            let mut state = self.state.borrow_mut();
            let State { vault, open, .. } = &mut *state;
            let open = open.as_mut().ok_or(StoreError::NotOpen)?;
            vault.set(&open.username, Secret::Pin, pin, &open.key, &mut |bytes| {
                self.machine.random(bytes)
            })?;
            open.has_pin = true;
        }
        Ok(self.announce())
    }

    fn unlock(self: &Rc<Self>, username: &str, pin: &str) -> Result<Reply, StoreError> {
        {
            let mut state = self.state.borrow_mut();
            let key = state
                .vault
                .unlock(username, Secret::Pin, pin, self.machine.now())?;
            let file = state.vault.file(username)?.ok_or(StoreError::NotFound)?;
            let store = self.open_store(&file, &key, None)?;
            state.generation += 1;
            state.open = Some(Open {
                store,
                key,
                username: username.to_owned(),
                has_pin: true,
            });
        }
        let reply = self.announce();
        self.start_driving(Event::Opened);
        Ok(reply)
    }

    fn lock(&self) {
        let mut state = self.state.borrow_mut();
        state.open = None;
        state.generation += 1;
        let now = self.machine.now();
        // Closing asks for nothing but to be shown, and the screens are about to be told.
        let _shown = state.engine.handle(now, 0, Event::Closed);
    }

    fn logout(self: &Rc<Self>) {
        let token = self.with_store(|store| {
            let token = store.token().ok().flatten();
            // If this fails the token stays, locked with the store; the server's copy ends below or by age.
            let _kept = store.keep_token("");
            token
        });
        self.lock();
        if let Ok(Some(token)) = token {
            let device = Rc::clone(self);
            self.machine.spawn(Box::pin(async move {
                let call = Call {
                    path: LOGOUT_PATH,
                    token: Some(token),
                    body: String::new(),
                };
                // Without signal the session ends by age at the server; the phone has forgotten the token already.
                let _answer = device.machine.call(call).await;
            }));
        }
    }

    fn entropy(&self) -> Entropy {
        let mut entropy = Entropy::default();
        self.machine.random(&mut entropy);
        entropy
    }

    fn start_driving(self: &Rc<Self>, event: Event) {
        let device = Rc::clone(self);
        self.machine
            .spawn(Box::pin(async move { device.drive(event).await }));
    }

    /// Hands an event to the engine and carries out what it says, until there is nothing left to do now.
    async fn drive(self: &Rc<Self>, event: Event) {
        let mut events = std::collections::VecDeque::from([event]);
        while let Some(event) = events.pop_front() {
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
    }

    async fn carry_out(self: &Rc<Self>, effect: Effect, generation: u64) -> Option<Event> {
        match effect {
            Effect::Show => {
                self.show();
                None
            }
            Effect::WakeAt(at) => {
                self.machine.wake_at(at);
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
            Effect::ForgetCursor => self
                .store(generation, |store| store.forget_cursor())
                .err()
                .map(|_| Event::StoreFailed),
            Effect::SetAsideFirst => self
                .store(generation, |store| store.set_aside_first())
                .err()
                .map(|_| Event::StoreFailed),
        }
    }

    fn store<T>(
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

    async fn send(
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
            .call(Call {
                path: SYNC_PATH,
                token: Some(token),
                body,
            })
            .await;
        understand(&answer).map(Box::new)
    }

    fn show(&self) {
        let status = sync_status(&self.state.borrow());
        if let Ok(status) = status {
            self.machine.notify(Notice::Sync(status));
        }
    }
}

fn sync_status(state: &State) -> Result<SyncStatus, StoreError> {
    let facts = match &state.open {
        Some(open) => open.store.sync_facts()?,
        None => SyncStatus::default(),
    };
    Ok(SyncStatus {
        phase: match state.engine.phase() {
            Phase::Closed | Phase::Idle => SyncPhase::Idle,
            Phase::Preparing | Phase::Sending | Phase::Applying => SyncPhase::Syncing,
            Phase::Waiting(until) => SyncPhase::Waiting { until },
            Phase::LoginNeeded => SyncPhase::LoginNeeded,
            Phase::UpdateNeeded => SyncPhase::UpdateNeeded,
        },
        trouble: state.engine.trouble().map(trouble),
        pulled: state.engine.pulled(),
        ..facts
    })
}

fn trouble(failure: &Failure) -> Trouble {
    match failure {
        Failure::Unreachable => Trouble::Unreachable,
        Failure::NotOurs => Trouble::NotOurServer,
        Failure::TooMany { .. } => Trouble::Server { status: 429 },
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

fn login_error(failure: Failure) -> StoreError {
    match failure {
        Failure::Auth => StoreError::BadCredentials,
        Failure::TooMany { after } => StoreError::Server(Trouble::Refused {
            status: 429,
            message: format!("{after}"),
        }),
        other => StoreError::Server(trouble(&other)),
    }
}

/// Tells our server's answer from a failure, and failures from one another.
fn understand<T: serde::de::DeserializeOwned>(answer: &Answer) -> Result<T, Failure> {
    let (status, body) = match answer {
        Answer::Nothing => return Err(Failure::Unreachable),
        Answer::Response {
            status,
            ours: false,
            ..
        } if *status >= 500 => {
            return Err(Failure::Status {
                status: *status,
                message: String::new(),
            });
        }
        // A captive portal answers anything, also with 200: it is no answer of ours.
        Answer::Response { ours: false, .. } => return Err(Failure::NotOurs),
        Answer::Response { status, body, .. } => (*status, body),
    };
    if (200..300).contains(&status) {
        return serde_json::from_str(body).map_err(|_| Failure::NotOurs);
    }
    let refusal = serde_json::from_str(body).unwrap_or(ErrorReply {
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
