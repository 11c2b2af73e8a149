//! What holds for every expression.

use proptest::prelude::*;

use super::run;
use crate::form::expr::ast::{Axis, Expr, NodeTest, Op, Pattern, Reference, Start, Step};
use crate::form::expr::functions::{Function, find, names as function_names};
use crate::form::expr::parse;

/// A bit of an expression; strung together they are mostly nonsense and sometimes valid.
fn any_piece() -> impl Strategy<Value = String> {
    let functions: Vec<String> = function_names().map(|name| format!("{name}(")).collect();
    let words = [
        "1",
        "2.5",
        "0",
        "1000000",
        "'a'",
        "\"b\"",
        "'2024-11-08'",
        "'(a*)*'",
        "''",
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
        "@",
        "::",
        "$",
        "${",
        "}",
        "(",
        ")",
        "[",
        "]",
        ",",
        ", ",
        " + ",
        " - ",
        "-",
        " = ",
        " != ",
        " < ",
        " <= ",
        " > ",
        " >= ",
        " and ",
        " or ",
        " div ",
        " mod ",
        " * ",
        "|",
        "today()",
        "now()",
        "position()",
        "last()",
        "child::",
        "ancestor::",
        "following::",
        "namespace::",
        "${a}",
        "${last-saved#a}",
        "true()",
        "node()",
        "text()",
        "comment()",
        "processing-instruction('x')",
        "//age",
        "//patient",
        "1 div 0",
        "'",
        "\"",
        "\u{2019}",
        "\u{201c}",
        " ",
    ];
    prop_oneof![
        3 => proptest::sample::select(words.map(String::from).to_vec()),
        1 => proptest::sample::select(functions),
    ]
}

/// An expression tree, whatever it may mean: everything the parser can make, but for what only text can hold.
fn any_tree() -> impl Strategy<Value = Expr> {
    let leaf = prop_oneof![
        (0u32..1000).prop_map(|n| Expr::Number(f64::from(n))),
        (0.0f64..1e300).prop_map(Expr::Number),
        Just(Expr::Number(f64::INFINITY)),
        "[a-z \u{2018}\u{201d}\"]{0,4}".prop_map(Expr::Literal),
        "[a-z \u{2019}']{0,4}".prop_map(Expr::Literal),
        Just(Expr::Here),
        "[a-z][a-z0-9._-]{0,6}".prop_map(reference),
        "last-saved#[a-z]{1,4}".prop_map(reference),
        Just(Expr::Path(Start::Root, Vec::new())),
        any_call(0).prop_map(|function| Expr::Call(function, Vec::new())),
    ];
    leaf.prop_recursive(6, 48, 4, |inner| {
        let steps = proptest::collection::vec(any_step(inner.clone()), 1..4);
        let more_steps = proptest::collection::vec(any_step(inner.clone()), 0..3);
        let predicates = proptest::collection::vec(inner.clone(), 0..3);
        prop_oneof![
            chain(inner.clone(), &[Op::Or]),
            chain(inner.clone(), &[Op::And]),
            chain(inner.clone(), &[Op::Equal, Op::NotEqual]),
            chain(
                inner.clone(),
                &[Op::Less, Op::LessEqual, Op::Greater, Op::GreaterEqual]
            ),
            chain(inner.clone(), &[Op::Plus, Op::Minus]),
            chain(inner.clone(), &[Op::Times, Op::Div, Op::Mod]),
            chain(inner.clone(), &[Op::Union]),
            inner
                .clone()
                .prop_map(|inner| Expr::Negate(Box::new(inner))),
            (prop_oneof![Just(Start::Root), Just(Start::Context)], steps).prop_map(path),
            (inner.clone(), predicates, more_steps).prop_map(|(inner, predicates, steps)| {
                if predicates.is_empty() && steps.is_empty() {
                    return inner;
                }
                Expr::Path(Start::Filter(Box::new(inner), predicates), steps)
            }),
            (any_call(1), inner.clone()).prop_map(|(function, a)| Expr::Call(function, vec![a])),
            (any_call(2), inner.clone(), inner.clone())
                .prop_map(|(f, a, b)| Expr::Call(f, vec![a, b])),
            (any_call(3), inner.clone(), inner.clone(), inner.clone())
                .prop_map(|(f, a, b, c)| Expr::Call(f, vec![a, b, c])),
            (inner, "[a-z.+*0-9]{0,5}").prop_map(|(value, source)| match Pattern::new(&source) {
                Ok(pattern) => Expr::Matches(Box::new(value), pattern),
                Err(_) => value,
            }),
        ]
    })
    .prop_map(flat)
}

fn reference(name: String) -> Expr {
    Expr::Reference(Reference {
        name,
        slot: usize::MAX,
    })
}

/// A function that takes so many arguments. `regex` with a constant pattern is an expression of its own kind.
fn any_call(arguments: usize) -> impl Strategy<Value = &'static Function> {
    let functions: Vec<&'static Function> = function_names()
        .filter_map(find)
        .filter(|function| function.takes(arguments) && function.name != "regex")
        .collect();
    proptest::sample::select(functions)
}

fn chain<S: Strategy<Value = Expr> + Clone>(
    inner: S,
    ops: &[Op],
) -> impl Strategy<Value = Expr> + use<S> {
    let rest = proptest::collection::vec(
        (proptest::sample::select(ops.to_vec()), inner.clone()),
        1..4,
    );
    (inner, rest).prop_map(|(first, rest)| Expr::Chain(Box::new(first), rest))
}

fn any_step(inner: impl Strategy<Value = Expr>) -> impl Strategy<Value = Step> {
    let test = prop_oneof![
        Just(NodeTest::Anything),
        Just(NodeTest::Text),
        Just(NodeTest::Comment),
        Just(NodeTest::Instruction(None)),
        "[a-z\"]{0,3}".prop_map(|target| NodeTest::Instruction(Some(target))),
        Just(NodeTest::Any),
        "[a-z_][a-z0-9._-]{0,4}".prop_map(NodeTest::Name),
        proptest::sample::select(vec!["div", "and", "or", "mod", "text", "if", "p:a", "p:*"])
            .prop_map(|name| NodeTest::Name(name.into())),
    ];
    let axis = proptest::sample::select(Axis::NAMES.map(|(_, axis)| axis).to_vec());
    (axis, test, proptest::collection::vec(inner, 0..2)).prop_map(|(axis, test, predicates)| Step {
        axis,
        test,
        predicates,
    })
}

fn path((start, steps): (Start, Vec<Step>)) -> Expr {
    match (&start, steps.as_slice()) {
        (
            Start::Context,
            [
                Step {
                    axis: Axis::Own,
                    test: NodeTest::Anything,
                    predicates,
                },
            ],
        ) if predicates.is_empty() => Expr::Here,
        _ => Expr::Path(start, steps),
    }
}

/// Operators of one strength on the left are one chain: the parser makes no other trees.
fn flat(expr: Expr) -> Expr {
    let flat_step = |step: Step| Step {
        predicates: step.predicates.into_iter().map(flat).collect(),
        ..step
    };
    match expr {
        Expr::Chain(first, rest) => {
            let rest: Vec<(Op, Expr)> = rest
                .into_iter()
                .map(|(op, expr)| (op, flat(expr)))
                .collect();
            match flat(*first) {
                Expr::Chain(inner, mut before)
                    if before[0].0.strength() == rest[0].0.strength() =>
                {
                    before.extend(rest);
                    Expr::Chain(inner, before)
                }
                first => Expr::Chain(Box::new(first), rest),
            }
        }
        Expr::Negate(inner) => Expr::Negate(Box::new(flat(*inner))),
        Expr::Call(function, arguments) => {
            Expr::Call(function, arguments.into_iter().map(flat).collect())
        }
        Expr::Matches(value, pattern) => Expr::Matches(Box::new(flat(*value)), pattern),
        Expr::Path(Start::Filter(inner, predicates), steps) => Expr::Path(
            Start::Filter(
                Box::new(flat(*inner)),
                predicates.into_iter().map(flat).collect(),
            ),
            steps.into_iter().map(flat_step).collect(),
        ),
        Expr::Path(start, steps) => Expr::Path(start, steps.into_iter().map(flat_step).collect()),
        other => other,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn no_text_makes_the_parser_panic(text in "\\PC{0,60}") {
        _ = parse(&text);
    }

    #[test]
    fn no_bytes_make_it_panic_or_run_on(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
        let text = String::from_utf8_lossy(&bytes);
        if let Ok(parsed) = parse(&text) {
            run(&text);
            prop_assert_eq!(parse(&parsed.to_string()), Ok(parsed));
        }
    }

    #[test]
    fn no_heap_of_pieces_makes_it_panic_or_run_on(pieces in proptest::collection::vec(any_piece(), 0..24)) {
        let text = pieces.concat();
        if let Ok(parsed) = parse(&text) {
            run(&text);
            prop_assert_eq!(parse(&parsed.to_string()), Ok(parsed));
        }
    }

    #[test]
    fn what_is_printed_parses_to_the_same(tree in any_tree()) {
        let printed = tree.to_string();
        let again = parse(&printed).unwrap_or_else(|error| panic!("{tree:?}\nis printed as {printed}: {error}"));
        prop_assert_eq!(&again, &tree, "printed as {}", printed);
        prop_assert_eq!(again.to_string(), printed.clone());
        run(&printed);
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
        prop_assert_eq!(run(&format!("date(number('{text}'))")), format!("'{text}'"));
    }

    #[test]
    fn moments_survive_being_numbers(now in -60_000_000_000i64..250_000_000_000_000) {
        let text = crate::form::expr::stamp_text(now, 420);
        prop_assert_eq!(run(&format!("date-time(decimal-date-time('{text}'))")), format!("'{text}'"));
        prop_assert_eq!(run(&format!("date-time(number('{text}'))")), format!("'{text}'"));
    }
}
