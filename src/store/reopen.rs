//! *Ubah lagi*: a visit that was sent and has not left the phone can be changed again. Its submission is taken out of the
//! outbox, so it is a draft, or a returned visit, as it was before; nothing else of it changes.

use rusqlite::{Connection, params};

use super::api::StoreError;
use super::{Store, kinds, record};
use crate::domain::{
    Fields, Kind, RecordId, Visit, VisitState,
    visit::{SUBMISSION, WITH_SUBMISSION},
};

impl Store {
    /// Makes a submitted visit editable again.
    pub(super) fn reopen(&mut self, id: RecordId) -> Result<(), StoreError> {
        let visit = Visit::from_record(&record::get(&self.db, id, Kind::Visit)?)?;
        if visit.owner != self.user.id {
            return Err(StoreError::Forbidden);
        }
        let state = visit.state(&kinds::reviews(&self.db, id)?);
        if state != VisitState::Submitted {
            return Err(StoreError::State { state });
        }
        let transaction = self.db.transaction()?;
        let unsent = unsent_submission(&transaction, &visit)?.ok_or(StoreError::AlreadySent)?;
        for (seq, mut fields) in unsent {
            fields.remove(&submission(&visit));
            for name in WITH_SUBMISSION {
                fields.remove(name);
            }
            if fields.is_empty() {
                transaction.execute("delete from outbox where seq = ?", [seq])?;
            } else {
                transaction.execute(
                    "update outbox set fields = ? where seq = ?",
                    params![serde_json::to_string(&fields)?, seq],
                )?;
            }
        }
        record::refresh(&transaction, id)?;
        transaction.commit()?;
        Ok(())
    }

    /// Whether [`Store::reopen`] would do it now.
    pub(super) fn is_reopenable(
        &self,
        visit: &Visit,
        state: VisitState,
    ) -> Result<bool, StoreError> {
        Ok(state == VisitState::Submitted
            && visit.owner == self.user.id
            && unsent_submission(&self.db, visit)?.is_some())
    }
}

/// The field of the last submission.
fn submission(visit: &Visit) -> String {
    format!("{SUBMISSION}{}", visit.last_submission())
}

/// The changes that hold the last submission. `None` when the server may know it: a request with it is under way or was
/// not answered, the server has refused it, or it stands in a backup file, which may bring it there.
fn unsent_submission(
    db: &Connection,
    visit: &Visit,
) -> Result<Option<Vec<(i64, Fields)>>, StoreError> {
    let field = submission(visit);
    let mut statement = db.prepare_cached(include_str!("sql/changes_of.sql"))?;
    let mut rows = statement.query([visit.id.to_string()])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let fields: Fields = record::json(row, 1)?;
        if !fields.contains_key(&field) {
            continue;
        }
        if !row.get::<_, bool>(2)? {
            return Ok(None);
        }
        found.push((row.get(0)?, fields));
    }
    Ok((!found.is_empty()).then_some(found))
}
