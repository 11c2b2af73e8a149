//! Submissions as tables: one for the form and one for each repeat, with the columns in the order of the form.
//!
//! Headers and keys are those of ODK Central's CSV export, so that what reads one reads the other: a column is named by
//! its groups and its name with `-` between (`kepala-kepala_lokasi-lokasi`); a position has four columns ending in
//! `-Latitude`, `-Longitude`, `-Altitude`, `-Accuracy`; the split of a select has a column `name/choice` with 1 or 0 for
//! each choice after the column of the answer. The last column of the form's table is `KEY`; those of a repeat's are
//! `PARENT_KEY` and `KEY`, where a key is the parent's with `/repeat[n]` after it, counted from 1. A repeat's columns
//! start anew inside it, and its table is named by the form and the repeats around it.

use std::collections::BTreeMap;

use super::definition::{Choices, ElementId, ElementKind, Form};
use super::kind::QuestionKind;
use super::session::Answers;

/// How much is spread over columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Spread {
    /// A column for each choice of a question with several answers.
    pub choices: bool,
    /// Four columns for a position.
    pub positions: bool,
}

/// One table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// The form's id, with the repeats it stands in.
    pub name: String,
    /// The columns.
    pub header: Vec<String>,
    /// As long as the header each.
    pub rows: Vec<Vec<String>>,
}

/// The parts of a position, as an answer has them in order.
const POSITION: [&str; 4] = ["Latitude", "Longitude", "Altitude", "Accuracy"];

/// Flattens submissions, each with its key. The first table is the form's own.
pub fn flatten<'a>(
    form: &Form,
    submissions: impl IntoIterator<Item = (&'a str, &'a Answers)>,
    spread: Spread,
) -> Vec<Table> {
    let mut flat = Flat {
        form,
        spread,
        tables: Vec::new(),
        places: BTreeMap::new(),
    };
    flat.plan(0, form.id());
    for (key, answers) in submissions {
        flat.fill(0, answers, "", key, None);
    }
    flat.tables
}

struct Flat<'f> {
    form: &'f Form,
    spread: Spread,
    tables: Vec<Table>,
    /// The table of the form or of a repeat.
    places: BTreeMap<ElementId, usize>,
}

impl Flat<'_> {
    /// Makes the table of the form or a repeat, and after it those of the repeats inside.
    fn plan(&mut self, owner: ElementId, name: &str) {
        let mut header = Vec::new();
        self.columns(owner, "", &mut |question, name| {
            header.extend(self.headers(question, name));
        });
        if owner != 0 {
            header.push(String::from("PARENT_KEY"));
        }
        header.push(String::from("KEY"));
        self.places.insert(owner, self.tables.len());
        self.tables.push(Table {
            name: String::from(name),
            header,
            rows: Vec::new(),
        });
        for repeat in self.repeats(owner) {
            let inner = self
                .form
                .element(repeat)
                .map_or("", |element| &element.name);
            self.plan(repeat, &format!("{name}-{inner}"));
        }
    }

    /// The questions of a table in order, each with its header; groups are walked through, repeats are not.
    fn columns(&self, owner: ElementId, before: &str, visit: &mut dyn FnMut(ElementId, String)) {
        for child in self.children(owner) {
            let Some(element) = self.form.element(*child) else {
                continue;
            };
            let name = format!("{before}{}", element.name);
            match element.kind {
                ElementKind::Question(QuestionKind::Note) | ElementKind::Repeat => {}
                ElementKind::Question(_) => visit(*child, name),
                ElementKind::Group => self.columns(*child, &format!("{name}-"), visit),
            }
        }
    }

    fn children(&self, owner: ElementId) -> &[ElementId] {
        self.form
            .element(owner)
            .map(|element| element.children.as_slice())
            .unwrap_or_default()
    }

    /// The repeats of a table in order, those inside its groups among them.
    fn repeats(&self, owner: ElementId) -> Vec<ElementId> {
        let mut out = Vec::new();
        for child in self.children(owner) {
            match self.form.element(*child).map(|element| element.kind) {
                Some(ElementKind::Repeat) => out.push(*child),
                Some(ElementKind::Group) => out.extend(self.repeats(*child)),
                _ => {}
            }
        }
        out
    }

    /// The choices that are columns of their own.
    fn split(&self, question: ElementId) -> Vec<&str> {
        let Some(element) = self.form.element(question) else {
            return Vec::new();
        };
        match &element.choices {
            Choices::List(list)
                if self.spread.choices
                    && element.question_kind() == Some(QuestionKind::SelectMultiple) =>
            {
                let choices = self.form.list(list).map(|list| list.choices.as_slice());
                let choices = choices.unwrap_or_default().iter();
                choices.map(|choice| choice.name.as_str()).collect()
            }
            _ => Vec::new(),
        }
    }

    fn is_position(&self, question: ElementId) -> bool {
        let kind = self
            .form
            .element(question)
            .and_then(|one| one.question_kind());
        self.spread.positions && kind == Some(QuestionKind::Geopoint)
    }

    fn headers(&self, question: ElementId, name: String) -> Vec<String> {
        if self.is_position(question) {
            return POSITION
                .iter()
                .map(|part| format!("{name}-{part}"))
                .collect();
        }
        let split = self.split(question);
        let split: Vec<String> = split
            .iter()
            .map(|choice| format!("{name}/{choice}"))
            .collect();
        std::iter::once(name).chain(split).collect()
    }

    fn cells(&self, question: ElementId, value: &str) -> Vec<String> {
        if self.is_position(question) {
            let mut parts = value.split_whitespace();
            return POSITION
                .iter()
                .map(|_| String::from(parts.next().unwrap_or_default()))
                .collect();
        }
        let chosen = |choice: &&str| value.split_whitespace().any(|one| one == *choice);
        let split = self.split(question).into_iter().map(|choice| match value {
            "" => String::new(),
            _ if chosen(&choice) => String::from("1"),
            _ => String::from("0"),
        });
        std::iter::once(String::from(value)).chain(split).collect()
    }

    fn fill(
        &mut self,
        owner: ElementId,
        answers: &Answers,
        path: &str,
        key: &str,
        parent: Option<&str>,
    ) {
        let mut row = Vec::new();
        self.columns(owner, "", &mut |question, _| {
            let name = self.form.element(question).map_or("", |one| &one.name);
            let value = answers.get(&format!("{path}{name}"));
            row.extend(self.cells(question, value.map_or("", String::as_str)));
        });
        row.extend(parent.map(String::from));
        row.push(String::from(key));
        let place = self.places.get(&owner).copied();
        if let Some(table) = place.and_then(|place| self.tables.get_mut(place)) {
            table.rows.push(row);
        }
        for repeat in self.repeats(owner) {
            let name = self.form.element(repeat).map_or("", |one| &one.name);
            let inside = format!("{path}{name}/");
            let instances: Vec<String> = answers
                .range(inside.clone()..)
                .map_while(|(path, _)| path.strip_prefix(&inside))
                .filter(|rest| !rest.contains('/'))
                .map(String::from)
                .collect();
            let name = String::from(name);
            for (number, instance) in (1..).zip(instances) {
                let path = format!("{inside}{instance}/");
                let own = format!("{key}/{name}[{number}]");
                self.fill(repeat, answers, &path, &own, Some(key));
            }
        }
    }
}
