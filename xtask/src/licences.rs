//! The licences of everything that is linked in: only those that let an office use and change the app as it likes.

use crate::packages::Package;
use anyhow::{Result, bail};
use std::collections::BTreeSet;

/// Licences that may come in.
const ALLOWED: [&str; 16] = [
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "Unicode-3.0",
    "Unicode-DFS-2016",
    "Unlicense",
    "Zlib",
];

/// Checks the packages that are compiled.
///
/// # Errors
/// Every package whose licence is not among those allowed.
pub(crate) fn check(packages: &BTreeSet<Package>) -> Result<()> {
    let wrong: Vec<String> = packages
        .iter()
        .filter(|package| !allowed(&package.licence))
        .map(|package| format!("{} {}: {}", package.name, package.version, package.licence))
        .collect();
    if wrong.is_empty() {
        Ok(())
    } else {
        bail!(
            "not among the licences of xtask/src/licences.rs:\n  {}",
            wrong.join("\n  ")
        )
    }
}

/// Whether a licence expression can be met with the licences allowed. `/` is the old way to write OR.
fn allowed(expression: &str) -> bool {
    let spaced = expression
        .replace('/', " OR ")
        .replace('(', " ( ")
        .replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut words = words.as_slice();
    either(&mut words) && words.is_empty()
}

fn either(words: &mut &[&str]) -> bool {
    let mut met = both(words);
    while take(words, "OR") {
        met |= both(words);
    }
    met
}

fn both(words: &mut &[&str]) -> bool {
    let mut met = one(words);
    while take(words, "AND") {
        met &= one(words);
    }
    met
}

fn one(words: &mut &[&str]) -> bool {
    if take(words, "(") {
        let met = either(words);
        return take(words, ")") && met;
    }
    let Some((name, rest)) = words.split_first() else {
        return false;
    };
    *words = rest;
    let mut name = (*name).to_owned();
    if take(words, "WITH")
        && let Some((exception, rest)) = words.split_first()
    {
        *words = rest;
        name = format!("{name} WITH {exception}");
    }
    ALLOWED.contains(&name.as_str())
}

fn take(words: &mut &[&str], word: &str) -> bool {
    match words.split_first() {
        Some((first, rest)) if *first == word => {
            *words = rest;
            true
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_a_choice_is_enough_and_all_of_a_sum_are_needed() {
        assert!(allowed("MIT"));
        assert!(allowed("GPL-3.0-only OR MIT"));
        assert!(!allowed("GPL-3.0-only AND MIT"));
        assert!(allowed("(MIT OR GPL-2.0-only) AND Unicode-3.0"));
        assert!(allowed("Apache-2.0 WITH LLVM-exception"));
    }

    #[test]
    fn what_is_unknown_or_broken_is_refused() {
        assert!(!allowed("AGPL-3.0-only"));
        assert!(!allowed("none given"));
        assert!(!allowed("(MIT"));
        assert!(!allowed(""));
    }

    #[test]
    fn the_old_slash_is_a_choice() {
        assert!(allowed("Unlicense/GPL-3.0-only"));
    }
}
