//! The phone's SQLite: `xtask/sqlite/phone.c` around the amalgamation that `sqlite-wasm-rs` brings.

use crate::{cargo, exec, files, place};
use anyhow::{Context, Result};
use serde_json::Value;
use std::path::PathBuf;

/// What `sqlite-wasm-rs` looks for in the folder that its `SQLITE_WASM_RS_SOURCE_DIR` names.
const SOURCE: &str = "sqlite3mc_amalgamation.c";
const HEADER: &str = "sqlite3mc_amalgamation.h";

/// Puts the phone's SQLite together; gives its folder.
///
/// # Errors
/// When the amalgamation is not where cargo says.
pub(crate) fn folder() -> Result<PathBuf> {
    let theirs = amalgamation()?;
    let read = |path: PathBuf| {
        std::fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))
    };
    let ours = read(place::root().join("xtask/sqlite/phone.c"))?;
    let original = theirs.join(SOURCE);
    let source = format!("#define AMALGAMATION \"{}\"\n{ours}", original.display());
    let folder = place::scratch().join("sqlite");
    files::write(&folder.join(SOURCE), source.as_bytes())?;
    files::write(&folder.join(HEADER), read(theirs.join(HEADER))?.as_bytes())?;
    Ok(folder)
}

/// The folder of the amalgamation, of the version in Cargo.lock.
fn amalgamation() -> Result<PathBuf> {
    let mut metadata = cargo::cargo();
    metadata.args(["metadata", "--format-version", "1", "--locked"]);
    let known: Value = serde_json::from_str(&exec::output(&mut metadata)?)?;
    let manifest = known
        .get("packages")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .find(|package| package.get("name").and_then(Value::as_str) == Some("sqlite3mc-src"))
        .and_then(|package| package.get("manifest_path")?.as_str())
        .context("no package sqlite3mc-src")?;
    Ok(PathBuf::from(manifest).with_file_name("sqlite3mc"))
}
