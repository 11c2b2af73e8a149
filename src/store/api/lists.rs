//! What lists and overviews show: the first screen, the register, rows of visits, the inbox.

use serde::{Deserialize, Serialize};

use super::Trouble;

use crate::domain::{
    AreaCode, Cooperative, FollowUp, Millis, Person, RecordId, ScoredVisit, Status, StatusEntry,
    UserId, VisitState,
};

use crate::sync::wire::RejectCode;

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
    /// Visits with something that only this device has, drafts included.
    pub at_risk: u32,
    /// Since when the oldest of it waits.
    pub at_risk_since: Option<Millis>,
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
    /// What its submitted visits came to, newest first.
    pub scores: Vec<ScoredVisit>,
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
    /// The server has the answers; so many photos are still to come.
    PhotosFollow(u32),
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
    /// It was sent, refused, and opened again: it is a draft that has to be sent again.
    SendAgain,
}

impl Transfer {
    /// Whether the server has every answer, photos or not.
    #[must_use]
    pub fn has_data_sent(&self) -> bool {
        matches!(self, Transfer::Sent { .. } | Transfer::PhotosFollow(_))
    }
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
