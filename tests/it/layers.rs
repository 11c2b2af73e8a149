//! Who may import whom. The source is read as text: what matters is which names a file uses, whatever the compiler thinks
//! of it under the features at hand.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};

/// Each layer with the layers it may import.
const MAY_IMPORT: [(&str, &[&str]); 9] = [
    ("math", &[]),
    ("domain", &[]),
    ("form", &["math", "domain"]),
    ("sync", &["domain", "form"]),
    ("sql", &[]),
    ("store", &["domain", "form", "sync", "sql"]),
    ("platform", &["domain", "form", "sync", "sql", "store"]),
    ("ui", &["domain", "form", "sync", "store", "platform"]),
    ("server", &["domain", "form", "sync", "sql"]),
];

/// Names that only some places may use: the name, and the places.
const ONLY_IN: [(&str, &[&str]); 10] = [
    ("rusqlite", &["sql", "store", "server/repo/sqlite"]),
    ("sqlite_wasm_rs", &["sql", "platform"]),
    ("sqlite_wasm_vfs", &["sql", "platform"]),
    ("web_sys", &["platform"]),
    ("js_sys", &["platform", "math.rs"]),
    ("wasm_bindgen", &["platform"]),
    ("reqwest", &["platform"]),
    ("dioxus", &["ui", "main.rs"]),
    ("dioxus_history", &["ui", "platform"]),
    ("axum", &["server", "bin"]),
];

/// The repository's engines: what the server does it does through `repo::Tx`, whichever is behind it.
const ENGINES: [&str; 4] = ["rusqlite", "sqlite", "postgres", "tokio_postgres"];

/// Where a task may begin that outlives the screen that began it: see the words there.
const BACKGROUND: (&str, &str) = ("spawn_forever", "ui/background.rs");

/// These layers do no I/O: time and ids come in as values.
const PURE: [&str; 3] = ["domain", "form", "sync"];

/// What a pure layer does not name. A path of several words matches as such.
const IMPURE: [&str; 13] = [
    "async",
    "getrandom",
    "Instant",
    "std::env",
    "std::fs",
    "std::net",
    "std::process",
    "std::thread",
    "SystemTime",
    "Timestamp::now",
    "Uuid::new_v4",
    "Uuid::now_v7",
    "Zoned::now",
];

/// Where the code may depend on features and on the machine: whole places, and single files.
const MAY_CFG: [&str; 6] = [
    "lib.rs",
    "main.rs",
    "platform",
    "sql/device.rs",
    // The engines that a server is built with.
    "server/repo/mod.rs",
    // For a lighter download: in a browser, the browser's sine.
    "math.rs",
];

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Breach {
    file: String,
    line: usize,
    what: String,
}

impl fmt::Display for Breach {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "src/{}:{}: {}", self.file, self.line, self.what)
    }
}

#[test]
fn every_layer_imports_only_the_layers_below_it() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    collect(&src, &mut files);
    assert!(files.len() > 10, "the source was not found");
    let mut breaches = BTreeSet::new();
    for path in files {
        let file = path
            .strip_prefix(&src)
            .unwrap()
            .to_string_lossy()
            .replace('\\', "/");
        breaches.extend(scan(&file, &std::fs::read_to_string(&path).unwrap()));
    }
    let list: Vec<String> = breaches.iter().map(Breach::to_string).collect();
    assert!(list.is_empty(), "\n{}\n", list.join("\n"));
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            files.push(path);
        }
    }
}

/// Every breach in one file; `file` is its path below `src/`.
fn scan(file: &str, text: &str) -> Vec<Breach> {
    let place = file.split('/').next().unwrap();
    let words = words(text);
    let mut breaches = Vec::new();
    let mut report = |line, what: String| {
        breaches.push(Breach {
            file: file.to_owned(),
            line,
            what,
        })
    };
    let may_import = MAY_IMPORT
        .iter()
        .find(|(layer, _)| *layer == place)
        .map(|(_, may)| *may);

    for (line, layer) in imports(file, &words) {
        let known = MAY_IMPORT.iter().any(|(name, _)| *name == layer);
        if let Some(may) = may_import
            && known
            && layer != place
            && !may.contains(&layer.as_str())
        {
            report(line, format!("`{place}` imports `{layer}`"));
        }
    }
    for (index, (line, word)) in words.iter().enumerate() {
        let at = |offset: usize| {
            words
                .get(index + offset)
                .map_or("", |(_, word)| word.as_str())
        };
        let part_of_a_path = index > 0 && words[index - 1].1 == "::";
        if !part_of_a_path
            && let Some((name, places)) = ONLY_IN.iter().find(|(name, _)| name == word)
            && (at(1) == "::" || at(1) == ";" || at(1) == "as")
            && !places.iter().any(|place| is_in(file, place))
        {
            report(*line, format!("`{name}` belongs to {}", places.join(", ")));
        }
        if ENGINES.contains(&word.as_str()) && place == "server" && !is_in(file, "server/repo") {
            report(
                *line,
                format!("`{word}` is an engine: it belongs to server/repo"),
            );
        }
        if place == "ui" && word == "platform" && at(1) == "::" && ["web", "bare"].contains(&at(2))
        {
            report(
                *line,
                "`ui` sees the machine through `platform::host`".to_owned(),
            );
        }
        if *word == BACKGROUND.0 && file != BACKGROUND.1 {
            report(*line, format!("`{word}` belongs to {}", BACKGROUND.1));
        }
        if PURE.contains(&place) {
            for path in IMPURE {
                let mut parts = path.split("::").enumerate();
                if parts.all(|(step, part)| {
                    at(step * 2) == part && (step == 0 || at(step * 2 - 1) == "::")
                }) {
                    report(*line, format!("`{place}` does no I/O, so no `{path}`"));
                }
            }
        }
        if ["cfg", "cfg_attr"].contains(&word.as_str()) && !may_cfg(file, place) {
            let open = if at(1) == "!" { 2 } else { 1 };
            let inside = inside(words.get(index + open..).unwrap_or_default());
            if inside.iter().any(|word| {
                [
                    "feature",
                    "target_arch",
                    "target_os",
                    "target_family",
                    "unix",
                    "windows",
                ]
                .contains(word)
            }) {
                report(
                    *line,
                    format!(
                        "`{word}` on features or machines belongs to {}",
                        MAY_CFG.join(", ")
                    ),
                );
            }
        }
    }
    breaches
}

/// Whether a file is this one, or in this folder.
fn is_in(file: &str, place: &str) -> bool {
    file.strip_prefix(place)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn may_cfg(file: &str, place: &str) -> bool {
    MAY_CFG.contains(&file) || MAY_CFG.contains(&place)
}

/// The top-level modules that a file names, with the line: `crate::x`, `anjangsana::x`, `crate::{x::…, y}`, and `super::`
/// far enough up.
fn imports(file: &str, words: &[(usize, String)]) -> Vec<(usize, String)> {
    let depth = file.split('/').filter(|part| *part != "mod.rs").count();
    let mut found = Vec::new();
    for (index, (_, word)) in words.iter().enumerate() {
        let at = |index: usize| words.get(index).map_or("", |(_, word)| word.as_str());
        let part_of_a_path = index > 0 && at(index - 1) == "::";
        let mut next = match word.as_str() {
            "crate" | "anjangsana" if !part_of_a_path && at(index + 1) == "::" => index + 2,
            "super" if !part_of_a_path => {
                let mut end = index;
                let mut up = 1;
                while at(end + 1) == "::" && at(end + 2) == "super" {
                    (end, up) = (end + 2, up + 1);
                }
                if up < depth || at(end + 1) != "::" {
                    continue;
                }
                end + 2
            }
            _ => continue,
        };
        if at(next) != "{" {
            found.push((words[next.min(words.len() - 1)].0, at(next).to_owned()));
            continue;
        }
        // A group: the first word of each entry, whatever is nested in it.
        let mut nesting = 0;
        while next < words.len() {
            match at(next) {
                "{" => nesting += 1,
                "}" => nesting -= 1,
                word if nesting == 1 && ["{", ","].contains(&at(next - 1)) => {
                    found.push((words[next].0, word.to_owned()))
                }
                _ => {}
            }
            if nesting == 0 {
                break;
            }
            next += 1;
        }
    }
    found
}

/// The words between the bracket that `words` starts with and the one that closes it.
fn inside(words: &[(usize, String)]) -> Vec<&str> {
    let mut nesting = 0;
    let mut inside = Vec::new();
    for (_, word) in words {
        match word.as_str() {
            "(" => nesting += 1,
            ")" => nesting -= 1,
            _ => {}
        }
        if nesting == 0 {
            break;
        }
        inside.push(word.as_str());
    }
    inside
}

/// The words of a source file with their lines: identifiers, `::`, and single signs. Comments, strings and character
/// literals are left out, so that talking about a layer is not using it.
fn words(text: &str) -> Vec<(usize, String)> {
    let chars: Vec<char> = text.chars().collect();
    let at = |index: usize| chars.get(index).copied().unwrap_or('\0');
    let mut words = Vec::new();
    let (mut index, mut line) = (0, 1);
    while index < chars.len() {
        let start = index;
        let c = at(index);
        if c == '/' && at(index + 1) == '/' {
            while index < chars.len() && at(index) != '\n' {
                index += 1;
            }
        } else if c == '/' && at(index + 1) == '*' {
            let mut nesting = 0;
            while index < chars.len() {
                match (at(index), at(index + 1)) {
                    ('/', '*') => (nesting, index) = (nesting + 1, index + 2),
                    ('*', '/') => (nesting, index) = (nesting - 1, index + 2),
                    _ => index += 1,
                }
                if nesting == 0 {
                    break;
                }
            }
        } else if let Some(hashes) = raw_string(&chars, index) {
            while at(index) != '"' {
                index += 1;
            }
            index += 1;
            while index < chars.len()
                && !(at(index) == '"' && (1..=hashes).all(|step| at(index + step) == '#'))
            {
                index += 1;
            }
            index += 1 + hashes;
        } else if c == '"' {
            index += 1;
            while index < chars.len() && at(index) != '"' {
                index += if at(index) == '\\' { 2 } else { 1 };
            }
            index += 1;
        } else if c == '\'' && (at(index + 1) == '\\' || at(index + 2) == '\'') {
            index += if at(index + 1) == '\\' { 3 } else { 2 };
            while index < chars.len() && at(index) != '\'' {
                index += 1;
            }
            index += 1;
        } else if c.is_alphanumeric() || c == '_' {
            while at(index).is_alphanumeric() || at(index) == '_' {
                index += 1;
            }
            words.push((line, chars[start..index].iter().collect()));
        } else {
            let path = c == ':' && at(index + 1) == ':';
            index += if path { 2 } else { 1 };
            if !c.is_whitespace() {
                words.push((line, chars[start..index].iter().collect()));
            }
        }
        let end = index.min(chars.len());
        line += chars[start..end].iter().filter(|c| **c == '\n').count();
    }
    words
}

/// How many `#` a raw string that starts here has.
fn raw_string(chars: &[char], start: usize) -> Option<usize> {
    let at = |index: usize| chars.get(index).copied().unwrap_or('\0');
    let in_a_word = start > 0 && (at(start - 1).is_alphanumeric() || at(start - 1) == '_');
    let r = if at(start) == 'b' { start + 1 } else { start };
    if in_a_word || at(r) != 'r' {
        return None;
    }
    let hashes = (r + 1..).take_while(|index| at(*index) == '#').count();
    (at(r + 1 + hashes) == '"').then_some(hashes)
}

/// What [`scan`] says about a file with this text.
fn said(file: &str, text: &str) -> Vec<String> {
    scan(file, text)
        .into_iter()
        .map(|breach| format!("{}: {}", breach.line, breach.what))
        .collect()
}

#[test]
fn an_import_from_a_higher_layer_is_found_however_it_is_written() {
    let expected = ["2: `domain` imports `store`"];
    assert_eq!(
        said("domain/a.rs", "\nuse crate::store::api::Request;"),
        expected
    );
    assert_eq!(
        said("domain/a.rs", "\nfn f() -> crate::store::Row { todo() }"),
        expected
    );
    assert_eq!(
        said("domain/a.rs", "\nuse super::super::store::Row;"),
        expected
    );
    assert_eq!(said("domain/mod.rs", "\nuse super::store;"), expected);
    assert_eq!(
        said(
            "domain/a.rs",
            "use crate::{\n    store::{api, local}, domain::store};"
        ),
        expected
    );
}

#[test]
fn a_sibling_branch_is_not_a_lower_layer() {
    assert_eq!(
        said("server/a.rs", "use crate::store::Row;"),
        ["1: `server` imports `store`"]
    );
    assert_eq!(
        said("ui/a.rs", "use crate::sql::open;"),
        ["1: `ui` imports `sql`"]
    );
}

#[test]
fn lower_layers_and_ones_own_are_fine() {
    assert!(
        said(
            "store/a.rs",
            "use crate::{domain::Visit, sql, sync::wire, store::api};"
        )
        .is_empty()
    );
    assert!(said("ui/a.rs", "use super::parts; use crate::platform::client;").is_empty());
    assert!(
        said(
            "form/expr/a.rs",
            "use super::super::domain_of; use super::store;"
        )
        .is_empty()
    );
}

#[test]
fn talking_about_a_layer_is_not_using_it() {
    let text = "//! See crate::server.\n/* use crate::ui; /* crate::ui */ */\nconst A: &str = \"crate::ui\\\"\"; const B: &str = r#\"crate::\"ui\"#;\nconst C: char = '\"'; // crate::ui";
    assert!(said("domain/a.rs", text).is_empty());
}

#[test]
fn pure_layers_have_no_clock_no_randomness_no_async_and_no_files() {
    assert_eq!(
        said("sync/a.rs", "async fn f() {}"),
        ["1: `sync` does no I/O, so no `async`"]
    );
    assert_eq!(
        said("domain/a.rs", "use std::time::SystemTime;"),
        ["1: `domain` does no I/O, so no `SystemTime`"]
    );
    assert_eq!(
        said("form/a.rs", "let text = std::fs::read(path);"),
        ["1: `form` does no I/O, so no `std::fs`"]
    );
    assert_eq!(
        said("domain/a.rs", "getrandom::fill(&mut bytes)"),
        ["1: `domain` does no I/O, so no `getrandom`"]
    );
    assert!(said("server/a.rs", "async fn f() { std::fs::read(path); }").is_empty());
}

#[test]
fn a_crate_is_used_only_where_it_belongs() {
    assert_eq!(
        said("ui/a.rs", "use rusqlite::Connection;"),
        ["1: `rusqlite` belongs to sql, store, server/repo/sqlite"]
    );
    assert_eq!(
        said("ui/a.rs", "web_sys::window()"),
        ["1: `web_sys` belongs to platform"]
    );
    assert_eq!(
        said("store/a.rs", "use reqwest::Client;"),
        ["1: `reqwest` belongs to platform"]
    );
    assert!(said("store/a.rs", "use rusqlite::Connection;").is_empty());
    assert_eq!(
        said("ui/a.rs", "use crate::platform::web::page;"),
        ["1: `ui` sees the machine through `platform::host`"]
    );
    assert!(said("ui/a.rs", "use crate::platform::host::page;").is_empty());
    let engine = "use crate::server::repo::sqlite::FILE;";
    assert!(said("server/repo/database.rs", engine).is_empty());
    assert_eq!(
        said("server/office.rs", engine),
        ["1: `sqlite` is an engine: it belongs to server/repo"]
    );
    assert!(said("platform/web/a.rs", "use web_sys::Window;").is_empty());
}

#[test]
fn a_task_outlives_its_screen_only_by_the_module_for_that() {
    let text = "use dioxus::core::spawn_forever;";
    assert_eq!(
        said("ui/form/a.rs", text),
        ["1: `spawn_forever` belongs to ui/background.rs"]
    );
    assert!(said("ui/background.rs", text).is_empty());
    assert!(said("ui/form/a.rs", "spawn(async move { a.set(1) });").is_empty());
}

#[test]
fn features_and_machines_are_asked_only_where_that_belongs() {
    let text = "\n#[cfg(all(unix, feature = \"web\"))]\nmod a;";
    assert_eq!(
        said("store/a.rs", text),
        [
            "2: `cfg` on features or machines belongs to lib.rs, main.rs, platform, sql/device.rs, server/repo/mod.rs, math.rs"
        ]
    );
    assert_eq!(
        said("sql/b.rs", "if cfg!(target_arch = \"wasm32\") {}").len(),
        1
    );
    assert!(said("sql/device.rs", "if cfg!(target_arch = \"wasm32\") {}").is_empty());
    assert!(said("platform/a.rs", text).is_empty());
    assert!(said("store/a.rs", "#[cfg(test)]\nmod tests {}").is_empty());
}
