//! People with a login, what they may do, and which areas they see.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use crate::domain::{
    AreaCode, Kind, RecordId, UserId, json,
    name::{BadName, Name},
    record::{BadRecord, Record},
};

use super::{KindSpec, Origin, ask, never, no_visit};

/// What sets people apart.
pub const SPEC: KindSpec = KindSpec {
    kind: Kind::Person,
    parent: None,
    origin: Origin::Server,
    is_append_only: false,
    is_private: never,
    merge: ask,
    is_resent: None,
    visit: no_visit,
    names_attachments: false,
    read: |record| Person::from_record(record).map(drop),
    words: "kind-person",
};

/// What a person is in the office.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Deserialize)]
#[serde(from = "Name")]
pub enum Role {
    /// PPL: visits cooperatives.
    Officer,
    /// Kabid: reviews visits.
    Supervisor,
    /// Kepala Dinas: sees everything, and reviews the visits of supervisors.
    Head,
    /// Keeps the register, the accounts and the forms.
    Admin,
    /// One that a later server has: who has it only reads here.
    Other(Name),
}

impl Role {
    /// Every role that this program knows.
    pub const ALL: [Role; 4] = [Role::Officer, Role::Supervisor, Role::Head, Role::Admin];

    /// The name on the wire, in the databases and on the command line.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Role::Officer => "officer",
            Role::Supervisor => "supervisor",
            Role::Head => "head",
            Role::Admin => "admin",
            Role::Other(name) => name.as_str(),
        }
    }

    /// The role of that name, if this program knows it: for what the server grants.
    #[must_use]
    pub fn known(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }

    /// The role of that name.
    ///
    /// # Errors
    /// [`BadName`] when no role of any program has such a name.
    pub fn from_name(name: &str) -> Result<Self, BadName> {
        match Self::known(name) {
            Some(known) => Ok(known),
            None => Name::new(name).map(Role::Other),
        }
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
            Role::Officer | Role::Admin | Role::Other(_) => false,
        }
    }
}

impl From<Name> for Role {
    fn from(name: Name) -> Self {
        Self::known(name.as_str()).unwrap_or(Role::Other(name))
    }
}

impl std::str::FromStr for Role {
    type Err = BadName;

    fn from_str(text: &str) -> Result<Self, BadName> {
        Self::from_name(text)
    }
}

impl Serialize for Role {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
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
///
/// ```text
/// "district"                      the whole district
/// {"areas": ["19.03.01"]}         these kecamatan
/// {"villages": [..]}              of a later server: kept as it came
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Scope {
    /// The whole district.
    District,
    /// These kecamatan only.
    Areas(Vec<AreaCode>),
    /// One that a later server has, as JSON. A device shows what comes; a server shows nothing.
    Other(String),
}

/// How a scope that this program knows is written; how any is written between page and worker, which write by position.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Written {
    District,
    Areas(Vec<AreaCode>),
    Other(String),
}

impl From<Written> for Scope {
    fn from(written: Written) -> Self {
        match written {
            Written::District => Scope::District,
            Written::Areas(areas) => Scope::Areas(areas),
            Written::Other(json) => Scope::Other(json),
        }
    }
}

impl Serialize for Scope {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let written = match self {
            Scope::District => Written::District,
            Scope::Areas(areas) => Written::Areas(areas.clone()),
            Scope::Other(json) if serializer.is_human_readable() => {
                let value: Value = json::read(json).map_err(serde::ser::Error::custom)?;
                return value.serialize(serializer);
            }
            Scope::Other(json) => Written::Other(json.clone()),
        };
        written.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Scope {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if !deserializer.is_human_readable() {
            return Written::deserialize(deserializer).map(Scope::from);
        }
        let value = Value::deserialize(deserializer)?;
        Ok(match json::of::<Written>(&value) {
            Ok(known @ (Written::District | Written::Areas(_))) => known.into(),
            _ => Scope::Other(value.to_string()),
        })
    }
}

impl Scope {
    /// Whether a record of that area is in sight. What belongs to the whole office always is.
    #[must_use]
    pub fn sees(&self, area: &AreaCode) -> bool {
        area.0.is_empty()
            || match self {
                Scope::District => true,
                Scope::Areas(areas) => areas.contains(area),
                Scope::Other(_) => false,
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
