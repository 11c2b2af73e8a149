//! Lists and tables as documents of their own, for `instance()` and choice filters.

use std::collections::BTreeMap;

use super::world::SECONDARY;
use crate::form::definition::{Choices, Form};
use crate::form::expr::NodeId;

/// Rows of a table given from outside.
type Rows = Vec<BTreeMap<String, String>>;

#[derive(Debug, Clone)]
struct Node {
    name: String,
    text: String,
    parent: Option<NodeId>,
    children: Vec<NodeId>,
    root: NodeId,
}

/// All of them; only those that some expression can reach are built.
#[derive(Debug, Clone, Default)]
pub(super) struct Secondary {
    nodes: Vec<Node>,
    roots: BTreeMap<String, NodeId>,
}

impl Secondary {
    pub(super) fn new(form: &Form, tables: &BTreeMap<String, Rows>) -> Secondary {
        let mut secondary = Secondary::default();
        let filtered = |wanted: &str| {
            form.elements().iter().any(|element| {
                element.choice_filter.is_some()
                    && match &element.choices {
                        Choices::List(name) | Choices::Table { table: name, .. } => name == wanted,
                        Choices::None => false,
                    }
            })
        };
        for (name, list) in &form.lists {
            if !form.uses_instances && !filtered(name) {
                continue;
            }
            let item = secondary.open(name);
            for choice in &list.choices {
                let label = choice
                    .label
                    .get(form.default_language)
                    .map(|text| text.source())
                    .unwrap_or_default();
                let columns = choice
                    .columns
                    .iter()
                    .map(|(name, text)| (name.as_str(), text.as_str()));
                secondary.item(
                    item,
                    [("name", choice.name.as_str()), ("label", &label)]
                        .into_iter()
                        .chain(columns),
                );
            }
        }
        for (name, rows) in tables {
            if secondary.roots.contains_key(name) || (!form.uses_instances && !filtered(name)) {
                continue;
            }
            let item = secondary.open(name);
            for row in rows {
                secondary.item(
                    item,
                    row.iter()
                        .map(|(name, text)| (name.as_str(), text.as_str())),
                );
            }
        }
        secondary
    }

    fn add(&mut self, name: &str, text: &str, parent: Option<NodeId>) -> NodeId {
        let id = SECONDARY + NodeId::try_from(self.nodes.len()).unwrap_or(SECONDARY - 1);
        let root = parent.map_or(id, |parent| self.root(parent));
        let (name, text) = (String::from(name), String::from(text));
        self.nodes.push(Node {
            name,
            text,
            parent,
            children: Vec::new(),
            root,
        });
        if let Some(above) =
            parent.and_then(|parent| self.nodes.get_mut((parent - SECONDARY) as usize))
        {
            above.children.push(id);
        }
        id
    }

    /// A new document; gives its `root` element.
    fn open(&mut self, name: &str) -> NodeId {
        let document = self.add("", "", None);
        self.roots.insert(String::from(name), document);
        self.add("root", "", Some(document))
    }

    fn item<'c>(&mut self, root: NodeId, cells: impl Iterator<Item = (&'c str, &'c str)>) {
        let item = self.add("item", "", Some(root));
        for (name, text) in cells {
            self.add(name, text, Some(item));
        }
    }

    fn node(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(id.checked_sub(SECONDARY)? as usize)
    }

    pub(super) fn root(&self, id: NodeId) -> NodeId {
        self.node(id).map_or(id, |node| node.root)
    }

    pub(super) fn parent(&self, id: NodeId) -> Option<NodeId> {
        self.node(id)?.parent
    }

    pub(super) fn children(&self, id: NodeId) -> &[NodeId] {
        self.node(id)
            .map(|node| node.children.as_slice())
            .unwrap_or_default()
    }

    pub(super) fn name(&self, id: NodeId) -> &str {
        self.node(id).map_or("", |node| &node.name)
    }

    pub(super) fn text(&self, id: NodeId) -> &str {
        self.node(id).map_or("", |node| &node.text)
    }

    /// The document of a list or table.
    pub(super) fn find(&self, name: &str) -> Option<NodeId> {
        self.roots
            .get(name.strip_suffix(".csv").unwrap_or(name))
            .copied()
    }

    /// The items of a list or table, in its order.
    pub(super) fn items(&self, name: &str) -> &[NodeId] {
        let root = self
            .find(name)
            .and_then(|document| self.children(document).first().copied());
        root.map(|root| self.children(root)).unwrap_or_default()
    }
}
