//! Dates and times. The world of these tests is at 2024-11-08 09:30:15 in UTC+7.

use super::check;

#[test]
fn today_and_now() {
    check(&[
        ("today()", "'2024-11-08'"),
        ("now()", "'2024-11-08T09:30:15.000+07:00'"),
        ("today() = '2024-11-08'", "true()"),
    ]);
}

#[test]
fn a_date_is_a_whole_number_and_a_date_with_time_counts_in_utc() {
    check(&[
        ("number('1970-01-01')", "0"),
        ("number('1970-01-02')", "1"),
        ("number('1969-12-31')", "-1"),
        ("number('2008-09-05')", "14127"),
        ("number('1941-12-07')", "-10252"),
        ("number('2024-11-08')", "20035"),
        ("number('2024-2-9')", "19762"),
        ("number('2024-02-29')", "19782"),
        ("number('2023-02-29')", "NaN"),
        ("number('2024-13-01')", "NaN"),
        ("number('2024-00-10')", "NaN"),
        ("number('24-01-01')", "NaN"),
        ("number('1970-01-01T00:00:00Z')", "0"),
        ("number('1970-01-02T00:00:00.000Z')", "1"),
        ("number('1970-01-01T07:00:00.000+07:00')", "0"),
        ("number('1970-01-01T12:00')", "0.20833333333333334"),
        ("number('1970-01-01T25:00')", "NaN"),
        ("number('1970-01-01T')", "NaN"),
    ]);
}

#[test]
fn decimal_date_time() {
    check(&[
        ("decimal-date-time('1970-01-01T00:00:00Z')", "0"),
        ("decimal-date-time('1970-01-02T00:00:00Z')", "1"),
        ("decimal-date-time('1969-12-31T00:00:00Z')", "-1"),
        (
            "decimal-date-time('2018-04-24T15:30:00.000+06:00')",
            "17645.395833333332",
        ),
        (
            "decimal-date-time('2025-08-18T02:03:23.958Z')",
            "20318.085693958332",
        ),
        ("decimal-date-time('1970-01-01')", "-0.2916666666666667"),
        (
            "decimal-date-time('1970-01-01T00:00:00')",
            "-0.2916666666666667",
        ),
        ("decimal-date-time(12.5)", "12.5"),
        ("decimal-date-time('')", "NaN"),
        ("decimal-date-time('soon')", "NaN"),
        (
            "decimal-date-time('2024-11-08') - decimal-date-time('2024-11-01')",
            "7",
        ),
    ]);
}

#[test]
fn date() {
    check(&[
        ("date('1970-01-01')", "'1970-01-01'"),
        ("date('1970-1-2')", "'1970-01-02'"),
        ("date(0)", "'1970-01-01'"),
        ("date(1)", "'1970-01-02'"),
        ("date(1.5)", "'1970-01-02'"),
        ("date(-1)", "'1969-12-31'"),
        ("date(20035)", "'2024-11-08'"),
        ("date('20035')", "'2024-11-08'"),
        ("date('2024-11-08T23:59:00.000+07:00')", "'2024-11-08'"),
        ("date('2024-11-08T23:59:00Z')", "'2024-11-09'"),
        ("date(now())", "'2024-11-08'"),
        ("date('')", "''"),
        ("date('soon')", "''"),
        ("date(1 div 0)", "''"),
        ("date(10000000)", "''"),
        ("date(date('2001-12-26') + 5)", "'2001-12-31'"),
        ("date(5 + date('2001-12-26'))", "'2001-12-31'"),
        ("date(date('2001-12-26') - 5)", "'2001-12-21'"),
        (
            "date(decimal-date-time('2024-11-08') + 366)",
            "'2025-11-09'",
        ),
    ]);
}

#[test]
fn date_time() {
    check(&[
        ("date-time('2024-11-08')", "'2024-11-08T00:00:00.000+07:00'"),
        (
            "date-time('2024-11-08T01:02:03Z')",
            "'2024-11-08T08:02:03.000+07:00'",
        ),
        ("date-time(20035.5)", "'2024-11-08T19:00:00.000+07:00'"),
        ("date-time(0)", "'1970-01-01T07:00:00.000+07:00'"),
        ("date-time('')", "''"),
        ("date-time('soon')", "''"),
        (
            "date-time(decimal-date-time('2024-11-08T07:00:00.000+07:00') + 0.25)",
            "'2024-11-08T13:00:00.000+07:00'",
        ),
        (
            "date-time(decimal-date-time('2024-11-08') + 366)",
            "'2025-11-09T00:00:00.000+07:00'",
        ),
        ("date-time(decimal-date-time(now())) = now()", "true()"),
    ]);
}

#[test]
fn decimal_time() {
    check(&[
        ("decimal-time('06:00:00.000+07:00')", "0.25"),
        ("decimal-time('12:00')", "0.5"),
        ("decimal-time('18:00:00')", "0.75"),
        ("decimal-time('06:00:00.000+13:00')", "0"),
        ("decimal-time('23:59:00.000-13:00')", "0.8326388888888889"),
        ("decimal-time('2024-11-08T06:00:00.000+07:00')", "0.25"),
        ("decimal-time(2.25)", "0.25"),
        ("decimal-time(-0.25)", "0.75"),
        (
            "decimal-time('12:00:00') - decimal-time('06:00:00')",
            "0.25",
        ),
        ("decimal-time('')", "NaN"),
        ("decimal-time('a')", "NaN"),
        ("decimal-time('2')", "NaN"),
        ("decimal-time('noon')", "NaN"),
        ("decimal-time('24:00:00.000+07:00')", "NaN"),
        ("decimal-time('06:60:00.000+07:00')", "NaN"),
        ("decimal-time('06:00:60.000+07:00')", "NaN"),
        ("decimal-time('06:00:00.000-24:00')", "NaN"),
        ("decimal-time('23:59:00.000-07:60')", "NaN"),
    ]);
}

#[test]
fn dates_are_compared_as_days_and_moments() {
    check(&[
        ("'2024-11-07' < today()", "true()"),
        ("'2024-11-08' <= today()", "true()"),
        ("'2024-11-09' <= today()", "false()"),
        ("date('2004-05-01') = date('2004-05-01')", "true()"),
        ("date('2004-05-01') != date('2004-05-01')", "false()"),
        ("'string' = date('1999-09-09')", "false()"),
        ("date(14127) = date('2008-09-05')", "true()"),
        ("today() <= now()", "true()"),
        ("'2024-11-09' > now()", "true()"),
        // Before seven in the morning the day in UTC is the one before.
        ("'2024-11-08' <= '2024-11-08T03:00:00.000+07:00'", "true()"),
        ("'2024-11-08T03:00:00.000+07:00' >= '2024-11-08'", "true()"),
        (
            "'2024-11-08T03:00:00.000+07:00' < '2024-11-07T21:00:00Z'",
            "true()",
        ),
        (
            "'2024-11-08T03:00:00.000+07:00' < '2024-11-07T20:00:00Z'",
            "false()",
        ),
        ("//born > '2000-01-01'", "true()"),
        ("//born > today()", "false()"),
        ("date('2024-11-07') + 1 = number('2024-11-08')", "true()"),
        ("today() - date('2024-11-01')", "7"),
        ("'2024-11-08T12:00:00.000+07:00' - '2024-11-08'", "0.5"),
        (
            "'2024-11-08T12:00:00.000+07:00' - '2024-11-08T06:00:00.000+07:00'",
            "0.25",
        ),
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
fn format_date() {
    check(&[
        ("format-date('2024-08-07', '%Y-%m-%d')", "'2024-08-07'"),
        ("format-date('2024-08-07', '%e %b %Y')", "'7 Agu 2024'"),
        ("format-date('2024-08-07', '%e %B %Y')", "'7 Agustus 2024'"),
        ("format-date('2024-08-07', '%a %d/%m/%y')", "'Rab 07/08/24'"),
        ("format-date('2024-08-07', '%A')", "'Rabu'"),
        ("format-date('2024-08-07', '%n')", "'8'"),
        ("format-date('1970-01-01', '%a')", "'Kam'"),
        ("format-date('2024-01-01', '%W')", "'01'"),
        ("format-date('2023-01-01', '%W')", "'00'"),
        ("format-date('2024-12-31', '%W')", "'53'"),
        ("format-date('2024-08-07T23:30:00Z', '%d %H')", "'08 06'"),
        ("format-date('2024-08-07', '%H:%M:%S')", "'00:00:00'"),
        ("format-date('', '%Y')", "''"),
        ("format-date('soon', '%Y')", "''"),
        ("format-date('2024-08-07', '100%%')", "'100%'"),
        ("format-date('2024-08-07', '%')", "'%'"),
        ("format-date('2024-08-07', '')", "''"),
        ("format-date(20035, '%Y')", "'2024'"),
        (
            "format-date('2024-08-07', '%q')",
            "error: format-date() was given something it cannot work with",
        ),
    ]);
}

#[test]
fn every_month_and_day_has_its_name() {
    let months = [
        "Jan", "Feb", "Mar", "Apr", "Mei", "Jun", "Jul", "Agu", "Sep", "Okt", "Nov", "Des",
    ];
    for (index, name) in months.iter().enumerate() {
        let text = format!("format-date('2024-{:02}-01', '%b')", index + 1);
        assert_eq!(super::run(&text), format!("'{name}'"));
    }
    let days = [
        "Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu",
    ];
    for (index, name) in days.iter().enumerate() {
        let text = format!("format-date('2024-11-{:02}', '%A')", index + 4);
        assert_eq!(super::run(&text), format!("'{name}'"));
    }
}

#[test]
fn format_date_time() {
    check(&[
        (
            "format-date-time('2024-11-08T09:05:03.120+07:00', '%H.%M.%S.%3 %h')",
            "'09.05.03.120 9'",
        ),
        (
            "format-date-time('2024-11-08T02:05:03Z', '%Y-%m-%dT%H:%M')",
            "'2024-11-08T09:05'",
        ),
        ("format-date-time(now(), '%e/%n %h:%M')", "'8/11 9:30'"),
        ("format-date-time('2024-11-08', '%H')", "'00'"),
        ("format-date-time('', '%H')", "''"),
    ]);
}
