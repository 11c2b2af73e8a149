//! A submitted visit run through its form. That takes longer than all the rest of a push, and the one writer has no time
//! for it: a reading connection does it beforehand, and what it found holds as long as what it looked at stands.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    domain::{
        Assessment, Cooperative, DeviceId, Fields, Kind, Millis, Record, RecordId, Stored, User,
        Visit, record::overlay,
    },
    form::Form,
    server::{
        check_visit::{self, Surroundings},
        correct,
        kinds::{self, Change, Refusal, Verdict},
        repo::{Error, Tx},
    },
    sync::wire::RejectCode,
};

use super::push::Cost;

/// A visit on its way to the desk, and what is known around it.
#[derive(Clone, Copy, Debug)]
pub struct Submission<'a> {
    /// Who submits.
    pub user: &'a User,
    /// On which device.
    pub device: DeviceId,
    /// Which visit.
    pub id: RecordId,
    /// The visit as it stands; none for a new one.
    pub present: Option<&'a Stored>,
    /// Its cooperative.
    pub cooperative: Option<&'a Record>,
    /// When it came.
    pub now: Millis,
    /// What its request has cost so far.
    pub cost: &'a Cost,
}

/// What a form says of a visit.
#[derive(Clone, PartialEq, Debug)]
enum Word {
    /// Something is missing or wrong.
    Incomplete(Vec<String>),
    /// Answers without a question.
    Misplaced(Vec<String>),
    /// It may stand, with these fields put right.
    Complete(Fields),
}

/// What a form said of a visit beforehand, and what it looked at beside the visit's form, which never changes.
#[derive(Clone, PartialEq, Debug)]
pub struct Foreseen {
    word: Word,
    /// Who submits: a form can ask for their name, role and areas.
    user: User,
    /// The visit as it would stand.
    fields: Fields,
    /// The rev at which it stood before.
    stood: Option<u64>,
    /// The rev of its cooperative.
    cooperative: Option<u64>,
    /// The instant by which it was judged.
    at: Millis,
    /// What the other visits to the cooperative had come to, when that mattered.
    others: Option<Vec<Assessment>>,
}

impl Foreseen {
    /// Whether the form would say the same now.
    fn holds(
        &self,
        tx: &dyn Tx,
        of: &Submission<'_>,
        visit: &Visit,
        fields: &Fields,
    ) -> Result<bool, Error> {
        let stands = self.user == *of.user
            && self.at == check_visit::submitted_at(visit, of.now)
            && self.stood == rev(of.present)
            && self.cooperative == of.cooperative.map(|record| record.rev)
            && self.fields == *fields;
        match &self.others {
            Some(others) if stands => Ok(*others == other_visits(tx, of, visit)?),
            _ => Ok(stands),
        }
    }
}

fn rev(stored: Option<&Stored>) -> Option<u64> {
    stored.map(|stored| stored.record.rev)
}

/// Refuses a visit that is not complete, and puts right what its device computed otherwise.
///
/// # Errors
/// When the database fails.
pub fn validate<'a>(
    tx: &dyn Tx,
    of: &Submission<'_>,
    mut change: Change<'a>,
    foreseen: Option<&Foreseen>,
) -> Result<Verdict<'a>, Error> {
    let (visit, form) = match understand(tx, of, &mut change)? {
        Understood::Visit(visit, form) => (visit, form),
        Understood::Nothing(refusal) => return Ok(Verdict::Reject(refusal)),
    };
    let word = match foreseen {
        Some(foreseen) if foreseen.holds(tx, of, &visit, &change.fields)? => foreseen.word.clone(),
        _ => ask(tx, of, &visit, form, &change.fields)?.0,
    };
    let corrections = match word {
        Word::Complete(corrections) => corrections,
        Word::Misplaced(paths) => {
            let reason = format!("no question of the form: {}", paths.join(", "));
            return Ok(Verdict::Reject(Refusal::malformed(reason)));
        }
        Word::Incomplete(missing) => {
            let refusal = Refusal::new(RejectCode::Incomplete, missing.join("\n"));
            return Ok(Verdict::Reject(refusal));
        }
    };
    if !corrections.is_empty() {
        change.touched.extend(corrections.keys().cloned());
        overlay(change.fields.to_mut(), &corrections);
        change.exact = false;
    }
    Ok(Verdict::Apply(change))
}

/// Asks the form beforehand. `None` when there is nothing to ask it.
///
/// # Errors
/// When the database fails.
pub fn foresee(
    tx: &dyn Tx,
    of: &Submission<'_>,
    mut change: Change<'_>,
) -> Result<Option<Foreseen>, Error> {
    let Understood::Visit(visit, form) = understand(tx, of, &mut change)? else {
        return Ok(None);
    };
    let (word, others) = ask(tx, of, &visit, form, &change.fields)?;
    Ok(Some(Foreseen {
        word,
        user: of.user.clone(),
        others,
        fields: change.fields.into_owned(),
        stood: rev(of.present),
        cooperative: of.cooperative.map(|record| record.rev),
        at: check_visit::submitted_at(&visit, of.now),
    }))
}

enum Understood {
    Visit(Box<Visit>, Arc<Form>),
    Nothing(Refusal),
}

fn understand(
    tx: &dyn Tx,
    of: &Submission<'_>,
    change: &mut Change<'_>,
) -> Result<Understood, Error> {
    let Some(visit) = change.visit.take() else {
        // Cannot be: what submits is a visit.
        let refusal = Refusal::malformed(format!("{} is no visit", of.id));
        return Ok(Understood::Nothing(refusal));
    };
    match check_visit::published(tx, &visit.form, &visit.form_version) {
        Ok(Some(form)) => Ok(Understood::Visit(visit, form)),
        Ok(None) => {
            let refusal = Refusal::unknown("the form version is unknown");
            Ok(Understood::Nothing(refusal))
        }
        // It compiled when it was published, so the fault is this program's. What no form has looked at is not passed on:
        // it stays on its device, and can be sent again when the program is put right.
        Err(Error::Stored { why, .. }) => {
            let (form, version) = (&visit.form, &visit.form_version);
            tracing::error!(form, version, error = %why, "a published form does not compile");
            let reason =
                format!("the server cannot use form {form} {version} now: send it again later");
            Ok(Understood::Nothing(Refusal::new(RejectCode::Other, reason)))
        }
        Err(other) => Err(other),
    }
}

/// What the form says of a visit, and what the other visits had come to when it wanted to know.
fn ask(
    tx: &dyn Tx,
    of: &Submission<'_>,
    visit: &Visit,
    form: Arc<Form>,
    fields: &Fields,
) -> Result<(Word, Option<Vec<Assessment>>), Error> {
    let around = Surroundings {
        user: of.user,
        device: of.device,
        visit: of.id,
        now: check_visit::submitted_at(visit, of.now),
        cooperative: row(of.cooperative),
    };
    let misplaced = check_visit::misplaced(tx, visit, &form)?;
    if !misplaced.is_empty() {
        return Ok((Word::Misplaced(misplaced), None));
    }
    let session = check_visit::open(form, kinds::answers(fields), &around);
    if let Err(missing) = check_visit::complete(&session) {
        return Ok((Word::Incomplete(missing), None));
    }
    let mut others = None;
    let earlier = || {
        let found = other_visits(tx, of, visit)?;
        others = Some(found.clone());
        Ok::<_, Error>(found)
    };
    let before = of.present.map(|stored| &stored.record.fields);
    let corrections = correct::corrections(&session, visit, fields, before, earlier)?;
    Ok((Word::Complete(corrections), others))
}

/// The row of a visit's cooperative that forms look things up in. A cooperative that does not read has none, here as on every
/// device: its visits are not held up by it.
fn row(cooperative: Option<&Record>) -> Option<BTreeMap<String, String>> {
    let read = Cooperative::from_record(cooperative?).ok()?;
    Some(read.table_row())
}

/// What the other submitted visits to a visit's cooperative came to. One that does not read holds up no other.
fn other_visits(tx: &dyn Tx, of: &Submission<'_>, than: &Visit) -> Result<Vec<Assessment>, Error> {
    let mut found = Vec::new();
    for stored in tx.children(than.cooperative)? {
        of.cost.spend(&stored)?;
        if stored.record.kind == Kind::Visit && stored.record.id != than.id && !stored.private {
            let visit = Visit::from_record(&stored.record).ok();
            let stands = visit.filter(|visit| visit.void.is_none());
            found.extend(
                stands
                    .and_then(|visit| visit.result)
                    .map(|result| result.score),
            );
        }
    }
    Ok(found)
}
