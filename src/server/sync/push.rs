//! Applies a device's mutations: gathers what must be known, lets `kinds` decide, writes down both the change and the
//! answer.

use std::{
    borrow::Cow,
    cell::Cell,
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::{
    domain::{
        DeviceId, Fields, Millis, MutationId, Record, RecordId, Stored, User,
        kinds::{named, spec},
        record::bytes,
    },
    server::{
        attachments,
        kinds::{self, Change, Facts, Known, Refusal, Verdict},
        repo::{
            Error, Tx,
            log::{Answered, Author, NewEntry},
            to_json,
        },
    },
    sync::wire::{Mutation, MutationResult, Outcome},
};

use super::{
    precheck::{self, Foreseen, Submission},
    refused,
};

/// A mutation with what can be done before the one writer is asked.
#[derive(Debug)]
pub struct Prepared {
    mutation: Mutation,
    /// Its fields as they are stored.
    fields: String,
    /// What its form says, when it submits a visit and was asked beforehand.
    foreseen: Mutex<Option<Foreseen>>,
}

impl Prepared {
    /// Gets a mutation ready.
    ///
    /// # Errors
    /// When its fields are no JSON; that cannot be for one that came as JSON.
    pub fn new(mutation: Mutation) -> Result<Self, Error> {
        let fields = to_json(&mutation.fields)?;
        Ok(Self {
            mutation,
            fields,
            foreseen: Mutex::default(),
        })
    }

    /// Whether it sends a visit to the desk: then its form is asked.
    #[must_use]
    pub fn submits(&self) -> bool {
        kinds::submits(&self.mutation)
    }

    /// Asks the form of a visit that is submitted, on a connection that may only read. [`push`] looks whether what it
    /// said still holds.
    ///
    /// # Errors
    /// When the database fails.
    pub fn foresee(&self, tx: &dyn Tx, sender: &Sender<'_>, now: Millis) -> Result<(), Error> {
        let mutation = &self.mutation;
        // What cannot be written down is refused when it is its turn.
        if !self.submits() || !self.is_storable() || tx.answer_to(mutation.id)?.is_some() {
            return Ok(());
        }
        let present = tx.record(mutation.record)?;
        sender.spend(present.as_ref())?;
        let parent = parent(tx, mutation, present.as_ref())?;
        let known = (present.as_ref(), parent.as_ref());
        let foreseen = match decide(tx, sender, mutation, known, now)? {
            Verdict::Apply(change) if change.submits => {
                let of = submission(sender, mutation, known, now);
                precheck::foresee(tx, &of, change)?
            }
            _ => None,
        };
        *self.foreseen() = foreseen;
        Ok(())
    }

    fn foreseen(&self) -> MutexGuard<'_, Option<Foreseen>> {
        self.foreseen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a database can hold its numbers.
    fn is_storable(&self) -> bool {
        let fits = |number: u64| i64::try_from(number).is_ok();
        fits(self.mutation.base_rev) && self.mutation.order.is_none_or(fits)
    }

    /// The record that it is about, and the one that this belongs to, as far as the mutation says so.
    pub fn names(&self) -> impl Iterator<Item = RecordId> {
        let mutation = &self.mutation;
        let parent = spec(mutation.kind)
            .and_then(|spec| spec.parent)
            .and_then(|(field, _)| named(&mutation.fields, field));
        std::iter::once(mutation.record).chain(parent)
    }

    /// Which mutation it is.
    #[must_use]
    pub fn id(&self) -> MutationId {
        self.mutation.id
    }
}

/// What the changes of one request cost beyond their own bytes: each one reads its record and writes it again, however
/// little it changes, and some read others too.
///
/// ```text
/// 19 changes to a record of 1 MB    19 MB are read and written for 2 kB that came
/// ```
#[derive(Debug, Default)]
pub struct Cost {
    changes: Cell<usize>,
    bytes: Cell<usize>,
}

impl Cost {
    /// Bytes of records that the changes of one request may touch. A phone's changes touch some kB each.
    pub const MOST: usize = 8_000_000;

    /// It is the turn of the next change.
    fn next(&self) {
        self.changes.set(self.changes.get().saturating_add(1));
    }

    /// Counts a record that a change needs. The first change always gets all: a device that sends less at a time gets all
    /// its changes through.
    ///
    /// # Errors
    /// [`Error::TooMuch`].
    pub fn spend(&self, needed: &Stored) -> Result<(), Error> {
        let sum = self
            .bytes
            .get()
            .saturating_add(bytes(&needed.record.fields));
        self.bytes.set(sum);
        if self.changes.get() > 1 && sum > Self::MOST {
            return Err(Error::TooMuch);
        }
        Ok(())
    }
}

/// Whose request it is.
#[derive(Clone, Copy, Debug)]
pub struct Sender<'a> {
    /// The user.
    pub user: &'a User,
    /// The device.
    pub device: DeviceId,
    /// The server's clock minus the device's when the request came, in milliseconds; the way there is in it. None when
    /// the device did not say when it sent it.
    pub clock: Option<i64>,
    /// Set when the device speaks of revisions of another life of this server: the newest that both lives share.
    pub newest: Option<u64>,
    /// Set when what is sent comes out of a backup file, not from the device: what stands before it there. Whatever else the
    /// device has sent it may have sent later, or in its place under another name. So with what stands behind it in the
    /// file: a server that was put back to an older backup may have that, and not this.
    pub file: Option<&'a BTreeSet<MutationId>>,
    /// What the request has cost so far.
    pub cost: &'a Cost,
}

impl Sender<'_> {
    /// Counts what the next change is about.
    fn spend(&self, present: Option<&Stored>) -> Result<(), Error> {
        self.cost.next();
        present.map_or(Ok(()), |stored| self.cost.spend(stored))
    }
}

/// Applies a mutation in the caller's transaction and answers it. A refusal is an answer, no error.
///
/// # Errors
/// Only when the database fails.
pub fn push(
    tx: &dyn Tx,
    sender: &Sender<'_>,
    prepared: &Prepared,
    now: Millis,
) -> Result<MutationResult, Error> {
    Ok(MutationResult {
        id: prepared.mutation.id,
        outcome: answer(tx, sender, prepared, now)?,
    })
}

fn answer(
    tx: &dyn Tx,
    sender: &Sender<'_>,
    prepared: &Prepared,
    now: Millis,
) -> Result<Outcome, Error> {
    let Sender { user, device, .. } = *sender;
    let mutation = &prepared.mutation;
    let author = Author {
        user: Some(user.id),
        device: Some(device),
    };
    if let Some((answered, by)) = tx.answer_to(mutation.id)? {
        if by.user != author.user {
            return Ok(rejected(&Refusal::forbidden(
                "the mutation is somebody else's",
            )));
        }
        match answered {
            Answered::Applied(rev) => return Ok(Outcome::Duplicate { rev }),
            Answered::Rejected(code, reason) => return Ok(Outcome::Rejected { code, reason }),
            // Its device has gone on since, so this is an echo, and what it wanted then is over.
            Answered::Conflict if tx.is_past(mutation.id)? => {
                let present = tx.record(mutation.record)?;
                return conflict(tx, mutation, present, BTreeSet::new());
            }
            // A question is asked again, of what stands now.
            Answered::Conflict => {}
        }
    }
    if !prepared.is_storable() {
        // No database can hold it, so it cannot be written down either; the answer is the same every time all the same.
        return Ok(rejected(&Refusal::malformed("no such revision or order")));
    }
    let present = tx.record(mutation.record)?;
    sender.spend(present.as_ref())?;
    let (outcome, answered) = match judge(tx, sender, prepared, present.as_ref(), now)? {
        Verdict::Apply(change) => {
            // What the device has beneath its change may be of another life.
            let exact = change.exact && sender.newest.is_none();
            let rev = write(tx, prepared, present, change)?;
            (Outcome::Applied { rev, exact }, Answered::Applied(rev))
        }
        Verdict::Conflict(disputed) => (
            conflict(tx, mutation, present, disputed)?,
            Answered::Conflict,
        ),
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
        sent: mutation.order,
        at: mutation.at,
        received_at: now,
        clock: sender.clock,
        kept: refused::keep(tx, user.id, (mutation, &prepared.fields), &answered, now)?,
        answered,
    };
    tx.write_down(&entry)?;
    Ok(outcome)
}

fn rejected(refusal: &Refusal) -> Outcome {
    Outcome::Rejected {
        code: refusal.code,
        reason: refusal.reason.clone(),
    }
}

fn conflict(
    tx: &dyn Tx,
    mutation: &Mutation,
    present: Option<Stored>,
    disputed: BTreeSet<String>,
) -> Result<Outcome, Error> {
    let Some(stored) = present else {
        // Cannot be: only what stands can be fought over.
        let gone = format!("{} is gone", mutation.record);
        return Ok(rejected(&Refusal::state(gone)));
    };
    let mut changed = BTreeMap::new();
    for field in disputed {
        let rev = stored.field_rev(&field);
        changed.insert(field, tx.author_at(mutation.record, rev)?);
    }
    Ok(Outcome::Conflict {
        record: Box::new(stored.record),
        changed,
    })
}

fn judge<'a>(
    tx: &dyn Tx,
    sender: &Sender<'_>,
    prepared: &'a Prepared,
    present: Option<&Stored>,
    now: Millis,
) -> Result<Verdict<'a>, Error> {
    let mutation = &prepared.mutation;
    let parent = parent(tx, mutation, present)?;
    let known = (present, parent.as_ref());
    match decide(tx, sender, mutation, known, now)? {
        Verdict::Apply(change) if change.submits => {
            let of = submission(sender, mutation, known, now);
            precheck::validate(tx, &of, change, prepared.foreseen().as_ref())
        }
        other => Ok(other),
    }
}

fn submission<'a>(
    sender: &Sender<'a>,
    mutation: &Mutation,
    (present, cooperative): Known<'a>,
    now: Millis,
) -> Submission<'a> {
    Submission {
        user: sender.user,
        device: sender.device,
        id: mutation.record,
        present,
        cooperative,
        now,
        cost: sender.cost,
    }
}

/// What a mutation comes to before its form is asked.
fn decide<'a>(
    tx: &dyn Tx,
    sender: &Sender<'_>,
    mutation: &'a Mutation,
    (present, parent): Known<'_>,
    now: Millis,
) -> Result<Verdict<'a>, Error> {
    let user = sender.user;
    let author = Author {
        user: Some(user.id),
        device: Some(sender.device),
    };
    let base_rev = mutation.base_rev.min(sender.newest.unwrap_or(u64::MAX));
    let others = match present {
        Some(stored) if stored.record.rev > base_rev => match sender.file {
            Some(file) => tx.revs_but_by(mutation.record, base_rev, file)?,
            None => {
                let (record, order) = (mutation.record, mutation.order);
                tx.revs_of_others(record, base_rev, &author, order)?
            }
        },
        _ => Default::default(),
    };
    let facts = Facts {
        user,
        now,
        clock: sender.clock,
        // A life of the server that nobody here heard of shares nothing, and proves nothing.
        is_late: sender.newest.is_some_and(|shared| shared > 0) || sender.file.is_some(),
        present,
        others,
        parent,
        around: kinds::gather(tx, user, mutation, (present, parent))?,
    };
    Ok(kinds::decide(mutation, &facts))
}

/// What the record belongs to: the cooperative of a visit, the visit of a review.
fn parent(
    tx: &dyn Tx,
    mutation: &Mutation,
    present: Option<&Stored>,
) -> Result<Option<Record>, Error> {
    let Some((field, kind)) = spec(mutation.kind).and_then(|spec| spec.parent) else {
        return Ok(None);
    };
    let fields = present.map_or(&mutation.fields, |stored| &stored.record.fields);
    let Some(id) = named(fields, field) else {
        return Ok(None);
    };
    let parent = tx.record_of_kind(id, kind)?.map(|stored| stored.record);
    Ok(parent.filter(|record| !record.deleted))
}

fn write(
    tx: &dyn Tx,
    prepared: &Prepared,
    present: Option<Stored>,
    change: Change<'_>,
) -> Result<u64, Error> {
    let mutation = &prepared.mutation;
    let rev = tx.next_rev()?;
    let (born, mut field_revs) = present.map_or((rev, BTreeMap::new()), |stored| {
        (stored.born, stored.field_revs)
    });
    field_revs.extend(change.touched.into_iter().map(|field| (field, rev)));
    attachments::note_uses(tx, mutation.kind, mutation.record, &change.fields)?;
    let (fields, is_said) = match change.fields {
        // They are written as they came; a copy of them would cost more than most else here.
        Cow::Borrowed(_) => (Fields::new(), true),
        Cow::Owned(fields) => {
            let is_said = fields == mutation.fields;
            (fields, is_said)
        }
    };
    let stored = Stored {
        record: Record {
            kind: mutation.kind,
            id: mutation.record,
            area: change.area,
            rev,
            owner: change.owner,
            deleted: false,
            fields,
        },
        audience: change.audience,
        parent: change.parent,
        private: change.private,
        born,
        field_revs,
    };
    if is_said {
        tx.put_as(&stored, &prepared.fields)?;
    } else {
        tx.put(&stored)?;
    }
    Ok(rev)
}
