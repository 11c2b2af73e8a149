//! The official tus client, from npm, for the tests that let it upload to our server.

use crate::apt::Missing;
use crate::step::step;
use crate::{exec, place};
use anyhow::{Context, Result};
use std::path::PathBuf;
use std::process::Command;

const NODE: Missing = Missing {
    what: "Node.js with npm, for the official tus client,",
    debian: &[&["nodejs", "npm"]],
    elsewhere: &["other systems: https://nodejs.org"],
};

/// Installs the client, exactly as its lock file says, and gives its folder.
///
/// # Errors
/// When Node.js cannot be installed, or npm fails.
pub(crate) fn install() -> Result<PathBuf> {
    let there = || exec::find(&["node"]).is_some() && exec::find(&["npm"]).is_some();
    if !there() {
        NODE.install()?;
    }
    let from = place::root().join("tests/tus");
    let to = place::target().join("tus");
    std::fs::create_dir_all(&to)?;
    let read = |folder: &PathBuf| std::fs::read(folder.join("package-lock.json"));
    let locked = read(&from).context("tests/tus/package-lock.json")?;
    // A lock that is left there stands for an installation that was finished.
    let fresh = read(&to).is_ok_and(|before| before == locked);
    std::fs::copy(from.join("upload.mjs"), to.join("upload.mjs"))?;
    if !fresh {
        let copy = |name: &str| std::fs::copy(from.join(name), to.join(name));
        copy("package.json")?;
        copy("package-lock.json")?;
        let installed = step("npm ci", || {
            let mut npm = Command::new("npm");
            npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
            exec::run(npm.current_dir(&to))
        });
        if installed.is_err() {
            std::fs::remove_file(to.join("package-lock.json"))?;
        }
        installed?;
    }
    Ok(to)
}
