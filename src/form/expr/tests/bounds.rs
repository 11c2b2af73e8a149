//! Whatever the expression: bounded time, bounded memory, no deep stack.

use super::{run, run_at, xml::Xml};
use crate::form::expr::{ParseError, parse};

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

/// A browser's worker has a stack of one megabyte; a build for tests needs more of it for each level than the one that
/// is shipped.
#[test]
fn the_deepest_expressions_fit_into_a_small_stack() {
    let nest = |open: &str, close: &str, times: usize| {
        format!("{}1{}", open.repeat(times), close.repeat(times))
    };
    let tries = move || {
        for (open, close) in [
            ("(", ")"),
            ("-", ""),
            ("if(1, ", ", 0)"),
            ("concat(", ")"),
            ("//*[", "]"),
            ("(//*)[", "]"),
            ("1 = (0 or ", ")"),
        ] {
            let deepest = (1..200)
                .map(|times| nest(open, close, times))
                .take_while(|text| parse(text).is_ok())
                .last()
                .expect("a few levels parse");
            let parsed = parse(&deepest).expect("as it just did");
            let printed = parsed.to_string();
            assert_eq!(parse(&printed).as_ref(), Ok(&parsed), "{deepest}");
            let small = Xml::parse("<r/>");
            _ = run_at(&small, "/", &deepest);
            let deeper = nest(open, close, 300);
            assert!(
                matches!(parse(&deeper), Err(ParseError::Depth { .. })),
                "{deeper}"
            );
        }
    };
    let thread = std::thread::Builder::new().stack_size(1 << 20).spawn(tries);
    thread
        .expect("a thread")
        .join()
        .expect("no overflow and no failure");
}

#[test]
fn a_chain_of_sixty_conditions_is_a_form_somebody_writes() {
    let mut text = "'other'".to_owned();
    for number in 0..60 {
        text = format!("if('x' = '{number}', {number}, {text})");
    }
    assert_eq!(run(&text), "'other'");
}
