//! Carrying a draft over to a newer version of its form: by name and type, and nothing is lost.
//!
//! A question keeps its answer under its name, wherever it stands now: in another group, in a repeat, or no longer in
//! one. What has no place any more becomes a [`Leftover`] with its question and its answer in words.

use std::collections::BTreeMap;

use super::definition::{Choices, Element, ElementId, ElementKind, Form};
use super::kind::QuestionKind;
use super::session::Answers;
use crate::domain::visit::{Leftover, Why};

/// The key of an instance that has to be made for an answer that moved into a repeat; as counted repeats name theirs.
const FIRST_INSTANCE: &str = "000001";

/// What became of the answers.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Upgrade {
    /// Those that have a place in the new version, by their paths there.
    pub answers: Answers,
    /// The others, by their paths in the old version.
    pub left: BTreeMap<String, Leftover>,
}

/// Carries answers given in `old` over to `new`. Computed values are not carried: the new version computes its own.
#[must_use]
pub fn upgrade(old: &Form, new: &Form, answers: &Answers) -> Upgrade {
    carry(old, new, answers, &Answers::new())
}

/// The same for a few answers that are to join others: where one stands already, the newcomer is left over.
#[must_use]
pub fn join(old: &Form, new: &Form, strays: &Answers, standing: &Answers) -> Upgrade {
    carry(old, new, strays, standing)
}

/// The answers that have no place in a form.
#[must_use]
pub fn strays(form: &Form, answers: &Answers) -> Answers {
    let mut strays = answers.clone();
    strays.retain(|path, _| Steps::of(form, path).target.is_none());
    strays
}

fn carry(old: &Form, new: &Form, answers: &Answers, standing: &Answers) -> Upgrade {
    let mut out = Upgrade {
        answers: standing.clone(),
        left: BTreeMap::new(),
    };
    // Instances first: they stand before what is in them, also when nothing in them has an answer.
    for (path, value) in answers {
        let steps = Steps::of(old, path);
        if let Some(Target::Instance) = steps.target
            && let Some(Ok(place)) = steps.place_in(new, &out.answers)
        {
            out.answers.entry(place).or_insert_with(|| value.clone());
        }
    }
    for (path, value) in answers {
        let steps = Steps::of(old, path);
        match steps.target {
            Some(Target::Instance) => {}
            Some(Target::Question(element)) if !is_given(element) => {}
            Some(Target::Question(element)) => {
                carry_answer(old, new, (path, value), &steps, element, standing, &mut out);
            }
            // It had no place in the old version either.
            None => {
                let name = path.rsplit('/').next().unwrap_or(path);
                leave(&mut out, path, name, value, value, Why::Gone);
            }
        }
    }
    out
}

/// Whether a person or the device gave the value, so that it cannot be computed again.
fn is_given(element: &Element) -> bool {
    !element.is_computed()
        && !matches!(
            element.question_kind(),
            None | Some(QuestionKind::Note | QuestionKind::Calculate)
        )
}

fn carry_answer(
    old: &Form,
    new: &Form,
    (path, value): (&str, &str),
    steps: &Steps<'_>,
    element: &Element,
    standing: &Answers,
    out: &mut Upgrade,
) {
    let label = label_of(old, element);
    let words = in_words(old, element, value);
    let Some(target) = new.question(&element.name) else {
        return leave(out, path, &label, &words, value, Why::Gone);
    };
    let fits = match (element.question_kind(), target.question_kind()) {
        (Some(from), Some(to)) => is_given(target) && holds(from, to),
        _ => false,
    };
    if !fits {
        return leave(out, path, &label, &words, value, Why::OtherType);
    }
    let (kept, gone) = offered(new, target, value);
    if !gone.is_empty() {
        let words = in_words(old, element, &gone);
        leave(out, path, &label, &words, &gone, Why::ChoiceGone);
    }
    if kept.is_empty() && !value.is_empty() {
        return;
    }
    let place = match steps.place_in(new, &out.answers) {
        Some(Ok(place) | Err(place)) => place,
        None => return leave(out, path, &label, &words, value, Why::Gone),
    };
    let taken = out.answers.get(&place).filter(|there| !there.is_empty());
    if let Some(there) = taken {
        // The very answer that stands already says nothing more.
        if standing.get(&place) != Some(&kept) || *there != kept {
            leave(out, path, &label, &words, &kept, Why::Taken);
        }
        return;
    }
    mark_instances(new, &place, &mut out.answers);
    out.answers.insert(place, kept);
}

fn leave(out: &mut Upgrade, path: &str, label: &str, words: &str, value: &str, why: Why) {
    // An emptied answer says nothing.
    if value.is_empty() {
        return;
    }
    let leftover = Leftover {
        label: String::from(label),
        text: String::from(words),
        value: String::from(value),
        why,
    };
    out.left.insert(String::from(path), leftover);
}

/// Whether a question of the one kind can hold what was answered at the other.
fn holds(from: QuestionKind, to: QuestionKind) -> bool {
    use QuestionKind::{
        Barcode, Date, DateTime, Decimal, Integer, Range, SelectMultiple, SelectOne, Text, Time,
    };
    from == to
        || matches!(
            (from, to),
            (Integer, Decimal | Range)
                | (Range, Decimal)
                | (SelectOne, SelectMultiple)
                | (
                    Integer | Decimal | Range | Date | Time | DateTime | Barcode,
                    Text
                )
                | (Text, Barcode)
        )
}

/// The parts of an answer that the question's list still has, and those it has no longer.
fn offered(form: &Form, element: &Element, value: &str) -> (String, String) {
    let Choices::List(name) = &element.choices else {
        return (String::from(value), String::new());
    };
    let choices = form
        .list(name)
        .map(|list| list.choices.as_slice())
        .unwrap_or_default();
    let known = |part: &&str| choices.iter().any(|choice| choice.name == **part);
    let (kept, gone): (Vec<&str>, Vec<&str>) = value.split_whitespace().partition(known);
    (kept.join(" "), gone.join(" "))
}

fn label_of(form: &Form, element: &Element) -> String {
    element
        .label
        .get(form.default_language)
        .map_or_else(|| element.name.clone(), |text| text.source())
}

/// An answer as its question's choices word it.
fn in_words(form: &Form, element: &Element, value: &str) -> String {
    let Choices::List(name) = &element.choices else {
        return String::from(value);
    };
    let word = |part: &str| {
        let choice = form
            .list(name)?
            .choices
            .iter()
            .find(|choice| choice.name == part)?;
        Some(choice.label.get(form.default_language)?.source())
    };
    let words: Vec<String> = value
        .split_whitespace()
        .map(|part| word(part).unwrap_or_else(|| String::from(part)))
        .collect();
    words.join(", ")
}

/// What a path of the old version leads to.
#[derive(Clone, Copy)]
enum Target<'a> {
    Question(&'a Element),
    Instance,
}

/// A path taken apart: the repeats on the way with the keys of their instances, and what it leads to.
struct Steps<'a> {
    keys: Vec<(&'a str, &'a str)>,
    name: &'a str,
    target: Option<Target<'a>>,
}

impl<'a> Steps<'a> {
    fn of(form: &'a Form, path: &'a str) -> Steps<'a> {
        let parts: Vec<&str> = path.split('/').collect();
        let mut keys = Vec::new();
        let mut pairs = parts.chunks_exact(2);
        for pair in &mut pairs {
            if let [repeat, key] = pair {
                keys.push((*repeat, *key));
            }
        }
        let name = pairs.remainder().first().copied().unwrap_or_default();
        let repeats = |names: &[ElementId]| {
            let found = names.iter().filter_map(|id| form.element(*id));
            let found: Vec<&str> = found.map(|element| element.name.as_str()).collect();
            found == keys.iter().map(|(repeat, _)| *repeat).collect::<Vec<_>>()
        };
        let target = if name.is_empty() {
            let last = keys.last().and_then(|(repeat, _)| form.names.get(*repeat));
            last.and_then(|id| {
                let element = form.element(*id)?;
                let mut around = element.repeats.clone();
                around.push(*id);
                (element.kind == ElementKind::Repeat && repeats(&around))
                    .then_some(Target::Instance)
            })
        } else {
            form.question(name)
                .filter(|element| element.question_kind().is_some() && repeats(&element.repeats))
                .map(Target::Question)
        };
        Steps { keys, name, target }
    }

    /// Where it stands in a form: the instances it was in where the form still has their repeats, the first instance of
    /// a repeat it was not in. `Ok` when all its instances are those it was in, `Err` when one is another; `None` when
    /// the form has nothing of that name.
    fn place_in(&self, form: &Form, answers: &Answers) -> Option<Result<String, String>> {
        let last = match (self.name, self.keys.last()) {
            ("", Some((repeat, _))) => repeat,
            (name, _) => name,
        };
        let id = form.names.get(last)?;
        let element = form.element(*id)?;
        let mut around = element.repeats.clone();
        if self.name.is_empty() {
            if element.kind != ElementKind::Repeat {
                return None;
            }
            around.push(*id);
        }
        let mut path = String::new();
        let mut same = true;
        for repeat in around {
            let name = form.element(repeat)?.name.as_str();
            let start = format!("{path}{name}/");
            let key = match self.keys.iter().find(|(repeat, _)| *repeat == name) {
                Some((_, key)) => String::from(*key),
                None => {
                    same = false;
                    first_instance(&start, answers)
                }
            };
            path = format!("{start}{key}/");
        }
        let place = if self.name.is_empty() {
            String::from(path.trim_end_matches('/'))
        } else {
            format!("{path}{}", self.name)
        };
        Some(if same { Ok(place) } else { Err(place) })
    }
}

fn first_instance(start: &str, answers: &Answers) -> String {
    answers
        .range(String::from(start)..)
        .take_while(|(path, _)| path.starts_with(start))
        .filter_map(|(path, _)| path.strip_prefix(start)?.split('/').next())
        .next()
        .map_or_else(|| String::from(FIRST_INSTANCE), String::from)
}

/// Makes the instances that a path goes through, where they are not there yet.
fn mark_instances(form: &Form, place: &str, answers: &mut Answers) {
    let mut path = String::new();
    let parts: Vec<&str> = place.split('/').collect();
    for pair in parts.chunks_exact(2) {
        if let [repeat, key] = pair
            && form.names.contains_key(*repeat)
        {
            path = format!("{path}{repeat}/{key}");
            answers
                .entry(path.clone())
                .or_insert_with(|| String::from("1"));
            path.push('/');
        }
    }
}
