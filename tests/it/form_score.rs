//! Scores, the proposed status and suggested follow-ups of the built-in checklists, through the real form.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use anjangsana::domain::assessment::{Assessment, Trend};
use anjangsana::domain::rat::{self, Meetings};
use anjangsana::domain::status_rule::{Reason, Search};
use anjangsana::domain::{Status, time::parse_date};
use anjangsana::form::score::{self, Score};
use anjangsana::form::suggest::{self, Offer};
use anjangsana::form::{Answers, Form, Session, Surroundings, builtin, compile};
use jiff::ToSpan;
use jiff::civil::date;
use proptest::prelude::*;
use serde::Deserialize;

const ID: &str = "Bahasa Indonesia (id)";
const EN: &str = "English (en)";

/// 8 November 2024, 09:00 WIB, the day after the visits of the fixtures.
const NOW: i64 = 1_731_031_200_000;

fn form() -> Arc<Form> {
    static FORM: OnceLock<Arc<Form>> = OnceLock::new();
    let compiled =
        || compile(&builtin::kunjungan().unwrap()).unwrap_or_else(|errors| panic!("{errors}"));
    Arc::clone(FORM.get_or_init(|| Arc::new(compiled())))
}

fn open(answers: Answers) -> Session {
    let surroundings = Surroundings {
        now: NOW,
        utc_offset_minutes: 420,
        username: "petugas1".into(),
        instance_id: "0190a000-0000-7000-8000-0000000000ff".into(),
        tables: BTreeMap::from([(
            "koperasi".into(),
            vec![BTreeMap::from([
                (
                    "id".into(),
                    "0190a000-0000-7000-8000-000000000001".to_string(),
                ),
                ("kdkmp".into(), "tidak".into()),
            ])],
        )]),
        ..Surroundings::default()
    };
    Session::open(form(), answers, surroundings)
}

fn complete() -> Session {
    open(serde_json::from_str(include_str!("../fixtures/forms/kunjungan_lengkap.json")).unwrap())
}

#[track_caller]
fn give(session: &mut Session, path: &str, value: &str) {
    let value = Some(value).filter(|value| !value.is_empty());
    session
        .answer(path, value)
        .unwrap_or_else(|error| panic!("{error}"));
}

fn scored(session: &Session) -> Score {
    score::score(session, ID).unwrap()
}

fn of_aspect(session: &Session, name: &str) -> (u32, u32, bool, bool) {
    let score = scored(session).assessment;
    let aspect = score.aspect(name).unwrap();
    let provisional = aspect.is_provisional();
    (aspect.score, aspect.complete, aspect.capped, provisional)
}

fn proposed(session: &Session) -> (Option<Status>, Vec<String>) {
    let proposal = score::proposal(session, &scored(session).assessment, &[]);
    let reasons = proposal.reasons.into_iter().map(String::from).collect();
    (proposal.status, reasons)
}

/// A worked example: what was answered, why, and what comes of it.
#[derive(Deserialize)]
struct Example {
    expected: Expected,
    why: BTreeMap<String, String>,
    answers: Answers,
}

#[derive(Deserialize)]
struct Expected {
    scores: BTreeMap<String, String>,
    total: String,
    band: String,
    status: String,
    reasons: Vec<String>,
}

fn in_words(tenths: u32) -> String {
    format!("{}.{}", tenths / 10, tenths % 10)
}

#[test]
fn the_worked_examples_come_out_to_the_digit() {
    for text in [
        include_str!("../fixtures/forms/contoh_sawit.json"),
        include_str!("../fixtures/forms/contoh_terasi.json"),
        include_str!("../fixtures/forms/contoh_nelayan.json"),
    ] {
        let example: Example = serde_json::from_str(text).unwrap();
        for path in example.why.keys() {
            assert!(form().question(path.rsplit('/').next().unwrap()).is_some());
        }
        let session = open(example.answers);
        assert_eq!(session.unplaced(), &Answers::new());
        assert_eq!(session.problems(ID), [], "it could be sent as it is");
        let assessment = scored(&session).assessment;
        let scores: BTreeMap<String, String> = assessment
            .aspects
            .iter()
            .map(|aspect| (aspect.name.clone(), in_words(aspect.score)))
            .collect();
        assert_eq!(scores, example.expected.scores);
        assert_eq!(in_words(assessment.total.unwrap()), example.expected.total);
        let band = serde_json::to_value(assessment.band.unwrap()).unwrap();
        assert_eq!(band, example.expected.band.as_str());
        assert!(assessment.aspects.iter().all(|one| !one.is_provisional()));
        let (status, reasons) = proposed(&session);
        assert_eq!(status.unwrap().name(), example.expected.status);
        assert_eq!(reasons, example.expected.reasons);
    }
}

#[test]
fn a_whole_visit_has_a_total_and_a_visit_of_one_part_has_none() {
    let mut session = complete();
    let assessment = scored(&session).assessment;
    assert_eq!(assessment.aspects.len(), 3);
    assert_eq!(assessment.date, "2024-11-07");
    assert_eq!(assessment.search, Some(Search::Found));
    assert!(assessment.total.is_some() && assessment.band.is_some());
    give(&mut session, "aspek_diisi", "keuangan");
    let assessment = scored(&session).assessment;
    assert_eq!(assessment.aspects.len(), 1);
    assert_eq!((assessment.total, assessment.band), (None, None));
    let (status, reasons) = proposed(&session);
    assert_eq!(status, None, "the finances alone say nothing of the status");
    assert_eq!(
        reasons,
        [
            "RAT_BELUM_DIKETAHUI",
            "USAHA_BELUM_DIKETAHUI",
            "PENGURUS_BELUM_DIKETAHUI"
        ]
    );
}

#[test]
fn a_score_builds_up_and_is_provisional_below_70_percent() {
    let mut session = open(Answers::from([
        ("tanggal_kunjungan".into(), "2024-11-07".into()),
        ("keberadaan".into(), "ditemukan_buka".into()),
        ("aspek_diisi".into(), "organisasi".into()),
        ("kop_usaha_sp".into(), "tidak".into()),
    ]));
    assert_eq!(of_aspect(&session, "organisasi"), (0, 0, false, true));
    let whole = complete();
    let mut last = 0;
    for (path, value) in whole.answers() {
        let is_question = form().question(path).is_some_and(|one| {
            path.starts_with("org_") && !one.is_computed() && one.question_kind().is_some()
        });
        if is_question {
            give(&mut session, path, value);
            let (_, complete, _, provisional) = of_aspect(&session, "organisasi");
            assert_eq!(provisional, complete < 70, "{path}: {complete}");
            last = complete;
        }
    }
    assert_eq!(last, 100);
}

#[test]
fn finances_without_balance_sheet_or_income_statement_stay_at_50() {
    let mut session = complete();
    give(&mut session, "keu_angka", "tidak");
    let (score, _, capped, _) = of_aspect(&session, "keuangan");
    assert!(score > 500 && !capped, "{score}");
    for kept in [
        "neraca arus_kas ekuitas calk",
        "phu arus_kas ekuitas calk",
        "tidak_ada",
    ] {
        give(&mut session, "keu_laporan", kept);
        let (score, _, capped, _) = of_aspect(&session, "keuangan");
        assert_eq!((score, capped), (500, true), "{kept}");
    }
}

#[test]
fn figures_that_exist_and_were_not_shown_make_the_finances_provisional() {
    let mut session = complete();
    assert!(!of_aspect(&session, "keuangan").3);
    give(&mut session, "keu_angka", "tidak");
    assert!(of_aspect(&session, "keuangan").3);
    assert_eq!(
        proposed(&session).0,
        Some(Status::Aktif),
        "the status hangs on other facts"
    );
    give(&mut session, "keu_laporan", "tidak_ada");
    assert!(
        !of_aspect(&session, "keuangan").3,
        "there is nothing to show"
    );
}

#[test]
fn never_having_met_costs_the_meetings_points_only_when_a_meeting_is_overdue() {
    let mut session = complete();
    give(&mut session, "org_rat_pernah", "tidak");
    give(&mut session, "org_bh_tgl", "2009-06-15");
    let overdue = scored(&session);
    let (_, complete, _, _) = of_aspect(&session, "organisasi");
    assert_eq!(complete, 100, "nothing is left to ask");
    let costs = |score: &Score, label: &str| score.costs.iter().any(|cost| cost.label == label);
    let minutes = "Berita acara dan notulen RAT terakhir";
    assert!(costs(&overdue, minutes));
    assert!(costs(&overdue, "Anggota yang hadir pada RAT terakhir"));
    assert!(costs(
        &overdue,
        "RAT terakhir paling lambat 30 Juni tahun berikutnya"
    ));
    give(&mut session, "org_bh_tgl", "2024-06-15");
    let young = scored(&session);
    assert!(!costs(&young, minutes));
    // Only the meetings differ: 16 + 3 + 4 + 3 with nothing reached, or 16 of 16.
    let score = |score: &Score| score.assessment.aspect("organisasi").unwrap().score;
    assert!(score(&young) > score(&overdue) + 150);
}

#[test]
fn what_is_left_blank_is_worth_nothing_or_does_not_apply() {
    for (path, costs) in [
        ("org_pengurus_akhir", true),
        ("keu_kas_tgl", true),
        ("prd_transaksi", true),
        ("prd_tergantung", false),
        ("prd_omzet_banding", false),
        ("keu_ekuitas_lalu", false),
        ("keu_omzet_lalu", false),
    ] {
        let mut session = complete();
        let page = session.question(path, ID).unwrap().label;
        give(&mut session, path, "");
        let score = scored(&session);
        let cost = score.costs.iter().any(|cost| cost.label == page);
        assert_eq!(cost, costs, "{path}");
        assert!(
            score
                .assessment
                .aspects
                .iter()
                .all(|one| one.complete == 100),
            "{path}: a blank is an answer"
        );
    }
    // While something is missing, a blank may still be filled in.
    let mut session = complete();
    give(&mut session, "keu_kas_tgl", "");
    give(&mut session, "keu_rekening", "");
    assert_eq!(of_aspect(&session, "keuangan").1, 87);
    // An item without a rule for blanks is unanswered, whatever else is filled in.
    let mut session = complete();
    give(&mut session, "prd_bahan", "");
    assert_eq!(of_aspect(&session, "produk").1, 97);
}

#[test]
fn an_answer_that_does_not_apply_takes_its_weight_out() {
    let mut session = complete();
    let before = of_aspect(&session, "organisasi");
    give(&mut session, "org_izin_sp", "tidak_berlaku");
    let after = of_aspect(&session, "organisasi");
    assert!(after.0 > before.0, "a quarter of 4 is less than the rest");
    assert_eq!(after.1, 100);
}

/// An item, what is answered, and the fraction of its weight that it reaches.
type Edge = (&'static str, &'static [(&'static str, &'static str)], f64);

#[test]
fn points_change_at_the_edges_and_not_beside_them() {
    let table: [Edge; 34] = [
        (
            "org_rat_hadir",
            &[("org_rat_undang", "100"), ("org_rat_hadir", "51")],
            1.0,
        ),
        (
            "org_rat_hadir",
            &[("org_rat_undang", "100"), ("org_rat_hadir", "50")],
            0.5,
        ),
        (
            "org_rat_hadir",
            &[("org_rat_undang", "100"), ("org_rat_hadir", "25")],
            0.5,
        ),
        (
            "org_rat_hadir",
            &[("org_rat_undang", "100"), ("org_rat_hadir", "24")],
            0.25,
        ),
        ("org_rat_tepat", &[("org_rat_tgl", "2024-06-30")], 1.0),
        ("org_rat_tepat", &[("org_rat_tgl", "2024-07-01")], 0.0),
        (
            "org_pengurus_akhir",
            &[("org_pengurus_akhir", "2024-11-07")],
            1.0,
        ),
        (
            "org_pengurus_akhir",
            &[("org_pengurus_akhir", "2024-11-06")],
            0.5,
        ),
        (
            "org_pengurus_akhir",
            &[("org_pengurus_akhir", "2023-11-07")],
            0.5,
        ),
        (
            "org_pengurus_akhir",
            &[("org_pengurus_akhir", "2023-11-06")],
            0.0,
        ),
        (
            "org_anggota_aktif",
            &[
                ("org_anggota_l", "60"),
                ("org_anggota_p", "40"),
                ("org_anggota_aktif", "80"),
            ],
            1.0,
        ),
        (
            "org_anggota_aktif",
            &[
                ("org_anggota_l", "60"),
                ("org_anggota_p", "40"),
                ("org_anggota_aktif", "79"),
            ],
            0.75,
        ),
        (
            "org_anggota_aktif",
            &[
                ("org_anggota_l", "60"),
                ("org_anggota_p", "40"),
                ("org_anggota_aktif", "19"),
            ],
            0.0,
        ),
        ("keu_kas_tgl", &[("keu_kas_tgl", "2024-10-31")], 1.0),
        ("keu_kas_tgl", &[("keu_kas_tgl", "2024-10-30")], 0.75),
        ("keu_kas_tgl", &[("keu_kas_tgl", "2024-10-07")], 0.75),
        ("keu_kas_tgl", &[("keu_kas_tgl", "2024-10-06")], 0.5),
        (
            "keu_kas_fisik",
            &[("keu_kas_buku", "10000000"), ("keu_kas_fisik", "9900000")],
            1.0,
        ),
        (
            "keu_kas_fisik",
            &[("keu_kas_buku", "10000000"), ("keu_kas_fisik", "9899999")],
            0.5,
        ),
        (
            "keu_kas_fisik",
            &[("keu_kas_buku", "10000000"), ("keu_kas_fisik", "10500001")],
            0.0,
        ),
        (
            "keu_kas_fisik",
            &[("keu_kas_buku", "0"), ("keu_kas_fisik", "50000")],
            1.0,
        ),
        (
            "keu_roe",
            &[("keu_ekuitas", "250000000"), ("keu_shu", "18750000")],
            0.75,
        ),
        (
            "keu_roe",
            &[("keu_ekuitas", "250000000"), ("keu_shu", "18749999")],
            0.5,
        ),
        (
            "keu_roe",
            &[("keu_ekuitas", "-5"), ("keu_shu", "18749999")],
            0.0,
        ),
        (
            "keu_solva",
            &[("keu_aset", "1000000001"), ("keu_ekuitas", "300000000")],
            0.75,
        ),
        ("keu_likuid", &[("keu_kwj_lancar", "0")], 1.0),
        (
            "keu_npl",
            &[
                ("keu_pinjaman", "300000000"),
                ("keu_pinj_kl", "15000000"),
                ("keu_pinj_d", "0"),
                ("keu_pinj_m", "0"),
            ],
            1.0,
        ),
        // 5.0000003 %: rounded for the screen it is 5.
        (
            "keu_npl",
            &[
                ("keu_pinjaman", "300000000"),
                ("keu_pinj_kl", "15000001"),
                ("keu_pinj_d", "0"),
                ("keu_pinj_m", "0"),
            ],
            0.75,
        ),
        (
            "keu_tumbuh_omzet",
            &[("keu_omzet", "900"), ("keu_omzet_lalu", "1000")],
            0.5,
        ),
        (
            "keu_tumbuh_omzet",
            &[("keu_omzet", "899"), ("keu_omzet_lalu", "1000")],
            0.25,
        ),
        ("prd_transaksi", &[("prd_transaksi", "2024-05-05")], 0.5),
        ("prd_transaksi", &[("prd_transaksi", "2024-05-04")], 0.25),
        (
            "prd_omzet_banding",
            &[("prd_omzet", "110"), ("prd_omzet_banding", "100")],
            1.0,
        ),
        (
            "prd_kapasitas",
            &[
                ("prd_list/01/prd_kapasitas_bulan", "0"),
                ("prd_list/02/prd_kapasitas_bulan", "0"),
            ],
            0.0,
        ),
    ];
    for (item, answers, fraction) in table {
        let mut session = complete();
        for (path, value) in answers {
            give(&mut session, path, value);
        }
        let (_, points) = session.points(item).unwrap();
        assert_eq!(points, Some(fraction), "{item} {answers:?}");
    }
}

#[test]
fn what_costs_most_stands_first_and_leads_to_a_question() {
    let text = include_str!("../fixtures/forms/contoh_terasi.json");
    let example: Example = serde_json::from_str(text).unwrap();
    let session = open(example.answers);
    let score = score::score(&session, EN).unwrap();
    assert!(
        score
            .costs
            .windows(2)
            .all(|pair| pair[0].tenths >= pair[1].tenths)
    );
    // 9 points of 46 that apply.
    let first = &score.costs[0];
    assert_eq!((first.aspect.as_str(), first.tenths), ("keuangan", 176));
    assert_eq!(
        (first.path.as_str(), first.page.as_str()),
        ("keu_laporan", "keu_pembukuan")
    );
    // What is computed leads to what it is computed from.
    let arrears = score
        .costs
        .iter()
        .find(|cost| cost.label == "Annual meetings in arrears")
        .unwrap();
    assert_eq!(
        (arrears.path.as_str(), arrears.page.as_str()),
        ("org_rat_pernah", "org_rat")
    );
    let used = score
        .costs
        .iter()
        .find(|cost| cost.label == "Capacity used")
        .unwrap();
    assert_eq!(used.path, "prd_list/01/prd_kapasitas_bulan");
    for cost in &score.costs {
        assert!(session.question(&cost.path, EN).is_some(), "{cost:?}");
        assert!(form().page(&cost.page).is_some(), "{cost:?}");
    }
}

#[test]
fn a_cooperative_not_found_is_proposed_inactive_after_two_searches_only() {
    let vain = |day: &str| {
        open(Answers::from([
            ("tanggal_kunjungan".into(), day.into()),
            ("keberadaan".into(), "tidak_ditemukan".into()),
            ("saksi_nama".into(), "Pak RT (CONTOH)".into()),
        ]))
    };
    let first = scored(&vain("2024-10-01")).assessment;
    assert_eq!(first.search, Some(Search::Witnessed));
    assert_eq!((first.aspects.len(), first.total), (0, None));
    let second = vain("2024-10-15");
    let proposal =
        |earlier: &[Assessment]| score::proposal(&second, &scored(&second).assessment, earlier);
    assert_eq!(proposal(&[]).status, None);
    assert_eq!(proposal(&[]).reasons, [Reason::SearchedOnce]);
    assert_eq!(
        proposal(std::slice::from_ref(&first)).status,
        Some(Status::TidakAktif)
    );
    assert_eq!(proposal(&[first]).reasons, [Reason::NotFound]);
}

#[test]
fn a_trend_needs_a_visit_that_was_scored_the_same_way() {
    let mut session = complete();
    let before = scored(&session).assessment;
    give(&mut session, "prd_jalan", "berhenti");
    let now = scored(&session).assessment;
    assert_eq!(
        now.trend("produk", std::slice::from_ref(&before)),
        Trend::Down
    );
    assert_eq!(
        now.trend("organisasi", std::slice::from_ref(&before)),
        Trend::Same
    );
    assert_eq!(before.trend("produk", &[now]), Trend::Up);
    assert_eq!(before.trend("produk", &[]), Trend::NotComparable);
}

#[test]
fn the_sheets_arrears_are_those_of_the_rule_on_every_day() {
    let mut session = complete();
    let mut day = date(2024, 1, 1);
    while day < date(2024, 11, 8) {
        give(&mut session, "tanggal_kunjungan", &day.to_string());
        for book_year in [2019, 2021, 2022, 2023] {
            give(&mut session, "org_rat_tahun_buku", &book_year.to_string());
            let expected = rat::arrears(day, Meetings::Held { book_year });
            assert_eq!(
                session.answers()["org_rat_tertunggak"],
                expected.to_string(),
                "{day}"
            );
        }
        day = day.checked_add(23.days()).unwrap();
    }
}

fn offered(session: &Session) -> Vec<String> {
    suggest::offers(session, ID)
        .into_iter()
        .map(|offer| offer.name)
        .collect()
}

/// Answers under which the form suggests nothing.
fn in_order() -> Session {
    let mut session = complete();
    give(&mut session, "prd_halal", "ada_dilihat");
    session
}

#[test]
fn each_row_of_the_table_is_suggested_by_its_answers_and_by_nothing_else() {
    assert_eq!(offered(&in_order()), Vec::<String>::new());
    let table: [(&str, &str, &str, &str, &str); 24] = [
        (
            "rat",
            "org_rat_tahun_buku",
            "2022",
            "2025-01-06",
            "Menjadwalkan RAT tahun buku 2023 dan menyusun laporan",
        ),
        (
            "nik",
            "org_nik_status",
            "kedaluwarsa",
            "2024-12-07",
            "Melengkapi formulir profil",
        ),
        (
            "nik",
            "org_nik_status",
            "nik_tanpa_sertifikat",
            "2024-12-07",
            "",
        ),
        (
            "pengurus",
            "org_pengurus",
            "ketua bendahara",
            "2025-01-06",
            "Memilih pengurus",
        ),
        ("pengurus", "org_pengurus", "tidak_ada", "2025-01-06", ""),
        (
            "pengurus",
            "org_pengurus_akhir",
            "2024-11-06",
            "2025-01-06",
            "",
        ),
        (
            "pengawas",
            "org_pengawas",
            "ada_tidak_aktif",
            "2025-01-06",
            "Mengaktifkan pengawas",
        ),
        (
            "nib",
            "org_nib",
            "ada_tidak_dilihat",
            "2024-11-21",
            "Mendampingi pembuatan NIB",
        ),
        ("nib", "org_nib", "tidak_ada", "2024-11-21", ""),
        (
            "buku",
            "org_buku",
            "daftar_anggota agenda inventaris notulen_ra buku_tamu",
            "2024-12-07",
            "Memulai enam buku pokok",
        ),
        ("buku", "org_buku", "tidak_ada", "2024-12-07", ""),
        (
            "kas",
            "keu_kas_tgl",
            "2024-10-06",
            "2024-11-21",
            "Memutakhirkan buku kas",
        ),
        ("kas", "keu_kas_tgl", "", "2024-11-21", ""),
        (
            "laporan",
            "keu_laporan",
            "neraca calk",
            "2024-12-22",
            "Menyusun neraca dan PHU tahun buku 2023",
        ),
        ("laporan", "keu_laporan", "tidak_ada", "2024-12-22", ""),
        (
            "npl",
            "keu_pinj_m",
            "15000000",
            "2024-12-07",
            "Menyusun daftar tunggakan",
        ),
        (
            "nonanggota",
            "keu_nonanggota",
            "ya",
            "2024-11-21",
            "Menghentikan pinjaman",
        ),
        (
            "spt",
            "keu_spt",
            "tidak",
            "2024-12-07",
            "Melaporkan SPT Tahunan Badan",
        ),
        ("spt", "keu_spt", "tidak_tahu", "2024-12-07", ""),
        (
            "usaha",
            "prd_jalan",
            "sesekali",
            "2024-12-07",
            "Menyusun rencana menghidupkan usaha",
        ),
        ("usaha", "prd_jalan", "berhenti", "2024-12-07", ""),
        (
            "pirt",
            "prd_pirt",
            "proses",
            "2024-12-22",
            "Mendaftarkan SPP-IRT",
        ),
        (
            "halal",
            "prd_halal",
            "tidak_ada",
            "2024-12-22",
            "Mendaftarkan sertifikasi halal",
        ),
        (
            "mitra",
            "prd_mitra",
            "tidak_ada",
            "2025-01-06",
            "Mempertemukan",
        ),
    ];
    let mut names: Vec<&str> = Vec::new();
    for (name, path, value, due, action) in table {
        let mut session = in_order();
        give(&mut session, path, value);
        let offers = suggest::offers(&session, ID);
        let found: Vec<&str> = offers.iter().map(|offer| offer.name.as_str()).collect();
        assert_eq!(found, [name], "{path} = {value}");
        assert_eq!(offers[0].due, due, "{name}");
        assert!(
            offers[0].action.starts_with(action),
            "{name}: {}",
            offers[0].action
        );
        names.push(name);
    }
    names.dedup();
    assert_eq!(names.len(), 15, "every row of the table");
}

#[test]
fn answers_just_inside_the_rules_suggest_nothing() {
    for (path, value) in [
        ("org_pengurus_akhir", "2024-11-07"),
        ("keu_kas_tgl", "2024-10-07"),
        // 15,400,000 of 154,000,000 is 10 percent and not more.
        ("keu_pinj_m", "10700000"),
        (
            "org_buku",
            "daftar_anggota agenda inventaris notulen_ra buku_tamu daftar_pengurus",
        ),
        ("org_nib", "tidak_berlaku"),
        ("prd_jalan", "musiman"),
    ] {
        let mut session = in_order();
        give(&mut session, path, value);
        assert_eq!(offered(&session), Vec::<String>::new(), "{path} = {value}");
    }
    let untouched = open(Answers::from([
        ("tanggal_kunjungan".into(), "2024-11-07".into()),
        ("keberadaan".into(), "ditemukan_buka".into()),
        ("aspek_diisi".into(), "organisasi keuangan produk".into()),
    ]));
    assert_eq!(
        offered(&untouched),
        Vec::<String>::new(),
        "nothing is answered yet"
    );
}

#[test]
fn a_suggestion_taken_is_a_follow_up_that_can_be_sent_and_edited() {
    for (path, value) in [
        ("org_rat_tahun_buku", "2022"),
        ("org_nib", "proses"),
        ("keu_nonanggota", "ya"),
        ("prd_mitra", "tidak_ada"),
    ] {
        let mut session = in_order();
        give(&mut session, path, value);
        let offer = suggest::offers(&session, ID).remove(0);
        let changes = suggest::take(&mut session, &offer, "77", "Rizky CONTOH").unwrap();
        assert!(changes.values.contains(&("tl/77".into(), Some("1".into()))));
        assert_eq!(
            offered(&session),
            Vec::<String>::new(),
            "it is not offered again"
        );
        assert_eq!(session.problems(ID), [], "{path}");
        let answer = |name: &str| session.answers()[&format!("tl/77/{name}")].clone();
        assert_eq!(answer("tl_aksi"), offer.action);
        assert_eq!(answer("tl_tenggat"), offer.due);
        assert_eq!(answer("tl_status"), "belum");
        let owner = if answer("tl_pj") == "petugas" {
            "Rizky CONTOH"
        } else {
            "Sulastri CONTOH"
        };
        assert_eq!(answer("tl_pj_nama"), owner);
        give(
            &mut session,
            "tl/77/tl_aksi",
            "Sesuatu yang lain sama sekali",
        );
        assert_eq!(offered(&session), Vec::<String>::new());
        session.remove_repeat("tl/77").unwrap();
        assert_eq!(offered(&session), [offer.name]);
    }
}

#[test]
fn a_suggestion_dropped_is_not_made_again_in_this_visit() {
    let mut session = in_order();
    give(&mut session, "org_nib", "proses");
    give(&mut session, "keu_spt", "tidak");
    assert_eq!(offered(&session), ["nib", "spt"]);
    suggest::drop_offer(&mut session, "nib").unwrap();
    assert_eq!(offered(&session), ["spt"]);
    suggest::drop_offer(&mut session, "spt").unwrap();
    let anew = open(session.answers().clone());
    assert_eq!(offered(&anew), Vec::<String>::new());
    assert_eq!(anew.submission()["saran_diabaikan"], "nib spt");
}

#[test]
fn suggestions_speak_both_languages_and_name_choices_that_there_are() {
    let sheet = include_str!("../../assets/forms/kunjungan/choices.csv");
    assert_eq!(sheet.matches("\nsaran,").count(), 15);
    let mut session = complete();
    for (path, value) in [
        ("org_rat_tahun_buku", "2020"),
        ("org_nik_status", "kedaluwarsa"),
        ("org_pengurus", "ketua"),
        ("org_pengawas", "tidak_ada"),
        ("org_nib", "proses"),
        ("org_buku", "tidak_ada"),
        ("keu_kas_tgl", ""),
        ("keu_laporan", "tidak_ada"),
        ("keu_pinj_m", "50000000"),
        ("keu_nonanggota", "ya"),
        ("keu_spt", "tidak"),
        ("prd_jalan", "berhenti"),
        ("prd_pirt", "tidak_ada"),
        ("prd_halal", "tidak_ada"),
        ("prd_mitra", "tidak_ada"),
    ] {
        give(&mut session, path, value);
    }
    let (own, english) = (suggest::offers(&session, ID), suggest::offers(&session, EN));
    assert_eq!((own.len(), english.len()), (15, 15));
    let choices = |question: &str| {
        let list = form().question(question).unwrap().choices.clone();
        let anjangsana::form::Choices::List(list) = list else {
            panic!("{question}")
        };
        let choices = form().list(&list).unwrap().choices.clone();
        choices
            .into_iter()
            .map(|choice| choice.name)
            .collect::<Vec<_>>()
    };
    for (a, b) in own.iter().zip(&english) {
        let Offer {
            action, problem, ..
        } = a;
        assert!(action.chars().count() >= 10 && problem.chars().count() >= 10);
        assert!(*action != b.action && *problem != b.problem, "{}", a.name);
        assert!(choices("tl_aspek").contains(&a.aspect), "{}", a.aspect);
        assert!(
            choices("tl_kategori").contains(&a.category),
            "{}",
            a.category
        );
        assert!(
            choices("tl_prioritas").contains(&a.priority),
            "{}",
            a.priority
        );
        assert!(choices("tl_pj").contains(&a.owner), "{}", a.owner);
        assert!(parse_date(&a.due).is_some());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// The order in which the questions are answered has no part in the score.
    #[test]
    fn answering_in_another_order_gives_the_same_score(seed in proptest::collection::vec(0usize..1_000, 1..60)) {
        let whole = complete();
        let expected = scored(&whole);
        let mut answers: Vec<(String, String)> = whole
            .answers()
            .iter()
            .filter(|(path, _)| !path.contains('/') && form().question(path).is_some_and(|one| one.question_kind().is_some_and(|kind| kind.is_asked())))
            .map(|(path, value)| (path.clone(), value.clone()))
            .collect();
        for (at, jump) in seed.into_iter().enumerate() {
            let count = answers.len();
            answers.swap(at % count, jump % count);
        }
        let repeats: Answers = whole.answers().iter().filter(|(path, _)| path.contains('/')).map(|(path, value)| (path.clone(), value.clone())).collect();
        let mut session = open(repeats);
        for (path, value) in answers {
            // What the form looks up from the register cannot be typed.
            let _ = session.answer(&path, Some(&value));
        }
        let _ = session.answer("tanggal_kunjungan", Some("2024-11-07"));
        prop_assert_eq!(scored(&session).assessment.aspects, expected.assessment.aspects);
    }
}
