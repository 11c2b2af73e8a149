//! Coming and going: login, PIN, lock, logout, and whose store is open.

use std::rc::Rc;

use super::backup::Transfer;
use super::drive::{trouble, understand};
use super::{Device, IDLE, Open, State};
use crate::domain::{DeviceId, User};
use crate::platform::machine::{Call, Machine};
use crate::sql::{self, Key};
use crate::store::Store;
use crate::store::api::{AppStatus, Notice, Reply, StoreError, Trouble};
use crate::store::vault::{Secret, Vault};
use crate::sync::engine::{Event, Failure};
use crate::sync::upload;
use crate::sync::wire::{LOGIN_PATH, LOGOUT_PATH, LoginReply, LoginRequest};

impl<M: Machine> Device<M> {
    pub(super) async fn login(
        self: &Rc<Self>,
        username: &str,
        password: &str,
        old_secret: Option<&str>,
    ) -> Result<Reply, StoreError> {
        let username = username.trim();
        let previous = {
            let state = self.state.borrow();
            state.vault.last_session(&username.to_lowercase())
        };
        let body = serde_json::to_string(&LoginRequest {
            username: username.to_owned(),
            password: password.to_owned(),
            device: String::new(),
            // Without it the login is that of a new device.
            previous: previous.unwrap_or_default(),
        })?;
        let answer = self.machine.call(Call::post(LOGIN_PATH, None, body)).await;
        let login: LoginReply = understand(&answer).map_err(login_error)?;
        self.enter(login, password, old_secret)?;
        self.touched();
        let reply = self.announce();
        self.opened();
        self.start_driving(Event::Opened);
        Ok(reply)
    }

    /// Opens the store of who logged in at the server, making it if there is none on this device.
    pub(super) fn enter(
        &self,
        login: LoginReply,
        password: &str,
        old_secret: Option<&str>,
    ) -> Result<(), StoreError> {
        let clocks = self.clocks();
        let username = login.user.username.clone();
        let mut random = |bytes: &mut [u8]| self.machine.random(bytes);
        let mut state = self.state.borrow_mut();
        state.vault.keep_session(&username, &login.token)?;
        let state = &mut *state;
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
                let key = match state.vault.opened_by(&username, password)? {
                    Some(key) => key,
                    None => {
                        let secret = old_secret.ok_or(StoreError::OldSecretNeeded)?;
                        let by = Secret::of(secret);
                        let key = state.vault.unlock(&username, by, secret, clocks)?;
                        state.vault.set(
                            &username,
                            Secret::Password,
                            password,
                            &key,
                            &mut random,
                        )?;
                        key
                    }
                };
                (key, file)
            }
        };
        let found = self.open_store(&mut state.vault, &file, &key, &username, Some(&login.user));
        let store = match found {
            // It is set aside; the login makes the new one its user's.
            Err(StoreError::Damaged) => {
                let file = state.vault.file(&username)?.ok_or(StoreError::NotFound)?;
                self.open_store(&mut state.vault, &file, &key, &username, Some(&login.user))?
            }
            other => other?,
        };
        store.keep_token(&login.token)?;
        state.vault.used(&username, clocks.now)?;
        state.generation += 1;
        // Who comes by password chooses a PIN: the first, or in place of a forgotten one.
        state.open = Some(Open {
            store,
            key,
            username,
            has_pin: false,
            transfer: Transfer::Nothing,
        });
        Ok(())
    }

    /// Opens a store. One that was not closed well is looked over; a damaged one is set aside.
    pub(super) fn open_store(
        &self,
        vault: &mut Vault,
        file: &str,
        key: &Key,
        username: &str,
        login: Option<&User>,
    ) -> Result<Store, StoreError> {
        let now = self.machine.now();
        let fresh = DeviceId::new(now, &self.entropy());
        let closed_well = vault.opens(username)?;
        let opened = self
            .machine
            .open(file, Some(key))
            .and_then(|db| Store::open(db, login, fresh))
            .and_then(|store| {
                if !closed_well {
                    store.look_over()?;
                }
                Ok(store)
            });
        match opened {
            Err(sql::Error::TooNew { .. }) => {
                self.machine
                    .notify(Notice::Status(AppStatus::NewerDatabase));
            }
            Err(sql::Error::Nobody) => return Err(StoreError::Damaged),
            Err(why) if why.is_damage() => {
                let mut random = |bytes: &mut [u8]| self.machine.random(bytes);
                vault.set_aside(username, &why.to_string(), now, &mut random)?;
                return Err(StoreError::Damaged);
            }
            _ => {}
        }
        Ok(opened?)
    }

    /// Sets the PIN. While there is one, whoever holds an open phone must know it, or the password.
    pub(super) fn set_pin(&self, pin: &str, old_secret: Option<&str>) -> Result<Reply, StoreError> {
        let clocks = self.clocks();
        {
            let mut state = self.state.borrow_mut();
            let State { vault, open, .. } = &mut *state;
            let open = open.as_mut().ok_or(StoreError::NotOpen)?;
            if open.has_pin {
                let secret = old_secret.ok_or(StoreError::OldSecretNeeded)?;
                vault.unlock(&open.username, Secret::of(secret), secret, clocks)?;
            }
            vault.set(&open.username, Secret::Pin, pin, &open.key, &mut |bytes| {
                self.machine.random(bytes)
            })?;
            open.has_pin = true;
        }
        Ok(self.announce())
    }

    pub(super) fn unlock(
        self: &Rc<Self>,
        username: &str,
        by: Secret,
        secret: &str,
    ) -> Result<Reply, StoreError> {
        let clocks = self.clocks();
        {
            let mut state = self.state.borrow_mut();
            let key = state.vault.unlock(username, by, secret, clocks)?;
            let file = state.vault.file(username)?.ok_or(StoreError::NotFound)?;
            let store = self.open_store(&mut state.vault, &file, &key, username, None)?;
            state.generation += 1;
            state.open = Some(Open {
                store,
                key,
                username: username.to_owned(),
                // Who comes by password has forgotten the PIN, or has none.
                has_pin: by == Secret::Pin,
                transfer: Transfer::Nothing,
            });
        }
        self.touched();
        let reply = self.announce();
        self.opened();
        self.start_driving(Event::Opened);
        Ok(reply)
    }

    /// Somebody is there: the time after which the app locks itself begins anew.
    pub(super) fn touched(&self) {
        self.state.borrow_mut().touched = self.clocks();
        self.set_alarm();
    }

    /// Locks when nobody was there for [`IDLE`]. A page that is frozen, or whose timers are held back, has no say in this: it
    /// is looked at before every request is answered, and at every alarm.
    pub(super) fn lock_if_idle(&self) {
        let idle = self.idle_in().is_some_and(|left| left <= 0);
        if idle {
            self.lock();
            self.announce();
        }
    }

    /// Milliseconds until the app locks itself; nothing while nobody is in. Either clock will do: the one that nobody sets may
    /// stand still while the device sleeps, and the other may be set back.
    pub(super) fn idle_in(&self) -> Option<i64> {
        let clocks = self.clocks();
        let state = self.state.borrow();
        state.open.as_ref()?;
        let now = clocks.now.0.saturating_sub(state.touched.now.0);
        let uptime = clocks.uptime.0.saturating_sub(state.touched.uptime.0);
        Some(IDLE.saturating_sub(now.max(uptime)))
    }

    pub(super) fn lock(&self) {
        let mut state = self.state.borrow_mut();
        if let Some(Open { username, .. }) = state.open.take() {
            // Not noted, it is only looked over once more than needed.
            let _noted = state.vault.closed(&username);
        }
        state.generation += 1;
        let now = self.machine.now();
        // Closing asks for nothing but to be shown, and the screens are about to be told.
        let _shown = state.engine.handle(now, 0, Event::Closed);
        let _nothing = state.uploads.handle(now, 0, upload::Event::Closed);
    }

    pub(super) fn logout(self: &Rc<Self>) {
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
                let call = Call::post(LOGOUT_PATH, Some(token), String::new());
                // Without signal the session ends by age at the server; the phone has forgotten the token already.
                let _answer = device.machine.call(call).await;
            }));
        }
    }
}

fn login_error(failure: Failure) -> StoreError {
    match failure {
        Failure::Auth => StoreError::BadCredentials,
        // The one thing that the login forbids.
        Failure::Status { status: 403, .. } => StoreError::Disabled,
        Failure::TooMany { after } => StoreError::Server(Trouble::Refused {
            status: 429,
            message: format!("{after}"),
        }),
        other => StoreError::Server(trouble(&other)),
    }
}
