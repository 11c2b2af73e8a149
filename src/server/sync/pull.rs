//! What a device gets: the records in its sight that changed since its cursor, a page at a time, straight from the
//! stored JSON, and the digest that proves both sides equal.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::value::RawValue;

use crate::{
    domain::{AreaCode, Kind, User, attachment},
    server::repo::{Error, Tx, id, records::Row, stored},
    sync::{
        packed::{Loose, Packed},
        wire::{Digest, LARGE, LargeRecord, NEVER_LARGE},
    },
};

/// Records in a page.
const PAGE_RECORDS: usize = 500;
/// Bytes of JSON in a page, a record's names and numbers included; one record may be larger than that.
const PAGE_BYTES: usize = 500_000;
/// The same of a page that is packed: it comes to about a third on its way.
const PACKED_PAGE_BYTES: usize = 1_600_000;
/// Bytes of a record's JSON beside its fields and what [`envelope`] counts: names and numbers.
const PLAIN_NAMES: usize = 90;
/// The same of a large record, with its length and SHA-256.
const LARGE_NAMES: usize = 180;
/// Records of a kind that are worth packing.
const WORTH_PACKING: usize = 8;

/// A record on its way out: [`crate::domain::Record`] with its fields as they are stored.
#[derive(Debug, Serialize)]
pub struct RawRecord {
    kind: String,
    id: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    area: String,
    rev: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    deleted: bool,
    fields: Box<RawValue>,
}

/// What a device understands, and how much it wants at a time.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wants {
    /// It understands packed records.
    pub packs: bool,
    /// So many bytes of records at most; none for a device that does not say. One that does fetches large records in pieces.
    pub room: Option<u32>,
}

/// A page.
#[derive(Debug)]
pub struct Page {
    /// By rev.
    pub records: Vec<RawRecord>,
    /// More of them, by kind and then by rev.
    pub packed: Vec<Packed<Box<RawValue>>>,
    /// Records that the device fetches in pieces.
    pub large: Vec<LargeRecord>,
    /// The device has everything up to here, but for those.
    pub cursor: u64,
    /// There is more.
    pub more: bool,
    /// What both sides must agree on, when there is no more.
    pub digest: Option<Digest>,
}

/// The page of a user after a cursor, without the records at the revs that the device has made itself just now; packed when
/// the device understands it.
///
/// # Errors
/// When it cannot be read.
pub fn page(
    tx: &dyn Tx,
    user: &User,
    cursor: u64,
    known: &BTreeSet<u64>,
    wants: Wants,
) -> Result<Page, Error> {
    let most = if wants.packs {
        PACKED_PAGE_BYTES
    } else {
        PAGE_BYTES
    };
    // A record that is larger than the device wants at a time would be too large for its line, too.
    let (most, largest) = match wants.room {
        None => (most, usize::MAX),
        Some(room) => {
            let room = usize::try_from(room).unwrap_or(usize::MAX);
            (most.min(room), LARGE.min(room.max(NEVER_LARGE)))
        }
    };
    let mut page = plain(tx, user, cursor, known, (most, largest))?;
    if wants.packs {
        pack(&mut page)?;
    }
    Ok(page)
}

/// Takes the records of which there are many of a kind and puts them into columns.
fn pack(page: &mut Page) -> Result<(), Error> {
    for kind in Kind::ALL {
        let is_one = |record: &RawRecord| record.kind == kind.name() && !record.deleted;
        if page.records.iter().filter(|record| is_one(record)).count() < WORTH_PACKING {
            continue;
        }
        let (these, others) = std::mem::take(&mut page.records)
            .into_iter()
            .partition(is_one);
        page.records = others;
        let these: Vec<RawRecord> = these;
        let loose = these.into_iter().map(|record| {
            Ok(Loose {
                id: id(&record.id)?,
                area: AreaCode(record.area),
                rev: record.rev,
                owner: record.owner.as_deref().map(id).transpose()?,
                fields: serde_json::from_str(record.fields.get()).map_err(stored("fields"))?,
            })
        });
        let loose = loose.collect::<Result<_, Error>>()?;
        page.packed.push(Packed::of(kind, loose));
    }
    Ok(())
}

fn plain(
    tx: &dyn Tx,
    user: &User,
    cursor: u64,
    known: &BTreeSet<u64>,
    (most, largest): (usize, usize),
) -> Result<Page, Error> {
    let last = tx.last_rev()?;
    // A cursor from the future: the server was put back to an older backup. Everything again, then the digest proves it.
    let cursor = if cursor > last { 0 } else { cursor };
    let mut page = Page {
        records: Vec::new(),
        packed: Vec::new(),
        large: Vec::new(),
        cursor,
        more: false,
        digest: None,
    };
    let mut bytes = 0;
    tx.each_after(user, cursor, known, &mut |row| {
        let is_large = row.fields.len() > largest;
        let size = envelope(&row)
            + match is_large {
                true => LARGE_NAMES,
                false => PLAIN_NAMES + row.fields.len(),
            };
        let count = page.records.len() + page.large.len();
        // Whatever it takes, a page holds one record: the next one goes on behind it.
        if count > 0 && (count >= PAGE_RECORDS || bytes + size > most) {
            page.more = true;
            return Ok(false);
        }
        bytes += size;
        page.cursor = row.rev;
        if is_large {
            page.large.push(named(row)?);
        } else {
            page.records.push(RawRecord {
                kind: row.kind,
                id: row.id,
                area: row.area,
                rev: row.rev,
                owner: row.owner,
                deleted: row.deleted,
                fields: RawValue::from_string(row.fields).map_err(stored("fields"))?,
            });
        }
        Ok(true)
    })?;
    if !page.more {
        page.cursor = last;
        page.digest = Some(tx.digest(user)?);
    }
    Ok(page)
}

/// Bytes of what says which record it is.
fn envelope(row: &Row) -> usize {
    let owner = row.owner.as_ref().map_or(0, String::len);
    row.kind.len() + row.id.len() + row.area.len() + owner
}

/// A large record without its fields.
fn named(row: Row) -> Result<LargeRecord, Error> {
    Ok(LargeRecord {
        kind: Kind::from_name(&row.kind).map_err(stored("kind"))?,
        id: id(&row.id)?,
        area: AreaCode(row.area),
        rev: row.rev,
        owner: row.owner.as_deref().map(id).transpose()?,
        length: u64::try_from(row.fields.len()).unwrap_or(u64::MAX),
        sha256: attachment::sha256(row.fields.as_bytes()),
    })
}
