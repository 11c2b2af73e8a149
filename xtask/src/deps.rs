//! None of the dependencies is banned, and no second copy of one has not been thought about.

use crate::packages::Package;
use anyhow::{Result, bail};
use std::collections::{BTreeMap, BTreeSet};

/// Crates that must not come in anywhere, and why.
const BANNED: [(&str, &str); 5] = [
    ("chrono", "dates are jiff's"),
    ("native-tls", "TLS is the reverse proxy's"),
    ("openssl", "TLS is the reverse proxy's"),
    ("openssl-sys", "TLS is the reverse proxy's"),
    ("sqlx", "fights with rusqlite over links = \"sqlite3\""),
];

/// Crates that must not come into what a phone downloads, and why.
const BANNED_IN_APP: [(&str, &str); 5] = [
    ("clap", "a phone has no command line"),
    ("dioxus-fullstack", "the wire is explicit and versioned"),
    ("regex", "regex-lite is a tenth of its size"),
    ("tokio", "a browser has its own loop"),
    ("tracing-subscriber", "the app keeps its own short log"),
];

/// Crates that may be there in more than one version, and who brings the older one.
const SEVERAL: [(&str, &str); 12] = [
    ("base64", "wasm-bindgen-cli-support, in the build driver"),
    ("block-buffer", "sha2 0.10"),
    ("cpufeatures", "sha2 0.10"),
    ("crypto-common", "sha2 0.10"),
    ("digest", "sha2 0.10"),
    ("getrandom", "rand 0.9"),
    ("hashbrown", "wasmparser, in the build driver"),
    ("rand", "tungstenite, in dioxus-devtools, outside the wasm"),
    ("rand_core", "rand 0.9"),
    ("rustc-hash", "sledgehammer_utils, in dioxus-interpreter-js"),
    ("sha2", "dioxus-router-macro, while compiling"),
    (
        "syn",
        "macros that have not moved to 3 yet, while compiling",
    ),
];

/// Checks the packages that are compiled.
///
/// # Errors
/// Every banned crate, every unexpected second version, and every exception that is no longer needed.
pub(crate) fn check(packages: &BTreeSet<Package>, in_the_app: &BTreeSet<Package>) -> Result<()> {
    let mut versions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for package in packages {
        versions
            .entry(&package.name)
            .or_default()
            .insert(&package.version);
    }
    let mut wrong = Vec::new();
    for (name, reason) in BANNED {
        if versions.contains_key(name) {
            wrong.push(format!("{name} is banned: {reason}"));
        }
    }
    for (name, reason) in BANNED_IN_APP {
        if in_the_app.iter().any(|package| package.name == name) {
            wrong.push(format!("{name} is banned from the app: {reason}"));
        }
    }
    for (name, versions) in &versions {
        if versions.len() > 1 && !SEVERAL.iter().any(|(several, _)| several == name) {
            let list: Vec<&str> = versions.iter().copied().collect();
            wrong.push(format!(
                "{name} is there as {}: unify it, or give it a reason in xtask/src/deps.rs (cargo tree --duplicates)",
                list.join(" and ")
            ));
        }
    }
    for (name, _) in SEVERAL {
        if versions.get(name).is_none_or(|versions| versions.len() < 2) {
            wrong.push(format!(
                "{name} is there once by now: take its exception out of xtask/src/deps.rs"
            ));
        }
    }
    if wrong.is_empty() {
        Ok(())
    } else {
        bail!("\n  {}", wrong.join("\n  "))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn with(packages: &[(&str, &str)]) -> BTreeSet<Package> {
        let several = SEVERAL
            .iter()
            .flat_map(|(name, _)| [(*name, "1.0.0"), (*name, "2.0.0")]);
        let package = |(name, version): (&str, &str)| Package {
            name: name.into(),
            version: version.into(),
            licence: "MIT".into(),
        };
        packages
            .iter()
            .copied()
            .chain(several)
            .map(package)
            .collect()
    }

    #[test]
    fn one_version_of_each_crate_is_fine() {
        let packages = with(&[("serde", "1.0.0"), ("axum", "0.8.9")]);
        check(&packages, &BTreeSet::new()).unwrap();
    }

    #[test]
    fn a_second_version_is_named_with_both() {
        let error = check(
            &with(&[("axum", "0.7.1"), ("axum", "0.8.9")]),
            &BTreeSet::new(),
        )
        .unwrap_err()
        .to_string();
        assert!(
            error.contains("axum is there as 0.7.1 and 0.8.9"),
            "{error}"
        );
    }

    #[test]
    fn a_banned_crate_is_named_with_the_reason() {
        let error = check(&with(&[("sqlx", "0.9.0")]), &BTreeSet::new())
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("sqlx is banned: fights with rusqlite"),
            "{error}"
        );
    }

    #[test]
    fn a_crate_may_be_good_for_the_server_and_too_heavy_for_the_app() {
        let packages = with(&[("regex", "1.0.0")]);
        check(&packages, &BTreeSet::new()).unwrap();
        let error = check(&packages, &packages).unwrap_err().to_string();
        assert!(error.contains("regex is banned from the app"), "{error}");
    }

    #[test]
    fn an_exception_that_is_no_longer_needed_has_to_go() {
        let mut packages = with(&[]);
        packages.retain(|package| package.name != "syn" || package.version != "1.0.0");
        let error = check(&packages, &BTreeSet::new()).unwrap_err().to_string();
        assert!(error.contains("syn is there once by now"), "{error}");
    }
}
