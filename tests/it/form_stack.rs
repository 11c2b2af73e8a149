//! The deepest expressions that parse, on a stack as small as a browser's worker has.
#![allow(clippy::expect_used)]

use std::borrow::Cow;
use std::cell::Cell;

use anjangsana::form::expr::{NoHost, NodeId, NodeKind, ParseError, Scope, Tree, eval, parse};

/// A document with one element.
struct One;

impl Tree for One {
    fn root(&self, _: NodeId) -> NodeId {
        0
    }
    fn parent(&self, node: NodeId) -> Option<NodeId> {
        (node == 1).then_some(0)
    }
    fn children(&self, node: NodeId) -> &[NodeId] {
        if node == 0 { &[1] } else { &[] }
    }
    fn kind(&self, node: NodeId) -> NodeKind {
        if node == 0 {
            NodeKind::Document
        } else {
            NodeKind::Element
        }
    }
    fn name(&self, node: NodeId) -> &str {
        if node == 0 { "" } else { "r" }
    }
    fn text(&self, _: NodeId) -> Cow<'_, str> {
        Cow::Borrowed("1")
    }
}

fn nest(open: &str, close: &str, times: usize) -> String {
    format!("{}1{}", open.repeat(times), close.repeat(times))
}

fn go_down(open: &str, close: &str) {
    let deepest = (1..200)
        .map(|times| nest(open, close, times))
        .take_while(|text| parse(text).is_ok())
        .last()
        .expect("a few levels parse");
    let parsed = parse(&deepest).expect("as it just did");
    assert_eq!(
        parse(&parsed.to_string()).as_ref(),
        Ok(&parsed),
        "{deepest}"
    );
    let fuel = Cell::new(Scope::FUEL);
    _ = eval(&parsed, &Scope::new(&One, &NoHost, 0, &fuel));
    let deeper = nest(open, close, 300);
    assert!(
        matches!(parse(&deeper), Err(ParseError::Depth { .. })),
        "{deeper}"
    );
}

/// A worker has a megabyte; a build for tests needs more of it for each level than the one that is shipped.
#[test]
fn the_deepest_expressions_fit_into_a_small_stack() {
    let tries = || {
        for (open, close) in [
            ("(", ")"),
            ("-", ""),
            ("if(1, ", ", 0)"),
            ("concat(", ")"),
            ("//*[", "]"),
            ("(//*)[", "]"),
            ("1 = (0 or ", ")"),
        ] {
            go_down(open, close);
        }
    };
    let thread = std::thread::Builder::new().stack_size(1 << 20).spawn(tries);
    let ended = thread.expect("a thread").join();
    ended.expect("no overflow and no failure");
}
