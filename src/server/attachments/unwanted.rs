//! When an attachment that no visit names goes: decided from values alone.
//!
//! What counts is on how many days this very database saw that no visit names it. Not the age of the file: a database that was
//! put back to an older backup names less than the files that are there. Not the clock: one that jumps ahead counts one day.

use crate::{
    domain::Millis,
    server::{blobs::Place, repo::attachments::Unwanted},
};

/// Days that an attachment stays although no visit names it: the visit may still be in a phone.
pub const DAYS: u32 = 30;
/// Days that it stays in the trash after that.
pub const TRASH_DAYS: u32 = 90;
/// Milliseconds between two looks that count as two days.
pub const DAY: i64 = 20 * 60 * 60 * 1000;

/// So many may go at once, however few there are.
pub const FEW: usize = 20;
/// Of more than that, one in so many.
pub const SHARE: usize = 20;

/// An attachment as it is found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Found {
    /// Where it is.
    pub place: Place,
    /// When it came, or was last asked for by somebody who was to send it.
    pub renewed: Millis,
    /// Whether a visit names it.
    pub named: bool,
}

/// What becomes of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// It stays where it is.
    Stay,
    /// It goes into the trash.
    Discard,
    /// It comes out of the trash.
    Recover,
    /// It is removed for good.
    Remove,
}

/// What becomes of an attachment at a look, and what is to be known at the next one; `None` of one that is wanted.
#[must_use]
pub fn look(found: Found, known: Option<Unwanted>, now: Millis) -> (Option<Unwanted>, Step) {
    if found.named {
        let step = match found.place {
            Place::Whole => Step::Stay,
            Place::Trash => Step::Recover,
        };
        return (None, step);
    }
    let first = Unwanted {
        since: now,
        counted: now,
        days: 0,
    };
    let Some(known) = known else {
        return (Some(first), Step::Stay);
    };
    let renewed = found.place == Place::Whole && found.renewed > known.since;
    // What was counted in the future was counted by a wrong clock.
    if renewed || known.counted > now {
        return (Some(first), Step::Stay);
    }
    let known = if now.0.saturating_sub(known.counted.0) >= DAY {
        Unwanted {
            counted: now,
            days: known.days.saturating_add(1),
            ..known
        }
    } else {
        known
    };
    let step = match found.place {
        Place::Whole if known.days >= DAYS => Step::Discard,
        Place::Trash if known.days >= DAYS + TRASH_DAYS => Step::Remove,
        _ => Step::Stay,
    };
    (Some(known), step)
}

/// Whether so many of so many are more than ever go at once: then the database is more likely wrong than all of them.
#[must_use]
pub fn too_many(going: usize, of: usize) -> bool {
    going > FEW.max(of / SHARE)
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Millis = Millis(1_700_000_000_000);
    const WHOLE: Found = Found {
        place: Place::Whole,
        renewed: Millis(0),
        named: false,
    };

    /// Looks at it once a day, and gives what became of it on the last one.
    fn after(days: i64, found: Found, mut known: Option<Unwanted>) -> (Option<Unwanted>, Step) {
        let mut step = Step::Stay;
        for day in 0..=days {
            (known, step) = look(found, known, START.plus(day * 24 * 60 * 60 * 1000));
        }
        (known, step)
    }

    #[test]
    fn it_goes_into_the_trash_on_the_thirtieth_day_and_no_earlier() {
        assert_eq!(after(29, WHOLE, None).1, Step::Stay);
        assert_eq!(after(30, WHOLE, None).1, Step::Discard);
    }

    #[test]
    fn it_is_removed_ninety_days_later_and_one_that_was_found_in_the_trash_later_still() {
        let trash = Found {
            place: Place::Trash,
            ..WHOLE
        };
        assert_eq!(after(119, trash, None).1, Step::Stay);
        assert_eq!(after(120, trash, None).1, Step::Remove);
    }

    #[test]
    fn a_visit_that_names_it_brings_it_back_and_its_days_begin_anew() {
        let (known, _) = after(29, WHOLE, None);
        let named = Found {
            named: true,
            ..WHOLE
        };
        assert_eq!(look(named, known, START), (None, Step::Stay));
        let trashed = Found {
            place: Place::Trash,
            ..named
        };
        assert_eq!(look(trashed, known, START), (None, Step::Recover));
    }

    #[test]
    fn a_phone_that_asks_for_it_again_makes_its_days_begin_anew() {
        let (known, _) = after(29, WHOLE, None);
        let later = START.plus(30 * 24 * 60 * 60 * 1000);
        let renewed = Found {
            renewed: later.plus(-1),
            ..WHOLE
        };
        let (known, step) = look(renewed, known, later);
        assert_eq!((known.map(|known| known.days), step), (Some(0), Step::Stay));
    }

    #[test]
    fn a_clock_that_jumps_ahead_counts_one_day_and_one_that_goes_back_none() {
        let (known, _) = look(WHOLE, None, START);
        let ten_years = START.plus(10 * 365 * 24 * 60 * 60 * 1000);
        let (known, step) = look(WHOLE, known, ten_years);
        assert_eq!((known.map(|known| known.days), step), (Some(1), Step::Stay));
        let (known, _) = look(WHOLE, known, START);
        assert_eq!(known.map(|known| known.days), Some(0));
    }

    #[test]
    fn a_server_that_is_started_again_and_again_counts_a_day_once() {
        let mut known = None;
        for minute in 0..19 * 60 {
            known = look(WHOLE, known, START.plus(minute * 60_000)).0;
        }
        assert_eq!(known.map(|known| known.days), Some(0));
    }

    #[test]
    fn no_more_than_twenty_or_a_twentieth_go_at_once() {
        assert!(!too_many(20, 20) && too_many(21, 400));
        assert!(!too_many(50, 1_000) && too_many(51, 1_000));
    }
}
