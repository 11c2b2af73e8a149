//! The rules of visits: who may do what to which field in which state.

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{
    domain::{
        Assessment, Fields, Kind, Mark, Proposal, Reach, Record, RecordId, User, Visit, VisitState,
        assessment::{PROPOSAL, SCORE},
        json,
        person::Permission,
        record::TEXT_BYTES,
        visit::{
            ANSWER, CREATED, LEFT, LOOKED_UP, Leftover, LookedUp, SUBMISSION, VOID, WAS,
            WITH_SUBMISSION, answer_field,
        },
    },
    form::compare_versions,
    server::{
        forms,
        repo::{Error, Tx},
    },
    sync::wire::Mutation,
};

use super::{Around, Facts, Known, Refusal, Rules, Ruling, clean, need, review, shape};

pub(super) const RULES: Rules = Rules { gather, rule };

const COOPERATIVE: &str = "cooperative";
const FORM: &str = "form";
const FORM_VERSION: &str = "form_version";
/// What every visit has from its creation.
const HEADER: [&str; 4] = [COOPERATIVE, FORM, FORM_VERSION, CREATED];

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

/// The cooperative's place is asked for a new visit in an area where the user does not work now; the form's version when the
/// visit moves to another.
fn gather(
    tx: &dyn Tx,
    user: &User,
    mutation: &Mutation,
    (present, parent): Known<'_>,
) -> Result<Around, Error> {
    let reach = match (present, parent) {
        (None, Some(cooperative)) if !user.scope.sees(&cooperative.area) => {
            tx.reach(user, cooperative.id)?
        }
        _ => Reach::Now,
    };
    let form = present.and_then(|stored| stored.record.fields.get(FORM)?.as_str());
    let version = mutation.fields.get(FORM_VERSION).and_then(Value::as_str);
    let published = match (form, version) {
        (Some(form), Some(version)) => {
            let id = forms::record_id(form, version);
            tx.record_of_kind(id, Kind::Form)?.is_some()
        }
        _ => false,
    };
    let reviews = match present {
        Some(stored) => review::of_visit(tx, stored.record.id)?,
        None => Vec::new(),
    };
    Ok(Around {
        reach,
        officer: None,
        published,
        reviews,
    })
}

fn rule(mutation: &Mutation, facts: &Facts<'_>) -> Result<Ruling, Refusal> {
    let mut amended = Fields::new();
    let parts = mutation
        .fields
        .iter()
        .map(|(name, value)| Ok((name.as_str(), value, part(name, value, &mut amended)?)))
        .collect::<Result<Vec<_>, Refusal>>()?;
    let as_written = |(name, value, part)| (name, amended.get(name).unwrap_or(value), part);
    let parts: Vec<_> = parts.into_iter().map(as_written).collect();
    let mut ruling = match facts.present {
        None => create(mutation, facts, &parts)?,
        Some(present) => {
            let (visit, broken) = sound(&present.record, mutation)?;
            let mut ruling = change(mutation, facts, (&visit, &broken), &parts)?;
            // What nobody can read goes with the first change that is allowed.
            let go = broken
                .into_iter()
                .filter(|name| !mutation.fields.contains_key(name));
            ruling.amended.extend(go.map(|name| (name, Value::Null)));
            ruling
        }
    };
    // What the server says of a field counts for more than how the device wrote it.
    amended.extend(std::mem::take(&mut ruling.amended));
    ruling.amended = amended;
    Ok(ruling)
}

/// Fields of one visit that nobody can read. There was a server that took them; this one takes none.
const BROKEN: usize = 50;

/// A visit without those of its fields that nobody can read, and their names. So a change can put it right:
///
/// ```text
/// stands   "submission/1": {...}, "void": [5, "0190...", ""]    no list shows it
/// comes    "a/nama": "Siti"
/// stands   "submission/1": {...}, "a/nama": "Siti"
/// ```
fn sound(record: &Record, mutation: &Mutation) -> Result<(Visit, Vec<String>), Refusal> {
    let bad = match Visit::from_record(record) {
        Ok(visit) => return Ok((visit, Vec::new())),
        Err(bad) => bad,
    };
    let (mut rest, mut broken, mut bad) = (record.clone(), Vec::new(), bad);
    while broken.len() < BROKEN {
        // What every visit has must be given anew.
        let anew = HEADER
            .contains(&bad.field.as_str())
            .then(|| mutation.fields.get(&bad.field).cloned())
            .flatten();
        match (rest.fields.remove(&bad.field), anew) {
            (Some(_), None) => {}
            (_, Some(value)) if !broken.contains(&bad.field) => {
                rest.fields.insert(bad.field.clone(), value);
            }
            _ => break,
        }
        broken.push(bad.field.clone());
        match Visit::from_record(&rest) {
            Ok(visit) => return Ok((visit, broken)),
            Err(next) => bad = next,
        }
    }
    Err(Refusal::state(bad.to_string()))
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
    for name in [FORM, FORM_VERSION] {
        header(name)?;
    }
    let cooperative: RecordId = understand(COOPERATIVE, header(COOPERATIVE)?)?;
    let created: Mark = understand(CREATED, header(CREATED)?)?;
    own(user, &created)?;
    let parent = facts
        .parent
        .ok_or_else(|| Refusal::unknown("the cooperative is unknown"))?;
    // The area is the one that the server knows, whatever the device says.
    in_place(facts, &created)?;
    let (mut submits, mut voids) = (false, false);
    for (_, _, part) in parts {
        match part {
            Part::Header | Part::Answer | Part::Left | Part::Result => {}
            Part::Submission(number, mark) => {
                own(user, mark)?;
                follows(*number, 0)?;
                submits = true;
            }
            Part::Void(mark) => {
                own(user, mark)?;
                voids = true;
            }
            Part::Was(..) => return Err(Refusal::state("never submitted, so nothing was")),
        }
    }
    if submits && voids {
        return Err(given_up_and_submitted());
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

fn given_up_and_submitted() -> Refusal {
    Refusal::state("a visit that is given up is not submitted")
}

/// How long a visit may still come from where its officer worked once, or from where its cooperative lay.
pub const GRACE: i64 = 30 * 24 * 60 * 60 * 1000;

/// The cooperative may have moved since the visit was begun, or the officer: no work is lost by a change of place, for a
/// while.
fn in_place(facts: &Facts<'_>, created: &Mark) -> Result<(), Refusal> {
    let left = match facts.around.reach {
        Reach::Now => return Ok(()),
        Reach::Until(left) => left,
        Reach::Never => {
            return Err(Refusal::forbidden(
                "the cooperative lies outside your areas",
            ));
        }
    };
    let last = left.plus(GRACE);
    let begun = created.at.plus(facts.clock.unwrap_or(0));
    if begun > last || (facts.now > last && !facts.is_late) {
        return Err(Refusal::forbidden(
            "the cooperative lies outside your areas, for more than 30 days",
        ));
    }
    Ok(())
}

/// Who asks for a change to a visit.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Hand {
    /// Its officer. They may finish what they have begun, whatever their role and areas are now.
    Officer,
    /// The desk, which takes back what was submitted and changes nothing else.
    Desk,
}

fn hand(facts: &Facts<'_>, visit: &Visit, parts: &Parts<'_>) -> Result<Hand, Refusal> {
    let user = facts.user;
    if visit.owner == user.id {
        return Ok(Hand::Officer);
    }
    let is_void = |(_, _, part): &(&str, &Value, Part)| matches!(part, Part::Void(_));
    if !user.role.may(Permission::Withdraw) || parts.is_empty() || !parts.iter().all(is_void) {
        return Err(Refusal::forbidden("somebody else's visit"));
    }
    // A draft is its owner's alone.
    if visit.last_submission() == 0 || !user.scope.sees(&visit.area) {
        return Err(Refusal::forbidden("not in your sight"));
    }
    Ok(Hand::Desk)
}

fn change(
    mutation: &Mutation,
    facts: &Facts<'_>,
    (visit, broken): (&Visit, &[String]),
    parts: &Parts<'_>,
) -> Result<Ruling, Refusal> {
    let user = facts.user;
    let present = facts.present.map(|stored| &stored.record.fields);
    let is_broken = |name: &str| broken.iter().any(|one| one == name);
    let stands = |name: &str| present.and_then(|fields| fields.get(name));
    let hand = hand(facts, visit, parts)?;
    let state = visit.state(&facts.around.reviews);
    let (mut submits, mut voids) = (false, false);
    for (name, value, part) in parts {
        // What stands already does not change anything.
        if stands(name) == Some(*value) && !is_broken(name) {
            continue;
        }
        match part {
            // Given anew, because nobody could read it.
            Part::Header if is_broken(name) => {
                if *name == CREATED {
                    own(user, &understand(CREATED, value)?)?;
                }
            }
            Part::Header if *name == FORM_VERSION && state == VisitState::Draft => {
                moves(visit, value, facts.around.published)?;
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
                void(facts, visit, (state, hand), mark)?;
                voids = true;
            }
        }
    }
    if submits && voids {
        return Err(given_up_and_submitted());
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

/// Its officer gives up a draft; what was ever submitted the desk takes back, with a reason. The officer asks for it.
fn void(
    facts: &Facts<'_>,
    visit: &Visit,
    (state, hand): (VisitState, Hand),
    mark: &Mark,
) -> Result<(), Refusal> {
    if state == VisitState::Void {
        return Err(Refusal::state("it is void already"));
    }
    if submitted_meanwhile(facts, visit) {
        return Err(Refusal::state(
            "it was submitted on another device meanwhile",
        ));
    }
    if hand == Hand::Officer && state != VisitState::Draft {
        return Err(Refusal::state(
            "what was submitted is taken back by the desk",
        ));
    }
    if hand == Hand::Desk && mark.reason.trim().is_empty() {
        return Err(Refusal::malformed(
            "taking back what was sent needs a reason",
        ));
    }
    Ok(())
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
    let version: String = understand(FORM_VERSION, value)?;
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

/// Understands a field. What came otherwise than it is written goes into `amended`.
fn part(name: &str, value: &Value, amended: &mut Fields) -> Result<Part, Refusal> {
    match name {
        COOPERATIVE => {
            let cooperative: RecordId = understand(name, value)?;
            clean(amended, name, value, &cooperative)?;
            return Ok(Part::Header);
        }
        FORM | FORM_VERSION => {
            shape::check_text(name, value)?;
            if value.as_str().is_none_or(str::is_empty) {
                return Err(Refusal::malformed(format!("{name} is empty")));
            }
            return Ok(Part::Header);
        }
        CREATED => {
            mark(name, value, amended)?;
            return Ok(Part::Header);
        }
        VOID => return Ok(Part::Void(mark(name, value, amended)?)),
        SCORE => {
            result::<Assessment>(name, value, amended)?;
            return Ok(Part::Result);
        }
        PROPOSAL => {
            result::<Proposal>(name, value, amended)?;
            return Ok(Part::Result);
        }
        LOOKED_UP => {
            if !value.is_null() {
                let looked_up: LookedUp = understand(name, value)?;
                clean(amended, name, value, &looked_up)?;
            }
            return Ok(Part::Result);
        }
        _ => {}
    }
    if let Some(path) = name.strip_prefix(ANSWER) {
        shape::check_path(name, path)?;
        shape::check_text(name, value)?;
        return Ok(Part::Answer);
    }
    if let Some(number) = name.strip_prefix(SUBMISSION) {
        let number = count(name, number)?;
        return Ok(Part::Submission(number, mark(name, value, amended)?));
    }
    if let Some((number, path)) = name.strip_prefix(WAS).and_then(|rest| rest.split_once('/')) {
        shape::check_path(name, path)?;
        shape::check_text(name, value)?;
        return Ok(Part::Was(count(name, number)?));
    }
    if let Some((version, path)) = name
        .strip_prefix(LEFT)
        .and_then(|rest| rest.split_once('/'))
    {
        shape::check_path(name, path)?;
        if version.is_empty() {
            return Err(Refusal::malformed(format!("{name}: no version")));
        }
        let left: Leftover = understand(name, value)?;
        if left.label.len() + left.text.len() + left.value.len() > 3 * TEXT_BYTES {
            return Err(Refusal::malformed(format!("{name}: too long")));
        }
        clean(amended, name, value, &left)?;
        return Ok(Part::Left);
    }
    Err(Refusal::malformed(format!("{name}: no field of a visit")))
}

fn mark(name: &str, value: &Value, amended: &mut Fields) -> Result<Mark, Refusal> {
    let mark: Mark = understand(name, value)?;
    if mark.reason.len() > TEXT_BYTES {
        return Err(Refusal::malformed("the reason is too long"));
    }
    clean(amended, name, value, &mark)?;
    Ok(mark)
}

/// What does not read counts as none: the server computes it anyway.
fn result<T: DeserializeOwned + Serialize>(
    name: &str,
    value: &Value,
    amended: &mut Fields,
) -> Result<(), Refusal> {
    shape::check_object(name, value)?;
    match json::of::<T>(value) {
        Ok(result) => clean(amended, name, value, &result)?,
        Err(_) => {
            amended.insert(name.to_owned(), Value::Null);
        }
    }
    Ok(())
}

/// A number as it is written in a field's name: `1`, never `01` or `+1`.
fn count(name: &str, text: &str) -> Result<u32, Refusal> {
    text.parse()
        .ok()
        .filter(|number: &u32| number.to_string() == text)
        .ok_or_else(|| Refusal::malformed(format!("{name}: not a number")))
}

/// Reads a value as every reader of the record does.
fn understand<T: DeserializeOwned>(name: &str, value: &Value) -> Result<T, Refusal> {
    json::of(value).map_err(|why| Refusal::malformed(format!("{name}: {why}")))
}

fn own(user: &crate::domain::User, mark: &Mark) -> Result<(), Refusal> {
    if mark.by != user.id {
        return Err(Refusal::forbidden("signed by somebody else"));
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
