//! A visit: its fields, and the state that follows from them.
//!
//! The state is never stored. It follows from the visit's own fields (`submission/<n>`, `void`) and from the reviews of
//! its last submission, so a device and the server always read the same state out of the same records, whatever the
//! order in which they arrived, and no two writers ever fight over a state field.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, Serializer, ser::SerializeStruct};
use serde_json::Value;

use crate::domain::{
    AreaCode, Decision, Fields, Kind, Millis, RecordId, Review, UserId, VisitResult,
    assessment::{PROPOSAL, SCORE},
    json,
    record::{BadRecord, Record},
};

use super::{KindSpec, Merge, Origin};

/// What sets visits apart: a draft is its officer's alone, and what the server computes is not for a person to choose.
pub const SPEC: KindSpec = KindSpec {
    kind: Kind::Visit,
    parent: Some(("cooperative", Kind::Cooperative)),
    origin: Origin::Device,
    is_append_only: false,
    is_private: |fields| !is_submitted(fields),
    merge: |field| match field.starts_with(WAS) || WITH_SUBMISSION.contains(&field) {
        true => Merge::Server,
        false => Merge::Ask,
    },
    is_resent: Some(|field| {
        let parts = [ANSWER, LEFT, SUBMISSION];
        parts.iter().any(|part| field.starts_with(part)) || [VOID, LOOKED_UP].contains(&field)
    }),
    visit: |id, _| Some(id),
    names_attachments: true,
    read: |record| Visit::from_record(record).map(drop),
    words: "kind-visit",
};

/// Whether there is a submission among these fields.
#[must_use]
pub fn is_submitted(fields: &Fields) -> bool {
    fields
        .range(SUBMISSION.to_owned()..)
        .next()
        .is_some_and(|(name, _)| name.starts_with(SUBMISSION))
}

/// Prefix of the fields that hold answers.
pub const ANSWER: &str = "a/";
/// Prefix of the fields that hold submissions.
pub const SUBMISSION: &str = "submission/";
/// Prefix of the fields that hold what an answer was at an earlier submission.
pub const WAS: &str = "was/";
/// Prefix of the fields that hold what a newer version of the form had no place for: `left/<version>/<path>`, by the
/// version and the path it was answered in.
pub const LEFT: &str = "left/";
/// Field that holds who voided a visit, when and why.
pub const VOID: &str = "void";
/// Field that holds who began a visit, and when.
pub const CREATED: &str = "created";
/// Field that holds what the form looked up outside the visit, see [`LookedUp`].
pub const LOOKED_UP: &str = "looked_up";
/// The fields that come with a submission and never without one.
pub const WITH_SUBMISSION: [&str; 3] = [SCORE, PROPOSAL, LOOKED_UP];

/// The question that holds the cooperative's record id: a device answers it when a visit is begun, whether its form has
/// such a question or not.
pub const COOPERATIVE_QUESTION: &str = "koperasi_id";

/// Where a visit stands between its officer and the desk. Where its data is (on the device, sent) is another matter.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VisitState {
    /// Being filled; only its officer sees it.
    Draft,
    /// Sent, waiting for review.
    Submitted,
    /// Sent back with notes; its officer may change it again.
    Returned,
    /// Approved: final.
    Approved,
    /// Taken back, with a reason.
    Void,
}

impl VisitState {
    /// The name on the wire and as a message key.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            VisitState::Draft => "draft",
            VisitState::Submitted => "submitted",
            VisitState::Returned => "returned",
            VisitState::Approved => "approved",
            VisitState::Void => "void",
        }
    }

    /// Whether its officer may change answers and submit.
    #[must_use]
    pub fn is_editable(self) -> bool {
        matches!(self, VisitState::Draft | VisitState::Returned)
    }
}

/// Who did something, when (by the clock of the device it was done on).
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
pub struct Mark {
    /// When.
    pub at: Millis,
    /// Who.
    pub by: UserId,
    /// Why, where a reason belongs to it.
    #[serde(default)]
    pub reason: String,
}

impl Serialize for Mark {
    /// In JSON an empty reason is left out; a format without names needs all three.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let brief = serializer.is_human_readable() && self.reason.is_empty();
        let mut mark = serializer.serialize_struct("Mark", if brief { 2 } else { 3 })?;
        mark.serialize_field("at", &self.at)?;
        mark.serialize_field("by", &self.by)?;
        if !brief {
            mark.serialize_field("reason", &self.reason)?;
        }
        mark.end()
    }
}

/// An answer that a newer version of the form had no place for. It stays with the visit.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Leftover {
    /// The question, in the form's own language.
    pub label: String,
    /// The answer in words.
    pub text: String,
    /// The answer as it was kept.
    pub value: String,
    /// Why it did not fit.
    pub why: Why,
}

/// Why an answer does not fit into a newer version of its form.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// The question is not asked any more.
    Gone,
    /// The question wants another kind of answer.
    OtherType,
    /// The choice is not offered any more.
    ChoiceGone,
    /// Another answer stands in its place: several instances had one, and now there is room for one.
    Taken,
}

/// What the form looked up outside the visit when it was sent, beside what it computed from it: whoever reads the visit
/// later sees these values, whatever the register or another visit says by then.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct LookedUp {
    /// The cells of the cooperative's row in the register, by column.
    #[serde(default)]
    pub register: BTreeMap<String, String>,
    /// Answers of the last visit, by question.
    #[serde(default)]
    pub last: BTreeMap<String, String>,
}

impl LookedUp {
    /// Whether the form looked nothing up.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.register.is_empty() && self.last.is_empty()
    }
}

/// A visit, read from its record.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Visit {
    /// Which.
    pub id: RecordId,
    /// The kecamatan of its cooperative.
    pub area: AreaCode,
    /// Its officer.
    pub owner: UserId,
    /// The cooperative visited.
    pub cooperative: RecordId,
    /// Which form it was made with.
    pub form: String,
    /// Which version of the form.
    pub form_version: String,
    /// Who began it, and when.
    pub created: Mark,
    /// Answers by path, in XForms lexical form.
    pub answers: BTreeMap<String, String>,
    /// Submissions by number, from 1.
    pub submissions: BTreeMap<u32, Mark>,
    /// By submission number: the values that answers had then and that were changed later (`None`: was unanswered).
    pub was: BTreeMap<u32, BTreeMap<String, Option<String>>>,
    /// Set when it was taken back.
    pub void: Option<Mark>,
    /// What it came to at its last submission; `None` when it was never sent or its form has no score.
    pub result: Option<VisitResult>,
    /// What newer versions of the form had no place for, by `<version>/<path>`.
    pub left: BTreeMap<String, Leftover>,
    /// What its form looked up at its last submission; `None` when its device did not say.
    pub looked_up: Option<LookedUp>,
}

impl Visit {
    /// Reads a visit record.
    ///
    /// # Errors
    /// [`BadRecord`] names the first field that is missing or malformed.
    pub fn from_record(record: &Record) -> Result<Self, BadRecord> {
        let mut answers = BTreeMap::new();
        for (path, value) in record.under(ANSWER) {
            let text = value
                .as_str()
                .ok_or_else(|| record.bad(&format!("{ANSWER}{path}")))?;
            answers.insert(path.to_owned(), text.to_owned());
        }
        let mut submissions = BTreeMap::new();
        for (number, value) in record.under(SUBMISSION) {
            let bad = || record.bad(&format!("{SUBMISSION}{number}"));
            let number: u32 = number.parse().map_err(|_| bad())?;
            submissions.insert(number, json::of::<Mark>(value).map_err(|_| bad())?);
        }
        let mut was: BTreeMap<u32, BTreeMap<String, Option<String>>> = BTreeMap::new();
        for (key, value) in record.under(WAS) {
            let bad = || record.bad(&format!("{WAS}{key}"));
            let (number, path) = key.split_once('/').ok_or_else(bad)?;
            let number: u32 = number.parse().map_err(|_| bad())?;
            let old = value.as_str().ok_or_else(bad)?;
            let old = (!old.is_empty()).then(|| old.to_owned());
            was.entry(number).or_default().insert(path.to_owned(), old);
        }
        let mut left = BTreeMap::new();
        for (key, value) in record.under(LEFT) {
            let bad = || record.bad(&format!("{LEFT}{key}"));
            left.insert(
                key.to_owned(),
                json::of::<Leftover>(value).map_err(|_| bad())?,
            );
        }
        Ok(Self {
            id: record.id,
            area: record.area.clone(),
            owner: record.owner.ok_or_else(|| record.bad("owner"))?,
            cooperative: record.need("cooperative")?,
            form: record.need("form")?,
            form_version: record.need("form_version")?,
            created: record.need(CREATED)?,
            answers,
            submissions,
            was,
            void: record.read(VOID)?,
            result: result(record),
            left,
            // What a newer program wrote and this one cannot read counts as none.
            looked_up: record.read(LOOKED_UP).ok().flatten(),
        })
    }

    /// The clock by which the visit is judged at this instant of its device: never before the visit was begun.
    ///
    /// The phone that sends a visit and the server that checks it both ask this of the same instant, the one that stands in
    /// the submission. So `today()` is the same day for both, whatever either clock says now:
    ///
    /// ```text
    /// The phone is a day ahead. It signs on "8 Nov", and the date of the visit is "8 Nov": 8 Nov <= today().
    /// The server gets it on 7 Nov. It judges by 8 Nov, as signed: 8 Nov <= today(), and takes it.
    /// The desk opens it a year later. It is judged by 8 Nov still, and reads as it was sent.
    /// ```
    #[must_use]
    pub fn judged_at(&self, at: Millis) -> Millis {
        at.max(self.created.at)
    }

    /// The clock by which the last submission is judged; `None` when there is none.
    #[must_use]
    pub fn submission_judged_at(&self) -> Option<Millis> {
        let (_, mark) = self.submissions.last_key_value()?;
        Some(self.judged_at(mark.at))
    }

    /// The answers as they were at the last submission, without what was changed since.
    #[must_use]
    pub fn sent_answers(&self) -> BTreeMap<String, String> {
        let mut answers = self.answers.clone();
        let changed = self.was.get(&self.last_submission());
        for (path, old) in changed.into_iter().flatten() {
            match old {
                Some(old) => answers.insert(path.clone(), old.clone()),
                None => answers.remove(path),
            };
        }
        answers
    }

    /// The number of the last submission; 0 when it was never submitted.
    #[must_use]
    pub fn last_submission(&self) -> u32 {
        self.submissions
            .last_key_value()
            .map_or(0, |(number, _)| *number)
    }

    /// The state that follows from this visit and its reviews.
    #[must_use]
    pub fn state(&self, reviews: &[Review]) -> VisitState {
        if self.void.is_some() {
            return VisitState::Void;
        }
        let last = self.last_submission();
        if last == 0 {
            return VisitState::Draft;
        }
        match reviews
            .iter()
            .find(|review| review.submission == last)
            .map(|review| review.decision)
        {
            None => VisitState::Submitted,
            Some(Decision::Return) => VisitState::Returned,
            Some(Decision::Approve) => VisitState::Approved,
        }
    }

    /// The paths whose answers differ from what they were at the submission before the last one.
    #[must_use]
    pub fn changed_since_last_review(&self) -> BTreeMap<String, Option<String>> {
        let before = self.last_submission().saturating_sub(1);
        let sent = self.sent_answers();
        self.was
            .get(&before)
            .into_iter()
            .flatten()
            .filter(|(path, old)| sent.get(*path) != old.as_ref())
            .map(|(path, old)| (path.clone(), old.clone()))
            .collect()
    }
}

/// The result in a record; what a newer program wrote and this one cannot read counts as none.
fn result(record: &Record) -> Option<VisitResult> {
    let proposal = record.read(PROPOSAL).ok().flatten().unwrap_or_default();
    let score = record.read(SCORE).ok().flatten()?;
    Some(VisitResult { score, proposal })
}

/// The name of the field that holds an answer.
#[must_use]
pub fn answer_field(path: &str) -> String {
    format!("{ANSWER}{path}")
}

/// The field value of an answer: null for none.
#[must_use]
pub fn answer_value(value: Option<&str>) -> Value {
    value.map_or(Value::Null, |text| Value::String(text.to_owned()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::domain::Kind;
    use serde_json::json;

    fn visit(extra: Value) -> Visit {
        let owner = UserId::of_text("petugas1");
        let mut fields = json!({
            "cooperative": RecordId::of_text("coop"), "form": "kunjungan", "form_version": "1",
            "created": {"at": 1, "by": owner}, "a/x": "1",
        });
        fields
            .as_object_mut()
            .unwrap()
            .extend(extra.as_object().unwrap().clone());
        Visit::from_record(&Record {
            kind: Kind::Visit,
            id: RecordId::of_text("visit"),
            area: AreaCode("19.03.01".into()),
            rev: 1,
            owner: Some(owner),
            deleted: false,
            fields: serde_json::from_value(fields).unwrap(),
        })
        .unwrap()
    }

    fn review(submission: u32, decision: Decision) -> Review {
        Review {
            id: RecordId::of_text(&format!("review {submission}")),
            visit: RecordId::of_text("visit"),
            submission,
            decision,
            notes: BTreeMap::new(),
            note: String::new(),
            mark: Mark {
                at: Millis(2),
                by: UserId::of_text("kabid"),
                reason: String::new(),
            },
        }
    }

    #[test]
    fn the_state_follows_from_submissions_and_reviews_alone() {
        let mark = json!({"at": 5, "by": UserId::of_text("petugas1")});
        assert_eq!(visit(json!({})).state(&[]), VisitState::Draft);
        let once = visit(json!({"submission/1": mark}));
        assert_eq!(once.state(&[]), VisitState::Submitted);
        assert_eq!(
            once.state(&[review(1, Decision::Return)]),
            VisitState::Returned
        );
        assert_eq!(
            once.state(&[review(1, Decision::Approve)]),
            VisitState::Approved
        );
        let twice = visit(json!({"submission/1": mark, "submission/2": mark}));
        assert_eq!(
            twice.state(&[review(1, Decision::Return)]),
            VisitState::Submitted
        );
        let void = visit(json!({"submission/1": mark, "void": mark}));
        assert_eq!(
            void.state(&[review(1, Decision::Approve)]),
            VisitState::Void
        );
    }

    #[test]
    fn what_was_changed_after_a_return_is_not_among_the_answers_that_were_sent() {
        let mark = json!({"at": 5, "by": UserId::of_text("petugas1")});
        let fields = json!({"submission/1": mark, "a/y": "new", "was/1/x": "2", "was/1/y": ""});
        let visit = visit(fields);
        assert_eq!(visit.answers.get("x").map(String::as_str), Some("1"));
        let sent = BTreeMap::from([("x".to_owned(), "2".to_owned())]);
        assert_eq!(visit.sent_answers(), sent);
    }

    #[test]
    fn a_correction_shows_what_the_answer_was_and_an_undone_one_shows_nothing() {
        let mark = json!({"at": 5, "by": UserId::of_text("petugas1")});
        let fields = json!({"submission/1": mark, "submission/2": mark, "was/1/x": "2", "was/1/y": "", "a/z": "3", "was/1/z": "3"});
        let changed = visit(fields).changed_since_last_review();
        assert_eq!(
            changed,
            BTreeMap::from([("x".to_owned(), Some("2".to_owned()))])
        );
    }
}
