//! The OpenRosa functions, as the ODK XForms specification describes them.

use super::xml::Xml;
use super::{check, run_at};

#[test]
fn choices_are_words_in_a_text() {
    check(&[
        ("selected('a b c', 'b')", "true()"),
        ("selected('a bb c', 'b')", "false()"),
        ("selected('', 'b')", "false()"),
        ("selected(' a  b ', ' b ')", "true()"),
        ("selected('a', '')", "false()"),
        ("selected-at('a b c', 0)", "'a'"),
        ("selected-at('a b c', 2)", "'c'"),
        ("selected-at('a b c', 3)", "''"),
        ("selected-at('a b c', -1)", "''"),
        ("count-selected('a b c')", "3"),
        ("count-selected('')", "0"),
    ]);
}

#[test]
fn conditions_choose_and_stand_in() {
    check(&[
        ("if(1 = 1, 'yes', 'no')", "'yes'"),
        ("if('', 'yes', 'no')", "'no'"),
        ("if(true(), 1, count('never looked at'))", "1"),
        ("coalesce('', 'b')", "'b'"),
        ("coalesce('a', 'b')", "'a'"),
        ("coalesce(//nothing, //age, 'c')", "'34'"),
        ("coalesce('', '')", "''"),
        ("boolean-from-string('true')", "true()"),
        ("boolean-from-string('1')", "true()"),
        ("boolean-from-string('yes')", "false()"),
        ("checklist(-1, 2, 1, 0, 1)", "true()"),
        ("checklist(3, -1, 1, 0, 1)", "false()"),
        ("weighted-checklist(5, -1, 1, 3, 1, 2)", "true()"),
        ("weighted-checklist(5, -1, 1, 3, 0, 2)", "false()"),
    ]);
}

#[test]
fn regex_must_match_the_whole_text() {
    check(&[
        (
            "regex('081234567890', '^(08|\\+628)[0-9]{7,12}$')",
            "true()",
        ),
        ("regex('+62812345678', '(08|\\+628)[0-9]{7,12}')", "true()"),
        ("regex('x081234567890', '08[0-9]+')", "false()"),
        ("regex('08123x', '08[0-9]+')", "false()"),
        ("regex('ab', 'a|ab')", "true()"),
        ("regex('a\nb', 'a')", "false()"),
        ("regex('b', concat('a', '|b'))", "true()"),
        (
            "regex('b', concat('(', ''))",
            "error: the pattern `(` is not a regular expression",
        ),
    ]);
}

#[test]
fn numbers_have_more_functions() {
    check(&[
        ("int(7.9)", "7"),
        ("int(-7.9)", "-7"),
        ("int('')", "NaN"),
        ("round(7.25, 1)", "7.3"),
        ("round(1.005, 2)", "1.01"),
        ("round(-7.25, 1)", "-7.2"),
        ("round(1234.5, -2)", "1200"),
        ("pow(2, 10)", "1024"),
        ("sqrt(2) * sqrt(2) > 1.99", "true()"),
        ("abs(-3.5)", "3.5"),
        ("min(3, 1, 2)", "1"),
        ("max(//age)", "34"),
        ("min(//age)", "7"),
        ("max(0, number(''))", "NaN"),
        ("max(//nothing)", "NaN"),
        ("sum(//nothing)", "0"),
        ("count-non-empty(//age)", "2"),
        ("round(exp(log(5)), 6)", "5"),
        ("log10(1000)", "3"),
        ("round(pi(), 4)", "3.1416"),
        ("round(sin(0) + cos(0) + tan(0), 6)", "1"),
        ("round(atan2(1, 1), 4)", "0.7854"),
    ]);
}

#[test]
fn texts_have_more_functions() {
    check(&[
        ("substr('hello', 1)", "'ello'"),
        ("substr('hello', 1, 3)", "'el'"),
        ("substr('hello', -2)", "'lo'"),
        ("substr('hello', 0, -1)", "'hell'"),
        ("join(', ', //name)", "'Ani, Budi, Citra'"),
        ("join('-', 1, 'b', //age)", "'1-b-34-7-'"),
        ("concat(//name)", "'AniBudiCitra'"),
        ("ends-with('terasi', 'asi')", "true()"),
        ("base64-encode('koperasi')", "'a29wZXJhc2k='"),
        ("base64-encode('ab')", "'YWI='"),
        ("base64-encode('')", "''"),
        ("base64-decode('a29wZXJhc2k=')", "'koperasi'"),
        ("base64-decode('%')", "''"),
    ]);
}

#[test]
fn dates_count_in_local_days() {
    check(&[
        ("today()", "'2024-11-08'"),
        ("now()", "'2024-11-08T09:30:15.000+07:00'"),
        ("number('1970-01-01')", "0"),
        ("number('2024-11-08')", "20035"),
        ("number('2024-02-30')", "NaN"),
        ("'2024-11-07' < today()", "true()"),
        ("'2024-11-08' <= today()", "true()"),
        ("'2024-11-09' <= today()", "false()"),
        ("today() <= now()", "true()"),
        ("today() = '2024-11-08'", "true()"),
        ("date('2024-11-07') + 1 = number('2024-11-08')", "true()"),
        ("date(20035)", "'2024-11-08'"),
        ("date('2024-11-08T23:59:00.000+07:00')", "'2024-11-08'"),
        ("date('2024-11-08T23:59:00Z')", "'2024-11-09'"),
        ("date('')", "''"),
        ("date('soon')", "''"),
        ("date-time(20035.5)", "'2024-11-08T12:00:00.000+07:00'"),
        ("date-time('2024-11-08')", "'2024-11-08T00:00:00.000+07:00'"),
        ("decimal-date-time('1970-01-02T12:00:00.000+07:00')", "1.5"),
        ("decimal-time('06:00:00.000+07:00')", "0.25"),
        ("decimal-time('noon')", "NaN"),
        ("int((today() - date('1990-05-17')) div 365.25)", "34"),
        (
            "'2025-11-09' <= date-time(decimal-date-time('2024-11-08') + 366)",
            "true()",
        ),
        (
            "'2025-11-10' <= date-time(decimal-date-time('2024-11-08') + 366)",
            "false()",
        ),
    ]);
}

#[test]
fn dates_are_written_in_the_language_of_the_form() {
    check(&[
        ("format-date('2024-08-07', '%e %b %Y')", "'7 Agu 2024'"),
        ("format-date('2024-08-07', '%a %d/%m/%y')", "'Rab 07/08/24'"),
        ("format-date('2024-08-07', '%n')", "'8'"),
        ("format-date('', '%Y')", "''"),
        ("format-date('2024-08-07', '100%%')", "'100%'"),
        ("format-date('2024-08-07', '%')", "'%'"),
        (
            "format-date('2024-08-07', '%q')",
            "error: format-date() was given something it cannot work with",
        ),
        (
            "format-date-time('2024-11-08T09:05:03.120+07:00', '%H.%M.%S.%3 %h')",
            "'09.05.03.120 9'",
        ),
        ("format-date(20035, '%Y')", "'2024'"),
    ]);
}

#[test]
fn the_surroundings_are_asked() {
    check(&[
        ("uuid()", "'01234567-89ab-4cde-8123-456789abcdef'"),
        ("uuid(10)", "'0123456789'"),
        ("random()", "0.25"),
        ("version()", "'2024110701'"),
        ("property('deviceid')", "'hp-1'"),
        ("property('unknown')", "''"),
        ("pulldata('koperasi', 'nama', 'id', 7)", "'Laut Sejahtera'"),
        ("pulldata('koperasi', 'nama', 'id', 8)", "''"),
        (
            "instance('desa')/root/item",
            "error: there is no table or list `desa`",
        ),
    ]);
}

#[test]
fn places_are_measured_on_the_sphere() {
    check(&[
        ("round(distance('0 0;0 1') div 1000)", "111"),
        ("distance('0 0')", "0"),
        ("round(area('0 0;0 1;1 1;1 0;0 0') div 1000000000)", "12"),
        ("geofence('0.5 0.5', '0 0;0 1;1 1;1 0;0 0')", "true()"),
        ("geofence('1.5 0.5', '0 0;0 1;1 1;1 0;0 0')", "false()"),
        ("geofence('', '0 0;0 1;1 1')", "false()"),
    ]);
}

#[test]
fn nodes_know_their_place() {
    let document = Xml::parse("<r><a>1</a><p><q>x</q></p><p><q/></p><a>2</a></r>");
    let run = |at, text| run_at(&document, at, text).unwrap();
    assert_eq!(run("/r/p[2]/q", "position(..)"), "2");
    assert_eq!(run("/r/a[2]", "position(.)"), "2");
    assert_eq!(run("/r/p[1]/q", "once('y')"), "[q]".replace("[q]", "'x'"));
    assert_eq!(run("/r/p[2]/q", "once('y')"), "'y'");
    assert_eq!(run("/r/p[1]", "../a[. = current()/../a[2]]"), "[a]");
}
