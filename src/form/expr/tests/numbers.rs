//! Functions about numbers, to the last digit.

use super::check;

#[test]
fn number() {
    check(&[
        ("number('12')", "12"),
        ("number(' 12.50 ')", "12.5"),
        ("number('\t12\r\n')", "12"),
        ("number('-.5')", "-0.5"),
        ("number('5.')", "5"),
        ("number('007')", "7"),
        ("number('-0')", "0"),
        ("number('--1')", "NaN"),
        ("number('- 1')", "NaN"),
        ("number('.')", "NaN"),
        ("number('1.2.3')", "NaN"),
        ("number('1e3')", "NaN"),
        ("number('+1')", "NaN"),
        ("number('0x10')", "NaN"),
        ("number('1,5')", "NaN"),
        ("number('1 2')", "NaN"),
        ("number('\u{661}')", "NaN"),
        ("number('Infinity')", "NaN"),
        ("number('NaN')", "NaN"),
        ("number('')", "NaN"),
        ("number('abc')", "NaN"),
        ("number('9007199254740993')", "9007199254740992"),
        ("number('0.1')", "0.1"),
        ("number(true())", "1"),
        ("number(false())", "0"),
        ("number(//age)", "34"),
        ("number(//patient[3]/age)", "NaN"),
        ("number(//nothing)", "NaN"),
        ("//age[number() = 7]", "[age]"),
    ]);
}

#[test]
fn int() {
    check(&[
        ("int(7.9)", "7"),
        ("int(-7.9)", "-7"),
        ("int('12.99')", "12"),
        ("int('')", "NaN"),
        ("int(1 div 0)", "Infinity"),
        ("int(123456789012345678)", "123456789012345680"),
    ]);
}

#[test]
fn round() {
    check(&[
        ("round(1.4)", "1"),
        ("round(1.5)", "2"),
        ("round(2.5)", "3"),
        ("round(-1.5)", "-1"),
        ("round(-2.5)", "-2"),
        ("round(-2.6)", "-3"),
        ("round(-0.2)", "0"),
        ("1 div round(-0.2)", "-Infinity"),
        ("1 div round(-0.5)", "-Infinity"),
        ("round(0.49999999999999994)", "0"),
        ("round(4503599627370497.5)", "4503599627370498"),
        ("round(9007199254740991)", "9007199254740991"),
        ("round(number('a'))", "NaN"),
        ("round(1 div 0)", "Infinity"),
        ("round(-1 div 0)", "-Infinity"),
        ("round(1.234, 0)", "1"),
        ("round(1.234, 2)", "1.23"),
        ("round(1.234, 5)", "1.234"),
        ("round(7.25, 1)", "7.3"),
        ("round(1.005, 2)", "1.01"),
        ("round(23.7825, 2)", "23.78"),
        ("round(2.15, 1)", "2.2"),
        ("round('2.149', '1')", "2.1"),
        ("round(-1.475, 2)", "-1.47"),
        ("round(-7.25, 1)", "-7.2"),
        ("round(33.33, -1)", "30"),
        ("round(626.3, -3)", "1000"),
        ("round(-50.55, -2)", "-100"),
        ("round(1234.5, -2)", "1200"),
        ("round(1, -1)", "0"),
        ("round(0.1 + 0.2, 10)", "0.3"),
        ("round(123.456, 999)", "123.456"),
        ("round(1 div 3, 4)", "0.3333"),
    ]);
}

#[test]
fn floor_and_ceiling() {
    check(&[
        ("floor(1.9)", "1"),
        ("floor(-1.5)", "-2"),
        ("floor('x')", "NaN"),
        ("ceiling(1.2)", "2"),
        ("ceiling(-1.5)", "-1"),
        ("1 div ceiling(-0.5)", "-Infinity"),
    ]);
}

#[test]
fn abs() {
    check(&[("abs(-3.5)", "3.5"), ("abs(3)", "3"), ("abs('')", "NaN")]);
}

#[test]
fn pow_and_sqrt() {
    check(&[
        ("pow(2, 10)", "1024"),
        ("pow(2, -1)", "0.5"),
        ("pow(2, 0.5)", "1.4142135623730951"),
        ("pow(-8, 1 div 3)", "NaN"),
        ("pow(0, 0)", "1"),
        ("pow(10, 400)", "Infinity"),
        ("sqrt(2)", "1.4142135623730951"),
        ("sqrt(16)", "4"),
        ("sqrt(-1)", "NaN"),
    ]);
}

#[test]
fn exp_and_log() {
    check(&[
        ("exp(0)", "1"),
        ("exp(1)", "2.718281828459045"),
        ("exp10(3)", "1000"),
        ("exp10(-1)", "0.1"),
        ("log(1)", "0"),
        ("log(2)", "0.6931471805599453"),
        ("log(0)", "-Infinity"),
        ("log(-1)", "NaN"),
        ("log10(1000)", "3"),
        ("log10(0.001)", "-3"),
    ]);
}

#[test]
fn angles() {
    check(&[
        ("pi()", "3.141592653589793"),
        ("sin(0)", "0"),
        ("sin(pi() div 2)", "1"),
        ("cos(0)", "1"),
        ("cos(pi())", "-1"),
        ("tan(0)", "0"),
        ("round(tan(pi() div 4), 12)", "1"),
        ("asin(1)", "1.5707963267948966"),
        ("asin(2)", "NaN"),
        ("acos(1)", "0"),
        ("acos(-1)", "3.141592653589793"),
        ("atan(1)", "0.7853981633974483"),
        ("atan2(1, 1)", "0.7853981633974483"),
        ("atan2(1, -1)", "2.356194490192345"),
        ("atan2(0, -1)", "3.141592653589793"),
    ]);
}

#[test]
fn min_and_max() {
    check(&[
        ("min(3, 1, 2)", "1"),
        ("max(3, 1, 2)", "3"),
        ("max(-3, -17, -32)", "-3"),
        ("max('2', '10')", "10"),
        ("max(//age)", "34"),
        ("min(//age)", "7"),
        ("min(//age, 3)", "3"),
        ("max(//age, //clinic/@beds)", "34"),
        ("max(//patient[3]/age)", "NaN"),
        ("max(//nothing)", "NaN"),
        ("max(//name)", "NaN"),
        ("max(1, 'cheese')", "NaN"),
        ("max(0, number(''))", "NaN"),
        ("max(1, 1 div 0)", "Infinity"),
        ("min(//born)", "7441"),
    ]);
}

#[test]
fn sum() {
    check(&[
        ("sum(//age)", "41"),
        ("sum(//nothing)", "0"),
        ("sum(//name)", "NaN"),
        ("sum(//patient[3]/age)", "0"),
        ("sum(//clinic/@beds)", "12"),
    ]);
}

#[test]
fn numbers_become_texts_without_exponents() {
    check(&[
        ("string(1.0)", "'1'"),
        ("string(-1.50)", "'-1.5'"),
        ("string(0.1 + 0.2)", "'0.30000000000000004'"),
        ("string(1 div 3)", "'0.3333333333333333'"),
        ("string(2 div 3)", "'0.6666666666666666'"),
        ("string(100 * 1.1)", "'110.00000000000001'"),
        ("string(-0)", "'0'"),
        ("string(0 * -1)", "'0'"),
        ("string(1 div 0)", "'Infinity'"),
        ("string(-1 div 0)", "'-Infinity'"),
        ("string(0 div 0)", "'NaN'"),
        ("string(1000000000000000000000)", "'1000000000000000000000'"),
        ("string(123456789.125)", "'123456789.125'"),
        ("string(0.0000001)", "'0.0000001'"),
        ("string(pow(2, 70))", "'1180591620717411303424'"),
        ("string(pow(2, 53) + 1)", "'9007199254740992'"),
        (
            "string(pow(10, -20) * 3)",
            "'0.000000000000000000029999999999999997'",
        ),
        ("string(0.00000000000000000003)", "'0.00000000000000000003'"),
        (
            "string(12345678901234567890123)",
            "'12345678901234567741440'",
        ),
        ("string-length(string(pow(10, 308)))", "309"),
    ]);
}
