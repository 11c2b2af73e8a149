//! The table of kinds: each has all that it needs, and nothing of a kind stands where a new one would be forgotten.

use std::path::{Path, PathBuf};

use anjangsana::domain::{DeviceId, Kind, Record, kinds::SPECS};
use anjangsana::store::Store;
use rusqlite::Connection;

use crate::store_merge::{reply, user};

fn source(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// A record of each kind as it stands on the wire. Frozen: what was once synced must be read for ever.
pub(crate) fn golden(kind: Kind) -> Record {
    let file = source("tests/fixtures/kinds").join(format!("{kind}.json"));
    let text = std::fs::read_to_string(&file);
    let text = text.unwrap_or_else(|_| panic!("{} is missing", file.display()));
    serde_json::from_str(&text).unwrap()
}

#[test]
fn each_kind_has_a_golden_record_that_reads_and_words_in_both_languages() {
    for spec in SPECS {
        let record = golden(spec.kind);
        assert_eq!(record.kind, spec.kind);
        (spec.read)(&record).unwrap();
        for language in ["id", "en"] {
            let words = source("assets/locales").join(format!("{language}.ftl"));
            let words = std::fs::read_to_string(words).unwrap();
            let key = format!("{} = ", spec.words);
            assert!(
                words.lines().any(|line| line.starts_with(&key)),
                "{language}: {key}"
            );
        }
    }
}

#[test]
fn each_kind_has_a_table_that_lists_its_records_on_the_device() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let db = Connection::open(file.path()).unwrap();
    let mut store = Store::open(db, Some(&user()), DeviceId::of_text("device")).unwrap();
    let records = SPECS.map(|spec| golden(spec.kind)).to_vec();
    let answer = reply(9, Vec::new(), records);
    store.apply(anjangsana::domain::Millis(1), &answer).unwrap();
    let db = Connection::open(file.path()).unwrap();
    for spec in SPECS {
        let sql = format!("select count(*) from {}", spec.kind);
        let listed: u32 = db.query_row(&sql, [], |row| row.get(0)).unwrap();
        assert_eq!(listed, 1, "{}", spec.kind);
    }
}

/// Where a kind may be named whatever others there are.
fn is_of_kinds(file: &Path) -> bool {
    let name = file.to_string_lossy();
    name.contains("/kinds/") || name.ends_with("domain/kind.rs")
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// The lines of a statement that name a kind as a text.
fn kinds_in_sql(text: &str) -> Vec<&str> {
    let names = Kind::ALL.map(|kind| format!("'{kind}'"));
    let is_one = |line: &&str| names.iter().any(|name| line.contains(name));
    text.lines().filter(is_one).collect()
}

/// The lines with an arm for all other kinds, in a `match` that has an arm for one.
fn arms_for_all_others(text: &str) -> Vec<&str> {
    let lines: Vec<&str> = text.lines().collect();
    let indent = |line: &str| line.len() - line.trim_start().len();
    let names_a_kind = |line: &str| {
        line.match_indices("Kind::").any(|(at, _)| {
            let (before, from) = line.split_at(at);
            let before = before.chars().next_back();
            let known = Kind::ALL.map(|kind| format!("{kind:?}"));
            let after = from.trim_start_matches("Kind::");
            !before.is_some_and(char::is_alphanumeric)
                && known.iter().any(|name| after.starts_with(name.as_str()))
        })
    };
    let mut found = Vec::new();
    for (number, line) in lines.iter().enumerate() {
        let pattern = line.trim_start();
        if !(pattern.starts_with("_ =>") || pattern.starts_with("_ if ")) {
            continue;
        }
        // Back to the line that opens the match: the first one that is indented less.
        let inside = lines[..number]
            .iter()
            .rev()
            .take_while(|before| before.trim().is_empty() || indent(before) >= indent(line));
        let arms = inside.filter(|before| indent(before) == indent(line));
        let is_arm = |arm: &&&str| arm.contains("=>") || arm.trim_start().starts_with('|');
        if arms.filter(is_arm).any(|arm| names_a_kind(arm)) {
            found.push(*line);
        }
    }
    found
}

#[test]
fn no_statement_and_no_arm_for_all_others_decides_about_a_kind_outside_its_own_file() {
    let mut all = Vec::new();
    files(&source("src"), &mut all);
    let mut wrong = Vec::new();
    for file in all.into_iter().filter(|file| !is_of_kinds(file)) {
        let name = file.to_string_lossy().into_owned();
        // Steps of a schema are as they were when they were written.
        let is_step = name.contains("/migrations/") || name.contains("/schema_");
        let text = std::fs::read_to_string(&file).unwrap_or_default();
        let of_rust = name.ends_with(".rs");
        // What stands behind `cfg(test)` is a test.
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        if (of_rust || name.ends_with(".sql")) && !is_step {
            wrong.extend(
                kinds_in_sql(code)
                    .iter()
                    .map(|line| format!("{name}: {}", line.trim())),
            );
        }
        if of_rust {
            wrong.extend(
                arms_for_all_others(code)
                    .iter()
                    .map(|line| format!("{name}: {}", line.trim())),
            );
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn the_reader_of_the_source_sees_what_it_looks_for() {
    assert_eq!(
        kinds_in_sql("select 1\nwhere kind = 'visit'\n"),
        ["where kind = 'visit'"]
    );
    assert_eq!(kinds_in_sql("select visit from review"), Vec::<&str>::new());
    let with_others = "match kind {\n    Kind::Visit => 1,\n    _ => 2,\n}";
    assert_eq!(arms_for_all_others(with_others), ["    _ => 2,"]);
    let nested = "match kind {\n    Kind::Visit => match state {\n        Some(_) => 1,\n        _ => 2,\n    },\n    Kind::Form => 3,\n}";
    assert_eq!(arms_for_all_others(nested), Vec::<&str>::new());
    let of_another = "match question {\n    QuestionKind::Text => 1,\n    _ => 2,\n}";
    assert_eq!(arms_for_all_others(of_another), Vec::<&str>::new());
}
