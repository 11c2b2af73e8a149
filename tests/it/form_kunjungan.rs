//! The built-in checklists of a visit.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::collections::BTreeMap;
use std::sync::Arc;

use anjangsana::form::{Answers, Form, Session, Surroundings, builtin, compile};

/// 8 November 2024, 09:00 WIB.
pub const NOW: i64 = 1_731_031_200_000;

pub fn form() -> Arc<Form> {
    let sheets = builtin::kunjungan().unwrap();
    Arc::new(compile(&sheets).unwrap_or_else(|errors| panic!("{errors}")))
}

pub fn surroundings() -> Surroundings {
    let row = [
        ("id", "0190a000-0000-7000-8000-000000000001"),
        ("nama", "Koperasi CONTOH Laut Sejahtera"),
        ("jenis", "produsen"),
        ("kdkmp", "ya"),
        ("usaha_sp", "ya"),
    ];
    let row: BTreeMap<String, String> = row
        .iter()
        .map(|(k, v)| (k.to_string(), v.to_string()))
        .collect();
    Surroundings {
        now: NOW,
        utc_offset_minutes: 420,
        username: "petugas1".into(),
        user_id: "0190a000-0000-7000-8000-0000000000aa".into(),
        device_id: "0190a000-0000-7000-8000-0000000000dd".into(),
        instance_id: "0190a000-0000-7000-8000-0000000000ff".into(),
        tables: BTreeMap::from([("koperasi".into(), vec![row])]),
        random_seed: 1,
    }
}

#[test]
fn the_checklists_compile() {
    let form = form();
    for warning in form.warnings() {
        println!("{warning}");
    }
    for page in form.pages() {
        println!(
            "{} / {}: {}",
            page.section,
            page.name,
            form.page_title(page, "id")
        );
    }
    let session = Session::open(form, Answers::new(), surroundings());
    println!("{:#?}", session.changes_on_open());
    for page in session.pages() {
        println!("{page:?}");
    }
    for problem in session.problems("id") {
        println!("{problem:?}");
    }
}
