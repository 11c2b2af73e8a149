//! What the app is as a whole, what it tells the screens, and how the sync stands.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::domain::{Millis, User};

/// What the app is, before any screen of it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum AppStatus {
    /// The database is being opened.
    Starting,
    /// This browser cannot keep data (private window, old browser): says so, nothing was lost.
    NoStorage {
        /// For who asks further.
        reason: String,
    },
    /// Another tab has the database.
    OtherTab,
    /// The database was made by a newer app; the file is untouched.
    NewerDatabase,
    /// Nobody is open. With accounts: unlock one or log in as somebody else.
    Closed {
        /// Who has a store on this device, last used first.
        accounts: Vec<Account>,
    },
    /// Opened by the password: a PIN must be set.
    PinNeeded {
        /// Who.
        user: User,
    },
    /// The app is open.
    Open {
        /// Whose store.
        user: User,
        /// Which device this is.
        device: String,
    },
}

/// Somebody with a store on this device.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Account {
    /// Login name.
    pub username: String,
    /// Seconds for which no PIN is taken, after wrong ones; nothing where there is no PIN and the password opens.
    pub pin_wait: Option<u32>,
    /// Seconds for which no password is taken.
    pub password_wait: u32,
}

/// A database that could not be used any more: set aside as a file, and a new one made.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Damaged {
    /// The file's name.
    pub file: String,
    /// When it was found out.
    pub at: Millis,
    /// In the database's words.
    pub reason: String,
}

/// Something happened that a screen may want to show.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Notice {
    /// The app changed as a whole: locked, opened, lost to another tab.
    Status(AppStatus),
    /// Data changed: screens that show these topics ask again.
    Changed(BTreeSet<Topic>),
    /// How the sync stands.
    Sync(SyncStatus),
    /// The files are gone from the device: somebody cleared the site's data while the app is open. What is open can still be
    /// read, sent and backed up.
    Gone,
}

/// What may have changed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum Topic {
    /// The register.
    Cooperatives,
    /// Visits and reviews.
    Visits,
    /// The queue.
    Queue,
}

/// How the sync stands.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct SyncStatus {
    /// What it is doing.
    pub phase: SyncPhase,
    /// When both sides last agreed.
    pub last_ok: Option<Millis>,
    /// Changes not yet at the server, set-aside ones left out.
    pub unsent: u32,
    /// Changes set aside or in conflict.
    pub set_aside: u32,
    /// Visits that were sent, refused, and opened again: they have to be sent again.
    pub send_again: u32,
    /// Why the last try failed.
    pub trouble: Option<Trouble>,
    /// Records pulled so far in this round, for the first sync's progress.
    pub pulled: u32,
    /// The server's clock minus the device's at the last sync, milliseconds.
    pub clock_offset: i64,
    /// How the photos stand.
    pub photos: PhotoStatus,
}

impl SyncStatus {
    /// Whether the server has everything that a person sent, photos too.
    #[must_use]
    pub fn is_all_sent(&self) -> bool {
        let photos = self.photos.waiting + self.photos.aside;
        self.unsent + self.set_aside + self.send_again + photos == 0
    }
}

/// How the photos and other files stand: they go after the text, one at a time.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct PhotoStatus {
    /// Not yet at the server, set-aside ones left out.
    pub waiting: u32,
    /// Bytes of these still to go.
    pub bytes: u64,
    /// The server will not take these.
    pub aside: u32,
    /// What is being done about them.
    pub phase: PhotoPhase,
    /// Why the last try failed.
    pub trouble: Option<Trouble>,
    /// They go by Wi-Fi only.
    pub wifi_only: bool,
}

/// What is being done about the photos.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum PhotoPhase {
    /// Nothing now.
    #[default]
    Idle,
    /// One is on its way.
    Sending,
    /// They wait for Wi-Fi, or for the button.
    Held,
    /// Waiting to try again.
    Waiting {
        /// When.
        until: Millis,
    },
}

/// What the sync is doing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum SyncPhase {
    /// Nothing to do.
    #[default]
    Idle,
    /// Talking to the server.
    Syncing,
    /// Waiting to try again.
    Waiting {
        /// When.
        until: Millis,
    },
    /// The session ended: a login is needed, nothing is lost.
    LoginNeeded,
    /// The app is too old for the server: work goes on locally.
    UpdateNeeded,
}

/// Why a sync failed. None of these loses anything.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Trouble {
    /// No network, or the server cannot be reached.
    Unreachable,
    /// Something else answered: a captive portal, a proxy.
    NotOurServer,
    /// The server failed or is overloaded.
    Server {
        /// HTTP status.
        status: u16,
    },
    /// The request was refused as too large or malformed.
    Refused {
        /// HTTP status.
        status: u16,
        /// The server's words, in English.
        message: String,
    },
    /// The server's answer is not understood: the app needs an update.
    NotUnderstood,
}
