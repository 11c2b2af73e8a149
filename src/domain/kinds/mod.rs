//! The kinds of records, one file each, and the table of what sets them apart. What is common to all (push, pull, queue, rewind,
//! history, tally) reads the table; what is a kind's own stands in its file here, in `server/kinds` and in `store/kinds`.
//!
//! A new kind takes this, and the compiler or a test asks for each:
//!
//! | where | what |
//! |---|---|
//! | `domain/kind.rs` | its name |
//! | `domain/kinds/`: a file, and a line in [`SPECS`] | what sets it apart, and how its records read |
//! | `server/kinds/`: a file, and a line in `rules` | who may make and change its records, and how |
//! | `store/kinds/`: a file, and a line in `lists`; a step of the schema | its table on the device |
//! | `assets/locales/` | what it is called, in both languages |
//! | `src/sync/README.md` | its name in the list of kinds |
//! | `tests/fixtures/kinds/` | a golden record |
//! | `tests/it/access_table.rs` | who gets its records, and what becomes of each change, by role and place |
//! | `tests/it/one_decoder.rs` | who sends odd changes of it |
//!
//! Nothing asks for these: a use case of the device that makes its records, a screen, and the simulator's share. A visit's
//! history shows the changes of everything whose parent is the visit, to whoever sees the visit.

pub mod cooperative;
pub mod form;
pub mod person;
pub mod review;
pub mod visit;

use super::{Fields, Kind, Record, RecordId, record::BadRecord};

/// What sets a kind apart.
#[derive(Debug)]
pub struct KindSpec {
    /// Which kind.
    pub kind: Kind,
    /// The field that names the record it belongs to, and of which kind that is.
    pub parent: Option<(&'static str, Kind)>,
    /// Who makes its records.
    pub origin: Origin,
    /// A record is made once and never changed.
    pub is_append_only: bool,
    /// Whether only its owner sees a record with these fields.
    pub is_private: fn(&Fields) -> bool,
    /// How two values of a field become one, by its name.
    pub merge: fn(&str) -> Merge,
    /// Which fields of the owner's records go again to a server that lost them, by their names; none when none do.
    pub is_resent: Option<fn(&str) -> bool>,
    /// The visit that a record with these fields is about.
    pub visit: fn(RecordId, &Fields) -> Option<RecordId>,
    /// Its fields may name attachments.
    pub names_attachments: bool,
    /// Whether the record reads as its kind promises: server and device ask the same.
    ///
    /// # Errors
    /// [`BadRecord`] names the first field that is missing or malformed.
    pub read: fn(&Record) -> Result<(), BadRecord>,
    /// The message key of what it is called.
    pub words: &'static str,
}

/// Who makes the records of a kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Origin {
    /// The server alone: a device that sends a change of one is refused.
    Server,
    /// The register: the server, and whoever administers it on a device.
    Register,
    /// Devices.
    Device,
}

/// How two values of a field become one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Merge {
    /// Where both sides gave it another value, a person chooses.
    Ask,
    /// The server says what it is: it follows from other fields.
    Server,
}

/// Every kind that this program knows, in the order of [`Kind::ALL`].
pub static SPECS: [&KindSpec; Kind::ALL.len()] = [
    &person::SPEC,
    &form::SPEC,
    &cooperative::SPEC,
    &visit::SPEC,
    &review::SPEC,
];

/// What sets a kind apart; nothing of one that this program does not know.
#[must_use]
pub fn spec(kind: Kind) -> Option<&'static KindSpec> {
    SPECS.into_iter().find(|spec| spec.kind == kind)
}

/// Whether only its owner sees a record of a kind with these fields.
#[must_use]
pub fn is_private(kind: Kind, fields: &Fields) -> bool {
    spec(kind).is_some_and(|spec| (spec.is_private)(fields))
}

/// The visit that a record is about.
#[must_use]
pub fn visit_of(kind: Kind, id: RecordId, fields: &Fields) -> Option<RecordId> {
    spec(kind).and_then(|spec| (spec.visit)(id, fields))
}

/// The names of some kinds for a statement: each between spaces, so that `instr(?, ' ' || kind || ' ')` finds them.
#[must_use]
pub fn names_of(those: fn(&KindSpec) -> bool) -> String {
    let these = SPECS.into_iter().filter(|spec| those(spec));
    these.fold(" ".to_owned(), |names, spec| names + spec.kind.name() + " ")
}

/// The id that a field names.
#[must_use]
pub fn named(fields: &Fields, field: &str) -> Option<RecordId> {
    fields.get(field)?.as_str()?.parse().ok()
}

// What most kinds say.
fn never(_: &Fields) -> bool {
    false
}

fn no_visit(_: RecordId, _: &Fields) -> Option<RecordId> {
    None
}

fn ask(_: &str) -> Merge {
    Merge::Ask
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_every_kind_in_its_place() {
        assert_eq!(SPECS.map(|spec| spec.kind), Kind::ALL);
        for spec in SPECS {
            let parent = spec.parent.map(|(_, kind)| kind);
            assert!(parent.is_none_or(Kind::is_known), "{}", spec.kind);
        }
    }
}
