//! Whatever comes over the wire is answered, and never with a failure of the server: arbitrary bytes, and golden messages
//! changed in one place or several, at the calls that everybody or every device can reach.

use anjangsana::{
    domain::Role,
    server::{
        AppState, Config, router, secret,
        sqlite::{Database, session},
    },
    sync::wire::{LOGIN_PATH, SYNC_PATH},
};
use proptest::{
    prelude::*,
    test_runner::{Config as Cases, TestCaseError, TestRunner},
};
use serde_json::{Value, json};

use crate::server_office::Office;

const TOKEN: &str = "the token of the fuzzer";

/// A router in process, with somebody logged in.
struct Target {
    runtime: tokio::runtime::Runtime,
    router: axum::Router,
    _folder: tempfile::TempDir,
}

impl Target {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let folder = runtime.block_on(async {
            let office = Office::open().await;
            office.cooperative("satu", "19.03.01");
            let officer = office.hire("ppl", Role::Officer, &["19.03.01"]);
            office.change(|db| {
                let hash = secret::hash_token(TOKEN);
                let now = anjangsana::server::machine::now();
                session::begin(db, &hash, officer.user.id, "fuzz", now).unwrap();
            });
            office.close().await
        });
        let router = runtime.block_on(async {
            let database = Database::open(folder.path()).unwrap();
            router(AppState::new(database, Config::default()))
        });
        Self {
            runtime,
            router,
            _folder: folder,
        }
    }

    /// The status of the answer to a body.
    fn post(&self, path: &str, body: Vec<u8>) -> u16 {
        use tower::ServiceExt;
        let mut request = axum::http::Request::post(path)
            .header("content-type", "application/json")
            .header("authorization", format!("Bearer {TOKEN}"))
            .body(axum::body::Body::from(body))
            .unwrap();
        let address = std::net::SocketAddr::from(([127, 0, 0, 1], 9));
        request
            .extensions_mut()
            .insert(axum::extract::ConnectInfo(address));
        let router = self.router.clone();
        let answer = self.runtime.block_on(router.oneshot(request)).unwrap();
        answer.status().as_u16()
    }
}

fn golden() -> Vec<Value> {
    [
        include_str!("../fixtures/wire/sync_request_v1.json"),
        include_str!("../fixtures/wire/sync_request_v1_epoch.json"),
        include_str!("../fixtures/wire/login_request_v1.json"),
    ]
    .iter()
    .map(|text| serde_json::from_str(text).unwrap())
    .collect()
}

/// Values that are likely to hurt.
fn nasty() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!(null)),
        Just(json!(true)),
        Just(json!([])),
        Just(json!({})),
        Just(json!("")),
        Just(json!("\u{0}\u{fffd}\u{202e}")),
        Just(json!("x".repeat(30_000))),
        Just(json!("00000000-0000-0000-0000-000000000000")),
        Just(json!({"at": i64::MIN, "by": "01930571-0000-7000-8000-000000000001"})),
        any::<i64>().prop_map(|number| json!(number)),
        any::<u64>().prop_map(|number| json!(number)),
        any::<f64>().prop_map(|number| json!(number)),
        ".{0,12}".prop_map(|text| json!(text)),
        prop::sample::select(vec!["visit", "review", "cooperative", "person", "form"])
            .prop_map(|kind| json!(kind)),
    ]
}

/// Puts `value` at the `at`-th place of a message, or takes that place away, or gives an object a field more.
fn change(message: &mut Value, at: &mut usize, how: u8, value: &Value) -> bool {
    if *at == 0 {
        match (how % 3, message) {
            (1, Value::Object(members)) => {
                let name = value.as_str().unwrap_or("a/").chars().take(40).collect();
                members.insert(name, value.clone());
            }
            (2, Value::Object(members)) => {
                let first = members.keys().next().cloned();
                first.map(|name| members.remove(&name));
            }
            (2, Value::Array(items)) => {
                let again = items.first().cloned();
                items.extend(again);
            }
            (_, message) => *message = value.clone(),
        }
        return true;
    }
    *at -= 1;
    match message {
        Value::Array(items) => items.iter_mut().any(|item| change(item, at, how, value)),
        Value::Object(members) => members
            .values_mut()
            .any(|member| change(member, at, how, value)),
        _ => false,
    }
}

fn runner(cases: u32) -> TestRunner {
    TestRunner::new(Cases {
        cases,
        failure_persistence: None,
        ..Cases::default()
    })
}

fn is_an_answer(status: u16) -> Result<(), TestCaseError> {
    prop_assert!(status == 200 || (400..500).contains(&status), "{status}");
    Ok(())
}

#[test]
fn arbitrary_bytes_are_refused_and_never_break_the_server() {
    let target = Target::new();
    let bytes = prop::collection::vec(any::<u8>(), 0..400);
    runner(150)
        .run(&bytes, |bytes| {
            for path in [SYNC_PATH, LOGIN_PATH] {
                let status = target.post(path, bytes.clone());
                prop_assert!((400..500).contains(&status), "{path}: {status}");
            }
            Ok(())
        })
        .unwrap();
}

#[test]
fn golden_messages_changed_anywhere_get_an_answer_and_never_break_the_server() {
    let target = Target::new();
    let golden = golden();
    let changes = prop::collection::vec((0..30_usize, any::<u8>(), nasty()), 1..4);
    let message = (0..golden.len(), changes);
    runner(300)
        .run(&message, |(which, changes)| {
            let mut message = golden[which].clone();
            for (mut at, how, value) in changes {
                change(&mut message, &mut at, how, &value);
            }
            let path = if which == 2 { LOGIN_PATH } else { SYNC_PATH };
            is_an_answer(target.post(path, serde_json::to_vec(&message).unwrap()))
        })
        .unwrap();
}

#[test]
fn a_message_cut_anywhere_is_refused_as_a_whole() {
    let target = Target::new();
    for message in golden().into_iter().take(2) {
        let whole = serde_json::to_vec(&message).unwrap();
        for keep in (0..whole.len()).step_by(7) {
            let status = target.post(SYNC_PATH, whole[..keep].to_vec());
            assert_eq!(status, 400, "{keep} of {} bytes", whole.len());
        }
    }
}
