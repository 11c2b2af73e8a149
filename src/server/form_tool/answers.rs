//! Answers from a JSON file: an object by name, groups left out, repeats as lists of objects. Paths as the app keeps them
//! (`tim/1/tim_nama`) are taken as well.

use serde_json::{Map, Value};

use crate::form::{AnswerError, ElementKind, Session};

/// The file holds no answers.
#[derive(Debug, thiserror::Error)]
pub enum BadAnswers {
    /// No JSON.
    #[error("the answers are no JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// Not an object.
    #[error("the answers must be an object: {{\"name\": \"value\"}}")]
    Shape,
}

/// Gives all answers that can be given and says which could not.
pub(super) fn give(session: &mut Session, text: &str) -> Result<Vec<String>, BadAnswers> {
    let Value::Object(answers) = serde_json::from_str(text)? else {
        return Err(BadAnswers::Shape);
    };
    let mut odd = Vec::new();
    level(session, "", &answers, &mut odd);
    Ok(odd)
}

fn level(session: &mut Session, before: &str, answers: &Map<String, Value>, odd: &mut Vec<String>) {
    // In the order of the form, so that what an answer opens is open before it is answered.
    let form = session.form().clone();
    let rank = |name: &String| {
        let name = name.rsplit('/').next().unwrap_or(name);
        let mut elements = form.elements().iter();
        elements.position(|element| element.name == name)
    };
    let mut names: Vec<&String> = answers.keys().collect();
    names.sort_by_key(|name| rank(name));
    for name in names {
        let path = format!("{before}{name}");
        let value = answers.get(name).unwrap_or(&Value::Null);
        let kind = form.question(name).map(|element| element.kind);
        let given = match value {
            Value::Array(instances) if kind == Some(ElementKind::Repeat) => {
                repeat(session, &path, instances, odd);
                continue;
            }
            Value::Object(inner) if kind == Some(ElementKind::Group) => {
                level(session, before, inner, odd);
                continue;
            }
            Value::Array(several) => several.iter().map(plain).collect::<Vec<_>>().join(" "),
            other => plain(other),
        };
        make_room(session, &path);
        if let Err(why) =
            session.answer(&path, Some(given.as_str()).filter(|text| !text.is_empty()))
        {
            odd.push(why.to_string());
        }
    }
}

fn repeat(session: &mut Session, path: &str, instances: &[Value], odd: &mut Vec<String>) {
    for (number, instance) in (1..).zip(instances) {
        let key = format!("{number:02}");
        let present = session.repeat(path, "en").map(|repeat| repeat.instances);
        let there = present.and_then(|there| there.get(number - 1).map(|one| one.path.clone()));
        let inside = match there {
            Some(path) => path,
            None => {
                if let Err(why) = session.add_repeat(path, &key) {
                    odd.push(why.to_string());
                    continue;
                }
                format!("{path}/{key}")
            }
        };
        if let Value::Object(inner) = instance {
            level(session, &format!("{inside}/"), inner, odd);
        }
    }
}

/// Adds the instances that a path names and that are not there; whether that worked shows when the answer is given.
fn make_room(session: &mut Session, path: &str) {
    let parts: Vec<&str> = path.split('/').collect();
    let mut at = String::new();
    for pair in parts.chunks(2) {
        if let [repeat, key] = pair {
            let slot = format!("{at}{repeat}");
            match session.add_repeat(&slot, key) {
                Ok(_) | Err(AnswerError::Doubled(_)) => {}
                Err(_) => return,
            }
            at = format!("{slot}/{key}/");
        }
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}
