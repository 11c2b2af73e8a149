//! The bytes of an attachment, for who sees a visit that names it.

use std::io::Read;

use axum::{
    body::{Body, Bytes},
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use futures_util::stream;

use crate::{
    domain::AttachmentName,
    server::{
        attachments::{
            blocking,
            sight::{self, Sight},
        },
        error::AppError,
        guard::Caller,
        state::AppState,
    },
};

/// A name is made of the bytes, so what was fetched holds for ever; but only on the phone of who may have it.
const FOR_EVER: HeaderValue = HeaderValue::from_static("private, max-age=31536000, immutable");
/// Bytes in memory at a time.
const AT_A_TIME: usize = 64 * 1024;

/// Gives the bytes. 404 where no visit in sight names it; 404 `not_yet` where one does and it has not arrived.
pub(in crate::server) async fn bytes(
    State(state): State<AppState>,
    caller: Caller,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<Response, AppError> {
    let name: AttachmentName = name.parse().map_err(|_| AppError::not_found())?;
    let (asked, user) = (name.clone(), caller.user);
    let desk = sight::is_desk(&user);
    let sight = state
        .database()
        .read(move |tx| sight::of(tx, &asked, &user, desk))
        .await?;
    match sight {
        Sight::Hidden => return Err(AppError::not_found()),
        Sight::Restricted => return Err(AppError::forbidden("only its sender and the desk")),
        Sight::Seen => {}
    }
    let size = state.attachments().size(&name).await?;
    let size = size.ok_or_else(AppError::not_yet)?;
    let tag = format!("\"{}\"", name.hash());
    let mut response = if is_known(&headers, &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let bytes = state.attachments().open(&name).await?;
        let bytes = bytes.ok_or_else(AppError::not_yet)?;
        let mut response = Body::from_stream(pieces(bytes)).into_response();
        let kind = HeaderValue::from_static(name.media_type());
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
        response
            .headers_mut()
            .insert(header::CONTENT_LENGTH, size.into());
        response
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, FOR_EVER);
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    if name.media_type() == "application/pdf" {
        // A document may hold scripts: it is saved, and not shown as if it were a page of ours.
        let disposition = format!("attachment; filename=\"{name}\"");
        if let Ok(disposition) = HeaderValue::from_str(&disposition) {
            headers.insert(header::CONTENT_DISPOSITION, disposition);
        }
    }
    Ok(response)
}

fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let known = headers.get(header::IF_NONE_MATCH);
    known
        .and_then(|known| known.to_str().ok())
        .is_some_and(|known| known.split(',').any(|one| one.trim() == tag))
}

fn pieces(
    bytes: Box<dyn Read + Send>,
) -> impl futures_util::Stream<Item = std::io::Result<Bytes>> + Send {
    stream::try_unfold(bytes, |mut bytes| {
        blocking(move || {
            let mut piece = vec![0; AT_A_TIME];
            let read = bytes.read(&mut piece)?;
            piece.truncate(read);
            Ok((read > 0).then(|| (Bytes::from(piece), bytes)))
        })
    })
}
