//! The phone's SQLite: `xtask/sqlite/phone.c` around the amalgamation that `sqlite-wasm-rs` brings, without the functions in
//! `xtask/sqlite/never.txt`.

use crate::{cargo, exec, files, place};
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::path::PathBuf;

/// What `sqlite-wasm-rs` looks for in the folder that its `SQLITE_WASM_RS_SOURCE_DIR` names.
const SOURCE: &str = "sqlite3mc_amalgamation.c";
const HEADER: &str = "sqlite3mc_amalgamation.h";
/// The amalgamation without what the phone never gets to.
const CUT: &str = "cut.c";

/// Puts the phone's SQLite together; gives its folder.
///
/// # Errors
/// When the amalgamation is not where cargo says.
pub(crate) fn folder() -> Result<PathBuf> {
    let theirs = amalgamation()?;
    let ours = place::root().join("xtask/sqlite");
    // The amalgamation has names of people in it, in their own encoding.
    let read = |path: PathBuf| {
        let bytes = std::fs::read(&path).with_context(|| format!("reading {}", path.display()))?;
        anyhow::Ok(String::from_utf8_lossy(&bytes).into_owned())
    };
    let folder = place::scratch().join("sqlite");
    let cut = cut(&read(theirs.join(SOURCE))?, &read(ours.join("never.txt"))?)?;
    files::write(&folder.join(CUT), cut.as_bytes())?;
    let source = format!(
        "#define AMALGAMATION \"{CUT}\"\n{}",
        read(ours.join("phone.c"))?
    );
    files::write(&folder.join(SOURCE), source.as_bytes())?;
    files::write(&folder.join(HEADER), read(theirs.join(HEADER))?.as_bytes())?;
    Ok(folder)
}

/// Gives each function of the list (a line each: its name, its new body) that body.
fn cut(source: &str, list: &str) -> Result<String> {
    let mut cut = source.to_owned();
    let lines = list.lines().map(str::trim);
    for line in lines.filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (name, body) = line.split_once(' ').unwrap_or((line, ""));
        let mut at = 0;
        let mut found = false;
        while let Some((start, end)) = body_of(&cut, name, at) {
            cut.replace_range(start..end, body);
            at = start + body.len();
            found = true;
        }
        ensure!(found, "the amalgamation has no function {name}");
    }
    Ok(cut)
}

/// Where the next definition of a function has its body, without the braces: SQLite's sources end each with a brace that
/// begins its line. There is more than one definition where the preprocessor chooses.
fn body_of(source: &str, name: &str, from: usize) -> Option<(usize, usize)> {
    let call = format!("{name}(");
    for (found, _) in source.get(from..)?.match_indices(&call) {
        let name_at = from + found;
        let whole = !source
            .get(..name_at)?
            .ends_with(|c: char| c.is_alphanumeric() || c == '_');
        let arguments = source.get(name_at + name.len()..)?;
        let mut depth = 0;
        let close = arguments.find(|c| {
            depth += i32::from(c == '(') - i32::from(c == ')');
            depth == 0
        })?;
        let rest = arguments.get(close + 1..)?;
        let after = rest.trim_start();
        // A call within another function is indented.
        let line = source.get(..name_at)?.rsplit('\n').next()?;
        if whole && after.starts_with('{') && !line.starts_with([' ', '\t']) {
            let start = source.len() - after.len() + 1;
            let end = start + source.get(start..)?.find("\n}")?;
            return Some((start, end));
        }
    }
    None
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_function_gets_its_new_body_and_its_calls_stay() {
        let source = "int two(int);\nint one(\n  int a /* (a) */\n){\n  if( a ){\n    return two(a);\n  }\n  return 1;\n}\n\
                      static int two(int a)\n{\n  return a;\n}\nint not_two(int a){\n  return two(a);\n}\n";
        let cut = cut(source, "# a word\n\none return 0;\ntwo\n").unwrap();
        assert_eq!(
            cut,
            "int two(int);\nint one(\n  int a /* (a) */\n){return 0;\n}\n\
             static int two(int a)\n{\n}\nint not_two(int a){\n  return two(a);\n}\n"
        );
    }

    #[test]
    fn a_function_that_is_not_there_is_an_error() {
        assert!(cut("int one(int a);\n", "one return 0;").is_err());
    }
}
