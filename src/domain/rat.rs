//! Annual meetings (RAT) in arrears.
//!
//! A meeting for a book year is due within six months after its end; the book year is taken to be the calendar year.
//! So before 1 July last year's meeting is not overdue yet.

use jiff::civil::Date;

/// The month from which on last year's meeting is overdue.
const OVERDUE_FROM: i8 = 7;

/// What is known of a cooperative's meetings.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Meetings {
    /// The last one was for this book year.
    Held {
        /// The book year.
        book_year: i16,
    },
    /// None was ever held since the cooperative became a legal entity in this year.
    Never {
        /// The year.
        founded: i16,
    },
}

/// The last book year whose meeting was due on a day.
#[must_use]
pub fn last_due_year(day: Date) -> i16 {
    day.year() - if day.month() >= OVERDUE_FROM { 1 } else { 2 }
}

/// How many book years are in arrears on a day.
#[must_use]
pub fn arrears(day: Date, meetings: Meetings) -> u32 {
    let discharged = match meetings {
        Meetings::Held { book_year } => book_year,
        // The year of foundation is the first whose meeting is owed.
        Meetings::Never { founded } => founded.saturating_sub(1),
    };
    let missing = i32::from(last_due_year(day)) - i32::from(discharged);
    u32::try_from(missing).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn arrears_follow_the_calendar() {
        let held = |book_year| Meetings::Held { book_year };
        let never = |founded| Meetings::Never { founded };
        for (day, meetings, expected) in [
            (date(2024, 6, 30), held(2022), 0),
            (date(2024, 7, 1), held(2022), 1),
            (date(2024, 11, 7), held(2023), 0),
            (date(2024, 11, 7), held(2021), 2),
            (date(2024, 11, 7), held(2020), 3),
            (date(2026, 8, 1), held(2024), 1),
            (date(2025, 10, 15), never(2025), 0),
            (date(2026, 8, 15), never(2025), 1),
            // A meeting held early, and a cooperative younger than any meeting due.
            (date(2024, 3, 1), held(2023), 0),
            (date(2024, 3, 1), never(2024), 0),
        ] {
            assert_eq!(arrears(day, meetings), expected, "{day} {meetings:?}");
        }
    }
}
