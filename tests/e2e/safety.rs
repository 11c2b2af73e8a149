//! What must hold on the phone itself: secrecy of the stored bytes, the lock, one owner among tabs.

use crate::browser::{Device, Screen};
use crate::filling;
use crate::office::{Office, any_file_holds, copy_of_the_app, release_anew};

const PIN: &str = "482913";

/// A name that only the register knows: no part of the app's own files.
const SECRET: &[u8] = b"Bahari Sadai";

#[tokio::test(flavor = "multi_thread")]
async fn the_phones_stored_bytes_do_not_tell_a_name() {
    let office = Office::open();
    let profiles = tempfile::tempdir().unwrap();
    let profile = profiles.path().join("phone");
    let phone = Device::open(&profile, Screen::Phone).await;
    phone.goto(&office.url("/koperasi")).await;
    phone.log_in_here("petugas1", PIN).await;
    phone.sees("Koperasi Nelayan CONTOH Bahari Sadai").await;
    phone.close().await;

    let stored = profile.join("Default").join("File System");
    assert!(
        any_file_holds(&stored, b"petugas1"),
        "the vault's login names are looked for in the right place"
    );
    assert!(!any_file_holds(&stored, SECRET));
    let folder = office.folder.path();
    assert!(
        any_file_holds(folder, SECRET),
        "the server has the name, so the search finds it when it is there"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pin_opens_the_app_and_wrong_ones_wait() {
    let mut office = Office::open();
    let profiles = tempfile::tempdir().unwrap();
    let phone = Device::open(&profiles.path().join("phone"), Screen::Phone).await;
    phone.goto(&office.url("/")).await;
    phone.log_in("petugas1", PIN).await;
    phone.has_the_app().await;
    office.stop();
    phone.goto_inside("Pengaturan").await;
    phone.tap("Kunci sekarang").await;
    phone.sees("Masukkan PIN").await;
    for _ in 0..3 {
        phone.types("PIN", "000000").await;
        phone.sees("PIN salah").await;
        phone
            .until(
                "it was refused",
                "return document.getElementById('pin').value === ''",
            )
            .await;
    }
    phone.sees("Tunggu").await;
    assert!(!phone.shows("Rizky Pratama").await);
    // Reloading does not shorten the wait.
    phone.web.refresh().await.unwrap();
    phone.sees("Tunggu").await;
    phone.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_tab_says_so_and_can_take_over() {
    let office = Office::open();
    let profiles = tempfile::tempdir().unwrap();
    let phone = Device::open(&profiles.path().join("phone"), Screen::Phone).await;
    phone.goto(&office.url("/")).await;
    phone.log_in("petugas1", PIN).await;
    phone.sees("Semua sudah terkirim").await;
    phone.goto_inside("Koperasi").await;
    phone.types("Cari koperasi", "nelayan sadai").await;
    phone.tap_row("Bahari Sadai").await;
    phone.tap("Mulai kunjungan").await;
    phone.element("//*[@id='q-no_spt']").await;
    filling::answer(&phone, "q-no_spt", "SPT-satu").await;
    filling::saved(&phone).await;
    let page = phone.path().await;
    let first = phone.web.window().await.unwrap();

    // The second tab waits to be told, and the first goes on until it is.
    let second = phone.web.new_tab().await.unwrap();
    phone.web.switch_to_window(second.clone()).await.unwrap();
    phone.goto(&office.url(&page)).await;
    phone.sees("Anjangsana terbuka di tab lain").await;
    phone.web.switch_to_window(first.clone()).await.unwrap();
    filling::answer(&phone, "q-no_spt", "SPT-dua").await;
    filling::saved(&phone).await;

    // Each tab that takes over has what the other one saved; the other one says where the data is now.
    for (to, from, there, typed) in [
        (&second, &first, "SPT-dua", "SPT-tiga"),
        (&first, &second, "SPT-tiga", "SPT-empat"),
    ] {
        phone.web.switch_to_window(to.clone()).await.unwrap();
        phone.tap("Pakai di tab ini").await;
        phone.unlock(PIN).await;
        phone.element("//*[@id='q-no_spt']").await;
        assert_eq!(phone.path().await, page);
        let value = "return document.getElementById('q-no_spt').value";
        assert_eq!(phone.script(value, vec![]).await, there);
        filling::answer(&phone, "q-no_spt", typed).await;
        filling::saved(&phone).await;
        phone.web.switch_to_window(from.clone()).await.unwrap();
        phone.sees("Anjangsana terbuka di tab lain").await;
        assert!(!phone.shows(there).await, "the locked tab shows no data");
    }
    phone.web.switch_to_window(first).await.unwrap();
    phone.tap("Semua bagian").await;
    phone.send_everything("Antrean kirim").await;
    phone.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn leaving_for_another_address_and_coming_back_is_no_second_tab() {
    let office = Office::open();
    let profiles = tempfile::tempdir().unwrap();
    let phone = Device::open(&profiles.path().join("phone"), Screen::Phone).await;
    phone.goto(&office.url("/")).await;
    phone.log_in("petugas1", PIN).await;
    phone.sees("Semua sudah terkirim").await;
    phone.has_the_app().await;
    for (link, words) in [
        ("/antrean", "Tidak ada yang menunggu"),
        ("/koperasi", "Daftar koperasi"),
        ("/pengaturan", "Kunci sekarang"),
    ] {
        phone.goto(&office.url(link)).await;
        phone.unlock(PIN).await;
        phone.sees(words).await;
    }
    // The browser keeps the pages left behind, to show them again at once.
    phone.web.back().await.unwrap();
    phone.unlock(PIN).await;
    phone.sees("Daftar koperasi").await;
    phone.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn any_deep_link_opens_without_a_server() {
    let mut office = Office::open();
    let profiles = tempfile::tempdir().unwrap();
    let phone = Device::open(&profiles.path().join("phone"), Screen::Phone).await;
    phone.goto(&office.url("/")).await;
    phone.log_in("petugas1", PIN).await;
    phone.has_the_app().await;
    office.stop();
    let phone = phone.reopen().await;
    for (link, words) in [
        ("/koperasi", "Daftar koperasi"),
        ("/antrean", "Antrean kirim"),
        ("/pengaturan", "Kunci sekarang"),
    ] {
        phone.goto(&office.url(link)).await;
        phone.unlock(PIN).await;
        phone.sees(words).await;
        assert_eq!(phone.path().await, link);
    }
    phone.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_version_is_offered_and_throws_nothing_away() {
    let web = tempfile::tempdir().unwrap();
    copy_of_the_app(web.path());
    let office = Office::serving(web.path().to_owned());
    let profiles = tempfile::tempdir().unwrap();
    let phone = Device::open(&profiles.path().join("phone"), Screen::Phone).await;
    phone.goto(&office.url("/")).await;
    phone.log_in("petugas1", PIN).await;
    phone.has_the_app().await;
    phone.goto_inside("Koperasi").await;
    phone.types("Cari koperasi", "nelayan sadai").await;
    phone.tap_row("Bahari Sadai").await;
    phone.tap("Mulai kunjungan").await;
    phone.element("//*[@id='q-no_spt']").await;
    filling::answer(&phone, "q-no_spt", "SPT-lama").await;
    filling::saved(&phone).await;

    release_anew(web.path());
    let look = "const done = arguments[0]; navigator.serviceWorker.getRegistration().then(r => r.update()).then(() => done(true));";
    phone.web.execute_async(look, vec![]).await.unwrap();
    phone.tap("Semua bagian").await;
    phone.goto_inside("Beranda").await;
    phone.sees("Versi baru tersedia").await;
    phone.tap("Perbarui").await;
    phone.unlock(PIN).await;
    phone.until(
        "only the new build is kept",
        "return window.kept === 'anjangsana-the-next-build' || (caches.keys().then(k => window.kept = k.join()), false)",
    )
    .await;
    phone.goto_inside("Beranda").await;
    phone.tap_row("Bahari Sadai").await;
    phone.element("//*[@id='q-no_spt']").await;
    phone
        .until(
            "the answer is still there",
            "return document.getElementById('q-no_spt').value === 'SPT-lama'",
        )
        .await;
    phone.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_browser_can_keep_nothing_the_app_says_so() {
    let office = Office::open();
    let profiles = tempfile::tempdir().unwrap();
    // An address without https that is not this machine's own name: the browser gives it no private files.
    let elsewhere = ["--host-resolver-rules=MAP anjangsana.test 127.0.0.1"];
    let phone = Device::open_with(&profiles.path().join("phone"), Screen::Phone, &elsewhere).await;
    phone
        .goto(&office.url("/").replace("localhost", "anjangsana.test"))
        .await;
    phone.sees("Tidak bisa menyimpan data").await;
    phone.close().await;
}
