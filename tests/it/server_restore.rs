//! Going back to a backup: photos outlive it, a crash at any step leaves a database, and an office whose database is gone
//! is not taken for a new one. H1, H23.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anjangsana::{
    domain::{Kind, Millis, Role},
    server::{
        Config,
        attachments::{
            sweep::{Most, sweep},
            unwanted::DAYS,
        },
        machine,
        repo::{
            self, AttachmentNames, Records, epoch,
            sqlite::{
                self, FILE, backup,
                restore::{self, Restoring, Step},
            },
        },
    },
};
use rusqlite::Connection;

use crate::server_attachments::{name_of, photo};
use crate::server_command::{run, serve, text};
use crate::server_office::{Office, TOBOALI, record_of};

const DAY: i64 = 24 * 60 * 60 * 1000;

/// The names of the cooperatives in a data folder.
fn register(folder: &Path) -> Vec<String> {
    let connection = sqlite::open(folder).unwrap();
    let all = connection.records_of(Kind::Cooperative).unwrap();
    let name =
        |fields: &anjangsana::domain::Fields| fields["Koperasi"].as_str().unwrap().to_owned();
    all.iter()
        .map(|stored| name(&stored.record.fields))
        .collect()
}

fn put_photo(folder: &Path, seed: u64) -> PathBuf {
    let bytes = photo(seed, 2_000);
    let name = name_of(&bytes);
    let folder = folder
        .join("attachments/whole")
        .join(name.hash().get(..2).unwrap());
    fs::create_dir_all(&folder).unwrap();
    let file = folder.join(name.as_str());
    fs::write(&file, bytes).unwrap();
    let old = std::time::SystemTime::now() - std::time::Duration::from_secs(40 * 24 * 60 * 60);
    let opened = fs::File::options().append(true).open(&file).unwrap();
    opened.set_modified(old).unwrap();
    file
}

/// An office with one cooperative, a backup of it, and another cooperative that only the office has.
async fn office_and_backup(copies: &Path) -> (tempfile::TempDir, PathBuf) {
    let office = Office::open().await;
    office.cooperative("lama", TOBOALI);
    let copy = copies.join("copy.sqlite");
    backup::back_up(office.folder(), &copy).unwrap();
    office.cooperative("baru", TOBOALI);
    (office.close().await, copy)
}

#[tokio::test]
async fn a_photo_that_an_older_backup_does_not_name_is_there_when_its_phone_names_it_again() {
    let office = Office::open().await;
    let mut officer = office.hire("ppl", Role::Officer, &[TOBOALI]);
    let cooperative = office.cooperative("satu", TOBOALI);
    let copies = tempfile::tempdir().unwrap();
    let copy = copies.path().join("copy.sqlite");
    // The database of the backup has seen the photo for a month, and no visit that names it: it was on its way.
    let file = put_photo(office.folder(), 1);
    for day in 0..i64::from(DAYS) {
        let now = machine::now().plus(day * DAY);
        sweep(&office.state, now, Most::Share).await.unwrap();
    }
    backup::back_up(office.folder(), &copy).unwrap();
    let name = file.file_name().unwrap().to_str().unwrap();
    let mut visit = officer.visit("kunjungan", cooperative, TOBOALI);
    visit.fields.insert("a/catatan".to_owned(), name.into());
    officer.push(&visit).await;
    let folder = office.close().await;

    restore::restore(folder.path(), &copy, Millis(1)).unwrap();
    let office = Office::on(folder, Config::default()).await;
    for day in 0..i64::from(DAYS) {
        let now = machine::now().plus((i64::from(DAYS) + day) * DAY);
        let swept = sweep(&office.state, now, Most::Share).await.unwrap();
        assert_eq!(swept.discarded, 0, "day {day}");
    }
    assert!(file.exists());
    let mut officer = office.log_in(&officer.user, "second");
    officer.push(&visit).await;
    let path = format!("/api/v1/attachments/{name}");
    assert_eq!(officer.get(&path).await.status(), 200);
}

#[tokio::test]
async fn a_restore_that_stops_after_any_step_leaves_a_whole_database_and_can_be_done_again() {
    for (count, last) in Step::ALL.into_iter().enumerate() {
        let copies = tempfile::tempdir().unwrap();
        let (folder, copy) = office_and_backup(copies.path()).await;
        let data = folder.path();
        let mut restoring = Restoring::of(data, &copy, Millis(1)).unwrap();
        for step in Step::ALL.into_iter().take(count + 1) {
            restoring.take(step).unwrap();
        }
        drop(restoring);
        let names = register(data);
        let expected = if last == Step::Replace { 1 } else { 2 };
        assert_eq!(names.len(), expected, "after {last:?}");
        let done = restore::restore(data, &copy, Millis(2)).unwrap();
        assert_eq!(register(data), ["Koperasi CONTOH lama"], "after {last:?}");
        let before = done.before.unwrap();
        let kept = Connection::open(before).unwrap();
        let kept = kept.records_of(Kind::Cooperative).unwrap();
        assert_eq!(kept.len(), expected, "after {last:?}");
    }
}

#[tokio::test]
async fn a_restore_on_a_new_machine_that_stops_is_not_taken_for_a_new_office() {
    let copies = tempfile::tempdir().unwrap();
    let (_folder, copy) = office_and_backup(copies.path()).await;
    let machine = tempfile::tempdir().unwrap();
    let mut restoring = Restoring::of(machine.path(), &copy, Millis(1)).unwrap();
    restoring.take(Step::Copy).unwrap();
    drop(restoring);
    let refused = sqlite::open(machine.path());
    assert!(matches!(refused, Err(repo::Error::Lost(_))));
    let done = restore::restore(machine.path(), &copy, Millis(2)).unwrap();
    assert_eq!(done.before, None);
    assert_eq!(register(machine.path()).len(), 1);
}

#[tokio::test]
async fn a_damaged_database_is_replaced_and_kept_with_its_log() {
    let copies = tempfile::tempdir().unwrap();
    let (folder, copy) = office_and_backup(copies.path()).await;
    let data = folder.path();
    let garbage = vec![7; 8_192];
    fs::write(data.join(FILE), &garbage).unwrap();
    let log = data.join(format!("{FILE}-wal"));
    fs::write(&log, b"the log of the damaged one").unwrap();
    let done = restore::restore(data, &copy, Millis(3)).unwrap();
    assert_eq!(register(data), ["Koperasi CONTOH lama"]);
    let before = done.before.unwrap();
    assert_eq!(fs::read(&before).unwrap(), garbage);
    let kept = data.join(format!("{FILE}.before-3-wal"));
    assert_eq!(fs::read(kept).unwrap(), b"the log of the damaged one");
}

#[tokio::test]
async fn the_log_of_a_database_that_is_gone_is_not_taken_for_that_of_the_backup() {
    let copies = tempfile::tempdir().unwrap();
    let (folder, copy) = office_and_backup(copies.path()).await;
    let data = folder.path();
    let log = data.join(format!("{FILE}-wal"));
    let live = sqlite::open(data).unwrap();
    live.execute_batch("insert into meta values ('only', 'in the log')")
        .unwrap();
    fs::copy(&log, data.join("aside")).unwrap();
    drop(live);
    fs::remove_file(data.join(FILE)).unwrap();
    fs::rename(data.join("aside"), &log).unwrap();
    restore::restore(data, &copy, Millis(4)).unwrap();
    assert_eq!(register(data), ["Koperasi CONTOH lama"]);
    let check: String = sqlite::open(data)
        .unwrap()
        .query_row("pragma integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(check, "ok");
    assert!(data.join(format!("{FILE}.before-4-wal")).exists());
}

#[tokio::test]
async fn a_restored_office_begins_another_life_and_counts_no_day_of_the_one_before() {
    let copies = tempfile::tempdir().unwrap();
    let (folder, copy) = office_and_backup(copies.path()).await;
    restore::restore(folder.path(), &copy, Millis(5)).unwrap();
    let connection = sqlite::open(folder.path()).unwrap();
    assert!(!epoch::present(&connection).unwrap().name.is_empty());
    let unwanted = connection.unwanted().unwrap();
    assert!(unwanted.is_empty());
    let id = record_of("lama");
    assert!(connection.record(id).unwrap().is_some());
}

#[tokio::test]
async fn photos_without_a_database_are_no_new_office_unless_somebody_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let file = put_photo(&data, 2);
    for command in [&["serve"][..], &["user", "list"], &["demo"], &["migrate"]] {
        let refused = run(&data, command, "").await;
        assert!(!refused.status.success(), "{command:?}");
        let said = text(&refused.stderr);
        assert!(
            said.contains("restore") && said.contains("--fresh-database"),
            "{command:?}: {said}"
        );
        assert!(!data.join(FILE).exists(), "{command:?} makes none");
    }
    let copy = folder.path().join("copy.sqlite");
    let refused = run(&data, &["backup", copy.to_str().unwrap()], "").await;
    assert!(text(&refused.stderr).contains("there is no database"));
    assert!(!copy.exists());

    let listen = ["serve", "--fresh-database", "--listen", "127.0.0.1:0"];
    let mut command = tokio::process::Command::new(crate::server_command::SERVER);
    command.args(listen).arg("--data").arg(&data);
    command.stdout(std::process::Stdio::piped());
    let mut fresh = command.kill_on_drop(true).spawn().unwrap();
    let mut lines =
        tokio::io::AsyncBufReadExt::lines(tokio::io::BufReader::new(fresh.stdout.take().unwrap()));
    assert!(lines.next_line().await.unwrap().is_some());
    assert!(file.exists());
    fresh.kill().await.unwrap();
    // Now there is one.
    let (mut again, _) = serve(&data).await;
    again.kill().await.unwrap();
    assert!(file.exists());
    let swept = run(&data, &["sweep"], "").await;
    assert!(text(&swept.stdout).contains("0 moved to the trash"));
}
