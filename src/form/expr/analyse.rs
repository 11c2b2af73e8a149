//! Walking an expression without evaluating it: what it refers to.

use super::ast::{Expr, Reference, Start};

/// Calls `visit` for every reference, to bind or to read it.
pub fn visit_references(expr: &mut Expr, visit: &mut dyn FnMut(&mut Reference)) {
    match expr {
        Expr::Number(_) | Expr::Literal(_) | Expr::Here => {}
        Expr::Reference(reference) => visit(reference),
        Expr::Chain(first, rest) => {
            visit_references(first, visit);
            rest.iter_mut()
                .for_each(|(_, expr)| visit_references(expr, visit));
        }
        Expr::Negate(inner) | Expr::Matches(inner, _) => visit_references(inner, visit),
        Expr::Path(start, steps) => {
            if let Start::Filter(inner, predicates) = start {
                visit_references(inner, visit);
                predicates
                    .iter_mut()
                    .for_each(|expr| visit_references(expr, visit));
            }
            steps
                .iter_mut()
                .flat_map(|step| step.predicates.iter_mut())
                .for_each(|expr| visit_references(expr, visit));
        }
        Expr::Call(_, arguments) => arguments
            .iter_mut()
            .for_each(|expr| visit_references(expr, visit)),
    }
}

/// Calls `visit` for an expression and everything in it.
pub fn visit_parts<'e>(expr: &'e Expr, visit: &mut dyn FnMut(&'e Expr)) {
    visit(expr);
    match expr {
        Expr::Number(_) | Expr::Literal(_) | Expr::Here | Expr::Reference(_) => {}
        Expr::Chain(first, rest) => {
            visit_parts(first, visit);
            rest.iter().for_each(|(_, expr)| visit_parts(expr, visit));
        }
        Expr::Negate(inner) | Expr::Matches(inner, _) => visit_parts(inner, visit),
        Expr::Path(start, steps) => {
            if let Start::Filter(inner, predicates) = start {
                visit_parts(inner, visit);
                predicates.iter().for_each(|expr| visit_parts(expr, visit));
            }
            let predicates = steps.iter().flat_map(|step| &step.predicates);
            predicates.for_each(|expr| visit_parts(expr, visit));
        }
        Expr::Call(_, arguments) => arguments.iter().for_each(|expr| visit_parts(expr, visit)),
    }
}
