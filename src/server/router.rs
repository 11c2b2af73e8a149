//! Which calls there are, what each takes, and what stands before all of them.

use std::time::Duration;

use axum::{
    Router,
    extract::Request,
    http::{Method, StatusCode},
    middleware::{Next, from_fn, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::{MethodRouter, delete, get, head, options, patch, post},
};
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::{
        CompressionLayer, Predicate,
        predicate::{NotForContentType, SizeAbove},
    },
};

use crate::{
    domain::person::Permission,
    sync::forms::FORMS_PATH,
    sync::wire::{
        ATTACHMENTS_PATH, ErrorCode, ErrorReply, LOGIN_PATH, LOGOUT_PATH, ME_PATH, SET_ASIDE_PATH,
        SYNC_PATH,
    },
};

use super::{
    error::AppError,
    files,
    guard::{Access, guard},
    headers::headers,
    log::log,
    routes::{attachment, forms, health, history, login, pieces, set_aside, sync, tus},
    state::AppState,
};

/// The path of a visit's history.
pub const HISTORY_PATH: &str = "/api/v1/visits/{id}/history";

/// The path of what was not chosen in a visit's conflicts.
const NOT_CHOSEN_PATH: &str = "/api/v1/visits/{id}/notchosen";

/// The path of what one change holds that was not applied.
const SET_ASIDE_ONE_PATH: &str = "/api/v1/setaside/{id}";

/// The path of a form version's workbook; the version has `.xlsx` after it.
pub(super) const WORKBOOK_PATH: &str = "/api/v1/forms/{id}/{file}";

/// The path of a large record's pieces.
const PIECE_PATH: &str = "/api/v1/records/{id}/{rev}";

/// The path of one attachment.
pub const ATTACHMENT_PATH: &str = "/api/v1/attachments/{name}";

/// A request takes no longer than this, a body on a slow line included. Uploads have no such limit: as long as something
/// comes, they go on.
const LONGEST: Duration = Duration::from_secs(15 * 60);
/// Answers shorter than this, in bytes, are not worth packing.
const WORTH_PACKING: u16 = 600;

/// A call.
pub struct Endpoint {
    /// With which method.
    pub method: Method,
    /// Under which path.
    pub path: &'static str,
    /// What it takes to call it.
    pub access: Access,
    handler: MethodRouter<AppState>,
}

/// Every call there is. What is not here is a file of the app, or nothing.
#[must_use]
pub fn endpoints() -> Vec<Endpoint> {
    use Access::{Open, Signed};
    let endpoint = |method, path, access, handler| Endpoint {
        method,
        path,
        access,
        handler,
    };
    let (read, reader) = (Method::GET, Signed(Permission::Read));
    let admin = Signed(Permission::Administer);
    let sender = Signed(Permission::Visit);
    vec![
        endpoint(read.clone(), "/healthz", Open, get(health::healthz)),
        endpoint(read.clone(), "/readyz", Open, get(health::readyz)),
        endpoint(Method::POST, LOGIN_PATH, Open, post(login::login)),
        endpoint(Method::POST, LOGOUT_PATH, reader, post(login::logout)),
        endpoint(read.clone(), ME_PATH, reader, get(login::me)),
        endpoint(Method::POST, SYNC_PATH, reader, post(sync::sync)),
        endpoint(read.clone(), PIECE_PATH, reader, get(pieces::piece)),
        endpoint(read.clone(), HISTORY_PATH, reader, get(history::history)),
        endpoint(
            read.clone(),
            NOT_CHOSEN_PATH,
            reader,
            get(history::not_chosen),
        ),
        endpoint(read.clone(), FORMS_PATH, admin, get(forms::list)),
        endpoint(Method::POST, FORMS_PATH, admin, post(forms::publish)),
        endpoint(read.clone(), WORKBOOK_PATH, admin, get(forms::workbook)),
        endpoint(
            read.clone(),
            SET_ASIDE_PATH,
            admin,
            get(set_aside::set_aside),
        ),
        endpoint(read.clone(), SET_ASIDE_ONE_PATH, admin, get(set_aside::one)),
        endpoint(read, ATTACHMENT_PATH, reader, get(attachment::bytes)),
        endpoint(Method::OPTIONS, ATTACHMENTS_PATH, reader, options(tus::can)),
        endpoint(Method::POST, ATTACHMENTS_PATH, sender, post(tus::create)),
        endpoint(Method::HEAD, ATTACHMENT_PATH, sender, head(tus::look)),
        endpoint(Method::PATCH, ATTACHMENT_PATH, sender, patch(tus::append)),
        endpoint(
            Method::DELETE,
            ATTACHMENT_PATH,
            sender,
            delete(tus::give_up),
        ),
    ]
}

/// The whole server as a service.
pub fn router(state: AppState) -> Router {
    let mut router = Router::new();
    for endpoint in endpoints() {
        let handler = match endpoint.access {
            Access::Open => endpoint.handler,
            Access::Signed(permission) => {
                let before = from_fn_with_state((state.clone(), permission), guard);
                endpoint.handler.layer(before)
            }
        };
        router = router.route(endpoint.path, handler);
    }
    // Pictures are left alone by the default, and these are packed already, too.
    let pack = SizeAbove::new(WORTH_PACKING)
        .and(tower_http::compression::DefaultPredicate::new())
        .and(NotForContentType::const_new("audio/"))
        .and(NotForContentType::const_new("video/"))
        .and(NotForContentType::const_new("application/pdf"));
    router
        .fallback(files::fallback)
        .method_not_allowed_fallback(async || AppError::method_not_allowed())
        .layer(CompressionLayer::new().gzip(true).compress_when(pack))
        .layer(from_fn(in_time))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(state.clone(), headers))
        .layer(from_fn(log))
        .with_state(state)
}

async fn in_time(request: Request, next: Next) -> Response {
    if request.uri().path().starts_with(ATTACHMENTS_PATH) {
        return next.run(request).await;
    }
    match tokio::time::timeout(LONGEST, next.run(request)).await {
        Ok(response) => response,
        Err(_) => AppError::internal()
            .as_status(StatusCode::SERVICE_UNAVAILABLE)
            .into_response(),
    }
}

fn panicked(_: Box<dyn std::any::Any + Send>) -> Response<axum::body::Body> {
    // What the panic said went to the log by its hook; the client gets nothing of it.
    tracing::error!("a handler panicked");
    let reply = ErrorReply {
        code: ErrorCode::Internal,
        message: "the server failed; nothing is lost".to_owned(),
        retry_after: None,
    };
    (StatusCode::INTERNAL_SERVER_ERROR, axum::Json(reply)).into_response()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use axum::body::{Body, to_bytes};
    use tower::ServiceExt;

    async fn fall() -> String {
        let number: i32 = "none".parse().expect("the secret word");
        std::future::ready(number.to_string()).await
    }

    #[tokio::test]
    async fn a_panic_becomes_an_answer_that_tells_nothing() {
        let router: Router = Router::new()
            .route("/fall", get(fall))
            .layer(CatchPanicLayer::custom(panicked));
        let request = Request::builder().uri("/fall").body(Body::empty()).unwrap();
        let response = router.oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let body = to_bytes(response.into_body(), 1000).await.unwrap();
        let reply: ErrorReply = serde_json::from_slice(&body).unwrap();
        assert_eq!(reply.code, ErrorCode::Internal);
        assert!(!reply.message.contains("secret"));
    }
}
