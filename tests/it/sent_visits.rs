//! What was sent stays what it was: the clock that it is judged by, what a reader sees of it, what is decided upon, and what
//! only the phone could know.

use std::collections::BTreeMap;
use std::sync::Arc;

use anjangsana::domain::{
    Cooperative, Decision, DeviceId, Fields, Kind, Mark, Millis, RecordId, Role, Scope, User,
    UserId, Visit, VisitState,
    record::{RECORD_BYTES, TEXT_BYTES},
    visit::answer_field,
};
use anjangsana::form::{
    Answers, Form, Item, PageState, Problem, Session, Sheets, Surroundings, VisitAround, compile,
    lookups::{LastSaved, Lookups},
};
use anjangsana::server::{
    Config, check_visit, demo, forms, machine,
    office::{self, OfficeChange},
    repo::Records,
};
use anjangsana::store::api::{
    InboxQuery, Judged, Reply, Request, ReviewDraft, StoreError, Transfer, VisitDetail,
};
use anjangsana::sync::wire::{Outcome, RejectCode};
use proptest::prelude::*;
use serde_json::json;

use crate::device_sync::{Phone, demo_office, local};
use crate::form_support::{csv, form, give, session, surroundings, value};
use crate::server_office::{Office, TOBOALI, record_of, refused};

const DAY: i64 = 24 * 60 * 60 * 1000;
const YEAR: i64 = 365 * DAY;

/// What stands on each page.
type Pages = Vec<(String, Vec<Item>)>;

/// All that a screen shows of a session.
fn shown(session: &Session) -> (Vec<PageState>, Pages, Vec<Problem>) {
    let pages = session.pages();
    let items = pages
        .iter()
        .map(|page| (page.name.clone(), session.items(&page.name, "id")))
        .collect();
    (pages, items, session.problems("id"))
}

fn compiled(detail: &VisitDetail) -> Arc<Form> {
    let sheets = &detail.sheets;
    let named = [
        ("survey", sheets.survey.as_str()),
        ("choices", sheets.choices.as_str()),
        ("settings", sheets.settings.as_str()),
    ];
    Arc::new(compile(&Sheets::from_named(named).unwrap()).unwrap())
}

/// Everybody's visits that the desk sees.
async fn seen_by(desk: &Phone) -> Vec<VisitDetail> {
    let Reply::Inbox(inbox) = desk.ask(Request::Inbox(InboxQuery::default())).await else {
        panic!("not an inbox")
    };
    let mut all = Vec::new();
    for row in inbox.rows.into_iter().chain(inbox.done) {
        all.push(desk.visit(row.id).await);
    }
    all
}

/// The office imports a register in which every row says something else.
fn change_every_cooperative(office: &Office) {
    office.change(|db| {
        for stored in db.records_of(Kind::Cooperative).unwrap() {
            let one = Cooperative::from_record(&stored.record).unwrap();
            let jenis = if one.jenis == "produsen" {
                "simpan_pinjam"
            } else {
                "produsen"
            };
            let fields = json!({
                "Koperasi": format!("{} BARU", one.name), "Jenis_Koperasi": jenis,
                "KDKMP": if one.merah_putih { "tidak" } else { "ya" },
                "Tanggal_Badan_Hukum_Pendirian": "2023-02-01",
            });
            let fields = fields.as_object().unwrap().clone().into_iter().collect();
            let change = OfficeChange::new(
                Kind::Cooperative,
                stored.record.id,
                stored.record.area,
                fields,
                machine::now(),
            );
            office::apply(db, change).unwrap();
        }
    });
}

#[tokio::test]
async fn every_demo_visit_reads_a_year_later_as_it_was_sent_whatever_the_register_says_by_then() {
    // A6, A14
    let (office, folder) = (demo_office().await, tempfile::tempdir().unwrap());
    local(async {
        let desk = Phone::new(&office, folder.path());
        desk.log_in("kabid").await;
        let now = machine::now();
        let before = seen_by(&desk).await;
        assert!(before.len() >= 11, "{}", before.len());
        change_every_cooperative(&office);
        desk.sync().await;
        for (then, later) in before.iter().zip(seen_by(&desk).await) {
            assert_eq!(then.visit, later.visit);
            assert_ne!(then.cooperative.name, later.cooperative.name);
            let form = compiled(then);
            // What its officer saw when it was sent.
            let around = VisitAround {
                visit: then.visit.id.to_string(),
                now: then.visit.submission_judged_at().unwrap(),
                user_id: then.visit.owner.to_string(),
                cooperative: Some(then.cooperative.table_row()),
                ..VisitAround::default()
            };
            let sent = then.visit.sent_answers();
            let filled = Session::open(form.clone(), sent, around.surroundings());
            assert_eq!(filled.problems("id"), []);
            let read = later.session(form, now.plus(YEAR), None, "");
            assert_eq!(shown(&read), shown(&filled), "{}", then.cooperative.name);
            assert_eq!(read.changes_on_open(), []);
        }
    })
    .await;
}

const PROMISES: &str = "
    type      | name    | label           | relevant          | constraint    | calculation | default
    date      | visited | Visited         |                   | . <= today()  |             | today()
    date      | due     | Promised        |                   | . >= today()  |             |
    text      | why     | Why so late?    | ${due} < today()  |               |             |
    calculate | kind    |                 |                   |               | pulldata('koperasi', 'jenis', 'id', 'k') |
    text      | loans   | Loans of ${kind} | pulldata('koperasi', 'jenis', 'id', 'k') = 'simpan_pinjam' | | |
    calculate | who     |                 |                   |               | property('username') |
    calculate | age     |                 |                   |               | decimal-date-time(today()) |";

fn row(jenis: &str) -> BTreeMap<String, String> {
    let cells = [("id", "k"), ("jenis", jenis), ("alamat", "Jalan Raya")];
    cells
        .map(|(column, cell)| (column.into(), cell.into()))
        .into()
}

#[test]
fn reading_computes_nothing_anew_and_judges_by_the_clock_it_is_given() {
    let form = form(PROMISES, "");
    let mut around = surroundings();
    around
        .tables
        .insert("koperasi".into(), vec![row("simpan_pinjam")]);
    let mut filled = Session::open(form.clone(), Answers::new(), around.clone());
    give(&mut filled, "due", "2024-11-20");
    give(&mut filled, "loans", "12");
    let seen = shown(&filled);

    // The same clock and the same cells, and nobody: nothing is another.
    let looked_up = filled.looked_up();
    let cells = [("id", "k"), ("jenis", "simpan_pinjam")];
    let cells = cells.map(|(column, cell)| (column.to_owned(), cell.to_owned()));
    assert_eq!(looked_up.register, cells.into(), "no more than is read");
    let then = Surroundings {
        username: String::new(),
        tables: [("koperasi".into(), vec![looked_up.register])].into(),
        ..around.clone()
    };
    let read = Session::read(form.clone(), filled.answers().clone(), then.clone());
    assert_eq!(shown(&read), seen);
    assert_eq!(value(&read, "who"), "petugas1");
    assert_eq!(read.changes_on_open(), []);

    // Without what was looked up, and a year later: computed values stay, and what must be asked again says otherwise.
    let later = Surroundings {
        now: around.now + YEAR,
        tables: [("koperasi".into(), vec![row("produsen")])].into(),
        ..then
    };
    let late = Session::read(form, filled.answers().clone(), later);
    assert_eq!(value(&late, "kind"), "simpan_pinjam");
    assert_eq!(value(&late, "age"), value(&filled, "age"));
    assert_eq!(late.problems("").len(), 1);
}

#[test]
fn a_form_says_which_cells_and_last_answers_are_read_again_by_a_reader() {
    let built_in = compile(&anjangsana::form::builtin::kunjungan().unwrap()).unwrap();
    let lookups = Lookups::of(&built_in, "koperasi");
    for (column, is_read) in [
        ("id", true),
        ("nama", true),
        ("jenis", false),
        ("Alamat", false),
    ] {
        assert_eq!(lookups.reads(column), is_read, "{column}");
    }
    let wide = form(
        "type | name | label | constraint
         text | a    | A     | count(instance('koperasi')/root/item) > 0
         text | b    | Was ${last-saved#a} |",
        "",
    );
    let lookups = Lookups::of(&wide, "koperasi");
    assert!(lookups.reads("alamat"));
    assert!(lookups.last.contains("a"));
}

fn officer() -> User {
    User {
        id: UserId::of_text("ppl"),
        username: "ppl".into(),
        name: "PPL".into(),
        role: Role::Officer,
        scope: Scope::District,
    }
}

/// A visit as its record says it, begun and signed at these instants of its phone.
fn signed(begun: i64, at: i64, answers: &Answers) -> Visit {
    let by = officer().id;
    let mut fields = json!({
        "cooperative": RecordId::of_text("k"), "form": "uji", "form_version": "1",
        "created": {"at": begun, "by": by}, "submission/1": {"at": at, "by": by},
    });
    for (path, value) in answers {
        fields[answer_field(path)] = json!(value);
    }
    let record = anjangsana::domain::Record {
        kind: Kind::Visit,
        id: RecordId::of_text("visit"),
        area: anjangsana::domain::AreaCode(TOBOALI.into()),
        rev: 1,
        owner: Some(by),
        deleted: false,
        fields: serde_json::from_value(fields).unwrap(),
    };
    Visit::from_record(&record).unwrap()
}

proptest! {
    /// A1. A phone's clock may be wrong by years, be set while a visit is filled, and be set again before it is sent.
    #[test]
    fn what_a_phone_lets_a_person_send_the_server_does_not_call_incomplete(
        begun in -800..800_i64,
        sends in -800..800_i64,
        minutes in 0..1440_i64,
        due in -3..30_i64,
        waits in 0..60_i64,
    ) {
        let form = form(PROMISES, "");
        let server = surroundings().now;
        let draft = signed(server + begun * DAY, 0, &Answers::new());
        let around = |visit: &Visit, at: i64| VisitAround {
            visit: visit.id.to_string(),
            now: visit.judged_at(Millis(at)),
            ..VisitAround::default()
        };
        // Filled and sent by the clock of the phone.
        let at = draft.judged_at(Millis(server + sends * DAY + minutes * 60_000));
        let mut phone = Session::open(
            form.clone(),
            Answers::new(),
            around(&draft, server + begun * DAY).surroundings(),
        );
        let day = Millis(at.0 + due * DAY).date().to_string();
        give(&mut phone, "due", &day);
        phone.finish(at.0);
        if phone.problems("id").is_empty() {
            let visit = signed(draft.created.at.0, at.0, phone.answers());
            let received = Millis(server + waits * DAY);
            let of = check_visit::Surroundings {
                user: &officer(),
                device: DeviceId::of_text("hp"),
                visit: visit.id,
                now: check_visit::submitted_at(&visit, received),
                cooperative: None,
            };
            let server = check_visit::open(form, visit.answers, &of);
            prop_assert_eq!(check_visit::complete(&server), Ok(()));
        }
    }
}

#[tokio::test]
async fn a_visit_of_a_phone_that_is_a_day_ahead_or_behind_is_taken_with_the_date_it_was_given() {
    // A1
    let (office, folder) = (demo_office().await, tempfile::tempdir().unwrap());
    local(async {
        let phone = Phone::new(&office, folder.path());
        phone.log_in("petugas1").await;
        for days in [1, -1] {
            let visit = phone.start().await;
            phone.fill_short(visit).await;
            let at = machine::now().plus(days * DAY);
            let today = at.date().to_string();
            phone.answer(visit, "tanggal_kunjungan", &today).await;
            phone
                .ask(Request::SubmitVisit {
                    visit,
                    result: None,
                    judged: Some(Judged {
                        at,
                        looked_up: Default::default(),
                    }),
                })
                .await;
            phone.sync().await;
            let sent = phone.visit(visit).await;
            assert!(
                matches!(sent.transfer, Transfer::Sent { .. }),
                "{:?}",
                sent.transfer
            );
            assert_eq!(sent.visit.submissions[&1].at, at);
            assert_eq!(sent.visit.answers["tanggal_kunjungan"], today);
        }
    })
    .await;
}

#[tokio::test]
async fn a_refused_visit_is_sent_again_as_it_is_and_comes_through_once_the_cause_is_gone() {
    // A1: *Kirim lagi* sends.
    let office = Office::with(Config::default(), |db| {
        demo::make(db, machine::now()).unwrap();
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    local(async {
        let (one, two) = (
            Phone::new(&office, &folder.path().join("1")),
            Phone::new(&office, &folder.path().join("2")),
        );
        one.log_in("petugas1").await;
        two.log_in("petugas1").await;
        // Two phones fill one visit. The first sends it while what it lacks is still on the second.
        let visit = one.start().await;
        one.sync().await;
        two.sync().await;
        two.ask(Request::Network { online: false }).await;
        two.fill_short(visit).await;
        one.ask(Request::SubmitVisit {
            visit,
            result: None,
            judged: None,
        })
        .await;
        one.sync().await;
        let item = one.queue().await.items.remove(0);
        let Transfer::SetAside {
            code: RejectCode::Incomplete,
            reason,
        } = &item.transfer
        else {
            panic!("not refused: {item:?}")
        };
        assert!(
            reason.contains("Hasil pencarian koperasi di lokasi: "),
            "{reason}"
        );
        two.ask(Request::Network { online: true }).await;
        two.sync().await;

        one.ask(Request::Resend {
            mutation: item.mutation,
        })
        .await;
        one.sync().await;
        let queue = one.queue().await;
        assert!(
            queue.items.is_empty() && queue.sync.send_again == 0,
            "{queue:?}"
        );
        assert_eq!(one.visit(visit).await.state, VisitState::Submitted);
    })
    .await;
}

#[tokio::test]
async fn a_decision_is_about_the_submission_that_was_shown_and_not_about_a_newer_one() {
    // A7
    let (office, folder) = (demo_office().await, tempfile::tempdir().unwrap());
    local(async {
        let officer = Phone::new(&office, &folder.path().join("officer"));
        let (desk, other) = (
            Phone::new(&office, &folder.path().join("desk")),
            Phone::new(&office, &folder.path().join("other")),
        );
        officer.log_in("petugas1").await;
        desk.log_in("kabid").await;
        other.log_in("kabid").await;
        let visit = officer.start().await;
        officer.fill_short(visit).await;
        let submit = || Request::SubmitVisit {
            visit,
            result: None,
            judged: None,
        };
        officer.ask(submit()).await;
        officer.sync().await;
        desk.sync().await;
        other.sync().await;
        let shown = desk.visit(visit).await.visit.last_submission();

        // At another desk it is returned, and it comes again.
        let decide = |submission, decision, note: &str| Request::Review {
            visit,
            submission,
            decision,
            draft: ReviewDraft {
                note: note.to_owned(),
                ..ReviewDraft::default()
            },
        };
        other.ask(decide(shown, Decision::Return, "Lengkapi")).await;
        other.sync().await;
        officer.sync().await;
        officer
            .answer(visit, "saksi_nama", "Sekretaris desa CONTOH")
            .await;
        officer.ask(submit()).await;
        officer.sync().await;
        desk.sync().await;

        let refused = desk.refused(decide(shown, Decision::Approve, "")).await;
        assert_eq!(refused, StoreError::SentAgain);
        let newer = desk.visit(visit).await;
        assert_eq!(
            (newer.state, newer.reviews.len()),
            (VisitState::Submitted, 1)
        );
        assert!(desk.queue().await.items.is_empty());
        desk.ask(decide(2, Decision::Approve, "")).await;
        desk.sync().await;
        officer.sync().await;
        assert_eq!(officer.visit(visit).await.state, VisitState::Approved);
    })
    .await;
}

#[tokio::test]
async fn the_server_refuses_a_decision_about_an_older_submission() {
    // A7
    let desk = Office::open().await;
    let cooperative = desk.cooperative("satu", TOBOALI);
    let mut officer = desk.hire("ppl", Role::Officer, &[TOBOALI]);
    let mut kabid = desk.hire("kabid", Role::Supervisor, &[]);
    let mut visit = officer.visit("v", cooperative, TOBOALI);
    visit.fields.insert("submission/1".into(), officer.mark());
    officer.push(&visit).await;
    let returns = kabid.review("v", 1, "return", "Periksa");
    kabid.push(&returns).await;
    let again = officer.edit("v", 1_000_000, json!({"submission/2": officer.mark()}));
    assert!(matches!(
        officer.push(&again).await,
        Outcome::Applied { .. }
    ));
    let stale = kabid.review("v", 1, "approve", "");
    assert_eq!(refused(&kabid.push(&stale).await), RejectCode::State);
}

#[tokio::test]
async fn what_an_earlier_submission_looked_up_is_not_shown_with_a_later_one() {
    let desk = Office::open().await;
    let cooperative = desk.cooperative("satu", TOBOALI);
    let mut officer = desk.hire("ppl", Role::Officer, &[TOBOALI]);
    let mut kabid = desk.hire("kabid", Role::Supervisor, &[]);
    let stored = || {
        desk.change(|db| {
            let found = db.record(record_of("v")).unwrap().unwrap();
            Visit::from_record(&found.record).unwrap().looked_up
        })
    };
    let mut visit = officer.visit("v", cooperative, TOBOALI);
    let looked_up = json!({"register": {"nama": "Maju"}, "last": {}});
    visit.fields.insert("looked_up".into(), looked_up.clone());
    visit.fields.insert("submission/1".into(), officer.mark());
    officer.push(&visit).await;
    assert_eq!(json!(stored()), looked_up);
    kabid.push(&kabid.review("v", 1, "return", "Periksa")).await;
    // Without a submission it changes nothing.
    let alone = json!({"looked_up": {"register": {"nama": "Lain"}, "last": {}}});
    officer.push(&officer.edit("v", 1_000_000, alone)).await;
    assert_eq!(json!(stored()), looked_up);
    // A device from before sends it again.
    let again = json!({"submission/2": officer.mark()});
    officer.push(&officer.edit("v", 1_000_000, again)).await;
    assert_eq!(stored(), None);
    for bad in [
        json!("x"),
        json!({"register": 5}),
        json!({"register": {"nama": 5}}),
    ] {
        let mut visit = officer.visit("w", cooperative, TOBOALI);
        visit.fields.insert("looked_up".into(), bad);
        visit.fields.insert("submission/1".into(), officer.mark());
        assert_eq!(refused(&officer.push(&visit).await), RejectCode::Malformed);
    }
}

/// Members are compared with those of the last visit, and whoever lost some is asked why.
const LAST: &str = "
    type         | name    | label        | relevant | constraint | required | calculation | weight | points
    text         | nama    | Nama         |          |            | yes      |             |        |
    integer      | members | Members      |          | . >= ${last-saved#members} |  |           |        |
    calculate    | before  |              |          |            |          | ${last-saved#members} | |
    calculate    | growth  |              |          |            |          | ${members} - ${before} | |
    text         | why     | Why?         | ${last-saved#members} > 10 | | yes |        |        |
    calculate    | twice   |              | ${why} != '' |        |          | ${members} * 2 |     |";

#[test]
fn what_hangs_on_the_last_visit_is_found_and_what_is_computed_from_it_is_not() {
    // A5
    let form = form(LAST, "");
    let last = LastSaved::of(&form);
    let names = |ids: &[usize]| -> Vec<&str> {
        let name = |id: &usize| form.element(*id).unwrap().name.as_str();
        ids.iter().map(name).collect()
    };
    assert_eq!(names(&last.kept), ["before", "why", "twice"]);
    assert_eq!(names(&last.unchecked), ["members", "why", "twice"]);
    assert!(last.scores);
    let plain = compile(&anjangsana::form::builtin::kunjungan().unwrap()).unwrap();
    assert_eq!(LastSaved::of(&plain), LastSaved::default());
}

#[tokio::test]
async fn the_server_leaves_alone_what_the_phone_took_from_the_last_visit_and_computes_the_rest() {
    // A5
    let sheets = [
        csv(LAST),
        csv("list_name | name | label"),
        csv("form_id | form_title | version\n uji | Uji | 1"),
    ];
    let office = Office::with(Config::default(), |db| {
        let sheets = forms::Sheets {
            survey: &sheets[0],
            choices: &sheets[1],
            settings: &sheets[2],
        };
        forms::publish(db, sheets, Millis(1)).unwrap();
    })
    .await;
    let cooperative = office.cooperative("satu", TOBOALI);
    let mut officer = office.hire("ppl", Role::Officer, &[TOBOALI]);
    // In the last visit there were 20. The phone knows it; and somebody changed what it computed from it.
    let mut visit = officer.visit("v", cooperative, TOBOALI);
    for (path, value) in [
        ("nama", "Maju"),
        ("members", "25"),
        ("before", "20"),
        ("growth", "99"),
        ("why", "Pindah"),
        ("twice", "50"),
    ] {
        visit.fields.insert(answer_field(path), json!(value));
    }
    visit.fields.insert("submission/1".into(), officer.mark());
    let outcome = officer.push(&visit).await;
    assert!(matches!(outcome, Outcome::Applied { .. }), "{outcome:?}");
    let fields = office.change(|db| db.record(record_of("v")).unwrap().unwrap().record.fields);
    for (path, wanted) in [("before", "20"), ("growth", "5"), ("twice", "50")] {
        assert_eq!(fields[&answer_field(path)], wanted, "{path}");
    }
    // What the phone's own rule asks for is its to check; what hangs on nothing else is checked here.
    let mut lacking = officer.visit("w", cooperative, TOBOALI);
    lacking.fields.remove(&answer_field("nama"));
    lacking.fields.insert("submission/1".into(), officer.mark());
    assert_eq!(
        refused(&officer.push(&lacking).await),
        RejectCode::Incomplete
    );
}

#[tokio::test]
async fn what_the_server_would_not_take_is_never_called_saved() {
    // H3, the phone's half
    let (office, folder) = (demo_office().await, tempfile::tempdir().unwrap());
    local(async {
        let phone = Phone::new(&office, folder.path());
        phone.log_in("petugas1").await;
        let visit = phone.start().await;
        let save = |path: String, bytes: usize| Request::SaveAnswers {
            visit,
            changes: vec![(path, Some("a".repeat(bytes)))],
            place: None,
        };
        let long = phone
            .refused(save("catatan_petugas".into(), TEXT_BYTES + 1))
            .await;
        assert!(matches!(long, StoreError::TooLarge { .. }), "{long:?}");
        assert!(
            !phone
                .visit(visit)
                .await
                .visit
                .answers
                .contains_key("catatan_petugas")
        );
        phone.ask(save("catatan_petugas".into(), TEXT_BYTES)).await;

        // One change after another, until the record is full. Each goes on its way in changes that the server takes.
        let mut saved = 0;
        let full = loop {
            match phone
                .device
                .ask(save(format!("tl/{saved:03}/tl_masalah"), TEXT_BYTES))
                .await
            {
                Ok(_) => saved += 1,
                Err(why) => break why,
            }
            assert!(saved < 100, "there is an end");
        };
        assert!(
            matches!(full, StoreError::TooLarge { most, .. } if most == RECORD_BYTES as u64),
            "{full:?}"
        );
        assert!(saved > 40, "{saved}");
        // Less is always taken.
        phone.ask(save("catatan_petugas".into(), 5)).await;
        phone.sync().await;
        while phone.queue().await.sync.unsent > 0 {
            phone.sync().await;
            assert_eq!(phone.queue().await.sync.set_aside, 0);
        }
        let fields: Fields = office.change(|db| db.record(visit).unwrap().unwrap().record.fields);
        assert_eq!(fields[&answer_field("catatan_petugas")], "aaaaa");
        assert!(fields.contains_key(&answer_field(&format!("tl/{:03}/tl_masalah", saved - 1))));
    })
    .await;
}

#[test]
fn a_mark_in_the_far_future_or_past_breaks_nothing() {
    for at in [i64::MIN, -1, i64::MAX] {
        let visit = signed(0, at, &Answers::new());
        let judged = check_visit::submitted_at(&visit, Millis(1));
        let around = VisitAround {
            now: judged,
            ..VisitAround::default()
        };
        let session = Session::open(form(PROMISES, ""), Answers::new(), around.surroundings());
        let _ = session.problems("id");
        assert_eq!(
            Mark {
                ..visit.submissions[&1].clone()
            }
            .at,
            Millis(at)
        );
    }
    let _ = session("type|name|label\ntext|a|A", "");
}
