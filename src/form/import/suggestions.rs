//! The list of suggested follow-ups: the list of the choices sheet that the setting `suggestions` names.

use super::columns::Columns;
use super::formulas::{formula, template};
use super::{Findings, Place};
use crate::form::definition::Form;
use crate::form::errors::Cause;
use crate::form::sheets::{Row, Sheet};
use crate::form::suggest::{SETTING, Suggestion};
use crate::form::template::Texts;

/// Reads them, now that every question is known by name.
pub(super) fn read(sheet: &Sheet, form: &mut Form, findings: &mut Findings) {
    let Some(wanted) = form.settings.get(SETTING).cloned() else {
        return;
    };
    findings.used_lists.insert(wanted.clone());
    let columns = Columns::new(sheet, form);
    let rows = sheet
        .rows
        .iter()
        .filter(|row| columns.cell(row, "list_name").map(|(_, list)| list) == Some(&wanted));
    for row in rows {
        let Some(choice) = form
            .list(&wanted)
            .zip(columns.cell(row, "name"))
            .and_then(|(list, (_, name))| list.choices.iter().find(|choice| choice.name == name))
            .cloned()
        else {
            continue;
        };
        let cell = |name: &str| {
            let column = sheet.header.iter().position(|header| header == name)?;
            let text = row.cell(column);
            (!text.is_empty()).then_some((column, text))
        };
        let text = |name: &str| cell(name).map(|(_, text)| String::from(text));
        let (Some((column, condition)), Some((_, days))) = (cell("if"), cell("days")) else {
            findings.error(Place::row(sheet, row), Cause::IncompleteSuggestion, None);
            continue;
        };
        let Ok(days) = days.parse() else {
            findings.error(Place::row(sheet, row), Cause::IncompleteSuggestion, None);
            continue;
        };
        let place = Place::cell(sheet, row, column);
        let Some(condition) = formula(condition, place, form, findings) else {
            continue;
        };
        let owner_name = cell("owner_name").and_then(|(column, text)| {
            formula(text, Place::cell(sheet, row, column), form, findings)
        });
        form.suggestions.push(Suggestion {
            condition,
            days,
            aspect: text("aspect").unwrap_or_default(),
            category: text("category").unwrap_or_default(),
            priority: text("priority").unwrap_or_default(),
            owner: text("owner").unwrap_or_default(),
            owner_name,
            problem: problem(sheet, row, form, findings),
            name: choice.name,
            action: choice.label,
        });
    }
}

/// What was found, from `problem` (in the form's default language) and `problem_en` and the like: other tools stumble
/// over a column of choices in several languages that they do not know.
fn problem(sheet: &Sheet, row: &Row, form: &Form, findings: &mut Findings) -> Texts {
    let mut texts = Texts::default();
    for (column, header) in sheet.header.iter().enumerate() {
        let Some(rest) = header.strip_prefix("problem") else {
            continue;
        };
        let language = match rest.strip_prefix('_') {
            None if rest.is_empty() => Some(form.default_language),
            None => None,
            Some(code) => (0..form.languages.len()).find(|language| form.code(*language) == code),
        };
        let text = row.cell(column);
        if let (Some(language), false) = (language, text.is_empty()) {
            let place = Place::cell(sheet, row, column);
            texts.set(language, template(text, place, form, findings));
        }
    }
    texts
}
