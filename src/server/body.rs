//! Reading a request's JSON: bounded before and after decompression, by the byte and by the clock, with an answer in
//! our own words to everything that does not fit.

use std::{io::Read, pin::Pin, sync::Arc, time::Duration};

use axum::{
    body::{Body, Bytes, HttpBody},
    extract::{FromRequest, Request},
    http::{HeaderMap, StatusCode, header},
};
use serde::de::DeserializeOwned;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{error::AppError, state::AppState};

/// What is taken of a body.
#[derive(Clone, Copy, Debug)]
struct Limits {
    /// Bytes as they come over the network.
    wire: usize,
    /// Bytes after decompression.
    unpacked: usize,
    /// Bytes of a body that is too large which are read and thrown away, so that a client that is still sending gets to
    /// read the answer.
    ignored: usize,
    /// How long the whole of it may take.
    within: Option<Duration>,
}

/// A sync: a phone on a bad line may take as long as it comes at its pace, see [`Paced`].
const LARGE: Limits = Limits {
    wire: 2_000_000,
    unpacked: 8_000_000,
    ignored: IGNORED,
    within: None,
};

/// What anybody may send without a session.
const SMALL: Limits = Limits {
    wire: 4_000,
    unpacked: 4_000,
    ignored: 64_000,
    within: Some(Duration::from_secs(10)),
};

/// See [`Limits::ignored`].
const IGNORED: usize = 16_000_000;
/// How long a body that is not wanted is read.
const IGNORED_FOR: Duration = Duration::from_secs(300);

/// In so much time that is spent waiting for a body, [`LEAST`] bytes must come.
const WINDOW: Duration = Duration::from_secs(30);
/// A phone on 2G sends 30,000 bytes in that time; one that comes out of a tunnel in its last seconds still sends this.
const LEAST: usize = 2_000;

/// Bodies from this size on, packed or unpacked, are unpacked and parsed off the network's threads, and only as many at
/// the same time as there is room for.
const FREE: usize = 32_000;

/// Bytes that bodies beyond [`FREE`] may take at the same time as they came.
const ROOM_ON_THE_WIRE: usize = 16_000_000;
/// What they may weigh at the same time while they are parsed and answered, see [`weigh`].
const ROOM_PARSED: usize = 24_000_000;
/// Bytes that a value takes in memory beside its text.
const VALUE: usize = 96;
/// Large bodies that are unpacked and parsed at the same time.
const UNPACKING: usize = 4;
/// How long a body waits for room.
const PATIENCE: Duration = Duration::from_secs(20);

/// The memory that bodies may take: however many clients send at the same time, a large body waits for the ones before.
#[derive(Debug)]
pub(super) struct Room {
    wire: Arc<Semaphore>,
    parsed: Arc<Semaphore>,
    unpacking: Arc<Semaphore>,
}

impl Room {
    /// Waits until fewer than [`UNPACKING`] large bodies are unpacked and parsed.
    async fn turn(&self) -> Result<OwnedSemaphorePermit, AppError> {
        let taking = Arc::clone(&self.unpacking).acquire_owned();
        match tokio::time::timeout(PATIENCE, taking).await {
            Ok(Ok(permit)) => Ok(permit),
            _ => Err(AppError::busy()),
        }
    }
}

impl Default for Room {
    fn default() -> Self {
        Self {
            wire: Arc::new(Semaphore::new(ROOM_ON_THE_WIRE)),
            parsed: Arc::new(Semaphore::new(ROOM_PARSED)),
            unpacking: Arc::new(Semaphore::new(UNPACKING)),
        }
    }
}

/// Room that somebody has until they are done; none for what is small.
#[derive(Debug)]
pub struct Taken {
    _room: Option<OwnedSemaphorePermit>,
}

async fn take(room: &Arc<Semaphore>, bytes: usize) -> Result<Taken, AppError> {
    if bytes < FREE {
        return Ok(Taken { _room: None });
    }
    let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
    let taking = Arc::clone(room).acquire_many_owned(bytes);
    match tokio::time::timeout(PATIENCE, taking).await {
        Ok(Ok(permit)) => Ok(Taken {
            _room: Some(permit),
        }),
        _ => Err(AppError::busy()),
    }
}

/// A JSON body, and the room that it takes.
#[derive(Debug)]
pub struct JsonBody<T>(pub T, pub Taken);

impl<T: DeserializeOwned + Send + 'static> FromRequest<AppState> for JsonBody<T> {
    type Rejection = AppError;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, AppError> {
        read(request, state, LARGE).await
    }
}

/// The same of a body that anybody may send: it is small and comes soon.
#[derive(Debug)]
pub struct SmallJsonBody<T>(pub T);

impl<T: DeserializeOwned + Send + 'static> FromRequest<AppState> for SmallJsonBody<T> {
    type Rejection = AppError;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, AppError> {
        let JsonBody(body, _) = read(request, state, SMALL).await?;
        Ok(Self(body))
    }
}

async fn read<T: DeserializeOwned + Send + 'static>(
    request: Request,
    state: &AppState,
    limits: Limits,
) -> Result<JsonBody<T>, AppError> {
    let (parts, body) = request.into_parts();
    let packed = check_headers(&parts.headers)?;
    // Without a length it may become as long as is taken.
    let announced = body.size_hint().exact().unwrap_or(u64::MAX);
    let announced = usize::try_from(announced).unwrap_or(usize::MAX);
    let room = take(&state.room().wire, announced.min(limits.wire)).await?;
    let bytes = collect_within(body, limits).await?;
    if bytes.len() < FREE {
        if !packed {
            return parse(&bytes).map(free);
        }
        // What turns out to be large is unpacked from the beginning elsewhere.
        let most = limits.unpacked.min(FREE);
        if let Some(unpacked) = unpack(&bytes, most)? {
            return parse(&unpacked).map(free);
        }
        if most == limits.unpacked {
            return Err(too_large_unpacked(most));
        }
    }
    let turn = state.room().turn().await?;
    let (unpacked, weight) = off_the_network(move || {
        let unpacked = match packed {
            true => unpack(&bytes, limits.unpacked)?.map(Bytes::from),
            false => Some(bytes),
        };
        let unpacked = unpacked.ok_or_else(|| too_large_unpacked(limits.unpacked))?;
        let weight = weigh(&unpacked);
        Ok((unpacked, weight))
    })
    .await?;
    drop(room);
    if weight > ROOM_PARSED {
        return Err(AppError::too_large("too many values: send less at a time"));
    }
    let taken = take(&state.room().parsed, weight).await?;
    let body = off_the_network(move || parse(&unpacked)).await?;
    drop(turn);
    Ok(JsonBody(body, taken))
}

fn free<T>(body: T) -> JsonBody<T> {
    JsonBody(body, Taken { _room: None })
}

async fn off_the_network<T: Send + 'static>(
    job: impl FnOnce() -> Result<T, AppError> + Send + 'static,
) -> Result<T, AppError> {
    tokio::task::spawn_blocking(job)
        .await
        .map_err(|_| AppError::internal())?
}

fn too_large_unpacked(most: usize) -> AppError {
    AppError::too_large(format!(
        "more than {most} bytes after unpacking: send less at a time"
    ))
}

/// Whether the body is packed with gzip.
fn check_headers(headers: &HeaderMap) -> Result<bool, AppError> {
    let text = |name| {
        headers
            .get(name)
            .map(|value| value.to_str().unwrap_or("?").trim().to_ascii_lowercase())
    };
    let unsupported =
        |message| AppError::malformed(message).as_status(StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let kind = text(header::CONTENT_TYPE).unwrap_or_default();
    if kind.split(';').next().map(str::trim) != Some("application/json") {
        return Err(unsupported("the body must be application/json"));
    }
    match text(header::CONTENT_ENCODING).as_deref() {
        None | Some("identity") => Ok(false),
        Some("gzip") => Ok(true),
        Some(_) => Err(unsupported("the body may be packed with gzip only")),
    }
}

/// A body that must come at a pace: a byte now and then keeps nothing open. Only the time that is spent waiting for the
/// client counts.
///
/// | in 30 s of waiting | |
/// |---|---|
/// | 30,000 bytes, a phone on 2G | goes on |
/// | 2,000 bytes, a phone in a tunnel | goes on |
/// | 2 bytes | ends |
#[derive(Debug)]
pub(super) struct Paced {
    body: Body,
    waited: Duration,
    came: usize,
}

/// What a body gives next.
#[derive(Debug)]
pub(super) enum Next {
    /// Bytes.
    Data(Bytes),
    /// All has come.
    End,
    /// The connection broke.
    Broken,
    /// Too little came in a window.
    Slow,
}

impl Paced {
    pub(super) fn new(body: Body) -> Self {
        Self {
            body,
            waited: Duration::ZERO,
            came: 0,
        }
    }

    pub(super) async fn next(&mut self) -> Next {
        loop {
            let next = std::future::poll_fn(|cx| Pin::new(&mut self.body).poll_frame(cx));
            let from = tokio::time::Instant::now();
            let frame = tokio::time::timeout(WINDOW.saturating_sub(self.waited), next).await;
            self.waited += from.elapsed();
            let frame = match frame {
                Err(_) => return Next::Slow,
                Ok(None) => return Next::End,
                Ok(Some(Err(_))) => return Next::Broken,
                Ok(Some(Ok(frame))) => frame,
            };
            let Ok(data) = frame.into_data() else {
                continue;
            };
            self.came = self.came.saturating_add(data.len());
            if self.came >= LEAST {
                (self.came, self.waited) = (0, Duration::ZERO);
            }
            return Next::Data(data);
        }
    }
}

/// Reads a body that is not wanted, so that a client that is still sending gets to read the answer.
pub(super) async fn forget(body: Body) {
    let mut body = Paced::new(body);
    let mut total = 0;
    let ignoring = async {
        while total < IGNORED {
            match body.next().await {
                Next::Data(data) => total += data.len(),
                _ => break,
            }
        }
    };
    // When its time is over nobody reads it any longer.
    let _over = tokio::time::timeout(IGNORED_FOR, ignoring).await;
}

/// Reads a body of at most so many bytes.
pub(super) async fn collect(body: Body, most: usize) -> Result<Bytes, AppError> {
    let limits = Limits {
        wire: most,
        ..LARGE
    };
    collect_within(body, limits).await
}

async fn collect_within(body: Body, limits: Limits) -> Result<Bytes, AppError> {
    let collecting = collect_at_pace(body, limits);
    match limits.within {
        None => collecting.await,
        Some(within) => tokio::time::timeout(within, collecting)
            .await
            .unwrap_or_else(|_| Err(slow())),
    }
}

async fn collect_at_pace(body: Body, limits: Limits) -> Result<Bytes, AppError> {
    let most = limits.wire;
    let announced = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    // What is announced and never comes takes no memory.
    let mut bytes = Vec::with_capacity(announced.min(most).min(FREE));
    let mut body = Paced::new(body);
    let mut total = 0_usize;
    loop {
        let data = match body.next().await {
            Next::Slow => return Err(slow()),
            Next::Broken => return Err(AppError::malformed("the body broke off")),
            Next::End => break,
            Next::Data(data) => data,
        };
        total += data.len();
        if total <= most {
            bytes.extend_from_slice(&data);
        } else if total > limits.ignored {
            break;
        }
    }
    if total > most {
        return Err(AppError::too_large(format!(
            "more than {most} bytes: send less at a time"
        )));
    }
    Ok(bytes.into())
}

fn slow() -> AppError {
    AppError::malformed("the body does not come").as_status(StatusCode::REQUEST_TIMEOUT)
}

fn limited(bytes: &[u8], most: usize) -> impl Read {
    let limit = u64::try_from(most + 1).unwrap_or(u64::MAX);
    flate2::read::MultiGzDecoder::new(bytes).take(limit)
}

fn no_gzip(_: std::io::Error) -> AppError {
    AppError::malformed("the body is no gzip")
}

/// What a JSON text comes to in memory, without parsing it: its bytes, and [`VALUE`] for each value. Commas, colons and
/// brackets in texts count too; texts have few.
///
/// | text | bytes | values |
/// |---|---|---|
/// | `"a long answer"` | 15 | none |
/// | `[1,1,1,1]` | 9 | 4 |
/// | `{"a":1}` | 7 | 2 |
fn weigh(text: &[u8]) -> usize {
    let values = text.iter().filter(|byte| b",:[{".contains(byte)).count();
    values.saturating_mul(VALUE).saturating_add(text.len())
}

/// Unpacks to at most so many bytes; `None` when there are more.
fn unpack(bytes: &[u8], most: usize) -> Result<Option<Vec<u8>>, AppError> {
    let mut unpacked = Vec::with_capacity(bytes.len().saturating_mul(4).min(most));
    limited(bytes, most)
        .read_to_end(&mut unpacked)
        .map_err(no_gzip)?;
    Ok((unpacked.len() <= most).then_some(unpacked))
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, AppError> {
    // Only the place is told: the text may hold a password.
    serde_json::from_slice(bytes).map_err(|why| {
        let what = match why.classify() {
            serde_json::error::Category::Data => "the JSON is not what this call takes",
            _ => "the body is no JSON",
        };
        let at = format!("line {}, column {}", why.line(), why.column());
        AppError::malformed(format!("{what}: {at}"))
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use futures_util::stream;

    /// A body of pieces of so many bytes, one each so many seconds, without an end.
    fn trickle(bytes: usize, seconds: u64) -> Body {
        Body::from_stream(stream::unfold((), move |()| async move {
            tokio::time::sleep(Duration::from_secs(seconds)).await;
            Some((Ok::<_, std::io::Error>(Bytes::from(vec![b' '; bytes])), ()))
        }))
    }

    async fn status(body: Body, limits: Limits) -> Option<(bool, Duration)> {
        let begun = tokio::time::Instant::now();
        let collected = collect_within(body, limits).await;
        collected.err().map(|why| {
            let slow = format!("{why:?}").contains("408");
            (slow, begun.elapsed())
        })
    }

    #[tokio::test(start_paused = true)]
    async fn a_byte_now_and_then_keeps_no_request_open() {
        let (slow, after) = status(trickle(1, 15), LARGE).await.unwrap();
        assert!(slow && after <= WINDOW, "{after:?}");
        let (slow, after) = status(trickle(1, 1), SMALL).await.unwrap();
        assert!(slow && Some(after) <= SMALL.within, "{after:?}");
    }

    #[test]
    fn a_text_weighs_its_bytes_and_its_values() {
        for (text, values) in [("\"a long answer\"", 0), ("[1,1,1,1]", 4), ("{\"a\":1}", 2)] {
            assert_eq!(weigh(text.as_bytes()), text.len() + values * VALUE);
        }
    }

    #[test]
    fn a_body_is_unpacked_up_to_its_limit_and_not_a_byte_further() {
        let text = [b' '; 1_000];
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut packer, &text).unwrap();
        let packed = packer.finish().unwrap();
        assert_eq!(unpack(&packed, 1_000).unwrap().as_deref(), Some(&text[..]));
        assert_eq!(unpack(&packed, 999).unwrap(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_phone_on_a_bad_line_is_read_to_the_limit() {
        // 10 kbit/s, then the same with 25 seconds of silence before each piece.
        for (bytes, seconds) in [(1_250, 1), (2_000, 25)] {
            let limits = Limits {
                wire: 100_000,
                ignored: 100_000,
                ..LARGE
            };
            let (slow, _) = status(trickle(bytes, seconds), limits).await.unwrap();
            assert!(!slow, "it was refused for its size");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_time_that_the_server_itself_takes_is_not_the_clients() {
        let pieces = stream::iter((0..5).map(|_| Ok::<_, std::io::Error>(Bytes::from("x"))));
        let mut body = Paced::new(Body::from_stream(pieces));
        while let Next::Data(_) = body.next().await {
            tokio::time::sleep(WINDOW * 2).await;
        }
        assert!(matches!(body.next().await, Next::End));
    }
}
