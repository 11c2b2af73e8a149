//! Requests as they went over a line, taken apart just far enough to be sent once more as they were, byte for byte.

use std::{collections::BTreeMap, io::Read, net::SocketAddr};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// What was answered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: BTreeMap<String, String>,
    /// Unpacked.
    pub(crate) body: Vec<u8>,
}

/// The requests that a connection carried, each whole.
pub(crate) fn requests(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut requests = Vec::new();
    let mut rest = bytes;
    while let Some((_, headers, head)) = head(rest) {
        let length = headers.get("content-length").map_or(0, |length| {
            length.parse::<usize>().expect("a length is a number")
        });
        assert!(!headers.contains_key("transfer-encoding"), "{headers:?}");
        let Some(request) = rest.get(..head + length) else {
            break;
        };
        requests.push(request.to_vec());
        rest = &rest[head + length..];
    }
    requests
}

/// The first line, the headers in small letters, and where the body begins.
fn head(bytes: &[u8]) -> Option<(String, BTreeMap<String, String>, usize)> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let text = std::str::from_utf8(&bytes[..end]).unwrap();
    let mut lines = text.split("\r\n");
    let first = lines.next().unwrap_or_default().to_owned();
    let headers = lines.filter_map(|line| {
        let (name, value) = line.split_once(':')?;
        Some((name.to_ascii_lowercase(), value.trim().to_owned()))
    });
    Some((first, headers.collect(), end + 4))
}

/// The first line of a request.
pub(crate) fn first_line(request: &[u8]) -> String {
    head(request).unwrap().0
}

/// A connection of its own for every request: each is answered whatever became of the one before.
pub(crate) async fn send(server: SocketAddr, request: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(server).await.unwrap();
    stream.write_all(request).await.unwrap();
    let mut bytes = Vec::new();
    let (first, headers, at) = loop {
        let read = stream.read_buf(&mut bytes).await.unwrap();
        assert!(read > 0, "no answer to {}", first_line(request));
        if let Some(head) = head(&bytes) {
            break head;
        }
    };
    let status: u16 = first.split(' ').nth(1).unwrap().parse().unwrap();
    let mut body = bytes.split_off(at);
    let chunked = headers.contains_key("transfer-encoding");
    let bodiless = request.starts_with(b"HEAD") || status == 204 || status == 304;
    if chunked {
        while !body.ends_with(b"0\r\n\r\n") {
            assert!(stream.read_buf(&mut body).await.unwrap() > 0);
        }
        body = unchunk(&body);
    } else if !bodiless {
        let length: usize = headers["content-length"].parse().unwrap();
        let have = body.len();
        body.resize(length, 0);
        stream.read_exact(&mut body[have..]).await.unwrap();
    }
    if headers
        .get("content-encoding")
        .is_some_and(|how| how == "gzip")
    {
        let mut unpacked = Vec::new();
        let mut unpacker = flate2::read::GzDecoder::new(&body[..]);
        unpacker.read_to_end(&mut unpacked).unwrap();
        body = unpacked;
    }
    Answer {
        status,
        headers,
        body,
    }
}

fn unchunk(mut bytes: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    loop {
        let end = bytes.windows(2).position(|two| two == b"\r\n").unwrap();
        let length = std::str::from_utf8(&bytes[..end]).unwrap();
        let length = usize::from_str_radix(length, 16).unwrap();
        if length == 0 {
            return whole;
        }
        whole.extend_from_slice(&bytes[end + 2..end + 2 + length]);
        bytes = &bytes[end + 2 + length + 2..];
    }
}
