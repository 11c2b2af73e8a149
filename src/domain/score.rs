//! The arithmetic of the *Skor Pembinaan*: exact fractions, rounded once, at the end.
//!
//! An aspect's score is the weight reached over the weight that applies, in percent. Nothing here knows a question: which
//! items there are, what they weigh and how much of it is reached is said by the form. The score serves guidance; it is
//! no health predicate, and it decides nothing.

use serde::{Deserialize, Serialize};

/// Below this completeness, in percent, an aspect's score is provisional.
pub const COMPLETE_ENOUGH: u32 = 70;

/// In how many parts a whole point is counted: a multiple of every number to 16 and of 1,000. So fractions such as 8/12,
/// 5/8, 2/3, 0.35 and 0.125 are whole numbers of parts.
const PARTS: u32 = 18_018_000;

/// Weights are counted in thousandths.
const WEIGHT_UNIT: f64 = 1_000.0;

/// A fraction of a weight, 0 to 1, exact.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Fraction(u32);

impl Fraction {
    /// Nothing of it.
    pub const NONE: Self = Self(0);
    /// All of it.
    pub const ALL: Self = Self(PARTS);

    /// Reads what an expression of the form gave; `None` when it is no number. Below 0 counts as 0, above 1 as 1.
    ///
    /// This is exact although the number is binary: the nearest double to k/n is off by less than 2^-53 of itself, which
    /// is less than a millionth of a part, so rounding to the nearest part finds the very fraction that was meant.
    #[must_use]
    pub fn from_number(number: f64) -> Option<Self> {
        let parts = (number.clamp(0.0, 1.0) * f64::from(PARTS)).round();
        // A cast from a double saturates and is whole here, 0 to PARTS.
        number.is_finite().then_some(Self(parts as u32))
    }
}

/// What an item or an aspect weighs, in thousandths; never negative.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Weight(u32);

impl Weight {
    /// Reads what the form says; what is no number, or negative, weighs nothing.
    #[must_use]
    pub fn from_number(number: f64) -> Self {
        // A cast from a double saturates, and NaN becomes 0.
        Self((number * WEIGHT_UNIT).round() as u32)
    }
}

/// How an item stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fill {
    /// It does not apply to this cooperative: it weighs nothing.
    NotApplicable,
    /// It applies and nobody has answered it: nothing reached, and the aspect is less complete.
    Unanswered,
    /// It is answered.
    Reached(Fraction),
}

/// One item of an aspect.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Item {
    /// What it weighs.
    pub weight: Weight,
    /// How it stands.
    pub fill: Fill,
}

/// An exact share in percent, 0 to 100.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Percent {
    numerator: u128,
    denominator: u128,
}

impl Percent {
    /// Nothing.
    pub const ZERO: Self = Self {
        numerator: 0,
        denominator: 1,
    };

    /// `numerator / denominator` in percent, in lowest terms; 0 of 0 is 0.
    fn ratio(numerator: u128, denominator: u128) -> Self {
        Self::reduced(numerator.saturating_mul(100), denominator)
    }

    fn reduced(numerator: u128, denominator: u128) -> Self {
        if denominator == 0 {
            return Self::ZERO;
        }
        let (mut a, mut b) = (numerator, denominator);
        while b != 0 {
            (a, b) = (b, a % b);
        }
        Self {
            numerator: numerator / a.max(1),
            denominator: denominator / a.max(1),
        }
    }

    /// A limit that the form sets, such as 50; to three decimals.
    #[must_use]
    pub fn from_number(number: f64) -> Option<Self> {
        let thousandths = (number.clamp(0.0, 100.0) * 1_000.0).round();
        number
            .is_finite()
            .then_some(Self::reduced(thousandths as u128, 1_000))
    }

    /// In tenths of a percent, rounded once, half up: 893 is 89.3.
    #[must_use]
    pub fn tenths(self) -> u32 {
        let twice = self.numerator.saturating_mul(20);
        let rounded = twice.saturating_add(self.denominator) / self.denominator.saturating_mul(2);
        u32::try_from(rounded).unwrap_or(u32::MAX)
    }

    /// Whole percents, the rest cut off: 69.9 is 69, so that it never looks like the 70 that it is not.
    #[must_use]
    pub fn whole(self) -> u32 {
        u32::try_from(self.numerator / self.denominator).unwrap_or(u32::MAX)
    }

    /// The band, by the unrounded value: 79.96 is shown as 80.0 and is still [`Band::Cukup`].
    #[must_use]
    pub fn band(self) -> Band {
        match self.whole() {
            80.. => Band::Baik,
            66.. => Band::Cukup,
            51.. => Band::Kurang,
            _ => Band::SangatKurang,
        }
    }

    fn is_below(self, other: Self) -> bool {
        let left = self.numerator.saturating_mul(other.denominator);
        left < other.numerator.saturating_mul(self.denominator)
    }

    /// The same on a grid of 10^-9, for sums of fractions that have no common denominator of bearable size.
    fn coarse(self) -> Self {
        const GRID: u128 = 1_000_000_000;
        Self::reduced(self.numerator.saturating_mul(GRID) / self.denominator, GRID)
    }

    /// `self + other * weight`; `None` when the numbers grow too large.
    fn plus(self, other: Self, weight: u128) -> Option<Self> {
        let mine = self.numerator.checked_mul(other.denominator)?;
        let theirs = other
            .numerator
            .checked_mul(weight)?
            .checked_mul(self.denominator)?;
        let denominator = self.denominator.checked_mul(other.denominator)?;
        Some(Self::reduced(mine.checked_add(theirs)?, denominator))
    }
}

/// How good a score is, in words of our own: the predicates of the health examination are another office's.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Band {
    /// Below 51.
    SangatKurang,
    /// 51 to below 66.
    Kurang,
    /// 66 to below 80.
    Cukup,
    /// 80 and more.
    Baik,
}

/// The score of one aspect.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AspectScore {
    /// The score.
    pub value: Percent,
    /// Answered weight over applicable weight.
    pub completeness: Percent,
    /// Whether the limit of the form held it down.
    pub capped: bool,
}

impl AspectScore {
    /// Scores an aspect. `cap` is the most it can reach as things are.
    #[must_use]
    pub fn of(items: impl IntoIterator<Item = Item>, cap: Option<Percent>) -> Self {
        let (mut reached, mut answered, mut applicable) = (0u128, 0u128, 0u128);
        for item in items {
            let weight = u128::from(item.weight.0);
            match item.fill {
                Fill::NotApplicable => continue,
                Fill::Unanswered => {}
                Fill::Reached(fraction) => {
                    reached += weight * u128::from(fraction.0);
                    answered += weight;
                }
            }
            applicable += weight;
        }
        let value = Percent::ratio(reached, applicable * u128::from(PARTS));
        let limit = cap.filter(|cap| cap.is_below(value));
        Self {
            value: limit.unwrap_or(value),
            completeness: Percent::ratio(answered, applicable),
            capped: limit.is_some(),
        }
    }

    /// Whether enough is answered for the score to stand.
    #[must_use]
    pub fn is_complete_enough(self) -> bool {
        self.completeness.whole() >= COMPLETE_ENOUGH
    }
}

/// The points that an item costs its aspect, in tenths of a percent: what is not reached of it. Items that do not apply
/// or are not answered yet cost nothing here; the completeness speaks of those.
#[must_use]
pub fn cost(item: Item, all: impl IntoIterator<Item = Item>) -> u32 {
    let Fill::Reached(fraction) = item.fill else {
        return 0;
    };
    let applicable: u128 = all
        .into_iter()
        .filter(|one| one.fill != Fill::NotApplicable)
        .map(|one| u128::from(one.weight.0))
        .sum();
    let missing = u128::from(item.weight.0) * u128::from(PARTS - fraction.0);
    Percent::ratio(missing, applicable * u128::from(PARTS)).tenths()
}

/// The total of all aspects by their weights, from the unrounded scores; `None` without weight.
#[must_use]
pub fn total(aspects: &[(Weight, Percent)]) -> Option<Percent> {
    let weights: u128 = aspects.iter().map(|(weight, _)| u128::from(weight.0)).sum();
    let mut sum = Percent::ZERO;
    for (weight, value) in aspects {
        let weight = u128::from(weight.0);
        sum = sum
            .plus(*value, weight)
            .or_else(|| sum.coarse().plus(value.coarse(), weight))?;
    }
    (weights > 0).then(|| Percent::reduced(sum.numerator, sum.denominator.saturating_mul(weights)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn item(weight: f64, fill: Fill) -> Item {
        Item {
            weight: Weight::from_number(weight),
            fill,
        }
    }

    fn reached(weight: f64, fraction: f64) -> Item {
        item(
            weight,
            Fill::Reached(Fraction::from_number(fraction).unwrap()),
        )
    }

    fn score(items: &[Item]) -> AspectScore {
        AspectScore::of(items.iter().copied(), None)
    }

    #[test]
    fn what_does_not_apply_weighs_nothing_and_what_is_unanswered_reaches_nothing() {
        let full = score(&[reached(3.0, 1.0), item(9.0, Fill::NotApplicable)]);
        assert_eq!(
            (full.value.tenths(), full.completeness.whole()),
            (1000, 100)
        );
        let half = score(&[reached(3.0, 1.0), item(1.0, Fill::Unanswered)]);
        assert_eq!((half.value.tenths(), half.completeness.whole()), (750, 75));
        let empty = score(&[item(9.0, Fill::NotApplicable)]);
        assert_eq!((empty.value.tenths(), empty.completeness.whole()), (0, 0));
    }

    #[test]
    fn thirds_and_twelfths_sum_without_a_rest() {
        // In binary, 0.1 + 0.2 + 0.7 and three thirds are not whole.
        let thirds = score(&[
            reached(1.0, 1.0 / 3.0),
            reached(1.0, 7.0 / 12.0),
            reached(1.0, 1.0 / 12.0),
        ]);
        assert_eq!(thirds.value, Percent::ratio(1, 3));
        let decimals = score(&[reached(1.0, 0.35), reached(1.0, 0.35), reached(1.0, 0.3)]);
        assert_eq!(decimals.value, Percent::ratio(1, 3));
    }

    #[test]
    fn a_score_is_rounded_once_half_up_and_its_band_is_that_of_the_unrounded_value() {
        // 353/400 is 88.25 exactly.
        assert_eq!(Percent::ratio(353, 400).tenths(), 883);
        assert_eq!(Percent::ratio(8_824, 10_000).tenths(), 882);
        let close = Percent::ratio(7_996, 10_000);
        assert_eq!((close.tenths(), close.band()), (800, Band::Cukup));
        for (percent, band) in [
            (100, Band::Baik),
            (80, Band::Baik),
            (79, Band::Cukup),
            (66, Band::Cukup),
            (65, Band::Kurang),
            (51, Band::Kurang),
            (50, Band::SangatKurang),
            (0, Band::SangatKurang),
        ] {
            assert_eq!(Percent::ratio(percent, 100).band(), band, "{percent}");
        }
    }

    #[test]
    fn rounding_the_aspects_first_would_give_another_total() {
        // 0.5 * 0.05 + 0.5 * 0.04 = 0.045, which is 0.0; of the rounded 0.1 and 0.0 it would be 0.1.
        let weight = Weight::from_number(0.5);
        let (a, b) = (Percent::ratio(5, 10_000), Percent::ratio(4, 10_000));
        assert_eq!((a.tenths(), b.tenths()), (1, 0));
        assert_eq!(total(&[(weight, a), (weight, b)]).unwrap().tenths(), 0);
    }

    #[test]
    fn a_cap_holds_down_what_is_above_it_and_nothing_else() {
        let cap = Percent::from_number(50.0);
        let high = AspectScore::of([reached(1.0, 0.715)], cap);
        assert_eq!((high.value.tenths(), high.capped), (500, true));
        let low = AspectScore::of([reached(1.0, 0.35)], cap);
        assert_eq!((low.value.tenths(), low.capped), (350, false));
        let level = AspectScore::of([reached(1.0, 0.5)], cap);
        assert_eq!((level.value.tenths(), level.capped), (500, false));
    }

    #[test]
    fn completeness_of_69_9_percent_is_not_enough() {
        let items = |answered: f64| {
            score(&[
                reached(answered, 1.0),
                item(100.0 - answered, Fill::Unanswered),
            ])
        };
        assert!(!items(69.9).is_complete_enough());
        assert!(items(70.0).is_complete_enough());
    }

    #[test]
    fn an_item_costs_what_is_missing_of_its_share() {
        let items = [
            reached(16.0, 0.25),
            reached(4.0, 1.0),
            item(5.0, Fill::NotApplicable),
        ];
        let costs = items.map(|one| cost(one, items));
        assert_eq!(costs, [600, 0, 0]);
    }

    fn any_item() -> impl Strategy<Value = Item> {
        let fill = prop_oneof![
            Just(Fill::NotApplicable),
            Just(Fill::Unanswered),
            (1u8..=16)
                .prop_flat_map(|whole| (0..=whole, Just(whole)))
                .prop_map(|(part, whole)| {
                    let number = f64::from(part) / f64::from(whole);
                    Fill::Reached(Fraction::from_number(number).unwrap())
                }),
        ];
        (0u32..20_000, fill).prop_map(|(weight, fill)| Item {
            weight: Weight(weight),
            fill,
        })
    }

    proptest! {
        #[test]
        fn a_score_lies_between_0_and_100(items in proptest::collection::vec(any_item(), 0..70), cap in proptest::option::of(0.0f64..=100.0)) {
            let score = AspectScore::of(items, cap.and_then(Percent::from_number));
            prop_assert!(score.value.tenths() <= 1000);
            prop_assert!(score.completeness.whole() <= 100);
        }

        #[test]
        fn a_fulfilled_item_never_lowers_a_score(mut items in proptest::collection::vec(any_item(), 0..70), weight in 1u32..20_000) {
            let before = score(&items);
            items.push(Item { weight: Weight(weight), fill: Fill::Reached(Fraction::ALL) });
            let after = score(&items);
            prop_assert!(!after.value.is_below(before.value));
            prop_assert!(!after.completeness.is_below(before.completeness));
        }

        #[test]
        fn the_order_of_items_and_aspects_does_not_matter(items in proptest::collection::vec(any_item(), 0..70), weights in proptest::array::uniform3(1u32..100_000)) {
            let mut turned = items.clone();
            turned.reverse();
            prop_assert_eq!(score(&items), score(&turned));
            let third = items.len() / 3;
            let parts = items.chunks(third.max(1)).take(3).map(|part| score(part).value);
            let mut aspects: Vec<_> = weights.into_iter().map(Weight).zip(parts).collect();
            let sum = total(&aspects);
            aspects.reverse();
            prop_assert_eq!(sum, total(&aspects));
            prop_assert!(sum.is_none_or(|sum| sum.tenths() <= 1000));
        }

        #[test]
        fn every_small_fraction_and_every_thousandth_is_read_exactly(part in 0u32..=1_000, whole in 1u32..=16) {
            let small = f64::from(part % (whole + 1)) / f64::from(whole);
            prop_assert_eq!(Fraction::from_number(small), Some(Fraction(PARTS / whole * (part % (whole + 1)))));
            prop_assert_eq!(Fraction::from_number(f64::from(part) / 1_000.0), Some(Fraction(PARTS / 1_000 * part)));
        }
    }
}
