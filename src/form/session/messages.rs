//! The engine's own words to the person who fills a form, in Indonesian and English.

use crate::form::kind::QuestionKind;

/// In English when the language is English, else in Indonesian.
fn choose(code: &str, indonesian: &'static str, english: &'static str) -> String {
    String::from(if code == "en" { english } else { indonesian })
}

pub(super) fn required(code: &str, kind: QuestionKind) -> String {
    match kind {
        QuestionKind::Acknowledge => {
            choose(code, "Centang untuk melanjutkan.", "Tick this to go on.")
        }
        _ => choose(code, "Wajib diisi.", "This must be answered."),
    }
}

pub(super) fn constraint(code: &str) -> String {
    choose(
        code,
        "Jawaban ini tidak sesuai ketentuan.",
        "This answer is not allowed.",
    )
}

pub(super) fn wrong_type(code: &str, kind: QuestionKind) -> String {
    match kind {
        QuestionKind::Integer => {
            choose(code, "Isi dengan bilangan bulat.", "Enter a whole number.")
        }
        QuestionKind::Decimal => choose(code, "Isi dengan angka.", "Enter a number."),
        QuestionKind::Range => choose(
            code,
            "Isi dengan angka dalam rentangnya.",
            "Enter a number within the range.",
        ),
        QuestionKind::Date => choose(
            code,
            "Isi dengan tanggal yang benar.",
            "Enter a valid date.",
        ),
        QuestionKind::Time => choose(code, "Isi dengan jam yang benar.", "Enter a valid time."),
        QuestionKind::DateTime => choose(
            code,
            "Isi dengan tanggal dan jam yang benar.",
            "Enter a valid date and time.",
        ),
        QuestionKind::Geopoint => choose(
            code,
            "Titik lokasi tidak terbaca.",
            "The location cannot be read.",
        ),
        kind if kind.has_choices() => choose(
            code,
            "Jawaban ini tidak ada dalam pilihan.",
            "This answer is not among the choices.",
        ),
        _ => choose(
            code,
            "Jawaban ini tidak terbaca.",
            "This answer cannot be read.",
        ),
    }
}

pub(super) fn too_few(code: &str, least: f64) -> String {
    if code == "en" {
        format!("Add at least {least}.")
    } else {
        format!("Isi minimal {least}.")
    }
}

pub(super) fn too_many(code: &str, most: f64) -> String {
    if code == "en" {
        format!("No more than {most} are possible.")
    } else {
        format!("Maksimal {most}.")
    }
}
