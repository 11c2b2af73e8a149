//! The browser killed, every process of it at once, while somebody types and while the phone sends: whatever the screen
//! had shown as saved is there afterwards, and reaches the server once. A few times in the tests; as often as one likes by
//! `cargo xtask kill-browser`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::json;
use thirtyfour::error::WebDriverResult;
use thirtyfour::prelude::*;

use crate::browser::{Device, Screen};
use crate::cutting_proxy::{Line, Proxy};
use crate::filling;
use crate::office::Office;
use crate::rng::Rng;
use crate::typing;

const PIN: &str = "482913";
/// The latest moment of a kill, in milliseconds after the typing or the sending has begun.
const LATEST: usize = 1_500;
/// Answers that wait for signal when the phone begins to send.
const WAITING: usize = 5;
/// There and back: long enough that a phone is killed with a request on its way.
const LINE: Line = Line {
    up: 0,
    down: 0,
    round_trip: Duration::from_millis(400),
};

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_browser_has_every_answer_that_was_shown_as_saved() {
    kill(5, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes: run by `cargo xtask kill-browser`"]
async fn kill_browser_again_and_again() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let times = number("ANJANGSANA_TIMES").unwrap_or(50);
    kill(times, number("ANJANGSANA_SEED").unwrap_or(1)).await;
}

async fn kill(times: u64, seed: u64) {
    println!("{times} kills, seed {seed}");
    let mut rng = Rng::new(seed);
    let mut office = Office::open();
    office.publish(
        &typing::survey(),
        "list_name,name,label\n",
        "form_title,form_id,version\nPanjang,kunjungan,9999000002\n",
    );
    let before = office.visits();
    let line = Proxy::before(([127, 0, 0, 1], office.port()).into(), LINE).await;
    let url = |path: &str| format!("http://localhost:{}{path}", line.address.port());
    let profiles = tempfile::tempdir().unwrap();
    let profile = profiles.path().join("phone");

    let mut phone = Device::open(&profile, Screen::Phone).await;
    phone.goto(&url("/")).await;
    phone.log_in("petugas1", PIN).await;
    phone.has_the_app().await;
    phone.sees("Semua sudah terkirim").await;
    phone.goto_inside("Koperasi").await;
    phone.types("Cari koperasi", "nelayan sadai").await;
    phone.tap_row("Bahari Sadai").await;
    phone.tap("Mulai kunjungan").await;
    phone.element("//*[@id='q-t_1']").await;
    let page = phone.path().await;

    let mut form = Typed::default();
    let mut kills_while_sending = 0;
    for round in 0..times {
        let moment = Duration::from_millis(rng.below(LATEST) as u64);
        let sends = round % 2 == 1;
        println!(
            "kill {}: {moment:?} into {}",
            round + 1,
            if sends { "sending" } else { "typing" }
        );
        if sends {
            office.stop();
            for _ in 0..WAITING {
                form.types_into_next(&phone).await.unwrap();
            }
            filling::saved(&phone).await;
            form.look(&phone).await.unwrap();
            phone.tap("Semua bagian").await;
            phone.goto_inside("Antrean kirim").await;
            office.start();
            phone.tap("Kirim sekarang").await;
        }
        let (sent, _) = line.carried();
        let killer = killer(&profile, moment);
        if !sends {
            // Until the browser answers no more.
            while form.types_into_next(&phone).await.is_ok() {}
        }
        killer.join().unwrap();
        kills_while_sending += u64::from(line.carried().0 > sent);
        let _gone = phone.web.quit().await;

        phone = Device::open(&profile, Screen::Phone).await;
        phone.goto(&url(&page)).await;
        // Opening a database that was not closed looks every page of it over; a damaged one would not open.
        phone.unlock(PIN).await;
        phone.element("//*[@id='q-t_1']").await;
        assert_eq!(phone.path().await, page, "it opens where it was");
        form.is_there(&phone).await;
    }
    println!(
        "{} answers were shown as saved; in {kills_while_sending} of {times} rounds bytes were on their way",
        form.shown.len()
    );
    assert!(!form.shown.is_empty());
    assert!(kills_while_sending > 0);

    phone.tap("Semua bagian").await;
    phone.send_everything("Antrean kirim").await;
    let mut visits = office.visits();
    visits.retain(|id, _| !before.contains_key(id));
    assert_eq!(visits.len(), 1, "exactly one visit");
    let fields = visits.into_values().next().unwrap();
    for (id, value) in &form.shown {
        let field = format!("a/{}", id.trim_start_matches("q-"));
        assert_eq!(fields[&field], json!(value), "{field} at the server");
    }
    let not_applied: u32 = office
        .database()
        .query_row(
            "select count(*) from mutation where outcome <> 'applied'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(not_applied, 0, "what was sent twice was known as the same");
    phone.close().await;
}

/// What was typed into the form's text fields, and what the screen said of it.
#[derive(Default)]
struct Typed {
    count: usize,
    /// By field, every text, the last one last.
    texts: BTreeMap<String, Vec<String>>,
    /// By field, the last text that stood there with the word that it is saved.
    shown: BTreeMap<String, String>,
}

impl Typed {
    /// Types a new text into the next field, in place of what stands there, and looks at the screen.
    async fn types_into_next(&mut self, device: &Device) -> WebDriverResult<()> {
        // Those that always stand on the page.
        let always = [1, 2, 3, 4, 6, 8, 9];
        let n = self.count;
        let number = n / always.len() % typing::TENS * 10 + always[n % always.len()];
        let id = format!("q-t_{number}");
        let text = format!("Jawaban ke-{n} CONTOH");
        self.count += 1;
        self.texts.entry(id.clone()).or_default().push(text.clone());
        let field = device.web.find(By::Id(&id)).await?;
        field.clear().await?;
        field.send_keys(&text).await?;
        self.look(device).await
    }

    /// Remembers which texts stand on the screen as saved.
    async fn look(&mut self, device: &Device) -> WebDriverResult<()> {
        let script = "return [...document.querySelectorAll('.question:has([data-saving=saved]) input')].map(e => [e.id, e.value]);";
        let seen = device.web.execute(script, vec![]).await?;
        let seen: Vec<(String, String)> = serde_json::from_value(seen.json().clone()).unwrap();
        self.shown.extend(seen);
        Ok(())
    }

    /// Every field has what was shown as saved, or what was typed after it: that may have been saved without a word.
    async fn is_there(&mut self, device: &Device) {
        let script =
            "return [...document.querySelectorAll('main input')].map(e => [e.id, e.value]);";
        let there = device.script(script, vec![]).await;
        let there: BTreeMap<String, String> =
            serde_json::from_value::<Vec<(String, String)>>(there)
                .unwrap()
                .into_iter()
                .collect();
        let fields: BTreeSet<&String> = self.shown.keys().chain(self.texts.keys()).collect();
        let mut now = BTreeMap::new();
        for id in fields {
            let value = &there[id];
            let shown = self.shown.get(id);
            let typed = self.texts.get(id).map(Vec::as_slice).unwrap_or_default();
            let after = match shown {
                Some(shown) => typed
                    .iter()
                    .rposition(|text| text == shown)
                    .map_or(0, |at| at + 1),
                None => 0,
            };
            let later = typed.iter().skip(after).any(|text| text.starts_with(value));
            assert!(
                Some(value) == shown || later || (shown.is_none() && value.is_empty()),
                "{id} was shown as saved with {shown:?} and has {value:?} after the kill"
            );
            if !value.is_empty() {
                now.insert(id.clone(), value.clone());
            }
        }
        // What has come back is on disk, whatever was shown.
        self.shown = now;
        self.texts.clear();
    }
}

/// Kills the whole browser after a while.
fn killer(profile: &Path, after: Duration) -> std::thread::JoinHandle<()> {
    let profile = profile.to_owned();
    std::thread::spawn(move || {
        // The moment itself is what is tried, not a wait for something.
        std::thread::sleep(after);
        let family = family_of(&profile);
        assert!(!family.is_empty(), "the browser's processes are found");
        // Those that ended meanwhile are no fault.
        let _some_gone = Command::new("kill").arg("-KILL").args(family).status();
    })
}

/// Every process of the browser with that profile: the one that was started, and all below it.
fn family_of(profile: &Path) -> Vec<String> {
    let named = format!("--user-data-dir={}", profile.display());
    let mut family = Vec::new();
    let mut parents = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let pid = entry.file_name().to_string_lossy().into_owned();
        let Ok(line) = std::fs::read(entry.path().join("cmdline")) else {
            continue;
        };
        let line = String::from_utf8_lossy(&line).into_owned();
        if line.split('\0').any(|word| word == named) && !line.contains("chromedriver") {
            family.push(pid.clone());
        }
        // "pid (name) state parent ...", and the name may hold anything.
        if let Ok(stat) = std::fs::read_to_string(entry.path().join("stat"))
            && let Some((_, rest)) = stat.rsplit_once(") ")
            && let Some(parent) = rest.split(' ').nth(1)
        {
            parents.push((pid, parent.to_owned()));
        }
    }
    let mut known = 0;
    while known < family.len() {
        known = family.len();
        for (pid, parent) in &parents {
            if family.contains(parent) && !family.contains(pid) {
                family.push(pid.clone());
            }
        }
    }
    family
}
