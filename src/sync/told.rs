//! Changes that do not stand, field by field in words: for the administrator, and for a visit's history.

use serde::{Deserialize, Serialize};

use super::forms::Words;
use crate::domain::Millis;

/// A field of a change and what the change gave it, as a person reads them.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Told {
    /// The question, or what else the field is.
    pub label: Words,
    /// The value; a dash when it was taken away.
    pub value: Words,
}

/// A value that was not chosen when a person decided between two.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct NotChosen {
    /// What it was.
    pub what: Told,
    /// The name of who gave it; empty when it is not known.
    pub by: String,
    /// When, by the clock of the device it was done on.
    pub at: Millis,
}
