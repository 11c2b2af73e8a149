//! The dependencies that Cargo.lock really holds: none that is banned, and no second copy that has not been thought about.

use anyhow::{Result, bail};
use std::collections::BTreeMap;

/// Crates that must not come in, and why.
const BANNED: [(&str, &str); 8] = [
    ("openssl", "TLS is the reverse proxy's or rustls'"),
    ("openssl-sys", "TLS is the reverse proxy's or rustls'"),
    ("native-tls", "TLS is the reverse proxy's or rustls'"),
    ("sqlx", "fights with rusqlite over links = \"sqlite3\""),
    ("chrono", "dates are jiff's"),
    ("regex", "regex-lite is a tenth of its size in the wasm"),
    ("dioxus-fullstack", "the wire is explicit and versioned"),
    ("lazy_static", "std has LazyLock"),
];

/// Crates that may be there in more than one version, and why.
const SEVERAL: [(&str, &str); 0] = [];

/// Checks the text of a Cargo.lock.
///
/// # Errors
/// Every banned crate and every unexpected second version, with the reason.
pub(crate) fn check(lock: &str) -> Result<()> {
    let packages = packages(lock);
    let mut wrong = Vec::new();
    for (name, reason) in BANNED {
        if packages.contains_key(name) {
            wrong.push(format!("{name} is banned: {reason}"));
        }
    }
    for (name, versions) in &packages {
        if versions.len() > 1 && !SEVERAL.iter().any(|(several, _)| several == name) {
            wrong.push(format!(
                "{name} is there as {}: unify it, or give it a reason in xtask/src/deps.rs (cargo tree --duplicates)",
                versions.join(" and ")
            ));
        }
    }
    for (name, _) in SEVERAL {
        if packages.get(name).is_none_or(|versions| versions.len() < 2) {
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

/// Names and versions.
fn packages(lock: &str) -> BTreeMap<&str, Vec<&str>> {
    let mut packages: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut name = None;
    for line in lock.lines() {
        let value = |key: &str| {
            line.strip_prefix(key)?
                .strip_prefix(" = \"")?
                .strip_suffix('"')
        };
        if line == "[[package]]" {
            name = None;
        } else if let Some(found) = value("name") {
            name = Some(found);
        } else if let (Some(name), Some(version)) = (name, value("version")) {
            packages.entry(name).or_default().push(version);
        }
    }
    packages
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn lock(packages: &[(&str, &str)]) -> String {
        let several = SEVERAL
            .iter()
            .flat_map(|(name, _)| [(*name, "1.0.0"), (*name, "2.0.0")]);
        let all = packages.iter().copied().chain(several);
        all.map(|(name, version)| {
            format!("[[package]]\nname = \"{name}\"\nversion = \"{version}\"\n\n")
        })
        .collect()
    }

    #[test]
    fn one_version_of_each_crate_is_fine() {
        check(&lock(&[("serde", "1.0.0"), ("axum", "0.8.9")])).unwrap();
    }

    #[test]
    fn a_second_version_is_named_with_both() {
        let error = check(&lock(&[("axum", "0.7.1"), ("axum", "0.8.9")]))
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("axum is there as 0.7.1 and 0.8.9"),
            "{error}"
        );
    }

    #[test]
    fn a_banned_crate_is_named_with_the_reason() {
        let error = check(&lock(&[("sqlx", "0.9.0")])).unwrap_err().to_string();
        assert!(
            error.contains("sqlx is banned: fights with rusqlite"),
            "{error}"
        );
    }
}
