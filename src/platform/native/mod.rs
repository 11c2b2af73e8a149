//! A native machine: files in a folder, HTTP by reqwest, the process's clock. For tests, tools and a desktop app.

pub mod client;

use std::cell::Cell;
use std::io::Write;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use flate2::{Compression, write::GzEncoder};

use super::device::Device;
use super::machine::{Answer, Body, Call, Machine, PIECE, Task, WORTH_PACKING};
use crate::domain::Millis;
use crate::sql::{self, Connection, Key};
use crate::store::api::Notice;
use crate::sync::wire::{MARK, UPLOAD_OFFSET};

/// How long a call may take: a page of a first sync over GPRS.
const PATIENCE: Duration = Duration::from_secs(120);

/// A process with a folder and a server's address.
pub struct NativeMachine {
    folder: PathBuf,
    server: String,
    http: reqwest::Client,
    patience: Duration,
    notices: Box<dyn Fn(Notice)>,
    /// When, by the device's clock, and by one that nobody sets.
    wake: Rc<Cell<Option<(Millis, Instant)>>>,
    started: Instant,
}

impl NativeMachine {
    /// A machine that keeps its files in `folder` and calls `server` (`http://127.0.0.1:8080`).
    #[must_use]
    pub fn new(folder: PathBuf, server: String, notices: impl Fn(Notice) + 'static) -> Self {
        Self {
            folder,
            server,
            http: reqwest::Client::new(),
            patience: PATIENCE,
            notices: Box::new(notices),
            wake: Rc::default(),
            started: Instant::now(),
        }
    }

    /// The same with another time that a call may take.
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// When the device next wants to be woken, if it does.
    #[must_use]
    pub fn next_wake(&self) -> Option<Millis> {
        self.wake.get().map(|(at, _)| at)
    }

    async fn send(&self, call: Call) -> Result<Answer, reqwest::Error> {
        let method = reqwest::Method::from_bytes(call.method.as_bytes()).unwrap_or_default();
        let url = format!("{}{}", self.server, call.path);
        let mut request = self.http.request(method, url).timeout(self.patience);
        if let Some(token) = call.token {
            request = request.bearer_auth(token);
        }
        for (name, value) in call.headers {
            request = request.header(name, value);
        }
        request = match call.body {
            Body::Json(json) => {
                let request = request.header("content-type", "application/json");
                match pack(&json) {
                    Some(packed) => request.header("content-encoding", "gzip").body(packed),
                    None => request.body(json),
                }
            }
            Body::Bytes(bytes) if bytes.is_empty() => request,
            Body::Bytes(bytes) => request.body(bytes),
        };
        let response = request.send().await?;
        let status = response.status().as_u16();
        let ours = response.headers().contains_key(MARK);
        let offset = response.headers().get(UPLOAD_OFFSET);
        let offset = offset.and_then(|offset| offset.to_str().ok()?.parse().ok());
        Ok(Answer::Response {
            status,
            ours,
            offset,
            body: response.bytes().await?.to_vec(),
        })
    }
}

/// JSON with gzip, where that makes it smaller.
fn pack(json: &str) -> Option<Vec<u8>> {
    if json.len() < WORTH_PACKING {
        return None;
    }
    let mut packer = GzEncoder::new(Vec::new(), Compression::default());
    packer.write_all(json.as_bytes()).ok()?;
    packer.finish().ok()
}

impl Machine for NativeMachine {
    fn now(&self) -> Millis {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    fn uptime(&self) -> Millis {
        Millis(i64::try_from(self.started.elapsed().as_millis()).unwrap_or(i64::MAX))
    }

    fn random(&self, bytes: &mut [u8]) {
        if getrandom::fill(bytes).is_err() {
            // Without randomness no key may be made: a process that cannot have any must not go on.
            std::process::abort();
        }
    }

    fn open(&self, file: &str, key: Option<&Key>) -> Result<Connection, sql::Error> {
        sql::open_device(&self.folder.join(file).to_string_lossy(), key)
    }

    fn read(&self, file: &str, at: u64) -> Result<Vec<u8>, String> {
        use std::io::{Read, Seek, SeekFrom};
        let read = || -> std::io::Result<Vec<u8>> {
            let mut file = std::fs::File::open(self.folder.join(file))?;
            file.seek(SeekFrom::Start(at))?;
            let mut bytes = Vec::new();
            file.take(PIECE as u64).read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        read().map_err(|why| why.to_string())
    }

    async fn has_files(&self) -> bool {
        self.folder.try_exists().unwrap_or(true)
    }

    async fn call(&self, call: Call) -> Answer {
        self.send(call).await.unwrap_or(Answer::Nothing)
    }

    fn notify(&self, notice: Notice) {
        (self.notices)(notice);
    }

    fn wake_at(&self, at: Millis) {
        let pause = at.0.saturating_sub(self.now().0);
        let pause = Duration::from_millis(u64::try_from(pause).unwrap_or(0));
        self.wake.set(Some((at, Instant::now() + pause)));
    }

    fn spawn(&self, task: Task) {
        tokio::task::spawn_local(task);
    }
}

/// Wakes a device when it wants to be woken, for as long as it is polled.
pub async fn keep_awake(device: Rc<Device<NativeMachine>>) {
    loop {
        tokio::time::sleep(Duration::from_millis(250)).await;
        if device
            .machine()
            .wake
            .get()
            .is_some_and(|(_, at)| at <= Instant::now())
        {
            device.machine().wake.set(None);
            device.woke();
        }
    }
}
