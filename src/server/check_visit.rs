//! Whether a submitted visit is complete by its form: the server runs the same form over it as the device did.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use rusqlite::Connection;

use crate::{
    domain::{
        DeviceId, Kind, Millis, Record, RecordId, User, Visit, time::WIB_MINUTES,
        visit::COOPERATIVE_QUESTION,
    },
    form::{self, Answers, Form, Session},
};

use super::{
    forms,
    sqlite::{Error, record, stored},
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
    /// When it is submitted, see [`submitted_at`].
    pub now: Millis,
    /// The row of the visit's cooperative in the table `koperasi`.
    pub cooperative: Option<BTreeMap<String, String>>,
}

/// Opens a form over a visit's answers, as the device did.
#[must_use]
pub fn open(form: Arc<Form>, answers: Answers, around: &Surroundings<'_>) -> Session {
    let rows = around.cooperative.iter().cloned().collect();
    let surroundings = form::Surroundings {
        now: around.now.0,
        utc_offset_minutes: WIB_MINUTES,
        username: around.user.username.clone(),
        user_id: around.user.id.to_string(),
        device_id: around.device.to_string(),
        instance_id: around.visit.to_string(),
        tables: BTreeMap::from([("koperasi".to_owned(), rows)]),
        // The server keeps no other visit in mind: what hangs on one is checked on the device.
        last_saved: Answers::new(),
        random_seed: form::Surroundings::seed_of(&around.visit.to_string()),
    };
    Session::open(form, answers, surroundings)
}

/// How much a phone's clock may be ahead of the server's.
const AHEAD: i64 = 10 * 60 * 1000;

/// The instant by which a submission is judged: when it was signed by the phone's clock, so that a visit that waited a
/// week for signal is judged as of its own day. Not before the visit was begun, and not in the server's future.
#[must_use]
pub fn submitted_at(visit: &Visit, now: Millis) -> Millis {
    let signed = visit.submissions.last_key_value();
    let at = signed.map_or(now, |(_, mark)| mark.at);
    at.max(visit.created.at).min(now.plus(AHEAD))
}

/// Checks a visit's answers against its form.
///
/// # Errors
/// What is missing or wrong, each as `path: message`, the first ones only.
pub fn complete(session: &Session) -> Result<(), Vec<String>> {
    let problems: Vec<String> = session
        .problems("id")
        .into_iter()
        .take(TOLD)
        .map(|problem| format!("{}: {}", problem.path, problem.message))
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
pub fn misplaced(
    connection: &Connection,
    visit: &Visit,
    form: &Form,
) -> Result<Vec<String>, Error> {
    let mut strays = form::strays(form, &visit.answers);
    strays.remove(COOPERATIVE_QUESTION);
    if strays.is_empty() {
        return Ok(Vec::new());
    }
    for version in forms::list(connection)? {
        if version.form != visit.form || version.version == visit.form_version {
            continue;
        }
        match published(connection, &version.form, &version.version) {
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

/// The name of a database. One in memory has none: it is its thread's.
fn name_of(connection: &Connection) -> String {
    match connection.path() {
        Some(path) if !path.is_empty() => path.to_owned(),
        _ => format!("{:?}", std::thread::current().id()),
    }
}

/// The compiled form of a version; `None` when it was never published here.
///
/// # Errors
/// When the database fails, or a published form does not compile: publishing sees to it that it does.
pub fn published(
    connection: &Connection,
    form: &str,
    version: &str,
) -> Result<Option<Arc<Form>>, Error> {
    let key = (name_of(connection), forms::record_id(form, version));
    let compiled = || COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(form) = compiled().get(&key) {
        return Ok(Some(Arc::clone(form)));
    }
    let Some(found) = record::find_kind(connection, key.1, Kind::Form)? else {
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
