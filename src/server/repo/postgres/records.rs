//! The records in PostgreSQL.

use std::{collections::BTreeSet, sync::LazyLock};

use tokio_postgres::Row as Found;

use crate::{
    domain::{AreaCode, Fields, Kind, Millis, Reach, Record, RecordId, Scope, Stored, User},
    server::repo::{Error, Records, id, records::Row, stored},
    sync::wire::Digest,
};

use super::{
    client::{Client, Parameter},
    int, natural,
    visibility::{Visibility, with_condition},
};

/// Rows that are asked for at a time: what `take` does not want is not sent.
const AT_A_TIME: i64 = 128;

impl Records for Client {
    fn record(&self, id: RecordId) -> Result<Option<Stored>, Error> {
        if let Some(known) = self.ahead.record(id) {
            return Ok(known);
        }
        let found = self.optional("select * from record where id = $1", &[&id.to_string()])?;
        found.as_ref().map(read).transpose()
    }

    fn records_of(&self, kind: Kind) -> Result<Vec<Stored>, Error> {
        all(
            self,
            "select * from record where kind = $1 and not deleted order by rev",
            &[&kind.name()],
        )
    }

    fn children(&self, parent: RecordId) -> Result<Vec<Stored>, Error> {
        all(
            self,
            "select * from record where parent = $1 and not deleted order by rev",
            &[&parent.to_string()],
        )
    }

    fn last_rev(&self) -> Result<u64, Error> {
        match self.revs.last() {
            Some(last) => Ok(last),
            None => natural(self.one("select rev from counter", &[])?.try_get(0)?),
        }
    }

    fn next_rev(&self) -> Result<u64, Error> {
        Ok(self.last_rev()?.saturating_add(1))
    }

    fn put_as(&self, stored: &Stored, fields: &str) -> Result<(), Error> {
        self.put_behind(stored, fields)?;
        self.revs.give(stored.record.rev);
        Ok(())
    }

    fn each_after(
        &self,
        user: &User,
        rev: u64,
        without: &BTreeSet<u64>,
        take: &mut dyn FnMut(Row) -> Result<bool, Error>,
    ) -> Result<(), Error> {
        static PAGE: LazyLock<String> = LazyLock::new(|| with_condition(include_str!("page.sql")));
        let visibility = Visibility::of(user);
        let without = without.iter().map(|rev| int(*rev));
        let without: Vec<i64> = without.collect::<Result<_, _>>()?;
        let mut after = int(rev)?;
        loop {
            let [district, areas, user] = visibility.parameters();
            let page = self.rows(
                &PAGE,
                &[district, areas, user, &after, &without, &AT_A_TIME],
            )?;
            let is_last = i64::try_from(page.len()).is_ok_and(|count| count < AT_A_TIME);
            for found in page {
                after = found.try_get("rev")?;
                let row = Row {
                    rev: natural(after)?,
                    id: found.try_get("id")?,
                    kind: found.try_get("kind")?,
                    area: found.try_get("area")?,
                    owner: found.try_get("owner")?,
                    deleted: found.try_get("deleted")?,
                    fields: found.try_get("fields")?,
                };
                if !take(row)? {
                    return Ok(());
                }
            }
            if is_last {
                return Ok(());
            }
        }
    }

    fn fields_at(&self, user: &User, record: RecordId, rev: u64) -> Result<Option<String>, Error> {
        static SQL: LazyLock<String> = LazyLock::new(|| {
            with_condition(
                "select fields from record where id = $4 and rev = $5 and not deleted and ({visible})",
            )
        });
        let Some(rev) = i64::try_from(rev).ok().filter(|rev| *rev != 0) else {
            return Ok(None);
        };
        let visibility = Visibility::of(user);
        let [district, areas, user] = visibility.parameters();
        let found = self.optional(&SQL, &[district, areas, user, &record.to_string(), &rev])?;
        Ok(found.map(|row| row.try_get(0)).transpose()?)
    }

    fn digest(&self, user: &User) -> Result<Digest, Error> {
        static SQL: LazyLock<String> = LazyLock::new(|| with_condition(include_str!("digest.sql")));
        let row = self.one(&SQL, &Visibility::of(user).parameters())?;
        Ok(Digest {
            count: natural(row.try_get(0)?)?,
            rev_sum: natural(row.try_get(1)?)?,
        })
    }

    fn is_seen(&self, record: RecordId, user: &User) -> Result<bool, Error> {
        static SQL: LazyLock<String> = LazyLock::new(|| {
            with_condition("select exists (select 1 from record where id = $4 and ({visible}))")
        });
        let visibility = Visibility::of(user);
        let [district, areas, user] = visibility.parameters();
        let row = self.one(&SQL, &[district, areas, user, &record.to_string()])?;
        Ok(row.try_get(0)?)
    }

    fn reach(&self, user: &User, cooperative: RecordId) -> Result<Reach, Error> {
        let areas: &[AreaCode] = match &user.scope {
            Scope::District => return Ok(Reach::Now),
            Scope::Areas(areas) => areas,
            Scope::Other(_) => &[],
        };
        let areas: Vec<&str> = areas.iter().map(|area| area.0.as_str()).collect();
        let row = self.one(
            include_str!("reach.sql"),
            &[
                &cooperative.to_string(),
                &areas,
                &user.id.to_string(),
                &i64::MAX,
            ],
        )?;
        Ok(match row.try_get(0)? {
            None => Reach::Never,
            Some(i64::MAX) => Reach::Now,
            Some(until) => Reach::Until(Millis(until)),
        })
    }
}

/// Reads records ahead: see [`super::batch`].
pub(super) fn read_ahead(client: &Client, records: &BTreeSet<RecordId>) -> Result<(), Error> {
    let unknown = records
        .iter()
        .filter(|id| client.ahead.record(**id).is_none());
    let unknown: Vec<RecordId> = unknown.copied().collect();
    // One by itself is read when it is asked for.
    if unknown.len() < 2 {
        return Ok(());
    }
    let ids: Vec<String> = unknown.iter().map(ToString::to_string).collect();
    let found = all(client, "select * from record where id = any($1)", &[&ids])?;
    for id in unknown {
        client.ahead.keep_record(id, None);
    }
    for stored in found {
        client.ahead.keep_record(stored.record.id, Some(stored));
    }
    Ok(())
}

fn all(client: &Client, sql: &str, parameters: &[Parameter<'_>]) -> Result<Vec<Stored>, Error> {
    client.rows(sql, parameters)?.iter().map(read).collect()
}

fn read(row: &Found) -> Result<Stored, Error> {
    let optional = |column: &str| -> Result<Option<&str>, Error> { Ok(row.try_get(column)?) };
    let fields: Fields = serde_json::from_str(row.try_get("fields")?).map_err(stored("fields"))?;
    Ok(Stored {
        record: Record {
            kind: Kind::from_name(row.try_get("kind")?).map_err(stored("kind"))?,
            id: id(row.try_get("id")?)?,
            area: AreaCode(row.try_get("area")?),
            rev: natural(row.try_get("rev")?)?,
            owner: optional("owner")?.map(id).transpose()?,
            deleted: row.try_get("deleted")?,
            fields,
        },
        audience: optional("audience")?.map(id).transpose()?,
        parent: optional("parent")?.map(id).transpose()?,
        private: row.try_get("private")?,
        born: natural(row.try_get("born")?)?,
        field_revs: serde_json::from_str(row.try_get("field_revs")?)
            .map_err(stored("field revs"))?,
    })
}
