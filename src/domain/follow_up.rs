//! Follow-ups: what was agreed at a visit and lives on after it.
//!
//! They are answers of the visit's follow-up repeat. Its names (`tl`, `tl_*`) are the one part
//! of a checklist the program knows by name, because it outlives the visit.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{RecordId, Visit};

/// The repeat whose instances are follow-ups.
pub const REPEAT: &str = "tl";
/// The part of the checklist it is about.
pub const ASPECT: &str = "tl_aspek";
/// What kind of matter it is.
pub const CATEGORY: &str = "tl_kategori";
/// What was found.
pub const PROBLEM: &str = "tl_masalah";
/// What is to be done.
pub const ACTION: &str = "tl_aksi";
/// Who takes care of it: the officer, the cooperative, the office, somebody else.
pub const OWNER: &str = "tl_pj";
/// The name of that person.
pub const OWNER_NAME: &str = "tl_pj_nama";
/// By when.
pub const DUE: &str = "tl_tenggat";
/// How urgent it is.
pub const PRIORITY: &str = "tl_prioritas";
/// Whether it is done.
pub const STATUS: &str = "tl_status";
/// The suggestion of the form that it was taken from.
pub const SUGGESTION: &str = "tl_saran";

/// An agreed action.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FollowUp {
    /// The visit it was agreed at.
    pub visit: RecordId,
    /// What is to be done.
    pub action: String,
    /// What was found.
    pub problem: String,
    /// Name of who answers for it.
    pub owner: String,
    /// ISO date by which it is due.
    pub due: String,
    /// `belum`, `berjalan`, `selesai` or `batal`.
    pub status: String,
}

impl FollowUp {
    /// The follow-ups of a visit, in the order they were written down.
    #[must_use]
    pub fn of_visit(visit: &Visit) -> Vec<Self> {
        let mut instances: BTreeMap<&str, BTreeMap<&str, &str>> = BTreeMap::new();
        for (path, value) in &visit.answers {
            let mut steps = path.split('/');
            if let (Some(REPEAT), Some(key), Some(name), None) =
                (steps.next(), steps.next(), steps.next(), steps.next())
            {
                instances.entry(key).or_default().insert(name, value);
            }
        }
        let of = |answers: &BTreeMap<&str, &str>, name: &str| {
            answers.get(name).copied().unwrap_or_default().to_owned()
        };
        instances
            .values()
            .map(|answers| Self {
                visit: visit.id,
                action: of(answers, ACTION),
                problem: of(answers, PROBLEM),
                owner: of(answers, OWNER_NAME),
                due: of(answers, DUE),
                status: of(answers, STATUS),
            })
            .collect()
    }

    /// Whether something is still to be done.
    #[must_use]
    pub fn is_open(&self) -> bool {
        !matches!(self.status.as_str(), "selesai" | "batal")
    }
}
