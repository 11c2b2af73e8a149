//! How long a letter takes in a long form: `cargo xtask bench-browser`.

use std::fmt::Write;

use crate::browser::{Device, Screen};
use crate::filling;
use crate::office::Office;

/// Questions on one page: far more than any page of a checklist has.
const QUESTIONS: usize = 300;
/// How many of them have a name that ends in the same digit.
pub(crate) const TENS: usize = QUESTIONS / 10;
/// How many times slower than this machine the phone is taken to be.
const SLOWER: u32 = 4;
/// What is typed: ordinary letters, figures that thirty other questions hang on, and a text that brings and takes questions.
const TYPED: [(&str, &str, &str); 3] = [
    (
        "a text",
        "q-t_151",
        "Koperasi ini berjalan baik sejak tahun lalu.",
    ),
    (
        "a number that 30 calculations hang on",
        "q-n_0",
        "12345678901234567890",
    ),
    (
        "a text that shows and hides 30 questions",
        "q-t_7",
        "ya, ya, ya, ya",
    ),
];

/// A form of one long page.
pub(crate) fn survey() -> String {
    let mut sheet =
        "type,name,label,relevant,calculation,constraint,required\nbegin_group,semua,Semua,,,,\n"
            .to_owned();
    for n in 0..QUESTIONS {
        let line = match n % 10 {
            0 => format!("integer,n_{n},Angka {n},,,. >= 0,"),
            5 => format!("calculate,c_{n},,,\"coalesce(${{n_0}}, 0) * {n}\",,"),
            7 if n > 7 => format!(
                "text,t_{n},Teks {n},\"contains(${{t_7}}, 'ya')\",,string-length(.) < 500,yes"
            ),
            _ => format!("text,t_{n},Teks {n},,,string-length(.) < 500,yes"),
        };
        writeln!(sheet, "{line}").unwrap();
    }
    sheet + "end_group,,,,,,\n"
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement: run by `cargo xtask bench-browser`"]
async fn bench_browser_a_letter_in_a_form_of_300_questions() {
    let mut office = Office::open();
    office.publish(
        &survey(),
        "list_name,name,label\n",
        "form_title,form_id,version\nPanjang,kunjungan,9999000002\n",
    );
    let profiles = tempfile::tempdir().unwrap();
    let phone = Device::open(&profiles.path().join("phone"), Screen::Phone).await;
    phone.goto(&office.url("/")).await;
    phone.log_in("petugas1", "246810").await;
    phone.sees("Semua sudah terkirim").await;
    phone.goto_inside("Koperasi").await;
    phone.types("Cari koperasi", "nelayan sadai").await;
    phone.tap_row("Bahari Sadai").await;
    phone.tap("Mulai kunjungan").await;
    phone.element("//*[@id='q-t_299']").await;
    // From a letter to the end of all that it set going, layout included.
    phone
        .script(
            "window.took = [];
             window.addEventListener('input', () => {
                 const begun = performance.now(), after = new MessageChannel();
                 after.port1.onmessage = () => { document.body.offsetHeight; window.took.push(performance.now() - begun); };
                 after.port2.postMessage(0);
             }, true);",
            vec![],
        )
        .await;
    phone.is_slow(SLOWER).await;
    for (what, field, text) in TYPED {
        phone.script("window.took = []", vec![]).await;
        filling::types(&phone, field, text).await;
        filling::saved(&phone).await;
        let took = phone.script("return window.took", vec![]).await;
        let mut took: Vec<f64> = serde_json::from_value(took).unwrap();
        assert_eq!(took.len(), text.len(), "every letter was measured");
        took.sort_by(f64::total_cmp);
        let at = |share: f64| took[((took.len() - 1) as f64 * share) as usize];
        println!(
            "{what}: {} letters, p50 {:.1} ms, p95 {:.1} ms, most {:.1} ms, at {SLOWER}x CPU throttling",
            took.len(),
            at(0.5),
            at(0.95),
            at(1.0)
        );
    }
    phone.close().await;
}
