//! A real server with a demo office in a folder of its own, stopped and started at will on one port.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anjangsana::domain::AttachmentName;
use anjangsana::server::{forms, machine};
use rusqlite::{Connection, OpenFlags};
use serde_json::Value;

/// An office: data that outlives the server process.
pub(crate) struct Office {
    pub(crate) folder: tempfile::TempDir,
    web: PathBuf,
    port: u16,
    server: Option<Child>,
}

/// A copy of the built app that a test may change.
pub(crate) fn copy_of_the_app(to: &Path) {
    fn copy(from: &Path, to: &Path) {
        std::fs::create_dir_all(to).unwrap();
        for entry in std::fs::read_dir(from).unwrap() {
            let path = entry.unwrap().path();
            let target = to.join(path.file_name().unwrap());
            if path.is_dir() {
                copy(&path, &target);
            } else {
                std::fs::copy(&path, &target).unwrap();
            }
        }
    }
    copy(&need("ANJANGSANA_WEB"), to);
}

/// Puts another build of the app into a folder: its service worker and its list carry another build id.
pub(crate) fn release_anew(web: &Path) {
    let list = std::fs::read_to_string(web.join("precache.json")).unwrap();
    let parsed: serde_json::Value = serde_json::from_str(&list).unwrap();
    let build = parsed["build"].as_str().unwrap().to_owned();
    for file in ["precache.json", "sw.js"] {
        let text = std::fs::read_to_string(web.join(file)).unwrap();
        assert!(text.contains(&build), "{file} carries the build id");
        std::fs::write(web.join(file), text.replace(&build, "the-next-build")).unwrap();
        for packed in ["br", "gz"] {
            // Not every file is worth packing.
            let _never_packed = std::fs::remove_file(web.join(format!("{file}.{packed}")));
        }
    }
}

fn need(variable: &str) -> PathBuf {
    std::env::var_os(variable)
        .unwrap_or_else(|| panic!("{variable} is not set: run these tests with `cargo xtask test`"))
        .into()
}

impl Office {
    /// A fresh demo office, its server running.
    pub(crate) fn open() -> Self {
        Self::serving(need("ANJANGSANA_WEB"))
    }

    /// A fresh demo office whose server serves the app from that folder.
    pub(crate) fn serving(web: PathBuf) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let made = Command::new(need("ANJANGSANA_SERVER"))
            .args(["demo", "--data"])
            .arg(folder.path())
            .stdout(Stdio::null())
            .status()
            .unwrap();
        assert!(made.success(), "the demo office could not be made");
        let mut office = Self {
            folder,
            web,
            port,
            server: None,
        };
        office.start();
        office
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://localhost:{}{path}", self.port)
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn start(&mut self) {
        let log = std::fs::File::create(self.folder.path().join("server.log")).unwrap();
        let child = Command::new(need("ANJANGSANA_SERVER"))
            .args([
                "serve",
                "--listen",
                &format!("127.0.0.1:{}", self.port),
                "--data",
            ])
            .arg(self.folder.path())
            .arg("--web")
            .arg(&self.web)
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        self.server = Some(child);
        let patience = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(
                patience.elapsed() < Duration::from_secs(30),
                "the server does not listen"
            );
            std::thread::yield_now();
        }
    }

    /// Stops the server: from now on there is no signal.
    pub(crate) fn stop(&mut self) {
        if let Some(mut server) = self.server.take() {
            let asked = Command::new("kill")
                .args(["-TERM", &server.id().to_string()])
                .status()
                .unwrap();
            assert!(asked.success());
            assert!(
                server.wait().unwrap().success(),
                "the server did not end cleanly"
            );
        }
    }

    /// Kills the server in the middle of whatever it does.
    pub(crate) fn kill(&mut self) {
        if let Some(mut server) = self.server.take() {
            server.kill().unwrap();
            server.wait().unwrap();
        }
    }

    /// Publishes another version of the checklist, as three sheets; devices get it with their next sync.
    pub(crate) fn publish(&mut self, survey: &str, choices: &str, settings: &str) {
        self.stop();
        let file = self.folder.path().join("anjangsana.sqlite");
        let sheets = forms::Sheets {
            survey,
            choices,
            settings,
        };
        forms::publish(&Connection::open(file).unwrap(), sheets, machine::now()).unwrap();
        self.start();
    }

    /// Every visit at the server with its fields.
    pub(crate) fn visits(&self) -> BTreeMap<String, Value> {
        let database = self.database();
        let mut statement = database
            .prepare("select id, fields from record where kind = 'visit'")
            .unwrap();
        statement
            .query_map([], |row| {
                Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
            })
            .unwrap()
            .map(|row| {
                row.map(|(id, fields)| (id, serde_json::from_str(&fields).unwrap()))
                    .unwrap()
            })
            .collect()
    }

    /// The bytes of an attachment that has arrived.
    pub(crate) fn attachment(&self, name: &AttachmentName) -> Vec<u8> {
        let folder = self.folder.path().join("attachments/whole");
        let file = folder
            .join(name.hash().get(..2).unwrap())
            .join(name.as_str());
        std::fs::read(file).unwrap()
    }

    /// The server's database, read only.
    pub(crate) fn database(&self) -> Connection {
        let file = self.folder.path().join("anjangsana.sqlite");
        Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap()
    }
}

impl Drop for Office {
    fn drop(&mut self) {
        if let Some(mut server) = self.server.take() {
            let _already_gone = server.kill();
            let _waited = server.wait();
        }
    }
}

/// Whether any file below a folder holds these bytes.
pub(crate) fn any_file_holds(folder: &Path, needle: &[u8]) -> bool {
    std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .any(|entry| {
            let path = entry.path();
            if path.is_dir() {
                return any_file_holds(&path, needle);
            }
            std::fs::read(&path)
                .is_ok_and(|bytes| bytes.windows(needle.len()).any(|window| window == needle))
        })
}
