//! An invented office to try everything with: cooperatives marked CONTOH, people who can log in, visits in all states.
//!
//! Making it again changes nothing: every id follows from a fixed text, and every date from the day it was first made.

mod answers;
mod cooperatives;
mod visits;

use crate::domain::{AreaCode, DeviceId, Millis, Role, Scope, User, UserId};

use super::{
    accounts, forms, office,
    repo::{DEMO, Error as DatabaseError, Tx, accounts::Account, log::Author},
    secret::hash_password,
};

/// The password of everybody in the demo office.
pub const PASSWORD: &str = "demo-anjangsana";

/// Why the demo office was not made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The data folder belongs to a real office.
    #[error("the data folder holds an office already; a demo office needs a folder of its own")]
    Occupied,
    /// An account could not be made.
    #[error(transparent)]
    Account(#[from] accounts::Error),
    /// The machine has no randomness.
    #[error(transparent)]
    Machine(#[from] std::io::Error),
    /// The database fails.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

struct Colleague {
    username: &'static str,
    name: &'static str,
    role: Role,
    areas: &'static [&'static str],
}

const COLLEAGUES: [Colleague; 7] = [
    Colleague {
        username: "petugas1",
        name: "Rizky Pratama",
        role: Role::Officer,
        areas: &["19.03.01", "19.03.06"],
    },
    Colleague {
        username: "petugas2",
        name: "Dewi Anggraini",
        role: Role::Officer,
        areas: &["19.03.03", "19.03.05"],
    },
    Colleague {
        username: "petugas3",
        name: "Ahmad Fauzan",
        role: Role::Officer,
        areas: &["19.03.04", "19.03.07"],
    },
    Colleague {
        username: "petugas4",
        name: "Nurul Hidayati",
        role: Role::Officer,
        areas: &["19.03.02", "19.03.08"],
    },
    Colleague {
        username: "kabid",
        name: "Sri Wahyuningsih",
        role: Role::Supervisor,
        areas: &[],
    },
    Colleague {
        username: "kadis",
        name: "Bambang Irawan",
        role: Role::Head,
        areas: &[],
    },
    Colleague {
        username: "admin",
        name: "Yulia Safitri",
        role: Role::Admin,
        areas: &[],
    },
];

/// Makes the demo office, or what it lacks of it, in the caller's transaction. Gives who can log in.
///
/// # Errors
/// See [`Error`].
pub fn make(tx: &dyn Tx, now: Millis) -> Result<Vec<User>, Error> {
    let made = tx.fact(DEMO)?;
    let base = match made.and_then(|text| text.parse().ok()) {
        Some(millis) => Millis(millis),
        None if tx.accounts()?.is_empty() && tx.last_rev()? == 0 => now,
        None => return Err(Error::Occupied),
    };
    tx.set_fact(DEMO, &base.0.to_string())?;
    forms::publish_built_in(tx, now)?;
    let users = COLLEAGUES
        .iter()
        .map(|colleague| hire(tx, colleague, base))
        .collect::<Result<Vec<_>, _>>()?;
    cooperatives::make(tx, base)?;
    visits::make(tx, base)?;
    Ok(users)
}

/// Whether a database holds a demo office.
///
/// # Errors
/// When it cannot be read.
pub fn is_demo(tx: &dyn Tx) -> Result<bool, DatabaseError> {
    Ok(tx.fact(DEMO)?.is_some())
}

fn hire(tx: &dyn Tx, colleague: &Colleague, base: Millis) -> Result<User, Error> {
    if let Some(account) = tx.account(colleague.username)? {
        return Ok(account.user);
    }
    let areas = colleague.areas.iter().map(|area| AreaCode((*area).into()));
    let user = User {
        id: user_id(colleague.username),
        username: colleague.username.to_owned(),
        name: colleague.name.to_owned(),
        role: colleague.role,
        scope: if colleague.areas.is_empty() {
            Scope::District
        } else {
            Scope::Areas(areas.collect())
        },
    };
    let account = Account {
        user,
        password: hash_password(PASSWORD)?,
        disabled: false,
    };
    tx.add_account(&account, base)?;
    office::introduce(tx, &account.user, base)?;
    Ok(account.user)
}

fn user_id(username: &str) -> UserId {
    UserId::of_text(&format!("demo {username}"))
}

fn author(username: &str) -> Author {
    Author {
        user: Some(user_id(username)),
        device: Some(DeviceId::of_text(&format!("demo device {username}"))),
    }
}

/// An element of a table that is not empty, whatever the number.
fn pick<T: Copy>(table: &[T], number: usize) -> Option<T> {
    table.get(number.checked_rem(table.len())?).copied()
}
