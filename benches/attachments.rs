//! A photo of 300 kB over the lines that phones have: seconds, and bytes beside those of the photo. Printed, not judged.
//!
//! `cargo bench --features server,native --bench attachments`
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

#[allow(dead_code)]
#[path = "../tests/it/cutting_proxy.rs"]
mod cutting_proxy;

use std::{
    path::Path,
    rc::Rc,
    time::{Duration, Instant},
};

use anjangsana::{
    platform::{device::Device, native::NativeMachine},
    server::{
        self, AppState, Config, demo, machine,
        repo::{Database, sqlite},
    },
    store::api::{Bytes, CooperativeQuery, PhotoPhase, Reply, Request, SyncPhase},
};
use cutting_proxy::{Line, Proxy};
use tokio::task::LocalSet;

const PHOTO: usize = 300_000;
const PIN: &str = "482913";

/// Name, kilobits a second up and down, milliseconds there and back.
const LINES: [(&str, u64, u64, u64); 3] = [
    ("GPRS", 20, 50, 500),
    ("2G", 50, 250, 300),
    ("3G", 250, 750, 100),
];

type Phone = Rc<Device<NativeMachine>>;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    // `cargo test --benches` only wants to know that it runs: the widest line is quick enough for that.
    let only_runs = std::env::args().all(|arg| arg != "--bench");
    println!("a photo of {PHOTO} bytes, as the app sends it");
    let lines = LINES.iter().skip(if only_runs { 2 } else { 0 });
    for (n, (name, up, down, round_trip)) in lines.enumerate() {
        let line = Line {
            up: *up,
            down: *down,
            round_trip: Duration::from_millis(*round_trip),
        };
        let measured = LocalSet::new().run_until(send(line, n)).await;
        let (seconds, more_up, more_down) = measured;
        let at_best = PHOTO as f64 * 8.0 / (*up as f64 * 1_000.0);
        println!(
            "{name:<5} {up}/{down} kbit/s {round_trip} ms: {seconds:.1} s (the bytes alone {at_best:.1} s), \
             {more_up} bytes more up, {more_down} bytes down"
        );
    }
}

async fn send(line: Line, seed: usize) -> (f64, i64, u64) {
    let folder = tempfile::tempdir().unwrap();
    let (office, phone) = (folder.path().join("office"), folder.path().join("phone"));
    std::fs::create_dir_all(&phone).unwrap();
    let mut connection = sqlite::open(&office).unwrap();
    sqlite::transact(&mut connection, |connection| {
        demo::make(connection, machine::now())
    })
    .unwrap();
    let state = AppState::new(Database::open(&office).unwrap(), Config::default());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let served = tokio::spawn(server::serve(listener, state, std::future::pending()));

    // Everything but the photo goes over a good line.
    let device = device(&phone, &format!("http://{address}"));
    let password = demo::PASSWORD.to_owned();
    let login = Request::Login {
        username: "petugas1".to_owned(),
        password,
        old_secret: None,
    };
    device.ask(login).await.unwrap();
    let pin = PIN.to_owned();
    device.ask(Request::SetPin { pin }).await.unwrap();
    device
        .ask(Request::PhotosByWifi { only: true })
        .await
        .unwrap();
    rest(&device).await;
    take_photo(&device, seed).await;
    device.ask(Request::SyncNow).await.unwrap();
    rest(&device).await;
    device.ask(Request::Lock).await.unwrap();

    let proxy = Proxy::before(address, line).await;
    let device = self::device(&phone, &proxy.url());
    let unlock = Request::Unlock {
        username: "petugas1".to_owned(),
        pin: PIN.to_owned(),
    };
    device.ask(unlock).await.unwrap();
    rest(&device).await;
    let (up, down) = proxy.carried();
    let begun = Instant::now();
    device.ask(Request::SendPhotos).await.unwrap();
    while photos(&device).await > 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let seconds = begun.elapsed().as_secs_f64();
    let (all_up, all_down) = proxy.carried();
    served.abort();
    let more = i64::try_from(all_up - up).unwrap() - i64::try_from(PHOTO).unwrap();
    (seconds, more, all_down - down)
}

fn device(folder: &Path, server: &str) -> Phone {
    let machine = NativeMachine::new(folder.to_owned(), server.to_owned(), |_| {});
    Device::start(machine).unwrap()
}

async fn take_photo(device: &Phone, seed: usize) {
    let query = CooperativeQuery {
        limit: 1,
        ..CooperativeQuery::default()
    };
    let Reply::Cooperatives(page) = device.ask(Request::Cooperatives(query)).await.unwrap() else {
        panic!("not a page")
    };
    let cooperative = page.rows[0].id;
    let start = Request::StartVisit { cooperative };
    let Reply::Started(visit) = device.ask(start).await.unwrap() else {
        panic!("not started")
    };
    let mut bytes = b"\xff\xd8\xff\xe0".to_vec();
    let mut n = seed as u64 + 1;
    while bytes.len() < PHOTO {
        n = n.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        bytes.push(n.to_be_bytes()[0]);
    }
    let save = Request::SaveAttachment {
        visit,
        path: "foto_lokasi".to_owned(),
        media_type: "image/jpeg".to_owned(),
        bytes: Bytes(bytes),
    };
    device.ask(save).await.unwrap();
}

/// Waits until the device is at nothing.
async fn rest(device: &Phone) {
    loop {
        tokio::time::sleep(Duration::from_millis(5)).await;
        let Reply::Queue(queue) = device.ask(Request::Queue).await.unwrap() else {
            panic!("not a queue")
        };
        let sync = queue.sync;
        if sync.phase != SyncPhase::Syncing && sync.photos.phase != PhotoPhase::Sending {
            break;
        }
    }
}

async fn photos(device: &Phone) -> u32 {
    match device.ask(Request::Queue).await.unwrap() {
        Reply::Queue(queue) => queue.sync.photos.waiting,
        _ => panic!("not a queue"),
    }
}
