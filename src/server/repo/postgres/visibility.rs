//! Who sees a record: the condition `visible.sql`, which everything that is read asks. Its parameters are the first three of a
//! statement: whether the user sees the whole district, the areas that they see, and who they are.

use crate::domain::{Scope, User};

use super::client::Parameter;

/// A statement with the condition in the place of `{visible}`.
pub(super) fn with_condition(sql: &str) -> String {
    sql.replace("{visible}", include_str!("visible.sql").trim())
}

/// What the condition must know of a user.
pub(super) struct Visibility {
    district: bool,
    areas: Vec<String>,
    user: String,
}

impl Visibility {
    /// What it must know of this user.
    pub(super) fn of(user: &User) -> Self {
        let (district, areas) = match &user.scope {
            Scope::District => (true, Vec::new()),
            Scope::Areas(areas) => (false, areas.iter().map(|area| area.0.clone()).collect()),
            Scope::Other(_) => (false, Vec::new()),
        };
        Self {
            district,
            areas,
            user: user.id.to_string(),
        }
    }

    /// The first three parameters.
    pub(super) fn parameters(&self) -> [Parameter<'_>; 3] {
        [&self.district, &self.areas, &self.user]
    }
}
