//! What a record is. The list is open: a server may have kinds that this program does not know yet.

use serde::{Deserialize, Serialize, Serializer};

use super::name::{BadName, Name};

/// Declares [`Kind`]: each kind that this program knows with its name.
macro_rules! kinds {
    ($($(#[$doc:meta])+ $kind:ident = $name:literal,)+) => {
        /// What a record is.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Deserialize)]
        #[serde(from = "Name")]
        pub enum Kind {
            $($(#[$doc])+ $kind,)+
            /// One that a later program has. A device keeps such a record as it came and shows it once it knows the kind; a
            /// server takes no change of one.
            Other(Name),
        }

        impl Kind {
            /// Every kind that this program knows.
            pub const ALL: [Kind; [$($name),+].len()] = [$(Kind::$kind),+];

            /// The name on the wire and in the databases.
            #[must_use]
            pub fn name(&self) -> &str {
                match self {
                    $(Kind::$kind => $name,)+
                    Kind::Other(name) => name.as_str(),
                }
            }
        }
    };
}

kinds! {
    /// Somebody with a login: name and role, for showing who did what. Born at the server.
    Person = "person",
    /// A published form version with its sheets. Born at the server, never changed.
    Form = "form",
    /// A cooperative of the register.
    Cooperative = "cooperative",
    /// A visit to a cooperative.
    Visit = "visit",
    /// A supervisor's word on one submission of a visit. Never changed.
    Review = "review",
}

impl Kind {
    /// The kind of that name.
    ///
    /// # Errors
    /// [`BadName`] when no kind of any program has such a name.
    pub fn from_name(name: &str) -> Result<Self, BadName> {
        match Self::ALL.into_iter().find(|kind| kind.name() == name) {
            Some(known) => Ok(known),
            None => Name::new(name).map(Kind::Other),
        }
    }

    /// Whether this program knows what such a record holds.
    #[must_use]
    pub fn is_known(self) -> bool {
        !matches!(self, Kind::Other(_))
    }
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl std::str::FromStr for Kind {
    type Err = BadName;

    fn from_str(text: &str) -> Result<Self, BadName> {
        Self::from_name(text)
    }
}

impl From<Name> for Kind {
    fn from(name: Name) -> Self {
        let known = Self::ALL
            .into_iter()
            .find(|kind| kind.name() == name.as_str());
        known.unwrap_or(Kind::Other(name))
    }
}

impl Serialize for Kind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_read_as_it_was_written_known_or_not() {
        let plan = Kind::from_name("plan").unwrap();
        assert!(!plan.is_known());
        for kind in Kind::ALL.into_iter().chain([plan]) {
            let text = serde_json::to_string(&kind).unwrap();
            assert_eq!(text, format!("\"{}\"", kind.name()));
            assert_eq!(serde_json::from_str::<Kind>(&text).unwrap(), kind);
            assert_eq!(Kind::from_name(kind.name()), Ok(kind));
            assert!(
                Name::new(kind.name()).is_ok(),
                "a name that protocol 1 allows"
            );
        }
    }
}
