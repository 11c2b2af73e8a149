//! Workbooks in and out: cells as they were typed, and hostile files that end in a clear error.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::io::{Cursor, Write};

use anjangsana::{
    form::{self, Cause, FormErrors, Limit, Mend, Sheets, compile},
    server::workbook::{self, Workbook},
};
use rust_xlsxwriter::{ExcelDateTime, Format, Formula};
use zip::{ZipWriter, write::SimpleFileOptions};

use crate::form_support::csv;

fn book(fill: impl FnOnce(&mut rust_xlsxwriter::Workbook)) -> Vec<u8> {
    let mut book = rust_xlsxwriter::Workbook::new();
    fill(&mut book);
    book.save_to_buffer().unwrap()
}

fn page<'b>(
    book: &'b mut rust_xlsxwriter::Workbook,
    name: &str,
) -> &'b mut rust_xlsxwriter::Worksheet {
    book.add_worksheet().set_name(name).unwrap()
}

fn rows(page: &mut rust_xlsxwriter::Worksheet, rows: &[&[&str]]) {
    for (row, cells) in (0..).zip(rows) {
        for (column, cell) in (0..).zip(*cells) {
            page.write_string(row, column, *cell).unwrap();
        }
    }
}

/// A workbook made of its parts, so that they can lie.
fn archive(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        writer
            .start_file(*name, SimpleFileOptions::default())
            .unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

const TYPES: &str = r#"<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>"#;
const RELS: &str = r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
const BOOK: &str = r#"<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="survey" sheetId="1" r:id="rId1"/></sheets></workbook>"#;
const BOOK_RELS: &str = r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" Target="sharedStrings.xml"/></Relationships>"#;

fn raw_book(sheet: &str, strings: &str) -> Vec<u8> {
    archive(&[
        ("[Content_Types].xml", TYPES.as_bytes()),
        ("_rels/.rels", RELS.as_bytes()),
        ("xl/workbook.xml", BOOK.as_bytes()),
        ("xl/_rels/workbook.xml.rels", BOOK_RELS.as_bytes()),
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
        ("xl/sharedStrings.xml", strings.as_bytes()),
    ])
}

const STRINGS: &str = r#"<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" uniqueCount="0"></sst>"#;

fn raw_sheet(cells: &str) -> String {
    format!(
        r#"<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{cells}</sheetData></worksheet>"#
    )
}

#[track_caller]
fn refused(bytes: &[u8]) -> form::FormError {
    let FormErrors(errors) = workbook::read(bytes).expect_err("no workbook of ours");
    errors.into_iter().next().unwrap()
}

#[test]
fn cells_come_as_a_person_would_have_typed_them() {
    let bytes = book(|book| {
        let survey = page(book, "survey");
        rows(
            survey,
            &[&["type", "name", "label", "default", "required", "extra"]],
        );
        survey.write_string(1, 0, " text ").unwrap();
        survey.write_string(1, 1, "a").unwrap();
        survey.write_number(1, 2, 1.0).unwrap();
        survey.write_number(1, 3, 2.5).unwrap();
        survey.write_boolean(1, 4, true).unwrap();
        let date = Format::new().set_num_format("yyyy-mm-dd");
        let stamp = Format::new().set_num_format("yyyy-mm-dd hh:mm");
        let clock = Format::new().set_num_format("hh:mm");
        let day = ExcelDateTime::from_ymd(2024, 11, 8).unwrap();
        survey
            .write_datetime_with_format(4, 0, &day, &date)
            .unwrap();
        let moment = day.and_hms(9, 30, 0).unwrap();
        survey
            .write_datetime_with_format(4, 1, &moment, &stamp)
            .unwrap();
        let noon = ExcelDateTime::from_hms(12, 0, 0).unwrap();
        survey
            .write_datetime_with_format(4, 2, &noon, &clock)
            .unwrap();
        survey.write_number(4, 3, 2_024_110_701.0).unwrap();
        page(book, "Remarks");
    });
    let Workbook { sheets, warnings } = workbook::read(&bytes).unwrap();
    assert!(warnings.is_empty());
    let rows = &sheets.survey.rows;
    assert_eq!((rows[0].number, rows[1].number), (2, 5));
    assert_eq!(rows[0].cells, [" text ", "a", "1", "2.5", "TRUE"]);
    assert_eq!(rows[0].cell(0), "text");
    assert_eq!(
        rows[1].cells,
        [
            "2024-11-08",
            "2024-11-08T09:30:00",
            "12:00:00",
            "2024110701"
        ]
    );
}

#[test]
fn typographic_quotes_and_hard_blanks_are_plain_ones_in_expressions() {
    let survey = "type|name|label|relevant\ntext|a|\u{201c}A\u{201d}|\ntext|b|B|${a}\u{a0}= \u{2018}x\u{2019}";
    let form = crate::form_support::form(survey, "");
    assert_eq!(
        form.question("b")
            .unwrap()
            .relevant
            .as_ref()
            .unwrap()
            .to_string(),
        "${a} = 'x'"
    );
}

#[test]
fn a_formula_gives_its_last_result_and_says_so() {
    let bytes = book(|book| {
        let survey = page(book, "survey");
        rows(survey, &[&["type", "name", "label"], &["text", "a"]]);
        survey
            .write_formula(1, 2, Formula::new("=\"What\"&\"?\"").set_result("What?"))
            .unwrap();
    });
    let read = workbook::read(&bytes).unwrap();
    assert_eq!(read.sheets.survey.rows[0].cell(2), "What?");
    assert_eq!(
        read.warnings[0].to_string(),
        "survey!C2: the cell holds a formula; its last result `What?` is taken; put its value into the cell instead (paste as values)"
    );
    let broken = raw_sheet(
        r#"<row r="2"><c r="A2" t="e"><f>B9/0</f><v>#DIV/0!</v></c><c r="B2"><f>C3</f></c></row>"#,
    );
    let FormErrors(errors) = workbook::read(&raw_book(&broken, STRINGS)).unwrap_err();
    let causes: Vec<_> = errors
        .iter()
        .map(|error| (error.cell.as_str(), &error.cause))
        .collect();
    assert!(
        causes.contains(&("A2", &Cause::CellError("#DIV/0!".into()))),
        "{causes:?}"
    );
    assert!(causes.contains(&("B2", &Cause::EmptyFormula)), "{causes:?}");
}

#[test]
fn what_is_no_workbook_is_called_what_it_is() {
    assert_eq!(refused(b"").cause, Cause::NotAWorkbook);
    assert_eq!(refused(b"PK\x03\x04 broken").cause, Cause::NotAWorkbook);
    assert_eq!(
        refused(&archive(&[("readme.txt", b"hello")])).cause,
        Cause::NotAWorkbook
    );
    let mut whole = book(|book| rows(page(book, "survey"), &[&["type", "name"]]));
    whole.truncate(whole.len() / 2);
    assert_eq!(refused(&whole).cause, Cause::NotAWorkbook);
    let old = [&[0xd0, 0xcf, 0x11, 0xe0][..], &[0; 600]].concat();
    assert_eq!(refused(&old).cause, Cause::OldFormat);
    let name: Vec<u8> = "EncryptedPackage"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let locked = refused(&[old, name].concat());
    assert_eq!(
        (locked.cause, locked.mend),
        (Cause::Encrypted, Some(Mend::Unprotect))
    );
}

#[test]
fn a_zip_bomb_is_refused_by_what_it_says_and_by_what_it_unpacks() {
    let zeros = vec![b' '; 40_000_000];
    let bomb = archive(&[
        ("[Content_Types].xml", TYPES.as_bytes()),
        ("xl/worksheets/sheet1.xml", &zeros),
    ]);
    assert!(bomb.len() < 100_000);
    assert_eq!(refused(&bomb).cause, Cause::TooLarge(Limit::Unpacked));
    // The same with sizes that lie: one byte, says the directory and the part's own header.
    let size = 40_000_000_u32.to_le_bytes();
    let mut lying = bomb;
    let places: Vec<usize> = (0..lying.len() - 4)
        .filter(|at| lying[*at..*at + 4] == size)
        .collect();
    assert!(!places.is_empty());
    for at in places {
        lying[at..at + 4].copy_from_slice(&1_u32.to_le_bytes());
    }
    let cause = refused(&lying).cause;
    assert!(
        matches!(
            cause,
            Cause::TooLarge(Limit::Unpacked) | Cause::NotAWorkbook
        ),
        "{cause:?}"
    );
    assert_eq!(
        refused(&vec![b'x'; 5_000_000]).cause,
        Cause::TooLarge(Limit::File)
    );
}

#[test]
fn announcements_are_not_believed() {
    let sheet = raw_sheet("");
    let strings = r#"<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" uniqueCount = "99999999999999"></sst>"#;
    assert_eq!(
        refused(&raw_book(&sheet, strings)).cause,
        Cause::NotAWorkbook
    );
    let shared = raw_sheet(
        r#"<row r="1"><c r="A1"><f t="shared" si="9999999999" ref="A1:A2">1</f><v>1</v></c></row>"#,
    );
    assert_eq!(
        refused(&raw_book(&shared, STRINGS)).cause,
        Cause::NotAWorkbook
    );
}

#[test]
fn a_sheet_that_is_too_large_says_which_way() {
    let far_down = raw_sheet(r#"<row r="1048576"><c r="A1048576"><v>1</v></c></row>"#);
    let down = refused(&raw_book(&far_down, STRINGS));
    assert_eq!(
        (down.cause, down.sheet.as_str()),
        (Cause::TooLarge(Limit::Rows), "survey")
    );
    let far_right = raw_sheet(r#"<row r="1"><c r="XFD1"><v>1</v></c></row>"#);
    assert_eq!(
        refused(&raw_book(&far_right, STRINGS)).cause,
        Cause::TooLarge(Limit::Columns)
    );
    let huge = raw_sheet(&format!(
        r#"<row r="1"><c r="B1" t="inlineStr"><is><t>{}</t></is></c></row>"#,
        "x".repeat(10_000_000)
    ));
    let cell = refused(&raw_book(&huge, STRINGS));
    assert_eq!(
        (cell.cause, cell.cell.as_str()),
        (Cause::TooLarge(Limit::Cell), "B1")
    );
    let million: String = (1..=1_000_000)
        .map(|row| format!(r#"<row r="{row}"><c><v>1</v></c></row>"#))
        .collect();
    let cause = refused(&raw_book(&raw_sheet(&million), STRINGS)).cause;
    assert!(
        matches!(cause, Cause::TooLarge(Limit::Rows | Limit::Unpacked)),
        "{cause:?}"
    );
    let full = "x".repeat(4) + &",x".repeat(600);
    let sheets = Sheets::from_csv(&format!("type,name\n{full}\n"), "", "").unwrap();
    let FormErrors(errors) = compile(&sheets).unwrap_err();
    assert_eq!(errors[0].cause, Cause::TooLarge(Limit::Columns));
}

#[test]
fn cells_far_out_that_hold_nothing_cost_nothing() {
    let sheet = raw_sheet(
        r#"<row r="1"><c r="A1" t="inlineStr"><is><t>type</t></is></c><c r="XFD1" s="0"/></row><row r="1048576"><c r="A1048576" s="0"/></row>"#,
    );
    let read = workbook::read(&raw_book(&sheet, STRINGS)).unwrap();
    assert_eq!(read.sheets.survey.header, ["type"]);
}

#[test]
fn expressions_that_reach_everything_from_everywhere_end_in_an_error() {
    let wide = "//*".repeat(300);
    let survey: String = (0..3_000)
        .map(|n| format!("text,q{n},Q,\"count({wide}) > 1\"\n"))
        .collect();
    let sheets = Sheets::from_csv(&format!("type,name,label,relevant\n{survey}"), "", "").unwrap();
    let FormErrors(errors) = compile(&sheets).unwrap_err();
    assert_eq!(errors[0].cause, Cause::TooLarge(Limit::Expressions));
}

/// A sheet's name and its rows with their numbers.
type Kept = (String, Vec<(u32, Vec<String>)>);

#[test]
fn a_workbook_keeps_every_cell_column_and_sheet_on_its_way_through() {
    let sheets = Sheets::from_named([
        ("survey", &*csv("type|name|label::English (en)|our remark|weight\n text |a|\u{201c}Why?\u{201d}|ask|0.5\n|||a remark alone\ntext|b|two\twords")),
        ("choices", &*csv("list_name|name|label\nx|1|One")),
        ("settings", &*csv("form_id|version\nx|001")),
        ("external_choices", &*csv("list_name|name|label|state\ncity|p|P|s")),
        ("Catatan kantor", &*csv("a|b\n1|2")),
        ("desa", "name,label\n\"1, 2\",\"a\nb\"\n,\nx,y\n"),
    ])
    .unwrap();
    let bytes = workbook::write(&sheets).unwrap();
    let read = workbook::read(&bytes).unwrap();
    let trimmed = |sheets: &Sheets| -> Vec<Kept> {
        let rows = |sheet: &form::Sheet| {
            let rows = sheet.rows.iter().map(|row| (row.number, row.cells.clone()));
            std::iter::once((1, sheet.header.clone()))
                .chain(rows)
                .map(|(number, mut cells)| {
                    while cells.last().is_some_and(String::is_empty) {
                        cells.pop();
                    }
                    (number, cells)
                })
                .collect()
        };
        sheets
            .iter()
            .map(|sheet| (sheet.name.clone(), rows(sheet)))
            .collect()
    };
    assert_eq!(trimmed(&read.sheets), trimmed(&sheets));
    let again: Vec<(String, String)> = sheets
        .iter()
        .map(|sheet| (sheet.name.clone(), sheet.to_csv()))
        .collect();
    let again = Sheets::from_named(
        again
            .iter()
            .map(|(name, text)| (name.as_str(), text.as_str())),
    )
    .unwrap();
    assert_eq!(trimmed(&again), trimmed(&sheets));
}

#[test]
fn the_built_in_checklist_survives_excel() {
    let sheets = form::builtin::kunjungan().unwrap();
    let read = workbook::read(&workbook::write(&sheets).unwrap()).unwrap();
    let (before, after) = (compile(&sheets).unwrap(), compile(&read.sheets).unwrap());
    assert_eq!(before.elements().len(), after.elements().len());
    for (one, other) in before.elements().iter().zip(after.elements()) {
        assert_eq!(format!("{one:?}"), format!("{other:?}"));
    }
}

#[test]
fn sheets_go_by_their_names_in_any_case_and_a_lone_one_is_the_survey() {
    let bytes = book(|book| {
        rows(
            page(book, "Choices"),
            &[&["list_name", "name", "label"], &["x", "p", "P"]],
        );
        rows(
            page(book, "SURVEY"),
            &[&["type", "name", "label"], &["select_one x", "a", "A"]],
        );
    });
    assert!(compile(&workbook::read(&bytes).unwrap().sheets).is_ok());
    let lone = book(|book| {
        rows(
            page(book, "Sheet1"),
            &[&["type", "name", "label"], &["text", "a", "A"]],
        )
    });
    assert!(compile(&workbook::read(&lone).unwrap().sheets).is_ok());
    let slip = book(|book| {
        rows(page(book, "Survei"), &[&["type", "name"]]);
        page(book, "Sheet2");
    });
    assert_eq!(
        refused(&slip).to_string(),
        "the sheet `survey` is missing; did you mean `Survei`?"
    );
}

#[test]
fn cells_that_share_one_long_text_are_refused_with_their_sheet() {
    let long = "x".repeat(32_767);
    let bytes = book(|book| {
        rows(page(book, "survey"), &[&["type", "name", "label"]]);
        let choices = page(book, "choices");
        for row in 0..10_000 {
            for column in 0..4 {
                choices.write_string(row, column, &long).unwrap();
            }
        }
    });
    let error = refused(&bytes);
    assert_eq!(error.cause, Cause::TooLarge(Limit::Text));
    assert_eq!(
        (error.sheet.as_str(), error.mend),
        ("choices", Some(Mend::Less))
    );
}

#[test]
fn rows_whose_only_cell_is_far_to_the_right_are_refused() {
    let bytes = book(|book| {
        let survey = page(book, "survey");
        for row in 0..15_000 {
            survey.write_string(row, 499, "x").unwrap();
        }
    });
    assert_eq!(refused(&bytes).cause, Cause::TooLarge(Limit::Text));
}
