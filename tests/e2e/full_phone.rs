//! A phone without room: warned of before, told in words, and nothing that was saved is lost.

use serde_json::{Value, json};

use crate::browser::{Device, Screen};
use crate::filling;
use crate::office::Office;

const PIN: &str = "482913";
/// Text questions of the form.
const QUESTIONS: usize = 20;
/// Letters of an answer: nearly as many as the server takes in one, and of all answers together in one change.
const LONG: usize = 19_900;

#[tokio::test(flavor = "multi_thread")]
async fn a_full_phone_says_so_loses_nothing_and_goes_on_when_there_is_room() {
    let mut office = Office::open();
    let mut survey = "type,name,label\nbegin_group,semua,Semua\n".to_owned();
    for n in 0..QUESTIONS {
        survey += &format!("text,t_{n},Teks {n}\n");
    }
    office.publish(
        &(survey + "end_group,,\n"),
        "list_name,name,label\n",
        "form_title,form_id,version\nTeks,kunjungan,9999000004\n",
    );
    let before = office.visits();
    let profiles = tempfile::tempdir().unwrap();
    let phone = Device::open(&profiles.path().join("phone"), Screen::Phone).await;
    phone.goto(&office.url("/")).await;
    phone.log_in("petugas1", PIN).await;
    phone.has_the_app().await;
    phone.sees("Semua sudah terkirim").await;
    phone.goto_inside("Koperasi").await;
    phone.types("Cari koperasi", "nelayan sadai").await;
    phone.tap_row("Bahari Sadai").await;
    phone.tap("Mulai kunjungan").await;
    phone.element("//*[@id='q-t_0']").await;
    filling::answer(&phone, "q-t_0", "Sebelum penuh").await;
    filling::saved(&phone).await;

    // Little room is said before there is none.
    phone.has_room(&office, 20_000_000).await;
    phone.web.refresh().await.unwrap();
    phone.unlock(PIN).await;
    phone
        .sees("Ruang penyimpanan HP hampir penuh (sisa sekitar")
        .await;

    // No room: the answer that does not fit stays on the screen, with the word that it is not saved.
    phone.has_room(&office, 0).await;
    let mut last = 0;
    let full = "return document.body.innerText.includes('Ruang penyimpanan HP penuh')";
    for n in 1..QUESTIONS {
        phone.element(&format!("//*[@id='q-t_{n}']")).await;
        filling::set(&phone, &format!("q-t_{n}"), &long(n)).await;
        last = n;
        phone
            .until(
                "it is saved or not",
                "return !document.querySelector('[data-saving=pending]')",
            )
            .await;
        if phone.script(full, vec![]).await == json!(true) {
            break;
        }
    }
    phone
        .sees("Ruang penyimpanan HP penuh. Hapus foto atau aplikasi lain; jawaban dicoba simpan lagi.")
        .await;
    phone.sees("Belum tersimpan").await;

    // The screen is left and opened again: the answer is there, and is still tried.
    let script = format!(
        "const text = at('q-t_{last}').value;
         go('/');
         await until('the first screen', () => one('.home'));
         go(visit);
         await until('the answer', () => at('q-t_{last}')?.value === text && one('[data-path=t_{last}] [data-saving=failed]'));"
    );
    phone.in_page(&script, &phone.path().await).await;

    // Room again: it is saved by itself.
    phone.has_all_room(&office).await;
    phone
        .until(
            "it is saved by itself",
            "return !document.querySelector('[data-saving=failed], [data-saving=pending]')
                && !document.body.innerText.includes('Ruang penyimpanan HP penuh')",
        )
        .await;

    // Full again, and opened anew: everything is there to be read.
    phone.has_room(&office, 0).await;
    phone.web.refresh().await.unwrap();
    phone.unlock(PIN).await;
    phone.element("//*[@id='q-t_0']").await;
    let there =
        "return [...document.querySelectorAll('main input, main textarea')].map(e => e.value)";
    let there: Vec<String> = serde_json::from_value(phone.script(there, vec![]).await).unwrap();
    assert_eq!(there[0], "Sebelum penuh");
    for (n, there) in there.iter().enumerate().take(last + 1).skip(1) {
        assert!(*there == long(n), "answer {n} is there");
    }

    phone.has_all_room(&office).await;
    phone.tap("Semua bagian").await;
    phone.send_everything("Antrean kirim").await;
    let mut visits = office.visits();
    visits.retain(|id, _| !before.contains_key(id));
    let fields = visits.into_values().next().unwrap();
    for n in 1..=last {
        assert!(fields[format!("a/t_{n}")] == Value::String(long(n)));
    }
    phone.close().await;
}

fn long(n: usize) -> String {
    format!("{n} ").repeat(LONG / 2).trim().to_owned()
}

impl Device {
    /// From now on the browser allows the app so many bytes more than it has.
    async fn has_room(&self, office: &Office, bytes: u64) {
        let used = self
            .web
            .execute_async(
                "const done = arguments[0]; navigator.storage.estimate().then(all => done(all.usage));",
                vec![],
            )
            .await
            .unwrap();
        let used = used.json().as_u64().unwrap();
        self.quota(office, json!(used + bytes)).await;
    }

    /// As much as it would by itself.
    async fn has_all_room(&self, office: &Office) {
        self.quota(office, Value::Null).await;
    }

    async fn quota(&self, office: &Office, bytes: Value) {
        let mut order = json!({"origin": office.url("")});
        if !bytes.is_null() {
            order["quotaSize"] = bytes;
        }
        self.web
            .cdp()
            .send_raw("Storage.overrideQuotaForOrigin", order)
            .await
            .unwrap();
    }
}
