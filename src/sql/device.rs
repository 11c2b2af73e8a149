//! Opening a device's database: the one function where the browser and a native machine differ.

use rusqlite::Connection;

use super::Error;

/// A 32-byte key of an encrypted database.
pub type Key = zeroize::Zeroizing<[u8; 32]>;

/// Opens (or makes) a device's database. In the browser `file` is a name in the origin's private file system, and with
/// a key every page and journal page is encrypted (ChaCha20-Poly1305); natively it is a path, and SQLite has no cipher:
/// there the file's folder must be the secret (tests, and a desktop with an encrypted disk).
///
/// # Errors
/// [`Error::Key`] for a wrong key, [`Error::Setting`] when a promise of durability or secrecy is not kept.
pub fn open_device(file: &str, key: Option<&Key>) -> Result<Connection, Error> {
    #[cfg(target_arch = "wasm32")]
    {
        open_in_browser(file, key)
    }
    #[cfg(not(target_arch = "wasm32"))]
    {
        let _no_cipher = key.map(hex);
        let db = super::open(std::path::Path::new(file), super::Use::Write)?;
        first_read(&db)?;
        Ok(db)
    }
}

#[cfg(target_arch = "wasm32")]
fn open_in_browser(file: &str, key: Option<&Key>) -> Result<Connection, Error> {
    use super::open::check;
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
            "pragma cipher = 'chacha20'; pragma key = 'raw:{}';",
            *hex(key)
        ));
        db.execute_batch(&statement)?;
        check(&db, "cipher", "chacha20")?;
    }
    first_read(&db)?;
    db.execute_batch(include_str!("browser.sql"))?;
    check(&db, "journal_mode", "truncate")?;
    check(&db, "synchronous", "2")?;
    check(&db, "foreign_keys", "1")?;
    Ok(db)
}

/// A wrong key shows at the first read, not at opening.
fn first_read(db: &Connection) -> Result<(), Error> {
    match db.query_row("select count(*) from sqlite_schema", [], |_| Ok(())) {
        Err(rusqlite::Error::SqliteFailure(error, _))
            if error.code == rusqlite::ErrorCode::NotADatabase =>
        {
            Err(Error::Key)
        }
        other => Ok(other?),
    }
}

/// The key as 64 hex digits: what SQLite takes as a key itself. Anything else it would take as a passphrase.
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
