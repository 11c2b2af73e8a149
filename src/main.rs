//! A spike: the same wasm as page and as worker, an encrypted database in the worker.

use dioxus::prelude::*;
use rusqlite::{Connection, OpenFlags};
use sqlite_wasm_vfs::sahpool::{OpfsSAHPoolCfgBuilder, OpfsSAHPoolUtil, install};
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::prelude::*;

fn main() {
    console_error_panic_hook::set_once();
    match js_sys::global().dyn_into::<web_sys::DedicatedWorkerGlobalScope>() {
        Ok(scope) => wasm_bindgen_futures::spawn_local(worker(scope)),
        Err(_) => dioxus::launch(Shell),
    }
}

/// The browser's address bar as the router's history.
struct AddressBar { window: web_sys::Window }

impl AddressBar {
    fn new() -> Option<Self> { web_sys::window().map(|window| Self { window }) }
    fn set(&self, url: &str, replace: bool) {
        let Ok(history) = self.window.history() else { return };
        let _ = if replace { history.replace_state_with_url(&JsValue::NULL, "", Some(url)) }
            else { history.push_state_with_url(&JsValue::NULL, "", Some(url)) };
        self.window.scroll_to_with_x_and_y(0.0, 0.0);
    }
}

impl dioxus_history::History for AddressBar {
    fn current_route(&self) -> String {
        let location = self.window.location();
        location.pathname().unwrap_or_else(|_| "/".into()) + &location.search().unwrap_or_default()
    }
    fn go_back(&self) { let _ = self.window.history().and_then(|history| history.back()); }
    fn go_forward(&self) { let _ = self.window.history().and_then(|history| history.forward()); }
    fn push(&self, route: String) { if route != self.current_route() { self.set(&route, false); } }
    fn replace(&self, route: String) { self.set(&route, true); }
    fn external(&self, url: String) -> bool { self.window.location().set_href(&url).is_ok() }
    fn updater(&self, changed: std::sync::Arc<dyn Fn() + Send + Sync>) {
        let listener = Closure::<dyn FnMut()>::new(move || changed()).into_js_value();
        let _ = self.window.add_event_listener_with_callback("popstate", listener.unchecked_ref());
    }
}

#[component]
fn Shell() -> Element {
    use_hook(|| if let Some(bar) = AddressBar::new() { dioxus_history::provide_history_context(Rc::new(bar)); });
    rsx! { Router::<Route> {} }
}

#[derive(Clone, Debug, PartialEq, Routable)]
enum Route { #[route("/")] App {}, #[route("/dalam/:id")] Deep { id: String }, #[route("/:..rest")] Other { rest: Vec<String> } }

#[component]
fn Deep(id: String) -> Element {
    rsx! { p { id: "deep", "dalam {id}" } Link { to: Route::App {}, id: "home", "pulang" } }
}
#[component]
fn Other(rest: Vec<String>) -> Element {
    let _ = rest;
    rsx! { App {} }
}

thread_local! { static WORKER: RefCell<Option<web_sys::Worker>> = const { RefCell::new(None) }; }

#[component]
fn App() -> Element {
    let mut lines = use_signal(Vec::<String>::new);
    let (tx, rx) = use_hook(|| {
        let (tx, rx) = futures_channel::mpsc::unbounded::<String>();
        (tx, CopyValue::new(Some(rx)))
    });
    use_future(move || {
        let mut rx = rx;
        let taken = rx.write().take();
        async move {
            use futures_util::StreamExt;
            let Some(mut stream) = taken else { return };
            while let Some(line) = stream.next().await {
                lines.write().push(line);
            }
        }
    });
    let start = move |_| {
        let document = web_sys::window().unwrap().document().unwrap();
        let src = js_sys::Reflect::get(&document.get_element_by_id("boot").unwrap(), &"src".into()).unwrap().as_string().unwrap();
        let options = web_sys::WorkerOptions::new();
        options.set_type(web_sys::WorkerType::Module);
        options.set_name("store");
        let worker = web_sys::Worker::new_with_options(&src, &options).unwrap();
        let tx = tx.clone();
        let on_message = Closure::<dyn FnMut(web_sys::MessageEvent)>::new(move |event: web_sys::MessageEvent| {
            let text = event.data().as_string().unwrap_or_default();
            web_sys::console::log_1(&text.as_str().into());
            let _ = tx.unbounded_send(text);
        });
        worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        on_message.forget();
        WORKER.with(|w| *w.borrow_mut() = Some(worker));
    };
    let say = |word: &'static str| move |_| {
        WORKER.with(|w| if let Some(w) = w.borrow().as_ref() { w.post_message(&word.into()).unwrap(); });
    };
    rsx! {
        h1 { "Anjangsana" }
        button { id: "start", onclick: start, "Mulai" }
        button { id: "pause", onclick: say("pause"), "Lepas" }
        button { id: "resume", onclick: say("resume"), "Ambil" }
        ul { id: "log", for line in lines() { li { "{line}" } } }
    }
}

struct Open { pool: OpfsSAHPoolUtil, app: Option<Connection>, vault: Option<Connection> }

async fn worker(scope: web_sys::DedicatedWorkerGlobalScope) {
    let post = { let scope = scope.clone(); move |text: String| { let _ = scope.post_message(&text.as_str().into()); } };
    let cfg = OpfsSAHPoolCfgBuilder::new().initial_capacity(8).build();
    let pool = match install::<sqlite_wasm_rs::WasmOsCallback>(&cfg, false).await {
        Ok(pool) => pool,
        Err(error) => return post(format!("install failed: {error}")),
    };
    let mut open = Open { pool, app: None, vault: None };
    match open_all(&mut open) { Ok(text) => post(text), Err(error) => post(format!("error: {error}")) }
    let open = Rc::new(RefCell::new(open));
    let on_message = Closure::<dyn FnMut(web_sys::MessageEvent)>::new(move |event: web_sys::MessageEvent| {
        let word = event.data().as_string().unwrap_or_default();
        let open = open.clone();
        let post = post.clone();
        wasm_bindgen_futures::spawn_local(async move {
            if word == "pause" {
                let mut o = open.borrow_mut();
                o.app = None; o.vault = None;
                post(format!("paused: {:?}", o.pool.pause().map_err(|e| e.to_string())));
            } else {
                let pool = open.borrow().pool.clone();
                let resumed = pool.resume().await.map_err(|e| e.to_string());
                post(format!("resumed: {resumed:?}"));
                if resumed.is_ok() { post(open_all(&mut open.borrow_mut()).unwrap_or_else(|e| format!("error: {e}"))); }
            }
        });
    });
    scope.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    on_message.forget();
}

fn open_all(open: &mut Open) -> rusqlite::Result<String> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_URI;
    let plain = Connection::open_with_flags("file:vault.db?vfs=opfs-sahpool", flags)?;
    plain.execute_batch("pragma journal_mode=truncate; pragma synchronous=full; create table if not exists v(x); insert into v values('POLOS-TERBACA');")?;
    let n_plain: i64 = plain.query_row("select count(*) from v", [], |r| r.get(0))?;

    let t0 = js_sys::Date::now();
    let db = Connection::open_with_flags("file:petugas1.db?vfs=multipleciphers-opfs-sahpool", flags)?;
    let key = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    db.execute_batch(&format!("pragma cipher='chacha20'; pragma key='raw:{key}';"))?;
    let keyed = js_sys::Date::now() - t0;
    db.execute_batch("pragma journal_mode=truncate; pragma synchronous=full; pragma foreign_keys=on; pragma locking_mode=exclusive;
        create table if not exists t(x); create virtual table if not exists f using fts5(x);")?;
    let t1 = js_sys::Date::now();
    for i in 0..20 { db.execute("insert into t values(?1)", [format!("RAHASIA-KOPERASI-{i}")])?; }
    let each = (js_sys::Date::now() - t1) / 20.0;
    db.execute("insert into f values('RAHASIA-KOPERASI cari')", [])?;
    let n: i64 = db.query_row("select count(*) from t", [], |r| r.get(0))?;
    let found: i64 = db.query_row("select count(*) from f where f match 'cari'", [], |r| r.get(0))?;
    let mode: String = db.query_row("pragma journal_mode", [], |r| r.get(0))?;
    let sync: i64 = db.query_row("pragma synchronous", [], |r| r.get(0))?;
    let cipher: String = db.query_row("pragma cipher", [], |r| r.get(0))?;
    // A wrong key must say so.
    let wrong = {
        let other = Connection::open_with_flags("file:lain.db?vfs=multipleciphers-opfs-sahpool", flags)?;
        other.execute_batch(&format!("pragma cipher='chacha20'; pragma key='raw:{key}'; create table if not exists a(b);"))?;
        drop(other);
        let other = Connection::open_with_flags("file:lain.db?vfs=multipleciphers-opfs-sahpool", flags)?;
        other.execute_batch("pragma cipher='chacha20'; pragma key='raw:ff112233445566778899aabbccddeeff00112233445566778899aabbccddeeff';")?;
        let r: rusqlite::Result<i64> = other.query_row("select count(*) from sqlite_schema", [], |r| r.get(0));
        format!("{r:?}")
    };
    open.app = Some(db);
    open.vault = Some(plain);
    Ok(format!("ready: plain={n_plain} secret={n} fts={found} journal={mode} sync={sync} cipher={cipher} key_ms={keyed} commit_ms={each:.1} capacity={} wrong={wrong}", open.pool.capacity()))
}
