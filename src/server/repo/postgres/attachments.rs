//! What is known of attachments, in PostgreSQL.

use std::{collections::BTreeMap, sync::LazyLock};

use crate::{
    domain::{AttachmentName, Millis, RecordId, User, UserId},
    server::repo::{
        AttachmentNames, Error,
        attachments::{Naming, Unwanted},
        id, stored,
    },
};

use super::{
    client::Client,
    own,
    visibility::{Visibility, with_condition},
};

impl AttachmentNames for Client {
    fn set_uses(
        &self,
        visit: RecordId,
        uses: &BTreeMap<AttachmentName, bool>,
    ) -> Result<(), Error> {
        let uses = uses
            .iter()
            .map(|(name, restricted)| (name.to_string(), *restricted));
        self.set_uses_behind(&visit.to_string(), uses)
    }

    fn namings(&self, name: &AttachmentName, user: &User) -> Result<Vec<Naming>, Error> {
        static SQL: LazyLock<String> =
            LazyLock::new(|| with_condition(include_str!("attachment_seen.sql")));
        let visibility = Visibility::of(user);
        let [district, areas, user] = visibility.parameters();
        let rows = self.rows(&SQL, &[district, areas, user, &name.as_str()])?;
        let namings = rows.iter().map(|row| {
            Ok(Naming {
                is_seen: row.try_get(0)?,
                restricts: row.try_get(1)?,
                is_of_sender: row.try_get(2)?,
            })
        });
        namings.collect()
    }

    fn is_used(&self, name: &AttachmentName) -> Result<bool, Error> {
        let row = self.one(
            "select exists (select 1 from attachment_use where name = $1)",
            &[&name.as_str()],
        )?;
        Ok(row.try_get(0)?)
    }

    fn is_sender(&self, name: &AttachmentName, user: UserId) -> Result<bool, Error> {
        let row = self.one(
            "select exists (select 1 from attachment_sender where name = $1 and account = $2)",
            &[&name.as_str(), &user.to_string()],
        )?;
        Ok(row.try_get(0)?)
    }

    fn add_sender(&self, name: &AttachmentName, user: UserId, now: Millis) -> Result<(), Error> {
        self.send(
            "insert into attachment_sender (name, account, at) values ($1, $2, $3)
             on conflict (name, account) do nothing",
            vec![own(name.as_str()), own(&user.to_string()), Box::new(now.0)],
        )
    }

    fn unwanted(&self) -> Result<BTreeMap<AttachmentName, Unwanted>, Error> {
        let rows = self.rows(
            "select name, since, counted, days from attachment_unwanted",
            &[],
        )?;
        let mut found = BTreeMap::new();
        for row in rows {
            let days: i64 = row.try_get(3)?;
            let unwanted = Unwanted {
                since: Millis(row.try_get(1)?),
                counted: Millis(row.try_get(2)?),
                days: u32::try_from(days).map_err(stored("days"))?,
            };
            found.insert(id(row.try_get(0)?)?, unwanted);
        }
        Ok(found)
    }

    fn set_unwanted(&self, name: &AttachmentName, unwanted: Option<Unwanted>) -> Result<(), Error> {
        let Some(unwanted) = unwanted else {
            return self.send(
                "delete from attachment_unwanted where name = $1",
                vec![own(name.as_str())],
            );
        };
        self.send(
            "insert into attachment_unwanted (name, since, counted, days) values ($1, $2, $3, $4)
             on conflict (name) do update
             set since = excluded.since, counted = excluded.counted, days = excluded.days",
            vec![
                own(name.as_str()),
                Box::new(unwanted.since.0),
                Box::new(unwanted.counted.0),
                Box::new(i64::from(unwanted.days)),
            ],
        )
    }

    fn forget_unwanted(&self) -> Result<(), Error> {
        self.send("delete from attachment_unwanted", Vec::new())
    }
}
