//! Search over 100,000 cooperatives on a device, a keystroke at a time.

use std::time::{Duration, Instant};

use anjangsana::{
    domain::{AreaCode, DeviceId, Kind, Millis, Record, RecordId, Role, Scope, User, UserId},
    store::{
        Moment, Store,
        api::{CooperativeQuery, Reply, Request},
    },
    sync::wire::{Limits, PROTOCOL, SyncReply},
};
use serde_json::json;

/// What somebody types, letter by letter.
const TYPED: [&str; 4] = ["koperasi nelayan", "mekar jaya", "xyz", "1903000099999"];

/// How long each keystroke of [`TYPED`] took, and what was typed by then.
pub(crate) fn keystrokes(cooperatives: u64) -> Vec<(Duration, String, u32)> {
    let folder = tempfile::tempdir().unwrap();
    let db = rusqlite::Connection::open(folder.path().join("store.db")).unwrap();
    let user = User {
        id: UserId::of_text("kabid"),
        username: "kabid".to_owned(),
        name: "Kabid CONTOH".to_owned(),
        role: Role::Supervisor,
        scope: Scope::District,
    };
    let mut store = Store::open(db, Some(&user), DeviceId::of_text("bench")).unwrap();
    let all: Vec<u64> = (1..=cooperatives).collect();
    for page in all.chunks(500) {
        store.apply(Millis(1), &reply(page)).unwrap();
    }
    let mut took = Vec::new();
    for typed in TYPED {
        for end in 1..=typed.len() {
            let text = typed[..end].to_owned();
            let query = CooperativeQuery {
                text: text.clone(),
                limit: 50,
                ..CooperativeQuery::default()
            };
            let mut entropy = Default::default;
            let mut moment = Moment {
                now: Millis(2),
                entropy: &mut entropy,
            };
            let begun = Instant::now();
            let found = store.handle(&mut moment, Request::Cooperatives(query));
            let elapsed = begun.elapsed();
            let Reply::Cooperatives(page) = found.unwrap().0 else {
                panic!("not a page")
            };
            took.push((elapsed, text, page.total));
        }
    }
    took.sort();
    took
}

fn reply(page: &[u64]) -> SyncReply {
    let kinds = ["Nelayan", "Tani", "Serba Usaha", "Wanita", "Produsen Lada"];
    let names = [
        "Mekar",
        "Jaya",
        "Bahari",
        "Sejahtera",
        "Maju",
        "Lestari",
        "Mandiri",
    ];
    let pick = |from: &[&str], n: u64| from[n as usize % from.len()].to_owned();
    let records = page.iter().map(|n| {
        let name = format!(
            "Koperasi {} {} {} {n} CONTOH",
            pick(&kinds, *n),
            pick(&names, n / 5),
            pick(&names, n / 35)
        );
        Record {
            kind: Kind::Cooperative,
            id: RecordId::of_text(&name),
            area: AreaCode(format!("19.03.0{}", n % 8 + 1)),
            rev: *n,
            owner: None,
            deleted: false,
            fields: serde_json::from_value(json!({
                "Koperasi": name, "Desa": pick(&["Sadai", "Rias", "Gadung", "Payung"], *n),
                "NIK_Koperasi": format!("19030000{n:05}"), "Jenis_Koperasi": "produsen",
            }))
            .unwrap(),
        }
    });
    SyncReply {
        protocol: PROTOCOL,
        server_time: Millis(1),
        results: Vec::new(),
        records: records.collect(),
        packed: Vec::new(),
        large: Vec::new(),
        cursor: page[page.len() - 1],
        more: true,
        scope: "supervisor:*".to_owned(),
        user: None,
        digest: None,
        limits: Limits::default(),
        epoch: String::new(),
        epoch_rev: 0,
    }
}
