//! Pictures of the main screens, for the README and for looking at them: `cargo xtask screenshots`.

use std::path::PathBuf;

use crate::browser::{Device, Screen};
use crate::office::Office;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "makes pictures, asserts little: run by `cargo xtask screenshots`"]
async fn screenshots_of_the_main_screens() {
    let folder: PathBuf = std::env::var_os("ANJANGSANA_SCREENSHOTS")
        .expect("where to put them")
        .into();
    let picture = |name: &str| folder.join(format!("{name}.png"));
    let office = Office::open();
    let profiles = tempfile::tempdir().unwrap();

    let phone = Device::open(&profiles.path().join("officer"), Screen::Phone).await;
    phone.goto(&office.url("/")).await;
    phone.sees("Masuk").await;
    phone.web.screenshot(&picture("masuk")).await.unwrap();
    phone.log_in("petugas1", "482913").await;
    phone.sees("Semua sudah terkirim").await;
    phone.web.screenshot(&picture("beranda")).await.unwrap();
    phone.goto_inside("Koperasi").await;
    phone.sees("Bikang").await;
    phone.web.screenshot(&picture("koperasi")).await.unwrap();
    phone.types("Cari koperasi", "nelayan sadai").await;
    phone.tap_row("Bahari Sadai").await;
    phone.sees("Riwayat status").await;
    phone.web.screenshot(&picture("profil")).await.unwrap();
    phone.tap("Mulai kunjungan").await;
    phone.sees("Tanggal kunjungan").await;
    phone.web.screenshot(&picture("isian")).await.unwrap();
    phone.goto_inside_by_link("/antrean", &office).await;
    phone.sees("Antrean kirim").await;
    phone.web.screenshot(&picture("antrean")).await.unwrap();
    phone.close().await;

    let desk = Device::open(&profiles.path().join("desk"), Screen::Desktop).await;
    desk.goto(&office.url("/persetujuan")).await;
    desk.log_in_here("kabid", "482913").await;
    desk.sees("Menunggu persetujuan").await;
    desk.web.screenshot(&picture("persetujuan")).await.unwrap();
    desk.tap_row("CONTOH").await;
    desk.sees("Setujui").await;
    desk.web.screenshot(&picture("tinjau")).await.unwrap();
    desk.close().await;
}

impl Device {
    /// Another screen by its address: the PIN is asked for again.
    async fn goto_inside_by_link(&self, link: &str, office: &Office) {
        self.goto(&office.url(link)).await;
        self.unlock("482913").await;
    }
}
