//! XPath 1.0: paths, axes, predicates, types, operators, core functions.

use super::xml::Xml;
use super::{check, run_at};

#[test]
fn paths_walk_the_document() {
    check(&[
        ("/", "[/]"),
        ("/clinic", "[clinic]"),
        ("/clinic/patient", "[patient#p1 patient#p2 patient#p3]"),
        ("/clinic/patient/name", "[name name name]"),
        ("/clinic/*", "[patient#p1 patient#p2 patient#p3 note]"),
        ("//b", "[b]"),
        ("//patient", "[patient#p1 patient#p2 patient#p3]"),
        ("/clinic//name", "[name name name]"),
        ("/clinic/@name", "[@name=Toboali]"),
        ("/clinic/@*", "[@name=Toboali @beds=12]"),
        ("//@id", "[@id=p1 @id=p2 @id=p3]"),
        ("/clinic/note/text()", "[\"Buka\" \"hari\"]"),
        ("/clinic/note/node()", "[\"Buka\" b \"hari\"]"),
        ("/clinic/nothing", "[]"),
        ("//b/..", "[note]"),
        ("//b/.", "[b]"),
        ("//name/../age/../born", "[born born born]"),
    ]);
}

#[test]
fn every_axis_goes_its_way() {
    check(&[
        ("/clinic/child::note", "[note]"),
        ("//b/parent::note", "[note]"),
        ("//b/parent::patient", "[]"),
        ("//b/ancestor::*", "[clinic note]"),
        ("//b/ancestor-or-self::*", "[clinic note b]"),
        (
            "/clinic/patient[2]/following-sibling::*",
            "[patient#p3 note]",
        ),
        ("/clinic/patient[2]/preceding-sibling::*", "[patient#p1]"),
        ("/clinic/patient[3]/preceding-sibling::*[1]", "[patient#p2]"),
        ("/clinic/note/preceding::name[1]/text()", "[\"Citra\"]"),
        ("/clinic/patient[2]/name/following::name", "[name]"),
        ("/clinic/patient[2]/preceding::age", "[age]"),
        ("/clinic/note/descendant::*", "[b]"),
        ("/clinic/note/descendant-or-self::*", "[note b]"),
        ("/clinic/note/attribute::lang", "[@lang=id]"),
        ("//b/self::b", "[b]"),
        ("//b/self::c", "[]"),
        ("//b/ancestor::*[1]", "[note]"),
        ("(//b/ancestor::*)[1]", "[clinic]"),
        ("//b/ancestor::node()", "[/ clinic note]"),
        ("/clinic/@name/parent::*", "[clinic]"),
        ("/clinic/@name/following-sibling::*", "[]"),
        (
            "/clinic/@name/ancestor-or-self::node()",
            "[/ clinic @name=Toboali]",
        ),
        ("//b/preceding::*[1]", "[born]"),
        ("/clinic/patient[1]/following::*[last()]", "[b]"),
        (
            "/clinic/patient[2]/preceding::node()",
            "[patient#p1 name \"Ani\" age \"34\" born \"1990-05-17\"]",
        ),
        ("/clinic/namespace::*", "[]"),
    ]);
}

#[test]
fn predicates_pick_by_place_and_by_condition() {
    check(&[
        ("/clinic/patient[1]", "[patient#p1]"),
        ("/clinic/patient[last()]", "[patient#p3]"),
        ("/clinic/patient[position() > 1]", "[patient#p2 patient#p3]"),
        ("/clinic/patient[age]", "[patient#p1 patient#p2 patient#p3]"),
        ("/clinic/patient[age > 10]", "[patient#p1]"),
        ("/clinic/patient[@id = 'p2']/name", "[name]"),
        ("/clinic/patient[name = 'Budi']/@id", "[@id=p2]"),
        ("/clinic/patient[age != ''][2]", "[patient#p2]"),
        (
            "/clinic/patient[position() = 2 or @id = 'p3']",
            "[patient#p2 patient#p3]",
        ),
        ("//patient[not(age > 0)]/@id", "[@id=p3]"),
        ("(//name)[2]/text()", "[\"Budi\"]"),
        ("//name[1]/text()", "[\"Ani\" \"Budi\" \"Citra\"]"),
        ("/clinic/patient[0]", "[]"),
        ("/clinic/patient[1.5]", "[]"),
        ("/clinic/patient['x'][1]", "[patient#p1]"),
        (
            "/clinic/patient[current()/clinic/@beds = 12][1]",
            "[patient#p1]",
        ),
    ]);
}

#[test]
fn comments_and_instructions_are_nodes_too() {
    let document = Xml::parse("<a><!--first--><?go fast?><b/><!--second--></a>");
    let run = |text| run_at(&document, "/a", text).unwrap();
    assert_eq!(run("comment()"), "[\"first\" \"second\"]");
    assert_eq!(run("processing-instruction()"), "[\"fast\"]");
    assert_eq!(run("processing-instruction('go')"), "[\"fast\"]");
    assert_eq!(run("processing-instruction('stop')"), "[]");
    assert_eq!(run("string(comment())"), "'first'");
    assert_eq!(run("node()"), "[\"first\" \"fast\" b \"second\"]");
    assert_eq!(run("string(.)"), "''");
    assert_eq!(run("../a/b"), "[b]");
}

#[test]
fn operators_follow_their_strength() {
    check(&[
        ("1 + 2 * 3", "7"),
        ("(1 + 2) * 3", "9"),
        ("10 - 2 - 3", "5"),
        ("100 div 10 div 5", "2"),
        ("7 mod 3", "1"),
        ("-7 mod 3", "-1"),
        ("7 mod -3", "1"),
        ("1.5 mod 0.5", "0"),
        ("5 mod 2", "1"),
        ("5 mod -2", "1"),
        ("-5 mod 2", "-1"),
        ("-5 mod -2", "-1"),
        ("5 mod 0", "NaN"),
        ("5 mod (1 div 0)", "5"),
        ("6 div 4", "1.5"),
        ("1 div 0", "Infinity"),
        ("-1 div 0", "-Infinity"),
        ("0 div 0", "NaN"),
        ("1 div -0", "-Infinity"),
        ("'3' + '4'", "7"),
        ("'a' + 1", "NaN"),
        ("true() + true()", "2"),
        ("-'2'", "-2"),
        ("-//nothing", "NaN"),
        ("- (2 + 3) * 2", "-10"),
        ("0.1 + 0.2", "0.30000000000000004"),
        (".5 + 5.", "5.5"),
        ("10 \u{2212} 4", "6"),
        ("--2", "2"),
        ("- 2 + 5", "3"),
        ("2 - -2", "4"),
        ("1 = 1 = 1", "true()"),
        ("3 > 2 > 1", "false()"),
        ("1 < 2 = true()", "true()"),
        ("true() or false() and false()", "true()"),
        ("1 or nothing", "true()"),
        ("0 or ''", "false()"),
        (
            "//patient[1] | //patient[3] | //patient[1]",
            "[patient#p1 patient#p3]",
        ),
        ("count(//name | //age)", "6"),
    ]);
}

#[test]
fn names_of_operators_are_names_where_an_operand_stands() {
    let document = Xml::parse("<r><div>8</div><mod>3</mod><and>x</and><or>y</or><a-b>5</a-b></r>");
    let run = |text| run_at(&document, "/r", text).unwrap();
    assert_eq!(run("div div mod"), "2.6666666666666665");
    assert_eq!(run("and = 'x' and or = 'y'"), "true()");
    assert_eq!(run("a-b"), "[a-b]");
    assert_eq!(run("* * 2"), "16");
    assert_eq!(run("mod*div"), "24");
}

#[test]
fn comparisons_with_nodes_hold_when_any_node_makes_them() {
    check(&[
        ("//age = 7", "true()"),
        ("//age != 7", "true()"),
        ("//age > 33", "true()"),
        ("//age > 34", "false()"),
        ("7 < //age", "true()"),
        ("//name = 'Citra'", "true()"),
        ("//name = //age", "false()"),
        ("//nothing = ''", "false()"),
        ("//nothing = false()", "true()"),
        ("//name = true()", "true()"),
        ("'a' < 'b'", "false()"),
        ("'2' < '10'", "true()"),
        ("'1.0' = 1", "true()"),
        ("'1.0' = '1'", "false()"),
        ("true() = 'anything'", "true()"),
        ("true() > false()", "true()"),
        ("number('x') = number('x')", "false()"),
        ("number('x') != 1", "true()"),
        ("number('x') < 1", "false()"),
        ("1 div 0 > 1000", "true()"),
        ("0 = -0", "true()"),
        ("'' = 0", "false()"),
        ("'x' = 0", "false()"),
        ("true() = 1", "true()"),
        ("true() = 5", "true()"),
        ("true() > '0'", "true()"),
        ("false() = ''", "true()"),
        ("//age > //clinic/@beds", "true()"),
        ("//age < //age", "true()"),
        ("//patient[1]/age < //patient[1]/age", "false()"),
        ("//name != //name", "true()"),
        ("//patient[1]/name != //patient[1]/name", "false()"),
        ("//nothing != 'x'", "false()"),
        ("//nothing < 1", "false()"),
        ("//nothing = //nothing", "false()"),
        ("//nothing < true()", "true()"),
        ("${nowhere} = ''", "true()"),
        ("${nowhere} < 1", "false()"),
    ]);
}
