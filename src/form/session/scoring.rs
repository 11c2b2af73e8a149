//! What a score reads of a session: weights, points and answers, as they stand now.

use super::Session;
use crate::form::definition::{Element, ElementId, ElementKind};
use crate::form::expr::{Expr, NodeId};
use crate::form::kind::QuestionKind;
use crate::form::template::Texts;

/// A scored question as it stands: what its sheet's columns come to.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::form) struct ScoredAnswer {
    pub(in crate::form) element: ElementId,
    pub(in crate::form) path: String,
    pub(in crate::form) weight: f64,
    /// Not a number when the column says nothing.
    pub(in crate::form) points: f64,
    /// Whether it counts in its score.
    pub(in crate::form) counts: bool,
    /// Whether there is an answer that applies.
    pub(in crate::form) answered: bool,
    /// Whether a person was asked and left it blank.
    pub(in crate::form) blank: bool,
}

impl Session {
    /// The weight of a question in its score and the fraction of it that is reached, 0 to 1; no fraction when the
    /// question does not apply or says nothing yet. `None` when the question is not scored.
    pub fn points(&self, path: &str) -> Option<(f64, Option<f64>)> {
        let node = self.world.document.at(path)?;
        let element = self.world.form.element(self.world.element_of(node))?;
        let weight = self.world.number(element.weight.as_ref()?, node);
        let points = self.world.number(element.points.as_ref()?, node);
        Some((weight, Some(points).filter(|points| points.is_finite())))
    }

    /// Every scored question, in document order.
    pub(in crate::form) fn scored_answers(&self) -> Vec<ScoredAnswer> {
        let mut out = Vec::new();
        for (id, element) in self.world.form.elements().iter().enumerate() {
            if let (ElementKind::Question(_), Some(weight), Some(points)) =
                (element.kind, &element.weight, &element.points)
            {
                let nodes = self.world.document.nodes(id);
                out.extend(
                    nodes
                        .iter()
                        .map(|node| self.scored_answer(id, element, *node, weight, points)),
                );
            }
        }
        out
    }

    fn scored_answer(
        &self,
        id: ElementId,
        element: &Element,
        node: NodeId,
        weight: &Expr,
        points: &Expr,
    ) -> ScoredAnswer {
        let world = &self.world;
        let relevant = world.document.is_relevant(node);
        let counts = match &element.scored {
            Some(expr) => world.holds(expr, node, false),
            None => relevant,
        };
        let empty = world.document.value(node).is_empty();
        let asked = element.question_kind().is_some_and(QuestionKind::is_asked);
        ScoredAnswer {
            element: id,
            path: String::from(world.document.path(node)),
            weight: world.number(weight, node),
            points: if counts {
                world.number(points, node)
            } else {
                f64::NAN
            },
            counts,
            answered: relevant && !empty,
            blank: relevant && empty && asked,
        }
    }

    /// The node of a group outside repeats, if it applies.
    pub(in crate::form) fn group_node(&self, group: ElementId) -> Option<NodeId> {
        let node = self.world.document.nodes(group).first().copied()?;
        self.world.document.is_relevant(node).then_some(node)
    }

    /// Whether every question in a group that needs an answer has one.
    pub(in crate::form) fn is_finished(&self, group: NodeId) -> bool {
        let world = &self.world;
        let missing = |node: NodeId| {
            let asked = world
                .kind_of(node)
                .is_some_and(|kind| kind.is_asked() && kind.is_capturable());
            let element = world.form.element(world.element_of(node));
            asked
                && world.document.value(node).is_empty()
                && world.document.is_relevant(node)
                && element.is_some_and(|element| world.condition(&element.required, node))
        };
        let mut inside = world
            .document
            .all()
            .filter(|node| world.document.holds(group, *node));
        !inside.any(missing)
    }

    /// A number at a node, not a number when there is none.
    pub(in crate::form) fn number_at(&self, expr: &Expr, node: NodeId) -> f64 {
        self.world.number(expr, node)
    }

    /// A truth at a node; what cannot be evaluated does not hold.
    pub(in crate::form) fn holds_at(&self, expr: &Expr, node: NodeId) -> bool {
        self.world.holds(expr, node, false)
    }

    /// A text that is computed at a node.
    pub(in crate::form) fn text_at(&self, expr: &Expr, node: NodeId) -> String {
        self.world.compute_text(expr, node)
    }

    /// A text for people at a node, in a language.
    pub(in crate::form) fn words_at(&self, texts: &Texts, language: &str, node: NodeId) -> String {
        let language = self.world.form.tongue(language);
        self.world.text(texts, language, node).unwrap_or_default()
    }

    /// An answer that applies; empty when there is none.
    pub(in crate::form) fn applying(&self, element: &Element) -> &str {
        let document = &self.world.document;
        document
            .at(&element.name)
            .filter(|node| document.is_relevant(*node))
            .map_or("", |node| document.value(node))
    }

    /// The path and page of the first question that a person can answer to change an element: itself, or for a computed
    /// one the first it is computed from.
    pub(in crate::form) fn handle_of(&self, id: ElementId) -> Option<(String, String)> {
        let form = &self.world.form;
        let is_asked = |id: &ElementId| {
            form.element(*id)
                .and_then(Element::question_kind)
                .is_some_and(|kind| kind.is_asked())
        };
        let source = if is_asked(&id) {
            id
        } else {
            let feeds = |source: &ElementId| {
                let dependents = form.graph.dependents.get(*source);
                dependents.is_some_and(|dependents| dependents.contains(&id))
            };
            (0..form.elements().len()).find(|source| is_asked(source) && feeds(source))?
        };
        let node = self.world.document.nodes(source).first()?;
        let path = String::from(self.world.document.path(*node));
        Some((path, self.world.page_of(source)))
    }
}
