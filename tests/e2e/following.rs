//! The screens that are not in the first wasm: they are on the phone like everything else, and where they are missing the
//! app says so and goes on.

use std::path::{Path, PathBuf};

use crate::browser::{Device, Screen};
use crate::office::{Office, copy_of_the_app};

const PIN: &str = "482913";

#[tokio::test(flavor = "multi_thread")]
async fn a_link_to_a_screen_that_follows_opens_without_a_signal() {
    let mut office = Office::open();
    let profiles = tempfile::tempdir().unwrap();
    let officer = Device::open(&profiles.path().join("officer"), Screen::Phone).await;
    officer.goto(&office.url("/")).await;
    officer.log_in("petugas1", PIN).await;
    officer.has_the_app().await;
    officer.sees("Semua sudah terkirim").await;
    officer.goto_inside("Koperasi").await;
    officer.types("Cari koperasi", "nelayan sadai").await;
    officer.tap_row("Bahari Sadai").await;
    officer.tap("Mulai kunjungan").await;
    officer.element("//*[@id='q-no_spt']").await;
    let page = officer.path().await;
    let desk = Device::open(&profiles.path().join("desk"), Screen::Desktop).await;
    desk.goto(&office.url("/")).await;
    desk.log_in("kabid", PIN).await;
    desk.has_the_app().await;
    office.stop();

    let officer = officer.reopen().await;
    officer.goto(&office.url(&page)).await;
    officer.unlock(PIN).await;
    officer.element("//*[@id='q-no_spt']").await;
    officer.close().await;
    let desk = desk.reopen().await;
    desk.goto(&office.url("/persetujuan")).await;
    desk.unlock(PIN).await;
    desk.sees("Menunggu persetujuan").await;
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn screens_that_did_not_come_are_asked_for_again() {
    let web = tempfile::tempdir().unwrap();
    copy_of_the_app(web.path());
    let away = take_away(web.path());
    let office = Office::serving(web.path().to_owned());
    let profiles = tempfile::tempdir().unwrap();
    let phone = Device::open(&profiles.path().join("phone"), Screen::Phone).await;
    phone.goto(&office.url("/")).await;
    phone.log_in("petugas1", PIN).await;
    phone.sees("Semua sudah terkirim").await;
    phone.goto_inside("Pengaturan").await;
    phone.sees("Bagian aplikasi ini belum terunduh").await;
    phone.tap("Coba lagi").await;
    phone.sees("Bagian aplikasi ini belum terunduh").await;
    // The first screens are there.
    phone.goto_inside("Koperasi").await;
    phone.types("Cari koperasi", "nelayan sadai").await;
    phone.tap_row("Bahari Sadai").await;
    phone.tap("Mulai kunjungan").await;
    phone.sees("Bagian aplikasi ini belum terunduh").await;

    let other = Device::open(&profiles.path().join("other"), Screen::Phone).await;
    other.goto(&office.url("/pengaturan")).await;
    other.log_in_here("petugas2", PIN).await;
    other.sees("Bagian aplikasi ini belum terunduh").await;

    for (from, to) in away {
        std::fs::rename(from, to).unwrap();
    }
    phone.tap("Coba lagi").await;
    phone.element("//*[@id='q-no_spt']").await;
    phone.close().await;
    // Signal brings them too.
    other
        .script("window.dispatchEvent(new Event('online'))", vec![])
        .await;
    other.sees("Kunci sekarang").await;
    other.close().await;
}

/// Takes the second wasm out of a web root; returns where each file is and where it belongs.
fn take_away(web: &Path) -> Vec<(PathBuf, PathBuf)> {
    let mut away = Vec::new();
    for entry in std::fs::read_dir(web.join("assets")).unwrap() {
        let there = entry.unwrap().path();
        let name = there.file_name().unwrap().to_str().unwrap().to_owned();
        if name.starts_with("following-") {
            let elsewhere = web.join(name);
            std::fs::rename(&there, &elsewhere).unwrap();
            away.push((elsewhere, there));
        }
    }
    assert!(!away.is_empty(), "there is a second wasm");
    away
}
