//! The server's repository on a PostgreSQL server, 15 or later: for an office whose central endpoint is several processes.
//!
//! A connection is a transaction here: whoever lends one has begun it. A transaction that writes locks the row of `counter`
//! first, so writers of all processes come one after another, as they do in a file.
//!
//! | file | what it is |
//! |---|---|
//! | `address` | the address of a database, which shows no password |
//! | `client` | one connection: statements that are waited for, and statements that are not |
//! | `batch` | what is read together and written together |
//! | `revs` | the revs of a transaction that writes |
//! | `engine` | transactions, run again when the server goes away |
//! | `schema` | the steps of the schema, and whether this is still the same database |

mod accounts;
mod address;
mod attachments;
mod batch;
mod client;
mod engine;
mod error;
mod log;
mod records;
mod revs;
mod schema;
mod tls;
mod visibility;

use std::collections::BTreeSet;

use tokio_postgres::Row;

use crate::domain::{MutationId, RecordId};

use super::{Error, Tx, stored};

use self::client::{Client, Owned};
pub use self::{
    address::Address,
    engine::{Direct, Engine},
};

impl Tx for Client {
    fn database(&self) -> String {
        self.name().to_owned()
    }

    fn connection(&self) -> &dyn std::any::Any {
        self
    }

    fn fact(&self, name: &str) -> Result<Option<String>, Error> {
        // There are few, and who asks for one asks for another.
        if self.ahead.facts.borrow().is_none() {
            let rows = self.rows("select name, value from fact", &[])?;
            let read = |row: &Row| Ok::<_, Error>((row.try_get(0)?, row.try_get(1)?));
            let facts = rows.iter().map(read).collect::<Result<_, _>>()?;
            *self.ahead.facts.borrow_mut() = Some(facts);
        }
        let facts = self.ahead.facts.borrow();
        Ok(facts.as_ref().and_then(|facts| facts.get(name).cloned()))
    }

    fn set_fact(&self, name: &str, value: &str) -> Result<(), Error> {
        self.ahead.facts.borrow_mut().take();
        self.send(
            "insert into fact (name, value) values ($1, $2)
             on conflict (name) do update set value = excluded.value",
            vec![own(name), own(value)],
        )
    }

    fn expect(
        &self,
        records: &BTreeSet<RecordId>,
        mutations: &BTreeSet<MutationId>,
    ) -> Result<(), Error> {
        self.ahead.forget_rows();
        records::read_ahead(self, records)?;
        log::read_ahead(self, mutations)
    }

    // Names may be used again: the one that was begun last is meant.
    fn begin_part(&self) -> Result<(), Error> {
        self.send("savepoint part", Vec::new())?;
        self.revs.begin_part();
        Ok(())
    }

    fn end_part(&self, keep: bool) -> Result<(), Error> {
        let kept = match keep {
            true => self.execute("release savepoint part", &[]).map(|_| ()),
            false => Ok(()),
        };
        let is_undone = !keep || kept.is_err();
        self.revs.end_part(!is_undone);
        if is_undone && !self.is_closed() {
            self.disregard();
            self.batch("rollback to savepoint part; release savepoint part")?;
        }
        kept
    }
}

/// A parameter that is sent, out of a text.
fn own(text: &str) -> Owned {
    Box::new(text.to_owned())
}

/// A number as PostgreSQL can hold it.
fn int(number: u64) -> Result<i64, Error> {
    i64::try_from(number).map_err(stored("number"))
}

/// A number that was stored.
fn natural(number: i64) -> Result<u64, Error> {
    u64::try_from(number).map_err(stored("number"))
}
