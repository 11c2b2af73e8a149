//! The laws of the merge, on the real rules with the real database: a repeat changes nothing, the order in which changes
//! to different questions arrive changes nothing, and nothing that was taken ever leaves the history.

use std::collections::{BTreeMap, BTreeSet};

use anjangsana::{
    domain::{AreaCode, DeviceId, Fields, Kind, Millis, MutationId, Role, Scope, User, UserId},
    server::{
        forms::{self, Sheets},
        office::{self, OfficeChange},
        repo::{Accounts, Records, accounts::Account, log::Answered, sqlite::STEPS},
        rescue::{self, Fate},
        sync::push,
    },
    sql,
    sync::{
        backup::{Contents, Unsent},
        wire::{Mutation, Outcome},
    },
};
use proptest::prelude::*;
use rusqlite::Connection;
use serde_json::json;

use crate::server_office::log_of;
use crate::server_office::record_of;

const AREA: &str = "19.03.01";

fn officer() -> User {
    User {
        id: UserId::of_text("ppl"),
        username: "ppl".to_owned(),
        name: "Petugas CONTOH".to_owned(),
        role: Role::Officer,
        scope: Scope::Areas(vec![AreaCode(AREA.to_owned())]),
    }
}

/// An office with one visit at revision [`begun`].
fn office() -> Connection {
    let mut db = Connection::open_in_memory().unwrap();
    sql::migrate(&mut db, &STEPS).unwrap();
    let account = Account {
        user: officer(),
        password: String::new(),
        disabled: false,
    };
    db.add_account(&account, Millis(1)).unwrap();
    let sheets = Sheets {
        survey: "type,name,label\ntext,q0,Q\ntext,q1,Q\ntext,q2,Q\ntext,q3,Q\n",
        choices: "list_name,name,label\n",
        settings: "form_id,form_title,version\nuji,Uji,1\n",
    };
    forms::publish(&db, sheets, Millis(1)).unwrap();
    let fields: Fields = serde_json::from_value(json!({"Koperasi": "Koperasi CONTOH"})).unwrap();
    let area = AreaCode(AREA.to_owned());
    let id = record_of("koperasi");
    office::apply(
        &db,
        OfficeChange::new(Kind::Cooperative, id, area, fields, Millis(1)),
    )
    .unwrap();
    let begin = change(
        0,
        "begin",
        json!({
            "cooperative": id, "form": "uji", "form_version": "1", "created": {"at": 1, "by": officer().id},
        }),
    );
    send(&db, 0, &begin);
    db
}

fn change(base_rev: u64, name: &str, fields: serde_json::Value) -> Mutation {
    Mutation {
        id: MutationId::of_text(name),
        kind: Kind::Visit,
        record: record_of("kunjungan"),
        base_rev,
        area: AreaCode(AREA.to_owned()),
        order: None,
        at: Millis(1),
        fields: serde_json::from_value(fields).unwrap(),
    }
}

fn send(db: &Connection, device: u8, mutation: &Mutation) -> Outcome {
    let user = officer();
    let sender = push::Sender {
        user: &user,
        device: DeviceId::of_text(&format!("{device}")),
        clock: None,
        newest: None,
        file: None,
        cost: &push::Cost::default(),
    };
    let prepared = push::Prepared::new(mutation.clone()).unwrap();
    push::push(db, &sender, &prepared, Millis(2))
        .unwrap()
        .outcome
}

fn stands(db: &Connection) -> (u64, Fields) {
    let stored = db.record(record_of("kunjungan")).unwrap().unwrap();
    (stored.record.rev, stored.record.fields)
}

/// What a device says: which questions it answers, on which of the revisions so far, and whether it says it twice.
#[derive(Clone, Debug)]
struct Said {
    device: u8,
    answers: BTreeMap<u8, Option<u8>>,
    back: u64,
    repeats: bool,
}

fn said() -> impl Strategy<Value = Said> {
    let answers = prop::collection::btree_map(0..4_u8, prop::option::of(0..3_u8), 1..4);
    (0..3_u8, answers, 0..4_u64, any::<bool>()).prop_map(|(device, answers, back, repeats)| Said {
        device,
        answers,
        back,
        repeats,
    })
}

fn fields(answers: &BTreeMap<u8, Option<u8>>) -> serde_json::Value {
    let field = |(question, value): (&u8, &Option<u8>)| {
        (
            format!("a/q{question}"),
            value.map_or(json!(null), |value| json!(format!("{value}"))),
        )
    };
    serde_json::Value::Object(answers.iter().map(field).collect())
}

fn file(device: u8, changes: &[Mutation]) -> rescue::Backup {
    let unsent = |mutation: &Mutation| Unsent {
        mutation: mutation.clone(),
        owner: Some(officer().id),
        visit: None,
        since: Millis(1),
        refused: None,
    };
    rescue::Backup {
        username: officer().username,
        contents: Contents {
            user: officer().id,
            device: DeviceId::of_text(&format!("{device}")),
            made_at: Millis(1),
            epoch: None,
            changes: changes.iter().map(unsent).collect(),
        },
        photos: Vec::new(),
    }
}

fn fates(db: &Connection, file: &rescue::Backup) -> Vec<Fate> {
    let lines = rescue::apply(db, file, Millis(3)).unwrap();
    lines.into_iter().map(|line| line.fate).collect()
}

#[test]
fn a_backup_file_taken_in_late_undoes_nothing_that_its_device_has_sent_since() {
    let db = office();
    let begun = stands(&db).0;
    let saved = change(begun, "saved", json!({"a/q1": "old"}));
    // A server that would not look at it got it under another name, and then what was written on.
    send(&db, 1, &change(begun, "again", json!({"a/q1": "old"})));
    send(&db, 1, &change(begun + 1, "later", json!({"a/q1": "new"})));
    assert_eq!(fates(&db, &file(1, &[saved])), [Fate::Conflict]);
    assert_eq!(stands(&db).1["a/q1"], "new");
}

#[test]
fn changes_that_follow_one_another_in_a_backup_file_are_all_taken_in() {
    let db = office();
    let begun = stands(&db).0;
    let first = change(begun, "first", json!({"a/q1": "1", "a/q2": "1"}));
    let second = change(begun, "second", json!({"a/q1": "2"}));
    // The phone came through with the first before it was lost.
    send(&db, 1, &first);
    let fates = fates(&db, &file(1, &[first, second]));
    assert_eq!(fates, [Fate::Known, Fate::Applied]);
    let fields = stands(&db).1;
    assert_eq!(
        (&fields["a/q1"], &fields["a/q2"]),
        (&json!("2"), &json!("1"))
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_repeat_changes_nothing_and_is_answered_the_same(all in prop::collection::vec(said(), 1..12)) {
        let db = office();
        for (number, said) in all.iter().enumerate() {
            let base = stands(&db).0.saturating_sub(said.back);
            let mutation = change(base, &format!("{number}"), fields(&said.answers));
            let first = send(&db, said.device, &mutation);
            if !said.repeats {
                continue;
            }
            let before = stands(&db);
            let again = send(&db, said.device, &mutation);
            prop_assert_eq!(before, stands(&db));
            match (first, again) {
                (Outcome::Applied { rev, .. }, Outcome::Duplicate { rev: same }) => prop_assert_eq!(rev, same),
                (first, again) => prop_assert_eq!(first, again),
            }
        }
    }

    #[test]
    fn the_order_in_which_different_questions_arrive_does_not_matter(
        values in prop::collection::vec(prop::option::of(0..9_u8), 4),
        order in Just(vec![0_usize, 1, 2, 3]).prop_shuffle(),
    ) {
        let arrive = |order: &[usize]| {
            let db = office();
            let base = stands(&db).0;
            for question in order {
                let answers = BTreeMap::from([(*question as u8, values[*question])]);
                let outcome = send(&db, *question as u8, &change(base, &format!("{question}"), fields(&answers)));
                assert!(matches!(outcome, Outcome::Applied { .. }), "different questions never fight");
            }
            stands(&db).1
        };
        prop_assert_eq!(arrive(&order), arrive(&[0, 1, 2, 3]));
    }

    #[test]
    fn nothing_that_was_taken_ever_leaves_the_history(all in prop::collection::vec(said(), 1..12)) {
        let db = office();
        let mut taken = BTreeSet::new();
        let mut last = stands(&db).0;
        for (number, said) in all.iter().enumerate() {
            let base = stands(&db).0.saturating_sub(said.back);
            let mutation = change(base, &format!("{number}"), fields(&said.answers));
            let outcome = send(&db, said.device, &mutation);
            let (rev, stands) = stands(&db);
            match outcome {
                Outcome::Applied { rev: given, .. } => {
                    prop_assert!(given == rev && rev > last, "a revision is given once");
                    taken.extend(mutation.fields.iter().map(|(name, value)| (given, name.clone(), value.to_string())));
                    for (name, value) in &mutation.fields {
                        prop_assert_eq!(stands.get(name).unwrap_or(&serde_json::Value::Null), value);
                    }
                }
                Outcome::Conflict { .. } => prop_assert_eq!(rev, last, "a question changes nothing"),
                other => prop_assert!(false, "{:?}", other),
            }
            last = rev;
        }
        let history = log_of(&db, record_of("kunjungan"));
        let kept: BTreeSet<_> = history
            .iter()
            .flat_map(|entry| {
                let rev = match entry.answered {
                    Answered::Applied(rev) => rev,
                    _ => 0,
                };
                entry.fields.iter().map(move |(name, value)| (rev, name.clone(), value.to_string()))
            })
            .collect();
        prop_assert!(taken.is_subset(&kept));
    }
}
