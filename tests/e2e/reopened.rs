//! S5: what was sent without signal has not left the phone, and can be edited again until it does.

use crate::browser::Device;
use crate::controls::visit_with;
use crate::filling;
use crate::office::Office;

const SHEETS: (&str, &str, &str) = (
    "type,name,label\nbegin_group,satu,Satu\ntext,cerita,Cerita\nend_group,,\n",
    "list_name,name,label\n",
    "form_title,form_id,version\nPendek,kunjungan,9999000005\n",
);

#[tokio::test(flavor = "multi_thread")]
async fn a_visit_sent_without_signal_is_edited_again_and_sent_once() {
    let mut office = Office::open();
    let profiles = tempfile::tempdir().unwrap();
    let phone = visit_with(&mut office, &profiles.path().join("phone"), SHEETS).await;
    let path = phone.path().await;
    let (visit, _) = path.split_once("/isi/").unwrap();
    let id = visit.rsplit('/').next().unwrap();

    office.stop();
    filling::answer(&phone, "q-cerita", "Terlalu cepat dikirim").await;
    filling::saved(&phone).await;
    // What was answered until now waits for the server's answer. What comes after it stays on the phone.
    phone.tap("Semua bagian").await;
    phone.goto_inside("Antrean kirim").await;
    phone.tap("Kirim sekarang").await;
    phone.sees("Server tidak terjangkau").await;

    send(&phone, visit).await;
    phone.goto_inside("Antrean kirim").await;
    phone.sees("Siap dikirim").await;
    phone.tap_row("Bahari Sadai").await;
    phone.tap("Ubah lagi").await;
    phone.sees("Lanjutkan").await;
    phone.goto_inside("Antrean kirim").await;
    phone.sees("Cadangan draf").await;
    phone.goto_inside("Beranda").await;
    phone.tap_row("Bahari Sadai").await;
    phone.element("//*[@id='q-cerita']").await;
    filling::answer(&phone, "q-cerita", "Sudah diperbaiki").await;
    filling::saved(&phone).await;

    // Who presses "Send" and leaves at once has sent.
    let script = "for (let n = 0; n < 10; n++) {
            if (n) await tap('Ubah lagi');
            if (n) await until('it can be edited', () => named('Lanjutkan'));
            await round({
                what: 'a visit sent', path: visit + '/kirim', screen: '.foot .primary', back: visit,
                edit: () => tap('Kirim'), holds: () => named('Ubah lagi'),
            }, n, n * 50);
        }";
    phone.in_page(script, visit).await;

    office.start();
    phone.send_everything("Antrean kirim").await;
    phone.in_page("go(visit)", visit).await;
    phone.sees("Menunggu persetujuan").await;
    assert!(!phone.shows("Ubah lagi").await, "the office has it");
    let fields = office.visits().remove(id).unwrap();
    assert_eq!(fields["a/cerita"], "Sudah diperbaiki");
    let fields = fields.as_object().unwrap();
    let submissions = fields.keys().filter(|name| name.starts_with("submission/"));
    assert_eq!(submissions.count(), 1);
    phone.close().await;
}

async fn send(phone: &Device, visit: &str) {
    phone
        .in_page("go(visit + '/kirim'); await tap('Kirim');", visit)
        .await;
    phone.sees("Ubah lagi").await;
}
