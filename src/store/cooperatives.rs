//! The register on the device: search and profile.

use rusqlite::{Row, params, types::ToSql};

use super::api::{
    CooperativePage, CooperativeProfile, CooperativeQuery, CooperativeRow, StoreError,
};
use super::{Store, record, search};
use crate::domain::{AreaCode, Cooperative, FollowUp, Kind, RecordId, Visit, VisitState, json};

/// Most rows a search gives.
const MOST: u32 = 500;

impl Store {
    pub(super) fn cooperatives(
        &self,
        query: &CooperativeQuery,
    ) -> Result<CooperativePage, StoreError> {
        let limit = usize::try_from(query.limit.clamp(1, MOST)).unwrap_or(usize::MAX);
        let (total, shown) = self.found(query, limit)?;
        let mut one = self.db.prepare_cached(
            "select c.id, c.name, c.desa, c.area, c.nik, c.status_entry,
                (select max(date) from visit v where v.cooperative = c.id and v.state <> 'void')
             from cooperative c where c.id = ?",
        )?;
        let rows = shown
            .iter()
            .map(|id| one.query_row([id], row))
            .collect::<Result<Vec<_>, _>>()?;
        let as_of = self
            .db
            .query_row("select max(status_date) from cooperative", [], |row| {
                row.get(0)
            })?;
        Ok(CooperativePage { rows, total, as_of })
    }

    /// How many cooperatives a query finds, and the first of them, by name. One run over all lines, however many match.
    fn found(
        &self,
        query: &CooperativeQuery,
        limit: usize,
    ) -> Result<(u32, Vec<String>), StoreError> {
        let mut words = search::words(&query.text);
        // The longest words are the rarest: most lines are done with after the first.
        words.sort_by_key(|word| std::cmp::Reverse(word.len()));
        let area = query.area.as_ref().map(|area| area.0.as_str());
        let status = query.status.map(|status| status.name());
        let mut sql = "select id from cooperative_words
             where (?1 is null or area = ?1) and (?2 is null or status = ?2)"
            .to_owned();
        let mut values: Vec<&dyn ToSql> = vec![&area, &status];
        for word in &words {
            sql.push_str(" and instr(words, ?)");
            values.push(word);
        }
        sql.push_str(" order by name, id");
        let mut statement = self.db.prepare_cached(&sql)?;
        let mut rows = statement.query(&values[..])?;
        let (mut total, mut shown) = (0, Vec::new());
        while let Some(row) = rows.next()? {
            total += 1;
            if shown.len() < limit {
                shown.push(row.get(0)?);
            }
        }
        Ok((total, shown))
    }

    pub(super) fn cooperative(&self, id: RecordId) -> Result<CooperativeProfile, StoreError> {
        let cooperative = Cooperative::from_record(&record::get(&self.db, id, Kind::Cooperative)?)?;
        let visits = self.rows(
            "v.cooperative = ?1 and v.state <> 'void' order by v.date desc",
            params![id.to_string()],
        )?;
        let mut follow_ups = Vec::new();
        for row in visits.iter().filter(|row| row.state != VisitState::Draft) {
            let visit = Visit::from_record(&record::get(&self.db, row.id, Kind::Visit)?)?;
            follow_ups.extend(
                FollowUp::of_visit(&visit)
                    .into_iter()
                    .filter(FollowUp::is_open),
            );
        }
        follow_ups.sort_by(|a, b| a.due.cmp(&b.due));
        Ok(CooperativeProfile {
            cooperative,
            visits,
            follow_ups,
            scores: self.scored_visits(id, None)?,
        })
    }
}

fn row(row: &Row<'_>) -> rusqlite::Result<CooperativeRow> {
    let status: Option<String> = row.get(5)?;
    Ok(CooperativeRow {
        id: record::parsed(row, 0)?,
        name: row.get(1)?,
        desa: row.get(2)?,
        area: AreaCode(row.get(3)?),
        nik: row.get(4)?,
        status: status.and_then(|entry| json::read(&entry).ok()),
        last_visit: row.get(6)?,
    })
}
