//! The settings sheet: one row below its header.

use super::{Findings, Place};
use crate::form::definition::Form;
use crate::form::errors::Cause;
use crate::form::sheets::Sheet;
use crate::form::template::{Piece, Template};

/// Settings that do something elsewhere and nothing here.
const INERT: [&str; 10] = [
    "public_key",
    "submission_url",
    "auto_send",
    "auto_delete",
    "auto_submit",
    "instance_name",
    "sms_keyword",
    "sms_separator",
    "omit_instanceid",
    "client_editable",
];

/// Whether the settings say whose the columns without a language are.
pub(super) fn has_default_language(sheet: &Sheet) -> bool {
    let column = sheet
        .header
        .iter()
        .position(|header| tidy(header) == "default_language");
    let row = sheet.rows.first();
    column
        .zip(row)
        .is_some_and(|(column, row)| !row.cell(column).is_empty())
}

fn tidy(header: &str) -> String {
    let words: Vec<&str> = header.split_whitespace().collect();
    words.join("_").to_ascii_lowercase()
}

pub(super) fn read(sheet: &Sheet, form: &mut Form, findings: &mut Findings) {
    let Some(row) = sheet.rows.first() else {
        return;
    };
    let cells = sheet
        .header
        .iter()
        .enumerate()
        .map(|(column, header)| (column, header, row.cell(column)));
    let cells: Vec<(usize, &String, &str)> =
        cells.filter(|(_, _, text)| !text.is_empty()).collect();
    for (column, header, text) in &cells {
        if tidy(header) == "default_language" {
            match form.languages.iter().position(|name| name == text) {
                Some(index) => form.default_language = index,
                // A form in one language without a name for it may call it what it likes.
                None if form.languages.iter().all(String::is_empty) => {}
                None => {
                    let known: Vec<String> = form.languages.clone();
                    let mend = findings.did_you_mean(text, known.iter().map(String::as_str));
                    let cause = Cause::UnknownLanguage(String::from(*text));
                    findings.error(Place::cell(sheet, row, *column), cause, mend);
                }
            }
        }
    }
    for (column, header, text) in cells {
        let name = tidy(header);
        match name.as_str() {
            "form_id" | "id_string" | "set_form_id" => form.id = String::from(text),
            "version" => form.version = String::from(text),
            "default_language" => {}
            "form_title" | "title" | "set_form_title" => {
                form.title.set(form.default_language, plain(text))
            }
            "name" => {
                if let Some(root) = form.elements.first_mut() {
                    root.name = String::from(text);
                }
            }
            other => match title_language(form, other) {
                Some(language) => form.title.set(language, plain(text)),
                None => {
                    if INERT.contains(&other) {
                        let cause = Cause::NotSupported(header.clone());
                        findings.warn(Place::cell(sheet, row, column), cause, None);
                    }
                    form.settings.insert(header.clone(), String::from(text));
                }
            },
        }
    }
}

/// The language of `form_title_en`, a column of ours: other tools know a title in one language only, and stumble over
/// `form_title::English (en)`.
fn title_language(form: &Form, header: &str) -> Option<usize> {
    let code = header.strip_prefix("form_title_")?;
    (0..form.languages.len()).find(|language| form.code(*language) == code)
}

fn plain(text: &str) -> Template {
    Template {
        pieces: vec![Piece::Text(String::from(text))],
    }
}
