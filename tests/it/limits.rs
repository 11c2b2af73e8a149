//! No record grows without end, and no change costs more than what it carries is worth.

use anjangsana::{
    domain::{
        Kind, Millis, RecordId, Role,
        record::{self as fields, RECORD_BYTES},
    },
    server::{
        check_visit,
        forms::{self, Sheets},
        repo::Records,
    },
    sync::wire::{ErrorCode, ErrorReply, Mutation, Outcome, RejectCode, SYNC_PATH},
};
use serde_json::{Value, json};

use crate::server_office::{Office, PAYUNG, Phone, TOBOALI, record_of, refused, rev};

/// So many answers of the longest kind, under names of their own.
fn filling(from: usize, count: usize) -> Value {
    let text = "x".repeat(19_900);
    let answers = (from..from + count).map(|nth| (format!("a/isi{nth:04}"), json!(text)));
    Value::Object(answers.collect())
}

fn reason(outcome: &Outcome) -> &str {
    match outcome {
        Outcome::Rejected { reason, .. } => reason,
        other => panic!("not refused: {other:?}"),
    }
}

async fn draft(office: &Office, name: &str) -> Phone {
    let cooperative = office.cooperative("satu", TOBOALI);
    let mut officer = office.hire("ppl", Role::Officer, &[TOBOALI]);
    let visit = officer.visit(name, cooperative, TOBOALI);
    rev(&officer.push(&visit).await);
    officer
}

fn bytes_of(office: &Office, id: RecordId) -> usize {
    office.change(|db| fields::bytes(&db.record(id).unwrap().unwrap().record.fields))
}

// H3
#[tokio::test]
async fn a_record_that_would_come_to_more_than_the_limit_is_not_taken_however_small_the_steps() {
    let office = Office::open().await;
    let mut officer = draft(&office, "kunjungan").await;
    let id = record_of("kunjungan");
    let mut from = 0;
    let last = loop {
        let edit = officer.edit("kunjungan", 1_000_000, filling(from, 10));
        let outcome = officer.push(&edit).await;
        from += 10;
        if !matches!(outcome, Outcome::Applied { .. }) {
            break outcome;
        }
        assert!(from < 1_000, "it has an end");
    };
    assert_eq!(refused(&last), RejectCode::Malformed);
    assert!(bytes_of(&office, id) <= RECORD_BYTES + 100_000);
    // What is there can still be made less, and goes on then.
    let gone: Value = filling(0, 40)
        .as_object()
        .unwrap()
        .keys()
        .cloned()
        .map(|name| (name, json!(null)))
        .collect();
    let edit = officer.edit("kunjungan", 1_000_000, gone);
    rev(&officer.push(&edit).await);
    let edit = officer.edit("kunjungan", 1_000_000, filling(0, 10));
    rev(&officer.push(&edit).await);
}

// H3
#[tokio::test]
async fn what_a_phone_may_hold_goes_to_the_server_in_one_change() {
    let office = Office::open().await;
    let cooperative = office.cooperative("satu", TOBOALI);
    let mut officer = office.hire("ppl", Role::Officer, &[TOBOALI]);
    let mut visit = officer.visit("kunjungan", cooperative, TOBOALI);
    let Value::Object(answers) = filling(0, 50) else {
        unreachable!();
    };
    visit.fields.extend(answers);
    let short = RECORD_BYTES - fields::bytes(&visit.fields) - r#","a/akhir":"""#.len();
    visit
        .fields
        .insert("a/akhir".to_owned(), json!("x".repeat(short)));
    assert_eq!(fields::bytes(&visit.fields), RECORD_BYTES);
    rev(&officer.push(&visit).await);
    assert_eq!(bytes_of(&office, visit.record), RECORD_BYTES);
}

// H3
#[tokio::test]
async fn a_record_that_is_too_large_already_is_withdrawn_by_the_desk() {
    let office = Office::open().await;
    let mut officer = draft(&office, "kunjungan").await;
    let mut admin = office.hire("admin", Role::Admin, &[]);
    let submit = officer.edit("kunjungan", 99, json!({"submission/1": officer.mark()}));
    rev(&officer.push(&submit).await);
    office.change(|db| {
        let mut stored = db.record(record_of("kunjungan")).unwrap().unwrap();
        let Value::Object(junk) = filling(0, 100) else {
            unreachable!();
        };
        stored.record.fields.extend(junk);
        db.put(&stored).unwrap();
    });
    let void = json!({"void": admin.mark_because("terlalu besar")});
    let void = admin.edit("kunjungan", 1_000_000, void);
    rev(&admin.push(&void).await);
}

// H3
#[tokio::test]
async fn small_changes_to_a_large_record_are_taken_a_few_at_a_time() {
    let office = Office::open().await;
    let mut officer = draft(&office, "kunjungan").await;
    let edit = officer.edit("kunjungan", 1_000_000, filling(0, 48));
    rev(&officer.push(&edit).await);
    let small = |officer: &Phone, nth: usize| {
        officer.edit("kunjungan", 1_000_000, json!({"a/lain": nth.to_string()}))
    };
    let many: Vec<Mutation> = (0..19).map(|nth| small(&officer, nth)).collect();
    let response = officer.post(SYNC_PATH, &officer.request(&many)).await;
    assert_eq!(response.status(), 413);
    let reply: ErrorReply = response.json().await.unwrap();
    assert_eq!(reply.code, ErrorCode::TooLarge);
    // A phone sends half as many then, and again, until they go through. One always does.
    for half in many.chunks(5) {
        let reply = officer.sync(half).await;
        for result in reply.results {
            rev(&result.outcome);
        }
    }
    rev(&officer.push(&small(&officer, 20)).await);
}

/// A form with a question that is seldom shown and one in a repeat.
const FORM: Sheets<'static> = Sheets {
    survey: "type,name,label,required,relevant\ntext,nama,Nama,yes,\ntext,lain,Lain,,${nama} = 'x'\n\
             begin_repeat,anak,Anak,,\ntext,umur,Umur,,\nend_repeat,,,,\n",
    choices: "list_name,name,label\n",
    settings: "form_id,form_title,version\nulang,Ulang,1\n",
};
const NEXT: Sheets<'static> = Sheets {
    survey: "type,name,label,required,relevant\ntext,nama,Nama,yes,\ntext,baru,Baru,,\n",
    settings: "form_id,form_title,version\nulang,Ulang,2\n",
    ..FORM
};

// H3
#[tokio::test]
async fn an_answer_that_no_question_can_have_is_refused_by_its_name_when_the_visit_is_submitted() {
    let office = Office::open().await;
    office.change(|db| {
        forms::publish(db, FORM, Millis(1)).unwrap();
        forms::publish(db, NEXT, Millis(2)).unwrap();
    });
    let cooperative = office.cooperative("satu", TOBOALI);
    let mut officer = office.hire("ppl", Role::Officer, &[TOBOALI]);
    let visit = |officer: &Phone, name: &str, version: &str, answers: Value| {
        let mut visit = officer.visit(name, cooperative, TOBOALI);
        visit.fields.insert("form".to_owned(), json!("ulang"));
        visit
            .fields
            .insert("form_version".to_owned(), json!(version));
        visit
            .fields
            .insert("submission/1".to_owned(), officer.mark());
        let Value::Object(answers) = answers else {
            unreachable!();
        };
        visit.fields.extend(answers);
        visit
    };
    for (nth, path) in [
        "sampah",
        "anak",
        "anak/000001/nama",
        "nama/000001/umur",
        "umur",
    ]
    .iter()
    .enumerate()
    {
        let bad = visit(
            &officer,
            &format!("buruk {nth}"),
            "1",
            json!({format!("a/{path}"): "x"}),
        );
        let outcome = officer.push(&bad).await;
        assert_eq!(refused(&outcome), RejectCode::Malformed, "{path}");
        assert!(
            reason(&outcome).ends_with(&format!(": {path}")),
            "{outcome:?}"
        );
        // A draft may hold it: nobody else sees that.
        let mut draft = bad.clone();
        draft.id = officer.edit("x", 0, json!({})).id;
        draft.fields.remove("submission/1");
        rev(&officer.push(&draft).await);
    }
    for (name, version, answers) in [
        ("tersembunyi", "1", json!({"a/lain": "x"})),
        (
            "ulang",
            "1",
            json!({"a/anak/000001": "1", "a/anak/000001/umur": "7"}),
        ),
        (
            "versi lama",
            "2",
            json!({"a/lain": "x", "a/anak/000001/umur": "7"}),
        ),
        ("versi baru", "1", json!({"a/baru": "x"})),
        ("dari HP", "2", json!({"a/koperasi_id": cooperative})),
    ] {
        let good = visit(&officer, name, version, answers);
        let outcome = officer.push(&good).await;
        assert!(
            matches!(outcome, Outcome::Applied { .. }),
            "{name}: {outcome:?}"
        );
    }
}

// H2
#[tokio::test]
async fn a_new_record_has_an_id_that_a_device_makes() {
    let office = Office::open().await;
    let cooperative = office.cooperative("satu", TOBOALI);
    let mut officer = office.hire("ppl", Role::Officer, &[TOBOALI]);
    let mut admin = office.hire("admin", Role::Admin, &[]);
    let taken = [
        forms::record_id("kunjungan", "9999"),
        RecordId::of_text("apa saja"),
        "6f1e6a9e-7c1f-4c7e-9d6a-0c5f3c1b2a3d".parse().unwrap(),
        "00000000-0000-0000-0000-000000000000".parse().unwrap(),
    ];
    for record in taken {
        let visit = Mutation {
            record,
            ..officer.visit("x", cooperative, TOBOALI)
        };
        assert_eq!(refused(&officer.push(&visit).await), RejectCode::Malformed);
        let fields = json!({"Koperasi": "Baru", "Kecamatan": "Toboali"});
        let new = Mutation {
            record,
            kind: Kind::Cooperative,
            ..admin.edit("x", 0, fields)
        };
        assert_eq!(refused(&admin.push(&new).await), RejectCode::Malformed);
        office.change(|db| assert!(db.record(record).unwrap().is_none()));
    }
}

/// A visit of before this rule that sits where a form version belongs.
fn squat(office: &Office, officer: &Phone, version: &str) -> RecordId {
    use anjangsana::domain::Stored;
    let id = forms::record_id("uji", version);
    office.change(|db| {
        let like = db.record(record_of("kunjungan")).unwrap().unwrap();
        let rev = db.last_rev().unwrap() + 1;
        let mut squatter = Stored { born: rev, ..like };
        squatter.record.id = id;
        squatter.record.rev = rev;
        assert_eq!(squatter.record.owner, Some(officer.user.id));
        db.put(&squatter).unwrap();
    });
    id
}

// H2
#[tokio::test]
async fn a_visit_in_the_place_of_a_form_is_no_form_and_publishing_says_so() {
    use anjangsana::server::{
        office::{self, OfficeChange},
        repo::Error,
    };
    let office = Office::open().await;
    let mut officer = draft(&office, "kunjungan").await;
    let admin = office.hire("admin", Role::Admin, &[]);
    let id = squat(&office, &officer, "9999");
    let cooperative = office.cooperative("satu", TOBOALI);
    let mut visit = officer.visit("palsu", cooperative, TOBOALI);
    visit
        .fields
        .insert("form_version".to_owned(), json!("9999"));
    visit
        .fields
        .insert("submission/1".to_owned(), officer.mark());
    assert_eq!(refused(&officer.push(&visit).await), RejectCode::Unknown);

    let sheets = |version: &str| {
        let settings = format!("form_id,form_title,version\nuji,Uji,{version}\n");
        anjangsana::form::Sheets::from_csv("type,name,label\ntext,nama,Nama\n", "", &settings)
            .unwrap()
    };
    let book = anjangsana::server::workbook::write(&sheets("9999")).unwrap();
    for query in ["", "?dry=1"] {
        let url = office.url(&format!("/api/v1/forms{query}"));
        let sent = admin.client.post(url).bearer_auth(&admin.token);
        let response = sent.body(book.clone()).send().await.unwrap();
        assert_ne!(response.status(), 200);
    }
    office.change(|db| {
        let stands = db.record(id).unwrap().unwrap();
        assert_eq!(stands.record.kind, Kind::Visit);
        assert!(stands.private);
        let change = OfficeChange::new(
            Kind::Form,
            id,
            stands.record.area.clone(),
            [("form".to_owned(), json!("uji"))].into(),
            Millis(1),
        );
        let done = office::apply(db, change);
        assert!(matches!(done, Err(Error::OtherKind(one)) if one == id));
        let mut form = stands;
        form.record.kind = Kind::Form;
        assert!(matches!(db.put(&form), Err(Error::OtherKind(_))));
        assert!(forms::find(db, "uji", "9999").unwrap().is_none());
    });
}

// H2
#[tokio::test]
async fn a_form_that_does_not_compile_passes_nothing_and_what_waited_goes_through_later() {
    let office = Office::open().await;
    let cooperative = office.cooperative("satu", TOBOALI);
    let mut officer = office.hire("ppl", Role::Officer, &[TOBOALI]);
    let form = forms::record_id("uji", "1");
    let set = |survey: &str| {
        office.change(|db| {
            let mut stored = db.record(form).unwrap().unwrap();
            let before = stored
                .record
                .fields
                .insert("survey".to_owned(), json!(survey));
            db.put(&stored).unwrap();
            before.unwrap().as_str().unwrap().to_owned()
        })
    };
    let good = set("type,name,label\nnothing of ours,x,X\n");
    let mut visit = officer.visit("kunjungan", cooperative, TOBOALI);
    visit
        .fields
        .insert("submission/1".to_owned(), officer.mark());
    let outcome = officer.push(&visit).await;
    assert_eq!(refused(&outcome), RejectCode::Other, "{outcome:?}");
    office.change(|db| assert!(db.record(visit.record).unwrap().is_none()));
    set(&good);
    check_visit::forget_compiled();
    // The phone sends it again under another name.
    visit.id = officer.edit("x", 0, json!({})).id;
    rev(&officer.push(&visit).await);
}

// H16
mod moved {
    use super::*;
    use anjangsana::{
        domain::{AreaCode, Scope},
        server::{
            accounts, machine,
            office::{self, OfficeChange},
        },
    };

    const DAY: i64 = 24 * 60 * 60 * 1000;

    fn move_to(office: &Office, areas: &[&str], at: Millis) {
        office.change(|db| {
            let areas = areas.iter().map(|area| AreaCode((*area).to_owned()));
            let scope = Scope::Areas(areas.collect());
            accounts::move_to(db, "ppl", (Role::Officer, scope), at).unwrap();
        });
    }

    /// A visit that was begun so many days ago: the phones' clocks here stand at the beginning of time.
    fn begun(visit: &mut Mutation, days_ago: i64) {
        visit.fields.get_mut("created").unwrap()["at"] = json!(-days_ago * DAY);
    }

    async fn begins(office: &Office, was: &[&str], days: i64, begun_days_ago: i64) -> Outcome {
        let cooperative = office.cooperative("satu", TOBOALI);
        let mut officer = office.hire("ppl", Role::Officer, was);
        move_to(office, &[PAYUNG], machine::now().plus(-days * DAY));
        let mut visit = officer.visit("kunjungan", cooperative, TOBOALI);
        begun(&mut visit, begun_days_ago);
        officer.push(&visit).await
    }

    #[tokio::test]
    async fn a_visit_where_its_officer_worked_comes_within_a_month_or_not_at_all() {
        for was in [&[TOBOALI][..], &[]] {
            for begun in [0, 40] {
                rev(&begins(&Office::open().await, was, 29, begun).await);
                let late = begins(&Office::open().await, was, 31, begun).await;
                assert_eq!(refused(&late), RejectCode::Forbidden);
                assert!(reason(&late).contains("30 days"));
            }
        }
    }

    #[tokio::test]
    async fn to_speak_of_a_life_that_the_server_never_had_opens_nothing() {
        let office = Office::open().await;
        let cooperative = office.cooperative("satu", TOBOALI);
        let officer = office.hire("ppl", Role::Officer, &[TOBOALI]);
        move_to(&office, &[PAYUNG], machine::now().plus(-31 * DAY));
        let mut visit = officer.visit("kunjungan", cooperative, TOBOALI);
        begun(&mut visit, 40);
        let mut request = officer.request(std::slice::from_ref(&visit));
        request.epoch = Some("karangan".to_owned());
        let reply = officer.post(SYNC_PATH, &request).await;
        let reply: anjangsana::sync::wire::SyncReply = reply.json().await.unwrap();
        assert_eq!(refused(&reply.results[0].outcome), RejectCode::Forbidden);
    }

    #[tokio::test]
    async fn a_draft_that_stands_is_finished_however_long_ago_its_officer_moved() {
        let office = Office::open().await;
        let mut officer = draft(&office, "kunjungan").await;
        move_to(&office, &[PAYUNG], machine::now().plus(-400 * DAY));
        for fields in [
            json!({"a/lain": "x"}),
            json!({"submission/1": officer.mark()}),
        ] {
            let edit = officer.edit("kunjungan", 1_000_000, fields);
            rev(&officer.push(&edit).await);
        }
    }

    #[tokio::test]
    async fn who_comes_back_works_there_and_the_month_begins_anew_when_they_leave_again() {
        let office = Office::open().await;
        let cooperative = office.cooperative("satu", TOBOALI);
        let mut officer = office.hire("ppl", Role::Officer, &[TOBOALI]);
        let days_ago = |days: i64| machine::now().plus(-days * DAY);
        move_to(&office, &[PAYUNG], days_ago(300));
        move_to(&office, &[PAYUNG, TOBOALI], days_ago(200));
        let visit = officer.visit("pertama", cooperative, TOBOALI);
        rev(&officer.push(&visit).await);
        move_to(&office, &[PAYUNG], days_ago(5));
        let visit = officer.visit("kedua", cooperative, TOBOALI);
        rev(&officer.push(&visit).await);
    }

    #[tokio::test]
    async fn a_cooperative_that_moved_away_is_visited_by_its_former_officer_for_a_month() {
        for (days, is_taken) in [(29, true), (31, false)] {
            let office = Office::open().await;
            let cooperative = office.cooperative("satu", TOBOALI);
            let mut officer = office.hire("ppl", Role::Officer, &[TOBOALI]);
            office.change(|db| {
                let area = AreaCode(PAYUNG.to_owned());
                let at = machine::now().plus(-days * DAY);
                let nothing = Default::default();
                let change = OfficeChange::new(Kind::Cooperative, cooperative, area, nothing, at);
                office::apply(db, change).unwrap();
            });
            let visit = officer.visit("kunjungan", cooperative, TOBOALI);
            let outcome = officer.push(&visit).await;
            assert_eq!(
                matches!(outcome, Outcome::Applied { .. }),
                is_taken,
                "{outcome:?}"
            );
        }
    }

    #[test]
    fn who_moved_before_the_time_was_written_down_has_a_month_from_then() {
        use anjangsana::{server::repo::sqlite::STEPS, sql};
        let step = STEPS
            .iter()
            .position(|step| step.contains("alter table former_area"));
        let mut db = rusqlite::Connection::open_in_memory().unwrap();
        sql::migrate(&mut db, &STEPS[..step.unwrap()]).unwrap();
        db.execute("insert into former_area values ('somebody', '*')", [])
            .unwrap();
        sql::migrate(&mut db, &STEPS).unwrap();
        let sql = "select abs(until - unixepoch() * 1000) < 60000 from former_area";
        assert!(db.query_row(sql, [], |row| row.get::<_, bool>(0)).unwrap());
    }
}
