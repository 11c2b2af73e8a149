//! The importer of forms, with anything for a form: sheets as CSV, parts of a workbook, a workbook's bytes.
//!
//! `RUSTC_BOOTSTRAP=1 cargo fuzz run --sanitizer none workbook -- -max_total_time=300`
#![no_main]

use std::{
    io::{Cursor, Write},
    sync::Arc,
};

use anjangsana::{
    form::{Answers, FormErrors, Session, Sheets, Surroundings, compile},
    server::workbook,
};
use libfuzzer_sys::fuzz_target;
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

const BOOK: &str = r#"<workbook xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="survey" sheetId="1" r:id="rId1"/><sheet name="choices" sheetId="2" r:id="rId2"/></sheets></workbook>"#;
const RELS: &str = r#"<Relationships><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet2.xml"/><Relationship Id="rId3" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" Target="sharedStrings.xml"/></Relationships>"#;

fuzz_target!(|data: &[u8]| {
    let Some((kind, rest)) = data.split_first() else {
        return;
    };
    match kind % 3 {
        0 => {
            let text = String::from_utf8_lossy(rest);
            let names = ["survey", "choices", "settings", "external_choices", "desa"];
            run(Sheets::from_named(names.into_iter().zip(text.split('\u{1}'))));
        }
        1 => {
            let mut parts = rest.split(|byte| *byte == 1);
            let mut next = || parts.next().unwrap_or_default();
            let files = [
                ("xl/workbook.xml", BOOK.as_bytes()),
                ("xl/_rels/workbook.xml.rels", RELS.as_bytes()),
                ("xl/worksheets/sheet1.xml", next()),
                ("xl/worksheets/sheet2.xml", next()),
                ("xl/sharedStrings.xml", next()),
                ("xl/styles.xml", next()),
            ];
            let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
            let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
            for (name, content) in files {
                if writer.start_file(name, stored).is_err() || writer.write_all(content).is_err() {
                    return;
                }
            }
            if let Ok(book) = writer.finish() {
                run(workbook::read(&book.into_inner()).map(|book| book.sheets));
            }
        }
        _ => run(workbook::read(rest).map(|book| book.sheets)),
    }
});

/// What is read compiles or says why; what compiles opens, and goes to a workbook and back.
fn run(sheets: Result<Sheets, FormErrors>) {
    let sheets = match sheets {
        Ok(sheets) => sheets,
        Err(errors) => return say(&errors),
    };
    match compile(&sheets) {
        Ok(form) => {
            let session = Session::open(Arc::new(form), Answers::new(), Surroundings::default());
            session.problems("id");
            session.pages();
            if let Ok(book) = workbook::write(&sheets) {
                assert!(workbook::read(&book).is_ok(), "what was written is read");
            }
        }
        Err(errors) => say(&errors),
    }
}

fn say(errors: &FormErrors) {
    for error in &errors.0 {
        let _ = (error.to_string(), error.indonesian());
    }
}
