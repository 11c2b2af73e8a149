//! One sync without the network around it: what came is understood, what is submitted is run through its form, all of it
//! is applied in one write and answered in one read.

use std::{
    collections::BTreeSet,
    panic::{AssertUnwindSafe, catch_unwind},
};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{
    domain::{DeviceId, Millis, MutationId, Scope, User},
    sync::packed::Packed,
    sync::wire::{
        Digest, LargeRecord, Limits, Mutation, MutationResult, OLDEST_PROTOCOL, Outcome, PROTOCOL,
        RejectCode, USUAL_ROOM,
    },
};

use super::{
    pull::{self, RawRecord, Wants},
    push::{self, Cost, Prepared, Sender},
};
use crate::server::repo::{
    Error, Tx,
    epoch::{self, Epoch},
    in_part,
};

/// [`crate::sync::wire::SyncRequest`] as the server reads it: one mutation that is not understood does not hold up the
/// others.
#[derive(Debug, Deserialize)]
pub struct Request {
    protocol: u32,
    device: DeviceId,
    #[serde(default)]
    sent_at: Option<Millis>,
    #[serde(default)]
    cursor: u64,
    #[serde(default)]
    scope: String,
    #[serde(default)]
    epoch: Option<String>,
    #[serde(default)]
    packed: bool,
    #[serde(default)]
    room: Option<u32>,
    #[serde(default)]
    mutations: Vec<Box<RawValue>>,
}

/// [`crate::sync::wire::SyncReply`] with the records as they are stored.
#[derive(Debug, Serialize)]
pub struct Reply {
    protocol: u32,
    server_time: Millis,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    results: Vec<MutationResult>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    records: Vec<RawRecord>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    packed: Vec<Packed<Box<RawValue>>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    large: Vec<LargeRecord>,
    cursor: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    more: Option<bool>,
    scope: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<User>,
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<Digest>,
    #[serde(skip_serializing_if = "Option::is_none")]
    limits: Option<Limits>,
    #[serde(skip_serializing_if = "String::is_empty")]
    epoch: String,
    #[serde(skip_serializing_if = "is_zero")]
    epoch_rev: u64,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// Why a request as a whole is not taken.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Refused {
    /// It speaks a protocol that is no longer answered.
    #[error("the app is too old for this server")]
    TooOld,
    /// It carries more mutations than the limits say.
    #[error("{sent} mutations; {taken} are taken at a time")]
    TooMany {
        /// How many it carries.
        sent: usize,
        /// How many it may.
        taken: u32,
    },
    /// A mutation has no id that an answer could be given to.
    #[error("a mutation without an id")]
    Nameless,
}

/// A mutation, or the answer to one that is not understood.
type Asked = Result<Prepared, MutationResult>;

/// A request that was understood.
#[derive(Debug)]
pub struct Exchange {
    device: DeviceId,
    sent_at: Option<Millis>,
    cursor: u64,
    scope: String,
    epoch: Option<String>,
    wants: Wants,
    asked: Vec<Asked>,
}

impl Exchange {
    /// Understands a request.
    ///
    /// # Errors
    /// See [`Refused`]; nothing of it may be applied then.
    pub fn understand(request: Request) -> Result<Self, Refused> {
        if request.protocol < OLDEST_PROTOCOL {
            return Err(Refused::TooOld);
        }
        let taken = Limits::default().mutations;
        let sent = request.mutations.len();
        if sent > usize::try_from(taken).unwrap_or(usize::MAX) {
            return Err(Refused::TooMany { sent, taken });
        }
        let asked = request.mutations.iter().map(|raw| understand(raw));
        Ok(Self {
            asked: asked.collect::<Result<_, _>>()?,
            device: request.device,
            sent_at: request.sent_at,
            cursor: request.cursor,
            scope: request.scope,
            epoch: request.epoch,
            wants: Wants {
                packs: request.packed || request.room.is_some(),
                room: request.room.map(|room| match room {
                    0 => USUAL_ROOM,
                    room => room,
                }),
            },
        })
    }

    /// Whether there is anything to write.
    #[must_use]
    pub fn pushes(&self) -> bool {
        !self.asked.is_empty()
    }

    /// Whether a visit is submitted with it, see [`Exchange::foresee`].
    #[must_use]
    pub fn submits(&self) -> bool {
        self.asked.iter().flatten().any(Prepared::submits)
    }

    /// Runs every visit that is submitted through its form, on a connection that may only read: so the one writer does
    /// not have to. [`Exchange::push`] looks whether what was found still holds.
    ///
    /// # Errors
    /// When the database fails.
    pub fn foresee(&self, tx: &dyn Tx, user: &User, now: Millis) -> Result<(), Error> {
        self.expect(tx)?;
        let cost = Cost::default();
        let sender = self.sender(tx, user, now, &cost)?;
        for prepared in self.asked.iter().flatten() {
            let foreseen = catch_unwind(AssertUnwindSafe(|| prepared.foresee(tx, &sender, now)));
            match foreseen {
                Ok(Err(why)) if !why.is_of_a_value() => return Err(why),
                // What makes this program fail here does so again where it is answered.
                _ => {}
            }
        }
        Ok(())
    }

    /// Says what the mutations are about, so that it can be read together.
    fn expect(&self, tx: &dyn Tx) -> Result<(), Error> {
        let (mut records, mut mutations) = (BTreeSet::new(), BTreeSet::new());
        for prepared in self.asked.iter().flatten() {
            mutations.insert(prepared.id());
            records.extend(prepared.names());
        }
        tx.expect(&records, &mutations)
    }

    fn sender<'a>(
        &self,
        tx: &dyn Tx,
        user: &'a User,
        now: Millis,
        cost: &'a Cost,
    ) -> Result<Sender<'a>, Error> {
        let epoch = epoch::present(tx)?;
        Ok(Sender {
            user,
            newest: self.shares(tx, &epoch)?,
            device: self.device,
            clock: self.sent_at.map(|at| now.0.saturating_sub(at.0)),
            file: None,
            cost,
        })
    }

    /// Applies every mutation in the caller's transaction, in their order, and answers each.
    ///
    /// # Errors
    /// When the database fails; then the caller's transaction must not be committed.
    pub fn push(
        &self,
        tx: &dyn Tx,
        user: &User,
        now: Millis,
    ) -> Result<Vec<MutationResult>, Error> {
        self.expect(tx)?;
        let cost = Cost::default();
        let sender = self.sender(tx, user, now, &cost)?;
        push_all(tx, &self.asked, |prepared| {
            push::push(tx, &sender, prepared, now)
        })
    }

    /// Gathers what the device lacks, in one read transaction that sees what [`Exchange::push`] wrote.
    ///
    /// # Errors
    /// When the database fails.
    pub fn pull(
        &self,
        tx: &dyn Tx,
        user: &User,
        results: Vec<MutationResult>,
        now: Millis,
    ) -> Result<Reply, Error> {
        let made = results.iter().filter_map(|result| match result.outcome {
            Outcome::Applied { rev, exact: true } => Some(rev),
            _ => None,
        });
        let made: BTreeSet<u64> = made.collect();
        let scope = name_of(user);
        let same_scope = scope == self.scope;
        let epoch = epoch::present(tx)?;
        // A cursor that no database can hold is one from the future.
        let cursor = match i64::try_from(self.cursor) {
            Ok(_) if same_scope && !self.is_of_another(&epoch) => self.cursor,
            _ => 0,
        };
        let page = pull::page(tx, user, cursor, &made, self.wants)?;
        Ok(Reply {
            protocol: PROTOCOL,
            server_time: now,
            results,
            records: page.records,
            packed: page.packed,
            large: page.large,
            cursor: page.cursor,
            more: (page.more || !self.wants.packs).then_some(page.more),
            scope,
            user: (!same_scope).then(|| user.clone()),
            digest: page.digest,
            limits: (!self.wants.packs).then(Limits::default),
            epoch_rev: self.shares(tx, &epoch)?.unwrap_or(epoch.rev),
            epoch: epoch.name,
        })
    }

    /// The newest revision that the life the device last spoke to shares with this one; none when it is this one.
    fn shares(&self, tx: &dyn Tx, epoch: &Epoch) -> Result<Option<u64>, Error> {
        match &self.epoch {
            Some(name) if self.is_of_another(epoch) => epoch::shared_with(tx, name).map(Some),
            _ => Ok(None),
        }
    }

    /// Whether the device last spoke to another life of this server. One that knows no lives is taken at its cursor.
    fn is_of_another(&self, epoch: &Epoch) -> bool {
        self.epoch.as_ref().is_some_and(|name| *name != epoch.name)
    }
}

fn understand(raw: &RawValue) -> Result<Asked, Refused> {
    #[derive(Deserialize)]
    struct Named {
        id: MutationId,
    }
    let why = match serde_json::from_str::<Mutation>(raw.get()) {
        // Not written down: sent again to a server that knows the kind, it goes through.
        Ok(mutation) if !mutation.kind.is_known() => {
            format!("this server does not know the kind {}", mutation.kind)
        }
        Ok(mutation) => match Prepared::new(mutation) {
            Ok(prepared) => return Ok(Ok(prepared)),
            Err(why) => why.to_string(),
        },
        Err(why) => why.to_string(),
    };
    let Named { id } = serde_json::from_str(raw.get()).map_err(|_| Refused::Nameless)?;
    Ok(Err(refused(id, RejectCode::Malformed, why)))
}

/// Pushes what was understood, in its order: at first together, since a savepoint for each costs as much as the rest. When
/// this program fails at one of them, all of that is undone, and each goes by itself.
fn push_all(
    tx: &dyn Tx,
    asked: &[Asked],
    push: impl Fn(&Prepared) -> Result<MutationResult, Error>,
) -> Result<Vec<MutationResult>, Error> {
    let each = |push: &dyn Fn(&Prepared) -> Result<MutationResult, Error>| {
        let answers = asked.iter().map(|asked| match asked {
            Ok(prepared) => push(prepared),
            Err(result) => Ok(result.clone()),
        });
        answers.collect::<Result<Vec<_>, _>>()
    };
    if asked.len() > 1 {
        match in_part(tx, || each(&push)) {
            Err(Error::Panicked) => {}
            Err(why) if why.is_of_a_value() => {}
            other => return other,
        }
    }
    each(&|prepared| push_one(tx, prepared, &push))
}

/// A mutation at which this program fails would do so at every retry: it is answered, so that it holds up nothing. The answer
/// is not written down: sent again to a server that was put right, it goes through.
fn push_one(
    tx: &dyn Tx,
    prepared: &Prepared,
    push: impl Fn(&Prepared) -> Result<MutationResult, Error>,
) -> Result<MutationResult, Error> {
    let mutation = prepared.id();
    match in_part(tx, || push(prepared)) {
        Err(Error::Panicked) => tracing::error!(%mutation, "a mutation made the server panic"),
        Err(why) if why.is_of_a_value() => {
            tracing::error!(%mutation, error = %why, "the server fails at a mutation");
        }
        other => return other,
    }
    let why = "the server fails at this change; it is kept on the device";
    Ok(refused(mutation, RejectCode::Other, why.to_owned()))
}

fn refused(id: MutationId, code: RejectCode, reason: String) -> MutationResult {
    MutationResult {
        id,
        outcome: Outcome::Rejected { code, reason },
    }
}

/// A user's role and areas as one short text: another one means that the device must begin from the beginning.
#[must_use]
pub fn name_of(user: &User) -> String {
    let areas = match &user.scope {
        Scope::District => "*".to_owned(),
        Scope::Areas(areas) => {
            let mut codes: Vec<&str> = areas.iter().map(|area| area.0.as_str()).collect();
            codes.sort_unstable();
            codes.join(",")
        }
        Scope::Other(json) => json.clone(),
    };
    format!("{}:{areas}", user.role.name())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;
    use crate::{
        domain::{AreaCode, Fields, Kind, RecordId},
        server::repo::Direct,
    };

    fn asked(name: &str) -> Asked {
        let mutation = Mutation {
            id: MutationId::of_text(name),
            kind: Kind::Visit,
            record: RecordId::of_text(name),
            base_rev: 0,
            area: AreaCode::default(),
            order: None,
            at: Millis(1),
            fields: Fields::new(),
        };
        Ok(Prepared::new(mutation).unwrap())
    }

    #[test]
    fn a_mutation_that_makes_the_server_panic_is_answered_and_takes_no_other_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let mut database = Direct::open(folder.path()).unwrap();
        let names = ["first", "bad", "last"];
        let asked = names.map(asked);
        let bad = MutationId::of_text("bad");
        let results = database.write(|tx| {
            push_all(tx, &asked, |prepared| {
                let id = prepared.id();
                tx.set_fact(&id.to_string(), "pushed")?;
                assert_ne!(id, bad, "on purpose");
                let outcome = Outcome::Applied {
                    rev: 1,
                    exact: true,
                };
                Ok(MutationResult { id, outcome })
            })
        });
        let refused: Vec<bool> = results
            .unwrap()
            .iter()
            .map(|result| matches!(result.outcome, Outcome::Rejected { .. }))
            .collect();
        assert_eq!(refused, [false, true, false]);
        let mut is_kept = |name: &str| {
            let id = MutationId::of_text(name).to_string();
            database.read(|tx| tx.fact(&id)).unwrap().is_some()
        };
        assert_eq!(names.map(&mut is_kept), [true, false, true]);
    }
}
