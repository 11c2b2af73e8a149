//! Whatever the expression: bounded time and memory. That no stack runs out is tried where a thread can be made,
//! outside of this crate.

use super::{run, run_at, xml::Xml};

const TOO_MUCH: &str = "the expression looks at too much";

#[test]
fn an_expression_that_would_run_for_ever_is_stopped() {
    let document = Xml::parse(&format!("<r>{}</r>", "<a/>".repeat(400)));
    for text in [
        "count(//*[count(//*[count(//*) > 0]) > 0])",
        "//*[//*[//*/following::* = 'x'] = 'x']",
        "//a[//a[preceding-sibling::a/preceding-sibling::a = 'x'] = 'x']",
        "//a[//a[//a[position(.) = 0] = 'x'] = 'x']",
        "//*[//*[sum(//*) = 7] = 7]",
        "//*[regex(string(//*[regex('x', concat('x', '{1,50}{1,50}'))]), concat('a', '*'))]",
    ] {
        let found = run_at(&document, "/", text);
        assert_eq!(found, Err(TOO_MUCH.into()), "{text}");
    }
}

#[test]
fn texts_do_not_grow_without_bound() {
    let long = "x".repeat(60_000);
    let document = Xml::parse(&format!("<r>{}</r>", format!("<a>{long}</a>").repeat(50)));
    for text in [
        format!("concat({})", ["//a"; 30].join(", ")),
        "count(//a[string-length(concat(//a, //a, //a)) > 1])".to_owned(),
        "//a[translate(., //a, //a) = 'x']".to_owned(),
        "//a[join(//a, //a, //a, //a, //a, //a, //a, //a, //a, //a, //a, //a, //a, //a) = 'x']"
            .to_owned(),
        "//a[regex(., concat('(x*)*', 'y'))][regex(., concat('(x*x*x*)*', 'y'))]".to_owned(),
        format!("//a[{}]", ["contains(., 'y')"; 100].join(" or ")),
    ] {
        let found = run_at(&document, "/", &text);
        assert_eq!(found, Err(TOO_MUCH.into()), "{text}");
    }
}

#[test]
fn wide_expressions_are_no_deep_ones() {
    let text = format!("1{}", " + 1".repeat(5_000));
    assert_eq!(run(&text), "5001");
}

#[test]
fn a_chain_of_sixty_conditions_is_a_form_somebody_writes() {
    let mut text = "'other'".to_owned();
    for number in 0..60 {
        text = format!("if('x' = '{number}', {number}, {text})");
    }
    assert_eq!(run(&text), "'other'");
}
