//! Dates and times as numbers of days.
//!
//! A date is a day of the local calendar: the day an officer writes down is the day that counts, and as a number it is
//! whole. A date with time is a point in time and counts in UTC, as the ODK XForms specification says. Where the two
//! meet in one comparison or difference, both count on the local calendar.

use crate::domain::decimal;

const DAY_MILLISECONDS: i64 = 86_400_000;
const MINUTE_MILLISECONDS: i64 = 60_000;
/// Numbers of more days than this, to the year 9999 and as far back, are no dates.
const MOST_DAYS: f64 = 3_000_000.0;

/// A point on the local calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Civil {
    pub year: i64,
    pub month: u32,
    pub day: u32,
    pub hour: u32,
    pub minute: u32,
    pub second: u32,
    pub millisecond: u32,
}

/// Days from 1970-01-01 to a date of the Gregorian calendar, `None` when there is no such date.
pub fn days_of_date(year: i64, month: u32, day: u32) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let longest = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return None,
    };
    if day < 1 || day > longest || !(0..=9999).contains(&year) {
        return None;
    }
    // Count from 1 March, so that the leap day is the last of its year.
    let (year, month) = if month > 2 {
        (year, i64::from(month) - 3)
    } else {
        (year - 1, i64::from(month) + 9)
    };
    let before = year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    Some(before + (153 * month + 2) / 5 + i64::from(day) - 1 - 719_468)
}

/// The date of a count of days on the calendar, with the time of day that its fraction is.
pub fn civil_from_days(days: f64) -> Option<Civil> {
    if !days.is_finite() || days.abs() > MOST_DAYS {
        return None;
    }
    civil_from_milliseconds((days * DAY_MILLISECONDS as f64).round() as i64)
}

/// The local date and time of a number as expressions have it: days since 1970 began in UTC.
pub(super) fn civil_of_number(days: f64, utc_offset_minutes: i32) -> Option<Civil> {
    if !days.is_finite() || days.abs() > MOST_DAYS {
        return None;
    }
    let milliseconds = (days * DAY_MILLISECONDS as f64).round() as i64;
    civil_from_milliseconds(milliseconds + i64::from(utc_offset_minutes) * MINUTE_MILLISECONDS)
}

/// The date that a number is: a whole number is that day of the calendar, a number with a fraction a point in time,
/// which falls on a day here.
pub fn date_of_number(days: f64, utc_offset_minutes: i32) -> Option<Civil> {
    if days.fract() == 0.0 {
        civil_from_days(days)
    } else {
        civil_of_number(days, utc_offset_minutes)
    }
}

/// The date with time that a number is, as a form writes it; empty when there is none.
pub fn stamp_of_number(days: f64, utc_offset_minutes: i32) -> String {
    civil_of_number(days, utc_offset_minutes).map_or_else(String::new, |civil| {
        format!(
            "{}{}",
            stamp_of_civil(&civil),
            offset_text(utc_offset_minutes)
        )
    })
}

fn civil_from_milliseconds(milliseconds: i64) -> Option<Civil> {
    let days = milliseconds.div_euclid(DAY_MILLISECONDS);
    let rest = u32::try_from(milliseconds.rem_euclid(DAY_MILLISECONDS)).ok()?;
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    Some(Civil {
        year: year_of_era + era * 400 + i64::from(month <= 2),
        month: u32::try_from(month).ok()?,
        day: u32::try_from(day).ok()?,
        hour: rest / 3_600_000,
        minute: rest / 60_000 % 60,
        second: rest / 1_000 % 60,
        millisecond: rest % 1_000,
    })
}

/// `2024-11-07`.
pub fn civil_text(civil: &Civil) -> String {
    format!("{:04}-{:02}-{:02}", civil.year, civil.month, civil.day)
}

/// `2024-11-07T09:30:00.000+07:00` for milliseconds since 1970 UTC.
pub fn stamp_text(now: i64, utc_offset_minutes: i32) -> String {
    let local = now.saturating_add(i64::from(utc_offset_minutes) * 60_000);
    match civil_from_milliseconds(local.clamp(-60_000_000_000_000, 250_000_000_000_000)) {
        Some(civil) => format!(
            "{}{}",
            stamp_of_civil(&civil),
            offset_text(utc_offset_minutes)
        ),
        None => String::new(),
    }
}

/// `2024-11-07T09:30:00.000`.
pub(super) fn stamp_of_civil(civil: &Civil) -> String {
    format!(
        "{}T{:02}:{:02}:{:02}.{:03}",
        civil_text(civil),
        civil.hour,
        civil.minute,
        civil.second,
        civil.millisecond
    )
}

/// `+07:00`.
pub(super) fn offset_text(minutes: i32) -> String {
    let sign = if minutes < 0 { '-' } else { '+' };
    format!("{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60)
}

/// What a text that is a date, or a date with time, means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Milliseconds since 1970-01-01 on the local calendar.
    local: i64,
    /// What to add to UTC for that calendar, in minutes.
    utc_offset_minutes: i32,
    /// Whether a time stands in it; without one it is a day.
    pub(super) has_time: bool,
}

impl Moment {
    /// Reads `YYYY-MM-DD` or `YYYY-MM-DDThh:mm[:ss[.fff]][Z|±hh:mm]`; what has no zone is local.
    pub fn from_text(text: &str, utc_offset_minutes: i32) -> Option<Moment> {
        if text.as_bytes().get(4) != Some(&b'-') || text.len() > 40 {
            return None;
        }
        let (date, time) = match text.split_once('T') {
            Some((date, time)) => (date, Some(time)),
            None => (text, None),
        };
        let mut parts = date.split('-');
        let year = digits(parts.next()?, 4, 4)?;
        let month = digits(parts.next()?, 1, 2)?;
        let day = digits(parts.next()?, 1, 2)?;
        if parts.next().is_some() {
            return None;
        }
        let midnight = days_of_date(i64::from(year), month, day)? * DAY_MILLISECONDS;
        let of_day = match time {
            None => 0,
            Some(time) => milliseconds_of_time(time, utc_offset_minutes)?,
        };
        Some(Moment {
            local: midnight + of_day,
            utc_offset_minutes,
            has_time: time.is_some(),
        })
    }

    /// Days on the local calendar, with a fraction for the time.
    pub(super) fn local_days(self) -> f64 {
        self.local as f64 / DAY_MILLISECONDS as f64
    }

    /// Days since 1970 began in UTC; a day without a time counts from its local midnight.
    pub(super) fn utc_days(self) -> f64 {
        let utc = self.local - i64::from(self.utc_offset_minutes) * MINUTE_MILLISECONDS;
        utc as f64 / DAY_MILLISECONDS as f64
    }

    /// The number it is to expressions: a day of the calendar is whole, a point in time counts in UTC.
    pub(super) fn number(self) -> f64 {
        if self.has_time {
            self.utc_days()
        } else {
            self.local_days()
        }
    }

    /// The local date and time.
    pub(super) fn civil(self) -> Option<Civil> {
        civil_from_milliseconds(self.local)
    }
}

/// Days since 1970-01-01 on the local calendar for `YYYY-MM-DD`, with a fraction for `YYYY-MM-DDThh:mm…`.
pub fn days_from_text(text: &str, utc_offset_minutes: i32) -> Option<f64> {
    Moment::from_text(text, utc_offset_minutes).map(Moment::local_days)
}

/// The part of a day that `hh:mm[:ss[.fff]][Z|±hh:mm]` is, in local time.
pub fn time_from_text(time: &str, utc_offset_minutes: i32) -> Option<f64> {
    let milliseconds = milliseconds_of_time(time, utc_offset_minutes)?;
    Some(milliseconds as f64 / DAY_MILLISECONDS as f64)
}

/// Milliseconds since local midnight; with a zone they may lie on the day before or after.
fn milliseconds_of_time(time: &str, utc_offset_minutes: i32) -> Option<i64> {
    let (clock, offset) = match time.find(['Z', '+', '-']) {
        None => (time, utc_offset_minutes),
        Some(at) => {
            let (clock, zone) = time.split_at_checked(at)?;
            (clock, if zone == "Z" { 0 } else { zone_minutes(zone)? })
        }
    };
    let mut parts = clock.split(':');
    let hour = digits(parts.next()?, 1, 2)?;
    let minute = digits(parts.next()?, 2, 2)?;
    let second = parts.next().unwrap_or("0");
    if parts.next().is_some()
        || hour > 23
        || minute > 59
        || !second.bytes().all(|b| b.is_ascii_digit() || b == b'.')
    {
        return None;
    }
    let second = decimal::read(second)?;
    if second >= 60.0 {
        return None;
    }
    let minutes = i64::from(hour) * 60 + i64::from(minute) + i64::from(utc_offset_minutes - offset);
    Some(minutes * MINUTE_MILLISECONDS + (second * 1_000.0).round() as i64)
}

fn zone_minutes(zone: &str) -> Option<i32> {
    let (sign, rest) = match zone.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, zone.strip_prefix('+')?),
    };
    let (hours, minutes) = match rest.split_once(':') {
        Some((hours, minutes)) => (
            digits(hours, 1, 2)?,
            digits(minutes, 2, 2).filter(|minutes| *minutes < 60)?,
        ),
        None => (digits(rest, 1, 2)?, 0),
    };
    // No place on earth is further from UTC.
    let minutes = i32::try_from(hours * 60 + minutes).ok()?;
    (minutes <= 14 * 60 && rest.len() <= 5).then_some(sign * minutes)
}

fn digits(text: &str, least: usize, most: usize) -> Option<u32> {
    if text.len() < least || text.len() > most || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}
