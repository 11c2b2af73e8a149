//! The store's side of a sync: the next batch out of the outbox, and taking an answer in. Each is one transaction.

use rusqlite::{Connection, OptionalExtension, Rows, params};
use serde_json::Value;

use super::api::StoreError;
use super::{kinds, large, meta, record, rewind};
use crate::domain::visit::{SUBMISSION, VOID};
use crate::domain::{
    AttachmentName, DeviceId, Fields, Kind, Millis, MutationId, Record, RecordId, Scope, User,
    UserId, json, record::overlay,
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
        epoch: Some(meta::text(&transaction, meta::EPOCH)?.unwrap_or_default()),
        // The engine names the room, and a device that names its room understands packed records.
        packed: false,
        room: None,
        mutations: Vec::new(),
    };
    let mut bytes = 0;
    {
        let mut statement = transaction.prepare_cached(include_str!("sql/next_batch.sql"))?;
        let mut rows = statement.query(params![limits.mutations, now.0])?;
        while let Some(row) = rows.next()? {
            bytes += row.get_ref(6)?.as_str()?.len() + 200;
            if bytes > limits.bytes as usize && !request.mutations.is_empty() {
                break;
            }
            request.mutations.push(Mutation {
                id: record::parsed(row, 0)?,
                kind: record::parsed(row, 1)?,
                record: record::parsed(row, 2)?,
                base_rev: row.get(3)?,
                area: crate::domain::AreaCode(row.get(4)?),
                order: None,
                at: Millis(row.get(5)?),
                fields: record::json(row, 6)?,
            });
        }
    }
    for mutation in &mut request.mutations {
        let id = mutation.id.to_string();
        transaction
            .prepare_cached("update outbox set state = 'sending' where mutation = ?")?
            .execute([&id])?;
        transaction
            .prepare_cached("insert or ignore into sent (mutation) values (?)")?
            .execute([&id])?;
        mutation.order = transaction
            .prepare_cached("select number from sent where mutation = ?")?
            .query_row([&id], |row| row.get(0))?;
        let names = mutation.fields.values().filter_map(|value| value.as_str());
        for name in names.filter(|name| AttachmentName::is_one(name)) {
            transaction
                .prepare_cached("insert or ignore into told values (?)")?
                .execute([name])?;
        }
    }
    transaction.commit()?;
    Ok(request)
}

/// Forgets the places in the order, and the delays, of what is answered or goes under another name: only a retry needs its
/// own again.
pub(super) fn forget_order(db: &Connection) -> Result<(), StoreError> {
    db.execute(
        "delete from sent where mutation not in (select mutation from outbox)",
        [],
    )?;
    db.execute(
        "delete from postponed where mutation not in (select mutation from outbox)",
        [],
    )?;
    Ok(())
}

/// Takes an answer in.
pub(super) fn apply(
    db: &mut Connection,
    me: UserId,
    now: Millis,
    reply: &SyncReply,
) -> Result<Applied, StoreError> {
    let transaction = db.transaction()?;
    // Before the answers: what they say is applied does not come again, so it is not awaited either.
    rewind::begin(&transaction, me, now, reply)?;
    if meta::text(&transaction, meta::SCOPE)?.as_deref() != Some(&reply.scope) {
        change_scope(&transaction, reply)?;
    }
    let mut lacking = None;
    for result in &reply.results {
        let lacks = settle(&transaction, now, result.id, &result.outcome)?;
        lacking = lacking.into_iter().chain(lacks).min();
    }
    let expects = large::is_any(&transaction)? || large::is_any_aside(&transaction)?;
    for incoming in &reply.records {
        if expects {
            large::forget(&transaction, incoming.id)?;
        }
        take_in(&transaction, me, now, incoming)?;
    }
    forget_reopened(&transaction)?;
    for named in &reply.large {
        large::note(&transaction, named)?;
    }
    let fetch = large::is_any(&transaction)?;
    let cursor = lacking.map_or(reply.cursor, |rev: u64| {
        reply.cursor.min(rev.saturating_sub(1))
    });
    meta::set(&transaction, meta::CURSOR, &cursor.to_string())?;
    let more = reply.more || lacking.is_some();
    if !more && !fetch {
        transaction
            .prepare_cached("update record set stale = 0 where stale = 1")?
            .execute([])?;
        drop_unseen(&transaction, me)?;
        rewind::send_lost(&transaction, now)?;
        meta::set(&transaction, meta::LAST_OK, &now.0.to_string())?;
    }
    meta::set(
        &transaction,
        meta::CLOCK_OFFSET,
        &(reply.server_time.0 - now.0).to_string(),
    )?;
    let applied = Applied {
        records: u32::try_from(reply.records.len()).unwrap_or(u32::MAX),
        push: transaction
            .prepare_cached(include_str!("sql/more_to_push.sql"))?
            .query_row(params![!reply.results.is_empty(), now.0], |row| row.get(0))?,
        pull: more,
        fetch,
        mismatch: match reply.digest {
            Some(digest) if !more && !fetch && !large::is_any_aside(&transaction)? => {
                digest != own_digest(&transaction)?
            }
            _ => false,
        },
    };
    transaction.commit()?;
    Ok(applied)
}

/// Sets a mutation aside that the server will not even look at.
pub(super) fn set_aside(
    db: &mut Connection,
    id: MutationId,
    reason: &str,
) -> Result<(), StoreError> {
    let transaction = db.transaction()?;
    hold(
        &transaction,
        id,
        "aside",
        Some(RejectCode::Malformed),
        Some(reason),
    )?;
    transaction.commit()?;
    Ok(())
}

/// Takes the answer to one mutation in. Gives the revision of a record that the server takes this device to have, and of
/// which it has no more than the change: that came out of a backup file of another phone.
fn settle(
    db: &Connection,
    now: Millis,
    id: MutationId,
    outcome: &Outcome,
) -> Result<Option<u64>, StoreError> {
    let found: Option<(RecordId, Option<String>, Fields, bool)> = db
        .prepare_cached(
            "select record, visit, fields, base_rev > (select rev from record where id = outbox.record)
             from outbox where mutation = ?",
        )?
        .query_row([id.to_string()], |row| {
            let key = record::parsed(row, 0)?;
            Ok((key, row.get(1)?, record::json(row, 2)?, row.get(3)?))
        })
        .optional()?;
    let Some((key, visit, fields, lacks)) = found else {
        return Ok(None);
    };
    let mut lacking = None;
    match outcome {
        Outcome::Applied { rev, exact } => {
            lacking = (*exact && lacks).then_some(*rev);
            accepted(db, id, key, &fields, *rev, *exact && !lacks)?;
        }
        Outcome::Duplicate { rev } => accepted(db, id, key, &fields, *rev, false)?,
        Outcome::Conflict {
            record: server,
            changed,
        } => {
            hold(db, id, "conflict", None, None)?;
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
            hold(db, id, "aside", Some(*code), Some(reason))?;
        }
        Outcome::Unknown(_) => {
            db.prepare_cached("insert or replace into postponed (mutation, at) values (?, ?)")?
                .execute(params![id.to_string(), now.0])?;
        }
    }
    if let Some(visit) = visit {
        db.prepare_cached(
            "update visit set sent_at = ?2 where id = ?1 and not exists (select 1 from outbox where visit = ?1)",
        )?
        .execute(params![visit, now.0])?;
    }
    Ok(lacking)
}

/// Keeps a mutation until a person decides. What was changed in the record after it joins it: it must neither overtake
/// it nor be overtaken by it. What came out of another phone's file and says something else goes by itself: joined, one of
/// the two would be in no history.
fn hold(
    db: &Connection,
    id: MutationId,
    state: &str,
    code: Option<RejectCode>,
    reason: Option<&str>,
) -> Result<(), StoreError> {
    let mut fields: Fields = db
        .prepare_cached("select fields from outbox where mutation = ?")?
        .query_row([id.to_string()], |row| record::json(row, 0))?;
    let mut statement = db.prepare_cached(include_str!("sql/later_changes.sql"))?;
    let later = statement
        .query_map([id.to_string()], |row| {
            Ok((
                row.get::<_, i64>(0)?,
                record::json::<Fields>(row, 1)?,
                row.get::<_, bool>(2)?,
            ))
        })?
        .collect::<Result<Vec<_>, _>>()?;
    for (seq, changes, of_a_file) in later {
        let differs =
            |(name, value): (&String, &Value)| fields.get(name).is_some_and(|own| own != value);
        if of_a_file && changes.iter().any(differs) {
            continue;
        }
        fields.extend(changes);
        db.prepare_cached("delete from outbox where seq = ?")?
            .execute([seq])?;
    }
    db.prepare_cached("update outbox set fields = ? where mutation = ?")?
        .execute(params![serde_json::to_string(&fields)?, id.to_string()])?;
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
    let mut base: Fields = json::read(&base)?;
    // What came from the server since has it already, and may have other values by now.
    if exact || known < rev {
        overlay(&mut base, fields);
    }
    db.prepare_cached(
        "update record set base = ?1, rev = ?2, stale = ?3, unseen = iif(?5, 0, unseen) where id = ?4",
    )?
    .execute(params![
        serde_json::to_string(&base)?,
        if exact { rev } else { known },
        i64::from(!exact && known < rev),
        record_key,
        exact
    ])?;
    if exact {
        db.prepare_cached("update outbox set base_rev = ? where record = ? and state = 'waiting'")?
            .execute(params![rev, record_key])?;
    }
    db.prepare_cached("delete from outbox where mutation = ?")?
        .execute([id.to_string()])?;
    record::refresh(db, key)?;
    Ok(())
}

/// Visits that were opened again after a refusal count as not sent until their next submission is at the server: as long as
/// it waits here, *Ubah lagi* may take it out again.
fn forget_reopened(db: &Connection) -> Result<(), StoreError> {
    db.prepare_cached(
        "delete from reopened where visit in (select id from visit where state not in ('draft', 'returned'))
            and not exists (select 1 from outbox where outbox.visit = reopened.visit)",
    )?
    .execute([])?;
    Ok(())
}

/// Takes in a record as the server has it. Unsent changes stay over it.
pub(super) fn take_in(
    db: &Connection,
    me: UserId,
    now: Millis,
    incoming: &Record,
) -> Result<(), StoreError> {
    let key = incoming.id.to_string();
    if incoming.deleted {
        return gone(db, me, incoming.kind, incoming.id);
    }
    let before: Option<(Fields, u64, bool)> = db
        .prepare_cached("select base, rev, unseen = 2 from record where id = ?")?
        .query_row([&key], |row| {
            Ok((record::json(row, 0)?, row.get(1)?, row.get(2)?))
        })
        .optional()?;
    let is_known = before.is_some();
    if let Some((base, rev, went_back)) = before {
        if went_back {
            rewind::send_difference(db, now, &base, incoming)?;
        }
        if rev > incoming.rev {
            db.prepare_cached("update record set unseen = 0 where id = ?")?
                .execute([&key])?;
            return Ok(());
        }
        rebase(db, &base, rev, incoming)?;
    }
    db.prepare_cached(
        "insert into record (id, kind, area, owner, rev, base, fields) values (?1, ?2, ?3, ?4, ?5, ?6, ?6)
         on conflict (id) do update set area = ?3, owner = ?4, rev = ?5, base = ?6, fields = ?6, stale = 0, unseen = 0",
    )?
    .execute(params![
        key,
        incoming.kind.name(),
        incoming.area.0,
        incoming.owner.map(|owner| owner.to_string()),
        incoming.rev,
        serde_json::to_string(&incoming.fields)?
    ])?;
    let unsent: bool = is_known
        && db
            .prepare_cached("select exists (select 1 from outbox where record = ?)")?
            .query_row([&key], |row| row.get(0))?;
    if unsent {
        record::refresh(db, incoming.id)?;
        return Ok(());
    }
    // A first sync is thousands of these: what came is what stands, and is not read again.
    kinds::project(db, incoming)
}

/// Lets unsent changes stand on what the server has now, unless its value of a field is neither what they were made on
/// nor what they say. Then they stay on what they were made on: the server sees it too, keeps the losing value in its
/// history, and its answer brings the question to a person, with who it was.
fn rebase(db: &Connection, base: &Fields, rev: u64, incoming: &Record) -> Result<(), StoreError> {
    let key = incoming.id.to_string();
    db.prepare_cached("update outbox set server = ? where record = ? and state = 'conflict'")?
        .execute(params![serde_json::to_string(incoming)?, key])?;
    let mut statement = db.prepare_cached(
        "select mutation, state, fields, base_rev from outbox where record = ? order by seq",
    )?;
    let unsent = statement
        .query_map([&key], |row| {
            Ok((
                row.get::<_, String>(0)?,
                row.get::<_, String>(1)?,
                record::json::<Fields>(row, 2)?,
                row.get::<_, u64>(3)?,
            ))
        })?
        .collect::<Result<Vec<_>, _>>()?;
    let value = |fields: &Fields, name: &str| fields.get(name).cloned().unwrap_or(Value::Null);
    let mut sent = Fields::new();
    for (mutation, state, fields, base_rev) in unsent {
        if state == "sending" {
            sent.extend(fields);
            continue;
        }
        // It was set aside for want of an answer, and came to the server all the same.
        if state == "aside"
            && fields
                .iter()
                .all(|(name, mine)| value(&incoming.fields, name) == *mine)
        {
            db.prepare_cached("delete from outbox where mutation = ?")?
                .execute([mutation])?;
            continue;
        }
        // What did not fit an earlier state does not fit by itself later.
        if state != "waiting" || base_rev != rev {
            continue;
        }
        let clash = fields.iter().any(|(name, mine)| {
            let theirs = value(&incoming.fields, name);
            theirs != *mine && theirs != value(base, name) && sent.get(name) != Some(&theirs)
        });
        if !clash && !gives_up_what_was_sent(&fields, base, incoming) {
            db.prepare_cached("update outbox set base_rev = ? where mutation = ?")?
                .execute(params![incoming.rev, mutation])?;
        }
    }
    Ok(())
}

/// Whether a draft was given up here that was submitted elsewhere meanwhile: who gave it up did not know.
fn gives_up_what_was_sent(mine: &Fields, base: &Fields, incoming: &Record) -> bool {
    mine.contains_key(VOID)
        && incoming
            .under(SUBMISSION)
            .any(|(number, _)| !base.contains_key(&format!("{SUBMISSION}{number}")))
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
    await_everything(db)
}

fn drop_out_of_sight(db: &Connection, user: &User) -> Result<(), StoreError> {
    let Scope::Areas(areas) = &user.scope else {
        return Ok(());
    };
    let areas: Vec<&str> = areas.iter().map(|area| area.0.as_str()).collect();
    let areas = serde_json::to_string(&areas)?;
    let mut statement = db.prepare(include_str!("sql/out_of_sight.sql"))?;
    let mut rows = statement.query(params![areas, user.id.to_string()])?;
    all_gone(db, user.id, &mut rows)
}

/// From here on every record must come again; what has not come when everything has is not shown to this user any more.
fn await_everything(db: &Connection) -> Result<(), StoreError> {
    db.execute(
        "update record set unseen = 1 where rev > 0 and unseen = 0",
        [],
    )?;
    Ok(())
}

fn drop_unseen(db: &Connection, me: UserId) -> Result<(), StoreError> {
    let mut statement = db.prepare_cached(
        "select id, kind from record where unseen = 1 and id not in (select record from large)",
    )?;
    let mut rows = statement.query([])?;
    all_gone(db, me, &mut rows)
}

fn all_gone(db: &Connection, me: UserId, rows: &mut Rows<'_>) -> Result<(), StoreError> {
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        all.push((record::parsed(row, 0)?, record::parsed(row, 1)?));
    }
    for (id, kind) in all {
        gone(db, me, kind, id)?;
    }
    Ok(())
}

/// The server does not show a record any more: it is forgotten, unless something of it is unsent, or it is the
/// cooperative of one of the user's own visits. Then it stays, as one that the server does not show.
fn gone(db: &Connection, me: UserId, kind: Kind, id: RecordId) -> Result<(), StoreError> {
    let needed: bool = db
        .prepare_cached(
            "select exists (select 1 from outbox where record = ?1)
                or exists (select 1 from visit where cooperative = ?1 and officer = ?2)",
        )?
        .query_row([id.to_string(), me.to_string()], |row| row.get(0))?;
    if needed {
        db.prepare_cached("update record set rev = 0, unseen = 0 where id = ?")?
            .execute([id.to_string()])?;
        return Ok(());
    }
    kinds::forget(db, kind, id)?;
    db.prepare_cached("delete from record where id = ?")?
        .execute([id.to_string()])?;
    Ok(())
}

/// What this device has of what the server shows it.
fn own_digest(db: &Connection) -> Result<Digest, StoreError> {
    let (count, rev_sum) = db
        .prepare_cached("select count(*), coalesce(sum(rev), 0) from record where rev > 0")?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(Digest { count, rev_sum })
}

/// Everything is pulled anew from the next batch on.
pub(super) fn forget_cursor(db: &mut Connection) -> Result<(), StoreError> {
    let transaction = db.transaction()?;
    let repairs = meta::number(&transaction, meta::REPAIRS)?;
    meta::set(&transaction, meta::REPAIRS, &(repairs + 1).to_string())?;
    meta::set(&transaction, meta::CURSOR, "0")?;
    await_everything(&transaction)?;
    transaction.commit()?;
    Ok(())
}
