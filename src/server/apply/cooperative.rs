//! The rules of cooperatives: the register is the admin's.

use serde::Deserialize;

use crate::{
    domain::{
        StatusEntry, area::find_kecamatan, cooperative::ODS_FIELDS, person::Permission,
        time::parse_date,
    },
    sync::wire::Mutation,
};

use super::{Facts, Refusal, Ruling, need, shape};

pub(super) fn rule(mutation: &Mutation, facts: &Facts<'_>) -> Result<Ruling, Refusal> {
    need(facts.user.role, Permission::Administer)?;
    for (name, value) in &mutation.fields {
        if let Some(key) = name.strip_prefix("status/") {
            let dated = key
                .split_once('/')
                .is_some_and(|(date, source)| parse_date(date).is_some() && !source.is_empty());
            if !dated || !(value.is_null() || StatusEntry::deserialize(value).is_ok()) {
                return Err(Refusal::malformed(format!("{name}: no status entry")));
            }
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
        amended: crate::domain::Fields::new(),
        submits: false,
    })
}
