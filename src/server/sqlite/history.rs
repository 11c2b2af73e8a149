//! A visit's history out of the log, in pages of bounded size.

use rusqlite::{Connection, named_params};

use super::{
    Error,
    mutation::{self, Entry},
    record::Stored,
};

/// Changes in a page.
pub const MOST: usize = 200;
/// Bytes of their fields, as they are stored; one change may be larger than that.
pub const BYTES: usize = 500_000;
/// Bytes of the changes that are looked through for what was not chosen: the newest ones.
const COMPARED: usize = 4_000_000;

/// A place in the log. What came later has a higher one.
pub type Place = i64;

/// A page.
#[derive(Clone, PartialEq, Debug)]
pub struct Page {
    /// In the order they came.
    pub entries: Vec<Entry>,
    /// What the next page comes after; none when there is no more.
    pub next: Option<Place>,
}

/// Where a reader's history of a visit begins: for its owner at its beginning, for others where it was first submitted.
///
/// # Errors
/// When it cannot be read.
pub fn beginning(connection: &Connection, visit: &Stored, is_owner: bool) -> Result<Place, Error> {
    if is_owner {
        return Ok(0);
    }
    let rev = visit.field_rev(&format!("{}1", crate::domain::visit::SUBMISSION));
    let place: Option<Place> = connection
        .prepare_cached("select max(rowid) from mutation where record = ?1 and rev = ?2")?
        .query_row((visit.record.id.to_string(), rev), |row| row.get(0))?;
    // It was never submitted: then there is nothing for others.
    Ok(place.unwrap_or(Place::MAX))
}

/// The page of a visit's history and its reviews' after a place.
///
/// # Errors
/// When it cannot be read.
pub fn page(connection: &Connection, visit: &Stored, after: Place) -> Result<Page, Error> {
    let mut statement = connection.prepare_cached(include_str!("history_places.sql"))?;
    let places = statement.query_map(
        named_params! {
            ":visit": visit.record.id.to_string(),
            ":after": after,
            ":most": MOST + 1,
        },
        |row| row.get(0),
    )?;
    let places: Vec<Place> = places.collect::<Result<_, _>>()?;
    let mut page = Page {
        entries: Vec::new(),
        next: None,
    };
    let (mut bytes, mut reached) = (0, after);
    for place in places {
        bytes += size(connection, place)?;
        if !page.entries.is_empty() && (bytes > BYTES || page.entries.len() >= MOST) {
            page.next = Some(reached);
            break;
        }
        page.entries.push(at(connection, place)?);
        reached = place;
    }
    Ok(page)
}

/// The changes to a visit from a place on, for who looks for what was not chosen in a conflict; none when there never was
/// a conflict. Of a long history the newest.
///
/// # Errors
/// When it cannot be read.
pub fn with_conflicts(
    connection: &Connection,
    visit: &Stored,
    from: Place,
) -> Result<Vec<Entry>, Error> {
    let id = visit.record.id.to_string();
    let mut statement = connection.prepare_cached(
        "select rowid, outcome = 'conflict' from mutation
         where record = ?1 and rowid >= ?2 and outcome in ('applied', 'conflict') order by received_at desc, rev desc",
    )?;
    let places = statement.query_map((id, from), |row| Ok((row.get(0)?, row.get(1)?)))?;
    let places: Vec<(Place, bool)> = places.collect::<Result<_, _>>()?;
    let mut entries = Vec::new();
    if !places.iter().any(|(_, conflict)| *conflict) {
        return Ok(entries);
    }
    let mut bytes = 0;
    for (place, _) in places {
        bytes += size(connection, place)?;
        if bytes > COMPARED {
            break;
        }
        entries.push(at(connection, place)?);
    }
    entries.reverse();
    Ok(entries)
}

fn size(connection: &Connection, place: Place) -> Result<usize, Error> {
    Ok(connection
        .prepare_cached("select length(fields) from mutation where rowid = ?1")?
        .query_row([place], |row| row.get(0))?)
}

fn at(connection: &Connection, place: Place) -> Result<Entry, Error> {
    connection
        .prepare_cached("select * from mutation where rowid = ?1")?
        .query_row([place], |row| Ok(mutation::read(row)))?
}
