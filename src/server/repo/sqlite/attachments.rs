//! What is known of attachments, in SQLite.

use std::{collections::BTreeMap, sync::LazyLock};

use rusqlite::{Connection, named_params};

use crate::{
    domain::{AttachmentName, Millis, RecordId, User, UserId},
    server::repo::{
        AttachmentNames, Error,
        attachments::{Naming, Unwanted},
        id,
    },
};

use super::sight::{Sight, with_condition};

impl AttachmentNames for Connection {
    fn set_uses(
        &self,
        visit: RecordId,
        uses: &BTreeMap<AttachmentName, bool>,
    ) -> Result<(), Error> {
        let visit = visit.to_string();
        self.prepare_cached("delete from attachment_use where visit = ?1")?
            .execute([&visit])?;
        for (name, restricted) in uses {
            self.prepare_cached(
                "insert into attachment_use (name, visit, restricted) values (?1, ?2, ?3)",
            )?
            .execute((name.as_str(), &visit, restricted))?;
        }
        Ok(())
    }

    fn namings(&self, name: &AttachmentName, user: &User) -> Result<Vec<Naming>, Error> {
        static SQL: LazyLock<String> =
            LazyLock::new(|| with_condition(include_str!("attachment_seen.sql")));
        let asked = Sight::of(user)?;
        let mut statement = self.prepare_cached(&SQL)?;
        let namings = statement.query_map(
            named_params! {
                ":name": name.as_str(),
                ":district": asked.district,
                ":areas": asked.areas,
                ":user": asked.user,
            },
            |row| {
                Ok(Naming {
                    is_seen: row.get(0)?,
                    restricts: row.get(1)?,
                    is_of_sender: row.get(2)?,
                })
            },
        )?;
        Ok(namings.collect::<Result<_, _>>()?)
    }

    fn is_used(&self, name: &AttachmentName) -> Result<bool, Error> {
        Ok(self
            .prepare_cached("select exists (select 1 from attachment_use where name = ?1)")?
            .query_row([name.as_str()], |row| row.get(0))?)
    }

    fn is_sender(&self, name: &AttachmentName, user: UserId) -> Result<bool, Error> {
        Ok(self
            .prepare_cached(
                "select exists (select 1 from attachment_sender where name = ?1 and user = ?2)",
            )?
            .query_row((name.as_str(), user.to_string()), |row| row.get(0))?)
    }

    fn add_sender(&self, name: &AttachmentName, user: UserId, now: Millis) -> Result<(), Error> {
        self.prepare_cached(
            "insert or ignore into attachment_sender (name, user, at) values (?1, ?2, ?3)",
        )?
        .execute((name.as_str(), user.to_string(), now.0))?;
        Ok(())
    }

    fn unwanted(&self) -> Result<BTreeMap<AttachmentName, Unwanted>, Error> {
        let mut statement =
            self.prepare_cached("select name, since, counted, days from attachment_unwanted")?;
        let mut rows = statement.query([])?;
        let mut found = BTreeMap::new();
        while let Some(row) = rows.next()? {
            let unwanted = Unwanted {
                since: Millis(row.get(1)?),
                counted: Millis(row.get(2)?),
                days: row.get(3)?,
            };
            found.insert(id(&row.get::<_, String>(0)?)?, unwanted);
        }
        Ok(found)
    }

    fn set_unwanted(&self, name: &AttachmentName, unwanted: Option<Unwanted>) -> Result<(), Error> {
        match unwanted {
            None => self
                .prepare_cached("delete from attachment_unwanted where name = ?1")?
                .execute([name.as_str()])?,
            Some(Unwanted {
                since,
                counted,
                days,
            }) => self
                .prepare_cached(
                    "insert or replace into attachment_unwanted (name, since, counted, days)
                     values (?1, ?2, ?3, ?4)",
                )?
                .execute((name.as_str(), since.0, counted.0, days))?,
        };
        Ok(())
    }

    fn forget_unwanted(&self) -> Result<(), Error> {
        self.prepare_cached("delete from attachment_unwanted")?
            .execute([])?;
        Ok(())
    }
}
