//! What can go wrong inside the store, and how it is told outside.

use crate::domain::record::BadRecord;
use crate::sql;

use super::api::StoreError;

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match &error {
            rusqlite::Error::QueryReturnedNoRows => StoreError::NotFound,
            rusqlite::Error::SqliteFailure(code, _)
                if code.code == rusqlite::ErrorCode::DiskFull
                    || code.extended_code == rusqlite::ffi::SQLITE_IOERR_WRITE =>
            {
                // A browser whose quota is used up only says that a write failed.
                StoreError::Full
            }
            _ => StoreError::Database(error.to_string()),
        }
    }
}

impl From<sql::Error> for StoreError {
    fn from(error: sql::Error) -> Self {
        match error {
            sql::Error::Sqlite(error) => error.into(),
            other => StoreError::Database(other.to_string()),
        }
    }
}

impl From<BadRecord> for StoreError {
    fn from(error: BadRecord) -> Self {
        StoreError::Database(error.to_string())
    }
}

impl From<serde_json::Error> for StoreError {
    fn from(error: serde_json::Error) -> Self {
        StoreError::Database(error.to_string())
    }
}

impl From<rusqlite::types::FromSqlError> for StoreError {
    fn from(error: rusqlite::types::FromSqlError) -> Self {
        StoreError::Database(error.to_string())
    }
}
