//! What a pull does to unsent edits: nothing, except by merge.

use anjangsana::domain::id::Entropy;
use anjangsana::domain::{
    AreaCode, DeviceId, Fields, Kind, Millis, Record, RecordId, Role, Scope, User, UserId,
    attachment,
};
use anjangsana::store::api::{Keep, Reply, Request, StoreError, Transfer};
use anjangsana::store::{Moment, Store};
use anjangsana::sync::wire::{
    Changed, LargeRecord, Limits, MutationResult, Outcome, PROTOCOL, SyncReply,
};
use rusqlite::Connection;
use serde_json::{Value, json};
use tempfile::NamedTempFile;

/// A store with one cooperative, one form and one draft that the server has at revision 10.
pub(crate) struct Device {
    pub(crate) store: Store,
    born: u8,
    file: NamedTempFile,
}

pub(crate) fn officer() -> UserId {
    UserId::of_text("petugas1")
}

pub(crate) fn visit() -> RecordId {
    RecordId::of_text("visit")
}

pub(crate) fn record(
    kind: Kind,
    name: &str,
    rev: u64,
    owner: Option<UserId>,
    fields: Value,
) -> Record {
    Record {
        kind,
        id: RecordId::of_text(name),
        area: AreaCode("19.03.01".to_owned()),
        rev,
        owner,
        deleted: false,
        fields: serde_json::from_value(fields).unwrap(),
    }
}

pub(crate) fn visit_at(rev: u64, answers: Value) -> Record {
    let mut fields = json!({
        "cooperative": RecordId::of_text("cooperative"), "form": "kunjungan", "form_version": "1",
        "created": {"at": 1, "by": officer()},
    });
    fields
        .as_object_mut()
        .unwrap()
        .extend(answers.as_object().unwrap().clone());
    record(Kind::Visit, "visit", rev, Some(officer()), fields)
}

pub(crate) fn reply(cursor: u64, results: Vec<MutationResult>, records: Vec<Record>) -> SyncReply {
    SyncReply {
        protocol: PROTOCOL,
        server_time: Millis(5),
        results,
        records,
        packed: Vec::new(),
        large: Vec::new(),
        cursor,
        more: false,
        scope: "officer 19.03.01".to_owned(),
        user: None,
        digest: None,
        limits: Limits::default(),
        epoch: String::new(),
        epoch_rev: 0,
    }
}

pub(crate) fn user() -> User {
    User {
        id: officer(),
        username: "petugas1".to_owned(),
        name: "Petugas CONTOH".to_owned(),
        role: Role::Officer,
        scope: Scope::Areas(vec![AreaCode("19.03.01".to_owned())]),
    }
}

impl Device {
    pub(crate) fn new() -> Self {
        let file = NamedTempFile::new().unwrap();
        let user = user();
        let db = Connection::open(file.path()).unwrap();
        let store = Store::open(db, Some(&user), DeviceId::of_text("device")).unwrap();
        let mut device = Self {
            store,
            born: 0,
            file,
        };
        let sheets = json!({"form": "kunjungan", "version": "1", "survey": "", "choices": "", "settings": ""});
        let records = vec![
            record(
                Kind::Cooperative,
                "cooperative",
                1,
                None,
                json!({"Koperasi": "Koperasi CONTOH"}),
            ),
            record(Kind::Form, "form", 2, None, sheets),
            visit_at(10, json!({"a/x": "1", "a/y": "1"})),
        ];
        device.pull(reply(10, Vec::new(), records));
        device
    }

    /// The same device after its store was closed and opened.
    pub(crate) fn reopened(self) -> Self {
        self.reopened_with_room(1_000_000)
    }

    /// The same, on a disk with room for so many more pages of 4 kB.
    pub(crate) fn reopened_with_room(self, pages: u32) -> Self {
        let Self { store, born, file } = self;
        drop(store);
        let db = Connection::open(file.path()).unwrap();
        let used: u32 = db
            .pragma_query_value(None, "page_count", |row| row.get(0))
            .unwrap();
        db.pragma_update(None, "max_page_count", used + pages)
            .unwrap();
        let store = Store::open(db, None, DeviceId::of_text("device")).unwrap();
        Self { store, born, file }
    }

    /// The database file, beside the store.
    pub(crate) fn database(&self) -> Connection {
        Connection::open(self.file.path()).unwrap()
    }

    pub(crate) fn ask(&mut self, request: Request) -> Reply {
        self.try_ask(request).unwrap()
    }

    pub(crate) fn try_ask(&mut self, request: Request) -> Result<Reply, StoreError> {
        let mut entropy = || {
            self.born += 1;
            Entropy::from([self.born; 10])
        };
        let mut moment = Moment {
            now: Millis(100),
            entropy: &mut entropy,
        };
        Ok(self.store.handle(&mut moment, request)?.0)
    }

    pub(crate) fn answer(&mut self, path: &str, value: &str) {
        let changes = vec![(path.to_owned(), Some(value.to_owned()))];
        self.ask(Request::SaveAnswers {
            visit: visit(),
            changes,
            place: None,
        });
    }

    pub(crate) fn shows(&mut self, path: &str) -> String {
        match self.ask(Request::Visit(visit())) {
            Reply::Visit(detail) => detail.visit.answers[path].clone(),
            _ => panic!("not a visit"),
        }
    }

    pub(crate) fn transfer(&mut self) -> Option<Transfer> {
        match self.ask(Request::Queue) {
            Reply::Queue(queue) => queue.items.first().map(|item| item.transfer.clone()),
            _ => panic!("not a queue"),
        }
    }

    pub(crate) fn pull(&mut self, reply: SyncReply) {
        self.store.apply(Millis(100), &reply).unwrap();
    }

    /// What would be sent now: base revision and fields of each mutation.
    pub(crate) fn batch(&mut self) -> Vec<(u64, Fields)> {
        let request = self.store.prepare(Millis(100), Limits::default()).unwrap();
        request
            .mutations
            .into_iter()
            .map(|mutation| (mutation.base_rev, mutation.fields))
            .collect()
    }
}

fn fields(of: Value) -> Fields {
    serde_json::from_value(of).unwrap()
}

#[test]
fn a_pull_never_takes_an_unsent_edit_away() {
    let mut device = Device::new();
    device.answer("x", "mine");
    device.pull(reply(
        11,
        Vec::new(),
        vec![visit_at(11, json!({"a/x": "1", "a/y": "theirs"}))],
    ));
    assert_eq!(device.shows("x"), "mine");
    assert_eq!(device.shows("y"), "theirs");
    assert_eq!(
        device.batch(),
        [(11, fields(json!({"a/x": "mine"})))],
        "it goes on top of what was pulled"
    );
}

#[test]
fn a_pull_that_gave_the_same_answer_another_value_leaves_the_edit_on_its_base_so_that_the_server_asks_a_person()
 {
    let mut device = Device::new();
    device.answer("x", "mine");
    device.pull(reply(
        11,
        Vec::new(),
        vec![visit_at(11, json!({"a/x": "theirs", "a/y": "1"}))],
    ));
    // Later pulls do not make it look as if it had been made on theirs.
    device.pull(reply(
        12,
        Vec::new(),
        vec![visit_at(12, json!({"a/x": "theirs", "a/y": "2"}))],
    ));
    assert_eq!(device.shows("x"), "mine", "until somebody decides");
    assert_eq!(device.batch(), [(10, fields(json!({"a/x": "mine"})))]);
    let request = device
        .store
        .prepare(Millis(100), Limits::default())
        .unwrap();
    let disputed = Changed {
        by: Some(officer()),
        at: Millis(50),
    };
    let conflict = MutationResult {
        id: request.mutations[0].id,
        outcome: Outcome::Conflict {
            record: Box::new(visit_at(12, json!({"a/x": "theirs", "a/y": "2"}))),
            changed: [("a/x".to_owned(), disputed)].into(),
        },
    };
    device.pull(reply(12, vec![conflict], Vec::new()));
    assert_eq!(device.transfer(), Some(Transfer::Conflict));
    assert_eq!(device.batch(), [], "nothing is overwritten meanwhile");
}

#[test]
fn what_is_typed_while_a_question_is_open_waits_with_it_and_is_not_overtaken() {
    let mut device = Device::new();
    device.answer("x", "mine");
    let request = device
        .store
        .prepare(Millis(100), Limits::default())
        .unwrap();
    device.answer("y", "later");
    let conflict = MutationResult {
        id: request.mutations[0].id,
        outcome: Outcome::Conflict {
            record: Box::new(visit_at(11, json!({"a/x": "theirs", "a/y": "1"}))),
            changed: Default::default(),
        },
    };
    device.pull(reply(11, vec![conflict], Vec::new()));
    device.answer("x", "mine again");
    assert_eq!(device.batch(), []);
    assert_eq!(
        (device.shows("x"), device.shows("y")),
        ("mine again".into(), "later".into())
    );
    let mutation = match device.ask(Request::Queue) {
        Reply::Queue(queue) => queue.items[0].mutation,
        _ => panic!("not a queue"),
    };
    device.ask(Request::Resolve {
        mutation,
        keep: Keep::Mine,
    });
    assert_eq!(
        device.batch(),
        [(11, fields(json!({"a/x": "mine again", "a/y": "later"})))]
    );
}

#[test]
fn an_edit_made_while_its_record_is_being_sent_goes_next_on_top_of_the_answer() {
    let mut device = Device::new();
    device.answer("x", "first");
    let request = device
        .store
        .prepare(Millis(100), Limits::default())
        .unwrap();
    device.answer("x", "second");
    let sent = &request.mutations[0];
    assert_eq!(
        sent.fields,
        fields(json!({"a/x": "first"})),
        "what is being sent is frozen"
    );
    let applied = MutationResult {
        id: sent.id,
        outcome: Outcome::Applied {
            rev: 11,
            exact: true,
        },
    };
    device.pull(reply(11, vec![applied], Vec::new()));
    assert_eq!(device.shows("x"), "second");
    assert_eq!(device.batch(), [(11, fields(json!({"a/x": "second"})))]);
}

#[test]
fn an_answer_that_was_lost_on_the_way_is_not_taken_for_somebody_elses_edit() {
    let mut device = Device::new();
    device.answer("x", "first");
    let request = device
        .store
        .prepare(Millis(100), Limits::default())
        .unwrap();
    device.answer("x", "second");
    // The server has "first", the device does not know; the record comes with another pull before the retry.
    device.pull(reply(
        11,
        Vec::new(),
        vec![visit_at(11, json!({"a/x": "first", "a/y": "1"}))],
    ));
    let again = device
        .store
        .prepare(Millis(100), Limits::default())
        .unwrap();
    assert_eq!(
        again.mutations, request.mutations,
        "a retry sends the very same"
    );
    let duplicate = MutationResult {
        id: request.mutations[0].id,
        outcome: Outcome::Duplicate { rev: 11 },
    };
    device.pull(reply(11, vec![duplicate], Vec::new()));
    assert_eq!(device.batch(), [(11, fields(json!({"a/x": "second"})))]);
    assert_eq!(device.shows("x"), "second");
}

#[test]
fn what_was_set_aside_and_came_to_the_server_all_the_same_is_asked_about_no_more() {
    let mut device = Device::new();
    device.answer("x", "mine");
    let request = device
        .store
        .prepare(Millis(100), Limits::default())
        .unwrap();
    let sent = request.mutations[0].id;
    device.store.set_aside(sent, "Status 413").unwrap();
    device.pull(reply(
        11,
        Vec::new(),
        vec![visit_at(11, json!({"a/x": "theirs"}))],
    ));
    assert!(
        matches!(device.transfer(), Some(Transfer::SetAside { .. })),
        "another value: it still waits for a person"
    );
    device.pull(reply(
        12,
        Vec::new(),
        vec![visit_at(12, json!({"a/x": "mine"}))],
    ));
    assert_eq!(device.transfer(), None);
    assert_eq!(device.shows("x"), "mine");
}

#[test]
fn edits_of_one_record_fold_into_one_mutation() {
    let mut device = Device::new();
    for value in ["a", "ab", "abc"] {
        device.answer("x", value);
    }
    device.answer("y", "2");
    assert_eq!(
        device.batch(),
        [(10, fields(json!({"a/x": "abc", "a/y": "2"})))]
    );
}

#[test]
fn an_edit_that_waits_for_a_record_that_comes_in_pieces_is_no_reason_for_another_batch() {
    let mut device = Device::new();
    device.answer("x", "2");
    let request = device
        .store
        .prepare(Millis(100), Limits::default())
        .unwrap();
    device.answer("y", "2");
    // Somebody else changed the visit too, and what it is now is too large for one answer.
    let applied = MutationResult {
        id: request.mutations[0].id,
        outcome: Outcome::Applied {
            rev: 12,
            exact: false,
        },
    };
    let merged = visit_at(12, json!({"a/x": "2", "a/y": "1", "a/z": "theirs"}));
    let bytes = serde_json::to_vec(&merged.fields).unwrap();
    let mut answer = reply(12, vec![applied], Vec::new());
    answer.large.push(LargeRecord {
        kind: Kind::Visit,
        id: visit(),
        area: AreaCode("19.03.01".to_owned()),
        rev: 12,
        owner: Some(officer()),
        length: bytes.len() as u64,
        sha256: attachment::sha256(&bytes),
    });
    let applied = device.store.apply(Millis(100), &answer).unwrap();
    assert!(device.batch().is_empty(), "it waits");
    assert!(!applied.push && applied.fetch, "{applied:?}");
    let piece = device.store.next_piece().unwrap().unwrap();
    assert!(
        !device
            .store
            .take_piece(Millis(100), &piece, &bytes)
            .unwrap()
    );
    let batch = device.batch();
    assert_eq!(batch, [(12, fields(json!({"a/y": "2"})))]);
}

#[test]
fn after_a_restore_an_older_answer_is_not_laid_over_a_newer_one_that_stands_in_a_backup_file() {
    let mut device = Device::new();
    device.pull(reply(
        20,
        Vec::new(),
        vec![visit_at(20, json!({"a/x": "2", "a/y": "1", "a/z": "2"}))],
    ));
    device.answer("x", "3");
    let sealed = "update outbox set sealed = 1";
    device.database().execute(sealed, []).unwrap();
    device.answer("y", "3");
    let mut restored = reply(
        10,
        Vec::new(),
        vec![visit_at(10, json!({"a/x": "1", "a/y": "1"}))],
    );
    restored.epoch = "second".to_owned();
    restored.epoch_rev = 10;
    restored.more = true;
    device.pull(restored);
    assert_eq!(device.shows("x"), "3");
    let said: Vec<Fields> = device
        .database()
        .prepare("select fields from outbox order by seq")
        .unwrap()
        .query_map([], |row| row.get::<_, String>(0))
        .unwrap()
        .map(|text| serde_json::from_str(&text.unwrap()).unwrap())
        .collect();
    assert_eq!(
        said,
        [
            fields(json!({"a/x": "3"})),
            fields(json!({"a/y": "3", "a/z": "2"}))
        ]
    );
}
