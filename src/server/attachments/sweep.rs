//! Throwing away what nobody refers to any more: whole attachments that no visit names, and uploads given up.

use crate::{
    domain::Millis,
    server::{error::AppError, sqlite::attachment, state::AppState},
};

use super::blocking;

/// Milliseconds that a whole attachment stays although no visit names it: the visit may still be in a phone.
pub const UNUSED: i64 = 30 * 24 * 60 * 60 * 1000;

/// What was thrown away.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Swept {
    /// Whole attachments.
    pub whole: usize,
    /// Uploads under way.
    pub partial: usize,
}

/// Sweeps once. Never takes one that a visit names, or that was sent or claimed within the last thirty days.
///
/// # Errors
/// When database or files fail; what was swept till then stays swept.
pub async fn sweep(state: &AppState, now: Millis) -> Result<Swept, AppError> {
    let attachments = state.attachments();
    let mut swept = Swept::default();
    let shelf = attachments.shelf.clone();
    let limit = now.plus(-UNUSED);
    let old = blocking(move || shelf.blobs().older_than(limit)).await?;
    for name in old {
        let _deciding = attachments.deciding.lock().await;
        let asked = name.clone();
        let used = state
            .database()
            .read(move |connection| attachment::is_used(connection, &asked))
            .await?;
        if used {
            continue;
        }
        let shelf = attachments.shelf.clone();
        swept.whole += usize::from(blocking(move || shelf.blobs().remove(&name, limit)).await?);
    }
    let shelf = attachments.shelf.clone();
    let expired = blocking(move || shelf.under_way()).await?;
    for (_, partial) in expired {
        if partial.expires() <= now {
            blocking(move || partial.remove()).await?;
            swept.partial += 1;
        }
    }
    Ok(swept)
}
