//! What somebody may have meant.

use crate::domain::letters::in_small;

/// Longer words are no slips.
const LONGEST: usize = 80;

/// The known word nearest to `word`, if it is near enough to be a slip.
pub fn nearest<'k>(word: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    let length = word.chars().count();
    if length > LONGEST {
        return None;
    }
    let limit = 1 + length / 4;
    let lower = in_small(word);
    known
        .map(|candidate| {
            // A forgotten or superfluous prefix is the commonest slip of all: `anggota` for `org_anggota`.
            let affix = candidate.ends_with(&format!("_{word}"))
                || word.ends_with(&format!("_{candidate}"));
            let distance = if affix {
                1
            } else {
                edits(&lower, &in_small(candidate), limit)
            };
            (distance, candidate)
        })
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// How many letters must be put in, left out or changed.
fn edits(a: &str, b: &str, limit: usize) -> usize {
    let b: Vec<char> = b.chars().collect();
    if a.chars().count().abs_diff(b.len()) > limit {
        return limit + 1;
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut next = vec![i + 1];
        for ((j, cb), (up, right_up)) in
            b.iter().enumerate().zip(row.iter().zip(row.iter().skip(1)))
        {
            let left = next.get(j).copied().unwrap_or(usize::MAX - 1);
            let change = up + usize::from(ca != *cb);
            next.push(change.min(left + 1).min(right_up + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or(limit + 1)
}
