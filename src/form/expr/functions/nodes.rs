//! Functions about nodes and their places.

use super::{Fault, Function, MANY, Scope, Value};
use crate::form::expr::ast::Expr;
use crate::form::expr::shuffle::{seed_of, shuffled};
use crate::form::expr::tree::NodeId;
use crate::form::expr::value::NodeSet;

pub(super) const TABLE: &[Function] = &[
    Function::new("last", 0, 0, |_, scope| {
        Ok(Value::Number(scope.size as f64))
    }),
    Function::new("position", 0, 1, position),
    Function::new("count", 1, 1, |args, scope| {
        Ok(Value::Number(
            scope.nodes_at(args, 0, "count()")?.len() as f64
        ))
    }),
    Function::new("count-non-empty", 1, 1, count_non_empty),
    Function::new("name", 0, 1, |args, scope| {
        Ok(Value::owned(name_of(args, scope, "name()")?))
    }),
    Function::new("local-name", 0, 1, local_name),
    Function::new("namespace-uri", 0, 1, namespace_uri),
    Function::new("id", 1, 1, id),
    Function::new("lang", 1, 1, lang),
    Function::new("current", 0, 0, |_, scope| {
        Ok(Value::Nodes(NodeSet::One(scope.current)))
    }),
    Function::new("indexed-repeat", 3, MANY, indexed_repeat),
    Function::new("once", 1, 1, once),
    Function::new("randomize", 1, 2, randomize),
];

/// Which of its same-named siblings a node is, from 1.
fn place(scope: &Scope<'_>, node: NodeId) -> Result<usize, Fault> {
    let tree = scope.tree;
    let siblings = tree
        .parent(node)
        .map(|parent| tree.children(parent))
        .unwrap_or_default();
    scope.burn(siblings.len())?;
    let name = tree.name(node);
    let before = siblings
        .iter()
        .take_while(|sibling| **sibling != node)
        .filter(|sibling| tree.name(**sibling) == name);
    Ok(before.count() + 1)
}

fn position<'a>(args: &'a [Expr], scope: &Scope<'a>) -> Result<Value<'a>, Fault> {
    if args.is_empty() {
        return Ok(Value::Number(scope.position as f64));
    }
    Ok(Value::Number(
        match scope.nodes_at(args, 0, "position()")?.first() {
            Some(node) => place(scope, node)? as f64,
            None => f64::NAN,
        },
    ))
}

fn count_non_empty<'a>(args: &'a [Expr], scope: &Scope<'a>) -> Result<Value<'a>, Fault> {
    let nodes = scope.nodes_at(args, 0, "count-non-empty()")?;
    scope.burn(nodes.len())?;
    let count = nodes
        .as_slice()
        .iter()
        .filter(|node| !scope.tree.text(**node).is_empty())
        .count();
    Ok(Value::Number(count as f64))
}

fn name_of<'a>(
    args: &'a [Expr],
    scope: &Scope<'a>,
    function: &'static str,
) -> Result<String, Fault> {
    let node = if args.is_empty() {
        Some(scope.node)
    } else {
        scope.nodes_at(args, 0, function)?.first()
    };
    Ok(node
        .map(|node| String::from(scope.tree.name(node)))
        .unwrap_or_default())
}

fn local_name<'a>(args: &'a [Expr], scope: &Scope<'a>) -> Result<Value<'a>, Fault> {
    let name = name_of(args, scope, "local-name()")?;
    Ok(Value::owned(
        name.split_once(':')
            .map(|(_, local)| String::from(local))
            .unwrap_or(name),
    ))
}

fn namespace_uri<'a>(args: &'a [Expr], scope: &Scope<'a>) -> Result<Value<'a>, Fault> {
    let node = if args.is_empty() {
        Some(scope.node)
    } else {
        scope.nodes_at(args, 0, "namespace-uri()")?.first()
    };
    let uri = node.map_or("", |node| scope.tree.namespace_uri(node));
    Ok(Value::Text(std::borrow::Cow::Borrowed(uri)))
}

/// The elements with the ids that stand in a text, or in the texts of nodes, with blanks between.
fn id<'a>(args: &'a [Expr], scope: &Scope<'a>) -> Result<Value<'a>, Fault> {
    let root = scope.tree.root(scope.node);
    let mut found = Vec::new();
    let mut look = |text: &str| -> Result<(), Fault> {
        scope.burn_text(text.len())?;
        for id in text.split_whitespace() {
            found.extend(scope.tree.by_id(root, id));
        }
        Ok(())
    };
    match scope.value_at(args, 0)? {
        Value::Nodes(nodes) => nodes
            .as_slice()
            .iter()
            .try_for_each(|node| look(&scope.tree.text(*node)))?,
        value => look(&value.into_text(scope.tree))?,
    }
    Ok(Value::Nodes(NodeSet::from_nodes(found)))
}

/// Whether the nearest `xml:lang` around the context node is that language or a variety of it.
fn lang<'a>(args: &'a [Expr], scope: &Scope<'a>) -> Result<Value<'a>, Fault> {
    let wanted = scope.text_at(args, 0)?.to_ascii_lowercase();
    let tree = scope.tree;
    let mut at = Some(scope.node);
    while let Some(node) = at {
        let mut attributes = tree.attributes(node).iter();
        if let Some(found) = attributes.find(|attribute| tree.name(**attribute) == "xml:lang") {
            let own = tree.text(*found).to_ascii_lowercase();
            let variety = own
                .strip_prefix(&wanted)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'));
            return Ok(Value::Boolean(variety));
        }
        at = tree.parent(node);
    }
    Ok(Value::Boolean(false))
}

/// The nodes in another order. Without a seed the order comes from `random()`, and is the same at every recomputation.
fn randomize<'a>(args: &'a [Expr], scope: &Scope<'a>) -> Result<Value<'a>, Fault> {
    let nodes = scope.nodes_at(args, 0, "randomize()")?;
    scope.burn(nodes.len())?;
    let seed = if args.len() > 1 {
        scope.number_at(args, 1)?
    } else {
        seed_of(scope.host.random(scope.current))
    };
    let nodes = shuffled(nodes.as_slice().iter().copied(), seed);
    Ok(Value::Nodes(NodeSet::in_this_order(nodes)))
}

/// `indexed-repeat(${question}, ${repeat}, n, ${inner repeat}, m, …)`.
fn indexed_repeat<'a>(args: &'a [Expr], scope: &Scope<'a>) -> Result<Value<'a>, Fault> {
    let Some(Expr::Reference(wanted)) = args.first() else {
        return Err(Fault::NotNodes("indexed-repeat()"));
    };
    let mut nodes = scope.host.reference_all(wanted.slot).as_slice().to_vec();
    for pair in args.get(1..).unwrap_or_default().chunks(2) {
        let [Expr::Reference(repeat), _] = pair else {
            return Err(Fault::NotNodes("indexed-repeat()"));
        };
        let index = scope.number_at(pair, 1)?.trunc();
        let repeats = scope.host.reference_all(repeat.slot);
        scope.burn(nodes.len() + repeats.len())?;
        // The wanted instance of each repeat around, so that none is counted twice.
        let mut wanted = Vec::new();
        let (mut around, mut count) = (None, 0.0);
        for instance in repeats.as_slice() {
            let parent = scope.tree.parent(*instance);
            count = if around == Some(parent) {
                count + 1.0
            } else {
                1.0
            };
            around = Some(parent);
            if count == index {
                wanted.push(*instance);
            }
        }
        nodes.retain(|node| {
            let mut above = Some(*node);
            while let Some(next) = above {
                if wanted.binary_search(&next).is_ok() {
                    return true;
                }
                above = scope.tree.parent(next);
            }
            false
        });
    }
    nodes.retain(|node| scope.tree.is_visible(*node));
    Ok(Value::Nodes(NodeSet::from_nodes(nodes)))
}

/// The node's own value if it has one already, else the argument's.
fn once<'a>(args: &'a [Expr], scope: &Scope<'a>) -> Result<Value<'a>, Fault> {
    let own = scope.tree.text(scope.current);
    if own.is_empty() {
        scope.value_at(args, 0)
    } else {
        Ok(Value::Text(own))
    }
}
