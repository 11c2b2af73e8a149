//! The server's database over time: what an old server wrote is there in a new one.

use anjangsana::{
    domain::{Millis, RecordId, UserId},
    server::{
        accounts::sessions,
        kinds,
        repo::{
            self, Accounts, Log, Records,
            log::Answered,
            sqlite::{self, FILE, STEPS},
        },
        sync::set_aside,
    },
    sql,
};
use rusqlite::Connection;

use crate::server_office::log_of;

/// A database as version 1 of the server left it, with rows. Frozen: a later version adds a file of its own.
const V1: &str = include_str!("../fixtures/db/server_v1.sql");

fn schema(connection: &Connection) -> Vec<String> {
    let sql = "select sql from sqlite_schema where sql is not null and name not like 'sqlite_%' order by type, name";
    let mut statement = connection.prepare(sql).unwrap();
    let spaces = |sql: String| {
        sql.split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .to_lowercase()
    };
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.map(|sql| spaces(sql.unwrap())).collect()
}

#[test]
fn a_database_of_version_1_opens_with_everything_and_the_schema_of_a_new_one() {
    let folder = tempfile::tempdir().unwrap();
    let old = Connection::open(folder.path().join(FILE)).unwrap();
    old.execute_batch(V1).unwrap();
    drop(old);
    let old = sqlite::open(folder.path()).unwrap();
    let fresh = tempfile::tempdir().unwrap();
    assert_eq!(schema(&old), schema(&sqlite::open(fresh.path()).unwrap()));

    let account = old.account("petugas1").unwrap().unwrap();
    let hash = [0xab; 32];
    let found = sessions::find(&old, &hash, Millis(1_732_000_000_001)).unwrap();
    assert_eq!(found.unwrap().0, account.user);
    let visit: RecordId = "22222222-2222-8222-8222-222222222222".parse().unwrap();
    let stored = old.record(visit).unwrap().unwrap();
    assert_eq!(
        (
            stored.born,
            stored.field_rev("a/nama"),
            stored.field_rev("submission/1")
        ),
        (2, 2, 3)
    );
    assert_eq!(kinds::reviews_of(&old, visit).unwrap().len(), 1);
    assert_eq!(log_of(&old, visit).len(), 2);
    let refused = "66666666-6666-8666-8666-666666666664".parse().unwrap();
    let (answered, author) = old.answer_to(refused).unwrap().unwrap();
    assert!(matches!(answered, Answered::Rejected(..)));
    assert_eq!(author.user, Some(account.user.id));
    let digest = old.digest(&account.user).unwrap();
    assert_eq!((digest.count, digest.rev_sum), (3, 1 + 3 + 4));
    let _: UserId = account.user.id;
}

/// A database as version 4 of the server left it, with refusals that hold anything. Frozen: a later version adds a file of
/// its own.
const V4: &str = include_str!("../fixtures/db/server_v4.sql");

#[test]
fn refusals_of_before_are_listed_whatever_they_hold() {
    let folder = tempfile::tempdir().unwrap();
    let old = Connection::open(folder.path().join(FILE)).unwrap();
    old.execute_batch(V4).unwrap();
    drop(old);
    let old = sqlite::open(folder.path()).unwrap();
    let fresh = tempfile::tempdir().unwrap();
    assert_eq!(schema(&old), schema(&sqlite::open(fresh.path()).unwrap()));
    let admin = old.account("admin").unwrap().unwrap().user;
    let list = set_aside::list(&old, &admin, Millis(0)).unwrap();
    let visits: Vec<_> = list.items.iter().map(|item| item.visit.is_some()).collect();
    // A number, a list, no JSON, a text that is no id, a review of a visit, a visit.
    assert_eq!(visits, [false, false, false, false, true, true]);
    let named: Vec<_> = list
        .items
        .iter()
        .map(|item| item.cooperative.as_str())
        .collect();
    assert_eq!(named[4..], ["Koperasi CONTOH", "Koperasi CONTOH"]);
    let visit = list.items[5].mutation;
    let entry = old.entry(visit).unwrap().unwrap();
    assert_eq!(entry.draft, Some(false), "it was to be sent to the desk");
}

#[test]
fn a_database_of_a_newer_server_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(FILE);
    drop(sqlite::open(folder.path()).unwrap());
    let newer = Connection::open(&file).unwrap();
    newer
        .pragma_update(None, "user_version", STEPS.len() + 1)
        .unwrap();
    drop(newer);
    let before = std::fs::read(&file).unwrap();
    let refused = sqlite::open(folder.path());
    assert!(matches!(
        refused,
        Err(repo::Error::Open(sql::Error::TooNew { .. }))
    ));
    assert_eq!(std::fs::read(&file).unwrap(), before);
}
