//! Functions about nodes.

use super::{check, run_at, xml::Xml};

#[test]
fn count() {
    check(&[
        ("count(//patient)", "3"),
        ("count(//nothing)", "0"),
        ("count(//name | //age)", "6"),
        ("count(//patient[age > 10])", "1"),
    ]);
}

#[test]
fn count_non_empty() {
    check(&[
        ("count-non-empty(//age)", "2"),
        ("count-non-empty(//name)", "3"),
        ("count-non-empty(//nothing)", "0"),
        (
            "count-non-empty('x')",
            "error: count-non-empty() needs nodes, not a text or a number",
        ),
    ]);
}

#[test]
fn last_and_position() {
    check(&[
        ("position()", "1"),
        ("last()", "1"),
        ("/clinic/patient[last()]", "[patient#p3]"),
        ("/clinic/patient[position() = last() - 1]", "[patient#p2]"),
        ("//patient[position() mod 2 = 1]", "[patient#p1 patient#p3]"),
        ("position(/clinic/note)", "1"),
        ("position(/clinic/patient[3])", "3"),
        ("position(//patient[3]/name/..)", "3"),
        ("position(//nothing)", "NaN"),
    ]);
    let document = Xml::parse("<r><a>1</a><p><q>x</q></p><p><q/></p><a>2</a></r>");
    let run = |at, text| run_at(&document, at, text).unwrap();
    assert_eq!(run("/r/p[2]/q", "position(..)"), "2");
    assert_eq!(run("/r/a[2]", "position(.)"), "2");
}

#[test]
fn names() {
    check(&[
        ("name(/clinic/*[4])", "'note'"),
        ("name(//nothing)", "''"),
        ("name(/)", "''"),
        ("//*[name() = 'b']", "[b]"),
        ("local-name(//@id)", "'id'"),
    ]);
    let document = Xml::parse(
        r#"<f xmlns="urn:f" xmlns:orx="urn:orx"><orx:meta orx:v="1"><id/></orx:meta></f>"#,
    );
    let run = |text| run_at(&document, "/f/orx:meta", text).unwrap();
    assert_eq!(run("name()"), "'orx:meta'");
    assert_eq!(run("local-name()"), "'meta'");
    assert_eq!(run("namespace-uri()"), "'urn:orx'");
    assert_eq!(run("namespace-uri(..)"), "'urn:f'");
    assert_eq!(run("namespace-uri(id)"), "'urn:f'");
    assert_eq!(run("namespace-uri(@*)"), "'urn:orx'");
    assert_eq!(run("namespace-uri(../..)"), "''");
    assert_eq!(run("/f/orx:*"), "[orx:meta]");
    assert_eq!(run("namespace::*"), "[:urn:f orx:urn:orx]");
    assert_eq!(run("id/namespace::orx"), "[orx:urn:orx]");
    assert_eq!(run("string(namespace::orx)"), "'urn:orx'");
    assert_eq!(run("count(//namespace::node())"), "6");
}

#[test]
fn id() {
    check(&[
        ("id('p2')", "[patient#p2]"),
        ("id('p3 p1 p1')", "[patient#p1 patient#p3]"),
        ("id('x')", "[]"),
        ("id('')", "[]"),
        ("id(//patient[2]/@id)/name", "[name]"),
    ]);
}

#[test]
fn lang() {
    let document = Xml::parse(
        r#"<r xml:lang="id"><a/><b xml:lang="en-GB"><c/></b><d xml:lang=""><e/></d></r>"#,
    );
    let run = |at, text| run_at(&document, at, text).unwrap();
    assert_eq!(run("/r/a", "lang('id')"), "true()");
    assert_eq!(run("/r/a", "lang('ID')"), "true()");
    assert_eq!(run("/r/a", "lang('en')"), "false()");
    assert_eq!(run("/r/b/c", "lang('en')"), "true()");
    assert_eq!(run("/r/b/c", "lang('en-gb')"), "true()");
    assert_eq!(run("/r/b/c", "lang('e')"), "false()");
    assert_eq!(run("/r/d/e", "lang('id')"), "false()");
    assert_eq!(run("/", "lang('id')"), "false()");
}

#[test]
fn current() {
    let document = Xml::parse("<r><p><q>x</q></p><a>1</a><a>2</a></r>");
    let run = |at, text| run_at(&document, at, text).unwrap();
    assert_eq!(run("/r/p", "../a[. = current()/../a[2]]"), "[a]");
    assert_eq!(run("/r/p", "current()"), "[p]");
    assert_eq!(run("/r/p", "count(//*[current()/q = 'x'])"), "5");
}

/// The orders that JavaRosa and ODK Web Forms give for these seeds.
#[test]
fn randomize() {
    let document = Xml::parse("<r><a>A</a><a>B</a><a>C</a><a>D</a><a>E</a><a>F</a><n>1</n></r>");
    let run = |seed| run_at(&document, "/r", &format!("join('', randomize(a, {seed}))")).unwrap();
    assert_eq!(run("42"), "'AFCBDE'");
    assert_eq!(run("'42'"), "'AFCBDE'");
    assert_eq!(run("-42"), "'EDAFBC'");
    assert_eq!(run("1"), "'BFEACD'");
    assert_eq!(run("1.1"), "'BFEACD'");
    assert_eq!(run("n"), "'BFEACD'");
    assert_eq!(run("11111111"), "'ACDBFE'");
    assert_eq!(run("0"), "'CBEAFD'");
    assert_eq!(run("'x'"), "'CBEAFD'");
    let unseeded = run_at(&document, "/r", "count(randomize(a))").unwrap();
    assert_eq!(unseeded, "6");
    let sorted = run_at(&document, "/r", "join('', randomize(a) | b)").unwrap();
    assert_eq!(sorted, "'ABCDEF'", "a union is in document order");
    assert_eq!(
        run_at(&document, "/r", "randomize('x')"),
        Err("randomize() needs nodes, not a text or a number".into())
    );
}

/// In these tests the name of a reference is all there is of it; in a form it has a place.
#[test]
fn indexed_repeat() {
    check(&[
        (
            "indexed-repeat(//name, //patient, 2)",
            "error: indexed-repeat() needs nodes, not a text or a number",
        ),
        ("indexed-repeat(${name}, ${patient}, 2)", "[]"),
    ]);
}
