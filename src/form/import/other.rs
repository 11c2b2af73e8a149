//! `or_other`: a choice "other", and a question that asks which.

use super::{Findings, Place};
use crate::form::definition::{Choice, Choices, Element, ElementId, ElementKind, Form};
use crate::form::errors::Cause;
use crate::form::expr::{parse, visit_references};
use crate::form::kind::QuestionKind;
use crate::form::template::{Piece, Template, Texts};

/// The name of the choice, as other tools call it.
const OTHER: &str = "other";

/// Adds the question `<name>_other` after a select.
pub(super) fn plant(select: ElementId, place: Place<'_>, form: &mut Form, findings: &mut Findings) {
    let Some(asked) = form.elements.get(select) else {
        return;
    };
    let name = format!("{}_{OTHER}", asked.name);
    if let Some(first) = form.question(&name) {
        let cause = Cause::DuplicateName {
            name,
            first: first.row,
        };
        findings.error(place, cause, None);
        return;
    }
    if let Choices::List(list) = &asked.choices {
        findings.others.push(list.clone());
    }
    let kind = ElementKind::Question(QuestionKind::Text);
    let mut element = Element::new(&name, kind, asked.parent, asked.row);
    element.repeats.clone_from(&asked.repeats);
    element.label = words(form, "Sebutkan lainnya.", "Specify other.");
    element.relevant = parse(&format!("selected(${{{}}}, '{OTHER}')", asked.name)).ok();
    if let Some(relevant) = &mut element.relevant {
        visit_references(relevant, &mut |reference| reference.slot = select);
    }
    let (id, parent) = (form.elements.len(), element.parent);
    form.elements.push(element);
    form.names.insert(name, id);
    if let Some(above) = form.elements.get_mut(parent) {
        above.children.push(id);
    }
}

/// Adds the choice to the lists that need it.
pub(super) fn offer(lists: &[String], form: &mut Form) {
    let label = words(form, "Lainnya", "Other");
    for name in lists {
        if let Some(list) = form.lists.get_mut(name)
            && !list.choices.iter().any(|choice| choice.name == OTHER)
        {
            list.choices.push(Choice {
                name: String::from(OTHER),
                label: label.clone(),
                ..Choice::default()
            });
        }
    }
}

fn words(form: &Form, indonesian: &str, english: &str) -> Texts {
    let mut texts = Texts::default();
    for language in 0..form.languages.len() {
        let text = if form.code(language) == "en" {
            english
        } else {
            indonesian
        };
        texts.set(
            language,
            Template {
                pieces: vec![Piece::Text(String::from(text))],
            },
        );
    }
    texts
}
