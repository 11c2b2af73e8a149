//! 102 invented cooperatives, spread over the kecamatan as the real ones were in 2019, every third less active.

use serde_json::{Value, json};

use crate::{
    domain::{
        AreaCode, Fields, Kind, Millis, RecordId, Status,
        area::{self, Desa},
    },
    server::{
        office::{self, OfficeChange},
        repo::{Error, Tx},
    },
};

use super::pick;

/// By kecamatan: how many there are, how many of them are less active, and what people there live from.
const SPLIT: [(&str, usize, usize, Place); 8] = [
    ("19.03.01", 46, 15, Place::Town),
    ("19.03.03", 16, 5, Place::Inland),
    ("19.03.04", 9, 3, Place::Coast),
    ("19.03.05", 9, 3, Place::Inland),
    ("19.03.07", 9, 3, Place::Inland),
    ("19.03.06", 6, 2, Place::Coast),
    ("19.03.08", 4, 2, Place::Coast),
    ("19.03.02", 3, 1, Place::Coast),
];

#[derive(Clone, Copy)]
enum Place {
    Town,
    Inland,
    Coast,
}

/// Name, type, sector and group of a line of business.
#[derive(Clone, Copy)]
struct Trade(&'static str, &'static str, &'static str, &'static str);

const FISHERS: Trade = Trade("Koperasi Nelayan", "produsen", "Perikanan", "Nelayan");
const SHRIMP_PASTE: Trade = Trade(
    "Koperasi Terasi",
    "produsen",
    "Industri pengolahan",
    "Perajin",
);
const FARMERS: Trade = Trade("Koperasi Tani", "produsen", "Pertanian", "Petani");
const PEPPER: Trade = Trade("Koperasi Lada Putih", "pemasaran", "Perkebunan", "Petani");
const PALM: Trade = Trade("Koperasi Sawit", "produsen", "Perkebunan", "Pekebun");
const RUBBER: Trade = Trade("Koperasi Karet", "produsen", "Perkebunan", "Pekebun");
const SAVINGS: Trade = Trade("KSP", "simpan_pinjam", "Jasa keuangan", "Masyarakat umum");
const SHOP: Trade = Trade(
    "Koperasi Konsumen",
    "konsumen",
    "Perdagangan",
    "Masyarakat umum",
);
const STAFF: Trade = Trade("Koperasi Pegawai", "konsumen", "Perdagangan", "Pegawai");
const WOMEN: Trade = Trade("Koperasi Wanita", "konsumen", "Perdagangan", "Wanita");
const BAKERS: Trade = Trade(
    "Koperasi Penjual Kue",
    "pemasaran",
    "Industri pengolahan",
    "Pedagang",
);
const TRANSPORT: Trade = Trade("Koperasi Angkutan", "jasa", "Transportasi", "Pengemudi");
const SEA_TRANSPORT: Trade = Trade("Koperasi Angkutan Laut", "jasa", "Transportasi", "Nelayan");
const RED_WHITE: Trade = Trade(
    "Koperasi Merah Putih",
    "konsumen",
    "Perdagangan",
    "Masyarakat umum",
);

impl Place {
    fn trades(self) -> &'static [Trade] {
        match self {
            Place::Town => &[
                SHOP,
                SAVINGS,
                FISHERS,
                SHRIMP_PASTE,
                STAFF,
                FARMERS,
                BAKERS,
                TRANSPORT,
                WOMEN,
            ],
            Place::Inland => &[FARMERS, PEPPER, PALM, SAVINGS, RUBBER, SHOP, WOMEN],
            Place::Coast => &[FISHERS, SHRIMP_PASTE, SHOP, SEA_TRANSPORT, SAVINGS],
        }
    }
}

const WORDS: [&str; 11] = [
    "Sejahtera",
    "Maju Bersama",
    "Bahari",
    "Sepakat",
    "Harapan",
    "Tunas Karya",
    "Mandiri",
    "Lestari",
    "Berkah",
    "Cahaya",
    "Serumpun",
];

const GIVEN: [&str; 13] = [
    "Hasan", "Marlina", "Suryadi", "Rohana", "Jumadi", "Yanti", "Zulkifli", "Fatimah", "Edi",
    "Sumiati", "Rusli", "Nuraini", "Taufik",
];
const FAMILY: [&str; 7] = [
    "Saputra",
    "Lestari",
    "Wijaya",
    "Handayani",
    "Kurniawan",
    "Permata",
    "Setiawan",
];

/// The invented cooperatives of a kecamatan, in the order they were made: for the visits.
pub(super) fn of_area(code: &str) -> impl Iterator<Item = RecordId> {
    let count = SPLIT
        .iter()
        .find(|(area, ..)| *area == code)
        .map_or(0, |(_, count, ..)| *count);
    let code = code.to_owned();
    (0..count).map(move |number| id(&code, number))
}

fn id(area: &str, number: usize) -> RecordId {
    RecordId::of_text(&format!("demo cooperative {area} {number}"))
}

pub(super) fn make(tx: &dyn Tx, base: Millis) -> Result<(), Error> {
    let mut overall = 0;
    for (code, count, less_active, place) in SPLIT {
        let area = AreaCode(code.to_owned());
        let villages: Vec<&Desa> = area::desa()
            .iter()
            .filter(|desa| desa.kecamatan == area)
            .collect();
        for number in 0..count {
            let Some(village) = pick(&villages, number) else {
                continue;
            };
            let young = number % 5 == 2 && number < villages.len();
            let trade = match pick(place.trades(), number) {
                Some(trade) if !young => trade,
                _ => RED_WHITE,
            };
            // Spread evenly: the n-th is one when the share crosses a whole number there.
            let is_less_active = number * less_active / count != (number + 1) * less_active / count;
            overall += 1;
            let one = Invented {
                overall,
                round: number / villages.len().max(1),
                village,
                trade,
                young,
                is_less_active,
            };
            let change = OfficeChange::new(
                Kind::Cooperative,
                id(code, number),
                area.clone(),
                one.fields(),
                base,
            );
            office::apply(tx, change)?;
        }
    }
    Ok(())
}

struct Invented<'a> {
    /// Counted over the district, from 1.
    overall: usize,
    /// Which of its village's it is.
    round: usize,
    village: &'a Desa,
    trade: Trade,
    /// Founded in 2025 as a Merah Putih.
    young: bool,
    is_less_active: bool,
}

impl Invented<'_> {
    fn fields(&self) -> Fields {
        let Trade(_, kind, sector, group) = self.trade;
        let n = self.overall;
        let year = if self.young { 2025 } else { 1998 + n * 7 % 22 };
        let founded = if self.young {
            "2025-06-12".to_owned()
        } else {
            format!("{year}-{:02}-{:02}", n % 12 + 1, n * 3 % 28 + 1)
        };
        let (men, women) = (9 + n * 5 % 41, 6 + n * 11 % 37);
        let has_number = self.young || !n.is_multiple_of(6);
        let text = |text: &str| Value::String(text.to_owned());
        let mut fields = Fields::new();
        let mut put = |name: &str, value: String| {
            if !value.is_empty() {
                fields.insert(name.to_owned(), Value::String(value));
            }
        };
        put("Koperasi", self.name());
        if has_number {
            // Thirteen digits like a real one, and none of a real one: no regency has the code 9999.
            put("NIK", format!("9999{n:09}"));
            let (state, until) = if self.is_less_active {
                ("Kedaluwarsa", "2023-06-30")
            } else {
                ("Berlaku", "2027-06-30")
            };
            put("Status_NIK", state.to_owned());
            put("Tanggal_Berlaku_Sertipikat", until.to_owned());
        }
        let grade = if self.is_less_active { "C2" } else { "B" };
        put("Status_Grade", grade.to_owned());
        put(
            "Nomor_Badan_Hukum_Pendirian",
            format!("CONTOH/{n:03}/BH/XXVII.5/{year}"),
        );
        put("Tanggal_Badan_Hukum_Pendirian", founded);
        put("Tanggal_RAT_Terakhir", self.last_meeting());
        put(
            "Alamat",
            format!("Jalan CONTOH Nomor {n}, {}", self.village.name),
        );
        put("Desa", self.village.name.clone());
        put("Kecamatan", self.village.kecamatan.name());
        put("Kabupaten", "Bangka Selatan".to_owned());
        put("Provinsi", "Kepulauan Bangka Belitung".to_owned());
        put("Bentuk_Koperasi", "Primer".to_owned());
        put("Jenis_Koperasi", kind.to_owned());
        put("Kelompok_Koperasi", group.to_owned());
        put("Sektor_Usaha", sector.to_owned());
        put("Nama_Ketua", person(n));
        put("Nama_Sekretaris", person(n * 2 + 5));
        put("Nama_Bendahara", person(n * 3 + 1));
        if !self.is_less_active {
            put("Nama_Pengawas", person(n * 5 + 2));
        }
        put("Jumlah_Anggota_Pria", men.to_string());
        put("Jumlah_Anggota_Wanita", women.to_string());
        put("Total_Anggota", (men + women).to_string());
        put(
            "Total_Manajer",
            usize::from(n.is_multiple_of(4)).to_string(),
        );
        put("Total_Karyawan", (n % 4).to_string());
        put("KDKMP", if self.young { "ya" } else { "tidak" }.to_owned());
        for (date, status, reason) in self.history() {
            fields.insert(
                format!("status/{date}/register"),
                json!({
                    "status": status.name(), "date": date, "source": "register", "reason": text(reason),
                }),
            );
        }
        fields
    }

    fn name(&self) -> String {
        let Trade(what, ..) = self.trade;
        let place = &self.village.name;
        if self.young {
            let kind = if self.village.kelurahan {
                "Kelurahan"
            } else {
                "Desa"
            };
            return format!("Koperasi {kind} Merah Putih CONTOH {place}");
        }
        let word = pick(&WORDS, self.overall + self.round).unwrap_or_default();
        format!("{what} CONTOH {word} {place}")
    }

    fn last_meeting(&self) -> String {
        let n = self.overall;
        match (self.young, self.is_less_active) {
            // A Merah Putih owes none yet.
            (true, _) => String::new(),
            (false, true) => format!("{}-03-{:02}", 2018 + n % 4, n % 28 + 1),
            (false, false) => format!("{}-03-{:02}", 2023 + n % 2, n % 28 + 1),
        }
    }

    fn history(&self) -> Vec<(&'static str, Status, &'static str)> {
        use Status::{Aktif, KurangAktif};
        let n = self.overall;
        match (self.young, self.is_less_active) {
            (true, false) => vec![
                ("2025-06-12", Aktif, "Baru berbadan hukum"),
                ("2025-12-31", Aktif, "Pendataan akhir tahun"),
            ],
            (true, true) => vec![
                ("2025-06-12", Aktif, "Baru berbadan hukum"),
                ("2025-12-31", KurangAktif, "Belum menjalankan usaha"),
            ],
            (false, true) => vec![
                ("2019-11-30", Aktif, "Pendataan 2019"),
                ("2022-12-12", Aktif, "Pendataan 2022"),
                (
                    "2024-11-07",
                    KurangAktif,
                    "Tidak mengadakan RAT dan usaha jarang berjalan",
                ),
            ],
            (false, false) if n.is_multiple_of(5) => vec![
                ("2019-11-30", Aktif, "Pendataan 2019"),
                ("2022-12-12", KurangAktif, "RAT tertunggak"),
                ("2024-11-07", Aktif, "RAT sudah dilaksanakan"),
            ],
            (false, false) => vec![
                ("2022-12-12", Aktif, "Pendataan 2022"),
                ("2024-11-07", Aktif, "RAT dan usaha berjalan"),
            ],
        }
    }
}

fn person(number: usize) -> String {
    let given = pick(&GIVEN, number).unwrap_or_default();
    let family = pick(&FAMILY, number / 2).unwrap_or_default();
    format!("{given} {family} (CONTOH)")
}
