//! Functions about nodes and their places.

use super::{Fault, Function, MANY, Scope, Value};
use crate::form::expr::ast::Expr;
use crate::form::expr::tree::{NodeId, Tree};
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
    Function::new("namespace-uri", 0, 1, |_, _| {
        Ok(Value::owned(String::new()))
    }),
    Function::new("id", 1, 1, |_, _| Ok(Value::Nodes(NodeSet::Empty))),
    Function::new("lang", 1, 1, |_, _| Ok(Value::Boolean(false))),
    Function::new("current", 0, 0, |_, scope| {
        Ok(Value::Nodes(NodeSet::One(scope.current)))
    }),
    Function::new("indexed-repeat", 3, MANY, indexed_repeat),
    Function::new("once", 1, 1, once),
];

/// Which of its same-named siblings a node is, from 1.
fn place(tree: &dyn Tree, node: NodeId) -> usize {
    let siblings = tree
        .parent(node)
        .map(|parent| tree.children(parent))
        .unwrap_or_default();
    let name = tree.name(node);
    siblings
        .iter()
        .filter(|sibling| tree.name(**sibling) == name)
        .take_while(|sibling| **sibling != node)
        .count()
        + 1
}

fn position<'a>(args: &'a [Expr], scope: &Scope<'a>) -> Result<Value<'a>, Fault> {
    if args.is_empty() {
        return Ok(Value::Number(scope.position as f64));
    }
    let node = scope.nodes_at(args, 0, "position()")?.first();
    Ok(Value::Number(
        node.map_or(f64::NAN, |node| place(scope.tree, node) as f64),
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
        let index = scope.number_at(pair, 1)?;
        let repeats = scope.host.reference_all(repeat.slot);
        scope.burn(nodes.len() + repeats.len())?;
        nodes.retain(|node| {
            let mut above = Some(*node);
            while let Some(next) = above {
                if repeats.as_slice().binary_search(&next).is_ok() {
                    return place(scope.tree, next) as f64 == index;
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
