//! The packages that are really compiled, for this machine or for wasm: what `cargo tree` says, not what Cargo.lock could hold.

use crate::{cargo, exec, wasm_target};
use anyhow::Result;
use std::collections::BTreeSet;

/// A package that is compiled into the app, the server, the tests or the build driver.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Package {
    /// Its name.
    pub(crate) name: String,
    /// Its version.
    pub(crate) version: String,
    /// Its licence expression; empty when it gives none.
    pub(crate) licence: String,
}

/// Every package, with all features, for this machine and for wasm.
///
/// # Errors
/// When cargo cannot say, for example because Cargo.lock is not what Cargo.toml asks for.
pub(crate) fn compiled() -> Result<BTreeSet<Package>> {
    let all = ["--workspace", "--edges", "normal,build,dev", "--features"];
    let features = ["anjangsana/web,anjangsana/server,anjangsana/native"];
    let mut packages = tree(&[&all[..], &features].concat())?;
    let wasm = ["--target", wasm_target::TARGET];
    packages.extend(tree(&[&all[..], &features, &wasm].concat())?);
    Ok(packages)
}

/// The packages that are linked into what a phone downloads.
///
/// # Errors
/// As [`compiled`].
pub(crate) fn in_the_app() -> Result<BTreeSet<Package>> {
    let edges = ["--package", "anjangsana", "--edges", "normal,no-proc-macro"];
    let features = ["--features", "web", "--target", wasm_target::TARGET];
    tree(&[&edges[..], &features].concat())
}

fn tree(of: &[&str]) -> Result<BTreeSet<Package>> {
    let mut command = cargo::cargo();
    command.args([
        "tree",
        "--locked",
        "--no-dedupe",
        "--prefix",
        "none",
        "--format",
        "{p}|{l}",
    ]);
    Ok(exec::output(command.args(of))?
        .lines()
        .filter_map(parse)
        .collect())
}

/// `name v1.2.3 (proc-macro)|MIT`.
fn parse(line: &str) -> Option<Package> {
    let (package, licence) = line.rsplit_once('|')?;
    let (name, rest) = package.split_once(" v")?;
    let version = rest.split_whitespace().next()?;
    Some(Package {
        name: name.to_owned(),
        version: version.to_owned(),
        licence: licence.trim().to_owned(),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_line_of_the_tree_gives_name_version_and_licence() {
        let package = parse("serde_derive v1.0.229 (proc-macro)|MIT OR Apache-2.0").unwrap();
        assert_eq!(
            (package.name.as_str(), package.version.as_str()),
            ("serde_derive", "1.0.229")
        );
        assert_eq!(package.licence, "MIT OR Apache-2.0");
        assert_eq!(parse(""), None);
    }
}
