//! How long to wait after a failure: doubling from two seconds to five minutes, spread so that phones that lost the
//! same mast do not all come back in the same second.

use crate::domain::Millis;

/// The shortest wait, milliseconds.
pub const SHORTEST: i64 = 2_000;
/// The longest wait, milliseconds.
pub const LONGEST: i64 = 5 * 60_000;
/// No wait is longer than this, whoever asks for it. One that seems to be comes from a clock that was set back meanwhile.
pub const FARTHEST: i64 = 60 * 60_000;

/// Milliseconds to wait after so many failures in a row. `jitter` is random, 0..=255, and takes off up to a quarter.
#[must_use]
pub fn wait(failures: u32, jitter: u8) -> i64 {
    let doubled = SHORTEST.saturating_mul(1_i64 << failures.saturating_sub(1).min(20));
    let full = doubled.min(LONGEST);
    full - full / 4 * i64::from(jitter) / 255
}

/// Whether a wait until then is over.
#[must_use]
pub fn is_due(at: Millis, now: Millis) -> bool {
    at <= now || at > now.plus(FARTHEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_five_minutes_and_never_fall_below_three_quarters() {
        assert_eq!(wait(1, 0), 2_000);
        assert_eq!(wait(2, 0), 4_000);
        assert_eq!(wait(8, 0), 256_000);
        for failures in [9, 10, 1_000, u32::MAX] {
            assert_eq!(wait(failures, 0), LONGEST);
        }
        assert_eq!(wait(1, 255), 1_500);
    }
}
