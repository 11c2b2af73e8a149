//! The answers as a tree, in document order: what expressions run over.

use std::collections::BTreeMap;

use super::Answers;
use crate::form::definition::{ElementId, ElementKind, Form};
use crate::form::expr::NodeId;

/// The document node, above the form's own element.
pub(super) const DOCUMENT: NodeId = 0;

/// More instances than any checklist has; a count from a wrong answer stops here.
const MOST_INSTANCES: usize = 1_000;

/// One node.
#[derive(Debug, Clone)]
struct Node {
    element: ElementId,
    parent: NodeId,
    children: Vec<NodeId>,
    /// One past the last node inside.
    end: NodeId,
    /// The path of a question, a repeat instance or a slot; empty for groups.
    path: String,
    value: String,
    /// Whether it and everything around it applies.
    relevant: bool,
    role: Role,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Plain,
    /// The place of a repeat, seen by the form but not by expressions; it is there without instances too.
    Slot,
    /// An instance of the repeat whose slot this is, and which one, from 0.
    Instance(NodeId, usize),
}

/// The tree of one session.
#[derive(Debug, Clone, Default)]
pub(super) struct Document {
    nodes: Vec<Node>,
    by_path: BTreeMap<String, NodeId>,
    by_element: Vec<Vec<NodeId>>,
    slots: Vec<Vec<NodeId>>,
}

impl Document {
    /// Builds the tree; also gives the paths of answers that have no place in it.
    pub(super) fn grow(form: &Form, answers: &Answers) -> (Document, Vec<String>) {
        let count = form.elements().len();
        let mut document = Document {
            nodes: Vec::with_capacity(count + 1),
            by_path: BTreeMap::new(),
            by_element: vec![Vec::new(); count],
            slots: vec![Vec::new(); count],
        };
        document.add(ElementId::MAX, DOCUMENT, "", Role::Plain);
        document.plant(form, answers, 0, DOCUMENT, "");
        document.close(DOCUMENT);
        let unplaced = answers.keys().filter(|path| {
            document.at(path).is_none_or(|node| {
                let role = document.nodes.get(node as usize).map(|node| node.role);
                role == Some(Role::Slot)
            })
        });
        let unplaced = unplaced.cloned().collect();
        (document, unplaced)
    }

    fn add(&mut self, element: ElementId, parent: NodeId, path: &str, role: Role) -> NodeId {
        let id = NodeId::try_from(self.nodes.len()).unwrap_or(NodeId::MAX);
        self.nodes.push(Node {
            element,
            parent,
            children: Vec::new(),
            end: id,
            path: String::from(path),
            value: String::new(),
            relevant: true,
            role,
        });
        if role != Role::Slot
            && id != DOCUMENT
            && let Some(above) = self.nodes.get_mut(parent as usize)
        {
            above.children.push(id);
        }
        let index = if role == Role::Slot {
            &mut self.slots
        } else {
            &mut self.by_element
        };
        if let Some(nodes) = index.get_mut(element) {
            nodes.push(id);
        }
        if !path.is_empty() {
            self.by_path.insert(String::from(path), id);
        }
        id
    }

    fn close(&mut self, id: NodeId) {
        let end = NodeId::try_from(self.nodes.len()).unwrap_or(NodeId::MAX);
        if let Some(node) = self.nodes.get_mut(id as usize) {
            node.end = end;
        }
    }

    fn plant(
        &mut self,
        form: &Form,
        answers: &Answers,
        element: ElementId,
        parent: NodeId,
        prefix: &str,
    ) {
        let Some(found) = form.element(element) else {
            return;
        };
        match found.kind {
            ElementKind::Question(_) => {
                let path = format!("{prefix}{}", found.name);
                let id = self.add(element, parent, &path, Role::Plain);
                if let (Some(value), Some(node)) =
                    (answers.get(&path), self.nodes.get_mut(id as usize))
                {
                    node.value.clone_from(value);
                }
                self.close(id);
            }
            ElementKind::Group => {
                let id = self.add(element, parent, "", Role::Plain);
                for child in &found.children {
                    self.plant(form, answers, *child, id, prefix);
                }
                self.close(id);
            }
            ElementKind::Repeat => {
                let path = format!("{prefix}{}", found.name);
                let slot = self.add(element, parent, &path, Role::Slot);
                let start = format!("{path}/");
                let keys = answers
                    .range(start.clone()..)
                    .take_while(|(path, _)| path.starts_with(&start))
                    .filter(|(_, value)| !value.is_empty())
                    .filter_map(|(path, _)| {
                        path.strip_prefix(&start)
                            .filter(|key| !key.contains('/') && !key.is_empty())
                    });
                for (index, key) in keys.take(MOST_INSTANCES).enumerate() {
                    let path = format!("{start}{key}");
                    let id = self.add(element, parent, &path, Role::Instance(slot, index));
                    if let Some(node) = self.nodes.get_mut(id as usize) {
                        node.value = String::from("1");
                    }
                    let inside = format!("{path}/");
                    for child in &found.children {
                        self.plant(form, answers, *child, id, &inside);
                    }
                    self.close(id);
                }
                self.close(slot);
            }
        }
    }

    fn node(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(id as usize)
    }

    /// The node with a path.
    pub(super) fn at(&self, path: &str) -> Option<NodeId> {
        self.by_path.get(path).copied()
    }

    pub(super) fn path(&self, id: NodeId) -> &str {
        self.node(id).map_or("", |node| &node.path)
    }

    pub(super) fn element(&self, id: NodeId) -> ElementId {
        self.node(id).map_or(ElementId::MAX, |node| node.element)
    }

    pub(super) fn parent(&self, id: NodeId) -> Option<NodeId> {
        if id == DOCUMENT {
            None
        } else {
            self.node(id).map(|node| node.parent)
        }
    }

    pub(super) fn children(&self, id: NodeId) -> &[NodeId] {
        self.node(id)
            .map(|node| node.children.as_slice())
            .unwrap_or_default()
    }

    /// Every node after the document node, in document order.
    pub(super) fn all(&self) -> impl Iterator<Item = NodeId> + use<> {
        1..NodeId::try_from(self.nodes.len()).unwrap_or(NodeId::MAX)
    }

    pub(super) fn value(&self, id: NodeId) -> &str {
        self.node(id).map_or("", |node| {
            if node.role == Role::Plain {
                &node.value
            } else {
                ""
            }
        })
    }

    pub(super) fn set_value(&mut self, id: NodeId, value: &str) {
        if let Some(node) = self.nodes.get_mut(id as usize) {
            node.value.clear();
            node.value.push_str(value);
        }
    }

    pub(super) fn is_relevant(&self, id: NodeId) -> bool {
        self.node(id).is_some_and(|node| node.relevant)
    }

    /// Sets the relevance; whether it is different now.
    pub(super) fn set_relevant(&mut self, id: NodeId, relevant: bool) -> bool {
        match self.nodes.get_mut(id as usize) {
            Some(node) => std::mem::replace(&mut node.relevant, relevant) != relevant,
            None => false,
        }
    }

    pub(super) fn is_slot(&self, id: NodeId) -> bool {
        self.node(id).is_some_and(|node| node.role == Role::Slot)
    }

    /// The slot of a repeat instance.
    pub(super) fn slot_of(&self, id: NodeId) -> Option<NodeId> {
        match self.node(id)?.role {
            Role::Instance(slot, _) => Some(slot),
            _ => None,
        }
    }

    /// Which instance of its repeat a node is, from 0.
    pub(super) fn index_of(&self, id: NodeId) -> Option<usize> {
        match self.node(id)?.role {
            Role::Instance(_, index) => Some(index),
            _ => None,
        }
    }

    /// The computed number of instances of a slot.
    pub(super) fn count_of(&self, slot: NodeId) -> Option<usize> {
        self.node(slot).and_then(|node| node.value.parse().ok())
    }

    /// Sets the computed number of instances; whether it is different now.
    pub(super) fn set_count(&mut self, slot: NodeId, count: f64) -> bool {
        let count = if count >= 1.0 {
            (count as usize).min(MOST_INSTANCES)
        } else {
            0
        };
        let changed = self.count_of(slot) != Some(count);
        self.set_value(slot, &count.to_string());
        changed
    }

    /// The nodes of an element, without slots.
    pub(super) fn nodes(&self, element: ElementId) -> &[NodeId] {
        self.by_element
            .get(element)
            .map(Vec::as_slice)
            .unwrap_or_default()
    }

    /// The slots of a repeat.
    pub(super) fn slots(&self, element: ElementId) -> &[NodeId] {
        self.slots
            .get(element)
            .map(Vec::as_slice)
            .unwrap_or_default()
    }

    /// The instances that belong to a slot.
    pub(super) fn instances(&self, slot: NodeId) -> Vec<NodeId> {
        let all = self.nodes(self.element(slot));
        all.iter()
            .copied()
            .filter(|node| self.slot_of(*node) == Some(slot))
            .collect()
    }

    /// The nodes of an element inside a node.
    pub(super) fn nodes_inside(&self, element: ElementId, around: NodeId) -> &[NodeId] {
        let all = self.nodes(element);
        let end = self.node(around).map_or(around, |node| node.end);
        let from = all.partition_point(|node| *node < around);
        let to = all.partition_point(|node| *node < end);
        all.get(from..to).unwrap_or_default()
    }

    /// Whether a node stands inside another.
    pub(super) fn holds(&self, around: NodeId, node: NodeId) -> bool {
        self.node(around)
            .is_some_and(|found| node > around && node < found.end)
    }

    /// The relevance of everything that has a path.
    pub(super) fn relevance(&self) -> BTreeMap<String, bool> {
        self.by_path
            .iter()
            .map(|(path, node)| (path.clone(), self.is_relevant(*node)))
            .collect()
    }
}
