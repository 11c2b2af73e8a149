//! The log in SQLite.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension, named_params};

use crate::{
    domain::{Kind, Millis, MutationId, RecordId, UserId},
    server::repo::{
        Error, Log, id,
        log::{Answered, Aside, Author, Cut, Entry, NewEntry, Place},
        stored,
    },
    sync::wire::Changed,
};

impl Log for Connection {
    fn answer_to(&self, mutation: MutationId) -> Result<Option<(Answered, Author)>, Error> {
        self.prepare_cached(
            "select outcome, rev, code, reason, user, device from mutation where id = ?1",
        )?
        .query_row([mutation.to_string()], |row| {
            Ok(answered(row).and_then(|answer| Ok((answer, author(row)?))))
        })
        .optional()?
        .transpose()
    }

    fn is_past(&self, mutation: MutationId) -> Result<bool, Error> {
        Ok(self
            .prepare_cached(include_str!("is_past.sql"))?
            .query_row([mutation.to_string()], |row| row.get(0))?)
    }

    fn revs_of_others(
        &self,
        record: RecordId,
        after: u64,
        author: &Author,
        sent: Option<u64>,
    ) -> Result<BTreeSet<u64>, Error> {
        let mut statement = self.prepare_cached(include_str!("revs_of_others.sql"))?;
        let revs = statement.query_map(
            named_params! {
                ":record": record.to_string(),
                ":after": after,
                ":user": author.user.map(|user| user.to_string()),
                ":device": author.device.map(|device| device.to_string()),
                ":sent": sent,
            },
            |row| row.get(0),
        )?;
        Ok(revs.collect::<Result<_, _>>()?)
    }

    fn revs_but_by(
        &self,
        record: RecordId,
        after: u64,
        known: &BTreeSet<MutationId>,
    ) -> Result<BTreeSet<u64>, Error> {
        let mut statement =
            self.prepare_cached("select rev, id from mutation where record = ?1 and rev > ?2")?;
        let mut rows = statement.query((record.to_string(), after))?;
        let mut revs = BTreeSet::new();
        while let Some(row) = rows.next()? {
            if !known.contains(&id(row.get_ref(1)?.as_str().map_err(stored("id"))?)?) {
                revs.insert(row.get(0)?);
            }
        }
        Ok(revs)
    }

    fn author_at(&self, record: RecordId, rev: u64) -> Result<Changed, Error> {
        let (user, at): (Option<String>, i64) = self
            .prepare_cached("select user, at from mutation where record = ?1 and rev = ?2")?
            .query_row((record.to_string(), rev), |row| {
                Ok((row.get(0)?, row.get(1)?))
            })?;
        Ok(Changed {
            by: user.map(|text| id(&text)).transpose()?,
            at: Millis(at),
        })
    }

    fn write_down(&self, entry: &NewEntry<'_>) -> Result<(), Error> {
        let (outcome, rev, code, reason) = entry.answered.columns()?;
        let cut = entry.kept.cut.as_ref();
        self.prepare_cached(include_str!("put_mutation.sql"))?
            .execute(named_params! {
                ":id": entry.id.to_string(),
                ":record": entry.record.to_string(),
                ":kind": entry.kind.name(),
                ":user": entry.author.user.map(|user| user.to_string()),
                ":device": entry.author.device.map(|device| device.to_string()),
                ":base_rev": entry.base_rev,
                ":sent": entry.sent,
                ":at": entry.at.0,
                ":received_at": entry.received_at.0,
                ":clock": entry.clock,
                ":outcome": outcome,
                ":rev": rev,
                ":code": code,
                ":reason": reason,
                ":fields": entry.kept.fields,
                ":visit": entry.kept.visit.map(|visit| visit.to_string()),
                ":cooperative": entry.kept.cooperative.map(|cooperative| cooperative.to_string()),
                ":draft": (outcome != "applied").then_some(entry.kept.draft),
                ":bytes": cut.map(|cut| cut.bytes),
                ":hash": cut.map(|cut| &cut.hash),
                ":head": cut.map(|cut| &cut.head),
            })?;
        Ok(())
    }

    fn entry(&self, mutation: MutationId) -> Result<Option<Entry>, Error> {
        self.prepare_cached("select * from mutation where id = ?1")?
            .query_row([mutation.to_string()], |row| Ok(read(row)))
            .optional()?
            .transpose()
    }

    fn entry_at(&self, place: Place) -> Result<Entry, Error> {
        self.prepare_cached("select * from mutation where rowid = ?1")?
            .query_row([place], |row| Ok(read(row)))?
    }

    fn size_at(&self, place: Place) -> Result<usize, Error> {
        Ok(self
            .prepare_cached("select length(fields) from mutation where rowid = ?1")?
            .query_row([place], |row| row.get(0))?)
    }

    fn place_of(&self, mutation: MutationId) -> Result<Option<(Millis, Place)>, Error> {
        Ok(self
            .prepare_cached("select received_at, rowid from mutation where id = ?1")?
            .query_row([mutation.to_string()], |row| {
                Ok((Millis(row.get(0)?), row.get(1)?))
            })
            .optional()?)
    }

    fn place_of_rev(&self, record: RecordId, rev: u64) -> Result<Option<Place>, Error> {
        Ok(self
            .prepare_cached("select max(rowid) from mutation where record = ?1 and rev = ?2")?
            .query_row((record.to_string(), rev), |row| row.get(0))?)
    }

    fn places_of_visit(
        &self,
        visit: RecordId,
        after: Place,
        most: usize,
    ) -> Result<Vec<Place>, Error> {
        let mut statement = self.prepare_cached(include_str!("history_places.sql"))?;
        let places = statement.query_map(
            named_params! { ":visit": visit.to_string(), ":after": after, ":most": most },
            |row| row.get(0),
        )?;
        Ok(places.collect::<Result<_, _>>()?)
    }

    fn places_of_record(&self, record: RecordId, from: Place) -> Result<Vec<(Place, bool)>, Error> {
        let mut statement = self.prepare_cached(
            "select rowid, outcome = 'conflict' from mutation
             where record = ?1 and rowid >= ?2 and outcome in ('applied', 'conflict')
             order by received_at desc, rev desc",
        )?;
        let places = statement.query_map((record.to_string(), from), |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
        Ok(places.collect::<Result<_, _>>()?)
    }

    fn each_aside(
        &self,
        author: &str,
        since: Millis,
        (before_at, before_row): (i64, Place),
        take: &mut dyn FnMut(Aside) -> Result<bool, Error>,
    ) -> Result<(), Error> {
        let mut statement = self.prepare_cached(include_str!("set_aside.sql"))?;
        let mut rows = statement.query(named_params! {
            ":author": author,
            ":since": since.0,
            ":before_at": before_at,
            ":before_row": before_row,
        })?;
        while let Some(row) = rows.next()? {
            let aside = Aside {
                place: row.get("place")?,
                id: row.get("id")?,
                kind: row.get("kind")?,
                record: row.get("record")?,
                device: row.get("device")?,
                at: row.get("at")?,
                received_at: row.get("received_at")?,
                outcome: row.get("outcome")?,
                code: row.get("code")?,
                reason: row.get("reason")?,
                visit: row.get("visit")?,
                cooperative: row.get("cooperative")?,
                draft: row.get("draft")?,
                area: row.get("area")?,
                private: row.get("private")?,
            };
            if !take(aside)? {
                break;
            }
        }
        Ok(())
    }

    fn is_mended(&self, mutation: &str) -> Result<bool, Error> {
        Ok(self
            .prepare_cached(include_str!("is_mended.sql"))?
            .query_row([mutation], |row| row.get(0))?)
    }

    fn refused_bytes(&self, user: UserId, (from, to): (i64, i64)) -> Result<u64, Error> {
        Ok(self
            .prepare_cached(
                "select ifnull(sum(bytes), 0) from refusal where user = ?1 and hour between ?2 and ?3",
            )?
            .query_row((user.to_string(), from, to), |row| row.get(0))?)
    }

    fn refusals(&self, user: UserId, hour: i64) -> Result<u32, Error> {
        let count: Option<u32> = self
            .prepare_cached("select count from refusal where user = ?1 and hour = ?2")?
            .query_row((user.to_string(), hour), |row| row.get(0))
            .optional()?;
        Ok(count.unwrap_or(0))
    }

    fn count_refusal(
        &self,
        user: UserId,
        (from, to): (i64, i64),
        bytes: usize,
    ) -> Result<(), Error> {
        self.prepare_cached("delete from refusal where user = ?1 and hour not between ?2 and ?3")?
            .execute((user.to_string(), from, to))?;
        self.prepare_cached(
            "insert into refusal values (?1, ?2, 1, ?3)
             on conflict do update set count = count + 1, bytes = bytes + excluded.bytes",
        )?
        .execute((user.to_string(), to, bytes))?;
        Ok(())
    }
}

fn read(row: &rusqlite::Row<'_>) -> Result<Entry, Error> {
    let kind: String = row.get("kind")?;
    Ok(Entry {
        id: id(&row.get::<_, String>("id")?)?,
        record: id(&row.get::<_, String>("record")?)?,
        kind: Kind::from_name(&kind).map_err(stored("kind"))?,
        author: author(row)?,
        base_rev: row.get("base_rev")?,
        at: Millis(row.get("at")?),
        received_at: Millis(row.get("received_at")?),
        clock: row.get("clock")?,
        fields: serde_json::from_str(&row.get::<_, String>("fields")?).map_err(stored("fields"))?,
        cut: cut(row)?,
        answered: answered(row)?,
        visit: optional_id(row, "visit")?,
        cooperative: optional_id(row, "cooperative")?,
        draft: row.get("draft")?,
    })
}

fn cut(row: &rusqlite::Row<'_>) -> Result<Option<Cut>, Error> {
    let Some(bytes) = row.get("bytes")? else {
        return Ok(None);
    };
    Ok(Some(Cut {
        bytes,
        hash: row.get("hash")?,
        head: row.get("head")?,
    }))
}

/// An id that a phone gave: it may be anything.
fn optional_id(row: &rusqlite::Row<'_>, column: &str) -> Result<Option<RecordId>, Error> {
    let text: Option<String> = row.get(column)?;
    Ok(text.and_then(|text| text.parse().ok()))
}

fn author(row: &rusqlite::Row<'_>) -> Result<Author, Error> {
    let user: Option<String> = row.get("user")?;
    let device: Option<String> = row.get("device")?;
    Ok(Author {
        user: user.map(|text| id(&text)).transpose()?,
        device: device.map(|text| id(&text)).transpose()?,
    })
}

fn answered(row: &rusqlite::Row<'_>) -> Result<Answered, Error> {
    let outcome: String = row.get("outcome")?;
    Answered::of(
        &outcome,
        row.get("rev")?,
        row.get("code")?,
        row.get("reason")?,
    )
}
