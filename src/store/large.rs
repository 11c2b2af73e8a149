//! Large records that come in pieces. Each piece is on disk before the next is asked for, and counts for nothing before all of
//! them are here and are what the server said.
//!
//! ```text
//! the answer names form F at rev 7, 826 kB   the cursor goes on to 7; F is noted as still to come
//! pieces 0.., 64000.., 128000.. arrive       each is kept; a cut, a lock or a restart goes on from the last
//! the last one arrives                       the whole is compared with its SHA-256 and taken in like any record
//! ```
//!
//! As long as one is still to come, nothing is concluded: no record is dropped as unseen, none is sent again as lost, and the
//! digest is not compared.
//!
//! A record that cannot be taken in holds up no other one:
//!
//! ```text
//! F's pieces are not F, or the server fails at F   the others are fetched before it is tried again
//! that happens three times                         F is set aside until the store is opened again; an older F stays
//! ```

use rusqlite::{Connection, OptionalExtension, params};

use super::api::StoreError;
use super::{Store, record, sync};
use crate::domain::{AreaCode, Millis, Record, RecordId, attachment, json};
use crate::sync::wire::LargeRecord;

/// So many failures set a record aside.
const TRIES: u32 = 3;

/// The next piece to fetch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NextPiece {
    /// Of which record.
    pub record: RecordId,
    /// At which revision.
    pub rev: u64,
    /// From which byte on.
    pub from: u64,
}

impl Store {
    /// What to fetch next, if anything.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub fn next_piece(&self) -> Result<Option<NextPiece>, StoreError> {
        let next = self
            .db
            .prepare_cached(
                "select record, rev, (select coalesce(sum(length(bytes)), 0) from piece p where p.record = large.record)
                 from large left join large_failure using (record)
                 where coalesce(failures, 0) < ? order by coalesce(failures, 0), rev limit 1",
            )?
            .query_row([TRIES], |row| {
                Ok(NextPiece {
                    record: record::parsed(row, 0)?,
                    rev: row.get(1)?,
                    from: row.get(2)?,
                })
            })
            .optional()?;
        Ok(next)
    }

    /// Keeps a piece; with the last one the record is taken in. Whether there is more to fetch.
    ///
    /// # Errors
    /// [`StoreError::Full`]: nothing changed. [`StoreError::Database`], also when the whole is not what the server said: the
    /// record is fetched from the beginning, after the others.
    pub fn take_piece(
        &mut self,
        now: Millis,
        piece: &NextPiece,
        bytes: &[u8],
    ) -> Result<bool, StoreError> {
        let taken = self.keep_piece(now, piece, bytes);
        if let Err(StoreError::Database(_)) = taken {
            let id = piece.record.to_string();
            self.db
                .execute("delete from piece where record = ?", [id])?;
            self.piece_failed(piece)?;
        }
        taken
    }

    /// Counts a failure at a record that is being fetched. What is here of it stays.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub fn piece_failed(&mut self, piece: &NextPiece) -> Result<(), StoreError> {
        self.db.execute(
            "insert into large_failure (record, failures) select record, 1 from large where record = ? and rev = ?
             on conflict (record) do update set failures = failures + 1",
            params![piece.record.to_string(), piece.rev],
        )?;
        Ok(())
    }

    fn keep_piece(
        &mut self,
        now: Millis,
        piece: &NextPiece,
        bytes: &[u8],
    ) -> Result<bool, StoreError> {
        let me = self.user.id;
        let transaction = self.db.transaction()?;
        let wanted = transaction
            .prepare_cached(
                "select kind, area, owner, length, sha256 from large where record = ? and rev = ?",
            )?
            .query_row(params![piece.record.to_string(), piece.rev], |row| {
                let record = Record {
                    kind: record::parsed(row, 0)?,
                    id: piece.record,
                    area: AreaCode(row.get(1)?),
                    rev: piece.rev,
                    owner: row
                        .get::<_, Option<String>>(2)?
                        .and_then(|owner| owner.parse().ok()),
                    deleted: false,
                    fields: Default::default(),
                };
                Ok((record, row.get::<_, u64>(3)?, row.get::<_, String>(4)?))
            })
            .optional()?;
        // A newer one may have come while this piece was on its way.
        let Some((mut record, length, sha256)) = wanted else {
            return is_any(&transaction);
        };
        if bytes.is_empty() {
            // It ends before its length.
            return Err(StoreError::Database("an empty piece".to_owned()));
        }
        transaction
            .prepare_cached("insert or replace into piece (record, start, bytes) values (?, ?, ?)")?
            .execute(params![piece.record.to_string(), piece.from, bytes])?;
        let mut whole = Vec::new();
        {
            let mut statement = transaction
                .prepare_cached("select bytes from piece where record = ? order by start")?;
            let mut rows = statement.query([piece.record.to_string()])?;
            // Below its length there is nothing to look at yet.
            let so_far = piece.from + u64::try_from(bytes.len()).unwrap_or(u64::MAX);
            while so_far >= length
                && let Some(row) = rows.next()?
            {
                whole.extend_from_slice(row.get_ref(0)?.as_blob()?);
            }
            if so_far < length {
                drop(rows);
                drop(statement);
                transaction.commit()?;
                return Ok(true);
            }
        }
        if attachment::sha256(&whole) != sha256 {
            return Err(StoreError::Database(
                "the pieces are not the record".to_owned(),
            ));
        }
        record.fields = json::read_bytes(&whole)?;
        forget(&transaction, piece.record)?;
        sync::take_in(&transaction, me, now, &record)?;
        let more = is_any(&transaction)?;
        transaction.commit()?;
        Ok(more)
    }

    /// The fields of a record as the server last said them, as JSON, for tests; nothing when it is not here.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub fn fields_of(&self, record: RecordId) -> Result<Option<String>, StoreError> {
        Ok(self
            .db
            .query_row(
                "select base from record where id = ?",
                [record.to_string()],
                |row| row.get(0),
            )
            .optional()?)
    }

    /// Gives up a record that nobody has at its revision any more. Whether there is more to fetch.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub fn drop_large(&mut self, record: RecordId) -> Result<bool, StoreError> {
        let transaction = self.db.transaction()?;
        forget(&transaction, record)?;
        let more = is_any(&transaction)?;
        transaction.commit()?;
        Ok(more)
    }
}

/// Notes a record that is to be fetched. What has come of the very same stays.
pub(super) fn note(db: &Connection, large: &LargeRecord) -> Result<(), StoreError> {
    let id = large.id.to_string();
    let known: Option<u64> = db
        .prepare_cached("select rev from record where id = ?")?
        .query_row([&id], |row| row.get(0))
        .optional()?;
    if known.is_some_and(|rev| rev >= large.rev) {
        db.execute("update record set unseen = 0 where id = ?", [&id])?;
        return forget(db, large.id);
    }
    let is_same: bool = db
        .prepare_cached(
            "select exists (select 1 from large where record = ? and rev = ? and sha256 = ?)",
        )?
        .query_row(params![id, large.rev, large.sha256], |row| row.get(0))?;
    if is_same {
        return Ok(());
    }
    forget(db, large.id)?;
    db.prepare_cached(
        "insert into large (record, rev, kind, area, owner, length, sha256) values (?, ?, ?, ?, ?, ?, ?)",
    )?
    .execute(params![
        id,
        large.rev,
        large.kind.name(),
        large.area.0,
        large.owner.map(|owner| owner.to_string()),
        large.length,
        large.sha256
    ])?;
    Ok(())
}

/// Whether any record is still to come in pieces. Those set aside are not: see [`is_any_aside`].
pub(super) fn is_any(db: &Connection) -> Result<bool, StoreError> {
    Ok(db
        .prepare_cached(
            "select exists (select 1 from large left join large_failure using (record)
             where coalesce(failures, 0) < ?)",
        )?
        .query_row([TRIES], |row| row.get(0))?)
}

/// Whether any record is set aside: until it is here, this device has less than the server shows it.
pub(super) fn is_any_aside(db: &Connection) -> Result<bool, StoreError> {
    Ok(db
        .prepare_cached("select exists (select 1 from large_failure where failures >= ?)")?
        .query_row([TRIES], |row| row.get(0))?)
}

/// Tries those again that were set aside: the app or the server may be mended.
pub(super) fn try_anew(db: &Connection) -> Result<(), StoreError> {
    db.execute("delete from large_failure", [])?;
    Ok(())
}

/// It came otherwise, or does not come any more.
pub(super) fn forget(db: &Connection, record: RecordId) -> Result<(), StoreError> {
    let id = record.to_string();
    db.prepare_cached("delete from large where record = ?")?
        .execute([&id])?;
    db.prepare_cached("delete from piece where record = ?")?
        .execute([&id])?;
    db.prepare_cached("delete from large_failure where record = ?")?
        .execute([&id])?;
    Ok(())
}
