//! A visit's history out of the log, in pages of bounded size.

use crate::{
    domain::Stored,
    server::repo::{
        Error, Tx,
        log::{Entry, Place},
    },
};

/// Changes in a page.
pub const MOST: usize = 200;
/// Bytes of their fields, as they are stored; one change may be larger than that.
pub const BYTES: usize = 500_000;
/// Bytes of the changes that are looked through for what was not chosen: the newest ones.
const COMPARED: usize = 4_000_000;

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
pub fn beginning(tx: &dyn Tx, visit: &Stored, is_owner: bool) -> Result<Place, Error> {
    if is_owner {
        return Ok(0);
    }
    let rev = visit.field_rev(&format!("{}1", crate::domain::visit::SUBMISSION));
    // It was never submitted: then there is nothing for others.
    Ok(tx.place_of_rev(visit.record.id, rev)?.unwrap_or(Place::MAX))
}

/// The page of a visit's history and its reviews' after a place.
///
/// # Errors
/// When it cannot be read.
pub fn page(tx: &dyn Tx, visit: &Stored, after: Place) -> Result<Page, Error> {
    let places = tx.places_of_visit(visit.record.id, after, MOST + 1)?;
    let mut page = Page {
        entries: Vec::new(),
        next: None,
    };
    let (mut bytes, mut reached) = (0, after);
    for place in places {
        bytes += tx.size_at(place)?;
        if !page.entries.is_empty() && (bytes > BYTES || page.entries.len() >= MOST) {
            page.next = Some(reached);
            break;
        }
        page.entries.push(tx.entry_at(place)?);
        reached = place;
    }
    Ok(page)
}

/// The changes to a visit from a place on, for who looks for what was not chosen in a conflict; none when there never was
/// a conflict. Of a long history the newest.
///
/// # Errors
/// When it cannot be read.
pub fn with_conflicts(tx: &dyn Tx, visit: &Stored, from: Place) -> Result<Vec<Entry>, Error> {
    let places = tx.places_of_record(visit.record.id, from)?;
    let mut entries = Vec::new();
    if !places.iter().any(|(_, conflict)| *conflict) {
        return Ok(entries);
    }
    let mut bytes = 0;
    for (place, _) in places {
        bytes += tx.size_at(place)?;
        if bytes > COMPARED {
            break;
        }
        entries.push(tx.entry_at(place)?);
    }
    entries.reverse();
    Ok(entries)
}
