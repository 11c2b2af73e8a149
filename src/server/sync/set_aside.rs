//! The list of what was not applied: for each person a page of it, so that many changes of one hide none of another. A row
//! that cannot be read stands in the list as such, and takes no other with it.

use serde_json::Value;

use crate::{
    domain::{AreaCode, Kind, Millis, MutationId, RecordId, Scope, User},
    sync::wire::{RejectCode, SetAsideItem, SetAsidePerson, SetAsideReply},
};

use crate::server::repo::{
    Error, Tx,
    accounts::Named,
    id,
    log::{Answered, Aside, Entry, Place},
    stored,
};

/// Changes of one person in the list of all.
pub const FIRST: usize = 20;
/// Changes of one person in a page of theirs.
pub const PAGE: usize = 100;
/// So many of one person are counted.
pub const MOST: usize = 1_000;

/// Where a page begins: after this time and place in the log.
type From = (i64, Place);

const NEWEST: From = (i64::MAX, i64::MAX);

/// What was not applied since then and lies in a reader's sight: of everybody the newest, and how many there are.
///
/// # Errors
/// When the database fails.
pub fn list(tx: &dyn Tx, reader: &User, since: Millis) -> Result<SetAsideReply, Error> {
    let mut reply = SetAsideReply::default();
    for author in tx.people()? {
        let (items, count) = page(tx, reader, &author, since, NEWEST, (FIRST, MOST))?;
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
    tx: &dyn Tx,
    reader: &User,
    username: &str,
    since: Millis,
    after: Option<MutationId>,
) -> Result<SetAsideReply, Error> {
    let mut reply = SetAsideReply::default();
    let people = tx.people()?;
    let Some(author) = people.iter().find(|one| one.username == username) else {
        return Ok(reply);
    };
    let from = match after {
        None => Some(NEWEST),
        Some(after) => tx.place_of(after)?.map(|(at, place)| (at.0, place)),
    };
    if let Some(from) = from {
        (reply.items, _) = page(tx, reader, author, since, from, (PAGE, PAGE))?;
    }
    Ok(reply)
}

/// Some of one person's, and how many there are, counted up to a limit.
fn page(
    tx: &dyn Tx,
    reader: &User,
    author: &Named,
    since: Millis,
    from: From,
    (listed, counted): (usize, usize),
) -> Result<(Vec<SetAsideItem>, usize), Error> {
    let (mut items, mut count) = (Vec::new(), 0);
    tx.each_aside(&author.id, since, from, &mut |row| {
        let item = match item(tx, &row, author, reader) {
            Ok(None) => return Ok(true),
            Ok(Some(item)) => item,
            Err(why) => unreadable(&row, author, &why),
        };
        count += 1;
        if items.len() < listed {
            items.push(item);
        }
        Ok(count < counted)
    })?;
    Ok((items, count))
}

/// A row; nothing when it does not lie in the reader's areas.
fn item(
    tx: &dyn Tx,
    row: &Aside,
    author: &Named,
    reader: &User,
) -> Result<Option<SetAsideItem>, Error> {
    if !is_near(row.area.as_deref(), author, reader) {
        return Ok(None);
    }
    let record: RecordId = id(&row.record)?;
    let (code, reason) = match row.answered()? {
        Answered::Rejected(code, reason) => (Some(code), reason),
        _ => (None, String::new()),
    };
    let hidden = is_hidden(reader, &author.id, row.draft, row.private);
    let visit = row.visit.as_ref().and_then(|visit| visit.parse().ok());
    let of = visit.unwrap_or(record);
    Ok(Some(SetAsideItem {
        mutation: id(&row.id)?,
        kind: Kind::from_name(&row.kind).map_err(stored("kind"))?,
        record,
        visit,
        cooperative: cooperative(tx, of, row.cooperative.as_deref())?,
        username: author.username.clone(),
        name: author.name.clone(),
        device: row.device.as_deref().map(id).transpose()?,
        at: Millis(row.at),
        received_at: Millis(row.received_at),
        code,
        // A reason may quote what it does not like.
        reason: if hidden { String::new() } else { reason },
        mended: tx.is_mended(&row.id)?,
    }))
}

/// What stands in the list for a row that cannot be read.
fn unreadable(row: &Aside, author: &Named, why: &Error) -> SetAsideItem {
    let place = row.place;
    tracing::error!(place, error = %why, "a change in the log cannot be read");
    let name = format!("row {place} of the log");
    SetAsideItem {
        mutation: id(&row.id).unwrap_or_else(|_| MutationId::of_text(&name)),
        kind: Kind::from_name(&row.kind).unwrap_or(Kind::Visit),
        record: id(&row.record).unwrap_or_else(|_| RecordId::of_text(&name)),
        visit: None,
        cooperative: String::new(),
        username: author.username.clone(),
        name: author.name.clone(),
        device: None,
        at: Millis(row.at),
        received_at: Millis(row.received_at),
        code: Some(RejectCode::Other),
        reason: format!("{name} cannot be read"),
        mended: false,
    }
}

/// Whether something lies in a reader's areas. Of what belongs nowhere, its author's areas tell.
fn is_near(area: Option<&str>, author: &Named, reader: &User) -> bool {
    match (area, &reader.scope, &author.scope) {
        (Some(area), ..) => reader.scope.sees(&AreaCode(area.to_owned())),
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
fn cooperative(tx: &dyn Tx, visit: RecordId, named: Option<&str>) -> Result<String, Error> {
    let of_visit = tx.record(visit)?.and_then(|stored| stored.parent);
    let named = named.and_then(|named| named.parse().ok());
    let Some(id) = of_visit.or(named) else {
        return Ok(String::new());
    };
    let found = tx.record(id)?;
    let found = found.filter(|stored| stored.record.kind == Kind::Cooperative);
    let name = found.and_then(|mut stored| stored.record.fields.remove("Koperasi"));
    Ok(match name {
        Some(Value::String(name)) => name,
        _ => String::new(),
    })
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
pub fn openness(tx: &dyn Tx, reader: &User, entry: &Entry) -> Result<Option<Openness>, Error> {
    if matches!(entry.answered, Answered::Applied(_)) {
        return Ok(None);
    }
    let Some(author) = entry.author.user else {
        return Ok(None);
    };
    let people = tx.people()?;
    let Some(author) = people.iter().find(|one| one.id == author.to_string()) else {
        return Ok(None);
    };
    let own = tx.record(entry.record)?;
    let private = own.as_ref().map(|stored| stored.private);
    let mut home = own;
    for other in [entry.visit, entry.cooperative] {
        if let (None, Some(other)) = (&home, other) {
            home = tx.record(other)?;
        }
    }
    let area = home.map(|stored| stored.record.area.0);
    if !is_near(area.as_deref(), author, reader) {
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
