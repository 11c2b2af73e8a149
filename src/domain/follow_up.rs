//! Follow-ups: what was agreed at a visit and lives on after it.
//!
//! They are answers of the visit's follow-up repeat. Its names (`tl`, `tl_*`) are the one part
//! of a checklist the program knows by name, because it outlives the visit.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{RecordId, Visit};

/// The repeat whose instances are follow-ups.
pub const REPEAT: &str = "tl";

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
                action: of(answers, "tl_aksi"),
                problem: of(answers, "tl_masalah"),
                owner: of(answers, "tl_pj_nama"),
                due: of(answers, "tl_tenggat"),
                status: of(answers, "tl_status"),
            })
            .collect()
    }

    /// Whether something is still to be done.
    #[must_use]
    pub fn is_open(&self) -> bool {
        !matches!(self.status.as_str(), "selesai" | "batal")
    }
}
