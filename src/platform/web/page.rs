//! What the page asks of the browser.

use crate::domain::{Millis, id::Entropy};

/// Now, by the device's clock.
#[must_use]
pub fn now() -> Millis {
    Millis(0)
}

/// Ten random bytes for an identity.
#[must_use]
pub fn entropy() -> Entropy {
    [0; 10]
}

/// Whether the browser says there is a network.
#[must_use]
pub fn online() -> bool {
    true
}

/// Calls back whenever the network comes or goes.
pub fn on_network(_changed: impl FnMut(bool) + 'static) {}

/// Calls back whenever the person touches or types, at most once in ten seconds: for the lock after ten idle minutes.
pub fn on_activity(_active: impl FnMut() + 'static) {}

/// Asks the browser to keep this site's data; `Some(false)` when it refused, `None` when it cannot say.
pub async fn persist() -> Option<bool> {
    std::future::ready(None).await
}

/// Registers the service worker and calls back when a new version waits.
pub fn register_service_worker(_waiting: impl FnMut() + 'static) {}

/// Switches to the waiting version: reloads the page. Saved answers stay.
pub fn apply_update() {}

/// Reads a small setting that belongs to the device, not to a user (the language).
#[must_use]
pub fn setting(_name: &str) -> Option<String> {
    None
}

/// Keeps such a setting.
pub fn keep_setting(_name: &str, _value: &str) {}

/// Sets the title of the page.
pub fn set_title(_title: &str) {}

/// Sets the language of the page (`id`, `en`).
pub fn set_language(_language: &str) {}

/// Brings the element with that id into view and gives it the focus, as soon as it is there.
pub fn focus(_element: &str) {}

/// Scrolls to the top.
pub fn scroll_to_top() {}

/// Waits so many milliseconds.
pub async fn sleep(_millis: u32) {
    std::future::ready(()).await;
}

/// A short name of this browser for the list of sessions, such as `Chrome, Android`.
#[must_use]
pub fn device_name() -> String {
    String::new()
}

/// The device's position, asked for once, high accuracy.
///
/// # Errors
/// In words of the browser: refused, no fix in time.
pub async fn position() -> Result<Position, String> {
    std::future::ready(Err(String::new())).await
}

/// A GPS fix.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Position {
    /// Degrees north.
    pub latitude: f64,
    /// Degrees east.
    pub longitude: f64,
    /// Metres, 0 when unknown.
    pub altitude: f64,
    /// Metres.
    pub accuracy: f64,
}
