//! What is synced: a record is an identity, an area that decides who sees it, and named fields that merge one by one.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{AreaCode, Kind, RecordId, UserId, json};

/// A record's fields by name. A name that is absent and a name whose value is null mean the same: empty.
pub type Fields = BTreeMap<String, Value>;

/// Bytes in one answer or one text; the server takes no longer one.
pub const TEXT_BYTES: usize = 20_000;

/// The same for a field on the screen, which counts in UTF-16: none of its units is more than three bytes.
pub const TEXT_LENGTH: usize = TEXT_BYTES / 3;

/// Bytes that a record's fields may come to, see [`bytes`]. The server takes no larger record, so a device must not call one
/// saved: a visit of 300 questions comes to some 20 kB.
pub const RECORD_BYTES: usize = 1_000_000;

/// Fields that a record may have.
pub const RECORD_FIELDS: usize = 10_000;

/// Bytes of fields that a device puts into one change of a record. The server takes larger ones, too.
pub const MUTATION_BYTES: usize = 400_000;

/// Bytes in the name of a field.
pub const NAME_BYTES: usize = 200;

/// A record as the server knows it at a revision.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Record {
    /// What it is.
    pub kind: Kind,
    /// Which one it is.
    pub id: RecordId,
    /// Where it belongs; empty for what belongs to the whole office.
    #[serde(default, skip_serializing_if = "is_office_wide")]
    pub area: AreaCode,
    /// The server's sequence number of its last change; 0 for a record the server has not seen.
    pub rev: u64,
    /// Whose it is: the officer of a visit, the supervisor of a review.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<UserId>,
    /// True when it is gone: the device drops it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deleted: bool,
    /// What it holds.
    pub fields: Fields,
}

fn is_office_wide(area: &AreaCode) -> bool {
    area.0.is_empty()
}

/// A record whose fields do not make the thing its kind promises.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{kind} {id}: field \"{field}\" is missing or malformed")]
pub struct BadRecord {
    /// What it is.
    pub kind: Kind,
    /// The record.
    pub id: RecordId,
    /// The field at fault.
    pub field: String,
}

impl Record {
    /// The error for a field that is not as it should be.
    #[must_use]
    pub fn bad(&self, field: &str) -> BadRecord {
        BadRecord {
            kind: self.kind,
            id: self.id,
            field: field.to_owned(),
        }
    }

    /// A text field; empty when absent or of another type.
    #[must_use]
    pub fn text(&self, field: &str) -> String {
        self.fields
            .get(field)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    }

    /// A field read as `T`, `None` when absent or null.
    ///
    /// # Errors
    /// [`BadRecord`] when it is there and is no `T`.
    pub fn read<T: serde::de::DeserializeOwned>(
        &self,
        field: &str,
    ) -> Result<Option<T>, BadRecord> {
        match self.fields.get(field) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => json::of(value).map(Some).map_err(|_| self.bad(field)),
        }
    }

    /// A field read as `T`.
    ///
    /// # Errors
    /// [`BadRecord`] when it is absent or no `T`.
    pub fn need<T: serde::de::DeserializeOwned>(&self, field: &str) -> Result<T, BadRecord> {
        self.read(field)?.ok_or_else(|| self.bad(field))
    }

    /// The fields whose names start with `prefix`, without it, in order of name; nulls left out.
    pub fn under<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a Value)> {
        self.fields
            .range(prefix.to_owned()..)
            .map_while(move |(name, value)| Some((name.strip_prefix(prefix)?, value)))
            .filter(|(_, value)| !value.is_null())
    }
}

/// Lays changes over fields: a null takes a field away.
pub fn overlay(fields: &mut Fields, changes: &Fields) {
    for (name, value) in changes {
        if value.is_null() {
            fields.remove(name);
        } else {
            fields.insert(name.clone(), value.clone());
        }
    }
}

/// What fields come to as the JSON that both sides store. A device compares what a record would come to with
/// [`RECORD_BYTES`] before it writes it.
///
/// ```
/// use anjangsana::domain::{Fields, record};
/// let fields = Fields::from([("a/nama".to_owned(), "Siti".into())]);
/// assert_eq!(record::bytes(&fields), r#"{"a/nama":"Siti"}"#.len());
/// ```
#[must_use]
pub fn bytes(fields: &Fields) -> usize {
    let each = fields.iter().map(|(name, value)| field_bytes(name, value));
    list_bytes(each)
}

/// What one field of [`bytes`] comes to, without the comma.
#[must_use]
pub fn field_bytes(name: &str, value: &Value) -> usize {
    text_bytes(name) + 1 + value_bytes(value)
}

fn value_bytes(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(true) => 4,
        Value::Bool(false) => 5,
        Value::Number(number) => number.to_string().len(),
        Value::String(text) => text_bytes(text),
        Value::Array(items) => list_bytes(items.iter().map(value_bytes)),
        Value::Object(members) => {
            list_bytes(members.iter().map(|(name, value)| field_bytes(name, value)))
        }
    }
}

/// Brackets, and commas between the items.
fn list_bytes(items: impl Iterator<Item = usize>) -> usize {
    let (count, bytes) = items.fold((0_usize, 0), |(count, sum), one| (count + 1, sum + one));
    2 + bytes + count.saturating_sub(1)
}

/// Quotes, and what JSON writes for a letter.
fn text_bytes(text: &str) -> usize {
    let letter = |byte: u8| match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 8 | 12 => 2,
        0..=0x1f => 6,
        _ => 1,
    };
    2 + text.bytes().map(letter).sum::<usize>()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
            "[\\x00-\\x7f]*".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            let items = prop::collection::vec(inner.clone(), 0..4);
            let members = prop::collection::btree_map(any::<String>(), inner, 0..4);
            prop_oneof![
                items.prop_map(Value::from),
                members.prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn the_bytes_of_fields_are_those_of_their_json(
            fields in prop::collection::btree_map(any::<String>(), value(), 0..6),
        ) {
            prop_assert_eq!(bytes(&fields), serde_json::to_string(&fields).unwrap().len());
        }
    }
}
