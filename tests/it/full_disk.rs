//! A server whose disk is full: it says so, loses nothing that it acknowledged, goes on reading, and goes on writing when there
//! is room. Once as a process on a disk that is really full, and once with a database that may not grow.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use anjangsana::server::Config;
use anjangsana::server::repo::Tx;
use anjangsana::sync::wire::{ErrorCode, ErrorReply, Outcome, SYNC_PATH, SyncReply};
use rusqlite::Connection;

use crate::real_process::{Somebody, draft, office, request, stored};
use crate::server_command::{SERVER, serve_by};
use crate::server_office::Office;

/// More drafts than fit anywhere here.
const MANY: usize = 2_000;

/// A phone that fills a server.
struct Phone<'a> {
    of: &'a Somebody,
    address: String,
    client: reqwest::Client,
}

impl Phone<'_> {
    async fn push(&self, name: &str) -> reqwest::Response {
        let filling = "penuh ".repeat(3_000);
        self.post(vec![draft(self.of, name, &filling)]).await
    }

    async fn post(&self, mutations: Vec<anjangsana::sync::wire::Mutation>) -> reqwest::Response {
        self.client
            .post(format!("{}{SYNC_PATH}", self.address))
            .bearer_auth(&self.of.token)
            .json(&request(1, mutations))
            .send()
            .await
            .unwrap()
    }

    /// Pushes until there is no room: the names of what was acknowledged, and of what was refused.
    async fn fills_it(&self) -> (Vec<String>, String) {
        let mut kept = Vec::new();
        while kept.len() < MANY {
            let name = format!("uji {}", kept.len());
            let answer = self.push(&name).await;
            if answer.status() != 200 {
                assert_eq!(answer.status(), 507, "{name}");
                let error: ErrorReply = answer.json().await.unwrap();
                assert_eq!(error.code, ErrorCode::Full);
                assert!(
                    error.message.contains("nothing is lost"),
                    "{}",
                    error.message
                );
                return (kept, name);
            }
            let reply: SyncReply = answer.json().await.unwrap();
            assert!(matches!(reply.results[0].outcome, Outcome::Applied { .. }));
            kept.push(name);
        }
        panic!("it is never full");
    }
}

/// A disk of a few megabytes. It is mounted where only its keeper sees it, so it is gone with the keeper, however that ends.
/// Root may mount one as it is; anybody else as root of a namespace of their own.
struct SmallDisk {
    folder: tempfile::TempDir,
    keeper: Child,
    into: &'static [&'static str],
}

impl SmallDisk {
    /// Mounts it.
    fn mount() -> Self {
        let ways: [(&[&str], &[&str]); 2] = [
            (&["--mount"], &["--mount"]),
            (
                &["--user", "--map-root-user", "--mount"],
                &["--user", "--preserve-credentials", "--mount"],
            ),
        ];
        let mut why = String::new();
        for (apart, into) in ways {
            let folder = tempfile::tempdir().unwrap();
            let mut keeper = std::process::Command::new("unshare")
                .args(apart)
                .args([
                    "sh",
                    "-c",
                    "mount -t tmpfs -o size=8m tmpfs \"$0\" && echo ready && exec cat",
                ])
                .arg(folder.path())
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap();
            let mut said = String::new();
            let mut lines = BufReader::new(keeper.stdout.take().unwrap());
            lines.read_line(&mut said).unwrap();
            if said == "ready\n" {
                return Self {
                    folder,
                    keeper,
                    into,
                };
            }
            let failed = keeper.wait_with_output().unwrap();
            why.push_str(&String::from_utf8_lossy(&failed.stderr));
        }
        panic!(
            "this test needs a small disk, and none can be mounted here, as root or in a user namespace:\n{why}"
        );
    }

    /// A program that sees the disk.
    fn inside(&self, program: &str) -> std::process::Command {
        let mut command = std::process::Command::new("nsenter");
        let keeper = self.keeper.id().to_string();
        command
            .args(["--target", &keeper])
            .args(self.into)
            .arg(program);
        command
    }

    /// The disk's contents, from outside.
    fn contents(&self) -> PathBuf {
        let root = PathBuf::from(format!("/proc/{}/root", self.keeper.id()));
        root.join(self.folder.path().strip_prefix("/").unwrap())
    }

    fn grow(&self) {
        let grown = self
            .inside("mount")
            .args(["-o", "remount,size=64m"])
            .arg(self.folder.path())
            .status()
            .unwrap();
        assert!(grown.success());
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _gone = self.keeper.kill();
        let _waited = self.keeper.wait();
    }
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            std::fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
        }
    }
}

#[tokio::test]
async fn a_server_whose_disk_is_full_says_so_loses_nothing_and_goes_on_when_there_is_room() {
    let disk = SmallDisk::mount();
    let made = tempfile::tempdir().unwrap();
    let of = office(made.path()).await;
    copy(made.path(), &disk.contents());
    let (mut child, address) = serve_by(disk.inside(SERVER).into(), disk.folder.path()).await;
    let phone = Phone {
        of: &of,
        address,
        client: reqwest::Client::new(),
    };
    let (mut kept, refused) = phone.fills_it().await;
    assert!(!kept.is_empty());
    assert_eq!(
        phone.post(Vec::new()).await.status(),
        200,
        "reading goes on"
    );

    disk.grow();
    let answer = phone.push(&refused).await;
    assert_eq!(answer.status(), 200, "the very same, once there is room");
    kept.push(refused);
    child.kill().await.unwrap();
    let found = tempfile::tempdir().unwrap();
    copy(&disk.contents(), found.path());
    let found = stored(found.path());
    assert_eq!(found.len(), kept.len());
    assert!(kept.iter().all(|name| found.get(name) == Some(&1)));
}

#[tokio::test]
async fn a_database_that_may_not_grow_refuses_what_is_new_keeps_what_it_has_and_goes_on_when_it_may()
 {
    let folder = tempfile::tempdir().unwrap();
    let of = office(folder.path()).await;
    let server = Office::on(folder, Config::default()).await;
    let may_have = async |more: u32| {
        let limit = move |tx: &dyn Tx| {
            let db: &Connection = tx.connection().downcast_ref().unwrap();
            let pages: u32 = db.pragma_query_value(None, "page_count", |row| row.get(0))?;
            Ok(db.pragma_update(None, "max_page_count", pages + more)?)
        };
        server.state.database().write(limit).await.unwrap();
    };
    let phone = Phone {
        of: &of,
        address: server.url(""),
        client: reqwest::Client::new(),
    };
    may_have(100).await;
    let (mut kept, refused) = phone.fills_it().await;
    assert!(!kept.is_empty());
    let before = stored(server.folder());
    assert_eq!(phone.push(&refused).await.status(), 507, "and again");
    assert_eq!(
        phone.post(Vec::new()).await.status(),
        200,
        "reading goes on"
    );
    assert_eq!(stored(server.folder()), before);

    may_have(1_000).await;
    assert_eq!(phone.push(&refused).await.status(), 200);
    kept.push(refused);
    let folder = server.close().await;
    let found = stored(folder.path());
    assert_eq!(found.len(), kept.len());
    assert!(kept.iter().all(|name| found.get(name) == Some(&1)));
}
