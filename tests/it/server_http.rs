//! What stands around every call: limits, packing, headers, the app's files.

use std::io::Write;

use anjangsana::{
    domain::Role,
    server::{CSP, Config},
    sync::wire::{ErrorCode, ErrorReply, LOGIN_PATH, MARK, ME_PATH, SYNC_PATH, SyncReply},
};
use flate2::{Compression, write::GzEncoder};
use reqwest::{Response, StatusCode};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::server_office::{Office, Phone, TOBOALI};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::default());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

async fn send(phone: &Phone, office: &Office, headers: &[(&str, &str)], body: Vec<u8>) -> Response {
    let mut request = phone
        .client
        .post(office.url(SYNC_PATH))
        .bearer_auth(&phone.token);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(body).send().await.unwrap()
}

async fn code(response: Response) -> ErrorCode {
    assert_eq!(response.headers()[MARK], "1");
    response.json::<ErrorReply>().await.unwrap().code
}

const JSON: (&str, &str) = ("content-type", "application/json");
const GZIP: (&str, &str) = ("content-encoding", "gzip");

#[tokio::test]
async fn a_packed_request_is_understood_and_a_long_answer_is_packed() {
    let office = Office::open().await;
    for n in 0..50 {
        office.cooperative(&format!("k{n}"), TOBOALI);
    }
    let officer = office.hire("ppl", Role::Officer, &[TOBOALI]);
    let body = gzip(&serde_json::to_vec(&officer.request(&[])).unwrap());
    let response = send(
        &officer,
        &office,
        &[JSON, GZIP, ("accept-encoding", "gzip")],
        body.clone(),
    )
    .await;
    assert_eq!(response.status(), 200);
    let reply: SyncReply = response.json().await.unwrap();
    assert_eq!(reply.records.len(), 52);
    // reqwest unpacks in silence: the bytes themselves are looked at here.
    let raw = raw_exchange(&office, &officer, "accept-encoding: gzip\r\n", &[]).await;
    let text = String::from_utf8_lossy(&raw);
    assert!(text.to_lowercase().contains("content-encoding: gzip"));
}

/// A sync with the least of headers, byte by byte: the answer as it stands on the wire.
async fn raw_exchange(office: &Office, phone: &Phone, headers: &str, body: &[u8]) -> Vec<u8> {
    let request = serde_json::to_vec(&phone.request(&[])).unwrap();
    let body = if body.is_empty() { &request } else { body };
    let head = format!(
        "POST {SYNC_PATH} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\nconnection: close\r\n{headers}\r\n",
        office.address,
        phone.token,
        body.len()
    );
    let mut stream = TcpStream::connect(office.address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(body).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let sent = head.len() + body.len();
    answer.extend_from_slice(format!("\n{sent}").as_bytes());
    answer
}

#[tokio::test]
async fn nothing_new_costs_one_request_and_less_than_a_kilobyte() {
    let office = Office::open().await;
    office.cooperative("satu", TOBOALI);
    let mut officer = office.hire("ppl", Role::Officer, &[TOBOALI]);
    officer.sync(&[]).await;
    let exchange = raw_exchange(&office, &officer, "accept-encoding: gzip\r\n", &[]).await;
    let text = String::from_utf8(exchange).unwrap();
    let (answer, sent) = text.rsplit_once('\n').unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"));
    assert!(answer.contains("\"digest\""));
    let total = answer.len() + sent.parse::<usize>().unwrap();
    assert!(total < 1_000, "{total} bytes:\n{text}");
}

/// What is wrong, the headers, the body, and what is answered.
type Case = (
    &'static str,
    Vec<(&'static str, &'static str)>,
    Vec<u8>,
    StatusCode,
    ErrorCode,
);

#[tokio::test]
async fn what_does_not_fit_gets_a_clear_answer() {
    let office = Office::open().await;
    let officer = office.hire("ppl", Role::Officer, &[TOBOALI]);
    let good = serde_json::to_vec(&officer.request(&[])).unwrap();
    let cases: Vec<Case> = vec![
        (
            "no JSON",
            vec![JSON],
            b"{".to_vec(),
            StatusCode::BAD_REQUEST,
            ErrorCode::Malformed,
        ),
        (
            "another JSON",
            vec![JSON],
            b"[1]".to_vec(),
            StatusCode::BAD_REQUEST,
            ErrorCode::Malformed,
        ),
        (
            "nothing",
            vec![JSON],
            Vec::new(),
            StatusCode::BAD_REQUEST,
            ErrorCode::Malformed,
        ),
        (
            "a form",
            vec![("content-type", "text/plain")],
            good.clone(),
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            ErrorCode::Malformed,
        ),
        (
            "unknown packing",
            vec![JSON, ("content-encoding", "br")],
            good.clone(),
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            ErrorCode::Malformed,
        ),
        (
            "no gzip",
            vec![JSON, GZIP],
            good.clone(),
            StatusCode::BAD_REQUEST,
            ErrorCode::Malformed,
        ),
        (
            "cut gzip",
            vec![JSON, GZIP],
            gzip(&good)[..20].to_vec(),
            StatusCode::BAD_REQUEST,
            ErrorCode::Malformed,
        ),
        (
            "too long",
            vec![JSON],
            vec![b' '; 2_000_001],
            StatusCode::PAYLOAD_TOO_LARGE,
            ErrorCode::TooLarge,
        ),
        (
            "a bomb",
            vec![JSON, GZIP],
            gzip(&vec![b' '; 30_000_000]),
            StatusCode::PAYLOAD_TOO_LARGE,
            ErrorCode::TooLarge,
        ),
    ];
    for (what, headers, body, status, wanted) in cases {
        let response = send(&officer, &office, &headers, body).await;
        assert_eq!(response.status(), status, "{what}");
        assert_eq!(code(response).await, wanted, "{what}");
    }
    let many: Vec<_> = (0..101)
        .map(|n| officer.edit(&n.to_string(), 0, json!({})))
        .collect();
    let response = officer.post(SYNC_PATH, &officer.request(&many)).await;
    assert_eq!(response.status(), 413);
    assert_eq!(code(response).await, ErrorCode::TooLarge);
    let mut nameless = serde_json::to_value(officer.request(&[])).unwrap();
    nameless["mutations"] = json!([{"kind": "visit"}]);
    assert_eq!(officer.post(SYNC_PATH, &nameless).await.status(), 400);
}

#[tokio::test]
async fn an_error_never_repeats_what_was_sent() {
    let office = Office::open().await;
    let client = reqwest::Client::new();
    let call = client
        .post(office.url(LOGIN_PATH))
        .header("content-type", "application/json");
    let response = call
        .body(r#"{"username": "ppl", "password": 1234567890123}"#)
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 400);
    assert!(!response.text().await.unwrap().contains("1234567890123"));
}

#[tokio::test]
async fn an_unknown_call_is_told_so_in_json() {
    let office = Office::open().await;
    let client = reqwest::Client::new();
    for path in ["/api", "/api/v1/nothing", "/api/v2/sync"] {
        let call = client.get(office.url(path)).header("accept", "text/html");
        let response = call.send().await.unwrap();
        assert_eq!(response.status(), 404, "{path}");
        assert_eq!(code(response).await, ErrorCode::NotFound);
    }
    let response = client.get(office.url(SYNC_PATH)).send().await.unwrap();
    assert_eq!(response.status(), 405);
    assert_eq!(code(response).await, ErrorCode::NotFound);
}

#[tokio::test]
async fn the_server_says_whether_it_lives_and_can_work() {
    let office = Office::open().await;
    for path in ["/healthz", "/readyz"] {
        let response = reqwest::get(office.url(path)).await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
    }
}

async fn office_with_app(https: bool) -> (Office, tempfile::TempDir) {
    let web = tempfile::tempdir().unwrap();
    std::fs::create_dir(web.path().join("assets")).unwrap();
    let page = "<!doctype html><title>Anjangsana</title>";
    for (name, text) in [
        ("index.html", page),
        ("sw.js", "self.x = 1"),
        ("manifest.webmanifest", "{}"),
        ("assets/app-0123.js", "let app;"),
        ("assets/app-0123.wasm", "\0asm"),
    ] {
        std::fs::write(web.path().join(name), text).unwrap();
        std::fs::write(web.path().join(format!("{name}.gz")), gzip(text.as_bytes())).unwrap();
    }
    std::fs::write(web.path().join("assets/app-0123.js.br"), "brotli").unwrap();
    let config = Config {
        web: Some(web.path().to_owned()),
        https,
        behind_proxy: false,
    };
    (Office::with(config, |_| {}).await, web)
}

async fn fetch(office: &Office, path: &str, headers: &[(&str, &str)]) -> Response {
    let mut call = reqwest::Client::new().get(office.url(path));
    for (name, value) in headers {
        call = call.header(*name, *value);
    }
    call.send().await.unwrap()
}

#[tokio::test]
async fn a_link_into_the_app_gets_its_page_and_a_missing_file_does_not() {
    let (office, _web) = office_with_app(false).await;
    for path in [
        "/",
        "/index.html",
        "/koperasi",
        "/kunjungan/0190a000-0000-7000-8000-000000000001/isi",
    ] {
        let response = fetch(&office, path, &[("accept", "text/html,*/*")]).await;
        assert_eq!(response.status(), 200, "{path}");
        assert_eq!(response.headers()["content-type"], "text/html", "{path}");
        assert_eq!(response.headers()["cache-control"], "no-cache", "{path}");
        assert!(
            response.text().await.unwrap().contains("Anjangsana"),
            "{path}"
        );
    }
    for path in [
        "/assets/app-9999.js",
        "/favicon.png",
        "/assets/nothing",
        "/../Cargo.toml",
    ] {
        let response = fetch(&office, path, &[("accept", "*/*")]).await;
        assert_eq!(response.status(), 404, "{path}");
    }
    assert_eq!(
        fetch(&office, "/assets/app-9999.js", &[("accept", "text/html")])
            .await
            .status(),
        404
    );
    assert_eq!(
        fetch(&office, "/koperasi", &[("accept", "application/json")])
            .await
            .status(),
        404
    );
    let client = reqwest::Client::new();
    let response = client.post(office.url("/koperasi")).send().await.unwrap();
    assert_eq!(response.status(), 405);
}

#[tokio::test]
async fn files_with_a_hash_hold_for_ever_and_the_others_are_asked_for_again() {
    let (office, _web) = office_with_app(false).await;
    for (path, kind, holds) in [
        (
            "/assets/app-0123.js",
            "text/javascript",
            "public, max-age=31536000, immutable",
        ),
        (
            "/assets/app-0123.wasm",
            "application/wasm",
            "public, max-age=31536000, immutable",
        ),
        ("/assets/app-9999.js", "application/json", "no-cache"),
        ("/sw.js", "text/javascript", "no-cache"),
        (
            "/manifest.webmanifest",
            "application/manifest+json",
            "no-cache",
        ),
    ] {
        let response = fetch(&office, path, &[]).await;
        assert_eq!(response.headers()["content-type"], kind, "{path}");
        assert_eq!(response.headers()["cache-control"], holds, "{path}");
    }
    let response = fetch(
        &office,
        "/assets/app-0123.js",
        &[("accept-encoding", "gzip, br")],
    )
    .await;
    assert_eq!(response.headers()["content-encoding"], "br");
    assert_eq!(response.text().await.unwrap(), "brotli");
    // Raw, because the client would unpack it and hide the header.
    let mut stream = TcpStream::connect(office.address).await.unwrap();
    let head = "GET /koperasi HTTP/1.1\r\nhost: x\r\naccept: text/html\r\naccept-encoding: gzip\r\nconnection: close\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let text = String::from_utf8_lossy(&answer).to_lowercase();
    assert_eq!(text.matches("content-encoding: gzip").count(), 1, "{text}");
}

#[tokio::test]
async fn pages_may_do_only_what_the_app_needs() {
    let (office, _web) = office_with_app(false).await;
    for path in ["/", "/assets/app-0123.js", "/healthz", "/nothing.png"] {
        let response = fetch(&office, path, &[("accept", "text/html")]).await;
        let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(header(MARK), "1", "{path}");
        assert_eq!(header("content-security-policy"), CSP, "{path}");
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("referrer-policy"), "no-referrer");
        assert_eq!(header("cross-origin-opener-policy"), "same-origin");
        assert!(header("permissions-policy").contains("geolocation=(self)"));
        assert!(!response.headers().contains_key("strict-transport-security"));
    }
    assert!(CSP.contains("script-src 'self' 'wasm-unsafe-eval';"));
    assert!(!CSP.contains("unsafe-inline"));
    let response = fetch(&office, ME_PATH, &[]).await;
    let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("content-security-policy"), "sandbox");
    assert_eq!(header("cache-control"), "no-store");
    let (secure, _web) = office_with_app(true).await;
    let response = fetch(&secure, "/", &[]).await;
    assert!(response.headers().contains_key("strict-transport-security"));
}

#[tokio::test]
async fn a_request_that_runs_is_answered_before_the_server_ends() {
    let office = Office::open().await;
    let cooperative = office.cooperative("satu", TOBOALI);
    let mut officer = office.hire("ppl", Role::Officer, &[TOBOALI]);
    // Half a request is on its way when the server is told to stop.
    let visit = officer.visit("kunjungan", cooperative, TOBOALI);
    let body = serde_json::to_vec(&officer.request(&[visit])).unwrap();
    let head = format!(
        "POST {SYNC_PATH} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n",
        officer.token,
        body.len()
    );
    let mut stream = TcpStream::connect(office.address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&body[..10]).await.unwrap();
    // Another one on another connection shows that the first is in the server's hands by now.
    officer.sync(&[]).await;
    let closing = tokio::spawn(office.close());
    stream.write_all(&body[10..]).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 200"));
    let folder = closing.await.unwrap();
    let connection = anjangsana::server::repo::sqlite::open(folder.path()).unwrap();
    let sql = "select count(*) from record where kind = 'visit'";
    let visits: i64 = connection.query_row(sql, [], |row| row.get(0)).unwrap();
    assert_eq!(visits, 1);
}
