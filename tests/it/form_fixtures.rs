//! Forms of other people's kind, each for one feature, with what happens when they are filled: `tests/fixtures/forms`.
//!
//! A script has a step a line: `> path = value` answers (`> path =` clears), `x path value` is refused, `+ repeat key`
//! and `- repeat/key` add and remove, `language en`, `warning words`, and `?` looks: `path = value`, `path nothing`,
//! `path relevant | irrelevant | required | optional | readonly | ok`, `path problem words`, `path choices a b`,
//! `path label words`, `path hint words`, `points path weight fraction`, `sent path = value`, `sent path nothing`,
//! `instances repeat n`, `pages a b`, `problems n`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use anjangsana::{
    form::{Answers, Session, compile},
    server::workbook,
};

use crate::form_support::surroundings;

/// Every form of the folder, by its path without an ending.
pub(crate) fn forms() -> Vec<PathBuf> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/forms");
    let mut forms: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "csv"))
        .collect();
    forms.sort();
    forms
}

#[test]
fn every_form_behaves_as_its_script_says() {
    let forms = forms();
    assert!(forms.len() >= 20, "{} forms", forms.len());
    let wrong: Vec<String> = forms.iter().flat_map(|path| play(path)).collect();
    assert!(
        wrong.is_empty(),
        "{} steps:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

fn play(path: &Path) -> Vec<String> {
    let name = path.file_stem().unwrap().to_string_lossy();
    let book = match workbook::load(path) {
        Ok(book) => book,
        Err(why) => return vec![format!("{name}: {why}")],
    };
    let form = match compile(&book.sheets) {
        Ok(form) => Arc::new(form),
        Err(why) => return vec![format!("{name}: {why}")],
    };
    let script = std::fs::read_to_string(path.with_extension("txt")).unwrap();
    let mut player = Player {
        session: Session::open(form, Answers::new(), surroundings()),
        language: "en".to_owned(),
    };
    let mut wrong = Vec::new();
    for (number, line) in (1..).zip(script.lines()) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Err(why) = player.step(line) {
            wrong.push(format!("{name}.txt:{number}: {line} -- {why}"));
        }
    }
    wrong
}

struct Player {
    session: Session,
    language: String,
}

impl Player {
    fn step(&mut self, line: &str) -> Result<(), String> {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        let rest = rest.trim();
        match word {
            ">" => {
                let (path, value) = rest.split_once('=').ok_or("no value")?;
                let value = Some(value.trim()).filter(|value| !value.is_empty());
                self.session
                    .answer(path.trim(), value)
                    .map(drop)
                    .map_err(|why| why.to_string())
            }
            "x" => {
                let (path, value) = rest.split_once(' ').ok_or("no value")?;
                match self.session.answer(path, Some(value)) {
                    Ok(_) => Err("it was taken".to_owned()),
                    Err(_) => Ok(()),
                }
            }
            "+" => {
                let (repeat, key) = rest.split_once(' ').ok_or("no key")?;
                self.session
                    .add_repeat(repeat, key)
                    .map(drop)
                    .map_err(|why| why.to_string())
            }
            "-" => self
                .session
                .remove_repeat(rest)
                .map(drop)
                .map_err(|why| why.to_string()),
            "language" => {
                self.language = rest.to_owned();
                Ok(())
            }
            "warning" => {
                let warnings: Vec<String> = self
                    .session
                    .form()
                    .warnings()
                    .iter()
                    .map(ToString::to_string)
                    .collect();
                let found = warnings.iter().any(|warning| warning.contains(rest));
                if found {
                    Ok(())
                } else {
                    Err(format!("{warnings:?}"))
                }
            }
            "?" => self.look(rest),
            _ => Err("no such step".to_owned()),
        }
    }

    fn look(&self, line: &str) -> Result<(), String> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let value = |answers: &Answers, path: &str| {
            answers.get(path).cloned().filter(|value| !value.is_empty())
        };
        match words.as_slice() {
            ["problems", count] => {
                let problems = self.session.problems(&self.language);
                let told: Vec<_> = problems.iter().map(|problem| &problem.path).collect();
                same(&problems.len().to_string(), count).map_err(|why| format!("{why} {told:?}"))
            }
            ["pages", names @ ..] => {
                let pages = self.session.pages();
                let shown = pages.iter().filter(|page| page.relevant);
                let shown: Vec<&str> = shown.map(|page| page.name.as_str()).collect();
                same(&shown.join(" "), &names.join(" "))
            }
            ["instances", repeat, count] => {
                let state = self
                    .session
                    .repeat(repeat, &self.language)
                    .ok_or("no repeat")?;
                same(&state.instances.len().to_string(), count)
            }
            ["points", path, weight, fraction] => {
                let (found, points) = self.session.points(path).ok_or("no points")?;
                let points = points.map_or("nothing".to_owned(), |points| points.to_string());
                same(
                    &format!("{found} {points}"),
                    &format!("{weight} {fraction}"),
                )
            }
            ["sent", path, "nothing"] => nothing(value(&self.session.submission(), path)),
            ["sent", path, "=", ..] => same(
                &value(&self.session.submission(), path).unwrap_or_default(),
                after(line, "="),
            ),
            [path, "nothing"] => nothing(value(self.session.answers(), path)),
            [path, "=", ..] => same(
                &value(self.session.answers(), path).unwrap_or_default(),
                after(line, "="),
            ),
            [path, what, ..] => self.question(path, what, after(line, what)),
            _ => Err("nothing to look at".to_owned()),
        }
    }

    fn question(&self, path: &str, what: &str, wanted: &str) -> Result<(), String> {
        let question = self
            .session
            .question(path, &self.language)
            .ok_or("no question")?;
        let holds = |holds: bool| {
            if holds {
                Ok(())
            } else {
                Err("it is not".to_owned())
            }
        };
        match what {
            "relevant" => holds(question.relevant),
            "irrelevant" => holds(!question.relevant),
            "required" => holds(question.required),
            "optional" => holds(!question.required),
            "readonly" => holds(question.read_only),
            "ok" => nothing(question.problem.map(|problem| problem.message)),
            "problem" => same(&question.problem.ok_or("no problem")?.message, wanted),
            "label" => same(&question.label, wanted),
            "hint" => same(&question.hint.unwrap_or_default(), wanted),
            "choices" => {
                let names: Vec<&str> = question
                    .choices
                    .iter()
                    .map(|choice| choice.name.as_str())
                    .collect();
                same(&names.join(" "), wanted)
            }
            _ => Err("no such look".to_owned()),
        }
    }
}

/// What stands after a word.
fn after<'l>(line: &'l str, word: &str) -> &'l str {
    line.split_once(&format!(" {word}"))
        .map_or("", |(_, rest)| rest.trim())
}

fn same(found: &str, wanted: &str) -> Result<(), String> {
    if found == wanted {
        Ok(())
    } else {
        Err(format!("it is `{found}`"))
    }
}

fn nothing(found: Option<String>) -> Result<(), String> {
    found.map_or(Ok(()), |found| Err(format!("it is `{found}`")))
}
