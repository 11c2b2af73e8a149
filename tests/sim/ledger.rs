//! What people were told is saved, and what they decided: what the end is measured by.

use std::collections::{BTreeMap, BTreeSet};

use anjangsana::domain::{AttachmentName, MutationId, RecordId};

/// A value that somebody was told is saved.
pub(crate) struct Said {
    pub(crate) phone: usize,
    pub(crate) visit: RecordId,
    /// A field of the visit, or `review/<submission>`.
    pub(crate) field: String,
    pub(crate) value: String,
    /// A person took the server's value instead.
    pub(crate) given_up: bool,
}

#[derive(Default)]
pub(crate) struct Ledger {
    pub(crate) said: Vec<Said>,
    /// Every visit that somebody began, and whose it is among the people.
    pub(crate) visits: BTreeMap<RecordId, usize>,
    /// Mutations that a person decided about: sent again, or given up for the server's data.
    pub(crate) decided: BTreeSet<MutationId>,
    /// By phone and visit: changes that a person gave up.
    pub(crate) given_up: BTreeSet<(usize, RecordId)>,
    /// By phone and visit: a change that a person was asked about goes on under another name.
    pub(crate) renamed: BTreeSet<(usize, RecordId)>,
    /// Visits whose submission was refused and taken back, to be fixed.
    pub(crate) fixed: BTreeSet<RecordId>,
    /// Phones whose people have nothing left to look after.
    pub(crate) tidied: BTreeSet<usize>,
    pub(crate) count: u64,
    /// Every photo that was ever taken.
    pub(crate) photos: BTreeMap<AttachmentName, Vec<u8>>,
    /// Photos that went down with a phone.
    pub(crate) sunk: BTreeSet<AttachmentName>,
    /// Records that vanished from a phone while the server had them.
    pub(crate) mislaid: BTreeSet<RecordId>,
    /// Records of which something went down with a phone.
    pub(crate) sunk_records: BTreeSet<RecordId>,
}

impl Ledger {
    pub(crate) fn say(&mut self, phone: usize, visit: RecordId, field: String, value: String) {
        self.said.push(Said {
            phone,
            visit,
            field,
            value,
            given_up: false,
        });
    }
}
