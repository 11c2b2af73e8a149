//! What the screens may ask of the device, and what they get. Plain data: it crosses from the page to the worker.

mod app;
mod attachment;
mod backup;
mod lists;
mod queue;
mod visit;

pub use app::*;
pub use attachment::*;
pub use backup::*;
pub use lists::*;
pub use queue::*;
pub use visit::*;

use serde::{Deserialize, Serialize};

use crate::domain::{AttachmentName, Decision, MutationId, RecordId, VisitResult, VisitState};
use crate::sync::backup::Fault;

/// A question or an order from a screen.
#[derive(Clone, Serialize, Deserialize)]
pub enum Request {
    /// What should be on the screen: login, PIN or the app? -> [`Reply::Status`]
    Status,
    /// Logs in at the server. `old_secret` is the PIN or the former password, needed only after [`StoreError::OldSecretNeeded`]. -> [`Reply::Status`]
    Login {
        /// Login name.
        username: String,
        /// Password.
        password: String,
        /// PIN or former password, when asked for.
        old_secret: Option<String>,
    },
    /// Sets the PIN (6 digits) where none opened the app; elsewhere [`StoreError::OldSecretNeeded`]. -> [`Reply::Status`]
    SetPin {
        /// The new PIN.
        pin: String,
    },
    /// Sets the PIN of an open app anew. -> [`Reply::Status`]
    ChangePin {
        /// The new PIN.
        pin: String,
        /// The former PIN, or the password: whoever holds an open phone must know one.
        old_secret: String,
    },
    /// Opens the app offline. -> [`Reply::Status`]
    Unlock {
        /// Whose store.
        username: String,
        /// Their PIN.
        pin: String,
    },
    /// Opens the app offline for who has forgotten the PIN; then one must be set. -> [`Reply::Status`]
    UnlockByPassword {
        /// Whose store.
        username: String,
        /// The password last used on this device.
        password: String,
    },
    /// Somebody touched the screen: the device locks itself when nobody does for ten minutes. -> [`Reply::Saved`]
    Active,
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
    /// Keeps a photo, a signature or a recording and makes its name the answer, both or neither. -> [`Reply::Attachment`]
    SaveAttachment {
        /// The visit.
        visit: RecordId,
        /// The question.
        path: String,
        /// One of [`crate::domain::attachment::MEDIA`].
        media_type: String,
        /// At least one byte, at most [`crate::domain::attachment::MOST_BYTES`].
        bytes: Bytes,
    },
    /// The bytes that an answer names; what is not on the device is asked of the server. [`StoreError::NotYet`] while
    /// they are on their way to it. -> [`Reply::Bytes`]
    Attachment(AttachmentName),
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
        /// What it comes to, if its form has a score.
        result: Option<VisitResult>,
        /// By which clock the form was judged complete, and what it looked up; none for now and nothing.
        judged: Option<Judged>,
    },
    /// Makes a visit editable again whose submission has not left the device; [`StoreError::AlreadySent`] when it may have.
    /// -> [`Reply::Saved`]
    ReopenVisit {
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
    /// Sends the photos now, whatever the network. -> [`Reply::Saved`], then notices
    SendPhotos,
    /// Puts a photo that the server would not take back into the queue. -> [`Reply::Saved`]
    ResendPhoto(AttachmentName),
    /// Whether photos go by Wi-Fi only. -> [`Reply::Saved`]
    PhotosByWifi {
        /// Only by Wi-Fi.
        only: bool,
    },
    /// Whether the network is Wi-Fi, where the browser can say. -> [`Reply::Saved`]
    Wifi(Option<bool>),
    /// The network came or went, as the page sees it. -> [`Reply::Saved`]
    Network {
        /// Whether the platform says there is a network.
        online: bool,
    },
    /// Sends a set-aside change again, as it is. -> [`Reply::Saved`]
    Resend {
        /// Which.
        mutation: MutationId,
    },
    /// Makes a submission that was set aside a draft again, so that its officer can mend it. It has to be sent again.
    /// -> [`Reply::Saved`]
    FixRefused {
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

    /// Decides a conflict field by field. -> [`Reply::Saved`]
    ResolveFields {
        /// Which.
        mutation: MutationId,
        /// The fields in which the server's value stands; in the others this device's does.
        theirs: Vec<String>,
    },

    /// Begins a file with everything unsent, sealed with the user's password; ask for the rest with
    /// [`Request::BackUpMore`]. -> [`Reply::Bytes`]
    BackUp {
        /// The user's password: a wrong one is refused.
        password: String,
    },
    /// The next bytes of the file begun. -> [`Reply::Bytes`], none at the end
    BackUpMore,
    /// Takes a backup file in, piece by piece. Nothing of it counts before its end. -> [`Reply::Saved`], at the end
    /// [`Reply::Restored`]
    Restore {
        /// The password it was made with, with the first piece.
        password: Option<String>,
        /// The next bytes.
        bytes: Bytes,
        /// These are the last.
        last: bool,
    },

    /// Asks the server for what is not kept on a device: the administrator's forms. Without a body it is fetched, with one
    /// it is sent. A refusal that says more than a code (422) is an answer too. -> [`Reply::Bytes`]
    AskServer {
        /// Path on the server, from `/api`.
        path: String,
        /// What is sent.
        body: Option<Bytes>,
    },

    /// Databases of this user that were set aside as damaged, newest first. -> [`Reply::Damaged`]
    Damaged,
    /// The next bytes of a file that was set aside. -> [`Reply::Bytes`], none at the end
    DamagedBytes {
        /// Which, by its place among [`Reply::Damaged`].
        number: u32,
        /// From where on.
        at: u64,
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
    /// Approves or returns a submission of a visit. A return needs at least one note. [`StoreError::SentAgain`] when a newer
    /// submission has come meanwhile. -> [`Reply::Saved`]
    Review {
        /// The visit.
        visit: RecordId,
        /// The submission that the screen showed.
        submission: u32,
        /// What is decided.
        decision: Decision,
        /// The notes.
        draft: ReviewDraft,
    },
}

impl Request {
    /// Whether it keeps something on the device that a person made.
    #[must_use]
    pub fn keeps(&self) -> bool {
        matches!(
            self,
            Self::SetPin { .. }
                | Self::ChangePin { .. }
                | Self::StartVisit { .. }
                | Self::SaveAnswers { .. }
                | Self::SaveAttachment { .. }
                | Self::SubmitVisit { .. }
                | Self::DiscardVisit { .. }
                | Self::Resend { .. }
                | Self::Resolve { .. }
                | Self::ResolveFields { .. }
                | Self::Restore { .. }
                | Self::KeepReviewDraft { .. }
                | Self::Review { .. }
        )
    }
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
    /// The name of what was kept, now the answer.
    Attachment(AttachmentName),
    /// An attachment, or a piece of a file.
    Bytes(Bytes),
    /// What a backup file brought.
    Restored(Restored),
    /// What was set aside.
    Damaged(Vec<Damaged>),
    /// It is on disk.
    Saved,
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
        /// No PIN is taken for so long.
        seconds: u32,
        /// Tries that are left before the password is needed.
        left: u32,
    },
    /// The password does not open what is on this device.
    #[error("wrong password")]
    WrongPassword {
        /// No password is taken for so long.
        seconds: u32,
    },
    /// Too early after wrong PINs or passwords.
    #[error("wait {seconds} s before the next try")]
    Wait {
        /// For how long.
        seconds: u32,
    },
    /// No PIN is taken: there is none, or too many were wrong. The password opens.
    #[error("the password is needed")]
    PasswordNeeded,
    /// A PIN is six digits.
    #[error("a PIN is six digits")]
    BadPin,
    /// The PIN is one of those that are tried first.
    #[error("a PIN that is easily guessed")]
    CommonPin,
    /// Name or password is wrong.
    #[error("name or password is wrong")]
    BadCredentials,
    /// The password was changed elsewhere: this device's data opens with the PIN or the former password.
    #[error("the PIN or the former password is needed")]
    OldSecretNeeded,
    /// The server could not be asked.
    #[error("the server could not be asked")]
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
    /// The visit is being sent, or was.
    #[error("it is being sent, or was")]
    AlreadySent,
    /// This user may not.
    #[error("not allowed")]
    Forbidden,
    /// Answers are missing or wrong.
    #[error("{missing} answers are missing or wrong")]
    Incomplete {
        /// How many.
        missing: u32,
    },
    /// It is on another device, and has not come to the server yet.
    #[error("not at the server yet")]
    NotYet,
    /// Empty, larger than an attachment may be, or of a type that the app does not keep.
    #[error("this cannot be an attachment")]
    NotAnAttachment,
    /// The visit was sent again since it was shown: what was decided is about what it was before.
    #[error("a newer submission has come")]
    SentAgain,
    /// With this the record would be larger than the server takes. Nothing of it was saved.
    #[error("{bytes} bytes; {most} are taken")]
    TooLarge {
        /// What it would come to.
        bytes: u64,
        /// What it may come to.
        most: u64,
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
    /// The files are gone from the device: nothing can be kept any more.
    #[error("the files are gone")]
    Gone,
    /// The database was damaged. It is set aside as a file, and a new one takes its place: log in.
    #[error("the database is damaged and set aside")]
    Damaged,
    /// A backup file cannot be read.
    #[error(transparent)]
    Backup(Fault),
    /// The database failed.
    #[error("database: {0}")]
    Database(String),
    /// The worker is gone or speaks another language.
    #[error("worker: {0}")]
    Worker(String),
    /// The password is right, and the office has disabled the account.
    #[error("the account is disabled")]
    Disabled,
}
