//! Whatever comes over the wire is answered, and never with a failure of the server: arbitrary bytes, golden messages changed
//! in one place or several, and uploads with any header and any bytes, at the calls that everybody or every device can reach.

use anjangsana::{
    domain::Role,
    server::{
        AppState, Config,
        repo::{Accounts, Database},
        router, secret,
    },
    sync::wire::{ATTACHMENTS_PATH, LOGIN_PATH, MARK, PIECE, SYNC_PATH, TUS},
};
use axum::http::{HeaderName, HeaderValue, Method};
use base64::Engine;
use proptest::{
    prelude::*,
    test_runner::{Config as Cases, TestCaseError, TestRunner},
};
use serde_json::{Value, json};

use crate::server_attachments::{name_of, photo};
use crate::server_office::Office;

const TOKEN: &str = "the token of the fuzzer";

/// A router in process, with somebody logged in.
struct Target {
    runtime: tokio::runtime::Runtime,
    router: axum::Router,
    folder: tempfile::TempDir,
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
                db.begin_session(&hash, officer.user.id, "fuzz", now)
                    .unwrap();
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
            folder,
        }
    }

    /// The status of the answer to a body.
    fn post(&self, path: &str, body: Vec<u8>) -> u16 {
        let json = HeaderValue::from_static("application/json");
        let headers = vec![(axum::http::header::CONTENT_TYPE, json)];
        self.send(Method::POST, path, headers, body)
    }

    fn send(
        &self,
        method: Method,
        path: &str,
        headers: Vec<(HeaderName, HeaderValue)>,
        body: Vec<u8>,
    ) -> u16 {
        use tower::ServiceExt;
        let mut request = axum::http::Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {TOKEN}"))
            .body(axum::body::Body::from(body))
            .unwrap();
        request.headers_mut().extend(headers);
        let address = std::net::SocketAddr::from(([127, 0, 0, 1], 9));
        request
            .extensions_mut()
            .insert(axum::extract::ConnectInfo(address));
        let router = self.router.clone();
        let answer = self.runtime.block_on(router.oneshot(request)).unwrap();
        assert_eq!(answer.headers()[MARK], "1");
        answer.status().as_u16()
    }
}

fn golden() -> Vec<Value> {
    [
        include_str!("../fixtures/wire/sync_request_v1.json"),
        include_str!("../fixtures/wire/sync_request_v1_epoch.json"),
        include_str!("../fixtures/wire/sync_request_v1_packed.json"),
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

/// A text of a header: what belongs there, what nearly does, or anything that a header may hold.
fn text_of(right: Vec<String>) -> impl Strategy<Value = Vec<u8>> {
    let nearly = prop::sample::select(right.clone()).prop_flat_map(|text| {
        (0..=text.len(), prop::collection::vec(32..127_u8, 0..4)).prop_map(move |(at, more)| {
            let mut bytes = text.clone().into_bytes();
            bytes.splice(at.min(bytes.len())..bytes.len(), more);
            bytes
        })
    });
    prop_oneof![
        6 => prop::sample::select(right).prop_map(String::into_bytes),
        1 => nearly,
        1 => prop::sample::select(vec!["", "-1", "1e3", " 7", "18446744073709551615", "18446744073709551616", "0x10", "9"])
            .prop_map(|text| text.as_bytes().to_vec()),
        1 => prop::collection::vec(prop_oneof![32..127_u8, 128..=255_u8], 0..60),
    ]
}

/// One call about an upload: mostly by the protocol, and off it in a place or two.
#[derive(Clone, Debug)]
struct Call {
    method: Method,
    path: String,
    headers: Vec<(&'static str, Option<Vec<u8>>)>,
    body: Vec<u8>,
}

fn calls(photos: &[Vec<u8>]) -> impl Strategy<Value = Call> + use<> {
    let base64 = |bytes: &[u8]| base64::engine::general_purpose::STANDARD.encode(bytes);
    let names: Vec<String> = photos
        .iter()
        .map(|photo| name_of(photo).to_string())
        .collect();
    let metadata: Vec<String> = names
        .iter()
        .map(|name| format!("name {}", base64(name.as_bytes())))
        .collect();
    let mut pieces: Vec<Vec<u8>> = photos.to_vec();
    pieces.extend(photos.iter().flat_map(|photo| {
        let (one, two) = photo.split_at(photo.len() / 2);
        [one.to_vec(), two.to_vec()]
    }));
    let sums: Vec<String> = pieces
        .iter()
        .map(|piece| {
            use sha2::Digest;
            format!("sha256 {}", base64(&sha2::Sha256::digest(piece)))
        })
        .chain([format!("sha1 {}", base64(&[7; 20])), "md5 abc".to_owned()])
        .collect();
    let numbers: Vec<String> = [0, 1, 99, 100, 101, 200, 300, 400, 10_000_001]
        .iter()
        .map(ToString::to_string)
        .collect();
    let methods = [
        "POST", "PATCH", "HEAD", "DELETE", "GET", "OPTIONS", "PUT", "post",
    ];
    let method = prop_oneof![
        4 => prop::sample::select(vec!["POST", "PATCH", "PATCH"]),
        2 => prop::sample::select(methods.to_vec()),
    ];
    let path = prop_oneof![
        2 => Just(ATTACHMENTS_PATH.to_owned()),
        4 => prop::sample::select(names).prop_map(|name| format!("{ATTACHMENTS_PATH}/{name}")),
        1 => "[a-z0-9.%/]{0,90}".prop_map(|name| format!("{ATTACHMENTS_PATH}/{}", name.replace('%', "%2e"))),
    ];
    let header = |right: Vec<String>| prop::option::weighted(0.9, text_of(right));
    let texts = |right: &[&str]| {
        right
            .iter()
            .map(|text| (*text).to_owned())
            .collect::<Vec<_>>()
    };
    let headers = (
        header(texts(&[TUS])),
        header(numbers.clone()),
        header(numbers),
        header(metadata),
        prop::option::weighted(0.3, text_of(sums)),
        header(texts(&[PIECE])),
        prop::option::weighted(0.1, text_of(texts(&["identity", "gzip"]))),
    );
    let body = prop_oneof![
        4 => prop::sample::select(pieces),
        1 => Just(Vec::new()),
        1 => prop::collection::vec(any::<u8>(), 0..400),
    ];
    (method, path, headers, body).prop_map(|(method, path, headers, body)| Call {
        method: Method::from_bytes(method.as_bytes()).unwrap(),
        path,
        headers: vec![
            ("tus-resumable", headers.0),
            ("upload-length", headers.1),
            ("upload-offset", headers.2),
            ("upload-metadata", headers.3),
            ("upload-checksum", headers.4),
            ("content-type", headers.5),
            ("content-encoding", headers.6),
        ],
        body,
    })
}

/// Every whole attachment under a folder.
fn whole(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    entries
        .flat_map(|entry| {
            let path = entry.unwrap().path();
            if path.is_dir() {
                whole(&path)
            } else {
                vec![path]
            }
        })
        .collect()
}

#[test]
fn uploads_with_any_header_and_any_bytes_get_an_answer_and_keep_nothing_wrong() {
    let target = Target::new();
    let photos = [photo(1, 100), photo(2, 200), photo(3, 400)];
    let seen = std::cell::RefCell::new(std::collections::BTreeMap::new());
    runner(2_500)
        .run(&calls(&photos), |call| {
            let headers = call.headers.iter().filter_map(|(name, text)| {
                let value = HeaderValue::from_bytes(text.as_ref()?).ok()?;
                Some((HeaderName::from_static(name), value))
            });
            let status = target.send(
                call.method.clone(),
                &call.path,
                headers.collect(),
                call.body.clone(),
            );
            *seen.borrow_mut().entry(status).or_insert(0) += 1;
            prop_assert!(
                (200..300).contains(&status) || (400..500).contains(&status),
                "{status}"
            );
            Ok(())
        })
        .unwrap();
    let seen = seen.into_inner();
    // It got far enough to try every step: begun, a piece taken, refused for its place, its sum and its kind.
    for status in [201, 204, 400, 404, 409, 412, 415, 460] {
        assert!(seen.contains_key(&status), "{status} of {seen:?}");
    }
    for file in whole(&target.folder.path().join("attachments/whole")) {
        let bytes = std::fs::read(&file).unwrap();
        let name = file.file_name().unwrap().to_string_lossy();
        assert_eq!(name_of(&bytes).as_str(), name);
    }
}
