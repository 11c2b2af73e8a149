//! What the first load weighs over the wire, and whose bytes they are.

use crate::compress::Weight;

/// The mark: the first load of the app over the wire, in bytes after brotli.
pub(crate) const MARK: usize = 700_000;

/// A file of the first load.
#[derive(Debug)]
pub(crate) struct Part {
    /// Its address.
    pub(crate) path: String,
    /// What it weighs.
    pub(crate) weight: Weight,
}

/// Bytes after brotli of everything the first load fetches.
pub(crate) fn total(parts: &[Part]) -> usize {
    parts.iter().map(|part| part.weight.brotli).sum()
}

/// The table that the build prints: heaviest kind first.
pub(crate) fn table(parts: &[Part]) -> String {
    let total = total(parts);
    let mut kinds: Vec<(&str, usize, usize)> = Vec::new();
    for part in parts {
        let kind = kind(&part.path);
        match kinds.iter_mut().find(|(name, ..)| *name == kind) {
            Some(sum) => *sum = (kind, sum.1 + part.weight.plain, sum.2 + part.weight.brotli),
            None => kinds.push((kind, part.weight.plain, part.weight.brotli)),
        }
    }
    kinds.sort_by_key(|(.., brotli)| std::cmp::Reverse(*brotli));
    let mut text = format!(
        "  {:<10}{:>12}{:>12}{:>8}\n",
        "", "bytes", "brotli", "share"
    );
    for (kind, plain, brotli) in kinds {
        text += &format!(
            "  {kind:<10}{plain:>12}{brotli:>12}{:>7}%\n",
            share(brotli, total)
        );
    }
    let verdict = if total <= MARK { "under" } else { "OVER" };
    text + &format!(
        "  first load {} kB brotli, {verdict} the mark of {} kB ({}%)",
        total / 1000,
        MARK / 1000,
        share(total, MARK)
    )
}

fn share(part: usize, whole: usize) -> usize {
    (part * 100 + whole / 2)
        .checked_div(whole)
        .unwrap_or_default()
}

fn kind(path: &str) -> &str {
    match path.rsplit_once('.') {
        Some((_, kind)) => kind,
        None => "html",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_gives_each_kind_its_share_and_compares_with_the_mark() {
        let part = |path: &str, brotli| Part {
            path: path.into(),
            weight: Weight {
                plain: brotli * 3,
                brotli,
            },
        };
        let text = table(&[
            part("/assets/a.js", 100_000),
            part("/assets/a.wasm", 300_000),
            part("/", 0),
        ]);
        let rows: Vec<&str> = text.lines().map(str::trim_start).collect();
        assert!(
            rows.iter()
                .any(|row| row.starts_with("wasm") && row.ends_with("300000     75%")),
            "{text}"
        );
        assert!(
            text.contains("first load 400 kB brotli, under the mark of 700 kB (57%)"),
            "{text}"
        );
    }

    #[test]
    fn too_much_is_called_so() {
        let part = Part {
            path: "/a.wasm".into(),
            weight: Weight {
                plain: 1,
                brotli: MARK + 1,
            },
        };
        assert!(table(&[part]).contains("OVER"));
    }
}
