//! Who may have the bytes of an attachment.

use crate::{
    domain::{AttachmentName, User, person::Permission},
    server::repo::{Error, Tx},
};

/// How an attachment looks to somebody.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sight {
    /// No visit in their sight names it.
    Hidden,
    /// They see a visit that names it, but its question keeps it from them.
    Restricted,
    /// They may have it.
    Seen,
}

/// Whether a user's role may have what is restricted.
#[must_use]
pub fn is_desk(user: &User) -> bool {
    user.role.may(Permission::Review) || user.role.may(Permission::Administer)
}

/// How an attachment looks to a user; `desk` is whether their role may have what is restricted.
///
/// # Errors
/// When it cannot be read.
pub fn of(tx: &dyn Tx, name: &AttachmentName, user: &User, desk: bool) -> Result<Sight, Error> {
    let (mut seen, mut restricted) = (false, false);
    for naming in tx.namings(name, user)? {
        seen |= naming.is_seen;
        // Restricted by one visit is restricted: to name it in a visit of one's own opens nothing. Nor does it close anything:
        // a visit that the user does not see has a say only when its officer sent the bytes.
        restricted |= naming.restricts && (naming.is_seen || naming.is_of_sender);
    }
    Ok(match (seen, restricted) {
        (false, _) => Sight::Hidden,
        (true, true) if !desk && !tx.is_sender(name, user.id)? => Sight::Restricted,
        (true, _) => Sight::Seen,
    })
}
