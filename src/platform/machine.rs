//! What a device needs of the machine it runs on.

use std::{future::Future, pin::Pin};

use crate::domain::Millis;
use crate::sql::{self, Connection, Key};
use crate::store::api::Notice;

/// Work that goes on beside requests.
pub type Task = Pin<Box<dyn Future<Output = ()>>>;

/// A call of the server.
#[derive(Clone)]
pub struct Call {
    /// `GET`, `POST`, ...
    pub method: &'static str,
    /// Path on the server, from `/api`.
    pub path: String,
    /// Bearer token. Never logged.
    pub token: Option<String>,
    /// Headers beside those that follow from token and body.
    pub headers: Vec<(&'static str, String)>,
    /// What is sent.
    pub body: Body,
}

/// What a call sends.
#[derive(Clone)]
pub enum Body {
    /// JSON, which the machine may pack.
    Json(String),
    /// Bytes as they are; none for a call without a body.
    Bytes(Vec<u8>),
}

impl Call {
    /// Fetches.
    #[must_use]
    pub fn get(path: &str, token: Option<String>) -> Self {
        Self {
            method: "GET",
            path: path.to_owned(),
            token,
            headers: Vec::new(),
            body: Body::Bytes(Vec::new()),
        }
    }

    /// Posts JSON.
    #[must_use]
    pub fn post(path: &str, token: Option<String>, json: String) -> Self {
        Self {
            method: "POST",
            path: path.to_owned(),
            token,
            headers: Vec::new(),
            body: Body::Json(json),
        }
    }
}

/// What came back.
#[derive(Clone, Debug)]
pub enum Answer {
    /// Nothing: no network, no server, cut off, or too slow.
    Nothing,
    /// An HTTP response.
    Response {
        /// Status.
        status: u16,
        /// Whether it carries our server's mark.
        ours: bool,
        /// The header `Upload-Offset`.
        offset: Option<u64>,
        /// The body.
        body: Vec<u8>,
    },
}

/// Below so many bytes JSON is sent as it is: packed it would be larger.
pub const WORTH_PACKING: usize = 300;

/// Bytes of a file read at a time.
pub const PIECE: usize = 512 * 1024;

/// A browser's worker, or a native process.
pub trait Machine: 'static {
    /// Now, by the clock that the machine's holder sets.
    fn now(&self) -> Millis;
    /// The time since this run of the app began, by a clock that nobody sets.
    fn uptime(&self) -> Millis;
    /// Fills with randomness fit for keys.
    fn random(&self, bytes: &mut [u8]);
    /// Opens (or makes) a database, encrypted with the key where the machine can.
    ///
    /// # Errors
    /// See [`sql::Error`]; the file is untouched.
    fn open(&self, file: &str, key: Option<&Key>) -> Result<Connection, sql::Error>;
    /// Reads about half a megabyte of a closed database's file from a place on, none at its end.
    ///
    /// # Errors
    /// In the machine's words.
    fn read(&self, file: &str, at: u64) -> Result<Vec<u8>, String>;
    /// Whether the files are still where they were put. Only what is surely gone is said to be.
    fn has_files(&self) -> impl Future<Output = bool>;
    /// Calls the server.
    fn call(&self, call: Call) -> impl Future<Output = Answer>;
    /// Tells the screens.
    fn notify(&self, notice: Notice);
    /// Wakes the device at that time; replaces an earlier wish.
    fn wake_at(&self, at: Millis);
    /// Lets a task go on beside requests.
    fn spawn(&self, task: Task);
}
