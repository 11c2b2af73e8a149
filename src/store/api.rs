//! What the screens may ask of the device, and what they get. Plain data: it crosses from the page to the worker as JSON.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::domain::{
    AreaCode, Cooperative, Decision, FollowUp, Mark, Millis, MutationId, Person, RecordId, Review,
    Role, Status, StatusEntry, User, UserId, Visit, VisitState,
};
use crate::sync::wire::RejectCode;

/// A question or an order from a screen.
#[derive(Clone, Serialize, Deserialize)]
pub enum Request {
    /// What should be on the screen: login, PIN or the app? -> [`Reply::Status`]
    Status,
    /// Logs in at the server. Also the way back in for a forgotten PIN. `old_secret` is the PIN or the former password,
    /// needed only after [`StoreError::OldSecretNeeded`]. -> [`Reply::Status`]
    Login {
        /// Login name.
        username: String,
        /// Password.
        password: String,
        /// PIN or former password, when asked for.
        old_secret: Option<String>,
    },
    /// Sets the PIN (6 digits) after a login, or anew while open. -> [`Reply::Status`]
    SetPin {
        /// The new PIN.
        pin: String,
    },
    /// Opens the app offline. -> [`Reply::Status`]
    Unlock {
        /// Whose store.
        username: String,
        /// Their PIN.
        pin: String,
    },
    /// Closes the store until the PIN is given again; nothing is lost. -> [`Reply::Status`]
    Lock,
    /// Ends the session at the server if it can be reached and locks. Unsent work stays, locked. -> [`Reply::Status`]
    Logout,

    /// The first screen. -> [`Reply::Home`]
    Home,
    /// Searches the register. -> [`Reply::Cooperatives`]
    Cooperatives(CooperativeQuery),
    /// One cooperative with its history. -> [`Reply::Cooperative`]
    Cooperative(RecordId),
    /// Begins a visit. -> [`Reply::Started`]
    StartVisit {
        /// The cooperative visited.
        cooperative: RecordId,
    },
    /// A visit to fill, to look at, or to review. -> [`Reply::Visit`]
    Visit(RecordId),
    /// Writes answers; the reply comes when they are on disk. -> [`Reply::Saved`]
    SaveAnswers {
        /// The visit.
        visit: RecordId,
        /// Answers by path, `None` takes one away.
        changes: Vec<(String, Option<String>)>,
        /// Where the officer is now.
        place: Option<Place>,
    },
    /// Remembers where the officer is in a visit. -> [`Reply::Saved`]
    KeepPlace {
        /// The visit.
        visit: RecordId,
        /// Where.
        place: Place,
    },
    /// Marks a complete visit as sent; it leaves when there is signal. -> [`Reply::Saved`]
    SubmitVisit {
        /// The visit.
        visit: RecordId,
    },
    /// Gives up a draft that was never submitted. -> [`Reply::Saved`]
    DiscardVisit {
        /// The visit.
        visit: RecordId,
        /// Why, may be empty.
        reason: String,
    },
    /// Every visit of this user in a state. -> [`Reply::Visits`]
    MyVisits {
        /// Which states; empty for all.
        states: Vec<VisitState>,
    },

    /// Everything waiting, failed or set aside. -> [`Reply::Queue`]
    Queue,
    /// Syncs now. -> [`Reply::Saved`], then notices
    SyncNow,
    /// The network came or went, as the page sees it. -> [`Reply::Saved`]
    Network {
        /// Whether the platform says there is a network.
        online: bool,
    },
    /// Puts a set-aside change back into the queue. -> [`Reply::Saved`]
    Resend {
        /// Which.
        mutation: MutationId,
    },
    /// Decides a conflict, or drops a refused change in favour of the server's data. -> [`Reply::Saved`]
    Resolve {
        /// Which.
        mutation: MutationId,
        /// Whose value stands.
        keep: Keep,
    },

    /// Submitted visits waiting for review, oldest first. -> [`Reply::Inbox`]
    Inbox(InboxQuery),
    /// Keeps the notes a supervisor is still writing. -> [`Reply::Saved`]
    KeepReviewDraft {
        /// The visit.
        visit: RecordId,
        /// The notes so far.
        draft: ReviewDraft,
    },
    /// Approves or returns the last submission of a visit. A return needs at least one note. -> [`Reply::Saved`]
    Review {
        /// The visit.
        visit: RecordId,
        /// What is decided.
        decision: Decision,
        /// The notes.
        draft: ReviewDraft,
    },
}

/// The answer to a [`Request`].
#[derive(Clone, Serialize, Deserialize)]
pub enum Reply {
    /// What should be on the screen.
    Status(AppStatus),
    /// The first screen.
    Home(Home),
    /// Search results.
    Cooperatives(CooperativePage),
    /// One cooperative.
    Cooperative(Box<CooperativeProfile>),
    /// The visit begun.
    Started(RecordId),
    /// One visit.
    Visit(Box<VisitDetail>),
    /// Visits.
    Visits(Vec<VisitRow>),
    /// What waits.
    Queue(Queue),
    /// The inbox.
    Inbox(Inbox),
    /// It is on disk.
    Saved,
}

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
    /// Logged in for the first time: a PIN must be set.
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
    /// No PIN is taken before this instant, after wrong ones.
    pub wait_until: Option<Millis>,
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
    /// Why the last try failed.
    pub trouble: Option<Trouble>,
    /// Records pulled so far in this round, for the first sync's progress.
    pub pulled: u32,
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
}

/// The first screen.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Home {
    /// Visits with something unsent.
    pub unsent: Vec<VisitRow>,
    /// Visits sent back, oldest first.
    pub returned: Vec<VisitRow>,
    /// Open drafts, last touched first.
    pub drafts: Vec<VisitRow>,
    /// The last visits of this user that were sent.
    pub recent: Vec<VisitRow>,
    /// Visits waiting for review in this user's scope.
    pub to_review: u32,
    /// Cooperatives on the device.
    pub cooperatives: u32,
    /// Oldest unsent change.
    pub unsent_since: Option<Millis>,
}

/// What to search for.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct CooperativeQuery {
    /// Words of name, desa or NIK Koperasi; empty for all.
    pub text: String,
    /// One kecamatan only.
    pub area: Option<AreaCode>,
    /// One status only.
    pub status: Option<Status>,
    /// How many rows at most.
    pub limit: u32,
}

/// Search results.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct CooperativePage {
    /// The first rows.
    pub rows: Vec<CooperativeRow>,
    /// How many there are.
    pub total: u32,
    /// Date of the newest status among all on the device ("per tanggal").
    pub as_of: Option<String>,
}

/// A cooperative in a list.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct CooperativeRow {
    /// Which.
    pub id: RecordId,
    /// Name.
    pub name: String,
    /// Desa or kelurahan.
    pub desa: String,
    /// Kecamatan.
    pub area: AreaCode,
    /// NIK Koperasi, may be empty.
    pub nik: String,
    /// Newest status.
    pub status: Option<StatusEntry>,
    /// ISO date of the last visit on this device.
    pub last_visit: Option<String>,
}

/// One cooperative.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct CooperativeProfile {
    /// Its register entry and status history.
    pub cooperative: Cooperative,
    /// Its visits, newest first.
    pub visits: Vec<VisitRow>,
    /// Open follow-ups of its visits, by due date.
    pub follow_ups: Vec<FollowUp>,
}

/// A visit in a list.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct VisitRow {
    /// Which.
    pub id: RecordId,
    /// The cooperative.
    pub cooperative: RecordId,
    /// Its name.
    pub name: String,
    /// Its desa.
    pub desa: String,
    /// Its kecamatan.
    pub area: AreaCode,
    /// The officer.
    pub officer: UserId,
    /// The officer's name.
    pub officer_name: String,
    /// ISO date of the visit: the answer `tanggal_kunjungan`, or when it was begun.
    pub date: String,
    /// Where it stands.
    pub state: VisitState,
    /// Where its data is.
    pub transfer: Transfer,
    /// Notes of the review that returned it.
    pub notes: u32,
    /// When it was last submitted.
    pub submitted_at: Option<Millis>,
    /// How often it was submitted.
    pub submissions: u32,
}

/// Where a record's data is. A second axis beside [`VisitState`]; never one label for both.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Transfer {
    /// Waiting for signal.
    Queued,
    /// On its way.
    Sending,
    /// The server has everything.
    Sent {
        /// Since when, as far as known.
        at: Option<Millis>,
    },
    /// The last try failed; tried again by itself.
    Failed(Trouble),
    /// The server will not take a change; it is kept here.
    SetAside {
        /// Why.
        code: RejectCode,
        /// The server's words.
        reason: String,
    },
    /// Changed elsewhere too; a person must choose.
    Conflict,
}

/// One visit, whole.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct VisitDetail {
    /// The visit.
    pub visit: Visit,
    /// Where it stands.
    pub state: VisitState,
    /// Where its data is.
    pub transfer: Transfer,
    /// The cooperative visited.
    pub cooperative: Cooperative,
    /// Sheets of the form version it was made in.
    pub sheets: FormSheets,
    /// Its reviews, oldest first.
    pub reviews: Vec<Review>,
    /// Who did what, oldest first.
    pub history: Vec<HistoryEntry>,
    /// Where the officer was.
    pub place: Option<Place>,
    /// Whether this user may change answers now.
    pub editable: bool,
    /// Whether this user may review it now.
    pub reviewable: bool,
    /// Answers of the cooperative's last approved visit before this one.
    pub last_approved: Option<ApprovedVisit>,
    /// Notes being written by this supervisor.
    pub review_draft: ReviewDraft,
    /// Everybody by id, for names.
    pub people: Vec<Person>,
    /// Username of the visit's officer, for the form's surroundings.
    pub officer_name: String,
}

/// The last approved visit, for comparison.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ApprovedVisit {
    /// Which.
    pub id: RecordId,
    /// ISO date.
    pub date: String,
    /// Its answers.
    pub answers: BTreeMap<String, String>,
}

/// A form version as its three sheets, CSV.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FormSheets {
    /// Form id.
    pub id: String,
    /// Version.
    pub version: String,
    /// Sheet `survey`.
    pub survey: String,
    /// Sheet `choices`.
    pub choices: String,
    /// Sheet `settings`.
    pub settings: String,
}

/// One step in the life of a visit.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct HistoryEntry {
    /// What happened.
    pub step: Step,
    /// Who and when.
    pub mark: Mark,
    /// The person's name.
    pub name: String,
    /// The person's role, when known.
    pub role: Option<Role>,
    /// Notes left with it.
    pub notes: u32,
}

/// What can happen to a visit.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Step {
    /// Begun.
    Created,
    /// Sent, for the how-many-th time.
    Submitted(u32),
    /// Sent back.
    Returned,
    /// Approved.
    Approved,
    /// Taken back.
    Void,
}

/// Where an officer is in a visit.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Place {
    /// Page of the form; empty for the overview.
    pub page: String,
    /// Question, when one has the focus.
    pub question: Option<String>,
}

/// Notes a supervisor is writing.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct ReviewDraft {
    /// By answer path.
    pub notes: BTreeMap<String, String>,
    /// On the whole visit.
    pub note: String,
}

/// Whose value stands in a conflict.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Keep {
    /// This device's.
    Mine,
    /// The server's.
    Theirs,
}

/// Everything waiting.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Queue {
    /// One row a record, oldest first.
    pub items: Vec<QueueItem>,
    /// How the sync stands.
    pub sync: SyncStatus,
}

/// A record with unsent changes.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct QueueItem {
    /// The oldest of its unsent changes.
    pub mutation: MutationId,
    /// The visit it is about (for a review: the visit reviewed).
    pub visit: Option<VisitRow>,
    /// What it is.
    pub what: QueueKind,
    /// Where its data is.
    pub transfer: Transfer,
    /// Since when it waits.
    pub since: Millis,
    /// Fields changed here and there with different values, in a conflict.
    pub differences: Vec<Difference>,
}

/// What is waiting.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum QueueKind {
    /// A draft's backup.
    Draft,
    /// A submitted visit.
    Visit,
    /// A review.
    Review,
    /// Anything else.
    Other,
}

/// A field with two values.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Difference {
    /// The field, as in the record.
    pub field: String,
    /// This device's value, as text.
    pub mine: Option<String>,
    /// The server's value, as text.
    pub theirs: Option<String>,
}

/// What to show of the inbox.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct InboxQuery {
    /// One kecamatan only.
    pub area: Option<AreaCode>,
    /// One officer only.
    pub officer: Option<UserId>,
}

/// The inbox.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Inbox {
    /// Waiting for review, oldest submission first.
    pub rows: Vec<VisitRow>,
    /// Returned ones that their officers still have, and approved ones, newest first.
    pub done: Vec<VisitRow>,
    /// Officers to filter by.
    pub officers: Vec<Person>,
}

/// Why a request was not done. In every case what was saved before is still there.
#[derive(Clone, PartialEq, Debug, thiserror::Error, Serialize, Deserialize)]
pub enum StoreError {
    /// No store is open.
    #[error("no store is open")]
    NotOpen,
    /// The PIN is wrong.
    #[error("wrong PIN")]
    WrongPin {
        /// No PIN is taken before this instant.
        wait_until: Option<Millis>,
    },
    /// Too early after wrong PINs.
    #[error("wait before the next try")]
    Wait {
        /// Until when.
        until: Millis,
    },
    /// A PIN is six digits.
    #[error("a PIN is six digits")]
    BadPin,
    /// Name or password is wrong.
    #[error("name or password is wrong")]
    BadCredentials,
    /// The password was changed elsewhere: this device's data opens with the PIN or the former password.
    #[error("the PIN or the former password is needed")]
    OldSecretNeeded,
    /// The server could not be asked.
    #[error("server: {0:?}")]
    Server(Trouble),
    /// There is no such record on this device.
    #[error("not on this device")]
    NotFound,
    /// The visit's state does not allow it.
    #[error("not possible in this state")]
    State {
        /// Its state.
        state: VisitState,
    },
    /// This user may not.
    #[error("not allowed")]
    Forbidden,
    /// Answers are missing or wrong.
    #[error("{missing} answers are missing or wrong")]
    Incomplete {
        /// How many.
        missing: u32,
    },
    /// A return needs a note.
    #[error("a return needs a note")]
    NoteNeeded,
    /// The device has no form yet, or one it cannot read.
    #[error("form: {0}")]
    Form(String),
    /// The device's storage is full.
    #[error("storage is full")]
    Full,
    /// The database failed.
    #[error("database: {0}")]
    Database(String),
    /// The worker is gone or speaks another language.
    #[error("worker: {0}")]
    Worker(String),
}
