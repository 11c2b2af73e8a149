//! What the server makes of what devices send: once, by field, by the rules.

use anjangsana::{
    domain::{AreaCode, Kind, MutationId, RecordId, Role, Visit},
    sync::wire::{Mutation, Outcome, RejectCode, SYNC_PATH, SyncReply},
};
use serde_json::{Value, json};

use crate::server_office::{Office, PAYUNG, Phone, TOBOALI, record_of, refused, rev};

async fn office_with_officer() -> (Office, RecordId, Phone) {
    let office = Office::open().await;
    let cooperative = office.cooperative("satu", TOBOALI);
    let officer = office.hire("ppl", Role::Officer, &[TOBOALI]);
    (office, cooperative, officer)
}

fn visit_in(reply: &SyncReply, name: &str) -> Visit {
    let id = record_of(name);
    let record = reply.records.iter().find(|record| record.id == id);
    Visit::from_record(record.expect("the visit is among the records")).unwrap()
}

/// The visit as a device that has nothing sees it.
async fn visit_of(office: &Office, user: &Phone, name: &str) -> Visit {
    let mut fresh = office.log_in(&user.user, "fresh");
    visit_in(&fresh.sync(&[]).await, name)
}

#[tokio::test]
async fn a_repeated_mutation_is_answered_the_same_and_done_once() {
    let (office, cooperative, mut officer) = office_with_officer().await;
    let visit = officer.visit("kunjungan", cooperative, TOBOALI);
    let first = rev(&officer.push(&visit).await);
    for _ in 0..3 {
        assert_eq!(
            officer.push(&visit).await,
            Outcome::Duplicate { rev: first }
        );
    }
    let count = office.change(|connection| {
        let sql = "select count(*) from mutation where outcome = 'applied' and kind = 'visit'";
        connection
            .query_row(sql, [], |row| row.get::<_, i64>(0))
            .unwrap()
    });
    assert_eq!(count, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn racing_retries_make_one_visit() {
    let (office, cooperative, officer) = office_with_officer().await;
    let visit = officer.visit("kunjungan", cooperative, TOBOALI);
    let racing = (0..8).map(|_| {
        let (mut phone, visit) = (officer.clone(), visit.clone());
        tokio::spawn(async move { phone.push(&visit).await })
    });
    let racing: Vec<_> = racing.collect();
    let mut applied = Vec::new();
    let mut revs = Vec::new();
    for racer in racing {
        let outcome = racer.await.unwrap();
        revs.push(rev(&outcome));
        applied.extend(matches!(outcome, Outcome::Applied { .. }).then_some(()));
    }
    assert_eq!(applied.len(), 1);
    revs.dedup();
    assert_eq!(revs.len(), 1);
    let mut fresh = office.log_in(&officer.user, "fresh");
    let reply = fresh.sync(&[]).await;
    let visits = reply
        .records
        .iter()
        .filter(|record| record.kind == Kind::Visit);
    assert_eq!(visits.count(), 1);
}

#[tokio::test]
async fn a_refusal_stays_a_refusal_when_its_cause_is_gone() {
    let (office, _, mut officer) = office_with_officer().await;
    let late = record_of("dua");
    let visit = officer.visit("kunjungan", late, TOBOALI);
    let first = officer.push(&visit).await;
    assert_eq!(refused(&first), RejectCode::Unknown);
    office.cooperative("dua", TOBOALI);
    assert_eq!(officer.push(&visit).await, first);
    let again = officer.visit("kunjungan", late, TOBOALI);
    assert!(matches!(
        officer.push(&again).await,
        Outcome::Applied { .. }
    ));
}

#[tokio::test]
async fn nobody_gets_the_answer_to_somebody_elses_mutation() {
    let (office, cooperative, mut officer) = office_with_officer().await;
    let mut colleague = office.hire("rekan", Role::Officer, &[TOBOALI]);
    let visit = officer.visit("kunjungan", cooperative, TOBOALI);
    officer.push(&visit).await;
    assert_eq!(
        refused(&colleague.push(&visit).await),
        RejectCode::Forbidden
    );
    assert!(matches!(
        officer.push(&visit).await,
        Outcome::Duplicate { .. }
    ));
}

#[tokio::test]
async fn one_bad_mutation_does_not_hold_up_the_others() {
    let (_office, cooperative, mut officer) = office_with_officer().await;
    let good = officer.visit("baik", cooperative, TOBOALI);
    let bad = officer.edit("buruk", 0, json!({"a/nama": "tanpa kepala"}));
    let strange = MutationId::of_text("strange");
    let last = officer.visit("akhir", cooperative, TOBOALI);
    let mut request = serde_json::to_value(officer.request(&[good, bad, last])).unwrap();
    let unknown = json!({"id": strange, "kind": "programme", "record": record_of("x"), "at": 1, "fields": {}});
    request["mutations"]
        .as_array_mut()
        .unwrap()
        .insert(1, unknown);
    let reply: SyncReply = officer
        .post(SYNC_PATH, &request)
        .await
        .json()
        .await
        .unwrap();
    let outcomes: Vec<_> = reply.results.iter().map(|result| &result.outcome).collect();
    assert!(matches!(outcomes[0], Outcome::Applied { .. }));
    assert_eq!(refused(outcomes[1]), RejectCode::Malformed);
    assert_eq!(reply.results[1].id, strange);
    assert_eq!(refused(outcomes[2]), RejectCode::Malformed);
    assert!(matches!(outcomes[3], Outcome::Applied { .. }));
    officer.cursor = reply.cursor;
}

#[tokio::test]
async fn different_fields_of_two_devices_both_stand() {
    let (office, cooperative, mut first) = office_with_officer().await;
    let mut second = office.log_in(&first.user, "second");
    let base = rev(&first
        .push(&first.visit("kunjungan", cooperative, TOBOALI))
        .await);
    second.sync(&[]).await;
    first
        .push(&first.edit("kunjungan", base, json!({"a/catatan": "dari pertama"})))
        .await;
    let reply = second
        .sync(&[second.edit("kunjungan", base, json!({"a/lain": "dari kedua"}))])
        .await;
    assert!(matches!(
        reply.results[0].outcome,
        Outcome::Applied { exact: false, .. }
    ));
    // It did not know of the first one's, so it gets the whole.
    let visit = visit_in(&reply, "kunjungan");
    assert_eq!(visit.answers["catatan"], "dari pertama");
    assert_eq!(visit.answers["lain"], "dari kedua");
    assert_eq!(visit_in(&first.sync(&[]).await, "kunjungan"), visit);
}

#[tokio::test]
async fn the_same_field_with_two_values_is_a_question_and_nothing_is_changed() {
    let (office, cooperative, mut first) = office_with_officer().await;
    let mut second = office.log_in(&first.user, "second");
    let base = rev(&first
        .push(&first.visit("kunjungan", cooperative, TOBOALI))
        .await);
    let theirs = first.edit("kunjungan", base, json!({"a/nama": "Siti"}));
    let present = rev(&first.push(&theirs).await);
    let mine = second.edit("kunjungan", base, json!({"a/nama": "Umar", "a/lain": "x"}));
    let Outcome::Conflict { record, .. } = second.push(&mine).await else {
        panic!("a conflict");
    };
    assert_eq!(record.fields["a/nama"], "Siti");
    assert!(!record.fields.contains_key("a/lain"));
    // The same value is no conflict, and the answer of a person, made on what stands, goes through.
    let same = second.edit("kunjungan", base, json!({"a/nama": "Siti"}));
    assert!(matches!(
        second.push(&same).await,
        Outcome::Applied { exact: false, .. }
    ));
    let chosen = second.edit("kunjungan", present, json!({"a/nama": "Umar"}));
    assert!(matches!(
        second.push(&chosen).await,
        Outcome::Applied { .. }
    ));
    assert_eq!(
        visit_of(&office, &first, "kunjungan").await.answers["nama"],
        "Umar"
    );
    // The loser is in the log.
    let logged = office.change(|connection| {
        let sql = "select count(*) from mutation where fields like '%Siti%'";
        connection
            .query_row(sql, [], |row| row.get::<_, i64>(0))
            .unwrap()
    });
    assert_eq!(logged, 2);
}

#[tokio::test]
async fn a_request_that_echoes_after_its_conflict_was_decided_undoes_nothing_of_what_came_since() {
    let (office, cooperative, mut first) = office_with_officer().await;
    let mut second = office.log_in(&first.user, "second");
    let base = rev(&first
        .push(&first.visit("kunjungan", cooperative, TOBOALI))
        .await);
    let theirs = first.edit("kunjungan", base, json!({"a/nama": "Siti"}));
    let present = rev(&first.push(&theirs).await);
    let mine = second.edit("kunjungan", base, json!({"a/nama": "Umar"}));
    for _ in 0..2 {
        // The answer was lost: the question is asked again.
        assert!(matches!(second.push(&mine).await, Outcome::Conflict { .. }));
    }
    // Its person chose, and went on.
    let chosen = second.edit("kunjungan", present, json!({"a/nama": "Umar"}));
    let present = rev(&second.push(&chosen).await);
    let later = second.edit("kunjungan", present, json!({"a/nama": "Umar Bakri"}));
    rev(&second.push(&later).await);
    // A copy of the first request was still on its way.
    let Outcome::Conflict { record, .. } = second.push(&mine).await else {
        panic!("the answer that it always had");
    };
    assert_eq!(record.fields["a/nama"], "Umar Bakri");
    let stands = visit_of(&office, &first, "kunjungan").await;
    assert_eq!(stands.answers["nama"], "Umar Bakri");
}

#[tokio::test]
async fn a_device_never_fights_with_itself_when_an_answer_was_lost() {
    let (_office, cooperative, mut officer) = office_with_officer().await;
    let created = officer.visit("kunjungan", cooperative, TOBOALI);
    // The answer to this one never arrives, and the next is made on the same base.
    officer.push(&created).await;
    let next = officer.edit("kunjungan", 0, json!({"a/nama": "Hasanah"}));
    let reply = officer.sync(&[created, next]).await;
    assert!(matches!(
        reply.results[0].outcome,
        Outcome::Duplicate { .. }
    ));
    assert!(matches!(
        reply.results[1].outcome,
        Outcome::Applied { exact: false, .. }
    ));
    let comes = reply
        .records
        .iter()
        .any(|record| record.kind == Kind::Visit && record.fields["a/nama"] == json!("Hasanah"));
    assert!(comes, "whatever the device thinks that it has");
}

#[tokio::test]
async fn a_request_that_was_long_on_its_way_undoes_nothing_of_what_was_sent_in_its_stead() {
    let (office, cooperative, mut officer) = office_with_officer().await;
    let mut late = officer.visit("kunjungan", cooperative, TOBOALI);
    late.order = Some(1);
    late.fields.insert("a/nama".to_owned(), json!("Umar"));
    // It was set aside for want of an answer; its person went on, and it went under another name.
    let mut instead = officer.edit("kunjungan", 0, json!({"a/nama": "Umar Bakri"}));
    instead.area = late.area.clone();
    for (name, value) in &late.fields {
        let fields = &mut instead.fields;
        fields.entry(name.clone()).or_insert_with(|| value.clone());
    }
    instead.order = Some(2);
    rev(&officer.push(&instead).await);
    let answer = officer.push(&late).await;
    let Outcome::Conflict { record, .. } = answer else {
        panic!("what came late is not applied: {answer:?}");
    };
    assert_eq!(record.fields["a/nama"], "Umar Bakri");
    let stands = visit_of(&office, &officer, "kunjungan").await;
    assert_eq!(stands.answers["nama"], "Umar Bakri");
}

#[tokio::test]
async fn what_goes_in_the_stead_of_a_request_that_did_arrive_is_no_question() {
    let (office, cooperative, mut officer) = office_with_officer().await;
    let mut first = officer.visit("kunjungan", cooperative, TOBOALI);
    first.order = Some(1);
    first.fields.insert("a/nama".to_owned(), json!("Umar"));
    rev(&officer.push(&first).await);
    let mut instead = officer.edit("kunjungan", 0, json!({"a/nama": "Umar Bakri"}));
    instead.order = Some(2);
    rev(&officer.push(&instead).await);
    let stands = visit_of(&office, &officer, "kunjungan").await;
    assert_eq!(stands.answers["nama"], "Umar Bakri");
}

#[tokio::test]
async fn a_field_taken_away_by_one_and_changed_by_another_is_a_question() {
    let (office, cooperative, mut first) = office_with_officer().await;
    let mut second = office.log_in(&first.user, "second");
    let mut new = first.visit("kunjungan", cooperative, TOBOALI);
    new.fields.insert("a/lain".to_owned(), json!("ada"));
    let base = rev(&first.push(&new).await);
    first
        .push(&first.edit("kunjungan", base, json!({"a/lain": null})))
        .await;
    let changed = second.edit("kunjungan", base, json!({"a/lain": "lain lagi"}));
    assert!(matches!(
        second.push(&changed).await,
        Outcome::Conflict { .. }
    ));
}

#[tokio::test]
async fn a_new_visit_must_be_whole_and_in_its_place() {
    use RejectCode::{Forbidden, Malformed, State, Unknown};
    let (office, cooperative, mut officer) = office_with_officer().await;
    let elsewhere = office.cooperative("jauh", PAYUNG);
    let kabid = office.hire("kabid", Role::Supervisor, &[]);
    let good = officer.visit("kunjungan", cooperative, TOBOALI);
    let with = |field: &str, value: Value| {
        let mut changed = good.clone();
        changed.id = MutationId::new(good.at, &anjangsana::server::machine::entropy().unwrap());
        changed.fields.insert(field.to_owned(), value);
        changed
    };
    let without = |field: &str| {
        let mut changed = with(field, Value::Null);
        changed.fields.remove(field);
        changed
    };
    let unknown = record_of("nobody");
    let long = "x".repeat(20_001);
    let cases: Vec<(&str, Mutation, RejectCode)> = vec![
        ("no cooperative", without("cooperative"), Malformed),
        ("no form", without("form"), Malformed),
        ("no version", without("form_version"), Malformed),
        ("no creator", without("created"), Malformed),
        (
            "a cooperative nobody knows",
            with("cooperative", json!(unknown)),
            Unknown,
        ),
        (
            "a cooperative that is no id",
            with("cooperative", json!("x")),
            Malformed,
        ),
        (
            "a cooperative elsewhere",
            with("cooperative", json!(elsewhere)),
            Forbidden,
        ),
        (
            "begun by somebody else",
            with("created", kabid.mark()),
            Forbidden,
        ),
        (
            "submitted by somebody else",
            with("submission/1", kabid.mark()),
            Forbidden,
        ),
        (
            "the second submission first",
            with("submission/2", officer.mark()),
            State,
        ),
        (
            "a submission without a number",
            with("submission/x", officer.mark()),
            Malformed,
        ),
        (
            "a submission with a strange number",
            with("submission/01", officer.mark()),
            Malformed,
        ),
        (
            "what was before anything was",
            with("was/1/nama", json!("x")),
            State,
        ),
        (
            "an answer that is no text",
            with("a/nama", json!(12)),
            Malformed,
        ),
        (
            "an answer without a name",
            with("a/", json!("x")),
            Malformed,
        ),
        (
            "an answer with a broken path",
            with("a/tl//x", json!("x")),
            Malformed,
        ),
        (
            "an answer without an end",
            with("a/nama", json!(long)),
            Malformed,
        ),
        (
            "a field of no visit",
            with("state", json!("approved")),
            Malformed,
        ),
    ];
    for (what, mutation, code) in cases {
        assert_eq!(refused(&officer.push(&mutation).await), code, "{what}");
    }
    assert!(matches!(
        officer.push(&good).await,
        Outcome::Applied { exact: true, .. }
    ));
    let twice = officer.visit("kunjungan", elsewhere, TOBOALI);
    assert_eq!(refused(&officer.push(&twice).await), State);
}

#[tokio::test]
async fn only_the_office_makes_people_forms_and_cooperatives() {
    let (office, _, mut officer) = office_with_officer().await;
    let mut admin = office.hire("admin", Role::Admin, &[]);
    let mut head = office.hire("kadis", Role::Head, &[]);
    let cooperative = |phone: &Phone, name: &str| Mutation {
        kind: Kind::Cooperative,
        area: AreaCode(TOBOALI.to_owned()),
        ..phone.edit(
            name,
            0,
            json!({"Koperasi": "Koperasi CONTOH Baru", "Desa": "Rias"}),
        )
    };
    let of_kind = |phone: &Phone, kind: Kind| Mutation {
        kind,
        ..phone.edit("x", 0, json!({"name": "x"}))
    };
    assert_eq!(
        refused(&officer.push(&cooperative(&officer, "baru")).await),
        RejectCode::Forbidden
    );
    assert_eq!(
        refused(&head.push(&cooperative(&head, "baru")).await),
        RejectCode::Forbidden
    );
    assert!(matches!(
        admin.push(&cooperative(&admin, "baru")).await,
        Outcome::Applied { exact: true, .. }
    ));
    for kind in [Kind::Person, Kind::Form] {
        assert_eq!(
            refused(&admin.push(&of_kind(&admin, kind)).await),
            RejectCode::Forbidden
        );
    }
    let mut nonsense = cooperative(&admin, "lagi");
    nonsense
        .fields
        .insert("status/kemarin/x".to_owned(), json!({}));
    assert_eq!(refused(&admin.push(&nonsense).await), RejectCode::Malformed);
}

#[tokio::test]
async fn an_incomplete_visit_is_not_taken_and_says_what_is_missing() {
    let (office, cooperative, mut officer) = office_with_officer().await;
    let mut visit = officer.visit("kunjungan", cooperative, TOBOALI);
    visit.fields.remove("a/nama");
    let base = rev(&officer.push(&visit).await);
    let submit = officer.edit(
        "kunjungan",
        base,
        json!({"submission/1": officer.mark(), "a/lain": "x"}),
    );
    let Outcome::Rejected { code, reason } = officer.push(&submit).await else {
        panic!("refused");
    };
    assert_eq!(code, RejectCode::Incomplete);
    assert!(reason.starts_with("Nama: "), "{reason}");
    // Nothing of it is stored, and complete it goes through, answers and submission together.
    assert!(
        visit_of(&office, &officer, "kunjungan")
            .await
            .answers
            .is_empty()
    );
    let fields = json!({"submission/1": officer.mark(), "a/nama": "Hasan"});
    let complete = officer.edit("kunjungan", base, fields);
    assert!(matches!(
        officer.push(&complete).await,
        Outcome::Applied { exact: true, .. }
    ));
}

#[tokio::test]
async fn a_visit_of_a_form_nobody_published_is_not_taken() {
    let (_office, cooperative, mut officer) = office_with_officer().await;
    let mut visit = officer.visit("kunjungan", cooperative, TOBOALI);
    visit.fields.insert("form_version".to_owned(), json!("99"));
    visit
        .fields
        .insert("submission/1".to_owned(), officer.mark());
    assert_eq!(refused(&officer.push(&visit).await), RejectCode::Unknown);
}
