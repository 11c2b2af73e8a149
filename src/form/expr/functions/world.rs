//! Functions that ask the surroundings.

use super::{Fault, Function, Scope, Value};
use crate::form::expr::ast::Expr;
use crate::form::expr::value::NodeSet;

pub(super) const TABLE: &[Function] = &[
    Function::new("instance", 1, 1, instance),
    Function::new("pulldata", 4, 4, pulldata),
    Function::new("jr:choice-name", 2, 2, choice_name),
    Function::new("jr:itext", 1, 1, itext),
    Function::new("random", 0, 0, |_, scope| {
        Ok(Value::Number(scope.host.random(scope.current)))
    }),
    Function::new("uuid", 0, 1, uuid),
    Function::new("property", 1, 1, property),
    Function::new("version", 0, 0, |_, scope| {
        Ok(Value::owned(String::from(scope.host.version())))
    }),
];

fn instance<'a>(args: &'a [Expr], scope: &Scope<'a>) -> Result<Value<'a>, Fault> {
    let name = scope.text_at(args, 0)?;
    match scope.host.instance(&name) {
        Some(root) => Ok(Value::Nodes(NodeSet::One(root))),
        None => Err(Fault::Instance(name.into_owned())),
    }
}

fn pulldata<'a>(args: &'a [Expr], scope: &Scope<'a>) -> Result<Value<'a>, Fault> {
    let (table, column) = (scope.text_at(args, 0)?, scope.text_at(args, 1)?);
    let (key_column, key) = (scope.text_at(args, 2)?, scope.text_at(args, 3)?);
    // The rows are looked through one by one.
    scope.burn(1_000)?;
    let cell = scope.host.pulldata(&table, &column, &key_column, &key);
    Ok(Value::Text(std::borrow::Cow::Borrowed(
        cell.unwrap_or_default(),
    )))
}

fn choice_name<'a>(args: &'a [Expr], scope: &Scope<'a>) -> Result<Value<'a>, Fault> {
    let Some(Expr::Reference(question)) = args.get(1) else {
        return Err(Fault::Argument("jr:choice-name"));
    };
    let value = scope.text_at(args, 0)?;
    scope.burn(100)?;
    Ok(Value::owned(
        scope
            .host
            .choice_label(question.slot, &value, scope.current)
            .unwrap_or_default(),
    ))
}

fn itext<'a>(args: &'a [Expr], scope: &Scope<'a>) -> Result<Value<'a>, Fault> {
    let id = scope.text_at(args, 0)?;
    scope.burn(100)?;
    Ok(Value::owned(
        scope.host.itext(&id, scope.current).unwrap_or_default(),
    ))
}

/// The longest text that `uuid()` makes.
const LONGEST_ID: usize = 1_000;

/// An identifier; with an argument, a text of that many characters.
fn uuid<'a>(args: &'a [Expr], scope: &Scope<'a>) -> Result<Value<'a>, Fault> {
    if args.is_empty() {
        return Ok(Value::owned(scope.host.uuid(scope.current, 0)));
    }
    // The cast makes 0 of what is negative or no number.
    let length = (scope.number_at(args, 0)? as usize).min(LONGEST_ID);
    let mut out = String::new();
    let mut part = 0;
    while out.len() < length {
        scope.burn(32)?;
        let id = scope.host.uuid(scope.current, part);
        let letters = id.chars().filter(|c| *c != '-');
        let before = out.len();
        out.extend(letters.take(length - before));
        if out.len() == before {
            break;
        }
        part += 1;
    }
    Ok(Value::owned(out))
}

fn property<'a>(args: &'a [Expr], scope: &Scope<'a>) -> Result<Value<'a>, Fault> {
    let name = scope.text_at(args, 0)?;
    Ok(Value::owned(
        scope
            .host
            .property(&name)
            .map(String::from)
            .unwrap_or_default(),
    ))
}
