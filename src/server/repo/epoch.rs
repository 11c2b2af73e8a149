//! The server's lives: a database that was put back to an older backup begins another one, and says so to every device.

use serde::{Deserialize, Serialize};

use crate::server::machine;

use super::{Error, Tx, stored, to_json};

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
pub fn present(tx: &dyn Tx) -> Result<Epoch, Error> {
    let rev = tx
        .fact(REV)?
        .map(|rev| rev.parse().map_err(stored("epoch")));
    Ok(Epoch {
        name: tx.fact(NAME)?.unwrap_or_default(),
        rev: rev.transpose()?.unwrap_or(0),
    })
}

/// The newest revision that the present life shares with the one of that name, however many lay between them. Of one that
/// this database never heard of nothing is known to be shared.
///
/// # Errors
/// When it cannot be read.
pub fn shared_with(tx: &dyn Tx, name: &str) -> Result<u64, Error> {
    let lives = lives(tx)?;
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
fn lives(tx: &dyn Tx) -> Result<Vec<Epoch>, Error> {
    if let Some(text) = tx.fact(LIVES)? {
        return serde_json::from_str(&text).map_err(stored("lives"));
    }
    let present = present(tx)?;
    Ok(match present.name.is_empty() {
        true => Vec::new(),
        false => vec![present],
    })
}

/// Begins another life: to be called on a database that was put back to a backup, before it is served.
///
/// # Errors
/// When it cannot be written.
pub fn begin(tx: &dyn Tx) -> Result<(), Error> {
    let name: [u8; 8] = machine::random()?;
    begin_as(tx, &format!("{:016x}", u64::from_be_bytes(name)))
}

/// The same under a name that is known to be new.
///
/// # Errors
/// When it cannot be written.
pub fn begin_as(tx: &dyn Tx, name: &str) -> Result<(), Error> {
    let mut lives = lives(tx)?;
    let life = Epoch {
        name: name.to_owned(),
        rev: tx.last_rev()?,
    };
    // What this life takes for unwanted, the life before may have named.
    tx.forget_unwanted()?;
    tx.set_fact(NAME, name)?;
    tx.set_fact(REV, &life.rev.to_string())?;
    lives.push(life);
    tx.set_fact(LIVES, &to_json(&lives)?)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::{
        domain::{AreaCode, Fields, Kind, Record, RecordId, Stored},
        server::repo::Direct,
    };

    fn at_rev(tx: &dyn Tx, rev: u64) {
        let stored = Stored {
            record: Record {
                kind: Kind::Form,
                id: RecordId::of_text(&rev.to_string()),
                area: AreaCode::default(),
                rev,
                owner: None,
                deleted: false,
                fields: Fields::new(),
            },
            audience: None,
            parent: None,
            private: false,
            born: rev,
            field_revs: Default::default(),
        };
        tx.put(&stored).unwrap();
    }

    #[test]
    fn lives_share_what_came_before_every_one_that_lies_between_them() {
        let folder = tempfile::tempdir().unwrap();
        let mut database = Direct::open(folder.path()).unwrap();
        let done = database.write(|tx| {
            at_rev(tx, 12);
            begin_as(tx, "second")?;
            at_rev(tx, 15);
            begin_as(tx, "third")?;
            assert_eq!(shared_with(tx, "second")?, 15);
            assert_eq!(shared_with(tx, "")?, 12, "the second began there");
            let unheard = shared_with(tx, "of a disk that was lost")?;
            assert_eq!(unheard, 0, "who knows where that one began");
            assert_eq!(present(tx)?.rev, 15);
            Ok::<_, Error>(())
        });
        done.unwrap();
    }
}
