//! Looking at a session: what the screen shows now.

use super::Session;
use super::state::{
    ChoiceState, Item, PageState, Problem, ProblemKind, QuestionState, RepeatInstance, RepeatState,
};
use super::world::World;
use crate::form::definition::{Choices, Element, ElementId, ElementKind, Shuffle, Tongue};
use crate::form::expr::{Host, NodeId, seed_of, shuffled};

impl World {
    /// The names of the choices offered at a question, the filter applied.
    pub(super) fn offered(&self, node: NodeId) -> Vec<&str> {
        let Some(element) = self.form.element(self.element_of(node)) else {
            return Vec::new();
        };
        let Choices::List(name) = &element.choices else {
            return Vec::new();
        };
        let choices = self
            .form
            .list(name)
            .map(|list| list.choices.as_slice())
            .unwrap_or_default();
        match &element.choice_filter {
            None => choices.iter().map(|choice| choice.name.as_str()).collect(),
            Some(filter) => {
                let items = self.secondary.items(name).iter();
                let kept = choices.iter().zip(items).filter(|(_, item)| {
                    self.with(filter, **item, node, |value| {
                        value.is_ok_and(|value| value.boolean())
                    })
                });
                kept.map(|(choice, _)| choice.name.as_str()).collect()
            }
        }
    }

    fn choices(&self, node: NodeId, language: Tongue) -> Vec<ChoiceState> {
        let Some(element) = self.form.element(self.element_of(node)) else {
            return Vec::new();
        };
        let choices = self.choices_of_sheet(element, node, language);
        match &element.shuffle {
            None => choices,
            Some(Shuffle::ByVisit) => shuffled(choices, seed_of(self.random(node))),
            Some(Shuffle::Seeded(seed)) => shuffled(choices, self.number(seed, node)),
        }
    }

    /// The choices in the order of the sheet or table that they come from.
    fn choices_of_sheet(
        &self,
        element: &Element,
        node: NodeId,
        language: Tongue,
    ) -> Vec<ChoiceState> {
        match &element.choices {
            Choices::None => Vec::new(),
            Choices::List(name) => {
                let offered = self.offered(node);
                let choices = self
                    .form
                    .list(name)
                    .map(|list| list.choices.as_slice())
                    .unwrap_or_default();
                let kept = choices
                    .iter()
                    .filter(|choice| offered.contains(&choice.name.as_str()));
                kept.map(|choice| ChoiceState {
                    name: choice.name.clone(),
                    label: self
                        .text(&choice.label, language, node)
                        .unwrap_or_else(|| choice.name.clone()),
                })
                .collect()
            }
            Choices::Table {
                table,
                value,
                label,
            } => {
                let rows = self
                    .surroundings
                    .tables
                    .get(table)
                    .map(Vec::as_slice)
                    .unwrap_or_default();
                let items = self.secondary.items(table);
                // A question that can only be looked at needs no more than the choice that was made.
                let only = self
                    .condition(&element.read_only, node)
                    .then(|| self.document.value(node));
                let mut out = Vec::new();
                for (index, row) in rows.iter().enumerate() {
                    let name = row.get(value).map(String::as_str).unwrap_or_default();
                    if only.is_some_and(|only| only != name) {
                        continue;
                    }
                    let passes = element.choice_filter.as_ref().is_none_or(|filter| {
                        items.get(index).is_some_and(|item| {
                            self.with(filter, *item, node, |value| {
                                value.is_ok_and(|value| value.boolean())
                            })
                        })
                    });
                    if passes {
                        let label = row
                            .get(label)
                            .cloned()
                            .unwrap_or_else(|| String::from(name));
                        out.push(ChoiceState {
                            name: String::from(name),
                            label,
                        });
                    }
                }
                out
            }
        }
    }

    /// The page an element is shown on; for what is not shown, the page it would be on.
    pub(super) fn page_of(&self, element: ElementId) -> String {
        let pages = self.form.pages();
        let mut at = element;
        loop {
            let shown = self.form.page_index.get(at).copied().flatten();
            let page = match shown {
                Some(index) => pages.get(index),
                None => pages.iter().find(|page| page.element == at),
            };
            if let Some(page) = page {
                return page.name.clone();
            }
            match self.form.element(at) {
                Some(found) if at != 0 => at = found.parent,
                _ => return String::new(),
            }
        }
    }

    fn question_state(&self, node: NodeId, language: Tongue) -> Option<QuestionState> {
        let element = self.form.element(self.element_of(node))?;
        let kind = element.question_kind()?;
        let relevant = self.document.is_relevant(node);
        let value = self.document.value(node);
        Some(QuestionState {
            path: String::from(self.document.path(node)),
            name: element.name.clone(),
            kind,
            label: self
                .text(&element.label, language, node)
                .unwrap_or_else(|| element.name.clone()),
            hint: self.text(&element.hint, language, node),
            guidance: self.text(&element.guidance, language, node),
            value: if value.is_empty() {
                None
            } else {
                Some(String::from(value))
            },
            relevant,
            required: kind.is_capturable() && self.condition(&element.required, node),
            read_only: !kind.is_asked() || element.is_computed() || self.is_read_only(node),
            problem: if relevant {
                self.problem(node, language)
            } else {
                None
            },
            choices: self.choices(node, language),
            appearance: element.appearance.clone(),
            parameters: element
                .parameters
                .iter()
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect(),
        })
    }

    fn repeat_state(&self, slot: NodeId, language: Tongue) -> Option<RepeatState> {
        let element = self.form.element(self.element_of(slot))?;
        let label = self
            .text(&element.label, language, slot)
            .unwrap_or_else(|| element.name.clone());
        let nodes = self.document.instances(slot);
        let count = nodes.len() as f64;
        let instances = nodes
            .into_iter()
            .filter(|node| self.document.is_relevant(*node))
            .enumerate();
        let instances = instances
            .map(|(index, node)| RepeatInstance {
                path: String::from(self.document.path(node)),
                label: format!("{label} {}", index + 1),
                items: self.items_of(self.document.children(node), language, Some(node)),
            })
            .collect();
        let free = element.repeat_count.is_none();
        Some(RepeatState {
            path: String::from(self.document.path(slot)),
            label,
            hint: self.text(&element.hint, language, slot),
            instances,
            can_add: free
                && element
                    .repeat_max
                    .as_ref()
                    .is_none_or(|most| count < self.number(most, slot)),
            can_remove: free && count > 0.0,
            problem: self.repeat_problem(slot, language),
        })
    }

    /// What is shown of these nodes, groups opened up. `around` is the instance they stand in, to find its repeats.
    fn items_of(&self, nodes: &[NodeId], language: Tongue, around: Option<NodeId>) -> Vec<Item> {
        let mut items = Vec::new();
        let mut done: Vec<ElementId> = Vec::new();
        let elements: Vec<ElementId> =
            match around.and_then(|node| self.form.element(self.element_of(node))) {
                Some(element) => element.children.clone(),
                None => nodes.iter().map(|node| self.element_of(*node)).collect(),
            };
        for element in elements {
            if done.contains(&element) {
                continue;
            }
            done.push(element);
            let Some(definition) = self.form.element(element) else {
                continue;
            };
            let inside = around.map_or(self.document.nodes(element), |around| {
                self.document.nodes_inside(element, around)
            });
            match definition.kind {
                ElementKind::Question(kind) if kind.is_shown() && kind.is_capturable() => {
                    let shown = inside
                        .iter()
                        .filter(|node| self.document.is_relevant(**node));
                    items.extend(
                        shown
                            .filter_map(|node| self.question_state(*node, language))
                            .map(Item::Question),
                    );
                }
                ElementKind::Question(_) => {}
                ElementKind::Group => {
                    for node in inside
                        .iter()
                        .filter(|node| self.document.is_relevant(**node))
                    {
                        items.extend(self.items_of(&[], language, Some(*node)));
                    }
                }
                ElementKind::Repeat => {
                    let slots = self.document.slots(element).iter().copied();
                    let mine = slots.filter(|slot| {
                        around.is_none_or(|around| self.document.holds(around, *slot))
                    });
                    let shown = mine.filter(|slot| self.document.is_relevant(*slot));
                    items.extend(
                        shown
                            .filter_map(|slot| self.repeat_state(slot, language))
                            .map(Item::Repeat),
                    );
                }
            }
        }
        items
    }
}

impl Session {
    /// What a page shows now, in order; only what is relevant.
    pub fn items(&self, page: &str, language: &str) -> Vec<Item> {
        let Some(page) = self.world.form.page(page) else {
            return Vec::new();
        };
        let language = self.world.form.tongue(language);
        let mut items = Vec::new();
        for element in &page.contents {
            for node in self
                .world
                .document
                .nodes(*element)
                .iter()
                .chain(self.world.document.slots(*element))
            {
                if !self.world.document.is_relevant(*node) {
                    continue;
                }
                if self.world.document.is_slot(*node) {
                    items.extend(self.world.repeat_state(*node, language).map(Item::Repeat));
                } else if !self.world.is_repeat(*element) {
                    items.extend(
                        self.world
                            .question_state(*node, language)
                            .map(Item::Question),
                    );
                }
            }
        }
        items
    }

    /// One question as it stands, relevant or not.
    pub fn question(&self, path: &str, language: &str) -> Option<QuestionState> {
        let node = self.world.document.at(path)?;
        self.world
            .question_state(node, self.world.form.tongue(language))
    }

    /// One repeat as it stands.
    pub fn repeat(&self, path: &str, language: &str) -> Option<RepeatState> {
        let node = self
            .world
            .document
            .at(path)
            .filter(|node| self.world.document.is_slot(*node))?;
        self.world
            .repeat_state(node, self.world.form.tongue(language))
    }

    /// The page a question or repeat is on.
    pub fn page_of(&self, path: &str) -> Option<String> {
        let node = self.world.document.at(path)?;
        Some(self.world.page_of(self.world.element_of(node))).filter(|page| !page.is_empty())
    }

    /// Everything that keeps the form from being sent, in order.
    pub fn problems(&self, language: &str) -> Vec<Problem> {
        let language = self.world.form.tongue(language);
        self.shown_nodes()
            .filter_map(|node| self.problem_at(node, language))
            .collect()
    }

    fn problem_at(&self, node: NodeId, language: Tongue) -> Option<Problem> {
        if self.world.document.is_slot(node) {
            self.world.repeat_problem(node, language)
        } else {
            self.world.problem(node, language)
        }
    }

    /// Relevant nodes that stand on some page.
    fn shown_nodes(&self) -> impl Iterator<Item = NodeId> {
        let shown = |node: &NodeId| {
            let element = self.world.element_of(*node);
            self.world.document.is_relevant(*node)
                && self
                    .world
                    .form
                    .page_index
                    .get(element)
                    .copied()
                    .flatten()
                    .is_some()
        };
        self.world.document.all().filter(shown)
    }

    /// The names of the pages that there is something to show on now.
    pub fn relevant_pages(&self) -> impl Iterator<Item = &str> {
        let document = &self.world.document;
        let shown = |element: &ElementId| {
            let places = document.nodes(*element).iter();
            places
                .chain(document.slots(*element))
                .any(|node| document.is_relevant(*node))
        };
        let pages = self.world.form.pages().iter();
        pages
            .filter(move |page| page.contents.iter().any(shown))
            .map(|page| page.name.as_str())
    }

    /// Every page and how far it is.
    pub fn pages(&self) -> Vec<PageState> {
        let form = &self.world.form;
        let mut states: Vec<PageState> = form
            .pages()
            .iter()
            .map(|page| PageState {
                name: page.name.clone(),
                section: page.section.clone(),
                relevant: false,
                questions_relevant: 0,
                answered: 0,
                missing_required: 0,
                problems: 0,
            })
            .collect();
        for node in self.shown_nodes() {
            let index = form
                .page_index
                .get(self.world.element_of(node))
                .copied()
                .flatten();
            let Some(state) = index.and_then(|index| states.get_mut(index)) else {
                continue;
            };
            let kind = self.world.kind_of(node);
            let slot = self.world.document.is_slot(node);
            if slot || kind.is_some_and(|kind| kind.is_shown() && kind.is_capturable()) {
                state.relevant = true;
            }
            if kind.is_some_and(|kind| kind.is_asked() && kind.is_capturable())
                && !self.world.is_read_only(node)
            {
                state.questions_relevant += 1;
                state.answered += usize::from(!self.world.document.value(node).is_empty());
            }
            match self
                .problem_at(node, form.default_tongue())
                .map(|problem| problem.kind)
            {
                Some(ProblemKind::Required) => state.missing_required += 1,
                Some(_) => state.problems += 1,
                None => {}
            }
        }
        states
    }
}
