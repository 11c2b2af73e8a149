//! Answers as an officer would give them, by the question names of the built-in checklist.

use std::collections::BTreeMap;

use jiff::ToSpan;

use crate::domain::{AttachmentName, Millis, RecordId};

/// Answers by path, in XForms lexical form.
pub(super) type Answers = BTreeMap<String, String>;

/// What was found when looking for the cooperative.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// Open: all three checklists are filled.
    Open,
    /// Nobody there: only the header and a witness.
    Nowhere,
}

/// The answers of a visit: `number` makes each one a little different.
pub(super) fn of_visit(cooperative: RecordId, at: Millis, number: usize, found: Found) -> Answers {
    let mut answers = Answers::new();
    header(&mut answers, cooperative, at, number, found);
    if found == Found::Open {
        organisation(&mut answers, at, number);
        finance(&mut answers, at, number);
        product(&mut answers, at, number);
        if number % 3 == 1 {
            decline(&mut answers, at);
        }
    }
    follow_ups(&mut answers, at, found);
    pictures(&mut answers, found);
    answers
}

/// The one picture of the demo office: it stands for every photo and every signature.
pub(super) const PICTURE: &[u8] = include_bytes!("../../../assets/public/icons/icon-192.png");

fn pictures(answers: &mut Answers, found: Found) {
    let name = AttachmentName::of(PICTURE, "image/png")
        .map(|name| name.to_string())
        .unwrap_or_default();
    put_all(answers, &[("foto_lokasi", &name), ("ttd_petugas", &name)]);
    if found == Found::Open {
        put_all(
            answers,
            &[
                ("foto_kegiatan/01", "1"),
                ("foto_kegiatan/01/foto_kegiatan_berkas", &name),
                ("izin_foto", "ya"),
            ],
        );
    }
}

fn put_all(answers: &mut Answers, pairs: &[(&str, &str)]) {
    for (name, value) in pairs {
        answers.insert((*name).to_owned(), (*value).to_owned());
    }
}

/// An ISO date some days before or after an instant.
fn date(at: Millis, days: i64) -> String {
    let date = at.date();
    date.checked_add(days.days()).unwrap_or(date).to_string()
}

/// What an answer says of the picture.
fn picture() -> String {
    AttachmentName::of(PICTURE, "image/png")
        .map_or_else(String::new, |name| name.as_str().to_owned())
}

fn header(answers: &mut Answers, cooperative: RecordId, at: Millis, number: usize, found: Found) {
    put_all(
        answers,
        &[
            ("tanggal_kunjungan", &date(at, 0)),
            (
                "no_spt",
                &format!("CONTOH/{:03}/SPT/DKUKMINDAG", number + 100),
            ),
            ("koperasi_id", &cooperative.to_string()),
            ("kop_usaha_sp", "tidak"),
            ("kabid_hadir", "tidak"),
            ("jenis_layanan", "pendampingan monitoring"),
            (
                "lokasi_alasan",
                "Sinyal satelit tidak didapat di dalam ruangan",
            ),
            ("foto_lokasi", &picture()),
            ("ttd_petugas", &picture()),
        ],
    );
    if found == Found::Nowhere {
        put_all(
            answers,
            &[
                ("keberadaan", "tidak_ditemukan"),
                ("saksi_nama", "Pak RT Jumadi (CONTOH)"),
                (
                    "catatan_petugas",
                    "Alamat kosong, menurut warga pengurus sudah pindah ke luar daerah sejak tahun lalu.",
                ),
            ],
        );
        return;
    }
    put_all(
        answers,
        &[
            ("keberadaan", "ditemukan_buka"),
            ("narasumber_nama", "Hasan Wijaya (CONTOH)"),
            ("narasumber_jabatan", "ketua"),
            ("hadir_l", &(3 + number % 5).to_string()),
            ("hadir_p", &(2 + number % 4).to_string()),
            ("aspek_diisi", "organisasi keuangan produk"),
            ("pemberitahuan_pdp", "OK"),
            ("foto_kegiatan/01", "1"),
            ("foto_kegiatan/01/foto_kegiatan_berkas", &picture()),
            ("izin_foto", "ya"),
            ("alasan_tanpa_ttd", "tanda_tangan_di_kertas"),
            (
                "catatan_petugas",
                "Pengurus terbuka dan usaha berjalan, pembukuan perlu dirapikan sebelum RAT tahun depan.",
            ),
        ],
    );
}

fn organisation(answers: &mut Answers, at: Millis, number: usize) {
    let (men, women) = (20 + number * 3, 15 + number * 2);
    let year = i32::from(at.date().year());
    put_all(
        answers,
        &[
            ("org_bh_dok", "ada_dilihat"),
            ("org_bh_no", &format!("CONTOH/{number:03}/BH/XXVII.5/2010")),
            ("org_bh_tgl", "2010-05-20"),
            ("org_nik_status", "berlaku"),
            ("org_nik_no", &format!("9999{number:09}")),
            ("org_nik_berlaku", &date(at, 400)),
            ("org_nib", "ada_tidak_dilihat"),
            ("org_ad_art", "ada_belum_disesuaikan"),
            ("org_rat_pernah", "ya"),
            ("org_rat_tahun_buku", &(year - 1).to_string()),
            ("org_rat_tgl", &format!("{year}-03-15")),
            ("org_rat_undang", &(men + women).to_string()),
            ("org_rat_hadir", &(men + women - 9).to_string()),
            ("org_rat_ba", "ada_dilihat"),
            ("org_pengurus", "ketua sekretaris bendahara"),
            ("org_pengurus_akhir", &date(at, 500)),
            ("org_pengawas", "aktif"),
            ("org_rapat_12", &(4 + number % 8).to_string()),
            ("org_anggota_l", &men.to_string()),
            ("org_anggota_p", &women.to_string()),
            ("org_anggota_aktif", &(men + women - 12).to_string()),
            ("org_masuk", "4"),
            ("org_keluar", "1"),
            (
                "org_buku",
                "daftar_anggota daftar_pengurus buku_tamu simpanan_anggota notulen_ra",
            ),
            ("org_kantor", "pinjam"),
            ("org_papan", "ya"),
            ("org_rk", "ada_tidak_dilihat"),
            ("org_didik", "1"),
            ("org_ods", "tidak"),
        ],
    );
}

fn finance(answers: &mut Answers, at: Millis, number: usize) {
    // Assets = liabilities + equity, so that the balance balances.
    let millions = |millions: usize| (millions * 1_000_000).to_string();
    let size = 60 + number * 7;
    let year = i32::from(at.date().year());
    put_all(
        answers,
        &[
            ("keu_tahun", &(year - 1).to_string()),
            ("keu_laporan", "neraca phu"),
            ("keu_standar", "catatan_sederhana"),
            ("keu_kas_tgl", &date(at, -5)),
            ("keu_opname", "ya"),
            ("keu_kas_fisik", "1275000"),
            ("keu_kas_buku", "1300000"),
            ("keu_rekening", "ya"),
            ("keu_angka", "ya"),
            ("keu_aset", &millions(size)),
            ("keu_kas_bank", &millions(12)),
            ("keu_aset_lancar", &millions(30)),
            ("keu_kwj_lancar", &millions(11)),
            ("keu_kewajiban", &millions(20)),
            ("keu_pokok", &millions(5)),
            ("keu_wajib", &millions(size - 35)),
            ("keu_cadangan", &millions(6)),
            ("keu_ekuitas", &millions(size - 20)),
            ("keu_sukarela", &millions(8)),
            ("keu_wajib_tertib", "75"),
            ("keu_shu", "4250000"),
            ("keu_ekuitas_lalu", &millions(size - 23)),
            ("keu_omzet", &millions(size * 2)),
            ("keu_omzet_lalu", &millions(size * 2 - 9)),
            ("keu_npwp", "ada_dilihat"),
            ("keu_spt", "ya"),
            ("keu_audit", "pengawas"),
            ("keu_shu_bagi", "ya"),
        ],
    );
}

fn product(answers: &mut Answers, at: Millis, number: usize) {
    put_all(
        answers,
        &[
            ("prd_kelompok", "toko_sembako tangkap_ikan"),
            ("prd_jalan", "rutin"),
            ("prd_transaksi", &date(at, -2)),
            ("prd_unggulan", "ya"),
            ("prd_list/01", "1"),
            ("prd_list/01/prd_nama", "Ikan teri kering"),
            ("prd_list/01/prd_satuan", "kg"),
            ("prd_list/01/prd_kapasitas_bulan", "500"),
            (
                "prd_list/01/prd_produksi_bulan",
                &(200 + number * 10).to_string(),
            ),
            ("prd_list/01/prd_harga", "65000"),
            ("prd_mutu", "disortir"),
            ("prd_pasar", "kabupaten"),
            ("prd_saluran", "toko_sendiri pengepul"),
            ("prd_digital", "wa_bisnis qris"),
            ("prd_mitra", "lisan"),
            ("prd_tergantung", "40"),
            ("prd_omzet", &((8 + number) * 1_000_000).to_string()),
            ("prd_omzet_banding", &((7 + number) * 1_000_000).to_string()),
            ("prd_bahan", "80"),
            ("prd_alat", "sebagian"),
            ("prd_inovasi", "tidak"),
            ("prd_kendala", "modal cuaca sinyal"),
        ],
    );
}

/// Some have met too long ago, lost a board member and sell little: not every score is alike.
fn decline(answers: &mut Answers, at: Millis) {
    let year = i32::from(at.date().year());
    put_all(
        answers,
        &[
            ("org_nik_status", "kedaluwarsa"),
            ("org_nik_berlaku", &date(at, -200)),
            ("org_rat_tahun_buku", &(year - 3).to_string()),
            ("org_rat_tgl", &format!("{}-09-20", year - 2)),
            ("org_pengurus", "ketua bendahara"),
            ("org_pengurus_akhir", &date(at, -100)),
            ("org_pengawas", "ada_tidak_aktif"),
            ("keu_laporan", "neraca"),
            ("keu_kas_tgl", &date(at, -70)),
            ("keu_shu", "-1200000"),
            ("keu_spt", "tidak"),
            ("prd_jalan", "sesekali"),
            ("prd_transaksi", &date(at, -150)),
            ("prd_mitra", "tidak_ada"),
        ],
    );
}

fn follow_ups(answers: &mut Answers, at: Millis, found: Found) {
    let (problem, action) = match found {
        Found::Open => (
            "Buku kas tidak cocok dengan uang di tangan",
            "Mencocokkan buku kas setiap akhir pekan bersama bendahara",
        ),
        Found::Nowhere => (
            "Koperasi tidak ditemukan di alamatnya",
            "Meminta keterangan tertulis kepada kepala desa",
        ),
    };
    put_all(
        answers,
        &[
            ("tl/01", "1"),
            ("tl/01/tl_aspek", "keuangan"),
            ("tl/01/tl_kategori", "pembukuan"),
            ("tl/01/tl_masalah", problem),
            ("tl/01/tl_aksi", action),
            ("tl/01/tl_pj", "koperasi"),
            ("tl/01/tl_pj_nama", "Hasan Wijaya (CONTOH)"),
            ("tl/01/tl_tenggat", &date(at, 30)),
            ("tl/01/tl_prioritas", "sedang"),
            ("tl/01/tl_status", "belum"),
        ],
    );
}
