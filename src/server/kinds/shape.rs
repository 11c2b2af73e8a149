//! Sizes and names: what no record of any kind may exceed.

use serde_json::Value;

use crate::{
    domain::Stored,
    domain::{
        Fields,
        record::{self, NAME_BYTES, RECORD_BYTES, RECORD_FIELDS, TEXT_BYTES},
        visit::VOID,
    },
    sync::wire::Mutation,
};

use super::Refusal;

/// Bytes of a record beyond [`RECORD_BYTES`]: a device that has filled it still submits it, and the server writes down what
/// answers were.
const SLACK: usize = 100_000;
/// Bytes of fields in one mutation: a whole record, and as much again of what it takes away. A device sends less at a time,
/// see [`record::MUTATION_BYTES`].
const MUTATION_BYTES: usize = 2 * RECORD_BYTES;

pub(super) fn check_sizes(mutation: &Mutation) -> Result<(), Refusal> {
    for name in mutation.fields.keys() {
        if name.is_empty() || name.len() > NAME_BYTES || has_control(name) {
            return Err(Refusal::malformed(
                "a field's name is empty, too long or not a text",
            ));
        }
    }
    let bytes = record::bytes(&mutation.fields);
    if bytes > MUTATION_BYTES {
        return Err(Refusal::malformed(format!(
            "{bytes} bytes of fields; {MUTATION_BYTES} are taken"
        )));
    }
    Ok(())
}

/// A record as it would stand after a mutation. One that is too large already may become smaller, and may be withdrawn.
pub(super) fn check_record(
    fields: &Fields,
    mutation: &Mutation,
    present: Option<&Stored>,
) -> Result<(), Refusal> {
    let stood = || present.map(|stored| &stored.record.fields);
    let (count, bytes) = (fields.len(), record::bytes(fields));
    if count > RECORD_FIELDS && stood().is_none_or(|before| before.len() < count) {
        return Err(Refusal::malformed(format!(
            "{count} fields; a record has {RECORD_FIELDS} at most"
        )));
    }
    let withdraws = mutation.fields.keys().all(|name| name == VOID);
    let grows = || stood().is_none_or(|before| record::bytes(before) < bytes);
    if bytes > RECORD_BYTES + SLACK && !withdraws && grows() {
        return Err(Refusal::malformed(format!(
            "the record would come to {bytes} bytes; {RECORD_BYTES} are taken"
        )));
    }
    Ok(())
}

fn has_control(name: &str) -> bool {
    if name.is_ascii() {
        name.bytes().any(|byte| byte.is_ascii_control())
    } else {
        name.chars().any(char::is_control)
    }
}

/// A text of bearable length, or null.
pub(super) fn check_text(name: &str, value: &Value) -> Result<(), Refusal> {
    match value {
        Value::Null => Ok(()),
        Value::String(text) if text.len() <= TEXT_BYTES => Ok(()),
        Value::String(_) => Err(Refusal::malformed(format!(
            "{name}: longer than {TEXT_BYTES} bytes"
        ))),
        _ => Err(Refusal::malformed(format!("{name}: not a text"))),
    }
}

/// An object of bearable size, or null.
pub(super) fn check_object(name: &str, value: &Value) -> Result<(), Refusal> {
    if !value.is_null() && !value.is_object() {
        return Err(Refusal::malformed(format!("{name}: not an object")));
    }
    if record::field_bytes("", value) > TEXT_BYTES {
        return Err(Refusal::malformed(format!(
            "{name}: longer than {TEXT_BYTES} bytes"
        )));
    }
    Ok(())
}

/// A path of questions: names between slashes, none of them empty.
pub(super) fn check_path(name: &str, path: &str) -> Result<(), Refusal> {
    if path.split('/').all(|step| !step.is_empty()) {
        Ok(())
    } else {
        Err(Refusal::malformed(format!("{name}: not a path")))
    }
}
