//! What is wrong with an answer.

use super::messages;
use super::state::{Problem, ProblemKind};
use super::world::World;
use crate::domain::decimal;
use crate::form::definition::{Choices, Element, Tongue};
use crate::form::expr::{NodeId, days_from_text, time_from_text};
use crate::form::kind::QuestionKind;

/// How an answer does not fit, before it is put in words.
enum Finding {
    Required,
    Type,
    Constraint,
}

impl World {
    /// The problem of a question, if it has one. Only for relevant ones.
    pub(super) fn problem(&self, node: NodeId, language: Tongue) -> Option<Problem> {
        let element = self.form.element(self.element_of(node))?;
        let kind = element
            .question_kind()
            .filter(|kind| kind.is_asked() && kind.is_capturable())?;
        let finding = self.finding(node, element, kind)?;
        let code = language.code();
        let (kind, message) = match finding {
            Finding::Required => {
                let own = self.text(&element.required_message, language, node);
                (
                    ProblemKind::Required,
                    own.unwrap_or_else(|| messages::required(code, kind)),
                )
            }
            Finding::Type => (ProblemKind::Type, messages::wrong_type(code, kind)),
            Finding::Constraint => {
                let own = self.text(&element.constraint_message, language, node);
                (
                    ProblemKind::Constraint,
                    own.unwrap_or_else(|| messages::constraint(code)),
                )
            }
        };
        Some(self.put_in_words(node, element, language, kind, message))
    }

    /// Whether there are too few or too many instances in a relevant repeat.
    pub(super) fn repeat_problem(&self, slot: NodeId, language: Tongue) -> Option<Problem> {
        let element = self.form.element(self.element_of(slot))?;
        let count = self.document.instances(slot).len() as f64;
        let code = language.code();
        let least = element
            .repeat_min
            .as_ref()
            .map(|expr| self.number(expr, slot))
            .filter(|least| count < *least);
        let most = element
            .repeat_max
            .as_ref()
            .map(|expr| self.number(expr, slot))
            .filter(|most| count > *most);
        let own = match (least, most) {
            (Some(least), _) => messages::too_few(code, least),
            (None, Some(most)) => messages::too_many(code, most),
            (None, None) => return None,
        };
        let message = self
            .text(&element.constraint_message, language, slot)
            .unwrap_or(own);
        Some(self.put_in_words(slot, element, language, ProblemKind::RepeatCount, message))
    }

    fn put_in_words(
        &self,
        node: NodeId,
        element: &Element,
        language: Tongue,
        kind: ProblemKind,
        message: String,
    ) -> Problem {
        let label = self
            .text(&element.label, language, node)
            .unwrap_or_else(|| element.name.clone());
        let page = self.page_of(self.element_of(node));
        Problem {
            path: String::from(self.document.path(node)),
            page,
            label,
            kind,
            message,
        }
    }

    fn finding(&self, node: NodeId, element: &Element, kind: QuestionKind) -> Option<Finding> {
        let value = self.document.value(node);
        if value.trim().is_empty() {
            return self
                .condition(&element.required, node)
                .then_some(Finding::Required);
        }
        if !self.fits(value, node, element, kind) {
            return Some(Finding::Type);
        }
        let allowed = element
            .constraint
            .as_ref()
            .is_none_or(|expr| self.holds(expr, node, true));
        (!allowed).then_some(Finding::Constraint)
    }

    fn fits(&self, value: &str, node: NodeId, element: &Element, kind: QuestionKind) -> bool {
        let offset = self.surroundings.utc_offset_minutes;
        match kind {
            QuestionKind::Integer => is_number(value, false),
            QuestionKind::Decimal => is_number(value, true),
            QuestionKind::Date => value.len() == 10 && days_from_text(value, offset).is_some(),
            QuestionKind::DateTime => {
                value.contains('T') && days_from_text(value, offset).is_some()
            }
            QuestionKind::Time => time_from_text(value, offset).is_some(),
            QuestionKind::Acknowledge => value == "OK",
            QuestionKind::SelectOne => {
                !value.contains(' ') && self.are_choices(value, node, element)
            }
            QuestionKind::SelectMultiple | QuestionKind::Rank => {
                self.are_choices(value, node, element)
            }
            QuestionKind::Range => is_number(value, true) && in_range(value, element),
            QuestionKind::Geopoint => is_point(value),
            _ => true,
        }
    }

    /// Whether every part of the value is offered. What a table from outside offers may be out of reach here.
    fn are_choices(&self, value: &str, node: NodeId, element: &Element) -> bool {
        if matches!(element.choices, Choices::Table { .. }) {
            return true;
        }
        let mut seen = Vec::new();
        let offered = self.offered(node);
        value.split_whitespace().all(|part| {
            let new = !seen.contains(&part);
            seen.push(part);
            new && offered.contains(&part)
        })
    }
}

fn is_number(value: &str, decimal: bool) -> bool {
    let digits = value.strip_prefix('-').unwrap_or(value);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let plain = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    value.len() <= 40 && plain(whole) && plain(fraction) && (decimal || !digits.contains('.'))
}

fn in_range(value: &str, element: &Element) -> bool {
    let bound = |key: &str| {
        element
            .parameters
            .get(key)
            .and_then(|bound| decimal::read(bound))
    };
    let Some(number) = decimal::read(value) else {
        return false;
    };
    bound("start").is_none_or(|start| number >= start)
        && bound("end").is_none_or(|end| number <= end)
}

/// `latitude longitude [altitude [accuracy]]`.
fn is_point(value: &str) -> bool {
    let numbers: Vec<Option<f64>> = value.split_whitespace().map(decimal::read).collect();
    match numbers.as_slice() {
        [Some(latitude), Some(longitude), rest @ ..] => {
            latitude.abs() <= 90.0
                && longitude.abs() <= 180.0
                && rest.len() <= 2
                && rest.iter().all(Option::is_some)
        }
        _ => false,
    }
}
