//! The store's side of the uploads: which photo goes next, how far each is, and what shows of it.

use rusqlite::{OptionalExtension, params};

use super::api::{PhotoItem, PhotoStatus, StoreError};
use super::{Store, kinds, meta, record};
use crate::domain::{AttachmentName, Decision, Millis, RecordId, kinds::names_of};
use crate::sync::upload::Next;

/// Milliseconds after its approval that the photos of a visit stay on the phone.
pub const KEPT: i64 = 30 * 24 * 60 * 60 * 1000;

impl Store {
    /// The next photo to send: of the oldest visit none of whose text still waits.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub fn next_upload(&self) -> Result<Option<Next>, StoreError> {
        let next = self
            .db
            .prepare_cached(include_str!("sql/next_upload.sql"))?
            .query_row([], |row| {
                Ok(Next {
                    name: record::parsed(row, 0)?,
                    size: row.get(1)?,
                    sent: row.get(2)?,
                })
            })
            .optional()?;
        Ok(next)
    }

    /// Bytes of a photo.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when they are not here.
    pub fn piece(
        &self,
        name: &AttachmentName,
        from: u64,
        bytes: u64,
    ) -> Result<Vec<u8>, StoreError> {
        let piece: Option<Vec<u8>> = self
            .db
            .prepare_cached("select substr(bytes, ?2 + 1, ?3) from attachment where name = ?1")?
            .query_row(params![name.as_str(), from, bytes], |row| row.get(0))?;
        piece.ok_or(StoreError::NotFound)
    }

    /// Writes down that the server has so many bytes of a photo.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub fn keep_progress(&self, name: &AttachmentName, sent: u64) -> Result<(), StoreError> {
        self.db
            .prepare_cached("update attachment set sent = ?2 where name = ?1")?
            .execute(params![name.as_str(), sent])?;
        Ok(())
    }

    /// Writes down that the server has all of a photo.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub fn photo_sent(&self, name: &AttachmentName) -> Result<(), StoreError> {
        self.db
            .prepare_cached("update attachment set state = 'sent', sent = size where name = ?")?
            .execute([name.as_str()])?;
        Ok(())
    }

    /// Writes down that the server will not take a photo.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub fn set_photo_aside(&self, name: &AttachmentName, reason: &str) -> Result<(), StoreError> {
        self.db
            .prepare_cached("update attachment set state = 'aside', reason = ?2 where name = ?1")?
            .execute(params![name.as_str(), reason])?;
        Ok(())
    }

    /// Puts a photo that was set aside back, to be sent from its beginning.
    pub(super) fn resend_photo(&self, name: &AttachmentName) -> Result<(), StoreError> {
        self.db.execute(
            "update attachment set state = 'here', sent = 0, reason = null where name = ? and state = 'aside'",
            [name.as_str()],
        )?;
        Ok(())
    }

    /// Keeps bytes that the server gave, to be shown again without it. Right by their name, whoever gave them.
    ///
    /// # Errors
    /// [`StoreError::Full`] and others; nothing is lost then but the copy.
    pub fn keep_copy(
        &self,
        now: Millis,
        name: &AttachmentName,
        bytes: &[u8],
    ) -> Result<(), StoreError> {
        self.db
            .prepare_cached(
                "insert into attachment (name, size, bytes, made, state, sent) values (?1, ?2, ?3, ?4, 'sent', ?2)
                 on conflict (name) do update set bytes = ?3",
            )?
            .execute(params![name.as_str(), bytes.len(), bytes, now.0])?;
        Ok(())
    }

    /// Lets go of the bytes that the server has and that nobody here needs any more: of visits approved thirty days ago,
    /// and copies fetched so long ago. They are fetched again when somebody looks. Gives how many.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub fn free_photos(&self, now: Millis) -> Result<usize, StoreError> {
        let limit = now.plus(-KEPT);
        // Taken out of its visit, and the server may have heard of it: nobody asked for it since, and what the server said
        // after everything had been sent does not name it.
        self.db.execute(
            "delete from attachment where loose = 1 and state = 'here' and made <= ?1
             and name not in (select name from attachment_use)
             and not exists (
                select 1 from record where instr(?2, ' ' || kind || ' ') > 0 and instr(base, attachment.name) > 0)
             and not exists (select 1 from outbox)",
            params![limit.0, names_of(|spec| spec.names_attachments)],
        )?;
        self.db.execute(
            "delete from told where name not in (select name from attachment)",
            [],
        )?;
        let mut candidates = self.db.prepare(include_str!("sql/old_photos.sql"))?;
        let candidates = candidates
            .query_map([limit.0], |row| {
                Ok((row.get(0)?, row.get::<_, Option<String>>(1)?))
            })?
            .collect::<Result<Vec<(String, Option<String>)>, _>>()?;
        let mut freed = 0;
        for (name, visits) in candidates {
            let mut needed = false;
            for visit in visits.iter().flat_map(|visits| visits.split(',')) {
                needed |= !self.approved_before(visit, limit)?;
            }
            if !needed {
                freed += self
                    .db
                    .execute("update attachment set bytes = null where name = ?", [name])?;
            }
        }
        Ok(freed)
    }

    fn approved_before(&self, visit: &str, limit: Millis) -> Result<bool, StoreError> {
        let Ok(visit) = visit.parse::<RecordId>() else {
            return Ok(false);
        };
        let reviews = kinds::reviews(&self.db, visit)?;
        let last = reviews.last();
        Ok(last
            .is_some_and(|review| review.decision == Decision::Approve && review.mark.at <= limit))
    }

    /// Whether photos go by Wi-Fi only.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub fn wifi_only(&self) -> Result<bool, StoreError> {
        Ok(meta::text(&self.db, meta::WIFI_ONLY)?.is_some_and(|only| only == "1"))
    }

    pub(super) fn set_wifi_only(&self, only: bool) -> Result<(), StoreError> {
        meta::set(&self.db, meta::WIFI_ONLY, if only { "1" } else { "0" })
    }

    /// How many photos wait and how many bytes of them.
    pub(super) fn photo_facts(&self) -> Result<PhotoStatus, StoreError> {
        let (waiting, bytes, aside) = self
            .db
            .prepare_cached(include_str!("sql/photo_facts.sql"))?
            .query_row([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        Ok(PhotoStatus {
            waiting,
            bytes,
            aside,
            wifi_only: self.wifi_only()?,
            ..PhotoStatus::default()
        })
    }

    /// The photos that wait or were set aside, in the order in which they go.
    pub(super) fn photos(&self) -> Result<Vec<PhotoItem>, StoreError> {
        let mut statement = self.db.prepare_cached(include_str!("sql/photos.sql"))?;
        let photos = statement
            .query_map([], |row| {
                Ok(PhotoItem {
                    name: record::parsed(row, 0)?,
                    size: row.get(1)?,
                    sent: row.get(2)?,
                    since: Millis(row.get(3)?),
                    refused: row.get(4)?,
                    visit: record::parsed(row, 5)?,
                    cooperative: row.get(6)?,
                })
            })?
            .collect::<Result<_, _>>()?;
        Ok(photos)
    }
}
