//! Just enough XML to run expressions over a document in tests: elements, attributes, texts, comments, instructions.

use std::borrow::Cow;

use crate::form::expr::{NodeId, NodeKind, Tree};

struct Node {
    kind: NodeKind,
    name: String,
    text: String,
    parent: Option<NodeId>,
    children: Vec<NodeId>,
    attributes: Vec<NodeId>,
    namespaces: Vec<NodeId>,
}

/// A document; node 0 is the document node, ids are in document order.
pub(super) struct Xml {
    nodes: Vec<Node>,
}

impl Xml {
    pub(super) fn parse(text: &str) -> Xml {
        let mut xml = Xml { nodes: Vec::new() };
        let mut at = xml.add(NodeKind::Document, "", "", None);
        let mut rest = text;
        while let Some(open) = rest.find('<') {
            if !rest[..open].trim().is_empty() {
                xml.add(NodeKind::Text, "", &rest[..open], Some(at));
            }
            let close = open + rest[open..].find('>').unwrap();
            let tag = &rest[open + 1..close];
            if let Some(comment) = tag.strip_prefix("!--") {
                xml.add(
                    NodeKind::Comment,
                    "",
                    comment.trim_end_matches("--"),
                    Some(at),
                );
            } else if let Some(instruction) = tag.strip_prefix('?') {
                let (name, text) = instruction.trim_end_matches('?').split_once(' ').unwrap();
                xml.add(NodeKind::Instruction, name, text, Some(at));
            } else if tag.starts_with('/') {
                at = xml.nodes[at as usize].parent.unwrap();
            } else {
                let mut parts = tag.trim_end_matches('/').splitn(2, ' ');
                let element = xml.add(NodeKind::Element, parts.next().unwrap(), "", Some(at));
                let mut attributes = parts.next().unwrap_or("").trim();
                while let Some((name, more)) = attributes.split_once("=\"") {
                    let (value, more) = more.split_once('"').unwrap();
                    let name = name.trim();
                    match name.strip_prefix("xmlns") {
                        Some(prefix) => {
                            let prefix = prefix.trim_start_matches(':');
                            xml.add(NodeKind::Namespace, prefix, value, Some(element));
                        }
                        None => {
                            xml.add(NodeKind::Attribute, name, value, Some(element));
                        }
                    }
                    attributes = more;
                }
                xml.inherit_namespaces(element);
                if !tag.ends_with('/') {
                    at = element;
                }
            }
            rest = &rest[close + 1..];
        }
        xml
    }

    fn add(&mut self, kind: NodeKind, name: &str, text: &str, parent: Option<NodeId>) -> NodeId {
        let id = self.nodes.len() as NodeId;
        let (name, text) = (name.to_string(), text.to_string());
        self.nodes.push(Node {
            kind,
            name,
            text,
            parent,
            children: Vec::new(),
            attributes: Vec::new(),
            namespaces: Vec::new(),
        });
        if let Some(parent) = parent {
            let parent = &mut self.nodes[parent as usize];
            match kind {
                NodeKind::Attribute => parent.attributes.push(id),
                NodeKind::Namespace => parent.namespaces.push(id),
                _ => parent.children.push(id),
            }
        }
        id
    }

    /// Every element has nodes of its own for the namespaces in scope.
    fn inherit_namespaces(&mut self, element: NodeId) {
        let above = self.nodes[element as usize].parent.unwrap();
        let own: Vec<String> = self.namespace_names(element);
        for id in self.nodes[above as usize].namespaces.clone() {
            let (name, text) = (
                self.nodes[id as usize].name.clone(),
                self.nodes[id as usize].text.clone(),
            );
            if !own.contains(&name) {
                self.add(NodeKind::Namespace, &name, &text, Some(element));
            }
        }
    }

    fn namespace_names(&self, element: NodeId) -> Vec<String> {
        let namespaces = self.nodes[element as usize].namespaces.iter();
        namespaces
            .map(|id| self.nodes[*id as usize].name.clone())
            .collect()
    }

    /// A node in a few letters: `patient#p2`, `@id=p1`, `"text"`.
    pub(super) fn label(&self, id: NodeId) -> String {
        let node = &self.nodes[id as usize];
        match node.kind {
            NodeKind::Document => "/".into(),
            NodeKind::Attribute => format!("@{}={}", node.name, node.text),
            NodeKind::Namespace => format!("{}:{}", node.name, node.text),
            NodeKind::Text | NodeKind::Comment | NodeKind::Instruction => {
                format!("\"{}\"", node.text.trim())
            }
            NodeKind::Element => {
                let id = node
                    .attributes
                    .iter()
                    .map(|a| &self.nodes[*a as usize])
                    .find(|a| a.name == "id");
                format!(
                    "{}{}",
                    node.name,
                    id.map(|id| format!("#{}", id.text)).unwrap_or_default()
                )
            }
        }
    }
}

impl Tree for Xml {
    fn root(&self, _: NodeId) -> NodeId {
        0
    }
    fn parent(&self, node: NodeId) -> Option<NodeId> {
        self.nodes[node as usize].parent
    }
    fn children(&self, node: NodeId) -> &[NodeId] {
        &self.nodes[node as usize].children
    }
    fn attributes(&self, node: NodeId) -> &[NodeId] {
        &self.nodes[node as usize].attributes
    }
    fn namespaces(&self, node: NodeId) -> &[NodeId] {
        &self.nodes[node as usize].namespaces
    }
    fn namespace_uri(&self, node: NodeId) -> &str {
        let found = &self.nodes[node as usize];
        let (element, prefix) = match (found.kind, found.name.split_once(':')) {
            (NodeKind::Element, prefixed) => (node, prefixed.map_or("", |(prefix, _)| prefix)),
            (NodeKind::Attribute, Some((prefix, _))) => (found.parent.unwrap(), prefix),
            _ => return "",
        };
        let mut namespaces = self.nodes[element as usize].namespaces.iter();
        let uri = namespaces.find(|id| self.nodes[**id as usize].name == prefix);
        uri.map_or("", |id| &self.nodes[*id as usize].text)
    }
    /// As if a document type made every attribute `id` an id.
    fn by_id(&self, _: NodeId, id: &str) -> Option<NodeId> {
        let is_it =
            |node: &&Node| node.kind == NodeKind::Attribute && node.name == "id" && node.text == id;
        self.nodes.iter().find(is_it)?.parent
    }
    fn kind(&self, node: NodeId) -> NodeKind {
        self.nodes[node as usize].kind
    }
    fn name(&self, node: NodeId) -> &str {
        &self.nodes[node as usize].name
    }
    fn text(&self, node: NodeId) -> Cow<'_, str> {
        let found = &self.nodes[node as usize];
        match found.kind {
            NodeKind::Element | NodeKind::Document => {
                let inner = found.children.iter().filter(|child| {
                    matches!(
                        self.nodes[**child as usize].kind,
                        NodeKind::Element | NodeKind::Text
                    )
                });
                Cow::Owned(inner.map(|child| self.text(*child)).collect())
            }
            _ => Cow::Borrowed(&found.text),
        }
    }
}
