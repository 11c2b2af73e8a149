//! Records of one kind on their way to a device, by column: what they have in common is said once. A page of visits is a third
//! of the JSON so, and half of the bytes when it is compressed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::domain::{AreaCode, Fields, Kind, Record, RecordId, UserId};

/// Records that are not gone, by revision. Every list has one entry for each of them.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Packed<V = Value> {
    /// What they all are.
    pub kind: Kind,
    /// Which ones.
    pub ids: Vec<RecordId>,
    /// Where they belong.
    pub areas: Vec<AreaCode>,
    /// Their revisions, each less the one before it.
    pub revs: Vec<u64>,
    /// Whose they are.
    pub owners: Vec<Option<UserId>>,
    /// The fields that many of them have: null for one that has it not.
    pub columns: BTreeMap<String, Vec<Option<V>>>,
    /// The other fields of each; empty when none has others.
    #[serde(default = "Vec::new", skip_serializing_if = "Vec::is_empty")]
    pub rest: Vec<BTreeMap<String, V>>,
}

/// A list has not one entry for each record: this is not what our server sends.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("packed records whose lists are not of the same length")]
pub struct Uneven;

impl<V> Packed<V> {
    /// Packs records of a kind, which must come by revision.
    #[must_use]
    pub fn of(kind: Kind, records: Vec<Loose<V>>) -> Self {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for name in records.iter().flat_map(|record| record.fields.keys()) {
            if let Some(count) = counts.get_mut(name) {
                *count += 1;
            } else {
                counts.insert(name.clone(), 1);
            }
        }
        // A null in a column takes about as much as half a name.
        let many = records.len().div_ceil(2);
        let column = || Vec::with_capacity(records.len());
        let columns = counts.into_iter().filter(|(_, count)| *count >= many);
        let mut packed = Self {
            kind,
            ids: Vec::with_capacity(records.len()),
            areas: Vec::with_capacity(records.len()),
            revs: Vec::with_capacity(records.len()),
            owners: Vec::with_capacity(records.len()),
            columns: columns.map(|(name, _)| (name, column())).collect(),
            rest: Vec::with_capacity(records.len()),
        };
        let mut before = 0;
        for mut record in records {
            for (name, column) in &mut packed.columns {
                column.push(record.fields.remove(name));
            }
            packed.ids.push(record.id);
            packed.areas.push(record.area);
            packed.revs.push(record.rev.saturating_sub(before));
            packed.owners.push(record.owner);
            packed.rest.push(record.fields);
            before = record.rev;
        }
        if packed.rest.iter().all(BTreeMap::is_empty) {
            packed.rest.clear();
        }
        packed
    }
}

impl Packed {
    /// Adds the records to others.
    ///
    /// # Errors
    /// [`Uneven`]; what was added by then must not be used.
    pub fn unpack(self, into: &mut Vec<Record>) -> Result<(), Uneven> {
        let mut columns: Vec<_> = self
            .columns
            .into_iter()
            .map(|(name, column)| (name, column.into_iter()))
            .collect();
        let (mut areas, mut revs, mut owners) = (
            self.areas.into_iter(),
            self.revs.into_iter(),
            self.owners.into_iter(),
        );
        let has_rest = !self.rest.is_empty();
        let mut rest = self.rest.into_iter();
        let mut rev: u64 = 0;
        for id in self.ids {
            let mut fields: Fields = if has_rest {
                rest.next().ok_or(Uneven)?
            } else {
                Fields::new()
            };
            for (name, column) in &mut columns {
                if let Some(value) = column.next().ok_or(Uneven)? {
                    fields.insert(name.clone(), value);
                }
            }
            rev = rev.saturating_add(revs.next().ok_or(Uneven)?);
            into.push(Record {
                kind: self.kind,
                id,
                area: areas.next().ok_or(Uneven)?,
                rev,
                owner: owners.next().ok_or(Uneven)?,
                deleted: false,
                fields,
            });
        }
        Ok(())
    }
}

/// A record before it is packed.
#[derive(Clone, PartialEq, Debug)]
pub struct Loose<V> {
    /// Which one.
    pub id: RecordId,
    /// Where it belongs.
    pub area: AreaCode,
    /// The revision of its last change.
    pub rev: u64,
    /// Whose it is.
    pub owner: Option<UserId>,
    /// What it holds.
    pub fields: BTreeMap<String, V>,
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use serde_json::json;

    fn record(name: &str, rev: u64, fields: Value) -> Record {
        Record {
            kind: Kind::Visit,
            id: RecordId::of_text(name),
            area: AreaCode("19.03.01".to_owned()),
            rev,
            owner: rev.is_multiple_of(2).then(|| UserId::of_text("petugas1")),
            deleted: false,
            fields: serde_json::from_value(fields).unwrap(),
        }
    }

    fn pack(records: &[Record]) -> Packed {
        let loose = |record: &Record| Loose {
            id: record.id,
            area: record.area.clone(),
            rev: record.rev,
            owner: record.owner,
            fields: record.fields.clone(),
        };
        Packed::of(Kind::Visit, records.iter().map(loose).collect())
    }

    #[test]
    fn what_is_packed_comes_out_as_it_went_in() {
        let records = [
            record(
                "one",
                7,
                json!({"a/x": "ya", "a/y": "1", "created": {"at": 1}}),
            ),
            record("two", 9, json!({"a/x": "tidak", "submission/1": {"at": 2}})),
            record("three", 900, json!({"a/x": "ya", "a/y": "3"})),
            record("bare", 901, json!({})),
        ];
        let packed = pack(&records);
        assert_eq!(packed.revs, [7, 2, 891, 1]);
        assert!(packed.columns.contains_key("a/y"), "every second has it");
        assert!(!packed.columns.contains_key("submission/1"), "one has it");
        let text = serde_json::to_string(&packed).unwrap();
        let back: Packed = serde_json::from_str(&text).unwrap();
        let mut unpacked = Vec::new();
        back.unpack(&mut unpacked).unwrap();
        assert_eq!(unpacked, records);
    }

    #[test]
    fn lists_of_different_lengths_are_an_error() {
        let records = [
            record("one", 7, json!({"a/x": "ya"})),
            record("two", 8, json!({"a/x": "ya", "a/z": "1"})),
        ];
        let whole = pack(&records);
        let shorten: [fn(&mut Packed); 5] = [
            |packed| packed.areas.truncate(1),
            |packed| packed.revs.truncate(1),
            |packed| packed.owners.truncate(1),
            |packed| {
                packed
                    .columns
                    .values_mut()
                    .for_each(|column| column.truncate(1))
            },
            |packed| packed.rest = vec![Fields::new()],
        ];
        for shorten in shorten {
            let mut packed = whole.clone();
            shorten(&mut packed);
            assert_eq!(packed.unpack(&mut Vec::new()), Err(Uneven));
        }
    }
}
