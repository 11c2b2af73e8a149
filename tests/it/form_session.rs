//! Filling forms: what applies, what is computed, what is wrong, what is sent.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::collections::BTreeMap;

use anjangsana::form::{
    AnswerError, Answers, Item, Problem, ProblemKind, QuestionKind, Session, Surroundings,
};
use proptest::prelude::*;

use crate::form_support::{form, give, session, surroundings, try_form, value};

fn kinds(problems: &[Problem]) -> Vec<(&str, ProblemKind)> {
    problems
        .iter()
        .map(|problem| (problem.path.as_str(), problem.kind))
        .collect()
}

const YES_NO: &str = "list_name|name|label\nyn|yes|Yes\nyn|no|No";

#[test]
fn a_question_that_does_not_apply_is_kept_and_not_sent() {
    let mut session = session(
        "type          | name | label | relevant      | required
         select_one yn | pets | Pets? |               |
         integer       | dogs | Dogs? | ${pets} = 'yes' | yes",
        YES_NO,
    );
    assert_eq!(kinds(&session.problems("en")), []);
    give(&mut session, "pets", "yes");
    assert_eq!(
        kinds(&session.problems("en")),
        [("dogs", ProblemKind::Required)]
    );
    give(&mut session, "dogs", "2");
    let changes = session.answer("pets", Some("no")).unwrap();
    assert!(changes.pages_changed);
    assert_eq!(
        changes.views.into_iter().collect::<Vec<_>>(),
        ["dogs", "pets"]
    );
    assert_eq!(value(&session, "dogs"), "2");
    assert_eq!(session.submission().keys().collect::<Vec<_>>(), ["pets"]);
    give(&mut session, "pets", "yes");
    assert_eq!(session.submission()["dogs"], "2");
}

#[test]
fn what_is_in_a_group_that_does_not_apply_does_not_apply() {
    let mut session = session(
        "type        | name  | label | relevant     | calculation
         integer     | age   | Age?  |              |
         begin group | work  | Work  | ${age} >= 18 |
         begin group | job   | Job   |              |
         text        | title | Title?|              |
         end group   |       |       |              |
         end group   |       |       |              |
         calculate   | shown |       |              | concat('[', ${title}, ']')",
        "",
    );
    give(&mut session, "age", "30");
    give(&mut session, "title", "fisher");
    assert_eq!(value(&session, "shown"), "[fisher]");
    give(&mut session, "age", "8");
    assert_eq!(
        value(&session, "shown"),
        "[]",
        "what does not apply is empty for expressions"
    );
    assert!(!session.question("title", "").unwrap().relevant);
    let pages = session.pages();
    assert_eq!(
        pages
            .iter()
            .map(|p| (p.name.as_str(), p.relevant))
            .collect::<Vec<_>>(),
        [("form", true), ("job", false)]
    );
    assert_eq!(pages[1].section, "work");
}

#[test]
fn an_empty_answer_equals_the_empty_text_wherever_it_is() {
    let mut session = session(
        "type      | name | label | relevant   | calculation
         text      | a    | A     |            |
         text      | b    | B     | ${a} = 'x' |
         calculate | c    |       |            | if(${b} = '', 'blank', 'filled')",
        "",
    );
    assert_eq!(value(&session, "c"), "blank");
    give(&mut session, "a", "x");
    give(&mut session, "b", "1");
    assert_eq!(value(&session, "c"), "filled");
    give(&mut session, "a", "y");
    assert_eq!(value(&session, "c"), "blank");
}

#[test]
fn rules_apply_to_answers_and_not_to_blanks() {
    let mut session = session(
        "type    | name | label | constraint        | constraint_message
         integer | a    | A     | . > 3             |
         integer | b    | B     | . > ${a}          | More than ${a}, please.",
        "",
    );
    assert_eq!(kinds(&session.problems("en")), []);
    give(&mut session, "a", "3");
    assert_eq!(
        session.problems("en")[0].message,
        "This answer is not allowed."
    );
    assert_eq!(
        session.problems("id")[0].message,
        "Jawaban ini tidak sesuai ketentuan."
    );
    give(&mut session, "a", "7");
    give(&mut session, "b", "7");
    assert_eq!(session.problems("en")[0].message, "More than 7, please.");
    let changes = session.answer("a", Some("6")).unwrap();
    assert!(changes.views.contains("b"));
    assert_eq!(kinds(&session.problems("en")), []);
}

#[test]
fn answers_of_the_wrong_type_are_kept_and_named() {
    let table = [
        ("integer", "12", true),
        ("integer", "-12", true),
        ("integer", "abc", false),
        ("integer", "1.5", false),
        ("integer", "1e3", false),
        ("decimal", "1234567.89", true),
        ("decimal", "1.500,00", false),
        ("decimal", ".5", false),
        ("date", "2024-02-29", true),
        ("date", "2023-02-29", false),
        ("date", "07-11-2024", false),
        ("time", "23:59", true),
        ("time", "25:00", false),
        ("dateTime", "2024-11-07T09:30:00.000+07:00", true),
        ("dateTime", "2024-11-07", false),
        ("select_one yn", "yes", true),
        ("select_one yn", "maybe", false),
        ("select_one yn", "yes no", false),
        ("select_multiple yn", "yes no", true),
        ("select_multiple yn", "yes yes", false),
        ("acknowledge", "OK", true),
        ("acknowledge", "ok", false),
        ("geopoint", "-3.0 106.4", true),
        ("geopoint", "-3.0 106.4 12 5", true),
        ("geopoint", "-93.0 106.4", false),
        ("geopoint", "here", false),
        ("barcode", "8991234567890", true),
        ("text", "anything at all", true),
    ];
    for (kind, answer, fits) in table {
        let mut session = session(&format!("type|name|label\n{kind}|q|Q"), YES_NO);
        give(&mut session, "q", answer);
        let found = kinds(&session.problems("en")) == [("q", ProblemKind::Type)];
        assert_eq!(found, !fits, "{kind} {answer}");
        assert_eq!(value(&session, "q"), answer);
    }
}

#[test]
fn a_range_has_its_bounds() {
    let mut session = session(
        "type|name|label|parameters\nrange|q|Q|start=1 end=5 step=1",
        "",
    );
    assert_eq!(
        session.question("q", "").unwrap().parameters[0],
        ("end".into(), "5".into())
    );
    give(&mut session, "q", "5");
    assert_eq!(kinds(&session.problems("en")), []);
    give(&mut session, "q", "6");
    assert_eq!(kinds(&session.problems("en")), [("q", ProblemKind::Type)]);
}

#[test]
fn required_may_be_an_expression() {
    let mut session = session(
        "type        | name | label | required   | required_message
         integer     | a    | A     |            |
         text        | b    | B     | ${a} > 1   | Say why.
         acknowledge | c    | C     | yes        |",
        "",
    );
    assert_eq!(
        kinds(&session.problems("en")),
        [("c", ProblemKind::Required)]
    );
    give(&mut session, "a", "2");
    assert_eq!(session.problems("en")[0].message, "Say why.");
    give(&mut session, "b", "   ");
    assert_eq!(
        session.problems("en")[0].kind,
        ProblemKind::Required,
        "blanks are no answer"
    );
    give(&mut session, "b", "because");
    give(&mut session, "c", "OK");
    assert_eq!(kinds(&session.problems("en")), []);
}

#[test]
fn what_is_computed_cannot_be_typed() {
    let mut session = session(
        "type      | name | label | calculation | read_only
         integer   | a    | A     |             |
         integer   | b    | B     | ${a} * 2    |
         text      | c    | C     |             | ${a} > 5
         calculate | d    |       | ${b} + 1    |
         start     | e    |       |             |",
        "",
    );
    for path in ["b", "d", "e"] {
        assert_eq!(
            session.answer(path, Some("1")),
            Err(AnswerError::ReadOnly(path.into()))
        );
    }
    assert_eq!(
        session.answer("nothing", Some("1")),
        Err(AnswerError::Unknown("nothing".into()))
    );
    give(&mut session, "c", "free");
    give(&mut session, "a", "6");
    assert_eq!(value(&session, "d"), "13");
    assert_eq!(
        session.answer("c", Some("x")),
        Err(AnswerError::ReadOnly("c".into()))
    );
    assert!(session.question("c", "").unwrap().read_only);
}

#[test]
fn a_calculation_without_a_result_is_blank() {
    let mut session = session(
        "type|name|label|calculation\ninteger|a|A|\ncalculate|b||${a} div 0\ncalculate|c||${a} + 1",
        "",
    );
    assert_eq!(
        (value(&session, "b"), value(&session, "c")),
        (String::new(), String::new())
    );
    give(&mut session, "a", "1");
    assert_eq!(
        (value(&session, "b").as_str(), value(&session, "c").as_str()),
        ("", "2")
    );
    let changes = session.answer("a", None).unwrap();
    assert_eq!(changes.values, [("a".into(), None), ("c".into(), None)]);
}

#[test]
fn a_computed_value_takes_the_form_of_its_question() {
    let mut session = session(
        "type     | name | label | calculation      | default
         date     | d    | D     |                  |
         date     | week | W     | ${d} + 7         |
         dateTime | noon | N     | date-time(decimal-date-time(${d}) + 0.5) |
         integer  | half | H     | 7 div 2          |
         date     | due  | Due   |                  | today() + 1
         note     | n    | ${half} of ${week} |     |",
        "",
    );
    give(&mut session, "d", "2024-12-28");
    assert_eq!(value(&session, "week"), "2025-01-04");
    assert_eq!(value(&session, "noon"), "2024-12-28T12:00:00.000+07:00");
    assert_eq!(value(&session, "half"), "3");
    assert_eq!(value(&session, "due"), "2024-11-09");
    assert_eq!(session.question("n", "").unwrap().label, "3 of 2025-01-04");
    assert_eq!(session.problems("en"), []);
}

#[test]
fn a_default_is_filled_in_once() {
    let form = form(
        "type|name|label|default\ntext|a|A|hello\ndate|b|B|today()\ntext|c|C|concat('x', ${a})",
        "",
    );
    let mut first = Session::open(form.clone(), Answers::new(), surroundings());
    assert_eq!(first.changes_on_open().len(), 3);
    assert_eq!(value(&first, "c"), "xhello");
    let changes = first.answer("a", None).unwrap();
    assert_eq!(
        changes.values,
        [("a".into(), Some(String::new()))],
        "cleared by hand is remembered"
    );
    let again = Session::open(form, first.answers().clone(), surroundings());
    assert_eq!(again.changes_on_open(), []);
    assert_eq!(again.question("a", "").unwrap().value, None);
    assert!(!again.submission().contains_key("a"));
}

#[test]
fn a_trigger_lets_a_calculation_run_once_and_be_corrected() {
    let mut session = session(
        "type|name|label|calculation|trigger\ninteger|a|A||\ninteger|b|B|${a} * 10|${a}",
        "",
    );
    give(&mut session, "a", "2");
    assert_eq!(value(&session, "b"), "20");
    give(&mut session, "b", "21");
    assert_eq!(value(&session, "b"), "21");
    give(&mut session, "a", "3");
    assert_eq!(value(&session, "b"), "30");
}

#[test]
fn labels_are_filled_with_answers_in_every_language() {
    let form = try_form(
        "type|name|label::Bahasa Indonesia (id)|label::English (en)|hint::English (en)
         text|who|Siapa?|Who?|
         note|hi|Halo ${who}!|Hello ${who}!|you are ${who}",
        "",
        "form_id|default_language\nx|Bahasa Indonesia (id)",
    )
    .unwrap();
    let mut session = Session::open(form.into(), Answers::new(), surroundings());
    let changes = session.answer("who", Some("Ani")).unwrap();
    assert!(changes.views.contains("hi"));
    assert_eq!(session.question("hi", "en").unwrap().label, "Hello Ani!");
    assert_eq!(
        session
            .question("hi", "Bahasa Indonesia (id)")
            .unwrap()
            .label,
        "Halo Ani!"
    );
    assert_eq!(
        session.question("hi", "fr").unwrap().label,
        "Halo Ani!",
        "an unknown language is the default one"
    );
    assert_eq!(
        session.question("hi", "en").unwrap().hint.as_deref(),
        Some("you are Ani")
    );
}

#[test]
fn choices_are_filtered_by_what_was_chosen() {
    let mut session = session(
        "type            | name | label | choice_filter | calculation
         select_one kec  | kec  | Kec?  |               |
         select_one desa | desa | Desa? | kec = ${kec}  |
         calculate       | said |       |               | jr:choice-name(${desa}, '${desa}')
         calculate       | all  |       |               | count(instance('desa')/root/item[kec = ${kec}])",
        "list_name | name | label   | kec
         kec       | t    | Toboali |
         kec       | l    | Lepar   |
         desa      | t1   | Gadung  | t
         desa      | t2   | Rias    | t
         desa      | l1   | Tanjung | l",
    );
    let offered = |session: &Session| -> Vec<String> {
        session
            .question("desa", "")
            .unwrap()
            .choices
            .into_iter()
            .map(|choice| choice.label)
            .collect()
    };
    assert_eq!(offered(&session), Vec::<String>::new());
    let changes = session.answer("kec", Some("t")).unwrap();
    assert!(changes.views.contains("desa"));
    assert_eq!(offered(&session), ["Gadung", "Rias"]);
    assert_eq!(value(&session, "all"), "2");
    give(&mut session, "desa", "t2");
    assert_eq!(value(&session, "said"), "Rias");
    give(&mut session, "kec", "l");
    assert_eq!(offered(&session), ["Tanjung"]);
    assert_eq!(
        kinds(&session.problems("en")),
        [("desa", ProblemKind::Type)],
        "what is no longer offered is named"
    );
}

#[test]
fn tables_from_outside_give_choices_and_values() {
    let form = form(
        "type                          | name | label | choice_filter     | parameters            | calculation
         text                          | kec  | Kec?  |                   |                       |
         select_one_from_file kop.csv  | kop  | Kop?  | kec = ${kec}      | value=id label=nama   |
         calculate                     | jenis|       |                   |                       | pulldata('kop', 'jenis', 'id', ${kop})
         calculate                     | nama |       |                   |                       | jr:choice-name(${kop}, '${kop}')",
        "",
    );
    let row = |cells: [(&str, &str); 4]| -> BTreeMap<String, String> {
        cells
            .into_iter()
            .map(|(k, v)| (k.to_string(), v.to_string()))
            .collect()
    };
    let mut around = surroundings();
    around.tables.insert(
        "kop".into(),
        vec![
            row([
                ("id", "1"),
                ("nama", "Laut"),
                ("jenis", "jasa"),
                ("kec", "a"),
            ]),
            row([
                ("id", "2"),
                ("nama", "Lada"),
                ("jenis", "produsen"),
                ("kec", "b"),
            ]),
        ],
    );
    let mut session = Session::open(form, Answers::new(), around);
    give(&mut session, "kec", "b");
    assert_eq!(
        session.question("kop", "").unwrap().choices[0].label,
        "Lada"
    );
    give(&mut session, "kop", "2");
    assert_eq!(
        (
            value(&session, "jenis").as_str(),
            value(&session, "nama").as_str()
        ),
        ("produsen", "Lada")
    );
    assert_eq!(kinds(&session.problems("en")), []);
}

const HOUSEHOLD: &str = "type         | name  | label    | calculation                       | constraint | relevant | default | required
                         text         | head  | Head?    |                                   |            |          |         |
                         begin repeat | child | Child    |                                   |            |          |         |
                         text         | name  | Name?    |                                   |            |          |         | yes
                         integer      | age   | Age?     |                                   | . < 18     |          | 5       |
                         text         | school| School?  |                                   |            | ${age} > 6 |       |
                         calculate    | number|          | position(..)                      |            |          |         |
                         calculate    | older |          | ${age} + 1                        |            |          |         |
                         end repeat   |       |          |                                   |            |          |         |
                         calculate    | ages  |          | sum(${age})                       |            |          |         |
                         calculate    | count |          | count(${child})                   |            |          |         |
                         calculate    | first |          | indexed-repeat(${name}, ${child}, 1) |         |          |         |
                         calculate    | names |          | join(' ', ${name})                |            |          |         |
                         calculate    | big   |          | count(${child}[age > 6])          |            |          |         |";

#[test]
fn repeats_come_and_go() {
    let mut session = session(HOUSEHOLD, "");
    let changes = session.add_repeat("child", "k1").unwrap();
    assert_eq!(
        changes.values,
        [
            ("child/k1", "1"),
            ("child/k1/age", "5"),
            ("child/k1/number", "1"),
            ("child/k1/older", "6"),
            ("ages", "5"),
            ("count", "1"),
        ]
        .map(|(path, value)| (path.to_string(), Some(value.to_string())))
        .into_iter()
        .collect::<BTreeMap<_, _>>()
        .into_iter()
        .collect::<Vec<_>>()
    );
    session.add_repeat("child", "k2").unwrap();
    give(&mut session, "child/k1/name", "Ani");
    give(&mut session, "child/k2/name", "Budi");
    give(&mut session, "child/k2/age", "9");
    assert!(session.question("child/k2/school", "").unwrap().relevant);
    assert!(!session.question("child/k1/school", "").unwrap().relevant);
    for (path, wanted) in [
        ("ages", "14"),
        ("count", "2"),
        ("first", "Ani"),
        ("names", "Ani Budi"),
        ("big", "1"),
        ("child/k2/older", "10"),
    ] {
        assert_eq!(value(&session, path), wanted, "{path}");
    }
    let changes = session.remove_repeat("child/k1").unwrap();
    assert!(changes.values.contains(&("child/k1/name".into(), None)));
    assert!(
        changes
            .values
            .contains(&("child/k2/number".into(), Some("1".into()))),
        "the next one moves up"
    );
    assert_eq!(
        (
            value(&session, "names").as_str(),
            value(&session, "first").as_str()
        ),
        ("Budi", "Budi")
    );
    assert_eq!(session.submission()["child/k2"], "1");
    assert_eq!(
        session.add_repeat("child", "k2"),
        Err(AnswerError::Doubled("child/k2".into()))
    );
    assert_eq!(
        session.add_repeat("child", "a/b"),
        Err(AnswerError::Key("a/b".into()))
    );
    assert_eq!(
        session.add_repeat("head", "x"),
        Err(AnswerError::Unknown("head".into()))
    );
    assert_eq!(
        session.remove_repeat("child/k9"),
        Err(AnswerError::Unknown("child/k9".into()))
    );
}

#[test]
fn a_repeat_is_shown_with_its_instances() {
    let mut session = session(HOUSEHOLD, "");
    session.add_repeat("child", "k1").unwrap();
    let items = session.items("form", "");
    let [Item::Question(head), Item::Repeat(child)] = items.as_slice() else {
        panic!("{items:?}")
    };
    assert_eq!(head.path, "head");
    assert_eq!(
        (
            child.path.as_str(),
            child.label.as_str(),
            child.can_add,
            child.can_remove
        ),
        ("child", "Child", true, true)
    );
    assert_eq!(child.instances[0].label, "Child 1");
    let paths: Vec<&str> = child.instances[0]
        .items
        .iter()
        .map(|item| match item {
            Item::Question(question) => question.path.as_str(),
            Item::Repeat(repeat) => repeat.path.as_str(),
        })
        .collect();
    assert_eq!(paths, ["child/k1/name", "child/k1/age"]);
    let problems = session.problems("en");
    assert_eq!(kinds(&problems), [("child/k1/name", ProblemKind::Required)]);
    assert_eq!(problems[0].page, "form");
    let page = &session.pages()[0];
    assert_eq!(
        (
            page.questions_relevant,
            page.answered,
            page.missing_required,
            page.problems
        ),
        (3, 1, 1, 0)
    );
}

#[test]
fn repeats_nest() {
    let mut session = session(
        "type         | name  | label | calculation
         begin repeat | house | House |
         text         | owner | Owner |
         begin repeat | room  | Room  |
         integer      | beds  | Beds  |
         calculate    | both  |       | concat(${owner}, ${beds})
         end repeat   |       |       |
         calculate    | sum   |       | sum(${beds})
         end repeat   |       |       |
         calculate    | all   |       | sum(${beds})",
        "",
    );
    session.add_repeat("house", "a").unwrap();
    session.add_repeat("house", "b").unwrap();
    session.add_repeat("house/a/room", "1").unwrap();
    session.add_repeat("house/b/room", "1").unwrap();
    session.add_repeat("house/b/room", "2").unwrap();
    for (path, beds) in [
        ("house/a/room/1/beds", "1"),
        ("house/b/room/1/beds", "2"),
        ("house/b/room/2/beds", "4"),
    ] {
        give(&mut session, path, beds);
    }
    give(&mut session, "house/b/owner", "Ani");
    assert_eq!(value(&session, "house/a/sum"), "1");
    assert_eq!(value(&session, "house/b/sum"), "6");
    assert_eq!(value(&session, "all"), "7");
    assert_eq!(value(&session, "house/b/room/2/both"), "Ani4");
    let repeat = session.repeat("house", "").unwrap();
    let Item::Repeat(rooms) = &repeat.instances[1].items[1] else {
        panic!("rooms of the second house")
    };
    assert_eq!(
        (rooms.path.as_str(), rooms.instances.len()),
        ("house/b/room", 2)
    );
    session.remove_repeat("house/b").unwrap();
    assert_eq!(value(&session, "all"), "1");
    assert_eq!(
        session
            .answers()
            .keys()
            .filter(|path| path.starts_with("house/b"))
            .count(),
        0
    );
}

#[test]
fn a_counted_repeat_has_as_many_instances_as_the_count() {
    let survey = "type         | name  | label   | repeat_count | calculation
                  integer      | n     | How many? |            |
                  begin repeat | r     | R       | ${n}         |
                  text         | q     | Q       |              |
                  end repeat   |       |         |              |
                  calculate    | c     |         |              | count(${r})";
    let mut session = session(survey, "");
    let changes = session.answer("n", Some("2")).unwrap();
    assert!(
        changes
            .values
            .contains(&("r/000001".into(), Some("1".into()))),
        "{changes:?}"
    );
    assert!(
        changes.values.contains(&("c".into(), Some("2".into()))),
        "{changes:?}"
    );
    let repeat = session.repeat("r", "").unwrap();
    assert_eq!(
        (repeat.instances.len(), repeat.can_add, repeat.can_remove),
        (2, false, false)
    );
    give(&mut session, "r/000002/q", "kept");
    give(&mut session, "n", "1");
    assert_eq!(session.repeat("r", "").unwrap().instances.len(), 1);
    assert_eq!(value(&session, "c"), "1");
    assert!(!session.submission().contains_key("r/000002/q"));
    give(&mut session, "n", "2");
    assert_eq!(
        session.submission()["r/000002/q"],
        "kept",
        "a slip of the finger loses nothing"
    );
    assert_eq!(
        session.add_repeat("r", "x"),
        Err(AnswerError::ReadOnly("r".into()))
    );
    let again = Session::open(form(survey, ""), session.answers().clone(), surroundings());
    assert_eq!(again.changes_on_open(), []);
}

#[test]
fn a_repeat_that_does_not_apply_has_no_say() {
    let mut session = session(
        "type         | name | label | relevant   | repeat_min | calculation
         text         | a    | A     |            |            |
         begin repeat | r    | R     | ${a} = 'x' | 1          |
         text         | q    | Q     |            |            |
         end repeat   |      |       |            |            |
         calculate    | c    |       |            |            | count(${r})",
        "",
    );
    assert_eq!(kinds(&session.problems("en")), []);
    assert_eq!(session.items("form", "").len(), 1);
    give(&mut session, "a", "x");
    assert_eq!(
        kinds(&session.problems("en")),
        [("r", ProblemKind::RepeatCount)]
    );
    session.add_repeat("r", "1").unwrap();
    give(&mut session, "r/1/q", "z");
    assert_eq!(
        (
            kinds(&session.problems("en")),
            value(&session, "c").as_str()
        ),
        (vec![], "1")
    );
    give(&mut session, "a", "y");
    assert_eq!(value(&session, "c"), "0");
    assert_eq!(session.submission().keys().collect::<Vec<_>>(), ["a", "c"]);
}

#[test]
fn answers_of_another_form_are_kept_aside() {
    let answers: Answers = [
        ("a", "1"),
        ("gone", "2"),
        ("r/x/q", "without its instance"),
        ("r", "3"),
        ("", "4"),
        ("a/b", "5"),
    ]
    .map(|(path, value)| (path.to_string(), value.to_string()))
    .into();
    let form = form(
        "type|name|label\ninteger|a|A\nbegin repeat|r|R\ntext|q|Q\nend repeat||",
        "",
    );
    let session = Session::open(form, answers, surroundings());
    assert_eq!(session.answers().keys().collect::<Vec<_>>(), ["a"]);
    assert_eq!(
        session.unplaced().keys().collect::<Vec<_>>(),
        ["", "a/b", "gone", "r", "r/x/q"]
    );
    assert_eq!(session.changes_on_open(), []);
}

#[test]
fn what_the_device_knows_is_filled_in() {
    let form = form(
        "type|name\nstart|s\nend|e\ntoday|t\nusername|u\ndeviceid|d\ntext|q",
        "",
    );
    let mut session = Session::open(form, Answers::new(), surroundings());
    assert_eq!(value(&session, "s"), "2024-11-08T09:00:00.000+07:00");
    assert_eq!(
        (value(&session, "t").as_str(), value(&session, "u").as_str()),
        ("2024-11-08", "petugas1")
    );
    assert_eq!(
        (value(&session, "d").as_str(), value(&session, "e").as_str()),
        ("hp-1", "")
    );
    session.finish(surroundings().now + 60_000);
    assert_eq!(value(&session, "e"), "2024-11-08T09:01:00.000+07:00");
}

#[test]
fn time_that_passes_changes_what_hangs_on_it() {
    let mut session = session(
        "type|name|label|calculation\ncalculate|d||today()\ntext|q|Q|",
        "",
    );
    let changes = session.set_now(surroundings().now + 86_400_000);
    assert_eq!(changes.values, [("d".into(), Some("2024-11-09".into()))]);
}

#[test]
fn identifiers_and_dice_stay_the_same_for_the_same_visit() {
    let form = form(
        "type|name|calculation\ncalculate|a|uuid()\ncalculate|b|uuid()\ncalculate|r|random()\ntext|q|",
        "",
    );
    let open = |id: &str| {
        let around = anjangsana::form::Surroundings {
            instance_id: id.into(),
            ..surroundings()
        };
        Session::open(form.clone(), Answers::new(), around)
    };
    let (one, same, other) = (open("v1"), open("v1"), open("v2"));
    assert_eq!(one.answers(), same.answers());
    assert_ne!(value(&one, "a"), value(&one, "b"));
    assert_ne!(value(&one, "a"), value(&other, "a"));
    let id = value(&one, "a");
    assert_eq!((id.len(), id.as_bytes()[14]), (36, b'4'));
    assert!((0.0..1.0).contains(&value(&one, "r").parse::<f64>().unwrap()));
}

#[test]
fn a_required_photo_blocks_and_what_cannot_be_captured_does_not() {
    let session = session(
        "type         | name  | label | required | relevant
         audit        | audit |       | yes      |
         image        | photo | Photo | yes      |
         text         | why   | Why?  | yes      | ${photo} = ''",
        "",
    );
    assert_eq!(session.form().warnings().len(), 1);
    assert_eq!(
        kinds(&session.problems("en")),
        [
            ("photo", ProblemKind::Required),
            ("why", ProblemKind::Required)
        ]
    );
    assert_eq!(session.items("form", "").len(), 2);
    let photo = session.question("photo", "").unwrap();
    assert_eq!((photo.kind, photo.required), (QuestionKind::Image, true));
}

/// A form of random questions that hang on each other, in and out of a repeat.
fn any_form() -> impl Strategy<Value = String> {
    let part = (0usize..6, 0usize..6, 0usize..5);
    proptest::collection::vec(part, 6..14).prop_map(|parts| {
        let mut survey = String::from("type|name|label|relevant|calculation|constraint\n");
        for (index, (kind, other, way)) in parts.iter().enumerate() {
            // Only earlier questions are referred to, so that there are no circles.
            let other = format!("${{q{}}}", other % index.max(1));
            let formula = match way {
                0 => format!("{other} + 1"),
                1 => format!("sum({other}) * 2"),
                2 => format!("count-selected({other})"),
                3 => format!("concat({other}, position(..))"),
                _ => format!("coalesce({other}, 'none')"),
            };
            if index == 3 {
                survey.push_str("begin repeat|rep|R||\n");
            }
            if index == 6 {
                survey.push_str("end repeat||||\nbegin group|grp|G|${q0} != '2'|\n");
            }
            let (relevant, rest) = (format!("{other} != '3'"), format!("{other} != ''"));
            match (kind, index) {
                (_, 0) => survey.push_str("integer|q0|Q0||\n"),
                (0 | 1, _) => survey.push_str(&format!(
                    "calculate|q{index}||{}|{formula}\n",
                    if *kind == 0 { &relevant } else { "" }
                )),
                (2, _) => survey.push_str(&format!("text|q{index}|Q {other}|{relevant}||{rest}\n")),
                (3, _) => survey.push_str(&format!("integer|q{index}|Q||| . > {other}\n")),
                _ => survey.push_str(&format!("text|q{index}|Q|||\n")),
            }
        }
        if parts.len() <= 6 {
            survey.push_str("end repeat||||\n")
        } else {
            survey.push_str("end group||||\n")
        }
        survey
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    /// On any form, after any answers: computing step by step and computing at once give the same.
    #[test]
    fn incremental_equals_full_recomputation_on_random_forms(
        survey in any_form(),
        acts in proptest::collection::vec((0u8..10, 0usize..14, 0u8..3, 0u8..5), 1..30),
    ) {
        let form = form(&survey, "");
        let mut session = Session::open(form.clone(), Answers::new(), surroundings());
        let mut stored = session.answers().clone();
        for (act, question, key, value) in acts {
            let changes = match act {
                0 => session.add_repeat("rep", &key.to_string()),
                1 => session.remove_repeat(&format!("rep/{key}")),
                _ => {
                    let path = if (3..6).contains(&question) { format!("rep/{key}/q{question}") } else { format!("q{question}") };
                    session.answer(&path, if value == 0 { None } else { Some(["1", "2", "3", "a b"][usize::from(value) - 1]) })
                }
            };
            for (path, value) in changes.unwrap_or_default().values {
                match value {
                    Some(value) => stored.insert(path, value),
                    None => stored.remove(&path),
                };
            }
            prop_assert_eq!(&stored, session.answers());
        }
        let anew = Session::open(form, stored, surroundings());
        prop_assert_eq!(anew.answers(), session.answers());
        prop_assert_eq!(anew.pages(), session.pages());
        prop_assert_eq!(anew.problems("en"), session.problems("en"));
        prop_assert_eq!(anew.submission(), session.submission());
    }

    /// No answers, however odd, make a session panic.
    #[test]
    fn any_answers_can_be_opened(answers in proptest::collection::btree_map("[a-z]{0,5}(/[a-z0-9]{0,3}){0,3}|child/[k1-3]{1,2}(/(name|age|school))?", "\\PC{0,12}", 0..20)) {
        let session = Session::open(form(HOUSEHOLD, ""), answers.clone(), surroundings());
        session.problems("id");
        session.pages();
        session.items("form", "");
        for (path, value) in &answers {
            let kept = session.answers().get(path).or_else(|| session.unplaced().get(path));
            prop_assert!(kept.is_some() || value.is_empty() || path.ends_with("number") , "{} is lost", path);
        }
    }
}

#[test]
fn forms_and_sessions_may_move_between_threads() {
    fn moves<T: Send + Sync>() {}
    moves::<anjangsana::form::Form>();
    moves::<Session>();
}

#[test]
fn an_answer_that_is_no_longer_offered_is_kept_and_is_a_problem_until_it_is_changed() {
    let mut session = session(
        "type              | name | label | choice_filter                        | relevant
         select_one yn     | all  | All?  |                                      |
         select_multiple l | some | Some? | sort = 1 or ${all} = 'yes'           | ${all} != ''",
        "list_name|name|label|sort\nyn|yes|Yes|\nyn|no|No|\nl|a|A|1\nl|b|B|2",
    );
    give(&mut session, "all", "yes");
    give(&mut session, "some", "a b");
    assert_eq!(kinds(&session.problems("en")), []);
    let changes = session.answer("all", Some("no")).unwrap();
    assert!(changes.views.contains("some"));
    assert_eq!(value(&session, "some"), "a b", "what somebody said stays");
    assert_eq!(
        kinds(&session.problems("en")),
        [("some", ProblemKind::Type)]
    );
    give(&mut session, "some", "a");
    assert_eq!(kinds(&session.problems("en")), []);
    give(&mut session, "some", "a b");
    session.answer("all", None).unwrap();
    assert_eq!(
        kinds(&session.problems("en")),
        [],
        "what does not apply is no problem"
    );
}

#[test]
fn indexed_repeat_finds_an_instance_three_repeats_deep() {
    let mut session = session(
        "type         | name | label | calculation
         begin repeat | a    | A     |
         begin repeat | b    | B     |
         begin group  | g    | G     |
         begin repeat | c    | C     |
         text         | q    | Q     |
         end repeat   |      |       |
         end group    |      |       |
         end repeat   |      |       |
         end repeat   |      |       |
         integer      | n    | N     |
         calculate    | deep |       | indexed-repeat(${q}, ${a}, 2, ${b}, 1, ${c}, ${n})
         calculate    | some |       | count(${q})
         calculate    | last |       | indexed-repeat(${q}, ${a}, count(${a}), ${b}, 1, ${c}, 1)",
        "",
    );
    for (a, cs) in [("1", 1), ("2", 3)] {
        session.add_repeat("a", a).unwrap();
        session.add_repeat(&format!("a/{a}/b"), "1").unwrap();
        for c in 1..=cs {
            session
                .add_repeat(&format!("a/{a}/b/1/c"), &c.to_string())
                .unwrap();
            give(
                &mut session,
                &format!("a/{a}/b/1/c/{c}/q"),
                &format!("{a}-{c}"),
            );
        }
    }
    for (n, wanted) in [("1", "2-1"), ("3", "2-3"), ("4", ""), ("0", "")] {
        give(&mut session, "n", n);
        assert_eq!(value(&session, "deep"), wanted, "{n}");
    }
    assert_eq!(value(&session, "some"), "4");
    assert_eq!(value(&session, "last"), "2-1");
    session.remove_repeat("a/2/b/1/c/1").unwrap();
    give(&mut session, "n", "1");
    assert_eq!(value(&session, "deep"), "2-2");
    assert_eq!(value(&session, "last"), "2-2");
    session.remove_repeat("a/1").unwrap();
    assert_eq!(value(&session, "deep"), "");
}

#[test]
fn what_was_saved_last_fills_in_defaults_and_labels() {
    let form = form(
        "type         | name   | label                             | default              | calculation
         text         | chair  | Chair, last ${last-saved#chair}?  | ${last-saved#chair}  |
         integer      | count  | Members?                          |                      |
         calculate    | grown  |                                   |                      | ${count} - ${last-saved#count}
         begin repeat | team   | Team                              |                      |
         text         | who    | Who?                              |                      |
         end repeat   |        |                                   |                      |
         calculate    | leader |                                   |                      | ${last-saved#who}",
        "",
    );
    let saved = [
        ("chair", "Ani"),
        ("count", "20"),
        ("team/1", "1"),
        ("team/1/who", "Budi"),
    ];
    let mut around = surroundings();
    around.last_saved = saved
        .map(|(path, value)| (path.into(), value.into()))
        .into();
    let mut later = Session::open(form.clone(), Answers::new(), around);
    assert_eq!(value(&later, "chair"), "Ani");
    assert_eq!(
        later.question("chair", "").unwrap().label,
        "Chair, last Ani?"
    );
    assert_eq!(value(&later, "leader"), "Budi");
    give(&mut later, "count", "25");
    assert_eq!(value(&later, "grown"), "5");

    let mut first = Session::open(form, Answers::new(), surroundings());
    assert_eq!(value(&first, "chair"), "");
    give(&mut first, "count", "25");
    assert_eq!(
        value(&first, "grown"),
        "",
        "without a last time there is no growth"
    );
    let errors = try_form("type|name|label\ntext|a|Was ${last-saved#aa}", "", "").unwrap_err();
    assert!(
        errors
            .to_string()
            .contains("did you mean `${last-saved#a}`?"),
        "{errors}"
    );
}

#[test]
fn choices_without_a_seed_stand_in_another_order_in_each_visit_and_in_one_order_in_one_visit() {
    let form = form(
        "type         | name   | label  | parameters
         select_one l | chosen | Which? | randomize=true
         select_one l | other  | Which? | randomize=true",
        "list_name|name|label\nl|a|A\nl|b|B\nl|c|C\nl|d|D\nl|e|E\nl|f|F\nl|g|G\nl|h|H",
    );
    let order = |visit: &str, question: &str, answers: Answers| -> Vec<String> {
        let around = Surroundings {
            random_seed: Surroundings::seed_of(visit),
            ..surroundings()
        };
        let session = Session::open(form.clone(), answers, around);
        let choices = session.question(question, "").unwrap().choices;
        choices.into_iter().map(|choice| choice.name).collect()
    };
    let first = order("visit-1", "chosen", Answers::new());
    let mut sorted = first.clone();
    sorted.sort();
    assert_eq!(sorted, ["a", "b", "c", "d", "e", "f", "g", "h"]);
    let answered = Answers::from([("chosen".to_owned(), "c".to_owned())]);
    assert_eq!(
        order("visit-1", "chosen", answered),
        first,
        "opening it again and answering it change nothing"
    );
    assert_ne!(order("visit-2", "chosen", Answers::new()), first);
    assert_ne!(
        order("visit-1", "other", Answers::new()),
        first,
        "two questions of a visit have orders of their own"
    );
}

#[test]
fn another_seed_is_another_look_of_the_choices() {
    let mut session = session(
        "type         | name   | label  | parameters
         integer      | drawn  | Drawn? |
         select_one l | chosen | Which? | randomize=true seed=${drawn}",
        "list_name|name|label\nl|a|A\nl|b|B",
    );
    let changes = session.answer("drawn", Some("7")).unwrap();
    assert!(changes.views.contains("chosen"), "{:?}", changes.views);
}

#[test]
fn a_fraction_in_a_label_has_the_comma_of_its_language_and_a_text_is_left_alone() {
    let mut session = session(
        "type      | name  | label::Bahasa Indonesia (id) | label::English (en)    | calculation
         decimal   | price | Harga                        | Price                  |
         text      | code  | Kode                         | Code                   |
         calculate | half  |                              |                        | ${price} div 2
         note      | shown | ${half} dari ${price}, ${code} | ${half} of ${price}, ${code} |",
        "",
    );
    give(&mut session, "price", "187.5");
    give(&mut session, "code", "1.5");
    let label = |language| session.question("shown", language).unwrap().label;
    assert_eq!(label("id"), "93,75 dari 187,5, 1.5");
    assert_eq!(label("en"), "93.75 of 187.5, 1.5");
    assert_eq!(value(&session, "half"), "93.75");
}
