//! Cells that hold expressions, and texts with `${name}` in them.

use std::borrow::Cow;

use super::inspect::inspect;
use super::{Findings, Place};
use crate::form::definition::{Condition, Form};
use crate::form::errors::{Cause, Mend};
use crate::form::expr::{self, Expr, ParseError, Reference, visit_references};
use crate::form::template::{Piece, Template};

/// An expression as it was meant: word processors make typographic quotation marks and hard blanks of plain ones.
fn plain(text: &str) -> Cow<'_, str> {
    if !text.contains(['\u{2018}', '\u{2019}', '\u{201c}', '\u{201d}', '\u{a0}']) {
        return Cow::Borrowed(text);
    }
    let plain = text.chars().map(|c| match c {
        '\u{2018}' | '\u{2019}' => '\'',
        '\u{201c}' | '\u{201d}' => '"',
        '\u{a0}' => ' ',
        other => other,
    });
    Cow::Owned(plain.collect())
}

/// Parses an expression and binds its references.
pub(super) fn formula(
    text: &str,
    place: Place<'_>,
    form: &Form,
    findings: &mut Findings,
) -> Option<Expr> {
    let text = plain(text);
    match expr::parse(&text) {
        Ok(mut parsed) => {
            visit_references(&mut parsed, &mut |reference| {
                bind(reference, place, form, findings)
            });
            inspect(&parsed, place, form, findings);
            Some(parsed)
        }
        Err(error) => {
            let mend = match &error {
                ParseError::Function { name, .. } => {
                    findings.did_you_mean(name, expr::function_names())
                }
                _ => None,
            };
            let (cause, character) = Cause::expression(error, &text);
            findings.error_at(place, character, cause, mend);
            None
        }
    }
}

fn bind(reference: &mut Reference, place: Place<'_>, form: &Form, findings: &mut Findings) {
    let name = reference.last_saved().unwrap_or(&reference.name);
    match form.names.get(name) {
        Some(_) if reference.last_saved().is_some() => reference.slot = Reference::LAST_SAVED,
        Some(id) => reference.slot = *id,
        None => {
            let before = reference.name.strip_suffix(name).unwrap_or_default();
            let near = findings.near(name, form.names.keys().map(String::as_str));
            let mend = near.map(|near| Mend::DidYouMean(format!("${{{before}{near}}}")));
            findings.error(place, Cause::UnknownReference(reference.name.clone()), mend);
        }
    }
}

/// `yes`, `no` or an expression.
pub(super) fn condition(
    text: &str,
    place: Place<'_>,
    form: &Form,
    findings: &mut Findings,
) -> Condition {
    match text.to_ascii_lowercase().as_str() {
        "yes" | "ya" | "true" | "true()" | "1" => Condition::Always,
        "no" | "tidak" | "false" | "false()" | "0" => Condition::Never,
        _ => formula(text, place, form, findings).map_or(Condition::Never, Condition::When),
    }
}

/// A text for people.
pub(super) fn template(
    text: &str,
    place: Place<'_>,
    form: &Form,
    findings: &mut Findings,
) -> Template {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((name, later)) = after.split_once('}') else {
            findings.error(place, Cause::OpenReference(format!("${{{after}")), None);
            break;
        };
        if !before.is_empty() {
            pieces.push(Piece::Text(String::from(before)));
        }
        let mut reference = Reference {
            name: String::from(name.trim()),
            slot: usize::MAX,
        };
        bind(&mut reference, place, form, findings);
        let value = Expr::Reference(reference);
        inspect(&value, place, form, findings);
        pieces.push(Piece::Value(value));
        rest = later;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(String::from(rest)));
    }
    Template { pieces }
}
