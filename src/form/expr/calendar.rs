//! Dates as day numbers. Everything counts on the local calendar: the day an officer writes down is the day that counts.

const DAY_MILLISECONDS: i64 = 86_400_000;

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

/// The local date and time of a count of days with its fraction.
pub fn civil_from_days(days: f64) -> Option<Civil> {
    if !days.is_finite() || days.abs() > 3_000_000.0 {
        return None;
    }
    let milliseconds = (days * DAY_MILLISECONDS as f64).round() as i64;
    civil_from_milliseconds(milliseconds)
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

/// Days since 1970-01-01 on the local calendar for `YYYY-MM-DD`, with a fraction for `YYYY-MM-DDThh:mm…`.
pub fn days_from_text(text: &str, utc_offset_minutes: i32) -> Option<f64> {
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
    let days = days_of_date(i64::from(year), month, day)? as f64;
    match time {
        None => Some(days),
        Some(time) => Some(days + time_from_text(time, utc_offset_minutes)?),
    }
}

/// The part of a day that `hh:mm[:ss[.fff]][Z|±hh:mm]` is, in local time.
pub fn time_from_text(time: &str, utc_offset_minutes: i32) -> Option<f64> {
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
        || hour > 24
        || minute > 59
        || !second.bytes().all(|b| b.is_ascii_digit() || b == b'.')
    {
        return None;
    }
    let second: f64 = second.parse().ok()?;
    if second >= 61.0 {
        return None;
    }
    let minutes =
        f64::from(hour) * 60.0 + f64::from(minute) + f64::from(utc_offset_minutes - offset);
    Some((minutes * 60.0 + second) / 86_400.0)
}

fn zone_minutes(zone: &str) -> Option<i32> {
    let (sign, rest) = match zone.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, zone.strip_prefix('+')?),
    };
    let (hours, minutes) = match rest.split_once(':') {
        Some((hours, minutes)) => (digits(hours, 1, 2)?, digits(minutes, 2, 2)?),
        None => (digits(rest, 1, 2)?, 0),
    };
    i32::try_from(hours * 60 + minutes)
        .ok()
        .map(|minutes| sign * minutes)
}

fn digits(text: &str, least: usize, most: usize) -> Option<u32> {
    if text.len() < least || text.len() > most || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}
