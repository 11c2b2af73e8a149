//! The register from a spreadsheet: good rows are taken, bad ones named, nothing is doubled.

use std::path::{Path, PathBuf};

use anjangsana::{
    domain::{Cooperative, Kind, Millis, Status},
    server::{
        register::{self, Problem, Report},
        repo::{Records, sqlite},
    },
};
use rusqlite::Connection;
use tempfile::TempDir;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(name)
}

fn database() -> (TempDir, Connection) {
    let folder = tempfile::tempdir().unwrap();
    let connection = sqlite::open(folder.path()).unwrap();
    (folder, connection)
}

fn import(connection: &mut Connection, file: &Path) -> Report {
    sqlite::transact(connection, |connection| {
        register::import(connection, file, Millis(1_731_000_000_000))
    })
    .unwrap()
}

fn csv(folder: &TempDir, text: &str) -> PathBuf {
    let file = folder.path().join("daftar.csv");
    std::fs::write(&file, text).unwrap();
    file
}

fn cooperatives(connection: &Connection) -> Vec<Cooperative> {
    let found = connection.records_of(Kind::Cooperative).unwrap();
    let read = found
        .iter()
        .map(|stored| Cooperative::from_record(&stored.record).unwrap());
    read.collect()
}

fn named(connection: &Connection, name: &str) -> Cooperative {
    let all = cooperatives(connection);
    all.into_iter().find(|one| one.name == name).expect(name)
}

#[test]
fn good_rows_are_taken_and_each_bad_one_is_named_by_row_column_and_cause() {
    let (_folder, mut connection) = database();
    let report = import(&mut connection, &fixture("register.csv"));
    assert_eq!((report.added, report.changed, report.unchanged), (3, 0, 0));
    assert_eq!(report.unknown_columns, ["Warna"]);
    let places: Vec<(u32, &str)> = report
        .problems
        .iter()
        .map(|Problem { row, column, .. }| (*row, column.as_str()))
        .collect();
    assert_eq!(
        places,
        [
            (4, "Desa"),
            (5, "NIK"),
            (5, "Tanggal_Badan_Hukum_Pendirian"),
            (5, "Jenis_Koperasi"),
            (5, "Jumlah_Anggota_Pria"),
            (5, "KDKMP"),
            (5, "Status_Tanggal"),
            (6, "Koperasi"),
            (8, "NIK"),
        ]
    );
    let shown = report.problems[0].to_string();
    assert_eq!(
        shown,
        "row 4, column Desa: \"Sadai\" is no desa or kelurahan of Toboali"
    );
    assert!(
        report.problems[8].cause.contains("row 2"),
        "{}",
        report.problems[8]
    );
}

#[test]
fn what_is_taken_is_written_one_way() {
    let (_folder, mut connection) = database();
    import(&mut connection, &fixture("register.csv"));
    let one = named(&connection, "Koperasi CONTOH Bahari");
    assert_eq!(
        (one.area.0.as_str(), one.desa.as_str(), one.jenis.as_str()),
        ("19.03.01", "Rias", "produsen")
    );
    assert!(!one.merah_putih);
    let field = |name: &str| {
        let found = one.register.iter().find(|(field, _)| field == name);
        found.map(|(_, value)| value.as_str())
    };
    assert_eq!(field("Tanggal_Badan_Hukum_Pendirian"), Some("2009-11-07"));
    assert_eq!(field("Jumlah_Anggota_Pria"), Some("1250"));
    let status = one.status().unwrap();
    assert_eq!(
        (status.status, status.date.as_str(), status.source.as_str()),
        (Status::KurangAktif, "2024-11-07", "pendataan_2024")
    );
    let two = named(&connection, "Koperasi CONTOH Tanpa Nomor");
    assert_eq!(
        (two.jenis.as_str(), two.merah_putih),
        ("simpan_pinjam", true)
    );
    assert!(two.history.is_empty());
}

#[test]
fn a_second_import_changes_nothing() {
    let (_folder, mut connection) = database();
    let first = import(&mut connection, &fixture("register.csv"));
    let rev = connection.last_rev().unwrap();
    let second = import(&mut connection, &fixture("register.csv"));
    assert_eq!((second.added, second.changed, second.unchanged), (0, 0, 3));
    assert_eq!(second.problems, first.problems);
    assert_eq!(connection.last_rev().unwrap(), rev);
}

#[test]
fn a_workbook_is_read_with_its_numbers_and_dates() {
    let (_folder, mut connection) = database();
    let report = import(&mut connection, &fixture("register.xlsx"));
    assert_eq!((report.added, report.problems.len()), (1, 1));
    // The title rows above the headings count, as they do on the screen.
    assert_eq!(
        (report.problems[0].row, report.problems[0].column.as_str()),
        (5, "Desa")
    );
    let one = named(&connection, "Koperasi CONTOH Lembar");
    assert_eq!(
        (one.nik.as_str(), one.desa.as_str(), one.area.0.as_str()),
        ("9999000000101", "Airbara", "19.03.03")
    );
    let field = |name: &str| {
        one.register
            .iter()
            .find(|(field, _)| field == name)
            .unwrap()
            .1
            .clone()
    };
    assert_eq!(field("Tanggal_RAT_Terakhir"), "2024-11-07");
    assert_eq!(field("Total_Anggota"), "1250");
}

#[test]
fn a_cooperative_is_known_by_its_number_then_its_deed_then_its_name_and_village() {
    let (folder, mut connection) = database();
    let heading = "Koperasi,NIK,Nomor_Badan_Hukum_Pendirian,Desa,Kecamatan\n";
    let mut take = |rows: &str| {
        let file = csv(&folder, &format!("{heading}{rows}"));
        let report = import(&mut connection, &file);
        assert_eq!(report.problems, []);
        (report.added, report.changed, report.unchanged)
    };
    assert_eq!(take("KSP CONTOH Satu,,,Rias,Toboali\n"), (1, 0, 0));
    // It gets a deed, then a number, then another name and another village: it stays one.
    assert_eq!(take("KSP CONTOH Satu,,BH/1,Rias,Toboali\n"), (0, 1, 0));
    assert_eq!(
        take("KSP CONTOH Satu Jaya,9999000000001,BH/1,Rias,Toboali\n"),
        (0, 1, 0)
    );
    assert_eq!(
        take("KSP CONTOH Satoe,9999000000001,BH/1-a,Payung,Payung\n"),
        (0, 1, 0)
    );
    // The same name in the same village with another number is another one.
    assert_eq!(
        take("KSP CONTOH Satoe,9999000000002,,Payung,Payung\n"),
        (1, 0, 0)
    );
    // An empty cell takes nothing away.
    assert_eq!(
        take("KSP CONTOH Satoe,9999000000001,,Payung,Payung\n"),
        (0, 0, 1)
    );
    assert_eq!(cooperatives(&connection).len(), 2);
    let moved = connection.records_of(Kind::Cooperative).unwrap();
    assert!(
        moved
            .iter()
            .all(|stored| stored.record.area.0 == "19.03.05")
    );
}

#[test]
fn a_file_that_is_no_register_is_refused_as_a_whole() {
    let (folder, mut connection) = database();
    let mut refuse = |name: &str, bytes: &[u8]| {
        let file = folder.path().join(name);
        std::fs::write(&file, bytes).unwrap();
        let refused = sqlite::transact(&mut connection, |connection| {
            register::import(connection, &file, Millis(1))
        });
        refused.unwrap_err().to_string()
    };
    let missing = refuse("a.csv", b"Koperasi,Kecamatan\nX,Toboali\n");
    assert!(
        missing.contains("row 1") && missing.contains("no Desa"),
        "{missing}"
    );
    assert!(refuse("b.csv", b"\n\n").contains("empty"));
    assert!(refuse("c.xlsx", b"this is no workbook").contains("cannot be read"));
    assert!(refuse("d.pdf", b"x").contains(".xlsx or .csv"));
    assert_eq!(cooperatives(&connection).len(), 0);
}

#[test]
fn a_workbook_with_a_cell_at_its_far_corner_is_refused_with_its_sheet_and_the_limit() {
    let (folder, connection) = database();
    let mut book = rust_xlsxwriter::Workbook::new();
    let page = book.add_worksheet().set_name("Daftar").unwrap();
    page.write_string(0, 0, "Koperasi").unwrap();
    page.write_string(1_048_575, 16_383, "x").unwrap();
    let file = folder.path().join("sudut.xlsx");
    book.save(&file).unwrap();
    let refused = register::import(&connection, &file, Millis(1)).unwrap_err();
    let said = refused.to_string();
    assert!(
        said.contains("Daftar") && said.contains("20,000 rows"),
        "{said}"
    );
}

#[test]
fn a_workbook_that_unpacks_without_end_is_not_unpacked() {
    let (folder, connection) = database();
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let packed = zip::write::SimpleFileOptions::default();
    writer.start_file("xl/workbook.xml", packed).unwrap();
    let blank = vec![b' '; 1_000_000];
    for _ in 0..40 {
        std::io::Write::write_all(&mut writer, &blank).unwrap();
    }
    let file = folder.path().join("bom.xlsx");
    std::fs::write(&file, writer.finish().unwrap().into_inner()).unwrap();
    let refused = register::import(&connection, &file, Millis(1)).unwrap_err();
    assert!(refused.to_string().contains("32 MB"), "{refused}");
}
