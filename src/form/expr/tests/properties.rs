//! What holds for every expression.

use proptest::prelude::*;

use super::run;
use crate::form::expr::parse;

/// A bit of an expression; strung together they are mostly nonsense and sometimes valid.
fn any_piece() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(vec![
        "1",
        "2.5",
        "'a'",
        "\"b\"",
        ".",
        "..",
        "/",
        "//",
        "name",
        "clinic",
        "patient",
        "age",
        "*",
        "@id",
        "(",
        ")",
        "[",
        "]",
        ",",
        " + ",
        " - ",
        "-",
        " = ",
        " != ",
        " < ",
        " >= ",
        " and ",
        " or ",
        " div ",
        " mod ",
        "|",
        "count(",
        "selected(",
        "if(",
        "string(",
        "today()",
        "position()",
        "last()",
        "child::",
        "ancestor::",
        "regex(",
        "${a}",
        "true()",
        "round(",
        "substr(",
        "format-date(",
        "join(",
        "concat(",
        "node()",
        "text()",
    ])
}

/// An expression that is valid by construction.
fn any_expression() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        (0u32..1000).prop_map(|n| n.to_string()),
        (0u32..1000).prop_map(|n| format!("{n}.25")),
        "[a-z ]{0,4}".prop_map(|text| format!("'{text}'")),
        Just("//age".to_string()),
        Just("/clinic/patient[2]/name".to_string()),
        Just(".".to_string()),
        Just("${a}".to_string()),
        Just("today()".to_string()),
    ];
    leaf.prop_recursive(4, 24, 3, |inner| {
        prop_oneof![
            (
                inner.clone(),
                proptest::sample::select(vec![
                    "+", "-", "*", "div", "mod", "=", "!=", "<", ">=", "and", "or"
                ]),
                inner.clone()
            )
                .prop_map(|(a, op, b)| format!("{a} {op} {b}")),
            inner.clone().prop_map(|a| format!("({a})")),
            inner.clone().prop_map(|a| format!("-{a}")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("concat({a}, {b})")),
            (inner.clone(), inner.clone(), inner.clone())
                .prop_map(|(a, b, c)| format!("if({a}, {b}, {c})")),
            inner.clone().prop_map(|a| format!("//patient[{a}]/name")),
            inner.prop_map(|a| format!("not({a})")),
        ]
    })
}

proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(text in "\\PC{0,60}") {
        _ = parse(&text);
    }

    #[test]
    fn no_heap_of_pieces_makes_it_panic_or_run_on(pieces in proptest::collection::vec(any_piece(), 0..24)) {
        let text = pieces.concat();
        if parse(&text).is_ok() {
            run(&text);
        }
    }

    #[test]
    fn what_is_printed_parses_to_the_same(text in any_expression()) {
        let parsed = parse(&text).unwrap();
        let printed = parsed.to_string();
        let again = parse(&printed).unwrap_or_else(|error| panic!("{text} is printed as {printed}: {error}"));
        prop_assert_eq!(again.to_string(), printed);
        prop_assert_eq!(run(&text), run(&parsed.to_string()));
    }

    #[test]
    fn numbers_survive_being_written(number: f64) {
        let text = crate::form::expr::number_to_text(number);
        let back = crate::form::expr::number_from_text(&text, 0);
        prop_assert!(back == number || !number.is_finite());
    }

    #[test]
    fn days_survive_being_written(days in -719_528i64..2_932_896) {
        let civil = crate::form::expr::civil_from_days(days as f64).unwrap();
        let text = crate::form::expr::civil_text(&civil);
        prop_assert_eq!(crate::form::expr::days_from_text(&text, 420), Some(days as f64));
    }
}
