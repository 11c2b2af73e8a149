//! An app that the server finds too old: it keeps working, keeps everything, says what to do, and that helps.

use anjangsana::sync::wire::{ErrorCode, ErrorReply, MARK};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::browser::{Device, Screen};
use crate::filling;
use crate::newer_server::receive;
use crate::office::{Office, copy_of_the_app, release_anew};

const PIN: &str = "482913";

#[tokio::test(flavor = "multi_thread")]
async fn an_app_too_old_for_the_server_works_on_and_says_what_to_do() {
    let web = tempfile::tempdir().unwrap();
    copy_of_the_app(web.path());
    let mut office = Office::serving(web.path().to_owned());
    let before = office.visits();
    let profiles = tempfile::tempdir().unwrap();
    let phone = Device::open(&profiles.path().join("phone"), Screen::Phone).await;
    phone.goto(&office.url("/")).await;
    phone.log_in("petugas1", PIN).await;
    phone.has_the_app().await;
    phone.sees("Semua sudah terkirim").await;
    office.stop();
    let later = LaterServer::at(office.port()).await;

    phone.goto_inside("Koperasi").await;
    phone.types("Cari koperasi", "nelayan sadai").await;
    phone.tap_row("Bahari Sadai").await;
    phone.tap("Mulai kunjungan").await;
    phone.element("//*[@id='q-no_spt']").await;
    filling::answer(&phone, "q-no_spt", "SPT-1").await;
    filling::saved(&phone).await;
    phone.sees(WORDS).await;

    // After switching the phone off and on it is still so, and the work is there.
    let phone = phone.reopen().await;
    phone.goto(&office.url("/antrean")).await;
    phone.unlock(PIN).await;
    phone.sees(WORDS).await;
    phone.sees("Perlu pembaruan aplikasi").await;
    phone
        .sees("Server tidak menerima lagi versi aplikasi ini. Perbarui aplikasi.")
        .await;
    assert!(
        !phone.shows("Dicoba lagi otomatis").await,
        "nothing is promised that does not happen"
    );
    phone.goto_inside("Beranda").await;
    phone.sees("Lihat antrean kirim").await;
    assert!(
        !phone.shows("perlu dilihat").await,
        "what waits is not counted as set aside"
    );
    phone.tap_row("Koperasi Nelayan CONTOH Bahari Sadai").await;
    phone.element("//*[@id='q-no_spt']").await;
    phone
        .until(
            "the answer is there",
            "return document.getElementById('q-no_spt').value === 'SPT-1'",
        )
        .await;
    filling::answer(&phone, "q-no_spt", "SPT-2").await;
    filling::saved(&phone).await;

    // The office has the newer app: the button that stands beside the words brings it, and everything goes.
    later.ends().await;
    release_anew(web.path());
    office.start();
    phone.tap("Semua bagian").await;
    phone.tap("Perbarui").await;
    phone.unlock(PIN).await;
    phone
        .until(
            "only the new build is kept",
            "return window.kept === 'anjangsana-the-next-build' || (caches.keys().then(k => window.kept = k.join()), false)",
        )
        .await;
    phone.send_everything("Antrean kirim").await;
    assert!(!phone.shows(WORDS).await);
    let mut visits = office.visits();
    visits.retain(|id, _| !before.contains_key(id));
    let fields = visits.into_values().next().unwrap();
    assert_eq!(fields["a/no_spt"], "SPT-2");
    phone.close().await;
}

const WORDS: &str = "Server tidak menerima lagi versi aplikasi ini.";

/// A server that finds every app too old.
struct LaterServer(JoinHandle<()>);

impl LaterServer {
    async fn at(port: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
        Self(tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                // A client that hangs up has its answer or wants none.
                let _gone = refuse(client).await;
            }
        }))
    }

    async fn ends(self) {
        self.0.abort();
        let _ended = self.0.await;
    }
}

async fn refuse(mut client: TcpStream) -> std::io::Result<()> {
    if receive(&mut client).await?.is_none() {
        return Ok(());
    }
    let refusal = ErrorReply {
        code: ErrorCode::UpdateNeeded,
        message: "update the app".to_owned(),
        retry_after: None,
    };
    let body = serde_json::to_string(&refusal).unwrap();
    let answer = format!(
        "HTTP/1.1 426 Upgrade Required\r\n{MARK}: 2\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    client.write_all(answer.as_bytes()).await?;
    client.shutdown().await
}
