//! Photos at the server: sent by tus in pieces through cuts, kept once they are what they say, given to who may have them,
//! swept up when nobody refers to them.

use std::{
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use anjangsana::{
    domain::{AttachmentName, Millis, Role, attachment::MOST_BYTES},
    server::{
        Config,
        attachments::{
            MOST_OPEN, partial,
            sweep::{Most, Swept, sweep},
            unwanted::{DAYS, TRASH_DAYS},
        },
        blobs::TRASH,
        forms::{self, Sheets},
        machine,
        repo::sqlite,
    },
    sync::wire::{ATTACHMENTS_PATH, ErrorCode, ErrorReply, MARK, PIECE, TUS},
};
use base64::Engine;
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use rusqlite::Connection;
use serde_json::json;
use sha2::{Digest, Sha256};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::cutting_proxy::{Fault, Line, Proxy};
use crate::server_office::{Office, PAYUNG, Phone, TOBOALI, rev};

/// Bytes that begin as a JPEG does and are no two times the same.
pub(crate) fn photo(seed: u64, length: usize) -> Vec<u8> {
    let mut bytes = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00".to_vec();
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    while bytes.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}

pub(crate) fn name_of(bytes: &[u8]) -> AttachmentName {
    AttachmentName::of(bytes, "image/jpeg").unwrap()
}

fn base64(bytes: &[u8]) -> String {
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

fn path(name: &AttachmentName) -> String {
    format!("{ATTACHMENTS_PATH}/{name}")
}

/// A tus client of a few lines.
trait Tus {
    fn tus(&self, office: &Office, method: Method, path: &str) -> RequestBuilder;
    async fn create(&self, office: &Office, name: &AttachmentName, length: usize) -> Response;
    async fn patch(
        &self,
        office: &Office,
        name: &AttachmentName,
        offset: usize,
        bytes: &[u8],
    ) -> Response;
    async fn offset(&self, office: &Office, name: &AttachmentName) -> Option<usize>;
    async fn send(&self, office: &Office, bytes: &[u8]) -> AttachmentName;
}

impl Tus for Phone {
    fn tus(&self, office: &Office, method: Method, path: &str) -> RequestBuilder {
        let request = self.client.request(method, office.url(path));
        request
            .bearer_auth(&self.token)
            .header("tus-resumable", TUS)
    }

    async fn create(&self, office: &Office, name: &AttachmentName, length: usize) -> Response {
        let metadata = format!("name {}", base64(name.as_str().as_bytes()));
        self.tus(office, Method::POST, ATTACHMENTS_PATH)
            .header("upload-length", length)
            .header("upload-metadata", metadata)
            .send()
            .await
            .unwrap()
    }

    async fn patch(
        &self,
        office: &Office,
        name: &AttachmentName,
        offset: usize,
        bytes: &[u8],
    ) -> Response {
        self.tus(office, Method::PATCH, &path(name))
            .header("upload-offset", offset)
            .header("content-type", PIECE)
            .body(bytes.to_vec())
            .send()
            .await
            .unwrap()
    }

    async fn offset(&self, office: &Office, name: &AttachmentName) -> Option<usize> {
        let response = self
            .tus(office, Method::HEAD, &path(name))
            .send()
            .await
            .unwrap();
        (response.status() == 200).then(|| number(&response, "upload-offset"))
    }

    async fn send(&self, office: &Office, bytes: &[u8]) -> AttachmentName {
        let name = name_of(bytes);
        assert_eq!(self.create(office, &name, bytes.len()).await.status(), 201);
        assert_eq!(self.patch(office, &name, 0, bytes).await.status(), 204);
        name
    }
}

fn number(response: &Response, header: &str) -> usize {
    response.headers()[header]
        .to_str()
        .unwrap()
        .parse()
        .unwrap()
}

async fn code(response: Response) -> ErrorCode {
    assert_eq!(response.headers()[MARK], "1");
    response.json::<ErrorReply>().await.unwrap().code
}

/// A draft of an officer whose answer names this attachment.
async fn names(officer: &mut Phone, office: &Office, visit: &str, name: &AttachmentName) {
    let cooperative = office.cooperative("satu", TOBOALI);
    officer
        .push(&officer.visit(visit, cooperative, TOBOALI))
        .await;
    answer(officer, visit, name.as_str()).await;
}

async fn answer(officer: &mut Phone, visit: &str, value: &str) {
    let edit = officer.edit(visit, 99, json!({"a/catatan": value}));
    rev(&officer.push(&edit).await);
}

#[tokio::test]
async fn a_photo_goes_up_in_pieces_and_comes_down_byte_for_byte() {
    let office = Office::open().await;
    let mut officer = office.hire("ppl", Role::Officer, &[TOBOALI]);
    let bytes = photo(1, 300_000);
    let name = name_of(&bytes);
    names(&mut officer, &office, "kunjungan", &name).await;

    let created = officer.create(&office, &name, bytes.len()).await;
    assert_eq!(created.status(), StatusCode::CREATED);
    assert_eq!(created.headers()["location"], path(&name).as_str());
    assert_eq!(created.headers()["tus-resumable"], TUS);
    assert_eq!(number(&created, "upload-offset"), 0);
    let expires = created.headers()["upload-expires"].to_str().unwrap();
    assert!(
        expires.ends_with(" GMT") && expires.len() == 29,
        "{expires}"
    );

    let missing = officer.get(&path(&name)).await;
    assert_eq!(missing.status(), 404);
    assert_eq!(code(missing).await, ErrorCode::NotYet);

    let mut at = 0;
    for piece in bytes.chunks(70_001) {
        let answer = officer.patch(&office, &name, at, piece).await;
        at += piece.len();
        assert_eq!(answer.status(), StatusCode::NO_CONTENT);
        assert_eq!(number(&answer, "upload-offset"), at);
        assert_eq!(
            answer.headers().contains_key("upload-expires"),
            at < bytes.len()
        );
    }
    let look = officer
        .tus(&office, Method::HEAD, &path(&name))
        .send()
        .await
        .unwrap();
    assert_eq!(look.status(), 200);
    assert_eq!(look.headers()["cache-control"], "no-store");
    assert_eq!(
        (
            number(&look, "upload-offset"),
            number(&look, "upload-length")
        ),
        (bytes.len(), bytes.len())
    );

    let got = officer.get(&path(&name)).await;
    assert_eq!(got.status(), 200);
    for (header, value) in [
        ("content-type", "image/jpeg"),
        ("cache-control", "private, max-age=31536000, immutable"),
        ("x-content-type-options", "nosniff"),
        ("content-length", "300000"),
    ] {
        assert_eq!(got.headers()[header], value);
    }
    assert!(!got.headers().contains_key("content-encoding"));
    let tag = got.headers()["etag"].to_str().unwrap().to_owned();
    assert!(got.bytes().await.unwrap() == bytes);
    let again = officer.client.get(office.url(&path(&name)));
    let again = again.bearer_auth(&officer.token);
    let again = again.header("if-none-match", tag).send().await.unwrap();
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    assert_eq!(files(&office, "whole").len(), 1);
    assert!(files(&office, "partial").is_empty());
}

/// Every file under a folder of the attachments.
fn files(office: &Office, kind: &str) -> Vec<PathBuf> {
    fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
        let Ok(entries) = std::fs::read_dir(folder) else {
            return;
        };
        for entry in entries {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(&path, found);
            } else {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    collect(&office.folder().join("attachments").join(kind), &mut found);
    found
}

#[tokio::test]
async fn the_server_says_what_it_can() {
    let office = Office::open().await;
    let officer = office.hire("ppl", Role::Officer, &[TOBOALI]);
    let request = officer
        .client
        .request(Method::OPTIONS, office.url(ATTACHMENTS_PATH));
    let can = request.bearer_auth(&officer.token).send().await.unwrap();
    assert_eq!(can.status(), StatusCode::NO_CONTENT);
    for (header, value) in [
        ("tus-resumable", "1.0.0"),
        ("tus-version", "1.0.0"),
        ("tus-max-size", "10000000"),
        (
            "tus-extension",
            "creation,creation-with-upload,checksum,termination,expiration",
        ),
        ("tus-checksum-algorithm", "sha256,sha1"),
    ] {
        assert_eq!(can.headers()[header], value);
    }
}

/// What is wrong, the method, headers over the right ones, the body, and what is answered.
type Case = (
    &'static str,
    Method,
    Vec<(&'static str, String)>,
    Vec<u8>,
    u16,
    ErrorCode,
);

#[tokio::test]
async fn what_is_not_by_the_protocol_gets_the_status_that_the_protocol_has_for_it() {
    let office = Office::open().await;
    let officer = office.hire("ppl", Role::Officer, &[TOBOALI]);
    let bytes = photo(2, 1_000);
    let name = name_of(&bytes);
    officer.create(&office, &name, bytes.len()).await;
    officer.patch(&office, &name, 0, &bytes[..400]).await;
    let metadata = |text: &str| {
        (
            "upload-metadata",
            format!("name {}", base64(text.as_bytes())),
        )
    };
    let text = |name: &'static str, value: &str| (name, value.to_owned());
    let offset = |at: &str| text("upload-offset", at);
    let wrong_digest = base64(&[7; 32]);
    let cases: Vec<Case> = vec![
        (
            "another version",
            Method::PATCH,
            vec![text("tus-resumable", "0.2.0")],
            vec![],
            412,
            ErrorCode::Malformed,
        ),
        (
            "no offset",
            Method::PATCH,
            vec![text("upload-offset", "")],
            vec![1],
            400,
            ErrorCode::Malformed,
        ),
        (
            "a negative offset",
            Method::PATCH,
            vec![offset("-1")],
            vec![1],
            400,
            ErrorCode::Malformed,
        ),
        (
            "too early an offset",
            Method::PATCH,
            vec![offset("399")],
            vec![1],
            409,
            ErrorCode::Offset,
        ),
        (
            "too late an offset",
            Method::PATCH,
            vec![offset("401")],
            vec![1],
            409,
            ErrorCode::Offset,
        ),
        (
            "another type",
            Method::PATCH,
            vec![text("content-type", "image/jpeg")],
            vec![1],
            415,
            ErrorCode::Malformed,
        ),
        (
            "packed",
            Method::PATCH,
            vec![text("content-encoding", "gzip")],
            vec![1],
            415,
            ErrorCode::Malformed,
        ),
        (
            "more than was announced",
            Method::PATCH,
            vec![],
            bytes[399..].to_vec(),
            413,
            ErrorCode::TooLarge,
        ),
        (
            "an unknown checksum",
            Method::PATCH,
            vec![text("upload-checksum", "crc32 AAAA")],
            vec![1],
            400,
            ErrorCode::Malformed,
        ),
        (
            "no base64",
            Method::PATCH,
            vec![text("upload-checksum", "sha256 ?")],
            vec![1],
            400,
            ErrorCode::Malformed,
        ),
        (
            "a wrong checksum",
            Method::PATCH,
            vec![("upload-checksum", format!("sha256 {wrong_digest}"))],
            bytes[400..].to_vec(),
            460,
            ErrorCode::Checksum,
        ),
        (
            "no length",
            Method::POST,
            vec![text("upload-length", "")],
            vec![],
            400,
            ErrorCode::Malformed,
        ),
        (
            "an unknown length",
            Method::POST,
            vec![text("upload-length", "many")],
            vec![],
            400,
            ErrorCode::Malformed,
        ),
        (
            "nothing",
            Method::POST,
            vec![text("upload-length", "0")],
            vec![],
            400,
            ErrorCode::Malformed,
        ),
        (
            "too large",
            Method::POST,
            vec![("upload-length", (MOST_BYTES + 1).to_string())],
            vec![],
            413,
            ErrorCode::TooLarge,
        ),
        (
            "no metadata",
            Method::POST,
            vec![text("upload-metadata", "")],
            vec![],
            400,
            ErrorCode::Malformed,
        ),
        (
            "no name",
            Method::POST,
            vec![text("upload-metadata", "filename aGFsbG8=")],
            vec![],
            400,
            ErrorCode::Malformed,
        ),
        (
            "no attachment's name",
            Method::POST,
            vec![metadata("../../etc/passwd")],
            vec![],
            400,
            ErrorCode::Malformed,
        ),
        (
            "a type we do not keep",
            Method::POST,
            vec![metadata(&format!("{}.html", "a".repeat(64)))],
            vec![],
            400,
            ErrorCode::Malformed,
        ),
        (
            "a body of another type",
            Method::POST,
            vec![text("content-type", "text/plain")],
            vec![1],
            415,
            ErrorCode::Malformed,
        ),
    ];
    for (what, method, headers, body, status, wanted) in cases {
        let (target, mut all) = if method == Method::POST {
            let all = vec![text("upload-length", "1000"), metadata(name.as_str())];
            (ATTACHMENTS_PATH.to_owned(), all)
        } else {
            (path(&name), vec![offset("400")])
        };
        all.push(text("content-type", PIECE));
        all.push(text("tus-resumable", TUS));
        let mut request = officer.client.request(method, office.url(&target));
        request = request.bearer_auth(&officer.token);
        for (header, value) in all {
            let over = headers.iter().find(|(other, _)| *other == header);
            let value = over.map_or(value, |(_, value)| value.clone());
            if !value.is_empty() {
                request = request.header(header, value);
            }
        }
        for (header, value) in headers {
            if ["upload-checksum", "content-encoding"].contains(&header) {
                request = request.header(header, value);
            }
        }
        let response = request.body(body).send().await.unwrap();
        assert_eq!(response.status().as_u16(), status, "{what}");
        assert_eq!(response.headers()["tus-resumable"], TUS, "{what}");
        if status == 412 {
            assert_eq!(response.headers()["tus-version"], TUS);
        }
        assert_eq!(code(response).await, wanted, "{what}");
        assert_eq!(officer.offset(&office, &name).await, Some(400), "{what}");
    }
    let unknown = name_of(b"unknown");
    for method in [Method::PATCH, Method::DELETE] {
        let request = officer.tus(&office, method, &path(&unknown));
        let request = request.header("upload-offset", 0);
        let response = request.header("content-type", PIECE).send().await.unwrap();
        assert_eq!(response.status(), 404);
    }
    let look = officer.tus(&office, Method::HEAD, &path(&unknown));
    let look = look.send().await.unwrap();
    assert_eq!(look.status(), 404);
    assert!(!look.headers().contains_key("upload-offset"));
}

#[tokio::test]
async fn a_piece_with_its_checksum_is_taken_by_both_algorithms() {
    let office = Office::open().await;
    let officer = office.hire("ppl", Role::Officer, &[TOBOALI]);
    let bytes = photo(3, 1_000);
    let name = name_of(&bytes);
    officer.create(&office, &name, bytes.len()).await;
    let one = format!("sha256 {}", base64(&Sha256::digest(&bytes[..500])));
    let two = {
        use sha1::Digest as _;
        format!("sha1 {}", base64(&sha1::Sha1::digest(&bytes[500..])))
    };
    for (at, checksum) in [(0, one), (500, two)] {
        let request = officer.tus(&office, Method::PATCH, &path(&name));
        let request = request
            .header("upload-offset", at)
            .header("content-type", PIECE)
            .header("upload-checksum", checksum);
        let piece = bytes[at..at + 500].to_vec();
        let response = request.body(piece).send().await.unwrap();
        assert_eq!(response.status(), 204);
    }
    assert_eq!(files(&office, "whole").len(), 1);
}

/// Sends the head of a PATCH and a part of its body, then closes its side. Returns when the server closed, too.
async fn patch_and_break(
    office: &Office,
    phone: &Phone,
    name: &AttachmentName,
    offset: usize,
    announced: usize,
    part: &[u8],
) {
    let head = format!(
        "PATCH {} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\ntus-resumable: 1.0.0\r\n\
         content-type: {PIECE}\r\nupload-offset: {offset}\r\ncontent-length: {announced}\r\n\r\n",
        path(name),
        office.address,
        phone.token
    );
    let mut stream = TcpStream::connect(office.address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(part).await.unwrap();
    stream.shutdown().await.unwrap();
    let mut rest = Vec::new();
    let _closed_or_reset = stream.read_to_end(&mut rest).await;
}

#[tokio::test]
async fn what_came_of_a_cut_piece_stays_and_the_rest_goes_on_from_any_byte() {
    let office = Office::open().await;
    let officer = office.hire("ppl", Role::Officer, &[TOBOALI]);
    let bytes = photo(4, 100_000);
    let name = name_of(&bytes);
    officer.create(&office, &name, bytes.len()).await;
    let mut at = 0;
    for cut in [1, 2, 63, 4_096, 30_000, 40_001] {
        let rest = bytes.len() - at;
        patch_and_break(&office, &officer, &name, at, rest, &bytes[at..at + cut]).await;
        at += cut;
        assert_eq!(officer.offset(&office, &name).await, Some(at));
    }
    let last = officer.patch(&office, &name, at, &bytes[at..]).await;
    assert_eq!(last.status(), 204);
    let kept = files(&office, "whole");
    assert_eq!(kept.len(), 1);
    assert!(std::fs::read(&kept[0]).unwrap() == bytes);
}

#[tokio::test]
async fn a_phone_that_comes_back_does_not_wait_for_its_own_dead_connection() {
    let office = Office::open().await;
    let officer = office.hire("ppl", Role::Officer, &[TOBOALI]);
    let bytes = photo(5, 50_000);
    let name = name_of(&bytes);
    officer.create(&office, &name, bytes.len()).await;
    // It is never closed and never goes on: to the server it is a phone on a slow line.
    let line = Proxy::before(office.address, Line::default()).await;
    line.next([Fault::StallUp(20_000)]);
    let dead = officer
        .client
        .patch(format!("{}{}", line.url(), path(&name)))
        .bearer_auth(&officer.token)
        .header("tus-resumable", TUS)
        .header("upload-offset", 0)
        .header("content-type", PIECE)
        .body(bytes.clone());
    let dead = tokio::spawn(dead.send());
    while std::fs::metadata(&files(&office, "partial")[0])
        .unwrap()
        .len()
        == 0
    {
        tokio::task::yield_now().await;
    }
    let at = officer.offset(&office, &name).await.unwrap();
    assert!((1..20_000).contains(&at), "{at}");
    let rest = officer.patch(&office, &name, at, &bytes[at..]).await;
    assert_eq!(rest.status(), 204);
    assert_eq!(number(&rest, "upload-offset"), bytes.len());
    dead.abort();
}

#[tokio::test]
async fn a_creation_may_bring_the_first_piece_and_bring_it_again_after_a_lost_answer() {
    let office = Office::open().await;
    let officer = office.hire("ppl", Role::Officer, &[TOBOALI]);
    let bytes = photo(6, 10_000);
    let name = name_of(&bytes);
    let create = |piece: &[u8]| {
        let metadata = format!("name {}", base64(name.as_str().as_bytes()));
        officer
            .tus(&office, Method::POST, ATTACHMENTS_PATH)
            .header("upload-length", bytes.len())
            .header("upload-metadata", metadata)
            .header("content-type", PIECE)
            .body(piece.to_vec())
            .send()
    };
    for (piece, offset) in [
        (3_000, 3_000),
        (3_000, 3_000),
        (2_000, 3_000),
        (7_000, 7_000),
    ] {
        let created = create(&bytes[..piece]).await.unwrap();
        assert_eq!(created.status(), 201);
        assert_eq!(number(&created, "upload-offset"), offset);
    }
    let whole = create(&bytes).await.unwrap();
    assert_eq!(number(&whole, "upload-offset"), bytes.len());
    assert!(std::fs::read(&files(&office, "whole")[0]).unwrap() == bytes);
}

#[tokio::test]
async fn bytes_that_are_not_those_of_the_name_are_not_kept() {
    let office = Office::open().await;
    let officer = office.hire("ppl", Role::Officer, &[TOBOALI]);
    let (bytes, other) = (photo(7, 1_000), photo(8, 1_000));
    let name = name_of(&bytes);
    officer.create(&office, &name, 1_000).await;
    let response = officer.patch(&office, &name, 0, &other).await;
    assert_eq!(response.status().as_u16(), 460);
    assert_eq!(code(response).await, ErrorCode::Checksum);
    assert_eq!(officer.offset(&office, &name).await, None);
    assert!(files(&office, "whole").is_empty() && files(&office, "partial").is_empty());
    officer.send(&office, &bytes).await;
}

#[tokio::test]
async fn a_page_that_calls_itself_a_photo_is_refused() {
    let office = Office::open().await;
    let officer = office.hire("ppl", Role::Officer, &[TOBOALI]);
    let page = b"<!doctype html><script>alert(1)</script>";
    let name = name_of(page);
    officer.create(&office, &name, page.len()).await;
    let response = officer.patch(&office, &name, 0, page).await;
    assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(code(response).await, ErrorCode::Malformed);
    assert!(files(&office, "whole").is_empty() && files(&office, "partial").is_empty());
}

#[tokio::test]
async fn what_somebody_sent_before_is_complete_at_once_and_by_its_right_length_only() {
    let office = Office::open().await;
    let one = office.hire("satu", Role::Officer, &[TOBOALI]);
    let two = office.hire("dua", Role::Officer, &[PAYUNG]);
    let bytes = photo(9, 5_000);
    let name = one.send(&office, &bytes).await;
    let created = two.create(&office, &name, bytes.len()).await;
    assert_eq!(created.status(), 201);
    assert_eq!(number(&created, "upload-offset"), bytes.len());
    let liar = two.create(&office, &name, 4_999).await;
    assert_eq!(liar.status(), 400);
    let said: ErrorReply = liar.json().await.unwrap();
    assert!(!said.message.contains("5000"), "{}", said.message);
    assert_eq!(files(&office, "whole").len(), 1);
}

#[tokio::test]
async fn a_photo_is_seen_by_who_sees_a_visit_that_names_it_and_is_nothing_to_others() {
    let office = Office::open().await;
    let mut officer = office.hire("ppl", Role::Officer, &[TOBOALI]);
    let colleague = office.hire("rekan", Role::Officer, &[TOBOALI]);
    let outside = office.hire("luar", Role::Officer, &[PAYUNG]);
    let desk = office.hire("kabid", Role::Supervisor, &[]);
    let head = office.hire("kadis", Role::Head, &[]);
    let bytes = photo(10, 2_000);
    let name = officer.send(&office, &bytes).await;
    let seen = async |who: &Phone| who.get(&path(&name)).await.status().as_u16();
    // Nobody's visit names it: not even who sent it.
    assert_eq!(seen(&officer).await, 404);
    names(&mut officer, &office, "kunjungan", &name).await;
    // A draft is its officer's alone.
    assert_eq!(seen(&officer).await, 200);
    for other in [&colleague, &outside, &desk, &head] {
        assert_eq!(seen(other).await, 404);
    }
    let submit = officer.edit("kunjungan", 99, json!({"submission/1": officer.mark()}));
    rev(&officer.push(&submit).await);
    for other in [&colleague, &desk, &head] {
        assert_eq!(seen(other).await, 200);
    }
    let hidden = outside.get(&path(&name)).await;
    assert_eq!(hidden.status(), 404);
    assert_eq!(code(hidden).await, ErrorCode::NotFound);
    // Of one that has not arrived, only who sees the visit learns that it will.
    let coming = name_of(&photo(11, 100));
    names(&mut officer, &office, "lain", &coming).await;
    assert_eq!(
        code(officer.get(&path(&coming)).await).await,
        ErrorCode::NotYet
    );
    assert_eq!(
        code(outside.get(&path(&coming)).await).await,
        ErrorCode::NotFound
    );
}

#[tokio::test]
async fn a_role_that_makes_no_visits_sends_no_photos() {
    let office = Office::open().await;
    for (username, role) in [("kadis", Role::Head), ("admin", Role::Admin)] {
        let phone = office.hire(username, role, &[]);
        let created = phone.create(&office, &name_of(b"x"), 1).await;
        assert_eq!(created.status(), 403);
    }
}

#[tokio::test]
async fn a_restricted_photo_is_for_its_sender_and_the_desk() {
    let sheets = Sheets {
        survey: "type,name,label,parameters,restricted\nimage,catatan,Neraca,max-pixels=1600,yes\ntext,nama,Nama,,\n",
        choices: "list_name,name,label\n",
        settings: "form_id,form_title,version\nuji,Uji,1\n",
    };
    let office = Office::with(Config::default(), |connection: &Connection| {
        forms::publish(connection, sheets, Millis(1)).unwrap();
    })
    .await;
    let mut officer = office.hire("ppl", Role::Officer, &[TOBOALI]);
    let mut colleague = office.hire("rekan", Role::Officer, &[TOBOALI]);
    let bytes = photo(12, 2_000);
    let name = officer.send(&office, &bytes).await;
    names(&mut officer, &office, "kunjungan", &name).await;
    let submit = officer.edit("kunjungan", 99, json!({"submission/1": officer.mark()}));
    rev(&officer.push(&submit).await);
    let others = [
        (office.hire("kabid", Role::Supervisor, &[]), 200),
        (office.hire("admin", Role::Admin, &[]), 200),
        (office.hire("kadis", Role::Head, &[]), 403),
        (officer.clone(), 200),
        (colleague.clone(), 403),
    ];
    for (who, status) in others {
        let got = who.get(&path(&name)).await.status().as_u16();
        assert_eq!(got, status, "{}", who.user.username);
    }
    // Who saw the name in the answers opens nothing by naming it in a visit, nor by claiming to send it.
    names(&mut colleague, &office, "akal", &name).await;
    colleague.create(&office, &name, bytes.len()).await;
    assert_eq!(colleague.get(&path(&name)).await.status(), 403);
}

#[tokio::test]
async fn an_upload_can_be_given_up_and_a_whole_photo_cannot() {
    let office = Office::open().await;
    let officer = office.hire("ppl", Role::Officer, &[TOBOALI]);
    let bytes = photo(13, 1_000);
    let name = name_of(&bytes);
    officer.create(&office, &name, bytes.len()).await;
    officer.patch(&office, &name, 0, &bytes[..10]).await;
    let delete = async || {
        let request = officer.tus(&office, Method::DELETE, &path(&name));
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!(delete().await, 204);
    assert_eq!(officer.offset(&office, &name).await, None);
    assert_eq!(delete().await, 404);
    officer.send(&office, &bytes).await;
    assert_eq!(delete().await, 403);
    assert_eq!(officer.offset(&office, &name).await, Some(bytes.len()));
}

fn age(file: &Path, millis: i64) {
    let old = SystemTime::now() - Duration::from_millis(millis.unsigned_abs());
    let file = std::fs::File::options().append(true).open(file).unwrap();
    file.set_modified(old).unwrap();
}

#[tokio::test]
async fn an_upload_that_nothing_was_heard_of_for_a_week_is_gone_and_can_begin_anew() {
    let office = Office::open().await;
    let officer = office.hire("ppl", Role::Officer, &[TOBOALI]);
    let bytes = photo(14, 1_000);
    let name = name_of(&bytes);
    officer.create(&office, &name, bytes.len()).await;
    officer.patch(&office, &name, 0, &bytes[..500]).await;
    age(&files(&office, "partial")[0], partial::EXPIRES - 60_000);
    assert_eq!(officer.offset(&office, &name).await, Some(500));
    age(&files(&office, "partial")[0], partial::EXPIRES);
    let late = officer.patch(&office, &name, 500, &bytes[500..]).await;
    assert_eq!(late.status(), StatusCode::GONE);
    assert_eq!(officer.offset(&office, &name).await, None);
    officer.send(&office, &bytes).await;
}

#[tokio::test]
async fn nobody_has_more_than_a_few_uploads_under_way() {
    let office = Office::open().await;
    let officer = office.hire("ppl", Role::Officer, &[TOBOALI]);
    let name = |n: usize| name_of(&n.to_le_bytes());
    for n in 0..MOST_OPEN {
        assert_eq!(officer.create(&office, &name(n), 8).await.status(), 201);
    }
    let refused = officer.create(&office, &name(MOST_OPEN), 8).await;
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(refused.headers().contains_key("retry-after"));
    // One that is under way is no new one; and another officer has uploads of their own.
    assert_eq!(officer.create(&office, &name(0), 8).await.status(), 201);
    let other = office.hire("lain", Role::Officer, &[TOBOALI]);
    assert_eq!(
        other.create(&office, &name(MOST_OPEN), 8).await.status(),
        201
    );
    assert_eq!(other.offset(&office, &name(0)).await, None);
}

#[tokio::test]
async fn what_a_crash_left_before_the_last_step_is_finished_at_the_next_look() {
    let office = Office::open().await;
    let officer = office.hire("ppl", Role::Officer, &[TOBOALI]);
    let folder = office.folder().join("attachments/partial");
    let folder = folder.join(officer.user.id.to_string());
    std::fs::create_dir_all(&folder).unwrap();
    let good = photo(15, 3_000);
    let name = name_of(&good);
    std::fs::write(folder.join(format!("{name}.3000")), &good).unwrap();
    assert_eq!(officer.offset(&office, &name).await, Some(3_000));
    assert!(std::fs::read(&files(&office, "whole")[0]).unwrap() == good);
    assert!(files(&office, "partial").is_empty());
    // The disk lost what was written last: the whole is not what it says, and begins anew.
    let broken = name_of(&photo(16, 3_000));
    std::fs::write(folder.join(format!("{broken}.3000")), vec![0; 3_000]).unwrap();
    assert_eq!(officer.offset(&office, &broken).await, None);
    assert!(files(&office, "partial").is_empty());
    officer.send(&office, &photo(16, 3_000)).await;
}

const DAY: i64 = 24 * 60 * 60 * 1000;

/// Sweeps once on each of these days from today on; gives all that was done.
async fn sweep_daily(office: &Office, days: std::ops::RangeInclusive<u32>) -> Swept {
    let mut all = Swept::default();
    for day in days {
        let now = machine::now().plus(i64::from(day) * DAY);
        let swept = sweep(&office.state, now, Most::Share).await.unwrap();
        all.discarded += swept.discarded;
        all.recovered += swept.recovered;
        all.removed += swept.removed;
        all.refused += swept.refused;
        all.partial += swept.partial;
    }
    all
}

fn is_in(office: &Office, place: &str, name: &AttachmentName) -> bool {
    files(office, place)
        .iter()
        .any(|file| file.ends_with(name.as_str()))
}

#[tokio::test]
async fn the_sweep_takes_what_nobody_names_for_a_month_and_nothing_else() {
    let office = Office::open().await;
    let mut officer = office.hire("ppl", Role::Officer, &[TOBOALI]);
    let named = officer.send(&office, &photo(17, 1_000)).await;
    let replaced = officer.send(&office, &photo(18, 1_000)).await;
    names(&mut officer, &office, "tetap", &named).await;
    names(&mut officer, &office, "ganti", &replaced).await;
    answer(&mut officer, "ganti", "foto diganti").await;
    let (begun, given_up) = (name_of(b"begun"), name_of(b"given up"));
    officer.create(&office, &begun, 5).await;
    officer.create(&office, &given_up, 8).await;
    for file in files(&office, "whole") {
        age(&file, 40 * DAY);
    }
    for file in files(&office, "partial") {
        if file.to_string_lossy().contains(given_up.as_str()) {
            age(&file, partial::EXPIRES + 60_000);
        }
    }
    let swept = sweep_daily(&office, 0..=0).await;
    let first = Swept {
        partial: 1,
        ..Swept::default()
    };
    assert_eq!(swept, first, "that a file is old says nothing");
    assert_eq!(officer.offset(&office, &begun).await, Some(0));
    sweep_daily(&office, 1..=DAYS - 1).await;
    assert!(is_in(&office, "whole", &replaced));
    let swept = sweep_daily(&office, DAYS..=DAYS).await;
    assert_eq!((swept.discarded, swept.removed), (1, 0));
    assert!(is_in(&office, "whole", &named) && is_in(&office, TRASH, &replaced));
    let last = DAYS + TRASH_DAYS;
    let swept = sweep_daily(&office, DAYS + 1..=last - 1).await;
    assert_eq!((swept.discarded, swept.removed), (0, 0));
    assert_eq!(sweep_daily(&office, last..=last).await.removed, 1);
    assert!(files(&office, TRASH).is_empty() && is_in(&office, "whole", &named));
}

#[tokio::test]
async fn what_is_asked_for_or_named_again_comes_back_out_of_the_trash() {
    let office = Office::open().await;
    let mut officer = office.hire("ppl", Role::Officer, &[TOBOALI]);
    let asked = officer.send(&office, &photo(22, 1_000)).await;
    let renamed = officer.send(&office, &photo(23, 1_000)).await;
    let opened = officer.send(&office, &photo(24, 1_000)).await;
    let swept = sweep_daily(&office, 0..=DAYS).await;
    assert_eq!((swept.discarded, files(&office, "whole").len()), (3, 0));
    // Another officer took the same photo along: not a byte of it is sent again.
    let other = office.hire("lain", Role::Officer, &[TOBOALI]);
    let created = other.create(&office, &asked, 1_000).await;
    assert_eq!(number(&created, "upload-offset"), 1_000);
    names(&mut officer, &office, "lama", &opened).await;
    let got = officer.get(&path(&opened)).await;
    assert!(got.bytes().await.unwrap() == photo(24, 1_000));
    names(&mut officer, &office, "baru", &renamed).await;
    let swept = sweep_daily(&office, DAYS + 1..=DAYS + 2).await;
    assert_eq!((swept.recovered, swept.discarded), (1, 0));
    assert_eq!(files(&office, "whole").len(), 3);
    assert!(files(&office, TRASH).is_empty());
}

#[tokio::test]
async fn a_clock_that_runs_ahead_and_restarts_take_no_photo() {
    let office = Office::open().await;
    let officer = office.hire("ppl", Role::Officer, &[TOBOALI]);
    officer.send(&office, &photo(25, 1_000)).await;
    let years = machine::now().plus(10 * 365 * DAY);
    for _ in 0..40 {
        sweep(&office.state, machine::now(), Most::Share)
            .await
            .unwrap();
    }
    for minute in 0..40 {
        let now = years.plus(minute * 60_000);
        sweep(&office.state, now, Most::Share).await.unwrap();
    }
    assert_eq!(files(&office, "whole").len(), 1);
}

#[tokio::test]
async fn a_sweep_that_would_take_many_takes_none_until_somebody_says_so() {
    let office = Office::open().await;
    for seed in 0..21 {
        let bytes = photo(100 + seed, 100);
        let name = name_of(&bytes);
        let first = name.hash().get(..2).unwrap();
        let folder = office.folder().join("attachments/whole").join(first);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(name.as_str()), bytes).unwrap();
    }
    let swept = sweep_daily(&office, 0..=DAYS + 1).await;
    assert_eq!((swept.discarded, swept.refused), (0, 2 * 21));
    assert_eq!(files(&office, "whole").len(), 21);
    let now = machine::now().plus(i64::from(DAYS + 2) * DAY);
    let swept = sweep(&office.state, now, Most::All).await.unwrap();
    assert_eq!((swept.discarded, swept.refused), (21, 0));
    assert_eq!(files(&office, TRASH).len(), 21);
}

#[tokio::test]
async fn a_photo_replaced_after_a_return_stays_for_the_history() {
    let office = Office::open().await;
    let mut officer = office.hire("ppl", Role::Officer, &[TOBOALI]);
    let mut desk = office.hire("kabid", Role::Supervisor, &[]);
    let name = officer.send(&office, &photo(21, 1_000)).await;
    names(&mut officer, &office, "kunjungan", &name).await;
    let submit = officer.edit("kunjungan", 99, json!({"submission/1": officer.mark()}));
    rev(&officer.push(&submit).await);
    rev(&desk
        .push(&desk.review("kunjungan", 1, "return", "ulangi"))
        .await);
    answer(&mut officer, "kunjungan", "foto diganti").await;
    let swept = sweep_daily(&office, 0..=DAYS + 1).await;
    assert_eq!(swept.discarded, 0);
    assert_eq!(desk.get(&path(&name)).await.status(), 200);
}

#[test]
fn visits_of_before_are_indexed_by_the_new_schema() {
    let name = name_of(b"before");
    let mut connection = Connection::open_in_memory().unwrap();
    anjangsana::sql::migrate(&mut connection, &sqlite::STEPS[..1]).unwrap();
    let fields = json!({"a/foto": name, "a/nama": "x".repeat(68), "was/1/foto": name}).to_string();
    connection
        .execute(
            "insert into record values (1, 'v', 'visit', '', null, null, null, 0, 0, 1, '{}', ?1)",
            [fields],
        )
        .unwrap();
    anjangsana::sql::migrate(&mut connection, &sqlite::STEPS).unwrap();
    let found: Vec<(String, String)> = connection
        .prepare("select name, visit from attachment_use")
        .unwrap()
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    assert_eq!(found, [(name.to_string(), "v".to_owned())]);
}
