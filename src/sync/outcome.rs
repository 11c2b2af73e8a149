//! Reads an answer to a mutation from its flat form, `{"id": .., "outcome": "applied", "rev": ..}`. Serde can read that
//! form by itself, but only by keeping the whole answer in an in-between form first: a lot of code for a phone to download.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::wire::{Changed, MutationResult, Outcome, RejectCode};
use crate::domain::{MutationId, Record};

/// Everything that an answer may say.
#[derive(Deserialize)]
pub(super) struct Flat {
    id: MutationId,
    outcome: String,
    rev: Option<u64>,
    #[serde(default)]
    exact: bool,
    record: Option<Box<Record>>,
    #[serde(default)]
    changed: BTreeMap<String, Changed>,
    code: Option<RejectCode>,
    reason: Option<String>,
}

impl TryFrom<Flat> for MutationResult {
    type Error = &'static str;

    fn try_from(flat: Flat) -> Result<Self, Self::Error> {
        let rev = flat.rev.ok_or("no rev");
        let outcome = match flat.outcome.as_str() {
            "applied" => Outcome::Applied {
                rev: rev?,
                exact: flat.exact,
            },
            "duplicate" => Outcome::Duplicate { rev: rev? },
            "conflict" => Outcome::Conflict {
                record: flat.record.ok_or("no record")?,
                changed: flat.changed,
            },
            "rejected" => Outcome::Rejected {
                code: flat.code.ok_or("no code")?,
                reason: flat.reason.ok_or("no reason")?,
            },
            _ => Outcome::Unknown(flat.outcome),
        };
        Ok(Self {
            id: flat.id,
            outcome,
        })
    }
}
