//! What does not go through by itself is seen: by the officer who decides, in the visit's history, and by the admin.

use serde_json::json;

use crate::browser::{Device, Screen};
use crate::filling;
use crate::office::Office;

const PIN: &str = "482913";
const COOPERATIVE: &str = "Koperasi Nelayan CONTOH Bahari Sadai";

#[tokio::test(flavor = "multi_thread")]
async fn two_different_answers_are_decided_by_a_person_and_seen_by_the_admin() {
    let mut office = Office::open();
    let before = office.visits();
    let profiles = tempfile::tempdir().unwrap();
    let desk = Device::open(&profiles.path().join("desk"), Screen::Desktop).await;
    desk.goto(&office.url("/tertahan")).await;
    desk.log_in_here("admin", PIN).await;
    desk.sees("Tidak ada data yang tertahan dalam 30 hari terakhir.")
        .await;

    // One officer, two phones, one draft: both answer the same question.
    let one = Device::open(&profiles.path().join("one"), Screen::Phone).await;
    one.goto(&office.url("/")).await;
    one.log_in("petugas1", PIN).await;
    one.sees("Semua sudah terkirim").await;
    one.goto_inside("Koperasi").await;
    one.types("Cari koperasi", "nelayan sadai").await;
    one.tap_row(COOPERATIVE).await;
    one.tap("Mulai kunjungan").await;
    one.answers("SPT-awal").await;
    one.tap("Semua bagian").await;
    one.send_everything("Antrean kirim").await;
    let visits = office.visits();
    let visit = visits.keys().find(|id| !before.contains_key(*id)).unwrap();

    let two = Device::open(&profiles.path().join("two"), Screen::Phone).await;
    two.goto(&office.url("/")).await;
    two.log_in("petugas1", PIN).await;
    two.tap_row(COOPERATIVE).await;
    two.element("//*[@id='q-no_spt']").await;
    office.stop();
    two.answers("SPT-dua").await;
    two.close().await;
    office.start();
    one.goto_inside("Beranda").await;
    one.tap_row(COOPERATIVE).await;
    one.answers("SPT-satu").await;
    one.tap("Semua bagian").await;
    one.send_everything("Antrean kirim").await;
    let two = Device::open(&profiles.path().join("two"), Screen::Phone).await;
    two.goto(&office.url("/antrean")).await;
    two.unlock(PIN).await;
    two.sees("Ada perbedaan data").await;
    two.can_be_touched().await;

    // The admin sees it before it is decided, and which question it is about.
    let held = async || {
        desk.web.refresh().await.unwrap();
        desk.unlock(PIN).await;
        desk.sees("Rizky Pratama (petugas1)").await;
        desk.sees(COOPERATIVE).await;
    };
    held().await;
    desk.sees("Belum beres").await;
    desk.sees("Minta petugas membuka Antrean kirim di HP itu dan memilih data yang benar.")
        .await;
    desk.tap(&format!("Lihat isinya: {COOPERATIVE}, Rizky Pratama"))
        .await;
    desk.sees("Nomor Surat Perintah Tugas (SPT)").await;
    // It is a draft: the admin learns which question it is, and not the answer.
    desk.sees("tidak ditampilkan").await;
    assert!(!desk.shows("SPT-dua").await);

    // The officer takes the server's; what was given up stands in the history.
    two.tap("Semua pakai data server").await;
    two.tap("Simpan pilihan").await;
    two.sees("Tidak ada yang menunggu. Semua sudah terkirim.")
        .await;
    for device in [&two, &one] {
        device
            .goto(&office.url(&format!("/kunjungan/{visit}")))
            .await;
        device.unlock(PIN).await;
        device.tap("Lihat data yang tidak dipakai").await;
        device.sees("SPT-dua").await;
        device.sees("Rizky Pratama, hari ini").await;
        assert!(!device.shows("SPT-satu").await, "that one is in use");
    }
    two.can_be_touched().await;
    desk.tap("Pengaturan").await;
    desk.tap("Buka data yang tertahan").await;
    desk.sees("Data yang tertahan").await;
    for device in [desk, one, two] {
        device.close().await;
    }
}

impl Device {
    /// Answers the first question of a visit.
    pub(crate) async fn answers(&self, spt: &str) {
        self.element("//*[@id='q-no_spt']").await;
        filling::answer(self, "q-no_spt", spt).await;
        filling::saved(self).await;
    }

    /// What can be tapped on this screen is large enough for a thumb, and has a name.
    async fn can_be_touched(&self) {
        let script = "return [...document.querySelectorAll('main button, main a, main summary')]
             .filter(e => e.checkVisibility())
             .filter(e => e.getBoundingClientRect().height < 47.5 || !(e.innerText.trim() || e.ariaLabel))
             .map(e => e.outerHTML);";
        let small = self.script(script, vec![]).await;
        assert_eq!(small, json!([]), "too small, or without a name");
    }
}
