//! What the server takes is what everybody reads: one decoder decides, on the record as it would stand, and one change that
//! cannot be taken holds up no other.

use anjangsana::{
    domain::{Kind, Record, RecordId, Role, Visit, VisitState, kinds::spec},
    server::{
        machine,
        repo::{Log, Records, log::Answered},
    },
    store::api::{InboxQuery, Reply, Request},
    sync::wire::{Mutation, Outcome, RejectCode, SYNC_PATH, SyncReply},
};
use proptest::{
    prelude::*,
    test_runner::{Config as Cases, TestRunner},
};
use serde_json::{Value, json};

use crate::{
    kinds::golden,
    same_rules::App,
    server_office::{Office, Phone, TOBOALI, record_of, refused, rev},
};

struct Desk {
    office: Office,
    cooperative: RecordId,
    officer: Phone,
    kabid: Phone,
    admin: Phone,
}

impl Desk {
    async fn open() -> Self {
        let office = Office::open().await;
        Self {
            cooperative: office.cooperative("satu", TOBOALI),
            officer: office.hire("ppl", Role::Officer, &[TOBOALI]),
            kabid: office.hire("kabid", Role::Supervisor, &[]),
            admin: office.hire("admin", Role::Admin, &[]),
            office,
        }
    }

    async fn visit(&mut self, name: &str, state: VisitState) {
        let visit = self.officer.visit(name, self.cooperative, TOBOALI);
        rev(&self.officer.push(&visit).await);
        if state == VisitState::Draft {
            return;
        }
        let submit = json!({"submission/1": self.officer.mark()});
        let submit = self.officer.edit(name, 1_000_000, submit);
        rev(&self.officer.push(&submit).await);
        let word = match state {
            VisitState::Returned => self.kabid.review(name, 1, "return", "perbaiki"),
            VisitState::Approved => self.kabid.review(name, 1, "approve", ""),
            _ => return,
        };
        rev(&self.kabid.push(&word).await);
    }

    fn fields(&self, id: RecordId) -> Record {
        self.office
            .change(|db| db.record(id).unwrap().unwrap().record)
    }

    /// Writes a value into a record as a server did that took anything.
    fn damage(&self, id: RecordId, field: &str, value: &Value) {
        self.office.change(|db| {
            let mut stored = db.record(id).unwrap().unwrap();
            stored.record.fields.insert(field.to_owned(), value.clone());
            db.put(&stored).unwrap();
        });
    }
}

fn reads(record: &Record) -> Result<(), String> {
    let spec = spec(record.kind).unwrap();
    (spec.read)(record).map_err(|bad| bad.to_string())
}

// H9
#[tokio::test]
async fn a_list_in_the_place_of_a_mark_is_refused_and_the_visit_stays_in_every_list() {
    let mut desk = Desk::open().await;
    desk.visit("kunjungan", VisitState::Draft).await;
    for (field, value) in [
        ("void", json!([5, desk.officer.user.id, "x"])),
        ("submission/1", json!([5, desk.officer.user.id, ""])),
        ("left/1/x", json!(["x", "x", "x", "gone"])),
        ("a/nama", json!(["Siti"])),
    ] {
        let edit = desk
            .officer
            .edit("kunjungan", 1_000_000, json!({field: value}));
        let code = refused(&desk.officer.push(&edit).await);
        assert_eq!(code, RejectCode::Malformed, "{field}");
    }
    let mut new = desk.officer.visit("lain", desk.cooperative, TOBOALI);
    let created = json!([5, desk.officer.user.id, ""]);
    new.fields.insert("created".to_owned(), created);
    assert_eq!(
        refused(&desk.officer.push(&new).await),
        RejectCode::Malformed
    );
    let entry = json!({"status/2026-01-01/uji": ["aktif", "2026-01-01", "uji", ""]});
    let entry = Mutation {
        kind: Kind::Cooperative,
        record: desk.cooperative,
        ..desk.admin.edit("x", 1_000_000, entry)
    };
    assert_eq!(
        refused(&desk.admin.push(&entry).await),
        RejectCode::Malformed
    );
    assert_eq!(reads(&desk.fields(record_of("kunjungan"))), Ok(()));
    assert_eq!(reads(&desk.fields(desk.cooperative)), Ok(()));
}

// H3, H9
#[tokio::test]
async fn what_is_written_is_what_was_understood_and_no_more() {
    let mut desk = Desk::open().await;
    let junk = "x".repeat(30_000);
    let me = desk.officer.user.id;
    let mut new = desk.officer.visit("kunjungan", desk.cooperative, TOBOALI);
    new.fields.insert(
        "created".to_owned(),
        json!({"at": 5, "by": me, "reason": "", "more": junk}),
    );
    new.fields.insert(
        "cooperative".to_owned(),
        json!(desk.cooperative.to_string().to_uppercase()),
    );
    let outcome = desk.officer.push(&new).await;
    assert!(
        matches!(outcome, Outcome::Applied { exact: false, .. }),
        "the phone fetches what stands: {outcome:?}"
    );
    let left = json!({"label": "x", "text": "x", "value": "x", "why": "gone"});
    let mut more = left.clone();
    more["junk"] = json!(junk);
    let edit = json!({"left/0/x": more, "score": {"junk": junk.get(..9_000)}});
    let edit = desk.officer.edit("kunjungan", 1_000_000, edit);
    rev(&desk.officer.push(&edit).await);
    let submit = json!({"submission/1": {"at": 6, "by": me, "junk": [junk]}});
    let submit = desk.officer.edit("kunjungan", 1_000_000, submit);
    rev(&desk.officer.push(&submit).await);
    let mut word = desk.kabid.review("kunjungan", 1, "approve", "");
    let mark = json!({"at": 7, "by": desk.kabid.user.id, "junk": junk});
    word.fields.insert("mark".to_owned(), mark);
    rev(&desk.kabid.push(&word).await);
    let void =
        json!({"void": {"at": 8, "by": desk.admin.user.id, "reason": "dobel", "junk": junk}});
    let void = desk.admin.edit("kunjungan", 1_000_000, void);
    rev(&desk.admin.push(&void).await);
    let stands = desk.fields(record_of("kunjungan"));
    assert_eq!(stands.fields["created"], json!({"at": 5, "by": me}));
    assert_eq!(stands.fields["submission/1"], json!({"at": 6, "by": me}));
    assert_eq!(
        stands.fields["void"],
        json!({"at": 8, "by": desk.admin.user.id, "reason": "dobel"})
    );
    assert_eq!(stands.fields["cooperative"], json!(desk.cooperative));
    assert_eq!(stands.fields["left/0/x"], left);
    assert!(!stands.fields.contains_key("score"));
    let word = desk.fields(word.record);
    assert_eq!(
        word.fields["mark"],
        json!({"at": 7, "by": desk.kabid.user.id})
    );
}

// H9
#[tokio::test]
async fn a_visit_that_nobody_could_read_is_put_right_by_its_officer_or_by_the_desk() {
    let mut desk = Desk::open().await;
    desk.visit("dikembalikan", VisitState::Returned).await;
    desk.visit("disetujui", VisitState::Approved).await;
    let list = json!([5, desk.officer.user.id, "x"]);
    for name in ["dikembalikan", "disetujui"] {
        desk.damage(record_of(name), "void", &list);
        assert!(reads(&desk.fields(record_of(name))).is_err());
    }
    let edit = json!({"a/lain": "diperbaiki"});
    let edit = desk.officer.edit("dikembalikan", 1_000_000, edit);
    rev(&desk.officer.push(&edit).await);
    let stands = desk.fields(record_of("dikembalikan"));
    assert_eq!(reads(&stands), Ok(()));
    assert!(!stands.fields.contains_key("void"));

    let void = json!({"void": desk.admin.mark_because("dobel")});
    let void = desk.admin.edit("disetujui", 1_000_000, void);
    rev(&desk.admin.push(&void).await);
    let stands = desk.fields(record_of("disetujui"));
    let visit = Visit::from_record(&stands).unwrap();
    assert_eq!(visit.state(&[]), VisitState::Void);

    // What every visit has must be given anew.
    desk.visit("tanpa kepala", VisitState::Draft).await;
    desk.damage(record_of("tanpa kepala"), "created", &list);
    let edit = json!({"a/lain": "x"});
    let edit = desk.officer.edit("tanpa kepala", 1_000_000, edit);
    assert_eq!(refused(&desk.officer.push(&edit).await), RejectCode::State);
    let edit = json!({"a/lain": "x", "created": desk.officer.mark()});
    let edit = desk.officer.edit("tanpa kepala", 1_000_000, edit);
    rev(&desk.officer.push(&edit).await);
    assert_eq!(reads(&desk.fields(record_of("tanpa kepala"))), Ok(()));
}

// H9
#[tokio::test]
async fn a_broken_entry_in_the_register_holds_up_no_visit_and_goes_with_the_next_change() {
    let mut desk = Desk::open().await;
    let field = "status/2026-01-01/uji";
    let list = json!(["aktif", "2026-01-01", "uji", ""]);
    desk.damage(desk.cooperative, field, &list);
    desk.visit("kunjungan", VisitState::Submitted).await;
    // Nor does a cooperative without a name.
    desk.damage(desk.cooperative, "Koperasi", &json!(5));
    desk.visit("lain", VisitState::Submitted).await;
    let change = Mutation {
        kind: Kind::Cooperative,
        record: desk.cooperative,
        ..desk
            .admin
            .edit("x", 1_000_000, json!({"Koperasi": "Koperasi CONTOH"}))
    };
    rev(&desk.admin.push(&change).await);
    let stands = desk.fields(desk.cooperative);
    assert!(!stands.fields.contains_key(field));
    assert_eq!(reads(&stands), Ok(()));
}

// H9
#[tokio::test]
async fn a_number_that_no_database_holds_is_refused_alone() {
    let mut desk = Desk::open().await;
    desk.visit("kunjungan", VisitState::Draft).await;
    let submit = json!({"submission/1": desk.officer.mark()});
    for (order, base_rev) in [(Some(u64::MAX), 1), (None, u64::MAX)] {
        let bad = Mutation {
            order,
            base_rev,
            ..desk.officer.edit("kunjungan", 1, submit.clone())
        };
        let good = desk
            .officer
            .edit("kunjungan", 1_000_000, json!({"a/lain": "x"}));
        let reply = desk.officer.sync(&[bad, good]).await;
        assert_eq!(refused(&reply.results[0].outcome), RejectCode::Malformed);
        rev(&reply.results[1].outcome);
    }
}

// H9
#[tokio::test]
async fn a_row_that_cannot_be_read_is_the_refusal_of_one_change_and_is_kept_for_another_try() {
    let mut desk = Desk::open().await;
    for name in ["rusak", "baik"] {
        desk.visit(name, VisitState::Draft).await;
    }
    let sql = "update record set field_revs = ?2 where id = ?1";
    let set = |desk: &Desk, revs: &str| {
        desk.office.change(|db| {
            db.execute(sql, (record_of("rusak").to_string(), revs))
                .unwrap();
        });
    };
    set(&desk, "[]");
    let bad = desk
        .officer
        .edit("rusak", 1_000_000, json!({"a/lain": "x"}));
    let good = desk.officer.edit("baik", 1_000_000, json!({"a/lain": "x"}));
    let reply = desk.officer.sync(&[bad.clone(), good]).await;
    assert_eq!(refused(&reply.results[0].outcome), RejectCode::Other);
    rev(&reply.results[1].outcome);
    set(&desk, "{}");
    rev(&desk.officer.push(&bad).await);
}

// H5, H9
#[tokio::test]
async fn the_list_of_what_was_refused_reads_whatever_a_refusal_holds() {
    let mut desk = Desk::open().await;
    for visit in [json!(5), json!({}), json!(["x"]), json!(null)] {
        let mut word = desk.kabid.review("x", 1, "approve", "");
        word.fields.insert("visit".to_owned(), visit);
        refused(&desk.kabid.push(&word).await);
    }
    assert_eq!(desk.admin.get("/api/v1/setaside").await.status(), 200);
}

/// What a field holds when all is well.
fn good(name: &str, me: &str) -> Value {
    match name.split('/').next().unwrap() {
        "created" | "void" | "submission" | "mark" => json!({"at": 5, "by": me, "reason": "x"}),
        "left" => json!({"label": "x", "text": "x", "value": "x", "why": "gone"}),
        "status" => {
            json!({"status": "aktif", "date": "2026-01-01", "source": "uji", "reason": "x"})
        }
        "notes" => json!({"nama": "x"}),
        "decision" => json!("return"),
        "cooperative" | "visit" => json!(record_of("entah")),
        _ => json!("x"),
    }
}

/// Values that are odd in the place of a mark, a text, a number or an object.
fn odd() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!(null)),
        Just(json!(true)),
        Just(json!([])),
        Just(json!({})),
        Just(json!("")),
        Just(json!("\u{0}\u{202e}")),
        Just(json!([[5], {"at": 5}])),
        Just(json!({"approve": null})),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ]
}

/// A good value made odd: an object as the list of what it holds, with a member more, with a member of another type; an
/// enum as an object; or something else altogether.
fn made_odd(value: Value) -> impl Strategy<Value = Value> {
    (0..6_u8, any::<prop::sample::Index>(), odd()).prop_map(move |(how, at, odd)| {
        match (how, &value) {
            (0, _) => value.clone(),
            (1 | 2, Value::Object(members)) => members.values().cloned().collect(),
            (3, Value::Object(members)) => {
                let mut more = members.clone();
                more.insert("more".to_owned(), odd);
                Value::Object(more)
            }
            (4, Value::Object(members)) => {
                let mut other = members.clone();
                let name = other.keys().nth(at.index(other.len())).cloned().unwrap();
                other.insert(name, odd);
                Value::Object(other)
            }
            (1, Value::String(text)) => json!({text: odd}),
            (2, Value::String(text)) => json!([text]),
            (3, Value::String(text)) => json!(text.to_uppercase()),
            _ => odd,
        }
    })
}

fn name(kind: Kind) -> impl Strategy<Value = String> {
    let odd: &[&str] = match kind {
        Kind::Visit => &[
            "cooperative",
            "form",
            "form_version",
            "created",
            "void",
            "score",
            "proposal",
            "submission/1",
            "submission/2",
            "submission/01",
            "a/nama",
            "a/",
            "a//",
            "was/1/nama",
            "was/9/nama",
            "left/1/x",
            "left//x",
            "owner",
        ],
        Kind::Review => &["notes"],
        Kind::Cooperative => &[
            "NIK",
            "status/2026-01-01/uji",
            "status/besok/uji",
            "status/",
        ],
        _ => &["published"],
    };
    let good = golden(kind).fields.into_keys();
    let names = good.chain(odd.iter().map(|name| (*name).to_owned()));
    prop::sample::select(names.collect::<Vec<_>>())
}

/// A change to a record that stands in some state, or a new one, with fields of any kind.
#[derive(Clone, Debug)]
struct Odd {
    kind: Kind,
    is_new: bool,
    state: VisitState,
    fields: Vec<(String, Value)>,
    base_rev: u64,
    order: Option<u64>,
}

fn odd_change(me: String) -> impl Strategy<Value = Odd> {
    let kind = prop_oneof![
        4 => Just(Kind::Visit),
        2 => Just(Kind::Review),
        2 => Just(Kind::Cooperative),
        2 => prop::sample::select(Kind::ALL.to_vec()),
    ];
    let state = prop::sample::select(vec![
        VisitState::Draft,
        VisitState::Submitted,
        VisitState::Returned,
    ]);
    let number = prop_oneof![1 => Just(0), 4 => Just(1_000_000), 1 => any::<u64>()];
    let order = prop_oneof![4 => Just(None), 1 => any::<u64>().prop_map(Some)];
    (kind, any::<bool>(), state, number, order).prop_flat_map(
        move |(kind, is_new, state, base_rev, order)| {
            let me = me.clone();
            let one = name(kind).prop_flat_map(move |name| {
                let value = made_odd(good(&name, &me));
                value.prop_map(move |value| (name.clone(), value))
            });
            prop::collection::vec(one, 1..3).prop_map(move |fields| Odd {
                kind,
                is_new,
                state,
                fields,
                base_rev,
                order,
            })
        },
    )
}

impl Desk {
    /// The change as somebody sends it who may make changes of that kind.
    fn sends(&mut self, odd: &Odd, target: &str) -> (&mut Phone, Mutation) {
        let (phone, base) = match odd.kind {
            Kind::Visit if odd.is_new => {
                let mut new = self.officer.visit(target, self.cooperative, TOBOALI);
                new.record = RecordId::new(new.at, &machine::entropy().unwrap());
                (&mut self.officer, new)
            }
            Kind::Visit => {
                let edit = self.officer.edit(target, odd.base_rev, json!({}));
                (&mut self.officer, edit)
            }
            Kind::Review => {
                let word = self.kabid.review(target, 1, "return", "perbaiki");
                (&mut self.kabid, word)
            }
            Kind::Cooperative | Kind::Person | Kind::Form | Kind::Other(_) => {
                let mut edit = self.admin.edit(target, odd.base_rev, json!({}));
                edit.record = match odd.is_new {
                    true => RecordId::new(edit.at, &machine::entropy().unwrap()),
                    false => self.cooperative,
                };
                (&mut self.admin, edit)
            }
        };
        let mut mutation = Mutation {
            kind: odd.kind,
            order: odd.order,
            base_rev: odd.base_rev,
            ..base
        };
        mutation.fields.extend(odd.fields.iter().cloned());
        (phone, mutation)
    }
}

// H9
#[test]
fn whatever_a_change_carries_every_record_reads_and_the_others_are_answered_as_if_alone() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut desk = runtime.block_on(Desk::open());
    let me = desk.officer.user.id;
    runtime.block_on(desk.visit("tetap", VisitState::Draft));
    let mut app = App::new(&desk.office.log_in(&desk.kabid.user, "app"));
    let mut own = App::new(&desk.office.log_in(&desk.officer.user, "app"));
    let desk = std::cell::RefCell::new(desk);
    let apps = std::cell::RefCell::new([&mut app, &mut own]);
    let count = std::cell::Cell::new(0);
    let mut runner = TestRunner::new(Cases {
        cases: 200,
        failure_persistence: None,
        ..Cases::default()
    });
    let done = runner.run(&odd_change(me.to_string()), |odd| {
        let desk = &mut *desk.borrow_mut();
        let both = &mut *apps.borrow_mut();
        count.set(count.get() + 1);
        let target = format!("kunjungan {}", count.get());
        runtime.block_on(async {
            desk.visit(&target, odd.state).await;
            let officer = desk.officer.clone();
            let neighbour = |value: &str| Mutation {
                record: record_of("tetap"),
                ..officer.edit("tetap", 1_000_000, json!({"a/lain": value}))
            };
            let is_officers = odd.kind == Kind::Visit;
            let (first, last) = (neighbour("satu"), neighbour("dua"));
            let (phone, mutation) = desk.sends(&odd, &target);
            let batch = match is_officers {
                true => vec![first, mutation.clone(), last],
                false => vec![mutation.clone()],
            };
            let response = phone.post(SYNC_PATH, &phone.request(&batch)).await;
            prop_assert_eq!(response.status().as_u16(), 200, "{:?}", mutation);
            let reply: SyncReply = response.json().await.unwrap();
            prop_assert_eq!(reply.results.len(), batch.len());
            for result in reply.results.iter().filter(|one| one.id != mutation.id) {
                let is_applied = matches!(result.outcome, Outcome::Applied { .. });
                prop_assert!(is_applied, "a neighbour: {:?}", result.outcome);
            }
            let code = reply.results.iter().find_map(|one| match &one.outcome {
                Outcome::Rejected { code, reason } if one.id == mutation.id => {
                    Some((*code, reason))
                }
                _ => None,
            });
            // A rule refuses it, never a failure.
            let failed = code.is_some_and(|(code, _)| code == RejectCode::Other);
            prop_assert!(!failed, "{:?}: {:?}", code, mutation);

            let stands = desk.office.change(|db| {
                let all = Kind::ALL.map(|kind| db.records_of(kind).unwrap());
                let found = db.record(mutation.record).unwrap();
                // The log of what was not applied reads, whatever that holds.
                let logged = db.entry(mutation.id).unwrap();
                (all, found.map(|stored| stored.record), logged)
            });
            for stored in stands.0.iter().flatten() {
                prop_assert_eq!(reads(&stored.record), Ok(()), "{:?}", mutation);
            }
            let path = format!("/api/v1/visits/{}/history", record_of(&target));
            let history = desk.officer.get(&path).await.status().as_u16();
            prop_assert_eq!(history, 200, "{:?}", mutation);
            let path = format!("/api/v1/setaside/{}", mutation.id);
            let told = desk.admin.get(&path).await.status().as_u16();
            let is_set_aside = stands
                .2
                .as_ref()
                .is_some_and(|entry| !matches!(entry.answered, Answered::Applied(_)));
            prop_assert_eq!(told, if is_set_aside { 200 } else { 404 });

            // Both phones show what they have.
            for app in both.iter_mut() {
                app.sync().await;
                let shown = stands.1.as_ref().and_then(|record| match record.kind {
                    Kind::Visit if is_submitted(record) => Some(Request::Visit(record.id)),
                    Kind::Cooperative => Some(Request::Cooperative(record.id)),
                    _ => None,
                });
                if let Some(request) = shown {
                    prop_assert!(app.ask(request).is_ok(), "{:?}", stands.1);
                }
                let inbox = app.ask(Request::Inbox(InboxQuery::default()));
                prop_assert!(matches!(inbox, Ok(Reply::Inbox(_))));
            }
            Ok(())
        })
    });
    if let Err(why) = done {
        panic!("{why}");
    }
}

fn is_submitted(record: &Record) -> bool {
    record
        .fields
        .keys()
        .any(|name| name.starts_with("submission/"))
}
