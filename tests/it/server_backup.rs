//! The server's backup and restore, as commands beside a real server process, with a real device that syncs.

use std::path::Path;

use anjangsana::domain::{Millis, Role, VisitState};
use anjangsana::server::{
    demo,
    repo::{Records, sqlite},
    rescue::{self, Backup, Fate},
};
use anjangsana::store::api::{Keep, Request, Transfer};
use anjangsana::sync::backup::{Contents, Unsent};
use serde_json::json;
use tokio::process::Child;

use crate::backup::{back_up, restore};
use crate::device_sync::{Phone, local};
use crate::server_command::{run, serve, serve_again, text};
use crate::server_office::{Office, TOBOALI, log_of, rev};

async fn stop(mut server: Child) {
    server.kill().await.unwrap();
}

fn submitted(data: &Path) -> Vec<String> {
    let connection = sqlite::open(data).unwrap();
    let mut statement = connection
        .prepare("select id from record where kind = 'visit' and fields like '%submission/1%' order by id")
        .unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

#[tokio::test]
async fn what_a_restored_backup_lacks_the_phone_sends_again_and_nothing_is_doubled() {
    local(async {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        assert!(run(&data, &["demo"], "").await.status.success());
        let (server, address) = serve(&data).await;
        let phone = Phone::at(&address, &folder.path().join("phone"));
        phone.log_in("petugas1").await;
        let mut visits = Vec::new();
        let copy = folder.path().join("copy.sqlite");
        for backed_up in [true, false] {
            let visit = phone.start().await;
            phone.fill_short(visit).await;
            let submit = Request::SubmitVisit {
                visit,
                result: None,
                judged: None,
            };
            phone.ask(submit).await;
            phone.sync().await;
            assert_eq!(phone.visit(visit).await.state, VisitState::Submitted);
            visits.push(visit);
            if backed_up {
                let made = run(&data, &["backup", copy.to_str().unwrap()], "").await;
                assert!(made.status.success(), "{}", text(&made.stderr));
            }
        }
        let before = submitted(&data);
        let restore = ["restore", copy.to_str().unwrap()];

        let refused = run(&data, &restore, "").await;
        assert!(text(&refused.stderr).contains("stop the server first"));
        assert_eq!(submitted(&data), before, "a refusal changes nothing");

        stop(server).await;
        let restored = run(&data, &restore, "").await;
        assert!(restored.status.success(), "{}", text(&restored.stderr));
        assert_eq!(submitted(&data).len(), before.len() - 1);
        let server = serve_again(&data, &address).await;
        // One call finds that the server lives another life, the next sends what it lacks.
        phone.sync().await;
        phone.sync().await;
        assert_eq!(submitted(&data), before);
        let queue = phone.queue().await;
        assert!(queue.items.is_empty(), "everything has arrived");
        stop(server).await;
    })
    .await;
}

#[tokio::test]
async fn an_older_file_taken_in_before_the_phone_hears_that_the_server_was_put_back_covers_nothing()
{
    local(async {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        assert!(run(&data, &["demo"], "").await.status.success());
        let (server, address) = serve(&data).await;
        let other = Phone::at(&address, &folder.path().join("other"));
        let own = Phone::at(&address, &folder.path().join("own"));
        for phone in [&other, &own] {
            phone.log_in("petugas1").await;
        }
        let copy = folder.path().join("copy.sqlite");
        let made = run(&data, &["backup", copy.to_str().unwrap()], "").await;
        assert!(made.status.success(), "{}", text(&made.stderr));
        let visit = other.start().await;
        other.answer(visit, "no_spt", "SPT-lama").await;
        let older = back_up(&other, demo::PASSWORD).await.unwrap();
        other.sync().await;
        own.sync().await;
        own.answer(visit, "no_spt", "SPT-baru").await;
        own.sync().await;
        assert!(own.queue().await.items.is_empty(), "the server has it");

        stop(server).await;
        let restored = run(&data, &["restore", copy.to_str().unwrap()], "").await;
        assert!(restored.status.success(), "{}", text(&restored.stderr));
        let server = serve_again(&data, &address).await;
        let file = folder.path().join("other.cadangan");
        std::fs::write(&file, &older).unwrap();
        let rescue = ["rescue", file.to_str().unwrap(), "--password-stdin"];
        let rescued = run(&data, &rescue, &format!("{}\n", demo::PASSWORD)).await;
        assert!(rescued.status.success(), "{}", text(&rescued.stderr));
        restore(&own, &older, demo::PASSWORD).await.unwrap();
        for _ in 0..3 {
            own.sync().await;
        }
        let asked = own.queue().await.items.remove(0);
        assert_eq!(asked.transfer, Transfer::Conflict);
        let values = &asked.differences[0];
        assert_eq!(values.mine.as_deref(), Some("SPT-baru"));
        assert_eq!(values.theirs.as_deref(), Some("SPT-lama"));
        own.ask(Request::Resolve {
            mutation: asked.mutation,
            keep: Keep::Mine,
        })
        .await;
        own.sync().await;
        assert!(own.queue().await.items.is_empty());
        let third = Phone::at(&address, &folder.path().join("third"));
        third.log_in("petugas1").await;
        third.sync().await;
        let stands = third.visit(visit).await.visit.answers["no_spt"].clone();
        assert_eq!(stands, "SPT-baru");
        stop(server).await;
    })
    .await;
}

#[tokio::test]
async fn a_change_that_a_server_put_back_lacks_covers_nothing_of_the_next_one_in_the_same_file() {
    let office = Office::open().await;
    let cooperative = office.cooperative("satu", TOBOALI);
    let mut officer = office.hire("ppl", Role::Officer, &[TOBOALI]);
    let begun = officer.visit("kunjungan", cooperative, TOBOALI);
    let on = rev(&officer.push(&begun).await);
    let sent_first = officer.edit(
        "kunjungan",
        on,
        json!({"a/catatan": "lama", "a/lain": "ada"}),
    );
    let sent_next = officer.edit("kunjungan", on, json!({"a/catatan": "baru"}));
    // The life before had both. This one got the next alone, from the phone, which does not send the first again.
    officer.push(&sent_next).await;
    let changes = [sent_first.clone(), sent_next].map(|mutation| Unsent {
        mutation,
        owner: Some(officer.user.id),
        visit: Some(begun.record),
        since: Millis(1),
        refused: None,
    });
    let file = Backup {
        username: officer.user.username.clone(),
        contents: Contents {
            user: officer.user.id,
            device: officer.device,
            made_at: Millis(9),
            epoch: None,
            changes: changes.to_vec(),
        },
        photos: Vec::new(),
    };
    for _ in 0..2 {
        let lines = office.change(|db| rescue::apply(db, &file, Millis(10)).unwrap());
        let fates: Vec<_> = lines.into_iter().map(|line| line.fate).collect();
        assert_eq!(fates, [Fate::Conflict, Fate::Known]);
        let visit = office.change(|db| db.record(begun.record).unwrap().unwrap());
        assert_eq!(visit.record.fields["a/catatan"], "baru");
    }
    // What was not chosen is in the visit's history all the same.
    let history = office.change(|db| log_of(db, begun.record));
    let kept = history.iter().find(|entry| entry.id == sent_first.id);
    assert_eq!(kept.unwrap().fields, sent_first.fields);
}

#[tokio::test]
async fn only_a_whole_backup_is_put_back_and_none_overwrites_anything() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    assert!(run(&data, &["demo"], "").await.status.success());
    let copy = folder.path().join("copy.sqlite");
    let name = copy.to_str().unwrap();
    assert!(run(&data, &["backup", name], "").await.status.success());
    let again = run(&data, &["backup", name], "").await;
    assert!(text(&again.stderr).contains("exists already"));

    let mut bytes = std::fs::read(&copy).unwrap();
    let middle = bytes.len() / 2;
    bytes.truncate(middle);
    std::fs::write(&copy, &bytes).unwrap();
    for (file, is) in [(name, "half a backup"), ("Cargo.toml", "no database")] {
        let refused = run(&data, &["restore", file], "").await;
        assert!(!refused.status.success(), "{is}");
        let why = text(&refused.stderr);
        assert!(why.contains("is no whole backup"), "{is}: {why}");
    }
    let connection = sqlite::open(&data).unwrap();
    let people: u32 = connection
        .query_row("select count(*) from user", [], |row| row.get(0))
        .unwrap();
    assert!(people > 0, "what was there is there");
}
