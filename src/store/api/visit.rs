//! One visit with everything a screen needs to fill it, to look at it or to review it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Transfer;

use crate::domain::{
    Cooperative, Mark, Person, RecordId, Review, Role, ScoredVisit, Visit, VisitState,
};

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
    /// Whether this user may make it editable again: its submission has not left the device.
    pub reopenable: bool,
    /// Whether this user may review it now.
    pub reviewable: bool,
    /// Answers of the cooperative's last approved visit before this one.
    pub last_approved: Option<ApprovedVisit>,
    /// What other visits to the cooperative came to, up to its day, newest first.
    pub earlier: Vec<ScoredVisit>,
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

/// A form version as its sheets, CSV.
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
    /// Other sheets by name: external choices, tables.
    pub more: Vec<(String, String)>,
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
