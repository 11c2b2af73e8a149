//! An office to test the server with: a real server on a port of its own, people with sessions, phones that sync.

use std::{
    net::SocketAddr,
    path::Path,
    sync::atomic::{AtomicI64, Ordering},
};

use anjangsana::{
    domain::{AreaCode, DeviceId, Kind, Millis, MutationId, RecordId, Role, Scope, User, UserId},
    server::{
        self, AppState, Config,
        forms::{self, Sheets},
        machine,
        office::{self, OfficeChange},
        repo::{self, Accounts, Database, Log, accounts::Account, log::Entry, sqlite},
        secret,
    },
    sync::wire::{
        MARK, Mutation, MutationResult, Outcome, PROTOCOL, RejectCode, SYNC_PATH, SyncReply,
        SyncRequest,
    },
};
use rusqlite::Connection;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{sync::oneshot, task::JoinHandle};

pub(crate) const TOBOALI: &str = "19.03.01";
pub(crate) const PAYUNG: &str = "19.03.05";

/// A form of one required question, so that tests say what they are about and not what a checklist asks.
const FORM: Sheets<'static> = Sheets {
    survey: "type,name,label,required\ntext,nama,Nama,yes\ntext,catatan,Catatan,\ntext,lain,Lain,\n",
    choices: "list_name,name,label\n",
    settings: "form_id,form_title,version\nuji,Uji,1\n",
};

pub(crate) struct Office {
    folder: TempDir,
    pub(crate) state: AppState,
    pub(crate) address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    served: JoinHandle<std::io::Result<()>>,
}

impl Office {
    /// An office with the test form and nothing else.
    pub(crate) async fn open() -> Self {
        Self::with(Config::default(), |connection| {
            forms::publish(connection, FORM, Millis(1)).unwrap();
        })
        .await
    }

    pub(crate) async fn with(config: Config, prepare: impl FnOnce(&Connection)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut connection = sqlite::open(folder.path()).unwrap();
        sqlite::transact(&mut connection, |connection| {
            prepare(connection);
            Ok::<_, repo::Error>(())
        })
        .unwrap();
        Self::on(folder, config).await
    }

    /// The office in a folder, served.
    pub(crate) async fn on(folder: TempDir, config: Config) -> Self {
        let state = AppState::new(Database::open(folder.path()).unwrap(), config);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let served = tokio::spawn(server::serve(listener, state.clone(), async {
            let _ = stopped.await;
        }));
        Self {
            folder,
            state,
            address,
            stop: Some(stop),
            served,
        }
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Changes the database beside the server, as the command line does.
    pub(crate) fn change<T>(&self, job: impl FnOnce(&Connection) -> T) -> T {
        let mut connection = sqlite::open(self.folder()).unwrap();
        sqlite::transact(&mut connection, |connection| {
            Ok::<_, repo::Error>(job(connection))
        })
        .unwrap()
    }

    /// Makes a user who is logged in on one phone. No password fits: hashing is for the tests of the login.
    pub(crate) fn hire(&self, username: &str, role: Role, areas: &[&str]) -> Phone {
        let scope = if areas.is_empty() {
            Scope::District
        } else {
            Scope::Areas(areas.iter().map(|area| AreaCode((*area).into())).collect())
        };
        let user = User {
            id: UserId::of_text(username),
            username: username.to_owned(),
            name: format!("{username} CONTOH"),
            role,
            scope,
        };
        self.change(|connection| {
            let account = Account {
                user: user.clone(),
                password: "none".to_owned(),
                disabled: false,
            };
            connection.add_account(&account, Millis(1)).unwrap();
            office::introduce(connection, &user, Millis(1)).unwrap();
        });
        self.log_in(&user, "first")
    }

    /// A session of a user on a phone of that name.
    pub(crate) fn log_in(&self, user: &User, phone: &str) -> Phone {
        let token = secret::token().unwrap();
        self.change(|connection| {
            let hash = secret::hash_token(&token);
            connection
                .begin_session(&hash, user.id, phone, machine::now())
                .unwrap();
        });
        Phone {
            address: self.address,
            user: user.clone(),
            token,
            device: DeviceId::of_text(&format!("{} {phone}", user.username)),
            cursor: 0,
            scope: String::new(),
            client: reqwest::Client::new(),
        }
    }

    pub(crate) fn cooperative(&self, name: &str, area: &str) -> RecordId {
        let id = record_of(name);
        let fields =
            json!({"Koperasi": format!("Koperasi CONTOH {name}"), "Jenis_Koperasi": "produsen"});
        let fields = serde_json::from_value(fields).unwrap();
        let area = AreaCode(area.to_owned());
        self.change(|connection| {
            let change = OfficeChange::new(Kind::Cooperative, id, area, fields, Millis(1));
            office::apply(connection, change).unwrap();
        });
        id
    }

    pub(crate) async fn close(mut self) -> TempDir {
        let _ = self.stop.take().unwrap().send(());
        self.served.await.unwrap().unwrap();
        self.folder
    }
}

/// A device of a user, as dumb as possible: it remembers its cursor and nothing else.
#[derive(Clone)]
pub(crate) struct Phone {
    address: SocketAddr,
    pub(crate) user: User,
    pub(crate) token: String,
    pub(crate) device: DeviceId,
    pub(crate) cursor: u64,
    pub(crate) scope: String,
    pub(crate) client: reqwest::Client,
}

impl Phone {
    pub(crate) fn request(&self, mutations: &[Mutation]) -> SyncRequest {
        SyncRequest {
            protocol: PROTOCOL,
            device: self.device,
            sent_at: Millis(5),
            cursor: self.cursor,
            scope: self.scope.clone(),
            epoch: None,
            packed: false,
            room: None,
            mutations: mutations.to_vec(),
        }
    }

    pub(crate) async fn post(&self, path: &str, body: &impl serde::Serialize) -> reqwest::Response {
        let url = format!("http://{}{path}", self.address);
        let request = self.client.post(url).bearer_auth(&self.token);
        let response = request.json(body).send().await.unwrap();
        assert_eq!(response.headers()[MARK], "1");
        response
    }

    pub(crate) async fn get(&self, path: &str) -> reqwest::Response {
        let url = format!("http://{}{path}", self.address);
        let request = self.client.get(url).bearer_auth(&self.token);
        request.send().await.unwrap()
    }

    pub(crate) async fn sync(&mut self, mutations: &[Mutation]) -> SyncReply {
        let response = self.post(SYNC_PATH, &self.request(mutations)).await;
        assert_eq!(response.status(), 200);
        let reply: SyncReply = response.json().await.unwrap();
        self.cursor = reply.cursor;
        self.scope.clone_from(&reply.scope);
        reply
    }

    /// Pushes one mutation and gives the answer to it.
    pub(crate) async fn push(&mut self, mutation: &Mutation) -> Outcome {
        let reply = self.sync(std::slice::from_ref(mutation)).await;
        let [MutationResult { id, outcome }] = reply.results.as_slice() else {
            panic!("one answer for one mutation: {:?}", reply.results);
        };
        assert_eq!(*id, mutation.id);
        outcome.clone()
    }

    /// A new visit with its one required answer.
    pub(crate) fn visit(&self, name: &str, cooperative: RecordId, area: &str) -> Mutation {
        let fields = json!({
            "cooperative": cooperative, "form": "uji", "form_version": "1", "created": self.mark(), "a/nama": "Hasan",
        });
        Mutation {
            area: AreaCode(area.to_owned()),
            ..self.edit(name, 0, fields)
        }
    }

    /// A change to a visit.
    pub(crate) fn edit(&self, name: &str, base_rev: u64, fields: Value) -> Mutation {
        let Value::Object(fields) = fields else {
            panic!("fields are an object");
        };
        Mutation {
            id: MutationId::new(Millis(3), &machine::entropy().unwrap()),
            kind: Kind::Visit,
            record: record_of(name),
            base_rev,
            area: AreaCode::default(),
            order: None,
            at: Millis(4),
            fields: fields.into_iter().collect(),
        }
    }

    pub(crate) fn review(
        &self,
        name: &str,
        submission: u32,
        decision: &str,
        note: &str,
    ) -> Mutation {
        let fields = json!({
            "visit": record_of(name), "submission": submission, "decision": decision, "note": note,
            "notes": {}, "mark": self.mark(),
        });
        Mutation {
            kind: Kind::Review,
            record: RecordId::new(Millis(6), &machine::entropy().unwrap()),
            ..self.edit(name, 0, fields)
        }
    }

    /// A mark of this user, at a time of its own.
    pub(crate) fn mark(&self) -> Value {
        json!({"at": tick(), "by": self.user.id})
    }

    pub(crate) fn mark_because(&self, reason: &str) -> Value {
        json!({"at": tick(), "by": self.user.id, "reason": reason})
    }
}

/// No two things happen at the same time.
pub(crate) fn tick() -> i64 {
    static CLOCK: AtomicI64 = AtomicI64::new(7);
    CLOCK.fetch_add(1, Ordering::Relaxed)
}

/// The record of a name, as a device makes its id: a UUIDv7.
/// What was applied to a record, and what a person had to decide on, in the order it came.
pub(crate) fn log_of(db: &Connection, record: RecordId) -> Vec<Entry> {
    let sql = "select id from mutation where record = ?1 and outcome <> 'rejected' order by received_at, rev";
    let mut statement = db.prepare(sql).unwrap();
    let ids = statement.query_map([record.to_string()], |row| row.get::<_, String>(0));
    ids.unwrap()
        .map(|id| db.entry(id.unwrap().parse().unwrap()).unwrap().unwrap())
        .collect()
}

pub(crate) fn record_of(name: &str) -> RecordId {
    let hex = RecordId::of_text(name).to_string().replace('-', "");
    let mut entropy = [0; 10];
    for (at, byte) in entropy.iter_mut().enumerate() {
        *byte = u8::from_str_radix(hex.get(2 * at..2 * at + 2).unwrap(), 16).unwrap();
    }
    RecordId::new(Millis(1_700_000_000_000), &entropy)
}

pub(crate) fn rev(outcome: &Outcome) -> u64 {
    match outcome {
        Outcome::Applied { rev, .. } | Outcome::Duplicate { rev } => *rev,
        other => panic!("not applied: {other:?}"),
    }
}

pub(crate) fn refused(outcome: &Outcome) -> RejectCode {
    match outcome {
        Outcome::Rejected { code, .. } => *code,
        other => panic!("not refused: {other:?}"),
    }
}
