//! Functions that ask the world outside.

use super::check;

#[test]
fn uuid() {
    check(&[
        ("uuid()", "'01234567-89ab-4cde-8123-456789abcdef'"),
        ("uuid(10)", "'0123456789'"),
        ("uuid(0)", "''"),
        ("uuid(-1)", "''"),
        ("uuid('')", "''"),
        ("uuid(36)", "'0123456789ab4cde8123456789abcdeffedc'"),
    ]);
}

#[test]
fn random() {
    check(&[("random()", "0.25")]);
}

#[test]
fn version() {
    check(&[("version()", "'2024110701'")]);
}

#[test]
fn property() {
    check(&[
        ("property('deviceid')", "'hp-1'"),
        ("property('unknown')", "''"),
    ]);
}

#[test]
fn pulldata() {
    check(&[
        ("pulldata('koperasi', 'nama', 'id', 7)", "'Laut Sejahtera'"),
        ("pulldata('koperasi', 'nama', 'id', 8)", "''"),
        ("pulldata('desa', 'nama', 'id', 7)", "''"),
    ]);
}

#[test]
fn instance() {
    check(&[
        ("count(instance('desa')/clinic/patient)", "3"),
        (
            "instance('desa')/clinic/patient[name = 'Budi']/@id",
            "[@id=p2]",
        ),
        (
            "instance('kota')/root/item",
            "error: there is no table or list `kota`",
        ),
    ]);
}

#[test]
fn last_saved() {
    check(&[
        ("${last-saved#age}", "'41'"),
        ("${last-saved#age} + 1", "42"),
        ("${last-saved#name} = ''", "true()"),
        ("coalesce(${last-saved#name}, 'none')", "'none'"),
    ]);
}
