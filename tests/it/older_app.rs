//! Phones stay on an old app for months. One that speaks an older protocol keeps syncing, by requests that were frozen when it
//! was made; one that is too old is told so, keeps everything, and sends it once it is updated.

use std::io::Write;

use anjangsana::{
    domain::{AreaCode, Kind, Millis, RecordId, Role, Scope, User},
    server::{
        Config, demo,
        forms::{self, Sheets},
        office::{self, OfficeChange},
        repo::{Accounts, Records, accounts::Account},
        router, secret,
    },
    store::api::{Request, SyncPhase},
    sync::wire::{OLDEST_PROTOCOL, PROTOCOL, SYNC_PATH},
};
use axum::{body::Body, extract::Request as HttpRequest, middleware::Next};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::device_sync::{Phone, demo_office, local};
use crate::raw_http::{self, Answer};
use crate::server_office::{Office, TOBOALI};

/// What an app of protocol 1 reads of an answer: every field that it cannot do without. Never to be changed.
mod v1 {
    use super::{Deserialize, Value};

    #[derive(Deserialize)]
    pub(super) struct Login {
        pub(super) token: String,
        pub(super) user: User,
        #[serde(rename = "server_time")]
        pub(super) _server_time: i64,
    }

    #[derive(Deserialize)]
    pub(super) struct User {
        pub(super) id: String,
        pub(super) username: String,
        #[serde(rename = "name")]
        pub(super) _name: String,
        pub(super) role: String,
        pub(super) scope: Value,
    }

    #[derive(Deserialize)]
    pub(super) struct Sync {
        pub(super) protocol: u32,
        #[serde(rename = "server_time")]
        pub(super) _server_time: i64,
        #[serde(default)]
        pub(super) results: Vec<Outcome>,
        #[serde(default)]
        pub(super) records: Vec<Record>,
        pub(super) cursor: u64,
        pub(super) more: bool,
        pub(super) scope: String,
        pub(super) user: Option<User>,
        pub(super) digest: Option<Digest>,
        pub(super) limits: Limits,
    }

    #[derive(Deserialize)]
    pub(super) struct Outcome {
        pub(super) id: String,
        pub(super) outcome: String,
        pub(super) rev: Option<u64>,
        pub(super) exact: Option<bool>,
        pub(super) code: Option<String>,
        pub(super) reason: Option<String>,
    }

    #[derive(Deserialize)]
    pub(super) struct Record {
        pub(super) kind: String,
        pub(super) id: String,
        pub(super) rev: u64,
        pub(super) fields: serde_json::Map<String, Value>,
    }

    #[derive(Deserialize)]
    pub(super) struct Digest {
        pub(super) count: u64,
        pub(super) rev_sum: u64,
    }

    #[derive(Deserialize)]
    pub(super) struct Limits {
        pub(super) mutations: u32,
        pub(super) bytes: u32,
    }
}

const OFFICER: &str = "01930571-0000-7000-8000-000000000001";
const VISIT: &str = "01930571-0000-7000-8000-0000000000b1";
const COOPERATIVE: &str = "01930571-0000-7000-8000-0000000000c1";

/// The office that the frozen requests speak of.
async fn office_of_then() -> Office {
    Office::with(Config::default(), |db| {
        let sheets = Sheets {
            survey: "type,name,label,required\ntext,nama,Nama,yes\ntext,catatan,Catatan,\ntext,lain,Lain,\n",
            choices: "list_name,name,label\n",
            settings: "form_id,form_title,version\nuji,Uji,1\n",
        };
        forms::publish(db, sheets, Millis(1)).unwrap();
        let area = AreaCode(TOBOALI.to_owned());
        let officer = User {
            id: OFFICER.parse().unwrap(),
            username: "petugas1".to_owned(),
            name: "Petugas CONTOH".to_owned(),
            role: Role::Officer,
            scope: Scope::Areas(vec![area.clone()]),
        };
        let account = Account {
            user: officer.clone(),
            password: secret::hash_password(demo::PASSWORD).unwrap(),
            disabled: false,
        };
        db.add_account(&account, Millis(1)).unwrap();
        office::introduce(db, &officer, Millis(1)).unwrap();
        let fields = serde_json::from_value(json!({"Koperasi": "Koperasi CONTOH"})).unwrap();
        let id = COOPERATIVE.parse().unwrap();
        let change = OfficeChange::new(Kind::Cooperative, id, area, fields, Millis(1));
        office::apply(db, change).unwrap();
    })
    .await
}

/// An app of protocol 1, as far as it remembers anything.
#[derive(Default)]
struct OldApp {
    token: String,
    cursor: u64,
    scope: String,
    rev: u64,
}

impl OldApp {
    /// Sends a frozen request, with what the server said before in its places.
    async fn sends(&self, office: &Office, frozen: &str) -> Answer {
        let text = frozen
            .replace("{token}", &self.token)
            .replace("{cursor}", &self.cursor.to_string())
            .replace("{scope}", &self.scope)
            .replace("{rev}", &self.rev.to_string());
        let (head, body) = text.split_once("\n\n").unwrap();
        let mut body = body.trim_end_matches('\n').as_bytes().to_vec();
        if head.contains("content-encoding: gzip") {
            let mut packer = flate2::write::GzEncoder::new(Vec::new(), Default::default());
            packer.write_all(&body).unwrap();
            body = packer.finish().unwrap();
        }
        let head = head.replace('\n', "\r\n");
        let head = format!("{head}\r\ncontent-length: {}\r\n\r\n", body.len());
        let request = [head.into_bytes(), body].concat();
        let answer = raw_http::send(office.address, &request).await;
        assert_eq!(answer.headers["anjangsana"], "1");
        answer
    }

    async fn syncs(&mut self, office: &Office, frozen: &str) -> v1::Sync {
        let answer = self.sends(office, frozen).await;
        assert_eq!(answer.status, 200);
        let reply: v1::Sync = serde_json::from_slice(&answer.body).unwrap();
        assert!(reply.protocol >= 1 && reply.limits.mutations > 0 && reply.limits.bytes > 0);
        assert!(!reply.more);
        self.cursor = reply.cursor;
        self.scope.clone_from(&reply.scope);
        if let Some(rev) = reply.results.first().and_then(|one| one.rev) {
            self.rev = rev;
        }
        reply
    }
}

#[tokio::test]
async fn an_app_of_protocol_1_keeps_syncing_by_the_requests_that_were_frozen_when_it_was_made() {
    const {
        assert!(
            OLDEST_PROTOCOL == 1,
            "a server answers protocol n and the one before it"
        )
    };
    let office = office_of_then().await;
    let mut app = OldApp::default();
    let frozen = include_str!("../fixtures/wire/session_v1/1_login.http");
    let answer = app.sends(&office, frozen).await;
    assert_eq!(answer.status, 200);
    let login: v1::Login = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(
        (&*login.user.id, &*login.user.username),
        (OFFICER, "petugas1")
    );
    assert_eq!(login.user.role, "officer");
    app.token = login.token;

    let frozen = include_str!("../fixtures/wire/session_v1/2_first_sync.http");
    let first = app.syncs(&office, frozen).await;
    assert_eq!(first.user.unwrap().scope, json!({"areas": [TOBOALI]}));
    let kinds: Vec<&str> = first.records.iter().map(|one| &*one.kind).collect();
    assert!(
        kinds.contains(&"cooperative") && kinds.contains(&"form"),
        "{kinds:?}"
    );
    let digest = first.digest.unwrap();
    assert_eq!(digest.count, first.records.len() as u64);
    assert_eq!(
        digest.rev_sum,
        first.records.iter().map(|one| one.rev).sum::<u64>()
    );
    let cooperative = first.records.iter().find(|one| one.id == COOPERATIVE);
    assert_eq!(cooperative.unwrap().fields["Koperasi"], "Koperasi CONTOH");

    let frozen = include_str!("../fixtures/wire/session_v1/3_draft.http");
    let draft = app.syncs(&office, frozen).await;
    let [result] = &draft.results[..] else {
        panic!("one answer")
    };
    assert_eq!(result.id, "01930571-0000-7000-8000-0000000000a1");
    assert_eq!((&*result.outcome, result.exact), ("applied", Some(true)));

    let frozen = include_str!("../fixtures/wire/session_v1/4_refused.http");
    let refused = app.syncs(&office, frozen).await;
    let result = &refused.results[0];
    assert_eq!(
        (&*result.outcome, result.code.as_deref()),
        ("rejected", Some("incomplete"))
    );
    assert!(result.reason.as_ref().unwrap().contains("Nama"));

    let mut revs = Vec::new();
    for (frozen, outcome) in [
        (
            include_str!("../fixtures/wire/session_v1/5_submitted.http"),
            "applied",
        ),
        (
            include_str!("../fixtures/wire/session_v1/6_sent_again.http"),
            "duplicate",
        ),
    ] {
        let base = app.rev;
        let sent = app.syncs(&office, frozen).await;
        assert_eq!(sent.results[0].outcome, outcome);
        revs.push(sent.results[0].rev.unwrap());
        // The answer was lost on the way: what is sent again is what was sent.
        app.rev = base;
    }
    assert!(revs[0] == revs[1] && revs[0] > app.rev, "{revs:?}");

    let begun = include_str!("../fixtures/wire/session_v1/7_photo_begun.http");
    let begun = app.sends(&office, begun).await;
    assert_eq!(
        (begun.status, &*begun.headers["upload-offset"]),
        (201, "13")
    );
    let look = include_str!("../fixtures/wire/session_v1/8_photo_looked_at.http");
    let look = app.sends(&office, look).await;
    assert_eq!((look.status, &*look.headers["upload-offset"]), (200, "13"));
    assert_eq!(look.headers["upload-length"], "24");
    let ended = include_str!("../fixtures/wire/session_v1/9_photo_ended.http");
    let ended = app.sends(&office, ended).await;
    assert_eq!(
        (ended.status, &*ended.headers["upload-offset"]),
        (204, "24")
    );

    let visit: RecordId = VISIT.parse().unwrap();
    let fields = office.change(|db| db.record(visit).unwrap().unwrap().record.fields);
    assert_eq!(fields["a/nama"], "Hasan");
    assert!(!fields.contains_key("a/catatan") && fields.contains_key("submission/1"));
    let name = fields["a/lain"].as_str().unwrap().parse().unwrap();
    let photo = crate::device_uploads::whole(&office, &name).unwrap();
    assert_eq!(photo, b"%PDF-1.4 contoh %%EOF...");
}

/// The office behind a server that hears every sync in a protocol from before the first.
async fn server_of_the_future(office: &Office) -> String {
    async fn as_from_before(request: HttpRequest, next: Next) -> axum::response::Response {
        if request.uri().path() != SYNC_PATH {
            return next.run(request).await;
        }
        let (mut parts, _) = request.into_parts();
        for header in ["content-encoding", "content-length"] {
            parts.headers.remove(header);
        }
        let body = json!({
            "protocol": 0, "device": "01930571-0000-7000-8000-00000000000d", "sent_at": 1, "cursor": 0,
        });
        next.run(HttpRequest::from_parts(parts, Body::from(body.to_string())))
            .await
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let service = router(office.state.clone())
        .layer(axum::middleware::from_fn(as_from_before))
        .into_make_service_with_connect_info::<std::net::SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await });
    format!("http://{address}")
}

#[tokio::test]
async fn an_app_that_is_too_old_keeps_all_works_on_and_sends_it_once_it_is_updated() {
    let (office, folder) = (demo_office().await, tempfile::tempdir().unwrap());
    local(async {
        let phone = Phone::new(&office, folder.path());
        phone.log_in("petugas1").await;
        phone.ask(Request::Lock).await;

        let phone = Phone::at(&server_of_the_future(&office).await, folder.path());
        phone.unlock("petugas1").await;
        let visit = phone.start().await;
        phone.answer(visit, "no_spt", "SPT-lama").await;
        phone.sync().await;
        let queue = phone.queue().await;
        assert_eq!(queue.sync.phase, SyncPhase::UpdateNeeded);
        assert_eq!(queue.items.len(), 1, "nothing is set aside or dropped");
        // It works on, and asking again changes nothing.
        phone.answer(visit, "kabid_hadir", "ya").await;
        phone.sync().await;
        phone.ask(Request::Lock).await;
        phone.unlock("petugas1").await;
        phone.sync().await;
        let answers = phone.visit(visit).await.visit.answers;
        assert_eq!(
            (&*answers["no_spt"], &*answers["kabid_hadir"]),
            ("SPT-lama", "ya")
        );
        assert_eq!(phone.queue().await.sync.phase, SyncPhase::UpdateNeeded);
        phone.ask(Request::Lock).await;
        office.change(|db| assert!(db.record(visit).unwrap().is_none()));

        // The update is there: the same files, an app that is understood.
        let phone = Phone::new(&office, folder.path());
        phone.unlock("petugas1").await;
        phone.sync().await;
        assert!(phone.queue().await.items.is_empty());
        let fields = office.change(|db| db.record(visit).unwrap().unwrap().record.fields);
        assert_eq!(fields["a/no_spt"], "SPT-lama");
        assert_eq!(fields["a/kabid_hadir"], "ya");
    })
    .await;
}

#[test]
fn a_server_answers_the_protocol_it_speaks_and_the_one_before_it() {
    const { assert!(PROTOCOL <= OLDEST_PROTOCOL + 1) };
    const { assert!(PROTOCOL == 1 || OLDEST_PROTOCOL < PROTOCOL) };
}
