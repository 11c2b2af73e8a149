//! A published form version with its sheets. Born at the server, never changed.

use crate::domain::{Kind, Record, record::BadRecord};

use super::{KindSpec, Origin, ask, never, no_visit};

/// What sets forms apart.
pub const SPEC: KindSpec = KindSpec {
    kind: Kind::Form,
    parent: None,
    origin: Origin::Server,
    is_append_only: true,
    is_private: never,
    merge: ask,
    is_resent: None,
    visit: no_visit,
    names_attachments: false,
    read,
    words: "kind-form",
};

/// Name and version of a form, as they stand in its record.
///
/// # Errors
/// [`BadRecord`].
pub fn name_and_version(record: &Record) -> Result<(String, String), BadRecord> {
    Ok((record.need("form")?, record.need("version")?))
}

fn read(record: &Record) -> Result<(), BadRecord> {
    name_and_version(record).map(drop)
}
