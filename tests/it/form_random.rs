//! Forms at random: whatever is answered, added and removed, a session that recomputes only what it must stands where a
//! new one over the same answers would, tells the store every value that changed, and names everything that looks
//! different.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::expect_used
)]

use std::collections::BTreeMap;
use std::sync::Arc;

use anjangsana::form::{Answers, Changes, Form, Item, QuestionState, RepeatState, Session};
use proptest::prelude::*;

use crate::form_support::{surroundings, try_form};

/// What a question or a group of a form at random is, before its expressions are written.
#[derive(Debug, Clone)]
enum Shape {
    Question(Kind),
    Group(Vec<Shape>),
    Repeat { counted: bool, inside: Vec<Shape> },
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Integer,
    Text,
    One,
    Several,
    Calculate,
    Triggered,
    Defaulted,
}

fn any_shape() -> impl Strategy<Value = Shape> {
    let kind = proptest::sample::select(vec![
        Kind::Integer,
        Kind::Integer,
        Kind::Text,
        Kind::One,
        Kind::Several,
        Kind::Calculate,
        Kind::Calculate,
        Kind::Triggered,
        Kind::Defaulted,
    ]);
    kind.prop_map(Shape::Question)
        .prop_recursive(3, 16, 4, |inner| {
            let inside = proptest::collection::vec(inner, 1..4);
            prop_oneof![
                inside.clone().prop_map(Shape::Group),
                (any::<bool>(), inside)
                    .prop_map(|(counted, inside)| Shape::Repeat { counted, inside }),
            ]
        })
}

/// An element with its place.
#[derive(Debug, Clone)]
struct Planned {
    name: String,
    parent: Option<usize>,
    what: What,
    /// Where it stands in the order in which things may depend on each other.
    rank: u64,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum What {
    Question(Kind),
    Group,
    Repeat { counted: bool },
    End(bool),
}

/// A source of choices that shrinks with the numbers it is fed.
struct Dice<'a> {
    numbers: &'a [u32],
    at: usize,
}

impl Dice<'_> {
    fn roll(&mut self, sides: usize) -> usize {
        let number = self.numbers[self.at % self.numbers.len()];
        self.at += 1;
        (number as usize).wrapping_add(self.at * 7) % sides.max(1)
    }
}

fn plan(shapes: &[Shape], parent: Option<usize>, dice: &mut Dice<'_>, out: &mut Vec<Planned>) {
    for shape in shapes {
        let index = out.len();
        let above = parent.map_or(0, |parent| out[parent].rank);
        // Everything depends on what it stands in.
        let rank = above + 1 + dice.roll(40) as u64;
        let mut add = |what| {
            out.push(Planned {
                name: format!("e{index}"),
                parent,
                what,
                rank,
            });
        };
        match shape {
            Shape::Question(kind) => add(What::Question(*kind)),
            Shape::Group(inside) => {
                add(What::Group);
                plan(inside, Some(index), dice, out);
                out.push(Planned {
                    name: String::new(),
                    parent,
                    what: What::End(false),
                    rank: 0,
                });
            }
            Shape::Repeat { counted, inside } => {
                add(What::Repeat { counted: *counted });
                plan(inside, Some(index), dice, out);
                out.push(Planned {
                    name: String::new(),
                    parent,
                    what: What::End(true),
                    rank: 0,
                });
            }
        }
    }
}

/// An expression that reads only what ranks below `rank`; without a limit it may read anything.
fn expression(plan: &[Planned], own: usize, rank: Option<u64>, dice: &mut Dice<'_>) -> String {
    let may_read = |planned: &&Planned| rank.is_none_or(|rank| planned.rank < rank);
    let questions: Vec<&str> = plan
        .iter()
        .filter(|planned| {
            matches!(planned.what, What::Question(_)) && planned.name != plan[own].name
        })
        .filter(may_read)
        .map(|planned| planned.name.as_str())
        .collect();
    let repeats: Vec<&str> = plan
        .iter()
        .filter(|planned| matches!(planned.what, What::Repeat { .. }))
        .filter(may_read)
        .map(|planned| planned.name.as_str())
        .collect();
    let one = |dice: &mut Dice<'_>| match questions.as_slice() {
        [] => "1".to_owned(),
        some => format!("${{{}}}", some[dice.roll(some.len())]),
    };
    let (a, b) = (one(dice), one(dice));
    match dice.roll(14) {
        0 => format!("{a} > {}", dice.roll(4)),
        1 => format!("{a} = {b}"),
        2 => format!("{a} != ''"),
        3 => format!("coalesce({a}, 0) + coalesce({b}, 1)"),
        4 => format!("concat({a}, '-', {b})"),
        5 => format!("if(selected({a}, 'x'), {b}, 2)"),
        6 => format!("count({a}[. != '']) + 1").replace("count(1[. != ''])", "1"),
        7 if a != "1" => format!("sum({a})"),
        8 if a != "1" => format!("join(' ', {a})"),
        9 if !repeats.is_empty() => format!("count(${{{}}})", repeats[dice.roll(repeats.len())]),
        10 if !repeats.is_empty() && a != "1" => {
            format!(
                "indexed-repeat({a}, ${{{}}}, 1)",
                repeats[dice.roll(repeats.len())]
            )
        }
        11 if plan[own].parent.is_some() && rank.is_none() => "position(..)".to_owned(),
        12 => format!("not({a} = 'x' or {b} = 1)"),
        _ => format!("{a} >= {b}"),
    }
}

const CHOICES: &str = "list_name|name|label|sort\nl|x|X ${e0}|1\nl|y|Y|2\nl|z|Z|3";

fn survey(plan: &[Planned], dice: &mut Dice<'_>) -> String {
    let mut rows = vec!["type|name|label|relevant|calculation|constraint|required|choice_filter|default|trigger|repeat_count|read_only".to_owned()];
    for (index, planned) in plan.iter().enumerate() {
        let rank = Some(planned.rank);
        let relevant = match (planned.what, dice.roll(3)) {
            (What::End(_), _) | (_, 1 | 2) => String::new(),
            _ => expression(plan, index, rank, dice),
        };
        let mut cells = [const { String::new() }; 12];
        cells[1].clone_from(&planned.name);
        cells[3] = relevant;
        match planned.what {
            What::End(repeat) => {
                cells[0] = if repeat { "end repeat" } else { "end group" }.to_owned();
            }
            What::Group => cells[0] = "begin group".to_owned(),
            What::Repeat { counted } => {
                cells[0] = "begin repeat".to_owned();
                if counted {
                    cells[10] = format!("({}) mod 4", expression(plan, index, rank, dice));
                }
            }
            What::Question(kind) => {
                cells[0] = match kind {
                    Kind::Integer | Kind::Defaulted => "integer",
                    Kind::Text | Kind::Triggered => "text",
                    Kind::One => "select_one l",
                    Kind::Several => "select_multiple l",
                    Kind::Calculate => "calculate",
                }
                .to_owned();
                match kind {
                    Kind::Calculate => cells[4] = expression(plan, index, rank, dice),
                    Kind::Triggered => {
                        let causes: Vec<&str> = plan
                            .iter()
                            .filter(|other| {
                                matches!(other.what, What::Question(Kind::Integer | Kind::Text))
                                    && other.name != planned.name
                            })
                            .map(|other| other.name.as_str())
                            .collect();
                        if !causes.is_empty() {
                            cells[4] = expression(plan, index, None, dice);
                            cells[9] = format!("${{{}}}", causes[dice.roll(causes.len())]);
                        }
                    }
                    Kind::Defaulted if dice.roll(2) == 0 => "3".clone_into(&mut cells[8]),
                    Kind::Defaulted => {
                        cells[8] = format!("if(1, {}, 5)", expression(plan, index, None, dice))
                    }
                    Kind::One | Kind::Several if dice.roll(2) == 0 => {
                        cells[7] = format!(
                            "sort > number({}) or sort = 2",
                            expression(plan, index, None, dice)
                        );
                    }
                    _ => {}
                }
                if kind != Kind::Calculate {
                    let other = plan
                        .iter()
                        .filter(|other| matches!(other.what, What::Question(_)))
                        .nth(dice.roll(plan.len()));
                    cells[2] =
                        other.map_or("L".to_owned(), |other| format!("L ${{{}}}", other.name));
                    if dice.roll(2) == 0 {
                        cells[5] = expression(plan, index, None, dice);
                    }
                    if dice.roll(3) == 0 {
                        cells[6] = expression(plan, index, None, dice);
                    }
                    if dice.roll(6) == 0 {
                        cells[11] = expression(plan, index, None, dice);
                    }
                }
            }
        }
        rows.push(cells.join("|"));
    }
    rows.join("\n")
}

/// A form with the sheet it was compiled from, which is what a failure shows of it.
struct Compiled {
    survey: String,
    form: Arc<Form>,
}

impl std::fmt::Debug for Compiled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.survey)
    }
}

/// A form at random, without circles by construction.
fn any_form() -> impl Strategy<Value = Compiled> {
    let shapes = proptest::collection::vec(any_shape(), 2..6);
    let numbers = proptest::collection::vec(any::<u32>(), 24);
    (shapes, numbers).prop_map(|(mut shapes, numbers)| {
        // The choices' labels read the first question.
        shapes.insert(0, Shape::Question(Kind::Integer));
        let mut dice = Dice {
            numbers: &numbers,
            at: 0,
        };
        let mut planned = Vec::new();
        plan(&shapes, None, &mut dice, &mut planned);
        let survey = survey(&planned, &mut dice);
        let form =
            try_form(&survey, CHOICES, "").unwrap_or_else(|errors| panic!("{survey}\n{errors}"));
        let form = Arc::new(form);
        Compiled { survey, form }
    })
}

/// Everything a screen shows, by path.
#[derive(Debug, Default, PartialEq)]
struct Shown {
    questions: BTreeMap<String, QuestionState>,
    repeats: BTreeMap<String, (Vec<String>, bool, bool, String)>,
}

fn look(session: &Session) -> Shown {
    fn note(items: Vec<Item>, shown: &mut Shown) {
        for item in items {
            match item {
                Item::Question(question) => {
                    _ = shown.questions.insert(question.path.clone(), question)
                }
                Item::Repeat(repeat) => {
                    shown.repeats.insert(repeat.path.clone(), brief(&repeat));
                    for instance in repeat.instances {
                        note(instance.items, shown);
                    }
                }
            }
        }
    }
    let mut shown = Shown::default();
    for page in session.form().pages() {
        note(session.items(&page.name, "en"), &mut shown);
    }
    let counted = session.pages().into_iter().filter(|page| page.relevant);
    assert_eq!(
        session.relevant_pages().collect::<Vec<_>>(),
        counted.map(|page| page.name).collect::<Vec<_>>()
    );
    shown
}

fn brief(repeat: &RepeatState) -> (Vec<String>, bool, bool, String) {
    let instances = repeat
        .instances
        .iter()
        .map(|instance| instance.path.clone());
    (
        instances.collect(),
        repeat.can_add,
        repeat.can_remove,
        repeat.label.clone(),
    )
}

/// What somebody does: which of the questions and repeats there are, and with what.
fn any_act() -> impl Strategy<Value = (u8, u16, u8)> {
    (0u8..10, any::<u16>(), any::<u8>())
}

fn act(
    session: &mut Session,
    (what, which, with): (u8, u16, u8),
    serial: usize,
) -> Option<Changes> {
    let shown = look(session);
    let pick = |paths: Vec<String>| paths.get(usize::from(which) % paths.len().max(1)).cloned();
    match what {
        0 | 1 => {
            let repeat = pick(shown.repeats.keys().cloned().collect())?;
            session.add_repeat(&repeat, &format!("k{serial:03}")).ok()
        }
        2 => {
            let instances = shown.repeats.values().flat_map(|(paths, ..)| paths.clone());
            session.remove_repeat(&pick(instances.collect())?).ok()
        }
        _ => {
            let path = pick(shown.questions.keys().cloned().collect())?;
            let values = ["1", "2", "3", "x", "y", "x z", "", "hello"];
            let value = values[usize::from(with) % values.len()];
            session
                .answer(&path, Some(value).filter(|value| !value.is_empty()))
                .ok()
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn recomputing_a_little_equals_recomputing_everything(
        Compiled { survey, form } in any_form(),
        acts in proptest::collection::vec(any_act(), 1..14),
    ) {
        let mut session = Session::open(form.clone(), Answers::new(), surroundings());
        let mut stored = session.answers().clone();
        for (serial, what) in acts.into_iter().enumerate() {
            let before = look(&session);
            let Some(changes) = act(&mut session, what, serial) else { continue };
            for (path, value) in &changes.values {
                match value {
                    Some(value) => _ = stored.insert(path.clone(), value.clone()),
                    None => _ = stored.remove(path),
                }
            }
            prop_assert_eq!(&stored, session.answers(), "the store has every change\n{}\n{:?}", survey, what);
            let after = look(&session);
            let fresh = Session::open(form.clone(), session.answers().clone(), surroundings());
            prop_assert_eq!(fresh.answers(), session.answers(), "answers\n{}\n{:?}", survey, what);
            prop_assert_eq!(fresh.changes_on_open(), &[] as &[_], "nothing new\n{}\n{:?}", survey, what);
            prop_assert_eq!(fresh.submission(), session.submission(), "submission\n{}\n{:?}", survey, what);
            prop_assert_eq!(fresh.pages(), session.pages(), "pages\n{}\n{:?}", survey, what);
            prop_assert_eq!(fresh.problems("en"), session.problems("en"), "problems\n{}\n{:?}", survey, what);
            prop_assert_eq!(&look(&fresh), &after, "what is shown\n{}\n{:?}", survey, what);
            for (path, state) in &after.questions {
                let same = before.questions.get(path) == Some(state);
                prop_assert!(same || changes.views.contains(path), "{} looks different\n{}\n{:?}", path, survey, what);
            }
            for (path, state) in &after.repeats {
                let same = before.repeats.get(path) == Some(state);
                prop_assert!(
                    same || changes.pages_changed || changes.views.contains(path),
                    "{} looks different\n{}\n{:?}", path, survey, what
                );
            }
        }
    }
}
