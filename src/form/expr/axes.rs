//! The axes of XPath over a [`Tree`].

use super::ast::Axis;
use super::eval::{Fault, Scope};
use super::tree::{NodeId, Tree};

/// Calls `visit` for every node of an axis, in the axis' own order.
pub(super) fn along(
    axis: Axis,
    node: NodeId,
    scope: &Scope<'_>,
    visit: &mut dyn FnMut(NodeId),
) -> Result<(), Fault> {
    let tree = scope.tree;
    let mut list = Vec::new();
    match axis {
        Axis::Own => list.push(node),
        Axis::Child => list.extend_from_slice(tree.children(node)),
        Axis::Attribute => list.extend_from_slice(tree.attributes(node)),
        Axis::Namespace => list.extend_from_slice(tree.namespaces(node)),
        Axis::Parent => list.extend(tree.parent(node)),
        Axis::Ancestor => ancestors(tree, node, &mut list),
        Axis::AncestorOrSelf => {
            list.push(node);
            ancestors(tree, node, &mut list);
        }
        Axis::Descendant => descendants(scope, node, &mut list)?,
        Axis::DescendantOrSelf => {
            list.push(node);
            descendants(scope, node, &mut list)?;
        }
        Axis::FollowingSibling | Axis::PrecedingSibling => list = siblings(scope, node, axis)?,
        Axis::Following | Axis::Preceding => {
            let mut lines = vec![node];
            ancestors(tree, node, &mut lines);
            let side = if axis == Axis::Following {
                Axis::FollowingSibling
            } else {
                Axis::PrecedingSibling
            };
            for line in lines {
                for sibling in siblings(scope, line, side)? {
                    list.push(sibling);
                    descendants(scope, sibling, &mut list)?;
                }
            }
            list.sort_unstable();
            if axis.is_reverse() {
                list.reverse();
            }
        }
    }
    scope.burn(list.len() + 1)?;
    list.into_iter().for_each(visit);
    Ok(())
}

fn ancestors(tree: &dyn Tree, node: NodeId, list: &mut Vec<NodeId>) {
    let mut above = tree.parent(node);
    while let Some(next) = above {
        list.push(next);
        above = tree.parent(next);
    }
}

fn descendants(scope: &Scope<'_>, node: NodeId, list: &mut Vec<NodeId>) -> Result<(), Fault> {
    let mut stack: Vec<NodeId> = scope.tree.children(node).iter().rev().copied().collect();
    while let Some(next) = stack.pop() {
        scope.burn(1)?;
        list.push(next);
        stack.extend(scope.tree.children(next).iter().rev());
    }
    Ok(())
}

/// The siblings on one side, nearest first. An attribute has none: it is no child of its element.
fn siblings(scope: &Scope<'_>, node: NodeId, axis: Axis) -> Result<Vec<NodeId>, Fault> {
    let tree = scope.tree;
    let all = tree
        .parent(node)
        .map(|parent| tree.children(parent))
        .unwrap_or_default();
    scope.burn(all.len())?;
    let Some(at) = all.iter().position(|sibling| *sibling == node) else {
        return Ok(Vec::new());
    };
    Ok(if axis == Axis::FollowingSibling {
        all.iter().skip(at + 1).copied().collect()
    } else {
        all.iter().take(at).rev().copied().collect()
    })
}
