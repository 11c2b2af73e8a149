//! One structured line for each request: what was called, what was answered, how long it took, who asked. Never a
//! body, a query or a header: they hold secrets and people's data.

use std::{
    sync::{Arc, OnceLock},
    time::Instant,
};

use axum::{
    extract::{MatchedPath, Request},
    middleware::Next,
    response::Response,
};

use crate::domain::UserId;

/// Where the guard notes who asked.
#[derive(Clone, Default, Debug)]
pub(super) struct Seen(Arc<OnceLock<UserId>>);

impl Seen {
    pub(super) fn note(&self, user: UserId) {
        let _ = self.0.set(user);
    }
}

pub(super) async fn log(mut request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let method = request.method().clone();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "-".to_owned(), |path| path.as_str().to_owned());
    let seen = Seen::default();
    request.extensions_mut().insert(seen.clone());
    let response = next.run(request).await;
    let ms = begun.elapsed().as_millis();
    let status = response.status().as_u16();
    let user = seen.0.get().map(ToString::to_string).unwrap_or_default();
    if status >= 500 {
        tracing::error!(%method, route, status, ms, user, "request");
    } else {
        tracing::info!(%method, route, status, ms, user, "request");
    }
    response
}
