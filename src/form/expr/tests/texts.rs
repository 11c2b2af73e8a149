//! Functions about texts.

use super::check;

#[test]
fn string() {
    check(&[
        ("string(true())", "'true'"),
        ("string(false())", "'false'"),
        ("string('x')", "'x'"),
        ("string(//name)", "'Ani'"),
        ("string(//nothing)", "''"),
        ("string(/clinic/note)", "'Buka setiap hari'"),
        ("//name[string() = 'Budi']/../@id", "[@id=p2]"),
    ]);
}

#[test]
fn concat_and_join() {
    check(&[
        ("concat('a', 1, true())", "'a1true'"),
        ("concat()", "''"),
        ("concat(//name)", "'AniBudiCitra'"),
        ("concat(//name, '!')", "'AniBudiCitra!'"),
        ("concat(//nothing, 'x')", "'x'"),
        ("join(', ', //name)", "'Ani, Budi, Citra'"),
        ("join('-', 1, 'b', //age)", "'1-b-34-7-'"),
        ("join('-')", "''"),
        ("join('', 'a', 'b')", "'ab'"),
        ("join(', ', //nothing)", "''"),
    ]);
}

#[test]
fn contains_starts_and_ends() {
    check(&[
        ("contains('terasi', 'ras')", "true()"),
        ("contains('terasi', 'RAS')", "false()"),
        ("contains('terasi', '')", "true()"),
        ("contains('', 'a')", "false()"),
        ("starts-with('terasi', 'ter')", "true()"),
        ("starts-with('terasi', 'asi')", "false()"),
        ("starts-with('terasi', '')", "true()"),
        ("ends-with('terasi', 'asi')", "true()"),
        ("ends-with('terasi', 'ter')", "false()"),
        ("ends-with('terasi', '')", "true()"),
        ("ends-with('asi', 'terasi')", "false()"),
    ]);
}

#[test]
fn substring_counts_from_one() {
    check(&[
        ("substring('12345', 2, 3)", "'234'"),
        ("substring('12345', 2)", "'2345'"),
        ("substring('12345', 1.5, 2.6)", "'234'"),
        ("substring('12345', 0, 3)", "'12'"),
        ("substring('12345', 0 div 0, 3)", "''"),
        ("substring('12345', 1, 0 div 0)", "''"),
        ("substring('12345', -42, 1 div 0)", "'12345'"),
        ("substring('12345', -1 div 0, 1 div 0)", "''"),
        ("substring('12345', -1 div 0)", "'12345'"),
        ("substring('12345', 6)", "''"),
        ("substring('sé\u{1f41f}x', 2, 2)", "'é\u{1f41f}'"),
    ]);
}

#[test]
fn substr_counts_from_zero() {
    check(&[
        ("substr('hello', 1)", "'ello'"),
        ("substr('hello', 1, 3)", "'el'"),
        ("substr('hello', 0, 0)", "''"),
        ("substr('hello', 3, 1)", "''"),
        ("substr('hello', -2)", "'lo'"),
        ("substr('hello', -9)", "'hello'"),
        ("substr('hello', 0, -1)", "'hell'"),
        ("substr('hello', 1.9, 3.9)", "'el'"),
        ("substr('hello', 9)", "''"),
        ("substr('', 0, 3)", "''"),
    ]);
}

#[test]
fn substring_before_and_after() {
    check(&[
        ("substring-before('1999/04/01', '/')", "'1999'"),
        ("substring-before('abc', 'x')", "''"),
        ("substring-before('abc', '')", "''"),
        ("substring-after('1999/04/01', '/')", "'04/01'"),
        ("substring-after('1999/04/01', '19')", "'99/04/01'"),
        ("substring-after('abc', 'x')", "''"),
        ("substring-after('abc', '')", "'abc'"),
    ]);
}

#[test]
fn string_length() {
    check(&[
        ("string-length('kacang')", "6"),
        ("string-length('')", "0"),
        ("string-length('é')", "1"),
        ("string-length('\u{1f41f}')", "1"),
        ("string-length(1000)", "4"),
        ("//name[string-length() = 5]/../@id", "[@id=p3]"),
    ]);
}

#[test]
fn normalize_space() {
    check(&[
        ("normalize-space('  a  b\n c\t')", "'a b c'"),
        ("normalize-space('')", "''"),
        ("normalize-space('\u{a0}a')", "'\u{a0}a'"),
        ("//name[normalize-space() = 'Ani']/../@id", "[@id=p1]"),
    ]);
}

#[test]
fn translate() {
    check(&[
        ("translate('bar', 'abc', 'AB')", "'BAr'"),
        ("translate('--aaa--', 'abc-', 'ABC')", "'AAA'"),
        ("translate('aa', 'aa', 'xy')", "'xx'"),
        ("translate('abc', '', 'x')", "'abc'"),
        ("translate('é', 'é', 'e')", "'e'"),
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
        ("regex('', 'a*')", "true()"),
        ("regex('A', '(?i)a')", "true()"),
        ("regex(12, '[0-9]+')", "true()"),
        ("regex('b', concat('a', '|b'))", "true()"),
        (
            "regex('b', concat('(', ''))",
            "error: the pattern `(` is not a regular expression",
        ),
    ]);
}

/// The values of RFC 1321, RFC 3174 and FIPS 180-4.
#[test]
fn digest() {
    check(&[
        (
            "digest('', 'MD5', 'hex')",
            "'d41d8cd98f00b204e9800998ecf8427e'",
        ),
        (
            "digest('abc', 'MD5', 'hex')",
            "'900150983cd24fb0d6963f7d28e17f72'",
        ),
        (
            "digest('12345678901234567890123456789012345678901234567890123456789012345678901234567890', 'MD5', 'hex')",
            "'57edf4a22be3c955ac49da2e2107b67a'",
        ),
        (
            "digest('abc', 'SHA-1', 'hex')",
            "'a9993e364706816aba3e25717850c26c9cd0d89d'",
        ),
        (
            "digest('abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq', 'SHA-1', 'hex')",
            "'84983e441c3bd26ebaae4aa1f95129e5e54670f1'",
        ),
        (
            "digest('abc', 'SHA-256', 'hex')",
            "'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'",
        ),
        (
            "digest('abc', 'SHA-256')",
            "'ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0='",
        ),
        (
            "digest('abc', 'SHA-256', 'base64')",
            "'ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0='",
        ),
        ("digest('abc', 'MD5')", "'kAFQmDzST7DWlj99KOF/cg=='"),
        (
            "digest('abc', 'SHA-384', 'hex')",
            "'cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7'",
        ),
        (
            "digest('abc', 'SHA-512', 'hex')",
            "'ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f'",
        ),
        (
            "digest('abc', 'CRC')",
            "error: digest() was given something it cannot work with",
        ),
        (
            "digest('abc', 'MD5', 'octal')",
            "error: digest() was given something it cannot work with",
        ),
    ]);
}

#[test]
fn base64() {
    check(&[
        ("base64-encode('koperasi')", "'a29wZXJhc2k='"),
        ("base64-encode('ab')", "'YWI='"),
        ("base64-encode('a')", "'YQ=='"),
        ("base64-encode('')", "''"),
        ("base64-decode('a29wZXJhc2k=')", "'koperasi'"),
        ("base64-decode('YWI')", "'ab'"),
        ("base64-decode('w6k=')", "'é'"),
        ("base64-decode('%')", "''"),
        (
            "base64-decode(base64-encode('Toboali; Lepar'))",
            "'Toboali; Lepar'",
        ),
    ]);
}
