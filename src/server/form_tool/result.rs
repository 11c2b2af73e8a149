//! What comes of a filled form: the submission, what the form computed, scores, problems.

use std::io;

use serde_json::json;

use super::Says;
use crate::form::{ElementKind, QuestionKind, Session};

/// Prints one JSON object.
pub(super) fn print(session: &Session, says: &mut Says<'_>) -> io::Result<()> {
    let form = session.form();
    let submission = session.submission();
    let of_kind = |path: &str| {
        let name = path.rsplit('/').next().unwrap_or(path);
        form.question(name).map(|element| element.kind)
    };
    let calculated: serde_json::Map<_, _> = submission
        .iter()
        .filter(|(path, _)| of_kind(path) == Some(ElementKind::Question(QuestionKind::Calculate)))
        .map(|(path, value)| (path.clone(), json!(value)))
        .collect();
    let mut scores = serde_json::Map::new();
    for path in session.answers().keys() {
        if let Some((weight, points)) = session.points(path) {
            scores.insert(path.clone(), json!({"weight": weight, "points": points}));
        }
    }
    let problems: Vec<_> = session
        .problems(says.tongue.code())
        .into_iter()
        .map(|problem| json!({"path": problem.path, "label": problem.label, "message": problem.message}))
        .collect();
    let mut whole = json!({
        "form": form.id(),
        "version": form.version(),
        "submission": submission,
        "calculated": calculated,
        "problems": problems,
    });
    if let Some(whole) = whole.as_object_mut()
        && !scores.is_empty()
    {
        whole.insert("scores".to_owned(), scores.into());
    }
    let text = serde_json::to_string_pretty(&whole).map_err(io::Error::from)?;
    writeln!(says.out, "{text}")
}
