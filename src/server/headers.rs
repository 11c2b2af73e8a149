//! The headers on every reply: the mark that it is ours, and what the browser must not do.

use axum::{
    extract::{Request, State},
    http::{HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::Response,
};

use crate::sync::wire::{ATTACHMENTS_PATH, MARK, TUS};

use super::state::AppState;

/// What a page of ours may load and do: nothing from elsewhere, nothing inline.
pub const CSP: &str = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
     img-src 'self' data: blob:; media-src 'self' blob:; connect-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; \
     form-action 'none'; frame-ancestors 'none'; object-src 'none'";

const ALWAYS: [(HeaderName, HeaderValue); 2] = [
    (HeaderName::from_static(MARK), HeaderValue::from_static("1")),
    (
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    ),
];

/// What a page must not do. An answer of the API is no page, and a phone pays for every byte of it.
const FOR_PAGES: [(HeaderName, HeaderValue); 5] = [
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(CSP),
    ),
    (
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    ),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static(
            "camera=(self), geolocation=(self), microphone=(), payment=(), usb=()",
        ),
    ),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("same-origin"),
    ),
];

/// For an answer that somebody opens in a browser all the same: it runs nothing, sends nothing and is of no origin. A page
/// that frames it gets none of it, since nothing but the app's own code knows the token.
const CSP_OF_DATA: HeaderValue = HeaderValue::from_static("sandbox");

const HTTPS_ONLY: HeaderValue = HeaderValue::from_static("max-age=31536000");

pub(super) async fn headers(
    State(state): State<AppState>,
    request: Request,
    next: Next,
) -> Response {
    let path = request.uri().path();
    let is_data = path.starts_with("/api/");
    let is_upload = path.starts_with(ATTACHMENTS_PATH) && request.method() != Method::GET;
    let mut response = next.run(request).await;
    let other_version = response.status() == StatusCode::PRECONDITION_FAILED;
    let headers = response.headers_mut();
    headers.extend(ALWAYS);
    if is_data {
        headers.insert(header::CONTENT_SECURITY_POLICY, CSP_OF_DATA);
    } else {
        headers.extend(FOR_PAGES);
    }
    if is_upload {
        headers.insert("tus-resumable", HeaderValue::from_static(TUS));
        if other_version {
            headers.insert("tus-version", HeaderValue::from_static(TUS));
        }
    }
    if state.config().https {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HTTPS_ONLY);
    }
    // Answers about people are nobody's to keep; files say themselves how long they hold.
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}
