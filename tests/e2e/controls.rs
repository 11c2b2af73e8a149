//! Every kind of question on a phone, by what a person sees and touches.

use std::path::Path;

use thirtyfour::prelude::*;

use crate::browser::{Device, Screen};
use crate::filling;
use crate::office::Office;
use crate::senses::camera_photo;

const PIN: &str = "482913";

/// A visit made with a checklist that has every kind of question, on its first page.
async fn at_work(office: &mut Office, profile: &Path) -> Device {
    let sheets = (
        include_str!("../fixtures/forms/semua_jenis/survey.csv"),
        include_str!("../fixtures/forms/semua_jenis/choices.csv"),
        include_str!("../fixtures/forms/semua_jenis/settings.csv"),
    );
    let phone = visit_with(office, profile, sheets).await;
    phone.sees("Angka dan waktu").await;
    phone
}

/// A visit made with a checklist given as survey, choices and settings.
pub(crate) async fn visit_with(
    office: &mut Office,
    profile: &Path,
    (survey, choices, settings): (&str, &str, &str),
) -> Device {
    office.publish(survey, choices, settings);
    let phone = Device::open(profile, Screen::Phone).await;
    phone.goto(&office.url("/")).await;
    phone.log_in("petugas1", PIN).await;
    phone.sees("Semua sudah terkirim").await;
    phone.goto_inside("Koperasi").await;
    phone.types("Cari koperasi", "nelayan sadai").await;
    phone.tap_row("Bahari Sadai").await;
    phone.tap("Mulai kunjungan").await;
    phone.element("//main//*[starts-with(@id, 'q-')]").await;
    phone
}

/// A picture of the whole page for whoever wants to look at it.
async fn picture(device: &Device, name: &str) {
    if let Some(folder) = std::env::var_os("ANJANGSANA_SCREENSHOTS") {
        let file = std::path::PathBuf::from(folder).join(format!("{name}.png"));
        device.web.screenshot(&file).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_question_can_be_answered_on_a_phone() {
    let mut office = Office::open();
    let profiles = tempfile::tempdir().unwrap();
    let phone = at_work(&mut office, &profiles.path().join("phone")).await;
    let photo = camera_photo(&phone, profiles.path()).await;
    phone.remembers_files().await;

    // Numbers and time.
    for _ in 0..3 {
        phone.tap("Tambah: Jumlah orang").await;
    }
    phone.tap("Kurangi: Jumlah orang").await;
    phone.sees("Dua kali lipat: 4").await;
    for _ in 0..4 {
        phone.tap("Tambah: Nilai 0 sampai 10").await;
    }
    phone.says("q-nilai", "3").await;
    // What is no number is on no disk: nothing says that it is, and nobody goes on from it unasked.
    filling::types(&phone, "q-uang", "12.5").await;
    phone.sees("1 isian belum tersimpan").await;
    phone
        .until(
            "the field says so too",
            "return document.querySelector('[data-path=uang] .saving').innerText === 'Belum tersimpan'",
        )
        .await;
    picture(&phone, "bukan-angka").await;
    phone.tap("Berikutnya").await;
    phone
        .until(
            "the field has the focus",
            "return document.activeElement.id === 'q-uang'",
        )
        .await;
    phone.holds("q-uang", "12.5").await;
    filling::answer(&phone, "q-uang", "1500000").await;
    phone.holds("q-uang", "1.500.000").await;
    phone.sees("Tersimpan di HP").await;
    for (id, value) in [
        ("q-tanggal", "2024-11-07"),
        ("q-jam", "08:30"),
        ("q-saat", "2024-11-07T08:30"),
    ] {
        filling::set(&phone, id, value).await;
    }
    phone.sees("7 November 2024, 08.30").await;
    picture(&phone, "angka").await;
    filling::saved(&phone).await;
    filling::next_page(&phone).await;

    // Choices. What is missing holds up going on, and says so where it is.
    phone.tap("Berikutnya").await;
    phone.sees("1 isian di halaman ini perlu dilengkapi").await;
    phone
        .until(
            "the first of them has the focus",
            "return document.activeElement.id === 'q-cepat' && !!document.querySelector('#q-cepat .error')",
        )
        .await;
    picture(&phone, "kurang").await;
    filling::answer(&phone, "q-cepat", "ya").await;
    filling::answer(&phone, "q-puas", "p4").await;
    phone.types("Cari pilihan", "sadai").await;
    phone
        .until(
            "the list is narrowed",
            "return document.querySelectorAll('#q-desa .option').length === 1",
        )
        .await;
    phone.tap_label("Sadai").await;
    filling::answer(&phone, "q-ringkas", "tidak").await;
    filling::answer(&phone, "q-banyak", "ya tidak").await;
    phone.tap("Naikkan Cukup").await;
    phone.sees("Cukup sekarang nomor 2").await;
    filling::answer(&phone, "q-paham", "OK").await;
    filling::answer(&phone, "q-cerita", "pendek").await;
    phone.sees("Minimal 10 huruf.").await;
    filling::answer(&phone, "q-cerita", "cukup panjang sekarang").await;
    filling::answer(&phone, "q-kode", "899123").await;
    assert!(!phone.shows("Minimal 10 huruf.").await);
    filling::saved(&phone).await;
    picture(&phone, "pilihan").await;
    filling::next_page(&phone).await;

    // A photo is turned upright, shrunk, and carries nothing but the picture.
    phone
        .sees("Jangan memotret daftar nama anggota dan saldo.")
        .await;
    phone.gives_file("q-foto-1", &photo).await;
    phone.picture("Foto papan nama").await;
    picture(&phone, "foto").await;
    let size = "const i = document.querySelector('img[alt=\"Foto papan nama\"]'); return `${i.naturalWidth}x${i.naturalHeight}`;";
    assert_eq!(phone.script(size, vec![]).await, "1200x1600");
    let kept = phone.bytes_of_picture("Foto papan nama").await;
    assert!(kept.len() <= 300_000, "{} bytes", kept.len());
    assert_eq!(kept[..2], [0xff, 0xd8], "a JPEG");
    for secret in [&b"Exif"[..], b"RAHASIA"] {
        assert!(!kept.windows(secret.len()).any(|part| part == secret));
    }
    phone.tap("Perbesar: Foto papan nama").await;
    phone.tap("Tutup").await;

    phone.writes_on("q-ttd-pad").await;
    phone.tap("Hapus tanda tangan").await;
    phone.writes_on("q-ttd-pad").await;
    picture(&phone, "tanda-tangan").await;
    phone.tap("Simpan tanda tangan").await;
    phone.picture("Tanda tangan ketua").await;

    // A rough position is shown while a better one is waited for, and can be taken.
    phone.is_at(-3.0123, 106.4567, 250.0).await;
    phone.tap("Ambil titik GPS").await;
    phone.sees("±250 m").await;
    picture(&phone, "gps").await;
    phone.tap("Pakai titik ini (±250 m)").await;
    phone.sees("Titik GPS kurang tepat").await;
    phone.is_at(-3.0123, 106.4567, 8.0).await;
    phone.tap("Ambil ulang titik GPS").await;
    phone.sees("-3,01230, 106,45670 (±8\u{a0}m)").await;
    phone.tap("Tambah titik").await;
    phone
        .until(
            "the way has a point",
            "return document.querySelectorAll('#q-jalur li').length === 1",
        )
        .await;

    let wrong = profiles.path().join("surat.txt");
    std::fs::write(&wrong, "halo").unwrap();
    phone.gives_file("q-berkas-0", &wrong).await;
    phone.sees("Jenis berkas ini tidak bisa disimpan.").await;
    let large = profiles.path().join("besar.pdf");
    std::fs::write(&large, vec![0; 10_500_000]).unwrap();
    phone.gives_file("q-berkas-0", &large).await;
    phone.sees("Berkas ini 11 MB, paling besar 10 MB.").await;
    let letter = profiles.path().join("surat.pdf");
    std::fs::write(&letter, b"%PDF-1.4\n%%EOF").unwrap();
    phone.gives_file("q-berkas-0", &letter).await;
    phone.sees("Buka berkas").await;
    filling::saved(&phone).await;
    filling::next_page(&phone).await;

    // Repeats are cards, named by their first answer when they are shut.
    phone.tap("Tambah: Peserta").await;
    phone.types("Nama peserta", "Siti CONTOH").await;
    phone.tap("Tambah: Peserta").await;
    phone.tap("Peserta 1: Siti CONTOH").await;
    picture(&phone, "peserta").await;
    phone.tap("Hapus Peserta 2").await;
    phone.tap_in("dialog", "Hapus").await;
    filling::saved(&phone).await;
    assert!(!phone.shows("Peserta 2").await);

    phone.tap("Periksa dan kirim").await;
    phone.sees("Isian lengkap").await;
    phone.picture("Tanda tangan ketua").await;
    phone.sees("Peserta 1: Siti CONTOH").await;
    picture(&phone, "ringkasan").await;

    // Nothing is called missing in what was just added, before anybody looked it over.
    phone.goto_page("Peserta").await;
    phone.tap("Tambah: Peserta").await;
    phone.sees("Peserta 2").await;
    let faults = "return document.querySelectorAll('#content .error').length";
    assert_eq!(phone.script(faults, vec![]).await, 0);
    phone.tap("Periksa dan kirim").await;
    phone.goto_page("Peserta").await;
    phone
        .until("it is missing now", &format!("{faults} === 1"))
        .await;
    phone.tap("Hapus Peserta 2").await;
    phone.tap_in("dialog", "Hapus").await;
    phone.tap("Periksa dan kirim").await;

    // A photo taken away is asked about first.
    phone.goto_page("Foto, tempat dan suara").await;
    phone.tap("Hapus Foto papan nama").await;
    phone.tap_in("dialog", "Hapus").await;
    filling::saved(&phone).await;
    phone
        .until(
            "it is gone",
            "return !document.querySelector('#q-foto img')",
        )
        .await;
    phone.close().await;
}

impl Device {
    /// Taps a button within the element with that id.
    async fn tap_in(&self, within: &str, name: &str) {
        self.tap_at(&format!(
            "//*[@id='{within}']//button[normalize-space(.)='{name}']"
        ))
        .await;
    }

    async fn tap_label(&self, words: &str) {
        self.tap_at(&format!("//label[normalize-space(.)='{words}']"))
            .await;
    }

    /// Waits until the output beside a field reads so.
    async fn says(&self, field: &str, words: &str) {
        self.until(
            "the output says it",
            &format!("return document.getElementById('{field}').closest('.question').querySelector('output').innerText === '{words}'"),
        )
        .await;
    }

    async fn holds(&self, field: &str, text: &str) {
        self.until(
            "the field holds it",
            &format!("return document.getElementById('{field}').value === '{text}'"),
        )
        .await;
    }

    /// Jumps to a page by the list of parts.
    async fn goto_page(&self, title: &str) {
        self.tap("Kembali").await;
        self.tap_row(title).await;
        self.element(&format!("//h1[normalize-space(.)='{title}']"))
            .await;
    }
}

const QUICK: &str = "type,name,label,appearance\n\
    begin_group,satu,Satu,\nselect_one ya_tidak,cepat,Setuju?,quick\nend_group,,,\n\
    begin_group,dua,Dua,\nselect_one ya_tidak,juga,Sungguh?,quick\ntext,alasan,Alasan,\nend_group,,,\n\
    begin_group,tiga,Tiga,\ntext,akhir,Akhir,\nend_group,,,\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_tap_on_a_quick_choice_that_stands_alone_goes_on() {
    let mut office = Office::open();
    let profiles = tempfile::tempdir().unwrap();
    let phone = visit_with(
        &mut office,
        &profiles.path().join("phone"),
        (
            QUICK,
            "list_name,name,label\nya_tidak,ya,Ya\nya_tidak,tidak,Tidak\n",
            "form_title,form_id,version\nCepat,kunjungan,9999000003\n",
        ),
    )
    .await;
    // Arrow keys pass by choices on their way to one.
    let first = phone
        .element("//input[@name='q-cepat' and @value='ya']")
        .await;
    first.focus().await.unwrap();
    first.send_keys(" ").await.unwrap();
    first.send_keys(Key::Down).await.unwrap();
    filling::saved(&phone).await;
    phone.sees("Setuju?").await;
    phone
        .until(
            "the second is chosen",
            "return document.querySelector('input[value=tidak]').checked",
        )
        .await;

    filling::answer(&phone, "q-cepat", "ya").await;
    phone.element("//h1[normalize-space(.)='Dua']").await;
    // Here something else is to be answered too.
    filling::answer(&phone, "q-juga", "ya").await;
    filling::saved(&phone).await;
    filling::answer(&phone, "q-alasan", "belum lewat").await;
    filling::saved(&phone).await;
    phone.tap("Sebelumnya").await;
    phone.element("//h1[normalize-space(.)='Satu']").await;
    phone
        .until(
            "the tap was kept",
            "return document.querySelector('input[value=ya]').checked",
        )
        .await;
    phone.close().await;
}
