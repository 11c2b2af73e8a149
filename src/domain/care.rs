//! When somebody must be told that their work is at risk: how long it has waited, how little room is left.

use super::Millis;

const DAY: i64 = 24 * 60 * 60 * 1000;

/// How pressing it is to send what waits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Urgency {
    /// It waits for less than three days.
    None,
    /// For three days.
    Notice,
    /// For a week.
    Warning,
    /// For two weeks.
    Alarm,
}

/// How pressing it is to send work that waits since then, and by when signal should be found.
#[must_use]
pub fn urgency(since: Millis, now: Millis) -> (Urgency, Millis) {
    let days = now.0.saturating_sub(since.0) / DAY;
    let (urgency, by) = match days {
        ..3 => (Urgency::None, since.plus(3 * DAY)),
        3..7 => (Urgency::Notice, since.plus(7 * DAY)),
        7..14 => (Urgency::Warning, since.plus(14 * DAY)),
        _ => (Urgency::Alarm, now.plus(DAY)),
    };
    (urgency, by)
}

/// Below so many megabytes of room people are warned: some hundred photos and a first sync.
const LITTLE: u64 = 60;

/// Megabytes that are tried, one after the other, where the browser does not say how many are left: all is well when the
/// first fit.
pub const TRIED: [u64; 5] = [LITTLE, 30, 15, 5, 1];

/// The megabytes left, when they are few. Bytes used and bytes allowed as the browser says.
#[must_use]
pub fn little_room(used: u64, allowed: u64) -> Option<u64> {
    let left = allowed.saturating_sub(used) / 1_000_000;
    (left < LITTLE).then_some(left)
}

/// A clock that is further from the server's than this is wrong.
const CLOCK: i64 = 10 * 60 * 1000;

/// Minutes that the server's clock is ahead of the device's, when that is too much.
#[must_use]
pub fn wrong_clock(offset: i64) -> Option<i64> {
    (offset.saturating_abs() > CLOCK).then_some(offset / 60_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_presses_more_after_three_seven_and_fourteen_days() {
        let since = Millis(1_730_964_600_000);
        let after = |days: i64, more: i64| urgency(since, since.plus(days * DAY + more));
        assert_eq!(after(0, 0).0, Urgency::None);
        assert_eq!(after(3, -1).0, Urgency::None);
        assert_eq!(after(3, 0), (Urgency::Notice, since.plus(7 * DAY)));
        assert_eq!(after(7, -1).0, Urgency::Notice);
        assert_eq!(after(7, 0), (Urgency::Warning, since.plus(14 * DAY)));
        assert_eq!(after(14, -1).0, Urgency::Warning);
        assert_eq!(after(14, 0), (Urgency::Alarm, since.plus(15 * DAY)));
        assert_eq!(after(400, 0).0, Urgency::Alarm);
        // A clock that was put back says nothing.
        assert_eq!(after(-30, 0).0, Urgency::None);
    }

    #[test]
    fn little_room_is_told_in_megabytes_and_much_is_not() {
        assert_eq!(little_room(0, 1_000_000_000), None);
        assert_eq!(little_room(940_000_000, 1_000_000_000), None);
        assert_eq!(little_room(941_000_000, 1_000_000_000), Some(59));
        assert_eq!(little_room(2_000_000_000, 1_000_000_000), Some(0));
    }

    #[test]
    fn a_clock_is_wrong_from_more_than_ten_minutes_on_in_either_direction() {
        assert_eq!(wrong_clock(600_000), None);
        assert_eq!(wrong_clock(-600_000), None);
        assert_eq!(wrong_clock(660_001), Some(11));
        assert_eq!(wrong_clock(-86_400_000), Some(-1440));
        assert_eq!(wrong_clock(i64::MIN), Some(i64::MIN / 60_000));
    }
}
