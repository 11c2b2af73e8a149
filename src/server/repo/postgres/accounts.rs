//! Accounts, sessions and attempts to log in, in PostgreSQL.

use tokio_postgres::Row;

use crate::{
    domain::{Millis, Role, User, UserId},
    server::repo::{
        Accounts, Error,
        accounts::{Account, Attempts, Hash, Named, NewAttempt},
        id, stored, to_json,
    },
};

use super::{
    client::{Client, Owned, Parameter},
    own,
};

impl Accounts for Client {
    fn account(&self, username: &str) -> Result<Option<Account>, Error> {
        let found = self.optional("select * from account where username = $1", &[&username])?;
        found.as_ref().map(account).transpose()
    }

    fn accounts(&self) -> Result<Vec<Account>, Error> {
        let rows = self.rows(
            r#"select * from account order by username collate "C""#,
            &[],
        )?;
        rows.iter().map(account).collect()
    }

    fn people(&self) -> Result<Vec<Named>, Error> {
        let rows = self.rows(
            r#"select id, username, name, scope from account order by username collate "C""#,
            &[],
        )?;
        let named = rows.iter().map(|row| {
            Ok(Named {
                id: row.try_get(0)?,
                username: row.try_get(1)?,
                name: row.try_get(2)?,
                scope: serde_json::from_str(row.try_get(3)?).ok(),
            })
        });
        named.collect()
    }

    fn role_of(&self, user: UserId) -> Result<Option<Role>, Error> {
        let found = self.optional(
            "select role from account where id = $1",
            &[&user.to_string()],
        )?;
        found.map(|row| role(row.try_get(0)?)).transpose()
    }

    fn add_account(&self, account: &Account, now: Millis) -> Result<(), Error> {
        let user = &account.user;
        // Waited for: a name that is taken is said here.
        self.execute(
            "insert into account (id, username, name, role, scope, password, disabled, created)
             values ($1, $2, $3, $4, $5, $6, $7, $8)",
            &[
                &user.id.to_string(),
                &user.username,
                &user.name,
                &user.role.name(),
                &to_json(&user.scope)?,
                &account.password,
                &account.disabled,
                &now.0,
            ],
        )?;
        Ok(())
    }

    fn set_password(&self, user: UserId, hash: &str) -> Result<(), Error> {
        self.send(
            "update account set password = $2 where id = $1",
            vec![of(user), own(hash)],
        )
    }

    fn set_disabled(&self, user: UserId, disabled: bool) -> Result<(), Error> {
        self.send(
            "update account set disabled = $2 where id = $1",
            vec![of(user), Box::new(disabled)],
        )
    }

    fn set_place(&self, user: &User, now: Millis) -> Result<(), Error> {
        let scope = to_json(&user.scope)?;
        self.send(
            include_str!("leave.sql"),
            vec![of(user.id), own(&scope), Box::new(now.0)],
        )?;
        self.send(
            "update account set role = $2, scope = $3, name = $4 where id = $1",
            vec![
                of(user.id),
                own(user.role.name()),
                own(&scope),
                own(&user.name),
            ],
        )
    }

    fn begin_session(
        &self,
        hash: &Hash,
        user: UserId,
        device: &str,
        now: Millis,
    ) -> Result<(), Error> {
        self.execute(
            "insert into session (hash, account, device, created, last_used) values ($1, $2, $3, $4, $4)",
            &[&hash.as_slice(), &user.to_string(), &device, &now.0],
        )?;
        Ok(())
    }

    fn session(&self, hash: &Hash, idle_since: Millis) -> Result<Option<(User, Millis)>, Error> {
        let found = self.optional(
            include_str!("session.sql"),
            &[&hash.as_slice(), &idle_since.0],
        )?;
        let read = |row: Row| Ok((user(&row)?, Millis(row.try_get("last_used")?)));
        found.map(read).transpose()
    }

    fn touch_session(&self, hash: &Hash, now: Millis) -> Result<(), Error> {
        self.send(
            "update session set last_used = $2 where hash = $1 and last_used < $2",
            vec![bytes(hash), Box::new(now.0)],
        )
    }

    fn end_session(&self, hash: &Hash, now: Millis) -> Result<(), Error> {
        self.send(
            "update session set revoked = $2 where hash = $1 and revoked is null",
            vec![bytes(hash), Box::new(now.0)],
        )
    }

    fn end_sessions(&self, user: UserId, now: Millis) -> Result<(), Error> {
        self.send(
            "update session set revoked = $2 where account = $1 and revoked is null",
            vec![of(user), Box::new(now.0)],
        )
    }

    fn had_session(&self, username: &str, hash: &Hash) -> Result<bool, Error> {
        let found = self.optional(
            "select 1 from session join account on account.id = session.account
             where session.hash = $1 and account.username = $2",
            &[&hash.as_slice(), &username],
        )?;
        Ok(found.is_some())
    }

    fn forget_attempts(&self, before: Millis, now: Millis) -> Result<(), Error> {
        self.send(
            "delete from login_attempt where at <= $1 or at > $2",
            vec![Box::new(before.0), Box::new(now.0)],
        )
    }

    fn attempts(&self, of: Attempts<'_>) -> Result<(u32, Option<Millis>), Error> {
        let [count, ..] = statements(&of);
        let row = ask(&of, |parameters| self.one(count, parameters))?;
        let last: Option<i64> = row.try_get(1)?;
        let count = u32::try_from(row.try_get::<_, i64>(0)?).map_err(stored("count"))?;
        Ok((count, last.map(Millis)))
    }

    fn attempt_before(&self, of: Attempts<'_>, newer: u32) -> Result<Option<Millis>, Error> {
        let [_, ordered, _] = statements(&of);
        let newer = i64::from(newer);
        let found = ask(&of, |parameters| {
            let mut parameters = parameters.to_vec();
            parameters.push(&newer);
            self.optional(ordered, &parameters)
        })?;
        Ok(found.map(|row| row.try_get(0)).transpose()?.map(Millis))
    }

    fn add_attempt(&self, attempt: &NewAttempt<'_>) -> Result<(), Error> {
        self.send(
            "insert into login_attempt (username, near, wide, device, at) values ($1, $2, $3, $4, $5)",
            vec![
                own(attempt.username),
                own(attempt.near),
                own(attempt.wide),
                Box::new(attempt.device.map(|hash| hash.to_vec())),
                Box::new(attempt.at.0),
            ],
        )
    }

    fn clear_attempts(&self, of: Attempts<'_>) -> Result<(), Error> {
        let [.., delete] = statements(&of);
        ask(&of, |parameters| self.execute(delete, parameters))?;
        Ok(())
    }
}

fn of(user: UserId) -> Owned {
    Box::new(user.to_string())
}

fn bytes(hash: &Hash) -> Owned {
    Box::new(hash.to_vec())
}

/// The statements that count attempts, look for one by its number from the newest, and delete them.
fn statements(of: &Attempts<'_>) -> [&'static str; 3] {
    macro_rules! statements {
        ($condition:literal, $offset:literal) => {
            [
                concat!(
                    "select count(*), max(at) from login_attempt where ",
                    $condition
                ),
                concat!(
                    "select at from login_attempt where ",
                    $condition,
                    " order by at desc limit 1 offset ",
                    $offset
                ),
                concat!("delete from login_attempt where ", $condition),
            ]
        };
    }
    match of {
        Attempts::OfDevice(..) => statements!("username = $1 and device = $2", "$3"),
        Attempts::OfName(..) => {
            statements!("username = $1 and near = $2 and device is null", "$3")
        }
        Attempts::Near(_) => statements!("near = $1 and device is null", "$2"),
        Attempts::Wide(_) => statements!("wide = $1 and device is null", "$2"),
    }
}

/// Asks with the parameters of the condition.
fn ask<T>(of: &Attempts<'_>, asks: impl FnOnce(&[Parameter<'_>]) -> T) -> T {
    match of {
        Attempts::OfDevice(name, device) => asks(&[name, &device.as_slice()]),
        Attempts::OfName(name, near) => asks(&[name, near]),
        Attempts::Near(network) | Attempts::Wide(network) => asks(&[network]),
    }
}

fn role(name: &str) -> Result<Role, Error> {
    Role::known(name).ok_or_else(|| stored("role")(name))
}

/// A user out of a row that has the columns of one.
fn user(row: &Row) -> Result<User, Error> {
    Ok(User {
        id: id(row.try_get("id")?)?,
        username: row.try_get("username")?,
        name: row.try_get("name")?,
        role: role(row.try_get("role")?)?,
        scope: serde_json::from_str(row.try_get("scope")?).map_err(stored("scope"))?,
    })
}

fn account(row: &Row) -> Result<Account, Error> {
    Ok(Account {
        user: user(row)?,
        password: row.try_get("password")?,
        disabled: row.try_get("disabled")?,
    })
}
