//! The words of the type column.

use crate::form::kind::QuestionKind;

/// What a type says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Type {
    Question(QuestionKind),
    /// A select and its list.
    Select(QuestionKind, String),
    /// A select from a file, the name without its ending.
    SelectFrom(QuestionKind, String),
    BeginGroup,
    EndGroup,
    BeginRepeat,
    EndRepeat,
}

/// What a type column may say wrong.
pub(super) enum Wrong {
    Unknown,
    NoList,
}

const SELECTS: [(&str, QuestionKind); 7] = [
    ("select_one", QuestionKind::SelectOne),
    ("select1", QuestionKind::SelectOne),
    ("select_multiple", QuestionKind::SelectMultiple),
    ("select_all_that_apply", QuestionKind::SelectMultiple),
    ("rank", QuestionKind::Rank),
    ("select_one_from_file", QuestionKind::SelectOne),
    ("select_multiple_from_file", QuestionKind::SelectMultiple),
];

/// Every word a type can start with, for suggestions.
pub(super) fn words() -> impl Iterator<Item = &'static str> {
    let frames = ["begin_group", "end_group", "begin_repeat", "end_repeat"];
    QuestionKind::WORDS
        .iter()
        .map(|(word, _)| *word)
        .chain(SELECTS.iter().map(|(word, _)| *word))
        .chain(frames)
}

/// Reads a type; the second value is whether it asks for an "other" choice.
pub(super) fn parse(text: &str) -> Result<(Type, bool), Wrong> {
    let mut words: Vec<&str> = text.split_whitespace().collect();
    let other = words.last() == Some(&"or_other") || text.ends_with("or specify other");
    if other {
        words.pop();
    }
    // "select one x" is "select_one x", "begin group" is "begin_group".
    let (head, rest) = match words.as_slice() {
        [a @ ("select" | "begin" | "end"), b, rest @ ..] => (format!("{a}_{b}"), rest),
        [head, rest @ ..] => (head.to_lowercase(), rest),
        [] => return Err(Wrong::Unknown),
    };
    let frame = match head.as_str() {
        "begin_group" => Some(Type::BeginGroup),
        "end_group" => Some(Type::EndGroup),
        "begin_repeat" => Some(Type::BeginRepeat),
        "end_repeat" => Some(Type::EndRepeat),
        _ => None,
    };
    if let Some(frame) = frame {
        return Ok((frame, false));
    }
    if let Some((word, kind)) = SELECTS.iter().find(|(word, _)| *word == head) {
        let Some(list) = rest.first() else {
            return Err(Wrong::NoList);
        };
        let kind = if word.ends_with("_from_file") {
            let table = list.rsplit_once('.').map_or(*list, |(name, _)| name);
            Type::SelectFrom(*kind, String::from(table))
        } else {
            Type::Select(*kind, String::from(*list))
        };
        return Ok((kind, other));
    }
    match QuestionKind::WORDS.iter().find(|(word, _)| *word == head) {
        Some((_, kind)) => Ok((Type::Question(*kind), false)),
        None => Err(Wrong::Unknown),
    }
}
