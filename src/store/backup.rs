//! Backup without a network: what goes into a file, and what a file brings back. Neither loses or doubles anything: a
//! change keeps its identity, and one that was in a file is never folded into again.

use std::collections::btree_map::{BTreeMap, Entry};

use rusqlite::{Connection, OptionalExtension, params};
use serde_json::Value;

use super::api::{Restored, StoreError};
use super::{
    Store, meta,
    record::{self, Change},
};
use crate::domain::{
    AreaCode, AttachmentName, Fields, Millis, MutationId, RecordId, json, kinds::names_of,
    visit::ANSWER,
};
use crate::sync::backup::{Contents, Fault, Opener, Sealer, Unsent};
use crate::sync::derive::Cost;
use crate::sync::wire::Mutation;

/// Why an attachment out of a file is not sent: the file was not read to its end.
const RESTORING: &str = "restoring";

/// Bytes that are given at a time, about.
const PIECE: usize = 512 * 1024;

/// A backup file being written.
pub struct BackUp {
    sealer: Option<Sealer>,
    photos: std::vec::IntoIter<String>,
    begun: Vec<u8>,
}

impl Store {
    /// Begins a backup under the user's password, a key of which costs that much: seals every unsent change.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was sealed.
    pub fn back_up(
        &mut self,
        now: Millis,
        (password, cost): (&str, Cost),
        random: &mut dyn FnMut(&mut [u8]),
    ) -> Result<BackUp, StoreError> {
        let transaction = self.db.transaction()?;
        transaction.execute("update outbox set sealed = 1 where sealed = 0", [])?;
        transaction.execute(
            "insert or ignore into backed_up select mutation from outbox",
            [],
        )?;
        let contents = Contents {
            user: self.user.id,
            device: self.device,
            made_at: now,
            epoch: Some(meta::text(&transaction, meta::EPOCH)?.unwrap_or_default()),
            changes: unsent(&transaction)?,
        };
        let photos = transaction
            .prepare(include_str!("sql/unsent_photos.sql"))?
            .query_map([names_of(|spec| spec.names_attachments)], |row| row.get(0))?
            .collect::<Result<Vec<String>, _>>()?;
        let (mut sealer, mut begun) =
            Sealer::begin(&self.user.username, (password, cost), random).ok_or_else(failed)?;
        sealer
            .part(&serde_json::to_vec(&contents)?, &mut begun)
            .ok_or_else(failed)?;
        transaction.commit()?;
        Ok(BackUp {
            sealer: Some(sealer),
            photos: photos.into_iter(),
            begun,
        })
    }

    /// The next bytes of the file; none at its end.
    ///
    /// # Errors
    /// [`StoreError::Database`]; the file is not whole then.
    pub fn back_up_more(&self, backup: &mut BackUp) -> Result<Vec<u8>, StoreError> {
        let mut file = std::mem::take(&mut backup.begun);
        while let Some(sealer) = backup.sealer.as_mut().filter(|_| file.len() < PIECE) {
            let Some(name) = backup.photos.next() else {
                if let Some(sealer) = backup.sealer.take() {
                    sealer.end(&mut file).ok_or_else(failed)?;
                }
                break;
            };
            // One that was sent and freed meanwhile is at the server.
            let bytes: Option<Vec<u8>> = self
                .db
                .query_row(
                    "select bytes from attachment where name = ? and bytes is not null",
                    [&name],
                    |row| row.get(0),
                )
                .optional()?;
            if let Some(bytes) = bytes {
                sealer
                    .part(name.as_bytes(), &mut file)
                    .and_then(|()| sealer.part(&bytes, &mut file))
                    .ok_or_else(failed)?;
            }
        }
        Ok(file)
    }

    /// Keeps a photo out of a file, not to be sent before the file was read to its end.
    ///
    /// # Errors
    /// [`Fault::Damaged`] when these are not the bytes that it names; [`StoreError::Full`].
    pub fn restore_photo(&self, now: Millis, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        let named: Option<AttachmentName> = name.parse().ok();
        if !named.is_some_and(|named| named.names(bytes)) {
            return Err(Fault::Damaged.into());
        }
        self.db
            .prepare_cached(
                "insert or ignore into attachment (name, size, bytes, made, state, reason)
                 values (?, ?, ?, ?, 'aside', ?)",
            )?
            .execute(params![name, bytes.len(), bytes, now.0, RESTORING])?;
        Ok(())
    }

    /// The file was read to its end: its changes go into the outbox, its photos may be sent. What was here or came from
    /// here before changes nothing.
    ///
    /// # Errors
    /// [`StoreError`]; nothing was taken then.
    pub fn restore(&mut self, now: Millis, contents: &Contents) -> Result<Restored, StoreError> {
        if contents.user != self.user.id {
            let username = String::new();
            return Err(Fault::OtherUser { username }.into());
        }
        let transaction = self.db.transaction()?;
        // An edit made after this must not fold into a change that stands before those of the file.
        transaction.execute("update outbox set sealed = 1 where sealed = 0", [])?;
        let mut restored = Restored::default();
        // Revisions of another life of the server say nothing in this one.
        let epoch = meta::text(&transaction, meta::EPOCH)?.unwrap_or_default();
        let newest = match &contents.epoch {
            Some(theirs) if *theirs != epoch => meta::number(&transaction, meta::EPOCH_REV)?,
            _ => u64::MAX,
        };
        let mut own = BTreeMap::new();
        for change in &contents.changes {
            let id = change.mutation.record;
            if let Entry::Vacant(entry) = own.entry(id) {
                entry.insert(record::unsent(&transaction, id)?);
            }
            if take(&transaction, now, newest, change)? {
                restored.changes += 1;
            } else {
                restored.known += 1;
            }
        }
        for (id, unsent) in own {
            say_again(&transaction, now, id, unsent)?;
        }
        // Of a visit whose text the server has already, no change tells what it names.
        transaction.execute(
            "insert or ignore into attachment_use (visit, name)
             select r.id, a.name from attachment a join record r on instr(?2, ' ' || r.kind || ' ') > 0 and instr(r.fields, a.name) > 0
             where a.state = 'aside' and a.reason = ?1",
            params![RESTORING, names_of(|spec| spec.names_attachments)],
        )?;
        let photos = transaction.execute(
            "update attachment set state = 'here', reason = null where state = 'aside' and reason = ?",
            [RESTORING],
        )?;
        transaction.commit()?;
        restored.photos = u32::try_from(photos).unwrap_or(u32::MAX);
        Ok(restored)
    }

    /// Forgets the photos of a file that was not read to its end.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub fn restore_nothing(&self) -> Result<(), StoreError> {
        self.db.execute(
            "delete from attachment where state = 'aside' and reason = ?",
            [RESTORING],
        )?;
        Ok(())
    }
}

/// A backup file being read.
pub struct Incoming {
    opener: Opener,
    contents: Option<Contents>,
    /// The name of the photo whose bytes come next.
    photo: Option<String>,
}

impl Incoming {
    /// Begins to read a file of the store's user.
    #[must_use]
    pub fn begin(store: &Store, password: &str) -> Self {
        Self {
            opener: Opener::new(password, Some(&store.user.username)),
            contents: None,
            photo: None,
        }
    }

    /// Takes the next bytes of the file.
    ///
    /// # Errors
    /// [`Fault`]; [`StoreError::Full`]. Then [`Store::restore_nothing`] lets go of what came of it.
    pub fn put(&mut self, store: &Store, now: Millis, bytes: &[u8]) -> Result<(), StoreError> {
        let parts = self.opener.put(bytes)?;
        self.take(store, now, parts)
    }

    /// There are no more bytes: what the file holds is taken in.
    ///
    /// # Errors
    /// As [`Incoming::put`] and [`Store::restore`].
    pub fn end(mut self, store: &mut Store, now: Millis) -> Result<Restored, StoreError> {
        let opener = std::mem::replace(&mut self.opener, Opener::new("", None));
        self.take(store, now, opener.end()?)?;
        match self.contents {
            Some(contents) if self.photo.is_none() => store.restore(now, &contents),
            _ => Err(Fault::Damaged.into()),
        }
    }

    fn take(&mut self, store: &Store, now: Millis, parts: Vec<Vec<u8>>) -> Result<(), StoreError> {
        for part in parts {
            if self.contents.is_none() {
                let contents = json::read_bytes(&part).map_err(|_| Fault::Damaged)?;
                self.contents = Some(contents);
            } else if let Some(name) = self.photo.take() {
                store.restore_photo(now, &name, &part)?;
            } else {
                self.photo = Some(String::from_utf8(part).map_err(|_| Fault::Damaged)?);
            }
        }
        Ok(())
    }
}

impl From<Fault> for StoreError {
    fn from(fault: Fault) -> Self {
        Self::Backup(fault)
    }
}

fn failed() -> StoreError {
    StoreError::Database("the backup cannot be sealed".to_owned())
}

/// Every unsent change, in its order.
fn unsent(db: &Connection) -> Result<Vec<Unsent>, StoreError> {
    let mut statement = db.prepare(
        "select o.mutation, o.kind, o.record, o.base_rev, o.area, o.at, o.fields, r.owner, o.visit, o.since, o.state,
             o.code, o.reason
         from outbox o join record r on r.id = o.record order by o.seq",
    )?;
    let mut rows = statement.query([])?;
    let mut changes = Vec::new();
    while let Some(row) = rows.next()? {
        let refused = row.get_ref(10)?.as_str()? == "aside";
        let code: Option<String> = row.get(11)?;
        let reason: Option<String> = row.get(12)?;
        changes.push(Unsent {
            mutation: Mutation {
                id: record::parsed(row, 0)?,
                kind: record::parsed(row, 1)?,
                record: record::parsed(row, 2)?,
                base_rev: row.get(3)?,
                area: AreaCode(row.get(4)?),
                order: None,
                at: Millis(row.get(5)?),
                fields: record::json(row, 6)?,
            },
            owner: row
                .get::<_, Option<String>>(7)?
                .and_then(|owner| owner.parse().ok()),
            visit: row
                .get::<_, Option<String>>(8)?
                .and_then(|visit| visit.parse().ok()),
            since: Millis(row.get(9)?),
            refused: match refused {
                true => Some((
                    json::of(&Value::String(code.unwrap_or_default()))?,
                    reason.unwrap_or_default(),
                )),
                false => None,
            },
        });
    }
    Ok(changes)
}

/// What was written here and what a file of another phone says of the same answers: no clock tells which is the later. What
/// its person sees on this phone stays; the server hears of the file's first, and keeps it in the visit's history.
fn say_again(db: &Connection, now: Millis, id: RecordId, unsent: Fields) -> Result<(), StoreError> {
    let Some(record) = record::find(db, id)? else {
        return Ok(());
    };
    let stands = |name: &str| record.fields.get(name).unwrap_or(&Value::Null);
    let mut answers = unsent;
    answers.retain(|name, value| name.starts_with(ANSWER) && stands(name) != value);
    if answers.is_empty() {
        return Ok(());
    }
    let device = meta::text(db, meta::DEVICE)?.unwrap_or_default();
    let last: i64 = db.query_row("select max(seq) from outbox", [], |row| row.get(0))?;
    let fresh = MutationId::of_text(&format!("again {id} {device} {last}"));
    let change = Change {
        kind: record.kind,
        record: id,
        area: &record.area,
        owner: record.owner,
        visit: Some(id),
        fields: answers,
    };
    record::change(db, now, fresh, &change)
}

/// Takes a change into the outbox unless it is or was there, based on no newer revision than that; says whether it did.
fn take(db: &Connection, now: Millis, newest: u64, change: &Unsent) -> Result<bool, StoreError> {
    let mutation = &change.mutation;
    let (id, key) = (mutation.id.to_string(), mutation.record.to_string());
    // What is waiting here was marked as backed up when it was written into a file, here or elsewhere.
    let known = db.execute(
        "insert or ignore into backed_up select ?1 where not exists (select 1 from outbox where mutation = ?1)",
        [&id],
    )? == 0;
    if known {
        return Ok(false);
    }
    db.execute(
        "insert or ignore into record (id, kind, area, owner, touched) values (?, ?, ?, ?, ?)",
        params![
            key,
            mutation.kind.name(),
            mutation.area.0,
            change.owner.map(|owner| owner.to_string()),
            now.0
        ],
    )?;
    let code = match &change.refused {
        Some((code, _)) => serde_json::to_value(code)?.as_str().map(str::to_owned),
        None => None,
    };
    db.execute(
        include_str!("sql/restore_change.sql"),
        params![
            id,
            mutation.kind.name(),
            key,
            change.visit.map(|visit| visit.to_string()),
            mutation.base_rev.min(newest),
            mutation.area.0,
            mutation.at.0,
            change.since.0,
            serde_json::to_string(&mutation.fields)?,
            code,
            change.refused.as_ref().map(|(_, reason)| reason),
        ],
    )?;
    record::refresh(db, mutation.record)?;
    Ok(true)
}
