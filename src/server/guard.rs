//! The one mechanism of authentication and permission: every endpoint stands in a table with what it takes to call it,
//! and this guard stands before each that is not open to all.

use axum::{
    extract::{FromRequestParts, Request, State},
    http::{HeaderMap, header, request::Parts},
    middleware::Next,
    response::Response,
};

use crate::domain::{User, person::Permission};

use super::{
    accounts::sessions,
    error::AppError,
    log::Seen,
    machine,
    repo::{self, Tx, accounts::Hash},
    secret,
    state::AppState,
};

/// A session's last use is written down when it is older than this, in milliseconds.
const TOUCH: i64 = 60 * 60 * 1000;

/// What it takes to call an endpoint.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
    /// Nothing.
    Open,
    /// A session of somebody whose role has the permission. What a single record asks beyond that is decided where
    /// the record is known.
    Signed(Permission),
}

/// Who calls: there whenever the endpoint is not open.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The user, as they were when the request's head came.
    pub user: User,
    /// Their session.
    pub session: Hash,
    /// What the call takes.
    permission: Permission,
}

impl Caller {
    /// The user as they are in this transaction. A body can be minutes on its way; sessions end, and roles and areas
    /// change meanwhile.
    ///
    /// # Errors
    /// When the database fails; inside, what the caller is answered who may no longer call this.
    pub(super) fn again(&self, tx: &dyn Tx) -> Result<Result<User, AppError>, repo::Error> {
        let found = sessions::find(tx, &self.session, machine::now())?;
        let Some((user, _)) = found else {
            return Ok(Err(AppError::unauthenticated()));
        };
        Ok(permitted(user, self.permission))
    }
}

fn permitted(user: User, permission: Permission) -> Result<User, AppError> {
    if user.role.may(permission) {
        Ok(user)
    } else {
        Err(AppError::forbidden("this role may not do that"))
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, AppError> {
        let caller = parts.extensions.get::<Self>().cloned();
        std::future::ready(caller.ok_or_else(AppError::unauthenticated)).await
    }
}

/// Lets a request pass when its caller may call this, and tells the handler who it is.
pub(super) async fn guard(
    State((state, permission)): State<(AppState, Permission)>,
    mut request: Request,
    next: Next,
) -> Result<Response, AppError> {
    let token = bearer(request.headers()).ok_or_else(AppError::unauthenticated)?;
    let hash = secret::hash_token(token);
    let now = machine::now();
    let (user, last_used) = state
        .database()
        .read(move |tx| sessions::find(tx, &hash, now))
        .await?
        .ok_or_else(AppError::unauthenticated)?;
    if let Some(seen) = request.extensions().get::<Seen>() {
        seen.note(user.id);
    }
    let user = permitted(user, permission)?;
    if now.0 - last_used.0 > TOUCH {
        state
            .database()
            .write(move |tx| tx.touch_session(&hash, now))
            .await?;
    }
    request.extensions_mut().insert(Caller {
        user,
        session: hash,
        permission,
    });
    Ok(next.run(request).await)
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let text = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = text.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then_some(token.trim())
        .filter(|token| !token.is_empty())
}
