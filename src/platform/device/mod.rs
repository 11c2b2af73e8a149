//! A device: the vault, the open store, and the sync engine with its effects carried out. The same in a browser's
//! worker and natively.
//!
//! Requests are answered one after another without waiting for the network, except a login, and what is not here
//! but at the server: a photo, the administrator's forms. No borrow is held across an
//! await, so a request can come in while the server is being asked.

mod backup;
mod drive;
mod office;
mod session;
mod upload;

use std::cell::RefCell;
use std::rc::Rc;

pub use self::drive::{succeeded, understand_sync};

use self::drive::sync_status;
use super::machine::Machine;
use crate::domain::{Millis, id::Entropy};
use crate::sql::{self, Key};
use crate::store::api::{AppStatus, Notice, Reply, Request, StoreError, Topic};
use crate::store::vault::{Clocks, Secret, Vault};
use crate::store::{Moment, Store};
use crate::sync::backoff::FARTHEST;
use crate::sync::engine::{Engine, Event};
use crate::sync::upload::{Event as Upload, Uploads};

/// The file of the vault.
const VAULT: &str = "vault.db";

/// Milliseconds without a touch after which the app locks itself.
pub const IDLE: i64 = 10 * 60 * 1000;

/// A device with its machine.
pub struct Device<M: Machine> {
    machine: M,
    state: RefCell<State>,
}

struct State {
    vault: Vault,
    open: Option<Open>,
    engine: Engine,
    uploads: Uploads,
    /// Somebody looked for a photo that the server had not yet.
    awaited: bool,
    /// When either wants to be woken.
    wake_sync: Option<Millis>,
    wake_uploads: Option<Millis>,
    /// When somebody last touched the screen, or came in.
    touched: Clocks,
    files: Files,
    /// Grows whenever a store is opened or closed: an answer for an earlier one is not for this one.
    generation: u64,
}

/// Whether the files are still on the device.
#[derive(Clone, Copy, PartialEq)]
enum Files {
    Here,
    /// Somebody is looking for them right now.
    Looking,
    Gone,
}

/// Who wants to be woken.
#[derive(Clone, Copy)]
enum Sleeper {
    Sync,
    Uploads,
}

struct Open {
    store: Store,
    key: Key,
    username: String,
    has_pin: bool,
    /// A backup file under way.
    transfer: backup::Transfer,
}

impl<M: Machine> Device<M> {
    /// Opens the vault. No store is open yet.
    ///
    /// # Errors
    /// [`sql::Error::TooNew`] for a vault of a newer app, and others; nothing is touched.
    pub fn start(machine: M) -> Result<Rc<Self>, sql::Error> {
        let clocks = clocks(&machine);
        let vault = Vault::open(machine.open(VAULT, None)?, clocks)?;
        let state = State {
            vault,
            open: None,
            engine: Engine::default(),
            uploads: Uploads::default(),
            awaited: false,
            wake_sync: None,
            wake_uploads: None,
            touched: clocks,
            files: Files::Here,
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
        self.lock_if_idle();
        if !request.keeps() {
            return self.answer(request).await;
        }
        if self.lost_files() {
            return Err(StoreError::Gone);
        }
        let answer = self.answer(request).await;
        // The screen does not wait for this: a look takes longer than the writing itself.
        let device = Rc::clone(self);
        self.machine
            .spawn(Box::pin(async move { device.look_for_files().await }));
        answer
    }

    async fn answer(self: &Rc<Self>, request: Request) -> Result<Reply, StoreError> {
        match request {
            // A page that comes back asks this before it shows anything.
            Request::Status => {
                self.look_for_files().await;
                Ok(Reply::Status(self.status()))
            }
            Request::Login {
                username,
                password,
                old_secret,
            } => {
                self.login(&username, &password, old_secret.as_deref())
                    .await
            }
            Request::SetPin { pin } => self.set_pin(&pin, None),
            Request::ChangePin { pin, old_secret } => self.set_pin(&pin, Some(&old_secret)),
            Request::Unlock { username, pin } => self.unlock(&username, Secret::Pin, &pin),
            Request::UnlockByPassword { username, password } => {
                self.unlock(&username, Secret::Password, &password)
            }
            Request::Active => {
                self.touched();
                Ok(Reply::Saved)
            }
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
                self.start_uploading(Upload::Network(online));
                self.start_driving(Event::Network(online));
                Ok(Reply::Saved)
            }
            Request::Wifi(wifi) => {
                self.start_uploading(Upload::Wifi(wifi));
                Ok(Reply::Saved)
            }
            Request::SendPhotos => {
                self.start_uploading(Upload::Asked);
                Ok(Reply::Saved)
            }
            Request::PhotosByWifi { only } => {
                let saved = self.ask_store(request)?;
                self.start_uploading(Upload::WifiOnly(only));
                Ok(saved)
            }
            Request::Attachment(name) => match self.ask_store(Request::Attachment(name.clone())) {
                Err(StoreError::NotFound) => self.fetch(&name).await,
                here => here,
            },
            Request::AskServer { path, body } => self.ask_office(path, body).await,
            Request::BackUp { password } => self.back_up(&password),
            Request::BackUpMore => self.back_up_more(),
            Request::Restore {
                password,
                bytes,
                last,
            } => self.restore(password.as_deref(), &bytes.0, last),
            Request::Damaged => Ok(Reply::Damaged(self.damaged()?)),
            Request::DamagedBytes { number, at } => self.damaged_bytes(number, at),
            data => self.ask_store(data),
        }
    }

    /// The time asked for with [`Machine::wake_at`] has come.
    pub fn woke(self: &Rc<Self>) {
        self.lock_if_idle();
        {
            // Whoever it is not for says again when it wants to be woken.
            let mut state = self.state.borrow_mut();
            (state.wake_sync, state.wake_uploads) = (None, None);
        }
        self.set_alarm();
        self.start_driving(Event::Woke);
        self.start_uploading(Upload::Woke);
    }

    fn wake_at(&self, whose: Sleeper, at: Millis) {
        {
            let mut state = self.state.borrow_mut();
            match whose {
                Sleeper::Sync => state.wake_sync = Some(at),
                Sleeper::Uploads => state.wake_uploads = Some(at),
            }
        }
        self.set_alarm();
    }

    /// The machine has one alarm: it is set to the soonest of all wishes, and of the time when the app locks itself.
    fn set_alarm(&self) {
        let now = self.machine.now();
        let lock = self.idle_in().map(|left| now.plus(left.max(0)));
        let state = self.state.borrow();
        let wishes = [state.wake_sync, state.wake_uploads, lock];
        if let Some(soonest) = wishes.into_iter().flatten().min() {
            // The clock may have been set back since the wish was made.
            self.machine.wake_at(soonest.min(now.plus(FARTHEST)));
        }
    }

    /// Looks whether the files are still on the device, and tells the screens when they are not.
    async fn look_for_files(&self) {
        {
            let mut state = self.state.borrow_mut();
            if state.files != Files::Here {
                return;
            }
            state.files = Files::Looking;
        }
        let here = self.machine.has_files().await;
        self.state.borrow_mut().files = if here { Files::Here } else { Files::Gone };
        if !here {
            self.machine.notify(Notice::Gone);
        }
    }

    /// Whether the files are known to be gone: then what is open is nowhere else.
    #[must_use]
    pub fn lost_files(&self) -> bool {
        self.state.borrow().files == Files::Gone
    }

    fn clocks(&self) -> Clocks {
        clocks(&self.machine)
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
                accounts: state
                    .vault
                    .accounts(self.machine.uptime())
                    .unwrap_or_default(),
            },
        }
    }

    /// Tells the screens what the app is now, and gives it as the reply.
    fn announce(&self) -> Reply {
        let status = self.status();
        self.machine.notify(Notice::Status(status.clone()));
        Reply::Status(status)
    }

    fn entropy(&self) -> Entropy {
        let mut entropy = Entropy::default();
        self.machine.random(&mut entropy);
        entropy
    }
}

fn clocks(machine: &impl Machine) -> Clocks {
    Clocks {
        now: machine.now(),
        uptime: machine.uptime(),
    }
}
