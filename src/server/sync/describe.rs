//! Changes put into words by the form that they were made with.

use serde_json::Value;

use crate::{
    domain::{
        Fields, Kind, Mark, RecordId, numeral, time,
        visit::{ANSWER, SUBMISSION, VOID},
    },
    form::{Answers, Form, QuestionKind, QuestionState, Session, Surroundings},
    sync::{forms::Words, told::Told},
};

use crate::server::{
    check_visit,
    repo::{
        Error, Tx,
        log::{Cut, Entry},
    },
};

/// Stands for an answer that was taken away.
const NONE: &str = "—";

/// The fields of a change that mean something to a person, each in words.
///
/// # Errors
/// When the database fails.
pub fn tell(tx: &dyn Tx, entry: &Entry) -> Result<Vec<Told>, Error> {
    if let Some(cut) = &entry.cut {
        return Ok(beginning(cut));
    }
    words_of(tx, entry, &entry.fields)
}

/// The same without any value: which questions it answers.
///
/// # Errors
/// When the database fails.
pub fn questions(tx: &dyn Tx, entry: &Entry) -> Result<Vec<Told>, Error> {
    // A label may quote another answer, so the form does not get to see them either.
    let names = entry.fields.keys();
    let fields: Fields = names.map(|name| (name.clone(), Value::Null)).collect();
    let mut told = words_of(tx, entry, &fields)?;
    for one in &mut told {
        one.value = Words {
            id: "tidak ditampilkan".to_owned(),
            en: "not shown".to_owned(),
        };
    }
    Ok(told)
}

/// What is left of a change that is not kept whole.
fn beginning(cut: &Cut) -> Vec<Told> {
    let size = Told {
        label: Words {
            id: "Terlalu besar untuk disimpan utuh".to_owned(),
            en: "Too large to be kept whole".to_owned(),
        },
        value: Words {
            id: format!("{} byte, SHA-256 {}", cut.bytes, cut.hash),
            en: format!("{} bytes, SHA-256 {}", cut.bytes, cut.hash),
        },
    };
    let head = (!cut.head.is_empty()).then(|| Told {
        label: Words {
            id: "Awalnya".to_owned(),
            en: "How it begins".to_owned(),
        },
        value: same(&cut.head),
    });
    std::iter::once(size).chain(head).collect()
}

fn words_of(tx: &dyn Tx, entry: &Entry, fields: &Fields) -> Result<Vec<Told>, Error> {
    if entry.kind != Kind::Visit {
        return Ok(fields
            .iter()
            .filter(|(_, value)| !value.is_object())
            .map(|(name, value)| Told {
                label: same(name),
                value: same(&plain(value)),
            })
            .collect());
    }
    let answers: Answers = fields
        .iter()
        .filter_map(|(name, value)| {
            let path = name.strip_prefix(ANSWER)?;
            Some((path.to_owned(), value.as_str()?.to_owned()))
        })
        .collect();
    let session = form_of(tx, entry.record, &entry.fields)?
        .map(|form| Session::read(form, answers, Surroundings::default()));
    Ok(fields
        .iter()
        .filter_map(|(name, value)| match name.strip_prefix(ANSWER) {
            Some(path) => Some(answer(session.as_ref(), path, value)),
            None => step(name, value),
        })
        .collect())
}

/// The form of a visit: as the change names it, or as its record does.
fn form_of(
    tx: &dyn Tx,
    visit: RecordId,
    fields: &Fields,
) -> Result<Option<std::sync::Arc<Form>>, Error> {
    let stored = tx.record(visit)?;
    let text = |name: &str| {
        let there = stored.as_ref().and_then(|one| one.record.fields.get(name));
        let value = fields.get(name).or(there);
        value.and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    match check_visit::published(tx, &text("form"), &text("form_version")) {
        // Without its form a change is told by the names of its questions.
        Err(Error::Stored { .. }) => Ok(None),
        found => found,
    }
}

fn answer(session: Option<&Session>, path: &str, value: &Value) -> Told {
    let value = plain(value);
    let in_language = |tag: &str| {
        let session = session?;
        let tag = format!("({tag})");
        let mut languages = session.form().languages().iter().map(ToString::to_string);
        let language = languages.find(|name| name.contains(&tag));
        session.question(path, &language.unwrap_or_default())
    };
    let (id, en) = (in_language("id"), in_language("en"));
    let label = |question: &Option<QuestionState>| {
        question
            .as_ref()
            .map_or_else(|| path.to_owned(), |question| question.label.clone())
    };
    Told {
        label: Words {
            id: label(&id),
            en: label(&en),
        },
        value: Words {
            id: id.map_or_else(|| value.clone(), |question| words(&question, &value, false)),
            en: en.map_or_else(|| value.clone(), |question| words(&question, &value, true)),
        },
    }
}

fn words(question: &QuestionState, value: &str, english: bool) -> String {
    match question.kind {
        _ if value == NONE => value.to_owned(),
        QuestionKind::SelectOne | QuestionKind::SelectMultiple | QuestionKind::Rank => value
            .split_whitespace()
            .map(|name| {
                let mut choices = question.choices.iter();
                let choice = choices.find(|choice| choice.name == name);
                choice.map_or(name, |choice| choice.label.as_str())
            })
            .collect::<Vec<_>>()
            .join(", "),
        QuestionKind::Integer | QuestionKind::Decimal => numeral::show(value),
        QuestionKind::Date => time::iso_in_words(value, english),
        _ => value.to_owned(),
    }
}

/// Sending and taking back; what else the program notes is nothing to read.
fn step(name: &str, value: &Value) -> Option<Told> {
    let (id, en) = match name {
        _ if name.starts_with(SUBMISSION) => ("Dikirim", "Sent"),
        VOID => ("Dibatalkan", "Taken back"),
        _ => return None,
    };
    let mark: Mark = serde_json::from_value(value.clone()).ok()?;
    Some(Told {
        label: Words {
            id: id.to_owned(),
            en: en.to_owned(),
        },
        value: Words {
            id: mark.at.in_words(false),
            en: mark.at.in_words(true),
        },
    })
}

fn same(text: &str) -> Words {
    Words {
        id: text.to_owned(),
        en: text.to_owned(),
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => NONE.to_owned(),
        Value::String(text) if text.is_empty() => NONE.to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
