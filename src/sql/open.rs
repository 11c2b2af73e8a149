//! The one place where a SQLite file is opened, and where the browser and a native machine differ.

use rusqlite::Connection;

use super::SqlError;

/// A 32-byte key of an encrypted database.
pub type Key = zeroize::Zeroizing<[u8; 32]>;

/// Opens (or makes) a device's database. In the browser `file` is a name in the origin's private file system, and with
/// a key every page and journal page is encrypted (ChaCha20-Poly1305); natively it is a path, and SQLite has no cipher:
/// there the file's folder must be the secret (tests, and a desktop with an encrypted disk).
///
/// # Errors
/// [`SqlError::Key`] for a wrong key, [`SqlError::Pragma`] when a promise of durability or secrecy is not kept.
#[cfg(target_arch = "wasm32")]
pub fn device(file: &str, key: Option<&Key>) -> Result<Connection, SqlError> {
    use rusqlite::OpenFlags;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_URI;
    let vfs = if key.is_some() {
        "multipleciphers-opfs-sahpool"
    } else {
        "opfs-sahpool"
    };
    let db = Connection::open_with_flags(format!("file:{file}?vfs={vfs}"), flags)?;
    if let Some(key) = key {
        let statement = zeroize::Zeroizing::new(format!(
            "pragma cipher='chacha20'; pragma key='raw:{}';",
            *hex(key)
        ));
        db.execute_batch(&statement)?;
        expect(&db, "cipher", "chacha20")?;
    }
    first_read(&db)?;
    db.execute_batch(
        "pragma locking_mode=exclusive; pragma journal_mode=truncate; pragma synchronous=full;
         pragma foreign_keys=on; pragma temp_store=memory;",
    )?;
    expect(&db, "journal_mode", "truncate")?;
    expect(&db, "synchronous", "2")?;
    Ok(db)
}

/// See the browser's version above.
///
/// # Errors
/// As there.
#[cfg(not(target_arch = "wasm32"))]
pub fn device(file: &str, _key: Option<&Key>) -> Result<Connection, SqlError> {
    durable(std::path::Path::new(file))
}

/// Opens (or makes) a database on a native machine: WAL, every commit on disk before it returns.
///
/// # Errors
/// [`SqlError::Pragma`] when the file system does not keep that promise.
#[cfg(not(target_arch = "wasm32"))]
pub fn durable(file: &std::path::Path) -> Result<Connection, SqlError> {
    let db = Connection::open(file)?;
    first_read(&db)?;
    db.busy_timeout(std::time::Duration::from_secs(5))?;
    db.execute_batch(
        "pragma journal_mode=wal; pragma synchronous=full; pragma foreign_keys=on; pragma temp_store=memory;",
    )?;
    expect(&db, "journal_mode", "wal")?;
    expect(&db, "synchronous", "2")?;
    Ok(db)
}

/// A wrong key shows at the first read, not at opening.
fn first_read(db: &Connection) -> Result<(), SqlError> {
    match db.query_row("select count(*) from sqlite_schema", [], |_| Ok(())) {
        Err(rusqlite::Error::SqliteFailure(error, _))
            if error.code == rusqlite::ErrorCode::NotADatabase =>
        {
            Err(SqlError::Key)
        }
        other => Ok(other?),
    }
}

/// Unsupported pragmas are silently ignored by SQLite: what matters is read back.
fn expect(db: &Connection, name: &'static str, wanted: &'static str) -> Result<(), SqlError> {
    let found: rusqlite::types::Value = db.pragma_query_value(None, name, |row| row.get(0))?;
    let found = match found {
        rusqlite::types::Value::Text(text) => text,
        rusqlite::types::Value::Integer(number) => number.to_string(),
        other => format!("{other:?}"),
    };
    if found == wanted {
        Ok(())
    } else {
        Err(SqlError::Pragma {
            name,
            wanted,
            found,
        })
    }
}

/// The key as 64 hex digits: what SQLite takes as a key itself. Anything else it would take as a passphrase.
#[cfg_attr(not(target_arch = "wasm32"), allow(dead_code))]
fn hex(key: &Key) -> zeroize::Zeroizing<String> {
    use std::fmt::Write;
    let mut text = String::with_capacity(64);
    for byte in key.iter() {
        let _ = write!(text, "{byte:02x}");
    }
    zeroize::Zeroizing::new(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_always_64_hex_digits() {
        assert_eq!(hex(&Key::new([0x0a; 32])).as_str(), "0a".repeat(32));
    }
}
