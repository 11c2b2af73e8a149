//! The worker: owns the database (one Web Lock among all tabs), answers the page, syncs.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::Date;
use sqlite_wasm_vfs::sahpool::{self, OpfsSAHPoolCfgBuilder, OpfsSAHPoolUtil};
use wasm_bindgen::{JsCast, closure::Closure};
use wasm_bindgen_futures::spawn_local;
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

use super::bridge::{ToPage, ToWorker, handed_on, pack, unpack};
use super::{http, locks};
use crate::domain::Millis;
use crate::platform::device::Device;
use crate::platform::machine::{Answer, Call, Machine, PIECE, Task};
use crate::sql::{self, Connection, Key};
use crate::store::api::{AppStatus, Notice, StoreError};

/// Where the pool has its files, in the origin's private file system.
const FILES: [&str; 2] = ["anjangsana", ".opaque"];

/// Files a pool has room for at first: the vault and five people, a journal each.
const SLOTS: usize = 12;

/// Slots that are always free.
const FREE: usize = 4;

/// Handles of a tab that just closed may live a little longer than its lock.
const TRIES: u32 = 20;
/// Milliseconds between two tries.
const PAUSE: u32 = 100;

thread_local! {
    static WORKER: Worker = Worker::default();
}

#[derive(Default)]
struct Worker {
    owned: RefCell<Option<Owned>>,
    /// The pool outlives its owner: it is paused and resumed, never installed twice.
    pool: RefCell<Option<Rc<OpfsSAHPoolUtil>>>,
    timer: Rc<Cell<Option<i32>>>,
    /// One of the pool's files. Their names are random, and the pool never deletes one: while it is there nobody has cleared the
    /// files, and made others in their place.
    file: RefCell<Option<String>>,
}

/// What this tab has while it owns the database. The lock goes last.
struct Owned {
    device: Rc<Device<Browser>>,
    _lock: locks::Held,
}

/// Serves the page for as long as the worker lives.
pub fn serve() {
    listen();
    locks::when_asked(let_go);
    spawn_local(async {
        let status = own(false).await;
        post(&ToPage::Ready(status));
    });
}

fn scope() -> Option<DedicatedWorkerGlobalScope> {
    js_sys::global().dyn_into().ok()
}

fn post(message: &ToPage) {
    if let (Some(scope), Some(packed)) = (scope(), pack(message)) {
        let _page_gone = scope.post_message_with_transfer(&packed, &handed_on(&packed));
    }
}

fn listen() {
    let heard =
        Closure::<dyn FnMut(MessageEvent)>::new(|event: MessageEvent| match unpack(event.data()) {
            Some(ToWorker::Ask(number, request)) => {
                let device = WORKER.with(|worker| {
                    worker
                        .owned
                        .borrow()
                        .as_ref()
                        .map(|owned| Rc::clone(&owned.device))
                });
                spawn_local(async move {
                    let answer = match device {
                        Some(device) => device.ask(request).await,
                        None => Err(StoreError::NotOpen),
                    };
                    post(&ToPage::Answer(number, answer));
                });
            }
            Some(ToWorker::TakeOver) => {
                locks::ask_for_it();
                spawn_local(async {
                    let status = own(true).await;
                    post(&ToPage::Notice(Notice::Status(status)));
                });
            }
            None => {}
        });
    if let Some(scope) = scope() {
        scope.set_onmessage(Some(heard.as_ref().unchecked_ref()));
    }
    heard.forget();
}

/// Becomes the owner of the database, and says what the app is then.
async fn own(wait: bool) -> AppStatus {
    let lock = match locks::take(wait).await {
        Ok(Some(lock)) => lock,
        Ok(None) => return AppStatus::OtherTab,
        Err(reason) => return AppStatus::NoStorage { reason },
    };
    if let Err(reason) = have_pool().await {
        return AppStatus::NoStorage { reason };
    }
    let file = super::page::some_file(FILES).await;
    WORKER.with(|worker| worker.file.replace(file));
    match Device::start(Browser {
        timer: WORKER.with(|worker| Rc::clone(&worker.timer)),
    }) {
        Ok(device) => {
            let status = match device.ask(crate::store::api::Request::Status).await {
                Ok(crate::store::api::Reply::Status(status)) => status,
                _ => AppStatus::Closed {
                    accounts: Vec::new(),
                },
            };
            WORKER.with(|worker| {
                worker.owned.replace(Some(Owned {
                    device,
                    _lock: lock,
                }))
            });
            status
        }
        Err(sql::Error::TooNew { .. }) => AppStatus::NewerDatabase,
        Err(error) => AppStatus::NoStorage {
            reason: error.to_string(),
        },
    }
}

async fn have_pool() -> Result<(), String> {
    let pool = WORKER.with(|worker| worker.pool.borrow().clone());
    let mut last = String::new();
    for _ in 0..TRIES {
        let tried = match &pool {
            Some(pool) => pool.resume().await.map_err(|error| error.to_string()),
            None => {
                let config = OpfsSAHPoolCfgBuilder::new()
                    .directory(FILES[0])
                    .initial_capacity(SLOTS)
                    .build();
                sahpool::install::<sqlite_wasm_rs::WasmOsCallback>(&config, false)
                    .await
                    .map(|pool| {
                        WORKER.with(|worker| *worker.pool.borrow_mut() = Some(Rc::new(pool)))
                    })
                    .map_err(|error| error.to_string())
            }
        };
        match tried {
            Ok(()) => return have_room().await,
            Err(error) => last = error,
        }
        super::page::sleep(PAUSE).await;
    }
    Err(last)
}

/// A file set aside keeps its slot: there must always be free ones for a new file and its journal.
async fn have_room() -> Result<(), String> {
    use sqlite_wasm_rs::vfs::VfsFilesManager;
    let pool = WORKER.with(|worker| worker.pool.borrow().clone());
    let Some(pool) = pool else { return Ok(()) };
    let used = pool.len().map_err(|why| why.to_string())?;
    pool.ensure_capacity(used + FREE)
        .await
        .map_err(|why| why.to_string())
}

/// Another tab asks: every database is closed, the files are let go, then the lock. Saved answers are on disk already. When the
/// files are gone this tab is the only place where they still are: it keeps them.
fn let_go() {
    let lost = WORKER.with(|worker| {
        let owned = worker.owned.borrow();
        owned
            .as_ref()
            .is_some_and(|owned| owned.device.lost_files())
    });
    if lost {
        return;
    }
    let Some(owned) = WORKER.with(|worker| worker.owned.take()) else {
        return;
    };
    let pool = WORKER.with(|worker| worker.pool.borrow().clone());
    // Files still open would show in the other tab, which then cannot have them and says so.
    let _closed = owned.device.close();
    let _paused = pool.map(|pool| pool.pause());
    drop(owned);
    post(&ToPage::Notice(Notice::Status(AppStatus::OtherTab)));
}

struct Browser {
    timer: Rc<Cell<Option<i32>>>,
}

impl Machine for Browser {
    fn now(&self) -> Millis {
        super::page::now()
    }

    fn uptime(&self) -> Millis {
        Millis(super::page::ticks() as i64)
    }

    fn random(&self, bytes: &mut [u8]) {
        super::page::random(bytes);
    }

    fn open(&self, file: &str, key: Option<&Key>) -> Result<Connection, sql::Error> {
        sql::open_device(file, key)
    }

    fn read(&self, file: &str, at: u64) -> Result<Vec<u8>, String> {
        use sqlite_wasm_rs::vfs::transfer::{DbTransfer, ExportSource};
        let pool = WORKER.with(|worker| worker.pool.borrow().clone());
        let pool = pool.ok_or("no files")?;
        let mut source = pool.open_export(file).map_err(|why| why.to_string())?;
        let mut bytes = vec![0; PIECE];
        let read = source
            .read_at(at, &mut bytes)
            .map_err(|why| why.to_string())?;
        bytes.truncate(read);
        Ok(bytes)
    }

    async fn has_files(&self) -> bool {
        match WORKER.with(|worker| worker.file.borrow().clone()) {
            Some(file) => super::page::has_file(FILES, &file).await,
            None => true,
        }
    }

    async fn call(&self, call: Call) -> Answer {
        http::send(call).await
    }

    fn notify(&self, notice: Notice) {
        post(&ToPage::Notice(notice));
    }

    fn wake_at(&self, at: Millis) {
        let Some(scope) = scope() else { return };
        if let Some(timer) = self.timer.take() {
            scope.clear_timeout_with_handle(timer);
        }
        let woke = Closure::once_into_js(|| {
            let device = WORKER.with(|worker| {
                worker
                    .owned
                    .borrow()
                    .as_ref()
                    .map(|owned| Rc::clone(&owned.device))
            });
            if let Some(device) = device {
                device.woke();
            }
        });
        let wait = (at.0 as f64 - Date::now()).clamp(0.0, f64::from(i32::MAX)) as i32;
        let timer =
            scope.set_timeout_with_callback_and_timeout_and_arguments_0(woke.unchecked_ref(), wait);
        self.timer.set(timer.ok());
    }

    fn spawn(&self, task: Task) {
        spawn_local(task);
    }
}
