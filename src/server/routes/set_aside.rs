//! What phones sent and the server did not apply: for the admin, who can help where an officer alone cannot.

use axum::{
    Json,
    extract::{Path, Query, State},
};
use serde::Deserialize;

use crate::{
    domain::MutationId,
    server::{
        error::AppError,
        guard::Caller,
        machine,
        state::AppState,
        sync::{
            describe,
            set_aside::{self, Openness},
        },
    },
    sync::{told::Told, wire::SetAsideReply},
};

/// Days that are looked back when the question does not say.
const DAYS: u32 = 30;
const DAY: i64 = 24 * 60 * 60 * 1000;

/// How far back, and of whom.
#[derive(Debug, Deserialize)]
pub(in crate::server) struct Wish {
    days: Option<u32>,
    /// Of this person only, by login name.
    user: Option<String>,
    /// The page of theirs that comes after this change.
    after: Option<MutationId>,
}

/// Changes refused or in conflict in the last days that lie in the caller's areas, newest first: of everybody the newest,
/// or a page of one person's.
pub(in crate::server) async fn set_aside(
    State(state): State<AppState>,
    caller: Caller,
    Query(wish): Query<Wish>,
) -> Result<Json<SetAsideReply>, AppError> {
    let days = i64::from(wish.days.unwrap_or(DAYS).min(3_650));
    let since = machine::now().plus(-days * DAY);
    let reply = state
        .database()
        .read(move |tx| match &wish.user {
            None => set_aside::list(tx, &caller.user, since),
            Some(user) => set_aside::of_person(tx, &caller.user, user, since, wish.after),
        })
        .await?;
    Ok(Json(reply))
}

/// What one of them holds, in words. Of a draft only which questions it answers.
pub(in crate::server) async fn one(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Vec<Told>>, AppError> {
    let id: MutationId = id.parse().map_err(|_| AppError::not_found())?;
    let told = state
        .database()
        .read(move |tx| {
            let Some(entry) = tx.entry(id)? else {
                return Ok(None);
            };
            match set_aside::openness(tx, &caller.user, &entry)? {
                None => Ok(None),
                Some(Openness::Values) => describe::tell(tx, &entry).map(Some),
                Some(Openness::Questions) => describe::questions(tx, &entry).map(Some),
            }
        })
        .await?;
    told.map(Json).ok_or_else(AppError::not_found)
}
