//! What a form reads from outside its answers: the register's row of the cooperative, and answers of the last visit.
//!
//! Both may be others by the time somebody looks at what was sent, and the server does not know the last visit at all. So
//! the form says what it reads where ([`Lookups`]), and what hangs on the last visit ([`LastSaved`]).

use std::collections::BTreeSet;

use super::definition::{Choices, Condition, Element, ElementId, Form, Initial, Shuffle};
use super::expr::{Expr, visit_parts};
use super::template::{Piece, Texts};

/// What is read again whenever a session is looked at. What was computed is an answer by then and needs nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lookups {
    columns: BTreeSet<String>,
    /// Some expression may read any column.
    every_column: bool,
    /// The questions whose answers in the last visit are read.
    pub last: BTreeSet<String>,
}

impl Lookups {
    /// What a form reads of a table that is given from outside, and of the last visit.
    #[must_use]
    pub fn of(form: &Form, table: &str) -> Lookups {
        let mut lookups = Lookups::default();
        for element in form.elements() {
            for expr in read_again(form, element) {
                visit_parts(expr, &mut |part| lookups.note(part, table));
            }
            if let Choices::Table {
                table: name,
                value,
                label,
            } = &element.choices
                && name == table
            {
                lookups.columns.extend([value.clone(), label.clone()]);
                // A filter names columns as it likes.
                lookups.every_column |= element.choice_filter.is_some();
            }
        }
        lookups
    }

    /// Whether a column is read.
    #[must_use]
    pub fn reads(&self, column: &str) -> bool {
        self.every_column || self.columns.contains(column)
    }

    fn note(&mut self, part: &Expr, wanted: &str) {
        match part {
            Expr::Reference(reference) => {
                self.last.extend(reference.last_saved().map(String::from));
            }
            Expr::Call(function, arguments) if function.name == "pulldata" => {
                match arguments.as_slice() {
                    [
                        Expr::Literal(table),
                        Expr::Literal(column),
                        Expr::Literal(key),
                        ..,
                    ] => {
                        if is_table(table, wanted) {
                            self.columns.extend([column.clone(), key.clone()]);
                        }
                    }
                    _ => self.every_column = true,
                }
            }
            Expr::Call(function, arguments) if function.name == "instance" => {
                self.every_column |= match arguments.first() {
                    Some(Expr::Literal(table)) => is_table(table, wanted),
                    _ => true,
                };
            }
            _ => {}
        }
    }
}

fn is_table(name: &str, wanted: &str) -> bool {
    name.strip_suffix(".csv").unwrap_or(name) == wanted
}

/// What hangs on the last visit in a form. The server knows no last visit: of these the phone's word stands.
///
/// ```text
/// members_before = ${last-saved#members}           kept: the phone's value stays
/// growth         = ${members} - ${members_before}  computed: both sides have what it reads
/// members        constraint . >= ${last-saved#members}  unchecked: the phone has checked it
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LastSaved {
    /// The elements whose values stay as they came, in order.
    pub kept: Vec<ElementId>,
    /// The elements whose problems only the phone can find, in order.
    pub unchecked: Vec<ElementId>,
    /// Whether the score hangs on the last visit.
    pub scores: bool,
}

impl LastSaved {
    /// What hangs on the last visit in a form.
    #[must_use]
    pub fn of(form: &Form) -> LastSaved {
        let (mut kept, mut unchecked) = (BTreeSet::new(), BTreeSet::new());
        // Elements that may or may not apply; and all that stands in them or asks for their answers.
        let mut open: Vec<ElementId> = Vec::new();
        let mut scores = false;
        for (id, element) in form.elements().iter().enumerate() {
            let initial = match &element.initial {
                Some(Initial::Computed(expr)) => Some(expr),
                _ => None,
            };
            if element
                .calculation
                .iter()
                .chain(initial)
                .any(reads_last_saved)
            {
                kept.insert(id);
            }
            let mut applies = element.relevant.iter().chain(&element.repeat_count);
            if applies.any(reads_last_saved) {
                open.push(id);
            }
            if checks(element).any(reads_last_saved) {
                unchecked.insert(id);
            }
            scores |= scoring(element).any(reads_last_saved);
        }
        let mut unsure: BTreeSet<ElementId> = BTreeSet::new();
        while let Some(id) = open.pop() {
            if unsure.insert(id) {
                open.extend(form.graph.dependents.get(id).into_iter().flatten());
                unchecked.extend(form.graph.viewers.get(id).into_iter().flatten());
            }
        }
        scores |= !unsure.is_empty();
        kept.extend(&unsure);
        unchecked.extend(&unsure);
        LastSaved {
            kept: kept.into_iter().collect(),
            unchecked: unchecked.into_iter().collect(),
            scores,
        }
    }

    /// Whether only the phone can say what is wrong at a path.
    #[must_use]
    pub fn is_unchecked(&self, form: &Form, path: &str) -> bool {
        let name = path.rsplit('/').next().unwrap_or(path);
        let element = form.names.get(name);
        element.is_some_and(|id| self.unchecked.binary_search(id).is_ok())
    }
}

fn reads_last_saved(expr: &Expr) -> bool {
    let mut found = false;
    visit_parts(expr, &mut |part| {
        found |= matches!(part, Expr::Reference(reference) if reference.last_saved().is_some());
    });
    found
}

fn when(condition: &Condition) -> Option<&Expr> {
    match condition {
        Condition::When(expr) => Some(expr),
        Condition::Never | Condition::Always => None,
    }
}

/// What decides whether an answer is right.
fn checks(element: &Element) -> impl Iterator<Item = &Expr> {
    element
        .constraint
        .iter()
        .chain(when(&element.required))
        .chain(&element.choice_filter)
        .chain(&element.repeat_min)
        .chain(&element.repeat_max)
}

fn scoring(element: &Element) -> impl Iterator<Item = &Expr> {
    element
        .weight
        .iter()
        .chain(&element.points)
        .chain(&element.scored)
        .chain(&element.score_cap)
        .chain(&element.score_withheld)
}

fn values(texts: &Texts) -> impl Iterator<Item = &Expr> {
    let pieces = texts.iter().flat_map(|template| &template.pieces);
    pieces.filter_map(|piece| match piece {
        Piece::Value(expr) => Some(expr),
        Piece::Text(_) => None,
    })
}

/// Every expression of an element but those whose value is an answer.
fn read_again<'f>(form: &'f Form, element: &'f Element) -> Vec<&'f Expr> {
    let mut exprs: Vec<&Expr> = checks(element).chain(scoring(element)).collect();
    exprs.extend(element.relevant.iter().chain(&element.repeat_count));
    exprs.extend(when(&element.read_only));
    if let Some(Shuffle::Seeded(seed)) = &element.shuffle {
        exprs.push(seed);
    }
    let texts = [
        &element.label,
        &element.hint,
        &element.guidance,
        &element.constraint_message,
        &element.required_message,
    ];
    exprs.extend(texts.into_iter().flat_map(values));
    if let Choices::List(name) = &element.choices
        && let Some(list) = form.list(name)
    {
        exprs.extend(list.choices.iter().flat_map(|choice| values(&choice.label)));
    }
    exprs
}
