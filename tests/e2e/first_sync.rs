//! How long the first sync of a large office takes in a browser, and what it carries: `cargo xtask bench-browser`.

use std::net::ToSocketAddrs;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use serde_json::json;

use crate::browser::{Device, Screen};
use crate::cutting_proxy::{Line, Proxy};
use crate::office::Office;
use crate::visits;

const VISITS: u64 = 10_000;
/// Longer than it takes anywhere.
const LONGEST: Duration = Duration::from_secs(600);

/// Writes down when the words that mark the beginning and the end first stand on the screen. The first sync begins with the
/// login, just before a PIN is asked for.
const WATCH: &str = "
    const at = window.at = {};
    const look = () => {
        const words = document.body.innerText;
        if (!at.begun && words.includes('PIN baru')) at.begun = performance.now();
        if (!at.done && words.includes('Terakhir disamakan') && !words.includes('Mengambil data')) at.done = performance.now();
        if (!at.done) setTimeout(look, 20);
    };
    look();";

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement: run by `cargo xtask bench-browser`"]
async fn bench_browser_the_first_sync_of_10_000_visits() {
    let mut office = Office::open();
    office.stop();
    {
        let mut db = Connection::open(office.folder.path().join("anjangsana.sqlite")).unwrap();
        let transaction = db.transaction().unwrap();
        visits::publish(&transaction);
        visits::fill(&transaction, VISITS);
        transaction.commit().unwrap();
    }
    office.start();
    let address = office.url("").replace("http://", "");
    let server = address.to_socket_addrs().unwrap().find(|one| one.is_ipv4());
    let line = Proxy::before(server.unwrap(), Line::default()).await;
    let profiles = tempfile::tempdir().unwrap();
    let desk = Device::open(&profiles.path().join("desk"), Screen::Desktop).await;
    desk.goto(&format!("http://localhost:{}/", line.address.port()))
        .await;
    desk.has_the_app().await;
    let requests = || {
        let log = std::fs::read_to_string(office.folder.path().join("server.log")).unwrap();
        log.matches("/api/v1/sync").count()
    };
    let (up, down) = line.carried();
    desk.script(WATCH, vec![]).await;
    desk.log_in_here("kabid", "482913").await;
    // As long as it takes, asked seldom enough not to be what is measured.
    let begun = Instant::now();
    while desk.script("return !!window.at.done", vec![]).await != json!(true) {
        assert!(begun.elapsed() < LONGEST, "{}", desk.words().await);
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let (all_up, all_down) = line.carried();
    let took = desk
        .script("return window.at.done - window.at.begun", vec![])
        .await;
    println!(
        "first sync of {VISITS} visits of 60 answers (mark: 6 s): {:.1} s, {} requests, {} bytes up, {} bytes down",
        took.as_f64().unwrap() / 1_000.0,
        requests(),
        all_up - up,
        all_down - down
    );
    desk.close().await;
}
