//! What we export, the converter of the ODK world takes: pyxform, of one fixed version, which `cargo xtask test` installs
//! into the target folder.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anjangsana::{
    form::{Sheets, builtin},
    server::workbook,
};

use crate::form_fixtures;

/// Converts every workbook named on the command line and prints what goes wrong.
const CONVERT: &str = "
import sys
from pyxform.xls2xform import convert
wrong = 0
for path in sys.argv[1:]:
    try:
        xform = convert(xlsform=path, validate=False).xform
        assert '<h:html' in xform
    except Exception as error:
        wrong += 1
        print(path, '--', error)
sys.exit(1 if wrong else 0)
";

fn python() -> PathBuf {
    let target = Path::new(env!("CARGO_BIN_EXE_anjangsana-server"))
        .ancestors()
        .nth(2)
        .unwrap();
    let python = target.join("pyxform/bin/python");
    assert!(
        python.exists(),
        "{} is missing: run `cargo xtask test`, which installs pyxform there",
        python.display()
    );
    python
}

#[test]
fn pyxform_converts_what_we_export() {
    let folder = tempfile::tempdir().unwrap();
    let mut files = Vec::new();
    let mut put = |name: &str, sheets: &Sheets| {
        let file = folder.path().join(format!("{name}.xlsx"));
        std::fs::write(&file, workbook::write(sheets).unwrap()).unwrap();
        files.push(file);
    };
    put("kunjungan", &builtin::kunjungan().unwrap());
    for path in form_fixtures::forms() {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        put(&name, &workbook::load(&path).unwrap().sheets);
    }
    let output = Command::new(python())
        .args(["-c", CONVERT])
        .args(&files)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}
