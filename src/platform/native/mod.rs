//! A native machine: files in a folder, HTTP by reqwest, the process's clock. For tests, tools and a desktop app.

pub mod client;

use std::cell::Cell;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::device::Device;
use super::machine::{Answer, Call, Machine, Task};
use crate::domain::Millis;
use crate::sql::{self, Connection, Key};
use crate::store::api::Notice;
use crate::sync::wire::MARK;

/// How long a call may take: a page of a first sync over GPRS.
const PATIENCE: Duration = Duration::from_secs(120);

/// A process with a folder and a server's address.
pub struct NativeMachine {
    folder: PathBuf,
    server: String,
    http: reqwest::Client,
    notices: Box<dyn Fn(Notice)>,
    /// When, by the device's clock, and by one that nobody sets.
    wake: Rc<Cell<Option<(Millis, Instant)>>>,
}

impl NativeMachine {
    /// A machine that keeps its files in `folder` and calls `server` (`http://127.0.0.1:8080`).
    #[must_use]
    pub fn new(folder: PathBuf, server: String, notices: impl Fn(Notice) + 'static) -> Self {
        let http = reqwest::Client::builder()
            .timeout(PATIENCE)
            .build()
            .unwrap_or_default();
        Self {
            folder,
            server,
            http,
            notices: Box::new(notices),
            wake: Rc::default(),
        }
    }

    /// When the device next wants to be woken, if it does.
    #[must_use]
    pub fn next_wake(&self) -> Option<Millis> {
        self.wake.get().map(|(at, _)| at)
    }

    async fn post(&self, call: Call) -> Result<Answer, reqwest::Error> {
        let mut request = self.http.post(format!("{}{}", self.server, call.path));
        if let Some(token) = call.token {
            request = request.bearer_auth(token);
        }
        let response = request
            .header("content-type", "application/json")
            .body(call.body)
            .send()
            .await?;
        let status = response.status().as_u16();
        let ours = response.headers().contains_key(MARK);
        Ok(Answer::Response {
            status,
            ours,
            body: response.text().await?,
        })
    }
}

impl Machine for NativeMachine {
    fn now(&self) -> Millis {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
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

    async fn call(&self, call: Call) -> Answer {
        self.post(call).await.unwrap_or(Answer::Nothing)
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
