//! People with a login, what they may do, and which areas they see.

use serde::{Deserialize, Serialize};

use super::{
    AreaCode, RecordId, UserId,
    record::{BadRecord, Record},
};

/// What a person is in the office.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// PPL: visits cooperatives.
    Officer,
    /// Kabid: reviews visits.
    Supervisor,
    /// Kepala Dinas: sees everything, and reviews the visits of supervisors.
    Head,
    /// Keeps the register, the accounts and the forms.
    Admin,
}

impl Role {
    /// Every role.
    pub const ALL: [Role; 4] = [Role::Officer, Role::Supervisor, Role::Head, Role::Admin];

    /// The name on the wire, in the databases and on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Role::Officer => "officer",
            Role::Supervisor => "supervisor",
            Role::Head => "head",
            Role::Admin => "admin",
        }
    }

    /// The role of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }

    /// Whether this role may do that.
    #[must_use]
    pub fn may(self, what: Permission) -> bool {
        match what {
            Permission::Read => true,
            Permission::Visit => matches!(self, Role::Officer | Role::Supervisor),
            Permission::Review => self == Role::Supervisor,
            Permission::Withdraw => matches!(self, Role::Supervisor | Role::Admin),
            Permission::Administer => self == Role::Admin,
        }
    }
}

impl Role {
    /// Whether this role reviews the visits of somebody of that role; none for somebody who is unknown. A supervisor's own
    /// visits need another reader: another supervisor, or the head.
    #[must_use]
    pub fn reviews(self, officer: Option<Role>) -> bool {
        match self {
            Role::Supervisor => true,
            Role::Head => officer == Some(Role::Supervisor),
            Role::Officer | Role::Admin => false,
        }
    }
}

/// What a role may be asked to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Permission {
    /// See what lies in one's scope.
    Read,
    /// Make and send visits.
    Visit,
    /// Approve or return visits of officers; whose visits exactly says [`Role::reviews`].
    Review,
    /// Take back visits that were submitted.
    Withdraw,
    /// Change the register, the accounts, the forms.
    Administer,
}

/// Which areas a person sees.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// The whole district.
    District,
    /// These kecamatan only.
    Areas(Vec<AreaCode>),
}

impl Scope {
    /// Whether a record of that area is in sight. What belongs to the whole office always is.
    #[must_use]
    pub fn sees(&self, area: &AreaCode) -> bool {
        area.0.is_empty()
            || match self {
                Scope::District => true,
                Scope::Areas(areas) => areas.contains(area),
            }
    }
}

/// A person with a login, as the server tells the device.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct User {
    /// Who.
    pub id: UserId,
    /// Login name.
    pub username: String,
    /// Full name, as it stands in minutes.
    pub name: String,
    /// What they are.
    pub role: Role,
    /// What they see.
    pub scope: Scope,
}

/// A colleague as everybody may know them: enough to say who did what.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Person {
    /// Who.
    pub id: UserId,
    /// Full name.
    pub name: String,
    /// What they are.
    pub role: Role,
}

impl Person {
    /// Reads a person record; its field `user` is the login's id.
    ///
    /// # Errors
    /// [`BadRecord`] when a field is missing or malformed.
    pub fn from_record(record: &Record) -> Result<Self, BadRecord> {
        Ok(Self {
            id: record.need("user")?,
            name: record.need("name")?,
            role: record.need("role")?,
        })
    }

    /// The record under which a login is known to devices.
    #[must_use]
    pub fn record_id(user: UserId) -> RecordId {
        RecordId::of_text(&format!("person {user}"))
    }
}
