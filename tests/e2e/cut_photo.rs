//! A photo whose server goes away in the middle of it: it goes on where it was.

use anjangsana::domain::AttachmentName;

use crate::browser::{Device, Screen};
use crate::cutting_proxy::{Carried, Line, Proxy};
use crate::filling;
use crate::office::Office;
use crate::senses::camera_photo;

/// A mobile line on which a photo takes some seconds.
const MOBILE: Line = Line {
    up: 500,
    down: 2_000,
    round_trip: std::time::Duration::from_millis(100),
};
/// Bytes of the photo after which the server goes away.
const MIDDLE: u64 = 120_000;

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_cut_off_in_the_middle_goes_on_where_it_was() {
    let mut office = Office::open();
    office.publish(
        "type,name,label\nbegin_group,semua,Semua\nimage,foto,Foto papan nama\nend_group,,\n",
        "list_name,name,label\n",
        "form_title,form_id,version\nFoto,kunjungan,9999000003\n",
    );
    let before = office.visits();
    let line = Proxy::before(([127, 0, 0, 1], office.port()).into(), Line::default()).await;
    let profiles = tempfile::tempdir().unwrap();
    let phone = Device::open(&profiles.path().join("phone"), Screen::Phone).await;
    phone
        .goto(&format!("http://localhost:{}/", line.address.port()))
        .await;
    phone.log_in("petugas1", "482913").await;
    phone.sees("Semua sudah terkirim").await;
    let photo = camera_photo(&phone, profiles.path()).await;
    phone.goto_inside("Koperasi").await;
    phone.types("Cari koperasi", "nelayan sadai").await;
    phone.tap_row("Bahari Sadai").await;
    phone.tap("Mulai kunjungan").await;
    phone.element("//*[@id='q-foto']").await;

    line.becomes(MOBILE);
    phone.gives_file("q-foto-1", &photo).await;
    phone.picture("Foto papan nama").await;
    filling::saved(&phone).await;
    phone.tap("Semua bagian").await;
    phone.goto_inside("Antrean kirim").await;
    while passed(&pieces(&line.log())) < MIDDLE {
        tokio::task::yield_now().await;
    }
    office.kill();
    phone.sees("Server tidak terjangkau.").await;
    phone.sees("Foto dan berkas").await;
    office.start();
    phone.tap("Kirim foto sekarang").await;
    phone
        .sees("Tidak ada yang menunggu. Semua sudah terkirim.")
        .await;

    let mut visits = office.visits();
    visits.retain(|id, _| !before.contains_key(id));
    let fields = visits.into_values().next().unwrap();
    let name: AttachmentName = fields["a/foto"].as_str().unwrap().parse().unwrap();
    let bytes = office.attachment(&name);
    assert!(name.names(&bytes), "it arrived byte for byte");

    let pieces = pieces(&line.log());
    println!("{} bytes in {pieces:?}", bytes.len());
    assert!(
        pieces.iter().any(|piece| piece.passed < piece.meant),
        "it was cut off in the middle of a piece"
    );
    let chunk = pieces.iter().map(|piece| piece.meant).max().unwrap();
    let twice = passed(&pieces) - bytes.len() as u64;
    assert!(
        twice <= chunk,
        "{twice} bytes went twice, and a piece has {chunk} at most"
    );
    phone.close().await;
}

/// A piece of a photo, as it passed on its way to the server.
#[derive(Debug)]
#[allow(dead_code, reason = "to be printed")]
struct Piece {
    from: u64,
    meant: u64,
    passed: u64,
}

fn passed(pieces: &[Piece]) -> u64 {
    pieces.iter().map(|piece| piece.passed).sum()
}

/// The pieces among what passed on every connection.
fn pieces(connections: &[Carried]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for mut rest in connections.iter().map(|carried| carried.up.as_slice()) {
        while let Some(end) = rest.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&rest[..end]).to_lowercase();
            let header = |name: &str| {
                head.lines()
                    .find_map(|line| line.strip_prefix(name))
                    .and_then(|value| value.trim().parse::<u64>().ok())
            };
            let meant = header("content-length:").unwrap_or(0);
            rest = &rest[end + 4..];
            let body = rest.len().min(usize::try_from(meant).unwrap());
            let is_piece = head.contains("application/offset+octet-stream");
            if is_piece {
                pieces.push(Piece {
                    from: header("upload-offset:").unwrap_or(0),
                    meant,
                    passed: body as u64,
                });
            }
            rest = &rest[body..];
        }
    }
    pieces
}
