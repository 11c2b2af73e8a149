//! A native device with its real store, engine and HTTP client before a real server: what a sync takes and what it carries.

use std::{
    cell::Cell,
    io::Write,
    path::Path,
    rc::Rc,
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use anjangsana::{
    platform::{device::Device, native::NativeMachine},
    server::{Config, demo, machine},
    store::api::{CooperativeQuery, Notice, Reply, Request, SyncPhase},
};

use crate::cutting_proxy::{Line, Proxy};
use crate::pushes::lengkap;
use crate::server_office::Office;
use crate::visits;

/// Requests that the server answered, by its own log.
static ANSWERED: AtomicU64 = AtomicU64::new(0);

/// What a sync took.
pub(crate) struct Took {
    pub(crate) seconds: f64,
    pub(crate) requests: u64,
    pub(crate) up: u64,
    pub(crate) down: u64,
}

pub(crate) struct Figures {
    /// Everything to an empty device.
    pub(crate) first: Took,
    /// Nothing new.
    pub(crate) nothing: Took,
    /// A visit of all questions of the checklists sent, and how many it answers.
    pub(crate) whole_visit: (Took, usize),
    /// A visit of 60 answers sent.
    pub(crate) visit: Took,
}

struct Counting;

impl Write for Counting {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        let text = String::from_utf8_lossy(line);
        if text.contains("/api/v1/sync") {
            ANSWERED.fetch_add(1, Ordering::SeqCst);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Counts what the server logs from now on.
pub(crate) fn count_requests() {
    tracing_subscriber::fmt()
        .with_ansi(false)
        .with_writer(|| Counting)
        .init();
}

struct Phone {
    device: Rc<Device<NativeMachine>>,
    idle: Rc<Cell<bool>>,
}

impl Phone {
    fn new(server: &str, folder: &Path) -> Self {
        std::fs::create_dir_all(folder).unwrap();
        let idle = Rc::new(Cell::new(false));
        let seen = Rc::clone(&idle);
        let notice = move |notice: Notice| {
            if let Notice::Sync(status) = notice {
                seen.set(status.phase != SyncPhase::Syncing);
            }
        };
        let machine = NativeMachine::new(folder.to_owned(), server.to_owned(), notice);
        Self {
            device: Device::start(machine).unwrap(),
            idle,
        }
    }

    async fn ask(&self, request: Request) -> Reply {
        self.device.ask(request).await.unwrap()
    }

    async fn log_in(&self, username: &str) {
        self.ask(Request::Login {
            username: username.to_owned(),
            password: demo::PASSWORD.to_owned(),
            old_secret: None,
        })
        .await;
    }

    /// From now until the device is at nothing.
    async fn measure(&self, proxy: &Proxy) -> Took {
        let (up, down) = proxy.carried();
        let requests = ANSWERED.load(Ordering::SeqCst);
        let begun = Instant::now();
        self.idle.set(false);
        while !self.idle.get() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let seconds = begun.elapsed().as_secs_f64();
        let (all_up, all_down) = proxy.carried();
        Took {
            seconds,
            requests: ANSWERED.load(Ordering::SeqCst) - requests,
            up: all_up - up,
            down: all_down - down,
        }
    }
}

pub(crate) async fn measure(count: u64) -> Figures {
    let office = Office::with(Config::default(), |connection| {
        demo::make(connection, machine::now()).unwrap();
        visits::publish(connection);
        visits::fill(connection, count);
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let proxy = Proxy::before(office.address, Line::default()).await;

    let desk = Phone::new(&proxy.url(), &folder.path().join("desk"));
    // The login ends where the first sync begins.
    desk.log_in("kabid").await;
    let first = desk.measure(&proxy).await;
    let there = desk.device.with_store(|store| store.sync_facts().unwrap());
    assert_eq!(there.unwrap().unsent, 0);
    desk.ask(Request::SyncNow).await;
    let nothing = desk.measure(&proxy).await;

    let checklists: Vec<_> = lengkap()
        .filter(|(name, _)| name != "a/koperasi_id" && name != "a/prd_kdkmp")
        .collect();
    let answers = checklists.len();
    let at = folder.path().join("officer");
    let whole_visit = send_a_visit(&proxy, &at, checklists).await;
    office.close().await;

    let office = Office::with(Config::default(), |connection| {
        demo::make(connection, machine::now()).unwrap();
        // In the place of the checklists, so that a phone begins its visits with it.
        let settings = "form_id,form_title,version\nkunjungan,Enam puluh,9999000001\n";
        visits::publish_with(connection, settings);
    })
    .await;
    let proxy = Proxy::before(office.address, Line::default()).await;
    let at = folder.path().join("sixty");
    let visit = send_a_visit(&proxy, &at, visits::answers(1)).await;
    office.close().await;
    Figures {
        first,
        nothing,
        whole_visit: (whole_visit, answers),
        visit,
    }
}

/// An officer answers and submits a visit without a network; measured from when it is back.
async fn send_a_visit(
    proxy: &Proxy,
    folder: &Path,
    answers: impl IntoIterator<Item = (String, serde_json::Value)>,
) -> Took {
    let officer = Phone::new(&proxy.url(), folder);
    officer.log_in("petugas1").await;
    officer.measure(proxy).await;
    officer.ask(Request::Network { online: false }).await;
    let query = CooperativeQuery {
        limit: 1,
        ..CooperativeQuery::default()
    };
    let Reply::Cooperatives(page) = officer.ask(Request::Cooperatives(query)).await else {
        panic!("not a page")
    };
    let cooperative = page.rows[0].id;
    let Reply::Started(visit) = officer.ask(Request::StartVisit { cooperative }).await else {
        panic!("not started")
    };
    let changes = answers
        .into_iter()
        .map(|(name, value)| {
            let path = name.trim_start_matches("a/").to_owned();
            (path, value.as_str().map(str::to_owned))
        })
        .collect();
    officer
        .ask(Request::SaveAnswers {
            visit,
            changes,
            place: None,
        })
        .await;
    officer
        .ask(Request::SubmitVisit {
            visit,
            result: None,
            judged: None,
        })
        .await;
    officer.ask(Request::Network { online: true }).await;
    officer.measure(proxy).await
}
