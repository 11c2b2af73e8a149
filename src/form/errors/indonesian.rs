//! The kinds of mistakes and warnings, in Indonesian.

use super::{Cause, Frame, Limit};
use crate::form::expr::ParseError;

impl Cause {
    /// What is wrong, in Indonesian, as [`Display`](std::fmt::Display) says it in English.
    pub fn indonesian(&self) -> String {
        match self {
            Cause::NotAWorkbook => "berkas ini bukan buku kerja .xlsx, atau rusak".into(),
            Cause::Encrypted => "buku kerja ini dilindungi kata sandi".into(),
            Cause::OldFormat => "ini format lama .xls".into(),
            Cause::Unreadable(why) => format!("lembar ini tidak terbaca: {why}"),
            Cause::Csv => {
                "lembar ini bukan CSV: ada tanda kutip yang dibuka dan tidak ditutup".to_owned()
            }
            Cause::MissingSheet(name) => format!("lembar `{name}` tidak ada"),
            Cause::CellError(text) => format!("sel ini menampilkan galat `{text}`"),
            Cause::EmptyFormula => {
                "sel ini berisi rumus yang hasilnya tidak pernah disimpan".into()
            }
            Cause::MissingColumn(name) => format!("kolom `{name}` tidak ada"),
            Cause::DuplicateColumn { name, first } => {
                format!("kolom `{name}` ada dua kali, di sini dan di kolom {first}")
            }
            Cause::NoQuestions => "formulir ini tidak punya pertanyaan".into(),
            Cause::UnknownType(text) => format!("`{text}` bukan jenis pertanyaan"),
            Cause::NoName => "nama belum diisi".into(),
            Cause::BadName(name) => format!("`{name}` tidak bisa menjadi nama"),
            Cause::DuplicateName { name, first } => {
                format!("nama `{name}` sudah dipakai di baris {first}")
            }
            Cause::NeverClosed(frame) => format!("{} ini tidak pernah ditutup", kind(*frame)),
            Cause::NothingToClose(frame) => {
                format!(
                    "tidak ada {} terbuka yang bisa ditutup di sini",
                    kind(*frame)
                )
            }
            Cause::WrongClose { found, open, row } => format!(
                "ini menutup {}, padahal yang terbuka {} di baris {row}",
                kind(*found),
                kind(*open)
            ),
            Cause::MissingList(name) => format!("daftar `{name}` tidak ada di lembar choices"),
            Cause::MissingExternalList(name) => {
                format!("daftar `{name}` tidak ada di lembar external_choices")
            }
            Cause::NoList => "jenis ini perlu nama daftar di belakangnya".into(),
            Cause::DuplicateChoice { list, name, first } => {
                format!("pilihan `{name}` sudah ada di daftar `{list}`, di baris {first}")
            }
            Cause::BadChoice(name) => format!("nama pilihan `{name}` mengandung spasi"),
            Cause::IncompleteChoice => "pilihan ini tidak punya daftar atau nama".into(),
            Cause::IncompleteSuggestion => {
                "saran perlu syarat di `if` dan jumlah hari bulat di `days`".into()
            }
            Cause::UnknownRole(name) => {
                format!("`{name}` bukan peran yang bisa dimiliki sebuah jawaban")
            }
            Cause::Expression(error) => expression(error),
            Cause::UnknownReference(name) => format!("`${{{name}}}` bukan pertanyaan"),
            Cause::OpenReference(text) => format!("`{text}` tidak ditutup dengan kurung kurawal"),
            Cause::Cycle(path) => format!("ini saling bergantung melingkar: {path}"),
            Cause::NoCalculation => "perhitungan belum diisi".into(),
            Cause::UnknownLanguage(name) => format!("`{name}` bukan bahasa formulir ini"),
            Cause::TooLarge(limit) => format!("formulir ini terlalu besar: {}", much(*limit)),
            Cause::More => "masih ada kesalahan lain yang tidak ditampilkan".into(),
            Cause::MissingSetting(name) => format!("pengaturan `{name}` belum diisi"),
            Cause::VersionTaken { form, version } => {
                format!("versi `{version}` dari `{form}` sudah terbit dengan isi yang lain")
            }
            Cause::OldVersion { version, newest } => format!(
                "versi `{version}` lebih rendah daripada versi `{newest}` yang sudah terbit"
            ),
            Cause::NotCapturable(name) => format!(
                "aplikasi belum bisa merekam `{name}`; pertanyaannya dilewati dan tidak menghalangi"
            ),
            Cause::NotSupported(what) => format!("`{what}` belum didukung dan tidak berpengaruh"),
            Cause::NoLabel(language) => {
                format!("pertanyaan ini tidak punya label dalam `{language}`")
            }
            Cause::NoChoiceLabel(language) => {
                format!("pilihan ini tidak punya label dalam `{language}`")
            }
            Cause::UnusedList(name) => {
                format!("tidak ada pertanyaan yang memakai daftar `{name}`")
            }
            Cause::OutsideRepeat { name, repeat } => format!(
                "`${{{name}}}` ada di dalam pengulangan `{repeat}`, sedangkan ini di luarnya"
            ),
            Cause::MissingTable(name) => format!("tabel `{name}` tidak disertakan"),
            Cause::UnknownColumn(name) => {
                format!("kolom `{name}` tidak dikenal dan tidak berpengaruh")
            }
            Cause::UnknownSheet(name) => {
                format!("lembar `{name}` tidak dikenal dan tidak berpengaruh")
            }
            Cause::Formula(value) => {
                format!("sel ini berisi rumus; hasil terakhirnya, `{value}`, yang diambil")
            }
        }
    }
}

fn kind(frame: Frame) -> &'static str {
    match frame {
        Frame::Group => "kelompok (group)",
        Frame::Repeat => "pengulangan (repeat)",
    }
}

fn much(limit: Limit) -> &'static str {
    match limit {
        Limit::Rows => "lebih dari 20.000 baris",
        Limit::Columns => "lebih dari 500 kolom",
        Limit::Sheets => "lebih dari 50 lembar",
        Limit::Cells => "lebih dari 500.000 sel terisi",
        Limit::Cell => "ada sel dengan lebih dari 32.767 karakter",
        Limit::Depth => "kelompok bersarang lebih dari 30 tingkat",
        Limit::Expressions => "rumus-rumusnya menjangkau terlalu banyak bagian",
        Limit::File => "berkasnya lebih dari 4 MB",
        Limit::Unpacked => "isinya lebih dari 32 MB setelah dibongkar",
        Limit::Text => "lembar-lembarnya lebih dari 1,5 MB sebagai teks",
    }
}

fn expression(error: &ParseError) -> String {
    match error {
        ParseError::Empty => "rumusnya kosong".into(),
        ParseError::Character { found, .. } => format!("`{found}` tidak boleh ada dalam rumus"),
        ParseError::Unclosed { what, .. } => {
            format!("{} dibuka tetapi tidak pernah ditutup", part(what))
        }
        ParseError::Name { found, .. } => format!("`{found}` bukan nama yang sah"),
        ParseError::Expected { wanted, found, .. } => {
            let before = found
                .as_ref()
                .map_or_else(|| " di akhir".into(), |found| format!(" sebelum {found}"));
            format!("seharusnya ada {}{before}", part(wanted))
        }
        ParseError::Function { name, .. } => format!("tidak ada fungsi `{name}()`"),
        ParseError::Arguments {
            name,
            wanted,
            given,
            ..
        } => format!("`{name}()` menerima {}, bukan {given}", count(wanted)),
        ParseError::Regex { pattern, .. } => format!("pola `{pattern}` bukan ekspresi reguler"),
        ParseError::Depth { .. } => "rumusnya bersarang terlalu dalam".into(),
        ParseError::Long => "rumusnya terlalu panjang".into(),
    }
}

/// What the parser wanted or missed, from its English words.
fn part(wanted: &str) -> &str {
    match wanted {
        "a quotation mark" => "tanda kutip",
        "a value" => "nilai",
        "a name" => "nama",
        "a function" => "fungsi",
        "an operator or the end" => "operator atau akhir rumus",
        "`,` or `)`" => "`,` atau `)`",
        other => other,
    }
}

/// How many arguments a function takes, from its English words.
fn count(wanted: &str) -> String {
    wanted
        .replace("no arguments", "tanpa isian")
        .replace("at least", "sedikitnya")
        .replace(" to ", " sampai ")
        .replace("arguments", "isian")
        .replace("argument", "isian")
}
