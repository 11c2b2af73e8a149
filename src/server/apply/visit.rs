//! The rules of visits: who may do what to which field in which state.

use serde::Deserialize;
use serde_json::Value;

use crate::{
    domain::{
        Fields, Mark, RecordId, Role, Visit, VisitState,
        assessment::{PROPOSAL, SCORE},
        person::Permission,
        record::TEXT_BYTES,
        visit::{
            ANSWER, CREATED, LEFT, LOOKED_UP, Leftover, LookedUp, SUBMISSION, VOID, WAS,
            WITH_SUBMISSION, answer_field,
        },
    },
    form::compare_versions,
    sync::wire::Mutation,
};

use super::{Facts, Refusal, Ruling, need, shape};

const COOPERATIVE: &str = "cooperative";
const FORM: &str = "form";
const FORM_VERSION: &str = "form_version";

/// A field of a mutation, understood.
enum Part {
    /// Fixed at creation.
    Header,
    Answer,
    /// What an answer was at a submission.
    Was(u32),
    Submission(u32, Mark),
    /// What comes with a submission: what the visit came to, as the device has it, which the server computes again; and what
    /// its form looked up.
    Result,
    Void(Mark),
    /// What a newer version of the form had no place for.
    Left,
}

pub(super) fn rule(mutation: &Mutation, facts: &Facts<'_>) -> Result<Ruling, Refusal> {
    let parts = mutation
        .fields
        .iter()
        .map(|(name, value)| Ok((name.as_str(), value, part(name, value)?)))
        .collect::<Result<Vec<_>, Refusal>>()?;
    match facts.present {
        None => create(mutation, facts, &parts),
        Some(present) => {
            let visit = Visit::from_record(&present.record)
                .map_err(|bad| Refusal::state(bad.to_string()))?;
            change(mutation, facts, &visit, &parts)
        }
    }
}

type Parts<'a> = [(&'a str, &'a Value, Part)];

fn create(mutation: &Mutation, facts: &Facts<'_>, parts: &Parts<'_>) -> Result<Ruling, Refusal> {
    let user = facts.user;
    need(user.role, Permission::Visit)?;
    let header = |name: &str| {
        mutation
            .fields
            .get(name)
            .ok_or_else(|| Refusal::malformed(format!("{name} is missing")))
    };
    let cooperative: RecordId = read(COOPERATIVE, header(COOPERATIVE)?)?;
    for name in [FORM, FORM_VERSION] {
        let text: String = read(name, header(name)?)?;
        if text.is_empty() {
            return Err(Refusal::malformed(format!("{name} is empty")));
        }
    }
    let created: Mark = read(CREATED, header(CREATED)?)?;
    own(user, &created)?;
    let parent = facts
        .parent
        .ok_or_else(|| Refusal::unknown("the cooperative is unknown"))?;
    // The cooperative may have moved since, or the officer: no work is lost by a change of place. The area is the one
    // that the server knows, whatever the device says.
    if !facts.in_sight {
        return Err(Refusal::forbidden(
            "the cooperative lies outside your areas",
        ));
    }
    let mut submits = false;
    for (_, _, part) in parts {
        match part {
            Part::Header | Part::Answer | Part::Left => {}
            Part::Submission(number, mark) => {
                own(user, mark)?;
                follows(*number, 0)?;
                submits = true;
            }
            Part::Result => {}
            Part::Void(mark) => own(user, mark)?,
            Part::Was(..) => return Err(Refusal::state("never submitted, so nothing was")),
        }
    }
    Ok(Ruling {
        area: parent.area.clone(),
        owner: Some(user.id),
        audience: None,
        parent: Some(cooperative),
        amended: lone_result(mutation, submits, None),
        submits,
    })
}

fn change(
    mutation: &Mutation,
    facts: &Facts<'_>,
    visit: &Visit,
    parts: &Parts<'_>,
) -> Result<Ruling, Refusal> {
    let user = facts.user;
    let present = facts.present.map(|stored| &stored.record.fields);
    let stands = |name: &str| present.and_then(|fields| fields.get(name));
    let is_owner = visit.owner == user.id;
    let is_admins_void = user.role == Role::Admin
        && !parts.is_empty()
        && parts
            .iter()
            .all(|(_, _, part)| matches!(part, Part::Void(_)));
    if !is_admins_void {
        need(user.role, Permission::Visit)?;
        // Its officer may finish it even after a move to other areas: no work is lost by a change of place.
        if !is_owner {
            return Err(Refusal::forbidden("somebody else's visit"));
        }
    }
    let state = visit.state(&facts.reviews);
    // What the admin cannot see, the admin cannot take back: a draft is its owner's alone.
    if is_admins_void && !is_owner && (state == VisitState::Draft || !user.scope.sees(&visit.area))
    {
        return Err(Refusal::forbidden("not in your sight"));
    }
    let mut submits = false;
    for (name, value, part) in parts {
        // What stands already does not change anything.
        if stands(name) == Some(*value) {
            continue;
        }
        match part {
            Part::Header if *name == FORM_VERSION && state == VisitState::Draft => {
                moves(visit, value, facts.published)?;
            }
            Part::Header => return Err(Refusal::state(format!("{name} never changes"))),
            Part::Answer => editable(state)?,
            Part::Left if state == VisitState::Draft => {}
            Part::Left => {
                return Err(Refusal::state("only a draft moves to another version"));
            }
            Part::Was(number) => {
                editable(state)?;
                if *number == 0 || *number > visit.last_submission() {
                    return Err(Refusal::state(format!("{name}: no such submission")));
                }
            }
            Part::Submission(number, mark) => {
                editable(state)?;
                own(user, mark)?;
                follows(*number, visit.last_submission())?;
                submits = true;
            }
            Part::Result => {}
            Part::Void(mark) => {
                own(user, mark)?;
                if state == VisitState::Void {
                    return Err(Refusal::state("it is void already"));
                }
                if submitted_meanwhile(facts, visit) {
                    return Err(Refusal::state(
                        "it was submitted on another device meanwhile",
                    ));
                }
                if state != VisitState::Draft && mark.reason.trim().is_empty() {
                    return Err(Refusal::malformed(
                        "taking back what was sent needs a reason",
                    ));
                }
            }
        }
    }
    let mut amended = amend(mutation, visit);
    // What an earlier submission looked up is not what this one did, from a device that does not say.
    if submits && !mutation.fields.contains_key(LOOKED_UP) && stands(LOOKED_UP).is_some() {
        amended.insert(LOOKED_UP.to_owned(), Value::Null);
    }
    amended.extend(lone_result(mutation, submits, present));
    Ok(Ruling {
        area: visit.area.clone(),
        owner: Some(visit.owner),
        audience: None,
        parent: Some(visit.cooperative),
        amended,
        submits,
    })
}

/// A result belongs to a submission. One that comes by itself is no reason to refuse what comes with it: what stands
/// stays, and the device is told.
fn lone_result(mutation: &Mutation, submits: bool, present: Option<&Fields>) -> Fields {
    let sent = WITH_SUBMISSION
        .into_iter()
        .filter(|name| !submits && mutation.fields.contains_key(*name));
    sent.map(|name| {
        let stands = present.and_then(|fields| fields.get(name)).cloned();
        (name.to_owned(), stands.unwrap_or(Value::Null))
    })
    .collect()
}

/// Whether another device submitted the visit after what this one knew of it: who gave up a draft did not mean that.
fn submitted_meanwhile(facts: &Facts<'_>, visit: &Visit) -> bool {
    let last = format!("{SUBMISSION}{}", visit.last_submission());
    facts
        .present
        .is_some_and(|present| facts.others.contains(&present.field_rev(&last)))
}

/// What answers were at the last submission, written down at their first change after it. The device does it too, so
/// that it can show it offline; what counts is what the server knows.
fn amend(mutation: &Mutation, visit: &Visit) -> Fields {
    let last = visit.last_submission();
    let written = visit.was.get(&last);
    let mut amended = Fields::new();
    if last == 0 {
        return amended;
    }
    for (name, value) in &mutation.fields {
        let Some(path) = name.strip_prefix(ANSWER) else {
            continue;
        };
        // An answer that was cleared and one that never was are the same here.
        let old = visit.answers.get(path).map_or("", String::as_str);
        let changes = old != value.as_str().unwrap_or_default();
        if changes && !written.is_some_and(|paths| paths.contains_key(path)) {
            let was = Value::String(old.to_owned());
            amended.insert(format!("{WAS}{last}/{path}"), was);
        }
    }
    for name in mutation.fields.keys() {
        let Some((number, path)) = name.strip_prefix(WAS).and_then(|rest| rest.split_once('/'))
        else {
            continue;
        };
        if amended.contains_key(name) {
            continue;
        }
        let known = number
            .parse::<u32>()
            .ok()
            .and_then(|number| visit.was.get(&number))
            .and_then(|paths| paths.get(path));
        let value = match known {
            Some(old) => Value::String(old.clone().unwrap_or_default()),
            // An answer that did not change was what it is.
            None if number.parse() == Ok(last) => {
                let stands = visit.answers.get(path).cloned().unwrap_or_default();
                Value::String(stands)
            }
            None => Value::Null,
        };
        amended.insert(name.clone(), value);
    }
    amended
}

/// A draft may move to a newer version of its form that is published here.
fn moves(visit: &Visit, value: &Value, published: bool) -> Result<(), Refusal> {
    let version: String = read(FORM_VERSION, value)?;
    if !published {
        return Err(Refusal::unknown("the form version is unknown"));
    }
    if compare_versions(&version, &visit.form_version).is_gt() {
        Ok(())
    } else {
        Err(Refusal::state(format!(
            "version {version} is not newer than {}",
            visit.form_version
        )))
    }
}

fn part(name: &str, value: &Value) -> Result<Part, Refusal> {
    if [COOPERATIVE, FORM, FORM_VERSION, CREATED].contains(&name) {
        if !value.is_object() {
            shape::check_text(name, value)?;
        }
        return Ok(Part::Header);
    }
    if let Some(path) = name.strip_prefix(ANSWER) {
        shape::check_path(name, path)?;
        shape::check_text(name, value)?;
        return Ok(Part::Answer);
    }
    if let Some(number) = name.strip_prefix(SUBMISSION) {
        return Ok(Part::Submission(count(name, number)?, read(name, value)?));
    }
    if let Some((number, path)) = name.strip_prefix(WAS).and_then(|rest| rest.split_once('/')) {
        shape::check_path(name, path)?;
        shape::check_text(name, value)?;
        return Ok(Part::Was(count(name, number)?));
    }
    if [SCORE, PROPOSAL].contains(&name) {
        shape::check_object(name, value)?;
        return Ok(Part::Result);
    }
    if name == LOOKED_UP {
        shape::check_object(name, value)?;
        if !value.is_null() {
            read::<LookedUp>(name, value)?;
        }
        return Ok(Part::Result);
    }
    if let Some((version, path)) = name
        .strip_prefix(LEFT)
        .and_then(|rest| rest.split_once('/'))
    {
        shape::check_path(name, path)?;
        if version.is_empty() {
            return Err(Refusal::malformed(format!("{name}: no version")));
        }
        let left: Leftover = read(name, value)?;
        if left.label.len() + left.text.len() + left.value.len() > 3 * TEXT_BYTES {
            return Err(Refusal::malformed(format!("{name}: too long")));
        }
        return Ok(Part::Left);
    }
    if name == VOID {
        return Ok(Part::Void(read(name, value)?));
    }
    Err(Refusal::malformed(format!("{name}: no field of a visit")))
}

/// A number as it is written in a field's name: `1`, never `01` or `+1`.
fn count(name: &str, text: &str) -> Result<u32, Refusal> {
    text.parse()
        .ok()
        .filter(|number: &u32| number.to_string() == text)
        .ok_or_else(|| Refusal::malformed(format!("{name}: not a number")))
}

fn read<T: for<'a> Deserialize<'a>>(name: &str, value: &Value) -> Result<T, Refusal> {
    T::deserialize(value).map_err(|why| Refusal::malformed(format!("{name}: {why}")))
}

fn own(user: &crate::domain::User, mark: &Mark) -> Result<(), Refusal> {
    if mark.by != user.id {
        return Err(Refusal::forbidden("signed by somebody else"));
    }
    if mark.reason.len() > TEXT_BYTES {
        return Err(Refusal::malformed("the reason is too long"));
    }
    Ok(())
}

fn follows(number: u32, last: u32) -> Result<(), Refusal> {
    if Some(number) == last.checked_add(1) {
        Ok(())
    } else {
        Err(Refusal::state(format!(
            "submission {number} does not follow submission {last}"
        )))
    }
}

fn editable(state: VisitState) -> Result<(), Refusal> {
    if state.is_editable() {
        Ok(())
    } else {
        Err(Refusal::state(format!("the visit is {}", state.name())))
    }
}

/// The answers in a record's fields, by path.
#[must_use]
pub fn answers(fields: &Fields) -> std::collections::BTreeMap<String, String> {
    fields
        .range(answer_field("")..)
        .map_while(|(name, value)| Some((name.strip_prefix(ANSWER)?, value)))
        .filter_map(|(path, value)| Some((path.to_owned(), value.as_str()?.to_owned())))
        .collect()
}
