//! What expressions run over, and what they may ask of the world.

use std::borrow::Cow;

use super::value::NodeSet;

/// A node of a tree. Inside one document ids grow in document order.
pub type NodeId = u32;

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum NodeKind {
    Document,
    Element,
    Attribute,
    Text,
    Comment,
    Instruction,
    Namespace,
}

/// A document (or several, told apart by their roots).
pub trait Tree {
    /// The document node above `node`.
    fn root(&self, node: NodeId) -> NodeId;
    /// The node above, `None` for a document node.
    fn parent(&self, node: NodeId) -> Option<NodeId>;
    /// The children in document order; attributes are not among them.
    fn children(&self, node: NodeId) -> &[NodeId];
    /// The attributes.
    fn attributes(&self, _node: NodeId) -> &[NodeId] {
        &[]
    }
    /// The namespaces in scope at an element, for the namespace axis.
    fn namespaces(&self, _node: NodeId) -> &[NodeId] {
        &[]
    }
    /// The address of the namespace of its name, empty without one.
    fn namespace_uri(&self, _node: NodeId) -> &str {
        ""
    }
    /// The element of a document that its document type gives this id; without a document type there is none.
    fn by_id(&self, _document: NodeId, _id: &str) -> Option<NodeId> {
        None
    }
    /// What the node is.
    fn kind(&self, _node: NodeId) -> NodeKind {
        NodeKind::Element
    }
    /// Its name with prefix, empty for a document or a text.
    fn name(&self, node: NodeId) -> &str;
    /// Its string value.
    fn text(&self, node: NodeId) -> Cow<'_, str>;
    /// Whether expressions may see it; a node that is not relevant is not there for them.
    fn is_visible(&self, _node: NodeId) -> bool {
        true
    }
}

/// What an expression asks of its surroundings. Everything has an empty answer by default.
pub trait Host {
    /// The nodes of `${name}` as seen from a node: inside a shared repeat instance that instance's, else all.
    fn reference(&self, _slot: usize, _from: NodeId) -> NodeSet {
        NodeSet::Empty
    }
    /// All nodes of `${name}` wherever they stand.
    fn reference_all(&self, _slot: usize) -> NodeSet {
        NodeSet::Empty
    }
    /// What was answered at `${last-saved#name}`, in what was saved last.
    fn last_saved(&self, _name: &str) -> Option<&str> {
        None
    }
    /// The text that `jr:itext()` has for an id in the language of the form.
    fn itext(&self, _id: &str, _from: NodeId) -> Option<String> {
        None
    }
    /// The root of a named secondary instance.
    fn instance(&self, _name: &str) -> Option<NodeId> {
        None
    }
    /// The label of a choice of the question `${name}`.
    fn choice_label(&self, _slot: usize, _value: &str, _from: NodeId) -> Option<String> {
        None
    }
    /// One cell of a table given from outside.
    fn pulldata(&self, _table: &str, _column: &str, _key_column: &str, _key: &str) -> Option<&str> {
        None
    }
    /// Milliseconds since 1970 UTC.
    fn now(&self) -> i64 {
        0
    }
    /// What to add to UTC for local time, in minutes.
    fn utc_offset_minutes(&self) -> i32 {
        0
    }
    /// A number from 0 to below 1 that stays the same for the same node and seed.
    fn random(&self, _node: NodeId) -> f64 {
        0.0
    }
    /// An identifier that stays the same for the same node of the same document; another one for another `part`.
    fn uuid(&self, _node: NodeId, _part: u32) -> String {
        String::new()
    }
    /// A property of the device or the user: `deviceid`, `username`, …
    fn property(&self, _name: &str) -> Option<&str> {
        None
    }
    /// The form's version.
    fn version(&self) -> &str {
        ""
    }
    /// The language of month and day names, as a code (`id`, `en`).
    fn language(&self) -> &str {
        "en"
    }
}

/// A host that answers nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoHost;

impl Host for NoHost {}
