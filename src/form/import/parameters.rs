//! The parameters column: `randomize=true seed=${number}`, `max-pixels=1024`.

use super::formulas::formula;
use super::{Findings, Place};
use crate::form::definition::{Element, Form, Shuffle};
use crate::form::errors::Cause;
use crate::form::kind::QuestionKind;

/// Reads the pairs, and what of them changes the order of choices.
pub(super) fn read(
    text: &str,
    place: Place<'_>,
    element: &mut Element,
    form: &Form,
    findings: &mut Findings,
) {
    for pair in text.split([',', ';', ' ']) {
        if let Some((key, value)) = pair.split_once('=') {
            element
                .parameters
                .insert(String::from(key.trim()), String::from(value.trim()));
        }
    }
    if matches!(
        element.question_kind(),
        Some(QuestionKind::SelectOne | QuestionKind::SelectMultiple | QuestionKind::Rank)
    ) {
        element.shuffle = shuffle(element, place, form, findings);
    }
}

fn shuffle(
    element: &Element,
    place: Place<'_>,
    form: &Form,
    findings: &mut Findings,
) -> Option<Shuffle> {
    let seed = element.parameters.get("seed");
    let wanted = element.parameters.get("randomize").map(String::as_str);
    match (wanted, seed) {
        (Some("true" | "yes"), Some(seed)) => {
            formula(seed, place, form, findings).map(Shuffle::Seeded)
        }
        (Some("true" | "yes"), None) => Some(Shuffle::ByVisit),
        (Some("false" | "no") | None, None) => None,
        (Some("false" | "no") | None, Some(seed)) => {
            let lone = format!("seed={seed}");
            findings.warn(place, Cause::NotSupported(lone), None);
            None
        }
        (Some(other), _) => {
            let odd = format!("randomize={other}");
            findings.warn(place, Cause::NotSupported(odd), None);
            None
        }
    }
}
