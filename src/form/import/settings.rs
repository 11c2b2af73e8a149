//! The settings sheet: one row below its header.

use super::{Findings, Place, did_you_mean};
use crate::form::definition::Form;
use crate::form::errors::Cause;
use crate::form::sheets::Sheet;
use crate::form::template::{Piece, Template};

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
        if header.as_str() == "default_language" {
            match form.languages.iter().position(|name| name == text) {
                Some(index) => form.default_language = index,
                // A form in one language without a name for it may call it what it likes.
                None if form.languages.iter().all(String::is_empty) => {}
                None => {
                    let mend = did_you_mean(text, form.languages.iter().map(String::as_str));
                    let cause = Cause::UnknownLanguage(String::from(*text));
                    findings.error(Place::cell(sheet, row, *column), cause, mend);
                }
            }
        }
    }
    for (_, header, text) in cells {
        match header.as_str() {
            "form_id" | "id_string" => form.id = String::from(text),
            "version" => form.version = String::from(text),
            "default_language" => {}
            "form_title" | "title" => form.title.set(form.default_language, plain(text)),
            "name" => {
                if let Some(root) = form.elements.first_mut() {
                    root.name = String::from(text);
                }
            }
            other => match title_language(form, other) {
                Some(language) => form.title.set(language, plain(text)),
                None => _ = form.settings.insert(header.clone(), String::from(text)),
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
