//! What the app asks of the browser beside the database.

use std::cell::{Cell, RefCell};

use js_sys::{Date, Function, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    Event, EventTarget, Performance, ServiceWorkerRegistration, ServiceWorkerState, Window,
};

use crate::domain::{Millis, id::Entropy};

/// A touch or a key counts as activity at most so often, milliseconds.
const ACTIVITY_PERIOD: f64 = 10_000.0;
/// Milliseconds after which a page that draws no frame is taken for one that nobody sees.
const UNSEEN: u32 = 100;

pub(super) fn window() -> Option<Window> {
    web_sys::window()
}

/// Now, by the device's clock.
#[must_use]
pub fn now() -> Millis {
    Millis(Date::now() as i64)
}

/// Fills with randomness fit for keys.
///
/// # Panics
/// Never returns without randomness: a key made without it would open to anybody.
pub fn random(bytes: &mut [u8]) {
    if getrandom::fill(bytes).is_err() {
        wasm_bindgen::throw_str("no randomness");
    }
}

/// Ten random bytes for an identity.
#[must_use]
pub fn entropy() -> Entropy {
    let mut bytes = Entropy::default();
    random(&mut bytes);
    bytes
}

/// Minutes that the device's zone is ahead of UTC.
#[must_use]
pub fn utc_offset_minutes() -> i32 {
    -(Date::new_0().get_timezone_offset() as i32)
}

/// Whether the browser says there is a network.
#[must_use]
pub fn online() -> bool {
    window().is_none_or(|window| window.navigator().on_line())
}

fn listen(target: &EventTarget, event: &str, heard: impl FnMut(Event) + 'static) {
    let heard = Closure::<dyn FnMut(Event)>::new(heard).into_js_value();
    // Adding a listener fails only for a detached target.
    let _listening = target.add_event_listener_with_callback(event, heard.unchecked_ref());
}

/// Calls back whenever the network comes or goes.
pub fn on_network(mut changed: impl FnMut(bool) + 'static) {
    let Some(window) = window() else { return };
    let (came, went) = futures_channel::mpsc::unbounded();
    let offline = came.clone();
    listen(&window, "online", move |_| {
        let _app_gone = came.unbounded_send(true);
    });
    listen(&window, "offline", move |_| {
        let _app_gone = offline.unbounded_send(false);
    });
    spawn_local(async move {
        use futures_util::StreamExt;
        let mut went = went;
        while let Some(online) = went.next().await {
            changed(online);
        }
    });
}

fn connection() -> Option<JsValue> {
    let connection = Reflect::get(&window()?.navigator(), &"connection".into()).ok()?;
    connection.is_object().then_some(connection)
}

/// Whether the network is Wi-Fi or a cable, where the browser can say.
#[must_use]
pub fn wifi() -> Option<bool> {
    let kind = Reflect::get(&connection()?, &"type".into()).ok()?;
    match kind.as_string()?.as_str() {
        "wifi" | "ethernet" => Some(true),
        "cellular" | "bluetooth" | "wimax" => Some(false),
        _ => None,
    }
}

/// Calls back whenever another kind of network is used.
pub fn on_wifi(mut changed: impl FnMut(Option<bool>) + 'static) {
    if let Some(connection) = connection() {
        listen(connection.unchecked_ref(), "change", move |_| {
            changed(wifi());
        });
    }
}

/// Calls back whenever the person touches or types, at most once in ten seconds: for the lock after ten idle minutes.
pub fn on_activity(active: impl FnMut() + 'static) {
    let Some(window) = window() else { return };
    let active = std::rc::Rc::new(RefCell::new(active));
    let last = std::rc::Rc::new(Cell::new(f64::NEG_INFINITY));
    for event in ["pointerdown", "keydown", "scroll"] {
        let (active, last) = (active.clone(), last.clone());
        listen(&window, event, move |_| {
            let now = ticks();
            if now - last.get() >= ACTIVITY_PERIOD {
                last.set(now);
                (active.borrow_mut())();
            }
        });
    }
}

/// Asks the browser to keep this site's data; `Some(false)` when it refused, `None` when it cannot say.
pub async fn persist() -> Option<bool> {
    let storage = window()?.navigator().storage();
    let persisted = JsFuture::from(storage.persist().ok()?).await.ok()?;
    persisted.as_bool()
}

/// Bytes of storage used and allowed, as far as the browser tells.
pub async fn room() -> Option<(u64, u64)> {
    let storage = window()?.navigator().storage();
    let estimate: web_sys::StorageEstimate = JsFuture::from(storage.estimate().ok()?)
        .await
        .ok()?
        .unchecked_into();
    Some((estimate.get_usage()? as u64, estimate.get_quota()? as u64))
}

/// Whether the browser would let the app have so many bytes more, found out by trying; `None` where it cannot be tried.
/// What it says itself ([`room`]) is in newer browsers a number that has nothing to do with the room there is.
pub async fn fits(bytes: u64) -> Option<bool> {
    let storage = window()?.navigator().storage();
    match grow(&storage, bytes as f64).await {
        Ok(()) => Some(true),
        Err(why) => is_named(&why, "QuotaExceededError").then_some(false),
    }
}

/// Makes a file of that size, of which nothing is written and nothing stays.
async fn grow(storage: &JsValue, bytes: f64) -> Result<(), JsValue> {
    let none = JsValue::UNDEFINED;
    let root = call(storage, "getDirectory", &none, &none).await?;
    let create = js_sys::Object::new();
    Reflect::set(&create, &"create".into(), &JsValue::TRUE)?;
    let file = call(&root, "getFileHandle", &"room".into(), &create).await?;
    let stream = call(&file, "createWritable", &none, &none).await?;
    let grown = call(&stream, "truncate", &bytes.into(), &none).await;
    call(&stream, "abort", &none, &none).await?;
    grown.map(drop)
}

/// Calls a method that gives a promise, and may not be there in an older browser.
async fn call(on: &JsValue, method: &str, a: &JsValue, b: &JsValue) -> Result<JsValue, JsValue> {
    let method: Function = Reflect::get(on, &method.into())?.dyn_into()?;
    let promise: Promise = method.call2(on, a, b)?.dyn_into()?;
    JsFuture::from(promise).await
}

/// How the app stands for a time without a network.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Install {
    /// It is not on the device yet; that is tried again and again.
    Missing,
    /// It starts without a network.
    Ready,
    /// A newer version is on the device and waits to be used.
    UpdateWaits,
}

/// Keeps the app on the device (`assets/public/boot.js`) and calls back with how that stands. Never in a development build.
pub fn install(mut stands: impl FnMut(Install) + 'static) {
    let install = Reflect::get(&js_sys::global(), &"install".into());
    let Ok(install) = install.and_then(JsCast::dyn_into::<Function>) else {
        return;
    };
    let told = Closure::<dyn FnMut(JsValue)>::new(move |word: JsValue| {
        stands(match word.as_string().as_deref() {
            Some("ready") => Install::Ready,
            Some("update") => Install::UpdateWaits,
            _ => Install::Missing,
        });
    });
    // Its promise never fails.
    let _going_on = install.call1(&JsValue::UNDEFINED, &told.into_js_value());
}

/// Switches to the waiting version, or to one that the server has: reloads the page. Saved answers stay.
pub fn apply_update() {
    let Some(window) = window() else { return };
    let container = window.navigator().service_worker();
    listen(&container, "controllerchange", move |_| {
        let _reloading = window.location().reload();
    });
    spawn_local(async move {
        let registered = JsFuture::from(container.get_registration()).await;
        let Some(registration) = registered
            .ok()
            .and_then(|found| found.dyn_into::<ServiceWorkerRegistration>().ok())
        else {
            return reload();
        };
        if registration.waiting().is_none()
            && let Ok(looking) = registration.update()
        {
            // Without signal there is nothing newer.
            let _looked = JsFuture::from(looking).await;
        }
        match registration.waiting().or_else(|| registration.installing()) {
            // One that is still being fetched takes this once it is whole. If it never is, the old version goes on.
            Some(worker) => {
                let fetched = worker.clone();
                listen(&worker, "statechange", move |_| {
                    if fetched.state() == ServiceWorkerState::Redundant {
                        reload();
                    }
                });
                let _told = worker.post_message(&JsValue::from_str("skip-waiting"));
            }
            None => reload(),
        }
    });
}

/// Loads the page anew.
pub fn reload() {
    if let Some(window) = window() {
        let _reloading = window.location().reload();
    }
}

/// Reads a small setting that belongs to the device, not to a user (the language).
#[must_use]
pub fn setting(name: &str) -> Option<String> {
    window()?.local_storage().ok()??.get_item(name).ok()?
}

/// Keeps such a setting. A browser that keeps none shows the default again next time.
pub fn keep_setting(name: &str, value: &str) {
    if let Some(Ok(Some(storage))) = window().map(|window| window.local_storage()) {
        let _kept = storage.set_item(name, value);
    }
}

/// Sets the title of the page.
pub fn set_title(title: &str) {
    if let Some(document) = window().and_then(|window| window.document()) {
        document.set_title(title);
    }
}

/// Sets the language of the page (`id`, `en`).
pub fn set_language(language: &str) {
    if let Some(root) = window().and_then(|window| window.document()?.document_element()) {
        let _set = root.set_attribute("lang", language);
    }
}

/// Brings the screens that are not in the first wasm (`assets/public/boot.js`); whether they are there.
pub async fn follow() -> bool {
    let follow = Reflect::get(&js_sys::global(), &"follow".into());
    let Ok(follow) = follow.and_then(JsCast::dyn_into::<Function>) else {
        return true; // an app in one piece
    };
    let come = follow.call0(&JsValue::UNDEFINED);
    match come.and_then(JsCast::dyn_into::<Promise>) {
        Ok(come) => JsFuture::from(come).await == Ok(JsValue::TRUE),
        Err(_) => false,
    }
}

/// Whether the key pressed is Escape.
#[must_use]
pub fn is_escape(event: Option<&web_sys::KeyboardEvent>) -> bool {
    event.is_some_and(|event| event.key() == "Escape")
}

/// Brings the element with that id into view and gives it the focus, as soon as it is there (within a second).
pub fn focus(element: &str) {
    focus_with(element, true);
}

/// Gives the focus to an element that stands where the person looks already.
pub fn focus_in_place(element: &str) {
    focus_with(element, false);
}

fn focus_with(element: &str, scroll: bool) {
    let element = element.to_owned();
    spawn_local(async move {
        for _ in 0..20 {
            let found = window().and_then(|window| window.document()?.get_element_by_id(&element));
            if let Some(found) = found {
                if scroll {
                    found.scroll_into_view();
                }
                if let Ok(found) = found.dyn_into::<web_sys::HtmlElement>() {
                    let _focused = found.focus();
                }
                return;
            }
            sleep(50).await;
        }
    });
}

/// Remembers what has the focus; calling what is returned gives it back, if it is still there.
pub fn remember_focus() -> impl Fn() {
    let before = window()
        .and_then(|window| window.document()?.active_element())
        .and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok());
    move || {
        if let Some(element) = &before {
            let _focused = element.focus();
        }
    }
}

/// Scrolls to the top.
pub fn scroll_to_top() {
    if let Some(window) = window() {
        window.scroll_to_with_x_and_y(0.0, 0.0);
    }
}

/// Waits so many milliseconds. Works in the page and in the worker.
pub async fn sleep(millis: u32) {
    let promise = Promise::new(&mut |resolve, _| call_after(millis, &resolve));
    let _woke = JsFuture::from(promise).await;
}

fn call_after(millis: u32, call: &Function) {
    let global = js_sys::global();
    if let Some(set_timeout) = Reflect::get(&global, &"setTimeout".into())
        .ok()
        .and_then(|found| found.dyn_into::<Function>().ok())
    {
        let _timer = set_timeout.call2(&global, call, &JsValue::from(millis));
    }
}

/// Waits until what stands on the page now is drawn; where nothing is drawn, because nobody sees the page, a moment.
pub async fn drawn() {
    let promise = Promise::new(&mut |resolve, _| {
        call_after(UNSEEN, &resolve);
        if let Some(window) = window() {
            // When this is called the frame begins. Whatever is put in line then comes after it.
            let begun = Closure::once_into_js(move || call_after(0, &resolve));
            let _frame = window.request_animation_frame(begun.unchecked_ref());
        }
    });
    let _drawn = JsFuture::from(promise).await;
}

/// Milliseconds since the page (or the worker) began, whatever becomes of the device's clock.
#[must_use]
pub fn ticks() -> f64 {
    Reflect::get(&js_sys::global(), &"performance".into())
        .ok()
        .filter(JsValue::is_object)
        .map_or_else(Date::now, |found| {
            found.unchecked_into::<Performance>().now()
        })
}

/// The name of some file in a folder of a folder of the origin's private files. Works in the page and in the worker.
pub async fn some_file(path: [&str; 2]) -> Option<String> {
    let folder = folder(path).await.ok()?;
    let names: Function = Reflect::get(&folder, &"keys".into())
        .ok()?
        .dyn_into()
        .ok()?;
    let names = names.call0(&folder).ok()?;
    let none = JsValue::UNDEFINED;
    let first = call(&names, "next", &none, &none).await.ok()?;
    Reflect::get(&first, &"value".into()).ok()?.as_string()
}

/// Whether a file is there. What cannot be looked for is taken to be there.
pub async fn has_file(path: [&str; 2], name: &str) -> bool {
    let looked = async {
        let folder = folder(path).await?;
        call(&folder, "getFileHandle", &name.into(), &JsValue::UNDEFINED).await
    };
    match looked.await {
        Ok(_) => true,
        Err(why) => !is_named(&why, "NotFoundError"),
    }
}

async fn folder([outer, inner]: [&str; 2]) -> Result<JsValue, JsValue> {
    let none = JsValue::UNDEFINED;
    let navigator = Reflect::get(&js_sys::global(), &"navigator".into())?;
    let storage = Reflect::get(&navigator, &"storage".into())?;
    let root = call(&storage, "getDirectory", &none, &none).await?;
    let outer = call(&root, "getDirectoryHandle", &outer.into(), &none).await?;
    call(&outer, "getDirectoryHandle", &inner.into(), &none).await
}

fn is_named(error: &JsValue, name: &str) -> bool {
    Reflect::get(error, &"name".into()).is_ok_and(|found| found == name)
}

fn is_hidden(document: &JsValue) -> bool {
    Reflect::get(document, &"visibilityState".into()).is_ok_and(|state| state == "hidden")
}

/// A listener that hears the browser until it is dropped.
pub struct Listening {
    target: EventTarget,
    event: &'static str,
    heard: Closure<dyn FnMut(Event)>,
}

impl Drop for Listening {
    fn drop(&mut self) {
        let heard = self.heard.as_ref().unchecked_ref();
        let _never_added = self
            .target
            .remove_event_listener_with_callback(self.event, heard);
    }
}

/// Calls back when the page is about to be hidden or closed, as long as what is returned is kept: the last moment to save
/// what was just typed.
pub fn on_hide(hidden: impl Fn() + 'static) -> Option<Listening> {
    let document = window()?.document()?;
    let target: EventTarget = document.clone().into();
    let heard = Closure::<dyn FnMut(Event)>::new(move |_| {
        if is_hidden(&document) {
            hidden();
        }
    });
    let event = "visibilitychange";
    target
        .add_event_listener_with_callback(event, heard.as_ref().unchecked_ref())
        .ok()?;
    Some(Listening {
        target,
        event,
        heard,
    })
}

/// Covers the page as soon as it is hidden, so that the system's list of apps has a picture of nothing, and calls back when it
/// is seen again. It stays covered until [`uncover`].
pub fn on_return(mut returned: impl FnMut() + 'static) {
    let Some(document) = window().and_then(|window| window.document()) else {
        return;
    };
    listen(&document.clone(), "visibilitychange", move |_| {
        if !is_hidden(&document) {
            returned();
        } else if let Some(root) = document.document_element() {
            let _covered = root.set_attribute(COVERED, "");
        }
    });
}

/// Takes the cover away, unless the page is hidden again.
pub fn uncover() {
    let document = window().and_then(|window| window.document());
    if let Some(document) = document.filter(|document| !is_hidden(document))
        && let Some(root) = document.document_element()
    {
        let _uncovered = root.remove_attribute(COVERED);
    }
}

/// The attribute of a page that is covered (`css/base.css`).
const COVERED: &str = "data-covered";

/// Calls back when the browser puts the page away to show it later as it is, and loads it anew when it does. A page put
/// away runs no more: whatever it still holds, no other page can have.
pub fn on_put_away(mut away: impl FnMut() + 'static) {
    let Some(window) = window() else { return };
    let is_kept = |event: &Event| {
        Reflect::get(event, &"persisted".into()).is_ok_and(|kept| kept == JsValue::TRUE)
    };
    listen(&window, "pagehide", move |event| {
        if is_kept(&event) {
            away();
        }
    });
    listen(&window, "pageshow", move |event| {
        if is_kept(&event) {
            reload();
        }
    });
}

/// Lets the browser save bytes as a file of that name.
pub async fn save(bytes: &[u8], name: &str) {
    let Some(url) = super::camera::ObjectUrl::of(bytes, "application/octet-stream") else {
        return;
    };
    let link = window()
        .and_then(|window| window.document())
        .and_then(|document| document.create_element("a").ok());
    let Some(link) = link.and_then(|link| link.dyn_into::<web_sys::HtmlElement>().ok()) else {
        return;
    };
    let named = link
        .set_attribute("href", url.as_str())
        .and_then(|()| link.set_attribute("download", name));
    if named.is_ok() {
        link.click();
        // The browser reads what the address names after the click; then it may go.
        sleep(SAVING).await;
    }
}

/// How long a saved file's address lives, in milliseconds.
const SAVING: u32 = 20_000;
