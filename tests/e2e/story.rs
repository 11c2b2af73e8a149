//! The whole story, from the village to the desk and back.

use std::collections::BTreeMap;

use anjangsana::domain::AttachmentName;
use serde_json::Value;

use crate::browser::{Device, Screen};
use crate::filling::{self, PRODUCT};
use crate::office::Office;
use crate::senses::camera_photo;

const COOPERATIVE: &str = "Koperasi Nelayan CONTOH Bahari Sadai";
const PIN: &str = "482913";

#[tokio::test(flavor = "multi_thread")]
async fn a_visit_goes_from_the_village_to_the_desk_and_back() {
    let mut office = Office::open();
    let profiles = tempfile::tempdir().unwrap();
    let before = office.visits();

    // The officer logs in once, with signal.
    let officer = Device::open(&profiles.path().join("officer"), Screen::Phone).await;
    officer.goto(&office.url("/")).await;
    officer.log_in("petugas1", PIN).await;
    officer.has_the_app().await;
    let photo = camera_photo(&officer, profiles.path()).await;

    // Then there is none: the server is stopped, the page is loaded anew.
    office.stop();
    officer.web.refresh().await.unwrap();
    officer.unlock(PIN).await;
    officer.goto_inside("Koperasi").await;
    officer.types("Cari koperasi", "nelayan sadai").await;
    officer.tap_row(COOPERATIVE).await;
    officer.tap("Mulai kunjungan").await;

    // The checklists, page by page; in the middle the browser is closed and opened again.
    let answers = filling::answers();
    officer.is_at(-3.0123, 106.4567, 8.0).await;
    let mut answered = Vec::new();
    for _ in 0..4 {
        answered.extend(filling::whole_page(&officer, &answers, &photo).await);
        filling::next_page(&officer).await;
    }
    answered.extend(filling::whole_page(&officer, &answers, &photo).await);
    let place = officer.path().await;
    let officer = officer.reopen().await;
    officer.goto(&office.url("/")).await;
    officer.unlock(PIN).await;
    officer.tap_row(COOPERATIVE).await;
    officer.element("//*[starts-with(@id, 'q-')]").await;
    assert_eq!(
        officer.path().await,
        place,
        "coming back lands on the same page"
    );

    officer.is_at(-3.0123, 106.4567, 8.0).await;
    loop {
        answered.extend(filling::whole_page(&officer, &answers, &photo).await);
        add_product(&officer).await;
        take_a_suggestion(&officer).await;
        if officer.shows("Periksa dan kirim").await {
            break;
        }
        filling::next_page(&officer).await;
    }
    let missed: Vec<&String> = answers
        .keys()
        .filter(|path| !answered.contains(path))
        .collect();
    assert!(
        missed.is_empty(),
        "these questions never stood on the screen: {missed:?}"
    );

    // A visit that lacks something says what, a tap away.
    officer.tap("Periksa dan kirim").await;
    officer.sees("melaksanakan kunjungan pembinaan").await;
    for picture in [
        "Foto papan nama / lokasi koperasi",
        "Foto kegiatan",
        "Tanda tangan petugas",
    ] {
        officer.picture(picture).await;
    }
    officer.sees("Skor Pembinaan").await;
    officer.sees("Status diusulkan: ").await;
    officer.tap("Kirim").await;
    confirm_if_asked(&officer).await;
    officer.sees("Siap dikirim").await;
    assert_eq!(
        office.visits(),
        before,
        "without signal nothing has left the phone"
    );

    // Signal: it leaves.
    office.start();
    officer.send_everything("Antrean kirim").await;
    let mut all = office.visits();
    all.retain(|id, _| !before.contains_key(id));
    assert_eq!(all.len(), 1, "exactly one visit");
    let (visit, fields) = all.into_iter().next().unwrap();
    assert_answers(&fields, &answers);
    assert_eq!(fields["a/lokasi"], "-3.012300 106.456700 0.0 8.0");
    for path in ["a/foto_lokasi", "a/ttd_petugas"] {
        let name: AttachmentName = fields[path].as_str().unwrap().parse().unwrap();
        // The photos followed by themselves, byte for byte.
        assert!(
            name.names(&office.attachment(&name)),
            "{path} arrived as it was"
        );
    }
    assert_result(&fields);

    // The desk reviews it and sends it back with a note at a question.
    let desk = Device::open(&profiles.path().join("desk"), Screen::Desktop).await;
    desk.goto(&office.url(&format!("/persetujuan/{visit}")))
        .await;
    desk.log_in_here("kabid", "351790").await;
    desk.sees(COOPERATIVE).await;
    desk.sees("187,5").await;
    desk.picture("Foto papan nama / lokasi koperasi").await;
    desk.sees("Skor Pembinaan").await;
    desk.sees("Status diusulkan: ").await;
    desk.note(
        "Kas menurut hitungan (Rp)",
        "Hitung ulang bersama bendahara.",
    )
    .await;
    desk.tap("Kembalikan untuk diperbaiki").await;
    confirm_if_asked(&desk).await;
    desk.send_everything("Antrean kirim").await;

    // It comes back to the officer's phone, with the note at the question, and is corrected without signal.
    officer.send_everything("Antrean kirim").await;
    officer.goto_inside("Beranda").await;
    officer.row_in_state("Dikembalikan").await;
    office.stop();
    officer.tap_row(COOPERATIVE).await;
    officer.sees("Hitung ulang bersama bendahara.").await;
    officer.tap_row("Kas menurut hitungan (Rp)").await;
    filling::answer(&officer, "q-keu_kas_fisik", "4290000").await;
    filling::saved(&officer).await;
    officer
        .goto(&office.url(&format!("/kunjungan/{visit}/kirim")))
        .await;
    officer.unlock(PIN).await;
    officer.tap("Kirim").await;
    confirm_if_asked(&officer).await;
    officer.sees("Siap dikirim").await;
    office.start();
    officer.send_everything("Antrean kirim").await;

    // The desk sees what was changed, and approves.
    desk.send_everything("Antrean kirim").await;
    desk.goto_inside("Persetujuan").await;
    desk.row_in_state("Menunggu persetujuan").await;
    desk.tap_row(COOPERATIVE).await;
    desk.sees("4.275.000").await;
    desk.sees("4.290.000").await;
    desk.tap("Setujui").await;
    desk.tap("Ya, setujui").await;
    desk.send_everything("Antrean kirim").await;
    officer.send_everything("Antrean kirim").await;
    officer.goto_inside("Beranda").await;
    officer.row_in_state("Disetujui").await;

    // The server has that one visit, with those answers, and every step with person and time.
    let fields = office.visits().remove(&visit).unwrap();
    let corrected: BTreeMap<String, String> = answers
        .into_iter()
        .map(|(path, value)| {
            if path == "keu_kas_fisik" {
                (path, "4290000".to_owned())
            } else {
                (path, value)
            }
        })
        .collect();
    assert_answers(&fields, &corrected);
    assert!(fields["submission/1"]["by"].is_string() && fields["submission/2"]["at"].is_number());
    assert_eq!(decisions(&office, &visit), ["return", "approve"]);
    officer.close().await;
    desk.close().await;
}

impl Device {
    /// Waits until the visit stands in a list in that state.
    async fn row_in_state(&self, state: &str) {
        let row = format!("//main//a[contains(., '{COOPERATIVE}')][contains(., '{state}')]");
        self.element(&row).await;
    }

    async fn note(&self, question: &str, text: &str) {
        self.tap(&format!("Catatan untuk: {question}")).await;
        self.types(&format!("Catatan untuk: {question}"), text)
            .await;
        self.script("document.activeElement.blur()", vec![]).await;
    }
}

async fn confirm_if_asked(device: &Device) {
    let asked = device
        .script("return [...document.querySelectorAll('[role=dialog] button, dialog[open] button')].map(b => b.innerText.trim())", vec![])
        .await;
    if let Some(yes) = asked.as_array().and_then(|buttons| {
        buttons
            .iter()
            .find_map(|name| name.as_str().filter(|name| name.starts_with("Ya")))
    }) {
        device.tap(yes).await;
    }
}

async fn add_product(officer: &Device) {
    let here = "return !!document.getElementById('q-prd_list')";
    if officer.script(here, vec![]).await != Value::Bool(true) {
        return;
    }
    let add = officer
        .element("//section[@id='q-prd_list']//button[contains(@class, 'dashed')]")
        .await;
    officer.tap_element(&add).await;
    for (name, value) in PRODUCT {
        let field = officer
            .element(&format!(
                "//section[@id='q-prd_list']//input[contains(@id, '-{name}')]"
            ))
            .await;
        let id = field.id().await.unwrap().unwrap();
        filling::answer(officer, &id, value).await;
    }
    filling::saved(officer).await;
}

/// Takes the follow-up that the old cash book calls for, on the page where it is offered.
async fn take_a_suggestion(officer: &Device) {
    let here = "return !!document.querySelector('.suggestions')";
    if officer.script(here, vec![]).await != Value::Bool(true) {
        return;
    }
    let take = officer
        .element(
            "//button[@aria-label='Tambah tindak lanjut: Memutakhirkan buku kas sampai hari ini']",
        )
        .await;
    officer.tap_element(&take).await;
    officer
        .element("//section[@id='q-tl']//*[contains(@id, '-tl_aksi')]")
        .await;
    filling::saved(officer).await;
}

/// The scores, the proposed status and the follow-up that was taken have arrived.
fn assert_result(fields: &Value) {
    assert_eq!(fields["score"]["aspects"].as_array().unwrap().len(), 3);
    assert!(fields["score"]["total"].is_number());
    assert!(fields["proposal"]["status"].is_string());
    let taken = fields
        .as_object()
        .unwrap()
        .iter()
        .any(|(name, value)| name.ends_with("/tl_saran") && value == "kas");
    assert!(taken, "the follow-up is among the answers");
}

fn assert_answers(fields: &Value, wanted: &BTreeMap<String, String>) {
    for (path, value) in wanted {
        assert_eq!(
            fields[format!("a/{path}")],
            Value::String(value.clone()),
            "{path}"
        );
    }
    let found = fields.as_object().unwrap();
    let product = |name: &str| {
        let mut values = found.iter().filter(|(key, _)| {
            key.starts_with("a/prd_list/") && key.ends_with(&format!("/{name}"))
        });
        let value = values
            .next()
            .unwrap_or_else(|| panic!("no {name}"))
            .1
            .clone();
        assert!(values.next().is_none(), "one product only");
        value
    };
    for (name, value) in PRODUCT {
        assert_eq!(product(name), Value::String(value.to_owned()));
    }
}

fn decisions(office: &Office, visit: &str) -> Vec<String> {
    let database = office.database();
    let mut statement = database
        .prepare(
            "select json_extract(fields, '$.decision') from record
             where kind = 'review' and json_extract(fields, '$.visit') = ? order by rev",
        )
        .unwrap();
    statement
        .query_map([visit], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect()
}
