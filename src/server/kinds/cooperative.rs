//! The rules of cooperatives: the register is the admin's.

use serde_json::Value;

use crate::{
    domain::{
        Fields, StatusEntry,
        area::find_kecamatan,
        cooperative::{ODS_FIELDS, STATUS},
        json,
        person::Permission,
        time::parse_date,
    },
    sync::wire::Mutation,
};

use super::{Facts, Refusal, Rules, Ruling, clean, need, nothing, shape};

pub(super) const RULES: Rules = Rules {
    gather: nothing,
    rule,
};

fn rule(mutation: &Mutation, facts: &Facts<'_>) -> Result<Ruling, Refusal> {
    need(facts.user.role, Permission::Administer)?;
    let mut amended = broken_entries(facts);
    for (name, value) in &mutation.fields {
        if let Some(key) = name.strip_prefix(STATUS) {
            status(&mut amended, name, key, value)?;
        } else if ODS_FIELDS.contains(&name.as_str()) {
            shape::check_text(name, value)?;
        } else {
            return Err(Refusal::malformed(format!(
                "{name}: no field of a cooperative"
            )));
        }
    }
    let named = mutation.fields.get("Koperasi");
    let is_new = facts.present.is_none();
    if named.map_or(is_new, |name| name.as_str().is_none_or(str::is_empty)) {
        return Err(Refusal::malformed("a cooperative has a name"));
    }
    let area = match (mutation.fields.get("Kecamatan"), facts.present) {
        (Some(place), _) => place
            .as_str()
            .and_then(find_kecamatan)
            .map(|kecamatan| kecamatan.code.clone()),
        (None, Some(present)) => Some(present.record.area.clone()),
        (None, None) => find_kecamatan(&mutation.area.0).map(|kecamatan| kecamatan.code.clone()),
    }
    .ok_or_else(|| Refusal::malformed("the kecamatan is unknown"))?;
    let sees = facts
        .present
        .is_none_or(|present| facts.user.scope.sees(&present.record.area));
    if !sees || !facts.user.scope.sees(&area) {
        return Err(Refusal::forbidden(
            "the cooperative lies outside your areas",
        ));
    }
    Ok(Ruling {
        area,
        owner: facts.present.and_then(|present| present.record.owner),
        audience: None,
        parent: None,
        amended,
        submits: false,
    })
}

fn status(amended: &mut Fields, name: &str, key: &str, value: &Value) -> Result<(), Refusal> {
    let bad = || Refusal::malformed(format!("{name}: no status entry"));
    let (date, source) = key.split_once('/').ok_or_else(bad)?;
    if parse_date(date).is_none() || source.is_empty() {
        return Err(bad());
    }
    amended.remove(name);
    if value.is_null() {
        return Ok(());
    }
    shape::check_object(name, value)?;
    let entry: StatusEntry = json::of(value).map_err(|_| bad())?;
    if entry.date != date {
        return Err(bad());
    }
    clean(amended, name, value, &entry)
}

/// Entries of the status history that nobody can read: a change of the admin takes them away.
fn broken_entries(facts: &Facts<'_>) -> Fields {
    let record = facts.present.map(|present| &present.record);
    let entries = record.into_iter().flat_map(|record| record.under(STATUS));
    entries
        .filter(|(_, value)| json::of::<StatusEntry>(value).is_err())
        .map(|(key, _)| (format!("{STATUS}{key}"), Value::Null))
        .collect()
}
