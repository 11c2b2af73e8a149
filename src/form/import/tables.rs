//! Tables that a form looks into: sheets of the workbook that bear their names, or what the app itself brings.

use std::collections::BTreeMap;

use super::{Findings, Place};
use crate::form::definition::Form;
use crate::form::errors::{Cause, Mend};
use crate::form::sheets::{Sheet, Sheets};

/// The tables that the app gives to every form: the register's row of the cooperative visited.
const GIVEN: [&str; 1] = ["koperasi"];

/// Sheets that mean something to other apps and nothing here.
const INERT: [&str; 2] = ["entities", "osm"];

/// The name of a table without the ending of its file.
pub(super) fn bare(name: &str) -> &str {
    name.strip_suffix(".csv")
        .or_else(|| name.strip_suffix(".geojson"))
        .unwrap_or(name)
}

/// Notes which sheets could be tables, and says which mean nothing here or look like slips.
pub(super) fn notice(sheets: &Sheets, findings: &mut Findings) {
    for sheet in &sheets.others {
        findings
            .tables
            .insert(String::from(bare(&sheet.name)), false);
        let name = sheet.name.to_ascii_lowercase();
        let place = Place::sheet(sheet);
        if INERT.contains(&name.as_str()) {
            findings.warn(place, Cause::NotSupported(sheet.name.clone()), None);
        } else if !name.starts_with('_') {
            let missing = [&sheets.choices, &sheets.settings, &sheets.external_choices];
            let missing = missing
                .into_iter()
                .filter(|known| known.header.is_empty())
                .map(|known| known.name.as_str());
            if let Some(near) = findings.did_you_mean(&name, missing) {
                findings.warn(place, Cause::UnknownSheet(sheet.name.clone()), Some(near));
            }
        }
    }
}

impl Findings {
    /// Something looks into a list or a table.
    pub(super) fn look_into(&mut self, name: &str, place: Place<'_>, form: &Form) {
        if form.lists.contains_key(name) {
            self.used_lists.insert(String::from(name));
            return;
        }
        let name = bare(name);
        if let Some(used) = self.tables.get_mut(name) {
            *used = true;
        } else if !GIVEN.contains(&name) && !name.starts_with("__last-saved") {
            let mend = Some(Mend::Attach(String::from(name)));
            self.warn(place, Cause::MissingTable(String::from(name)), mend);
        }
    }
}

/// Keeps the tables that are looked into with the form.
pub(super) fn keep(sheets: &Sheets, form: &mut Form, findings: &Findings) {
    for sheet in &sheets.others {
        let name = bare(&sheet.name);
        if findings.tables.get(name) == Some(&true) {
            form.tables.insert(String::from(name), rows(sheet));
        }
    }
}

fn rows(sheet: &Sheet) -> Vec<BTreeMap<String, String>> {
    let named =
        |(column, header): (usize, &String)| (!header.is_empty()).then(|| (column, header.clone()));
    let columns: Vec<(usize, String)> = sheet.header.iter().enumerate().filter_map(named).collect();
    sheet
        .rows
        .iter()
        .map(|row| {
            columns
                .iter()
                .map(|(column, header)| (header.clone(), String::from(row.cell(*column))))
                .collect()
        })
        .collect()
}
