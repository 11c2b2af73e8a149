//! Making and changing accounts, for the command line and the demo office.

pub mod attempts;
pub mod sessions;

use crate::domain::{AreaCode, Millis, Role, Scope, User, UserId, area::find_kecamatan};

use super::{
    machine, office,
    repo::{self, Tx, accounts::Account},
    secret::{SHORTEST_PASSWORD, hash_password},
};

/// Why an account was not made or changed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The login name cannot be one.
    #[error(
        "{0:?} is no login name: small letters, digits, dots, dashes and underscores, 2 to 40 of them"
    )]
    Username(String),
    /// The login name is somebody else's.
    #[error("the login name {0} is taken")]
    Taken(String),
    /// Nobody has that login name.
    #[error("nobody has the login name {0}")]
    Unknown(String),
    /// The password is too short.
    #[error("a password has at least {SHORTEST_PASSWORD} letters")]
    Password,
    /// No kecamatan of that code or name.
    #[error("{0:?} is no kecamatan of this district, by code or by name")]
    Area(String),
    /// An officer works somewhere.
    #[error("an officer needs at least one kecamatan")]
    NoArea,
    /// The machine has no randomness.
    #[error(transparent)]
    Machine(#[from] std::io::Error),
    /// The database fails.
    #[error(transparent)]
    Database(#[from] repo::Error),
}

/// The areas that a list of codes or names gives; the whole district when it is empty.
///
/// # Errors
/// [`Error::Area`] for one that is unknown, [`Error::NoArea`] for an officer without any.
pub fn scope(role: Role, areas: &[String]) -> Result<Scope, Error> {
    let mut codes = areas
        .iter()
        .map(|area| {
            find_kecamatan(area)
                .map(|kecamatan| kecamatan.code.clone())
                .ok_or_else(|| Error::Area(area.clone()))
        })
        .collect::<Result<Vec<AreaCode>, _>>()?;
    codes.sort();
    codes.dedup();
    match (codes.is_empty(), role) {
        (true, Role::Officer) => Err(Error::NoArea),
        (true, _) => Ok(Scope::District),
        (false, _) => Ok(Scope::Areas(codes)),
    }
}

/// A login name as it is stored: people type it in capitals on phones.
#[must_use]
pub fn plain_username(text: &str) -> String {
    text.trim().to_lowercase()
}

/// Makes an account and tells the devices of the new colleague.
///
/// # Errors
/// See [`Error`].
pub fn add(
    tx: &dyn Tx,
    username: &str,
    name: &str,
    (role, scope): (Role, Scope),
    password: &str,
    now: Millis,
) -> Result<User, Error> {
    let username = plain_username(username);
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-_".contains(c);
    if !(2..=40).contains(&username.len()) || !username.chars().all(fits) {
        return Err(Error::Username(username));
    }
    if tx.account(&username)?.is_some() {
        return Err(Error::Taken(username));
    }
    let account = Account {
        user: User {
            id: UserId::new(now, &machine::entropy()?),
            username,
            name: name.trim().to_owned(),
            role,
            scope,
        },
        password: hash(password)?,
        disabled: false,
    };
    tx.add_account(&account, now)?;
    office::introduce(tx, &account.user, now)?;
    Ok(account.user)
}

/// Gives an account another password and ends its sessions.
///
/// # Errors
/// See [`Error`].
pub fn set_password(tx: &dyn Tx, username: &str, password: &str, now: Millis) -> Result<(), Error> {
    let account = find(tx, username)?;
    tx.set_password(account.user.id, &hash(password)?)?;
    tx.end_sessions(account.user.id, now)?;
    Ok(())
}

/// Locks an account and ends its sessions. What its devices have not sent stays on them.
///
/// # Errors
/// See [`Error`].
pub fn disable(tx: &dyn Tx, username: &str, now: Millis) -> Result<(), Error> {
    let account = find(tx, username)?;
    tx.set_disabled(account.user.id, true)?;
    tx.end_sessions(account.user.id, now)?;
    Ok(())
}

/// Lets a locked account in again, with the password it had. Its sessions stay ended.
///
/// # Errors
/// See [`Error`].
pub fn enable(tx: &dyn Tx, username: &str) -> Result<(), Error> {
    let account = find(tx, username)?;
    tx.set_disabled(account.user.id, false)?;
    Ok(())
}

/// Gives a user another role and other areas; the devices learn it at their next sync.
///
/// # Errors
/// See [`Error`].
pub fn move_to(
    tx: &dyn Tx,
    username: &str,
    (role, scope): (Role, Scope),
    now: Millis,
) -> Result<(), Error> {
    let mut account = find(tx, username)?;
    account.user.role = role;
    account.user.scope = scope;
    tx.set_place(&account.user, now)?;
    office::introduce(tx, &account.user, now)?;
    Ok(())
}

fn find(tx: &dyn Tx, username: &str) -> Result<Account, Error> {
    let username = plain_username(username);
    tx.account(&username)?.ok_or(Error::Unknown(username))
}

fn hash(password: &str) -> Result<String, Error> {
    if password.chars().count() < SHORTEST_PASSWORD {
        return Err(Error::Password);
    }
    Ok(hash_password(password)?)
}
