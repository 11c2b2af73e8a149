//! Functions about truth, and those that choose.

use super::{check, run_at, xml::Xml};

#[test]
fn boolean() {
    check(&[
        ("boolean('')", "false()"),
        ("boolean(' ')", "true()"),
        ("boolean('false')", "true()"),
        ("boolean('0')", "true()"),
        ("boolean(0)", "false()"),
        ("boolean(-0)", "false()"),
        ("boolean(0.0000001)", "true()"),
        ("boolean(-1)", "true()"),
        ("boolean(1 div 0)", "true()"),
        ("boolean(number('x'))", "false()"),
        ("boolean(//name)", "true()"),
        ("boolean(//patient[3]/age)", "true()"),
        ("boolean(//nothing)", "false()"),
        ("boolean(true())", "true()"),
    ]);
}

#[test]
fn not_true_and_false() {
    check(&[
        ("true()", "true()"),
        ("false()", "false()"),
        ("not(true())", "false()"),
        ("not(1)", "false()"),
        ("not('')", "true()"),
        ("not(//nothing)", "true()"),
        ("not(not('x'))", "true()"),
    ]);
}

#[test]
fn boolean_from_string() {
    check(&[
        ("boolean-from-string('true')", "true()"),
        ("boolean-from-string('TRUE')", "true()"),
        ("boolean-from-string('1')", "true()"),
        ("boolean-from-string(1)", "true()"),
        ("boolean-from-string('yes')", "false()"),
        ("boolean-from-string('false')", "false()"),
        ("boolean-from-string('0')", "false()"),
        ("boolean-from-string('')", "false()"),
        ("boolean-from-string(1 = 1)", "true()"),
        ("boolean-from-string(1 = 2)", "false()"),
    ]);
}

#[test]
fn if_() {
    check(&[
        ("if(1 = 1, 'yes', 'no')", "'yes'"),
        ("if('', 'yes', 'no')", "'no'"),
        ("if('false', 'yes', 'no')", "'yes'"),
        ("if(//nothing, 'yes', 'no')", "'no'"),
        ("if(true(), 5, 'x') + 1", "6"),
        ("if(false(), 5, //name)", "[name name name]"),
        ("if(true(), 1, count('never looked at'))", "1"),
        ("if(1 = 1, if(1 = 2, 'a', 'b'), 'c')", "'b'"),
    ]);
}

#[test]
fn coalesce() {
    check(&[
        ("coalesce('', 'b')", "'b'"),
        ("coalesce('a', 'b')", "'a'"),
        ("coalesce('', '')", "''"),
        ("coalesce(//nothing, 'b')", "'b'"),
        ("coalesce(//patient[3]/age, 'b')", "'b'"),
        ("coalesce(number('x'), 'b')", "'b'"),
        ("coalesce(0, 'b')", "'0'"),
        ("coalesce(//nothing, //age, 'c')", "'34'"),
    ]);
}

#[test]
fn once() {
    let document = Xml::parse("<r><p><q>x</q></p><p><q/></p></r>");
    let run = |at| run_at(&document, at, "once('y')").unwrap();
    assert_eq!(run("/r/p[1]/q"), "'x'", "what is there stays");
    assert_eq!(run("/r/p[2]/q"), "'y'");
}

#[test]
fn checklist() {
    check(&[
        ("checklist(-1, 2, 1, 0, 1)", "true()"),
        ("checklist(-1, 1, 1, 0, 1)", "false()"),
        ("checklist(2, -1, 1, 0, 1)", "true()"),
        ("checklist(3, -1, 1, 0, 1)", "false()"),
        ("checklist(2, 2, true(), false(), true())", "true()"),
        ("checklist(0, 0)", "true()"),
        ("checklist(1, 1, -5, 'yes', '')", "true()"),
        ("checklist(0, 0, 'no', 'false', '0', '-1')", "true()"),
        ("checklist(2, 2, //age)", "true()"),
        ("checklist(3, 3, //age, 'x')", "true()"),
        ("checklist(0, 0, //nothing)", "true()"),
    ]);
}

#[test]
fn weighted_checklist() {
    check(&[
        ("weighted-checklist(-1, 2, 2 > 1, 2)", "true()"),
        ("weighted-checklist(-1, 2, 2 > 1, 3)", "false()"),
        (
            "weighted-checklist(1, 2, 1 = 1, 1, 2 = 2, 1, 3 = 3, 1)",
            "false()",
        ),
        ("weighted-checklist(1, 1, 1 = 1, 0)", "false()"),
        (
            "weighted-checklist(2, -1, true(), 999, false(), 5)",
            "true()",
        ),
        ("weighted-checklist(5, 5, 1, 3.5, 1, 1.5)", "true()"),
        ("weighted-checklist(41, 41, //age, //age)", "true()"),
        ("weighted-checklist(4, 4, //age, 2)", "true()"),
        (
            "weighted-checklist(1, 1, 1)",
            "error: weighted-checklist() was given something it cannot work with",
        ),
        (
            "weighted-checklist(1, 1, //age, //name | //age)",
            "error: weighted-checklist() was given something it cannot work with",
        ),
    ]);
}
