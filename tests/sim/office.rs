//! The server of a run: its real code on its real schema, one stage of a request at a time.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use anjangsana::{
    domain::{Kind, Millis, MutationId, RecordId, Review, User, Visit, VisitState},
    server::{
        accounts::sessions,
        attachments::shelf::Shelf,
        kinds,
        repo::{self, Accounts, Records, sqlite},
        secret,
        sync::exchange::{Exchange, Refused, Reply, Request},
    },
    sync::wire::{
        ErrorCode, ErrorReply, Mutation, MutationResult, Outcome, RejectCode, SyncRequest,
    },
};
use rusqlite::{Connection, TransactionBehavior};

use crate::bugs::{self, Bug};
use crate::cast::DATE;
use crate::disk::Disk;
use crate::odd;
use crate::uploads::{self, Piece};

/// What a request asks.
#[derive(Clone)]
pub(crate) enum Ask {
    Sync(Vec<u8>),
    Photo(Box<Piece>),
}

impl Ask {
    pub(crate) fn bytes(&mut self) -> &mut Vec<u8> {
        match self {
            Self::Sync(body) => body,
            Self::Photo(piece) => &mut piece.bytes,
        }
    }
}

/// A request on its way to the server.
#[derive(Clone)]
pub(crate) struct Letter {
    pub(crate) call: u64,
    pub(crate) phone: usize,
    pub(crate) life: u64,
    pub(crate) token: String,
    pub(crate) ask: Ask,
    /// False when it was cut on the way.
    pub(crate) whole: bool,
    /// A change in it that no phone of ours makes, see `odd`.
    pub(crate) odd: Option<MutationId>,
    /// Changes that a newer server does not look at yet, see `future`.
    pub(crate) put_off: Vec<MutationId>,
}

/// A request that the server is working on.
pub(crate) struct Task {
    pub(crate) letter: Letter,
    /// What it pushes, for who looks on.
    request: SyncRequest,
    pub(crate) user: User,
    pub(crate) exchange: Exchange,
    pub(crate) results: Option<Vec<MutationResult>>,
}

/// How a push ended.
pub(crate) enum Pushed {
    Committed,
    /// The transaction was rolled back by a crash.
    Crashed,
    /// The database said no.
    Failed,
    /// The session ended while the request was on its way.
    LoggedOut,
}

pub(crate) struct Office {
    disk: Disk,
    pub(crate) db: Connection,
    pub(crate) up: bool,
    pub(crate) tasks: BTreeMap<u64, Task>,
    /// Which mutation was applied at which rev, as it was committed.
    pub(crate) applied: BTreeMap<MutationId, u64>,
    states: BTreeMap<RecordId, VisitState>,
    touched: BTreeSet<RecordId>,
    /// It was put back to a backup: states begin anew.
    went_back: bool,
    pub(crate) wrong: Vec<String>,
    pub(crate) shelf: Shelf,
    pub(crate) folder: PathBuf,
    /// On how many days it looked at its photos; and since its database began, or was put back.
    pub(crate) days_looked: u32,
    pub(crate) days_since_birth: u32,
}

/// What a request is answered when it is not a success.
pub(crate) fn refusal(code: ErrorCode, retry_after: Option<u32>) -> String {
    let reply = ErrorReply {
        code,
        message: "told by the simulator".to_owned(),
        retry_after,
    };
    serde_json::to_string(&reply).unwrap()
}

impl Office {
    pub(crate) fn new(mut disk: Disk, folder: PathBuf) -> Self {
        let db = disk.open(None);
        let office = Self {
            shelf: uploads::shelf(&folder),
            folder,
            disk,
            db,
            up: true,
            tasks: BTreeMap::new(),
            applied: BTreeMap::new(),
            states: BTreeMap::new(),
            touched: BTreeSet::new(),
            days_looked: 0,
            days_since_birth: 0,
            went_back: false,
            wrong: Vec::new(),
        };
        office.sweep_folder();
        office
    }

    pub(crate) fn into_disk(mut self) -> Disk {
        self.disk.close(self.db);
        self.disk
    }

    /// The disk is lost, and a backup comes in its place.
    pub(crate) fn go_back_to(&mut self, backup: &Connection) {
        self.disk.begin_as(backup);
        self.db.release_memory().unwrap();
    }

    pub(crate) fn last_rev(&self) -> u64 {
        self.db.last_rev().unwrap()
    }

    pub(crate) fn log_in(&self, token: &str, user: &User, now: Millis) {
        self.db
            .begin_session(&secret::hash_token(token), user.id, "sim", now)
            .unwrap();
    }

    pub(crate) fn revoke(&self, user: &User, now: Millis) {
        self.db.end_sessions(user.id, now).unwrap();
    }

    /// Whose session a letter belongs to.
    pub(crate) fn caller(&self, letter: &Letter, now: Millis) -> Option<User> {
        self.user_of(&letter.token, now)
    }

    /// Whose session a token is of.
    pub(crate) fn user_of(&self, token: &str, now: Millis) -> Option<User> {
        let found = sessions::find(&self.db, &secret::hash_token(token), now).unwrap();
        found.map(|(user, _)| user)
    }

    /// Reads a letter, as far as it can be answered at once: then with a status and a body.
    pub(crate) fn accept(
        &mut self,
        letter: &Letter,
        user: User,
        now: Millis,
    ) -> Result<Task, (u16, String)> {
        let malformed = || (400, refusal(ErrorCode::Malformed, None));
        let Ask::Sync(body) = &letter.ask else {
            return Err(malformed());
        };
        let request: Request = serde_json::from_slice(body).map_err(|_| malformed())?;
        if !letter.whole {
            self.wrong
                .push("a request that was cut was understood".to_owned());
        }
        let exchange = Exchange::understand(request).map_err(|why| match why {
            Refused::TooOld => (426, refusal(ErrorCode::UpdateNeeded, None)),
            Refused::TooMany { .. } => (413, refusal(ErrorCode::TooLarge, None)),
            Refused::Nameless => malformed(),
        })?;
        // Much may come between this and the push.
        exchange.foresee(&self.db, &user, now).unwrap();
        Ok(Task {
            request: odd::readable(body),
            letter: letter.clone(),
            user,
            exchange,
            results: None,
        })
    }

    /// The writing half of a task.
    pub(crate) fn push(
        &mut self,
        id: u64,
        now: Millis,
        crash: bool,
        full: bool,
        bug: Option<Bug>,
    ) -> Pushed {
        let Some(task) = self.tasks.get_mut(&id) else {
            return Pushed::Crashed;
        };
        if full {
            let pages: u32 = self
                .db
                .pragma_query_value(None, "page_count", |row| row.get(0))
                .unwrap();
            self.db
                .pragma_update(None, "max_page_count", pages)
                .unwrap();
        }
        let pushed = write(&mut self.db, task, now, crash, bug, &mut self.wrong);
        if full {
            self.db
                .pragma_update(None, "max_page_count", u32::MAX >> 2)
                .unwrap();
        }
        match pushed {
            Pushed::Committed => self.watch(id),
            Pushed::Failed if !full => {
                self.wrong
                    .push("a push failed although the disk has room".to_owned());
            }
            Pushed::Failed | Pushed::Crashed | Pushed::LoggedOut => {}
        }
        pushed
    }

    /// Nothing may be applied twice, and states move along their edges only.
    fn watch(&mut self, id: u64) {
        let Some(task) = self.tasks.get(&id) else {
            return;
        };
        let request = &task.request;
        for result in task.results.iter().flatten() {
            if Some(result.id) == task.letter.odd
                && !matches!(result.outcome, Outcome::Rejected { .. })
            {
                self.wrong.push(format!(
                    "an odd change was answered with {:?}",
                    result.outcome
                ));
            }
            let sent = request.mutations.iter().find(|one| one.id == result.id);
            if sent.is_some_and(|mutation| is_refused_for_its_day(mutation, &result.outcome)) {
                self.wrong.push(format!(
                    "{} was refused for a day that was none to come on its phone",
                    result.id
                ));
            }
            let Outcome::Applied { rev, .. } = result.outcome else {
                continue;
            };
            if let Some(before) = self.applied.insert(result.id, rev) {
                self.wrong.push(format!(
                    "mutation {} was applied at {before} and again at {rev}",
                    result.id
                ));
            }
            let Some(mutation) = request.mutations.iter().find(|one| one.id == result.id) else {
                continue;
            };
            let visit = match mutation.kind {
                Kind::Review => mutation
                    .fields
                    .get("visit")
                    .and_then(|id| id.as_str()?.parse().ok()),
                _ => Some(mutation.record),
            };
            self.touched.extend(visit);
        }
        for visit in std::mem::take(&mut self.touched) {
            self.moved(visit);
        }
    }

    /// Something that no phone sent was applied.
    pub(crate) fn applied_beside(&mut self, mutation: &Mutation) {
        let rev = self.last_rev();
        let id = mutation.id;
        if let Some(before) = self.applied.insert(id, rev) {
            self.wrong.push(format!(
                "mutation {id} was applied at {before} and rescued again"
            ));
        }
        self.moved(match mutation.kind {
            Kind::Review => mutation
                .fields
                .get("visit")
                .and_then(|id| id.as_str()?.parse().ok())
                .unwrap_or(mutation.record),
            _ => mutation.record,
        });
    }

    fn moved(&mut self, visit: RecordId) {
        let Some(stored) = self.db.record(visit).unwrap() else {
            return;
        };
        let reviews = kinds::reviews_of(&self.db, visit).unwrap();
        let state = Visit::from_record(&stored.record).unwrap().state(&reviews);
        let before = self.states.insert(visit, state);
        use VisitState::{Approved, Draft, Returned, Submitted, Void};
        let allowed = match (before, state) {
            (None, Draft | Submitted | Void) => true,
            (None, _) => self.went_back,
            (Some(before), now) if before == now => true,
            (Some(Draft), Submitted | Void) => true,
            (Some(Submitted), Returned | Approved | Void) => true,
            (Some(Returned), Submitted | Void) => true,
            _ => false,
        };
        if !allowed {
            self.wrong
                .push(format!("visit {visit} went from {before:?} to {state:?}"));
        }
        once_each(&reviews, visit, &mut self.wrong);
    }

    /// The reading half of a task: the body of the answer.
    pub(crate) fn pull(&mut self, task: Task, now: Millis) -> String {
        let transaction = self.db.unchecked_transaction().unwrap();
        let results = task.results.unwrap_or_default();
        let reply: Reply = task
            .exchange
            .pull(&*transaction, &task.user, results, now)
            .unwrap();
        serde_json::to_string(&reply).unwrap()
    }

    pub(crate) fn crash(&mut self) {
        self.up = false;
        self.tasks.clear();
    }

    /// The database is another one now.
    pub(crate) fn forget_what_was_seen(&mut self) {
        self.applied.clear();
        self.states.clear();
        self.went_back = true;
    }

    /// Changes something beside the devices, as the command line does.
    pub(crate) fn change<T>(&mut self, job: impl FnOnce(&Connection) -> T) -> T {
        sqlite::transact(&mut self.db, |connection| {
            Ok::<_, repo::Error>(job(connection))
        })
        .unwrap()
    }
}

fn write(
    db: &mut Connection,
    task: &mut Task,
    now: Millis,
    crash: bool,
    bug: Option<Bug>,
    wrong: &mut Vec<String>,
) -> Pushed {
    let transaction = db
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .unwrap();
    if let Some(bug) = bug {
        bugs::before_push(bug, &transaction, &task.request);
    }
    // As `routes::sync` does: whose session it is, and what they may do, is read where it is written.
    let hash = secret::hash_token(&task.letter.token);
    let caller = sessions::find(&*transaction, &hash, now).unwrap();
    let caller = caller.map(|(user, _)| user);
    match (&caller, bug) {
        (_, Some(Bug::OldCaller)) => {}
        (Some(user), _) => task.user = user.clone(),
        (None, _) => return Pushed::LoggedOut,
    }
    let pushed = task.exchange.push(&*transaction, &task.user, now);
    if let Some(bug) = bug {
        bugs::after_push(bug, &transaction);
    }
    match pushed {
        _ if crash => Pushed::Crashed,
        Err(_) => Pushed::Failed,
        Ok(results) if bug.is_some_and(|bug| bugs::fails_all(bug, &results)) => Pushed::Failed,
        Ok(mut results) => {
            let is_applied = |one: &MutationResult| matches!(one.outcome, Outcome::Applied { .. });
            if caller.as_ref() != Some(&task.user) && results.iter().any(is_applied) {
                wrong.push("a change was applied of who was no longer allowed to".to_owned());
            }
            transaction.commit().unwrap();
            if let Some(bug) = bug {
                bugs::answers(bug, &mut results);
            }
            task.results = Some(results);
            Pushed::Committed
        }
    }
}

/// Whether a visit was refused for its date, although that was not after the day on its phone when it was sent.
fn is_refused_for_its_day(mutation: &Mutation, outcome: &Outcome) -> bool {
    let Outcome::Rejected {
        code: RejectCode::Incomplete,
        reason,
    } = outcome
    else {
        return false;
    };
    let text = |name: &str| mutation.fields.get(name)?.as_str().map(str::to_owned);
    let mark = mutation
        .fields
        .range("submission/".to_owned()..)
        .next()
        .and_then(|(_, mark)| mark.get("at")?.as_i64());
    match (text(&format!("a/{DATE}")), mark) {
        (Some(date), Some(at)) => {
            reason.contains("Tanggal") && date <= Millis(at).date().to_string()
        }
        _ => false,
    }
}

fn once_each(reviews: &[Review], visit: RecordId, wrong: &mut Vec<String>) {
    let mut seen = BTreeSet::new();
    for review in reviews {
        if !seen.insert(review.submission) {
            wrong.push(format!(
                "submission {} of {visit} was reviewed twice",
                review.submission
            ));
        }
    }
}
