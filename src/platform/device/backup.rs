//! Backup files, written and read piece by piece: the file passes through, it is never in memory as a whole.

use std::rc::Rc;

use super::{Device, Open, State};
use crate::platform::machine::Machine;
use crate::store::api::{Bytes, Damaged, Notice, Reply, StoreError, Topic};
use crate::store::vault::Secret;
use crate::store::{BackUp, Incoming};
use crate::sync::derive::FILE_COST;
use crate::sync::engine::Event;

/// A file that is being written or read. It ends with the store that is open.
#[derive(Default)]
pub(super) enum Transfer {
    #[default]
    Nothing,
    Out(BackUp),
    In(Incoming),
}

impl<M: Machine> Device<M> {
    /// Begins a backup under the user's own password.
    pub(super) fn back_up(&self, password: &str) -> Result<Reply, StoreError> {
        let clocks = self.clocks();
        {
            let mut state = self.state.borrow_mut();
            let State { vault, open, .. } = &mut *state;
            let open = open.as_mut().ok_or(StoreError::NotOpen)?;
            // A slip of the finger must not make a file that nobody can open.
            vault.unlock(&open.username, Secret::Password, password, clocks)?;
            let mut random = |bytes: &mut [u8]| self.machine.random(bytes);
            open.transfer = Transfer::Out(open.store.back_up(
                clocks.now,
                (password, FILE_COST),
                &mut random,
            )?);
        }
        self.back_up_more()
    }

    pub(super) fn back_up_more(&self) -> Result<Reply, StoreError> {
        let mut state = self.state.borrow_mut();
        let Open {
            store, transfer, ..
        } = state.open.as_mut().ok_or(StoreError::NotOpen)?;
        let Transfer::Out(backup) = transfer else {
            return Err(StoreError::NotFound);
        };
        let bytes = store.back_up_more(backup)?;
        if bytes.is_empty() {
            *transfer = Transfer::Nothing;
        }
        Ok(Reply::Bytes(Bytes(bytes)))
    }

    /// What was set aside of this user.
    pub(super) fn damaged(&self) -> Result<Vec<Damaged>, StoreError> {
        let state = self.state.borrow();
        let open = state.open.as_ref().ok_or(StoreError::NotOpen)?;
        state.vault.damaged(&open.username)
    }

    /// The next bytes of a file that was set aside.
    pub(super) fn damaged_bytes(&self, number: u32, at: u64) -> Result<Reply, StoreError> {
        let number = usize::try_from(number).unwrap_or(usize::MAX);
        let all = self.damaged()?;
        let damaged = all.get(number).ok_or(StoreError::NotFound)?;
        let bytes = self.machine.read(&damaged.file, at);
        Ok(Reply::Bytes(Bytes(bytes.map_err(StoreError::Database)?)))
    }

    /// Takes the next bytes of a backup file in.
    pub(super) fn restore(
        self: &Rc<Self>,
        password: Option<&str>,
        bytes: &[u8],
        last: bool,
    ) -> Result<Reply, StoreError> {
        let now = self.machine.now();
        let reply = {
            let mut state = self.state.borrow_mut();
            let open = state.open.as_mut().ok_or(StoreError::NotOpen)?;
            if let Some(password) = password {
                open.store.restore_nothing()?;
                open.transfer = Transfer::In(Incoming::begin(&open.store, password));
            }
            let Transfer::In(mut incoming) = std::mem::take(&mut open.transfer) else {
                return Err(StoreError::NotFound);
            };
            let done = match (incoming.put(&open.store, now, bytes), last) {
                (Ok(()), false) => {
                    open.transfer = Transfer::In(incoming);
                    return Ok(Reply::Saved);
                }
                (Ok(()), true) => incoming.end(&mut open.store, now),
                (Err(why), _) => Err(why),
            };
            match done {
                Ok(restored) => Reply::Restored(restored),
                Err(why) => {
                    open.store.restore_nothing()?;
                    return Err(why);
                }
            }
        };
        self.machine
            .notify(Notice::Changed([Topic::Visits, Topic::Queue].into()));
        self.start_driving(Event::Changed);
        Ok(reply)
    }
}
