//! Accounts, sessions and attempts to log in, in SQLite.

use rusqlite::{Connection, OptionalExtension, Params, Row, named_params};

use crate::{
    domain::{Millis, Role, User, UserId},
    server::repo::{
        Accounts, Error,
        accounts::{Account, Attempts, Hash, Named, NewAttempt},
        id, stored, to_json,
    },
};

impl Accounts for Connection {
    fn account(&self, username: &str) -> Result<Option<Account>, Error> {
        self.prepare_cached("select * from user where username = ?1")?
            .query_row([username], |row| Ok(account(row)))
            .optional()?
            .transpose()
    }

    fn accounts(&self) -> Result<Vec<Account>, Error> {
        let mut statement = self.prepare_cached("select * from user order by username")?;
        let mut rows = statement.query([])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(account(row)?);
        }
        Ok(found)
    }

    fn people(&self) -> Result<Vec<Named>, Error> {
        let mut statement =
            self.prepare_cached("select id, username, name, scope from user order by username")?;
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

    fn role_of(&self, user: UserId) -> Result<Option<Role>, Error> {
        let role: Option<String> = self
            .prepare_cached("select role from user where id = ?1")?
            .query_row([user.to_string()], |row| row.get(0))
            .optional()?;
        role.map(|name| Role::known(&name).ok_or_else(|| stored("role")(&name)))
            .transpose()
    }

    fn add_account(&self, account: &Account, now: Millis) -> Result<(), Error> {
        let user = &account.user;
        self.prepare_cached(include_str!("insert_user.sql"))?
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

    fn set_password(&self, user: UserId, hash: &str) -> Result<(), Error> {
        execute(
            self,
            "update user set password = ?2 where id = ?1",
            (user.to_string(), hash),
        )
    }

    fn set_disabled(&self, user: UserId, disabled: bool) -> Result<(), Error> {
        execute(
            self,
            "update user set disabled = ?2 where id = ?1",
            (user.to_string(), disabled),
        )
    }

    fn set_place(&self, user: &User, now: Millis) -> Result<(), Error> {
        self.prepare_cached(include_str!("leave.sql"))?
            .execute(named_params! {
                ":user": user.id.to_string(),
                ":scope": to_json(&user.scope)?,
                ":now": now.0,
            })?;
        execute(
            self,
            "update user set role = ?2, scope = ?3, name = ?4 where id = ?1",
            (
                user.id.to_string(),
                user.role.name(),
                to_json(&user.scope)?,
                &user.name,
            ),
        )
    }

    fn begin_session(
        &self,
        hash: &Hash,
        user: UserId,
        device: &str,
        now: Millis,
    ) -> Result<(), Error> {
        execute(
            self,
            "insert into session (hash, user, device, created, last_used) values (?1, ?2, ?3, ?4, ?4)",
            (hash, user.to_string(), device, now.0),
        )
    }

    fn session(&self, hash: &Hash, idle_since: Millis) -> Result<Option<(User, Millis)>, Error> {
        self.prepare_cached(include_str!("session.sql"))?
            .query_row((hash, idle_since.0), |row| {
                Ok(user(row).and_then(|user| Ok((user, Millis(row.get("last_used")?)))))
            })
            .optional()?
            .transpose()
    }

    fn touch_session(&self, hash: &Hash, now: Millis) -> Result<(), Error> {
        execute(
            self,
            "update session set last_used = ?2 where hash = ?1 and last_used < ?2",
            (hash, now.0),
        )
    }

    fn end_session(&self, hash: &Hash, now: Millis) -> Result<(), Error> {
        execute(
            self,
            "update session set revoked = ?2 where hash = ?1 and revoked is null",
            (hash, now.0),
        )
    }

    fn end_sessions(&self, user: UserId, now: Millis) -> Result<(), Error> {
        execute(
            self,
            "update session set revoked = ?2 where user = ?1 and revoked is null",
            (user.to_string(), now.0),
        )
    }

    fn had_session(&self, username: &str, hash: &Hash) -> Result<bool, Error> {
        Ok(self
            .prepare_cached(
                "select 1 from session join user on user.id = session.user
                 where session.hash = ?1 and user.username = ?2",
            )?
            .exists((hash, username))?)
    }

    fn forget_attempts(&self, before: Millis, now: Millis) -> Result<(), Error> {
        execute(
            self,
            "delete from login_attempt where at <= ?1 or at > ?2",
            (before.0, now.0),
        )
    }

    fn attempts(&self, of: Attempts<'_>) -> Result<(u32, Option<Millis>), Error> {
        let (condition, one, two) = condition(&of);
        let sql = format!("select count(*), max(at) from login_attempt where {condition}");
        Ok(self.prepare_cached(&sql)?.query_row((one, two), |row| {
            Ok((row.get(0)?, row.get::<_, Option<i64>>(1)?.map(Millis)))
        })?)
    }

    fn attempt_before(&self, of: Attempts<'_>, newer: u32) -> Result<Option<Millis>, Error> {
        let (condition, one, two) = condition(&of);
        let sql = format!(
            "select at from login_attempt where {condition} order by at desc limit 1 offset ?3"
        );
        let at: Option<i64> = self
            .prepare_cached(&sql)?
            .query_row((one, two, newer), |row| row.get(0))
            .optional()?;
        Ok(at.map(Millis))
    }

    fn add_attempt(&self, attempt: &NewAttempt<'_>) -> Result<(), Error> {
        execute(
            self,
            "insert into login_attempt (username, near, wide, device, at) values (?1, ?2, ?3, ?4, ?5)",
            (
                attempt.username,
                attempt.near,
                attempt.wide,
                attempt.device,
                attempt.at.0,
            ),
        )
    }

    fn clear_attempts(&self, of: Attempts<'_>) -> Result<(), Error> {
        let (condition, one, two) = condition(&of);
        execute(
            self,
            &format!("delete from login_attempt where {condition}"),
            (one, two),
        )
    }
}

fn execute(connection: &Connection, sql: &str, parameters: impl Params) -> Result<(), Error> {
    connection.prepare_cached(sql)?.execute(parameters)?;
    Ok(())
}

type Value<'a> = rusqlite::types::ToSqlOutput<'a>;

/// Which attempts: a condition, and its two parameters.
fn condition<'a>(of: &Attempts<'a>) -> (&'static str, Value<'a>, Value<'a>) {
    let (null, text) = (Value::from(rusqlite::types::Null), |text: &'a str| {
        Value::from(text)
    });
    match *of {
        Attempts::OfDevice(name, device) => (
            "username = ?1 and device = ?2",
            text(name),
            Value::from(device.as_slice()),
        ),
        Attempts::OfName(name, near) => (
            "username = ?1 and near = ?2 and device is null",
            text(name),
            text(near),
        ),
        Attempts::Near(near) => ("near = ?1 and device is ?2", text(near), null),
        Attempts::Wide(wide) => ("wide = ?1 and device is ?2", text(wide), null),
    }
}

/// A user out of a row that has the columns of one.
fn user(row: &Row<'_>) -> Result<User, Error> {
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
        user: user(row)?,
        password: row.get("password")?,
        disabled: row.get("disabled")?,
    })
}
