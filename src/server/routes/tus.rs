//! Uploads by tus 1.0: core, creation, creation-with-upload, checksum, termination, expiration.
//!
//! An upload's address is the attachment's name, and an upload is its user's alone. So creating it again gives the one
//! that is there, as far as it is; and creating one that somebody sent whole gives it as complete (`Upload-Offset` is
//! `Upload-Length`), without a byte sent twice.

use axum::{
    body::{Body, HttpBody},
    extract::{Path, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::Engine;

use crate::{
    domain::{AttachmentName, Millis, User, UserId, attachment::MOST_BYTES},
    server::{
        attachments::{
            Finished,
            partial::Partial,
            receive::{self, Checksum, End, Source},
            shelf::{Opened, Stands},
            sight::{self, Sight},
        },
        body::forget,
        error::AppError,
        guard::Caller,
        machine,
        state::AppState,
    },
    sync::wire::{ATTACHMENTS_PATH, PIECE, TUS},
};

const RESUMABLE: HeaderName = HeaderName::from_static("tus-resumable");
const OFFSET: HeaderName = HeaderName::from_static("upload-offset");
const LENGTH: HeaderName = HeaderName::from_static("upload-length");
const METADATA: HeaderName = HeaderName::from_static("upload-metadata");
const CHECKSUM: HeaderName = HeaderName::from_static("upload-checksum");
const EXPIRES: HeaderName = HeaderName::from_static("upload-expires");

/// Seconds to wait for who has too many uploads under way.
const LATER: u32 = 600;

/// Says what this server can.
pub(in crate::server) async fn can() -> Response {
    let headers = [
        ("tus-version", HeaderValue::from_static(TUS)),
        ("tus-max-size", MOST_BYTES.into()),
        (
            "tus-extension",
            HeaderValue::from_static(
                "creation,creation-with-upload,checksum,termination,expiration",
            ),
        ),
        (
            "tus-checksum-algorithm",
            HeaderValue::from_static("sha256,sha1"),
        ),
    ];
    std::future::ready((StatusCode::NO_CONTENT, headers).into_response()).await
}

/// Begins an upload; a body is its first piece.
pub(in crate::server) async fn create(
    State(state): State<AppState>,
    caller: Caller,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, AppError> {
    resumable(&headers)?;
    let (name, length, checksum) = match understand(&headers, !body.is_end_stream()) {
        Ok(asked) => asked,
        Err(why) => return Err(refuse(body, why).await),
    };
    // The bytes are taken in to their end even when the one who asked goes away.
    in_background(async move {
        let user = caller.user.id;
        let turn = state.attachments().turn(user, &name).await;
        let now = machine::now();
        if let Err(why) = state.still(&caller).await {
            return Err(refuse(body, why).await);
        }
        let upload = match opened(&state, user, &name, length, now).await {
            Ok(upload) => upload,
            Err(why) => return Err(refuse(body, why).await),
        };
        let progress = match upload {
            None => {
                forget(body).await;
                Progress::Complete(length)
            }
            Some(mut partial) => {
                // What is here already is not written twice.
                let known = partial.offset;
                let source = source(&state, &caller, body);
                let end = receive::receive(&turn, &mut partial, source, known, checksum).await;
                settle(&state, &caller, &name, partial, end).await?
            }
        };
        let location = format!("{ATTACHMENTS_PATH}/{name}");
        let mut response = progress.response(StatusCode::CREATED);
        if let Ok(location) = HeaderValue::from_str(&location) {
            response.headers_mut().insert(header::LOCATION, location);
        }
        Ok(response)
    })
    .await
}

fn understand(
    headers: &HeaderMap,
    with_piece: bool,
) -> Result<(AttachmentName, u64, Option<Checksum>), AppError> {
    let length =
        number(headers, &LENGTH)?.ok_or_else(|| AppError::malformed("Upload-Length is missing"))?;
    if length > MOST_BYTES {
        let message = format!("{length} bytes; {MOST_BYTES} are taken");
        return Err(AppError::too_large(message));
    }
    if length == 0 {
        return Err(AppError::malformed("an attachment has at least a byte"));
    }
    if with_piece {
        check_piece(headers)?;
    }
    Ok((name_in(headers)?, length, checksum(headers)?))
}

/// The upload of that name: `None` when all of it is here, else as far as it is, begun when it was not.
async fn opened(
    state: &AppState,
    user: UserId,
    name: &AttachmentName,
    length: u64,
    now: Millis,
) -> Result<Option<Partial>, AppError> {
    match state.attachments().begin(user, name, length, now).await? {
        Opened::Partial(partial) => Ok(Some(partial)),
        Opened::Whole => Ok(None),
        Opened::OtherSize(_) => {
            // How many it has, only who may read it learns.
            let message = format!("{name} has not {length} bytes");
            Err(AppError::malformed(message))
        }
        Opened::TooMany => Err(AppError::too_many(LATER)),
    }
}

/// Says how far an upload is.
pub(in crate::server) async fn look(
    State(state): State<AppState>,
    caller: Caller,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<Response, AppError> {
    resumable(&headers)?;
    let name = read_name(&name)?;
    let user = caller.user.id;
    let now = machine::now();
    let _turn = state.attachments().turn(user, &name).await;
    let progress = match stands(&state, &caller.user, &name, now).await? {
        // All bytes are here but the end was never told: a crash, or a broken line, came between.
        Progress::Partial(partial) if partial.offset == partial.length => {
            settle(&state, &caller, &name, partial, Ok(End::Whole)).await?
        }
        other => other,
    };
    let mut response = progress.response(StatusCode::OK);
    let length = HeaderValue::from(progress.length());
    response.headers_mut().insert(LENGTH, length);
    Ok(response)
}

/// Takes a piece in.
pub(in crate::server) async fn append(
    State(state): State<AppState>,
    caller: Caller,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, AppError> {
    resumable(&headers)?;
    let (name, offset, checksum) = match understand_piece(&name, &headers) {
        Ok(asked) => asked,
        Err(why) => return Err(refuse(body, why).await),
    };
    in_background(async move {
        let user = caller.user.id;
        let turn = state.attachments().turn(user, &name).await;
        let now = machine::now();
        if let Err(why) = state.still(&caller).await {
            return Err(refuse(body, why).await);
        }
        let progress = match stands(&state, &caller.user, &name, now).await {
            Ok(progress) => progress,
            Err(why) => return Err(refuse(body, why).await),
        };
        if offset != progress.offset() {
            let message = format!("{} bytes are here", progress.offset());
            return Err(refuse(body, AppError::offset(message)).await);
        }
        let progress = match progress {
            Progress::Complete(_) => {
                forget(body).await;
                progress
            }
            Progress::Partial(mut partial) => {
                let room = partial.length - partial.offset;
                if body.size_hint().lower() > room {
                    return Err(refuse(body, too_many_bytes()).await);
                }
                let source = source(&state, &caller, body);
                let end = receive::receive(&turn, &mut partial, source, 0, checksum).await;
                settle(&state, &caller, &name, partial, end).await?
            }
        };
        Ok(progress.response(StatusCode::NO_CONTENT))
    })
    .await
}

fn understand_piece(
    name: &str,
    headers: &HeaderMap,
) -> Result<(AttachmentName, u64, Option<Checksum>), AppError> {
    check_piece(headers)?;
    let offset =
        number(headers, &OFFSET)?.ok_or_else(|| AppError::malformed("Upload-Offset is missing"))?;
    Ok((read_name(name)?, offset, checksum(headers)?))
}

/// Throws an upload away. One that is whole belongs to the visits that name it, and stays.
pub(in crate::server) async fn give_up(
    State(state): State<AppState>,
    caller: Caller,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<Response, AppError> {
    resumable(&headers)?;
    let name = read_name(&name)?;
    let user = caller.user.id;
    let _turn = state.attachments().turn(user, &name).await;
    match stands(&state, &caller.user, &name, machine::now()).await? {
        Progress::Complete(_) => Err(AppError::forbidden("it is whole, and stays")),
        Progress::Partial(partial) => {
            partial.remove().map_err(AppError::from)?;
            Ok(StatusCode::NO_CONTENT.into_response())
        }
    }
}

/// How far an upload is.
enum Progress {
    Partial(Partial),
    /// So many bytes, all here.
    Complete(u64),
}

impl Progress {
    fn offset(&self) -> u64 {
        match self {
            Self::Partial(partial) => partial.offset,
            Self::Complete(length) => *length,
        }
    }

    fn length(&self) -> u64 {
        match self {
            Self::Partial(partial) => partial.length,
            Self::Complete(length) => *length,
        }
    }

    fn response(&self, status: StatusCode) -> Response {
        let mut response = status.into_response();
        let headers = response.headers_mut();
        headers.insert(OFFSET, self.offset().into());
        if let Self::Partial(partial) = self
            && let Some(date) = partial.expires().http_date()
            && let Ok(date) = HeaderValue::from_str(&date)
        {
            headers.insert(EXPIRES, date);
        }
        response
    }
}

async fn stands(
    state: &AppState,
    user: &User,
    name: &AttachmentName,
    now: Millis,
) -> Result<Progress, AppError> {
    match state.attachments().stands(user.id, name, now).await? {
        Stands::Partial(partial) => Ok(Progress::Partial(partial)),
        // Of what others sent, a user learns no more here than they may read.
        Stands::Whole(size) if knows(state, user, name).await? => Ok(Progress::Complete(size)),
        Stands::Whole(_) => Err(AppError::not_found()),
        Stands::Expired => Err(AppError::not_found().as_status(StatusCode::GONE)),
        Stands::Nothing => Err(AppError::not_found()),
    }
}

/// Whether a user sent an attachment, or may read it.
async fn knows(state: &AppState, user: &User, name: &AttachmentName) -> Result<bool, AppError> {
    let (user, name) = (user.clone(), name.clone());
    let known = state.database().read(move |tx| {
        if tx.is_sender(&name, user.id)? {
            return Ok(true);
        }
        let desk = sight::is_desk(&user);
        Ok(sight::of(tx, &name, &user, desk)? == Sight::Seen)
    });
    Ok(known.await?)
}

/// A request's bytes, with the question whether their sender may still send.
fn source(state: &AppState, caller: &Caller, body: Body) -> Source {
    let (state, caller) = (state.clone(), caller.clone());
    Source::new(body, move || {
        let (state, caller) = (state.clone(), caller.clone());
        Box::pin(async move { state.still(&caller).await.is_ok() })
    })
}

/// What follows from how a request's bytes ended; when all bytes of the upload are here, it is finished. Not for a session
/// that ended meanwhile: what came stays an upload under way.
async fn settle(
    state: &AppState,
    caller: &Caller,
    name: &AttachmentName,
    partial: Partial,
    end: std::io::Result<End>,
) -> Result<Progress, AppError> {
    let end = end?;
    if matches!(end, End::Whole | End::Over) {
        state.still(caller).await?;
    }
    let now = machine::now();
    match end {
        End::Whole => {}
        // The database failed when it was asked.
        End::Over => return Err(AppError::internal()),
        End::Cut => return Err(AppError::malformed("the body broke off")),
        End::Silent => {
            return Err(AppError::malformed("the body does not come")
                .as_status(StatusCode::REQUEST_TIMEOUT));
        }
        End::TakenOver => return Err(AppError::offset("another request took the upload over")),
        End::TooMany => return Err(too_many_bytes()),
        End::Corrupt => return Err(AppError::checksum("the piece is not what it was")),
    }
    if partial.offset < partial.length {
        // Its time begins anew with every piece.
        return Ok(Progress::Partial(Partial {
            touched: now,
            ..partial
        }));
    }
    match state.attachments().finish(name, &partial).await? {
        Finished::Kept => {}
        Finished::OtherBytes => {
            return Err(AppError::checksum("the bytes are not those of the name"));
        }
        Finished::OtherType => {
            return Err(AppError::malformed("the bytes are not of the name's type")
                .as_status(StatusCode::UNPROCESSABLE_ENTITY));
        }
    }
    let sent = name.clone();
    state
        .write_as(caller, move |tx, user| tx.add_sender(&sent, user.id, now))
        .await?;
    Ok(Progress::Complete(partial.length))
}

fn too_many_bytes() -> AppError {
    AppError::too_large("more bytes than the upload has")
}

/// Refuses a request whose body is still coming: it is read to its end, so that the answer is.
async fn refuse(body: Body, why: AppError) -> AppError {
    forget(body).await;
    why
}

async fn in_background(
    job: impl Future<Output = Result<Response, AppError>> + Send + 'static,
) -> Result<Response, AppError> {
    let done = tokio::spawn(job).await;
    done.unwrap_or_else(|_| Err(AppError::internal()))
}

fn resumable(headers: &HeaderMap) -> Result<(), AppError> {
    if headers.get(RESUMABLE).is_some_and(|version| version == TUS) {
        return Ok(());
    }
    Err(AppError::malformed("Tus-Resumable must be 1.0.0")
        .as_status(StatusCode::PRECONDITION_FAILED))
}

fn check_piece(headers: &HeaderMap) -> Result<(), AppError> {
    let unsupported =
        |message| AppError::malformed(message).as_status(StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let is = |name, wanted: &str| {
        headers.get(name).is_some_and(|value: &HeaderValue| {
            value.as_bytes().eq_ignore_ascii_case(wanted.as_bytes())
        })
    };
    if !is(header::CONTENT_TYPE, PIECE) {
        return Err(unsupported(
            "the body must be application/offset+octet-stream",
        ));
    }
    if headers.contains_key(header::CONTENT_ENCODING) && !is(header::CONTENT_ENCODING, "identity") {
        return Err(unsupported("a piece is sent as it is, not packed"));
    }
    Ok(())
}

fn number(headers: &HeaderMap, name: &HeaderName) -> Result<Option<u64>, AppError> {
    headers
        .get(name)
        .map(|value| {
            value
                .to_str()
                .ok()
                .filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))
                .and_then(|text| text.parse().ok())
                .ok_or_else(|| AppError::malformed(format!("{name} is no number")))
        })
        .transpose()
}

fn read_name(text: &str) -> Result<AttachmentName, AppError> {
    text.parse().map_err(|_| AppError::not_found())
}

/// `Upload-Metadata: name <base64>`: the only way to say what is coming.
fn name_in(headers: &HeaderMap) -> Result<AttachmentName, AppError> {
    let bad = || AppError::malformed("Upload-Metadata must give the attachment's name");
    let metadata = headers.get(METADATA).and_then(|value| value.to_str().ok());
    let coded = metadata
        .unwrap_or_default()
        .split(',')
        .filter_map(|pair| pair.trim().split_once(' '))
        .find(|(key, _)| *key == "name")
        .map(|(_, value)| value.trim())
        .ok_or_else(bad)?;
    let bytes = decode(coded).ok_or_else(bad)?;
    let text = String::from_utf8(bytes).map_err(|_| bad())?;
    text.parse().map_err(|_| bad())
}

fn checksum(headers: &HeaderMap) -> Result<Option<Checksum>, AppError> {
    let Some(value) = headers.get(CHECKSUM) else {
        return Ok(None);
    };
    let bad = || AppError::malformed("Upload-Checksum must be sha256 or sha1 and its base64");
    let (algorithm, digest) = value
        .to_str()
        .ok()
        .and_then(|text| text.trim().split_once(' '))
        .ok_or_else(bad)?;
    let digest = decode(digest.trim()).ok_or_else(bad)?;
    match (algorithm, digest.len()) {
        ("sha256", 32) => Ok(Some(Checksum::Sha256(digest))),
        ("sha1", 20) => Ok(Some(Checksum::Sha1(digest))),
        _ => Err(bad()),
    }
}

fn decode(text: &str) -> Option<Vec<u8>> {
    base64::engine::general_purpose::STANDARD.decode(text).ok()
}
