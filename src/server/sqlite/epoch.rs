//! The server's lives: a database that was put back to an older backup begins another one, and says so to every device.

use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use crate::server::machine;

use super::{
    Error, attachment, meta,
    record::{last_rev, to_json},
    stored,
};

const NAME: &str = "epoch";
const REV: &str = "epoch_rev";
const LIVES: &str = "lives";

/// A life of the database.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Epoch {
    /// Its name; empty for the first one.
    pub name: String,
    /// The last revision of the life before it.
    pub rev: u64,
}

/// The present life.
///
/// # Errors
/// When it cannot be read.
pub fn present(connection: &Connection) -> Result<Epoch, Error> {
    let rev = meta::get(connection, REV)?.map(|rev| rev.parse().map_err(stored("epoch")));
    Ok(Epoch {
        name: meta::get(connection, NAME)?.unwrap_or_default(),
        rev: rev.transpose()?.unwrap_or(0),
    })
}

/// The newest revision that the present life shares with the one of that name, however many lay between them. Of one that
/// this database never heard of nothing is known to be shared.
///
/// # Errors
/// When it cannot be read.
pub fn shared_with(connection: &Connection, name: &str) -> Result<u64, Error> {
    let lives = lives(connection)?;
    let known = lives.iter().position(|life| life.name == name);
    let since = match known {
        Some(number) => lives.get(number + 1..),
        None if name.is_empty() => Some(lives.as_slice()),
        None => return Ok(0),
    };
    let revs = since.unwrap_or_default().iter().map(|life| life.rev);
    Ok(revs.min().unwrap_or(u64::MAX))
}

/// Every life but the first, oldest first.
fn lives(connection: &Connection) -> Result<Vec<Epoch>, Error> {
    if let Some(text) = meta::get(connection, LIVES)? {
        return serde_json::from_str(&text).map_err(stored("lives"));
    }
    let present = present(connection)?;
    Ok(match present.name.is_empty() {
        true => Vec::new(),
        false => vec![present],
    })
}

/// Begins another life: to be called on a database that was put back to a backup, before it is served.
///
/// # Errors
/// When it cannot be written.
pub fn begin(connection: &Connection) -> Result<(), Error> {
    let name: [u8; 8] = machine::random()?;
    begin_as(connection, &format!("{:016x}", u64::from_be_bytes(name)))
}

/// The same under a name that is known to be new.
///
/// # Errors
/// When it cannot be written.
pub fn begin_as(connection: &Connection, name: &str) -> Result<(), Error> {
    let mut lives = lives(connection)?;
    let life = Epoch {
        name: name.to_owned(),
        rev: last_rev(connection)?,
    };
    // What this life takes for unwanted, the life before may have named.
    attachment::forget_unwanted(connection)?;
    meta::set(connection, NAME, name)?;
    meta::set(connection, REV, &life.rev.to_string())?;
    lives.push(life);
    meta::set(connection, LIVES, &to_json(&lives)?)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::server::sqlite::STEPS;
    use crate::sql;

    fn at_rev(db: &Connection, rev: u64) {
        db.execute(
            "insert or replace into record (rev, id, kind, area, private, deleted, born, field_revs, fields)
             values (?1, 'r' || ?1, 'form', '', 0, 0, ?1, '{}', '{}')",
            [rev],
        )
        .unwrap();
    }

    #[test]
    fn lives_share_what_came_before_every_one_that_lies_between_them() {
        let mut db = Connection::open_in_memory().unwrap();
        sql::migrate(&mut db, &STEPS).unwrap();
        at_rev(&db, 12);
        begin_as(&db, "second").unwrap();
        at_rev(&db, 15);
        begin_as(&db, "third").unwrap();
        assert_eq!(shared_with(&db, "second").unwrap(), 15);
        assert_eq!(shared_with(&db, "").unwrap(), 12, "the second began there");
        let unheard = shared_with(&db, "of a disk that was lost").unwrap();
        assert_eq!(unheard, 0, "who knows where that one began");
        assert_eq!(present(&db).unwrap().rev, 15);
    }
}
