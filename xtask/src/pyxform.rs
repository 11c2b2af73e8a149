//! pyxform, which the tests convert exported workbooks with: of one version, in the target folder.

use crate::apt::Missing;
use crate::step::step;
use crate::{exec, place};
use anyhow::Result;
use std::path::Path;
use std::process::Command;

/// What is installed. The tests hold what this version takes.
const PACKAGE: &str = "pyxform==4.5.0";
/// It and what it needs, with the hashes of the files.
const REQUIREMENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/pyxform.txt");

const PYTHON: Missing = Missing {
    what: "Python with its venv module",
    debian: &[&["python3", "python3-venv"]],
    elsewhere: &[
        "Fedora: sudo dnf install python3",
        "macOS: brew install python",
    ],
};

/// Installs it unless it is there.
///
/// # Errors
/// When Python is missing and cannot be installed, or pip has no way to its packages.
pub(crate) fn install() -> Result<()> {
    let folder = place::target().join("pyxform");
    let done = folder.join(PACKAGE);
    if done.exists() {
        return Ok(());
    }
    if !exec::succeeds(Command::new("python3").args(["-c", "import ensurepip, venv"])) {
        PYTHON.install()?;
    }
    step(&format!("installing {PACKAGE}"), || {
        let mut make = Command::new("python3");
        exec::run(make.args(["-m", "venv", "--clear"]).arg(&folder))?;
        let mut pip = Command::new(folder.join("bin/python"));
        exec::run(pip.args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--require-hashes",
            "--requirement",
            REQUIREMENTS,
        ]))?;
        mark(&done)
    })
}

fn mark(file: &Path) -> Result<()> {
    Ok(std::fs::write(file, "")?)
}
