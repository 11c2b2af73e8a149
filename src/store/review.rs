//! The desk on the device: the inbox, notes being written, and the supervisor's word on a visit.

use rusqlite::params;
use serde_json::json;

use super::api::{Inbox, InboxQuery, ReviewDraft, StoreError};
use super::record::{self, Change};
use super::{Moment, Store, kinds};
use crate::domain::{
    Decision, Fields, Kind, Mark, Person, RecordId, Role, UserId, Visit, VisitState,
    review::may_review,
};

impl Store {
    pub(super) fn inbox(&self, query: &InboxQuery) -> Result<Inbox, StoreError> {
        let area = query.area.as_ref().map(|area| area.0.clone());
        let officer = query.officer.map(|officer| officer.to_string());
        let filter = "(?1 is null or v.area = ?1) and (?2 is null or v.officer = ?2)";
        let rows = self.rows(
            &format!("v.state = 'submitted' and {filter} order by v.submitted_at, v.id"),
            params![area, officer],
        )?;
        let done = self.rows(
            &format!("v.state in ('returned', 'approved') and {filter} order by v.submitted_at desc, v.id limit 50"),
            params![area, officer],
        )?;
        let officers = self
            .people()?
            .into_iter()
            .filter(|one| one.role == Role::Officer)
            .collect();
        Ok(Inbox {
            rows,
            done,
            officers,
        })
    }

    pub(super) fn keep_review_draft(
        &self,
        visit: RecordId,
        draft: &ReviewDraft,
    ) -> Result<(), StoreError> {
        self.db
            .prepare_cached("insert or replace into review_draft (visit, draft) values (?, ?)")?
            .execute(params![visit.to_string(), serde_json::to_string(draft)?])?;
        Ok(())
    }

    pub(super) fn review(
        &mut self,
        moment: &mut Moment<'_>,
        (id, submission): (RecordId, u32),
        decision: Decision,
        draft: &ReviewDraft,
    ) -> Result<(), StoreError> {
        let visit = Visit::from_record(&record::get(&self.db, id, Kind::Visit)?)?;
        let people = self.people()?;
        if !may_review(&self.user, &visit, role_of(&people, visit.owner)) {
            return Err(StoreError::Forbidden);
        }
        let state = visit.state(&kinds::reviews(&self.db, id)?);
        if state != VisitState::Submitted {
            return Err(StoreError::State { state });
        }
        // What was read is what is decided upon, and not what came while it was read.
        if submission != visit.last_submission() {
            return Err(StoreError::SentAgain);
        }
        let mut draft = draft.clone();
        draft.notes.retain(|_, note| !note.trim().is_empty());
        if decision == Decision::Return && draft.notes.is_empty() && draft.note.trim().is_empty() {
            return Err(StoreError::NoteNeeded);
        }
        let fields = Fields::from([
            ("visit".to_owned(), json!(id)),
            ("submission".to_owned(), json!(submission)),
            ("decision".to_owned(), json!(decision)),
            ("notes".to_owned(), json!(draft.notes)),
            ("note".to_owned(), json!(draft.note.trim())),
            (
                "mark".to_owned(),
                json!(Mark {
                    at: moment.now,
                    by: self.user.id,
                    reason: String::new()
                }),
            ),
        ]);
        let (review, fresh) = (moment.record(), moment.mutation());
        let transaction = self.db.transaction()?;
        let change = Change {
            kind: Kind::Review,
            record: review,
            area: &visit.area,
            owner: Some(self.user.id),
            visit: Some(id),
            fields,
        };
        record::change(&transaction, moment.now, fresh, &change)?;
        transaction.execute("delete from review_draft where visit = ?", [id.to_string()])?;
        transaction.commit()?;
        Ok(())
    }
}

/// The role of somebody, as far as this device knows them.
pub(super) fn role_of(people: &[Person], user: UserId) -> Option<Role> {
    let found = people.iter().find(|one| one.id == user);
    found.map(|one| one.role)
}
