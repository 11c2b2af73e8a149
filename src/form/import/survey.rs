//! The survey sheet: first the names and how they nest, then what stands in the cells.

use super::columns::Columns;
use super::formulas::{condition, formula, template};
use super::types::{self, Type, Wrong};
use super::{Findings, Place, choices, other, parameters, tables};
use crate::domain::letters::is_letter;
use crate::form::definition::{Choices, Element, ElementId, ElementKind, Form, Initial};
use crate::form::errors::{Cause, FormError, Frame, Limit, Mend};
use crate::form::expr;
use crate::form::kind::QuestionKind;
use crate::form::score::Role;
use crate::form::sheets::{Row, Sheet};
use crate::form::template::Texts;

/// Deeper nesting than any screen can show.
const DEEPEST: usize = 30;

/// Reads names, types and nesting. Gives each element with the index of its row in the sheet.
pub(super) fn structure(
    sheet: &Sheet,
    columns: &Columns,
    form: &mut Form,
    findings: &mut Findings,
) -> Vec<(ElementId, usize)> {
    let mut rows = Vec::new();
    for needed in ["type", "name"] {
        if columns.find(needed).is_none() {
            findings.error(Place::sheet(sheet), Cause::MissingColumn(needed), None);
            return rows;
        }
    }
    // The open groups and repeats; the form itself is always open.
    let mut open: Vec<(ElementId, u32)> = vec![(0, 0)];
    for (index, row) in sheet.rows.iter().enumerate() {
        if columns.cell(row, "disabled").is_some_and(|(_, text)| {
            matches!(
                text.to_ascii_lowercase().as_str(),
                "yes" | "true" | "true()"
            )
        }) {
            continue;
        }
        let Some((column, text)) = columns.cell(row, "type") else {
            // A row without a type is a remark of the author's, unless it has a name.
            if columns.cell(row, "name").is_some() {
                findings.error(
                    Place::row(sheet, row),
                    Cause::UnknownType(String::new()),
                    None,
                );
            }
            continue;
        };
        let place = Place::cell(sheet, row, column);
        let (meaning, other) = match types::parse(text) {
            Ok(parsed) => parsed,
            Err(Wrong::NoList) => {
                findings.error(place, Cause::NoList, None);
                continue;
            }
            Err(Wrong::Unknown) => {
                let word = text.split_whitespace().next().unwrap_or_default();
                let mend = findings.did_you_mean(word, types::words());
                findings.error(place, Cause::UnknownType(String::from(text)), mend);
                continue;
            }
        };
        let kind = match &meaning {
            Type::EndGroup => {
                close(ElementKind::Group, place, &mut open, form, findings);
                continue;
            }
            Type::EndRepeat => {
                close(ElementKind::Repeat, place, &mut open, form, findings);
                continue;
            }
            Type::Table => {
                let Some((column, name)) = columns.cell(row, "name") else {
                    findings.error(place, Cause::NoName, None);
                    continue;
                };
                findings.look_into(name, Place::cell(sheet, row, column), form);
                continue;
            }
            Type::BeginGroup => ElementKind::Group,
            Type::BeginRepeat => ElementKind::Repeat,
            Type::Unrecorded => ElementKind::Question(QuestionKind::Background),
            Type::External(_) => ElementKind::Question(QuestionKind::SelectOne),
            Type::Question(QuestionKind::Image) => {
                let appearance = columns.cell(row, "appearance").map_or("", |(_, text)| text);
                let signed = appearance
                    .split_whitespace()
                    .any(|word| word == "signature" || word == "draw");
                ElementKind::Question(if signed {
                    QuestionKind::Signature
                } else {
                    QuestionKind::Image
                })
            }
            Type::Question(kind) | Type::Select(kind, _) | Type::SelectFrom(kind, _) => {
                ElementKind::Question(*kind)
            }
        };
        let unnamed = match kind {
            // Nothing can refer to a note, and an audit is always called so.
            ElementKind::Question(QuestionKind::Note) => {
                Some(format!("generated_note_name_{}", row.number))
            }
            ElementKind::Question(QuestionKind::Audit) => Some(String::from("audit")),
            _ => None,
        };
        let name = match unnamed {
            Some(unnamed) if columns.cell(row, "name").is_none() => unnamed,
            _ => name(sheet, columns, row, place, form, findings),
        };
        let parent = open.last().map_or(0, |(id, _)| *id);
        let id = form.elements.len();
        let mut element = Element::new(&name, kind, parent, row.number);
        if let Some(above) = form.elements.get_mut(parent) {
            above.children.push(id);
            element.repeats.clone_from(&above.repeats);
            if above.kind == ElementKind::Repeat {
                element.repeats.push(parent);
            }
        }
        element.choices = match meaning {
            Type::Select(_, list) => Choices::List(list),
            Type::External(list) => Choices::List(choices::external(&list)),
            Type::SelectFrom(_, file) => {
                let shapes = file.ends_with(".geojson");
                let (value, label) = if shapes {
                    ("id", "title")
                } else {
                    ("name", "label")
                };
                let bare = file
                    .rsplit_once('.')
                    .map_or(file.as_str(), |(name, _)| name);
                Choices::Table {
                    table: String::from(bare),
                    value: String::from(value),
                    label: String::from(label),
                }
            }
            _ => Choices::None,
        };
        form.elements.push(element);
        form.names.entry(name).or_insert(id);
        rows.push((id, index));
        if other {
            other::plant(id, place, form, findings);
        }
        if kind == ElementKind::Group || kind == ElementKind::Repeat {
            open.push((id, row.number));
            if open.len() == DEEPEST + 2 {
                findings.error(place, Cause::TooLarge(Limit::Depth), None);
            }
        }
    }
    for (id, row) in open.iter().skip(1) {
        let place = Place {
            row: *row,
            ..Place::sheet(sheet)
        };
        findings.error(place, Cause::NeverClosed(frame(form, *id)), None);
    }
    if rows.is_empty() && findings.errors.is_empty() {
        findings.error(Place::sheet(sheet), Cause::NoQuestions, None);
    }
    rows
}

fn frame(form: &Form, id: ElementId) -> Frame {
    let kind = form.element(id).map(|element| element.kind);
    if kind == Some(ElementKind::Repeat) {
        Frame::Repeat
    } else {
        Frame::Group
    }
}

fn close(
    kind: ElementKind,
    place: Place<'_>,
    open: &mut Vec<(ElementId, u32)>,
    form: &Form,
    findings: &mut Findings,
) {
    let found = if kind == ElementKind::Repeat {
        Frame::Repeat
    } else {
        Frame::Group
    };
    match open.last().copied() {
        None | Some((0, _)) => findings.error(place, Cause::NothingToClose(found), None),
        Some((id, row)) => {
            if form.element(id).is_some_and(|element| element.kind != kind) {
                let open = frame(form, id);
                let mend = Some(Mend::Write(format!("end_{open}")));
                findings.error(place, Cause::WrongClose { found, open, row }, mend);
            }
            open.pop();
        }
    }
}

/// The name of a row; mistakes are reported and something usable is returned.
fn name(
    sheet: &Sheet,
    columns: &Columns,
    row: &Row,
    place: Place<'_>,
    form: &Form,
    findings: &mut Findings,
) -> String {
    let Some((column, name)) = columns.cell(row, "name") else {
        findings.error(place, Cause::NoName, None);
        return format!("_row{}", row.number);
    };
    let place = Place::cell(sheet, row, column);
    let first = name
        .chars()
        .next()
        .is_some_and(|c| is_letter(c) || c == '_');
    if !first
        || !name
            .chars()
            .all(|c| is_letter(c) || c.is_ascii_digit() || matches!(c, '_' | '-' | '.'))
    {
        let cause = Cause::BadName(String::from(name));
        findings.error(place, cause, Some(Mend::NameRule));
    }
    if let Some(first) = form.question(name) {
        let cause = Cause::DuplicateName {
            name: String::from(name),
            first: first.row,
        };
        findings.error(place, cause, Some(Mend::Rename));
    }
    String::from(name)
}

/// Reads everything else, now that all names are known.
pub(super) fn contents(
    sheet: &Sheet,
    columns: &Columns,
    rows: &[(ElementId, usize)],
    form: &mut Form,
    findings: &mut Findings,
) {
    for (id, index) in rows {
        let (Some(row), Some(element)) = (sheet.rows.get(*index), form.elements.get(*id)) else {
            continue;
        };
        let mut element = element.clone();
        cells(sheet, columns, row, &mut element, form, findings);
        if let Some(place) = form.elements.get_mut(*id) {
            *place = element;
        }
    }
}

fn cells(
    sheet: &Sheet,
    columns: &Columns,
    row: &Row,
    element: &mut Element,
    form: &Form,
    findings: &mut Findings,
) {
    let around = element.repeats.clone();
    let at = |column| Place::cell(sheet, row, column).within(&around);
    let texts: [(&str, &mut Texts); 5] = [
        ("label", &mut element.label),
        ("hint", &mut element.hint),
        ("guidance", &mut element.guidance),
        ("constraint_message", &mut element.constraint_message),
        ("required_message", &mut element.required_message),
    ];
    for (name, texts) in texts {
        for (language, column) in columns.texts(name) {
            let text = row.cell(*column);
            if !text.is_empty() {
                texts.set(*language, template(text, at(*column), form, findings));
            }
        }
    }
    for (name, slot) in [
        ("relevant", &mut element.relevant),
        ("calculation", &mut element.calculation),
        ("constraint", &mut element.constraint),
        ("choice_filter", &mut element.choice_filter),
        ("repeat_count", &mut element.repeat_count),
        ("repeat_min", &mut element.repeat_min),
        ("repeat_max", &mut element.repeat_max),
        ("weight", &mut element.weight),
        ("points", &mut element.points),
        ("scored", &mut element.scored),
        ("score_cap", &mut element.score_cap),
        ("score_withheld", &mut element.score_withheld),
    ] {
        if let Some((column, text)) = columns.cell(row, name) {
            *slot = formula(text, at(column), form, findings);
        }
    }
    if let Some((column, text)) = columns.cell(row, "required") {
        element.required = condition(text, at(column), form, findings);
    }
    if let Some((column, text)) = columns.cell(row, "read_only") {
        element.read_only = condition(text, at(column), form, findings);
    }
    if let Some((column, text)) = columns.cell(row, "default") {
        element.initial = Some(initial(text, at(column), form, findings));
    }
    if let Some((column, text)) = columns.cell(row, "role") {
        element.role = Role::from_word(text);
        if element.role.is_none() {
            let mend = findings.did_you_mean(text, Role::WORDS.iter().map(|(word, _)| *word));
            let cause = Cause::UnknownRole(String::from(text));
            findings.error(Place::cell(sheet, row, column), cause, mend);
        }
    }
    if let Some((_, text)) = columns.cell(row, "appearance") {
        element.appearance = text.split_whitespace().map(String::from).collect();
    }
    if let Some((column, text)) = columns.cell(row, "parameters") {
        parameters::read(text, at(column), element, form, findings);
    }
    if let Some((column, text)) = columns.cell(row, "trigger") {
        trigger(
            text,
            Place::cell(sheet, row, column),
            element,
            form,
            findings,
        );
    }
    for column in &columns.unknown {
        let (Some(header), text) = (sheet.header.get(*column), row.cell(*column)) else {
            continue;
        };
        if !text.is_empty() {
            element.extra.insert(header.clone(), String::from(text));
        }
    }
    check(sheet, columns, row, element, form, findings);
}

fn trigger(
    text: &str,
    place: Place<'_>,
    element: &mut Element,
    form: &Form,
    findings: &mut Findings,
) {
    for name in text.split(',').map(str::trim) {
        let bare = name
            .strip_prefix("${")
            .and_then(|rest| rest.strip_suffix('}'))
            .unwrap_or(name);
        match form.names.get(bare) {
            Some(id) => element.trigger.push(*id),
            None => {
                let mend = findings.did_you_mean(bare, form.names.keys().map(String::as_str));
                findings.error(place, Cause::UnknownReference(String::from(bare)), mend);
            }
        }
    }
}

/// A first value is an expression when it refers to something or calls a function; `Toko (baru)` is just a text.
fn initial(text: &str, place: Place<'_>, form: &Form, findings: &mut Findings) -> Initial {
    let is_formula = text.contains("${") || (text.contains('(') && expr::parse(text).is_ok());
    if !is_formula {
        return Initial::Value(String::from(text));
    }
    match formula(text, place, form, findings) {
        Some(expr) => Initial::Computed(expr),
        None => Initial::Value(String::new()),
    }
}

/// What must fit together inside one row.
fn check(
    sheet: &Sheet,
    columns: &Columns,
    row: &Row,
    element: &mut Element,
    form: &Form,
    findings: &mut Findings,
) {
    let place = columns
        .find("type")
        .map_or(Place::row(sheet, row), |column| {
            Place::cell(sheet, row, column)
        });
    match &mut element.choices {
        Choices::List(list) if !form.lists.contains_key(list) => {
            let prefix = choices::external("");
            let (cause, near) = match list.strip_prefix(&prefix) {
                Some(bare) => {
                    let known = form
                        .lists
                        .keys()
                        .filter_map(|key| key.strip_prefix(&prefix));
                    let near = findings.did_you_mean(bare, known);
                    (Cause::MissingExternalList(String::from(bare)), near)
                }
                None => {
                    let known = form.lists.keys().map(String::as_str);
                    let near = findings.did_you_mean(list, known);
                    (Cause::MissingList(list.clone()), near)
                }
            };
            findings.error(place, cause, near);
        }
        Choices::Table {
            table,
            value,
            label,
        } => {
            findings.look_into(tables::bare(table), place, form);
            for (key, slot) in [("value", value), ("label", label)] {
                if let Some(column) = element.parameters.get(key) {
                    slot.clone_from(column);
                }
            }
        }
        _ => {}
    }
    let Some(kind) = element.question_kind() else {
        return;
    };
    if kind == QuestionKind::Calculate && element.calculation.is_none() {
        let column = columns.find("calculation");
        if column.is_none_or(|column| row.cell(column).is_empty()) {
            findings.error(place, Cause::NoCalculation, None);
        }
    }
    if !kind.is_capturable() {
        findings.warn(place, Cause::NotCapturable(element.name.clone()), None);
    } else if kind.is_shown() {
        for (language, name) in form.languages.iter().enumerate() {
            if element.label.exact(language).is_none() && element.hint.exact(language).is_none() {
                findings.warn(place, Cause::NoLabel(name.clone()), None);
            }
        }
    }
}

/// The error for elements that depend on each other in a circle, at the cell that closes it.
pub(super) fn circle(
    sheet: &Sheet,
    columns: &Columns,
    form: &Form,
    circle: &[ElementId],
) -> FormError {
    let mut names: Vec<String> = Vec::new();
    for id in circle.iter().chain(circle.first()) {
        names.extend(
            form.element(*id)
                .map(|element| format!("${{{}}}", element.name)),
        );
    }
    let mend = Some(Mend::BreakCycle);
    let cause = Cause::Cycle(names.join(" -> "));
    // A group is in the circle only through what stands in it; point at a row with an expression.
    for id in circle {
        let Some(element) = form.element(*id) else {
            continue;
        };
        let column = match (
            &element.calculation,
            &element.relevant,
            &element.repeat_count,
        ) {
            (Some(_), _, _) => columns.find("calculation"),
            (None, Some(_), _) => columns.find("relevant"),
            (None, None, Some(_)) => columns.find("repeat_count"),
            _ => continue,
        };
        if let Some(row) = sheet.rows.iter().find(|row| row.number == element.row) {
            let place = column.map_or(Place::row(sheet, row), |column| {
                Place::cell(sheet, row, column)
            });
            return place.finding(cause, mend);
        }
    }
    Place::sheet(sheet).finding(cause, mend)
}
