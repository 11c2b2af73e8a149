//! Reading a request's JSON: bounded before and after decompression, by the byte and by the clock, with an answer in
//! our own words to everything that does not fit.

use std::{io::Read, time::Duration};

use axum::{
    body::{Body, Bytes, HttpBody},
    extract::{FromRequest, Request},
    http::{HeaderMap, StatusCode, header},
};
use serde::de::DeserializeOwned;

use super::error::AppError;

/// Bytes taken as they come over the network.
const ON_THE_WIRE: usize = 2_000_000;
/// Bytes taken after decompression.
const UNPACKED: usize = 8_000_000;
/// Bytes of a body that is too large which are read and forgotten, so that a client that is still sending gets to
/// read the answer.
const FORGOTTEN: usize = 16_000_000;
/// How long the next bytes of a body may take: a phone on a bad line is slow, a dead one is silent.
const SILENCE: Duration = Duration::from_secs(30);
/// Bodies from this size on, packed or unpacked, are unpacked and parsed off the network's threads.
const LARGE: usize = 32_000;

/// A JSON body.
#[derive(Debug)]
pub struct JsonBody<T>(pub T);

impl<S: Sync, T: DeserializeOwned + Send + 'static> FromRequest<S> for JsonBody<T> {
    type Rejection = AppError;

    async fn from_request(request: Request, _: &S) -> Result<Self, AppError> {
        let (parts, body) = request.into_parts();
        let packed = check_headers(&parts.headers)?;
        let bytes = collect(body, ON_THE_WIRE).await?;
        if bytes.len() < LARGE {
            if !packed {
                return parse(&bytes).map(Self);
            }
            // What turns out to be large is unpacked from the beginning elsewhere.
            if let Some(unpacked) = unpack(&bytes, LARGE)? {
                return parse(&unpacked).map(Self);
            }
        }
        tokio::task::spawn_blocking(move || {
            if packed {
                let unpacked = unpack(&bytes, UNPACKED)?.ok_or_else(|| {
                    AppError::too_large(format!(
                        "more than {UNPACKED} bytes after unpacking: send less at a time"
                    ))
                })?;
                parse(&unpacked)
            } else {
                parse(&bytes)
            }
        })
        .await
        .map_err(|_| AppError::internal())?
        .map(Self)
    }
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

/// Reads a body that is not wanted, so that a client that is still sending gets to read the answer.
pub(super) async fn forget(mut body: Body) {
    let mut total = 0;
    while total < FORGOTTEN {
        let next = std::future::poll_fn(|cx| std::pin::Pin::new(&mut body).poll_frame(cx));
        match tokio::time::timeout(SILENCE, next).await {
            Ok(Some(Ok(frame))) => total += frame.into_data().map_or(0, |data| data.len()),
            _ => break,
        }
    }
}

/// Reads a body of at most so many bytes.
pub(super) async fn collect(mut body: Body, most: usize) -> Result<Bytes, AppError> {
    let announced = body.size_hint().lower();
    let mut bytes = Vec::with_capacity(usize::try_from(announced).unwrap_or(0).min(most));
    let mut total = 0_usize;
    loop {
        let next = std::future::poll_fn(|cx| std::pin::Pin::new(&mut body).poll_frame(cx));
        let frame = match tokio::time::timeout(SILENCE, next).await {
            Err(_) => {
                return Err(AppError::malformed("the body does not come")
                    .as_status(StatusCode::REQUEST_TIMEOUT));
            }
            Ok(None) => break,
            Ok(Some(Err(_))) => return Err(AppError::malformed("the body broke off")),
            Ok(Some(Ok(frame))) => frame,
        };
        let Ok(data) = frame.into_data() else {
            continue;
        };
        total += data.len();
        if total <= most {
            bytes.extend_from_slice(&data);
        } else if total > FORGOTTEN {
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

/// Unpacks to at most so many bytes; `None` when there are more.
fn unpack(bytes: &[u8], most: usize) -> Result<Option<Vec<u8>>, AppError> {
    let mut unpacked = Vec::with_capacity(bytes.len().saturating_mul(4).min(most));
    let limit = u64::try_from(most + 1).unwrap_or(u64::MAX);
    flate2::read::MultiGzDecoder::new(bytes)
        .take(limit)
        .read_to_end(&mut unpacked)
        .map_err(|_| AppError::malformed("the body is no gzip"))?;
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
