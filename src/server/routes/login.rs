//! Coming in, going out, and who one is.

use axum::{Json, extract::State, http::StatusCode};

use crate::{
    domain::{Millis, User},
    server::{
        accounts::{
            attempts::{self, Attempt},
            plain_username,
        },
        address::Network,
        body::SmallJsonBody,
        error::AppError,
        guard::Caller,
        machine,
        repo::{
            self, Tx,
            accounts::{Account, Hash},
        },
        secret,
        state::AppState,
    },
    sync::wire::{LoginReply, LoginRequest},
};

/// Letters of a device's name that are kept.
const DEVICE_LETTERS: usize = 100;
/// Bytes of a login name or password that are looked at.
const LONGEST: usize = 1000;

/// Opens a session for who knows the password.
pub(in crate::server) async fn login(
    State(state): State<AppState>,
    network: Network,
    SmallJsonBody(request): SmallJsonBody<LoginRequest>,
) -> Result<Json<LoginReply>, AppError> {
    if request.username.len() > LONGEST || request.password.len() > LONGEST {
        return Err(AppError::bad_credentials());
    }
    let attempt = Attempt {
        username: plain_username(&request.username),
        network,
        device: secret::read_hash(&request.previous),
    };
    let tried = attempt.clone();
    let wait = state
        .database()
        // By the clock of the writer's turn: attempts are in the order in which they were counted.
        .write(move |tx| attempts::begin(tx, &tried, machine::now()))
        .await?;
    if let Some(seconds) = wait {
        return Err(AppError::too_many(seconds));
    }
    let asked = attempt.username.clone();
    let account = state.database().read(move |tx| tx.account(&asked)).await?;
    let hash = account.as_ref().map(|account| account.password.clone());
    let fits = state.hashing().is_password(request.password, hash).await?;
    let Some(account) = account.filter(|_| fits) else {
        return Err(AppError::bad_credentials());
    };
    let token = secret::token()?;
    let session = NewSession {
        hash: secret::hash_token(&token),
        device: request.device.chars().take(DEVICE_LETTERS).collect(),
    };
    let user = state
        .database()
        .write(move |tx| enter(tx, &attempt, &account, &session, machine::now()))
        .await??;
    Ok(Json(LoginReply {
        token,
        user,
        server_time: machine::now(),
    }))
}

struct NewSession {
    hash: Hash,
    device: String,
}

/// Begins a session of who knew the password, unless it was changed or the account disabled while it was checked.
fn enter(
    tx: &dyn Tx,
    attempt: &Attempt,
    checked: &Account,
    new: &NewSession,
    now: Millis,
) -> Result<Result<User, AppError>, repo::Error> {
    let account = tx.account(&attempt.username)?;
    let Some(account) = account.filter(|account| account.password == checked.password) else {
        return Ok(Err(AppError::bad_credentials()));
    };
    attempts::succeed(tx, attempt)?;
    if account.disabled {
        return Ok(Err(AppError::disabled()));
    }
    tx.begin_session(&new.hash, account.user.id, &new.device, now)?;
    Ok(Ok(account.user))
}

/// Ends the caller's session.
pub(in crate::server) async fn logout(
    State(state): State<AppState>,
    caller: Caller,
) -> Result<StatusCode, AppError> {
    let now = machine::now();
    state
        .database()
        .write(move |tx| tx.end_session(&caller.session, now))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Tells the caller who they are.
pub(in crate::server) async fn me(caller: Caller) -> Json<User> {
    std::future::ready(Json(caller.user)).await
}
