//! Push and pull in one call.

use std::sync::Arc;

use axum::{Json, extract::State};

use crate::server::{
    body::JsonBody,
    error::AppError,
    exchange::{Exchange, Refused, Reply, Request},
    guard::Caller,
    machine,
    sqlite::refused,
    state::AppState,
};

/// Applies what the device sends, and gives it what it lacks.
pub(in crate::server) async fn sync(
    State(state): State<AppState>,
    caller: Caller,
    JsonBody(request): JsonBody<Request>,
) -> Result<Json<Reply>, AppError> {
    let mut exchange = Exchange::understand(request)?;
    let user = Arc::new(caller.user);
    let now = machine::now();
    if exchange.submits() {
        let user = Arc::clone(&user);
        let foresee = move |connection: &_| {
            exchange.foresee(connection, &user, now)?;
            Ok(exchange)
        };
        exchange = state.database().read(foresee).await?;
    }
    let exchange = Arc::new(exchange);
    let results = if exchange.pushes() {
        let (exchange, user) = (Arc::clone(&exchange), Arc::clone(&user));
        let push = move |connection: &_| match refused::wait(connection, user.id, now)? {
            Some(seconds) => Ok(Err(seconds)),
            None => exchange.push(connection, &user, now).map(Ok),
        };
        // The device keeps everything, and waits.
        let pushed = state.database().write(push).await?;
        pushed.map_err(AppError::too_many)?
    } else {
        Vec::new()
    };
    let pull = move |connection: &_| exchange.pull(connection, &user, results, machine::now());
    Ok(Json(state.database().read(pull).await?))
}

impl From<Refused> for AppError {
    fn from(why: Refused) -> Self {
        match why {
            Refused::TooOld => Self::update_needed(),
            Refused::TooMany { .. } => Self::too_large(why.to_string()),
            Refused::Nameless => Self::malformed(why.to_string()),
        }
    }
}
