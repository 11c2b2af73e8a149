//! Submissions as tables.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use anjangsana::form::{
    Answers,
    flatten::{Spread, flatten},
};

use crate::form_support::form;

const SURVEY: &str = "type|name|label
    text|who|Who?
    begin_group|place|Place
    geopoint|point|Where?
    note|hello|Hello
    begin_repeat|boat|Boat
    text|boat_name|Name
    begin_group|crew|Crew
    begin_repeat|sailor|Sailor
    text|sailor_name|Name
    end_repeat||
    integer|paid|Paid
    end_group||
    end_repeat||
    end_group||
    select_multiple aid|aid|Aid?";
const CHOICES: &str = "list_name|name|label\naid|net|Net\naid|ice|Ice";

fn answers(pairs: &[(&str, &str)]) -> Answers {
    pairs
        .iter()
        .map(|(path, value)| ((*path).into(), (*value).into()))
        .collect()
}

#[test]
fn a_submission_has_a_table_for_each_repeat_and_keys_that_join_them() {
    let form = form(SURVEY, CHOICES);
    let one = answers(&[
        ("who", "Hasan"),
        ("point", "-3.1 106.5 2 8"),
        ("aid", "ice"),
        ("boat/a", "1"),
        ("boat/a/boat_name", "Camar"),
        ("boat/a/paid", "5"),
        ("boat/a/sailor/x", "1"),
        ("boat/a/sailor/x/sailor_name", "Ali"),
        ("boat/a/sailor/y", "1"),
        ("boat/b", "1"),
        ("boat/b/sailor/z", "1"),
        ("boat/b/sailor/z/sailor_name", "Umar"),
    ]);
    let two = answers(&[("who", "Siti")]);
    let tables = flatten(&form, [("u1", &one), ("u2", &two)], Spread::default());
    assert_eq!(
        tables
            .iter()
            .map(|table| table.name.as_str())
            .collect::<Vec<_>>(),
        ["form", "form-boat", "form-boat-sailor"]
    );
    assert_eq!(tables[0].header, ["who", "place-point", "aid", "KEY"]);
    assert_eq!(
        tables[0].rows,
        [
            ["Hasan", "-3.1 106.5 2 8", "ice", "u1"],
            ["Siti", "", "", "u2"]
        ]
    );
    assert_eq!(
        tables[1].header,
        ["boat_name", "crew-paid", "PARENT_KEY", "KEY"]
    );
    assert_eq!(
        tables[1].rows,
        [
            ["Camar", "5", "u1", "u1/boat[1]"],
            ["", "", "u1", "u1/boat[2]"]
        ]
    );
    assert_eq!(tables[2].header, ["sailor_name", "PARENT_KEY", "KEY"]);
    assert_eq!(
        tables[2].rows,
        [
            ["Ali", "u1/boat[1]", "u1/boat[1]/sailor[1]"],
            ["", "u1/boat[1]", "u1/boat[1]/sailor[2]"],
            ["Umar", "u1/boat[2]", "u1/boat[2]/sailor[1]"],
        ]
    );
}

#[test]
fn choices_and_positions_spread_over_columns_when_asked() {
    let form = form(SURVEY, CHOICES);
    let spread = Spread {
        choices: true,
        positions: true,
    };
    let full = answers(&[("point", "-3.1 106.5 2 8"), ("aid", "ice")]);
    let bare = answers(&[("point", "-3 106")]);
    let tables = flatten(&form, [("u1", &full), ("u2", &bare)], spread);
    assert_eq!(
        tables[0].header,
        [
            "who",
            "place-point-Latitude",
            "place-point-Longitude",
            "place-point-Altitude",
            "place-point-Accuracy",
            "aid",
            "aid/net",
            "aid/ice",
            "KEY"
        ]
    );
    assert_eq!(
        tables[0].rows[0],
        ["", "-3.1", "106.5", "2", "8", "ice", "0", "1", "u1"]
    );
    assert_eq!(
        tables[0].rows[1],
        ["", "-3", "106", "", "", "", "", "", "u2"]
    );
}

#[test]
fn every_row_of_the_built_in_checklist_is_as_long_as_its_header() {
    let form = anjangsana::form::compile(&anjangsana::form::builtin::kunjungan().unwrap()).unwrap();
    let text = include_str!("../fixtures/forms/kunjungan_lengkap.json");
    let answers: Answers = serde_json::from_str(text).unwrap();
    let tables = flatten(
        &form,
        [("u", &answers)],
        Spread {
            choices: true,
            positions: true,
        },
    );
    assert!(tables.len() > 1);
    for table in tables {
        assert!(
            table.rows.iter().all(|row| row.len() == table.header.len()),
            "{}",
            table.name
        );
    }
}
