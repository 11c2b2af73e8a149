//! What a device gets: the records in its sight that changed since its cursor, a page at a time, straight from the
//! stored JSON, and the digest that proves both sides equal.

use std::{collections::BTreeSet, sync::LazyLock};

use rusqlite::{Connection, named_params};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::{
    domain::{AreaCode, Kind, User},
    sync::{
        packed::{Loose, Packed},
        wire::Digest,
    },
};

use super::{
    Error,
    record::{id, last_rev, to_json},
    sight::{Sight, with_condition},
    stored,
};

/// Records in a page.
const PAGE_RECORDS: usize = 500;
/// Bytes of JSON in a page; one record may be larger than that.
const PAGE_BYTES: usize = 500_000;
/// The same of a page that is packed: it comes to about a third on its way.
const PACKED_PAGE_BYTES: usize = 1_500_000;
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

/// A page.
#[derive(Debug)]
pub struct Page {
    /// By rev.
    pub records: Vec<RawRecord>,
    /// More of them, by kind and then by rev.
    pub packed: Vec<Packed<Box<RawValue>>>,
    /// The device has everything up to here.
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
    connection: &Connection,
    user: &User,
    cursor: u64,
    known: &BTreeSet<u64>,
    packs: bool,
) -> Result<Page, Error> {
    let most = if packs { PACKED_PAGE_BYTES } else { PAGE_BYTES };
    let mut page = plain(connection, user, cursor, known, most)?;
    if packs {
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
    connection: &Connection,
    user: &User,
    cursor: u64,
    known: &BTreeSet<u64>,
    most: usize,
) -> Result<Page, Error> {
    let last = last_rev(connection)?;
    // A cursor from the future: the server was put back to an older backup. Everything again, then the digest proves it.
    let cursor = if cursor > last { 0 } else { cursor };
    static SQL: LazyLock<String> = LazyLock::new(|| with_condition(include_str!("page.sql")));
    let Sight {
        district,
        areas,
        user: id,
    } = Sight::of(user)?;
    let mut statement = connection.prepare_cached(&SQL)?;
    let mut rows = statement.query(named_params! {
        ":cursor": cursor,
        ":known": to_json(known)?,
        ":district": district,
        ":areas": areas,
        ":user": id,
    })?;
    let mut records = Vec::new();
    let (mut reached, mut bytes) = (cursor, 0);
    while let Some(row) = rows.next()? {
        let rev: u64 = row.get("rev")?;
        let fields: String = row.get("fields")?;
        let full = records.len() >= PAGE_RECORDS || bytes + fields.len() > most;
        if full && !records.is_empty() {
            return Ok(Page {
                records,
                packed: Vec::new(),
                cursor: reached,
                more: true,
                digest: None,
            });
        }
        bytes += fields.len();
        reached = rev;
        records.push(RawRecord {
            kind: row.get("kind")?,
            id: row.get("id")?,
            area: row.get("area")?,
            rev,
            owner: row.get("owner")?,
            deleted: row.get("deleted")?,
            fields: RawValue::from_string(fields).map_err(stored("fields"))?,
        });
    }
    Ok(Page {
        records,
        packed: Vec::new(),
        cursor: last,
        more: false,
        digest: Some(digest(connection, user)?),
    })
}

/// How many records a user sees and the sum of their revs.
///
/// # Errors
/// When it cannot be read.
pub fn digest(connection: &Connection, user: &User) -> Result<Digest, Error> {
    static SQL: LazyLock<String> = LazyLock::new(|| with_condition(include_str!("digest.sql")));
    let sight = Sight::of(user)?;
    Ok(connection.prepare_cached(&SQL)?.query_row(
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
