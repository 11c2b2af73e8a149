//! The device database: everything an officer or a supervisor has on the device, and what is still to be sent.
//!
//! One connection, one owner (a worker in the browser, a thread natively), one interface: [`api::Request`] in,
//! [`api::Reply`] out, [`api::Topic`]s for what changed. Invariants:
//!
//! - A local change is one transaction that writes the record and its outbox mutation together ([`record`]).
//! - A record's `fields` are always what the server last said (`base`) with every unsent change over it.
//! - What lists need stands beside the records and is written in the same transaction ([`kinds`]).
//! - Nothing unsent is ever deleted: not by a pull, a refusal, another scope, a logout or another user's login.

pub mod api;
mod attachments;
mod backup;
mod cooperatives;
mod error;
mod home;
mod kinds;
pub mod large;
mod meta;
pub mod pin;
mod queue;
mod record;
mod reopen;
mod review;
mod rewind;
mod search;
mod sync;
mod upgrade;
pub mod uploads;
pub mod vault;
mod visits;

pub use backup::{BackUp, Incoming};

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rusqlite::Connection;

use self::api::{Keep, Reply, Request, StoreError, SyncPhase, SyncStatus, Topic};
use crate::domain::{DeviceId, Millis, MutationId, RecordId, User, id::Entropy, json};
use crate::form::Form;
use crate::sql;
use crate::sync::engine::Applied;
use crate::sync::wire::{Limits, SyncReply, SyncRequest};

/// The schema's steps, oldest first.
pub const MIGRATIONS: [&str; 7] = [
    include_str!("migrations/001.sql"),
    include_str!("migrations/002.sql"),
    include_str!("migrations/003.sql"),
    include_str!("migrations/004.sql"),
    include_str!("migrations/005.sql"),
    include_str!("migrations/006.sql"),
    include_str!("migrations/007.sql"),
];

/// Statements that are kept ready: as many as the store has that are asked again and again.
const STATEMENTS: usize = 96;

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
    /// Form versions that drafts were carried between, compiled; `None` for one that this app does not understand.
    forms: BTreeMap<(String, String), Option<Arc<Form>>>,
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
        db.set_prepared_statement_cache_capacity(STATEMENTS);
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
        attachments::sweep(&transaction).map_err(not_ours)?;
        sync::forget_order(&transaction).map_err(not_ours)?;
        large::try_anew(&transaction).map_err(not_ours)?;
        kinds::learn_kinds(&transaction).map_err(not_ours)?;
        let user = meta::text(&transaction, meta::USER)
            .map_err(not_ours)?
            .unwrap_or_default();
        let device = meta::text(&transaction, meta::DEVICE)
            .map_err(not_ours)?
            .unwrap_or_default();
        transaction.commit()?;
        if user.is_empty() {
            return Err(sql::Error::Nobody);
        }
        let user = json::read(&user).map_err(|error| not_ours(error.into()))?;
        let device = device.parse().unwrap_or(fresh);
        Ok(Self {
            db,
            user,
            device,
            sync: SyncStatus::default(),
            forms: BTreeMap::new(),
        })
    }

    /// Looks the whole file over, for one that was not closed well.
    ///
    /// # Errors
    /// [`sql::Error::Damaged`].
    pub fn look_over(&self) -> Result<(), sql::Error> {
        sql::look_over(&self.db)
    }

    /// Closes the store, gives its database back.
    #[must_use]
    pub fn into_db(self) -> Connection {
        self.db
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
            Request::Visit(id) => {
                let carried = self.carry_over(moment, id)?;
                let reply = Reply::Visit(Box::new(self.visit(id)?));
                let topics: &[Topic] = if carried { &[Topic::Queue] } else { &[] };
                Ok((reply, topics.iter().copied().collect()))
            }
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
            Request::SaveAttachment {
                visit,
                path,
                media_type,
                bytes,
            } => {
                let name = self.save_attachment(moment, visit, path, &media_type, &bytes.0)?;
                Ok((Reply::Attachment(name), BTreeSet::from([Topic::Queue])))
            }
            Request::ResendPhoto(name) => {
                self.resend_photo(&name)?;
                saved(&[Topic::Queue])
            }
            Request::PhotosByWifi { only } => {
                self.set_wifi_only(only)?;
                saved(&[Topic::Queue])
            }
            Request::Attachment(name) => quiet(Reply::Bytes(self.attachment(&name)?)),
            Request::KeepPlace { visit, place } => {
                self.keep_place(visit, &place)?;
                saved(&[])
            }
            Request::SubmitVisit {
                visit,
                result,
                judged,
            } => {
                self.submit(moment, visit, result.as_ref(), judged.as_ref())?;
                saved(&[Topic::Visits, Topic::Queue])
            }
            Request::ReopenVisit { visit } => {
                self.reopen(visit)?;
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
            Request::FixRefused { mutation } => {
                self.fix_refused(moment, mutation)?;
                saved(&[Topic::Visits, Topic::Queue])
            }
            Request::Resolve { mutation, keep } => {
                let theirs: Option<&[String]> = match keep {
                    Keep::Mine => Some(&[]),
                    Keep::Theirs => None,
                };
                self.resolve(moment, mutation, theirs)?;
                saved(&[Topic::Visits, Topic::Queue])
            }
            Request::ResolveFields { mutation, theirs } => {
                self.resolve(moment, mutation, Some(&theirs))?;
                saved(&[Topic::Visits, Topic::Queue])
            }
            Request::KeepReviewDraft { visit, draft } => {
                self.keep_review_draft(visit, &draft)?;
                saved(&[])
            }
            Request::Review {
                visit,
                submission,
                decision,
                draft,
            } => {
                self.review(moment, (visit, submission), decision, &draft)?;
                saved(&[Topic::Visits, Topic::Queue])
            }
            Request::Status
            | Request::Login { .. }
            | Request::SetPin { .. }
            | Request::ChangePin { .. }
            | Request::Unlock { .. }
            | Request::UnlockByPassword { .. }
            | Request::Active
            | Request::Lock
            | Request::Logout
            | Request::SyncNow
            | Request::SendPhotos
            | Request::Wifi(_)
            | Request::Network { .. }
            | Request::BackUp { .. }
            | Request::Damaged
            | Request::DamagedBytes { .. }
            | Request::BackUpMore
            | Request::AskServer { .. }
            | Request::Restore { .. } => {
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
        let applied = sync::apply(&mut self.db, self.user.id, now, reply)?;
        if let Some(user) = &reply.user {
            self.user = user.clone();
        }
        Ok(applied)
    }

    /// Pulls everything anew from the next batch on.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub fn forget_cursor(&mut self) -> Result<(), StoreError> {
        sync::forget_cursor(&mut self.db)
    }

    /// Sets a mutation aside that the server will not even look at.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub fn set_aside(&mut self, mutation: MutationId, reason: &str) -> Result<(), StoreError> {
        sync::set_aside(&mut self.db, mutation, reason)
    }

    /// When both sides last agreed, and how many changes wait and are set aside.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub fn sync_facts(&self) -> Result<SyncStatus, StoreError> {
        let (unsent, set_aside) = self
            .db
            .prepare_cached(
                "select coalesce(sum(state in ('waiting', 'sending')), 0),
                    coalesce(sum(state in ('aside', 'conflict')), 0) from outbox",
            )?
            .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let last_ok = meta::text(&self.db, meta::LAST_OK)?
            .and_then(|at| at.parse().ok())
            .map(Millis);
        Ok(SyncStatus {
            phase: SyncPhase::Idle,
            last_ok,
            unsent,
            set_aside,
            send_again: self
                .db
                .prepare_cached(
                    "select count(*) from reopened r join visit v on v.id = r.visit
                     where v.state in ('draft', 'returned')",
                )?
                .query_row([], |row| row.get(0))?,
            trouble: None,
            pulled: 0,
            clock_offset: meta::text(&self.db, meta::CLOCK_OFFSET)?
                .and_then(|offset| offset.parse().ok())
                .unwrap_or(0),
            photos: self.photo_facts()?,
        })
    }
}
