//! Coming in, going out, and who one is.

use std::net::{IpAddr, SocketAddr};

use axum::{
    Json,
    extract::{ConnectInfo, FromRequestParts, State},
    http::{StatusCode, request::Parts},
};

use crate::{
    domain::User,
    server::{
        accounts::plain_username,
        body::JsonBody,
        error::AppError,
        guard::Caller,
        machine, secret,
        sqlite::{attempt, session, user},
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
    Address(address): Address,
    JsonBody(request): JsonBody<LoginRequest>,
) -> Result<Json<LoginReply>, AppError> {
    if request.username.len() > LONGEST || request.password.len() > LONGEST {
        return Err(AppError::bad_credentials());
    }
    let username = plain_username(&request.username);
    let now = machine::now();
    let tried = username.clone();
    let wait = state
        .database()
        .write(move |connection| attempt::begin(connection, &tried, &address, now))
        .await?;
    if let Some(seconds) = wait {
        return Err(AppError::too_many(seconds));
    }
    let asked = username.clone();
    let account = state
        .database()
        .read(move |connection| user::find(connection, &asked))
        .await?;
    let hash = account.as_ref().map(|account| account.password.clone());
    let permit = state.hashing().acquire().await;
    let fits = tokio::task::spawn_blocking(move || {
        secret::is_password(&request.password, hash.as_deref())
    })
    .await
    .map_err(|_| AppError::internal())?;
    drop(permit);
    let user = match account {
        Some(account) if fits && !account.disabled => account.user,
        _ => return Err(AppError::bad_credentials()),
    };
    let token = secret::token()?;
    let hash = secret::hash_token(&token);
    let device: String = request.device.chars().take(DEVICE_LETTERS).collect();
    let who = user.id;
    state
        .database()
        .write(move |connection| {
            attempt::succeed(connection, &username)?;
            session::begin(connection, &hash, who, &device, now)
        })
        .await?;
    Ok(Json(LoginReply {
        token,
        user,
        server_time: machine::now(),
    }))
}

/// Ends the caller's session.
pub(in crate::server) async fn logout(
    State(state): State<AppState>,
    caller: Caller,
) -> Result<StatusCode, AppError> {
    let now = machine::now();
    state
        .database()
        .write(move |connection| session::revoke(connection, &caller.session, now))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Tells the caller who they are.
pub(in crate::server) async fn me(caller: Caller) -> Json<User> {
    std::future::ready(Json(caller.user)).await
}

/// The client's address as a text, for counting attempts.
pub(in crate::server) struct Address(String);

impl FromRequestParts<AppState> for Address {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, AppError> {
        let forwarded = || -> Option<IpAddr> {
            let header = parts.headers.get("x-forwarded-for")?.to_str().ok()?;
            header.rsplit(',').next()?.trim().parse().ok()
        };
        let connected = || {
            let info = parts.extensions.get::<ConnectInfo<SocketAddr>>();
            info.map(|ConnectInfo(address)| address.ip())
        };
        let address = if state.config().behind_proxy {
            forwarded().or_else(connected)
        } else {
            connected()
        };
        let text = address.map(|address| address.to_string());
        std::future::ready(Ok(Self(text.unwrap_or_default()))).await
    }
}
