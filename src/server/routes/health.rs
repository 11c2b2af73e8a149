//! Whether the server lives, and whether it can work.

use axum::{Json, extract::State};
use serde_json::{Value, json};

use crate::server::{error::AppError, state::AppState};

/// The process answers.
pub(in crate::server) async fn healthz() -> Json<Value> {
    std::future::ready(Json(json!({"ok": true}))).await
}

/// The database answers.
pub(in crate::server) async fn readyz(
    State(state): State<AppState>,
) -> Result<Json<Value>, AppError> {
    state.database().read(|tx| tx.last_rev()).await?;
    Ok(Json(json!({"ok": true})))
}
