//! A large record in pieces: for lines on which a whole one never arrives.

use axum::{
    extract::{Path, Query, State},
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;

use crate::{
    domain::RecordId,
    server::{error::AppError, guard::Caller, state::AppState},
};

/// Bytes in a piece at most.
const MOST: usize = 256_000;

/// Which bytes.
#[derive(Debug, Deserialize)]
pub(in crate::server) struct Wanted {
    from: usize,
    most: usize,
}

/// Gives bytes of the fields of the record that has this revision. 404 where nobody has it any more, or who asks may not see it:
/// a newer one then comes with the records.
pub(in crate::server) async fn piece(
    State(state): State<AppState>,
    caller: Caller,
    Path((id, rev)): Path<(RecordId, u64)>,
    Query(Wanted { from, most }): Query<Wanted>,
) -> Result<Response, AppError> {
    let user = caller.user;
    let fields = state
        .database()
        .read(move |tx| tx.fields_at(&user, id, rev))
        .await?
        .ok_or_else(AppError::not_found)?;
    let end = from.saturating_add(most.min(MOST)).min(fields.len());
    let piece = fields
        .as_bytes()
        .get(from..end)
        .ok_or_else(AppError::not_found)?;
    let kind = HeaderValue::from_static("application/octet-stream");
    Ok(([(header::CONTENT_TYPE, kind)], piece.to_vec()).into_response())
}
