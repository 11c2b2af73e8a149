//! Photos, signatures and recordings on the device.
//!
//! Bytes come with the answer that names them, in one transaction. An answer that is taken away or replaced lets go of its
//! bytes, yet they stay, so that it can be taken back: they go when their owner next sends or gives up a visit, or opens
//! the store, and then only if they were never on their way to the server and no answer of any living visit names them.
//!
//! What is not here (another officer's photo, or one freed after the server had it) is [`StoreError::NotFound`]: the
//! device then asks the server.

use rusqlite::{Connection, OptionalExtension, params};

use super::api::{Bytes, StoreError};
use super::{Moment, Store};
use crate::domain::attachment::{AttachmentName, MOST_BYTES};
use crate::domain::{Millis, RecordId, kinds::names_of};

impl Store {
    pub(super) fn save_attachment(
        &mut self,
        moment: &mut Moment<'_>,
        visit: RecordId,
        path: String,
        media_type: &str,
        bytes: &[u8],
    ) -> Result<AttachmentName, StoreError> {
        let fits = !bytes.is_empty() && bytes.len() as u64 <= MOST_BYTES;
        let name = AttachmentName::of(bytes, media_type)
            .filter(|_| fits)
            .ok_or(StoreError::NotAnAttachment)?;
        let answer = [(path, Some(name.to_string()))];
        self.write_answers(moment, visit, &answer, |db, now| {
            keep(db, now, &name, bytes)
        })?;
        Ok(name)
    }

    pub(super) fn attachment(&self, name: &AttachmentName) -> Result<Bytes, StoreError> {
        self.db
            .prepare_cached("select bytes from attachment where name = ?")?
            .query_row([name.as_str()], |row| row.get::<_, Option<Vec<u8>>>(0))
            .optional()?
            .flatten()
            .map(Bytes)
            .ok_or(StoreError::NotFound)
    }
}

fn keep(
    db: &Connection,
    now: Millis,
    name: &AttachmentName,
    bytes: &[u8],
) -> Result<(), StoreError> {
    db.prepare_cached(
        "insert into attachment (name, size, bytes, made, state) values (?1, ?2, ?3, ?4, 'here')
         on conflict (name) do update set bytes = ?3, loose = 0",
    )?
    .execute(params![name.as_str(), bytes.len(), bytes, now.0])?;
    Ok(())
}

/// An answer was one value and is another: lets go of the bytes it named, takes hold of those it names.
pub(super) fn renamed(
    db: &Connection,
    old: Option<&str>,
    new: Option<&str>,
) -> Result<(), StoreError> {
    for (value, loose) in [(old, true), (new, false)] {
        if let Some(Ok(name)) = value.map(str::parse::<AttachmentName>) {
            db.prepare_cached("update attachment set loose = ? where name = ?")?
                .execute(params![loose, name.as_str()])?;
        }
    }
    Ok(())
}

/// Takes the bytes away that nobody can want any more.
pub(super) fn sweep(db: &Connection) -> Result<(), StoreError> {
    db.prepare_cached(include_str!("sql/sweep_attachments.sql"))?
        .execute([names_of(|spec| spec.names_attachments)])?;
    Ok(())
}
