//! The four types of XPath and their conversions.

use std::borrow::Cow;

use super::number::{number_from_text, number_to_text};
use super::tree::{NodeId, Tree};

/// Nodes in document order, each once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[allow(missing_docs)]
pub enum NodeSet {
    #[default]
    Empty,
    One(NodeId),
    Many(Vec<NodeId>),
}

impl NodeSet {
    /// Sorts and removes doubles.
    pub fn from_nodes(mut nodes: Vec<NodeId>) -> NodeSet {
        if nodes.len() > 1 {
            nodes.sort_unstable();
            nodes.dedup();
        }
        match nodes.as_slice() {
            [] => NodeSet::Empty,
            [one] => NodeSet::One(*one),
            _ => NodeSet::Many(nodes),
        }
    }

    /// Nodes in an order of their own, for those who ask for one. Whatever makes a set of them again sorts them.
    pub(super) fn in_this_order(nodes: Vec<NodeId>) -> NodeSet {
        match nodes.as_slice() {
            [] => NodeSet::Empty,
            [one] => NodeSet::One(*one),
            _ => NodeSet::Many(nodes),
        }
    }

    /// The nodes as a slice.
    pub fn as_slice(&self) -> &[NodeId] {
        match self {
            NodeSet::Empty => &[],
            NodeSet::One(node) => std::slice::from_ref(node),
            NodeSet::Many(nodes) => nodes,
        }
    }

    /// The first in document order.
    pub fn first(&self) -> Option<NodeId> {
        self.as_slice().first().copied()
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.as_slice().len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        matches!(self, NodeSet::Empty)
    }
}

/// The value of an expression.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub enum Value<'a> {
    Nodes(NodeSet),
    Text(Cow<'a, str>),
    Number(f64),
    Boolean(bool),
}

impl<'a> Value<'a> {
    /// A text made by a function.
    pub fn owned(text: String) -> Value<'a> {
        Value::Text(Cow::Owned(text))
    }

    /// The value as a text: the first node's, a number in XPath's notation, `true` or `false`.
    pub fn into_text(self, tree: &'a dyn Tree) -> Cow<'a, str> {
        match self {
            Value::Nodes(nodes) => nodes
                .first()
                .map_or(Cow::Borrowed(""), |node| tree.text(node)),
            Value::Text(text) => text,
            Value::Number(number) => Cow::Owned(number_to_text(number)),
            Value::Boolean(true) => Cow::Borrowed("true"),
            Value::Boolean(false) => Cow::Borrowed("false"),
        }
    }

    /// The value as a number; a date counts as days since 1970, anything else that is no number is NaN.
    pub fn number(&self, tree: &dyn Tree, utc_offset_minutes: i32) -> f64 {
        match self {
            Value::Nodes(nodes) => nodes.first().map_or(f64::NAN, |node| {
                number_from_text(&tree.text(node), utc_offset_minutes)
            }),
            Value::Text(text) => number_from_text(text, utc_offset_minutes),
            Value::Number(number) => *number,
            Value::Boolean(true) => 1.0,
            Value::Boolean(false) => 0.0,
        }
    }

    /// The value as a boolean: a node, a text with something in it, a number other than 0 and NaN.
    pub fn boolean(&self) -> bool {
        match self {
            Value::Nodes(nodes) => !nodes.is_empty(),
            Value::Text(text) => !text.is_empty(),
            Value::Number(number) => *number != 0.0 && !number.is_nan(),
            Value::Boolean(boolean) => *boolean,
        }
    }
}
