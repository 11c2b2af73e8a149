//! What is wrong with a form is said at its cell, all of it at once.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use anjangsana::form::{Cause, FormErrors, QuestionKind, Sheet, column_letters};
use proptest::prelude::*;

use crate::form_support::{csv, form, try_form};

#[track_caller]
fn errors(survey: &str, choices: &str) -> Vec<String> {
    let FormErrors(errors) = try_form(survey, choices, "").expect_err("the form has mistakes");
    errors.iter().map(ToString::to_string).collect()
}

#[test]
fn a_wrong_reference_is_shown_with_the_right_one() {
    let found = errors(
        "type    | name        | label | relevant
         integer | org_anggota | How many? |
         text    | why         | Why?  | ${anggota} > 3",
        "",
    );
    assert_eq!(
        found,
        ["survey!D3 (relevant): `${anggota}` is not a question; did you mean `${org_anggota}`?"]
    );
}

#[test]
fn all_mistakes_come_at_once_in_the_order_of_the_sheets() {
    let found = errors(
        "type          | name | label  | relevant  | constraint | calculation
         intger        | a    | A      |           |            |
         select_one xy | b    | B      |           |            |
         text          | b    | B      |           |            |
         text          | 3c   | C      |           |            |
         text          |      | D      |           |            |
         integer       | e    | E      | ${f       | sumn(.) >  |
         calculate     | g    |        |           |            |
         calculate     | h    |        |           |            | selcted(${b}, 'x')
         select_one    | i    | I      |           |            |
         note          | j    | Hi ${nobody} |     |            |
         rank xyz      | k    | K      |           |            |",
        "list_name | name | label
         xyz       | p    | P
         xyz       | p    | P again
         xyz       | q r  | Q
         xyz       |      | nothing",
    );
    assert_eq!(
        found,
        [
            "survey!A2 (type): `intger` is not a type of question; did you mean `integer`?",
            "survey!A3 (type): there is no list `xy` in the choices; did you mean `xyz`?",
            "survey!B4 (name): the name `b` is used already in row 3; give one of them another name",
            "survey!B5 (name): `3c` cannot be a name; a name starts with a letter and has only letters, digits, `_`, `-` and `.`",
            "survey!A6 (type): the name is missing",
            "survey!D7 (relevant): `${` is opened and never closed (character 1)",
            "survey!E7 (constraint): there is no function `sumn()` (character 1); did you mean `sum`?",
            "survey!A8 (type): a calculation is missing",
            "survey!F9 (calculation): there is no function `selcted()` (character 1); did you mean `selected`?",
            "survey!A10 (type): the type needs a list after it",
            "survey!C11 (label): `${nobody}` is not a question",
            "choices!B3 (name): the choice `p` is in the list `xyz` already, in row 2",
            "choices!B4 (name): the choice `q r` has a blank in its name; write `q_r`",
            "choices!5: the choice has no list or no name",
        ]
    );
}

#[test]
fn groups_and_repeats_must_close_what_they_open() {
    let head = "type | name | label\n";
    let of = |rows: &str| errors(&format!("{head}{rows}"), "");
    assert_eq!(
        of("begin_group|g|G\ntext|a|A"),
        ["survey!2: this group is never closed"]
    );
    assert_eq!(
        of("text|a|A\nend repeat||"),
        ["survey!A3 (type): there is no repeat open here to close"]
    );
    assert_eq!(
        of("begin repeat|r|R\ntext|a|A\nend group||"),
        [
            "survey!A4 (type): this closes a group, but the repeat of row 2 is open; write `end_repeat`"
        ]
    );
    let deep: String = (0..40)
        .map(|n| format!("begin group|g{n}|G\n"))
        .collect::<String>()
        + &"end group||\n".repeat(40);
    assert_eq!(
        of(&deep),
        ["survey!A32 (type): the form is too large: groups are nested more than 30 deep"]
    );
}

#[test]
fn circles_are_named_by_their_path() {
    let found = errors(
        "type      | name | label | calculation | relevant
         calculate | a    |       | ${c} + 1    |
         calculate | b    |       | ${a} + 1    |
         calculate | c    |       | ${b} + 1    |
         text      | d    | D     |             | ${c} > 1",
        "",
    );
    assert_eq!(found.len(), 1);
    assert!(
        found[0].contains("in a circle: ${a} -> ${c} -> ${b} -> ${a}"),
        "{}",
        found[0]
    );
    assert!(
        found[0].starts_with("survey!D2 (calculation)"),
        "{}",
        found[0]
    );
}

#[test]
fn a_group_that_hangs_on_its_own_question_is_a_circle() {
    let found = errors(
        "type        | name | label | relevant
         begin group | g    | G     | ${a} = 'x'
         text        | a    | A     |
         end group   |      |       |",
        "",
    );
    assert!(
        found[0].starts_with("survey!D2 (relevant): these depend on each other in a circle"),
        "{}",
        found[0]
    );
    let itself = errors("type|name|label|relevant\ntext|a|A|${a} = ''", "");
    assert!(itself[0].contains("${a} -> ${a}"), "{}", itself[0]);
}

#[test]
fn a_rule_about_the_answer_itself_is_no_circle() {
    form(
        "type|name|label|constraint\ninteger|a|A|. > 3 and ${a} < 9",
        "",
    );
    form(
        "type|name|calculation\ncalculate|a|once(uuid())\ncalculate|b|if(. = '', today(), .)",
        "",
    );
}

#[test]
fn sheets_and_columns_that_are_missing_are_named() {
    assert_eq!(
        errors("kind|name\ntext|a", ""),
        ["survey: the column `type` is missing"]
    );
    assert_eq!(
        errors("type|label\ntext|a", ""),
        ["survey: the column `name` is missing"]
    );
    assert_eq!(errors("", ""), ["survey: the column `type` is missing"]);
    assert_eq!(
        errors("type|name", ""),
        ["survey: the form has no questions"]
    );
    assert_eq!(
        errors("type|name|label\ntext|a|A", "list|name\nx|y"),
        ["choices: the column `list_name` is missing"]
    );
}

#[test]
fn a_language_that_is_not_there_is_an_error() {
    let FormErrors(found) = try_form(
        "type|name|label::Bahasa Indonesia (id)|label::English (en)\ntext|a|Apa?|What?",
        "",
        "form_id|default_language\nx|Bahasa Indonesia",
    )
    .expect_err("no such language");
    assert_eq!(
        found[0].cause,
        Cause::UnknownLanguage("Bahasa Indonesia".into())
    );
    assert_eq!(found[0].cell, "B2");
}

#[test]
fn columns_go_by_all_their_names() {
    let form = form(
        "Type             | name | Label        | relevance | bind::constraint | readonly | note for us
         select one fruit | a    | Fruit?       |           |                  | yes      |
         begin group      | g    | G            |           |                  |          |
         select1 fruit    | b    | Other fruit? | ${a} = 'x'|                  |          | ask Budi
         end group        |      |              |           |                  |          |",
        "list name | value | label\nfruit | x | X",
    );
    assert_eq!(
        form.question("a").unwrap().question_kind(),
        Some(QuestionKind::SelectOne)
    );
    assert!(form.question("b").unwrap().relevant.is_some());
    assert_eq!(form.question("b").unwrap().extra["note for us"], "ask Budi");
    assert_eq!(form.languages(), [""]);
}

#[test]
fn text_in_brackets_is_a_default_and_not_a_call() {
    let form = form(
        "type|name|label|default\ntext|a|A|Toko (baru)\ndate|b|B|today()",
        "",
    );
    let session = anjangsana::form::Session::open(
        form,
        Default::default(),
        crate::form_support::surroundings(),
    );
    assert_eq!(session.answers()["a"], "Toko (baru)");
    assert_eq!(session.answers()["b"], "2024-11-08");
}

#[test]
fn mistakes_in_suggestions_and_roles_are_named() {
    let FormErrors(errors) = try_form(
        "type | name | label | role      | points | scored     | weight
         date | a    | A     | visit_dat |        |            |
         text | b    | B     | board     | 1      | ${bb} = '' | 3",
        "list_name | name | label        | if         | days | problem
         saran     | p    | Do p         | ${a} != '' | soon | Found p
         saran     | q    | Do q ${c}    | ${d} != '' | 5    | Found ${e}
         saran     | r    | Do r         |            | 5    | Found r",
        "form_id | suggestions
         uji     | saran",
    )
    .expect_err("the form has mistakes");
    let found: Vec<String> = errors.iter().map(ToString::to_string).collect();
    assert_eq!(
        found,
        [
            "survey!D2 (role): `visit_dat` is not a role that an answer can have; did you mean `visit_date`?",
            "survey!F3 (scored): `${bb}` is not a question; did you mean `${b}`?",
            "choices!2: a suggestion needs a condition in `if` and a whole number of days in `days`",
            "choices!C3 (label): `${c}` is not a question; did you mean `${a}`?",
            "choices!D3 (if): `${d}` is not a question; did you mean `${a}`?",
            "choices!F3 (problem): `${e}` is not a question; did you mean `${a}`?",
            "choices!4: a suggestion needs a condition in `if` and a whole number of days in `days`",
        ]
    );
}

#[test]
fn or_other_brings_a_choice_and_a_question() {
    let form = form(
        "type|name|label\nselect_one fruit or_other|a|Fruit?\ntext|z|Z",
        "list_name|name|label\nfruit|x|X",
    );
    let mut session = anjangsana::form::Session::open(
        form,
        Default::default(),
        crate::form_support::surroundings(),
    );
    assert_eq!(session.question("a", "").unwrap().choices[1].name, "other");
    assert_eq!(session.items("form", "").len(), 2);
    session.answer("a", Some("other")).unwrap();
    assert_eq!(session.items("form", "").len(), 3);
    session.answer("a_other", Some("durian")).unwrap();
    assert_eq!(session.submission()["a_other"], "durian");
}

#[test]
fn columns_are_lettered_as_in_excel() {
    let letters: Vec<String> = [0, 25, 26, 51, 52, 701, 702]
        .into_iter()
        .map(column_letters)
        .collect();
    assert_eq!(letters, ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]);
}

#[test]
fn blank_lines_and_cells_with_line_breaks_keep_the_numbers_of_rows() {
    let text = "\u{feff}type,name,label\ntext,a,\"two\nlines\"\n,,\ntext,b,B\n";
    let sheet = Sheet::from_csv("survey", text).unwrap();
    assert_eq!(
        sheet.rows.iter().map(|row| row.number).collect::<Vec<_>>(),
        [2, 4]
    );
}

#[test]
fn too_many_rows_end_in_an_error_and_not_in_waiting() {
    let survey = format!("type|name|label\n{}", "text|a|A\n".repeat(30_000));
    assert_eq!(
        errors(&survey, ""),
        [
            "survey: the form is too large: more than 20,000 rows; leave out what the form does not need, or make two forms of it"
        ]
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    /// No table, however odd, makes the importer panic; what it takes can be opened.
    #[test]
    fn no_sheet_makes_the_importer_panic(rows in proptest::collection::vec(any_row(), 0..12), wild in "\\PC{0,80}") {
        let survey = csv(&format!("type|name|label|relevant|calculation|repeat_count|default|constraint|{wild}\n{}", rows.join("\n")));
        let sheets = anjangsana::form::Sheets::from_csv(&survey, &wild, &wild);
        for sheets in [sheets, anjangsana::form::Sheets::from_csv(&survey, "", "")].into_iter().flatten() {
            if let Ok(form) = anjangsana::form::compile(&sheets) {
                let form = std::sync::Arc::new(form);
                let session = anjangsana::form::Session::open(form, Default::default(), crate::form_support::surroundings());
                session.problems("en");
                session.pages();
            }
        }
    }
}

fn any_row() -> impl Strategy<Value = String> {
    let kind = proptest::sample::select(vec![
        "text",
        "integer",
        "begin group",
        "end group",
        "begin repeat",
        "end repeat",
        "calculate",
        "note",
        "select_one x",
        "date",
        "start",
        "",
        "nonsense",
    ]);
    let name = proptest::sample::select(vec!["a", "b", "c", "d", "e", "f", "g", "h", "", "1x"]);
    let formula = proptest::sample::select(vec![
        "",
        "",
        "",
        "${a} > 1",
        "${b}",
        "count(${c})",
        "../d + 1",
        "position(..)",
        "3",
        "//e",
        "sum(//f)",
        "current()/../a",
        "indexed-repeat(${a}, ${c}, 1)",
        "/data/c[1]/a",
        "(",
        "today()",
        "regex(., '[')",
        "1000000",
    ]);
    (
        kind,
        name,
        formula.clone(),
        formula.clone(),
        formula.clone(),
        formula.clone(),
        formula,
    )
        .prop_map(|(kind, name, a, b, c, d, e)| {
            format!("{kind}|{name}|L ${{a}}|{a}|{b}|{c}|{d}|{e}")
        })
}
