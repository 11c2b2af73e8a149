//! Instants, civil dates and how Indonesians write them. The office's zone is WIB, UTC+7, all year.

use jiff::{Timestamp, civil::Date, tz::Offset};
use serde::{Deserialize, Serialize};

/// Milliseconds since 1970-01-01 UTC.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Millis(pub i64);

/// Minutes that WIB is ahead of UTC.
pub const WIB_MINUTES: i32 = 7 * 60;

const MONTHS_ID: [&str; 12] = [
    "Januari",
    "Februari",
    "Maret",
    "April",
    "Mei",
    "Juni",
    "Juli",
    "Agustus",
    "September",
    "Oktober",
    "November",
    "Desember",
];

const MONTHS_EN: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

impl Millis {
    /// This instant plus so many milliseconds, never past the ends of time.
    #[must_use]
    pub fn plus(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// The date and the clock in WIB; the epoch for an instant out of jiff's range.
    fn wib(self) -> jiff::civil::DateTime {
        let offset = Offset::from_seconds(WIB_MINUTES * 60).unwrap_or(Offset::UTC);
        offset.to_datetime(Timestamp::from_millisecond(self.0).unwrap_or_default())
    }

    /// The date in WIB.
    #[must_use]
    pub fn date(self) -> Date {
        self.wib().date()
    }

    /// `Wed, 21 Oct 2015 07:28:00 GMT`, as HTTP writes it; `None` out of jiff's range.
    #[must_use]
    pub fn http_date(self) -> Option<String> {
        let at = Timestamp::from_millisecond(self.0).ok()?;
        Some(at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string())
    }

    /// "14.30 WIB".
    #[must_use]
    pub fn clock(self) -> String {
        let time = self.wib().time();
        format!("{:02}.{:02} WIB", time.hour(), time.minute())
    }

    /// "7 November 2024, 14.30 WIB".
    #[must_use]
    pub fn in_words(self, english: bool) -> String {
        format!("{}, {}", date_in_words(self.date(), english), self.clock())
    }
}

/// "7 November 2024".
#[must_use]
pub fn date_in_words(date: Date, english: bool) -> String {
    let months = if english { &MONTHS_EN } else { &MONTHS_ID };
    let month = usize::try_from(date.month() - 1)
        .ok()
        .and_then(|at| months.get(at))
        .unwrap_or(&"");
    format!("{} {} {}", date.day(), month, date.year())
}

/// Reads an ISO date (`2024-11-07`), or nothing.
#[must_use]
pub fn parse_date(text: &str) -> Option<Date> {
    let date: Date = text.parse().ok()?;
    (text.len() == 10).then_some(date)
}

/// An ISO date in words; a text that is no date stays as it is.
#[must_use]
pub fn iso_in_words(text: &str, english: bool) -> String {
    parse_date(text).map_or_else(|| text.to_owned(), |date| date_in_words(date, english))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_shown_in_the_offices_zone() {
        let at = Millis(1_730_964_600_000); // 2024-11-07 07:30 UTC
        assert_eq!(at.in_words(false), "7 November 2024, 14.30 WIB");
        assert_eq!(Millis(1_730_995_200_000).date().to_string(), "2024-11-07");
        assert_eq!(Millis(1_730_998_800_000).date().to_string(), "2024-11-08");
    }

    #[test]
    fn a_date_is_written_in_either_language() {
        assert_eq!(iso_in_words("2024-08-17", false), "17 Agustus 2024");
        assert_eq!(iso_in_words("2024-08-17", true), "17 August 2024");
        assert_eq!(iso_in_words("besok", false), "besok");
    }
}
