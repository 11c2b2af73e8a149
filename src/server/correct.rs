//! A submitted visit's own numbers against what its form makes of its answers. What differs is put right in the record
//! and logged; what the device sent stays in the log of mutations.

use serde_json::{Value, json};

use crate::{
    domain::{
        Assessment, Fields, RecordId, Visit, VisitResult,
        assessment::{PROPOSAL, SCORE},
        status_rule::Search,
        visit::{WAS, answer_field, answer_value},
    },
    form::{Session, lookups::LastSaved, score},
};

/// What a session says that a visit comes to; `None` when its form has no score. Other visits to the cooperative are
/// asked for only where they matter.
///
/// # Errors
/// What asking for them gives.
pub fn result<E>(
    session: &Session,
    earlier: impl FnOnce() -> Result<Vec<Assessment>, E>,
) -> Result<Option<VisitResult>, E> {
    // The language is of no matter: an assessment has no words.
    let Some(scored) = score::score(session, "id") else {
        return Ok(None);
    };
    let score = scored.assessment;
    let earlier = match score.search {
        Some(Search::InVain | Search::Witnessed) => earlier()?,
        Some(Search::Found) | None => Vec::new(),
    };
    let proposal = score::proposal(session, &score, &earlier);
    Ok(Some(VisitResult { score, proposal }))
}

/// The fields of a submitted visit that its device computed otherwise than this session, with the right values. `before`
/// is the record as it stood.
///
/// # Errors
/// What asking for other visits gives.
pub fn corrections<E>(
    session: &Session,
    visit: &Visit,
    fields: &Fields,
    before: Option<&Fields>,
    earlier: impl FnOnce() -> Result<Vec<Assessment>, E>,
) -> Result<Fields, E> {
    let mut corrections = Fields::new();
    for (path, value) in session.changes_on_open() {
        let name = path.rsplit('/').next().unwrap_or_default();
        let element = session.form().question(name);
        if !element.is_some_and(|element| element.is_computed()) {
            continue;
        }
        let field = answer_field(path);
        let right = answer_value(value.as_deref());
        note(visit.id, path, fields.get(&field), &right);
        remember(&mut corrections, visit, path, (fields, before), &right);
        corrections.insert(field, right);
    }
    if LastSaved::of(session.form()).scores && fields.contains_key(SCORE) {
        // It hangs on a visit that only the device knows.
        return Ok(corrections);
    }
    let result = result(session, earlier)?;
    let (score, proposal) = match &result {
        Some(result) => (json!(result.score), json!(result.proposal)),
        None => (Value::Null, Value::Null),
    };
    for (name, right) in [(SCORE, score), (PROPOSAL, proposal)] {
        let theirs = fields.get(name);
        if theirs.unwrap_or(&Value::Null) != &right {
            note(visit.id, name, theirs, &right);
            corrections.insert(name.to_owned(), right);
        }
    }
    Ok(corrections)
}

/// Logs a difference. What the device did not send at all it did not compute wrongly: an older app knows no scores.
fn note(visit: RecordId, path: &str, device: Option<&Value>, server: &Value) {
    if let Some(device) = device.filter(|value| !value.is_null()) {
        tracing::warn!(%visit, path, %device, %server, "a device's number was corrected");
    }
}

/// Writes down what a computed answer was at the submission before this one, when it changes only here.
fn remember(
    corrections: &mut Fields,
    visit: &Visit,
    path: &str,
    (fields, before): (&Fields, Option<&Fields>),
    right: &Value,
) {
    let last = visit.last_submission().saturating_sub(1);
    let was = format!("{WAS}{last}/{path}");
    let stood = before
        .and_then(|before| before.get(&answer_field(path)))
        .unwrap_or(&Value::Null);
    if last > 0 && stood != right && !fields.contains_key(&was) {
        let stood = stood.as_str().unwrap_or_default();
        corrections.insert(was, json!(stood));
    }
}
