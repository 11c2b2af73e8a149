//! Sizes and names: what no record of any kind may exceed.

use serde_json::Value;

use crate::{
    domain::record::{MUTATION_BYTES, NAME_BYTES, TEXT_BYTES},
    server::sqlite::record::Stored,
    sync::wire::Mutation,
};

use super::Refusal;

/// Fields in one record.
const FIELDS: usize = 10_000;

pub(super) fn check_sizes(mutation: &Mutation, present: Option<&Stored>) -> Result<(), Refusal> {
    let mut bytes = 0;
    for (name, value) in &mutation.fields {
        if name.is_empty() || name.len() > NAME_BYTES || has_control(name) {
            return Err(Refusal::malformed(
                "a field's name is empty, too long or not a text",
            ));
        }
        bytes += name.len() + size(value);
    }
    if bytes > MUTATION_BYTES {
        return Err(Refusal::malformed(format!(
            "{bytes} bytes of fields; {MUTATION_BYTES} are taken"
        )));
    }
    let fields = mutation.fields.len() + present.map_or(0, |stored| stored.record.fields.len());
    if fields > FIELDS {
        return Err(Refusal::malformed(format!("more than {FIELDS} fields")));
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
    if size(value) > TEXT_BYTES {
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

fn size(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(size).sum::<usize>() + items.len(),
        Value::Object(members) => members
            .iter()
            .map(|(name, member)| name.len() + size(member) + 2)
            .sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) => 8,
    }
}
