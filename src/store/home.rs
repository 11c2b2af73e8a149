//! The first screen.

use rusqlite::params;

use super::Store;
use super::api::{Home, StoreError};
use crate::domain::{Millis, person::Permission};

/// How many sent visits the first screen shows.
const RECENT: u32 = 5;

impl Store {
    pub(super) fn home(&self) -> Result<Home, StoreError> {
        let me = self.user.id.to_string();
        let unsent = self.rows(
            "v.state in ('submitted', 'approved', 'returned') and not (v.officer = ?1 and v.state = 'returned')
             and exists (select 1 from outbox w where w.visit = v.id) order by v.submitted_at, v.id",
            params![me],
        )?;
        let returned = self.rows(
            "v.officer = ?1 and v.state = 'returned' order by v.submitted_at, v.id",
            params![me],
        )?;
        let drafts = self.rows(
            "v.officer = ?1 and v.state = 'draft' order by (select touched from record where id = v.id) desc",
            params![me],
        )?;
        let recent = self.rows(
            &format!(
                "v.officer = ?1 and v.state in ('submitted', 'approved')
                 and not exists (select 1 from outbox w where w.visit = v.id) order by v.submitted_at desc limit {RECENT}"
            ),
            params![me],
        )?;
        // Officers have no use for it; whoever reviews or only reads the district has.
        let role = self.user.role;
        let to_review = if role.may(Permission::Review) || !role.may(Permission::Visit) {
            self.db.query_row(
                "select count(*) from visit where state = 'submitted'",
                [],
                |row| row.get(0),
            )?
        } else {
            0
        };
        let cooperatives = self
            .db
            .query_row("select count(*) from cooperative", [], |row| row.get(0))?;
        let unsent_since: Option<i64> = self.db.query_row(
            "select min(o.since) from outbox o left join visit v on v.id = o.visit
             where o.record is not o.visit or v.state <> 'draft'",
            [],
            |row| row.get(0),
        )?;
        let (at_risk, at_risk_since): (u32, Option<i64>) = self.db.query_row(
            "select count(distinct visit), min(since) from outbox",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        Ok(Home {
            unsent,
            returned,
            drafts,
            recent,
            to_review,
            cooperatives,
            unsent_since: unsent_since.map(Millis),
            at_risk,
            at_risk_since: at_risk_since.map(Millis),
        })
    }
}
