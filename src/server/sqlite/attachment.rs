//! What the database knows of attachments: which visits name them, and who sent them. Their bytes are elsewhere.

use std::collections::BTreeMap;

use rusqlite::Connection;

use crate::domain::{AreaCode, AttachmentName, Millis, RecordId, User, UserId};

use super::{Error, record::id};

/// Writes down what a visit names now, each name with whether it is restricted; what it named before is forgotten.
///
/// # Errors
/// When it cannot be written.
pub fn set_uses(
    connection: &Connection,
    visit: RecordId,
    uses: &BTreeMap<AttachmentName, bool>,
) -> Result<(), Error> {
    let visit = visit.to_string();
    connection
        .prepare_cached("delete from attachment_use where visit = ?1")?
        .execute([&visit])?;
    for (name, restricted) in uses {
        connection
            .prepare_cached(
                "insert into attachment_use (name, visit, restricted) values (?1, ?2, ?3)",
            )?
            .execute((name.as_str(), &visit, restricted))?;
    }
    Ok(())
}

/// How an attachment looks to somebody.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sight {
    /// No visit in their sight names it.
    Hidden,
    /// They see a visit that names it, but its question keeps it from them.
    Restricted,
    /// They may have it.
    Seen,
}

/// How an attachment looks to a user; `desk` is whether their role may have what is restricted.
///
/// # Errors
/// When it cannot be read.
pub fn sight(
    connection: &Connection,
    name: &AttachmentName,
    user: &User,
    desk: bool,
) -> Result<Sight, Error> {
    let mut statement = connection.prepare_cached(include_str!("attachment_seen.sql"))?;
    let mut rows = statement.query([name.as_str()])?;
    let (mut seen, mut restricted) = (false, false);
    while let Some(row) = rows.next()? {
        let area = AreaCode(row.get(0)?);
        let owner: Option<String> = row.get(1)?;
        let owner: Option<UserId> = owner.map(|text| id(&text)).transpose()?;
        let private: bool = row.get(2)?;
        seen |= owner == Some(user.id) || (!private && user.scope.sees(&area));
        // Restricted by one visit is restricted: to name it in a visit of one's own opens nothing.
        restricted |= row.get::<_, bool>(3)?;
    }
    Ok(match (seen, restricted) {
        (false, _) => Sight::Hidden,
        (true, true) if !desk && !is_sender(connection, name, user.id)? => Sight::Restricted,
        (true, _) => Sight::Seen,
    })
}

fn is_sender(connection: &Connection, name: &AttachmentName, user: UserId) -> Result<bool, Error> {
    Ok(connection
        .prepare_cached(
            "select exists (select 1 from attachment_sender where name = ?1 and user = ?2)",
        )?
        .query_row((name.as_str(), user.to_string()), |row| row.get(0))?)
}

/// Notes that a user sent all the bytes of an attachment.
///
/// # Errors
/// When it cannot be written.
pub fn sent_by(
    connection: &Connection,
    name: &AttachmentName,
    user: UserId,
    now: Millis,
) -> Result<(), Error> {
    connection
        .prepare_cached(
            "insert or ignore into attachment_sender (name, user, at) values (?1, ?2, ?3)",
        )?
        .execute((name.as_str(), user.to_string(), now.0))?;
    Ok(())
}

/// Whether a visit names an attachment.
///
/// # Errors
/// When it cannot be read.
pub fn is_used(connection: &Connection, name: &AttachmentName) -> Result<bool, Error> {
    Ok(connection
        .prepare_cached("select exists (select 1 from attachment_use where name = ?1)")?
        .query_row([name.as_str()], |row| row.get(0))?)
}
