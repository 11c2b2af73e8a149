//! Headers: which column means what, under all the names the XLSForm world has for it.

use std::collections::BTreeMap;

use super::{Findings, Place};
use crate::form::definition::Form;
use crate::form::errors::{Cause, Mend, nearest};
use crate::form::sheets::{Row, Sheet, column_letters};

/// Other spellings of the columns, in small letters and with `_` for blanks.
const ALIASES: [(&str, &str); 17] = [
    ("caption", "label"),
    ("guidance_hint", "guidance"),
    ("relevance", "relevant"),
    ("calculate", "calculation"),
    ("constraint_msg", "constraint_message"),
    ("constraining_message", "constraint_message"),
    ("jr:constraintmsg", "constraint_message"),
    ("requiredmsg", "required_message"),
    ("required_msg", "required_message"),
    ("jr:requiredmsg", "required_message"),
    ("readonly", "read_only"),
    ("count", "repeat_count"),
    ("jr:count", "repeat_count"),
    ("command", "type"),
    ("tag", "name"),
    ("value", "name"),
    ("entities:saveto", "save_to"),
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
const PLAIN: [&str; 23] = [
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
    "disabled",
];

/// Columns of the standard that do something elsewhere and nothing here: they are kept, and it is said.
const INERT: [&str; 9] = [
    "image",
    "big-image",
    "audio",
    "video",
    "autoplay",
    "rows",
    "save_to",
    "intent",
    "noapperrorstring",
];

/// What stands before the meaning proper: `bind::relevant`, `media::image::English (en)`.
const PREFIXES: [&str; 5] = ["bind", "body", "control", "media", "instance"];

/// The columns of one sheet by meaning.
pub(super) struct Columns {
    plain: BTreeMap<&'static str, usize>,
    /// Per column of texts: where each language's stands.
    translated: BTreeMap<&'static str, Vec<(usize, usize)>>,
    /// What is left.
    pub(super) unknown: Vec<usize>,
    inert: Vec<usize>,
    /// Columns that say again what another does, and that one.
    doubled: Vec<(usize, usize)>,
}

/// A header in its parts: canonical name and language.
fn parse(header: &str) -> (String, Option<&str>) {
    let mut parts = if header.contains("::") {
        header.split("::").map(str::trim).collect()
    } else {
        old_parts(header)
    };
    let mut name = tidy(parts.first().copied().unwrap_or_default());
    if PREFIXES.contains(&name.as_str()) && parts.len() > 1 {
        parts.remove(0);
        let inner = canonical(&tidy(parts.first().copied().unwrap_or_default()));
        let known = is_known(&inner) && name != "instance";
        name = if known { inner } else { format!("{name}::") };
    }
    let language = parts
        .get(1)
        .copied()
        .filter(|language| !language.is_empty());
    (canonical(&name), language)
}

/// The parts of a header whose language is set off by one colon, as long ago: `label:English`.
fn old_parts(header: &str) -> Vec<&str> {
    let parts: Vec<&str> = header.splitn(2, ':').map(str::trim).collect();
    let first = parts.first().map(|first| canonical(&tidy(first)));
    let old = first.is_some_and(|first| TRANSLATED.contains(&first.as_str()) || first == "bind");
    if old { parts } else { vec![header.trim()] }
}

fn tidy(name: &str) -> String {
    let words: Vec<&str> = name.split_whitespace().collect();
    words.join("_").to_ascii_lowercase()
}

fn canonical(name: &str) -> String {
    ALIASES
        .iter()
        .find(|(alias, _)| *alias == name)
        .map_or_else(|| String::from(name), |(_, meant)| String::from(*meant))
}

fn is_known(name: &str) -> bool {
    TRANSLATED.contains(&name) || PLAIN.contains(&name) || INERT.contains(&name)
}

/// The languages of the sheets in the order they appear; one without a name when there are none. Where labels without
/// a language stand beside others, and the settings do not say whose they are, they are a language of their own.
pub(super) fn languages(sheets: &[&Sheet], has_default: bool) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut bare = false;
    for header in sheets.iter().flat_map(|sheet| &sheet.header) {
        let (name, language) = parse(header);
        match language {
            Some(language) if TRANSLATED.contains(&name.as_str()) => {
                let language = String::from(language);
                if !out.contains(&language) {
                    out.push(language);
                }
            }
            Some(_) => {}
            None => bare |= name == "label",
        }
    }
    if out.is_empty() {
        out.push(String::new());
    } else if bare && !has_default {
        out.insert(0, String::from("default"));
    }
    out
}

impl Columns {
    pub(super) fn new(sheet: &Sheet, form: &Form) -> Columns {
        let mut columns = Columns {
            plain: BTreeMap::new(),
            translated: BTreeMap::new(),
            unknown: Vec::new(),
            inert: Vec::new(),
            doubled: Vec::new(),
        };
        for (index, header) in sheet.header.iter().enumerate() {
            if header.is_empty() {
                continue;
            }
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
                    match places.iter().find(|(taken, _)| *taken == language) {
                        Some((_, first)) => columns.doubled.push((index, *first)),
                        None => places.push((language, index)),
                    }
                }
                (None, Some(known), _) => match columns.plain.get(known) {
                    Some(first) => columns.doubled.push((index, *first)),
                    None => _ = columns.plain.insert(known, index),
                },
                _ if INERT.contains(&name.as_str()) || name.ends_with("::") => {
                    columns.inert.push(index)
                }
                _ => columns.unknown.push(index),
            }
        }
        columns
    }

    /// Says which columns stand twice, which do nothing here, and which look like slips.
    pub(super) fn report(&self, sheet: &Sheet, findings: &mut Findings) {
        let place = |column: usize| Place {
            sheet,
            row: 1,
            column: Some(column),
            text: sheet.header.get(column).map_or("", String::as_str),
            around: None,
        };
        for (column, first) in &self.doubled {
            let place = place(*column);
            let cause = Cause::DuplicateColumn {
                name: String::from(place.text),
                first: column_letters(*first),
            };
            findings.error(place, cause, Some(Mend::OneColumn));
        }
        for column in &self.inert {
            if sheet.rows.iter().any(|row| !row.cell(*column).is_empty()) {
                let place = place(*column);
                findings.warn(place, Cause::NotSupported(String::from(place.text)), None);
            }
        }
        for column in &self.unknown {
            let place = place(*column);
            let missing = TRANSLATED
                .iter()
                .filter(|known| !self.translated.contains_key(**known))
                .chain(
                    PLAIN
                        .iter()
                        .filter(|known| !self.plain.contains_key(**known)),
                )
                .copied();
            let word = tidy(place.text.split("::").next().unwrap_or_default());
            if let Some(near) = nearest(&word, missing) {
                let near = Some(Mend::DidYouMean(String::from(near)));
                findings.warn(place, Cause::UnknownColumn(String::from(place.text)), near);
            }
        }
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
