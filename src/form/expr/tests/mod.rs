//! The expression language over a plain XML document, without any form.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice
)]

mod bounds;
mod choices;
mod dates;
mod errors;
mod nodes;
mod numbers;
mod places;
mod properties;
mod texts;
mod truth;
mod world;
mod xml;
mod xpath;

use std::cell::Cell;

use super::{
    Expr, Fault, Host, NodeId, Reference, Scope, Value, eval, function_names, number_to_text,
    parse, visit_references,
};
use xml::Xml;

/// A document with a bit of everything.
const CLINIC: &str = r#"<clinic name="Toboali" beds="12">
  <patient id="p1"><name>Ani</name><age>34</age><born>1990-05-17</born></patient>
  <patient id="p2"><name>Budi</name><age>7</age><born>2017-11-02</born></patient>
  <patient id="p3"><name>Citra</name><age></age><born></born></patient>
  <note lang="id">Buka <b>setiap</b> hari</note>
</clinic>"#;

/// A world at 8 November 2024, 09:30:15 in UTC+7.
struct Clock;

impl Host for Clock {
    fn now(&self) -> i64 {
        1_731_033_015_000
    }
    fn utc_offset_minutes(&self) -> i32 {
        420
    }
    fn uuid(&self, _: NodeId, part: u32) -> String {
        if part == 1 {
            return "fedcba98-7654-4321-8fed-cba987654321".into();
        }
        "01234567-89ab-4cde-8123-456789abcdef".into()
    }
    fn random(&self, _: NodeId) -> f64 {
        0.25
    }
    fn property(&self, name: &str) -> Option<&str> {
        (name == "deviceid").then_some("hp-1")
    }
    fn pulldata(&self, table: &str, column: &str, key_column: &str, key: &str) -> Option<&str> {
        (table == "koperasi" && column == "nama" && key_column == "id" && key == "7")
            .then_some("Laut Sejahtera")
    }
    fn last_saved(&self, name: &str) -> Option<&str> {
        (name == "age").then_some("41")
    }
    fn itext(&self, id: &str, _: NodeId) -> Option<String> {
        (id == "/f/pets:label").then(|| "Pets?".into())
    }
    fn choice_label(&self, _: usize, value: &str, _: NodeId) -> Option<String> {
        (value == "y").then(|| "Yes, pets".into())
    }
    fn instance(&self, name: &str) -> Option<NodeId> {
        (name == "desa").then_some(0)
    }
    fn version(&self) -> &str {
        "2024110701"
    }
    fn language(&self) -> &str {
        "id"
    }
}

/// Evaluates over a document at the node that `at` finds, and shows the result as text.
fn run_at(document: &Xml, at: &str, text: &str) -> Result<String, String> {
    let fuel = Cell::new(Scope::FUEL);
    let start = parse(at).unwrap();
    let root = Scope::new(document, &Clock, 0, &fuel);
    let Ok(Value::Nodes(nodes)) = eval(&start, &root) else {
        panic!("{at} gives no nodes")
    };
    let mut expr: Expr = parse(text).map_err(|error| error.to_string())?;
    visit_references(&mut expr, &mut |reference| {
        if reference.last_saved().is_some() {
            reference.slot = Reference::LAST_SAVED;
        }
    });
    let scope = Scope::new(
        document,
        &Clock,
        nodes.first().expect("a context node"),
        &fuel,
    );
    let shown = match eval(&expr, &scope) {
        Ok(Value::Nodes(nodes)) => {
            let texts = nodes.as_slice().iter().map(|node| document.label(*node));
            format!("[{}]", texts.collect::<Vec<_>>().join(" "))
        }
        Ok(Value::Number(number)) => number_to_text(number),
        Ok(Value::Boolean(boolean)) => format!("{boolean}()"),
        Ok(Value::Text(text)) => format!("'{text}'"),
        Err(fault) => return Err(Fault::to_string(&fault)),
    };
    Ok(shown)
}

/// Evaluates at the document node of [`CLINIC`].
fn run(text: &str) -> String {
    run_at(&Xml::parse(CLINIC), "/", text).unwrap_or_else(|error| format!("error: {error}"))
}

/// Checks a table of expressions and what they give: `[nodes]`, numbers, `true()`, `'texts'`.
#[track_caller]
fn check(table: &[(&str, &str)]) {
    let wrong: Vec<String> = table
        .iter()
        .map(|(text, wanted)| (text, wanted, run(text)))
        .filter(|(_, wanted, found)| *wanted != found)
        .map(|(text, wanted, found)| format!("{text}\n    wanted {wanted}\n    found  {found}"))
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// A function that no table here tries is one that nobody checked against its specification.
#[test]
fn every_function_has_its_table() {
    let tables = [
        include_str!("choices.rs"),
        include_str!("dates.rs"),
        include_str!("nodes.rs"),
        include_str!("numbers.rs"),
        include_str!("places.rs"),
        include_str!("texts.rs"),
        include_str!("truth.rs"),
        include_str!("world.rs"),
    ]
    .concat();
    let untried: Vec<&str> = function_names()
        .filter(|name| {
            let call = format!("{name}(");
            let inside = |c: char| c.is_alphanumeric() || c == '-' || c == '_' || c == ':';
            !tables
                .match_indices(&call)
                .any(|(at, _)| !tables[..at].ends_with(inside))
        })
        .collect();
    assert!(untried.is_empty(), "{untried:?}");
}
