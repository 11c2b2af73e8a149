//! What the database knows of attachments: which visits name them, and who sent them. Their bytes are elsewhere.

use std::{collections::BTreeMap, sync::LazyLock};

use rusqlite::{Connection, named_params};

use crate::domain::{AttachmentName, Millis, RecordId, User, UserId, person::Permission};

use super::{Error, record::id, sight::with_condition};

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

/// Whether a user's role may have what is restricted.
#[must_use]
pub fn is_desk(user: &User) -> bool {
    user.role.may(Permission::Review) || user.role.may(Permission::Administer)
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
    static SQL: LazyLock<String> =
        LazyLock::new(|| with_condition(include_str!("attachment_seen.sql")));
    let asked = super::sight::Sight::of(user)?;
    let mut statement = connection.prepare_cached(&SQL)?;
    let mut rows = statement.query(named_params! {
        ":name": name.as_str(),
        ":district": asked.district,
        ":areas": asked.areas,
        ":user": asked.user,
    })?;
    let (mut seen, mut restricted) = (false, false);
    while let Some(row) = rows.next()? {
        let (visible, keeps_back, of_sender): (bool, bool, bool) =
            (row.get(0)?, row.get(1)?, row.get(2)?);
        seen |= visible;
        // Restricted by one visit is restricted: to name it in a visit of one's own opens nothing. Nor does it close anything:
        // a visit that the user does not see has a say only when its officer sent the bytes.
        restricted |= keeps_back && (visible || of_sender);
    }
    Ok(match (seen, restricted) {
        (false, _) => Sight::Hidden,
        (true, true) if !desk && !is_sender(connection, name, user.id)? => Sight::Restricted,
        (true, _) => Sight::Seen,
    })
}

/// Whether a user sent all the bytes of an attachment.
///
/// # Errors
/// When it cannot be read.
pub fn is_sender(
    connection: &Connection,
    name: &AttachmentName,
    user: UserId,
) -> Result<bool, Error> {
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

/// Since when this database has seen that no visit names an attachment, and how often.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Unwanted {
    /// When that was seen first.
    pub since: Millis,
    /// When a day was counted last.
    pub counted: Millis,
    /// On how many days it was seen.
    pub days: u32,
}

/// Every attachment that is known to be unwanted.
///
/// # Errors
/// When they cannot be read.
pub fn all_unwanted(connection: &Connection) -> Result<BTreeMap<AttachmentName, Unwanted>, Error> {
    let mut statement =
        connection.prepare_cached("select name, since, counted, days from attachment_unwanted")?;
    let mut rows = statement.query([])?;
    let mut found = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let unwanted = Unwanted {
            since: Millis(row.get(1)?),
            counted: Millis(row.get(2)?),
            days: row.get(3)?,
        };
        found.insert(id(&row.get::<_, String>(0)?)?, unwanted);
    }
    Ok(found)
}

/// Writes down what is known of an attachment that no visit names; of one that is wanted, `None`.
///
/// # Errors
/// When it cannot be written.
pub fn know(
    connection: &Connection,
    name: &AttachmentName,
    unwanted: Option<Unwanted>,
) -> Result<(), Error> {
    match unwanted {
        None => connection
            .prepare_cached("delete from attachment_unwanted where name = ?1")?
            .execute([name.as_str()])?,
        Some(Unwanted {
            since,
            counted,
            days,
        }) => connection
            .prepare_cached(
                "insert or replace into attachment_unwanted (name, since, counted, days)
                 values (?1, ?2, ?3, ?4)",
            )?
            .execute((name.as_str(), since.0, counted.0, days))?,
    };
    Ok(())
}

/// Begins to count anew, for all of them: the database names less than it did, or something else.
///
/// # Errors
/// When it cannot be written.
pub fn forget_unwanted(connection: &Connection) -> Result<(), Error> {
    connection
        .prepare_cached("delete from attachment_unwanted")?
        .execute([])?;
    Ok(())
}
