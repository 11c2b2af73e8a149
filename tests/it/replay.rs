//! A request that comes once more, byte for byte, out of a log, a proxy or a retry that crossed its answer, changes nothing:
//! not a row of the database, not a byte of a photo, not the answer.

use std::collections::BTreeMap;

use anjangsana::{
    domain::Decision,
    store::api::{Keep, Request, ReviewDraft, Transfer},
    sync::wire::{MutationResult, Outcome, SYNC_PATH, SyncReply},
};
use rusqlite::{Connection, types::Value};

use crate::cutting_proxy::{Line, Proxy};
use crate::device_sync::{Phone, demo_office, local};
use crate::raw_http::{self, Answer};
use crate::server_attachments::photo;
use crate::server_office::Office;

/// Every row of every table but the sessions' last use, and every file of the attachments.
fn everything(office: &Office) -> BTreeMap<String, Vec<String>> {
    let db = Connection::open(office.folder().join("anjangsana.sqlite")).unwrap();
    let tables: Vec<String> = db
        .prepare("select name from sqlite_schema where type = 'table' and name not like 'sqlite_%'")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    let mut all: BTreeMap<_, _> = tables
        .into_iter()
        .map(|table| {
            let mut statement = db.prepare(&format!("select * from {table}")).unwrap();
            let columns = statement.column_count();
            let mut rows: Vec<String> = statement
                .query_map([], |row| {
                    let values: Result<Vec<Value>, _> =
                        (0..columns).map(|at| row.get(at)).collect();
                    Ok(format!("{:?}", values?))
                })
                .unwrap()
                .collect::<Result<_, _>>()
                .unwrap();
            rows.sort();
            (table, rows)
        })
        .collect();
    let mut files = Vec::new();
    let mut folders = vec![office.folder().join("attachments")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push(format!("{path:?} {:?}", std::fs::read(&path).unwrap()));
            }
        }
    }
    files.sort();
    all.insert("attachments".to_owned(), files);
    all
}

/// What was answered to the mutations of a request.
fn results(answer: &Answer) -> Vec<MutationResult> {
    let reply: SyncReply = serde_json::from_slice(&answer.body).unwrap();
    reply.results
}

/// The same answer once more: what was applied is said to have been, at the same revision.
fn is_the_same_answer(first: &Outcome, again: &Outcome) -> bool {
    match (first, again) {
        (
            Outcome::Applied { rev, .. } | Outcome::Duplicate { rev },
            Outcome::Duplicate { rev: then },
        ) => rev == then,
        // The record in it is the one that stands now.
        (Outcome::Conflict { .. }, Outcome::Conflict { .. }) => true,
        (first, again) => first == again,
    }
}

#[tokio::test]
async fn a_logged_session_sent_once_more_changes_nothing() {
    let (office, folder) = (demo_office().await, tempfile::tempdir().unwrap());
    local(async {
        let line = Proxy::before(office.address, Line::default()).await;
        let open = async |name: &str, user: &str| {
            let at = folder.path().join(name);
            // A login is a new session every time; what is logged begins behind it.
            let phone = Phone::new(&office, &at);
            phone.log_in(user).await;
            phone.ask(Request::Lock).await;
            let phone = Phone::at(&line.url(), &at);
            phone.unlock(user).await;
            phone
        };
        let one = open("one", "petugas1").await;
        let two = open("two", "petugas1").await;
        let desk = open("desk", "kabid").await;

        // A draft, edited on both phones; a conflict that the second phone decides for itself, and then goes on.
        let draft = one.start().await;
        one.answer(draft, "no_spt", "SPT-1").await;
        one.sync().await;
        two.sync().await;
        one.answer(draft, "no_spt", "SPT-satu").await;
        one.sync().await;
        two.answer(draft, "no_spt", "SPT-dua").await;
        two.sync().await;
        let conflict = two.queue().await.items.remove(0);
        assert_eq!(conflict.transfer, Transfer::Conflict);
        two.ask(Request::Resolve {
            mutation: conflict.mutation,
            keep: Keep::Mine,
        })
        .await;
        two.sync().await;
        two.answer(draft, "no_spt", "SPT-tiga").await;
        two.sync().await;
        // A visit that is refused, mended, sent with a photo, returned, corrected and approved.
        let visit = one.start().await;
        let submit = || Request::SubmitVisit {
            visit,
            result: None,
            judged: None,
        };
        one.ask(submit()).await;
        one.sync().await;
        let refused = one.queue().await.items.remove(0);
        one.ask(Request::FixRefused {
            mutation: refused.mutation,
        })
        .await;
        one.fill_short(visit).await;
        one.photographs(visit, "foto_lokasi", &photo(1, 30_000))
            .await;
        one.ask(submit()).await;
        one.sync().await;
        while one.photos_rest().await.waiting > 0 {
            one.ask(Request::SendPhotos).await;
        }
        for decision in [Decision::Return, Decision::Approve] {
            desk.sync().await;
            desk.ask(Request::Review {
                visit,
                submission: if decision == Decision::Return { 1 } else { 2 },
                decision,
                draft: ReviewDraft {
                    note: "Lengkapi".to_owned(),
                    ..ReviewDraft::default()
                },
            })
            .await;
            desk.sync().await;
            if decision == Decision::Return {
                one.sync().await;
                one.answer(visit, "lokasi_alasan", "Tertutup awan").await;
                one.ask(submit()).await;
                one.sync().await;
            }
        }
        for phone in [&one, &two, &desk] {
            phone.sync().await;
            assert!(phone.queue().await.items.is_empty());
            phone.ask(Request::Lock).await;
        }

        let requests: Vec<Vec<u8>> = line
            .log()
            .iter()
            .flat_map(|carried| raw_http::requests(&carried.up))
            .collect();
        let is = |request: &[u8], what: &str| raw_http::first_line(request).contains(what);
        for what in [SYNC_PATH, "POST /api/v1/attachments", "HEAD", "PATCH"] {
            let there = requests.iter().any(|request| is(request, what));
            assert!(there || what == "HEAD" || what == "PATCH", "{what}");
        }
        let before = everything(&office);
        let mut answers = Vec::new();
        for _ in 0..2 {
            let mut round = Vec::new();
            for request in &requests {
                round.push(raw_http::send(office.address, request).await);
            }
            let after = everything(&office);
            for (table, rows) in &before {
                assert_eq!(rows, &after[table], "{table}");
            }
            answers.push(round);
        }
        let (mut applied, mut kinds) = (0, [false; 3]);
        for (at, request) in requests.iter().enumerate() {
            let (first, again) = (&answers[0][at], &answers[1][at]);
            assert_eq!(first.status, again.status);
            assert!(first.status < 500, "{}", raw_http::first_line(request));
            if !is(request, SYNC_PATH) {
                continue;
            }
            assert_eq!(first.status, 200);
            let (first, again) = (results(first), results(again));
            assert_eq!(first.len(), again.len());
            for (first, again) in first.iter().zip(&again) {
                assert_eq!(first.id, again.id);
                assert!(
                    is_the_same_answer(&first.outcome, &again.outcome),
                    "{first:?} {again:?}"
                );
                match &first.outcome {
                    Outcome::Duplicate { .. } => kinds[0] = true,
                    Outcome::Conflict { .. } => kinds[1] = true,
                    Outcome::Rejected { .. } => kinds[2] = true,
                    Outcome::Applied { .. } => applied += 1,
                    Outcome::Unknown(said) => panic!("{said}"),
                }
            }
        }
        assert_eq!(
            (applied, kinds),
            (0, [true; 3]),
            "every kind of answer was in the log"
        );
        // What the second phone wrote last still stands.
        two.unlock("petugas1").await;
        two.sync().await;
        assert_eq!(two.visit(draft).await.visit.answers["no_spt"], "SPT-tiga");
    })
    .await;
}
