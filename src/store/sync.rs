//! The store's side of a sync: the next batch out of the outbox, and taking an answer in. Each is one transaction.

use rusqlite::{Connection, OptionalExtension, params};
use serde_json::Value;

use super::api::StoreError;
use super::{meta, project, record};
use crate::domain::{
    DeviceId, Fields, Kind, Millis, MutationId, Record, RecordId, Scope, User, record::overlay,
};
use crate::sync::engine::Applied;
use crate::sync::wire::{
    Digest, Limits, Mutation, Outcome, PROTOCOL, RejectCode, SyncReply, SyncRequest,
};

/// Makes the next request and freezes what it carries. At most one mutation of a record goes at a time, so that a later
/// one is based on what the server made of the earlier.
pub(super) fn prepare(
    db: &mut Connection,
    device: DeviceId,
    now: Millis,
    limits: Limits,
) -> Result<SyncRequest, StoreError> {
    let transaction = db.transaction()?;
    let mut request = SyncRequest {
        protocol: PROTOCOL,
        device,
        sent_at: now,
        cursor: meta::number(&transaction, meta::CURSOR)?,
        scope: meta::text(&transaction, meta::SCOPE)?.unwrap_or_default(),
        mutations: Vec::new(),
    };
    let mut bytes = 0;
    {
        let mut statement = transaction.prepare_cached(include_str!("sql/next_batch.sql"))?;
        let mut rows = statement.query([limits.mutations])?;
        while let Some(row) = rows.next()? {
            bytes += row.get_ref(6)?.as_str()?.len() + 200;
            if bytes > limits.bytes as usize && !request.mutations.is_empty() {
                break;
            }
            request.mutations.push(Mutation {
                id: record::parsed(row, 0)?,
                kind: Kind::from_name(row.get_ref(1)?.as_str()?)
                    .ok_or(rusqlite::Error::InvalidQuery)?,
                record: record::parsed(row, 2)?,
                base_rev: row.get(3)?,
                area: crate::domain::AreaCode(row.get(4)?),
                at: Millis(row.get(5)?),
                fields: record::json(row, 6)?,
            });
        }
    }
    for mutation in &request.mutations {
        transaction
            .prepare_cached("update outbox set state = 'sending' where mutation = ?")?
            .execute([mutation.id.to_string()])?;
    }
    transaction.commit()?;
    Ok(request)
}

/// Takes an answer in.
pub(super) fn apply(
    db: &mut Connection,
    now: Millis,
    reply: &SyncReply,
) -> Result<Applied, StoreError> {
    let transaction = db.transaction()?;
    for result in &reply.results {
        settle(&transaction, now, result.id, &result.outcome)?;
    }
    if meta::text(&transaction, meta::SCOPE)?.as_deref() != Some(&reply.scope) {
        change_scope(&transaction, reply)?;
    }
    for incoming in &reply.records {
        take_in(&transaction, incoming)?;
    }
    meta::set(&transaction, meta::CURSOR, &reply.cursor.to_string())?;
    if !reply.more {
        transaction.execute("update record set stale = 0 where stale = 1", [])?;
        meta::set(&transaction, meta::LAST_OK, &now.0.to_string())?;
    }
    meta::set(
        &transaction,
        meta::CLOCK_OFFSET,
        &(reply.server_time.0 - now.0).to_string(),
    )?;
    let applied = Applied {
        records: u32::try_from(reply.records.len()).unwrap_or(u32::MAX),
        push: transaction.query_row(
            include_str!("sql/more_to_push.sql"),
            [!reply.results.is_empty()],
            |row| row.get(0),
        )?,
        pull: reply.more,
        mismatch: match reply.digest {
            Some(digest) => digest != own_digest(&transaction)?,
            None => false,
        },
    };
    transaction.commit()?;
    Ok(applied)
}

/// Sets the first mutation aside: even alone it is larger than the server takes.
pub(super) fn set_aside_first(db: &Connection) -> Result<(), StoreError> {
    db.execute(
        "update outbox set state = 'aside', code = 'malformed', reason = 'larger than the server takes'
         where seq = (select min(seq) from outbox where state = 'sending')",
        [],
    )?;
    Ok(())
}

fn settle(
    db: &Connection,
    now: Millis,
    id: MutationId,
    outcome: &Outcome,
) -> Result<(), StoreError> {
    let found: Option<(RecordId, Option<String>, Fields)> = db
        .prepare_cached("select record, visit, fields from outbox where mutation = ?")?
        .query_row([id.to_string()], |row| {
            Ok((record::parsed(row, 0)?, row.get(1)?, record::json(row, 2)?))
        })
        .optional()?;
    let Some((key, visit, fields)) = found else {
        return Ok(());
    };
    match outcome {
        Outcome::Applied { rev, exact } => accepted(db, id, key, &fields, *rev, *exact)?,
        Outcome::Duplicate { rev } => accepted(db, id, key, &fields, *rev, false)?,
        Outcome::Conflict {
            record: server,
            changed,
        } => {
            set_state(db, id, "conflict", None, None)?;
            db.execute(
                "update outbox set server = ?, changed = ? where mutation = ?",
                params![
                    serde_json::to_string(server)?,
                    serde_json::to_string(changed)?,
                    id.to_string()
                ],
            )?;
        }
        Outcome::Rejected { code, reason } => {
            set_state(db, id, "aside", Some(*code), Some(reason))?
        }
    }
    if let Some(visit) = visit {
        db.prepare_cached(
            "update visit set sent_at = ?2 where id = ?1 and not exists (select 1 from outbox where visit = ?1)",
        )?
        .execute(params![visit, now.0])?;
    }
    Ok(())
}

fn set_state(
    db: &Connection,
    id: MutationId,
    state: &str,
    code: Option<RejectCode>,
    reason: Option<&str>,
) -> Result<(), StoreError> {
    let code = code.map(serde_json::to_value).transpose()?;
    db.prepare_cached("update outbox set state = ?, code = ?, reason = ? where mutation = ?")?
        .execute(params![
            state,
            code.as_ref().and_then(Value::as_str),
            reason,
            id.to_string()
        ])?;
    Ok(())
}

/// The server has the change: it becomes part of the base and leaves the outbox.
fn accepted(
    db: &Connection,
    id: MutationId,
    key: RecordId,
    fields: &Fields,
    rev: u64,
    exact: bool,
) -> Result<(), StoreError> {
    let record_key = key.to_string();
    let (base, known): (String, u64) = db
        .prepare_cached("select base, rev from record where id = ?")?
        .query_row([&record_key], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut base: Fields = serde_json::from_str(&base)?;
    // What came from the server since has it already, and may have other values by now.
    if exact || known < rev {
        overlay(&mut base, fields);
    }
    db.prepare_cached("update record set base = ?, rev = ?, stale = ? where id = ?")?
        .execute(params![
            serde_json::to_string(&base)?,
            if exact { rev } else { known },
            i64::from(!exact && known < rev),
            record_key
        ])?;
    if exact {
        db.prepare_cached("update outbox set base_rev = ? where record = ? and state = 'waiting'")?
            .execute(params![rev, record_key])?;
    }
    db.prepare_cached("delete from outbox where mutation = ?")?
        .execute([id.to_string()])?;
    record::refresh(db, key)
}

/// Takes in a record as the server has it. Unsent changes stay over it.
fn take_in(db: &Connection, incoming: &Record) -> Result<(), StoreError> {
    let key = incoming.id.to_string();
    if incoming.deleted {
        return drop_record(db, incoming.kind, incoming.id);
    }
    let before: Option<(String, u64)> = db
        .prepare_cached("select base, rev from record where id = ?")?
        .query_row([&key], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    if let Some((base, rev)) = before {
        if rev > incoming.rev {
            return Ok(());
        }
        rebase(db, (&serde_json::from_str(&base)?, rev), incoming)?;
    }
    db.prepare_cached(
        "insert into record (id, kind, area, owner, rev, base) values (?1, ?2, ?3, ?4, ?5, ?6)
         on conflict (id) do update set area = ?3, owner = ?4, rev = ?5, base = ?6, stale = 0",
    )?
    .execute(params![
        key,
        incoming.kind.name(),
        incoming.area.0,
        incoming.owner.map(|owner| owner.to_string()),
        incoming.rev,
        serde_json::to_string(&incoming.fields)?
    ])?;
    record::refresh(db, incoming.id)
}

fn rebase(
    db: &Connection,
    (base, rev): (&Fields, u64),
    incoming: &Record,
) -> Result<(), StoreError> {
    let key = incoming.id.to_string();
    let mut statement = db.prepare_cached(
        "select mutation, state, fields from outbox where record = ? order by seq",
    )?;
    let unsent = statement
        .query_map([&key], |row| {
            Ok((
                row.get::<_, String>(0)?,
                row.get::<_, String>(1)?,
                record::json::<Fields>(row, 2)?,
            ))
        })?
        .collect::<Result<Vec<_>, _>>()?;
    let value = |fields: &Fields, name: &str| fields.get(name).cloned().unwrap_or(Value::Null);
    let mut sent = Fields::new();
    for (mutation, state, fields) in unsent {
        if state == "sending" {
            sent.extend(fields);
            continue;
        }
        if state != "waiting" {
            continue;
        }
        let clash = fields.iter().any(|(name, mine)| {
            let theirs = value(&incoming.fields, name);
            theirs != *mine && theirs != value(base, name) && sent.get(name) != Some(&theirs)
        });
        // On its old base the server sees that a person must choose, says who it was, and keeps what is not chosen.
        if !clash {
            // One that clashed with an earlier pull stays where it is.
            db.prepare_cached(
                "update outbox set base_rev = ? where mutation = ? and base_rev >= ?",
            )?
            .execute(params![incoming.rev, mutation, rev])?;
        }
    }
    Ok(())
}

/// The user sees other areas now: the records come from the beginning, what is out of sight goes, unsent work stays.
fn change_scope(db: &Connection, reply: &SyncReply) -> Result<(), StoreError> {
    let first = meta::text(db, meta::SCOPE)?.is_none();
    meta::set(db, meta::SCOPE, &reply.scope)?;
    if let Some(user) = &reply.user {
        meta::set(db, meta::USER, &serde_json::to_string(user)?)?;
        if !first {
            drop_out_of_sight(db, user)?;
        }
    }
    Ok(())
}

fn drop_out_of_sight(db: &Connection, user: &User) -> Result<(), StoreError> {
    let Scope::Areas(areas) = &user.scope else {
        return Ok(());
    };
    let areas: Vec<&str> = areas.iter().map(|area| area.0.as_str()).collect();
    let mut statement = db.prepare(include_str!("sql/out_of_sight.sql"))?;
    let gone = statement
        .query_map(
            params![serde_json::to_string(&areas)?, user.id.to_string()],
            |row| {
                Ok((
                    record::parsed(row, 0)?,
                    Kind::from_name(row.get_ref(1)?.as_str()?),
                ))
            },
        )?
        .collect::<Result<Vec<(RecordId, Option<Kind>)>, _>>()?;
    for (id, kind) in gone {
        if let Some(kind) = kind {
            drop_record(db, kind, id)?;
        }
    }
    Ok(())
}

/// Forgets a record, unless something of it is unsent.
fn drop_record(db: &Connection, kind: Kind, id: RecordId) -> Result<(), StoreError> {
    let unsent: bool = db
        .prepare_cached("select exists (select 1 from outbox where record = ?)")?
        .query_row([id.to_string()], |row| row.get(0))?;
    if unsent {
        return Ok(());
    }
    project::forget(db, kind, id)?;
    db.prepare_cached("delete from record where id = ?")?
        .execute([id.to_string()])?;
    Ok(())
}

/// What this device has of what the server shows it. Records kept only for their unsent work do not count.
fn own_digest(db: &Connection) -> Result<Digest, StoreError> {
    let user: Option<User> = meta::text(db, meta::USER)?
        .map(|user| serde_json::from_str(&user))
        .transpose()?;
    let areas = match user.as_ref().map(|user| &user.scope) {
        Some(Scope::Areas(areas)) => Some(serde_json::to_string(areas)?),
        _ => None,
    };
    let owner = user.map(|user| user.id.to_string());
    let (count, rev_sum) = db
        .prepare_cached(include_str!("sql/digest.sql"))?
        .query_row(params![areas, owner], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(Digest { count, rev_sum })
}

/// Everything is pulled anew from the next batch on.
pub(super) fn forget_cursor(db: &Connection) -> Result<(), StoreError> {
    let repairs = meta::number(db, meta::REPAIRS)?;
    meta::set(db, meta::REPAIRS, &(repairs + 1).to_string())?;
    meta::set(db, meta::CURSOR, "0")
}
