//! The rules of reviews: one word of a supervisor on one submission, never changed.

use crate::{
    domain::{AreaCode, Decision, Kind, Record, Review, Visit, VisitState, person::Permission},
    sync::wire::Mutation,
};

use super::{Facts, Refusal, Ruling, need, shape};

/// Every field a review has.
const FIELDS: [&str; 6] = ["visit", "submission", "decision", "notes", "note", "mark"];

pub(super) fn rule(mutation: &Mutation, facts: &Facts<'_>) -> Result<Ruling, Refusal> {
    let user = facts.user;
    need(user.role, Permission::Review)?;
    if let Some(present) = facts.present {
        // The same word once more, under another name: the first name came late, when its device had given it up.
        if present.record.owner == Some(user.id) && present.record.fields == mutation.fields {
            return Ok(Ruling {
                area: present.record.area.clone(),
                owner: present.record.owner,
                audience: present.audience,
                parent: present.parent,
                amended: crate::domain::Fields::new(),
                submits: false,
            });
        }
        return Err(Refusal::state("a review is never changed"));
    }
    if let Some(name) = mutation
        .fields
        .keys()
        .find(|name| !FIELDS.contains(&name.as_str()))
    {
        return Err(Refusal::malformed(format!("{name}: no field of a review")));
    }
    let review = Review::from_record(&Record {
        kind: Kind::Review,
        id: mutation.record,
        area: AreaCode::default(),
        rev: 0,
        owner: Some(user.id),
        deleted: false,
        fields: mutation.fields.clone(),
    })
    .map_err(|bad| Refusal::malformed(bad.to_string()))?;
    if review.mark.by != user.id {
        return Err(Refusal::forbidden("signed by somebody else"));
    }
    for (path, note) in &review.notes {
        shape::check_path("notes", path)?;
        if note.len() > shape::TEXT_BYTES {
            return Err(Refusal::malformed("a note is too long"));
        }
    }
    let record = facts
        .parent
        .ok_or_else(|| Refusal::unknown("the visit is unknown"))?;
    let visit = Visit::from_record(record).map_err(|bad| Refusal::state(bad.to_string()))?;
    let state = visit.state(&facts.reviews);
    // A draft is nobody's business but its owner's: not even that it exists.
    if visit.last_submission() == 0 {
        return Err(Refusal::unknown("the visit is unknown"));
    }
    if !user.scope.sees(&visit.area) {
        return Err(Refusal::forbidden("the visit lies outside your areas"));
    }
    if state != VisitState::Submitted {
        return Err(Refusal::state(format!("the visit is {}", state.name())));
    }
    if review.submission != visit.last_submission() {
        return Err(Refusal::state(format!(
            "submission {} is not the last, {}",
            review.submission,
            visit.last_submission()
        )));
    }
    if review.decision == Decision::Return && review.count_notes() == 0 {
        return Err(Refusal::malformed("a visit is returned with a note"));
    }
    Ok(Ruling {
        area: visit.area.clone(),
        owner: Some(user.id),
        audience: Some(visit.owner),
        parent: Some(visit.id),
        amended: crate::domain::Fields::new(),
        submits: false,
    })
}
