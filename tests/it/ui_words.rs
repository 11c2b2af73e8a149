//! The words of the screens: both languages say the same things, and every word asked for exists.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The screens are built for a browser only; what reads their words is tested here.
#[path = "../../src/ui/fluent.rs"]
#[allow(dead_code, unreachable_pub)]
mod fluent;

const ID: &str = include_str!("../../assets/locales/id.ftl");
const EN: &str = include_str!("../../assets/locales/en.ftl");

/// The messages of a file, each with the values it takes.
fn messages(text: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut messages = BTreeMap::new();
    let mut key = String::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        if let Some((name, _)) = line.split_once(" = ")
            && !line.starts_with(' ')
        {
            key = name.to_owned();
            let doubled = messages.insert(key.clone(), BTreeSet::new());
            assert!(doubled.is_none(), "`{key}` stands twice");
        }
        let values: &mut BTreeSet<String> = messages.entry(key.clone()).or_default();
        for piece in line.split('$').skip(1) {
            values.insert(
                piece
                    .chars()
                    .take_while(char::is_ascii_alphanumeric)
                    .collect(),
            );
        }
    }
    messages.remove("");
    messages
}

fn sources(folder: &Path, into: &mut Vec<(PathBuf, String)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, into);
        } else {
            let text = std::fs::read_to_string(&path).unwrap();
            into.push((path, text));
        }
    }
}

fn screens() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    sources(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src/ui"),
        &mut found,
    );
    found
}

/// The keys that a source asks for by `t("...")` and `ta("...")`.
fn asked(text: &str) -> Vec<String> {
    let mut keys = Vec::new();
    for call in ["t(", "ta("] {
        let mut before = "";
        for piece in text.split(call) {
            let ends_a_name = before
                .chars()
                .next_back()
                .is_some_and(|c| c.is_alphanumeric() || c == '_');
            let literal = piece.trim_start().strip_prefix('"');
            if let Some((key, _)) = literal.and_then(|rest| rest.split_once('"'))
                && !before.is_empty()
                && !ends_a_name
            {
                keys.push(key.to_owned());
            }
            before = piece;
        }
    }
    keys
}

#[test]
fn both_languages_have_the_same_messages_with_the_same_values() {
    let (id, en) = (messages(ID), messages(EN));
    for (key, values) in &id {
        assert_eq!(
            en.get(key),
            Some(values),
            "`{key}` in en.ftl is missing or takes other values"
        );
    }
    for key in en.keys() {
        assert!(id.contains_key(key), "`{key}` is missing in id.ftl");
    }
}

#[test]
fn every_message_a_screen_asks_for_exists() {
    let known = messages(ID);
    let mut count = 0;
    for (path, text) in screens() {
        for key in asked(&text) {
            count += 1;
            assert!(
                known.contains_key(&key),
                "{}: there is no message `{key}`",
                path.display()
            );
        }
    }
    assert!(
        count > 100,
        "only {count} messages were found in the sources"
    );
}

#[test]
fn no_message_lies_around_unused() {
    let all: String = screens().into_iter().map(|(_, text)| text).collect();
    let of_kinds = anjangsana::domain::kinds::SPECS.map(|spec| spec.words);
    for key in messages(ID).keys() {
        assert!(
            all.contains(&format!("\"{key}\"")) || of_kinds.contains(&key.as_str()),
            "nobody uses the message `{key}`"
        );
    }
}

#[test]
fn no_screen_styles_itself_or_reaches_past_the_platform() {
    for (path, text) in screens() {
        for forbidden in [
            "style:",
            "document::",
            "web_sys",
            "rusqlite",
            "dangerous_inner_html",
        ] {
            assert!(
                !text.contains(forbidden),
                "{} has `{forbidden}`",
                path.display()
            );
        }
    }
}
