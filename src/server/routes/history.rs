//! A visit's history: every change that was applied to it and to its reviews, by whom and when, those that a person had to
//! decide on, and what was not chosen then.

use axum::{
    Json,
    extract::{Path, Query, State},
    http::HeaderName,
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};

use crate::{
    domain::{DeviceId, Fields, Kind, Millis, RecordId, Stored, UserId},
    server::{
        error::AppError,
        guard::Caller,
        repo::{
            Error, Tx,
            log::{Answered, Entry, Place},
        },
        state::AppState,
        sync::{describe, history},
    },
    sync::told::NotChosen,
};

/// The header of a page of the history that is not the last: what the next one is asked for with, as `?after=`.
pub const NEXT: HeaderName = HeaderName::from_static("anjangsana-next");

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

/// Which page.
#[derive(Debug, Deserialize)]
pub(in crate::server) struct Wish {
    /// What [`NEXT`] said with the page before; none for the first one.
    #[serde(default)]
    after: Option<Place>,
}

/// A page of the history of a visit in the caller's sight. [`NEXT`] is with it when there is more.
pub(in crate::server) async fn history(
    State(state): State<AppState>,
    caller: Caller,
    Path(visit): Path<String>,
    Query(wish): Query<Wish>,
) -> Result<Response, AppError> {
    let page = of_visit(&state, caller, &visit, move |tx, visit, from| {
        let after = wish.after.unwrap_or(0).max(from.saturating_sub(1));
        history::page(tx, visit, after)
    })
    .await?;
    let mut response = Json(lines(page.entries)).into_response();
    if let Some(next) = page.next {
        response.headers_mut().insert(NEXT, next.into());
    }
    Ok(response)
}

/// The values of a visit in the caller's sight that were not chosen when a person decided between two.
pub(in crate::server) async fn not_chosen(
    State(state): State<AppState>,
    caller: Caller,
    Path(visit): Path<String>,
) -> Result<Json<Vec<NotChosen>>, AppError> {
    of_visit(&state, caller, &visit, |tx, visit, from| {
        let entries = history::with_conflicts(tx, visit, from)?;
        let people = tx.people()?;
        let mut found = Vec::new();
        for lost in losers(&entries) {
            let by = lost.author.user.map(|user| user.to_string());
            let person = people.iter().find(|one| Some(&one.id) == by.as_ref());
            let by = person.map(|one| one.name.clone()).unwrap_or_default();
            found.extend(
                describe::tell(tx, &lost)?
                    .into_iter()
                    .map(|what| NotChosen {
                        what,
                        by: by.clone(),
                        at: lost.at,
                    }),
            );
        }
        Ok(found)
    })
    .await
    .map(Json)
}

async fn of_visit<T: Send + 'static>(
    state: &AppState,
    caller: Caller,
    visit: &str,
    mut read: impl FnMut(&dyn Tx, &Stored, Place) -> Result<T, Error> + Send + 'static,
) -> Result<T, AppError> {
    let visit: RecordId = visit.parse().map_err(|_| AppError::not_found())?;
    let user = caller.user;
    state
        .database()
        .read(move |tx| {
            let Some(stored) = tx.record(visit)? else {
                return Ok(Err(AppError::not_found()));
            };
            if stored.record.kind != Kind::Visit {
                return Ok(Err(AppError::not_found()));
            }
            if !tx.is_seen(visit, &user)? {
                return Ok(Err(AppError::forbidden("the visit is not in your sight")));
            }
            let is_owner = stored.record.owner == Some(user.id);
            let from = history::beginning(tx, &stored, is_owner)?;
            read(tx, &stored, from).map(Ok)
        })
        .await
        .map_err(|why: Error| AppError::from(why))?
}

/// Of every change that met another one, the side that was not taken: each as the change with those fields only.
fn losers(entries: &[Entry]) -> Vec<Entry> {
    let applied =
        |entry: &Entry, after: u64| matches!(entry.answered, Answered::Applied(rev) if rev > after);
    let mut losers: Vec<Entry> = Vec::new();
    for (at, asked) in entries.iter().enumerate() {
        if asked.answered != Answered::Conflict {
            continue;
        }
        let (before, after) = entries.split_at(at);
        for (name, mine) in &asked.fields {
            // What stood there already, and what the same person then sent from the same device.
            let theirs = before.iter().rev().find(|one| {
                applied(one, asked.base_rev)
                    && one.author != asked.author
                    && one.fields.contains_key(name)
            });
            let Some(theirs) = theirs.filter(|one| one.fields.get(name) != Some(mine)) else {
                continue;
            };
            let chosen = after.iter().find(|one| {
                applied(one, 0) && one.author == asked.author && one.fields.contains_key(name)
            });
            let is_mine = chosen.is_some_and(|one| one.fields.get(name) == Some(mine));
            let loser = if is_mine { theirs } else { asked };
            let value = loser.fields.get(name).cloned().unwrap_or_default();
            match losers.iter_mut().find(|one| one.id == loser.id) {
                Some(known) => {
                    known.fields.insert(name.clone(), value);
                }
                None => losers.push(Entry {
                    fields: Fields::from([(name.clone(), value)]),
                    ..loser.clone()
                }),
            }
        }
    }
    losers
}

fn lines(entries: Vec<Entry>) -> Vec<HistoryEntry> {
    entries
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
        .collect()
}
