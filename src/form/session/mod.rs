//! Filling a form: the answers of one visit and everything that follows from them.
//!
//! A [`Session`] takes any answers, also ones of another version or broken ones: what has no place is kept aside in
//! [`Session::unplaced`]. It accepts answers that break a constraint and shows them as problems, because what was typed
//! must never be lost. What does not apply is kept while editing and left out of [`Session::submission`].

mod check;
mod compute;
mod document;
mod messages;
mod scoring;
mod secondary;
mod state;
mod structure;
mod view;
mod world;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub use state::{
    ChoiceState, Item, PageState, Problem, ProblemKind, QuestionState, RepeatInstance, RepeatState,
};

pub(in crate::form) use scoring::ScoredAnswer;

use super::definition::{ElementId, ElementKind, Form};
use super::expr::{Host, NodeId};
use super::kind::QuestionKind;
use super::lookups::{LastSaved, Lookups};
use crate::domain::{LookedUp, Millis, time::WIB_MINUTES};
use world::World;

/// Answers by path: `name`, or `repeat/key/name` inside a repeat, with `repeat/key` = `1` for each instance.
///
/// A value that is an empty text means: cleared by the user, do not fill in the default again.
pub type Answers = BTreeMap<String, String>;

/// What the world is like while a form is filled.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Surroundings {
    /// Milliseconds since 1970 UTC.
    pub now: i64,
    /// What to add to UTC for local time, in minutes; 420 for WIB.
    pub utc_offset_minutes: i32,
    /// Who fills the form.
    pub username: String,
    /// The same person's id.
    pub user_id: String,
    /// The device.
    pub device_id: String,
    /// The id of what is being filled; `uuid()` derives from it.
    pub instance_id: String,
    /// Tables for `pulldata()` and `select_one_from_file`, by name without `.csv`: rows of columns.
    pub tables: BTreeMap<String, Vec<BTreeMap<String, String>>>,
    /// The answers of what was saved last with this form, by path: what `${last-saved#name}` gives.
    pub last_saved: Answers,
    /// What `random()` derives from.
    pub random_seed: u64,
}

/// A visit that a form is opened for: who fills or sent it, and what may be looked up.
#[derive(Debug, Clone, Default)]
pub struct VisitAround<'a> {
    /// Which visit.
    pub visit: String,
    /// The clock, see [`crate::domain::Visit::judged_at`].
    pub now: Millis,
    /// The officer's login name, where it is known.
    pub username: &'a str,
    /// The officer's id.
    pub user_id: String,
    /// The device.
    pub device: String,
    /// The row of the visit's cooperative in the table `koperasi`.
    pub cooperative: Option<BTreeMap<String, String>>,
    /// The answers of the last visit.
    pub last_saved: Answers,
}

impl VisitAround<'_> {
    /// The surroundings of a session over the visit: the same on every device and at the server.
    #[must_use]
    pub fn surroundings(self) -> Surroundings {
        Surroundings {
            now: self.now.0,
            utc_offset_minutes: WIB_MINUTES,
            username: self.username.to_owned(),
            user_id: self.user_id,
            device_id: self.device,
            random_seed: Surroundings::seed_of(&self.visit),
            instance_id: self.visit,
            tables: BTreeMap::from([(REGISTER.to_owned(), self.cooperative.into_iter().collect())]),
            last_saved: self.last_saved,
        }
    }
}

/// The table that holds the visit's cooperative.
pub(super) const REGISTER: &str = "koperasi";

/// Which computed values a session leaves as they were given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
enum Kept {
    /// None: it computes everything.
    #[default]
    Nothing,
    /// Those of these elements, in order.
    These(Vec<ElementId>),
    /// All of them, and it fills in no first values.
    Everything,
}

impl Kept {
    fn holds(&self, element: ElementId) -> bool {
        match self {
            Kept::Nothing => false,
            Kept::These(elements) => elements.binary_search(&element).is_ok(),
            Kept::Everything => true,
        }
    }
}

impl Surroundings {
    /// A `random_seed` for what has this id: the same wherever and whenever it is opened, so that looking at it changes
    /// nothing in it.
    pub fn seed_of(id: &str) -> u64 {
        id.bytes().fold(0xcbf2_9ce4_8422_2325, |seed: u64, byte| {
            (seed ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        })
    }
}

/// What an answer changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// Values to persist, the answer itself and recomputed ones; `None` removes one.
    pub values: Vec<(String, Option<String>)>,
    /// The paths of questions and repeats that may look different now.
    pub views: BTreeSet<String>,
    /// Whether pages, questions or repeat instances appeared or disappeared.
    pub pages_changed: bool,
}

impl Changes {
    /// Lays what a later answer changed over it.
    pub fn extend(&mut self, later: Changes) {
        self.values.extend(later.values);
        self.views.extend(later.views);
        self.pages_changed |= later.pages_changed;
    }
}

/// Why an answer was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)]
pub enum AnswerError {
    #[error("there is no question `{0}` in this form")]
    Unknown(String),
    #[error("`{0}` cannot be changed by hand")]
    ReadOnly(String),
    #[error("`{0}` cannot be the key of a repeat")]
    Key(String),
    #[error("the repeat has an instance `{0}` already")]
    Doubled(String),
}

/// A form being filled.
#[derive(Debug, Clone)]
pub struct Session {
    world: World,
    answers: Answers,
    unplaced: Answers,
    on_open: Vec<(String, Option<String>)>,
    kept: Kept,
}

impl Session {
    /// Opens a form with the answers there are, fills in defaults and computes everything.
    pub fn open(form: Arc<Form>, answers: Answers, surroundings: Surroundings) -> Session {
        Session::begin(form, answers, surroundings, Kept::Nothing)
    }

    /// Opens what was sent, to look at. Nothing is computed anew and no default is filled in; which questions apply, and
    /// what is wrong with them, follows from the answers and surroundings as they were then.
    pub fn read(form: Arc<Form>, answers: Answers, surroundings: Surroundings) -> Session {
        Session::begin(form, answers, surroundings, Kept::Everything)
    }

    /// Opens a form where no last visit is known: what is computed from one stays as it was given, see [`LastSaved`].
    pub fn open_without_last_saved(
        form: Arc<Form>,
        answers: Answers,
        surroundings: Surroundings,
    ) -> Session {
        let kept = Kept::These(LastSaved::of(&form).kept);
        Session::begin(form, answers, surroundings, kept)
    }

    fn begin(form: Arc<Form>, answers: Answers, surroundings: Surroundings, kept: Kept) -> Session {
        let mut session = Session {
            world: World::new(form, surroundings),
            answers: answers.clone(),
            unplaced: Answers::new(),
            on_open: Vec::new(),
            kept,
        };
        session.rebuild();
        session.settle();
        let mut on_open: Vec<(String, Option<String>)> = session
            .answers
            .iter()
            .filter(|(path, value)| answers.get(*path) != Some(value))
            .map(|(path, value)| (path.clone(), Some(value.clone())))
            .collect();
        let gone = answers
            .keys()
            .filter(|path| {
                !session.answers.contains_key(*path) && !session.unplaced.contains_key(*path)
            })
            .map(|path| (path.clone(), None));
        on_open.extend(gone);
        session.on_open = on_open;
        session
    }

    /// The form.
    pub fn form(&self) -> &Arc<Form> {
        &self.world.form
    }

    /// What defaults and calculations set at opening, to be persisted.
    pub fn changes_on_open(&self) -> &[(String, Option<String>)] {
        &self.on_open
    }

    /// What the form reads from outside its answers when the session is looked at later, as it is now.
    pub fn looked_up(&self) -> LookedUp {
        let world = &self.world;
        let lookups = Lookups::of(&world.form, REGISTER);
        let row = world.surroundings.tables.get(REGISTER);
        let row = row.and_then(|rows| rows.first());
        let cells = row.into_iter().flatten();
        let register = cells
            .filter(|(column, _)| lookups.reads(column))
            .map(|(column, cell)| (column.clone(), cell.clone()))
            .collect();
        let last = lookups.last.iter().filter_map(|name| {
            let answer = world.last_saved(name)?;
            Some((name.clone(), answer.to_owned()))
        });
        LookedUp {
            register,
            last: last.collect(),
        }
    }

    /// Every answer that has a place in the form, relevant or not.
    pub fn answers(&self) -> &Answers {
        &self.answers
    }

    /// Answers that have no place in this form, as they were given.
    pub fn unplaced(&self) -> &Answers {
        &self.unplaced
    }

    /// Gives or clears an answer.
    ///
    /// # Errors
    /// Only when there is no such question or it cannot be changed by hand; a wrong answer is kept and shown.
    pub fn answer(&mut self, path: &str, value: Option<&str>) -> Result<Changes, AnswerError> {
        let node = self
            .world
            .document
            .at(path)
            .ok_or_else(|| AnswerError::Unknown(String::from(path)))?;
        let element = self.world.element_of(node);
        let kind = self
            .world
            .kind_of(node)
            .ok_or_else(|| AnswerError::Unknown(String::from(path)))?;
        let computed = self
            .world
            .form
            .element(element)
            .is_some_and(|element| element.is_computed());
        let open = kind.is_asked() || kind == QuestionKind::Hidden;
        if computed || !open || self.world.is_read_only(node) {
            return Err(AnswerError::ReadOnly(String::from(path)));
        }
        let mut round = compute::Round::default();
        self.put(node, value.unwrap_or_default(), &mut round);
        self.run_triggers(node, &mut round);
        self.propagate(&mut round);
        Ok(self.changes(round))
    }

    /// Adds an instance to a repeat. Keys sort in the order of the instances.
    ///
    /// # Errors
    /// When there is no such repeat, its count is computed, or the key cannot be used.
    pub fn add_repeat(&mut self, repeat: &str, key: &str) -> Result<Changes, AnswerError> {
        let unknown = || AnswerError::Unknown(String::from(repeat));
        let slot = self
            .world
            .document
            .at(repeat)
            .filter(|node| self.world.document.is_slot(*node))
            .ok_or_else(unknown)?;
        let element = self
            .world
            .form
            .element(self.world.element_of(slot))
            .ok_or_else(unknown)?;
        if element.repeat_count.is_some() {
            return Err(AnswerError::ReadOnly(String::from(repeat)));
        }
        if key.is_empty() || key.contains('/') {
            return Err(AnswerError::Key(String::from(key)));
        }
        let path = format!("{repeat}/{key}");
        if self.answers.contains_key(&path) {
            return Err(AnswerError::Doubled(path));
        }
        Ok(self.restructure(repeat, |answers| {
            answers.insert(path, String::from("1"));
        }))
    }

    /// Removes an instance of a repeat with everything in it.
    ///
    /// # Errors
    /// When there is no such instance or the repeat's count is computed.
    pub fn remove_repeat(&mut self, instance: &str) -> Result<Changes, AnswerError> {
        let unknown = || AnswerError::Unknown(String::from(instance));
        let node = self.world.document.at(instance).ok_or_else(unknown)?;
        let slot = self.world.document.slot_of(node).ok_or_else(unknown)?;
        let element = self
            .world
            .form
            .element(self.world.element_of(node))
            .ok_or_else(unknown)?;
        let repeat = self.world.document.path(slot).to_string();
        if element.repeat_count.is_some() {
            return Err(AnswerError::ReadOnly(repeat));
        }
        let inside = format!("{instance}/");
        Ok(self.restructure(&repeat, |answers| {
            answers.retain(|path, _| path != instance && !path.starts_with(&inside));
        }))
    }

    /// Lets time pass: `today()` and `now()` are asked again.
    pub fn set_now(&mut self, now: i64) -> Changes {
        self.world.surroundings.now = now;
        let mut round = compute::Round::default();
        round.touch_everything(&self.world.form);
        self.propagate(&mut round);
        self.changes(round)
    }

    /// Notes the end of filling (questions of type `end`); to be called when the form is sent.
    pub fn finish(&mut self, now: i64) -> Changes {
        self.world.surroundings.now = now;
        let mut round = compute::Round::default();
        for node in self.world.document.all() {
            if self.world.kind_of(node) == Some(QuestionKind::End) {
                let stamp = self.world.stamp();
                self.put(node, &stamp, &mut round);
            }
        }
        self.propagate(&mut round);
        self.changes(round)
    }

    /// What is sent: relevant answers that are not empty, and the markers of relevant repeat instances.
    pub fn submission(&self) -> Answers {
        let mut out = Answers::new();
        for (path, value) in &self.answers {
            let Some(node) = self.world.document.at(path) else {
                continue;
            };
            let note = self.world.kind_of(node) == Some(QuestionKind::Note);
            if !value.is_empty() && !note && self.world.document.is_relevant(node) {
                out.insert(path.clone(), value.clone());
            }
        }
        out
    }

    fn add_viewers(&self, elements: impl Iterator<Item = ElementId>, views: &mut BTreeSet<String>) {
        for element in elements {
            for viewer in self
                .world
                .form
                .graph
                .viewers
                .get(element)
                .map(Vec::as_slice)
                .unwrap_or_default()
            {
                let is_repeat = self
                    .world
                    .form
                    .element(*viewer)
                    .is_some_and(|e| e.kind == ElementKind::Repeat);
                let nodes = if is_repeat {
                    self.world.document.slots(*viewer)
                } else {
                    self.world.document.nodes(*viewer)
                };
                let paths = nodes
                    .iter()
                    .map(|node| self.world.document.path(*node))
                    .filter(|path| !path.is_empty());
                views.extend(paths.map(String::from));
            }
        }
    }

    /// Turns a finished round of computing into what the caller needs.
    fn changes(&self, round: compute::Round) -> Changes {
        let document = &self.world.document;
        let mut changes = Changes {
            pages_changed: round.structure || !round.relevance.is_empty(),
            ..Changes::default()
        };
        for node in &round.values {
            let path = document.path(*node);
            changes
                .values
                .push((String::from(path), self.answers.get(path).cloned()));
        }
        for path in &round.added {
            changes.values.push((path.clone(), Some(String::from("1"))));
        }
        let touched: BTreeSet<NodeId> = round
            .values
            .iter()
            .chain(&round.relevance)
            .copied()
            .collect();
        let paths = touched
            .iter()
            .map(|node| document.path(*node))
            .filter(|path| !path.is_empty());
        changes.views.extend(paths.map(String::from));
        let elements: BTreeSet<ElementId> = touched
            .iter()
            .map(|node| self.world.element_of(*node))
            .chain(round.added.iter().flat_map(|path| self.elements_at(path)))
            .collect();
        self.add_viewers(elements.into_iter(), &mut changes.views);
        changes
    }
}
