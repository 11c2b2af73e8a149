//! The log in PostgreSQL.

use std::collections::BTreeSet;

use tokio_postgres::Row;

use crate::{
    domain::{Kind, Millis, MutationId, RecordId, UserId},
    server::repo::{
        Error, Log, id,
        log::{Answered, Aside, Author, Cut, Entry, NewEntry, Place},
        stored,
    },
    sync::wire::Changed,
};

use super::{client::Client, int, natural, own};

/// Rows of what was not applied that are asked for at a time.
const AT_A_TIME: i64 = 128;

impl Log for Client {
    fn answer_to(&self, mutation: MutationId) -> Result<Option<(Answered, Author)>, Error> {
        if let Some(known) = self.ahead.answer(mutation) {
            return Ok(known);
        }
        let found = self.optional(
            "select outcome, rev, code, reason, account, device from mutation where id = $1",
            &[&mutation.to_string()],
        )?;
        let read = |row| Ok((answered(&row)?, author(&row)?));
        found.map(read).transpose()
    }

    fn is_past(&self, mutation: MutationId) -> Result<bool, Error> {
        let row = self.one(include_str!("is_past.sql"), &[&mutation.to_string()])?;
        Ok(row.try_get(0)?)
    }

    fn revs_of_others(
        &self,
        record: RecordId,
        after: u64,
        author: &Author,
        sent: Option<u64>,
    ) -> Result<BTreeSet<u64>, Error> {
        let rows = self.rows(
            include_str!("revs_of_others.sql"),
            &[
                &record.to_string(),
                &int(after)?,
                &author.user.map(|user| user.to_string()),
                &author.device.map(|device| device.to_string()),
                &sent.map(int).transpose()?,
            ],
        )?;
        let revs = rows.iter().map(|row| natural(row.try_get(0)?));
        revs.collect()
    }

    fn revs_but_by(
        &self,
        record: RecordId,
        after: u64,
        known: &BTreeSet<MutationId>,
    ) -> Result<BTreeSet<u64>, Error> {
        let rows = self.rows(
            "select rev, id from mutation where record = $1 and rev > $2",
            &[&record.to_string(), &int(after)?],
        )?;
        let mut revs = BTreeSet::new();
        for row in rows {
            if !known.contains(&id(row.try_get(1)?)?) {
                revs.insert(natural(row.try_get(0)?)?);
            }
        }
        Ok(revs)
    }

    fn author_at(&self, record: RecordId, rev: u64) -> Result<Changed, Error> {
        let row = self.one(
            "select account, at from mutation where record = $1 and rev = $2",
            &[&record.to_string(), &int(rev)?],
        )?;
        let user: Option<&str> = row.try_get(0)?;
        Ok(Changed {
            by: user.map(id).transpose()?,
            at: Millis(row.try_get(1)?),
        })
    }

    fn write_down(&self, entry: &NewEntry<'_>) -> Result<(), Error> {
        self.write_down_behind(entry)
    }

    fn entry(&self, mutation: MutationId) -> Result<Option<Entry>, Error> {
        let found = self.optional(
            "select * from mutation where id = $1",
            &[&mutation.to_string()],
        )?;
        found.as_ref().map(read).transpose()
    }

    fn entry_at(&self, place: Place) -> Result<Entry, Error> {
        read(&self.one("select * from mutation where place = $1", &[&place])?)
    }

    fn size_at(&self, place: Place) -> Result<usize, Error> {
        let row = self.one(
            "select octet_length(fields) from mutation where place = $1",
            &[&place],
        )?;
        usize::try_from(row.try_get::<_, i32>(0)?).map_err(stored("size"))
    }

    fn place_of(&self, mutation: MutationId) -> Result<Option<(Millis, Place)>, Error> {
        let found = self.optional(
            "select received_at, place from mutation where id = $1",
            &[&mutation.to_string()],
        )?;
        let read = |row: Row| Ok((Millis(row.try_get(0)?), row.try_get(1)?));
        found.map(read).transpose()
    }

    fn place_of_rev(&self, record: RecordId, rev: u64) -> Result<Option<Place>, Error> {
        let row = self.one(
            "select max(place) from mutation where record = $1 and rev = $2",
            &[&record.to_string(), &int(rev)?],
        )?;
        Ok(row.try_get(0)?)
    }

    fn places_of_visit(
        &self,
        visit: RecordId,
        after: Place,
        most: usize,
    ) -> Result<Vec<Place>, Error> {
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let rows = self.rows(
            include_str!("history_places.sql"),
            &[&visit.to_string(), &after, &most],
        )?;
        rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
    }

    fn places_of_record(&self, record: RecordId, from: Place) -> Result<Vec<(Place, bool)>, Error> {
        let rows = self.rows(
            "select place, outcome = 'conflict' from mutation
             where record = $1 and place >= $2 and outcome in ('applied', 'conflict')
             order by received_at desc, rev desc nulls last",
            &[&record.to_string(), &from],
        )?;
        let read = |row: &Row| Ok((row.try_get(0)?, row.try_get(1)?));
        rows.iter().map(read).collect()
    }

    fn each_aside(
        &self,
        author: &str,
        since: Millis,
        before: (i64, Place),
        take: &mut dyn FnMut(Aside) -> Result<bool, Error>,
    ) -> Result<(), Error> {
        let (mut before_at, mut before_place) = before;
        loop {
            let page = self.rows(
                include_str!("set_aside.sql"),
                &[&author, &since.0, &before_at, &before_place, &AT_A_TIME],
            )?;
            let is_last = i64::try_from(page.len()).is_ok_and(|count| count < AT_A_TIME);
            for row in page {
                let aside = aside(&row)?;
                (before_at, before_place) = (aside.received_at, aside.place);
                if !take(aside)? {
                    return Ok(());
                }
            }
            if is_last {
                return Ok(());
            }
        }
    }

    fn is_mended(&self, mutation: &str) -> Result<bool, Error> {
        let row = self.one(include_str!("is_mended.sql"), &[&mutation])?;
        Ok(row.try_get(0)?)
    }

    fn refused_bytes(&self, user: UserId, (from, to): (i64, i64)) -> Result<u64, Error> {
        let row = self.one(
            "select coalesce(sum(bytes), 0)::bigint from refusal where account = $1 and hour between $2 and $3",
            &[&user.to_string(), &from, &to],
        )?;
        natural(row.try_get(0)?)
    }

    fn refusals(&self, user: UserId, hour: i64) -> Result<u32, Error> {
        let found = self.optional(
            "select count from refusal where account = $1 and hour = $2",
            &[&user.to_string(), &hour],
        )?;
        let count: Option<i64> = found.map(|row| row.try_get(0)).transpose()?;
        u32::try_from(count.unwrap_or(0)).map_err(stored("count"))
    }

    fn count_refusal(
        &self,
        user: UserId,
        (from, to): (i64, i64),
        bytes: usize,
    ) -> Result<(), Error> {
        let user = user.to_string();
        self.send(
            "delete from refusal where account = $1 and hour not between $2 and $3",
            vec![own(&user), Box::new(from), Box::new(to)],
        )?;
        let bytes = i64::try_from(bytes).map_err(stored("size"))?;
        self.send(
            "insert into refusal (account, hour, count, bytes) values ($1, $2, 1, $3)
             on conflict (account, hour) do update
             set count = refusal.count + 1, bytes = refusal.bytes + excluded.bytes",
            vec![own(&user), Box::new(to), Box::new(bytes)],
        )
    }
}

/// Reads answers ahead: see [`super::batch`].
pub(super) fn read_ahead(client: &Client, mutations: &BTreeSet<MutationId>) -> Result<(), Error> {
    if mutations.len() < 2 {
        return Ok(());
    }
    let ids: Vec<String> = mutations.iter().map(ToString::to_string).collect();
    let rows = client.rows(
        "select id, outcome, rev, code, reason, account, device from mutation where id = any($1)",
        &[&ids],
    )?;
    for mutation in mutations {
        client.ahead.keep_answer(*mutation, None);
    }
    for row in rows {
        let answer = (answered(&row)?, author(&row)?);
        client
            .ahead
            .keep_answer(id(row.try_get("id")?)?, Some(answer));
    }
    Ok(())
}

fn aside(row: &Row) -> Result<Aside, Error> {
    Ok(Aside {
        place: row.try_get("place")?,
        id: row.try_get("id")?,
        kind: row.try_get("kind")?,
        record: row.try_get("record")?,
        device: row.try_get("device")?,
        at: row.try_get("at")?,
        received_at: row.try_get("received_at")?,
        outcome: row.try_get("outcome")?,
        code: row.try_get("code")?,
        reason: row.try_get("reason")?,
        visit: row.try_get("visit")?,
        cooperative: row.try_get("cooperative")?,
        draft: row.try_get("draft")?,
        area: row.try_get("area")?,
        private: row.try_get("private")?,
    })
}

fn read(row: &Row) -> Result<Entry, Error> {
    Ok(Entry {
        id: id(row.try_get("id")?)?,
        record: id(row.try_get("record")?)?,
        kind: Kind::from_name(row.try_get("kind")?).map_err(stored("kind"))?,
        author: author(row)?,
        base_rev: natural(row.try_get("base_rev")?)?,
        at: Millis(row.try_get("at")?),
        received_at: Millis(row.try_get("received_at")?),
        clock: row.try_get("clock")?,
        fields: serde_json::from_str(row.try_get("fields")?).map_err(stored("fields"))?,
        cut: cut(row)?,
        answered: answered(row)?,
        visit: optional_id(row, "visit")?,
        cooperative: optional_id(row, "cooperative")?,
        draft: row.try_get("draft")?,
    })
}

fn cut(row: &Row) -> Result<Option<Cut>, Error> {
    let Some(bytes) = row.try_get("bytes")? else {
        return Ok(None);
    };
    Ok(Some(Cut {
        bytes: natural(bytes)?,
        hash: row.try_get("hash")?,
        head: row.try_get("head")?,
    }))
}

/// An id that a phone gave: it may be anything.
fn optional_id(row: &Row, column: &str) -> Result<Option<RecordId>, Error> {
    let text: Option<&str> = row.try_get(column)?;
    Ok(text.and_then(|text| text.parse().ok()))
}

fn author(row: &Row) -> Result<Author, Error> {
    let user: Option<&str> = row.try_get("account")?;
    let device: Option<&str> = row.try_get("device")?;
    Ok(Author {
        user: user.map(id).transpose()?,
        device: device.map(id).transpose()?,
    })
}

fn answered(row: &Row) -> Result<Answered, Error> {
    let rev: Option<i64> = row.try_get("rev")?;
    Answered::of(
        row.try_get("outcome")?,
        rev.map(natural).transpose()?,
        row.try_get("code")?,
        row.try_get("reason")?,
    )
}
