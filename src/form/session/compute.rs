//! Recomputing only what hangs on a change, each thing once, after everything it needs.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Session;
use crate::form::definition::{ElementId, Form};
use crate::form::expr::{Host, NodeId};

/// One round of recomputing and what it changed.
#[derive(Debug, Default)]
pub(super) struct Round {
    /// What is still to do, by place in the order of the graph.
    open: BTreeSet<usize>,
    /// Nodes whose value is different now.
    pub(super) values: BTreeSet<NodeId>,
    /// Nodes that became relevant or stopped being so.
    pub(super) relevance: BTreeSet<NodeId>,
    /// Repeat instances that computed counts added.
    pub(super) added: Vec<String>,
    /// Whether the count of some repeat changed.
    pub(super) structure: bool,
}

impl Round {
    /// Puts everything on the list.
    pub(super) fn touch_everything(&mut self, form: &Form) {
        self.open = (0..form.elements().len()).collect();
    }

    fn touch_dependents(&mut self, form: &Form, element: ElementId) {
        for dependent in form
            .graph
            .dependents
            .get(element)
            .map(Vec::as_slice)
            .unwrap_or_default()
        {
            self.open.extend(form.graph.rank.get(*dependent));
        }
    }
}

impl Session {
    /// Stores a value and puts what depends on it on the list.
    pub(super) fn put(&mut self, node: NodeId, value: &str, round: &mut Round) {
        let path = self.world.document.path(node);
        let element = self.world.element_of(node);
        // An emptied question with a default stays empty, also after opening again.
        let keep_blank = self
            .world
            .form
            .element(element)
            .is_some_and(|element| element.initial.is_some());
        if value.is_empty() && !keep_blank {
            self.answers.remove(path);
        } else {
            let before = self.answers.insert(String::from(path), String::from(value));
            if before.is_none() && value.is_empty() {
                round.values.insert(node);
            }
        }
        if self.world.document.value(node) != value {
            self.world.document.set_value(node, value);
            round.values.insert(node);
            let form = Arc::clone(&self.world.form);
            round.touch_dependents(&form, element);
        }
    }

    /// Runs the calculations that the change of a question sets off.
    pub(super) fn run_triggers(&mut self, cause: NodeId, round: &mut Round) {
        if round.values.is_empty() {
            return;
        }
        let form = Arc::clone(&self.world.form);
        let set_off = form
            .graph
            .triggered
            .get(self.world.element_of(cause))
            .map(Vec::as_slice)
            .unwrap_or_default();
        for element in set_off {
            let Some(expr) = form
                .element(*element)
                .and_then(|element| element.calculation.as_ref())
            else {
                continue;
            };
            for node in self.world.reference(*element, cause).as_slice() {
                let value = self.world.compute_value(expr, *node);
                self.put(*node, &value, round);
            }
        }
    }

    /// Works the list off, and gives repeats the instances their computed counts ask for.
    pub(super) fn propagate(&mut self, round: &mut Round) {
        self.work_off(round);
        if round.structure {
            self.grow_repeats(round);
        }
    }

    /// Works the list off. The document keeps its nodes.
    pub(super) fn work_off(&mut self, round: &mut Round) {
        while let Some(rank) = round.open.pop_first() {
            if let Some(element) = self.world.form.graph.order.get(rank).copied() {
                self.recompute(element, round);
            }
        }
    }

    fn grow_repeats(&mut self, round: &mut Round) {
        let before = self.answers.clone();
        let seen = self.world.document.relevance();
        if !self.fit_repeats() {
            return;
        }
        // Nodes are numbered anew, so what was noted by number has to be noted by path.
        let paths = |session: &Session, nodes: &BTreeSet<NodeId>| -> Vec<String> {
            nodes
                .iter()
                .map(|node| String::from(session.world.document.path(*node)))
                .collect()
        };
        let (values, relevance) = (paths(self, &round.values), paths(self, &round.relevance));
        self.rebuild();
        self.settle();
        let document = &self.world.document;
        round.values = values.iter().filter_map(|path| document.at(path)).collect();
        round.relevance = relevance
            .iter()
            .filter_map(|path| document.at(path))
            .collect();
        let after = document.relevance();
        let turned = after
            .iter()
            .filter(|(path, relevant)| seen.get(*path) != Some(relevant));
        round
            .relevance
            .extend(turned.filter_map(|(path, _)| document.at(path)));
        let touched: BTreeSet<&String> = before.keys().chain(self.answers.keys()).collect();
        for path in touched
            .into_iter()
            .filter(|path| before.get(*path) != self.answers.get(*path))
        {
            match document.at(path) {
                Some(node) if document.slot_of(node).is_none() => _ = round.values.insert(node),
                _ => round.added.push(path.clone()),
            }
        }
    }

    /// Brings one element up to date wherever it stands.
    fn recompute(&mut self, element: ElementId, round: &mut Round) {
        let form = Arc::clone(&self.world.form);
        let Some(definition) = form.element(element) else {
            return;
        };
        let mut changed = false;
        for slot in self.world.document.slots(element).to_vec() {
            let around = self
                .world
                .document
                .parent(slot)
                .is_none_or(|parent| self.world.document.is_relevant(parent));
            let relevant = around
                && definition
                    .relevant
                    .as_ref()
                    .is_none_or(|expr| self.world.holds(expr, slot, true));
            if self.world.document.set_relevant(slot, relevant) {
                round.relevance.insert(slot);
                changed = true;
            }
            if let Some(expr) = &definition.repeat_count {
                let count = self.world.number(expr, slot);
                if self.world.document.set_count(slot, count) {
                    round.structure = true;
                    round.relevance.insert(slot);
                    changed = true;
                }
            }
        }
        for node in self.world.document.nodes(element).to_vec() {
            let document = &self.world.document;
            let relevant = match document.slot_of(node) {
                // An instance beyond the computed count is kept, but does not apply.
                Some(slot) => {
                    let counted = document
                        .count_of(slot)
                        .is_none_or(|count| document.index_of(node) < Some(count));
                    document.is_relevant(slot) && counted
                }
                None => {
                    document
                        .parent(node)
                        .is_none_or(|parent| document.is_relevant(parent))
                        && definition
                            .relevant
                            .as_ref()
                            .is_none_or(|expr| self.world.holds(expr, node, true))
                }
            };
            if self.world.document.set_relevant(node, relevant) {
                round.relevance.insert(node);
                changed = true;
            }
            if let (true, true, Some(expr)) =
                (relevant, definition.is_computed(), &definition.calculation)
                && !self.kept.holds(element)
            {
                let value = self.world.compute_value(expr, node);
                self.put(node, &value, round);
            }
        }
        if changed {
            round.touch_dependents(&form, element);
        }
    }
}
