//! Who has a store on this device, and the wrapped keys that open it.
//!
//! A store's key is 32 random bytes. It is kept only wrapped, twice: under a key made from the PIN and under one made
//! from the password (argon2id, own salts; XChaCha20-Poly1305 with the login name as associated data). The vault itself
//! is a small plain database: without PIN or password it opens nothing. It knows login names, never people's names.

use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use rusqlite::{Connection, OptionalExtension, params};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::api::{Account, Damaged, StoreError};
use crate::domain::Millis;
use crate::sql::{self, Key};
use crate::sync::derive::{self, COST, SALT};

/// The vault's schema, oldest step first.
pub const MIGRATIONS: [&str; 3] = [
    include_str!("migrations/vault_001.sql"),
    include_str!("migrations/vault_002.sql"),
    include_str!("migrations/vault_003.sql"),
];

/// Digits of a PIN.
pub const PIN_DIGITS: usize = 6;

/// Wrong PINs that cost nothing; every further one doubles the wait, from 30 seconds to an hour.
const FREE_TRIES: u32 = 3;
const FIRST_WAIT: i64 = 30_000;
const LONGEST_WAIT: i64 = 3_600_000;

const NONCE: usize = 24;

/// Which secret wraps the key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Secret {
    /// The PIN.
    Pin,
    /// The password.
    Password,
}

/// The accounts of a device.
pub struct Vault {
    db: Connection,
}

/// Fills a buffer with randomness.
pub type Random<'a> = &'a mut dyn FnMut(&mut [u8]);

impl Vault {
    /// Opens a vault, migrating it.
    ///
    /// # Errors
    /// [`sql::Error`]; the file is untouched.
    pub fn open(mut db: Connection) -> Result<Self, sql::Error> {
        sql::migrate(&mut db, &MIGRATIONS)?;
        Ok(Self { db })
    }

    /// A vault in memory that knows nobody: what a device is left with when it has let go of its files.
    ///
    /// # Errors
    /// [`sql::Error::Sqlite`] without memory.
    pub fn empty() -> Result<Self, sql::Error> {
        Self::open(Connection::open_in_memory()?)
    }

    /// Who has a store here, last used first. Accounts without a PIN (a login that was never finished) open by
    /// password only and are left out.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub fn accounts(&self) -> Result<Vec<Account>, StoreError> {
        let mut statement = self
            .db
            .prepare_cached("select username, wait_until from account where pin is not null order by last_used desc")?;
        let accounts = statement
            .query_map([], |row| {
                Ok(Account {
                    username: row.get(0)?,
                    wait_until: row.get::<_, Option<i64>>(1)?.map(Millis),
                })
            })?
            .collect::<Result<_, _>>()?;
        Ok(accounts)
    }

    /// The file of a user's store, if there is one.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub fn file(&self, username: &str) -> Result<Option<String>, StoreError> {
        let found = self
            .db
            .query_row(
                "select file from account where username = ?",
                [username],
                |row| row.get(0),
            )
            .optional()?;
        Ok(found)
    }

    /// Makes an account with a new key, wrapped by the password, and the name of its file.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub fn create(
        &self,
        username: &str,
        password: &str,
        random: Random<'_>,
    ) -> Result<(Key, String), StoreError> {
        let mut key = Key::new([0; 32]);
        random(&mut *key);
        let file = new_file(random);
        let wrapped = wrap(&key, username, password, random)?;
        self.db.execute(
            "insert into account (username, file, password, last_used) values (?, ?, ?, 0)",
            params![username, file, wrapped],
        )?;
        Ok((key, file))
    }

    /// Wraps the key under a (new) PIN or password as well.
    ///
    /// # Errors
    /// [`StoreError::BadPin`] when a PIN is not six digits; [`StoreError::Database`].
    pub fn set(
        &self,
        username: &str,
        which: Secret,
        secret: &str,
        key: &Key,
        random: Random<'_>,
    ) -> Result<(), StoreError> {
        if which == Secret::Pin
            && (secret.len() != PIN_DIGITS || !secret.bytes().all(|byte| byte.is_ascii_digit()))
        {
            return Err(StoreError::BadPin);
        }
        let wrapped = wrap(key, username, secret, random)?;
        let sql = match which {
            Secret::Pin => {
                "update account set pin = ?, failures = 0, wait_until = null where username = ?"
            }
            Secret::Password => "update account set password = ? where username = ?",
        };
        self.db.execute(sql, params![wrapped, username])?;
        Ok(())
    }

    /// Opens the key with a secret. Wrong PINs are counted before the answer is known, so that switching off in between
    /// gains nothing.
    ///
    /// # Errors
    /// [`StoreError::Wait`] too early after wrong ones; [`StoreError::WrongPin`]; for a password
    /// [`StoreError::OldSecretNeeded`]; [`StoreError::NotFound`].
    pub fn unlock(
        &self,
        username: &str,
        which: Secret,
        secret: &str,
        now: Millis,
    ) -> Result<Key, StoreError> {
        let (wrapped, failures, until): (Option<Vec<u8>>, u32, Option<i64>) = self
            .db
            .query_row(
                match which {
                    Secret::Pin => {
                        "select pin, failures, wait_until from account where username = ?"
                    }
                    Secret::Password => {
                        "select password, failures, wait_until from account where username = ?"
                    }
                },
                [username],
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
            )
            .optional()?
            .ok_or(StoreError::NotFound)?;
        let wrapped = wrapped.ok_or(StoreError::NotFound)?;
        if which == Secret::Password {
            return unwrap(&wrapped, username, secret)?.ok_or(StoreError::OldSecretNeeded);
        }
        if let Some(until) = until.map(Millis)
            && now < until
            // A clock put back must not lock anybody out for longer than the longest wait.
            && until.0 - now.0 <= LONGEST_WAIT
        {
            return Err(StoreError::Wait { until });
        }
        let failures = failures.saturating_add(1);
        let wait_until = wait(failures).map(|wait| now.plus(wait));
        self.db.execute(
            "update account set failures = ?, wait_until = ? where username = ?",
            params![failures, wait_until.map(|at| at.0), username],
        )?;
        let key = unwrap(&wrapped, username, secret)?.ok_or(StoreError::WrongPin { wait_until })?;
        self.db.execute(
            "update account set failures = 0, wait_until = null, last_used = ? where username = ?",
            params![now.0, username],
        )?;
        Ok(key)
    }

    /// Notes that a store is being opened; says whether it was closed well before.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub fn opens(&self, username: &str) -> Result<bool, StoreError> {
        let sql = "update account set open = 1 where username = ? and open = 0";
        Ok(self.db.execute(sql, [username])? > 0)
    }

    /// Notes that a store was closed well.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub fn closed(&self, username: &str) -> Result<(), StoreError> {
        let sql = "update account set open = 0 where username = ?";
        self.db.execute(sql, [username])?;
        Ok(())
    }

    /// Sets a store's file aside, as it is, and gives its user the name of a new one.
    ///
    /// # Errors
    /// [`StoreError::Database`]; the account still has the old one then.
    pub fn set_aside(
        &mut self,
        username: &str,
        reason: &str,
        now: Millis,
        random: Random<'_>,
    ) -> Result<String, StoreError> {
        let file = new_file(random);
        let transaction = self.db.transaction()?;
        transaction.execute(
            "insert into damaged (file, username, at, reason) select file, username, ?, ? from account where username = ?",
            params![now.0, reason, username],
        )?;
        transaction.execute(
            "update account set file = ?, open = 0 where username = ?",
            params![file, username],
        )?;
        transaction.commit()?;
        Ok(file)
    }

    /// What was set aside of a user, newest first.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub fn damaged(&self, username: &str) -> Result<Vec<Damaged>, StoreError> {
        let sql = "select file, at, reason from damaged where username = ? order by at desc";
        let mut statement = self.db.prepare(sql)?;
        let damaged = statement
            .query_map([username], |row| {
                Ok(Damaged {
                    file: row.get(0)?,
                    at: Millis(row.get(1)?),
                    reason: row.get(2)?,
                })
            })?
            .collect::<Result<_, _>>()?;
        Ok(damaged)
    }

    /// Keeps the hash of the token of a user's session: see [`Vault::last_session`].
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub fn keep_session(&self, username: &str, token: &str) -> Result<(), StoreError> {
        let hash = Sha256::digest(token.as_bytes());
        let mut hex = String::with_capacity(64);
        for byte in hash {
            for half in [byte >> 4, byte & 15] {
                hex.extend(char::from_digit(u32::from(half), 16));
            }
        }
        self.db.execute(
            "insert into last_session (username, token_hash) values (?1, ?2)
             on conflict do update set token_hash = excluded.token_hash",
            [username, &hex],
        )?;
        Ok(())
    }

    /// The hash, in hex, of the token of a user's last session on this device; empty when there was none. The server lets
    /// such a device try a password although strangers failed with that name.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub fn last_session(&self, username: &str) -> Result<String, StoreError> {
        let sql = "select token_hash from last_session where username = ?";
        let found = self.db.query_row(sql, [username], |row| row.get(0));
        Ok(found.optional()?.unwrap_or_default())
    }

    /// Notes that an account was opened.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub fn used(&self, username: &str, now: Millis) -> Result<(), StoreError> {
        self.db.execute(
            "update account set failures = 0, wait_until = null, last_used = ? where username = ?",
            params![now.0, username],
        )?;
        Ok(())
    }
}

fn new_file(random: Random<'_>) -> String {
    let mut name = [0; 8];
    random(&mut name);
    format!("store-{:016x}.db", u64::from_be_bytes(name))
}

fn wait(failures: u32) -> Option<i64> {
    let beyond = failures.checked_sub(FREE_TRIES)?;
    Some(
        FIRST_WAIT
            .saturating_mul(1 << beyond.min(10))
            .min(LONGEST_WAIT),
    )
}

fn derive(salt: &[u8], secret: &str) -> Result<Zeroizing<[u8; 32]>, StoreError> {
    derive::derive(COST, salt, secret)
        .ok_or_else(|| StoreError::Database("key derivation failed".to_owned()))
}

fn cipher(key: &[u8; 32]) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(key.into())
}

/// Salt, nonce and sealed key in one blob.
fn wrap(
    key: &Key,
    username: &str,
    secret: &str,
    random: Random<'_>,
) -> Result<Vec<u8>, StoreError> {
    let (mut salt, mut nonce) = ([0; SALT], [0; NONCE]);
    random(&mut salt);
    random(&mut nonce);
    let sealed = cipher(&*derive(&salt, secret)?)
        .encrypt(
            &XNonce::from(nonce),
            Payload {
                msg: &**key,
                aad: username.as_bytes(),
            },
        )
        .map_err(|_| StoreError::Database("key wrapping failed".to_owned()))?;
    Ok([&salt[..], &nonce[..], &sealed].concat())
}

/// The key, or nothing when the secret is wrong.
fn unwrap(wrapped: &[u8], username: &str, secret: &str) -> Result<Option<Key>, StoreError> {
    let malformed = || StoreError::Database("a wrapped key is damaged".to_owned());
    let (salt, rest) = wrapped.split_at_checked(SALT).ok_or_else(malformed)?;
    let (nonce, sealed) = rest.split_first_chunk::<NONCE>().ok_or_else(malformed)?;
    let opened = cipher(&*derive(salt, secret)?).decrypt(
        &XNonce::from(*nonce),
        Payload {
            msg: sealed,
            aad: username.as_bytes(),
        },
    );
    let Ok(opened) = opened.map(Zeroizing::new) else {
        return Ok(None);
    };
    let bytes: [u8; 32] = opened.as_slice().try_into().map_err(|_| malformed())?;
    Ok(Some(Key::new(bytes)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;

    fn vault() -> (Vault, Key) {
        let vault = Vault::open(Connection::open_in_memory().unwrap()).unwrap();
        let (key, _) = vault
            .create("petugas1", "rahasia", &mut counting())
            .unwrap();
        vault
            .set("petugas1", Secret::Pin, "246810", &key, &mut counting())
            .unwrap();
        (vault, key)
    }

    fn counting() -> impl FnMut(&mut [u8]) {
        let mut next = 0u8;
        move |bytes| {
            bytes.iter_mut().for_each(|byte| {
                next = next.wrapping_add(7);
                *byte = next;
            })
        }
    }

    #[test]
    fn pin_and_password_open_the_same_key_and_nothing_else_does() {
        let (vault, key) = vault();
        assert_eq!(
            *vault
                .unlock("petugas1", Secret::Pin, "246810", Millis(1))
                .unwrap(),
            *key
        );
        assert_eq!(
            *vault
                .unlock("petugas1", Secret::Password, "rahasia", Millis(1))
                .unwrap(),
            *key
        );
        assert!(matches!(
            vault.unlock("petugas1", Secret::Password, "246810", Millis(1)),
            Err(StoreError::OldSecretNeeded)
        ));
        assert!(matches!(
            vault.unlock("petugas2", Secret::Pin, "246810", Millis(1)),
            Err(StoreError::NotFound)
        ));
    }

    #[test]
    fn wrong_pins_wait_longer_each_time_and_the_right_one_clears_them() {
        let (vault, _) = vault();
        let wrong = |now| vault.unlock("petugas1", Secret::Pin, "000000", Millis(now));
        assert!(matches!(
            wrong(1),
            Err(StoreError::WrongPin { wait_until: None })
        ));
        assert!(matches!(
            wrong(2),
            Err(StoreError::WrongPin { wait_until: None })
        ));
        assert!(matches!(
            wrong(3),
            Err(StoreError::WrongPin {
                wait_until: Some(Millis(30_003))
            })
        ));
        assert!(matches!(
            vault.unlock("petugas1", Secret::Pin, "246810", Millis(4)),
            Err(StoreError::Wait { .. })
        ));
        assert!(matches!(
            wrong(30_003),
            Err(StoreError::WrongPin {
                wait_until: Some(Millis(90_003))
            })
        ));
        vault
            .unlock("petugas1", Secret::Pin, "246810", Millis(90_003))
            .unwrap();
        assert!(matches!(
            wrong(90_004),
            Err(StoreError::WrongPin { wait_until: None })
        ));
    }

    #[test]
    fn a_new_pin_takes_the_place_of_a_forgotten_one_and_the_key_stays() {
        let (vault, key) = vault();
        let again = vault
            .unlock("petugas1", Secret::Password, "rahasia", Millis(1))
            .unwrap();
        vault
            .set("petugas1", Secret::Pin, "135790", &again, &mut counting())
            .unwrap();
        assert_eq!(
            *vault
                .unlock("petugas1", Secret::Pin, "135790", Millis(1))
                .unwrap(),
            *key
        );
        assert!(
            vault
                .unlock("petugas1", Secret::Pin, "246810", Millis(1))
                .is_err()
        );
    }

    #[test]
    fn a_pin_is_six_digits() {
        let (vault, key) = vault();
        for bad in ["", "12345", "1234567", "12345a", "１２３４５６"] {
            assert_eq!(
                vault.set("petugas1", Secret::Pin, bad, &key, &mut counting()),
                Err(StoreError::BadPin)
            );
        }
    }
}
