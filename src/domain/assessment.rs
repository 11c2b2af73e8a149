//! What a submitted visit came to: its scores and the status they were proposed with, as they stand in its record.
//!
//! A device computes them when it sends a visit, and the server computes them again. They stand beside the answers, so
//! that lists, the desk and reports need not run the form.

use serde::{Deserialize, Serialize};

use super::{
    RecordId,
    score::Band,
    status_rule::{Proposal, Search},
};

/// Field of a visit's record that holds its [`Assessment`].
pub const SCORE: &str = "score";
/// Field of a visit's record that holds its [`Proposal`].
pub const PROPOSAL: &str = "proposal";

/// What a visit came to when it was sent.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct VisitResult {
    /// Its scores.
    pub score: Assessment,
    /// The status proposed.
    pub proposal: Proposal,
}

/// A submitted visit to a cooperative and what it came to.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ScoredVisit {
    /// Which.
    pub visit: RecordId,
    /// Whether it is approved.
    pub approved: bool,
    /// What it came to.
    pub result: VisitResult,
}

/// The scores of the approved ones among visits, for a trend.
#[must_use]
pub fn approved(visits: &[ScoredVisit]) -> Vec<Assessment> {
    let approved = visits.iter().filter(|one| one.approved);
    approved.map(|one| one.result.score.clone()).collect()
}

/// How far two scores of an aspect may lie apart, in tenths, before one speaks of a change.
const CHANGE: u32 = 50;

/// The scores of a visit.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Assessment {
    /// What can be compared: scores of forms with the same `score_version`.
    pub version: String,
    /// ISO date of the visit.
    pub date: String,
    /// The aspects that were filled in, in the order of the form.
    pub aspects: Vec<AspectResult>,
    /// In tenths; only when every aspect was filled in.
    pub total: Option<u32>,
    /// The total's band.
    pub band: Option<Band>,
    /// Whether the cooperative was found; `None` when the form does not say.
    pub search: Option<Search>,
}

/// The score of one aspect.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AspectResult {
    /// The name of its group in the form.
    pub name: String,
    /// In tenths: 940 is 94.0.
    pub score: u32,
    /// By the unrounded score.
    pub band: Band,
    /// Whole percents of the weight that applies that are answered.
    pub complete: u32,
    /// Held down by the form's limit.
    pub capped: bool,
    /// Too little is answered.
    pub incomplete: bool,
    /// What the score hangs on exists and was not shown.
    pub withheld: bool,
}

impl AspectResult {
    /// "Sementara": the score does not stand yet.
    #[must_use]
    pub fn is_provisional(&self) -> bool {
        self.incomplete || self.withheld
    }
}

/// How an aspect went since the last time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Trend {
    /// Five points or more up.
    Up,
    /// Five points or more down.
    Down,
    /// Neither.
    Same,
    /// There is no score to compare with.
    NotComparable,
}

impl Assessment {
    /// An aspect by name.
    #[must_use]
    pub fn aspect(&self, name: &str) -> Option<&AspectResult> {
        self.aspects.iter().find(|aspect| aspect.name == name)
    }

    /// How an aspect went since the newest of `earlier` (approved visits, the newest first) in which it stands and counts
    /// the same way. By the rounded scores: what people see is what they can check.
    #[must_use]
    pub fn trend(&self, name: &str, earlier: &[Self]) -> Trend {
        fn standing<'a>(one: &'a Assessment, name: &str) -> Option<&'a AspectResult> {
            one.aspect(name).filter(|aspect| !aspect.is_provisional())
        }
        let last = earlier
            .iter()
            .filter(|one| one.version == self.version)
            .find_map(|one| standing(one, name));
        let (Some(now), Some(last)) = (standing(self, name), last) else {
            return Trend::NotComparable;
        };
        match last {
            last if now.score >= last.score.saturating_add(CHANGE) => Trend::Up,
            last if now.score.saturating_add(CHANGE) <= last.score => Trend::Down,
            _ => Trend::Same,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scored(score: u32) -> Assessment {
        Assessment {
            version: "1".to_owned(),
            aspects: vec![AspectResult {
                name: "organisasi".to_owned(),
                score,
                band: Band::Cukup,
                complete: 100,
                capped: false,
                incomplete: false,
                withheld: false,
            }],
            ..Assessment::default()
        }
    }

    fn provisional(score: u32) -> Assessment {
        let mut assessment = scored(score);
        for aspect in &mut assessment.aspects {
            aspect.incomplete = true;
        }
        assessment
    }

    #[test]
    fn five_points_make_a_trend_and_less_is_the_same() {
        for (before, now, trend) in [
            (700, 750, Trend::Up),
            (700, 749, Trend::Same),
            (700, 700, Trend::Same),
            (700, 651, Trend::Same),
            (700, 650, Trend::Down),
        ] {
            let found = scored(now).trend("organisasi", &[scored(before)]);
            assert_eq!(found, trend, "{before} {now}");
        }
    }

    #[test]
    fn only_scores_that_stand_and_count_the_same_way_are_compared() {
        let now = scored(700);
        assert_eq!(now.trend("organisasi", &[]), Trend::NotComparable);
        assert_eq!(now.trend("keuangan", &[scored(600)]), Trend::NotComparable);
        let other = Assessment {
            version: "2".to_owned(),
            ..scored(600)
        };
        assert_eq!(now.trend("organisasi", &[other]), Trend::NotComparable);
        assert_eq!(
            provisional(700).trend("organisasi", &[scored(600)]),
            Trend::NotComparable
        );
        // A provisional score in between, and a visit that left the aspect out, are passed over.
        let earlier = [provisional(690), Assessment::default(), scored(600)];
        assert_eq!(now.trend("organisasi", &earlier), Trend::Up);
    }
}
