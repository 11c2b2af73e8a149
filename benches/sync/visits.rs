//! Visits of 60 answers, about 3 kB of JSON each: mostly choices, some numbers, a few short texts, no two the same.

use anjangsana::{
    domain::{AreaCode, Fields, Kind, Millis, Record, RecordId, Stored, UserId},
    server::{
        forms::Sheets,
        repo::{Accounts, DEMO, Records, Tx},
    },
};
use rusqlite::Connection;
use serde_json::json;

pub(crate) const FORM: &str = "enam_puluh";

const PHRASES: [&str; 16] = [
    "Pengurus dan pengawas hadir",
    "Buku daftar anggota ada, belum dimutakhirkan",
    "RAT dilaksanakan di balai desa",
    "Simpanan wajib macet sejak tahun lalu",
    "Kas dicatat harian oleh bendahara",
    "Neraca belum disusun",
    "Perlu pelatihan pembukuan",
    "Lada putih dan terasi",
    "Mitra pembeli tetap di Toboali",
    "Belum punya NIB",
    "Anggota aktif berkurang",
    "Bangunan pinjam pakai dari desa",
    "Sudah pernah dibina tahun lalu",
    "Akan ditindaklanjuti bulan depan",
    "Alat produksi rusak",
    "Tidak ada catatan lain",
];

/// The form: 40 choices, 10 numbers, 10 texts, all of them required.
pub(crate) fn sheets() -> (String, &'static str, &'static str) {
    let mut survey = "type,name,label,required,constraint\n".to_owned();
    for n in 0..60 {
        let name = question(n);
        let row = match n % 6 {
            0 => format!("integer,{name},Berapa?,yes,. >= 0\n"),
            1 => format!("text,{name},Apa?,yes,string-length(.) < 500\n"),
            _ => format!("select_one pilihan,{name},Apakah?,yes,\n"),
        };
        survey.push_str(&row);
    }
    (
        survey,
        "list_name,name,label\npilihan,ya,Ya\npilihan,tidak,Tidak\npilihan,sebagian,Sebagian\npilihan,tidak_tahu,Tidak tahu\n",
        "form_id,form_title,version\nenam_puluh,Enam puluh,1\n",
    )
}

/// The form, as it is published.
pub(crate) fn publish(connection: &Connection) {
    let (_, _, settings) = sheets();
    publish_with(connection, settings);
}

/// The questions under other settings: a form's name, title and version.
pub(crate) fn publish_with(connection: &Connection, settings: &str) {
    let (survey, choices, _) = sheets();
    let sheets = Sheets {
        survey: &survey,
        choices,
        settings,
    };
    anjangsana::server::forms::publish(connection, sheets, Millis(1)).unwrap();
}

fn question(n: usize) -> String {
    format!("organisasi_dan_kelembagaan_{n:02}")
}

/// The answers of the `nth` visit.
pub(crate) fn answers(nth: u64) -> Fields {
    let mut state = (nth + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = |below: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 20) % below
    };
    (0..60)
        .map(|n| {
            let value = match n % 6 {
                0 => next(1_000_000).to_string(),
                1 => PHRASES[next(16) as usize].to_owned(),
                _ => ["ya", "ya", "tidak", "sebagian", "tidak_tahu"][next(5) as usize].to_owned(),
            };
            (format!("a/{}", question(n)), json!(value))
        })
        .collect()
}

/// Everything that a new visit says of itself beside its answers.
pub(crate) fn header(cooperative: RecordId, by: UserId, at: Millis) -> Fields {
    let header = json!({
        "cooperative": cooperative, "form": FORM, "form_version": "1", "created": {"at": at, "by": by},
    });
    serde_json::from_value(header).unwrap()
}

/// Puts so many submitted visits of `petugas1` into a demo office, as if they had come over the years.
pub(crate) fn fill(connection: &Connection, count: u64) {
    let officer = connection.account("petugas1").unwrap().unwrap().user;
    let cooperatives = connection.records_of(Kind::Cooperative).unwrap();
    let base = connection.fact(DEMO).unwrap().unwrap();
    let base: i64 = base.parse().unwrap();
    let first = connection.last_rev().unwrap() + 1;
    for nth in 0..count {
        let cooperative = &cooperatives[nth as usize % cooperatives.len()].record;
        let at = Millis(base - 1_000_000_000 + nth as i64 * 97_003);
        let mut entropy = [0; 10];
        entropy[2..].copy_from_slice(&(nth + 1).wrapping_mul(0x2545_f491_4f6c_dd1d).to_be_bytes());
        let mut fields = header(cooperative.id, officer.id, at);
        fields.extend(answers(nth));
        let mark = json!({"at": at.plus(3_600_000), "by": officer.id});
        fields.insert("submission/1".to_owned(), mark);
        let stored = Stored {
            record: Record {
                kind: Kind::Visit,
                id: RecordId::new(at, &entropy),
                area: AreaCode(cooperative.area.0.clone()),
                rev: first + nth,
                owner: Some(officer.id),
                deleted: false,
                fields,
            },
            audience: None,
            parent: Some(cooperative.id),
            private: false,
            born: first + nth,
            field_revs: Default::default(),
        };
        connection.put(&stored).unwrap();
    }
}
