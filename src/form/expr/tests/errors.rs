//! What is no expression, and what has no value.

use super::run;
use crate::form::expr::{ParseError, parse};

#[track_caller]
fn refuses(text: &str, message: &str) {
    let error = parse(text).expect_err(text);
    assert_eq!(error.to_string(), message, "{text}");
}

#[test]
fn mistakes_are_named() {
    refuses("", "the expression is empty");
    refuses("1 +", "a value expected");
    refuses("(1 + 2", "`)` expected");
    refuses("1 2", "an operator or the end expected before `2`");
    refuses("${a b}", "`${a b}` is not a valid name");
    refuses("${a", "`${` is opened and never closed");
    refuses("'open", "a quotation mark is opened and never closed");
    refuses("a & b", "`&` cannot stand in an expression");
    refuses("sumn(1)", "there is no function `sumn()`");
    refuses("count()", "`count()` takes 1 argument, not 0");
    refuses("if(1, 2)", "`if()` takes 3 arguments, not 2");
    refuses("today(1)", "`today()` takes no arguments, not 1");
    refuses("round(1, 2, 3)", "`round()` takes 1 to 2 arguments, not 3");
    refuses("pulldata('a')", "`pulldata()` takes 4 arguments, not 1");
    refuses("concat(1,)", "a value expected before `)`");
    refuses("sideways::a", "`sideways::` is not a valid name");
    refuses("a[1", "`]` expected");
    assert!(matches!(
        parse("regex(., '(')"),
        Err(ParseError::Regex { .. })
    ));
    assert!(matches!(
        parse(&"(".repeat(500)),
        Err(ParseError::Depth { .. })
    ));
    assert!(matches!(parse(&"1+".repeat(30_000)), Err(ParseError::Long)));
}

#[test]
fn curly_quotes_of_a_word_processor_are_quotes() {
    assert_eq!(run("concat(\u{2018}a\u{2019}, \u{201c}b\u{201d})"), "'ab'");
    assert_eq!(run("'a\u{2019}"), "'a'");
    assert_eq!(run("\u{2018}a'"), "'a'");
    assert_eq!(run("'Jum\u{2019}at'"), "'Jum\u{2019}at'");
    assert_eq!(
        run("concat(\"it's \", 'so \u{201d}')"),
        "'it's so \u{201d}'"
    );
}

#[test]
fn what_needs_nodes_says_so() {
    assert_eq!(
        run("count('x')"),
        "error: count() needs nodes, not a text or a number"
    );
    assert_eq!(
        run("sum(1)"),
        "error: sum() needs nodes, not a text or a number"
    );
    assert_eq!(run("1 | 2"), "error: | needs nodes, not a text or a number");
    assert_eq!(
        run("('x')/a"),
        "error: a path needs nodes, not a text or a number"
    );
}
