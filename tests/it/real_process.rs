//! The real server as a process that is killed without warning: nothing that was acknowledged is lost or doubled, and the
//! file stays whole.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex};

use anjangsana::domain::{AreaCode, DeviceId, Kind, Millis, MutationId, RecordId, User};
use anjangsana::server::{
    machine,
    repo::{Accounts, sqlite},
    secret,
};
use anjangsana::sync::wire::{Mutation, Outcome, PROTOCOL, SYNC_PATH, SyncReply, SyncRequest};
use serde_json::json;

use crate::server_command::{run, serve};
use crate::server_office::record_of;

/// Phones at the same time, and how often the server is killed under them.
const PHONES: u32 = 6;
const KILLS: u32 = 4;

pub(crate) struct Somebody {
    user: User,
    pub(crate) token: String,
    cooperative: RecordId,
    area: AreaCode,
}

/// A demo office in a folder, with a session of an officer.
pub(crate) async fn office(data: &Path) -> Somebody {
    assert!(run(data, &["demo"], "").await.status.success());
    let connection = sqlite::open(data).unwrap();
    let user = connection.account("petugas1").unwrap().unwrap().user;
    let token = secret::token().unwrap();
    let hash = secret::hash_token(&token);
    connection
        .begin_session(&hash, user.id, "Uji", machine::now())
        .unwrap();
    let (id, area): (String, String) = connection
        .query_row(
            "select id, area from record where kind = 'cooperative' and area in
                 (select value from json_each((select scope from user where username = 'petugas1'), '$.areas')) limit 1",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .unwrap();
    Somebody {
        user,
        token,
        cooperative: id.parse().unwrap(),
        area: AreaCode(area),
    }
}

/// A new draft; its answer says which it is.
pub(crate) fn draft(of: &Somebody, name: &str, filling: &str) -> Mutation {
    let mark = json!({"at": 1, "by": of.user.id});
    let fields = json!({
        "cooperative": of.cooperative, "form": "kunjungan", "form_version": "1", "created": mark,
        "a/no_spt": name, "a/catatan_petugas": filling,
    });
    Mutation {
        id: MutationId::of_text(name),
        kind: Kind::Visit,
        record: record_of(name),
        base_rev: 0,
        area: of.area.clone(),
        order: None,
        at: Millis(1),
        fields: serde_json::from_value(fields).unwrap(),
    }
}

pub(crate) fn request(phone: u32, mutations: Vec<Mutation>) -> SyncRequest {
    SyncRequest {
        protocol: PROTOCOL,
        device: DeviceId::of_text(&phone.to_string()),
        sent_at: Millis(1),
        cursor: u64::from(u32::MAX),
        scope: "none".to_owned(),
        epoch: None,
        packed: false,
        room: None,
        mutations,
    }
}

/// What stands in the file: how often each draft is there. Fails unless the file is whole.
pub(crate) fn stored(data: &Path) -> BTreeMap<String, u32> {
    let connection = sqlite::open(data).unwrap();
    let whole: String = connection
        .query_row("pragma integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(whole, "ok");
    let sql = "select json_extract(fields, '$.\"a/no_spt\"') from record where kind = 'visit' and json_extract(fields, '$.\"a/no_spt\"') like 'uji %'";
    let mut statement = connection.prepare(sql).unwrap();
    let mut stored = BTreeMap::new();
    for name in statement
        .query_map([], |row| row.get::<_, String>(0))
        .unwrap()
    {
        *stored.entry(name.unwrap()).or_default() += 1;
    }
    stored
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_killed_again_and_again_under_load_loses_and_doubles_nothing_that_it_acknowledged()
{
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let of = Arc::new(office(data).await);
    let acknowledged: Arc<Mutex<BTreeSet<String>>> = Arc::default();
    let address = Arc::new(Mutex::new(String::new()));
    let over = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let (mut child, at) = serve(data).await;
    *address.lock().unwrap() = at;

    let phones: Vec<_> = (0..PHONES)
        .map(|phone| {
            let (of, acknowledged, address, over) = (
                of.clone(),
                acknowledged.clone(),
                address.clone(),
                over.clone(),
            );
            tokio::spawn(async move {
                let client = reqwest::Client::new();
                let mut number = 0;
                while !over.load(std::sync::atomic::Ordering::Relaxed) {
                    let names: Vec<String> = (number..number + 3)
                        .map(|n| format!("uji {phone} {n}"))
                        .collect();
                    let mutations = names.iter().map(|name| draft(&of, name, "")).collect();
                    let url = format!("{}{SYNC_PATH}", address.lock().unwrap());
                    let call = client
                        .post(url)
                        .bearer_auth(&of.token)
                        .json(&request(phone, mutations));
                    let Ok(response) = call.send().await else {
                        // Killed under it: the very same goes again.
                        tokio::task::yield_now().await;
                        continue;
                    };
                    let Ok(reply) = response.json::<SyncReply>().await else {
                        continue;
                    };
                    for (result, name) in reply.results.iter().zip(names) {
                        assert!(
                            matches!(
                                result.outcome,
                                Outcome::Applied { .. } | Outcome::Duplicate { .. }
                            ),
                            "{result:?}"
                        );
                        acknowledged.lock().unwrap().insert(name);
                    }
                    number += 3;
                }
            })
        })
        .collect();

    for kill in 1..=KILLS {
        // In the thick of it: a good many more have been acknowledged since the last time.
        let enough = usize::try_from(kill * 60).unwrap();
        while acknowledged.lock().unwrap().len() < enough {
            tokio::task::yield_now().await;
        }
        child.kill().await.unwrap();
        let before = acknowledged.lock().unwrap().clone();
        let found = stored(data);
        assert!(
            before.iter().all(|name| found.contains_key(name)),
            "lost after kill {kill}"
        );
        let (next, at) = serve(data).await;
        child = next;
        *address.lock().unwrap() = at;
    }
    over.store(true, std::sync::atomic::Ordering::Relaxed);
    for phone in phones {
        phone.await.unwrap();
    }
    child.kill().await.unwrap();
    let found = stored(data);
    let acknowledged = acknowledged.lock().unwrap().clone();
    assert!(acknowledged.iter().all(|name| found.get(name) == Some(&1)));
    assert!(found.values().all(|times| *times == 1), "doubled");
    let connection = sqlite::open(data).unwrap();
    let applied: i64 = connection
        .query_row(
            "select count(*) from mutation where outcome = 'applied' and json_extract(fields, '$.\"a/no_spt\"') like 'uji %'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(
        usize::try_from(applied).unwrap(),
        found.len(),
        "each change once in the log"
    );
}
