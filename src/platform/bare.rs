//! A host without a browser: it has a clock and randomness, and nothing else. No camera, no file and no place is ever found, no
//! store answers, and what only a page can do is not done.

/// The page around the screens.
pub mod page {
    use std::sync::OnceLock;
    use std::time::{Instant, SystemTime, UNIX_EPOCH};

    use crate::domain::{Millis, id::Entropy};

    /// Now, by the machine's clock.
    #[must_use]
    pub fn now() -> Millis {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let millis = since.map_or(0, |since| since.as_millis());
        Millis(i64::try_from(millis).unwrap_or(i64::MAX))
    }

    /// Ten random bytes for an identity; zeros where there is no randomness.
    #[must_use]
    pub fn entropy() -> Entropy {
        let mut bytes = Entropy::default();
        let _without = getrandom::fill(&mut bytes);
        bytes
    }

    /// Milliseconds since this was asked first.
    #[must_use]
    pub fn ticks() -> f64 {
        static FIRST: OnceLock<Instant> = OnceLock::new();
        FIRST.get_or_init(Instant::now).elapsed().as_secs_f64() * 1000.0
    }

    /// A host that knows of no network says that there is one.
    #[must_use]
    pub fn online() -> bool {
        true
    }

    /// Nobody hears of a network.
    pub fn on_network(_changed: impl FnMut(bool) + 'static) {}

    /// Whether the network is Wi-Fi: nobody knows.
    #[must_use]
    pub fn wifi() -> Option<bool> {
        None
    }

    /// Nobody hears of Wi-Fi.
    pub fn on_wifi(_changed: impl FnMut(Option<bool>) + 'static) {}

    /// Nobody does anything.
    pub fn on_activity(_active: impl FnMut() + 'static) {}

    /// Whether data is kept: nobody knows.
    pub async fn persist() -> Option<bool> {
        std::future::ready(None).await
    }

    /// Bytes of storage used and allowed: nobody knows.
    pub async fn room() -> Option<(u64, u64)> {
        std::future::ready(None).await
    }

    /// Whether there is room for more: nobody knows.
    pub async fn fits(_bytes: u64) -> Option<bool> {
        std::future::ready(None).await
    }

    /// How the app stands for a time without a network.
    #[derive(Clone, Copy, PartialEq, Eq)]
    pub enum Install {
        /// It is not on the device yet.
        Missing,
        /// It starts without a network.
        Ready,
        /// A newer version waits to be used.
        UpdateWaits,
    }

    /// There is nothing to install.
    pub fn install(_stands: impl FnMut(Install) + 'static) {}

    /// There is no other version.
    pub fn apply_update() {}

    /// There is no page to load.
    pub fn reload() {}

    /// No setting is kept.
    #[must_use]
    pub fn setting(_name: &str) -> Option<String> {
        None
    }

    /// No setting is kept.
    pub fn keep_setting(_name: &str, _value: &str) {}

    /// There is no title.
    pub fn set_title(_title: &str) {}

    /// There is no page whose language it would be.
    pub fn set_language(_language: &str) {}

    /// Every screen is here.
    pub async fn follow() -> bool {
        std::future::ready(true).await
    }

    /// A key that was pressed on a page.
    pub struct Key(());

    /// No key is pressed.
    #[must_use]
    pub fn is_escape(_event: Option<&Key>) -> bool {
        false
    }

    /// There is no focus.
    pub fn focus(_element: &str) {}

    /// There is no focus.
    pub fn focus_in_place(_element: &str) {}

    /// There is no focus to remember.
    pub fn remember_focus() -> impl Fn() {
        || {}
    }

    /// There is nothing to scroll.
    pub fn scroll_to_top() {}

    /// Does not wait.
    pub async fn sleep(_millis: u32) {
        std::future::ready(()).await;
    }

    /// Does not wait.
    pub async fn drawn() {
        std::future::ready(()).await;
    }

    /// Listens to nothing.
    pub struct Listening(());

    /// Nothing is hidden.
    pub fn on_hide(_hidden: impl Fn() + 'static) -> Option<Listening> {
        None
    }

    /// Nothing is hidden.
    pub fn on_return(_returned: impl FnMut() + 'static) {}

    /// Nothing is covered.
    pub fn uncover() {}

    /// Saves no file.
    pub async fn save(_bytes: &[u8], _name: &str) {
        std::future::ready(()).await;
    }
}

/// Cameras, and what they take.
pub mod camera {
    /// A file that was picked; there is none.
    pub struct Picked(());

    /// Nothing is picked.
    #[must_use]
    pub fn picked(_field: &str) -> Option<Picked> {
        None
    }

    impl Picked {
        /// Its type; of a picture that is not there, nothing.
        #[must_use]
        pub fn media_type(&self) -> String {
            String::new()
        }

        /// Its size in bytes.
        #[must_use]
        pub fn size(&self) -> u64 {
            0
        }

        /// Its bytes.
        pub async fn bytes(&self) -> Option<Vec<u8>> {
            std::future::ready(None).await
        }

        /// The picture made smaller.
        pub async fn shrunk(&self, _pixels: u32, _most: f64) -> Option<Vec<u8>> {
            std::future::ready(None).await
        }

        /// The code on it.
        pub async fn code(&self) -> Option<String> {
            std::future::ready(None).await
        }
    }

    /// No code is read.
    #[must_use]
    pub fn reads_codes() -> bool {
        false
    }

    /// A field to sign in; there is none.
    pub struct Pad(());

    impl Pad {
        /// There is no canvas.
        #[must_use]
        pub fn of(_canvas: &str) -> Option<Self> {
            None
        }

        /// Draws nothing.
        pub fn line(&self, _from: (f64, f64), _to: (f64, f64)) {}

        /// What was drawn.
        pub async fn png(&self) -> Option<Vec<u8>> {
            std::future::ready(None).await
        }
    }

    /// An address for bytes; there is none.
    pub struct ObjectUrl(());

    impl ObjectUrl {
        /// No bytes get an address.
        #[must_use]
        pub fn of(_bytes: &[u8], _media_type: &str) -> Option<Self> {
            None
        }

        /// The address.
        #[must_use]
        pub fn as_str(&self) -> &str {
            ""
        }
    }
}

/// Files that people pick and get.
pub mod files {
    /// A file that is put together, and given to nobody.
    #[derive(Default)]
    pub struct Pieces(());

    impl Pieces {
        /// There is no room for it.
        pub fn push(&self, _bytes: &[u8]) -> Option<()> {
            None
        }

        /// Nobody gets it.
        pub fn save(self, _name: &str) -> Option<()> {
            None
        }
    }

    /// A file that was picked; there is none.
    pub struct Picked(());

    impl Picked {
        /// Nothing is picked.
        #[must_use]
        pub fn of(_input: &str) -> Option<Self> {
            None
        }

        /// Its bytes from a place on, and whether they are the last.
        pub async fn piece(&self, _from: f64) -> Option<(Vec<u8>, bool)> {
            std::future::ready(None).await
        }
    }
}

/// Where the device is.
pub mod place {
    use futures_channel::mpsc::UnboundedReceiver;

    /// Why there is no GPS fix.
    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    pub enum NoPosition {
        /// The person does not allow it.
        Refused,
        /// The device cannot find its place, or has no means to.
        Unavailable,
        /// Not found in a minute.
        Timeout,
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

    /// Fixes as they come.
    pub struct Watch {
        /// What is found.
        pub fixes: UnboundedReceiver<Result<Position, NoPosition>>,
    }

    /// The device has no means to.
    #[must_use]
    pub fn watch() -> Option<Watch> {
        None
    }
}

/// The address bar.
pub mod history {
    use std::rc::Rc;

    /// Gives the router below the calling component an address in memory.
    pub fn provide() {
        dioxus_history::provide_history_context(Rc::new(dioxus_history::MemoryHistory::default()));
    }
}

/// The line to the store.
pub mod client {
    use futures_channel::mpsc::{UnboundedReceiver, unbounded};

    use crate::store::api::{Notice, Reply, Request, StoreError};

    /// A line at whose other end nobody is.
    #[derive(Clone, PartialEq)]
    pub struct Client;

    impl Client {
        /// No notice ever comes.
        #[must_use]
        pub fn start() -> (Self, UnboundedReceiver<Notice>) {
            let (_, receiver) = unbounded();
            (Self, receiver)
        }

        /// No store is open.
        ///
        /// # Errors
        /// Always [`StoreError::NotOpen`].
        pub async fn ask(&self, _request: Request) -> Result<Reply, StoreError> {
            std::future::ready(Err(StoreError::NotOpen)).await
        }

        /// There is no other tab.
        pub fn take_over(&self) {}
    }
}
