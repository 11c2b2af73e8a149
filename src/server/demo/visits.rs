//! Past visits in all states, made step by step as people would have, so that their histories are whole.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::{
    domain::{
        AreaCode, Cooperative, DeviceId, Fields, Kind, Millis, RecordId, UserId,
        assessment::{PROPOSAL, SCORE},
        visit::{LOOKED_UP, WAS, answer_field},
    },
    form::{Form, Session},
    server::{
        check_visit::{self, Surroundings},
        correct,
        forms::{self, BUILT_IN},
        kinds,
        office::{self, OfficeChange},
        repo::{Error, Tx, stored},
    },
};

use super::{
    answers::{self, Answers, Found},
    author, cooperatives, user_id,
};

const HOUR: i64 = 60 * 60 * 1000;
const DAY: i64 = 24 * HOUR;

/// How a visit went on after it was begun.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Story {
    /// Begun, and left half way.
    Draft,
    Submitted,
    Returned,
    Approved,
    /// Returned, corrected, approved.
    Corrected,
    /// Returned, corrected, waiting again.
    Resubmitted,
    Void,
}

/// Officer, kecamatan, which of its cooperatives, days ago, how it went on, what was found.
const VISITS: [(&str, &str, usize, i64, Story, Found); 14] = [
    ("petugas1", "19.03.01", 0, 0, Story::Draft, Found::Open),
    ("petugas1", "19.03.01", 5, 2, Story::Submitted, Found::Open),
    ("petugas1", "19.03.06", 1, 4, Story::Returned, Found::Open),
    ("petugas1", "19.03.01", 9, 20, Story::Approved, Found::Open),
    ("petugas1", "19.03.06", 3, 45, Story::Approved, Found::Open),
    ("petugas2", "19.03.03", 1, 1, Story::Submitted, Found::Open),
    ("petugas2", "19.03.05", 4, 30, Story::Corrected, Found::Open),
    ("petugas2", "19.03.03", 6, 10, Story::Void, Found::Open),
    (
        "petugas3",
        "19.03.04",
        3,
        25,
        Story::Approved,
        Found::Nowhere,
    ),
    ("petugas3", "19.03.07", 1, 1, Story::Draft, Found::Open),
    (
        "petugas3",
        "19.03.07",
        5,
        8,
        Story::Resubmitted,
        Found::Open,
    ),
    (
        "petugas4",
        "19.03.08",
        0,
        6,
        Story::Submitted,
        Found::Nowhere,
    ),
    ("petugas4", "19.03.02", 1, 60, Story::Approved, Found::Open),
    ("petugas4", "19.03.08", 2, 3, Story::Returned, Found::Open),
];

const SUPERVISOR: &str = "kabid";

pub(super) fn make(tx: &dyn Tx, base: Millis) -> Result<(), Error> {
    let [sheets] = BUILT_IN;
    let (name, version) = forms::name_and_version(sheets.settings)?;
    let form = check_visit::published(tx, &name, &version)?
        .ok_or_else(|| stored("form")("not published"))?;
    for (number, (officer, area, nth, days, story, found)) in VISITS.into_iter().enumerate() {
        let Some(cooperative) = cooperatives::of_area(area).nth(nth) else {
            continue;
        };
        let id = RecordId::of_text(&format!("demo visit {number}"));
        if tx.record_of_kind(id, Kind::Visit)?.is_some() {
            continue;
        }
        let at = base.plus(-days * DAY - 3 * HOUR);
        let mut told = Told {
            tx,
            officer,
            area: AreaCode(area.to_owned()),
            id,
            cooperative,
            form: Arc::clone(&form),
            at,
        };
        let mut answers = answers::of_visit(cooperative, at, number, found);
        if story == Story::Draft {
            answers.retain(|path, _| !path.starts_with("prd_") && !path.starts_with("keu_"));
        }
        let answers = told.open(answers)?.answers().clone();
        let header = Fields::from([
            ("cooperative".to_owned(), json!(cooperative)),
            ("form".to_owned(), json!(name)),
            ("form_version".to_owned(), json!(version)),
            ("created".to_owned(), told.mark(officer, "")),
        ]);
        told.change(header)?;
        told.fill(answers)?;
        told.tell(story, found)?;
    }
    Ok(())
}

/// A visit as it goes on.
struct Told<'a> {
    tx: &'a dyn Tx,
    officer: &'static str,
    area: AreaCode,
    id: RecordId,
    cooperative: RecordId,
    form: Arc<Form>,
    at: Millis,
}

impl Told<'_> {
    /// The form over some answers, as on the officer's phone.
    fn open(&self, answers: Answers) -> Result<Session, Error> {
        let officer = self
            .tx
            .account(self.officer)?
            .ok_or_else(|| stored("user")(self.officer))?;
        let cooperative = self
            .tx
            .record(self.cooperative)?
            .and_then(|stored| Cooperative::from_record(&stored.record).ok());
        let around = Surroundings {
            user: &officer.user,
            device: DeviceId::of_text(self.officer),
            visit: self.id,
            now: self.at,
            cooperative: cooperative.map(|one| one.table_row()),
        };
        Ok(check_visit::open(Arc::clone(&self.form), answers, &around))
    }

    fn tell(&mut self, story: Story, found: Found) -> Result<(), Error> {
        if story == Story::Draft {
            return Ok(());
        }
        self.submit(1)?;
        match story {
            Story::Draft | Story::Submitted => Ok(()),
            Story::Approved => self.approve(1),
            Story::Returned => self.give_back(found),
            Story::Corrected => {
                self.give_back(found)?;
                self.correct()?;
                self.approve(2)
            }
            Story::Resubmitted => {
                self.give_back(found)?;
                self.correct()
            }
            Story::Void => {
                self.at = self.at.plus(2 * HOUR);
                let void = self.mark(self.officer, "Salah memilih koperasi");
                self.change(Fields::from([("void".to_owned(), void)]))
            }
        }
    }

    fn mark(&self, username: &str, reason: &str) -> Value {
        let by: UserId = user_id(username);
        if reason.is_empty() {
            json!({"at": self.at, "by": by})
        } else {
            json!({"at": self.at, "by": by, "reason": reason})
        }
    }

    fn change(&self, fields: Fields) -> Result<(), Error> {
        let change = OfficeChange {
            owner: Some(user_id(self.officer)),
            parent: Some(self.cooperative),
            author: author(self.officer),
            ..OfficeChange::new(Kind::Visit, self.id, self.area.clone(), fields, self.at)
        };
        office::apply(self.tx, change).map(|_| ())
    }

    fn fill(&mut self, answers: Answers) -> Result<(), Error> {
        self.at = self.at.plus(HOUR);
        let fields = answers
            .into_iter()
            .map(|(path, value)| (answer_field(&path), Value::String(value)));
        self.change(fields.collect())
    }

    fn submit(&mut self, number: u32) -> Result<(), Error> {
        self.at = self.at.plus(HOUR / 2);
        let mark = self.mark(self.officer, "");
        let mut fields = Fields::from([(format!("submission/{number}"), mark)]);
        let visit = self.tx.record(self.id)?;
        let answers = visit.map(|stored| kinds::answers(&stored.record.fields));
        let session = self.open(answers.unwrap_or_default())?;
        // No cooperative of the demo was visited before.
        if let Some(result) = correct::result(&session, || Ok::<_, Error>(Vec::new()))? {
            fields.insert(SCORE.to_owned(), json!(result.score));
            fields.insert(PROPOSAL.to_owned(), json!(result.proposal));
        }
        fields.insert(LOOKED_UP.to_owned(), json!(session.looked_up()));
        self.change(fields)
    }

    fn review(&mut self, submission: u32, decision: &str, notes: Value) -> Result<(), Error> {
        self.at = self.at.plus(HOUR);
        let id = RecordId::of_text(&format!("demo review {} {submission}", self.id));
        let fields = Fields::from([
            ("visit".to_owned(), json!(self.id)),
            ("submission".to_owned(), json!(submission)),
            ("decision".to_owned(), json!(decision)),
            ("notes".to_owned(), notes),
            ("note".to_owned(), json!("")),
            ("mark".to_owned(), self.mark(SUPERVISOR, "")),
        ]);
        let change = OfficeChange {
            owner: Some(user_id(SUPERVISOR)),
            audience: Some(user_id(self.officer)),
            parent: Some(self.id),
            author: author(SUPERVISOR),
            ..OfficeChange::new(Kind::Review, id, self.area.clone(), fields, self.at)
        };
        office::apply(self.tx, change).map(|_| ())
    }

    fn approve(&mut self, submission: u32) -> Result<(), Error> {
        self.review(submission, "approve", json!({}))
    }

    fn give_back(&mut self, found: Found) -> Result<(), Error> {
        let notes = match found {
            Found::Open => json!({
                "keu_kas_fisik": "Selisih dengan buku kas Rp25.000, mohon dihitung ulang bersama bendahara.",
                "org_rapat_12": "Apakah semua rapat ada notulennya?",
            }),
            Found::Nowhere => json!({
                "saksi_nama": "Mohon saksi dari kantor desa, bukan hanya warga.",
            }),
        };
        self.review(1, "return", notes)
    }

    fn correct(&mut self) -> Result<(), Error> {
        self.at = self.at.plus(5 * HOUR);
        let fields = Fields::from([
            (answer_field("keu_kas_fisik"), json!("1300000")),
            (format!("{WAS}1/keu_kas_fisik"), json!("1275000")),
        ]);
        self.change(fields)?;
        self.submit(2)
    }
}
