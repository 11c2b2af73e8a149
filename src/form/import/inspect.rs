//! What an expression says beside its value: which tables it looks into, and whether it reaches into a repeat from
//! outside.

use super::{Findings, Place};
use crate::form::definition::Form;
use crate::form::errors::{Cause, Mend};
use crate::form::expr::{Expr, Op, Reference, Start};

/// Functions that take all instances of a question.
const OF_MANY: [&str; 13] = [
    "area",
    "checklist",
    "concat",
    "count",
    "count-non-empty",
    "distance",
    "geofence",
    "indexed-repeat",
    "join",
    "max",
    "min",
    "randomize",
    "sum",
];

/// Notes tables and warns of references that give one instance of many by chance.
pub(super) fn inspect(expr: &Expr, place: Place<'_>, form: &Form, findings: &mut Findings) {
    Inspector {
        place,
        form,
        findings,
        told: Vec::new(),
    }
    .walk(expr, false);
}

struct Inspector<'a, 'f> {
    place: Place<'a>,
    form: &'a Form,
    findings: &'f mut Findings,
    /// Names that were warned of in this cell.
    told: Vec<String>,
}

impl Inspector<'_, '_> {
    /// `many`: whether it may well give several nodes.
    fn walk(&mut self, expr: &Expr, many: bool) {
        match expr {
            Expr::Number(_) | Expr::Literal(_) | Expr::Here => {}
            Expr::Reference(reference) => {
                if !many {
                    self.reference(reference);
                }
            }
            Expr::Chain(first, rest) => {
                let united = rest.iter().all(|(op, _)| *op == Op::Union);
                self.walk(first, many && united);
                for (_, expr) in rest {
                    self.walk(expr, many && united);
                }
            }
            Expr::Negate(inner) | Expr::Matches(inner, _) => self.walk(inner, false),
            Expr::Path(start, steps) => {
                if let Start::Filter(inner, predicates) = start {
                    self.walk(inner, true);
                    predicates.iter().for_each(|expr| self.walk(expr, false));
                }
                steps
                    .iter()
                    .flat_map(|step| &step.predicates)
                    .for_each(|expr| self.walk(expr, false));
            }
            Expr::Call(function, arguments) => {
                self.tables(function.name, arguments);
                let many = OF_MANY.contains(&function.name);
                arguments.iter().for_each(|expr| self.walk(expr, many));
            }
        }
    }

    fn reference(&mut self, reference: &Reference) {
        let (Some(around), Some(target)) = (self.place.around, self.form.element(reference.slot))
        else {
            return;
        };
        let crossed = target.repeats.iter().find(|id| !around.contains(id));
        let Some(repeat) = crossed.and_then(|id| self.form.element(*id)) else {
            return;
        };
        if !self.told.contains(&reference.name) {
            self.told.push(reference.name.clone());
            let cause = Cause::OutsideRepeat {
                name: reference.name.clone(),
                repeat: repeat.name.clone(),
            };
            self.findings.warn(self.place, cause, Some(Mend::AllOrOne));
        }
    }

    fn tables(&mut self, function: &str, arguments: &[Expr]) {
        if function == "instance" {
            self.findings.uses_instances = true;
        }
        if let ("instance" | "pulldata", Some(Expr::Literal(name))) = (function, arguments.first())
        {
            self.findings.look_into(name, self.place, self.form);
        }
    }
}
