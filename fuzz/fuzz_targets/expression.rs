//! Any text as an expression: it parses or says why not, is printed and parsed again to the same, and has a value or a
//! fault within bounded time.
#![no_main]

use std::borrow::Cow;
use std::cell::Cell;

use anjangsana::form::expr::{
    Host, NodeId, NodeKind, NodeSet, Reference, Scope, Tree, eval, parse, visit_references,
};
use libfuzzer_sys::fuzz_target;

/// A small form: `r` with a group of two questions, and a repeat of three instances of one.
struct Document;

const NODES: [(&str, NodeId, &[NodeId], &str); 12] = [
    ("", 0, &[1], ""),
    ("r", 0, &[2, 5, 7, 9, 11], ""),
    ("g", 1, &[3, 4], ""),
    ("a", 2, &[], "ya tidak"),
    ("n", 2, &[], "7.5"),
    ("p", 1, &[6], ""),
    ("q", 5, &[], "2024-11-08"),
    ("p", 1, &[8], ""),
    ("q", 7, &[], "2024-11-08T09:30:00.000+07:00"),
    ("p", 1, &[10], ""),
    ("q", 9, &[], ""),
    ("place", 1, &[], "-3.0 106.4 0 5;-3.1 106.4 0 5;-3.0 106.5 0 5"),
];

fn node(id: NodeId) -> (&'static str, NodeId, &'static [NodeId], &'static str) {
    NODES.get(id as usize).copied().unwrap_or_default()
}

impl Tree for Document {
    fn root(&self, _: NodeId) -> NodeId {
        0
    }
    fn parent(&self, id: NodeId) -> Option<NodeId> {
        (id > 0).then(|| node(id).1)
    }
    fn children(&self, id: NodeId) -> &[NodeId] {
        node(id).2
    }
    fn kind(&self, id: NodeId) -> NodeKind {
        if id == 0 { NodeKind::Document } else { NodeKind::Element }
    }
    fn name(&self, id: NodeId) -> &str {
        node(id).0
    }
    fn text(&self, id: NodeId) -> Cow<'_, str> {
        Cow::Borrowed(node(id).3)
    }
}

impl Host for Document {
    fn reference(&self, slot: usize, _: NodeId) -> NodeSet {
        self.reference_all(slot)
    }
    fn reference_all(&self, slot: usize) -> NodeSet {
        match slot {
            0 => NodeSet::One(3),
            1 => NodeSet::One(4),
            2 => NodeSet::from_nodes(vec![6, 8, 10]),
            3 => NodeSet::from_nodes(vec![5, 7, 9]),
            _ => NodeSet::Empty,
        }
    }
    fn instance(&self, name: &str) -> Option<NodeId> {
        (name == "l").then_some(0)
    }
    fn now(&self) -> i64 {
        1_731_033_015_000
    }
    fn utc_offset_minutes(&self) -> i32 {
        420
    }
    fn uuid(&self, _: NodeId, _: u32) -> String {
        "01234567-89ab-4cde-8123-456789abcdef".into()
    }
}

fuzz_target!(|text: &str| {
    let Ok(mut parsed) = parse(text) else { return };
    let printed = parsed.to_string();
    assert_eq!(parse(&printed).as_ref(), Ok(&parsed), "printed as {printed}");
    visit_references(&mut parsed, &mut |reference| {
        reference.slot = match reference.name.as_str() {
            "a" => 0,
            "n" => 1,
            "q" => 2,
            "p" => 3,
            _ if reference.last_saved().is_some() => Reference::LAST_SAVED,
            _ => usize::MAX,
        };
    });
    let fuel = Cell::new(Scope::FUEL);
    _ = eval(&parsed, &Scope::new(&Document, &Document, 3, &fuel));
});
