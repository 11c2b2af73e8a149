//! The built-in checklists of a visit, from the empty form to the one that is sent.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use anjangsana::form::{
    Answers, Changes, Element, ElementKind, Form, Item, ProblemKind, QuestionKind, Session,
    Surroundings, builtin, compile,
};
use proptest::prelude::*;

const ID: &str = "Bahasa Indonesia (id)";
const EN: &str = "English (en)";

/// 8 November 2024, 09:00 WIB, the day after the visit of `kunjungan_lengkap.json`.
const NOW: i64 = 1_731_031_200_000;

/// What an answer says of a photo.
const PHOTO: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad.jpg";

/// Every item of the visit's checklists.
const ITEMS: &str = "
    kunjungan_uuid versi_formulir no_berita_acara tanggal_kunjungan waktu_mulai waktu_selesai no_spt koperasi_id
    kop_jenis kop_usaha_sp kop_kdkmp petugas_id tim tim_nama tim_jabatan kabid_hadir jenis_layanan keberadaan
    lokasi lokasi_alasan foto_lokasi foto_kegiatan narasumber_nama narasumber_jabatan narasumber_hp hadir_l
    hadir_p materi aspek_diisi saksi_nama pemberitahuan_pdp izin_foto ttd_pengurus alasan_tanpa_ttd ttd_petugas
    catatan_petugas org_bh_dok org_bh_no org_bh_tgl org_nik_status org_nik_no org_nik_berlaku org_nib org_nib_no
    org_izin_sp org_ad_art org_rat_pernah org_rat_tahun_buku org_rat_tgl org_rat_tertunggak org_rat_tepat
    org_rat_undang org_rat_hadir org_rat_ba org_rat_foto org_pengurus org_pengurus_akhir org_pengawas
    org_rapat_12 org_anggota_l org_anggota_p org_anggota org_anggota_aktif org_masuk org_keluar org_buku
    org_kantor org_papan org_rk org_didik org_ods keu_tahun keu_laporan keu_standar keu_kas_tgl keu_opname
    keu_kas_fisik keu_kas_buku keu_rekening keu_angka keu_aset keu_kas_bank keu_aset_lancar keu_kwj_lancar
    keu_kewajiban keu_pokok keu_wajib keu_cadangan keu_ekuitas keu_sukarela keu_seimbang keu_wajib_tertib keu_shu
    keu_roe keu_ekuitas_lalu keu_tumbuh_ekuitas keu_omzet keu_omzet_lalu keu_tumbuh_omzet keu_solva keu_likuid
    keu_pinjaman keu_pinj_kl keu_pinj_d keu_pinj_m keu_npl keu_nonanggota keu_npwp keu_spt keu_audit keu_shu_bagi
    keu_bantuan keu_foto prd_kelompok prd_jalan prd_transaksi prd_list prd_unggulan prd_kapasitas prd_kemasan
    prd_label prd_pirt prd_bpom prd_halal prd_merek prd_mutu prd_pasar prd_saluran prd_digital prd_mitra
    prd_mitra_list prd_tergantung prd_omzet prd_omzet_banding prd_bahan prd_alat prd_inovasi prd_kdkmp
    prd_kendala tl_id tl_aspek tl_kategori tl_masalah tl_aksi tl_pj tl_pj_nama tl_tenggat tl_prioritas tl_status
    tl_tgl_selesai tl_bukti tl_alasan
";

fn form() -> Arc<Form> {
    static FORM: OnceLock<Arc<Form>> = OnceLock::new();
    let compiled =
        || compile(&builtin::kunjungan().unwrap()).unwrap_or_else(|errors| panic!("{errors}"));
    Arc::clone(FORM.get_or_init(|| Arc::new(compiled())))
}

fn surroundings() -> Surroundings {
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
        last_saved: Answers::new(),
        random_seed: 1,
    }
}

fn complete() -> Answers {
    serde_json::from_str(include_str!("../fixtures/forms/kunjungan_lengkap.json")).unwrap()
}

fn open(answers: Answers) -> Session {
    Session::open(form(), answers, surroundings())
}

fn started() -> Session {
    open(Answers::from([(
        "koperasi_id".into(),
        "0190a000-0000-7000-8000-000000000001".into(),
    )]))
}

#[track_caller]
fn give(session: &mut Session, path: &str, value: &str) -> Changes {
    session
        .answer(path, Some(value))
        .unwrap_or_else(|error| panic!("{error}"))
}

fn problem(session: &Session, path: &str, language: &str) -> Option<(ProblemKind, String)> {
    let problems = session.problems(language);
    problems
        .into_iter()
        .find(|problem| problem.path == path)
        .map(|problem| (problem.kind, problem.message))
}

#[test]
fn every_item_of_the_checklists_is_there() {
    let form = form();
    let missing: Vec<&str> = ITEMS
        .split_whitespace()
        .filter(|name| form.question(name).is_none())
        .collect();
    assert_eq!(missing, Vec::<&str>::new());
    assert_eq!(form.id(), "kunjungan");
    assert_eq!(form.version(), "2026112701");
    assert_eq!(form.languages(), [ID, EN]);
    assert_eq!(form.title(ID), "Kunjungan pembinaan koperasi");
    assert_eq!(form.title("en"), "Guidance visit to a cooperative");
}

#[test]
fn everything_that_is_shown_speaks_both_languages() {
    let form = form();
    let has_both =
        |texts: &anjangsana::form::Texts| texts.exact(0).is_some() && texts.exact(1).is_some();
    let has_all_or_none =
        |texts: &anjangsana::form::Texts| texts.exact(0).is_some() == texts.exact(1).is_some();
    for element in form.elements().iter().skip(1) {
        if element.question_kind().is_none_or(QuestionKind::is_shown) {
            assert!(has_both(&element.label), "label of {}", element.name);
        }
        assert!(has_all_or_none(&element.hint), "hint of {}", element.name);
        assert!(
            has_all_or_none(&element.required_message),
            "required message of {}",
            element.name
        );
        assert!(
            has_all_or_none(&element.constraint_message),
            "constraint message of {}",
            element.name
        );
        assert!(
            element.constraint.is_none() || has_both(&element.constraint_message),
            "constraint of {}",
            element.name
        );
        if let anjangsana::form::Choices::List(list) = &element.choices {
            for choice in &form.list(list).unwrap().choices {
                assert!(has_both(&choice.label), "choice {} of {list}", choice.name);
            }
        }
    }
}

#[test]
fn sections_are_the_parts_of_a_visit_and_pages_are_short() {
    let form = form();
    let mut sections: Vec<&str> = form
        .pages()
        .iter()
        .map(|page| page.section.as_str())
        .collect();
    sections.dedup();
    assert_eq!(
        sections,
        [
            "kepala",
            "organisasi",
            "keuangan",
            "produk",
            "tindak_lanjut"
        ]
    );
    let session = open(complete());
    for page in session.pages() {
        let questions = session.items(&page.name, ID).len();
        assert!(
            (1..=9).contains(&questions),
            "{} shows {questions}",
            page.name
        );
    }
    let page = form.page("org_rat").unwrap();
    assert_eq!(form.page_title(page, EN), "Annual meeting (RAT)");
    assert_eq!(form.section_title(page, ID), "Organisasi");
}

#[test]
fn photos_and_signatures_are_asked_for() {
    assert_eq!(form().warnings(), []);
    let mut session = open(complete());
    for path in [
        "foto_lokasi",
        "foto_kegiatan/01/foto_kegiatan_berkas",
        "ttd_petugas",
    ] {
        session.answer(path, None).unwrap();
        let problems = session.problems(ID);
        let [problem] = &problems[..] else {
            panic!("{path}: {problems:?}")
        };
        assert_eq!(problem.path, path);
        give(&mut session, path, PHOTO);
    }
    assert_eq!(session.problems(ID), []);
}

#[test]
fn weights_of_each_aspect_sum_to_a_hundred() {
    let session = open(complete());
    for (prefix, scored) in [("org_", 22), ("keu_", 19), ("prd_", 19)] {
        let questions = form()
            .elements()
            .iter()
            .filter(|e| e.name.starts_with(prefix))
            .cloned()
            .collect::<Vec<Element>>();
        let points: Vec<(f64, Option<f64>)> = questions
            .iter()
            .filter_map(|e| session.points(&e.name))
            .collect();
        assert_eq!(points.len(), scored, "{prefix}");
        assert_eq!(
            points.iter().map(|(weight, _)| weight).sum::<f64>(),
            100.0,
            "{prefix}"
        );
        for (_, fraction) in points {
            assert!(fraction.is_none_or(|fraction| (0.0..=1.0).contains(&fraction)));
        }
    }
}

#[test]
fn points_follow_the_answers() {
    let mut session = open(complete());
    let points = |session: &Session, name: &str| session.points(name).unwrap().1;
    assert_eq!(points(&session, "org_izin_sp"), Some(0.25));
    assert_eq!(points(&session, "org_rat_tertunggak"), Some(1.0));
    assert_eq!(points(&session, "keu_laporan"), Some(0.8));
    assert_eq!(points(&session, "org_buku"), Some(8.0 / 12.0));
    assert_eq!(points(&session, "keu_kas_tgl"), Some(1.0));
    assert_eq!(points(&session, "keu_likuid"), Some(1.0));
    assert_eq!(points(&session, "prd_label"), Some(0.75));
    give(&mut session, "org_izin_sp", "tidak_berlaku");
    assert_eq!(points(&session, "org_izin_sp"), None, "not applicable");
    session.answer("keu_kas_tgl", None).unwrap();
    assert_eq!(points(&session, "keu_kas_tgl"), Some(0.0), "no cash book");
    give(&mut session, "org_rat_pernah", "tidak");
    assert_eq!(
        points(&session, "org_rat_ba"),
        Some(0.0),
        "never met although it was due"
    );
}

#[test]
fn a_complete_visit_has_no_problems() {
    let session = open(complete());
    assert_eq!(session.problems(ID), []);
    assert_eq!(session.unplaced(), &Answers::new());
    let submission = session.submission();
    for (path, value) in complete() {
        assert_eq!(submission.get(&path), Some(&value), "{path}");
    }
    for (path, value) in [
        ("org_anggota", "85"),
        ("org_rat_tertunggak", "0"),
        ("org_rat_tepat", "ya"),
        ("keu_seimbang", "ya"),
        ("keu_roe", "10.96"),
        ("keu_solva", "60.61"),
        ("keu_likuid", "219.39"),
        ("keu_npl", "4.42"),
        ("prd_kapasitas", "76.54"),
        ("kop_jenis", "produsen"),
        ("versi_formulir", "2026112701"),
        ("petugas_id", "0190a000-0000-7000-8000-0000000000aa"),
        ("kunjungan_uuid", "0190a000-0000-7000-8000-0000000000ff"),
    ] {
        assert_eq!(
            submission.get(path).map(String::as_str),
            Some(value),
            "{path}"
        );
    }
    assert_ne!(submission["tl/01/tl_id"], submission["tl/02/tl_id"]);
}

#[test]
fn opening_what_was_sent_changes_nothing() {
    let first = open(complete());
    let again = open(first.submission());
    assert_eq!(again.changes_on_open(), []);
    assert_eq!(again.submission(), first.submission());
}

#[test]
fn opening_a_new_visit_fills_in_what_is_known() {
    let session = started();
    let value = |path: &str| session.answers().get(path).map(String::as_str);
    assert_eq!(value("tanggal_kunjungan"), Some("2024-11-08"));
    assert_eq!(value("kop_usaha_sp"), Some("ya"));
    assert_eq!(value("kop_kdkmp"), Some("ya"));
    assert_eq!(value("waktu_mulai"), Some("2024-11-08T09:00:00.000+07:00"));
    assert_eq!(value("waktu_selesai"), None);
    let question = session.question("koperasi_id", ID).unwrap();
    assert!(question.read_only);
    assert_eq!(question.choices.len(), 1);
    assert_eq!(question.choices[0].label, "Koperasi CONTOH Laut Sejahtera");
}

#[test]
fn the_end_is_noted_when_the_visit_is_finished() {
    let mut session = open(complete());
    let changes = session.finish(NOW + 3_600_000);
    assert_eq!(
        changes.values,
        [(
            "waktu_selesai".into(),
            Some("2024-11-08T10:00:00.000+07:00".into())
        )]
    );
}

#[test]
fn only_the_chosen_aspects_are_asked() {
    let mut session = started();
    give(&mut session, "keberadaan", "ditemukan_buka");
    let changes = give(&mut session, "aspek_diisi", "keuangan");
    assert!(changes.pages_changed);
    let relevant = |section: &str| {
        session
            .pages()
            .iter()
            .any(|page| page.section == section && page.relevant)
    };
    assert!(relevant("keuangan"));
    assert!(!relevant("organisasi"));
    assert!(!relevant("produk"));
    assert!(relevant("tindak_lanjut"));
}

#[test]
fn a_cooperative_that_is_not_found_needs_only_the_short_form() {
    let mut session = started();
    for (path, value) in [
        ("kabid_hadir", "tidak"),
        ("jenis_layanan", "monitoring"),
        ("keberadaan", "tidak_ditemukan"),
        ("lokasi", "-3.01 106.45 0 20"),
        ("saksi_nama", "Kades CONTOH"),
        (
            "catatan_petugas",
            "Alamat kosong, warga tidak mengenal koperasi ini.",
        ),
        ("foto_lokasi", PHOTO),
        ("ttd_petugas", PHOTO),
    ] {
        give(&mut session, path, value);
    }
    assert_eq!(session.problems(ID), []);
    assert!(!session.submission().contains_key("hadir_l"));
}

#[test]
fn a_closed_cooperative_may_have_nobody_to_name() {
    let mut session = started();
    give(&mut session, "keberadaan", "ditemukan_buka");
    assert!(problem(&session, "narasumber_nama", ID).is_some());
    give(&mut session, "keberadaan", "ditemukan_tutup");
    assert_eq!(problem(&session, "narasumber_nama", ID), None);
}

#[test]
fn without_a_position_a_reason_is_needed() {
    let mut session = open(complete());
    let changes = session.answer("lokasi", None).unwrap();
    assert!(changes.views.contains("lokasi_alasan"));
    assert_eq!(
        problem(&session, "lokasi_alasan", EN),
        Some((ProblemKind::Required, "This must be answered.".into()))
    );
    give(&mut session, "lokasi", "-3.0 106.4 0 250");
    let (kind, message) = problem(&session, "lokasi", EN).unwrap();
    assert_eq!(kind, ProblemKind::Constraint);
    assert!(message.starts_with("Less accurate than 100 m"), "{message}");
}

#[test]
fn wrong_answers_are_kept_and_explained_in_both_languages() {
    for (path, value, id, en) in [
        (
            "narasumber_hp",
            "12345",
            "Contoh: 081234567890",
            "For example: 081234567890",
        ),
        (
            "org_nik_no",
            "1234567890123456",
            "NIK Koperasi 13 angka (bukan NIK KTP 16 angka).",
            "It has 13 digits",
        ),
        ("hadir_l", "501", "Isi 0-500.", "Enter 0 to 500."),
        (
            "tanggal_kunjungan",
            "2024-11-09",
            "Tanggal tidak boleh di masa depan",
            "The date cannot be in the future",
        ),
        (
            "org_rat_tgl",
            "2022-12-31",
            "RAT tidak mungkin sebelum tahun bukunya",
            "The meeting cannot be before",
        ),
        (
            "org_rat_hadir",
            "86",
            "Tidak boleh melebihi anggota yang diundang.",
            "It cannot be more than were invited.",
        ),
        (
            "org_pengurus",
            "ketua tidak_ada",
            "'Tidak ada' tidak bisa digabung.",
            "'Nobody serving' cannot be combined",
        ),
        (
            "org_anggota_aktif",
            "86",
            "Tidak boleh melebihi jumlah anggota.",
            "It cannot be more than there are members.",
        ),
        (
            "keu_kas_bank",
            "500000000",
            "Tidak boleh melebihi aset.",
            "It cannot be more than the assets.",
        ),
        (
            "keu_kewajiban",
            "1",
            "Minimal sebesar kewajiban lancar.",
            "It is at least the current liabilities.",
        ),
        (
            "keu_pinj_m",
            "150000000",
            "Jumlah tunggakan melebihi total pinjaman.",
            "The arrears together are more",
        ),
        (
            "prd_kendala",
            "modal sdm izin cuaca",
            "Pilih maksimal 3.",
            "Choose 3 at most.",
        ),
        (
            "tl/01/tl_tenggat",
            "2025-11-09",
            "Tenggat antara hari kunjungan",
            "The due date lies between",
        ),
        (
            "tl/01/tl_masalah",
            "pendek",
            "Minimal 10 huruf.",
            "At least 10 letters.",
        ),
    ] {
        let mut session = open(complete());
        give(&mut session, path, value);
        assert_eq!(session.answers().get(path).map(String::as_str), Some(value));
        let (kind, message) =
            problem(&session, path, ID).unwrap_or_else(|| panic!("{path} = {value} is accepted"));
        assert_eq!(kind, ProblemKind::Constraint, "{path}");
        assert!(message.starts_with(id), "{path}: {message}");
        let (_, message) = problem(&session, path, EN).unwrap();
        assert!(message.starts_with(en), "{path}: {message}");
    }
}

#[test]
fn edges_of_the_rules_are_allowed() {
    for (path, value) in [
        ("tl/01/tl_tenggat", "2025-11-08"),
        ("tl/01/tl_tenggat", "2024-11-07"),
        ("org_rat_tgl", "2023-01-01"),
        ("org_rat_tahun_buku", "2024"),
        ("narasumber_hp", "+6281234567"),
        ("tanggal_kunjungan", "2024-11-08"),
        ("keu_shu", "-1500000"),
    ] {
        let mut session = open(complete());
        give(&mut session, path, value);
        assert_eq!(problem(&session, path, ID), None, "{path} = {value}");
    }
}

#[test]
fn arrears_of_annual_meetings_follow_the_calendar() {
    for (visit, ever, book_year, founded, arrears) in [
        ("2024-06-30", "ya", "2022", "", "0"),
        ("2024-07-01", "ya", "2022", "", "1"),
        ("2024-11-07", "ya", "2023", "", "0"),
        ("2024-11-07", "ya", "2021", "", "2"),
        ("2024-11-07", "ya", "2020", "", "3"),
        ("2026-08-01", "ya", "2024", "", "1"),
        ("2025-10-15", "tidak", "", "2025-06-10", "0"),
        ("2026-08-15", "tidak", "", "2025-06-10", "1"),
    ] {
        let mut session = open(complete());
        give(&mut session, "tanggal_kunjungan", visit);
        give(&mut session, "org_rat_pernah", ever);
        session
            .answer("org_rat_tahun_buku", Some(book_year))
            .unwrap();
        if !founded.is_empty() {
            give(&mut session, "org_bh_tgl", founded);
        }
        let found = session
            .answers()
            .get("org_rat_tertunggak")
            .map(String::as_str);
        assert_eq!(found, Some(arrears), "{visit} {ever} {book_year}{founded}");
    }
}

#[test]
fn a_number_typed_changes_what_is_computed_and_shown() {
    let mut session = open(complete());
    let changes = give(&mut session, "org_anggota_l", "40");
    assert_eq!(
        changes.values,
        [
            ("org_anggota_l".to_string(), Some("40".to_string())),
            ("org_anggota".to_string(), Some("87".to_string()))
        ]
    );
    assert!(changes.views.contains("org_anggota_info"));
    assert!(
        changes.views.contains("org_anggota_aktif"),
        "its rule depends on the total"
    );
    assert!(!changes.pages_changed);
    assert_eq!(
        session.question("org_anggota_info", EN).unwrap().label,
        "Members in total: 87"
    );
}

#[test]
fn at_least_one_product_must_be_listed_and_at_most_five() {
    let mut session = open(complete());
    session.remove_repeat("prd_list/01").unwrap();
    let changes = session.remove_repeat("prd_list/02").unwrap();
    assert!(changes.values.contains(&("prd_list/02".into(), None)));
    assert!(
        changes
            .values
            .contains(&("prd_list/02/prd_nama".into(), None))
    );
    assert!(
        changes.values.contains(&("prd_kapasitas".into(), None)),
        "{changes:?}"
    );
    let (kind, message) = problem(&session, "prd_list", EN).unwrap();
    assert_eq!(
        (kind, message.as_str()),
        (ProblemKind::RepeatCount, "Enter 1 to 5 products.")
    );
    for key in ["a", "b", "c", "d", "e"] {
        session.add_repeat("prd_list", key).unwrap();
    }
    let repeat = session.repeat("prd_list", ID).unwrap();
    assert_eq!(
        (repeat.instances.len(), repeat.can_add, repeat.problem),
        (5, false, None)
    );
    assert_eq!(repeat.instances[4].label, "Produk/layanan 5");
}

#[test]
fn a_follow_up_starts_as_not_done_and_asks_for_what_its_state_needs() {
    let mut session = started();
    let changes = session.add_repeat("tl", "0190").unwrap();
    assert!(
        changes
            .values
            .contains(&("tl/0190".into(), Some("1".into())))
    );
    assert!(
        changes
            .values
            .contains(&("tl/0190/tl_status".into(), Some("belum".into())))
    );
    assert!(changes.views.contains("tl"));
    let shown = |session: &Session| -> Vec<String> {
        let repeat = session.repeat("tl", ID).unwrap();
        let items = repeat.instances[0].items.iter();
        items
            .filter_map(|item| {
                if let Item::Question(question) = item {
                    Some(question.name.clone())
                } else {
                    None
                }
            })
            .collect()
    };
    assert!(!shown(&session).contains(&"tl_alasan".to_string()));
    give(&mut session, "tl/0190/tl_status", "batal");
    assert!(shown(&session).contains(&"tl_alasan".to_string()));
    give(&mut session, "tl/0190/tl_status", "selesai");
    assert!(shown(&session).contains(&"tl_tgl_selesai".to_string()));
}

#[test]
fn answers_that_do_not_apply_are_kept_but_not_sent() {
    let mut session = open(complete());
    give(&mut session, "kop_usaha_sp", "tidak");
    assert_eq!(session.answers()["keu_pinjaman"], "154000000");
    assert!(!session.submission().contains_key("keu_pinjaman"));
    assert!(!session.submission().contains_key("keu_npl"));
    give(&mut session, "kop_usaha_sp", "ya");
    assert_eq!(session.submission()["keu_pinjaman"], "154000000");
}

/// Answers of all sorts: right ones, wrong ones and nonsense.
fn any_value(element: &Element) -> BoxedStrategy<String> {
    let mut words = vec![
        String::new(),
        "0".into(),
        "7".into(),
        "2023".into(),
        "-3.5".into(),
        "abc".into(),
        "2024-01-31".into(),
        "OK".into(),
    ];
    if let anjangsana::form::Choices::List(list) = &element.choices {
        let form = form();
        let choices = &form.list(list).unwrap().choices;
        words.extend(choices.iter().map(|choice| choice.name.clone()));
        words.push(
            choices
                .iter()
                .map(|choice| choice.name.clone())
                .collect::<Vec<_>>()
                .join(" "),
        );
    }
    proptest::sample::select(words).boxed()
}

/// What a person may do next: answer a question (by index) with a value, or add or remove a repeat.
#[derive(Debug, Clone)]
enum Act {
    Answer(String, String),
    Add(String, u8),
    Remove(String, u8),
}

fn any_act() -> impl Strategy<Value = Act> {
    let form = form();
    let questions: Vec<Element> = form
        .elements()
        .iter()
        .filter(|e| e.repeats.len() <= 1 && e.question_kind().is_some_and(QuestionKind::is_asked))
        .cloned()
        .collect();
    let repeats: Vec<String> = form
        .elements()
        .iter()
        .filter(|e| e.kind == ElementKind::Repeat)
        .map(|e| e.name.clone())
        .collect();
    let answer =
        (proptest::sample::select(questions), 0u8..3).prop_flat_map(move |(element, key)| {
            let path = match element.repeats.first() {
                Some(repeat) => format!(
                    "{}/{key}/{}",
                    form.element(*repeat).unwrap().name,
                    element.name
                ),
                None => element.name.clone(),
            };
            any_value(&element).prop_map(move |value| Act::Answer(path.clone(), value))
        });
    prop_oneof![
        8 => answer,
        1 => (proptest::sample::select(repeats.clone()), 0u8..3).prop_map(|(repeat, key)| Act::Add(repeat, key)),
        1 => (proptest::sample::select(repeats), 0u8..3).prop_map(|(repeat, key)| Act::Remove(repeat, key)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// However a visit came about, computing it anew gives the same; and what was said to have changed is all that did.
    #[test]
    fn incremental_equals_full_recomputation(from_complete: bool, acts in proptest::collection::vec(any_act(), 1..25)) {
        let mut session = if from_complete { open(complete()) } else { started() };
        let mut stored: Answers = session.answers().clone();
        for act in acts {
            let changes = match act {
                Act::Answer(path, value) => session.answer(&path, Some(&value)),
                Act::Add(repeat, key) => session.add_repeat(&repeat, &key.to_string()),
                Act::Remove(repeat, key) => session.remove_repeat(&format!("{repeat}/{key}")),
            };
            for (path, value) in changes.unwrap_or_default().values {
                match value {
                    Some(value) => stored.insert(path, value),
                    None => stored.remove(&path),
                };
            }
            prop_assert_eq!(&stored, session.answers());
        }
        let anew = open(stored.clone());
        prop_assert_eq!(anew.answers(), session.answers());
        prop_assert_eq!(anew.changes_on_open(), &[][..]);
        prop_assert_eq!(anew.pages(), session.pages());
        prop_assert_eq!(anew.problems(ID), session.problems(ID));
        prop_assert_eq!(anew.submission(), session.submission());
    }

    /// What the screen was not told to draw again has not changed, and it was told when anything came or went.
    #[test]
    fn views_name_everything_that_looks_different(acts in proptest::collection::vec(any_act(), 1..12)) {
        let mut session = open(complete());
        for act in acts {
            let before = looks(&session);
            let changes = match act {
                Act::Answer(path, value) => session.answer(&path, Some(&value)),
                Act::Add(repeat, key) => session.add_repeat(&repeat, &key.to_string()),
                Act::Remove(repeat, key) => session.remove_repeat(&format!("{repeat}/{key}")),
            };
            let Ok(changes) = changes else { continue };
            let after = looks(&session);
            for (path, look) in &after {
                let same = before.get(path).is_none_or(|old| old == look);
                prop_assert!(same || changes.views.contains(path), "{} looks different", path);
            }
            prop_assert!(changes.pages_changed || before.keys().eq(after.keys()), "something came or went");
        }
    }
}

/// Everything that is on some page now and how it looks; a repeat without what is in its instances.
fn looks(session: &Session) -> BTreeMap<String, Item> {
    let mut looks = BTreeMap::new();
    let mut open: Vec<Item> = Vec::new();
    for page in form().pages() {
        open.extend(session.items(&page.name, EN));
    }
    while let Some(item) = open.pop() {
        match item {
            Item::Question(state) => _ = looks.insert(state.path.clone(), Item::Question(state)),
            Item::Repeat(mut state) => {
                for instance in &mut state.instances {
                    open.append(&mut instance.items);
                }
                looks.insert(state.path.clone(), Item::Repeat(state));
            }
        }
    }
    looks
}
