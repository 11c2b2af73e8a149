//! Functions about choices: what a select question holds is the names of its choices with a blank between.

use super::check;

#[test]
fn selected() {
    check(&[
        ("selected('a b c', 'b')", "true()"),
        ("selected('a b c', 'a')", "true()"),
        ("selected('a b c', 'c')", "true()"),
        ("selected('a', 'a')", "true()"),
        ("selected('a bb c', 'b')", "false()"),
        ("selected('', 'b')", "false()"),
        ("selected(' a  b ', ' b ')", "true()"),
        ("selected('a', '')", "false()"),
        ("selected('1 2 3', 2)", "true()"),
        ("selected(//nothing, 'a')", "false()"),
        ("is-selected('a b', 'b')", "true()"),
    ]);
}

#[test]
fn selected_at() {
    check(&[
        ("selected-at('a b c', 0)", "'a'"),
        ("selected-at('a b c', 2)", "'c'"),
        ("selected-at('a b c', '1')", "'b'"),
        ("selected-at('a b c', 1.9)", "'b'"),
        ("selected-at('a b c', 3)", "''"),
        ("selected-at('a b c', -1)", "''"),
        ("selected-at('a b c', number(''))", "''"),
        ("selected-at('', 0)", "''"),
    ]);
}

#[test]
fn count_selected() {
    check(&[
        ("count-selected('a b c')", "3"),
        ("count-selected('a')", "1"),
        ("count-selected('')", "0"),
        ("count-selected('  ')", "0"),
        ("count-selected(//nothing)", "0"),
    ]);
}

#[test]
fn choice_name() {
    check(&[
        ("jr:choice-name('y', '${pets}')", "'Yes, pets'"),
        ("jr:choice-name('y', ${pets})", "'Yes, pets'"),
        ("jr:choice-name('z', '${pets}')", "''"),
        (
            "jr:choice-name('y', 'pets')",
            "error: jr:choice-name() was given something it cannot work with",
        ),
    ]);
}

#[test]
fn itext() {
    check(&[
        ("jr:itext('/f/pets:label')", "'Pets?'"),
        ("jr:itext('nothing')", "''"),
    ]);
}
