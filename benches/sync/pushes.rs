//! How many visits a second the server takes: each is answered when it is on disk.

use std::{
    io::Write,
    path::Path,
    sync::{Arc, LazyLock},
    time::{Duration, Instant},
};

use anjangsana::{
    domain::{AreaCode, DeviceId, Fields, Kind, Millis, MutationId, RecordId, Role},
    form::{builtin, compile},
    server::{Config, forms},
    sync::wire::{Mutation, SYNC_PATH},
};
use flate2::{Compression, write::GzEncoder};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::Barrier,
};

use crate::server_office::{Office, Phone};
use crate::server_process::ServerProcess;
use crate::visits;

/// What is pushed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    /// Drafts of 60 answers.
    Drafts,
    /// The same, submitted: run through their form.
    Submitted,
    /// A whole checklist of 132 answers, submitted.
    Checklist,
}

/// What a run came to.
pub(crate) struct Figures {
    /// Visits a second.
    pub(crate) visits: f64,
    /// The time that half of the requests took at most.
    pub(crate) p50: Duration,
    /// The same of 99 of a hundred.
    pub(crate) p99: Duration,
    /// The processor time that the server took.
    pub(crate) processor: Duration,
    /// The most memory that the server has had, in MB.
    pub(crate) peak: u64,
}

/// How often this disk takes 4 kB for good, a second.
pub(crate) fn fsyncs(folder: &Path) -> f64 {
    let mut file = std::fs::File::create(folder.join("yardstick")).unwrap();
    let begun = Instant::now();
    let mut times = 0;
    while begun.elapsed() < Duration::from_millis(500) {
        file.write_all(&[7; 4_096]).unwrap();
        file.sync_data().unwrap();
        times += 1;
    }
    f64::from(times) / begun.elapsed().as_secs_f64()
}

/// Pushes `total` visits over so many connections, each an officer's with an area of their own.
pub(crate) async fn push(what: What, connections: usize, batch: usize, total: usize) -> Figures {
    let office = Office::with(Config::default(), |connection| {
        visits::publish(connection);
        forms::publish_built_in(connection, Millis(1)).unwrap();
    })
    .await;
    let requests = (total / batch / connections).max(1);
    let mut phones = Vec::new();
    for number in 0..connections {
        let area = format!("19.03.{number:02}");
        let cooperative = office.cooperative(&area, &area);
        let phone = office.hire(&format!("ppl{number}"), Role::Officer, &[&area]);
        phones.push((phone, cooperative, area));
    }
    let folder = office.close().await;
    let server = ServerProcess::serve(folder.path());
    let begin = Arc::new(Barrier::new(connections + 1));
    let mut clients = Vec::new();
    for (number, (phone, cooperative, area)) in phones.into_iter().enumerate() {
        let packed: Vec<Vec<u8>> = (0..requests)
            .map(|request| {
                let first = number * requests * batch + request * batch;
                let mutations: Vec<Mutation> = (first..first + batch)
                    .map(|nth| visit(what, &phone, (cooperative, &area), nth as u64))
                    .collect();
                // The head of the request is not known yet; gzip lets it come as a member of its own.
                let mutations = serde_json::to_string(&mutations).unwrap();
                gzip(format!("\"mutations\":{mutations}}}").as_bytes())
            })
            .collect();
        let begin = Arc::clone(&begin);
        let address = server.address;
        clients.push(tokio::spawn(async move {
            let mut client = Client::open(address, &phone).await;
            client.sync(&gzip(b"\"mutations\":[]}")).await;
            begin.wait().await;
            let mut took = Vec::new();
            for mutations in packed {
                let sent = Instant::now();
                let applied = client.sync(&mutations).await;
                took.push(sent.elapsed());
                assert_eq!(applied, batch, "{}", String::from_utf8_lossy(&client.body));
            }
            took
        }));
    }
    begin.wait().await;
    let begun = Instant::now();
    let mut took = Vec::new();
    for client in clients {
        took.extend(client.await.unwrap());
    }
    let seconds = begun.elapsed().as_secs_f64();
    took.sort();
    Figures {
        visits: (requests * batch * connections) as f64 / seconds,
        p50: took[took.len() / 2],
        p99: took[(took.len() - 1) * 99 / 100],
        processor: server.processor(),
        peak: server.peak(),
    }
}

fn visit(what: What, phone: &Phone, (cooperative, area): (RecordId, &str), nth: u64) -> Mutation {
    let at = Millis(1_731_031_200_000);
    let mut fields = match what {
        What::Drafts | What::Submitted => {
            let mut fields = visits::header(cooperative, phone.user.id, at);
            fields.extend(visits::answers(nth));
            fields
        }
        What::Checklist => checklist(phone, cooperative, at),
    };
    if what != What::Drafts {
        let mark = json!({"at": at, "by": phone.user.id});
        fields.insert("submission/1".to_owned(), mark);
    }
    let name = format!("{} {nth}", phone.user.username);
    let id = MutationId::of_text(&name);
    let mut entropy = [0; 10];
    for (to, from) in entropy.iter_mut().zip(id.to_string().bytes().rev()) {
        *to = from;
    }
    Mutation {
        id,
        kind: Kind::Visit,
        record: RecordId::new(at, &entropy),
        base_rev: 0,
        area: AreaCode(area.to_owned()),
        order: None,
        at,
        fields,
    }
}

fn checklist(phone: &Phone, cooperative: RecordId, at: Millis) -> Fields {
    static VERSION: LazyLock<String> = LazyLock::new(|| {
        let form = compile(&builtin::kunjungan().unwrap()).unwrap();
        form.version().to_owned()
    });
    let header = json!({
        "cooperative": cooperative, "form": "kunjungan", "form_version": *VERSION,
        "created": {"at": at, "by": phone.user.id},
    });
    let mut fields: Fields = serde_json::from_value(header).unwrap();
    fields.extend(lengkap());
    fields.insert("a/koperasi_id".to_owned(), json!(cooperative));
    fields.remove("a/prd_kdkmp");
    fields
}

/// The answers of a whole checklist.
pub(crate) fn lengkap() -> impl Iterator<Item = (String, serde_json::Value)> {
    let text = include_str!("../../tests/fixtures/forms/kunjungan_lengkap.json");
    let answers: std::collections::BTreeMap<String, String> = serde_json::from_str(text).unwrap();
    answers
        .into_iter()
        .map(|(path, value)| (format!("a/{path}"), json!(value)))
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A device's connection, as lean as one can be: what is measured is the server.
struct Client {
    stream: TcpStream,
    head: String,
    device: DeviceId,
    cursor: u64,
    scope: String,
    body: Vec<u8>,
}

impl Client {
    async fn open(address: std::net::SocketAddr, phone: &Phone) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self {
            stream,
            head: format!(
                "POST {SYNC_PATH} HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\n\
                 content-encoding: gzip\r\nauthorization: Bearer {}\r\n",
                phone.token
            ),
            device: phone.device,
            cursor: 0,
            scope: String::new(),
            body: Vec::new(),
        }
    }

    /// Sends packed mutations; how many were applied.
    async fn sync(&mut self, mutations: &[u8]) -> usize {
        let begin = format!(
            "{{\"protocol\":1,\"device\":\"{}\",\"sent_at\":1,\"cursor\":{},\"scope\":\"{}\",",
            self.device, self.cursor, self.scope
        );
        let begin = gzip(begin.as_bytes());
        let length = begin.len() + mutations.len();
        let mut request = format!("{}content-length: {length}\r\n\r\n", self.head).into_bytes();
        request.extend_from_slice(&begin);
        request.extend_from_slice(mutations);
        self.stream.write_all(&request).await.unwrap();
        self.answer().await;
        let text = std::str::from_utf8(&self.body).unwrap();
        let after = |name: &str| &text[text.find(name).unwrap() + name.len()..];
        let cursor = after("\"cursor\":");
        let end = cursor.find(|c: char| !c.is_ascii_digit()).unwrap();
        self.cursor = cursor[..end].parse().unwrap();
        let scope = after("\"scope\":\"");
        self.scope = scope[..scope.find('"').unwrap()].to_owned();
        text.matches("\"outcome\":\"applied\"").count()
    }

    async fn answer(&mut self) {
        let mut bytes = Vec::with_capacity(16_384);
        loop {
            assert!(self.stream.read_buf(&mut bytes).await.unwrap() > 0);
            let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
                continue;
            };
            let head = std::str::from_utf8(&bytes[..end]).unwrap();
            assert!(head.starts_with("HTTP/1.1 200"), "{head}");
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "))
                .unwrap();
            let length: usize = length.parse().unwrap();
            let mut body = bytes.split_off(end + 4);
            let have = body.len();
            body.resize(length, 0);
            self.stream.read_exact(&mut body[have..]).await.unwrap();
            self.body = body;
            return;
        }
    }
}
