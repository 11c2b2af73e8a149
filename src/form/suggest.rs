//! Follow-ups that a form suggests by itself, from the answers. The officer takes one, edits it, or drops it.
//!
//! They are a list of the choices sheet, the one that the setting `suggestions` names. A choice's label is what is to be
//! done; its other columns say the rest:
//!
//! - `if`: an expression that says when it is offered,
//! - `days`: in how many days after the visit it is due,
//! - `problem`, `problem_en` and the like: what was found,
//! - `aspect`, `category`, `priority`, `owner`: choices of the questions of that name in a follow-up,
//! - `owner_name`: an expression for the name of who answers for it.
//!
//! The names of the questions of a follow-up stand in [`crate::domain::follow_up`].

use jiff::ToSpan;

use super::definition::Form;
use super::expr::Expr;
use super::score::Role;
use super::session::{AnswerError, Changes, Session};
use super::template::Texts;
use crate::domain::follow_up::{self, REPEAT};
use crate::domain::time::parse_date;

/// The setting that names the list.
pub(super) const SETTING: &str = "suggestions";

/// The owner whose name is known without asking: who fills the form.
const OFFICER: &str = "petugas";

/// A suggested follow-up, as the form has it.
#[derive(Debug, Clone)]
pub struct Suggestion {
    pub(super) name: String,
    pub(super) condition: Expr,
    pub(super) action: Texts,
    pub(super) problem: Texts,
    pub(super) days: i32,
    pub(super) aspect: String,
    pub(super) category: String,
    pub(super) priority: String,
    pub(super) owner: String,
    pub(super) owner_name: Option<Expr>,
}

/// A follow-up that is offered now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// Its name in the list.
    pub name: String,
    /// What is to be done.
    pub action: String,
    /// What was found.
    pub problem: String,
    /// ISO date by which it is due; empty while the visit has no date.
    pub due: String,
    /// The choice of the part of the checklist it is about.
    pub aspect: String,
    /// The choice of its category.
    pub category: String,
    /// The choice of its priority.
    pub priority: String,
    /// The choice of who takes care of it.
    pub owner: String,
    /// The name of that person, where it is known.
    pub owner_name: String,
}

/// What is offered now: what the answers call for and was neither taken nor dropped.
#[must_use]
pub fn offers(session: &Session, language: &str) -> Vec<Offer> {
    let form = session.form();
    let Some(root) = session.group_node(0) else {
        return Vec::new();
    };
    let day = form
        .with_role(Role::VisitDate)
        .and_then(|element| parse_date(session.applying(element)));
    let taken = taken(session);
    let dropped = dropped(session);
    let open = form.suggestions.iter().filter(|suggestion| {
        let settled = |names: &[String]| names.contains(&suggestion.name);
        !settled(&taken) && !settled(&dropped) && session.holds_at(&suggestion.condition, root)
    });
    open.map(|suggestion| Offer {
        name: suggestion.name.clone(),
        action: session.words_at(&suggestion.action, language, root),
        problem: session.words_at(&suggestion.problem, language, root),
        due: day
            .and_then(|day| day.checked_add(suggestion.days.days()).ok())
            .map(|due| due.to_string())
            .unwrap_or_default(),
        aspect: suggestion.aspect.clone(),
        category: suggestion.category.clone(),
        priority: suggestion.priority.clone(),
        owner: suggestion.owner.clone(),
        owner_name: suggestion
            .owner_name
            .as_ref()
            .map(|expr| session.text_at(expr, root))
            .unwrap_or_default(),
    })
    .collect()
}

/// Takes an offer: adds a follow-up with the repeat's `key` and fills it in. `officer` is the name of who fills the form.
///
/// # Errors
/// When the form has no such repeat, or one of the questions cannot be answered.
pub fn take(
    session: &mut Session,
    offer: &Offer,
    key: &str,
    officer: &str,
) -> Result<Changes, AnswerError> {
    let mut changes = session.add_repeat(REPEAT, key)?;
    let owner_name = if offer.owner == OFFICER {
        officer
    } else {
        &offer.owner_name
    };
    for (question, value) in [
        (follow_up::SUGGESTION, offer.name.as_str()),
        (follow_up::ASPECT, &offer.aspect),
        (follow_up::CATEGORY, &offer.category),
        (follow_up::PROBLEM, &offer.problem),
        (follow_up::ACTION, &offer.action),
        (follow_up::OWNER, &offer.owner),
        (follow_up::OWNER_NAME, owner_name),
        (follow_up::DUE, &offer.due),
        (follow_up::PRIORITY, &offer.priority),
    ] {
        if !value.is_empty() {
            let path = format!("{REPEAT}/{key}/{question}");
            changes.extend(session.answer(&path, Some(value))?);
        }
    }
    Ok(changes)
}

/// Drops an offer: it is not made again in this visit.
///
/// # Errors
/// When the form has no question to remember it in.
pub fn drop_offer(session: &mut Session, name: &str) -> Result<Changes, AnswerError> {
    let path = question_of(session.form(), Role::DroppedSuggestions)
        .ok_or_else(|| AnswerError::Unknown(String::from("dropped_suggestions")))?;
    let mut names = dropped(session);
    names.push(String::from(name));
    session.answer(&path, Some(&names.join(" ")))
}

fn question_of(form: &Form, role: Role) -> Option<String> {
    form.with_role(role).map(|element| element.name.clone())
}

fn dropped(session: &Session) -> Vec<String> {
    let element = session.form().with_role(Role::DroppedSuggestions);
    let names = element.map_or("", |element| session.applying(element));
    names.split_whitespace().map(String::from).collect()
}

fn taken(session: &Session) -> Vec<String> {
    let inside = format!("{REPEAT}/");
    let asked = format!("/{}", follow_up::SUGGESTION);
    let answers = session.answers().range(inside.clone()..);
    answers
        .take_while(|(path, _)| path.starts_with(&inside))
        .filter(|(path, _)| path.ends_with(&asked))
        .map(|(_, name)| name.clone())
        .collect()
}
