//! Identities: UUIDv7, made where a thing is born, from a time and randomness that the caller brings.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Millis;

/// Ten random bytes: all the randomness an identity needs beside its time.
pub type Entropy = [u8; 10];

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// A new identity, born at `now`.
            #[must_use]
            pub fn new(now: Millis, entropy: &Entropy) -> Self {
                let millis = u64::try_from(now.0).unwrap_or(0);
                Self(uuid::Builder::from_unix_timestamp_millis(millis, entropy).into_uuid())
            }

            /// Whether it is a UUIDv7, as [`Self::new`] makes them. An identity of a fixed text is not: only the server has
            /// those, and nobody else may take one.
            #[must_use]
            pub fn is_v7(self) -> bool {
                self.0.get_version_num() == 7 && self.0.get_variant() == uuid::Variant::RFC4122
            }

            /// The identity a fixed text always gives: for data that must not double when it is made again.
            #[must_use]
            pub fn of_text(text: &str) -> Self {
                use sha2::{Digest, Sha256};
                let mut bytes = [0u8; 16];
                for (to, from) in bytes.iter_mut().zip(Sha256::digest(text.as_bytes())) {
                    *to = from;
                }
                Self(uuid::Builder::from_custom_bytes(bytes).into_uuid())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
    };
}

id!(
    /// A synced record: a cooperative, a visit, a review, ...
    RecordId
);
id!(
    /// One change to one record; the server answers the same to it for ever.
    MutationId
);
id!(
    /// A person with a login.
    UserId
);
id!(
    /// One installation of the app for one user.
    DeviceId
);
