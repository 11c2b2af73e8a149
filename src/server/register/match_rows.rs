//! Which cooperative a row is about: by its NIK Koperasi, else by the number of its deed, else by name and village.

use std::collections::HashMap;

use crate::domain::{Record, RecordId};

use super::row::{Candidate, DEED, DESA, NAME, NIK, plain};

/// One way to know a cooperative.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Key {
    Nik(String),
    Deed(String),
    /// Name, village and kecamatan.
    Name(String, String, String),
}

impl Key {
    fn column(&self) -> &'static str {
        match self {
            Key::Nik(_) => NIK,
            Key::Deed(_) => DEED,
            Key::Name(..) => NAME,
        }
    }
}

/// The strongest first. A register without numbers still has names and villages.
fn keys(text: impl Fn(&str) -> String, area: &str) -> Vec<Key> {
    let (nik, deed) = (text(NIK), plain(&text(DEED)));
    let mut keys = Vec::new();
    if !nik.is_empty() {
        keys.push(Key::Nik(nik));
    }
    if !deed.is_empty() {
        keys.push(Key::Deed(deed));
    }
    keys.push(Key::Name(
        plain(&text(NAME)),
        plain(&text(DESA)),
        area.to_owned(),
    ));
    keys
}

/// Why a row is about no cooperative of its own.
pub(super) struct Doubled {
    pub(super) column: &'static str,
    pub(super) text: String,
}

/// The cooperatives that are there, by every way to know them.
pub(super) struct Register {
    ids: HashMap<Key, RecordId>,
    niks: HashMap<RecordId, String>,
    deeds: HashMap<RecordId, String>,
    /// The rows of this file that were taken.
    rows: HashMap<RecordId, u32>,
}

impl Register {
    pub(super) fn of(records: impl Iterator<Item = Record>) -> Self {
        let mut register = Self {
            ids: HashMap::new(),
            niks: HashMap::new(),
            deeds: HashMap::new(),
            rows: HashMap::new(),
        };
        for record in records {
            let keys = keys(|field| record.text(field), &record.area.0);
            register.note(record.id, keys);
        }
        register
    }

    fn note(&mut self, id: RecordId, keys: Vec<Key>) {
        for key in keys {
            match &key {
                Key::Nik(nik) => drop(self.niks.insert(id, nik.clone())),
                Key::Deed(deed) => drop(self.deeds.insert(id, deed.clone())),
                Key::Name(..) => {}
            }
            self.ids.entry(key).or_insert(id);
        }
    }

    /// The cooperative that a row is about; `None` for one that is not there yet.
    pub(super) fn find(&self, row: &Candidate) -> Result<Option<RecordId>, Doubled> {
        let keys = keys(|column| row.text(column).to_owned(), &row.area.0);
        let found = keys.iter().find_map(|key| {
            let id = *self.ids.get(key)?;
            (!self.speaks_against(id, &keys)).then_some((id, key))
        });
        let Some((id, key)) = found else {
            return Ok(None);
        };
        match self.rows.get(&id) {
            None => Ok(Some(id)),
            Some(earlier) => Err(Doubled {
                column: key.column(),
                text: format!("the same cooperative as row {earlier}"),
            }),
        }
    }

    /// Two cooperatives may share a name and a village, but not with different numbers.
    fn speaks_against(&self, id: RecordId, keys: &[Key]) -> bool {
        let differs = |known: Option<&String>, said: &String| known.is_some_and(|one| one != said);
        let nik_agrees = keys
            .iter()
            .any(|key| matches!(key, Key::Nik(nik) if self.niks.get(&id) == Some(nik)));
        keys.iter().any(|key| match key {
            Key::Nik(nik) => differs(self.niks.get(&id), nik),
            // A deed may be renewed: the NIK is the stronger word.
            Key::Deed(deed) => !nik_agrees && differs(self.deeds.get(&id), deed),
            Key::Name(..) => false,
        })
    }

    /// Notes that a row of this file is that cooperative.
    pub(super) fn take(&mut self, id: RecordId, row: u32, candidate: &Candidate) {
        let keys = keys(
            |column| candidate.text(column).to_owned(),
            &candidate.area.0,
        );
        self.note(id, keys);
        self.rows.insert(id, row);
    }
}
