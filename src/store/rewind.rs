//! The server was put back to an older backup. Everything is pulled anew, and what the backup lacks of this user's own
//! work is sent again, as new changes on the newest revision that both lives of the server share: so the server sees
//! where somebody else was faster.

use std::collections::BTreeMap;

use rusqlite::{Connection, params};
use serde_json::Value;

use super::api::StoreError;
use super::record::Change;
use super::{meta, record};
use crate::domain::{
    AreaCode, Fields, Kind, Millis, MutationId, Record, RecordId, UserId,
    kinds::{names_of, spec, visit_of},
    visit::{ANSWER, SUBMISSION, WAS},
};
use crate::sync::wire::SyncReply;

/// Looks whether the server lives another life than before, and prepares for it.
pub(super) fn begin(
    db: &Connection,
    me: UserId,
    now: Millis,
    reply: &SyncReply,
) -> Result<(), StoreError> {
    if meta::text(db, meta::EPOCH)?.unwrap_or_default() == reply.epoch {
        return Ok(());
    }
    meta::set(db, meta::EPOCH, &reply.epoch)?;
    meta::set(db, meta::EPOCH_REV, &reply.epoch_rev.to_string())?;
    let shared = reply.epoch_rev;
    say_again_behind_a_file(db, me, now, reply)?;
    db.execute("update record set unseen = 1 where rev > 0", [])?;
    db.execute(
        "update record set unseen = 2
         where rev > ?1 and owner = ?2 and instr(?3, ' ' || kind || ' ') > 0",
        params![
            shared,
            me.to_string(),
            names_of(|spec| spec.is_resent.is_some())
        ],
    )?;
    db.execute(
        "update record set rev = 0, stale = 0 where rev > ?",
        [shared],
    )?;
    db.execute("update outbox set base_rev = min(base_rev, ?)", [shared])?;
    ask_conflicts_anew(db, &reply.epoch)?;
    // Photos that it had it may have no more: as if each were under way, it is asked how far it is. Those too that no
    // visit names now: one may name them again.
    db.execute(
        "update attachment set state = 'here', sent = 1 where state = 'sent' and bytes is not null",
        [],
    )?;
    Ok(())
}

/// A change that came out of another phone's file, made on less than the server had told this device meanwhile: what the
/// server told may be the later, and may be gone with its former life. It goes again behind the change, so that the server
/// has both in the visit's history, and asks where it cannot tell.
fn say_again_behind_a_file(
    db: &Connection,
    me: UserId,
    now: Millis,
    reply: &SyncReply,
) -> Result<(), StoreError> {
    let mut statement = db.prepare(
        "select r.id, r.area, r.base, o.fields, o.sealed > 0 and o.base_rev < r.rev and o.state in ('sending', 'waiting')
         from outbox o join record r on r.id = o.record
         where r.id = o.visit and r.owner = ?1 and r.rev > ?2
         order by o.seq",
    )?;
    let mut rows = statement.query(params![me.to_string(), reply.epoch_rev])?;
    let mut again: BTreeMap<RecordId, (AreaCode, Fields)> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let (_, fields) = again
            .entry(record::parsed(row, 0)?)
            .or_insert((AreaCode(row.get(1)?), Fields::new()));
        let (told, of_a_file): (Fields, bool) = (record::json(row, 2)?, row.get(4)?);
        for (name, said) in record::json::<Fields>(row, 3)? {
            // The last word on an answer counts.
            fields.remove(&name);
            let told = told.get(&name).filter(|told| **told != said);
            if let Some(told) = told.filter(|_| of_a_file && name.starts_with(ANSWER)) {
                fields.insert(name, told.clone());
            }
        }
    }
    let device = meta::text(db, meta::DEVICE)?.unwrap_or_default();
    for (id, (area, fields)) in again
        .into_iter()
        .filter(|(_, (_, fields))| !fields.is_empty())
    {
        let fresh = MutationId::of_text(&format!("told {} {device} {id}", reply.epoch));
        let change = Change {
            kind: Kind::Visit,
            record: id,
            area: &area,
            owner: Some(me),
            visit: Some(id),
            fields,
        };
        record::change(db, now, fresh, &change)?;
    }
    Ok(())
}

/// What stood against these is of the life before, and so is the place that kept the losing side: they are asked anew. Under
/// another name: what the server may know under theirs, out of a file, has not what joined them since.
fn ask_conflicts_anew(db: &Connection, epoch: &str) -> Result<(), StoreError> {
    let mut statement = db.prepare("select mutation from outbox where state = 'conflict'")?;
    let conflicts = statement
        .query_map([], |row| row.get(0))?
        .collect::<Result<Vec<String>, _>>()?;
    for id in conflicts {
        let fresh = MutationId::of_text(&format!("anew {epoch} {id}")).to_string();
        db.execute(
            "update outbox set mutation = ?, state = 'waiting', server = null, changed = null, sealed = 0
             where mutation = ?",
            params![fresh, id],
        )?;
    }
    Ok(())
}

/// The server has an older copy of a record than this device knew in the life before: what it lacks goes again.
pub(super) fn send_difference(
    db: &Connection,
    now: Millis,
    known: &Fields,
    incoming: &Record,
) -> Result<(), StoreError> {
    stand_on(db, incoming.id, incoming.rev)?;
    // One that is never changed has no older copy.
    let changes = spec(incoming.kind).filter(|spec| !spec.is_append_only);
    let Some(is_work) = changes.and_then(|spec| spec.is_resent) else {
        return Ok(());
    };
    let mut fields: Fields = known
        .iter()
        .filter(|(name, value)| is_work(name) && incoming.fields.get(*name) != Some(value))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let cleared = incoming
        .fields
        .keys()
        .filter(|name| name.starts_with(ANSWER) && !known.contains_key(*name));
    fields.extend(cleared.map(|name| (name.clone(), Value::Null)));
    let after = submissions(&incoming.fields).max().unwrap_or(0);
    let lacking = Lacking {
        id: incoming.id,
        kind: incoming.kind,
        area: &incoming.area,
        fields,
        after,
        base: meta::number(db, meta::EPOCH_REV)?.min(incoming.rev),
    };
    send_again(db, now, lacking)
}

/// Lets unsent changes stand on no newer revision of their record than the server has.
fn stand_on(db: &Connection, id: RecordId, rev: u64) -> Result<(), StoreError> {
    db.execute(
        "update outbox set base_rev = min(base_rev, ?) where record = ?",
        params![rev, id.to_string()],
    )?;
    Ok(())
}

/// Everything has come, and these records of the user's own have not: the server lost them whole. They go again.
pub(super) fn send_lost(db: &Connection, now: Millis) -> Result<(), StoreError> {
    let mut statement = db.prepare_cached(
        "select id, kind, area, base from record
             where unseen = 2 and id not in (select record from large) order by n",
    )?;
    let lost = statement
        .query_map([], |row| {
            Ok((
                record::parsed(row, 0)?,
                record::parsed(row, 1)?,
                AreaCode(row.get(2)?),
                record::json(row, 3)?,
            ))
        })?
        .collect::<Result<Vec<(RecordId, Kind, AreaCode, Fields)>, _>>()?;
    for (id, kind, area, known) in lost {
        db.execute(
            "update record set base = '{}', unseen = 0 where id = ?",
            [id.to_string()],
        )?;
        stand_on(db, id, 0)?;
        let lacking = Lacking {
            id,
            kind,
            area: &area,
            fields: known,
            after: 0,
            base: 0,
        };
        send_again(db, now, lacking)?;
        record::refresh(db, id)?;
    }
    Ok(())
}

/// What the server lacks of a record.
struct Lacking<'a> {
    id: RecordId,
    kind: Kind,
    area: &'a AreaCode,
    fields: Fields,
    /// The last submission of a visit that the server knows.
    after: u32,
    /// The revision of it that both sides have.
    base: u64,
}

fn submissions(fields: &Fields) -> impl Iterator<Item = u32> {
    fields
        .keys()
        .filter_map(|name| name.strip_prefix(SUBMISSION)?.parse().ok())
}

/// A visit's changes as the server can take them: however often it was submitted in the life before, it is submitted
/// once now, after what the server knows. What answers were before, the server writes down itself.
fn count_anew(fields: &mut Fields, after: u32) {
    let last = submissions(fields).max();
    let mark = last.and_then(|last| fields.remove(&format!("{SUBMISSION}{last}")));
    fields.retain(|name, _| !name.starts_with(SUBMISSION) && !name.starts_with(WAS));
    if let Some(mark) = mark {
        let next = after.saturating_add(1);
        fields.insert(format!("{SUBMISSION}{next}"), mark);
    }
}

fn send_again(db: &Connection, now: Millis, lacking: Lacking<'_>) -> Result<(), StoreError> {
    let Lacking {
        id,
        kind,
        area,
        mut fields,
        after,
        base,
    } = lacking;
    let key = id.to_string();
    let fresh = MutationId::of_text(&format!(
        "again {} {} {key}",
        meta::text(db, meta::EPOCH)?.unwrap_or_default(),
        meta::text(db, meta::DEVICE)?.unwrap_or_default(),
    ))
    .to_string();
    // A record can have several changes: one under way, one in a backup file, one that had no room left. What is lost goes
    // into the newest that is not under way; what any other says is newer than what is lost.
    let mut unsent = None;
    for (seq, is_sent, said) in changes_of(db, &key)? {
        let older = match is_sent {
            true => Some(said),
            false => unsent.replace((seq, said)).map(|(_, older)| older),
        };
        if let Some(older) = older {
            fields.retain(|name, _| !older.contains_key(name));
        }
    }
    if fields.is_empty() {
        return Ok(());
    }
    if let Some((_, unsent)) = &unsent {
        fields.extend(unsent.clone());
    }
    count_anew(&mut fields, after);
    if let Some((seq, _)) = unsent {
        db.execute(
            "update outbox set fields = ?, area = ? where seq = ?",
            params![serde_json::to_string(&fields)?, area.0, seq],
        )?;
        // What the server refused it refused for want of what goes with it now; one in a backup file stands for what it
        // held then.
        db.execute(
            "update outbox set mutation = ?, state = 'waiting', code = null, reason = null, sealed = 0, base_rev = ?
             where seq = ? and (state = 'aside' or sealed > 0)",
            params![fresh, base, seq],
        )?;
        return Ok(());
    }
    let visit = visit_of(kind, id, &fields).map(|visit| visit.to_string());
    db.execute(
        "insert into outbox (mutation, kind, record, visit, base_rev, area, at, since, fields, state)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, ?8, 'waiting')",
        params![
            fresh,
            kind.name(),
            key,
            visit,
            base,
            area.0,
            now.0,
            serde_json::to_string(&fields)?
        ],
    )?;
    Ok(())
}

/// The changes of a record in the outbox, oldest first: number, whether it is under way, fields.
fn changes_of(db: &Connection, record: &str) -> Result<Vec<(i64, bool, Fields)>, StoreError> {
    let mut statement = db.prepare_cached(
        "select seq, state = 'sending', fields from outbox where record = ? order by seq",
    )?;
    let mut rows = statement.query([record])?;
    let mut changes = Vec::new();
    while let Some(row) = rows.next()? {
        changes.push((row.get(0)?, row.get(1)?, record::json(row, 2)?));
    }
    Ok(changes)
}
