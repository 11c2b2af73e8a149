//! Each kind of mistake and warning, at its cell, in both languages.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use anjangsana::form::{FormError, FormErrors, Sheets, compile};

use crate::form_support::{csv, try_form};

/// The first mistake of a form, in English and in Indonesian.
#[track_caller]
fn mistake(survey: &str, choices: &str) -> (String, String) {
    let FormErrors(errors) = try_form(survey, choices, "").expect_err("the form has mistakes");
    both(&errors[0])
}

/// The first warning.
#[track_caller]
fn warning(survey: &str, choices: &str, settings: &str) -> (String, String) {
    let form = try_form(survey, choices, settings).unwrap_or_else(|errors| panic!("{errors}"));
    both(form.warnings().first().expect("a warning"))
}

fn both(error: &FormError) -> (String, String) {
    (error.to_string(), error.indonesian())
}

#[track_caller]
fn is(found: (String, String), english: &str, indonesian: &str) {
    assert_eq!(found.0, english);
    assert_eq!(found.1, indonesian);
}

const HEAD: &str = "type|name|label|relevant|calculation\n";

#[test]
fn names_and_types() {
    let of = |rows: &str| mistake(&format!("{HEAD}{rows}"), "");
    is(
        of("txt|a|A"),
        "survey!A2 (type): `txt` is not a type of question; did you mean `text`?",
        "survey!A2 (type): `txt` bukan jenis pertanyaan; mungkin maksudnya `text`?",
    );
    is(
        of("text||A"),
        "survey!A2 (type): the name is missing",
        "survey!A2 (type): nama belum diisi",
    );
    is(
        of("text|1a|A"),
        "survey!B2 (name): `1a` cannot be a name; a name starts with a letter and has only letters, digits, `_`, `-` and `.`",
        "survey!B2 (name): `1a` tidak bisa menjadi nama; nama diawali huruf dan hanya berisi huruf, angka, `_`, `-`, dan `.`",
    );
    is(
        of("text|a|A\ntext|a|B"),
        "survey!B3 (name): the name `a` is used already in row 2; give one of them another name",
        "survey!B3 (name): nama `a` sudah dipakai di baris 2; beri salah satunya nama lain",
    );
    is(
        of("calculate|a|"),
        "survey!A2 (type): a calculation is missing",
        "survey!A2 (type): perhitungan belum diisi",
    );
    is(
        mistake("type|label\ntext|A", ""),
        "survey: the column `name` is missing",
        "survey: kolom `name` tidak ada",
    );
    is(
        mistake("type|name|label|relevant|bind::relevant\ntext|a|A||", ""),
        "survey!E1 (bind::relevant): the column `bind::relevant` stands twice, here and in column D; take one of the two out",
        "survey!E1 (bind::relevant): kolom `bind::relevant` ada dua kali, di sini dan di kolom D; hapus salah satunya",
    );
    is(
        mistake("type|name", ""),
        "survey: the form has no questions",
        "survey: formulir ini tidak punya pertanyaan",
    );
}

#[test]
fn groups_that_do_not_close() {
    let of = |rows: &str| mistake(&format!("{HEAD}{rows}"), "");
    is(
        of("begin_group|g|G\ntext|a|A"),
        "survey!2: this group is never closed",
        "survey!2: kelompok (group) ini tidak pernah ditutup",
    );
    is(
        of("text|a|A\nend_repeat||"),
        "survey!A3 (type): there is no repeat open here to close",
        "survey!A3 (type): tidak ada pengulangan (repeat) terbuka yang bisa ditutup di sini",
    );
    is(
        of("begin_repeat|g|G\ntext|a|A\nend_group||"),
        "survey!A4 (type): this closes a group, but the repeat of row 2 is open; write `end_repeat`",
        "survey!A4 (type): ini menutup kelompok (group), padahal yang terbuka pengulangan (repeat) di baris 2; tulis `end_repeat`",
    );
}

#[test]
fn lists() {
    let survey = "type|name|label\nselect_one ya|a|A";
    is(
        mistake(survey, "list_name|name|label\nya_tidak|y|Y"),
        "survey!A2 (type): there is no list `ya` in the choices",
        "survey!A2 (type): daftar `ya` tidak ada di lembar choices",
    );
    is(
        mistake("type|name|label\nselect_one_external kota|a|A", ""),
        "survey!A2 (type): there is no list `kota` in the external choices",
        "survey!A2 (type): daftar `kota` tidak ada di lembar external_choices",
    );
    is(
        mistake("type|name|label\nselect_one|a|A", ""),
        "survey!A2 (type): the type needs a list after it",
        "survey!A2 (type): jenis ini perlu nama daftar di belakangnya",
    );
    is(
        mistake(survey, "list_name|name|label\nya|y|Y\nya|y|Z"),
        "choices!B3 (name): the choice `y` is in the list `ya` already, in row 2",
        "choices!B3 (name): pilihan `y` sudah ada di daftar `ya`, di baris 2",
    );
    is(
        mistake(survey, "list_name|name|label\nya|y|Y\nya||Z"),
        "choices!3: the choice has no list or no name",
        "choices!3: pilihan ini tidak punya daftar atau nama",
    );
    is(
        mistake(
            "type|name|label\nselect_multiple ya|a|A",
            "list_name|name|label\nya|y z|Y",
        ),
        "choices!B2 (name): the choice `y z` has a blank in its name; write `y_z`",
        "choices!B2 (name): nama pilihan `y z` mengandung spasi; tulis `y_z`",
    );
    // Where one is chosen, a blank separates nothing.
    assert!(try_form(survey, "list_name|name|label\nya|y z|Y", "").is_ok());
}

#[test]
fn expressions() {
    let of = |relevant: &str| {
        mistake(
            &format!("{HEAD}text|org_anggota|A|\ntext|b|B|{relevant}"),
            "",
        )
    };
    is(
        of("${anggota} = 1"),
        "survey!D3 (relevant): `${anggota}` is not a question; did you mean `${org_anggota}`?",
        "survey!D3 (relevant): `${anggota}` bukan pertanyaan; mungkin maksudnya `${org_anggota}`?",
    );
    is(
        of("1 + slected(., 'x')"),
        "survey!D3 (relevant): there is no function `slected()` (character 5); did you mean `selected`?",
        "survey!D3 (relevant): tidak ada fungsi `slected()` (karakter ke-5); mungkin maksudnya `selected`?",
    );
    is(
        of("1 +"),
        "survey!D3 (relevant): a value expected (character 4)",
        "survey!D3 (relevant): seharusnya ada nilai di akhir (karakter ke-4)",
    );
    is(
        of("selected(.)"),
        "survey!D3 (relevant): `selected()` takes 2 arguments, not 1 (character 1)",
        "survey!D3 (relevant): `selected()` menerima 2 isian, bukan 1 (karakter ke-1)",
    );
    is(
        of("'x"),
        "survey!D3 (relevant): a quotation mark is opened and never closed (character 1)",
        "survey!D3 (relevant): tanda kutip dibuka tetapi tidak pernah ditutup (karakter ke-1)",
    );
    is(
        mistake("type|name|label\ntext|a|Hello ${a", ""),
        "survey!C2 (label): `${a` is not closed with a brace",
        "survey!C2 (label): `${a` tidak ditutup dengan kurung kurawal",
    );
    is(
        mistake(
            &format!("{HEAD}calculate|a|||${{b}}\ncalculate|b|||${{a}}"),
            "",
        ),
        "survey!E2 (calculation): these depend on each other in a circle: ${a} -> ${b} -> ${a}; take one of these references out",
        "survey!E2 (calculation): ini saling bergantung melingkar: ${a} -> ${b} -> ${a}; hapus salah satu rujukan ini",
    );
}

#[test]
fn what_has_no_effect_is_said() {
    is(
        warning("type|name|label\nbackground-audio|a|A", "", ""),
        "survey!A2 (type): the app cannot capture `a` yet; the question is left out and does not block",
        "survey!A2 (type): aplikasi belum bisa merekam `a`; pertanyaannya dilewati dan tidak menghalangi",
    );
    is(
        warning("type|name|label|image\ntext|a|A|x.png", "", ""),
        "survey!D1 (image): `image` is not supported yet and has no effect",
        "survey!D1 (image): `image` belum didukung dan tidak berpengaruh",
    );
    is(
        warning("type|name|label\ntext|a|A", "", "form_id|public_key\nx|abc"),
        "settings!B2 (public_key): `public_key` is not supported yet and has no effect",
        "settings!B2 (public_key): `public_key` belum didukung dan tidak berpengaruh",
    );
    is(
        warning(
            "type|name|label|parameters\nselect_one l|a|A|randomize=maybe",
            "list_name|name|label\nl|x|X",
            "",
        ),
        "survey!D2 (parameters): `randomize=maybe` is not supported yet and has no effect",
        "survey!D2 (parameters): `randomize=maybe` belum didukung dan tidak berpengaruh",
    );
    is(
        warning(
            "type|name|label|parameters\nselect_one l|a|A|seed=7",
            "list_name|name|label\nl|x|X",
            "",
        ),
        "survey!D2 (parameters): `seed=7` is not supported yet and has no effect",
        "survey!D2 (parameters): `seed=7` belum didukung dan tidak berpengaruh",
    );
    is(
        warning("type|name|label|relevent\ntext|a|A|1", "", ""),
        "survey!D1 (relevent): the column `relevent` is not known and has no effect; did you mean `relevant`?",
        "survey!D1 (relevent): kolom `relevent` tidak dikenal dan tidak berpengaruh; mungkin maksudnya `relevant`?",
    );
    let sheets = [
        ("survey", csv("type|name|label\ntext|a|A")),
        ("choces", csv("list_name|name\nx|y")),
    ];
    let sheets =
        Sheets::from_named(sheets.iter().map(|(name, text)| (*name, text.as_str()))).unwrap();
    is(
        both(&compile(&sheets).unwrap().warnings()[0]),
        "choces: the sheet `choces` is not known and has no effect; did you mean `choices`?",
        "choces: lembar `choces` tidak dikenal dan tidak berpengaruh; mungkin maksudnya `choices`?",
    );
}

#[test]
fn what_looks_like_a_slip_is_said() {
    is(
        warning("type|name|label\ntext|a|", "", ""),
        "survey!A2 (type): the question has no label in ``",
        "survey!A2 (type): pertanyaan ini tidak punya label dalam ``",
    );
    is(
        warning(
            "type|name|label\ntext|a|A",
            "list_name|name|label\nx|y|Y",
            "",
        ),
        "choices!A2 (list_name): no question uses the list `x`",
        "choices!A2 (list_name): tidak ada pertanyaan yang memakai daftar `x`",
    );
    is(
        warning(
            "type|name|label::English (en)\nselect_one x|a|A",
            "list_name|name|label::English (en)\nx|y|",
            "",
        ),
        "choices!B2 (name): the choice has no label in `English (en)`",
        "choices!B2 (name): pilihan ini tidak punya label dalam `English (en)`",
    );
    is(
        warning(
            &format!("{HEAD}begin_repeat|r|R\ntext|a|A\nend_repeat||\ntext|b|B|${{a}} = 'x'"),
            "",
            "",
        ),
        "survey!D5 (relevant): `${a}` stands in the repeat `r`, and this is outside of it; take all of them with `sum()`, `max()`, `join()` or the like, or one with `indexed-repeat()`",
        "survey!D5 (relevant): `${a}` ada di dalam pengulangan `r`, sedangkan ini di luarnya; ambil semuanya dengan `sum()`, `max()`, `join()`, dan sejenisnya, atau satu saja dengan `indexed-repeat()`",
    );
    is(
        warning("type|name|label\nselect_one_from_file desa.csv|a|A", "", ""),
        "survey!A2 (type): the table `desa` is not attached to the form; add a sheet `desa` to the workbook, or put `desa.csv` beside the file",
        "survey!A2 (type): tabel `desa` tidak disertakan; tambahkan lembar `desa` ke buku kerja, atau letakkan `desa.csv` di samping berkasnya",
    );
}

#[test]
fn the_instances_of_a_repeat_may_be_taken_together_from_outside() {
    let survey = "type|name|label|relevant|calculation
        begin_repeat|r|R||
        integer|a|A||
        text|b|B|${a} > 1|
        end_repeat||||
        calculate|s|||sum(${a}) + count(${r}) + max(${a}) + indexed-repeat(${a}, ${r}, 1)
        calculate|t|||${r}[1]/a";
    let form = try_form(survey, "", "").unwrap();
    assert_eq!(form.warnings(), []);
}

#[test]
fn there_is_an_end_to_the_mistakes_that_are_told() {
    let rows: String = (0..5_000).map(|n| format!("txet|q{n}|A\n")).collect();
    let FormErrors(errors) = try_form(&format!("type|name|label\n{rows}"), "", "").unwrap_err();
    assert_eq!(errors.len(), 501);
    assert!(
        errors
            .iter()
            .any(|error| error.indonesian().contains("masih ada kesalahan lain"))
    );
}

#[test]
fn the_built_in_checklist_has_no_warning_but_for_what_the_app_cannot_capture() {
    let form = compile(&anjangsana::form::builtin::kunjungan().unwrap()).unwrap();
    let odd: Vec<String> = form
        .warnings()
        .iter()
        .map(ToString::to_string)
        .filter(|line| !line.contains("cannot capture"))
        .collect();
    assert_eq!(odd, [""; 0]);
}
