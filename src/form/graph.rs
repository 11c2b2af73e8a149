//! Who depends on whom: an order in which everything can be computed once, and what a change reaches.

use std::collections::{BTreeSet, VecDeque};

use super::definition::{Choices, Condition, Element, ElementId, Form, Initial, Shuffle};
use super::expr::{Axis, Expr, NodeTest, Start};
use super::template::{Piece, Texts};

/// The dependencies of a form, by element.
#[derive(Debug, Clone, Default)]
pub(super) struct Graph {
    /// The elements so that each stands after all it depends on.
    pub(super) order: Vec<ElementId>,
    /// Where each element stands in `order`.
    pub(super) rank: Vec<usize>,
    /// Whose value or relevance hangs directly on an element's.
    pub(super) dependents: Vec<Vec<ElementId>>,
    /// Whose look (labels, constraint, required, choices) hangs on an element's value.
    pub(super) viewers: Vec<Vec<ElementId>>,
    /// Which elements' triggered calculation an element sets off.
    pub(super) triggered: Vec<Vec<ElementId>>,
}

/// Why there is no graph.
pub(super) enum Trouble {
    /// Elements that depend on each other in a circle, in order; the last depends on the first.
    Circle(Vec<ElementId>),
    /// The expressions reach so many elements that working it out would take too long.
    TooMuch,
}

/// Elements looked at while tracing what expressions reach: thousands of times what a large form needs.
const FUEL: u64 = 5_000_000;

/// Above the form's own element, where absolute paths start.
const DOCUMENT: ElementId = usize::MAX;

/// Works out the graph of a form whose expressions are bound.
pub(super) fn build(form: &Form) -> Result<Graph, Trouble> {
    let count = form.elements.len();
    let mut needs: Vec<BTreeSet<ElementId>> = vec![BTreeSet::new(); count];
    let mut graph = Graph {
        order: Vec::with_capacity(count),
        rank: vec![0; count],
        dependents: vec![Vec::new(); count],
        viewers: vec![Vec::new(); count],
        triggered: vec![Vec::new(); count],
    };
    let mut fuel = FUEL;
    for (id, element) in form.elements.iter().enumerate() {
        let mut found = BTreeSet::new();
        for expr in element.deciding() {
            trace(form, expr, id, Some(id), &mut found, &mut fuel);
        }
        if id != 0 {
            found.insert(element.parent);
        }
        for need in &found {
            push(&mut graph.dependents, *need, id);
        }
        if let Some(place) = needs.get_mut(id) {
            *place = found;
        }
        let mut seen = BTreeSet::new();
        looks(form, id, element, &mut seen, &mut fuel);
        for need in seen {
            push(&mut graph.viewers, need, id);
        }
        for cause in &element.trigger {
            push(&mut graph.triggered, *cause, id);
        }
        if fuel == 0 {
            return Err(Trouble::TooMuch);
        }
    }
    sort(&needs, &mut graph)?;
    Ok(graph)
}

fn push(lists: &mut [Vec<ElementId>], at: ElementId, id: ElementId) {
    if let Some(list) = lists.get_mut(at) {
        list.push(id);
    }
}

fn sort(needs: &[BTreeSet<ElementId>], graph: &mut Graph) -> Result<(), Trouble> {
    let mut open: Vec<usize> = needs.iter().map(BTreeSet::len).collect();
    let mut ready: VecDeque<ElementId> = (0..needs.len())
        .filter(|id| open.get(*id) == Some(&0))
        .collect();
    while let Some(id) = ready.pop_front() {
        if let Some(rank) = graph.rank.get_mut(id) {
            *rank = graph.order.len();
        }
        graph.order.push(id);
        for dependent in graph
            .dependents
            .get(id)
            .map(Vec::as_slice)
            .unwrap_or_default()
        {
            if let Some(left) = open.get_mut(*dependent) {
                *left -= 1;
                if *left == 0 {
                    ready.push_back(*dependent);
                }
            }
        }
    }
    if graph.order.len() == needs.len() {
        return Ok(());
    }
    // Whatever is left over waits for something left over: following that leads round a circle.
    let waiting = |id: &ElementId| open.get(*id).is_some_and(|left| *left > 0);
    let mut way: Vec<ElementId> = Vec::new();
    let mut at = (0..needs.len()).find(|id| waiting(id)).unwrap_or(0);
    loop {
        if let Some(start) = way.iter().position(|seen| *seen == at) {
            return Err(Trouble::Circle(way.split_off(start)));
        }
        way.push(at);
        match needs
            .get(at)
            .and_then(|needs| needs.iter().find(|need| waiting(need)))
        {
            Some(next) => at = *next,
            None => return Err(Trouble::Circle(way)),
        }
    }
}

/// Collects what the look of an element hangs on, beyond its own value.
fn looks(
    form: &Form,
    id: ElementId,
    element: &Element,
    seen: &mut BTreeSet<ElementId>,
    fuel: &mut u64,
) {
    let mut exprs: Vec<&Expr> = Vec::new();
    exprs.extend(
        element
            .constraint
            .iter()
            .chain(&element.repeat_min)
            .chain(&element.repeat_max),
    );
    if let Some(Shuffle::Seeded(seed)) = &element.shuffle {
        exprs.push(seed);
    }
    for condition in [&element.required, &element.read_only] {
        if let Condition::When(expr) = condition {
            exprs.push(expr);
        }
    }
    let texts = [
        &element.label,
        &element.hint,
        &element.guidance,
        &element.constraint_message,
        &element.required_message,
    ];
    texts
        .into_iter()
        .for_each(|texts| values(texts, &mut exprs));
    if let Choices::List(name) = &element.choices
        && let Some(list) = form.lists.get(name)
    {
        let length = u64::try_from(list.choices.len()).unwrap_or(u64::MAX);
        *fuel = fuel.saturating_sub(length / 10);
        list.choices
            .iter()
            .for_each(|choice| values(&choice.label, &mut exprs));
    }
    for expr in exprs {
        trace(form, expr, id, Some(id), seen, fuel);
    }
    if let Some(filter) = &element.choice_filter {
        trace(form, filter, id, None, seen, fuel);
    }
    seen.remove(&id);
}

fn values<'f>(texts: &'f Texts, into: &mut Vec<&'f Expr>) {
    for template in texts.iter() {
        into.extend(template.pieces.iter().filter_map(|piece| match piece {
            Piece::Value(expr) => Some(expr),
            Piece::Text(_) => None,
        }));
    }
}

/// Collects the elements an expression reads, as long as there is fuel. `.` is the owner itself and no dependency.
fn trace(
    form: &Form,
    expr: &Expr,
    owner: ElementId,
    context: Option<ElementId>,
    found: &mut BTreeSet<ElementId>,
    fuel: &mut u64,
) {
    let context: Vec<ElementId> = context.into_iter().collect();
    follow(form, expr, owner, &context, found, fuel);
}

/// The elements an expression may give as nodes; everything read on the way goes into `found`.
fn follow(
    form: &Form,
    expr: &Expr,
    owner: ElementId,
    context: &[ElementId],
    found: &mut BTreeSet<ElementId>,
    fuel: &mut u64,
) -> Vec<ElementId> {
    *fuel = fuel.saturating_sub(1);
    if *fuel == 0 {
        return Vec::new();
    }
    match expr {
        Expr::Number(_) | Expr::Literal(_) => Vec::new(),
        Expr::Here => {
            found.extend(
                context
                    .iter()
                    .filter(|id| **id != owner && **id != DOCUMENT),
            );
            context.to_vec()
        }
        Expr::Reference(reference) => {
            if reference.slot >= form.elements.len() {
                return Vec::new();
            }
            found.insert(reference.slot);
            vec![reference.slot]
        }
        Expr::Chain(first, rest) => {
            let mut out = follow(form, first, owner, context, found, fuel);
            for (_, expr) in rest {
                out.extend(follow(form, expr, owner, context, found, fuel));
            }
            out
        }
        Expr::Negate(inner) | Expr::Matches(inner, _) => {
            follow(form, inner, owner, context, found, fuel);
            Vec::new()
        }
        Expr::Call(function, arguments) => {
            let mut out = Vec::new();
            if function.name == "jr:choice-name" {
                labels(form, arguments.get(1), found);
            }
            for argument in arguments {
                out.extend(follow(form, argument, owner, context, found, fuel));
            }
            if function.name == "current" {
                vec![owner]
            } else {
                out
            }
        }
        Expr::Path(start, steps) => {
            let mut at = match start {
                Start::Context => context.to_vec(),
                Start::Root => vec![DOCUMENT],
                Start::Filter(inner, predicates) => {
                    let at = follow(form, inner, owner, context, found, fuel);
                    for predicate in predicates {
                        follow(form, predicate, owner, &at, found, fuel);
                    }
                    at
                }
            };
            for step in steps {
                let mut next = BTreeSet::new();
                for id in &at {
                    if *fuel == 0 {
                        return Vec::new();
                    }
                    along(form, step.axis, *id, &mut |candidate| {
                        *fuel = fuel.saturating_sub(1);
                        let fits = match &step.test {
                            NodeTest::Anything => true,
                            NodeTest::Any => candidate != DOCUMENT,
                            NodeTest::Name(name) => {
                                form.element(candidate).is_some_and(|e| e.name == *name)
                            }
                            _ => false,
                        };
                        if fits {
                            next.insert(candidate);
                        }
                    });
                }
                at = next.into_iter().collect();
                for predicate in &step.predicates {
                    follow(form, predicate, owner, &at, found, fuel);
                }
            }
            found.extend(at.iter().filter(|id| **id != DOCUMENT));
            at
        }
    }
}

/// What the labels of a question's choices read, for a function that gives one of them.
fn labels(form: &Form, question: Option<&Expr>, found: &mut BTreeSet<ElementId>) {
    let Some(Expr::Reference(question)) = question else {
        return;
    };
    let Some(Choices::List(name)) = form.element(question.slot).map(|element| &element.choices)
    else {
        return;
    };
    let mut exprs = Vec::new();
    if let Some(list) = form.lists.get(name) {
        list.choices
            .iter()
            .for_each(|choice| values(&choice.label, &mut exprs));
    }
    for expr in exprs {
        if let Expr::Reference(reference) = expr
            && reference.slot < form.elements.len()
        {
            found.insert(reference.slot);
        }
    }
}

fn along(form: &Form, axis: Axis, id: ElementId, visit: &mut dyn FnMut(ElementId)) {
    let parent = |id: ElementId| match id {
        DOCUMENT => None,
        0 => Some(DOCUMENT),
        _ => form.element(id).map(|element| element.parent),
    };
    let children = |id: ElementId| -> Vec<ElementId> {
        if id == DOCUMENT {
            vec![0]
        } else {
            form.element(id)
                .map(|e| e.children.clone())
                .unwrap_or_default()
        }
    };
    match axis {
        Axis::Own => visit(id),
        Axis::Child => children(id).into_iter().for_each(visit),
        Axis::Parent => parent(id).into_iter().for_each(visit),
        Axis::Attribute | Axis::Namespace => {}
        Axis::Ancestor | Axis::AncestorOrSelf => {
            let mut at = if axis == Axis::Ancestor {
                parent(id)
            } else {
                Some(id)
            };
            while let Some(next) = at {
                visit(next);
                at = parent(next);
            }
        }
        Axis::Descendant | Axis::DescendantOrSelf => {
            let mut open = if axis == Axis::Descendant {
                children(id)
            } else {
                vec![id]
            };
            while let Some(next) = open.pop() {
                visit(next);
                open.extend(children(next));
            }
        }
        // Instances of a repeat are siblings of the same element, so a sibling may be the element itself.
        Axis::FollowingSibling | Axis::PrecedingSibling => {
            parent(id).into_iter().flat_map(children).for_each(visit);
        }
        Axis::Following | Axis::Preceding => (0..form.elements.len()).for_each(visit),
    }
}

impl Form {
    /// Whether the first value of an element must be computed.
    pub(super) fn computed_initial(&self, id: ElementId) -> Option<&Expr> {
        match self.element(id)?.initial.as_ref()? {
            Initial::Computed(expr) => Some(expr),
            Initial::Value(_) => None,
        }
    }
}
