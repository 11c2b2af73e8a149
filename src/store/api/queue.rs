//! What waits, what was set aside, and what a person may decide about it.

use serde::{Deserialize, Serialize};

use super::{SyncStatus, Transfer, VisitRow};

use crate::domain::{AttachmentName, Millis, MutationId, RecordId};

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
    /// Photos that wait or were set aside, in the order in which they go.
    pub photos: Vec<PhotoItem>,
    /// Visits that were sent, refused, and opened again: nobody has them until they are sent again.
    pub send_again: Vec<VisitRow>,
    /// How the sync stands.
    pub sync: SyncStatus,
}

/// A photo, or another file, that the server has not.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct PhotoItem {
    /// Which.
    pub name: AttachmentName,
    /// Its bytes.
    pub size: u64,
    /// Bytes that the server has.
    pub sent: u64,
    /// Since when it waits.
    pub since: Millis,
    /// Why the server will not take it, in its words; it is kept here.
    pub refused: Option<String>,
    /// The visit that names it.
    pub visit: RecordId,
    /// The cooperative visited.
    pub cooperative: String,
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
    /// Whether it is a submission that can be opened again and mended, see [`super::Request::FixRefused`].
    pub fixable: bool,
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
    /// Who gave it that value; empty when it is not known.
    pub by: String,
    /// When, by the clock of the device it was done on.
    pub at: Option<Millis>,
}
