//! What reviewers have: the inbox, and a visit to approve or to send back.

mod inbox;
mod review;
mod row;

pub(crate) use inbox::InboxScreen;
pub(crate) use review::ReviewScreen;
