//! Which groups are pages.

use crate::form::definition::{ElementId, ElementKind, Form, Page};

/// A page for every group outside repeats that directly holds something to show, in order.
pub(super) fn build(form: &Form) -> Vec<Page> {
    let mut pages = Vec::new();
    let mut open = vec![(0, 0)];
    while let Some((id, section)) = open.pop() {
        let Some(element) = form.element(id) else {
            continue;
        };
        let contents: Vec<ElementId> = element
            .children
            .iter()
            .copied()
            .filter(|child| is_shown(form, *child))
            .collect();
        if !contents.is_empty() {
            let name = |id: ElementId| match form.element(id) {
                Some(element) if id != 0 => element.name.clone(),
                _ => form.id.clone(),
            };
            pages.push(Page {
                name: name(id),
                section: name(section),
                element: id,
                section_element: section,
                contents,
            });
        }
        for child in element.children.iter().rev() {
            if form
                .element(*child)
                .is_some_and(|child| child.kind == ElementKind::Group)
            {
                open.push((*child, if id == 0 { *child } else { section }));
            }
        }
    }
    pages
}

/// Whether a question, or a repeat with such a question somewhere inside, can be shown.
fn is_shown(form: &Form, id: ElementId) -> bool {
    let Some(element) = form.element(id) else {
        return false;
    };
    match element.kind {
        ElementKind::Group => false,
        ElementKind::Question(kind) => kind.is_shown() && kind.is_capturable(),
        ElementKind::Repeat => shows_something(form, id),
    }
}

fn shows_something(form: &Form, id: ElementId) -> bool {
    let mut open = vec![id];
    while let Some(next) = open.pop() {
        let Some(element) = form.element(next) else {
            continue;
        };
        if element
            .question_kind()
            .is_some_and(|kind| kind.is_shown() && kind.is_capturable())
        {
            return true;
        }
        open.extend(&element.children);
    }
    false
}

/// Which page each element is on: those in its contents and everything inside its repeats.
pub(super) fn index(form: &Form) -> Vec<Option<usize>> {
    let mut index = vec![None; form.elements().len()];
    for (number, page) in form.pages().iter().enumerate() {
        let mut open = page.contents.clone();
        while let Some(id) = open.pop() {
            if let Some(place) = index.get_mut(id) {
                *place = Some(number);
            }
            open.extend(
                form.element(id)
                    .map(|element| element.children.as_slice())
                    .unwrap_or_default(),
            );
        }
    }
    index
}
