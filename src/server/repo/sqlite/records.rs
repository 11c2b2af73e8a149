//! The records in SQLite.

use std::{collections::BTreeSet, sync::LazyLock};

use rusqlite::{Connection, OptionalExtension, named_params};

use crate::{
    domain::{AreaCode, Fields, Kind, Millis, Reach, Record, RecordId, Scope, Stored, User},
    server::repo::{Error, Records, id, records::Row, stored, to_json},
    sync::wire::Digest,
};

use super::sight::{Sight, with_condition};

const COLUMNS: &str =
    "rev, id, kind, area, owner, audience, parent, private, deleted, born, field_revs, fields";

/// By the sequence itself: SQLite would look for it through all of `record_by_rev`.
const LAST_REV: &str = "select max(rev) from record not indexed";

/// What is new for a user, by rev.
static PAGE: LazyLock<String> = LazyLock::new(|| with_condition(include_str!("page.sql")));

impl Records for Connection {
    fn record(&self, id: RecordId) -> Result<Option<Stored>, Error> {
        let sql = format!("select {COLUMNS} from record where id = ?1");
        self.prepare_cached(&sql)?
            .query_row([id.to_string()], |row| Ok(read(row)))
            .optional()?
            .transpose()
    }

    fn records_of(&self, kind: Kind) -> Result<Vec<Stored>, Error> {
        let sql =
            format!("select {COLUMNS} from record where kind = ?1 and deleted = 0 order by rev");
        all(self, &sql, kind.name())
    }

    fn children(&self, parent: RecordId) -> Result<Vec<Stored>, Error> {
        let sql =
            format!("select {COLUMNS} from record where parent = ?1 and deleted = 0 order by rev");
        all(self, &sql, &parent.to_string())
    }

    fn last_rev(&self) -> Result<u64, Error> {
        let rev: Option<u64> = self
            .prepare_cached(LAST_REV)?
            .query_row([], |row| row.get(0))?;
        Ok(rev.unwrap_or(0))
    }

    // There is one writer: what it reads nobody else changes.
    fn next_rev(&self) -> Result<u64, Error> {
        Ok(self.last_rev()? + 1)
    }

    fn put_as(&self, stored: &Stored, fields: &str) -> Result<(), Error> {
        let record = &stored.record;
        let written = self
            .prepare_cached(include_str!("put_record.sql"))?
            .execute(named_params! {
                ":rev": record.rev,
                ":id": record.id.to_string(),
                ":kind": record.kind.name(),
                ":area": record.area.0,
                ":owner": record.owner.map(|owner| owner.to_string()),
                ":audience": stored.audience.map(|user| user.to_string()),
                ":parent": stored.parent.map(|parent| parent.to_string()),
                ":private": stored.private,
                ":deleted": record.deleted,
                ":born": stored.born,
                ":field_revs": to_json(&stored.field_revs)?,
                ":fields": fields,
            })?;
        if written == 0 {
            return Err(Error::OtherKind(record.id));
        }
        Ok(())
    }

    fn each_after(
        &self,
        user: &User,
        rev: u64,
        without: &BTreeSet<u64>,
        take: &mut dyn FnMut(Row) -> Result<bool, Error>,
    ) -> Result<(), Error> {
        let sight = Sight::of(user)?;
        let mut statement = self.prepare_cached(&PAGE)?;
        let mut rows = statement.query(named_params! {
            ":cursor": rev,
            ":known": to_json(without)?,
            ":district": sight.district,
            ":areas": sight.areas,
            ":user": sight.user,
        })?;
        while let Some(row) = rows.next()? {
            let row = Row {
                rev: row.get("rev")?,
                id: row.get("id")?,
                kind: row.get("kind")?,
                area: row.get("area")?,
                owner: row.get("owner")?,
                deleted: row.get("deleted")?,
                fields: row.get("fields")?,
            };
            if !take(row)? {
                break;
            }
        }
        Ok(())
    }

    fn fields_at(&self, user: &User, record: RecordId, rev: u64) -> Result<Option<String>, Error> {
        static SQL: LazyLock<String> = LazyLock::new(|| {
            with_condition(
                "select fields from record where id = :record and rev = :rev and deleted = 0 and ({visible})",
            )
        });
        if rev == 0 || i64::try_from(rev).is_err() {
            return Ok(None);
        }
        let sight = Sight::of(user)?;
        let found = self.prepare_cached(&SQL)?.query_row(
            named_params! {
                ":record": record.to_string(),
                ":rev": rev,
                ":district": sight.district,
                ":areas": sight.areas,
                ":user": sight.user,
            },
            |row| row.get(0),
        );
        Ok(found.optional()?)
    }

    fn digest(&self, user: &User) -> Result<Digest, Error> {
        static SQL: LazyLock<String> = LazyLock::new(|| with_condition(include_str!("digest.sql")));
        let sight = Sight::of(user)?;
        Ok(self.prepare_cached(&SQL)?.query_row(
            named_params! {
                ":district": sight.district,
                ":areas": sight.areas,
                ":user": sight.user,
            },
            |row| {
                Ok(Digest {
                    count: row.get(0)?,
                    rev_sum: row.get(1)?,
                })
            },
        )?)
    }

    fn is_seen(&self, record: RecordId, user: &User) -> Result<bool, Error> {
        static SQL: LazyLock<String> = LazyLock::new(|| {
            with_condition(
                "select exists (select 1 from record where id = :record and ({visible}))",
            )
        });
        let sight = Sight::of(user)?;
        Ok(self.prepare_cached(&SQL)?.query_row(
            named_params! {
                ":record": record.to_string(),
                ":district": sight.district,
                ":areas": sight.areas,
                ":user": sight.user,
            },
            |row| row.get(0),
        )?)
    }

    fn reach(&self, user: &User, cooperative: RecordId) -> Result<Reach, Error> {
        let areas: &[AreaCode] = match &user.scope {
            Scope::District => return Ok(Reach::Now),
            Scope::Areas(areas) => areas,
            Scope::Other(_) => &[],
        };
        let until: Option<i64> = self.prepare_cached(include_str!("sight.sql"))?.query_row(
            named_params! {
                ":cooperative": cooperative.to_string(),
                ":areas": to_json(&areas)?,
                ":user": user.id.to_string(),
                ":always": i64::MAX,
            },
            |row| row.get(0),
        )?;
        Ok(match until {
            None => Reach::Never,
            Some(i64::MAX) => Reach::Now,
            Some(until) => Reach::Until(Millis(until)),
        })
    }
}

fn all(connection: &Connection, sql: &str, key: &str) -> Result<Vec<Stored>, Error> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([key])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read(row)?);
    }
    Ok(found)
}

fn read(row: &rusqlite::Row<'_>) -> Result<Stored, Error> {
    let optional = |column: &str| -> Result<Option<String>, Error> { Ok(row.get(column)?) };
    let kind: String = row.get("kind")?;
    let fields: Fields =
        serde_json::from_str(row.get_ref("fields")?.as_str().map_err(stored("fields"))?)
            .map_err(stored("fields"))?;
    let field_revs = row.get_ref("field_revs")?;
    Ok(Stored {
        record: Record {
            kind: Kind::from_name(&kind).map_err(stored("kind"))?,
            id: id(&row.get::<_, String>("id")?)?,
            area: AreaCode(row.get("area")?),
            rev: row.get("rev")?,
            owner: optional("owner")?.map(|text| id(&text)).transpose()?,
            deleted: row.get("deleted")?,
            fields,
        },
        audience: optional("audience")?.map(|text| id(&text)).transpose()?,
        parent: optional("parent")?.map(|text| id(&text)).transpose()?,
        private: row.get("private")?,
        born: row.get("born")?,
        field_revs: serde_json::from_str(field_revs.as_str().map_err(stored("field revs"))?)
            .map_err(stored("field revs"))?,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::{server::repo::sqlite::STEPS, sql};

    fn plan(of: &str) -> Vec<String> {
        let mut db = Connection::open_in_memory().unwrap();
        sql::migrate(&mut db, &STEPS).unwrap();
        let mut statement = db.prepare(&format!("explain query plan {of}")).unwrap();
        // A plan needs no parameters.
        let mut rows = statement.raw_query();
        let mut steps = Vec::new();
        while let Some(row) = rows.next().unwrap() {
            steps.push(row.get("detail").unwrap());
        }
        steps
    }

    #[test]
    fn a_page_passes_over_the_records_of_others_and_sorts_nothing() {
        let steps = plan(&PAGE);
        let records = steps.split(|step| step == "RIGHT").next().unwrap();
        let has = |text: &str| records.iter().any(|step| step.contains(text));
        assert!(has("COVERING INDEX record_by_rev (rev>?)"), "{steps:?}");
        assert!(!has("TEMP B-TREE"), "{steps:?}");
    }

    #[test]
    fn the_last_rev_is_looked_up_and_not_searched_for() {
        assert_eq!(plan(LAST_REV), ["SEARCH record"]);
    }
}
