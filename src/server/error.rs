//! What a request gets when it is not answered: an [`ErrorReply`] with the status that fits.

use axum::{
    Json,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::sync::wire::{CHECKSUM_MISMATCH, ErrorCode, ErrorReply};

use super::repo;

/// A refusal or a failure on its way to the client.
#[derive(Debug)]
pub struct AppError {
    status: StatusCode,
    code: ErrorCode,
    message: String,
    retry_after: Option<u32>,
}

impl AppError {
    fn new(status: StatusCode, code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            retry_after: None,
        }
    }

    /// 401: no session, or it ended.
    #[must_use]
    pub fn unauthenticated() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            ErrorCode::Unauthenticated,
            "log in first",
        )
    }

    /// 401 at the login.
    #[must_use]
    pub fn bad_credentials() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            ErrorCode::BadCredentials,
            "login name or password is wrong",
        )
    }

    /// 403 at the login: the password is right, and the account is disabled.
    #[must_use]
    pub fn disabled() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            ErrorCode::Disabled,
            "the account is disabled",
        )
    }

    /// 403.
    #[must_use]
    pub fn forbidden(message: &str) -> Self {
        Self::new(StatusCode::FORBIDDEN, ErrorCode::Forbidden, message)
    }

    /// 404.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, ErrorCode::NotFound, "nothing here")
    }

    /// 405.
    #[must_use]
    pub fn method_not_allowed() -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            ErrorCode::NotFound,
            "not with this method",
        )
    }

    /// 400, or 415 or 422 with [`AppError::as_status`].
    #[must_use]
    pub fn malformed(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, ErrorCode::Malformed, message)
    }

    /// 404 of what will be here.
    #[must_use]
    pub fn not_yet() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            ErrorCode::NotYet,
            "it has not arrived yet",
        )
    }

    /// 409: not where the bytes end that are here.
    #[must_use]
    pub fn offset(message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, ErrorCode::Offset, message)
    }

    /// 460: not the bytes that were meant.
    #[must_use]
    pub fn checksum(message: &str) -> Self {
        let status = StatusCode::from_u16(CHECKSUM_MISMATCH).unwrap_or(StatusCode::CONFLICT);
        Self::new(status, ErrorCode::Checksum, message)
    }

    /// 413.
    #[must_use]
    pub fn too_large(message: impl Into<String>) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, ErrorCode::TooLarge, message)
    }

    /// 429.
    #[must_use]
    pub fn too_many(seconds: u32) -> Self {
        Self {
            retry_after: Some(seconds),
            ..Self::new(
                StatusCode::TOO_MANY_REQUESTS,
                ErrorCode::TooMany,
                "too many attempts",
            )
        }
    }

    /// 426.
    #[must_use]
    pub fn update_needed() -> Self {
        Self::new(
            StatusCode::UPGRADE_REQUIRED,
            ErrorCode::UpdateNeeded,
            "the app is too old for this server",
        )
    }

    /// 500: what happened is for the log, not for the client.
    #[must_use]
    pub fn internal() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            ErrorCode::Internal,
            "the server failed; nothing is lost",
        )
    }

    /// 503: others are served at the moment.
    #[must_use]
    pub fn busy() -> Self {
        Self {
            retry_after: Some(10),
            ..Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                ErrorCode::Internal,
                "the server is busy; nothing is lost",
            )
        }
    }

    /// 507: the disk has no room for it.
    #[must_use]
    pub fn full() -> Self {
        Self::new(
            StatusCode::INSUFFICIENT_STORAGE,
            ErrorCode::Full,
            "the server has no room; nothing is lost",
        )
    }

    /// The same with a status that says it closer.
    #[must_use]
    pub fn as_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }
}

impl From<repo::Error> for AppError {
    fn from(why: repo::Error) -> Self {
        if matches!(why, repo::Error::TooMuch) {
            return Self::too_large("the changes touch too much: send less at a time");
        }
        tracing::error!(error = %why, "the database failed");
        if why.is_full() {
            Self::full()
        } else if why.is_away() {
            Self::busy()
        } else {
            Self::internal()
        }
    }
}

impl From<std::io::Error> for AppError {
    fn from(why: std::io::Error) -> Self {
        tracing::error!(error = %why, "the machine failed");
        match why.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => Self::full(),
            _ => Self::internal(),
        }
    }
}

impl IntoResponse for AppError {
    fn into_response(self) -> Response {
        let reply = ErrorReply {
            code: self.code,
            message: self.message,
            retry_after: self.retry_after,
        };
        let mut response = (self.status, Json(reply)).into_response();
        if let Some(seconds) = self.retry_after {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}
