//! The command line, as a process of its own.

use std::{
    path::Path,
    process::{Output, Stdio},
};

use anjangsana::{
    server::{demo, repo::sqlite, secret},
    sync::wire::{LOGIN_PATH, LoginReply, LoginRequest},
};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    process::{Child, Command},
};

/// The program under test.
pub(crate) const SERVER: &str = env!("CARGO_BIN_EXE_anjangsana-server");

fn server(data: &Path, arguments: &[&str]) -> Command {
    given(Command::new(SERVER), data, arguments)
}

/// A command that runs the server, with its arguments.
fn given(mut command: Command, data: &Path, arguments: &[&str]) -> Command {
    command.args(arguments).arg("--data").arg(data);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command.kill_on_drop(true);
    command
}

pub(crate) async fn run(data: &Path, arguments: &[&str], input: &str) -> Output {
    let mut child = server(data, arguments).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // One that refuses its arguments ends without reading.
    let _ = stdin.write_all(input.as_bytes()).await;
    drop(stdin);
    child.wait_with_output().await.unwrap()
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A server on a free port, and its address.
pub(crate) async fn serve(data: &Path) -> (Child, String) {
    serve_by(Command::new(SERVER), data).await
}

/// The same, run by this command.
pub(crate) async fn serve_by(command: Command, data: &Path) -> (Child, String) {
    listening(command, data, "127.0.0.1:0").await
}

/// The same on an address that it had before.
pub(crate) async fn serve_again(data: &Path, address: &str) -> Child {
    let listen = address.trim_start_matches("http://");
    listening(Command::new(SERVER), data, listen).await.0
}

/// The same with more arguments.
pub(crate) async fn serve_with(command: Command, data: &Path, more: &[&str]) -> (Child, String) {
    listening_with(command, data, "127.0.0.1:0", more).await
}

async fn listening(command: Command, data: &Path, listen: &str) -> (Child, String) {
    listening_with(command, data, listen, &[]).await
}

async fn listening_with(
    command: Command,
    data: &Path,
    listen: &str,
    more: &[&str],
) -> (Child, String) {
    let arguments = [&["serve", "--listen", listen][..], more].concat();
    let mut child = given(command, data, &arguments).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let address = lines
        .next_line()
        .await
        .unwrap()
        .expect("it says where it listens");
    (child, address)
}

#[tokio::test]
async fn a_demo_office_is_served_to_this_machine_only_unless_told() {
    let folder = tempfile::tempdir().unwrap();
    let made = run(folder.path(), &["demo"], "").await;
    assert!(made.status.success(), "{}", text(&made.stderr));
    assert!(text(&made.stdout).contains("petugas1"));
    // Another address, a proxy in front, a site with HTTPS: each is there for others. H20
    for public in [
        &["--listen", "0.0.0.0:0"][..],
        &["--listen", "127.0.0.1:0", "--behind-proxy"],
        &["--listen", "127.0.0.1:0", "--https"],
    ] {
        let refused = run(folder.path(), &[&["serve"], public].concat(), "").await;
        let said = text(&refused.stderr);
        assert!(!refused.status.success(), "{public:?}");
        assert!(said.contains("--allow-demo"), "{public:?}: {said}");
    }
    let arguments = ["serve", "--listen", "0.0.0.0:0", "--allow-demo"];
    let mut allowed = server(folder.path(), &arguments).spawn().unwrap();
    let mut lines = BufReader::new(allowed.stdout.take().unwrap()).lines();
    assert!(
        lines
            .next_line()
            .await
            .unwrap()
            .unwrap()
            .starts_with("http://0.0.0.0:")
    );
}

#[tokio::test]
async fn a_server_told_to_end_ends_well_and_leaves_a_whole_file() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), &["demo"], "").await;
    let (mut child, address) = serve(folder.path()).await;
    let request = LoginRequest {
        username: "petugas1".to_owned(),
        password: demo::PASSWORD.to_owned(),
        device: "Uji".to_owned(),
        previous: String::new(),
    };
    let client = reqwest::Client::new();
    let call = client.post(format!("{address}{LOGIN_PATH}")).json(&request);
    let reply: LoginReply = call.send().await.unwrap().json().await.unwrap();
    let pid = child.id().unwrap().to_string();
    let killed = Command::new("kill")
        .args(["-TERM", &pid])
        .status()
        .await
        .unwrap();
    assert!(killed.success());
    assert!(child.wait().await.unwrap().success());
    let log = child.stderr.take().unwrap();
    let mut lines = BufReader::new(log).lines();
    let mut log = String::new();
    while let Some(line) = lines.next_line().await.unwrap() {
        log.push_str(&line);
        log.push('\n');
    }
    assert!(
        log.contains("status=200") && log.contains("stopped"),
        "{log}"
    );
    assert!(
        !log.contains(&reply.token) && !log.contains(demo::PASSWORD),
        "{log}"
    );
    let connection = sqlite::open(folder.path()).unwrap();
    let ok: String = connection
        .query_row("pragma integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(ok, "ok");
    let hash = secret::hash_token(&reply.token);
    let sql = "select count(*) from session where hash = ?1";
    let sessions: i64 = connection.query_row(sql, [hash], |row| row.get(0)).unwrap();
    assert_eq!(sessions, 1);
}

#[tokio::test]
async fn accounts_are_kept_without_a_password_on_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let add = [
        "user",
        "add",
        "ppl",
        "--name",
        "Petugas CONTOH",
        "--role",
        "officer",
    ];
    let without_area = run(
        data,
        &[&add[..], &["--password-stdin"]].concat(),
        "rahasia-sekali\n",
    )
    .await;
    assert!(
        text(&without_area.stderr).contains("kecamatan"),
        "{}",
        text(&without_area.stderr)
    );
    let with_area = [
        &add[..],
        &["--areas", "air gegas,19.03.05", "--password-stdin"],
    ]
    .concat();
    let short = run(data, &with_area, "pendek\n").await;
    assert!(
        text(&short.stderr).contains("10 letters"),
        "{}",
        text(&short.stderr)
    );
    let added = run(data, &with_area, "rahasia-sekali\n").await;
    assert!(added.status.success(), "{}", text(&added.stderr));
    let twice = run(data, &with_area, "rahasia-sekali\n").await;
    assert!(
        text(&twice.stderr).contains("taken"),
        "{}",
        text(&twice.stderr)
    );
    let listed = text(&run(data, &["user", "list"], "").await.stdout);
    assert!(
        listed.contains("Airgegas, Payung") && !listed.contains("argon2"),
        "{listed}"
    );
    assert!(
        run(
            data,
            &["user", "passwd", "ppl", "--password-stdin"],
            "lebih-rahasia\n"
        )
        .await
        .status
        .success()
    );
    assert!(
        run(data, &["user", "move", "ppl", "--role", "supervisor"], "")
            .await
            .status
            .success()
    );
    assert!(
        run(data, &["user", "disable", "ppl"], "")
            .await
            .status
            .success()
    );
    let listed = text(&run(data, &["user", "list"], "").await.stdout);
    assert!(
        listed.contains("supervisor") && listed.contains("(disabled)"),
        "{listed}"
    );
    let enabled = run(data, &["user", "enable", "ppl"], "").await;
    assert!(enabled.status.success());
    let listed = text(&run(data, &["user", "list"], "").await.stdout);
    assert!(!listed.contains("(disabled)"), "{listed}");
    for command in ["disable", "enable"] {
        let unknown = run(data, &["user", command, "siapa"], "").await;
        assert!(!unknown.status.success(), "{command}");
    }
}

#[tokio::test]
async fn an_import_names_what_it_left_out_and_fails_for_the_script_that_called_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/register.csv");
    let output = run(folder.path(), &["register", "import", file], "").await;
    assert!(!output.status.success());
    let said = text(&output.stderr);
    assert!(said.contains("row 4, column Desa"), "{said}");
    assert!(said.contains("4 rows were left out"), "{said}");
    assert!(text(&output.stdout).contains("3 added, 0 changed, 0 unchanged"));
    let forms = run(folder.path(), &["form", "list"], "").await;
    assert!(forms.status.success());
    let migrated = run(folder.path(), &["migrate"], "").await;
    let version = anjangsana::server::repo::sqlite::STEPS.len();
    assert!(text(&migrated.stdout).contains(&format!("version {version}")));
}
