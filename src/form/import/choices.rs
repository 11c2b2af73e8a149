//! The choices sheet, and the external one.

use std::collections::{BTreeMap, BTreeSet};

use super::columns::Columns;
use super::formulas::template;
use super::{Findings, Place};
use crate::form::definition::{Choice, Choices, Form};
use crate::form::errors::{Cause, FormError, Mend};
use crate::form::kind::QuestionKind;
use crate::form::sheets::{Sheet, Sheets};

/// Which of the two sheets.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    Inner,
    External,
}

/// The key of an external list: the two sheets may have lists of the same name.
pub(super) fn external(list: &str) -> String {
    format!("external_choices:{list}")
}

pub(super) fn read(sheet: &Sheet, source: Source, form: &mut Form, findings: &mut Findings) {
    if sheet.rows.is_empty() {
        return;
    }
    let mut columns = Columns::new(sheet, form);
    for (needed, column) in [
        ("list_name", columns.find("list_name")),
        ("name", columns.find("name")),
    ] {
        if column.is_none() {
            findings.error(Place::sheet(sheet), Cause::MissingColumn(needed), None);
            return;
        }
    }
    // In these sheets a column that is not known is data.
    columns.unknown.clear();
    columns.report(sheet, findings);
    let allow_doubles = form
        .settings
        .get("allow_choice_duplicates")
        .is_some_and(|value| {
            matches!(
                value.to_ascii_lowercase().as_str(),
                "yes" | "true" | "true()"
            )
        });
    let mut seen: BTreeMap<(String, String), u32> = BTreeMap::new();
    for row in &sheet.rows {
        let (Some((_, list)), Some((column, name))) =
            (columns.cell(row, "list_name"), columns.cell(row, "name"))
        else {
            findings.error(Place::row(sheet, row), Cause::IncompleteChoice, None);
            continue;
        };
        let place = Place::cell(sheet, row, column);
        let list = match source {
            Source::Inner => String::from(list),
            Source::External => external(list),
        };
        if name.contains(char::is_whitespace) {
            let joined = name.split_whitespace().collect::<Vec<_>>().join("_");
            let cause = Cause::BadChoice(String::from(name));
            let error = place.finding(cause, Some(Mend::Write(joined)));
            findings.blank_choices.push((list.clone(), error));
        }
        let key = (list, String::from(name));
        let list = key.0.clone();
        match seen.get(&key) {
            Some(first) if !allow_doubles => {
                let (list, name) = key;
                let cause = Cause::DuplicateChoice {
                    list,
                    name,
                    first: *first,
                };
                findings.error(place, cause, None);
                continue;
            }
            _ => seen.insert(key, row.number),
        };
        let mut choice = Choice {
            name: String::from(name),
            ..Choice::default()
        };
        for (language, column) in columns.texts("label") {
            let text = row.cell(*column);
            if !text.is_empty() {
                let text = template(text, Place::cell(sheet, row, *column), form, findings);
                choice.label.set(*language, text);
            }
        }
        let bare = |(language, _): &(usize, &String)| choice.label.exact(*language).is_none();
        if let Some((_, language)) = form.languages.iter().enumerate().find(bare) {
            findings.warn(place, Cause::NoChoiceLabel(language.clone()), None);
        }
        // Every other column can serve a choice filter or a lookup, whatever it is called.
        for (column, header) in sheet.header.iter().enumerate() {
            let own = [columns.find("list_name"), columns.find("name")].contains(&Some(column));
            if !own
                && !header.is_empty()
                && !columns
                    .texts("label")
                    .iter()
                    .any(|(_, place)| *place == column)
            {
                choice
                    .columns
                    .insert(header.clone(), String::from(row.cell(column)));
            }
        }
        form.lists.entry(list).or_default().choices.push(choice);
    }
}

/// What can be said once it is known which questions use which lists.
pub(super) fn check(sheets: &Sheets, form: &Form, findings: &mut Findings) {
    let mut several = BTreeSet::new();
    for element in form.elements() {
        if let Choices::List(list) = &element.choices {
            findings.used_lists.insert(list.clone());
            let kind = element.question_kind();
            if matches!(
                kind,
                Some(QuestionKind::SelectMultiple | QuestionKind::Rank)
            ) {
                several.insert(list.clone());
            }
        }
    }
    // The answers of such questions are names with blanks between.
    let blanks: Vec<FormError> = std::mem::take(&mut findings.blank_choices)
        .into_iter()
        .filter(|(list, _)| several.contains(list))
        .map(|(_, error)| error)
        .collect();
    findings.errors.extend(blanks);
    let sources = [
        (&sheets.choices, Source::Inner),
        (&sheets.external_choices, Source::External),
    ];
    for (sheet, source) in sources {
        let columns = Columns::new(sheet, form);
        let mut told = BTreeSet::new();
        for row in &sheet.rows {
            let Some((column, list)) = columns.cell(row, "list_name") else {
                continue;
            };
            let key = match source {
                Source::Inner => String::from(list),
                Source::External => external(list),
            };
            if !findings.used_lists.contains(&key) && told.insert(list) {
                let place = Place::cell(sheet, row, column);
                findings.warn(place, Cause::UnusedList(String::from(list)), None);
            }
        }
    }
}
