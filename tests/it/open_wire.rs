//! A server grows before every phone has its update: what an app does not know yet it keeps, counts and passes over, and shows
//! once it knows it.

use anjangsana::domain::{DeviceId, Kind, Millis, RecordId, Role, Scope, VisitState, name::Name};
use anjangsana::platform::{device::understand_sync, machine::Answer};
use anjangsana::store::api::{Reply, Request, StoreError, Transfer};
use anjangsana::store::{Moment, Store};
use anjangsana::sync::engine::Failure;
use anjangsana::sync::wire::{Digest, Limits, MutationResult, Outcome, RejectCode, SyncReply};
use serde_json::json;

use crate::server_office::{Office, TOBOALI, refused};
use crate::store_merge::{self, Device, record, reply, visit, visit_at};

/// An answer of a server that is some years newer. Names, roles, scopes, outcomes, kinds and fields in it are invented.
const FUTURE: &str = include_str!("../fixtures/wire/sync_reply_future.json");

fn answered(body: &str) -> Result<SyncReply, Failure> {
    understand_sync(&Answer::Response {
        status: 200,
        ours: true,
        offset: None,
        body: body.as_bytes().to_vec(),
    })
}

fn later() -> Kind {
    Kind::from_name("plan").unwrap()
}

#[test]
fn an_answer_of_a_later_server_is_understood_and_what_is_new_in_it_is_kept_by_its_name() {
    let future = answered(FUTURE).unwrap();
    let outcomes: Vec<&Outcome> = future
        .results
        .iter()
        .map(|result| &result.outcome)
        .collect();
    assert_eq!(outcomes[0], &Outcome::Unknown("queued".to_owned()));
    assert!(matches!(
        outcomes[1],
        Outcome::Applied {
            rev: 40,
            exact: true
        }
    ));
    assert!(matches!(
        outcomes[2],
        Outcome::Rejected {
            code: RejectCode::Other,
            ..
        }
    ));
    let kinds: Vec<&str> = future
        .records
        .iter()
        .map(|record| record.kind.name())
        .collect();
    assert_eq!(kinds, ["decision", "person", "follow_up", "follow_up"]);
    assert_eq!(future.records[0].fields["chain"], json!([1, 2]));
    assert_eq!(future.large[0].kind.name(), "letter");
    let user = future.user.unwrap();
    assert_eq!(user.role, Role::Other(Name::new("inspector").unwrap()));
    let kept = serde_json::to_value(&user.scope).unwrap();
    assert_eq!(kept, json!({"villages": ["19.03.01.2001"]}));
}

#[test]
fn an_answer_of_our_server_that_is_not_understood_asks_for_an_update_and_is_not_called_a_strangers()
{
    for body in [
        "{}",
        "[]",
        "<html>",
        r#"{"protocol": 1, "packed": [{"kind": "form"}]}"#,
    ] {
        assert_eq!(answered(body), Err(Failure::NotUnderstood), "{body}");
    }
    let strange = Answer::Response {
        status: 200,
        ours: false,
        offset: None,
        body: FUTURE.as_bytes().to_vec(),
    };
    assert_eq!(understand_sync(&strange), Err(Failure::NotOurs));
}

#[test]
fn records_of_a_kind_that_the_app_does_not_know_are_kept_counted_and_hinder_nothing() {
    let mut device = Device::new();
    device.answer("x", "2");
    let plan = record(
        later(),
        "plan",
        11,
        None,
        json!({"stops": [1, 2], "to": "Tukak"}),
    );
    let mut with_plan = reply(11, Vec::new(), vec![plan.clone()]);
    with_plan.digest = Some(Digest {
        count: 4,
        rev_sum: 1 + 2 + 10 + 11,
    });
    let applied = device.store.apply(Millis(100), &with_plan).unwrap();
    assert!(!applied.mismatch, "it is counted");
    let kept = device.store.fields_of(plan.id).unwrap().unwrap();
    assert_eq!(kept, serde_json::to_string(&plan.fields).unwrap());
    assert_eq!(device.shows("x"), "2");
    assert_eq!(device.batch().len(), 1, "work goes on being sent");

    // It changes, goes, and comes again; it outlasts a restart.
    let mut device = device.reopened();
    let newer = record(later(), "plan", 12, None, json!({"stops": []}));
    device.pull(reply(12, Vec::new(), vec![newer]));
    assert_eq!(
        device.store.fields_of(plan.id).unwrap().unwrap(),
        r#"{"stops":[]}"#
    );
    let mut gone = record(later(), "plan", 13, None, json!({}));
    gone.deleted = true;
    device.pull(reply(13, Vec::new(), vec![gone]));
    assert_eq!(device.store.fields_of(plan.id).unwrap(), None);
}

#[test]
fn an_app_that_learns_a_kind_shows_its_records_without_pulling_them_again() {
    let mut device = Device::new();
    let mut sent = visit_at(
        11,
        json!({"submission/1": {"at": 5, "by": store_merge::officer()}}),
    );
    sent.fields.insert("a/x".into(), "1".into());
    device.pull(reply(11, Vec::new(), vec![sent]));
    // As an app of before there were reviews would have kept one.
    let review = json!({
        "visit": visit(), "submission": 1, "decision": "return", "note": "Foto kurang.",
        "mark": {"at": 6, "by": store_merge::officer()},
    });
    let db = device.database();
    db.execute(
        "insert into record (id, kind, area, owner, rev, base, fields) values (?1, 'review', '19.03.01', null, 12, ?2, ?2)",
        [RecordId::of_text("review").to_string(), review.to_string()],
    )
    .unwrap();
    db.execute(
        "insert or replace into meta (key, value) values ('kinds', 'person form cooperative visit')",
        [],
    )
    .unwrap();
    drop(db);
    assert_eq!(
        state(&mut device),
        VisitState::Submitted,
        "it knows of no review"
    );
    let mut device = device.reopened();
    assert_eq!(state(&mut device), VisitState::Returned);
}

fn state(device: &mut Device) -> VisitState {
    match device.ask(Request::Visit(visit())) {
        Reply::Visit(detail) => detail.state,
        _ => panic!("not a visit"),
    }
}

#[test]
fn a_change_that_is_answered_in_a_way_not_understood_stays_and_is_asked_about_again_later() {
    let mut device = Device::new();
    device.answer("x", "2");
    let first = device
        .store
        .prepare(Millis(100), Limits::default())
        .unwrap();
    let id = first.mutations[0].id;
    let queued = MutationResult {
        id,
        outcome: Outcome::Unknown("queued".to_owned()),
    };
    let applied = device
        .store
        .apply(Millis(100), &reply(10, vec![queued], Vec::new()));
    assert!(!applied.unwrap().push, "it is not sent again at once");
    assert_eq!(
        device.transfer(),
        Some(Transfer::Queued),
        "nor is it called sent"
    );
    device.answer("y", "3");
    let minutes = |minutes: i64| Millis(100 + minutes * 60_000);
    let mut sent = |now: Millis| {
        let request = device.store.prepare(now, Limits::default()).unwrap();
        request
            .mutations
            .iter()
            .map(|mutation| mutation.id)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        sent(minutes(9)),
        [],
        "what is behind it must not overtake it"
    );
    assert_eq!(sent(minutes(10)), [id]);
    assert_eq!(
        sent(minutes(-60)),
        [id],
        "a clock that was put back does not put it off"
    );
}

#[test]
fn a_person_of_a_role_that_the_app_does_not_know_reads_and_changes_nothing() {
    let db = rusqlite::Connection::open_in_memory().unwrap();
    let user = anjangsana::domain::User {
        role: Role::Other(Name::new("inspector").unwrap()),
        scope: Scope::Other(r#"{"villages":["19.03.01.2001"]}"#.to_owned()),
        ..store_merge::user()
    };
    let mut store = Store::open(db, Some(&user), DeviceId::of_text("device")).unwrap();
    let cooperative = record(
        Kind::Cooperative,
        "cooperative",
        1,
        None,
        json!({"Koperasi": "K CONTOH"}),
    );
    let id = cooperative.id;
    store
        .apply(Millis(1), &reply(1, Vec::new(), vec![cooperative]))
        .unwrap();
    let mut ask = |request| {
        let moment = &mut Moment {
            now: Millis(2),
            entropy: &mut || [7; 10],
        };
        store.handle(moment, request).map(|(reply, _)| reply)
    };
    assert!(matches!(
        ask(Request::Cooperative(id)),
        Ok(Reply::Cooperative(_))
    ));
    let begun = ask(Request::StartVisit { cooperative: id });
    assert_eq!(begun.err(), Some(StoreError::Forbidden));
}

#[tokio::test]
async fn a_change_of_a_kind_that_the_server_does_not_know_is_answered_and_goes_through_once_it_does()
 {
    let office = Office::open().await;
    let mut officer = office.hire("petugas1", Role::Officer, &[TOBOALI]);
    let cooperative = office.cooperative("satu", TOBOALI);
    let known = officer.visit("visit", cooperative, TOBOALI);
    let mut plan = officer.edit("plan", 0, json!({"stops": []}));
    plan.kind = later();
    let answers = officer.sync(&[plan, known]).await.results;
    assert_eq!(refused(&answers[0].outcome), RejectCode::Malformed);
    assert!(matches!(answers[1].outcome, Outcome::Applied { .. }));
    let written: u64 = office.change(|db| {
        let count = "select count(*) from mutation where kind = 'plan'";
        db.query_row(count, [], |row| row.get(0)).unwrap()
    });
    assert_eq!(
        written, 0,
        "a server that knows the kind can answer the same change otherwise"
    );
}
