//! Applies a device's mutations: gathers what must be known, lets `apply` decide, writes down both the change and the
//! answer.

use std::collections::BTreeMap;

use rusqlite::Connection;
use serde_json::Value;

use crate::{
    domain::{Cooperative, DeviceId, Fields, Kind, Millis, Record, RecordId, Review, User},
    server::{
        apply::{self, Change, Facts, Refusal, Verdict},
        check_visit::{self, Surroundings},
        forms,
    },
    sync::wire::{Mutation, MutationResult, Outcome, RejectCode},
};

use super::{
    Error,
    mutation::{self, Answered, Author, NewEntry},
    record::{self, Stored},
};

/// A mutation with its fields as they are stored, written as JSON before the one writer is asked.
#[derive(Debug)]
pub struct Prepared {
    mutation: Mutation,
    fields: String,
}

impl Prepared {
    /// Gets a mutation ready.
    ///
    /// # Errors
    /// When its fields are no JSON; that cannot be for one that came as JSON.
    pub fn new(mutation: Mutation) -> Result<Self, Error> {
        let fields = record::to_json(&mutation.fields)?;
        Ok(Self { mutation, fields })
    }
}

/// Applies a mutation in the caller's transaction and answers it. A refusal is an answer, no error.
///
/// # Errors
/// Only when the database fails.
pub fn push(
    connection: &Connection,
    user: &User,
    device: DeviceId,
    prepared: &Prepared,
    now: Millis,
) -> Result<MutationResult, Error> {
    Ok(MutationResult {
        id: prepared.mutation.id,
        outcome: answer(connection, user, device, prepared, now)?,
    })
}

fn answer(
    connection: &Connection,
    user: &User,
    device: DeviceId,
    prepared: &Prepared,
    now: Millis,
) -> Result<Outcome, Error> {
    let mutation = &prepared.mutation;
    let author = Author {
        user: Some(user.id),
        device: Some(device),
    };
    if let Some((answered, by)) = mutation::find(connection, mutation.id)? {
        if by.user != author.user {
            return Ok(rejected(&Refusal::forbidden(
                "the mutation is somebody else's",
            )));
        }
        match answered {
            Answered::Applied(rev) => return Ok(Outcome::Duplicate { rev }),
            Answered::Rejected(code, reason) => return Ok(Outcome::Rejected { code, reason }),
            // A question is asked again, of what stands now.
            Answered::Conflict => {}
        }
    }
    if i64::try_from(mutation.base_rev).is_err() {
        // No database can hold it, so it cannot be written down either; the answer is the same every time all the same.
        return Ok(rejected(&Refusal::malformed("no such revision")));
    }
    let present = record::find(connection, mutation.record)?;
    let (outcome, answered) = match judge(
        connection,
        (user, device),
        &author,
        mutation,
        present.as_ref(),
        now,
    )? {
        Verdict::Apply(change) => {
            let exact = change.exact;
            let rev = write(connection, prepared, present, change)?;
            (Outcome::Applied { rev, exact }, Answered::Applied(rev))
        }
        Verdict::Conflict => (conflict(user, mutation, present), Answered::Conflict),
        Verdict::Reject(refusal) => (
            rejected(&refusal),
            Answered::Rejected(refusal.code, refusal.reason),
        ),
    };
    let entry = NewEntry {
        id: mutation.id,
        record: mutation.record,
        kind: mutation.kind,
        author,
        base_rev: mutation.base_rev,
        at: mutation.at,
        received_at: now,
        fields: &prepared.fields,
        answered,
    };
    mutation::put(connection, &entry)?;
    Ok(outcome)
}

fn rejected(refusal: &Refusal) -> Outcome {
    Outcome::Rejected {
        code: refusal.code,
        reason: refusal.reason.clone(),
    }
}

fn conflict(user: &User, mutation: &Mutation, present: Option<Stored>) -> Outcome {
    match present {
        Some(stored) => Outcome::Conflict {
            record: Box::new(stored.record),
        },
        // Cannot be: only what stands can be fought over.
        None => rejected(&Refusal::state(format!(
            "{} of {} is gone",
            mutation.record, user.id
        ))),
    }
}

fn judge(
    connection: &Connection,
    (user, device): (&User, DeviceId),
    author: &Author,
    mutation: &Mutation,
    present: Option<&Stored>,
    now: Millis,
) -> Result<Verdict, Error> {
    let others = match present {
        Some(stored) if stored.record.rev > mutation.base_rev => {
            mutation::revs_of_others(connection, mutation.record, mutation.base_rev, author)?
        }
        _ => Default::default(),
    };
    let parent = parent(connection, mutation, present)?;
    let visit = match mutation.kind {
        Kind::Visit => present.map(|stored| stored.record.id),
        Kind::Review => parent.as_ref().map(|record| record.id),
        _ => None,
    };
    let facts = Facts {
        user,
        present,
        others,
        parent: parent.as_ref(),
        published: is_published(connection, mutation, present)?,
        reviews: match visit {
            Some(visit) => reviews(connection, visit)?,
            None => Vec::new(),
        },
    };
    let verdict = apply::decide(mutation, &facts);
    match verdict {
        Verdict::Apply(change) if change.submits => {
            let around = Surroundings {
                user,
                device,
                visit: mutation.record,
                now,
                cooperative: row(connection, &change)?,
            };
            Ok(match check(connection, &change.fields, &around)? {
                None => Verdict::Apply(change),
                Some(refusal) => Verdict::Reject(refusal),
            })
        }
        other => Ok(other),
    }
}

/// Whether the version of its form that a visit moves to is published.
fn is_published(
    connection: &Connection,
    mutation: &Mutation,
    present: Option<&Stored>,
) -> Result<bool, Error> {
    let form = present.and_then(|stored| stored.record.fields.get("form")?.as_str());
    let version = mutation.fields.get("form_version").and_then(Value::as_str);
    let (Some(form), Some(version)) = (form, version) else {
        return Ok(false);
    };
    Ok(record::find(connection, forms::record_id(form, version))?.is_some())
}

/// The cooperative of a visit, the visit of a review.
fn parent(
    connection: &Connection,
    mutation: &Mutation,
    present: Option<&Stored>,
) -> Result<Option<Record>, Error> {
    let (field, kind) = match mutation.kind {
        Kind::Visit => ("cooperative", Kind::Cooperative),
        Kind::Review => ("visit", Kind::Visit),
        _ => return Ok(None),
    };
    let fields = present.map_or(&mutation.fields, |stored| &stored.record.fields);
    let Some(id) = fields.get(field).and_then(Value::as_str) else {
        return Ok(None);
    };
    let Ok(id) = id.parse() else {
        return Ok(None);
    };
    let parent = record::find(connection, id)?.map(|stored| stored.record);
    Ok(parent.filter(|record| record.kind == kind && !record.deleted))
}

/// The reviews of a visit, oldest first.
///
/// # Errors
/// When one cannot be read.
pub fn reviews(connection: &Connection, visit: RecordId) -> Result<Vec<Review>, Error> {
    record::children(connection, visit)?
        .iter()
        .filter(|stored| stored.record.kind == Kind::Review)
        .map(|stored| Review::from_record(&stored.record).map_err(super::stored("review")))
        .collect()
}

/// The row of a visit's cooperative that forms look things up in.
fn row(
    connection: &Connection,
    change: &Change,
) -> Result<Option<BTreeMap<String, String>>, Error> {
    let Some(cooperative) = change.parent else {
        return Ok(None);
    };
    let found = record::find(connection, cooperative)?;
    let read =
        found.map(|stored| Cooperative::from_record(&stored.record).map(|one| one.table_row()));
    read.transpose().map_err(super::stored("cooperative"))
}

/// Why a visit may not be submitted as it is, if so.
fn check(
    connection: &Connection,
    fields: &Fields,
    around: &Surroundings<'_>,
) -> Result<Option<Refusal>, Error> {
    let text = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default();
    let (form, version) = (text("form"), text("form_version"));
    let form = match check_visit::published(connection, form, version) {
        Ok(Some(form)) => form,
        Ok(None) => return Ok(Some(Refusal::unknown("the form version is unknown"))),
        // It compiled when it was published, so the fault is this program's: no officer's work waits for its repair.
        Err(Error::Stored { why, .. }) => {
            tracing::error!(form, version, error = %why, "a published form does not compile");
            return Ok(None);
        }
        Err(other) => return Err(other),
    };
    let complete = check_visit::complete(form, apply::answers(fields), around);
    Ok(complete
        .err()
        .map(|missing| Refusal::new(RejectCode::Incomplete, missing.join("\n"))))
}

fn write(
    connection: &Connection,
    prepared: &Prepared,
    present: Option<Stored>,
    change: Change,
) -> Result<u64, Error> {
    let mutation = &prepared.mutation;
    let rev = record::last_rev(connection)? + 1;
    let (born, mut field_revs) = present.map_or((rev, BTreeMap::new()), |stored| {
        (stored.born, stored.field_revs)
    });
    if born != rev {
        field_revs.extend(change.touched.into_iter().map(|field| (field, rev)));
    }
    let stored = Stored {
        record: Record {
            kind: mutation.kind,
            id: mutation.record,
            area: change.area,
            rev,
            owner: change.owner,
            deleted: false,
            fields: change.fields,
        },
        audience: change.audience,
        parent: change.parent,
        private: change.private,
        born,
        field_revs,
    };
    if stored.record.fields == mutation.fields {
        record::put_as(connection, &stored, &prepared.fields)?;
    } else {
        record::put(connection, &stored)?;
    }
    Ok(rev)
}
