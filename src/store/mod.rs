//! The device database: everything an officer or a supervisor has on the device, and what is still to be sent.
//!
//! One connection, one owner (a worker in the browser, a thread natively), one interface: [`api::Request`] in,
//! [`api::Reply`] out, [`api::Topic`]s for what changed. Invariants:
//!
//! - A local change is one transaction that writes the record and its outbox mutation together ([`record`]).
//! - A record's `fields` are always what the server last said (`base`) with every unsent change over it.
//! - What lists need stands beside the records and is written in the same transaction ([`project`]).
//! - Nothing unsent is ever deleted: not by a pull, a refusal, another scope, a logout or another user's login.

pub mod api;
mod cooperatives;
mod error;
mod home;
mod meta;
mod project;
mod queue;
mod record;
mod review;
mod search;
mod sync;
pub mod vault;
mod visits;

use std::collections::BTreeSet;

use rusqlite::Connection;

use self::api::{Reply, Request, StoreError, SyncPhase, SyncStatus, Topic};
use crate::domain::{DeviceId, Millis, MutationId, RecordId, User, id::Entropy};
use crate::sql;
use crate::sync::engine::Applied;
use crate::sync::wire::{Limits, SyncReply, SyncRequest};

/// The schema's steps, oldest first.
pub const MIGRATIONS: [&str; 3] = [
    include_str!("migrations/001.sql"),
    include_str!("migrations/002.sql"),
    include_str!("migrations/003.sql"),
];

/// The time and the randomness of one request: what the store cannot make itself.
pub struct Moment<'a> {
    /// Now, by the device's clock.
    pub now: Millis,
    /// Fresh randomness at every call.
    pub entropy: &'a mut dyn FnMut() -> Entropy,
}

impl Moment<'_> {
    fn mutation(&mut self) -> MutationId {
        MutationId::new(self.now, &(self.entropy)())
    }

    fn record(&mut self) -> RecordId {
        RecordId::new(self.now, &(self.entropy)())
    }
}

/// An open device database of one user.
pub struct Store {
    db: Connection,
    user: User,
    device: DeviceId,
    /// How the sync stands, as the device's engine last said: shown with what waits.
    sync: SyncStatus,
}

impl Store {
    /// Opens a migrated database, makes it this user's if it is new.
    ///
    /// # Errors
    /// [`sql::Error::TooNew`] for a database of a newer app, untouched; [`sql::Error::Sqlite`] when SQLite fails.
    pub fn open(
        mut db: Connection,
        login: Option<&User>,
        fresh: DeviceId,
    ) -> Result<Self, sql::Error> {
        sql::migrate(&mut db, &MIGRATIONS)?;
        let not_ours = |error: StoreError| {
            sql::Error::Sqlite(rusqlite::Error::ToSqlConversionFailure(Box::new(error)))
        };
        let transaction = db.transaction()?;
        search::fill_if_empty(&transaction).map_err(not_ours)?;
        if let Some(user) = login {
            let text = serde_json::to_string(user).map_err(|error| not_ours(error.into()))?;
            meta::set(&transaction, meta::USER, &text).map_err(not_ours)?;
        }
        if meta::text(&transaction, meta::DEVICE)
            .map_err(not_ours)?
            .is_none()
        {
            meta::set(&transaction, meta::DEVICE, &fresh.to_string()).map_err(not_ours)?;
        }
        let user = meta::text(&transaction, meta::USER)
            .map_err(not_ours)?
            .unwrap_or_default();
        let device = meta::text(&transaction, meta::DEVICE)
            .map_err(not_ours)?
            .unwrap_or_default();
        transaction.commit()?;
        let user = serde_json::from_str(&user).map_err(|error| not_ours(error.into()))?;
        let device = device.parse().unwrap_or(fresh);
        Ok(Self {
            db,
            user,
            device,
            sync: SyncStatus::default(),
        })
    }

    /// Whose store this is.
    #[must_use]
    pub fn user(&self) -> &User {
        &self.user
    }

    /// Which device this is.
    #[must_use]
    pub fn device(&self) -> DeviceId {
        self.device
    }

    /// The session's token, if there is a session.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub fn token(&self) -> Result<Option<String>, StoreError> {
        Ok(meta::text(&self.db, meta::TOKEN)?.filter(|token| !token.is_empty()))
    }

    /// Keeps the session's token; empty ends the session on this side.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub fn keep_token(&self, token: &str) -> Result<(), StoreError> {
        meta::set(&self.db, meta::TOKEN, token)
    }

    /// Tells the store how the sync stands, so that what waits is shown with it.
    pub fn sync_stands(&mut self, status: SyncStatus) {
        self.sync = status;
    }

    /// Answers a request about data. What it changed is in the topics; all of it is on disk when this returns.
    ///
    /// # Errors
    /// See [`StoreError`]; then nothing of the request was done.
    pub fn handle(
        &mut self,
        moment: &mut Moment<'_>,
        request: Request,
    ) -> Result<(Reply, BTreeSet<Topic>), StoreError> {
        let quiet = |reply| Ok((reply, BTreeSet::new()));
        let saved = |topics: &[Topic]| Ok((Reply::Saved, topics.iter().copied().collect()));
        match request {
            Request::Home => quiet(Reply::Home(self.home()?)),
            Request::Cooperatives(query) => quiet(Reply::Cooperatives(self.cooperatives(&query)?)),
            Request::Cooperative(id) => quiet(Reply::Cooperative(Box::new(self.cooperative(id)?))),
            Request::Visit(id) => quiet(Reply::Visit(Box::new(self.visit(id)?))),
            Request::MyVisits { states } => quiet(Reply::Visits(self.my_visits(&states)?)),
            Request::Queue => quiet(Reply::Queue(self.queue()?)),
            Request::Inbox(query) => quiet(Reply::Inbox(self.inbox(&query)?)),
            Request::StartVisit { cooperative } => {
                let id = self.start_visit(moment, cooperative)?;
                Ok((
                    Reply::Started(id),
                    BTreeSet::from([Topic::Visits, Topic::Queue]),
                ))
            }
            Request::SaveAnswers {
                visit,
                changes,
                place,
            } => {
                self.save_answers(moment, visit, &changes, place.as_ref())?;
                saved(&[Topic::Queue])
            }
            Request::KeepPlace { visit, place } => {
                self.keep_place(visit, &place)?;
                saved(&[])
            }
            Request::SubmitVisit { visit } => {
                self.submit(moment, visit)?;
                saved(&[Topic::Visits, Topic::Queue])
            }
            Request::DiscardVisit { visit, reason } => {
                self.discard(moment, visit, &reason)?;
                saved(&[Topic::Visits, Topic::Queue])
            }
            Request::Resend { mutation } => {
                self.resend(moment, mutation)?;
                saved(&[Topic::Visits, Topic::Queue])
            }
            Request::Resolve { mutation, keep } => {
                self.resolve(moment, mutation, keep)?;
                saved(&[Topic::Visits, Topic::Queue])
            }
            Request::KeepReviewDraft { visit, draft } => {
                self.keep_review_draft(visit, &draft)?;
                saved(&[])
            }
            Request::Review {
                visit,
                decision,
                draft,
            } => {
                self.review(moment, visit, decision, &draft)?;
                saved(&[Topic::Visits, Topic::Queue])
            }
            Request::Status
            | Request::Login { .. }
            | Request::SetPin { .. }
            | Request::Unlock { .. }
            | Request::Lock
            | Request::Logout
            | Request::SyncNow
            | Request::Network { .. } => {
                Err(StoreError::Worker("not a question about data".to_owned()))
            }
        }
    }

    /// The next batch to send; what it carries is frozen until [`Store::apply`].
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub fn prepare(&mut self, now: Millis, limits: Limits) -> Result<SyncRequest, StoreError> {
        sync::prepare(&mut self.db, self.device, now, limits)
    }

    /// Takes the server's answer in, whole or not at all.
    ///
    /// # Errors
    /// [`StoreError`]; the same answer, or the next one, can be taken in later.
    pub fn apply(&mut self, now: Millis, reply: &SyncReply) -> Result<Applied, StoreError> {
        let applied = sync::apply(&mut self.db, now, reply)?;
        if let Some(user) = &reply.user {
            self.user = user.clone();
        }
        Ok(applied)
    }

    /// Pulls everything anew from the next batch on.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub fn forget_cursor(&self) -> Result<(), StoreError> {
        sync::forget_cursor(&self.db)
    }

    /// Sets the first frozen mutation aside as too large.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub fn set_aside_first(&self) -> Result<(), StoreError> {
        sync::set_aside_first(&self.db)
    }

    /// When both sides last agreed, and how many changes wait and are set aside.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub fn sync_facts(&self) -> Result<SyncStatus, StoreError> {
        let (unsent, set_aside) = self.db.query_row(
            "select count(*) filter (where state in ('waiting', 'sending')),
                    count(*) filter (where state in ('aside', 'conflict')) from outbox",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        let last_ok = meta::text(&self.db, meta::LAST_OK)?
            .and_then(|at| at.parse().ok())
            .map(Millis);
        Ok(SyncStatus {
            phase: SyncPhase::Idle,
            last_ok,
            unsent,
            set_aside,
            trouble: None,
            pulled: 0,
        })
    }
}
