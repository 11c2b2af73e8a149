//! Which repeat instances there are: building the document, first values, counted repeats, adding and removing.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::compute::Round;
use super::document::Document;
use super::{Answers, Changes, Kept, Session};
use crate::form::definition::{ElementId, Initial};
use crate::form::expr::NodeId;
use crate::form::kind::QuestionKind;

impl Session {
    /// Builds the document anew from the answers; nothing in it is computed yet.
    pub(super) fn rebuild(&mut self) {
        let (document, unplaced) = Document::grow(&self.world.form, &self.answers);
        self.world.document = document;
        for path in unplaced {
            if let Some(value) = self.answers.remove(&path) {
                self.unplaced.insert(path, value);
            }
        }
    }

    /// After [`Self::rebuild`]: first values, then everything computed, until the number of repeats stands.
    pub(super) fn settle(&mut self) {
        if self.kept == Kept::Everything {
            let mut round = Round::default();
            round.touch_everything(&self.world.form);
            self.work_off(&mut round);
            return;
        }
        // What a count hangs on may stand in a repeat that is counted itself: each pass settles at least one more.
        let repeats = self.world.form.elements().iter();
        let counted = repeats.filter(|element| element.repeat_count.is_some());
        for _ in 0..counted.count() + 1 {
            let mut round = Round::default();
            let nodes: Vec<NodeId> = self.world.document.all().collect();
            for node in &nodes {
                if let Some(value) = self.first_value(*node) {
                    self.put(*node, &value, &mut round);
                }
            }
            round.touch_everything(&self.world.form);
            self.work_off(&mut round);
            for node in nodes {
                self.compute_first_value(node);
            }
            if !self.fit_repeats() {
                break;
            }
            self.rebuild();
        }
    }

    /// A first value that needs no computing.
    fn first_value(&self, node: NodeId) -> Option<String> {
        let path = self.world.document.path(node);
        if self.answers.contains_key(path) {
            return None;
        }
        let surroundings = &self.world.surroundings;
        match self.world.kind_of(node)? {
            QuestionKind::Start => return Some(self.world.stamp()),
            QuestionKind::Today => return self.world.stamp().split('T').next().map(String::from),
            QuestionKind::Username => return Some(surroundings.username.clone()),
            QuestionKind::DeviceId => return Some(surroundings.device_id.clone()),
            _ => {}
        }
        match self
            .world
            .form
            .element(self.world.element_of(node))?
            .initial
            .as_ref()?
        {
            Initial::Value(value) => Some(value.clone()),
            Initial::Computed(_) => None,
        }
    }

    fn compute_first_value(&mut self, node: NodeId) {
        let form = Arc::clone(&self.world.form);
        let Some(expr) = form.computed_initial(self.world.element_of(node)) else {
            return;
        };
        if self.answers.contains_key(self.world.document.path(node))
            || self.world.document.is_slot(node)
            || self.kept.holds(self.world.element_of(node))
        {
            return;
        }
        // Also an empty one is kept: a first value is computed once, and not again when what it reads has changed.
        let value = self.world.compute_value(expr, node);
        let mut round = Round::default();
        self.put(node, &value, &mut round);
        self.work_off(&mut round);
    }

    /// Adds the instances that computed counts ask for; whether any was added.
    pub(super) fn fit_repeats(&mut self) -> bool {
        let mut added = false;
        for slot in self
            .world
            .document
            .all()
            .filter(|node| self.world.document.is_slot(*node))
            .collect::<Vec<_>>()
        {
            let Some(wanted) = self.world.document.count_of(slot) else {
                continue;
            };
            let path = self.world.document.path(slot).to_string();
            let there = self.world.document.instances(slot).len();
            for number in there..wanted {
                // Two devices that count to the same number make the same instances.
                let key = format!("{path}/{:06}", number + 1);
                added |= self.answers.insert(key, String::from("1")).is_none();
            }
        }
        added
    }

    /// Changes which instances there are, and says everything that is different afterwards.
    pub(super) fn restructure(&mut self, repeat: &str, edit: impl FnOnce(&mut Answers)) -> Changes {
        let before = self.answers.clone();
        let seen = self.world.document.relevance();
        edit(&mut self.answers);
        self.rebuild();
        self.settle();
        let after = self.world.document.relevance();
        let mut changes = Changes {
            pages_changed: true,
            ..Changes::default()
        };
        changes.views.insert(String::from(repeat));
        let mut touched: BTreeSet<ElementId> = self
            .world
            .form
            .names
            .get(last_part(repeat))
            .copied()
            .into_iter()
            .collect();
        let paths: BTreeSet<&String> = before.keys().chain(self.answers.keys()).collect();
        for path in paths {
            let (old, new) = (before.get(path), self.answers.get(path));
            if old != new {
                changes.values.push((path.clone(), new.cloned()));
                touched.extend(self.elements_at(path));
            }
            if (old != new || seen.get(path) != after.get(path))
                && self.world.document.at(path).is_some()
            {
                changes.views.insert(path.clone());
            }
        }
        for (path, relevant) in &after {
            if seen.get(path) != Some(relevant) {
                changes.views.insert(path.clone());
                touched.extend(self.world.form.names.get(last_part(path)));
            }
        }
        // `position(..)` may have moved in what comes after.
        let inside = format!("{repeat}/");
        changes.views.extend(
            after
                .keys()
                .filter(|path| path.starts_with(&inside))
                .cloned(),
        );
        self.add_viewers(touched.into_iter(), &mut changes.views);
        changes
    }
}

impl Session {
    /// The element of a path; of an instance of a repeat, the repeat and all that stands in it, for all of that came or
    /// went with it.
    pub(super) fn elements_at(&self, path: &str) -> Vec<ElementId> {
        let form = &self.world.form;
        if let Some(element) = form.names.get(last_part(path)) {
            return vec![*element];
        }
        let repeat = path.rsplit_once('/').map(|(repeat, _)| last_part(repeat));
        let mut found: Vec<ElementId> = repeat
            .and_then(|repeat| form.names.get(repeat))
            .copied()
            .into_iter()
            .collect();
        let mut at = 0;
        while let Some(element) = found.get(at).and_then(|id| form.element(*id)) {
            found.extend(&element.children);
            at += 1;
        }
        found
    }
}

fn last_part(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
