//! One visit with everything a screen needs to fill it, to look at it or to review it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Transfer;

use crate::domain::{
    Cooperative, LookedUp, Mark, Millis, Person, RecordId, Review, Role, ScoredVisit, User, Visit,
    VisitState,
};
use crate::form::{Answers, Form, QuestionKind, Session, VisitAround};

/// One visit, whole.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct VisitDetail {
    /// The visit.
    pub visit: Visit,
    /// Where it stands.
    pub state: VisitState,
    /// Where its data is.
    pub transfer: Transfer,
    /// The cooperative visited.
    pub cooperative: Cooperative,
    /// Sheets of the form version it was made in.
    pub sheets: FormSheets,
    /// Its reviews, oldest first.
    pub reviews: Vec<Review>,
    /// Who did what, oldest first.
    pub history: Vec<HistoryEntry>,
    /// Where the officer was.
    pub place: Option<Place>,
    /// Whether this user may change answers now.
    pub editable: bool,
    /// Whether this user may make it editable again: its submission has not left the device.
    pub reopenable: bool,
    /// Whether this user may review it now.
    pub reviewable: bool,
    /// Answers of the cooperative's last approved visit before this one.
    pub last_approved: Option<ApprovedVisit>,
    /// What other visits to the cooperative came to, up to its day, newest first.
    pub earlier: Vec<ScoredVisit>,
    /// Notes being written by this supervisor.
    pub review_draft: ReviewDraft,
    /// Everybody by id, for names.
    pub people: Vec<Person>,
    /// Username of the visit's officer, for the form's surroundings.
    pub officer_name: String,
}

/// How a visit was judged complete before it was sent.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Judged {
    /// The clock: it stands in the submission, and the server judges by it too. See [`Visit::judged_at`].
    pub at: Millis,
    /// What the form looked up outside the visit.
    pub looked_up: LookedUp,
}

impl VisitDetail {
    /// Opens the visit's form: to be filled now, by this user on this device, if it is editable; otherwise to be read as it
    /// was sent.
    #[must_use]
    pub fn session(
        &self,
        form: Arc<Form>,
        now: Millis,
        user: Option<&User>,
        device: &str,
    ) -> Session {
        if !self.editable {
            return self.reading(form, now, user);
        }
        let visit = &self.visit;
        let around = VisitAround {
            visit: visit.id.to_string(),
            now: visit.judged_at(now),
            username: user.map(|user| user.username.as_str()).unwrap_or_default(),
            user_id: user.map(|user| user.id.to_string()).unwrap_or_default(),
            device: device.to_owned(),
            cooperative: Some(self.cooperative.table_row()),
            last_saved: self.last_answers(),
        };
        Session::open(form, visit.answers.clone(), around.surroundings())
    }

    /// Opens the visit's form to be read: a visit that was sent with the answers, the clock and the person of then, and with
    /// what its form looked up then. One that was not sent is read as it stands.
    #[must_use]
    pub fn reading(&self, form: Arc<Form>, now: Millis, user: Option<&User>) -> Session {
        let visit = &self.visit;
        let sent = visit.submissions.last_key_value().map(|(_, mark)| mark);
        let mark = sent.or(visit.void.as_ref());
        let by = mark.map_or(visit.owner, |mark| mark.by);
        let answers = if self.editable {
            visit.answers.clone()
        } else {
            visit.sent_answers()
        };
        let looked_up = visit.looked_up.as_ref().filter(|_| !self.editable);
        // Who it was and on what device only the answers know, if the form asked.
        let said = |kind| {
            let mut elements = form.elements().iter();
            let asks = elements.find(|element| element.question_kind() == Some(kind));
            asks.and_then(|element| answers.get(&element.name)).cloned()
        };
        let own = user.filter(|user| user.id == by);
        let username = own
            .map(|user| user.username.clone())
            .or_else(|| said(QuestionKind::Username))
            .unwrap_or_default();
        let around = VisitAround {
            visit: visit.id.to_string(),
            now: visit.judged_at(mark.map_or(now, |mark| mark.at)),
            username: &username,
            user_id: by.to_string(),
            device: said(QuestionKind::DeviceId).unwrap_or_default(),
            cooperative: Some(match looked_up {
                Some(looked_up) => looked_up.register.clone(),
                None => self.cooperative.table_row(),
            }),
            last_saved: match looked_up {
                Some(looked_up) => looked_up.last.clone(),
                None => self.last_answers(),
            },
        };
        let surroundings = around.surroundings();
        Session::read(form, answers, surroundings)
    }

    fn last_answers(&self) -> Answers {
        let last = self.last_approved.as_ref();
        last.map(|visit| visit.answers.clone()).unwrap_or_default()
    }
}

/// The last approved visit, for comparison.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ApprovedVisit {
    /// Which.
    pub id: RecordId,
    /// ISO date.
    pub date: String,
    /// Its answers.
    pub answers: BTreeMap<String, String>,
}

/// A form version as its sheets, CSV.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FormSheets {
    /// Form id.
    pub id: String,
    /// Version.
    pub version: String,
    /// Sheet `survey`.
    pub survey: String,
    /// Sheet `choices`.
    pub choices: String,
    /// Sheet `settings`.
    pub settings: String,
    /// Other sheets by name: external choices, tables.
    pub more: Vec<(String, String)>,
}

/// One step in the life of a visit.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct HistoryEntry {
    /// What happened.
    pub step: Step,
    /// Who and when.
    pub mark: Mark,
    /// The person's name.
    pub name: String,
    /// The person's role, when known.
    pub role: Option<Role>,
    /// Notes left with it.
    pub notes: u32,
}

/// What can happen to a visit.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Step {
    /// Begun.
    Created,
    /// Sent, for the how-many-th time.
    Submitted(u32),
    /// Sent back.
    Returned,
    /// Approved.
    Approved,
    /// Taken back.
    Void,
}

/// Where an officer is in a visit.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Place {
    /// Page of the form; empty for the overview.
    pub page: String,
    /// Question, when one has the focus.
    pub question: Option<String>,
}

/// Notes a supervisor is writing.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct ReviewDraft {
    /// By answer path.
    pub notes: BTreeMap<String, String>,
    /// On the whole visit.
    pub note: String,
}
