//! Push and pull in one call.

use std::sync::Arc;

use axum::{Json, extract::State};

use crate::domain::User;
use crate::server::{
    body::JsonBody,
    error::AppError,
    guard::Caller,
    machine,
    repo::Tx,
    state::AppState,
    sync::{
        exchange::{Exchange, Refused, Reply, Request},
        refused,
    },
};

/// Applies what the device sends, and gives it what it lacks. Who sends it is read again in each transaction: nothing is
/// taken of a session that ended while the body was on its way.
pub(in crate::server) async fn sync(
    State(state): State<AppState>,
    caller: Caller,
    JsonBody(request, _room): JsonBody<Request>,
) -> Result<Json<Reply>, AppError> {
    let exchange = Arc::new(Exchange::understand(request)?);
    let now = machine::now();
    if exchange.submits() {
        let exchange = Arc::clone(&exchange);
        let foresee = move |tx: &dyn Tx, user: &User| exchange.foresee(tx, user, now);
        state.read_as(&caller, foresee).await?;
    }
    let results = if exchange.pushes() {
        let exchange = Arc::clone(&exchange);
        let push = move |tx: &dyn Tx, user: &User| {
            Ok(match refused::wait(tx, user.id, now)? {
                Some(seconds) => Err(seconds),
                None => Ok(exchange.push(tx, user, now)?),
            })
        };
        // The device keeps everything, and waits.
        let pushed = state.write_as(&caller, push).await?;
        pushed.map_err(AppError::too_many)?
    } else {
        Vec::new()
    };
    let pull =
        move |tx: &dyn Tx, user: &User| exchange.pull(tx, user, results.clone(), machine::now());
    Ok(Json(state.read_as(&caller, pull).await?))
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
