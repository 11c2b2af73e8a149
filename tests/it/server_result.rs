//! What a visit comes to is computed again by the server: a device that says otherwise is corrected, told and logged.

use std::io::Write;
use std::sync::{Arc, Mutex};

use anjangsana::{
    domain::{
        AreaCode, DeviceId, Fields, Kind, Mark, Millis, Record, RecordId, Role, Status, User,
        Visit, VisitResult,
        assessment::{PROPOSAL, SCORE},
        status_rule::Reason,
        visit::answer_field,
    },
    form::{self, Answers, Session, builtin},
    server::{
        Config,
        check_visit::{self, Surroundings},
        correct, forms,
        repo::Records,
    },
    sync::wire::{Mutation, Outcome, RejectCode},
};
use serde_json::{Value, json};

use crate::server_office::{Office, Phone, TOBOALI, record_of, refused, rev};

/// 8 November 2024, 09:00 WIB: the officer's phone when it sends.
const SENT: i64 = 1_731_031_200_000;

struct Desk {
    office: Office,
    cooperative: RecordId,
    officer: Phone,
}

impl Desk {
    async fn open() -> Self {
        let office = Office::with(Config::default(), |connection| {
            forms::publish_built_in(connection, Millis(1)).unwrap();
        })
        .await;
        Self {
            cooperative: office.cooperative("satu", TOBOALI),
            officer: office.hire("ppl", Role::Officer, &[TOBOALI]),
            office,
        }
    }

    /// The answers of a whole visit to this cooperative, with everything that a phone computes.
    fn session(&self, name: &str, changed: &[(&str, &str)]) -> Session {
        let text = include_str!("../fixtures/forms/kunjungan_lengkap.json");
        let mut answers: Answers = serde_json::from_str(text).unwrap();
        answers.insert("koperasi_id".into(), self.cooperative.to_string());
        answers.remove("prd_kdkmp");
        for (path, value) in changed {
            answers.insert((*path).into(), (*value).into());
        }
        open(&self.officer.user, name, answers)
    }

    /// The visit as a phone sends it.
    fn visit(&self, name: &str, session: &Session, result: Option<&VisitResult>) -> Mutation {
        let mark = json!({"at": SENT, "by": self.officer.user.id});
        let mut fields = json!({
            "cooperative": self.cooperative, "form": "kunjungan",
            "form_version": session.form().version(), "created": mark, "submission/1": mark,
        });
        let all = fields.as_object_mut().unwrap();
        for (path, value) in session.answers() {
            all.insert(answer_field(path), json!(value));
        }
        if let Some(result) = result {
            all.insert(SCORE.into(), json!(result.score));
            all.insert(PROPOSAL.into(), json!(result.proposal));
        }
        Mutation {
            area: AreaCode(TOBOALI.into()),
            order: None,
            ..self.officer.edit(name, 0, fields)
        }
    }

    fn stored(&self, name: &str) -> Record {
        self.office.change(|connection| {
            let found = connection.record(record_of(name)).unwrap();
            found.unwrap().record
        })
    }
}

fn open(user: &User, name: &str, answers: Answers) -> Session {
    let form = form::compile(&builtin::kunjungan().unwrap()).unwrap();
    let around = Surroundings {
        user,
        device: DeviceId::of_text("hp"),
        visit: record_of(name),
        now: Millis(SENT),
        cooperative: None,
    };
    let mut session = check_visit::open(Arc::new(form), answers, &around);
    // What the register says the phone knows too.
    session.set_now(SENT);
    session
}

fn result(session: &Session) -> VisitResult {
    let result = correct::result(session, || Ok::<_, ()>(Vec::new())).unwrap();
    result.unwrap()
}

#[tokio::test]
async fn a_device_that_sends_other_numbers_is_corrected_and_told_so() {
    let mut desk = Desk::open().await;
    let session = desk.session("kunjungan", &[]);
    let right = result(&session);
    let mut wrong = right.clone();
    wrong.score.total = Some(1000);
    wrong.proposal.status = Some(Status::TidakAktif);
    let mut visit = desk.visit("kunjungan", &session, Some(&wrong));
    visit
        .fields
        .insert(answer_field("org_anggota"), json!("999"));
    let outcome = desk.officer.push(&visit).await;
    assert!(
        matches!(outcome, Outcome::Applied { exact: false, .. }),
        "{outcome:?}"
    );

    let stored = desk.stored("kunjungan");
    assert_eq!(stored.fields[&answer_field("org_anggota")], "85");
    let read = Visit::from_record(&stored).unwrap();
    assert_eq!(read.result, Some(right));
    // The phone is told: the corrected record comes with the next pull.
    let mut again = desk.office.log_in(&desk.officer.user, "lain");
    let pulled = again.sync(&[]).await.records;
    assert!(pulled.contains(&stored));
    // What it had sent stays where every change stays.
    let sent: String = desk.office.change(|connection| {
        let sql = "select fields from mutation where id = ?";
        let row = connection.query_row(sql, [visit.id.to_string()], |row| row.get(0));
        row.unwrap()
    });
    let sent: Fields = serde_json::from_str(&sent).unwrap();
    assert_eq!(sent[&answer_field("org_anggota")], "999");
    assert_eq!(sent[SCORE]["total"], 1000);
}

#[tokio::test]
async fn a_device_that_computed_the_same_has_nothing_to_fetch() {
    let mut desk = Desk::open().await;
    let text = desk.session("kunjungan", &[]).answers().clone();
    // The register's columns as the server looks them up, so that both sides know the same.
    let session = desk.session(
        "kunjungan",
        &[("kop_jenis", "produsen"), ("kop_kdkmp", "tidak")],
    );
    assert_eq!(text["org_anggota"], "85");
    let mut visit = desk.visit("kunjungan", &session, Some(&result(&session)));
    visit
        .fields
        .insert(answer_field("kop_jenis"), json!("produsen"));
    visit
        .fields
        .insert(answer_field("kop_kdkmp"), json!("tidak"));
    let outcome = desk.officer.push(&visit).await;
    assert!(
        matches!(outcome, Outcome::Applied { exact: true, .. }),
        "{outcome:?}"
    );
    let stored = desk.stored("kunjungan");
    assert_eq!(stored.fields, visit.fields);
}

#[tokio::test]
async fn a_device_that_knows_no_scores_gets_them_added() {
    let mut desk = Desk::open().await;
    let session = desk.session("kunjungan", &[]);
    let visit = desk.visit("kunjungan", &session, None);
    let outcome = desk.officer.push(&visit).await;
    assert!(
        matches!(outcome, Outcome::Applied { exact: false, .. }),
        "{outcome:?}"
    );
    let read = Visit::from_record(&desk.stored("kunjungan")).unwrap();
    assert_eq!(read.result, Some(result(&session)));
}

#[tokio::test]
async fn a_score_comes_with_a_submission_or_counts_for_nothing() {
    let mut desk = Desk::open().await;
    let session = desk.session("kunjungan", &[]);
    let mut draft = desk.visit("kunjungan", &session, Some(&result(&session)));
    let mark = draft.fields.remove("submission/1").unwrap();
    let outcome = desk.officer.push(&draft).await;
    assert!(
        matches!(outcome, Outcome::Applied { exact: false, .. }),
        "{outcome:?}"
    );
    let stands = |desk: &Desk| {
        Visit::from_record(&desk.stored("kunjungan"))
            .unwrap()
            .result
    };
    assert_eq!(stands(&desk), None);
    let base = rev(&outcome);
    for (fields, code) in [
        (json!({PROPOSAL: "aktif"}), RejectCode::Malformed),
        (
            json!({SCORE: {"version": "x".repeat(30_000)}}),
            RejectCode::Malformed,
        ),
    ] {
        let edit = desk.officer.edit("kunjungan", base, fields);
        assert_eq!(refused(&desk.officer.push(&edit).await), code);
    }
    // Nonsense beside a submission is put right like any other number.
    let edit = json!({SCORE: {"x": 1}, "submission/1": mark});
    let edit = desk.officer.edit("kunjungan", base, edit);
    assert!(matches!(
        desk.officer.push(&edit).await,
        Outcome::Applied { exact: false, .. }
    ));
    assert_eq!(stands(&desk), Some(result(&session)));
    // And afterwards nobody changes it.
    let edit = desk
        .officer
        .edit("kunjungan", 1_000_000, json!({SCORE: {"x": 1}}));
    assert!(matches!(
        desk.officer.push(&edit).await,
        Outcome::Applied { exact: false, .. }
    ));
    assert_eq!(stands(&desk), Some(result(&session)));
}

#[tokio::test]
async fn a_second_search_in_vain_is_judged_with_the_first_that_only_the_server_may_know() {
    let mut desk = Desk::open().await;
    let in_vain = |desk: &Desk, name: &str, day: &str| {
        let answers = Answers::from([
            ("koperasi_id".into(), desk.cooperative.to_string()),
            ("tanggal_kunjungan".into(), day.into()),
            ("kabid_hadir".into(), "tidak".into()),
            ("jenis_layanan".into(), "monitoring".into()),
            ("kop_usaha_sp".into(), "tidak".into()),
            ("keberadaan".into(), "tidak_ditemukan".into()),
            ("saksi_nama".into(), "Pak RT (CONTOH)".into()),
            ("lokasi".into(), "-2.9981 106.4464 12.0 9.0".into()),
            ("foto_lokasi".into(), format!("{}.jpg", "ab".repeat(32))),
            ("ttd_petugas".into(), format!("{}.png", "cd".repeat(32))),
            (
                "catatan_petugas".into(),
                "Alamat kosong menurut warga sekitar.".into(),
            ),
        ]);
        let session = open(&desk.officer.user, name, answers);
        desk.visit(name, &session, Some(&result(&session)))
    };
    let first = in_vain(&desk, "pertama", "2024-10-20");
    rev(&desk.officer.push(&first).await);
    let proposal = |desk: &Desk, name: &str| {
        let visit = Visit::from_record(&desk.stored(name)).unwrap();
        visit.result.unwrap().proposal
    };
    assert_eq!(proposal(&desk, "pertama").status, None);
    let second = in_vain(&desk, "kedua", "2024-11-03");
    rev(&desk.officer.push(&second).await);
    assert_eq!(proposal(&desk, "kedua").status, Some(Status::TidakAktif));
    assert_eq!(proposal(&desk, "kedua").reasons, [Reason::NotFound]);
    // A visit that was taken back is no search.
    let mut admin = desk.office.hire("admin", Role::Admin, &[]);
    for name in ["pertama", "kedua"] {
        let void = json!({"void": admin.mark_because("salah koperasi")});
        let void = admin.edit(name, 1_000_000, void);
        rev(&admin.push(&void).await);
    }
    let third = in_vain(&desk, "ketiga", "2024-11-04");
    rev(&desk.officer.push(&third).await);
    assert_eq!(proposal(&desk, "ketiga").status, None);
}

#[test]
fn a_submission_is_judged_as_of_the_day_it_was_signed_within_reason() {
    let visit = |begun: i64, signed: &[i64]| {
        let by = anjangsana::domain::UserId::of_text("ppl");
        let mark = |at: i64| json!({"at": at, "by": by});
        let mut fields = json!({
            "cooperative": record_of("satu"), "form": "kunjungan", "form_version": "1",
            "created": mark(begun),
        });
        for (at, signed) in signed.iter().enumerate() {
            fields[format!("submission/{}", at + 1)] = mark(*signed);
        }
        let record = Record {
            kind: Kind::Visit,
            id: record_of("kunjungan"),
            area: AreaCode(TOBOALI.into()),
            rev: 1,
            owner: Some(by),
            deleted: false,
            fields: serde_json::from_value(fields).unwrap(),
        };
        Visit::from_record(&record).unwrap()
    };
    let (day, now) = (24 * 60 * 60 * 1000, Millis(SENT));
    let judged = |begun, signed: &[i64]| check_visit::submitted_at(&visit(begun, signed), now).0;
    let week_ago = SENT - 7 * day;
    assert_eq!(judged(week_ago - day, &[week_ago]), week_ago);
    assert_eq!(
        judged(week_ago - day, &[week_ago, SENT - day]),
        SENT - day,
        "the last one"
    );
    assert_eq!(
        judged(week_ago, &[week_ago - day]),
        week_ago,
        "begun before it was sent"
    );
    assert_eq!(
        judged(week_ago, &[SENT + 60_000]),
        SENT + 60_000,
        "a minute ahead"
    );
    assert_eq!(
        judged(week_ago, &[SENT + 9 * day]),
        SENT + 9 * day,
        "by the clock of a phone that is ahead"
    );
}

/// A place that log lines are written to.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_correction_is_logged_with_both_values_and_no_answer_of_a_person() {
    let user = User {
        id: anjangsana::domain::UserId::of_text("ppl"),
        username: "ppl".into(),
        name: "ppl CONTOH".into(),
        role: Role::Officer,
        scope: anjangsana::domain::Scope::District,
    };
    let text = include_str!("../fixtures/forms/kunjungan_lengkap.json");
    let mut session = open(&user, "kunjungan", serde_json::from_str(text).unwrap());
    let mark = Mark {
        at: Millis(SENT),
        by: user.id,
        reason: String::new(),
    };
    let mut answers = session.answers().clone();
    answers.insert("org_anggota".into(), "999".into());
    session = open(&user, "kunjungan", answers.clone());
    let mut fields: Fields = answers
        .iter()
        .map(|(path, value)| (answer_field(path), json!(value)))
        .collect();
    fields.insert(
        PROPOSAL.into(),
        json!({"status": "tidak_aktif", "reasons": []}),
    );
    let visit = Visit {
        left: Default::default(),
        looked_up: None,
        id: record_of("kunjungan"),
        area: AreaCode(TOBOALI.into()),
        owner: user.id,
        cooperative: record_of("satu"),
        form: "kunjungan".into(),
        form_version: "1".into(),
        created: mark.clone(),
        submissions: [(1, mark.clone()), (2, mark)].into(),
        was: Default::default(),
        void: None,
        result: None,
        answers,
    };
    let lines = Lines::default();
    let sink = lines.clone();
    let log = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_writer(move || sink.clone())
        .finish();
    let before = Fields::from([(answer_field("org_anggota"), json!("84"))]);
    let corrections = tracing::subscriber::with_default(log, || {
        correct::corrections(&session, &visit, &fields, Some(&before), || {
            Ok::<_, ()>(Vec::new())
        })
    })
    .unwrap();
    assert_eq!(corrections[&answer_field("org_anggota")], "85");
    // The desk sees that it changed since the submission before, although only the server changed it.
    assert_eq!(corrections["was/1/org_anggota"], "84");
    assert_eq!(corrections[PROPOSAL]["status"], Value::from("aktif"));
    let log = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    assert_eq!(
        log.lines().count(),
        2,
        "no line for a score that was never sent: {log}"
    );
    for words in [
        &format!("visit={}", visit.id),
        r#"path="org_anggota" device="999" server="85""#,
        r#"path="proposal""#,
        r#""tidak_aktif""#,
    ] {
        assert!(log.contains(words), "{words} in {log}");
    }
    assert!(!log.contains("Sulastri") && !log.contains("08123"));
}
