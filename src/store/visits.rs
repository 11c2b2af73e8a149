//! Visits on the device: begun, filled, sent, given up, and shown.

use rusqlite::{Connection, OptionalExtension, Params, Row, params};
use serde_json::{Value, json};

use super::api::{
    ApprovedVisit, FormSheets, HistoryEntry, Judged, Place, ReviewDraft, Step, StoreError,
    SyncPhase, Transfer, VisitDetail, VisitRow,
};
use super::record::{self, Change};
use super::review::role_of;
use super::{Moment, Store, attachments, kinds};
use crate::domain::{
    AreaCode, Cooperative, Decision, Fields, Kind, Mark, Millis, Person, RecordId, Review,
    ScoredVisit, UserId, Visit, VisitResult, VisitState,
    assessment::{PROPOSAL, SCORE},
    json,
    person::Permission,
    record::TEXT_BYTES,
    review::may_review,
    visit::{
        ANSWER, COOPERATIVE_QUESTION, CREATED, LOOKED_UP, SUBMISSION, VOID, WAS, answer_field,
        answer_value,
    },
};

/// The form every visit is made with.
pub(super) const FORM: &str = "kunjungan";

impl Store {
    pub(super) fn start_visit(
        &mut self,
        moment: &mut Moment<'_>,
        cooperative: RecordId,
    ) -> Result<RecordId, StoreError> {
        if !self.user.role.may(Permission::Visit) {
            return Err(StoreError::Forbidden);
        }
        let area = record::get(&self.db, cooperative, Kind::Cooperative)?.area;
        let version = self
            .versions(FORM)?
            .pop()
            .ok_or_else(|| StoreError::Form("no form on this device yet".to_owned()))?;
        let visit = moment.record();
        let fields = Fields::from([
            ("cooperative".to_owned(), json!(cooperative)),
            ("form".to_owned(), json!(FORM)),
            ("form_version".to_owned(), json!(version)),
            (CREATED.to_owned(), json!(self.mark(moment.now))),
            (answer_field(COOPERATIVE_QUESTION), json!(cooperative)),
        ]);
        self.change_visit(moment, visit, &area, fields, |_| Ok(()))?;
        Ok(visit)
    }

    pub(super) fn save_answers(
        &mut self,
        moment: &mut Moment<'_>,
        id: RecordId,
        changes: &[(String, Option<String>)],
        place: Option<&Place>,
    ) -> Result<(), StoreError> {
        self.write_answers(moment, id, changes, |_, _| Ok(()))?;
        if let Some(place) = place {
            self.keep_place(id, place)?;
        }
        Ok(())
    }

    /// Writes answers, and what belongs to them in the same transaction.
    pub(super) fn write_answers(
        &mut self,
        moment: &mut Moment<'_>,
        id: RecordId,
        changes: &[(String, Option<String>)],
        with: impl FnOnce(&Connection, Millis) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let visit = self.own_editable(id)?;
        let last = visit.last_submission();
        let mut fields = Fields::new();
        for (path, value) in changes {
            // An empty text is an answer too: somebody took a default away, and it must not come back.
            let value = value.as_deref();
            let old = visit.answers.get(path).map(String::as_str);
            if old == value {
                continue;
            }
            record::fits(value.map_or(0, str::len), TEXT_BYTES)?;
            // After a return, what the answer was then is kept, so that the desk sees what was corrected.
            let was_known = visit
                .was
                .get(&last)
                .is_some_and(|was| was.contains_key(path));
            if last > 0 && !was_known {
                fields.insert(
                    format!("{WAS}{last}/{path}"),
                    json!(old.unwrap_or_default()),
                );
            }
            fields.insert(answer_field(path), answer_value(value));
        }
        let now = moment.now;
        self.change_visit(moment, id, &visit.area, fields, |db| {
            for (path, value) in changes {
                let old = visit.answers.get(path).map(String::as_str);
                attachments::renamed(db, old, value.as_deref())?;
            }
            with(db, now)
        })
    }

    pub(super) fn keep_place(&self, id: RecordId, place: &Place) -> Result<(), StoreError> {
        self.db
            .prepare_cached(
                "insert or replace into place (visit, page, question) values (?, ?, ?)",
            )?
            .execute(params![id.to_string(), place.page, place.question])?;
        Ok(())
    }

    pub(super) fn submit(
        &mut self,
        moment: &mut Moment<'_>,
        id: RecordId,
        result: Option<&VisitResult>,
        judged: Option<&Judged>,
    ) -> Result<(), StoreError> {
        let visit = self.own_editable(id)?;
        let next = visit.last_submission() + 1;
        let at = judged.map_or(moment.now, |judged| judged.at);
        let mark = json!(self.mark(at));
        let mut fields = Fields::from([(format!("{SUBMISSION}{next}"), mark)]);
        let looked_up = judged.map(|judged| &judged.looked_up);
        match looked_up.filter(|looked_up| !looked_up.is_empty()) {
            Some(looked_up) => _ = fields.insert(LOOKED_UP.to_owned(), json!(looked_up)),
            // What an earlier submission looked up is not what this one did.
            None if visit.looked_up.is_some() => {
                _ = fields.insert(LOOKED_UP.to_owned(), Value::Null);
            }
            None => {}
        }
        if let Some(result) = result {
            fields.insert(SCORE.to_owned(), json!(result.score));
            fields.insert(PROPOSAL.to_owned(), json!(result.proposal));
        }
        self.change_visit(moment, id, &visit.area, fields, attachments::sweep)
    }

    pub(super) fn discard(
        &mut self,
        moment: &mut Moment<'_>,
        id: RecordId,
        reason: &str,
    ) -> Result<(), StoreError> {
        let visit = self.own_editable(id)?;
        if visit.last_submission() > 0 {
            return Err(StoreError::State {
                state: VisitState::Returned,
            });
        }
        let mark = Mark {
            reason: reason.to_owned(),
            ..self.mark(moment.now)
        };
        self.change_visit(
            moment,
            id,
            &visit.area,
            Fields::from([(VOID.to_owned(), json!(mark))]),
            |db| {
                db.prepare_cached("delete from reopened where visit = ?")?
                    .execute([id.to_string()])?;
                for value in visit.answers.values() {
                    attachments::renamed(db, Some(value), None)?;
                }
                attachments::sweep(db)
            },
        )
    }

    pub(super) fn my_visits(&self, states: &[VisitState]) -> Result<Vec<VisitRow>, StoreError> {
        let states: Vec<&str> = states.iter().map(|state| state.name()).collect();
        self.rows(
            "v.officer = ?1 and (?2 = '[]' or instr(?2, '\"' || v.state || '\"') > 0) order by v.date desc, v.id desc",
            params![self.user.id.to_string(), serde_json::to_string(&states)?],
        )
    }

    pub(super) fn visit(&self, id: RecordId) -> Result<VisitDetail, StoreError> {
        // Of one that came in a backup file from another phone there may be no more than its last answers, until the rest
        // comes from the server: it is in no list, and it is not here yet.
        let row = self
            .rows("v.id = ?1", params![id.to_string()])?
            .pop()
            .ok_or(StoreError::NotFound)?;
        let visit = Visit::from_record(&record::get(&self.db, id, Kind::Visit)?)?;
        let cooperative = Cooperative::from_record(&record::get(
            &self.db,
            visit.cooperative,
            Kind::Cooperative,
        )?)?;
        let reviews = kinds::reviews(&self.db, id)?;
        let state = visit.state(&reviews);
        let people = self.people()?;
        let name = |user: UserId| {
            people
                .iter()
                .find(|one| one.id == user)
                .map(|one| one.name.clone())
                .unwrap_or_default()
        };
        let place = self
            .db
            .prepare_cached("select page, question from place where visit = ?")?
            .query_row([id.to_string()], |row| {
                Ok(Place {
                    page: row.get(0)?,
                    question: row.get(1)?,
                })
            })
            .optional()?;
        let mine = visit.owner == self.user.id;
        Ok(VisitDetail {
            sheets: self.sheets(&visit.form, &visit.form_version)?,
            history: history(&visit, &reviews, &people),
            transfer: row.transfer,
            editable: mine && state.is_editable(),
            reopenable: self.is_reopenable(&visit, state)?,
            reviewable: state == VisitState::Submitted
                && may_review(&self.user, &visit, role_of(&people, visit.owner)),
            last_approved: self.last_approved(&visit, &row.date)?,
            earlier: self.scored_visits(visit.cooperative, Some((id, &row.date)))?,
            review_draft: self.review_draft(id)?,
            officer_name: name(visit.owner),
            place,
            people,
            state,
            reviews,
            cooperative,
            visit,
        })
    }

    pub(super) fn sheets(&self, form: &str, version: &str) -> Result<FormSheets, StoreError> {
        let record: RecordId = self
            .db
            .query_row(
                "select record from form where form = ? and version = ?",
                [form, version],
                |row| record::parsed(row, 0),
            )
            .optional()?
            .ok_or_else(|| StoreError::Form(format!("{form} {version} is not on this device")))?;
        let record = record::get(&self.db, record, Kind::Form)?;
        Ok(FormSheets {
            id: form.to_owned(),
            version: version.to_owned(),
            survey: record.text("survey"),
            choices: record.text("choices"),
            settings: record.text("settings"),
            more: record
                .fields
                .get("more")
                .map(json::of)
                .transpose()?
                .unwrap_or_default(),
        })
    }

    fn last_approved(
        &self,
        visit: &Visit,
        date: &str,
    ) -> Result<Option<ApprovedVisit>, StoreError> {
        let found: Option<(RecordId, String)> = self
            .db
            .query_row(
                "select id, date from visit where cooperative = ? and state = 'approved' and id <> ? and date <= ?
                 order by date desc, id desc limit 1",
                params![visit.cooperative.to_string(), visit.id.to_string(), date],
                |row| Ok((record::parsed(row, 0)?, row.get(1)?)),
            )
            .optional()?;
        let Some((id, date)) = found else {
            return Ok(None);
        };
        let found = Visit::from_record(&record::get(&self.db, id, Kind::Visit)?)?;
        // Answers to another checklist say nothing about this one.
        let same = found.form == visit.form;
        Ok(same.then_some(ApprovedVisit {
            id,
            date,
            answers: found.answers,
        }))
    }

    /// The submitted visits to a cooperative that have a score, newest first; those before one of them, if one is given.
    pub(super) fn scored_visits(
        &self,
        cooperative: RecordId,
        before: Option<(RecordId, &str)>,
    ) -> Result<Vec<ScoredVisit>, StoreError> {
        let (id, date) = before.map_or((None, None), |(id, date)| {
            (Some(id.to_string()), Some(date))
        });
        let mut statement = self
            .db
            .prepare_cached(include_str!("sql/scored_visits.sql"))?;
        let rows = statement.query_map(params![cooperative.to_string(), id, date], |row| {
            Ok((record::read(row)?, row.get::<_, bool>(6)?))
        })?;
        let mut visits = Vec::new();
        for row in rows {
            let (record, approved) = row?;
            let visit = Visit::from_record(&record)?;
            visits.extend(visit.result.map(|result| ScoredVisit {
                visit: visit.id,
                approved,
                result,
            }));
        }
        Ok(visits)
    }

    /// Everybody known by name.
    pub(super) fn people(&self) -> Result<Vec<Person>, StoreError> {
        let mut statement = self
            .db
            .prepare_cached("select user, name, role from person order by name")?;
        let people = statement
            .query_map([], |row| {
                Ok(Person {
                    id: record::parsed(row, 0)?,
                    name: row.get(1)?,
                    role: record::parsed(row, 2)?,
                })
            })?
            .collect::<Result<_, _>>()?;
        Ok(people)
    }

    /// Visits as rows: `condition` is SQL over `v` (the visit's row) with an order.
    pub(super) fn rows(
        &self,
        condition: &str,
        parameters: impl Params,
    ) -> Result<Vec<VisitRow>, StoreError> {
        let sql = format!("{} {condition}", include_str!("sql/visit_rows.sql"));
        let mut statement = self.db.prepare_cached(&sql)?;
        let rows = statement
            .query_map(parameters, |row| self.visit_row(row))?
            .collect::<Result<_, _>>()?;
        Ok(rows)
    }

    fn visit_row(&self, row: &Row<'_>) -> rusqlite::Result<VisitRow> {
        let state = row.get_ref(8)?.as_str()?.to_owned();
        Ok(VisitRow {
            id: record::parsed(row, 0)?,
            cooperative: record::parsed(row, 1)?,
            name: row.get(2)?,
            desa: row.get(3)?,
            area: AreaCode(row.get(4)?),
            officer: record::parsed(row, 5)?,
            officer_name: row.get(6)?,
            date: row.get(7)?,
            state: json::of(&json!(state)).map_err(|_| rusqlite::Error::InvalidQuery)?,
            notes: row.get(9)?,
            submitted_at: row.get::<_, Option<i64>>(10)?.map(Millis),
            submissions: row.get(11)?,
            transfer: match (self.transfer(row, 12)?, row.get(16)?) {
                (asks @ (Transfer::SetAside { .. } | Transfer::Conflict), _) => asks,
                _ if row.get(17)? => Transfer::SendAgain,
                (Transfer::Sent { .. }, photos) if photos > 0 => Transfer::PhotosFollow(photos),
                (other, _) => other,
            },
        })
    }

    /// Where data is, from four columns: when it was sent, the worst state of its unsent changes, code and reason.
    pub(super) fn transfer(&self, row: &Row<'_>, at: usize) -> rusqlite::Result<Transfer> {
        let state: Option<String> = row.get(at + 1)?;
        Ok(match state.as_deref() {
            None => Transfer::Sent {
                at: row.get::<_, Option<i64>>(at)?.map(Millis),
            },
            Some("conflict") => Transfer::Conflict,
            Some("aside") => Transfer::SetAside {
                code: json::of(&json!(
                    row.get::<_, Option<String>>(at + 2)?.unwrap_or_default()
                ))
                .unwrap_or(crate::sync::wire::RejectCode::Other),
                reason: row.get::<_, Option<String>>(at + 3)?.unwrap_or_default(),
            },
            Some(_) => match (&self.sync.trouble, &self.sync.phase) {
                (_, SyncPhase::Syncing) if state.as_deref() == Some("sending") => Transfer::Sending,
                (Some(trouble), _) => Transfer::Failed(trouble.clone()),
                (None, _) => Transfer::Queued,
            },
        })
    }

    pub(super) fn own_editable(&self, id: RecordId) -> Result<Visit, StoreError> {
        let visit = Visit::from_record(&record::get(&self.db, id, Kind::Visit)?)?;
        if visit.owner != self.user.id {
            return Err(StoreError::Forbidden);
        }
        let state = visit.state(&kinds::reviews(&self.db, id)?);
        if state.is_editable() {
            Ok(visit)
        } else {
            Err(StoreError::State { state })
        }
    }

    fn mark(&self, now: Millis) -> Mark {
        Mark {
            at: now,
            by: self.user.id,
            reason: String::new(),
        }
    }

    /// Changes a visit, with whatever else must be on disk together with that.
    pub(super) fn change_visit(
        &mut self,
        moment: &mut Moment<'_>,
        id: RecordId,
        area: &AreaCode,
        fields: Fields,
        beside: impl FnOnce(&Connection) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let fresh = moment.mutation();
        let unchanged = fields.is_empty();
        let transaction = self.db.transaction()?;
        let change = Change {
            kind: Kind::Visit,
            record: id,
            area,
            owner: Some(self.user.id),
            visit: Some(id),
            fields,
        };
        if !unchanged {
            record::change(&transaction, moment.now, fresh, &change)?;
        }
        beside(&transaction)?;
        transaction.commit()?;
        Ok(())
    }

    fn review_draft(&self, visit: RecordId) -> Result<ReviewDraft, StoreError> {
        let draft = self
            .db
            .prepare_cached("select draft from review_draft where visit = ?")?
            .query_row([visit.to_string()], |row| record::json(row, 0))
            .optional()?;
        Ok(draft.unwrap_or_default())
    }
}

/// Who did what with a visit, oldest first.
fn history(visit: &Visit, reviews: &[Review], people: &[Person]) -> Vec<HistoryEntry> {
    let entry = |step, mark: &Mark, notes: usize| {
        let person = people.iter().find(|one| one.id == mark.by);
        HistoryEntry {
            step,
            mark: mark.clone(),
            name: person.map(|one| one.name.clone()).unwrap_or_default(),
            role: person.map(|one| one.role),
            notes: u32::try_from(notes).unwrap_or(u32::MAX),
        }
    };
    let mut history = vec![entry(Step::Created, &visit.created, 0)];
    for (number, mark) in &visit.submissions {
        history.push(entry(Step::Submitted(*number), mark, 0));
        for review in reviews.iter().filter(|review| review.submission == *number) {
            let step = match review.decision {
                Decision::Return => Step::Returned,
                Decision::Approve => Step::Approved,
            };
            history.push(entry(step, &review.mark, review.count_notes()));
        }
    }
    if let Some(mark) = &visit.void {
        history.push(entry(Step::Void, mark, 0));
    }
    history
}

/// True for a field that holds an answer.
pub(super) fn is_answer(field: &str) -> bool {
    field.starts_with(ANSWER)
}
