//! A visit's history: every change that was applied to it and to its reviews, by whom and when, and those that a person
//! had to decide on.

use axum::{
    Json,
    extract::{Path, State},
};
use serde::{Deserialize, Serialize};

use crate::{
    domain::{DeviceId, Fields, Kind, Millis, RecordId, User, UserId},
    server::{
        error::AppError,
        guard::Caller,
        sqlite::{
            Error,
            mutation::{self, Answered, Entry},
            record::{self, Stored},
        },
        state::AppState,
    },
};

/// One change.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct HistoryEntry {
    /// Who; none for the office itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<UserId>,
    /// On which device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<DeviceId>,
    /// When, by the device's clock.
    pub at: Millis,
    /// When it arrived, by the server's clock.
    pub received_at: Millis,
    /// How far the server's clock was ahead of the device's then, ms; none when that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock: Option<i64>,
    /// The visit or one of its reviews.
    pub kind: Kind,
    /// Which record.
    pub record: RecordId,
    /// The revision it made; 0 for one that made none.
    pub rev: u64,
    /// It was not applied, because another had changed the same: its officer had to choose. Kept for what it held.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub disputed: bool,
    /// The fields it gave; null for one it took away.
    pub fields: Fields,
}

/// The history of a visit in the caller's sight.
pub(in crate::server) async fn history(
    State(state): State<AppState>,
    caller: Caller,
    Path(visit): Path<String>,
) -> Result<Json<Vec<HistoryEntry>>, AppError> {
    let visit: RecordId = visit.parse().map_err(|_| AppError::not_found())?;
    let user = caller.user;
    state
        .database()
        .read(move |connection| {
            let Some(stored) = record::find(connection, visit)? else {
                return Ok(Err(AppError::not_found()));
            };
            if stored.record.kind != Kind::Visit {
                return Ok(Err(AppError::not_found()));
            }
            if !sees(&user, &stored) {
                return Ok(Err(AppError::forbidden("the visit is not in your sight")));
            }
            let mut entries = mutation::of_record(connection, visit)?;
            for review in record::children(connection, visit)? {
                entries.extend(mutation::of_record(connection, review.record.id)?);
            }
            Ok(Ok(lines(entries)))
        })
        .await
        .map_err(|why: Error| AppError::from(why))?
        .map(Json)
}

fn sees(user: &User, stored: &Stored) -> bool {
    stored.record.owner == Some(user.id)
        || (!stored.private && user.scope.sees(&stored.record.area))
}

fn lines(entries: Vec<Entry>) -> Vec<HistoryEntry> {
    let mut lines: Vec<HistoryEntry> = entries
        .into_iter()
        .filter_map(|entry| {
            let (rev, disputed) = match entry.answered {
                Answered::Applied(rev) => (rev, false),
                Answered::Conflict => (0, true),
                Answered::Rejected(..) => return None,
            };
            Some(HistoryEntry {
                by: entry.author.user,
                device: entry.author.device,
                at: entry.at,
                received_at: entry.received_at,
                clock: entry.clock,
                kind: entry.kind,
                record: entry.record,
                rev,
                disputed,
                fields: entry.fields,
            })
        })
        .collect();
    // In the order they came; those that came together, in the order they were applied.
    lines.sort_by_key(|line| (line.received_at, line.rev));
    lines
}
