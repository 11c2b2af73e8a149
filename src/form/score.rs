//! Scores and the proposed status, read out of a session. What counts and how much stands in the form's sheets; the
//! arithmetic and the rule stand in [`crate::domain`].
//!
//! Columns of the survey sheet:
//!
//! - On a group outside repeats, `weight` makes it an aspect: its weight in the total. `score_cap` is the most its score
//!   can reach (an expression, empty for no limit), and `score_withheld` says when what the score hangs on exists and was
//!   not shown, so that the score is provisional.
//! - On a question inside it, `weight` and `points` make it an item: `points` is the fraction of the weight reached, 0 to
//!   1. Empty points mean "not applicable" when there is an answer and "unanswered" when there is none.
//! - `scored` on an item says when it counts, if that is not when the question is relevant.
//! - `role` says what an answer means to the status rule, see [`Role`].
//!
//! Settings: `score_version` (scores are compared only where it is the same) and `max_arrears_active` (how many annual
//! meetings an active cooperative may owe; 0 when it is missing).

use jiff::civil::Date;

use super::definition::{Element, ElementId, ElementKind, Form};
use super::session::{ScoredAnswer, Session};
use crate::domain::assessment::{AspectResult, Assessment};
use crate::domain::rat::{self, Meetings};
use crate::domain::score::{self, AspectScore, Fill, Fraction, Item, Percent, Weight};
use crate::domain::status_rule::{
    BusinessFact, Facts, Proposal, Search, propose, propose_after_search,
};
use crate::domain::time::parse_date;

/// What an answer means to the program, whatever the question is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The date of the visit.
    VisitDate,
    /// `ya` when an annual meeting was ever held, `tidak` when not.
    RatEver,
    /// The book year of the last annual meeting.
    RatBookYear,
    /// The date on which the cooperative became a legal entity.
    Founded,
    /// `ya` when somebody of the board still serves, `tidak` when nobody does.
    Board,
    /// The date on which the board's term ends.
    BoardTermEnd,
    /// The date of the last transaction.
    LastTransaction,
    /// `ya` when the business is said to run, `tidak` when not.
    BusinessRuns,
    /// `ya` when the cooperative was found at its address, `tidak` when not.
    Found,
    /// Who attests that it was not found.
    Witness,
    /// Names of suggested follow-ups that were dropped, with blanks between.
    DroppedSuggestions,
}

impl Role {
    /// The words of the column, with what they mean.
    pub(super) const WORDS: &'static [(&'static str, Role)] = &[
        ("visit_date", Role::VisitDate),
        ("rat_ever", Role::RatEver),
        ("rat_book_year", Role::RatBookYear),
        ("founded", Role::Founded),
        ("board", Role::Board),
        ("board_term_end", Role::BoardTermEnd),
        ("last_transaction", Role::LastTransaction),
        ("business_runs", Role::BusinessRuns),
        ("found", Role::Found),
        ("witness", Role::Witness),
        ("dropped_suggestions", Role::DroppedSuggestions),
    ];

    pub(super) fn from_word(word: &str) -> Option<Role> {
        Self::WORDS
            .iter()
            .find(|(known, _)| *known == word)
            .map(|(_, role)| *role)
    }
}

/// The score of a visit as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Score {
    /// What is kept with the visit when it is sent.
    pub assessment: Assessment,
    /// What the aspects lose, the most costly item first.
    pub costs: Vec<Cost>,
}

/// An item that costs its aspect points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cost {
    /// The name of the aspect's group.
    pub aspect: String,
    /// The item, in the language asked for.
    pub label: String,
    /// The points of its aspect that it costs, in tenths.
    pub tenths: u32,
    /// The question to answer, when there is one.
    pub path: String,
    /// The page it stands on.
    pub page: String,
}

/// Scores a session; `None` when its form has no aspects.
#[must_use]
pub fn score(session: &Session, language: &str) -> Option<Score> {
    let form = session.form();
    let aspects: Vec<ElementId> = aspects(form).collect();
    if aspects.is_empty() {
        return None;
    }
    let answers = session.scored_answers();
    let mut results = Vec::new();
    let mut parts = Vec::new();
    let mut costs = Vec::new();
    for group in &aspects {
        let (Some(element), Some(node)) = (form.element(*group), session.group_node(*group)) else {
            continue;
        };
        let finished = session.is_finished(node);
        let mine: Vec<_> = answers
            .iter()
            .filter(|answer| aspect_of(form, answer.element) == Some(*group))
            .map(|answer| (answer, item(answer, finished)))
            .collect();
        let items = || mine.iter().map(|(_, item)| *item);
        let number = |expr| session.number_at(expr, node);
        let cap = element.score_cap.as_ref().map(number);
        let score = AspectScore::of(items(), cap.and_then(Percent::from_number));
        let withheld = element.score_withheld.as_ref();
        results.push(AspectResult {
            name: element.name.clone(),
            score: score.value.tenths(),
            band: score.value.band(),
            complete: score.completeness.whole(),
            capped: score.capped,
            incomplete: !score.is_complete_enough(),
            withheld: withheld.is_some_and(|expr| session.holds_at(expr, node)),
        });
        let weight = element.weight.as_ref().map_or(0.0, number);
        parts.push((Weight::from_number(weight), score.value));
        for (answer, item) in &mine {
            let tenths = score::cost(*item, items());
            if tenths > 0 {
                costs.push(cost(session, element, answer.element, tenths, language));
            }
        }
    }
    // The order of the sheet among equals.
    costs.sort_by_key(|cost| std::cmp::Reverse(cost.tenths));
    let total = if parts.len() == aspects.len() {
        score::total(&parts)
    } else {
        None
    };
    let assessment = Assessment {
        version: setting(form, "score_version"),
        date: answer(session, Role::VisitDate).to_owned(),
        aspects: results,
        total: total.map(Percent::tenths),
        band: total.map(Percent::band),
        search: search(session),
    };
    Some(Score { assessment, costs })
}

/// Proposes a status by a session's answers and its score. `earlier` are what other visits to the same cooperative came
/// to: they matter when it was not found.
#[must_use]
pub fn proposal(session: &Session, assessment: &Assessment, earlier: &[Assessment]) -> Proposal {
    let form = session.form();
    let day = parse_date(&assessment.date);
    if let (Some(day), Some(search @ (Search::InVain | Search::Witnessed))) =
        (day, assessment.search)
    {
        let others = earlier
            .iter()
            .filter_map(|one| Some((parse_date(&one.date)?, one.search?)));
        return propose_after_search((day, search), others);
    }
    let most = setting(form, "max_arrears_active").parse().unwrap_or(0);
    propose(&facts(session, assessment, day), most)
}

fn facts(session: &Session, assessment: &Assessment, day: Option<Date>) -> Facts {
    let date = |role| parse_date(answer(session, role));
    let founded = date(Role::Founded);
    let days_since = |then: Date| {
        day.and_then(|day| day.since(then).ok())
            .map(|span| i64::from(span.get_days()))
    };
    let meetings = match (
        answer(session, Role::RatEver),
        answer(session, Role::RatBookYear).parse(),
        founded,
    ) {
        ("ya", Ok(book_year), _) => Some(Meetings::Held { book_year }),
        ("tidak", _, Some(founded)) => Some(Meetings::Never {
            founded: founded.year(),
        }),
        _ => None,
    };
    let by_record = date(Role::LastTransaction).and_then(days_since);
    let by_word = yes_or_no(session, Role::BusinessRuns);
    let age = founded.and_then(days_since);
    let term_end = date(Role::BoardTermEnd);
    Facts {
        arrears: day
            .zip(meetings)
            .map(|(day, meetings)| rat::arrears(day, meetings)),
        business: by_record
            .map(BusinessFact::dated)
            .or(by_word.map(BusinessFact::undated)),
        board: yes_or_no(session, Role::Board),
        term_over: term_end.zip(day).is_some_and(|(end, day)| end < day),
        young: age.is_some_and(|days| days < DAYS_OF_A_YEAR),
        incomplete: assessment.aspects.iter().any(|aspect| aspect.incomplete),
    }
}

/// Below this age in days a cooperative has not stopped working but not begun.
const DAYS_OF_A_YEAR: i64 = 365;

fn search(session: &Session) -> Option<Search> {
    let found = yes_or_no(session, Role::Found)?;
    let witnessed = !answer(session, Role::Witness).trim().is_empty();
    Some(match (found, witnessed) {
        (true, _) => Search::Found,
        (false, true) => Search::Witnessed,
        (false, false) => Search::InVain,
    })
}

/// The answer that has a role, where it applies.
fn answer(session: &Session, role: Role) -> &str {
    session
        .form()
        .with_role(role)
        .map_or("", |element| session.applying(element))
}

fn yes_or_no(session: &Session, role: Role) -> Option<bool> {
    match answer(session, role) {
        "ya" => Some(true),
        "tidak" => Some(false),
        _ => None,
    }
}

fn setting(form: &Form, name: &str) -> String {
    form.settings().get(name).cloned().unwrap_or_default()
}

/// The groups that are aspects, in the order of the form.
fn aspects(form: &Form) -> impl Iterator<Item = ElementId> {
    let elements = form.elements().iter().enumerate();
    elements
        .filter(|(_, element)| element.kind == ElementKind::Group && element.weight.is_some())
        .filter(|(_, element)| element.repeats.is_empty())
        .map(|(id, _)| id)
}

/// The aspect that an element stands in.
fn aspect_of(form: &Form, id: ElementId) -> Option<ElementId> {
    let mut at = id;
    while at != 0 {
        at = form.element(at)?.parent;
        let group = form.element(at)?;
        if group.kind == ElementKind::Group && group.weight.is_some() {
            return Some(at);
        }
    }
    None
}

/// A question that was left blank is answered once the aspect is finished, if its points say what a blank is worth.
fn item(answer: &ScoredAnswer, finished: bool) -> Item {
    let fill = match Fraction::from_number(answer.points) {
        _ if !answer.counts => Fill::NotApplicable,
        Some(_) if answer.blank && !finished => Fill::Unanswered,
        Some(fraction) => Fill::Reached(fraction),
        None if answer.answered => Fill::NotApplicable,
        None => Fill::Unanswered,
    };
    Item {
        weight: Weight::from_number(answer.weight),
        fill,
    }
}

fn cost(session: &Session, aspect: &Element, item: ElementId, tenths: u32, language: &str) -> Cost {
    let (path, page) = session.handle_of(item).unwrap_or_default();
    let form = session.form();
    let label = form
        .element(item)
        .and_then(|element| session.question(&element.name, language))
        .map(|question| question.label);
    Cost {
        aspect: aspect.name.clone(),
        label: label.unwrap_or_default(),
        tenths,
        path,
        page,
    }
}
