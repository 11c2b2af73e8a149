//! A cooperative of the register. Fields carry the names of the ministry's public register (ODS);
//! its status is a dated, sourced history under `status/<ISO date>/<source>`, never a bare flag.

use serde::{Deserialize, Serialize};

use crate::domain::{
    AreaCode, Kind, RecordId, json,
    record::{BadRecord, Record},
};

use super::{KindSpec, Origin, ask, never, no_visit};

/// What sets cooperatives apart.
pub const SPEC: KindSpec = KindSpec {
    kind: Kind::Cooperative,
    parent: None,
    origin: Origin::Register,
    is_append_only: false,
    is_private: never,
    merge: ask,
    is_resent: None,
    visit: no_visit,
    names_attachments: false,
    read: |record| Cooperative::from_record(record).map(drop),
    words: "kind-cooperative",
};

/// How alive a cooperative is, as the office reads it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Holds its meetings and does business.
    Aktif,
    /// Something of that is missing.
    KurangAktif,
    /// Neither meetings nor business.
    TidakAktif,
}

impl Status {
    /// Every status.
    pub const ALL: [Status; 3] = [Status::Aktif, Status::KurangAktif, Status::TidakAktif];

    /// The name on the wire and in tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Status::Aktif => "aktif",
            Status::KurangAktif => "kurang_aktif",
            Status::TidakAktif => "tidak_aktif",
        }
    }

    /// The status of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }
}

/// One entry of the status history.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct StatusEntry {
    /// The status.
    pub status: Status,
    /// ISO date from which it holds ("per tanggal").
    pub date: String,
    /// Where it comes from: `register`, `import`, or a decision.
    pub source: String,
    /// Why, in words; empty when nobody said.
    #[serde(default)]
    pub reason: String,
}

/// Prefix of the fields that hold the status history.
pub const STATUS: &str = "status/";

/// The register's text fields, in the ministry's order and with its names, for import, export and display.
pub const ODS_FIELDS: [&str; 30] = [
    "Koperasi",
    "NIK",
    "Status_NIK",
    "Tanggal_Berlaku_Sertipikat",
    "Status_Grade",
    "Nomor_Badan_Hukum_Pendirian",
    "Tanggal_Badan_Hukum_Pendirian",
    "Nomor_Perubahan_Anggaran_Dasar",
    "Tanggal_Perubahan_Anggaran_Dasar",
    "Tanggal_RAT_Terakhir",
    "Alamat",
    "Desa",
    "Kecamatan",
    "Kabupaten",
    "Provinsi",
    "Bentuk_Koperasi",
    "Jenis_Koperasi",
    "Kelompok_Koperasi",
    "Sektor_Usaha",
    "Nama_Ketua",
    "Nama_Sekretaris",
    "Nama_Bendahara",
    "Nama_Pengawas",
    "Nama_Manager",
    "Jumlah_Anggota_Pria",
    "Jumlah_Anggota_Wanita",
    "Total_Anggota",
    "Total_Manajer",
    "Total_Karyawan",
    "KDKMP",
];

/// A cooperative, read from its record.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Cooperative {
    /// Which.
    pub id: RecordId,
    /// Its kecamatan.
    pub area: AreaCode,
    /// Name.
    pub name: String,
    /// Desa or kelurahan, by name.
    pub desa: String,
    /// NIK Koperasi (never the citizen number); empty when it has none.
    pub nik: String,
    /// Type: `produsen`, `konsumen`, `jasa`, `simpan_pinjam`, `pemasaran`.
    pub jenis: String,
    /// True for a Koperasi Desa/Kelurahan Merah Putih.
    pub merah_putih: bool,
    /// The status history, oldest first.
    pub history: Vec<StatusEntry>,
    /// Every register field that is filled, in the ministry's order.
    pub register: Vec<(String, String)>,
}

impl Cooperative {
    /// Reads a cooperative record.
    ///
    /// # Errors
    /// [`BadRecord`] when it has no name. A malformed entry of the status history is passed over: one bad entry must not
    /// hide the cooperative, nor keep its visits from being sent.
    pub fn from_record(record: &Record) -> Result<Self, BadRecord> {
        let name: String = record.need("Koperasi")?;
        let mut history = record
            .under(STATUS)
            .filter_map(|(_, value)| json::of::<StatusEntry>(value).ok())
            .collect::<Vec<_>>();
        history.sort_by(|a, b| a.date.cmp(&b.date));
        Ok(Self {
            id: record.id,
            area: record.area.clone(),
            name,
            desa: record.text("Desa"),
            nik: record.text("NIK"),
            jenis: record.text("Jenis_Koperasi"),
            merah_putih: record.text("KDKMP") == "ya",
            history,
            register: ODS_FIELDS
                .iter()
                .map(|field| ((*field).to_owned(), record.text(field)))
                .filter(|(_, value)| !value.is_empty())
                .collect(),
        })
    }

    /// The newest entry of the status history.
    #[must_use]
    pub fn status(&self) -> Option<&StatusEntry> {
        self.history.last()
    }
}

impl Cooperative {
    /// This cooperative as the row of the external table `koperasi` that forms look things up in (`pulldata`).
    #[must_use]
    pub fn table_row(&self) -> std::collections::BTreeMap<String, String> {
        let mut row: std::collections::BTreeMap<String, String> =
            self.register.iter().cloned().collect();
        let yes_no = |yes: bool| if yes { "ya" } else { "tidak" }.to_owned();
        row.insert("id".to_owned(), self.id.to_string());
        row.insert("name".to_owned(), self.id.to_string());
        row.insert("label".to_owned(), self.name.clone());
        row.insert("nama".to_owned(), self.name.clone());
        let founded = row.get("Tanggal_Badan_Hukum_Pendirian").cloned();
        row.insert("tanggal_bh".to_owned(), founded.unwrap_or_default());
        row.insert("jenis".to_owned(), self.jenis.clone());
        row.insert("kdkmp".to_owned(), yes_no(self.merah_putih));
        row.insert("usaha_sp".to_owned(), yes_no(self.jenis == "simpan_pinjam"));
        row.insert("desa".to_owned(), self.desa.clone());
        row.insert("kecamatan".to_owned(), self.area.name());
        row
    }
}
