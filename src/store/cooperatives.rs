//! The register on the device: search and profile.

use rusqlite::{Row, params, types::ToSql};

use super::api::{
    CooperativePage, CooperativeProfile, CooperativeQuery, CooperativeRow, StoreError,
};
use super::{Store, record};
use crate::domain::{AreaCode, Cooperative, FollowUp, Kind, RecordId, Visit, VisitState};

/// Most rows a search gives.
const MOST: u32 = 500;

impl Store {
    pub(super) fn cooperatives(
        &self,
        query: &CooperativeQuery,
    ) -> Result<CooperativePage, StoreError> {
        let words = match_words(&query.text);
        let area = query.area.as_ref().map(|area| area.0.clone());
        let status = query.status.map(|status| status.name());
        let limit = query.limit.clamp(1, MOST);
        let filter: [(&str, &dyn ToSql); 3] =
            [(":words", &words), (":area", &area), (":status", &status)];
        let matching = if words.is_some() {
            "from cooperative_search s join record r on r.n = s.rowid join cooperative c on c.id = r.id
             where cooperative_search match :words"
        } else {
            "from cooperative c where :words is null"
        };
        let matching = format!(
            "{matching} and (:area is null or c.area = :area) and (:status is null or c.status = :status)"
        );
        let total = self
            .db
            .prepare_cached(&format!("select count(*) {matching}"))?
            .query_row(&filter[..], |row| row.get(0))?;
        let rows = self
            .db
            .prepare_cached(&format!(
                "select c.id, c.name, c.desa, c.area, c.nik, c.status_entry,
                    (select max(date) from visit v where v.cooperative = c.id and v.state <> 'void')
                 {matching} order by c.name collate nocase limit {limit}"
            ))?
            .query_map(&filter[..], row)?
            .collect::<Result<Vec<_>, _>>()?;
        let as_of = self
            .db
            .query_row("select max(status_date) from cooperative", [], |row| {
                row.get(0)
            })?;
        Ok(CooperativePage { rows, total, as_of })
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
        status: status.and_then(|entry| serde_json::from_str(&entry).ok()),
        last_visit: row.get(6)?,
    })
}

/// What was typed as an FTS5 expression: every word must begin a word of the row. Nothing typed: no expression.
fn match_words(typed: &str) -> Option<String> {
    let words: Vec<String> = typed
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(|word| format!("\"{word}\"*"))
        .collect();
    (!words.is_empty()).then(|| words.join(" "))
}
