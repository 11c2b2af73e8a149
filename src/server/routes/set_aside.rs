//! What phones sent and the server did not apply: for the admin, who can help where an officer alone cannot.

use axum::{
    Json,
    extract::{Path, Query, State},
};
use serde::Deserialize;

use crate::{
    domain::MutationId,
    server::{error::AppError, machine, sqlite::mutation, state::AppState, told},
    sync::{told::Told, wire::SetAsideReply},
};

/// Days that are looked back when the question does not say.
const DAYS: u32 = 30;
const DAY: i64 = 24 * 60 * 60 * 1000;

/// How far back.
#[derive(Debug, Deserialize)]
pub(in crate::server) struct Since {
    days: Option<u32>,
}

/// Changes refused or in conflict in the last days, newest first, 500 at most.
pub(in crate::server) async fn set_aside(
    State(state): State<AppState>,
    Query(since): Query<Since>,
) -> Result<Json<SetAsideReply>, AppError> {
    let days = i64::from(since.days.unwrap_or(DAYS).min(3_650));
    let since = machine::now().plus(-days * DAY);
    let items = state
        .database()
        .read(move |connection| mutation::not_applied(connection, since))
        .await?;
    Ok(Json(SetAsideReply { items }))
}

/// What one of them holds, in words.
pub(in crate::server) async fn one(
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Json<Vec<Told>>, AppError> {
    let id: MutationId = id.parse().map_err(|_| AppError::not_found())?;
    let told = state
        .database()
        .read(move |connection| {
            let entry = mutation::entry(connection, id)?;
            entry
                .map(|entry| told::tell(connection, &entry))
                .transpose()
        })
        .await?;
    told.map(Json).ok_or_else(AppError::not_found)
}
