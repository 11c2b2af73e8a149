//! What a phone does when its storage fails it: a database that does not open, and a disk that is full.

use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use anjangsana::domain::id::Entropy;
use anjangsana::domain::{DeviceId, Millis, Role, Scope, User, UserId};
use anjangsana::server::demo;
use anjangsana::store::api::{Bytes, Damaged, Reply, Request, StoreError};
use anjangsana::store::{Moment, Store};
use rusqlite::Connection;

use crate::device_sync::{PIN, Phone, demo_office, local};
use crate::server_office::Office;

fn store_files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            let name = path.file_name().unwrap().to_string_lossy();
            name.starts_with("store-") && name.ends_with(".db")
        })
        .collect();
    files.sort();
    files
}

/// A phone with work on it, switched off.
async fn phone_with_work(office: &Office, folder: &Path) -> PathBuf {
    let phone = Phone::new(office, folder);
    phone.log_in("petugas1").await;
    let visit = phone.start().await;
    phone.answer(visit, "no_spt", "SPT-1").await;
    phone.sync().await;
    phone.device.close().unwrap();
    store_files(folder).pop().unwrap()
}

fn unlock() -> Request {
    Request::Unlock {
        username: "petugas1".to_owned(),
        pin: PIN.to_owned(),
    }
}

async fn damaged(phone: &Phone) -> Vec<Damaged> {
    match phone.ask(Request::Damaged).await {
        Reply::Damaged(damaged) => damaged,
        _ => panic!("not the damaged"),
    }
}

/// The file that was set aside, as a page downloads it.
async fn download(phone: &Phone) -> Vec<u8> {
    let mut file = Vec::new();
    loop {
        let at = file.len() as u64;
        match phone.ask(Request::DamagedBytes { number: 0, at }).await {
            Reply::Bytes(Bytes(bytes)) if bytes.is_empty() => return file,
            Reply::Bytes(Bytes(bytes)) => file.extend(bytes),
            _ => panic!("no bytes"),
        }
    }
}

#[tokio::test]
async fn a_database_of_garbage_is_set_aside_whole_and_the_offices_data_comes_again() {
    let office = demo_office().await;
    let folder = tempfile::tempdir().unwrap();
    local(async {
        let file = phone_with_work(&office, folder.path()).await;
        let garbage: Vec<u8> = (0..700_000_u32)
            .map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8)
            .collect();
        std::fs::write(&file, &garbage).unwrap();

        let phone = Phone::new(&office, folder.path());
        assert_eq!(phone.refused(unlock()).await, StoreError::Damaged);
        assert_eq!(
            std::fs::read(&file).unwrap(),
            garbage,
            "it is left as it was"
        );
        // The new one has no owner before a login; trying the PIN again sets nothing more aside.
        assert_eq!(phone.refused(unlock()).await, StoreError::Damaged);
        phone
            .log_in_with("petugas1", demo::PASSWORD, None)
            .await
            .unwrap();
        phone.sync().await;
        assert!(!phone.names().await.is_empty(), "the office's data is here");
        let set_aside = damaged(&phone).await;
        assert_eq!(set_aside.len(), 1);
        assert_eq!(
            file.file_name().unwrap().to_str().unwrap(),
            set_aside[0].file
        );
        assert!(!set_aside[0].reason.is_empty());
        assert_eq!(download(&phone).await, garbage);
        // What the server had of the visit is here again.
        let visits = phone.ask(Request::MyVisits { states: Vec::new() }).await;
        assert!(matches!(visits, Reply::Visits(rows) if !rows.is_empty()));
        phone
            .ask(Request::SetPin {
                pin: PIN.to_owned(),
            })
            .await;
        phone.ask(Request::Lock).await;
        phone.ask(unlock()).await;
        assert_eq!(store_files(folder.path()).len(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_page_that_changed_by_itself_is_found_when_the_app_was_not_closed_well() {
    let office = demo_office().await;
    let folder = tempfile::tempdir().unwrap();
    local(async {
        let path = folder.path().join("phone");
        let phone = Phone::new(&office, &path);
        phone.log_in("petugas1").await;
        // The phone goes off: nothing is closed, and the store's file is copied as it is.
        let file = store_files(&path).pop().unwrap();
        Connection::open(&file)
            .unwrap()
            .query_row("pragma wal_checkpoint(truncate)", [], |_| Ok(()))
            .unwrap();
        let dead = folder.path().join("dead");
        std::fs::create_dir(&dead).unwrap();
        for entry in std::fs::read_dir(&path).unwrap() {
            let from = entry.unwrap().path();
            std::fs::copy(&from, dead.join(from.file_name().unwrap())).unwrap();
        }
        let file = dead.join(file.file_name().unwrap());
        let whole = std::fs::read(&file).unwrap();
        // Every page but the first is overwritten in its middle: rows and trees, not only free space.
        let mut damaged_file = std::fs::File::options()
            .read(true)
            .write(true)
            .open(&file)
            .unwrap();
        for page in 1..whole.len() as u64 / 4096 {
            damaged_file.seek(SeekFrom::Start(page * 4096)).unwrap();
            let mut first = [0; 1];
            damaged_file.read_exact(&mut first).unwrap();
            damaged_file.seek(SeekFrom::Start(page * 4096)).unwrap();
            damaged_file.write_all(&[!first[0]]).unwrap();
        }
        drop(damaged_file);

        let again = Phone::new(&office, &dead);
        assert_eq!(again.refused(unlock()).await, StoreError::Damaged);
        again
            .log_in_with("petugas1", demo::PASSWORD, None)
            .await
            .unwrap();
        again.sync().await;
        assert!(!again.names().await.is_empty());
        assert_eq!(damaged(&again).await.len(), 1);
        assert_eq!(download(&again).await.len(), whole.len());
    })
    .await;
}

#[tokio::test]
async fn a_whole_database_is_set_aside_for_nothing_whether_it_was_closed_well_or_not() {
    let office = demo_office().await;
    let folder = tempfile::tempdir().unwrap();
    local(async {
        phone_with_work(&office, folder.path()).await;
        for _ in 0..2 {
            // Opened and not closed: the next opening looks it over.
            let phone = Phone::new(&office, folder.path());
            phone.ask(unlock()).await;
            assert_eq!(damaged(&phone).await, []);
        }
        assert_eq!(store_files(folder.path()).len(), 1);
    })
    .await;
}

#[test]
fn a_full_disk_refuses_the_answer_keeps_everything_before_and_works_again_when_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let user = User {
        id: UserId::of_text("petugas1"),
        username: "petugas1".to_owned(),
        name: "Petugas CONTOH".to_owned(),
        role: Role::Officer,
        scope: Scope::District,
    };
    let db = anjangsana::sql::open(&path, anjangsana::sql::Use::Write).unwrap();
    let device = DeviceId::of_text("device");
    drop(Store::open(db, Some(&user), device).unwrap());
    // What fills the disk, beside what the officer has.
    let beside = Connection::open(&path).unwrap();
    beside
        .execute_batch(
            "create table other (bytes blob); insert into other values (zeroblob(200000));
             insert into record (id, kind, area, base, fields) values
                 ('cccccccc-0000-7000-8000-000000000001', 'cooperative', '19.03.01', '{}', '{\"Koperasi\":\"CONTOH\"}'),
                 ('cccccccc-0000-7000-8000-000000000002', 'form', '', '{}', '{}');
             insert into form values ('kunjungan', '1', 'cccccccc-0000-7000-8000-000000000002');",
        )
        .unwrap();
    let db = anjangsana::sql::open(&path, anjangsana::sql::Use::Write).unwrap();
    let pages: i64 = db
        .pragma_query_value(None, "page_count", |row| row.get(0))
        .unwrap();
    db.query_row(
        &format!("pragma max_page_count = {}", pages + 2),
        [],
        |_| Ok(()),
    )
    .unwrap();
    let mut store = Store::open(db, Some(&user), device).unwrap();
    let mut born = 0_u8;
    let mut ask = |request: Request| {
        let mut entropy = || {
            born += 1;
            Entropy::from([born; 10])
        };
        let mut moment = Moment {
            now: Millis(100),
            entropy: &mut entropy,
        };
        store.handle(&mut moment, request).map(|(reply, _)| reply)
    };
    let cooperative = "cccccccc-0000-7000-8000-000000000001".parse().unwrap();
    let Ok(Reply::Started(visit)) = ask(Request::StartVisit { cooperative }) else {
        panic!("not started")
    };
    let answer = |path: &str, value: String| Request::SaveAnswers {
        visit,
        changes: vec![(path.to_owned(), Some(value))],
        place: None,
    };
    ask(answer("no_spt", "SPT-1".to_owned())).unwrap();
    let long = "panjang ".repeat(2_400);
    let refused = ask(answer("catatan_petugas", long.clone()));
    assert!(
        matches!(refused, Err(StoreError::Full)),
        "{:?}",
        refused.err()
    );
    let kept = |path: &str| -> Option<String> {
        let fields: String = beside
            .query_row("select fields from outbox", [], |row| row.get(0))
            .unwrap();
        let fields: serde_json::Value = serde_json::from_str(&fields).unwrap();
        fields[format!("a/{path}")].as_str().map(str::to_owned)
    };
    assert_eq!(kept("no_spt").as_deref(), Some("SPT-1"));
    assert_eq!(kept("catatan_petugas"), None, "all of it or nothing");
    let whole: String = beside
        .query_row("pragma integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(whole, "ok");
    // Small answers that still fit are taken meanwhile.
    ask(answer("no_spt", "SPT-2".to_owned())).unwrap();
    beside.execute("delete from other", []).unwrap();
    ask(answer("catatan_petugas", long.clone())).unwrap();
    assert_eq!(kept("catatan_petugas"), Some(long));
    assert_eq!(kept("no_spt").as_deref(), Some("SPT-2"));
}
