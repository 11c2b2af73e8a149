//! Who may call what.

use anjangsana::{
    domain::{Millis, Role, User, UserId},
    server::{
        Config, HistoryEntry, accounts, accounts::sessions, endpoints, guard::Access, machine,
        repo::sqlite, secret,
    },
    sync::wire::{
        ErrorCode, ErrorReply, LOGIN_PATH, LOGOUT_PATH, LoginReply, LoginRequest, MARK, ME_PATH,
    },
};
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::server_office::{Office, PAYUNG, TOBOALI, refused};
use anjangsana::sync::wire::RejectCode;

#[tokio::test]
async fn every_call_that_is_not_open_refuses_who_has_no_session() {
    let office = Office::open().await;
    let client = reqwest::Client::new();
    let mut open = Vec::new();
    for endpoint in endpoints() {
        if endpoint.access == Access::Open {
            open.push(endpoint.path);
            continue;
        }
        let path = endpoint
            .path
            .replace("{id}", &uuid(1))
            .replace("{name}", &format!("{}.jpg", "a".repeat(64)));
        for token in [None, Some("made-up"), Some("")] {
            let mut request = client.request(endpoint.method.clone(), office.url(&path));
            if let Some(token) = token {
                request = request.bearer_auth(token);
            }
            let response = request.send().await.unwrap();
            assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{path}");
            assert_eq!(response.headers()[MARK], "1", "{path}");
            if endpoint.method == Method::HEAD {
                continue;
            }
            let reply: ErrorReply = response.json().await.unwrap();
            assert_eq!(reply.code, ErrorCode::Unauthenticated, "{path}");
        }
    }
    assert_eq!(open, ["/healthz", "/readyz", LOGIN_PATH]);
}

fn uuid(n: u8) -> String {
    UserId::of_text(&n.to_string()).to_string()
}

#[tokio::test]
async fn a_session_ends_with_the_logout_and_only_that_one() {
    let office = Office::open().await;
    let phone = office.hire("ppl", Role::Officer, &[TOBOALI]);
    let other = office.log_in(&phone.user, "second");
    let me: User = phone.get(ME_PATH).await.json().await.unwrap();
    assert_eq!(me, phone.user);
    assert_eq!(phone.post(LOGOUT_PATH, &json!(null)).await.status(), 204);
    assert_eq!(phone.get(ME_PATH).await.status(), 401);
    assert_eq!(other.get(ME_PATH).await.status(), 200);
}

#[tokio::test]
async fn a_locked_user_is_out_at_once_everywhere() {
    let office = Office::open().await;
    let phone = office.hire("ppl", Role::Officer, &[TOBOALI]);
    office.change(|connection| accounts::disable(connection, "ppl", machine::now()).unwrap());
    assert_eq!(phone.get(ME_PATH).await.status(), 401);
}

#[tokio::test]
async fn a_session_unused_for_three_months_is_over() {
    let office = Office::open().await;
    let phone = office.hire("ppl", Role::Officer, &[TOBOALI]);
    let hash = secret::hash_token(&phone.token);
    let now = machine::now();
    office.change(|connection| {
        let found = |at| sessions::find(connection, &hash, at).unwrap();
        assert!(found(now.plus(sessions::IDLE - 60_000)).is_some());
        assert!(found(now.plus(sessions::IDLE + 60_000)).is_none());
    });
}

fn login(username: &str, password: &str, previous: &str) -> LoginRequest {
    LoginRequest {
        username: username.to_owned(),
        password: password.to_owned(),
        device: "Uji".to_owned(),
        previous: previous.to_owned(),
    }
}

async fn log_in(office: &Office, username: &str, password: &str) -> reqwest::Response {
    let client = reqwest::Client::new();
    let call = client.post(office.url(LOGIN_PATH));
    let request = login(username, password, "");
    call.json(&request).send().await.unwrap()
}

async fn office_with_password(password: &str) -> Office {
    Office::with(Config::default(), |connection| {
        let areas = accounts::scope(Role::Officer, &["Air Gegas".to_owned()]).unwrap();
        let place = (Role::Officer, areas);
        accounts::add(connection, "ppl", "Petugas", place, password, Millis(1)).unwrap();
    })
    .await
}

#[tokio::test]
async fn the_right_password_opens_a_session_and_a_wrong_one_tells_nothing() {
    let office = office_with_password("rahasia-sekali").await;
    let response = log_in(&office, " PPL ", "rahasia-sekali").await;
    assert_eq!(response.status(), 200);
    let reply: LoginReply = response.json().await.unwrap();
    assert_eq!(reply.user.username, "ppl");
    let client = reqwest::Client::new();
    let me = client.get(office.url(ME_PATH)).bearer_auth(&reply.token);
    assert_eq!(me.send().await.unwrap().status(), 200);
    // The token is nowhere in the database, only its hash.
    let stored = std::fs::read(office.folder().join(sqlite::FILE)).unwrap();
    let log = std::fs::read(office.folder().join("anjangsana.sqlite-wal")).unwrap();
    let token = reply.token.as_bytes();
    assert!(
        ![stored, log]
            .iter()
            .any(|file| file.windows(token.len()).any(|w| w == token))
    );

    let wrong = log_in(&office, "ppl", "rahasia-sekalI").await;
    let nobody = log_in(&office, "tidak-ada", "rahasia-sekali").await;
    assert_eq!(
        (wrong.status(), nobody.status()),
        (StatusCode::UNAUTHORIZED, StatusCode::UNAUTHORIZED)
    );
    let wrong: ErrorReply = wrong.json().await.unwrap();
    let nobody: ErrorReply = nobody.json().await.unwrap();
    assert_eq!(wrong, nobody);
    assert_eq!(wrong.code, ErrorCode::BadCredentials);
}

#[tokio::test]
async fn an_officer_outside_the_area_sees_nothing_and_is_refused() {
    let office = Office::open().await;
    let cooperative = office.cooperative("satu", TOBOALI);
    let mut inside = office.hire("dalam", Role::Officer, &[TOBOALI]);
    let mut outside = office.hire("luar", Role::Officer, &[PAYUNG]);
    let visit = inside.visit("kunjungan", cooperative, TOBOALI);
    inside.push(&visit).await;
    let submit = inside.edit("kunjungan", 99, json!({"submission/1": inside.mark()}));
    inside.push(&submit).await;

    let reply = outside.sync(&[]).await;
    assert!(reply.records.iter().all(|record| record.area.0.is_empty()));
    let theirs = outside.edit("kunjungan", 99, json!({"a/nama": "Diubah"}));
    assert_eq!(refused(&outside.push(&theirs).await), RejectCode::Forbidden);
    let new = outside.visit("lain", cooperative, TOBOALI);
    assert_eq!(refused(&outside.push(&new).await), RejectCode::Forbidden);

    let path = format!("/api/v1/visits/{}/history", visit.record);
    let response = outside.get(&path).await;
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    let reply: ErrorReply = response.json().await.unwrap();
    assert_eq!(reply.code, ErrorCode::Forbidden);
    let history: Vec<HistoryEntry> = inside.get(&path).await.json().await.unwrap();
    assert_eq!(history.len(), 2);
    assert!(history.iter().all(|entry| entry.by == Some(inside.user.id)));
    assert!(history[1].fields.contains_key("submission/1"));
}

#[tokio::test]
async fn a_draft_is_seen_by_its_officer_alone() {
    let office = Office::open().await;
    let cooperative = office.cooperative("satu", TOBOALI);
    let mut officer = office.hire("ppl", Role::Officer, &[TOBOALI]);
    let mut second = office.log_in(&officer.user, "second");
    let mut colleague = office.hire("rekan", Role::Officer, &[TOBOALI]);
    let mut supervisor = office.hire("kabid", Role::Supervisor, &[]);
    let visit = officer.visit("kunjungan", cooperative, TOBOALI);
    officer.push(&visit).await;
    let path = format!("/api/v1/visits/{}/history", visit.record);
    for other in [&mut colleague, &mut supervisor] {
        let reply = other.sync(&[]).await;
        assert!(reply.records.iter().all(|record| record.id != visit.record));
        assert_eq!(other.get(&path).await.status(), 403);
    }
    let reply = second.sync(&[]).await;
    assert!(reply.records.iter().any(|record| record.id == visit.record));

    let submit = officer.edit("kunjungan", 99, json!({"submission/1": officer.mark()}));
    officer.push(&submit).await;
    let reply = supervisor.sync(&[]).await;
    assert_eq!(reply.records.len(), 1);
    assert_eq!(reply.records[0].id, visit.record);
    assert_eq!(supervisor.get(&path).await.status(), 200);
}
