//! One row of the register: checked, and written the one way we write it.

use serde_json::{Value, json};

use crate::domain::{
    AreaCode, Fields, Status,
    area::{find_desa, find_kecamatan},
    cooperative::ODS_FIELDS,
    numeral,
    time::parse_date,
};

use super::{Error, Problem, sheet::Sheet};

pub(super) const NAME: &str = "Koperasi";
pub(super) const NIK: &str = "NIK";
pub(super) const DEED: &str = "Nomor_Badan_Hukum_Pendirian";
pub(super) const DESA: &str = "Desa";
const KECAMATAN: &str = "Kecamatan";
const STATUS: &str = "Status";
const STATUS_DATE: &str = "Status_Tanggal";
const STATUS_SOURCE: &str = "Status_Sumber";

/// Letters in the longest cell that is taken.
const LONGEST: usize = 500;

/// Where each column stands.
pub(super) struct Columns {
    found: Vec<Option<&'static str>>,
    /// Headings that nobody knows.
    pub(super) unknown: Vec<String>,
}

impl Columns {
    pub(super) fn find(sheet: &Sheet) -> Result<Self, Error> {
        let known = || {
            ODS_FIELDS
                .into_iter()
                .chain([STATUS, STATUS_DATE, STATUS_SOURCE])
        };
        let found: Vec<_> = sheet
            .headings
            .iter()
            .map(|heading| known().find(|name| plain(name) == plain(heading)))
            .collect();
        for column in [NAME, KECAMATAN, DESA] {
            if !found.contains(&Some(column)) {
                return Err(Error::Column {
                    sheet: sheet.name.clone(),
                    row: sheet.heading_row,
                    column,
                    found: sheet.headings.join(", "),
                });
            }
        }
        let unknown = sheet
            .headings
            .iter()
            .zip(&found)
            .filter(|(heading, column)| column.is_none() && !heading.is_empty())
            .map(|(heading, _)| heading.clone())
            .collect();
        Ok(Self { found, unknown })
    }
}

/// A row that fits.
pub(super) struct Candidate {
    pub(super) area: AreaCode,
    pub(super) fields: Fields,
}

impl Candidate {
    /// A text of the row; empty when the cell is.
    pub(super) fn text(&self, column: &str) -> &str {
        self.fields
            .get(column)
            .and_then(Value::as_str)
            .unwrap_or_default()
    }
}

/// Reads a row, or says all that is wrong with it.
pub(super) fn read(
    row: u32,
    columns: &Columns,
    cells: &[String],
) -> Result<Candidate, Vec<Problem>> {
    let mut reader = RowReader {
        row,
        cells: columns
            .found
            .iter()
            .zip(cells)
            .filter_map(|(column, cell)| Some(((*column)?, cell.trim())))
            .filter(|(_, cell)| !cell.is_empty())
            .collect(),
        problems: Vec::new(),
    };
    let area = reader.place();
    let mut fields = Fields::new();
    for column in ODS_FIELDS {
        if let Some(value) = reader.field(column, &area) {
            fields.insert(column.to_owned(), Value::String(value));
        }
    }
    if let Some((name, entry)) = reader.status() {
        fields.insert(name, entry);
    }
    if reader.problems.is_empty() {
        Ok(Candidate { area, fields })
    } else {
        Err(reader.problems)
    }
}

struct RowReader<'a> {
    row: u32,
    cells: Vec<(&'static str, &'a str)>,
    problems: Vec<Problem>,
}

impl<'a> RowReader<'a> {
    fn cell(&self, column: &str) -> Option<&'a str> {
        self.cells
            .iter()
            .find(|(name, _)| *name == column)
            .map(|(_, cell)| *cell)
    }

    fn problem(&mut self, column: &str, cause: impl Into<String>) {
        self.problems.push(Problem {
            row: self.row,
            column: column.to_owned(),
            cause: cause.into(),
        });
    }

    fn place(&mut self) -> AreaCode {
        let Some(text) = self.cell(KECAMATAN) else {
            self.problem(KECAMATAN, "it is empty");
            return AreaCode::default();
        };
        match find_kecamatan(text) {
            Some(kecamatan) => kecamatan.code.clone(),
            None => {
                self.problem(
                    KECAMATAN,
                    format!("{text:?} is no kecamatan of Bangka Selatan"),
                );
                AreaCode::default()
            }
        }
    }

    /// What a column says, in our way of writing; nothing when the cell is empty or does not fit.
    fn field(&mut self, column: &'static str, area: &AreaCode) -> Option<String> {
        let Some(text) = self.cell(column) else {
            if column == NAME || column == DESA {
                self.problem(column, "it is empty");
            }
            return None;
        };
        match written(column, text, area) {
            Ok(value) => Some(value),
            Err(cause) => {
                self.problem(column, cause);
                None
            }
        }
    }

    fn status(&mut self) -> Option<(String, Value)> {
        let text = self.cell(STATUS)?;
        let status = Status::ALL
            .into_iter()
            .find(|status| plain(status.name()) == plain(text));
        let Some(status) = status else {
            self.problem(
                STATUS,
                format!("{text:?} is none of: aktif, kurang aktif, tidak aktif"),
            );
            return None;
        };
        let date = match self.cell(STATUS_DATE).map(date) {
            Some(Ok(date)) => date,
            Some(Err(cause)) => {
                self.problem(STATUS_DATE, cause);
                return None;
            }
            None => {
                self.problem(STATUS_DATE, "a status holds from a date: fill it in");
                return None;
            }
        };
        let source = self.cell(STATUS_SOURCE).unwrap_or("import");
        let slug: Vec<String> = source
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(str::to_lowercase)
            .collect();
        let slug = slug.join("_");
        if slug.is_empty() || slug.len() > 60 {
            self.problem(STATUS_SOURCE, "a short name, such as import or sk_2024");
            return None;
        }
        let entry = json!({"status": status, "date": date, "source": slug, "reason": ""});
        Some((format!("status/{date}/{slug}"), entry))
    }
}

fn written(column: &str, text: &str, area: &AreaCode) -> Result<String, String> {
    if text.chars().count() > LONGEST {
        return Err(format!("longer than {LONGEST} letters"));
    }
    match column {
        KECAMATAN => Ok(area.name()),
        DESA if area.0.is_empty() => Ok(text.to_owned()),
        DESA => find_desa(area, text)
            .map(|desa| desa.name.clone())
            .ok_or_else(|| format!("{text:?} is no desa or kelurahan of {}", area.name())),
        NIK => nik(text),
        "Jenis_Koperasi" => kind(text),
        "KDKMP" => yes_or_no(text),
        _ if column.starts_with("Tanggal_") => date(text),
        _ if column.starts_with("Jumlah_") || column.starts_with("Total_") => count(text),
        _ => Ok(text.to_owned()),
    }
}

fn nik(text: &str) -> Result<String, String> {
    let digits: String = text
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '.' && *c != '-')
        .collect();
    let all_digits = digits.chars().all(|c| c.is_ascii_digit());
    match digits.len() {
        13 if all_digits => Ok(digits),
        16 if all_digits => Err(
            "16 digits are a citizen's NIK, which is personal data; the NIK Koperasi has 13"
                .to_owned(),
        ),
        _ => Err(format!("{text:?} is no NIK Koperasi: it has 13 digits")),
    }
}

fn kind(text: &str) -> Result<String, String> {
    let wanted = plain(text);
    let named = match wanted.strip_prefix("koperasi").unwrap_or(&wanted) {
        "produsen" => "produsen",
        "konsumen" => "konsumen",
        "jasa" => "jasa",
        "simpanpinjam" | "ksp" | "kspps" => "simpan_pinjam",
        "pemasaran" => "pemasaran",
        _ => {
            return Err(format!(
                "{text:?} is none of: produsen, konsumen, jasa, simpan pinjam, pemasaran"
            ));
        }
    };
    Ok(named.to_owned())
}

fn yes_or_no(text: &str) -> Result<String, String> {
    match plain(text).as_str() {
        "ya" | "y" | "yes" | "1" => Ok("ya".to_owned()),
        "tidak" | "t" | "no" | "0" => Ok("tidak".to_owned()),
        _ => Err(format!("{text:?} is neither ya nor tidak")),
    }
}

fn count(text: &str) -> Result<String, String> {
    match numeral::parse(text) {
        Ok(Some(number)) if number.chars().all(|c| c.is_ascii_digit()) => Ok(number),
        Err(why) => Err(format!("{text:?}: {why}")),
        _ => Err(format!("{text:?} is no number of people")),
    }
}

/// ISO, or day, month and year as people write them here.
fn date(text: &str) -> Result<String, String> {
    if let Some(date) = parse_date(text) {
        return Ok(date.to_string());
    }
    let parts: Vec<&str> = text
        .split(['/', '-', '.', ' '])
        .filter(|part| !part.is_empty())
        .collect();
    let read = || -> Option<jiff::civil::Date> {
        let [day, month, year] = parts.as_slice() else {
            return None;
        };
        let month = month.parse().ok().or_else(|| month_named(month))?;
        jiff::civil::Date::new(
            year.parse().ok().filter(|year| *year > 1900)?,
            month,
            day.parse().ok()?,
        )
        .ok()
    };
    read().map(|date| date.to_string()).ok_or_else(|| {
        format!("{text:?} is no date: write 2024-11-07, 7/11/2024 or 7 November 2024")
    })
}

fn month_named(text: &str) -> Option<i8> {
    const MONTHS: [&str; 12] = [
        "jan", "feb", "mar", "apr", "mei", "jun", "jul", "agu", "sep", "okt", "nov", "des",
    ];
    let text = text.to_lowercase();
    (1..)
        .zip(MONTHS)
        .find_map(|(number, month)| text.starts_with(month).then_some(number))
}

/// A text without what people write differently: case, spaces, underscores, dots.
pub(super) fn plain(text: &str) -> String {
    text.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_read_however_it_is_written_here() {
        for text in [
            "2024-11-07",
            "7/11/2024",
            "07-11-2024",
            "7 November 2024",
            "7 nov 2024",
        ] {
            assert_eq!(date(text).unwrap(), "2024-11-07", "{text}");
        }
        for text in ["", "kemarin", "31/02/2024", "11/2024", "7/11/24"] {
            assert!(date(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_citizens_number_is_never_taken_for_a_cooperatives() {
        assert_eq!(nik("9999 000 000 001").unwrap(), "9999000000001");
        assert!(nik("1903010101900001").unwrap_err().contains("citizen"));
        assert!(nik("99990000").is_err());
    }

    #[test]
    fn thousands_carry_dots_and_people_are_whole() {
        assert_eq!(count("1.250").unwrap(), "1250");
        assert!(count("12,5").is_err());
        assert!(count("-3").is_err());
        assert!(count("banyak").is_err());
    }

    #[test]
    fn a_type_is_known_by_its_everyday_names() {
        assert_eq!(kind("Koperasi Simpan Pinjam").unwrap(), "simpan_pinjam");
        assert_eq!(kind("KSP").unwrap(), "simpan_pinjam");
        assert!(kind("Serba usaha").is_err());
    }
}
