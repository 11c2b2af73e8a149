//! The server's backup and restore, as commands beside a real server process, with a real device that syncs.

use std::path::Path;

use anjangsana::domain::VisitState;
use anjangsana::server::sqlite;
use anjangsana::store::api::Request;
use tokio::process::Child;

use crate::device_sync::{Phone, local};
use crate::server_command::{run, serve, serve_again, text};

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
