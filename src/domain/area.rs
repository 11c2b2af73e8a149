//! The district's areas: eight kecamatan and their desa and kelurahan, keyed by Kemendagri code (never by BPS code).
//!
//! The tables under `assets/wilayah/` come from MIT-licensed public data (cahyadsn/wilayah).

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::{csv, decimal};

/// A kecamatan by its Kemendagri code, such as `19.03.01`: decides who sees a record.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AreaCode(pub String);

impl AreaCode {
    /// The kecamatan's name; the code itself for one we do not know.
    #[must_use]
    pub fn name(&self) -> String {
        kecamatan()
            .iter()
            .find(|one| one.code == *self)
            .map_or_else(|| self.0.clone(), |one| one.name.clone())
    }
}

impl std::fmt::Display for AreaCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// A kecamatan (district of a regency).
#[derive(Clone, PartialEq, Debug)]
pub struct Kecamatan {
    /// Kemendagri code.
    pub code: AreaCode,
    /// Name as the ministry writes it.
    pub name: String,
}

/// A desa or kelurahan.
#[derive(Clone, PartialEq, Debug)]
pub struct Desa {
    /// Kemendagri code, ten digits with dots.
    pub code: String,
    /// Name without "Desa" or "Kelurahan".
    pub name: String,
    /// True for a kelurahan, false for a desa.
    pub kelurahan: bool,
    /// The kecamatan it lies in.
    pub kecamatan: AreaCode,
    /// Centroid, degrees north (negative here) and east.
    pub centre: (f64, f64),
}

static KECAMATAN: LazyLock<Vec<Kecamatan>> = LazyLock::new(|| {
    rows(include_str!("../../assets/wilayah/kecamatan.csv"))
        .map(|row| Kecamatan {
            code: AreaCode(cell(&row, 0)),
            name: cell(&row, 2),
        })
        .collect()
});

static DESA: LazyLock<Vec<Desa>> = LazyLock::new(|| {
    rows(include_str!("../../assets/wilayah/desa.csv"))
        .map(|row| Desa {
            code: cell(&row, 0),
            name: cell(&row, 2),
            kelurahan: cell(&row, 3) == "kelurahan",
            kecamatan: AreaCode(cell(&row, 4)),
            centre: (
                decimal::read(&cell(&row, 6)).unwrap_or(0.0),
                decimal::read(&cell(&row, 7)).unwrap_or(0.0),
            ),
        })
        .collect()
});

/// The eight kecamatan in order of their codes.
#[must_use]
pub fn kecamatan() -> &'static [Kecamatan] {
    &KECAMATAN
}

/// The 53 desa and kelurahan in order of their codes.
#[must_use]
pub fn desa() -> &'static [Desa] {
    &DESA
}

/// Finds a kecamatan by code or by name, whatever its case and spaces ("Air Gegas" = "Airgegas").
#[must_use]
pub fn find_kecamatan(text: &str) -> Option<&'static Kecamatan> {
    let wanted = plain(text);
    kecamatan()
        .iter()
        .find(|one| one.code.0 == text.trim() || plain(&one.name) == wanted)
}

/// Finds a desa or kelurahan of a kecamatan by code or by name.
#[must_use]
pub fn find_desa(kecamatan: &AreaCode, text: &str) -> Option<&'static Desa> {
    let wanted = plain(text);
    desa()
        .iter()
        .filter(|one| one.kecamatan == *kecamatan)
        .find(|one| one.code == text.trim() || plain(&one.name) == wanted)
}

fn plain(text: &str) -> String {
    text.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

fn rows(table: &'static str) -> impl Iterator<Item = Vec<String>> {
    csv::rows(table, ',')
        .unwrap_or_default()
        .into_iter()
        .skip(1)
        .map(|(_, cells)| cells)
}

fn cell(row: &[String], at: usize) -> String {
    row.get(at).cloned().unwrap_or_default()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_district_has_eight_kecamatan_and_fifty_three_villages() {
        assert_eq!(kecamatan().len(), 8);
        assert_eq!(desa().len(), 53);
        assert_eq!(desa().iter().filter(|one| one.kelurahan).count(), 3);
        assert!(
            desa()
                .iter()
                .all(|one| kecamatan().iter().any(|k| k.code == one.kecamatan))
        );
        assert!(
            desa()
                .iter()
                .all(|one| (-4.0..-2.0).contains(&one.centre.0))
        );
    }

    #[test]
    fn a_place_is_found_however_it_is_spelt() {
        let airgegas = find_kecamatan("air gegas").unwrap();
        assert_eq!(airgegas.code.0, "19.03.03");
        assert_eq!(
            find_desa(&airgegas.code, "Air Bara").unwrap().name,
            "Airbara"
        );
        assert!(find_desa(&airgegas.code, "Sadai").is_none());
    }
}
