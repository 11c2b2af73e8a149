//! Headers: which column means what, under all the names the XLSForm world has for it.

use std::collections::BTreeMap;

use crate::form::definition::Form;
use crate::form::sheets::{Row, Sheet};

/// Other spellings of the columns.
const ALIASES: [(&str, &str); 18] = [
    ("caption", "label"),
    ("guidance_hint", "guidance"),
    ("relevance", "relevant"),
    ("bind:relevant", "relevant"),
    ("calculate", "calculation"),
    ("bind:calculate", "calculation"),
    ("bind:constraint", "constraint"),
    ("constraint message", "constraint_message"),
    ("constraint_msg", "constraint_message"),
    ("bind:jr:constraintmsg", "constraint_message"),
    ("required message", "required_message"),
    ("bind:required", "required"),
    ("readonly", "read_only"),
    ("read only", "read_only"),
    ("choice filter", "choice_filter"),
    ("repeat count", "repeat_count"),
    ("list name", "list_name"),
    ("value", "name"),
];

/// The columns whose text is for people and may stand once per language.
const TRANSLATED: [&str; 5] = [
    "label",
    "hint",
    "guidance",
    "constraint_message",
    "required_message",
];

/// The other columns the engine understands.
const PLAIN: [&str; 24] = [
    "type",
    "name",
    "relevant",
    "calculation",
    "constraint",
    "required",
    "read_only",
    "default",
    "appearance",
    "choice_filter",
    "repeat_count",
    "repeat_min",
    "repeat_max",
    "parameters",
    "trigger",
    "weight",
    "points",
    "scored",
    "score_cap",
    "score_withheld",
    "role",
    "list_name",
    "note",
    "comment",
];

/// The columns of one sheet by meaning.
pub(super) struct Columns {
    plain: BTreeMap<&'static str, usize>,
    /// Per column of texts: where each language's stands.
    translated: BTreeMap<&'static str, Vec<(usize, usize)>>,
    /// What is left.
    pub(super) unknown: Vec<usize>,
}

/// A header in its parts: canonical name and language.
fn parse(header: &str) -> (String, Option<&str>) {
    let (name, language) = match header.split_once("::") {
        Some((name, language)) => (name.trim(), Some(language.trim())),
        None => (header.trim(), None),
    };
    let name = name.to_lowercase();
    let name = ALIASES
        .iter()
        .find(|(alias, _)| *alias == name)
        .map_or(name, |(_, meant)| String::from(*meant));
    (name, language)
}

/// The languages of the sheets in the order they appear; one without a name when there are none.
pub(super) fn languages(sheets: &[&Sheet]) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for header in sheets.iter().flat_map(|sheet| &sheet.header) {
        if let (name, Some(language)) = parse(header)
            && TRANSLATED.contains(&name.as_str())
            && !out.iter().any(|known| known == language)
        {
            out.push(String::from(language));
        }
    }
    if out.is_empty() {
        out.push(String::new());
    }
    out
}

impl Columns {
    pub(super) fn new(sheet: &Sheet, form: &Form) -> Columns {
        let mut columns = Columns {
            plain: BTreeMap::new(),
            translated: BTreeMap::new(),
            unknown: Vec::new(),
        };
        for (index, header) in sheet.header.iter().enumerate() {
            let (name, language) = parse(header);
            let language = match language {
                None => Some(form.default_language),
                Some(wanted) => form.languages.iter().position(|known| known == wanted),
            };
            let translated = TRANSLATED.iter().find(|known| **known == name);
            let plain = PLAIN.iter().find(|known| **known == name);
            match (translated, plain, language) {
                (Some(known), _, Some(language)) => {
                    let places = columns.translated.entry(known).or_default();
                    // A column with the language written out wins over one without.
                    places.retain(|(taken, _)| *taken != language || !header.contains("::"));
                    if !places.iter().any(|(taken, _)| *taken == language) {
                        places.push((language, index));
                    }
                }
                (None, Some(known), _) if !columns.plain.contains_key(known) => {
                    columns.plain.insert(known, index);
                }
                _ if !header.is_empty() => columns.unknown.push(index),
                _ => {}
            }
        }
        columns
    }

    /// Where a column stands.
    pub(super) fn find(&self, name: &str) -> Option<usize> {
        self.plain.get(name).copied()
    }

    /// A cell that is not empty, and its column.
    pub(super) fn cell<'r>(&self, row: &'r Row, name: &str) -> Option<(usize, &'r str)> {
        let column = self.find(name)?;
        let text = row.cell(column);
        if text.is_empty() {
            None
        } else {
            Some((column, text))
        }
    }

    /// The cells of a text in its languages: language and column.
    pub(super) fn texts(&self, name: &str) -> &[(usize, usize)] {
        self.translated
            .get(name)
            .map(Vec::as_slice)
            .unwrap_or_default()
    }
}
