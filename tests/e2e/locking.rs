//! The lock, the PIN and the password, the app kept for days without a network, and storage that somebody clears.

use std::path::Path;

use anjangsana::domain::attachment::sha256;
use serde_json::{Value, json};

use crate::browser::{Device, Screen};
use crate::filling;
use crate::office::{Office, copy_of_the_app};

const PIN: &str = "482913";

/// What page and worker run first, so that a test can set the device's clock (`wall`) and let time pass (`run`).
const CLOCK: &str = "
{
  const by = { wall: 0, run: 0 };
  const now = Date.now;
  const run = performance.now.bind(performance);
  Date.now = () => now() + by.wall + by.run;
  performance.now = () => run() + by.run;
  globalThis.clockOfTheTest = new BroadcastChannel('clock');
  clockOfTheTest.onmessage = ({ data }) => {
    Object.assign(by, data);
    if (!globalThis.document) new BroadcastChannel('clock-set').postMessage(true);
  };
}
";

/// An office whose app has clocks that a test sets.
fn office_with_clocks(web: &Path) -> Office {
    app_with_clocks(web);
    Office::serving(web.to_owned())
}

/// A copy of the built app that has clocks that a test sets. Its list of files says so: it is kept for work without signal.
pub(crate) fn app_with_clocks(web: &Path) {
    copy_of_the_app(web);
    let assets = std::fs::read_dir(web.join("assets")).unwrap();
    let boot = assets
        .map(|entry| entry.unwrap().path())
        .find(|path| {
            let name = path.file_name().unwrap().to_string_lossy();
            name.starts_with("boot-") && name.ends_with(".js")
        })
        .unwrap();
    let script = std::fs::read_to_string(&boot).unwrap();
    let changed = format!("{script}\n{CLOCK}");
    std::fs::write(&boot, &changed).unwrap();
    let list = web.join("precache.json");
    let mut files: Value = serde_json::from_str(&std::fs::read_to_string(&list).unwrap()).unwrap();
    for file in files["files"].as_array_mut().unwrap() {
        if file["path"].as_str().unwrap().starts_with("/assets/boot-") {
            file["hash"] = json!(sha256(changed.as_bytes()));
        }
    }
    std::fs::write(&list, files.to_string()).unwrap();
    for (file, packed) in [(&boot, "br"), (&boot, "gz"), (&list, "br"), (&list, "gz")] {
        // Not every file is worth packing.
        let _never_packed = std::fs::remove_file(format!("{}.{packed}", file.display()));
    }
}

impl Device {
    /// Sets both clocks of page and worker, milliseconds ahead of the real ones.
    pub(crate) async fn set_clock(&self, wall: i64, run: i64) {
        let set = "const [by, done] = arguments;
            const heard = new BroadcastChannel('clock-set');
            heard.onmessage = () => { heard.close(); done(true); };
            new BroadcastChannel('clock').postMessage(by);";
        let by = json!({"wall": wall, "run": run});
        self.web.execute_async(set, vec![by]).await.unwrap();
    }

    /// The person goes to another app, or comes back.
    async fn is_seen(&self, seen: bool) {
        let change = "Object.defineProperty(document, 'visibilityState', { value: arguments[0], configurable: true });
            document.dispatchEvent(new Event('visibilitychange'));";
        let state = if seen { "visible" } else { "hidden" };
        self.script(change, vec![json!(state)]).await;
    }

    async fn is_covered(&self) -> bool {
        let covered = "const cover = getComputedStyle(document.body, '::after');
            return cover.position === 'fixed' && cover.inset === '0px' && cover.content.includes('Anjangsana')
                && cover.backgroundColor.startsWith('rgb(');";
        self.script(covered, vec![]).await == json!(true)
    }

    /// Types a PIN and waits until it was refused.
    async fn wrong_pin(&self) {
        self.types("PIN", "000000").await;
        self.until(
            "it was refused",
            "const pin = document.getElementById('pin'); return !pin || pin.value === ''",
        )
        .await;
    }

    async fn starts_a_visit(&self) {
        self.goto_inside("Koperasi").await;
        self.types("Cari koperasi", "nelayan sadai").await;
        self.tap_row("Bahari Sadai").await;
        self.tap("Mulai kunjungan").await;
        self.element("//*[@id='q-no_spt']").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn h22_a_hidden_app_is_covered_and_locked_before_it_is_seen_again() {
    let web = tempfile::tempdir().unwrap();
    let office = office_with_clocks(web.path());
    let profiles = tempfile::tempdir().unwrap();
    let phone = Device::open(&profiles.path().join("phone"), Screen::Phone).await;
    phone.goto(&office.url("/koperasi")).await;
    phone.log_in_here("petugas1", PIN).await;
    phone.sees("Daftar koperasi").await;

    phone.is_seen(false).await;
    assert!(phone.is_covered().await, "no picture of the data is left");
    phone.is_seen(true).await;
    phone
        .until(
            "the cover is gone",
            "return !document.documentElement.hasAttribute('data-covered')",
        )
        .await;
    phone.sees("Daftar koperasi").await;

    // Ten minutes later the first thing that is seen is the lock.
    let watch = "new MutationObserver(() => {
            if (!document.documentElement.hasAttribute('data-covered')) window.firstSeen = document.body.innerText;
        }).observe(document.documentElement, { attributes: true });";
    phone.script(watch, vec![]).await;
    phone.is_seen(false).await;
    phone.set_clock(0, 10 * 60_000).await;
    phone.is_seen(true).await;
    phone.until("it is seen", "return !!window.firstSeen").await;
    let first = phone.script("return window.firstSeen", vec![]).await;
    let first = first.as_str().unwrap();
    assert!(first.contains("Masukkan PIN"), "{first}");
    assert!(!first.contains("Daftar koperasi"), "{first}");
    phone.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h22_the_app_locks_itself_after_ten_minutes_unused_and_not_before() {
    let web = tempfile::tempdir().unwrap();
    let office = office_with_clocks(web.path());
    let profiles = tempfile::tempdir().unwrap();
    let phone = Device::open(&profiles.path().join("phone"), Screen::Phone).await;
    phone.goto(&office.url("/")).await;
    phone.log_in("petugas1", PIN).await;
    phone.set_clock(0, 9 * 60_000).await;
    phone.goto_inside("Koperasi").await;
    phone.sees("Daftar koperasi").await;
    // A touch began the time anew.
    phone.set_clock(0, 18 * 60_000).await;
    phone.goto_inside("Beranda").await;
    phone.sees("Selamat bekerja").await;
    // A touch that comes too late changes nothing.
    phone.set_clock(0, 28 * 60_000 + 30_000).await;
    phone
        .script("window.dispatchEvent(new Event('pointerdown'))", vec![])
        .await;
    phone.sees("Masukkan PIN").await;
    phone.unlock(PIN).await;
    phone.sees("Selamat bekerja").await;
    phone.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s2_a_forgotten_pin_is_no_trouble_without_signal() {
    let mut office = Office::open();
    let profiles = tempfile::tempdir().unwrap();
    let phone = Device::open(&profiles.path().join("phone"), Screen::Phone).await;
    phone.goto(&office.url("/")).await;
    phone.log_in("petugas1", PIN).await;
    phone.has_the_app().await;
    office.stop();
    phone.starts_a_visit().await;
    filling::answer(&phone, "q-no_spt", "SPT-laut").await;
    filling::saved(&phone).await;

    let phone = phone.reopen().await;
    phone.goto(&office.url("/")).await;
    phone.tap("Lupa PIN?").await;
    phone.types("Kata sandi", "salah-sekali").await;
    phone.tap("Buka").await;
    phone.sees("Kata sandi salah").await;
    phone.types("Kata sandi", "demo-anjangsana").await;
    phone.tap("Buka").await;
    // One that anybody would try first is not taken.
    phone.choose_pin("112233").await;
    phone.sees("PIN ini mudah ditebak").await;
    phone.choose_pin("351790").await;
    phone.tap_row("Bahari Sadai").await;
    phone.element("//*[@id='q-no_spt']").await;
    phone
        .until(
            "the answer is there",
            "return document.getElementById('q-no_spt').value === 'SPT-laut'",
        )
        .await;
    let phone = phone.reopen().await;
    phone.goto(&office.url("/")).await;
    phone.unlock("351790").await;
    phone.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a17_h14_the_screen_waits_as_the_vault_does_and_after_ten_wrong_pins_asks_for_the_password()
{
    let web = tempfile::tempdir().unwrap();
    let office = office_with_clocks(web.path());
    let profiles = tempfile::tempdir().unwrap();
    let phone = Device::open(&profiles.path().join("phone"), Screen::Phone).await;
    phone.goto(&office.url("/")).await;
    phone.log_in("petugas1", PIN).await;
    phone.goto_inside("Pengaturan").await;
    phone.tap("Kunci sekarang").await;
    let day = 86_400_000;
    let mut run = 0;
    for n in 1..10 {
        phone.wrong_pin().await;
        if n < 3 {
            phone.sees(&format!("Sisa {} percobaan", 10 - n)).await;
            continue;
        }
        // Neither direction in which the clock is set opens the field or closes it for longer.
        for wall in [day, -day] {
            phone.set_clock(wall, run).await;
            phone.sees("PIN salah beberapa kali. Tunggu").await;
        }
        if n == 3 {
            let seconds = "return Number(document.body.innerText.match(/Tunggu (\\d+) detik/)[1])";
            let seconds = phone.script(seconds, vec![]).await.as_f64().unwrap();
            assert!((1.0..=30.0).contains(&seconds), "{seconds}");
        }
        run += 3_600_000;
        phone.set_clock(-day, run).await;
        phone
            .until(
                "the field takes digits again",
                "return !document.getElementById('pin').disabled",
            )
            .await;
    }
    phone.wrong_pin().await;
    phone.sees("PIN tidak berlaku").await;
    phone.types("Kata sandi", "demo-anjangsana").await;
    phone.tap("Buka").await;
    phone.choose_pin("351790").await;
    phone.sees("Kunci sekarang").await;

    // In the open app the new PIN wants the former one, or the password.
    phone.tap("Ganti PIN").await;
    phone.types("PIN lama atau kata sandi", PIN).await;
    phone.choose_pin("204060").await;
    phone.sees("PIN salah").await;
    phone.types("PIN lama atau kata sandi", "351790").await;
    phone.tap("Simpan PIN").await;
    phone.sees("PIN sudah diganti").await;
    phone.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a4_an_app_that_could_not_be_kept_says_so_and_tries_again_by_itself() {
    let web = tempfile::tempdir().unwrap();
    copy_of_the_app(web.path());
    let (icon, away) = (
        web.path().join("icons/icon.svg"),
        web.path().join("icon.away"),
    );
    rename_with_packed(&icon, &away);
    let mut office = Office::serving(web.path().to_owned());
    let profiles = tempfile::tempdir().unwrap();
    let phone = Device::open(&profiles.path().join("phone"), Screen::Phone).await;
    phone.goto(&office.url("/")).await;
    phone.sees("belum siap dipakai tanpa sinyal").await;
    assert!(
        !phone
            .shows("Setelah itu Anjangsana bekerja tanpa sinyal")
            .await
    );
    phone.log_in("petugas1", PIN).await;
    phone
        .until(
            "the installation has failed, and keeps what came",
            "navigator.serviceWorker.getRegistration().then(found => window.registered = !!found);
             caches.keys().then(async ([name]) => window.kept = name ? (await (await caches.open(name)).keys()).length : 0);
             return window.registered === false && window.kept > 1",
        )
        .await;
    phone.sees("Belum siap dipakai tanpa sinyal").await;
    phone.goto_inside("Pengaturan").await;
    phone.sees("Keluar").await;
    assert!(!phone.shows("Siap dipakai tanpa sinyal").await);
    assert!(!phone.shows("Tidak ada versi baru").await);

    // The server has everything again, and nobody does anything.
    rename_with_packed(&away, &icon);
    phone
        .script("window.dispatchEvent(new Event('online'))", vec![])
        .await;
    phone.sees("Siap dipakai tanpa sinyal").await;
    assert!(!phone.shows("Belum siap dipakai tanpa sinyal").await);
    office.stop();
    let phone = phone.reopen().await;
    phone.goto(&office.url("/")).await;
    phone.unlock(PIN).await;
    phone.sees("Selamat bekerja").await;
    assert!(!phone.shows("Belum siap dipakai tanpa sinyal").await);
    phone.close().await;
}

/// Renames a file of the app together with its packed copies, which the server would serve in its place.
fn rename_with_packed(from: &Path, to: &Path) {
    for packed in ["", ".br", ".gz"] {
        let file = |path: &Path| format!("{}{packed}", path.display());
        // Not every file is worth packing.
        let _never_packed = std::fs::rename(file(from), file(to));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a4_a_service_worker_that_could_not_be_fetched_is_fetched_when_the_network_comes() {
    let web = tempfile::tempdir().unwrap();
    copy_of_the_app(web.path());
    let (worker, away) = (web.path().join("sw.js"), web.path().join("sw.away"));
    rename_with_packed(&worker, &away);
    let mut office = Office::serving(web.path().to_owned());
    let profiles = tempfile::tempdir().unwrap();
    let phone = Device::open(&profiles.path().join("phone"), Screen::Phone).await;
    phone.goto(&office.url("/")).await;
    phone.log_in("petugas1", PIN).await;
    phone.sees("Belum siap dipakai tanpa sinyal").await;
    rename_with_packed(&away, &worker);
    phone
        .script("window.dispatchEvent(new Event('online'))", vec![])
        .await;
    phone.has_the_app().await;
    phone
        .until(
            "it is ready",
            "return !document.body.innerText.includes('Belum siap dipakai tanpa sinyal')",
        )
        .await;
    office.stop();
    let phone = phone.reopen().await;
    phone.goto(&office.url("/")).await;
    phone.unlock(PIN).await;
    phone.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s24_storage_that_is_cleared_under_an_open_app_is_noticed_and_what_is_unsent_can_be_sent() {
    let office = Office::open();
    let before = office.visits();
    let profiles = tempfile::tempdir().unwrap();
    let phone = Device::open(&profiles.path().join("phone"), Screen::Phone).await;
    phone.goto(&office.url("/")).await;
    phone.log_in("petugas1", PIN).await;
    phone.has_the_app().await;
    phone.sees("Semua sudah terkirim").await;
    phone.starts_a_visit().await;
    filling::answer(&phone, "q-no_spt", "SPT-1").await;
    filling::saved(&phone).await;
    phone.sees("Tersimpan di HP").await;

    let origin = json!({"origin": office.url("").trim_end_matches('/'), "storageTypes": "all"});
    phone
        .web
        .cdp()
        .send_raw("Storage.clearDataForOrigin", origin)
        .await
        .unwrap();
    // The next answer brings it out.
    filling::set(&phone, "q-no_spt", "SPT-2").await;
    phone.sees("Data Anjangsana di HP ini terhapus").await;
    filling::set(&phone, "q-no_spt", "SPT-3").await;
    phone.sees("tidak ada lagi yang bisa disimpan").await;
    assert!(!phone.shows("Tersimpan di HP").await);

    // While it is open, what was saved before can be sent.
    phone.tap("Antrean kirim").await;
    phone
        .tap_at(
            "//button[normalize-space(.)='Kirim sekarang' or normalize-space(.)='Perbarui data']",
        )
        .await;
    phone.sees("Semua sudah terkirim").await;
    let mut visits = office.visits();
    visits.retain(|id, _| !before.contains_key(id));
    let fields = visits.into_values().next().unwrap();
    let sent = fields["a/no_spt"].as_str().unwrap();
    assert!(["SPT-1", "SPT-2"].contains(&sent), "{sent}");
    phone.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s24_storage_that_was_cleared_meanwhile_is_said_when_the_person_comes_back() {
    let office = Office::open();
    let profiles = tempfile::tempdir().unwrap();
    let phone = Device::open(&profiles.path().join("phone"), Screen::Phone).await;
    phone.goto(&office.url("/")).await;
    phone.log_in("petugas1", PIN).await;
    phone.has_the_app().await;
    phone.is_seen(false).await;
    let origin = json!({"origin": office.url("").trim_end_matches('/'), "storageTypes": "all"});
    phone
        .web
        .cdp()
        .send_raw("Storage.clearDataForOrigin", origin)
        .await
        .unwrap();
    // Another tab begins anew, with files in the same place.
    let here = phone.web.window().await.unwrap();
    let other = phone.web.new_tab().await.unwrap();
    phone.web.switch_to_window(other).await.unwrap();
    phone.goto(&office.url("/")).await;
    phone.field("Nama pengguna").await;
    phone.web.switch_to_window(here).await.unwrap();
    phone.is_seen(true).await;
    phone.sees("Data Anjangsana di HP ini terhapus").await;
    phone.close().await;
}
