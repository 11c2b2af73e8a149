//! Filling a visit as an officer does: page by page, only what stands on the screen, numbers typed the Indonesian way.

use std::collections::BTreeMap;
use std::path::Path;

use anjangsana::domain::{AttachmentName, numeral};
use serde_json::{Value, json};
use thirtyfour::prelude::*;

use crate::browser::{Device, quoted};

/// Every answer of a whole visit by path; what the program fills in itself or cannot take yet is left out.
pub(crate) fn answers() -> BTreeMap<String, String> {
    let all: BTreeMap<String, String> =
        serde_json::from_str(include_str!("../fixtures/forms/kunjungan_lengkap.json")).unwrap();
    let mut answers: BTreeMap<String, String> = all
        .into_iter()
        .filter(|(path, _)| {
            !path.contains('/')
                && !matches!(
                    path.as_str(),
                    "koperasi_id"
                        | "tanggal_kunjungan"
                        | "lokasi"
                        | "prd_kdkmp"
                        | "foto_lokasi"
                        | "ttd_petugas"
                )
        })
        .filter(|(_, value)| value.parse::<AttachmentName>().is_err())
        .collect();
    // The screen keeps several choices in the order of the sheet.
    let books = "daftar_anggota daftar_pengurus daftar_pengawas buku_tamu simpanan_anggota notulen_ra notulen_pengurus inventaris";
    answers.insert("org_buku".to_owned(), books.to_owned());
    answers
}

/// The one product of the visit: a repeat of its own.
pub(crate) const PRODUCT: [(&str, &str); 5] = [
    ("prd_nama", "Terasi udang CONTOH"),
    ("prd_satuan", "kg"),
    ("prd_kapasitas_bulan", "400"),
    ("prd_produksi_bulan", "187.5"),
    ("prd_harga", "85000"),
];

/// Answers what stands on this page and is not answered yet, until nothing new appears. Gives what was answered.
pub(crate) async fn fill_page(device: &Device, answers: &BTreeMap<String, String>) -> Vec<String> {
    device.element("//main//*[starts-with(@id, 'q-')]").await;
    fill_rest(device, answers, &[]).await
}

async fn fill_rest(
    device: &Device,
    answers: &BTreeMap<String, String>,
    before: &[String],
) -> Vec<String> {
    let mut done: Vec<String> = Vec::new();
    loop {
        let open: Vec<String> = present(device)
            .await
            .into_iter()
            .filter(|path| !done.contains(path) && !before.contains(path))
            .collect();
        let mut next = answers
            .iter()
            .filter(|(path, _)| open.contains(path))
            .peekable();
        if next.peek().is_none() {
            break;
        }
        for (path, value) in next {
            // An earlier answer may have taken it off the screen.
            if present(device).await.contains(path) {
                answer(device, &format!("q-{path}"), value).await;
            }
            done.push(path.clone());
        }
    }
    saved(device).await;
    done
}

/// Answers what stands on this page, and takes what a phone takes: the place, photos, a signature.
pub(crate) async fn whole_page(
    device: &Device,
    answers: &BTreeMap<String, String>,
    photo: &Path,
) -> Vec<String> {
    let mut done = fill_page(device, answers).await;
    let here = async |id: &str| device.web.find(By::Id(id)).await.is_ok();
    if here("q-lokasi").await {
        device.tap("Ambil titik GPS").await;
        device.sees("(±8\u{a0}m)").await;
    }
    if here("q-foto_lokasi-1").await {
        device.gives_file("q-foto_lokasi-1", photo).await;
        device.picture("Foto papan nama / lokasi koperasi").await;
    }
    if here("q-foto_kegiatan").await {
        device.tap("Tambah: Foto kegiatan pembinaan").await;
        let field = device
            .web
            .query(By::Css("#q-foto_kegiatan input[type=file]"))
            .first()
            .await
            .unwrap();
        field.send_keys(photo.to_str().unwrap()).await.unwrap();
        device.picture("Foto kegiatan").await;
    }
    if here("q-ttd_petugas").await {
        device.writes_on("q-ttd_petugas-pad").await;
        let keep =
            "//fieldset[@id='q-ttd_petugas']//button[normalize-space(.)='Simpan tanda tangan']";
        let keep = device.element(keep).await;
        device.tap_element(&keep).await;
        device.picture("Tanda tangan petugas").await;
    }
    // A photo brings the question after it.
    done.extend(fill_rest(device, answers, &done).await);
    done
}

/// Goes on to the next page.
pub(crate) async fn next_page(device: &Device) {
    let title = device.element("//h1").await.text().await.unwrap();
    device.tap("Berikutnya").await;
    device
        .element(&format!("//h1[normalize-space(.) != {}]", quoted(&title)))
        .await;
}

/// Waits until the screen says that everything is on disk.
pub(crate) async fn saved(device: &Device) {
    device
        .until(
            "everything is saved",
            "return !document.body.innerText.includes('Menyimpan …')",
        )
        .await;
}

/// The questions on the screen that can be answered, by path.
async fn present(device: &Device) -> Vec<String> {
    let found = device
        .script(
            "const names = new Set();
             for (const e of document.querySelectorAll('main input, main textarea, main select')) {
                 const name = ['radio', 'checkbox'].includes(e.type) ? e.name || e.id : e.id;
                 if (name.startsWith('q-') && !name.endsWith('-search') && !e.disabled) names.add(name.slice(2));
             }
             return [...names];",
            vec![],
        )
        .await;
    serde_json::from_value(found).unwrap()
}

/// Answers one question by the id of its control.
pub(crate) async fn answer(device: &Device, id: &str, value: &str) {
    let kind = device
        .script(
            "const e = document.getElementById(arguments[0]);
             if (e && ['INPUT', 'TEXTAREA', 'SELECT'].includes(e.tagName)) return e.className.includes('number') ? 'number' : e.tagName == 'SELECT' ? 'select' : e.type;
             return document.querySelector(`input[name='${arguments[0]}']`)?.type ?? 'nothing';",
            vec![json!(id)],
        )
        .await;
    match kind.as_str().unwrap_or_default() {
        "radio" | "checkbox"
            if device
                .web
                .find(By::Id(id))
                .await
                .is_ok_and(|_| value == "OK") =>
        {
            tap_input(device, &format!("//input[@id='{id}']")).await;
        }
        "radio" | "checkbox" => {
            for name in value.split_whitespace() {
                tap_input(
                    device,
                    &format!("//input[@name='{id}' and @value='{name}']"),
                )
                .await;
            }
        }
        "date" => set(device, id, value).await,
        "select" => set(device, id, value).await,
        "number" => types(device, id, &numeral::show(value)).await,
        "text" | "textarea" => types(device, id, value).await,
        other => panic!("{id} is a {other}: no way to answer it"),
    }
}

async fn tap_input(device: &Device, xpath: &str) {
    let input = device
        .web
        .find(By::XPath(xpath))
        .await
        .unwrap_or_else(|error| panic!("{xpath}: {error}"));
    let label = input
        .find(By::XPath("ancestor-or-self::label | self::input"))
        .await
        .unwrap();
    device.tap_element(&label).await;
}

pub(crate) async fn types(device: &Device, id: &str, text: &str) {
    let field = device.web.find(By::Id(id)).await.unwrap();
    device
        .script(
            "arguments[0].scrollIntoView({block: 'center'})",
            vec![field.to_json().unwrap()],
        )
        .await;
    field.clear().await.unwrap();
    field.send_keys(text).await.unwrap();
    device.script("document.activeElement.blur()", vec![]).await;
}

/// The phone's own pickers give their value in one go.
pub(crate) async fn set(device: &Device, id: &str, value: &str) {
    let done: Value = device
        .script(
            "const e = document.getElementById(arguments[0]);
             e.value = arguments[1];
             e.dispatchEvent(new Event('input', {bubbles: true}));
             e.dispatchEvent(new Event('change', {bubbles: true}));
             return e.value == arguments[1];",
            vec![json!(id), json!(value)],
        )
        .await;
    assert_eq!(done, json!(true), "{id} does not take {value}");
}
