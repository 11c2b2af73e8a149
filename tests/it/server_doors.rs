//! What comes through the door: slow clients, many clients, large bodies, and sessions that end while a body is on its
//! way. H8, H11, H26.

use std::net::SocketAddr;
use std::path::Path;

use anjangsana::{
    domain::{Millis, Role, Scope},
    form::Sheets,
    server::{
        self, accounts, forms, machine,
        repo::{self, Accounts, sqlite},
        secret, workbook,
    },
    sync::wire::{
        ATTACHMENTS_PATH, ErrorCode, LOGIN_PATH, Outcome, RejectCode, SYNC_PATH, SyncReply, TUS,
    },
};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    process::{Child, Command},
};

use crate::server_attachments::{name_of, photo};
use crate::server_command::{SERVER, serve_with};
use crate::server_office::{Office, Phone, TOBOALI};

/// A request whose body is on its way.
struct Half {
    stream: TcpStream,
}

impl Half {
    async fn send(office: &Office, head: &str, body: &[u8], length: usize) -> Self {
        let mut stream = TcpStream::connect(office.address).await.unwrap();
        let head =
            format!("{head}host: x\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(body).await.unwrap();
        Self { stream }
    }

    async fn sync(office: &Office, phone: &Phone, body: &[u8]) -> Self {
        let head = format!(
            "POST {SYNC_PATH} HTTP/1.1\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\n",
            phone.token
        );
        Self::send(office, &head, &body[..10], body.len()).await
    }

    /// The rest, and the answer: its status and its body.
    async fn rest(mut self, body: &[u8]) -> (u16, Vec<u8>) {
        // Who is refused early may find the line closed.
        let _written = self.stream.write_all(body).await;
        let mut answer = Vec::new();
        let _read = self.stream.read_to_end(&mut answer).await;
        let text = String::from_utf8_lossy(&answer).into_owned();
        let status = text.split(' ').nth(1).expect("it is answered");
        let at = text.find("\r\n\r\n").unwrap() + 4;
        (status.parse().unwrap(), answer[at..].to_vec())
    }
}

/// The server has seen the head: another request on another connection was answered since.
async fn seen(phone: &Phone) {
    phone.get("/api/v1/me").await;
    phone.get("/api/v1/me").await;
}

fn visits(office: &Office) -> i64 {
    office.change(|db| {
        let sql = "select count(*) from record where kind = 'visit'";
        db.query_row(sql, [], |row| row.get(0)).unwrap()
    })
}

#[tokio::test]
async fn nothing_is_taken_of_a_session_that_ended_while_its_request_was_on_its_way() {
    let office = Office::open().await;
    let cooperative = office.cooperative("satu", TOBOALI);
    let officer = office.hire("ppl", Role::Officer, &[TOBOALI]);
    let visit = officer.visit("kunjungan", cooperative, TOBOALI);
    let body = serde_json::to_vec(&officer.request(&[visit])).unwrap();
    let half = Half::sync(&office, &officer, &body).await;
    seen(&officer).await;
    office.change(|db| accounts::disable(db, "ppl", machine::now()).unwrap());
    let (status, answer) = half.rest(&body[10..]).await;
    assert_eq!(status, 401, "{}", String::from_utf8_lossy(&answer));
    assert!(String::from_utf8_lossy(&answer).contains("unauthenticated"));
    assert_eq!(visits(&office), 0);
}

#[tokio::test]
async fn a_change_is_judged_by_the_role_that_its_sender_has_when_it_is_written() {
    let office = Office::open().await;
    let cooperative = office.cooperative("satu", TOBOALI);
    let supervisor = office.hire("kabid", Role::Supervisor, &[]);
    let visit = supervisor.visit("kunjungan", cooperative, TOBOALI);
    let body = serde_json::to_vec(&supervisor.request(&[visit])).unwrap();
    let half = Half::sync(&office, &supervisor, &body).await;
    seen(&supervisor).await;
    office.change(|db| {
        accounts::move_to(db, "kabid", (Role::Head, Scope::District), machine::now()).unwrap();
    });
    let (status, answer) = half.rest(&body[10..]).await;
    assert_eq!(status, 200);
    let reply: SyncReply = serde_json::from_slice(&answer).unwrap();
    assert!(matches!(
        reply.results[0].outcome,
        Outcome::Rejected {
            code: RejectCode::Forbidden,
            ..
        }
    ));
    assert_eq!(reply.scope, "head:*");
    assert_eq!(visits(&office), 0);
}

#[tokio::test]
async fn a_form_is_published_by_who_is_administrator_then() {
    let office = Office::open().await;
    let admin = office.hire("admin", Role::Admin, &[]);
    let sheets = Sheets::from_csv(
        "type,name,label\ntext,nama,Nama\n",
        "list_name,name,label\n",
        "form_id,form_title,version\nlain,Lain,1\n",
    );
    let bytes = workbook::write(&sheets.unwrap()).unwrap();
    let head = format!(
        "POST /api/v1/forms HTTP/1.1\r\nauthorization: Bearer {}\r\n",
        admin.token
    );
    let half = Half::send(&office, &head, &bytes[..10], bytes.len()).await;
    seen(&admin).await;
    office.change(|db| {
        accounts::move_to(db, "admin", (Role::Head, Scope::District), machine::now()).unwrap();
    });
    let (status, _) = half.rest(&bytes[10..]).await;
    assert_eq!(status, 403);
    let published = office.change(|db| forms::find(db, "lain", "1").unwrap());
    assert!(published.is_none());
}

fn upload(phone: &Phone, bytes: &[u8]) -> String {
    let name = name_of(bytes);
    format!(
        "PATCH {ATTACHMENTS_PATH}/{name} HTTP/1.1\r\nauthorization: Bearer {}\r\ntus-resumable: {TUS}\r\n\
         upload-offset: 0\r\ncontent-type: application/offset+octet-stream\r\n",
        phone.token
    )
}

async fn create(office: &Office, phone: &Phone, bytes: &[u8]) {
    use base64::Engine;
    let name = base64::engine::general_purpose::STANDARD.encode(name_of(bytes).as_str());
    let call = phone.client.post(office.url(ATTACHMENTS_PATH));
    let call = call.bearer_auth(&phone.token).header("tus-resumable", TUS);
    let call = call.header("upload-length", bytes.len());
    let call = call.header("upload-metadata", format!("name {name}"));
    assert_eq!(call.send().await.unwrap().status(), 201);
}

#[tokio::test]
async fn a_photo_does_not_become_whole_when_its_senders_session_ended_on_the_way() {
    let office = Office::open().await;
    let officer = office.hire("ppl", Role::Officer, &[TOBOALI]);
    let bytes = photo(1, 30_000);
    create(&office, &officer, &bytes).await;
    let head = upload(&officer, &bytes);
    let half = Half::send(&office, &head, &bytes[..10_000], bytes.len()).await;
    seen(&officer).await;
    office.change(|db| accounts::disable(db, "ppl", machine::now()).unwrap());
    let (status, _) = half.rest(&bytes[10_000..]).await;
    assert_eq!(status, 401);
    let whole = office.state.attachments().size(&name_of(&bytes)).await;
    assert_eq!(whole.unwrap(), None);
}

#[tokio::test]
async fn a_long_upload_ends_before_its_end_when_its_senders_session_does() {
    let office = Office::open().await;
    let officer = office.hire("ppl", Role::Officer, &[TOBOALI]);
    let bytes = photo(1, 5_000_000);
    create(&office, &officer, &bytes).await;
    let head = upload(&officer, &bytes);
    let half = Half::send(&office, &head, &bytes[..100_000], bytes.len()).await;
    seen(&officer).await;
    office.change(|db| accounts::disable(db, "ppl", machine::now()).unwrap());
    // Most of it is never sent, and it is answered all the same.
    let (status, _) = half.rest(&bytes[100_000..600_000]).await;
    assert_eq!(status, 401);
}

/// An office without a demo, with an officer's session.
fn small_office(data: &Path) -> String {
    let mut connection = sqlite::open(data).unwrap();
    let token = secret::token().unwrap();
    sqlite::transact(&mut connection, |db| {
        let scope = accounts::scope(Role::Officer, &[TOBOALI.to_owned()]).unwrap();
        let place = (Role::Officer, scope);
        let user = accounts::add(db, "ppl", "Petugas", place, "rahasia-sekali", Millis(1)).unwrap();
        let hash = secret::hash_token(&token);
        db.begin_session(&hash, user.id, "Uji", machine::now())
            .unwrap();
        Ok::<_, repo::Error>(())
    })
    .unwrap();
    token
}

async fn connect_from(from: [u8; 4], to: SocketAddr) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::from((from, 0)))?;
    socket.connect(to).await
}

/// Takes what the server logs: it would wait for ever to write more than a pipe holds.
fn read_log(child: &mut Child) {
    let mut log = child.stderr.take().unwrap();
    tokio::spawn(async move { tokio::io::copy(&mut log, &mut tokio::io::sink()).await });
}

/// How a slow client begins.
fn slow_request(n: usize, token: &str) -> String {
    match n % 4 {
        0 => "GET /healthz HTTP/1.1\r\nhost: x\r\n".to_owned(),
        1 => format!(
            "POST {LOGIN_PATH} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 2000\r\n\r\n{{"
        ),
        2 => format!(
            "POST {SYNC_PATH} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\n\
             content-length: 20000\r\n\r\n{{"
        ),
        // It asks for a large file and never reads it.
        _ => "GET /assets/large.js HTTP/1.1\r\nhost: x\r\n\r\n".to_owned(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_slow_clients_of_every_kind_do_not_stop_the_others() {
    server::allow_files().unwrap();
    let data = tempfile::tempdir().unwrap();
    let token = small_office(data.path());
    let web = data.path().join("web");
    std::fs::create_dir_all(web.join("assets")).unwrap();
    std::fs::write(web.join("index.html"), "<!doctype html>").unwrap();
    std::fs::write(web.join("assets/large.js"), vec![b' '; 5_000_000]).unwrap();
    // As systemd starts a service that names no limit, and as behind a proxy, where all have one address.
    let mut command = Command::new("bash");
    command.args(["-c", "ulimit -Sn 1024; exec \"$0\" \"$@\"", SERVER]);
    let more = ["--behind-proxy", "--web", web.to_str().unwrap()];
    let (mut child, address) = serve_with(command, data.path(), &more).await;
    read_log(&mut child);
    let to: SocketAddr = address.trim_start_matches("http://").parse().unwrap();
    let mut slow = Vec::new();
    for n in 0..1_200 {
        let mut stream = TcpStream::connect(to).await.unwrap();
        let request = slow_request(n, &token);
        stream.write_all(request.as_bytes()).await.unwrap();
        slow.push(stream);
    }
    let client = reqwest::Client::new();
    for path in ["/healthz", "/readyz", "/assets/large.js"] {
        let response = client.get(format!("{address}{path}")).send().await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        response.bytes().await.unwrap();
    }
    // The heads and the logins are closed; whoever asked with a whole head is told so.
    for (n, stream) in slow.iter_mut().enumerate().filter(|(n, _)| n % 4 < 2) {
        let mut answer = Vec::new();
        let _closed = stream.read_to_end(&mut answer).await;
        let answer = String::from_utf8_lossy(&answer);
        if n % 4 == 1 {
            assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
        }
    }
}

#[tokio::test]
async fn one_address_takes_its_share_of_connections_and_leaves_the_rest_to_others() {
    server::allow_files().unwrap();
    let office = Office::open().await;
    let mut open = Vec::new();
    for _ in 0..300 {
        open.push(connect_from([127, 0, 0, 2], office.address).await.unwrap());
    }
    let response = reqwest::get(office.url("/healthz")).await.unwrap();
    assert_eq!(response.status(), 200);
    let request = b"GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    let mut answered = 0;
    for stream in &mut open {
        let mut answer = Vec::new();
        let written = stream.write_all(request).await;
        let read = stream.read_to_end(&mut answer).await;
        answered += usize::from(written.is_ok() && read.is_ok() && !answer.is_empty());
    }
    assert!((200..300).contains(&answered), "{answered}");
}

#[tokio::test]
async fn a_login_of_more_than_a_few_kilobytes_is_refused() {
    let office = Office::open().await;
    let client = reqwest::Client::new();
    let body = json!({"username": "ppl", "password": "x".repeat(5_000)});
    let call = client.post(office.url(LOGIN_PATH)).json(&body);
    let response = call.send().await.unwrap();
    assert_eq!(response.status(), 413);
    let reply: anjangsana::sync::wire::ErrorReply = response.json().await.unwrap();
    assert_eq!(reply.code, ErrorCode::TooLarge);
}

/// The most memory that a process ever had, in kB.
fn peak(child: &Child) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id().unwrap())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM"));
    let number = line.unwrap().split_whitespace().nth(1).unwrap();
    number.parse().unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_clients_send_at_the_same_time_the_server_stays_small() {
    let data = tempfile::tempdir().unwrap();
    let token = small_office(data.path());
    let (mut child, address) = serve_with(Command::new(SERVER), data.path(), &[]).await;
    read_log(&mut child);
    let client = reqwest::Client::new();
    // Fifty people log in at the same time: half of them mistype.
    let logins = (0..50).map(|n| {
        let body = json!({"username": format!("ppl{n}"), "password": "salah-sekali"});
        client
            .post(format!("{address}{LOGIN_PATH}"))
            .json(&body)
            .send()
    });
    for login in futures_util::future::join_all(logins).await {
        assert_eq!(login.unwrap().status(), 401);
    }
    assert!(peak(&child) < 150_000, "{} kB after logins", peak(&child));
    // The largest that is read, packed and not: little text that makes many values.
    let values = format!("[{}1]", "1,".repeat(240_000));
    let mutation = json!({
        "id": "0190a000-0000-7000-8000-000000000001", "kind": "visit",
        "record": "0190a000-0000-7000-8000-000000000002", "at": 1, "fields": {"a/x": "VALUES"},
    });
    let body = json!({
        "protocol": 1, "device": "0190a000-0000-7000-8000-000000000003", "mutations": [mutation],
    });
    let text = |values: &str| body.to_string().replace("\"VALUES\"", values);
    let plain = text(&values).into_bytes();
    let packed = gzip(text(&format!("[{}1]", "1,".repeat(3_900_000))).as_bytes());
    let sends = (0..24).map(|n| {
        let call = client.post(format!("{address}{SYNC_PATH}"));
        let call = call
            .bearer_auth(&token)
            .header("content-type", "application/json");
        if n % 2 == 0 {
            call.body(plain.clone()).send()
        } else {
            let call = call.header("content-encoding", "gzip");
            call.body(packed.clone()).send()
        }
    });
    for answer in futures_util::future::join_all(sends).await {
        let status = answer.unwrap().status().as_u16();
        assert!([200, 413, 503].contains(&status), "{status}");
    }
    assert!(peak(&child) < 300_000, "{} kB", peak(&child));
}
