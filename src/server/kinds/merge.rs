//! The three-way merge, field by field: the base the device had, what it wants, what stands here now.

use std::{borrow::Cow, collections::BTreeSet};

use serde_json::Value;

use crate::{
    domain::{
        Fields,
        kinds::{Merge, is_private, spec},
        record::overlay,
    },
    sync::wire::Mutation,
};

use super::{Change, Facts, Ruling, Verdict};

pub(super) fn merge<'a>(mutation: &'a Mutation, facts: &Facts<'_>, ruling: Ruling) -> Verdict<'a> {
    let disputed = mutation.fields.iter().filter(|(name, came)| {
        let value = ruling.amended.get(*name).unwrap_or(came);
        fights(name, value, facts)
    });
    let disputed: BTreeSet<String> = disputed.map(|(name, _)| name.clone()).collect();
    if !disputed.is_empty() {
        return Verdict::Conflict(disputed);
    }
    let (fields, amended) = merged(mutation, facts, &ruling.amended);
    // A device that made it knows no other area than its own, even when the record came here meanwhile under another name.
    let says_where = mutation.base_rev == 0 && !mutation.area.0.is_empty();
    let is_new = facts.present.is_none() || says_where;
    let moved = is_new && mutation.area != ruling.area
        || facts
            .present
            .is_some_and(|present| present.record.area != ruling.area);
    // Of what the device sent itself it may have given up a part meanwhile: it is told all the same.
    let untouched = facts
        .present
        .is_none_or(|present| present.record.rev <= mutation.base_rev);
    Verdict::Apply(Change {
        private: is_private(mutation.kind, &fields),
        fields,
        visit: None,
        touched: match facts.present {
            Some(_) => {
                let touched = mutation.fields.keys().chain(ruling.amended.keys());
                touched.cloned().collect()
            }
            // All that it has is of its first rev. What it has not, though a change took it away, is nowhere else.
            None => {
                let taken_away = mutation.fields.iter().filter(|(_, value)| value.is_null());
                taken_away.map(|(name, _)| name.clone()).collect()
            }
        },
        exact: untouched && !amended && !moved,
        area: ruling.area,
        owner: ruling.owner,
        audience: ruling.audience,
        parent: ruling.parent,
        submits: ruling.submits,
    })
}

/// All fields that there are then; and whether the server amended any, of which the device does not know.
fn merged<'a>(
    mutation: &'a Mutation,
    facts: &Facts<'_>,
    amendments: &Fields,
) -> (Cow<'a, Fields>, bool) {
    let takes_away = || mutation.fields.values().any(Value::is_null);
    if facts.present.is_none() && amendments.is_empty() && !takes_away() {
        return (Cow::Borrowed(&mutation.fields), false);
    }
    let mut fields = facts
        .present
        .map(|present| present.record.fields.clone())
        .unwrap_or_default();
    overlay(&mut fields, &mutation.fields);
    let amended = amendments
        .iter()
        .any(|(name, value)| fields.get(name).unwrap_or(&Value::Null) != value);
    overlay(&mut fields, amendments);
    (Cow::Owned(fields), amended)
}

/// Whether somebody else, since the base, gave this field a value that is not this one. What a device wrote itself it
/// knew of, even when the answer to it was lost on the way.
fn fights(name: &str, value: &Value, facts: &Facts<'_>) -> bool {
    let Some(present) = facts.present else {
        return false;
    };
    // What an answer was at a submission is for the server to say, see `visit::amend`, and so is what a visit comes to.
    let merge = spec(present.record.kind).map(|spec| (spec.merge)(name));
    merge == Some(Merge::Ask)
        && facts.others.contains(&present.field_rev(name))
        && present.record.fields.get(name).unwrap_or(&Value::Null) != value
}
