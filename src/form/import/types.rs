//! The words of the type column.

use crate::form::kind::QuestionKind;

/// What a type says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Type {
    Question(QuestionKind),
    /// A select and its list.
    Select(QuestionKind, String),
    /// A select and its list of the external choices.
    External(String),
    /// A select from a file.
    SelectFrom(QuestionKind, String),
    /// A table for lookups, which asks nothing.
    Table,
    /// Something that fills itself elsewhere and that the app does not record.
    Unrecorded,
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

/// The words before a list, with blanks for underlines.
const SELECTS: [(&str, QuestionKind); 16] = [
    ("select one", QuestionKind::SelectOne),
    ("select1", QuestionKind::SelectOne),
    ("select one from", QuestionKind::SelectOne),
    ("select one using", QuestionKind::SelectOne),
    ("add select one prompt using", QuestionKind::SelectOne),
    ("select multiple", QuestionKind::SelectMultiple),
    ("select multiple from", QuestionKind::SelectMultiple),
    ("select multiple using", QuestionKind::SelectMultiple),
    (
        "add select multiple prompt using",
        QuestionKind::SelectMultiple,
    ),
    ("select all that apply", QuestionKind::SelectMultiple),
    ("select all that apply from", QuestionKind::SelectMultiple),
    ("rank", QuestionKind::Rank),
    ("select one external", QuestionKind::SelectOne),
    ("select one from file", QuestionKind::SelectOne),
    ("select multiple from file", QuestionKind::SelectMultiple),
    ("rank from file", QuestionKind::Rank),
];

/// Most words any of them has.
const MOST_WORDS: usize = 6;

/// Groups and repeats, with blanks for underlines.
const FRAMES: [(&str, Type); 8] = [
    ("begin group", Type::BeginGroup),
    ("end group", Type::EndGroup),
    ("begin repeat", Type::BeginRepeat),
    ("end repeat", Type::EndRepeat),
    ("begin lgroup", Type::BeginRepeat),
    ("end lgroup", Type::EndRepeat),
    ("begin looped group", Type::BeginRepeat),
    ("end looped group", Type::EndRepeat),
];

/// Other words for types of questions.
const SYNONYMS: [(&str, QuestionKind); 12] = [
    ("date time", QuestionKind::DateTime),
    ("gps", QuestionKind::Geopoint),
    ("location", QuestionKind::Geopoint),
    ("picture", QuestionKind::Image),
    ("start time", QuestionKind::Start),
    ("end time", QuestionKind::End),
    ("device id", QuestionKind::DeviceId),
    ("imei", QuestionKind::DeviceId),
    ("uri:deviceid", QuestionKind::DeviceId),
    ("uri:username", QuestionKind::Username),
    ("draw", QuestionKind::Signature),
    ("signature", QuestionKind::Signature),
];

/// What fills itself on other apps: sensors in the background, properties of a SIM card, maps of other projects.
const UNRECORDED: [&str; 15] = [
    "background-audio",
    "background-geopoint",
    "start-geopoint",
    "xml-external",
    "osm",
    "email",
    "phonenumber",
    "phone number",
    "simserial",
    "sim id",
    "subscriberid",
    "subscriber id",
    "uri:email",
    "uri:phonenumber",
    "uri:simserial",
];

/// Every word a type can start with, for suggestions.
pub(super) fn words() -> impl Iterator<Item = &'static str> {
    let frames = ["begin_group", "end_group", "begin_repeat", "end_repeat"];
    let selects = [
        "select_one",
        "select_multiple",
        "select_one_external",
        "select_one_from_file",
        "select_multiple_from_file",
        "csv-external",
    ];
    QuestionKind::WORDS
        .iter()
        .map(|(word, _)| *word)
        .chain(selects)
        .chain(frames)
}

/// Reads a type; the second value is whether it asks for an "other" choice.
pub(super) fn parse(text: &str) -> Result<(Type, bool), Wrong> {
    let mut words: Vec<&str> = text.split_whitespace().collect();
    let other = match words.as_slice() {
        [.., "or_other"] => 1,
        [.., "or", "other"] => 2,
        [.., "or", "specify", "other"] => 3,
        _ => 0,
    };
    words.truncate(words.len() - other);
    let plain = |words: &[&str]| words.join(" ").replace('_', " ").to_ascii_lowercase();
    let whole = plain(&words);
    if let Some((_, frame)) = FRAMES.iter().find(|(name, _)| *name == whole) {
        return Ok((frame.clone(), false));
    }
    // The longest words first: "select_one_from_file x" is no "select_one" of a list "from".
    for count in (1..=words.len().min(MOST_WORDS)).rev() {
        let (head, rest) = words.split_at(count);
        let head = plain(head);
        if let Some((name, kind)) = SELECTS.iter().find(|(name, _)| *name == head) {
            let list = rest.first().ok_or(Wrong::NoList)?;
            let list = String::from(*list);
            let meaning = match *name {
                "select one external" => Type::External(list),
                file if file.ends_with("from file") => Type::SelectFrom(*kind, list),
                _ => Type::Select(*kind, list),
            };
            return Ok((meaning, other > 0));
        }
    }
    question(&whole)
        .map(|meaning| (meaning, false))
        .ok_or(Wrong::Unknown)
}

/// A type of question in one of its spellings: `text`, `add text prompt`, `q text`, `get today`.
fn question(whole: &str) -> Option<Type> {
    if whole == "csv-external" {
        return Some(Type::Table);
    }
    if UNRECORDED.contains(&whole) {
        return Some(Type::Unrecorded);
    }
    let bare = whole.strip_prefix("add ").unwrap_or(whole);
    let bare = bare.strip_suffix(" prompt").unwrap_or(bare);
    let bare = ["q ", "get "]
        .iter()
        .find_map(|prefix| bare.strip_prefix(prefix))
        .unwrap_or(bare);
    QuestionKind::WORDS
        .iter()
        .chain(&SYNONYMS)
        .find(|(word, _)| *word == bare)
        .map(|(_, kind)| Type::Question(*kind))
}
