//! The list of what was not applied: for each person a page of it, so that many changes of one hide none of another. A row
//! that cannot be read stands in the list as such, and takes no other with it.

use rusqlite::{Connection, OptionalExtension, Row, named_params};
use serde_json::Value;

use crate::{
    domain::{AreaCode, Kind, Millis, MutationId, RecordId, Scope, User},
    sync::wire::{RejectCode, SetAsideItem, SetAsidePerson, SetAsideReply},
};

use super::{
    Error,
    mutation::{Answered, Entry, answered},
    record::{self, id},
    stored, user,
};

/// Changes of one person in the list of all.
pub const FIRST: usize = 20;
/// Changes of one person in a page of theirs.
pub const PAGE: usize = 100;
/// So many of one person are counted.
pub const MOST: usize = 1_000;

/// Where a page begins: after this time and place in the log.
type From = (i64, i64);

const NEWEST: From = (i64::MAX, i64::MAX);

/// What was not applied since then and lies in a reader's sight: of everybody the newest, and how many there are.
///
/// # Errors
/// When the database fails.
pub fn list(connection: &Connection, reader: &User, since: Millis) -> Result<SetAsideReply, Error> {
    let mut reply = SetAsideReply::default();
    for author in user::names(connection)? {
        let (items, count) = page(connection, reader, &author, since, NEWEST, (FIRST, MOST))?;
        if count > 0 {
            reply.people.push(SetAsidePerson {
                username: author.username,
                name: author.name,
                count: u32::try_from(count).unwrap_or(u32::MAX),
            });
        }
        reply.items.extend(items);
    }
    reply
        .items
        .sort_by_key(|item| std::cmp::Reverse(item.received_at));
    Ok(reply)
}

/// The next of one person's that lie in a reader's sight, after one of them; from the newest on when there is none.
///
/// # Errors
/// When the database fails.
pub fn of_person(
    connection: &Connection,
    reader: &User,
    username: &str,
    since: Millis,
    after: Option<MutationId>,
) -> Result<SetAsideReply, Error> {
    let mut reply = SetAsideReply::default();
    let people = user::names(connection)?;
    let Some(author) = people.iter().find(|one| one.username == username) else {
        return Ok(reply);
    };
    let from = match after {
        None => Some(NEWEST),
        Some(after) => connection
            .prepare_cached("select received_at, rowid from mutation where id = ?1")?
            .query_row([after.to_string()], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?,
    };
    if let Some(from) = from {
        (reply.items, _) = page(connection, reader, author, since, from, (PAGE, PAGE))?;
    }
    Ok(reply)
}

/// Some of one person's, and how many there are, counted up to a limit.
fn page(
    connection: &Connection,
    reader: &User,
    author: &user::Named,
    since: Millis,
    (before_at, before_row): From,
    (listed, counted): (usize, usize),
) -> Result<(Vec<SetAsideItem>, usize), Error> {
    let mut statement = connection.prepare_cached(include_str!("set_aside.sql"))?;
    let mut rows = statement.query(named_params! {
        ":author": author.id,
        ":since": since.0,
        ":before_at": before_at,
        ":before_row": before_row,
    })?;
    let (mut items, mut count) = (Vec::new(), 0);
    while let Some(row) = rows.next()? {
        let item = match item(connection, row, author, reader) {
            Ok(None) => continue,
            Ok(Some(item)) => item,
            Err(why) => unreadable(row, author, &why)?,
        };
        count += 1;
        if items.len() < listed {
            items.push(item);
        }
        if count >= counted {
            break;
        }
    }
    Ok((items, count))
}

/// A row; nothing when it does not lie in the reader's areas.
fn item(
    connection: &Connection,
    row: &Row<'_>,
    author: &user::Named,
    reader: &User,
) -> Result<Option<SetAsideItem>, Error> {
    let area: Option<String> = row.get("area")?;
    if !is_near(area, author, reader) {
        return Ok(None);
    }
    let text = |column: &str| -> Result<Option<String>, Error> { Ok(row.get(column)?) };
    let record: RecordId = id(&row.get::<_, String>("record")?)?;
    let kind: String = row.get("kind")?;
    let (code, reason) = match answered(row)? {
        Answered::Rejected(code, reason) => (Some(code), reason),
        _ => (None, String::new()),
    };
    let private: Option<bool> = row.get("private")?;
    let draft: Option<bool> = row.get("draft")?;
    let hidden = is_hidden(reader, &author.id, draft, private);
    let visit = text("visit")?.and_then(|visit| visit.parse().ok());
    let of = visit.unwrap_or(record);
    Ok(Some(SetAsideItem {
        mutation: id(&row.get::<_, String>("id")?)?,
        kind: Kind::from_name(&kind).map_err(stored("kind"))?,
        record,
        visit,
        cooperative: cooperative(connection, of, text("cooperative")?)?,
        username: author.username.clone(),
        name: author.name.clone(),
        device: text("device")?.map(|device| id(&device)).transpose()?,
        at: Millis(row.get("at")?),
        received_at: Millis(row.get("received_at")?),
        code,
        // A reason may quote what it does not like.
        reason: if hidden { String::new() } else { reason },
        mended: is_mended(connection, &row.get::<_, String>("id")?)?,
    }))
}

/// What stands in the list for a row that cannot be read.
fn unreadable(row: &Row<'_>, author: &user::Named, why: &Error) -> Result<SetAsideItem, Error> {
    let place: i64 = row.get("place")?;
    tracing::error!(place, error = %why, "a change in the log cannot be read");
    let name = format!("row {place} of the log");
    let text = |column: &str| row.get::<_, String>(column).unwrap_or_default();
    Ok(SetAsideItem {
        mutation: id(&text("id")).unwrap_or_else(|_| MutationId::of_text(&name)),
        kind: Kind::from_name(&text("kind")).unwrap_or(Kind::Visit),
        record: id(&text("record")).unwrap_or_else(|_| RecordId::of_text(&name)),
        visit: None,
        cooperative: String::new(),
        username: author.username.clone(),
        name: author.name.clone(),
        device: None,
        at: Millis(row.get("at").unwrap_or(0)),
        received_at: Millis(row.get("received_at").unwrap_or(0)),
        code: Some(RejectCode::Other),
        reason: format!("{name} cannot be read"),
        mended: false,
    })
}

/// Whether something lies in a reader's areas. Of what belongs nowhere, its author's areas tell.
fn is_near(area: Option<String>, author: &user::Named, reader: &User) -> bool {
    match (area, &reader.scope, &author.scope) {
        (Some(area), ..) => reader.scope.sees(&AreaCode(area)),
        (None, Scope::District, _) => true,
        (None, Scope::Areas(_), Some(Scope::Areas(theirs))) => {
            theirs.iter().any(|area| reader.scope.sees(area))
        }
        (None, Scope::Areas(_) | Scope::Other(_), _) => false,
    }
}

/// Whether only its author may read what a change holds: it is no submission, and its visit was never submitted.
fn is_hidden(reader: &User, author: &str, draft: Option<bool>, private: Option<bool>) -> bool {
    draft.unwrap_or(true) && private.unwrap_or(true) && author != reader.id.to_string()
}

/// The name of the cooperative: of the visit when it is known, else of the one that the change names.
fn cooperative(
    connection: &Connection,
    visit: RecordId,
    named: Option<String>,
) -> Result<String, Error> {
    let of_visit = record::find(connection, visit)?.and_then(|stored| stored.parent);
    let named = named.and_then(|named| named.parse().ok());
    let Some(id) = of_visit.or(named) else {
        return Ok(String::new());
    };
    let found = record::find(connection, id)?;
    let found = found.filter(|stored| stored.record.kind == Kind::Cooperative);
    let name = found.and_then(|mut stored| stored.record.fields.remove("Koperasi"));
    Ok(match name {
        Some(Value::String(name)) => name,
        _ => String::new(),
    })
}

fn is_mended(connection: &Connection, mutation: &str) -> Result<bool, Error> {
    Ok(connection
        .prepare_cached(include_str!("is_mended.sql"))?
        .query_row([mutation], |row| row.get(0))?)
}

/// How a reader may see a change.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Openness {
    /// With its values.
    Values,
    /// Only which questions it answers.
    Questions,
}

/// How much of a change a reader may see; nothing of one that was applied, or lies outside their areas.
///
/// # Errors
/// When the database fails.
pub fn openness(
    connection: &Connection,
    reader: &User,
    entry: &Entry,
) -> Result<Option<Openness>, Error> {
    if matches!(entry.answered, Answered::Applied(_)) {
        return Ok(None);
    }
    let Some(author) = entry.author.user else {
        return Ok(None);
    };
    let people = user::names(connection)?;
    let Some(author) = people.iter().find(|one| one.id == author.to_string()) else {
        return Ok(None);
    };
    let own = record::find(connection, entry.record)?;
    let private = own.as_ref().map(|stored| stored.private);
    let mut home = own;
    for other in [entry.visit, entry.cooperative] {
        if let (None, Some(other)) = (&home, other) {
            home = record::find(connection, other)?;
        }
    }
    let area = home.map(|stored| stored.record.area.0);
    if !is_near(area, author, reader) {
        return Ok(None);
    }
    Ok(Some(
        if is_hidden(reader, &author.id, entry.draft, private) {
            Openness::Questions
        } else {
            Openness::Values
        },
    ))
}
