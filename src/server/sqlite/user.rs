//! Accounts.

use rusqlite::{Connection, OptionalExtension, Row, named_params};

use crate::{
    domain::{AreaCode, Millis, RecordId, Role, Scope, User, UserId},
    server::apply::Sight,
};

use super::{
    Error,
    record::{id, to_json},
    stored,
};

/// An account with what only the server knows.
#[derive(Clone, Debug)]
pub struct Account {
    /// Who.
    pub user: User,
    /// argon2id, as a PHC string.
    pub password: String,
    /// Kept, but may not log in.
    pub disabled: bool,
}

/// The account of a login name.
///
/// # Errors
/// When it cannot be read.
pub fn find(connection: &Connection, username: &str) -> Result<Option<Account>, Error> {
    connection
        .prepare_cached("select * from user where username = ?1")?
        .query_row([username], |row| Ok(account(row)))
        .optional()?
        .transpose()
}

/// Every account, by login name.
///
/// # Errors
/// When one cannot be read.
pub fn all(connection: &Connection) -> Result<Vec<Account>, Error> {
    let mut statement = connection.prepare_cached("select * from user order by username")?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(account(row)?);
    }
    Ok(found)
}

/// A person as a list names them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Named {
    /// Their id.
    pub id: String,
    /// Login name.
    pub username: String,
    /// Name.
    pub name: String,
    /// Where they work; none when it cannot be read.
    pub scope: Option<Scope>,
}

/// Everybody who ever had an account, by login name.
///
/// # Errors
/// When they cannot be read.
pub fn names(connection: &Connection) -> Result<Vec<Named>, Error> {
    let mut statement = connection
        .prepare_cached("select id, username, name, scope from user order by username")?;
    let named = statement.query_map([], |row| {
        Ok(Named {
            id: row.get(0)?,
            username: row.get(1)?,
            name: row.get(2)?,
            scope: serde_json::from_str(&row.get::<_, String>(3)?).ok(),
        })
    })?;
    Ok(named.collect::<Result<_, _>>()?)
}

/// Makes an account.
///
/// # Errors
/// When it cannot be written: the login name or the id is taken.
pub fn insert(connection: &Connection, account: &Account, now: Millis) -> Result<(), Error> {
    let user = &account.user;
    connection
        .prepare_cached(include_str!("insert_user.sql"))?
        .execute((
            user.id.to_string(),
            &user.username,
            &user.name,
            user.role.name(),
            to_json(&user.scope)?,
            &account.password,
            account.disabled,
            now.0,
        ))?;
    Ok(())
}

/// Gives an account another password hash.
///
/// # Errors
/// When it cannot be written.
pub fn set_password(connection: &Connection, user: UserId, hash: &str) -> Result<(), Error> {
    connection
        .prepare_cached("update user set password = ?2 where id = ?1")?
        .execute((user.to_string(), hash))?;
    Ok(())
}

/// Disables an account, or lets it in again.
///
/// # Errors
/// When it cannot be written.
pub fn set_disabled(connection: &Connection, user: UserId, disabled: bool) -> Result<(), Error> {
    connection
        .prepare_cached("update user set disabled = ?2 where id = ?1")?
        .execute((user.to_string(), disabled))?;
    Ok(())
}

/// Gives a user another role and other areas, and writes down until when they had the former ones.
///
/// # Errors
/// When it cannot be written.
pub fn set_place(connection: &Connection, user: &User, now: Millis) -> Result<(), Error> {
    connection
        .prepare_cached(include_str!("leave.sql"))?
        .execute(named_params! {
            ":user": user.id.to_string(),
            ":scope": to_json(&user.scope)?,
            ":now": now.0,
        })?;
    connection
        .prepare_cached("update user set role = ?2, scope = ?3, name = ?4 where id = ?1")?
        .execute((
            user.id.to_string(),
            user.role.name(),
            to_json(&user.scope)?,
            &user.name,
        ))?;
    Ok(())
}

/// The role of a user; none when there is no such user.
///
/// # Errors
/// When it cannot be read.
pub fn role(connection: &Connection, user: UserId) -> Result<Option<Role>, Error> {
    let role: Option<String> = connection
        .prepare_cached("select role from user where id = ?1")?
        .query_row([user.to_string()], |row| row.get(0))
        .optional()?;
    role.map(|name| Role::known(&name).ok_or_else(|| stored("role")(&name)))
        .transpose()
}

/// Whether a cooperative lies where a user works, or until when it did: what was begun then may still come.
///
/// # Errors
/// When it cannot be read.
pub fn sight(connection: &Connection, user: &User, cooperative: RecordId) -> Result<Sight, Error> {
    let areas: &[AreaCode] = match &user.scope {
        Scope::District => return Ok(Sight::Now),
        Scope::Areas(areas) => areas,
        Scope::Other(_) => &[],
    };
    let until: Option<i64> = connection
        .prepare_cached(include_str!("sight.sql"))?
        .query_row(
            named_params! {
                ":cooperative": cooperative.to_string(),
                ":areas": to_json(&areas)?,
                ":user": user.id.to_string(),
                ":always": i64::MAX,
            },
            |row| row.get(0),
        )?;
    Ok(match until {
        None => Sight::Never,
        Some(i64::MAX) => Sight::Now,
        Some(until) => Sight::Until(Millis(until)),
    })
}

/// A user out of a row that has the columns of one.
pub(crate) fn read(row: &Row<'_>) -> Result<User, Error> {
    let role: String = row.get("role")?;
    let scope: String = row.get("scope")?;
    Ok(User {
        id: id(&row.get::<_, String>("id")?)?,
        username: row.get("username")?,
        name: row.get("name")?,
        role: Role::known(&role).ok_or_else(|| stored("role")(&role))?,
        scope: serde_json::from_str(&scope).map_err(stored("scope"))?,
    })
}

fn account(row: &Row<'_>) -> Result<Account, Error> {
    Ok(Account {
        user: read(row)?,
        password: row.get("password")?,
        disabled: row.get("disabled")?,
    })
}
