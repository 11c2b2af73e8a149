//! Coming and going: login, PIN, lock, logout, and whose store is open.

use std::rc::Rc;

use super::backup::Transfer;
use super::drive::{trouble, understand};
use super::{Device, Open, State};
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
        let now = self.machine.now();
        let username = login.user.username.clone();
        let mut random = |bytes: &mut [u8]| self.machine.random(bytes);
        let mut state = self.state.borrow_mut();
        state.vault.keep_session(&username, &login.token)?;
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
        let state = &mut *state;
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
        state.vault.used(&username, now)?;
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

    pub(super) fn set_pin(&self, pin: &str) -> Result<Reply, StoreError> {
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

    pub(super) fn unlock(self: &Rc<Self>, username: &str, pin: &str) -> Result<Reply, StoreError> {
        {
            let mut state = self.state.borrow_mut();
            let key = state
                .vault
                .unlock(username, Secret::Pin, pin, self.machine.now())?;
            let file = state.vault.file(username)?.ok_or(StoreError::NotFound)?;
            let store = self.open_store(&mut state.vault, &file, &key, username, None)?;
            state.generation += 1;
            state.open = Some(Open {
                store,
                key,
                username: username.to_owned(),
                has_pin: true,
                transfer: Transfer::Nothing,
            });
        }
        let reply = self.announce();
        self.opened();
        self.start_driving(Event::Opened);
        Ok(reply)
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
