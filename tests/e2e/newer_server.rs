//! A server that is newer than the app: it has kinds of records that the app does not know, more fields, another answer to a
//! change, another role. The app goes on syncing with it, loses nothing, and shows what it knows.
//!
//! The server is today's, which passes on records of any kind; what it cannot say yet a proxy puts into its answers.

use std::collections::BTreeSet;
use std::io::Read;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use anjangsana::domain::{AreaCode, Kind, MutationId, Person, Record, RecordId, Role, Scope};
use anjangsana::server::repo::{Accounts, Records};
use anjangsana::server::{accounts, machine, office::OfficeChange};
use anjangsana::sync::packed::{Loose, Packed};
use rusqlite::Connection;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use crate::browser::{Device, Screen};
use crate::locking::app_with_clocks;
use crate::office::Office;

const PIN: &str = "482913";
const SADAI: &str = "Koperasi Nelayan CONTOH Bahari Sadai";
/// The kecamatan of that cooperative, and one where its officer does not work.
const TUKAK_SADAI: &str = "19.03.06";
const PAYUNG: &str = "19.03.05";
const MINUTE: i64 = 60_000;

#[tokio::test(flavor = "multi_thread")]
async fn an_app_of_today_syncs_with_a_server_that_has_more_kinds_fields_and_answers() {
    let web = tempfile::tempdir().unwrap();
    app_with_clocks(web.path());
    let mut office = Office::serving(web.path().to_owned());
    let before = office.visits();
    let other = office.another_cooperative();
    let unknown = office.grows(|db| {
        let cooperative = named(db, SADAI);
        change(
            db,
            Kind::Cooperative,
            cooperative,
            TUKAK_SADAI,
            json!({"kelas": {"nilai": 3}}),
        );
        let visit = sent_visit(db);
        change(
            db,
            Kind::Visit,
            visit,
            TUKAK_SADAI,
            json!({"checked": [{"by": "rule 3"}]}),
        );
        let mut those = BTreeSet::new();
        for number in 0..12 {
            let due = json!({"cooperative": cooperative, "due": format!("2027-01-{:02}", number + 1), "log": [number]});
            those.insert(put(db, "follow_up", number, TUKAK_SADAI, due));
        }
        // One that comes in pieces.
        let letter = json!({"cooperative": cooperative, "letter": "Surat CONTOH. ".repeat(20_000)});
        those.insert(put(db, "decision", 0, TUKAK_SADAI, letter));
        those.insert(put(db,
            "decision",
            1,
            TUKAK_SADAI,
            json!({"to": {"status": "aktif"}, "seen": null}),
        ));
        put(db,
            "decision",
            2,
            PAYUNG,
            json!({"to": {"status": "aktif"}}),
        );
        those
    });
    let server = NewerServer::before(&office).await;
    let profiles = tempfile::tempdir().unwrap();
    let phone = Device::open(&profiles.path().join("phone"), Screen::Phone).await;
    phone.goto(&server.url("/")).await;
    phone.log_in("petugas1", PIN).await;
    phone.has_the_app().await;
    phone.sees("Semua sudah terkirim").await;
    assert_eq!(server.unknown_that_came(), unknown);
    phone.shot("1-after-the-first-sync").await;

    // Two visits without signal; meanwhile the office goes on.
    office.stop();
    phone.begins_a_visit(SADAI, "SPT-1").await;
    phone.begins_a_visit(&other, "SPT-2").await;
    let newer = office.grows(|db| {
        put(db, "decision", 1, TUKAK_SADAI, json!({"seen": "by Kabid"}));
        put(db, "follow_up", 3, PAYUNG, json!({"log": []}));
        BTreeSet::from([put(
            db,
            "follow_up",
            12,
            TUKAK_SADAI,
            json!({"due": "2027-02-01"}),
        )])
    });

    // One is answered in a way that the app does not understand. It stays on the phone; the other one goes.
    phone.goto_inside("Antrean kirim").await;
    phone.sends_now().await;
    phone.no_longer_shows(&other).await;
    phone.sees(SADAI).await;
    phone.shot("2-one-change-is-not-taken-yet").await;
    assert_eq!(office.answers_besides(&before), ["SPT-2"]);
    server.synced_after(phone.sends_now()).await;
    phone.sees(SADAI).await;
    assert_eq!(
        server.times_put_off(),
        1,
        "it is not asked about again at once"
    );
    server.takes_all();
    // Eleven minutes later; meanwhile it has locked itself.
    phone.set_clock(0, 11 * MINUTE).await;
    phone
        .script("window.dispatchEvent(new Event('pointerdown'))", vec![])
        .await;
    phone.sees("Masukkan PIN").await;
    phone.unlock(PIN).await;
    phone.send_everything("Antrean kirim").await;
    assert_eq!(office.answers_besides(&before), ["SPT-1", "SPT-2"]);

    // It goes on like this: a start with signal, another sync, a start without signal.
    phone.web.refresh().await.unwrap();
    phone.unlock(PIN).await;
    server
        .synced_after(phone.send_everything("Antrean kirim"))
        .await;
    phone.shot("3-all-is-sent").await;
    office.stop();
    phone.web.refresh().await.unwrap();
    phone.unlock(PIN).await;
    phone.goto_inside("Koperasi").await;
    phone.types("Cari koperasi", SADAI).await;
    phone.tap_row(SADAI).await;
    phone.sees("Riwayat status").await;
    phone.shot("4-a-cooperative").await;
    phone.goto_inside("Beranda").await;
    phone.tap_row(SADAI).await;
    phone.answers("SPT-3").await;
    phone.tap("Semua bagian").await;
    office.start();
    phone.send_everything("Antrean kirim").await;
    assert_eq!(office.answers_besides(&before), ["SPT-2", "SPT-3"]);
    phone.goto_inside("Beranda").await;
    phone.sees("Semua sudah terkirim").await;
    phone.shot("5-home").await;

    // What it does not know is counted in the digest. So nothing was fetched twice, and an update has all of it at once.
    let all = unknown.union(&newer).copied().collect();
    assert_eq!(server.unknown_that_came(), all);
    assert_eq!(server.came_twice(), []);
    assert_eq!(server.starts_from_nothing(), 1);
    assert_eq!(phone.errors().await, Vec::<String>::new());
    phone.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_officer_who_gets_a_role_that_the_app_does_not_know_finishes_what_they_began_and_begins_nothing()
 {
    let mut office = Office::open();
    let before = office.visits();
    let server = NewerServer::before(&office).await;
    server.takes_all();
    let profiles = tempfile::tempdir().unwrap();
    let phone = Device::open(&profiles.path().join("phone"), Screen::Phone).await;
    phone.goto(&server.url("/")).await;
    phone.log_in("petugas1", PIN).await;
    phone.sees("Semua sudah terkirim").await;
    phone.begins_a_visit(SADAI, "SPT-1").await;
    phone.send_everything("Antrean kirim").await;

    office.grows(|db| {
        let areas = Scope::Areas(vec![AreaCode(TUKAK_SADAI.to_owned())]);
        accounts::move_to(db, "petugas1", (Role::Head, areas), machine::now()).unwrap();
        let kadis = db.account("kadis").unwrap().unwrap().user.id;
        let person = Person::record_id(kadis);
        change(
            db,
            Kind::Person,
            person,
            "",
            json!({"role": "inspector", "desk": 2}),
        );
    });
    phone.sends_now().await;
    // The queue of somebody who sends nothing is not offered.
    phone
        .until(
            "the role has come",
            "return !document.querySelector('nav a[href=\"/antrean\"]')",
        )
        .await;
    for reloaded in [false, true] {
        if reloaded {
            phone.web.refresh().await.unwrap();
            phone.unlock(PIN).await;
        }
        phone.goto_inside("Pengaturan").await;
        phone.sees("Peran lain (hanya membaca)").await;
        phone.goto_inside("Koperasi").await;
        phone.types("Cari koperasi", SADAI).await;
        phone.tap_row(SADAI).await;
        phone.sees("Riwayat status").await;
        phone.shot("6-a-cooperative-for-an-unknown-role").await;
        assert!(!phone.shows("Mulai kunjungan").await);
    }
    phone.goto_inside("Beranda").await;
    phone.shot("7-home-of-an-unknown-role").await;
    phone.tap_row(SADAI).await;
    phone.answers("SPT-2").await;
    phone.tap("Semua bagian").await;
    phone.send_everything("Antrean kirim").await;
    assert_eq!(office.answers_besides(&before), ["SPT-2"]);
    assert_eq!(phone.errors().await, Vec::<String>::new());
    phone.close().await;

    // Whoever logs in with such a role sees the same.
    let desk = Device::open(&profiles.path().join("desk"), Screen::Desktop).await;
    desk.goto(&server.url("/")).await;
    desk.log_in("kadis", PIN).await;
    desk.sees("Peran lain (hanya membaca)").await;
    desk.goto_inside("Kunjungan").await;
    desk.tap_row("CONTOH").await;
    desk.element("//h1").await;
    desk.shot("8-a-visit-for-an-unknown-role").await;
    assert!(!desk.shows("Setujui").await);
    assert_eq!(desk.errors().await, Vec::<String>::new());
    desk.close().await;
}

impl Device {
    async fn begins_a_visit(&self, cooperative: &str, spt: &str) {
        self.goto_inside("Koperasi").await;
        self.types("Cari koperasi", cooperative).await;
        self.tap_row(cooperative).await;
        self.tap("Mulai kunjungan").await;
        self.answers(spt).await;
        self.tap("Semua bagian").await;
    }

    async fn sends_now(&self) {
        let button = "//main//button[normalize-space(.)='Kirim sekarang' or normalize-space(.)='Perbarui data']";
        self.tap_at(button).await;
    }

    async fn no_longer_shows(&self, words: &str) {
        let gone = format!("return !document.body.innerText.includes({})", json!(words));
        self.until(&format!("{words} is gone"), &gone).await;
    }

    /// A picture for whoever wants to look at it.
    async fn shot(&self, name: &str) {
        if let Some(folder) = std::env::var_os("ANJANGSANA_SCREENSHOTS") {
            let file = std::path::PathBuf::from(folder).join(format!("newer-{name}.png"));
            self.web.screenshot(&file).await.unwrap();
        }
    }
}

impl Office {
    /// Changes what the office has, as a newer server would; phones find no server meanwhile.
    fn grows<T>(&mut self, change: impl FnOnce(&Connection) -> T) -> T {
        self.stop();
        let mut db = Connection::open(self.folder.path().join("anjangsana.sqlite")).unwrap();
        let transaction = db.transaction().unwrap();
        let made = change(&transaction);
        transaction.commit().unwrap();
        self.start();
        made
    }

    /// The name of another cooperative in the same kecamatan.
    fn another_cooperative(&self) -> String {
        let db = self.database();
        let all = db.records_of(Kind::Cooperative).unwrap();
        let mut names = all
            .iter()
            .filter(|stored| stored.record.area.0 == TUKAK_SADAI)
            .map(|stored| stored.record.text("Koperasi"));
        names.rfind(|name| name != SADAI).unwrap()
    }

    /// What was answered in the visits that there were not before, in order.
    fn answers_besides(&self, before: &std::collections::BTreeMap<String, Value>) -> Vec<String> {
        let mut visits = self.visits();
        visits.retain(|id, _| !before.contains_key(id));
        let mut answers: Vec<String> = visits
            .values()
            .map(|fields| fields["a/no_spt"].as_str().unwrap().to_owned())
            .collect();
        answers.sort();
        answers
    }
}

fn named(db: &Connection, cooperative: &str) -> RecordId {
    let all = db.records_of(Kind::Cooperative).unwrap();
    let found = all
        .into_iter()
        .find(|stored| stored.record.text("Koperasi") == cooperative);
    found.unwrap().record.id
}

/// A visit to a cooperative of Tukak Sadai that is sent.
fn sent_visit(db: &Connection) -> RecordId {
    let all = db.records_of(Kind::Visit).unwrap();
    let found = all
        .into_iter()
        .find(|stored| stored.record.area.0 == TUKAK_SADAI && !stored.private);
    found.unwrap().record.id
}

fn change(db: &Connection, kind: Kind, id: RecordId, area: &str, fields: Value) {
    let fields = serde_json::from_value(fields).unwrap();
    let area = AreaCode(area.to_owned());
    let change = OfficeChange::new(kind, id, area, fields, machine::now());
    let rev = anjangsana::server::office::apply(db, change).unwrap();
    assert!(rev.is_some(), "it was another one before");
}

/// Makes a record of a kind that this app does not know, or changes it.
fn put(db: &Connection, kind: &str, number: u32, area: &str, fields: Value) -> RecordId {
    let id = RecordId::of_text(&format!("{kind} {number}"));
    change(db, Kind::from_name(kind).unwrap(), id, area, fields);
    id
}

/// What the proxy says and hears.
struct Later {
    server: u16,
    /// It answers the first change that comes with "queued" instead of passing it on, as often as it comes.
    puts_off: AtomicBool,
    heard: Mutex<Heard>,
}

#[derive(Default)]
struct Heard {
    put_off: Option<MutationId>,
    times_put_off: u32,
    /// The cursor of each request that was answered.
    cursors: Vec<u64>,
    /// Every record of an unknown kind that an answer brought, with its rev.
    unknown: Vec<(RecordId, u64)>,
}

/// Today's server as it will be: the proxy before it. It ends with this value.
struct NewerServer {
    port: u16,
    later: Arc<Later>,
    serving: JoinHandle<()>,
}

impl NewerServer {
    async fn before(office: &Office) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let later = Arc::new(Later {
            server: office.port(),
            puts_off: AtomicBool::new(true),
            heard: Mutex::default(),
        });
        let carrying = Arc::clone(&later);
        let serving = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                let later = Arc::clone(&carrying);
                // A client that hangs up wants no answer, and without the server there is none.
                connections.spawn(async move { drop(later.carry(client).await) });
            }
        });
        Self {
            port,
            later,
            serving,
        }
    }

    fn url(&self, path: &str) -> String {
        format!("http://localhost:{}{path}", self.port)
    }

    fn heard<T>(&self, of: impl FnOnce(&Heard) -> T) -> T {
        of(&self.later.heard.lock().unwrap())
    }

    fn takes_all(&self) {
        self.later.puts_off.store(false, Ordering::SeqCst);
    }

    fn times_put_off(&self) -> u32 {
        self.heard(|heard| heard.times_put_off)
    }

    fn unknown_that_came(&self) -> BTreeSet<RecordId> {
        self.heard(|heard| heard.unknown.iter().map(|(id, _)| *id).collect())
    }

    /// The records of unknown kinds that were sent again although nothing had changed.
    fn came_twice(&self) -> Vec<(RecordId, u64)> {
        self.heard(|heard| {
            let mut before = BTreeSet::new();
            let all = heard.unknown.iter().copied();
            all.filter(|one| !before.insert(*one)).collect()
        })
    }

    /// How often a device asked for everything.
    fn starts_from_nothing(&self) -> usize {
        self.heard(|heard| heard.cursors.iter().filter(|cursor| **cursor == 0).count())
    }

    /// Waits until a sync that this brings about is answered.
    async fn synced_after(&self, tap: impl Future<Output = ()>) {
        let syncs = || self.heard(|heard| heard.cursors.len());
        let before = syncs();
        tap.await;
        while syncs() == before {
            tokio::task::yield_now().await;
        }
    }
}

impl Drop for NewerServer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Later {
    /// Carries one request to the server and its answer back.
    async fn carry(&self, mut client: TcpStream) -> std::io::Result<()> {
        let Some(mut request) = receive(&mut client).await? else {
            return Ok(());
        };
        request.set("connection", "close");
        request.set("accept-encoding", "identity");
        let (syncs, logs_in) = (
            request.is("POST /api/v1/sync "),
            request.is("POST /api/v1/login "),
        );
        let mut asked = Value::Null;
        let mut put_off = None;
        if syncs {
            asked = request.json();
            put_off = self.put_off(&mut asked);
            request.set_json(&asked);
        }
        let mut server = TcpStream::connect(("127.0.0.1", self.server)).await?;
        server.write_all(&request.bytes()).await?;
        let mut bytes = Vec::new();
        server.read_to_end(&mut bytes).await?;
        let mut answer = Message::of(&bytes);
        if (syncs || logs_in) && answer.head.starts_with("HTTP/1.1 200") {
            let mut reply = answer.json();
            in_its_words(&mut reply);
            if syncs {
                self.hear(&asked, &reply);
                pack(&mut reply);
                if let Some((at, id)) = put_off {
                    let queued = json!({"id": id, "outcome": "queued", "place": 3});
                    match reply.get_mut("results").and_then(Value::as_array_mut) {
                        Some(results) => results.insert(at, queued),
                        None => reply["results"] = json!([queued]),
                    }
                }
            }
            answer.set_json(&reply);
        }
        client.write_all(&answer.bytes()).await?;
        client.shutdown().await
    }

    /// Takes the change out of a request that is not looked at yet; gives its place.
    fn put_off(&self, request: &mut Value) -> Option<(usize, MutationId)> {
        let changes = request.get_mut("mutations")?.as_array_mut()?;
        let id = |change: &Value| change["id"].as_str().unwrap().parse().unwrap();
        let mut heard = self.heard.lock().unwrap();
        if !self.puts_off.load(Ordering::SeqCst) {
            return None;
        }
        let that = *heard.put_off.get_or_insert_with(|| id(&changes[0]));
        let at = changes.iter().position(|change| id(change) == that)?;
        changes.remove(at);
        heard.times_put_off += 1;
        Some((at, that))
    }

    fn hear(&self, request: &Value, reply: &Value) {
        let mut heard = self.heard.lock().unwrap();
        heard.cursors.push(request["cursor"].as_u64().unwrap());
        for part in ["records", "large"] {
            for record in list(reply, part) {
                let kind = Kind::from_name(record["kind"].as_str().unwrap()).unwrap();
                if !kind.is_known() && record.get("deleted").is_none() {
                    let id = record["id"].as_str().unwrap().parse().unwrap();
                    heard.unknown.push((id, record["rev"].as_u64().unwrap()));
                }
            }
        }
    }
}

fn list<'a>(reply: &'a Value, part: &str) -> &'a [Value] {
    reply
        .get(part)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

/// Puts fields into an answer that the app does not know, and a role in the place of the head's.
fn in_its_words(reply: &mut Value) {
    reply["weather"] = json!({"rain": true});
    if let Some(user) = reply.get_mut("user") {
        user["desk"] = json!(2);
        if user["role"] == Role::Head.name() {
            user["role"] = json!("inspector");
        }
    }
    for part in ["results", "records", "packed", "large"] {
        let all = reply.get_mut(part).and_then(Value::as_array_mut);
        for one in all.into_iter().flatten() {
            one["signed"] = json!("not yet");
        }
    }
}

/// Packs the records of an unknown kind, as a server does that knows the kind.
fn pack(reply: &mut Value) {
    let Some(records) = reply.get_mut("records").and_then(Value::as_array_mut) else {
        return;
    };
    let is_one =
        |record: &mut Value| record["kind"] == "follow_up" && record.get("deleted").is_none();
    let these: Vec<Value> = records.extract_if(.., is_one).collect();
    let Some(first) = these.first() else {
        return;
    };
    let kind = Kind::from_name(first["kind"].as_str().unwrap()).unwrap();
    let records = these
        .into_iter()
        .map(|record| serde_json::from_value::<Record>(record).unwrap());
    let loose = records.map(|record| Loose {
        id: record.id,
        area: record.area,
        rev: record.rev,
        owner: record.owner,
        fields: record.fields,
    });
    let packed = serde_json::to_value(Packed::of(kind, loose.collect())).unwrap();
    match reply.get_mut("packed").and_then(Value::as_array_mut) {
        Some(others) => others.push(packed),
        None => reply["packed"] = json!([packed]),
    }
}

/// An HTTP message in one piece.
pub(crate) struct Message {
    /// The first line and the headers, without the empty line.
    head: String,
    body: Vec<u8>,
}

const END_OF_HEAD: &[u8] = b"\r\n\r\n";

impl Message {
    fn of(bytes: &[u8]) -> Self {
        let end = bytes
            .windows(END_OF_HEAD.len())
            .position(|four| four == END_OF_HEAD)
            .unwrap_or(bytes.len());
        Self {
            head: String::from_utf8_lossy(&bytes[..end]).into_owned(),
            body: bytes
                .get(end + END_OF_HEAD.len()..)
                .unwrap_or_default()
                .to_vec(),
        }
    }

    fn is(&self, start: &str) -> bool {
        self.head.starts_with(start)
    }

    fn header(&self, name: &str) -> Option<&str> {
        let headers = self.head.lines().filter_map(|line| line.split_once(':'));
        let mut named = headers.filter(|(header, _)| header.eq_ignore_ascii_case(name));
        named.next().map(|(_, value)| value.trim())
    }

    fn remove(&mut self, name: &str) {
        let is_other = |line: &&str| {
            let header = line.split_once(':').map_or("", |(header, _)| header);
            !header.eq_ignore_ascii_case(name)
        };
        let others: Vec<&str> = self.head.lines().filter(is_other).collect();
        self.head = others.join("\r\n");
    }

    fn set(&mut self, name: &str, value: &str) {
        self.remove(name);
        self.head += &format!("\r\n{name}: {value}");
    }

    fn json(&self) -> Value {
        let mut text = Vec::new();
        match self.header("content-encoding") {
            Some("gzip") => {
                let mut packed = flate2::read::GzDecoder::new(self.body.as_slice());
                packed.read_to_end(&mut text).unwrap();
            }
            _ => text.clone_from(&self.body),
        }
        serde_json::from_slice(&text).unwrap()
    }

    fn set_json(&mut self, value: &Value) {
        self.body = value.to_string().into_bytes();
        self.remove("content-encoding");
        self.set("content-length", &self.body.len().to_string());
    }

    fn bytes(&self) -> Vec<u8> {
        [self.head.as_bytes(), END_OF_HEAD, &self.body].concat()
    }
}

/// A whole request; none when the client hangs up before that.
pub(crate) async fn receive(client: &mut TcpStream) -> std::io::Result<Option<Message>> {
    let mut bytes = Vec::new();
    loop {
        let mut piece = [0; 16_384];
        let read = client.read(&mut piece).await?;
        if read == 0 {
            return Ok(None);
        }
        bytes.extend(&piece[..read]);
        let has_head = bytes
            .windows(END_OF_HEAD.len())
            .any(|four| four == END_OF_HEAD);
        let message = Message::of(&bytes);
        let wanted = message.header("content-length");
        let wanted = wanted.map_or(0, |length| length.parse().unwrap());
        if has_head && message.body.len() >= wanted {
            return Ok(Some(message));
        }
    }
}
