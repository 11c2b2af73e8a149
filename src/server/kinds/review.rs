//! The rules of reviews: one word of a supervisor on one submission, never changed.

use crate::{
    domain::{
        AreaCode, Decision, Fields, Kind, Record, RecordId, Review, Role, User, Visit, VisitState,
        record::TEXT_BYTES, review::may_review,
    },
    server::repo::{Error, Tx},
    sync::wire::Mutation,
};

use super::{Around, Facts, Known, Refusal, Rules, Ruling, clean, shape};

pub(super) const RULES: Rules = Rules { gather, rule };

/// Every field a review has.
const FIELDS: [&str; 6] = ["visit", "submission", "decision", "notes", "note", "mark"];

/// The role that the visit's officer has now, and what was said about the visit already.
fn gather(tx: &dyn Tx, _: &User, _: &Mutation, (_, visit): Known<'_>) -> Result<Around, Error> {
    let Some(visit) = visit else {
        return Ok(Around::default());
    };
    let officer = match visit.owner {
        Some(officer) => tx.role_of(officer)?,
        None => None,
    };
    Ok(Around {
        officer,
        reviews: of_visit(tx, visit.id)?,
        ..Around::default()
    })
}

/// The reviews of a visit, oldest first. One that does not read is passed over, as on every device.
///
/// # Errors
/// When the database fails.
pub fn of_visit(tx: &dyn Tx, visit: RecordId) -> Result<Vec<Review>, Error> {
    Ok(tx
        .children(visit)?
        .iter()
        .filter(|stored| stored.record.kind == Kind::Review)
        .filter_map(|stored| Review::from_record(&stored.record).ok())
        .collect())
}

fn rule(mutation: &Mutation, facts: &Facts<'_>) -> Result<Ruling, Refusal> {
    let user = facts.user;
    if !user.role.reviews(Some(Role::Supervisor)) {
        return Err(Refusal::forbidden("this role may not do that"));
    }
    let review = understand(mutation, user)?;
    let amended = cleaned(mutation, &review)?;
    if let Some(present) = facts.present {
        // The same word once more, under another name: the first name came late, when its device had given it up.
        let stands = Review::from_record(&present.record);
        if present.record.owner == Some(user.id) && stands.as_ref() == Ok(&review) {
            return Ok(Ruling::of_present(present, amended));
        }
        return Err(Refusal::state("a review is never changed"));
    }
    if review.mark.by != user.id {
        return Err(Refusal::forbidden("signed by somebody else"));
    }
    let record = facts
        .parent
        .ok_or_else(|| Refusal::unknown("the visit is unknown"))?;
    let visit = Visit::from_record(record).map_err(|bad| Refusal::state(bad.to_string()))?;
    let state = visit.state(&facts.around.reviews);
    // A draft is nobody's business but its owner's: not even that it exists.
    if visit.last_submission() == 0 {
        return Err(Refusal::unknown("the visit is unknown"));
    }
    if !may_review(user, &visit, facts.around.officer) {
        return Err(Refusal::forbidden("not this person's to review"));
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
    if review.decision == Decision::Return && !review.has_note() {
        return Err(Refusal::malformed("a visit is returned with a note"));
    }
    Ok(Ruling {
        area: visit.area.clone(),
        owner: Some(user.id),
        audience: Some(visit.owner),
        parent: Some(visit.id),
        amended,
        submits: false,
    })
}

/// The review that a mutation writes.
fn understand(mutation: &Mutation, user: &User) -> Result<Review, Refusal> {
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
    if let Some(note) = mutation.fields.get("note") {
        shape::check_text("note", note)?;
    }
    let texts = review.notes.values().chain([&review.mark.reason]);
    if texts.into_iter().any(|text| text.len() > TEXT_BYTES) {
        return Err(Refusal::malformed("a note is too long"));
    }
    for path in review.notes.keys() {
        shape::check_path("notes", path)?;
    }
    Ok(review)
}

/// Its fields as they were understood, where they came otherwise.
fn cleaned(mutation: &Mutation, review: &Review) -> Result<Fields, Refusal> {
    let mut amended = Fields::new();
    for (name, came) in &mutation.fields {
        let amended = &mut amended;
        match name.as_str() {
            "visit" => clean(amended, name, came, &review.visit)?,
            "decision" => clean(amended, name, came, &review.decision)?,
            "notes" if !came.is_null() => clean(amended, name, came, &review.notes)?,
            "mark" => clean(amended, name, came, &review.mark)?,
            // Numbers and texts are what they are.
            _ => {}
        }
    }
    Ok(amended)
}
