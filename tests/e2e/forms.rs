//! The administrator changes the checklist in Excel: a broken workbook shows its cell, a good one is published, and the
//! next visit uses it.

use std::path::{Path, PathBuf};

use anjangsana::form::{Sheets, builtin};
use anjangsana::server::workbook;
use thirtyfour::prelude::*;

use crate::browser::{Device, Screen};
use crate::office::Office;

const PIN: &str = "482913";
const COOPERATIVE: &str = "Koperasi Nelayan CONTOH Bahari Sadai";
const QUESTION: &str = "Apakah papan nama terbaca?";

#[tokio::test(flavor = "multi_thread")]
async fn the_administrator_publishes_a_checklist_and_the_next_visit_uses_it() {
    let mut office = Office::open();
    let profiles = tempfile::tempdir().unwrap();
    let (broken, good) = (
        changed(profiles.path(), "broken", "${kop_jnis} != ''"),
        changed(profiles.path(), "good", ""),
    );

    let admin = Device::open(&profiles.path().join("admin"), Screen::Desktop).await;
    admin.goto(&office.url("/")).await;
    admin.log_in("admin", PIN).await;
    admin.goto_inside("Pengaturan").await;
    admin.tap("Buka formulir").await;
    admin.sees("Kunjungan pembinaan koperasi").await;

    choose(&admin, &broken).await;
    admin.sees("1 kesalahan.").await;
    admin.sees("`${kop_jnis}` bukan pertanyaan").await;
    admin.sees("mungkin maksudnya `${kop_jenis}`?").await;
    let row = admin
        .element("//table//tr[th[contains(., 'survey!')]]")
        .await;
    assert!(row.text().await.unwrap().contains("${kop_jnis} != ''"));
    assert!(
        !admin.shows("Terbitkan versi 9").await,
        "what is broken cannot be published"
    );

    choose(&admin, &good).await;
    admin.sees("Baru: papan_terbaca").await;
    admin.tap("Terbitkan").await;
    admin.sees("Terbitkan versi 9999010101?").await;
    let confirm = admin
        .element("//*[@role='dialog']//button[normalize-space(.)='Terbitkan']")
        .await;
    admin.tap_element(&confirm).await;
    admin.sees("Versi 9999010101 sudah terbit.").await;

    let officer = Device::open(&profiles.path().join("officer"), Screen::Phone).await;
    officer.goto(&office.url("/")).await;
    officer.log_in("petugas1", PIN).await;
    officer.has_the_app().await;
    officer.send_everything("Antrean").await;
    officer.goto_inside("Koperasi").await;
    officer.types("Cari koperasi", "nelayan sadai").await;
    officer.tap_row(COOPERATIVE).await;
    officer.tap("Mulai kunjungan").await;
    officer.sees(QUESTION).await;

    // Without a signal the screen says that it needs one.
    office.stop();
    admin
        .until(
            "there is no network",
            "window.dispatchEvent(new Event('offline')); return true",
        )
        .await;
    admin.sees("Layar ini perlu sinyal").await;
}

/// The built-in checklist with one more question on its first page, as a workbook.
fn changed(folder: &Path, name: &str, relevant: &str) -> PathBuf {
    let mut sheets: Sheets = builtin::kunjungan().unwrap();
    let column = |sheet: &anjangsana::form::Sheet, name: &str| {
        sheet
            .header
            .iter()
            .position(|header| header == name)
            .unwrap()
    };
    let survey = &mut sheets.survey;
    let at = survey
        .rows
        .iter()
        .position(|row| row.cells.iter().any(|cell| cell == "tanggal_kunjungan"))
        .unwrap();
    let mut row = survey.rows[at].clone();
    row.cells = vec![String::new(); survey.header.len()];
    for (header, text) in [
        ("type", "text"),
        ("name", "papan_terbaca"),
        ("label::Bahasa Indonesia (id)", QUESTION),
        ("label::English (en)", "Can the signboard be read?"),
        ("relevant", relevant),
    ] {
        let column = column(survey, header);
        row.cells[column] = text.to_owned();
    }
    survey.rows.insert(at, row);
    for (number, row) in (2..).zip(&mut survey.rows) {
        row.number = number;
    }
    let version = column(&sheets.settings, "version");
    sheets.settings.rows[0].cells[version] = "9999010101".to_owned();
    let file = folder.join(format!("{name}.xlsx"));
    std::fs::write(&file, workbook::write(&sheets).unwrap()).unwrap();
    file
}

async fn choose(device: &Device, file: &Path) {
    let field = device.web.find(By::Id("workbook")).await.unwrap();
    field.send_keys(file.display().to_string()).await.unwrap();
}
