//! Evaluation.

use std::borrow::Cow;
use std::cell::Cell;

use super::ast::{Axis, Expr, NodeTest, Op, Reference, Start, Step};
use super::axes::along;
use super::calendar::Moment;
use super::tree::{Host, NodeId, NodeKind, Tree};
use super::value::{NodeSet, Value};

/// Why an expression that parses has no value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)]
pub enum Fault {
    #[error("{0} needs nodes, not a text or a number")]
    NotNodes(&'static str),
    #[error("the pattern `{0}` is not a regular expression")]
    Pattern(String),
    #[error("the expression looks at too much")]
    TooCostly,
    #[error("there is no table or list `{0}`")]
    Instance(String),
    #[error("{0}() was given something it cannot work with")]
    Argument(&'static str),
}

/// Where an expression is evaluated.
#[derive(Clone, Copy)]
pub struct Scope<'a> {
    /// The documents.
    pub tree: &'a dyn Tree,
    /// The world outside.
    pub host: &'a dyn Host,
    /// The context node.
    pub node: NodeId,
    /// What `current()` is: the node the whole expression belongs to.
    pub current: NodeId,
    /// `position()`.
    pub position: usize,
    /// `last()`.
    pub size: usize,
    /// How many more steps may be taken, a node looked at or a few letters handled each; bounds time and memory of
    /// hostile expressions.
    pub fuel: &'a Cell<u32>,
}

impl<'a> Scope<'a> {
    /// Enough for any honest expression over a form of thousands of questions.
    pub const FUEL: u32 = 4_000_000;

    /// A scope for an expression that belongs to `node`.
    pub fn new(
        tree: &'a dyn Tree,
        host: &'a dyn Host,
        node: NodeId,
        fuel: &'a Cell<u32>,
    ) -> Scope<'a> {
        Scope {
            tree,
            host,
            node,
            current: node,
            position: 1,
            size: 1,
            fuel,
        }
    }

    pub(super) fn burn(&self, amount: usize) -> Result<(), Fault> {
        let amount = u32::try_from(amount).unwrap_or(u32::MAX);
        match self.fuel.get().checked_sub(amount) {
            Some(left) => {
                self.fuel.set(left);
                Ok(())
            }
            None => Err(Fault::TooCostly),
        }
    }

    /// Pays for a text that was made or looked through.
    pub(super) fn burn_text(&self, length: usize) -> Result<(), Fault> {
        self.burn(1 + length / 8)
    }

    /// A value as a number here.
    pub(super) fn number_of(&self, value: &Value<'_>) -> f64 {
        value.number(self.tree, self.host.utc_offset_minutes())
    }

    pub(super) fn value_at(&self, arguments: &'a [Expr], index: usize) -> Result<Value<'a>, Fault> {
        match arguments.get(index) {
            Some(expr) => eval(expr, self),
            None => Ok(Value::Text(Cow::Borrowed(""))),
        }
    }

    pub(super) fn text_at(
        &self,
        arguments: &'a [Expr],
        index: usize,
    ) -> Result<Cow<'a, str>, Fault> {
        let text = self.value_at(arguments, index)?.into_text(self.tree);
        self.burn_text(text.len())?;
        Ok(text)
    }

    pub(super) fn number_at(&self, arguments: &'a [Expr], index: usize) -> Result<f64, Fault> {
        Ok(self.number_of(&self.value_at(arguments, index)?))
    }

    pub(super) fn nodes_at(
        &self,
        arguments: &'a [Expr],
        index: usize,
        function: &'static str,
    ) -> Result<NodeSet, Fault> {
        match self.value_at(arguments, index)? {
            Value::Nodes(nodes) => Ok(nodes),
            _ => Err(Fault::NotNodes(function)),
        }
    }
}

/// Evaluates an expression.
///
/// # Errors
/// A [`Fault`]; the owner decides what it means there.
pub fn eval<'a>(expr: &'a Expr, scope: &Scope<'a>) -> Result<Value<'a>, Fault> {
    match expr {
        Expr::Number(number) => Ok(Value::Number(*number)),
        Expr::Literal(text) => Ok(Value::Text(Cow::Borrowed(text))),
        Expr::Here => Ok(Value::Nodes(NodeSet::One(scope.node))),
        Expr::Reference(reference) => refer(reference, scope),
        Expr::Chain(first, rest) => chain(first, rest, scope),
        Expr::Negate(inner) => Ok(Value::Number(-scope.number_of(&eval(inner, scope)?))),
        Expr::Path(start, steps) => path(start, steps, scope).map(Value::Nodes),
        Expr::Call(function, arguments) => (function.run)(arguments, scope),
        Expr::Matches(value, pattern) => {
            let text = eval(value, scope)?.into_text(scope.tree);
            scope.burn(pattern.cost(text.len()))?;
            Ok(Value::Boolean(pattern.matches(&text)))
        }
    }
}

fn refer<'a>(reference: &'a Reference, scope: &Scope<'a>) -> Result<Value<'a>, Fault> {
    if reference.slot == Reference::LAST_SAVED {
        let name = reference.last_saved().unwrap_or_default();
        let text = scope.host.last_saved(name).unwrap_or_default();
        return Ok(Value::Text(Cow::Borrowed(text)));
    }
    let nodes = scope.host.reference(reference.slot, scope.current);
    scope.burn(nodes.len())?;
    Ok(Value::Nodes(nodes))
}

/// A `${name}` that is nowhere, or not relevant, counts as an empty text in operators, so that `${a} = ''` holds.
fn operand<'a>(expr: &'a Expr, scope: &Scope<'a>) -> Result<Value<'a>, Fault> {
    let value = eval(expr, scope)?;
    if matches!(
        (expr, &value),
        (Expr::Reference(_), Value::Nodes(NodeSet::Empty))
    ) {
        return Ok(Value::Text(Cow::Borrowed("")));
    }
    Ok(value)
}

fn chain<'a>(
    first: &'a Expr,
    rest: &'a [(Op, Expr)],
    scope: &Scope<'a>,
) -> Result<Value<'a>, Fault> {
    scope.burn(rest.len())?;
    match rest.first() {
        Some((Op::Or, _)) => return any(first, rest, scope, true),
        Some((Op::And, _)) => return any(first, rest, scope, false),
        _ => {}
    }
    let union = matches!(rest.first(), Some((Op::Union, _)));
    let mut left = if union {
        eval(first, scope)?
    } else {
        operand(first, scope)?
    };
    for (op, right) in rest {
        let right = if union {
            eval(right, scope)?
        } else {
            operand(right, scope)?
        };
        left = match op {
            Op::Equal
            | Op::NotEqual
            | Op::Less
            | Op::LessEqual
            | Op::Greater
            | Op::GreaterEqual => Value::Boolean(compare(*op, &left, &right, scope)?),
            Op::Union => match (left, right) {
                (Value::Nodes(a), Value::Nodes(b)) => {
                    scope.burn(a.len() + b.len())?;
                    let mut nodes = a.as_slice().to_vec();
                    nodes.extend_from_slice(b.as_slice());
                    Value::Nodes(NodeSet::from_nodes(nodes))
                }
                _ => return Err(Fault::NotNodes("|")),
            },
            _ => {
                let (a, b) = pair(&left, &right, scope);
                Value::Number(match op {
                    Op::Plus => a + b,
                    Op::Minus => a - b,
                    Op::Times => a * b,
                    Op::Div => a / b,
                    _ => a % b,
                })
            }
        };
    }
    Ok(left)
}

fn any<'a>(
    first: &'a Expr,
    rest: &'a [(Op, Expr)],
    scope: &Scope<'a>,
    wanted: bool,
) -> Result<Value<'a>, Fault> {
    for expr in std::iter::once(first).chain(rest.iter().map(|(_, expr)| expr)) {
        if eval(expr, scope)?.boolean() == wanted {
            return Ok(Value::Boolean(wanted));
        }
    }
    Ok(Value::Boolean(!wanted))
}

/// The comparison rules of XPath 1.0, 3.4: with nodes it is true when any node makes it true.
fn compare(op: Op, left: &Value<'_>, right: &Value<'_>, scope: &Scope<'_>) -> Result<bool, Fault> {
    Ok(match (left, right) {
        (Value::Boolean(_), Value::Nodes(_)) | (Value::Nodes(_), Value::Boolean(_)) => {
            compare_scalars(
                op,
                &Value::Boolean(left.boolean()),
                &Value::Boolean(right.boolean()),
                scope,
            )
        }
        (Value::Nodes(nodes), other) | (other, Value::Nodes(nodes)) => {
            let swapped = !matches!(left, Value::Nodes(_));
            scope.burn(nodes.len())?;
            for node in nodes.as_slice() {
                let text = scope.tree.text(*node);
                scope.burn(text.len() / 8)?;
                let value = Value::Text(text);
                let holds = match other {
                    Value::Nodes(_) => compare(op, &value, other, scope)?,
                    _ if swapped => compare_scalars(op, other, &value, scope),
                    _ => compare_scalars(op, &value, other, scope),
                };
                if holds {
                    return Ok(true);
                }
            }
            false
        }
        _ => compare_scalars(op, left, right, scope),
    })
}

fn compare_scalars(op: Op, left: &Value<'_>, right: &Value<'_>, scope: &Scope<'_>) -> bool {
    if let Op::Equal | Op::NotEqual = op {
        let equal = match (left, right) {
            (Value::Boolean(_), _) | (_, Value::Boolean(_)) => left.boolean() == right.boolean(),
            (Value::Text(a), Value::Text(b)) => a == b,
            _ => scope.number_of(left) == scope.number_of(right),
        };
        return equal == (op == Op::Equal);
    }
    let (a, b) = pair(left, right, scope);
    match op {
        Op::Less => a < b,
        Op::LessEqual => a <= b,
        Op::Greater => a > b,
        _ => a >= b,
    }
}

/// Two values as numbers. Where a date meets a date with time, both count on the local calendar, so that today is
/// before now at any hour.
fn pair(left: &Value<'_>, right: &Value<'_>, scope: &Scope<'_>) -> (f64, f64) {
    let numbers = (scope.number_of(left), scope.number_of(right));
    let (Some(a), Some(b)) = (moment(left, scope), moment(right, scope)) else {
        return numbers;
    };
    if a.has_time == b.has_time {
        numbers
    } else {
        (a.local_days(), b.local_days())
    }
}

fn moment(value: &Value<'_>, scope: &Scope<'_>) -> Option<Moment> {
    let offset = scope.host.utc_offset_minutes();
    match value {
        Value::Text(text) => Moment::from_text(text, offset),
        Value::Nodes(nodes) => Moment::from_text(&scope.tree.text(nodes.first()?), offset),
        Value::Number(_) | Value::Boolean(_) => None,
    }
}

fn path<'a>(start: &'a Start, steps: &'a [Step], scope: &Scope<'a>) -> Result<NodeSet, Fault> {
    let mut nodes = match start {
        Start::Context => NodeSet::One(scope.node),
        Start::Root => NodeSet::One(scope.tree.root(scope.node)),
        Start::Filter(expr, predicates) => {
            let Value::Nodes(nodes) = eval(expr, scope)? else {
                return Err(Fault::NotNodes("a path"));
            };
            let mut nodes = nodes.as_slice().to_vec();
            for predicate in predicates {
                nodes = filter(nodes, predicate, scope)?;
            }
            NodeSet::from_nodes(nodes)
        }
    };
    for step in steps {
        let mut found = Vec::new();
        for node in nodes.as_slice() {
            let mut candidates = Vec::new();
            along(step.axis, *node, scope, &mut |candidate| {
                if passes(&step.test, step.axis, candidate, scope) {
                    candidates.push(candidate);
                }
            })?;
            for predicate in &step.predicates {
                candidates = filter(candidates, predicate, scope)?;
            }
            found.append(&mut candidates);
        }
        nodes = NodeSet::from_nodes(found);
    }
    Ok(nodes)
}

fn filter<'a>(
    nodes: Vec<NodeId>,
    predicate: &'a Expr,
    scope: &Scope<'a>,
) -> Result<Vec<NodeId>, Fault> {
    let size = nodes.len();
    scope.burn(size)?;
    let mut kept = Vec::new();
    for (index, node) in nodes.into_iter().enumerate() {
        let position = index + 1;
        let inner = Scope {
            node,
            position,
            size,
            ..*scope
        };
        let keep = match eval(predicate, &inner)? {
            Value::Number(number) => number == position as f64,
            value => value.boolean(),
        };
        if keep {
            kept.push(node);
        }
    }
    Ok(kept)
}

fn passes(test: &NodeTest, axis: Axis, node: NodeId, scope: &Scope<'_>) -> bool {
    let kind = scope.tree.kind(node);
    let principal = match axis {
        Axis::Attribute => NodeKind::Attribute,
        Axis::Namespace => NodeKind::Namespace,
        _ => NodeKind::Element,
    };
    let fits = match test {
        NodeTest::Anything => true,
        NodeTest::Text => kind == NodeKind::Text,
        NodeTest::Comment => kind == NodeKind::Comment,
        NodeTest::Instruction(target) => {
            kind == NodeKind::Instruction
                && target
                    .as_ref()
                    .is_none_or(|target| scope.tree.name(node) == target)
        }
        NodeTest::Any => kind == principal,
        NodeTest::Name(name) => {
            kind == principal
                && match name.strip_suffix(":*") {
                    Some(prefix) => scope
                        .tree
                        .name(node)
                        .split_once(':')
                        .is_some_and(|(own, _)| own == prefix),
                    None => scope.tree.name(node) == name,
                }
        }
    };
    // Going up from a node that is not relevant is harmless; looking into one is not.
    let upward = matches!(
        axis,
        Axis::Own | Axis::Parent | Axis::Ancestor | Axis::AncestorOrSelf
    );
    fits && (upward || scope.tree.is_visible(node))
}
