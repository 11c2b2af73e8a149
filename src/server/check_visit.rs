//! Whether a submitted visit is complete by its form: the server runs the same form over it as the device did.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use crate::{
    domain::{DeviceId, Kind, Millis, Record, RecordId, User, Visit, visit::COOPERATIVE_QUESTION},
    form::{self, Answers, Form, Session, VisitAround, lookups::LastSaved},
};

use super::{
    forms,
    repo::{Error, Tx, stored},
};

/// Problems that are told of one visit: the device knows the rest itself.
const TOLD: usize = 20;
/// Compiled forms that are kept.
const KEPT: usize = 16;

/// What a form is run against beside its answers.
#[derive(Debug)]
pub struct Surroundings<'a> {
    /// Who submits.
    pub user: &'a User,
    /// On which device.
    pub device: DeviceId,
    /// Which visit.
    pub visit: RecordId,
    /// When it is submitted, by the clock of its device, see [`Visit::judged_at`].
    pub now: Millis,
    /// The row of the visit's cooperative in the table `koperasi`.
    pub cooperative: Option<BTreeMap<String, String>>,
}

/// Opens a form over a visit's answers, as the device did. The server knows no last visit: what is computed from one
/// stays as the device sent it.
#[must_use]
pub fn open(form: Arc<Form>, answers: Answers, around: &Surroundings<'_>) -> Session {
    let visit = VisitAround {
        visit: around.visit.to_string(),
        now: around.now,
        username: &around.user.username,
        user_id: around.user.id.to_string(),
        device: around.device.to_string(),
        cooperative: around.cooperative.clone(),
        last_saved: Answers::new(),
    };
    Session::open_without_last_saved(form, answers, visit.surroundings())
}

/// How much a phone's clock may be ahead of the server's before the log says so.
const AHEAD: i64 = 10 * 60 * 1000;

/// The instant by which a submission is judged: as its phone signed it, so that a visit that waited a week for signal is
/// judged as of its own day, and one from a phone that is a day ahead as of the day on that phone. See [`Visit::judged_at`].
#[must_use]
pub fn submitted_at(visit: &Visit, now: Millis) -> Millis {
    let at = visit.submission_judged_at().unwrap_or(now);
    if at > now.plus(AHEAD) {
        let ahead = at.0.saturating_sub(now.0);
        tracing::warn!(visit = %visit.id, ahead, "a visit is signed in the future");
    }
    at
}

/// Checks a visit's answers against its form.
///
/// # Errors
/// What is missing or wrong, each as `question: message` in the form's words, the first ones only.
pub fn complete(session: &Session) -> Result<(), Vec<String>> {
    let form = session.form();
    let last_saved = LastSaved::of(form);
    let problems: Vec<String> = session
        .problems("id")
        .into_iter()
        .filter(|problem| !last_saved.is_unchecked(form, &problem.path))
        .take(TOLD)
        .map(|problem| format!("{}: {}", problem.label, problem.message))
        .collect();
    if problems.is_empty() {
        Ok(())
    } else {
        Err(problems)
    }
}

/// The answers of a visit that no question of its form can have, in no version that was published here: the first ones only.
/// An answer to a question that is hidden now has its place, and so has one that another phone gave in an older version.
///
/// # Errors
/// When the database fails.
pub fn misplaced(tx: &dyn Tx, visit: &Visit, form: &Form) -> Result<Vec<String>, Error> {
    let mut strays = form::strays(form, &visit.answers);
    strays.remove(COOPERATIVE_QUESTION);
    if strays.is_empty() {
        return Ok(Vec::new());
    }
    for version in forms::list(tx)? {
        if version.form != visit.form || version.version == visit.form_version {
            continue;
        }
        match published(tx, &version.form, &version.version) {
            Ok(Some(other)) => strays = form::strays(&other, &strays),
            Ok(None) => {}
            // What its questions were nobody can say: then nothing is held against the visit.
            Err(Error::Stored { .. }) => return Ok(Vec::new()),
            Err(other) => return Err(other),
        }
    }
    Ok(strays.into_keys().take(TOLD).collect())
}

/// A database and a form version in it.
type Version = (String, RecordId);

/// A version never changes, so what is compiled once holds for all who read and write.
static COMPILED: Mutex<BTreeMap<Version, Arc<Form>>> = Mutex::new(BTreeMap::new());

/// The compiled form of a version; `None` when it was never published here.
///
/// # Errors
/// When the database fails, or a published form does not compile: publishing sees to it that it does.
pub fn published(tx: &dyn Tx, form: &str, version: &str) -> Result<Option<Arc<Form>>, Error> {
    let key = (tx.database(), forms::record_id(form, version));
    let compiled = || COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(form) = compiled().get(&key) {
        return Ok(Some(Arc::clone(form)));
    }
    let Some(found) = tx.record_of_kind(key.1, Kind::Form)? else {
        return Ok(None);
    };
    // Nobody waits while it is compiled; two may do it at once.
    let form = Arc::new(compile(&found.record)?);
    let mut compiled = compiled();
    if compiled.len() >= KEPT {
        compiled.clear();
    }
    compiled.insert(key, Arc::clone(&form));
    Ok(Some(form))
}

/// Forgets what was compiled, as a server does that ends: for who has one after another in a process.
pub fn forget_compiled() {
    COMPILED
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clear();
}

fn compile(record: &Record) -> Result<Form, Error> {
    forms::sheets_of(record)
        .and_then(|sheets| form::compile(&sheets))
        .map_err(stored("form"))
}
