//! The status that is proposed for a cooperative. The app proposes, a supervisor decides, and a score has no say in it.
//!
//! Three facts decide: how many annual meetings are in arrears, whether business is done, and whether anybody of the board
//! still serves. The first rule that fits is taken; what speaks for it is said in [`Reason`]s.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::Status;

/// Days within which a transaction shows a living business.
const LIVELY_DAYS: i64 = 93;
/// Days within which a transaction shows that there is business at all.
const BUSINESS_DAYS: i64 = 365;
/// Meetings in arrears from which on the ministry may switch a cooperative off.
const MANY_ARREARS: u32 = 3;
/// Days that must lie between two failed searches.
const SEARCH_DAYS: i64 = 14;

/// Whether business is done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Business {
    /// The last transaction is at most 93 days old.
    A,
    /// It is at most a year old; or no record shows its date and the business is said to run.
    B,
    /// It is older, or there is none.
    C,
}

/// What is known of the business.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BusinessFact {
    /// How alive it is.
    pub business: Business,
    /// No dated record shows it.
    pub undated: bool,
}

impl BusinessFact {
    /// By a record: how many days before the visit the last transaction was.
    #[must_use]
    pub fn dated(days: i64) -> Self {
        let business = if days <= LIVELY_DAYS {
            Business::A
        } else if days <= BUSINESS_DAYS {
            Business::B
        } else {
            Business::C
        };
        Self {
            business,
            undated: false,
        }
    }

    /// By word of mouth only.
    #[must_use]
    pub fn undated(runs: bool) -> Self {
        Self {
            business: if runs { Business::B } else { Business::C },
            undated: runs,
        }
    }
}

/// What a visit found out; what nobody answered is `None`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Facts {
    /// Annual meetings in arrears (R).
    pub arrears: Option<u32>,
    /// Business (U).
    pub business: Option<BusinessFact>,
    /// Whether chair, secretary or treasurer still serves (P).
    pub board: Option<bool>,
    /// Whether the board's term is over.
    pub term_over: bool,
    /// Whether the cooperative is younger than a year.
    pub young: bool,
    /// Whether some aspect that was filled in is too incomplete to stand.
    pub incomplete: bool,
}

/// What a search for the cooperative at its address came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Search {
    /// It was found.
    Found,
    /// Not found, and nobody to attest it.
    InVain,
    /// Not found, and somebody attested it.
    Witnessed,
}

/// Why a status is proposed, or why none is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Reason {
    /// So many annual meetings are in arrears.
    Arrears(u32),
    /// No business is done any more.
    BusinessStopped,
    /// Nobody of the board serves.
    NoBoard,
    /// The board's term is over.
    TermOver,
    /// So many meetings are missing that the ministry may switch the cooperative off.
    RiskOfSwitchOff,
    /// Younger than a year and not at work yet.
    NotYetAtWork,
    /// That business is done is only said, no record shows it.
    NoRecord,
    /// Searched for twice in vain, with a witness.
    NotFound,
    /// Searched for in vain once: that proposes nothing.
    SearchedOnce,
    /// Too much is unanswered.
    Incomplete,
    /// Whether annual meetings are in arrears is not known.
    ArrearsUnknown,
    /// Whether business is done is not known.
    BusinessUnknown,
    /// Whether the board serves is not known.
    BoardUnknown,
}

/// How [`Reason::Arrears`] begins; its number follows.
const ARREARS: &str = "RAT_TERTUNGGAK_";

/// The codes of the reasons without a number.
const CODES: [(Reason, &str); 12] = [
    (Reason::BusinessStopped, "USAHA_BERHENTI"),
    (Reason::NoBoard, "PENGURUS_KOSONG"),
    (Reason::TermOver, "MASA_JABATAN_HABIS"),
    (Reason::RiskOfSwitchOff, "RISIKO_NONAKTIF_ODS"),
    (Reason::NotYetAtWork, "BARU_BELUM_OPERASI"),
    (Reason::NoRecord, "TANPA_BUKTI"),
    (Reason::NotFound, "TIDAK_DITEMUKAN"),
    (Reason::SearchedOnce, "BARU_SEKALI_DICARI"),
    (Reason::Incomplete, "KELENGKAPAN_KURANG"),
    (Reason::ArrearsUnknown, "RAT_BELUM_DIKETAHUI"),
    (Reason::BusinessUnknown, "USAHA_BELUM_DIKETAHUI"),
    (Reason::BoardUnknown, "PENGURUS_BELUM_DIKETAHUI"),
];

impl From<Reason> for String {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::Arrears(count) => format!("{ARREARS}{count}"),
            other => CODES
                .iter()
                .find(|(one, _)| *one == other)
                .map_or_else(Self::new, |(_, code)| (*code).to_owned()),
        }
    }
}

/// A code that this program does not know.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("unknown reason {0}")]
pub struct UnknownReason(String);

impl TryFrom<String> for Reason {
    type Error = UnknownReason;

    fn try_from(code: String) -> Result<Self, UnknownReason> {
        let arrears = code
            .strip_prefix(ARREARS)
            .and_then(|count| count.parse().ok())
            .map(Reason::Arrears);
        let named = || {
            CODES
                .iter()
                .find(|(_, one)| *one == code)
                .map(|(one, _)| *one)
        };
        arrears.or_else(named).ok_or(UnknownReason(code))
    }
}

/// What is proposed.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Proposal {
    /// The status; `None` when none can be proposed yet.
    pub status: Option<Status>,
    /// Why, in the order in which it is said.
    pub reasons: Vec<Reason>,
}

/// Proposes a status. `most_arrears` is how many meetings a cooperative may owe and still be active: 0 unless the office
/// follows a looser reading.
#[must_use]
pub fn propose(facts: &Facts, most_arrears: u32) -> Proposal {
    let gaps = gaps(facts);
    let (Some(arrears), Some(fact), Some(board), true) =
        (facts.arrears, facts.business, facts.board, gaps.is_empty())
    else {
        return Proposal {
            status: None,
            reasons: gaps,
        };
    };
    let stopped = fact.business == Business::C;
    let status = if stopped && (arrears >= MANY_ARREARS || !board) {
        Status::TidakAktif
    } else if arrears <= most_arrears && !stopped && board {
        Status::Aktif
    } else {
        Status::KurangAktif
    };
    let holds = [
        (arrears > 0, Reason::Arrears(arrears)),
        (stopped && !facts.young, Reason::BusinessStopped),
        (stopped && facts.young, Reason::NotYetAtWork),
        (!board, Reason::NoBoard),
        (board && facts.term_over, Reason::TermOver),
        (
            status == Status::KurangAktif && arrears >= MANY_ARREARS,
            Reason::RiskOfSwitchOff,
        ),
        (fact.undated, Reason::NoRecord),
    ];
    Proposal {
        status: Some(status),
        reasons: reasons(holds),
    }
}

/// What stands in the way of a proposal.
fn gaps(facts: &Facts) -> Vec<Reason> {
    reasons([
        (facts.incomplete, Reason::Incomplete),
        (facts.arrears.is_none(), Reason::ArrearsUnknown),
        (facts.business.is_none(), Reason::BusinessUnknown),
        (facts.board.is_none(), Reason::BoardUnknown),
    ])
}

fn reasons<const N: usize>(table: [(bool, Reason); N]) -> Vec<Reason> {
    let holding = table.into_iter().filter(|(holds, _)| *holds);
    holding.map(|(_, reason)| reason).collect()
}

/// Proposes a status after a search in vain: inactive when another search, at least 14 days before and with the
/// cooperative not found in between, was in vain too, and somebody attested both. `earlier` are the other visits.
#[must_use]
pub fn propose_after_search(
    (day, search): (Date, Search),
    earlier: impl IntoIterator<Item = (Date, Search)>,
) -> Proposal {
    let mut before: Vec<_> = earlier
        .into_iter()
        .filter(|(date, _)| *date <= day)
        .collect();
    before.sort_by_key(|(date, _)| std::cmp::Reverse(*date));
    let days = |date: Date| day.since(date).map_or(0, |span| i64::from(span.get_days()));
    let again = search == Search::Witnessed
        && before
            .into_iter()
            .take_while(|(_, search)| *search != Search::Found)
            .any(|(date, search)| search == Search::Witnessed && days(date) >= SEARCH_DAYS);
    if again {
        Proposal {
            status: Some(Status::TidakAktif),
            reasons: vec![Reason::NotFound],
        }
    } else {
        Proposal {
            status: None,
            reasons: vec![Reason::SearchedOnce],
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use Status::{Aktif, KurangAktif, TidakAktif};
    use jiff::civil::date;

    fn facts(arrears: u32, business: Business, board: bool) -> Facts {
        Facts {
            arrears: Some(arrears),
            business: Some(BusinessFact {
                business,
                undated: false,
            }),
            board: Some(board),
            ..Facts::default()
        }
    }

    /// R by row (0, 1, 2, 3); U = A, B, C with somebody serving, then U = A, B, C with nobody serving.
    const TABLE: [(u32, [Status; 6]); 4] = [
        (
            0,
            [
                Aktif,
                Aktif,
                KurangAktif,
                KurangAktif,
                KurangAktif,
                TidakAktif,
            ],
        ),
        (
            1,
            [
                KurangAktif,
                KurangAktif,
                KurangAktif,
                KurangAktif,
                KurangAktif,
                TidakAktif,
            ],
        ),
        (
            2,
            [
                KurangAktif,
                KurangAktif,
                KurangAktif,
                KurangAktif,
                KurangAktif,
                TidakAktif,
            ],
        ),
        (
            3,
            [
                KurangAktif,
                KurangAktif,
                TidakAktif,
                KurangAktif,
                KurangAktif,
                TidakAktif,
            ],
        ),
    ];

    #[test]
    fn all_24_combinations_of_meetings_business_and_board() {
        let columns = [true, false]
            .into_iter()
            .flat_map(|board| [Business::A, Business::B, Business::C].map(|one| (one, board)));
        let mut seen = 0;
        for (arrears, row) in TABLE {
            for ((business, board), expected) in columns.clone().zip(row) {
                let proposal = propose(&facts(arrears, business, board), 0);
                let case = format!("R = {arrears}, U = {business:?}, P = {board}");
                assert_eq!(proposal.status, Some(expected), "{case}");
                let says = |reason| proposal.reasons.contains(&reason);
                assert_eq!(says(Reason::Arrears(arrears)), arrears > 0, "{case}");
                assert_eq!(
                    says(Reason::BusinessStopped),
                    business == Business::C,
                    "{case}"
                );
                assert_eq!(says(Reason::NoBoard), !board, "{case}");
                assert_eq!(
                    says(Reason::RiskOfSwitchOff),
                    arrears == 3 && expected == KurangAktif,
                    "{case}"
                );
                seen += 1;
            }
        }
        assert_eq!(seen, 24);
    }

    #[test]
    fn the_office_may_let_active_cooperatives_owe_a_meeting() {
        let owing = facts(1, Business::A, true);
        assert_eq!(propose(&owing, 0).status, Some(KurangAktif));
        assert_eq!(propose(&owing, 1).status, Some(Aktif));
        assert_eq!(
            propose(&facts(2, Business::A, true), 1).status,
            Some(KurangAktif)
        );
        // What is said of it stays the same.
        assert_eq!(propose(&owing, 1).reasons, [Reason::Arrears(1)]);
    }

    #[test]
    fn nothing_is_proposed_while_a_fact_is_unknown_or_too_much_is_unanswered() {
        let known = facts(3, Business::C, false);
        for (facts, reason) in [
            (
                Facts {
                    arrears: None,
                    ..known
                },
                Reason::ArrearsUnknown,
            ),
            (
                Facts {
                    business: None,
                    ..known
                },
                Reason::BusinessUnknown,
            ),
            (
                Facts {
                    board: None,
                    ..known
                },
                Reason::BoardUnknown,
            ),
            (
                Facts {
                    incomplete: true,
                    ..known
                },
                Reason::Incomplete,
            ),
        ] {
            let proposal = propose(&facts, 0);
            assert_eq!((proposal.status, proposal.reasons), (None, vec![reason]));
        }
    }

    #[test]
    fn business_is_as_alive_as_its_last_record_and_without_one_as_it_is_said_to_be() {
        for (days, business) in [
            (0, Business::A),
            (93, Business::A),
            (94, Business::B),
            (365, Business::B),
            (366, Business::C),
        ] {
            assert_eq!(BusinessFact::dated(days).business, business, "{days}");
        }
        let said = BusinessFact::undated(true);
        assert_eq!((said.business, said.undated), (Business::B, true));
        let stopped = BusinessFact::undated(false);
        assert_eq!((stopped.business, stopped.undated), (Business::C, false));
        let known = Facts {
            business: Some(said),
            ..facts(0, Business::A, true)
        };
        assert_eq!(propose(&known, 0).reasons, [Reason::NoRecord]);
        assert_eq!(propose(&known, 0).status, Some(Aktif));
    }

    #[test]
    fn a_cooperative_younger_than_a_year_has_not_stopped_but_not_begun() {
        let young = Facts {
            young: true,
            ..facts(0, Business::C, true)
        };
        let proposal = propose(&young, 0);
        assert_eq!(proposal.status, Some(KurangAktif));
        assert_eq!(proposal.reasons, [Reason::NotYetAtWork]);
    }

    #[test]
    fn a_term_that_is_over_is_said_of_a_board_that_serves() {
        let over = Facts {
            term_over: true,
            ..facts(0, Business::A, true)
        };
        assert_eq!(propose(&over, 0).reasons, [Reason::TermOver]);
        let gone = Facts {
            term_over: true,
            ..facts(0, Business::A, false)
        };
        assert_eq!(propose(&gone, 0).reasons, [Reason::NoBoard]);
    }

    #[test]
    fn two_searches_in_vain_14_days_apart_with_witnesses_propose_inactive_and_one_never_does() {
        use Search::{Found, InVain, Witnessed};
        let today = date(2024, 11, 21);
        let (long_ago, early, close) = (date(2024, 9, 1), date(2024, 11, 7), date(2024, 11, 8));
        let status = |search, earlier: &[(Date, Search)]| {
            propose_after_search((today, search), earlier.iter().copied()).status
        };
        assert_eq!(status(Witnessed, &[]), None);
        assert_eq!(status(Witnessed, &[(early, Witnessed)]), Some(TidakAktif));
        assert_eq!(status(Witnessed, &[(close, Witnessed)]), None, "13 days");
        assert_eq!(status(Witnessed, &[(early, InVain)]), None);
        assert_eq!(status(InVain, &[(early, Witnessed)]), None);
        assert_eq!(status(Witnessed, &[(early, Found)]), None);
        let found_between = [(long_ago, Witnessed), (early, Found)];
        assert_eq!(status(Witnessed, &found_between), None);
        let again = [(close, Witnessed), (long_ago, Witnessed)];
        assert_eq!(status(Witnessed, &again), Some(TidakAktif), "80 days");
        assert_eq!(
            status(Witnessed, &[(date(2024, 12, 24), Witnessed)]),
            None,
            "later"
        );
    }

    #[test]
    fn reasons_are_written_as_codes_and_read_back() {
        let all = CODES.iter().map(|(reason, _)| *reason);
        for reason in all.chain([Reason::Arrears(0), Reason::Arrears(12)]) {
            let code = String::from(reason);
            assert!(!code.is_empty());
            assert_eq!(Reason::try_from(code), Ok(reason));
        }
        assert_eq!(String::from(Reason::Arrears(2)), "RAT_TERTUNGGAK_2");
        assert!(Reason::try_from("LAIN".to_owned()).is_err());
    }
}
