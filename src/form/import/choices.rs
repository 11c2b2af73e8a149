//! The choices sheet.

use std::collections::BTreeMap;

use super::columns::Columns;
use super::formulas::template;
use super::{Findings, Place};
use crate::form::definition::{Choice, Form};
use crate::form::errors::Cause;
use crate::form::sheets::Sheet;

pub(super) fn read(sheet: &Sheet, form: &mut Form, findings: &mut Findings) {
    if sheet.rows.is_empty() {
        return;
    }
    let columns = Columns::new(sheet, form);
    for (needed, column) in [
        ("list_name", columns.find("list_name")),
        ("name", columns.find("name")),
    ] {
        if column.is_none() {
            findings.error(Place::sheet(sheet), Cause::MissingColumn(needed), None);
            return;
        }
    }
    let allow_doubles = form
        .settings
        .get("allow_choice_duplicates")
        .is_some_and(|value| value == "yes");
    let mut seen: BTreeMap<(String, String), u32> = BTreeMap::new();
    for row in &sheet.rows {
        let (Some((_, list)), Some((column, name))) =
            (columns.cell(row, "list_name"), columns.cell(row, "name"))
        else {
            findings.error(Place::row(sheet, row), Cause::IncompleteChoice, None);
            continue;
        };
        let place = Place::cell(sheet, row, column);
        if name.contains(char::is_whitespace) {
            let mend = Some(format!(
                "write `{}`",
                name.split_whitespace().collect::<Vec<_>>().join("_")
            ));
            findings.error(place, Cause::BadChoice(String::from(name)), mend);
        }
        let key = (String::from(list), String::from(name));
        match seen.get(&key) {
            Some(first) if !allow_doubles => {
                let (list, name) = key;
                findings.error(
                    place,
                    Cause::DuplicateChoice {
                        list,
                        name,
                        first: *first,
                    },
                    None,
                );
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
        form.lists
            .entry(String::from(list))
            .or_default()
            .choices
            .push(choice);
    }
}
