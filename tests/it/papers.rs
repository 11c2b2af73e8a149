//! The papers name files and tests that are there.

use std::path::{Path, PathBuf};

use anjangsana::domain::Kind;

/// The first words of a path in this tree. What begins otherwise is a path on somebody's machine or in an address.
const PLACES: [&str; 16] = [
    "src", "tests", "xtask", "assets", "docs", "benches", "fuzz", "domain", "form", "sync", "sql",
    "store", "platform", "ui", "server", "e2e",
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every file and folder of the tree, from its top.
fn tree() -> Vec<String> {
    fn look(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if name.starts_with('.') || ["target", "data"].contains(&name.as_str()) {
                continue;
            }
            if path.is_dir() {
                look(&path, found);
            }
            found.push(path);
        }
    }
    let mut found = Vec::new();
    look(&root(), &mut found);
    let of_the_tree = |path: PathBuf| {
        let path = path.strip_prefix(root()).unwrap().to_string_lossy();
        path.replace('\\', "/")
    };
    found.into_iter().map(of_the_tree).collect()
}

/// The words of a paper that stand between backquotes.
fn quoted(text: &str) -> Vec<&str> {
    let lines = text.lines();
    lines
        .flat_map(|line| line.split('`').skip(1).step_by(2))
        .collect()
}

/// Whether a word is the path of something in a tree: `src/sync/engine.rs`, `server/kinds/`, `order.rs`.
fn is_path(word: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-/".contains(c);
    if !word.chars().all(plain) {
        return false;
    }
    match word.split_once('/') {
        Some((first, _)) => PLACES.contains(&first),
        None => word.ends_with(".rs"),
    }
}

fn is_there(tree: &[String], path: &str) -> bool {
    let path = path.trim_end_matches('/');
    let end = format!("/{path}");
    tree.iter().any(|one| one == path || one.ends_with(&end))
}

#[test]
fn every_file_that_a_paper_names_is_there() {
    let tree = tree();
    let mut wrong = Vec::new();
    let mut count = 0;
    for paper in tree.iter().filter(|path| path.ends_with(".md")) {
        let text = std::fs::read_to_string(root().join(paper)).unwrap();
        for path in quoted(&text).into_iter().filter(|word| is_path(word)) {
            count += 1;
            if !is_there(&tree, path) {
                wrong.push(format!("{paper}: {path}"));
            }
        }
    }
    assert!(count > 20, "only {count} paths were found");
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

/// The tests that a paper names as `file::name` or `path/file.rs::name`, a `*` at the end for several.
fn tests_of(text: &str) -> Vec<(&str, &str)> {
    let names = quoted(text).into_iter();
    names
        .filter_map(|word| word.split_once("::"))
        .filter(|(_, name)| !name.contains("::"))
        .collect()
}

#[test]
fn every_test_that_a_paper_names_is_there() {
    let paper = std::fs::read_to_string(root().join("docs/hardening.md")).unwrap();
    let mut wrong = Vec::new();
    let mut count = 0;
    for (file, name) in tests_of(&paper) {
        count += 1;
        let file = match file.ends_with(".rs") {
            true => file.to_owned(),
            false => format!("tests/it/{file}.rs"),
        };
        let text = std::fs::read_to_string(root().join(&file)).unwrap_or_default();
        let function = match name.strip_suffix('*') {
            Some(begins) => format!("fn {begins}"),
            None => format!("fn {name}("),
        };
        if !text.contains(&function) {
            wrong.push(format!("{file}: {name}"));
        }
    }
    assert!(count > 50, "only {count} tests were found");
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn the_paper_on_the_protocol_names_every_kind() {
    let paper = std::fs::read_to_string(root().join("src/sync/README.md")).unwrap();
    let (_, kinds) = paper.split_once("Kinds: ").unwrap();
    let (kinds, _) = kinds.split_once(". ").unwrap();
    assert_eq!(quoted(kinds), Kind::ALL.map(|kind| kind.to_string()));
}

#[test]
fn paths_and_tests_are_told_from_other_words() {
    let text = "`src/lib.rs`, `order.rs` and `server/kinds/` in `/etc/nginx` of `user add`; `limits::a_b` and `tests/e2e/locking.rs::h22_*`";
    let words = quoted(text);
    let paths: Vec<_> = words.into_iter().filter(|word| is_path(word)).collect();
    assert_eq!(paths, ["src/lib.rs", "order.rs", "server/kinds/"]);
    assert_eq!(
        tests_of(text),
        [("limits", "a_b"), ("tests/e2e/locking.rs", "h22_*")]
    );
}
