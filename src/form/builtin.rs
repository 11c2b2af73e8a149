//! The checklists the app brings along, as sheets. What they ask stands in `assets/forms/`, nothing of it here.

use super::errors::FormErrors;
use super::sheets::Sheets;

/// The sheets of the visit to a cooperative.
///
/// # Errors
/// Never, as long as the tests pass.
pub fn kunjungan() -> Result<Sheets, FormErrors> {
    Sheets::from_csv(
        include_str!("../../assets/forms/kunjungan/survey.csv"),
        include_str!("../../assets/forms/kunjungan/choices.csv"),
        include_str!("../../assets/forms/kunjungan/settings.csv"),
    )
}
