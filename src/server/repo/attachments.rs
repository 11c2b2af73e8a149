//! What the database knows of attachments: which visits name them, and who sent them. Their bytes are elsewhere.

use std::collections::BTreeMap;

use crate::domain::{AttachmentName, Millis, RecordId, User, UserId};

use super::Error;

/// A visit that names an attachment, as a user may look at it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Naming {
    /// The user sees the visit.
    pub is_seen: bool,
    /// Its question keeps the attachment from all but its sender and the desk.
    pub restricts: bool,
    /// The visit's officer is one who sent the bytes.
    pub is_of_sender: bool,
}

/// Since when this database has seen that no visit names an attachment, and how often.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Unwanted {
    /// When that was seen first.
    pub since: Millis,
    /// When a day was counted last.
    pub counted: Millis,
    /// On how many days it was seen.
    pub days: u32,
}

/// What is known of attachments.
pub trait AttachmentNames {
    /// Writes down what a visit names now, each name with whether it is restricted; what it named before is forgotten.
    ///
    /// # Errors
    /// When it cannot be written.
    fn set_uses(&self, visit: RecordId, uses: &BTreeMap<AttachmentName, bool>)
    -> Result<(), Error>;

    /// The visits that name an attachment and are not gone.
    ///
    /// # Errors
    /// When they cannot be read.
    fn namings(&self, name: &AttachmentName, user: &User) -> Result<Vec<Naming>, Error>;

    /// Whether a visit names an attachment.
    ///
    /// # Errors
    /// When it cannot be read.
    fn is_used(&self, name: &AttachmentName) -> Result<bool, Error>;

    /// Whether a user sent all the bytes of an attachment.
    ///
    /// # Errors
    /// When it cannot be read.
    fn is_sender(&self, name: &AttachmentName, user: UserId) -> Result<bool, Error>;

    /// Notes that a user sent all the bytes of an attachment.
    ///
    /// # Errors
    /// When it cannot be written.
    fn add_sender(&self, name: &AttachmentName, user: UserId, now: Millis) -> Result<(), Error>;

    /// Every attachment that is known to be unwanted.
    ///
    /// # Errors
    /// When they cannot be read.
    fn unwanted(&self) -> Result<BTreeMap<AttachmentName, Unwanted>, Error>;

    /// Writes down what is known of an attachment that no visit names; of one that is wanted, `None`.
    ///
    /// # Errors
    /// When it cannot be written.
    fn set_unwanted(&self, name: &AttachmentName, unwanted: Option<Unwanted>) -> Result<(), Error>;

    /// Begins to count anew, for all of them: the database names less than it did, or something else.
    ///
    /// # Errors
    /// When it cannot be written.
    fn forget_unwanted(&self) -> Result<(), Error>;
}
