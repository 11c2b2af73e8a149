//! Filling a form in a terminal, question by question.

use std::{
    collections::BTreeSet,
    io::{self, BufRead},
};

use super::Says;
use crate::form::{Item, QuestionKind, QuestionState, RepeatState, Session};

/// Asks everything that applies, in order; what an answer opens is asked after it. The end of the input ends it early.
pub(super) fn ask(
    session: &mut Session,
    input: &mut dyn BufRead,
    says: &mut Says<'_>,
) -> io::Result<()> {
    let help = says.tongue.choose(
        "An empty line leaves a question as it is; `-` clears it; the end of the input (Ctrl-D) ends it.",
        "Baris kosong membiarkan jawaban; `-` menghapusnya; akhir masukan (Ctrl-D) mengakhiri.",
    );
    writeln!(says.err, "{help}")?;
    let mut done = BTreeSet::new();
    while let Some(next) = next(session, says.tongue.code(), &done) {
        let going = match &next {
            Item::Question(question) => {
                done.insert(question.path.clone());
                one(session, question, input, says)?
            }
            Item::Repeat(repeat) => more(session, repeat, &mut done, input, says)?,
        };
        if !going {
            break;
        }
    }
    Ok(())
}

/// The first thing that was not asked yet.
fn next(session: &Session, language: &str, done: &BTreeSet<String>) -> Option<Item> {
    let mut open: Vec<Item> = Vec::new();
    let pages = session.pages();
    for page in pages.iter().rev().filter(|page| page.relevant) {
        open.extend(session.items(&page.name, language).into_iter().rev());
    }
    while let Some(item) = open.pop() {
        match &item {
            Item::Question(question) => {
                if question.relevant && !done.contains(&question.path) {
                    return Some(item);
                }
            }
            Item::Repeat(repeat) => {
                let asked = done.contains(&repeat.path);
                let state = repeat.clone();
                if !asked {
                    // After what is in its instances it is asked whether there is one more.
                    open.push(item);
                    let inside = state.instances.into_iter().flat_map(|one| one.items);
                    let inside: Vec<Item> = inside.collect();
                    if inside.iter().all(|item| is_done(item, done)) {
                        return open.pop();
                    }
                    open.extend(inside.into_iter().rev());
                }
            }
        }
    }
    None
}

fn is_done(item: &Item, done: &BTreeSet<String>) -> bool {
    match item {
        Item::Question(question) => !question.relevant || done.contains(&question.path),
        Item::Repeat(repeat) => done.contains(&repeat.path),
    }
}

fn one(
    session: &mut Session,
    question: &QuestionState,
    input: &mut dyn BufRead,
    says: &mut Says<'_>,
) -> io::Result<bool> {
    let star = if question.required { " *" } else { "" };
    writeln!(says.err, "\n{}{star}  [{}]", question.label, question.path)?;
    if let Some(hint) = &question.hint {
        writeln!(says.err, "  {hint}")?;
    }
    for choice in &question.choices {
        writeln!(says.err, "  {} = {}", choice.name, choice.label)?;
    }
    if let Some(value) = &question.value {
        writeln!(says.err, "  ({value})")?;
    }
    if question.kind == QuestionKind::Note || question.read_only {
        return Ok(true);
    }
    loop {
        let Some(line) = line(input, says)? else {
            return Ok(false);
        };
        let value = match line.as_str() {
            "" => question.value.as_deref(),
            "-" => None,
            text => Some(text),
        };
        if let Err(why) = session.answer(&question.path, value) {
            writeln!(says.err, "  {why}")?;
            return Ok(true);
        }
        let now = session.question(&question.path, says.tongue.code());
        let Some(problem) = now.and_then(|now| now.problem) else {
            return Ok(true);
        };
        writeln!(says.err, "  {}", problem.message)?;
        // Who leaves it as it is may go on with what is wrong.
        if line.is_empty() {
            return Ok(true);
        }
    }
}

fn more(
    session: &mut Session,
    repeat: &RepeatState,
    done: &mut BTreeSet<String>,
    input: &mut dyn BufRead,
    says: &mut Says<'_>,
) -> io::Result<bool> {
    if !repeat.can_add {
        done.insert(repeat.path.clone());
        return Ok(true);
    }
    let (count, words) = (
        repeat.instances.len(),
        says.tongue.choose("one more? (y/n)", "tambah satu? (y/t)"),
    );
    writeln!(says.err, "\n{} ({count}): {words}", repeat.label)?;
    let Some(line) = line(input, says)? else {
        return Ok(false);
    };
    if line.to_lowercase().starts_with('y') {
        let key = format!("{:02}", count + 1);
        if let Err(why) = session.add_repeat(&repeat.path, &key) {
            writeln!(says.err, "  {why}")?;
            done.insert(repeat.path.clone());
        }
    } else {
        done.insert(repeat.path.clone());
    }
    Ok(true)
}

fn line(input: &mut dyn BufRead, says: &mut Says<'_>) -> io::Result<Option<String>> {
    write!(says.err, "> ")?;
    says.err.flush()?;
    let mut line = String::new();
    if input.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    Ok(Some(line.trim().to_owned()))
}
