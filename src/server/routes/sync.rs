//! Push and pull in one call.

use std::collections::BTreeSet;

use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{
    domain::{DeviceId, Millis, MutationId, Scope, User},
    server::{
        body::JsonBody,
        error::AppError,
        guard::Caller,
        machine,
        sqlite::{
            pull::{self, RawRecord},
            push::{self, Prepared},
        },
        state::AppState,
    },
    sync::wire::{
        Digest, Limits, Mutation, MutationResult, OLDEST_PROTOCOL, Outcome, PROTOCOL, RejectCode,
    },
};

/// [`crate::sync::wire::SyncRequest`] as the server reads it: one mutation that is not understood does not hold up the
/// others.
#[derive(Debug, Deserialize)]
pub(in crate::server) struct Request {
    protocol: u32,
    device: DeviceId,
    #[serde(default)]
    cursor: u64,
    #[serde(default)]
    scope: String,
    #[serde(default)]
    mutations: Vec<Box<RawValue>>,
}

/// [`crate::sync::wire::SyncReply`] with the records as they are stored.
#[derive(Debug, Serialize)]
pub(in crate::server) struct Reply {
    protocol: u32,
    server_time: Millis,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    results: Vec<MutationResult>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    records: Vec<RawRecord>,
    cursor: u64,
    more: bool,
    scope: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<User>,
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<Digest>,
    limits: Limits,
}

/// Applies what the device sends, and gives it what it lacks.
pub(in crate::server) async fn sync(
    State(state): State<AppState>,
    caller: Caller,
    JsonBody(request): JsonBody<Request>,
) -> Result<Json<Reply>, AppError> {
    if request.protocol < OLDEST_PROTOCOL {
        return Err(AppError::update_needed());
    }
    let limits = Limits::default();
    if request.mutations.len() > usize::try_from(limits.mutations).unwrap_or(usize::MAX) {
        return Err(AppError::too_large(format!(
            "{} mutations; {} are taken at a time",
            request.mutations.len(),
            limits.mutations
        )));
    }
    let now = machine::now();
    let user = caller.user;
    let asked = understand(&request.mutations)?;
    let results = push(&state, &user, request.device, asked, now).await?;
    let made = results.iter().filter_map(|result| match result.outcome {
        Outcome::Applied { rev, exact: true } => Some(rev),
        _ => None,
    });
    let made: BTreeSet<u64> = made.collect();
    let scope = name_of(&user);
    let same_scope = scope == request.scope;
    // A cursor that no database can hold is one from the future.
    let cursor = match i64::try_from(request.cursor) {
        Ok(_) if same_scope => request.cursor,
        _ => 0,
    };
    let reader = user.clone();
    let page = state
        .database()
        .read(move |connection| pull::page(connection, &reader, cursor, &made))
        .await?;
    Ok(Json(Reply {
        protocol: PROTOCOL,
        server_time: machine::now(),
        results,
        records: page.records,
        cursor: page.cursor,
        more: page.more,
        scope,
        user: (!same_scope).then_some(user),
        digest: page.digest,
        limits,
    }))
}

/// A mutation, or the answer to one that is not understood.
type Asked = Result<Prepared, MutationResult>;

fn understand(mutations: &[Box<RawValue>]) -> Result<Vec<Asked>, AppError> {
    #[derive(Deserialize)]
    struct Named {
        id: MutationId,
    }
    mutations
        .iter()
        .map(|raw| {
            let why = match serde_json::from_str::<Mutation>(raw.get()) {
                Ok(mutation) => return Ok(Ok(Prepared::new(mutation)?)),
                Err(why) => why,
            };
            // Without an id there is nothing that an answer could be given to.
            let Named { id } = serde_json::from_str(raw.get())
                .map_err(|_| AppError::malformed("a mutation without an id"))?;
            Ok(Err(MutationResult {
                id,
                outcome: Outcome::Rejected {
                    code: RejectCode::Malformed,
                    reason: why.to_string(),
                },
            }))
        })
        .collect()
}

async fn push(
    state: &AppState,
    user: &User,
    device: DeviceId,
    asked: Vec<Asked>,
    now: Millis,
) -> Result<Vec<MutationResult>, AppError> {
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    let user = user.clone();
    let results = state
        .database()
        .write(move |connection| {
            asked
                .into_iter()
                .map(|asked| match asked {
                    Ok(prepared) => push::push(connection, &user, device, &prepared, now),
                    Err(result) => Ok(result),
                })
                .collect()
        })
        .await?;
    Ok(results)
}

/// A user's role and areas as one short text: another one means that the device must begin from the beginning.
fn name_of(user: &User) -> String {
    let areas = match &user.scope {
        Scope::District => "*".to_owned(),
        Scope::Areas(areas) => {
            let mut codes: Vec<&str> = areas.iter().map(|area| area.0.as_str()).collect();
            codes.sort_unstable();
            codes.join(",")
        }
    };
    format!("{}:{areas}", user.role.name())
}
