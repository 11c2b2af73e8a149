//! The app's files. Names under `/assets/` carry a hash and hold for ever; everything else is asked for again. A path
//! that is no file is a deep link into the app and gets its page.

use std::path::Path;

use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use tower::ServiceExt;
use tower_http::services::ServeDir;

use super::{error::AppError, state::AppState};

const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const ASK_AGAIN: HeaderValue = HeaderValue::from_static("no-cache");

/// Answers whatever is no endpoint.
pub(super) async fn fallback(State(state): State<AppState>, request: Request) -> Response {
    let path = request.uri().path();
    if path == "/api" || path.starts_with("/api/") {
        return AppError::not_found().into_response();
    }
    let Some(web) = state.config().web.as_deref() else {
        return AppError::not_found().into_response();
    };
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return AppError::method_not_allowed().into_response();
    }
    let hashed = path.starts_with("/assets/");
    let page = wants_page(&request).then(|| as_page(&request));
    let mut response = serve(web, request).await;
    if response.status() == StatusCode::NOT_FOUND {
        response = match page {
            Some(request) => serve(web, request).await,
            None => AppError::not_found().into_response(),
        };
    }
    let holds = if hashed && response.status().is_success() {
        FOR_EVER
    } else {
        ASK_AGAIN
    };
    response.headers_mut().insert(header::CACHE_CONTROL, holds);
    response
}

/// Whether this is a person following a link into the app: no file name, and a page is wanted.
fn wants_page(request: &Request) -> bool {
    let path = request.uri().path();
    let named = path
        .rsplit('/')
        .next()
        .is_some_and(|last| last.contains('.'));
    let accepts = request
        .headers()
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"));
    accepts && !named && !path.starts_with("/assets/")
}

/// The same request for the app's page.
fn as_page(request: &Request) -> Request {
    let mut page = Request::new(Body::empty());
    *page.method_mut() = request.method().clone();
    *page.uri_mut() = Uri::from_static("/index.html");
    for name in [header::ACCEPT_ENCODING, header::IF_MODIFIED_SINCE] {
        if let Some(value) = request.headers().get(&name) {
            page.headers_mut().insert(name, value.clone());
        }
    }
    page
}

async fn serve(web: &Path, request: Request) -> Response {
    let files = ServeDir::new(web)
        .precompressed_br()
        .precompressed_gzip()
        .append_index_html_on_directories(true);
    match files.oneshot(request).await {
        Ok(response) => response.map(Body::new),
        Err(never) => match never {},
    }
}
