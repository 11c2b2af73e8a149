//! The device database over time: what an old app wrote is there in a new one.

use anjangsana::domain::{DeviceId, Millis, Role, Scope, User, UserId};
use anjangsana::sql;
use anjangsana::store;
use anjangsana::store::api::{CooperativeQuery, Reply, Request};
use rusqlite::Connection;

/// A database as version 1 of the app left it, with rows. Frozen: a later version adds a file of its own.
const V1: &str = include_str!("../fixtures/db/device_v1.sql");

fn schema(db: &Connection) -> Vec<String> {
    let mut statement = db
        .prepare("select sql from sqlite_schema where sql is not null and name not like 'sqlite_%' order by name")
        .unwrap();
    let spaces = |sql: String| sql.split_whitespace().collect::<Vec<_>>().join(" ");
    statement
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(|sql| spaces(sql.unwrap()))
        .collect()
}

#[test]
fn a_database_of_version_1_opens_with_everything_and_the_schema_of_a_new_one() {
    let mut old = Connection::open_in_memory().unwrap();
    old.execute_batch(V1).unwrap();
    sql::migrate(&mut old, &store::MIGRATIONS).unwrap();
    let mut new = Connection::open_in_memory().unwrap();
    sql::migrate(&mut new, &store::MIGRATIONS).unwrap();
    assert_eq!(schema(&old), schema(&new));

    let unsent: String = old
        .query_row("select fields from outbox", [], |row| row.get(0))
        .unwrap();
    assert_eq!(unsent, r#"{"a/org_papan":"ya"}"#);
    let no_leftover: bool = old
        .query_row(
            "select not exists (select 1 from sqlite_schema where name like 'cooperative_search%')",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert!(no_leftover);
}

#[test]
fn a_database_of_version_1_is_searched_as_a_new_one_by_the_beginnings_of_words() {
    let db = Connection::open_in_memory().unwrap();
    db.execute_batch(V1).unwrap();
    let user = User {
        id: UserId::of_text("officer"),
        username: "petugas".into(),
        name: "Petugas".into(),
        role: Role::Officer,
        scope: Scope::District,
    };
    let mut store = store::Store::open(db, Some(&user), DeviceId::of_text("device")).unwrap();
    let mut found = |text: &str| {
        let moment = &mut store::Moment {
            now: Millis(0),
            entropy: &mut || [0; 10],
        };
        let query = CooperativeQuery {
            text: text.into(),
            limit: 10,
            ..CooperativeQuery::default()
        };
        match store
            .handle(moment, Request::Cooperatives(query))
            .unwrap()
            .0
        {
            Reply::Cooperatives(page) => page.total,
            _ => panic!("another reply"),
        }
    };
    for typed in [
        "",
        "nelayan",
        "NEL kop",
        "pongok",
        "kepulauan",
        "19050",
        "k\u{f6}peras\u{ed}",
    ] {
        assert_eq!(found(typed), 1, "{typed}");
    }
    for typed in ["elayan", "nelayan melati", "toboali"] {
        assert_eq!(found(typed), 0, "{typed}");
    }
}

#[test]
fn a_database_of_a_newer_app_is_refused_and_left_as_it_is() {
    let mut db = Connection::open_in_memory().unwrap();
    db.execute_batch(V1).unwrap();
    db.pragma_update(None, "user_version", 99).unwrap();
    assert!(matches!(
        sql::migrate(&mut db, &store::MIGRATIONS),
        Err(sql::Error::TooNew { found: 99, .. })
    ));
    let version: i64 = db
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .unwrap();
    assert_eq!(version, 99);
}

#[test]
fn the_stores_sql_asks_for_nothing_that_the_phones_sqlite_was_built_without() {
    let mut folders = vec![std::path::PathBuf::from(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/src/store"
    ))];
    let mut read = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            // See SQLITE_WASM_RS_FLAGS in .cargo/config.toml and xtask/sqlite/phone.c: natively all of these exist, on the
            // phone they do not.
            for gone in [
                "json_",
                "->>",
                "explain ",
                "generated always",
                "localtime",
                "alter table",
                "create view",
                "virtual table",
                "fts5",
                "pragma_",
                "table_info",
                "strftime",
                "datetime(",
                "current_timestamp",
                "analyze;",
                "reindex",
                "filter (where",
                "over (",
            ] {
                assert!(!text.contains(gone), "{} uses {gone}", path.display());
            }
            read += 1;
        }
    }
    assert!(read > 20, "only {read} files were read");
}
