//! The store's own few facts, by key.

use rusqlite::{Connection, OptionalExtension, params};

use super::api::StoreError;

/// The user, JSON.
pub(super) const USER: &str = "user";
/// This device's identity.
pub(super) const DEVICE: &str = "device";
/// The bearer token.
pub(super) const TOKEN: &str = "token";
/// Everything in scope up to this revision is here.
pub(super) const CURSOR: &str = "cursor";
/// The scope under which the cursor was made.
pub(super) const SCOPE: &str = "scope";
/// The server's life that the cursor belongs to.
pub(super) const EPOCH: &str = "epoch";
/// The newest revision that the server's life shares with the one before it.
pub(super) const EPOCH_REV: &str = "epoch_rev";
/// When both sides last agreed, ms.
pub(super) const LAST_OK: &str = "last_ok";
/// Server clock minus device clock at the last sync, ms.
pub(super) const CLOCK_OFFSET: &str = "clock_offset";
/// How often a mismatch was repaired.
pub(super) const REPAIRS: &str = "repairs";

/// The names of the kinds that are projected, with a space between.
pub(super) const KINDS: &str = "kinds";
/// Whether photos go by Wi-Fi only: `1` or `0`.
pub(super) const WIFI_ONLY: &str = "wifi_only";

pub(super) fn text(db: &Connection, key: &str) -> Result<Option<String>, StoreError> {
    let found = db
        .prepare_cached("select value from meta where key = ?")?
        .query_row([key], |row| row.get(0))
        .optional()?;
    Ok(found)
}

pub(super) fn number(db: &Connection, key: &str) -> Result<u64, StoreError> {
    Ok(text(db, key)?
        .and_then(|value| value.parse().ok())
        .unwrap_or(0))
}

pub(super) fn set(db: &Connection, key: &str, value: &str) -> Result<(), StoreError> {
    db.prepare_cached("insert or replace into meta (key, value) values (?, ?)")?
        .execute(params![key, value])?;
    Ok(())
}
