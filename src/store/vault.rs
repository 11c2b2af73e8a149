//! Who has a store on this device, and the wrapped keys that open it.
//!
//! A store's key is 32 random bytes. It is kept only wrapped, twice: under a key made from the PIN and under one made
//! from the password (argon2id, own salts; XChaCha20-Poly1305 with the login name as associated data). The vault itself
//! is a small plain database: without PIN or password it opens nothing. It knows login names, never people's names.
//!
//! Wrong secrets bring a wait. Within one run of the app it is measured by a clock that nobody sets; what is left of it after
//! a restart, by the device's clock, and it is never longer than the whole wait:
//!
//! ```text
//! third wrong PIN at 10.00: none is taken for 30 s, whatever the device's clock is set to
//! restart at 10.00:10:      20 s are left
//! restart, clock set to 9.00: 30 s are left
//! ```

use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use rusqlite::{Connection, OptionalExtension, params};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::api::{Account, Damaged, StoreError};
use super::pin;
use crate::domain::Millis;
use crate::sql::{self, Key};
use crate::sync::derive::{self, COST, SALT};

/// The vault's schema, oldest step first.
pub const MIGRATIONS: [&str; 4] = [
    include_str!("migrations/vault_001.sql"),
    include_str!("migrations/vault_002.sql"),
    include_str!("migrations/vault_003.sql"),
    include_str!("migrations/vault_004.sql"),
];

/// Wrong secrets in a row that bring no wait; the next one does, and every further one doubles it, from 30 seconds to an hour.
const FREE_TRIES: u32 = 2;
const FIRST_WAIT: i64 = 30_000;
const LONGEST_WAIT: i64 = 3_600_000;

/// After so many wrong PINs in a row the key is no longer kept under the PIN: the password is needed.
const MOST_PINS: u32 = 10;

const NONCE: usize = 24;

/// Which secret wraps the key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Secret {
    /// The PIN.
    Pin,
    /// The password.
    Password,
}

impl Secret {
    /// What somebody typed who may type either: no password is as short as a PIN.
    #[must_use]
    pub fn of(text: &str) -> Self {
        match pin::digits(text) {
            Some(_) => Self::Pin,
            None => Self::Password,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Pin => "pin",
            Self::Password => "password",
        }
    }
}

/// What a device's two clocks say.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Clocks {
    /// Now, by the clock that the device's holder can set.
    pub now: Millis,
    /// The time since this run of the app began, by a clock that nobody can set. It may stand still while the device sleeps.
    pub uptime: Millis,
}

/// The accounts of a device.
pub struct Vault {
    db: Connection,
    /// Until when a secret is not looked at, in uptime; each user's secret is here once at most.
    waits: Vec<(String, Secret, Millis)>,
}

/// Fills a buffer with randomness.
pub type Random<'a> = &'a mut dyn FnMut(&mut [u8]);

impl Vault {
    /// Opens a vault, migrating it. What is left of earlier waits counts from now on in uptime.
    ///
    /// # Errors
    /// [`sql::Error`]; the file is untouched.
    pub fn open(mut db: Connection, clocks: Clocks) -> Result<Self, sql::Error> {
        // A dropped PIN leaves nothing in the file that could be tried; nor does a step that makes a table anew.
        db.execute_batch("pragma secure_delete = on")?;
        sql::migrate(&mut db, &MIGRATIONS)?;
        let mut waits = Vec::new();
        for which in [Secret::Pin, Secret::Password] {
            let mut statement = db.prepare(
                "select username, failures, wait_until from attempt where secret = ? and wait_until is not null",
            )?;
            let mut rows = statement.query([which.name()])?;
            while let Some(row) = rows.next()? {
                let whole = wait(row.get(1)?).unwrap_or(0);
                let until: i64 = row.get(2)?;
                let left = until.saturating_sub(clocks.now.0).clamp(0, whole);
                waits.push((row.get(0)?, which, clocks.uptime.plus(left)));
            }
        }
        Ok(Self { db, waits })
    }

    /// A vault in memory that knows nobody: what a device is left with when it has let go of its files.
    ///
    /// # Errors
    /// [`sql::Error::Sqlite`] without memory.
    pub fn empty() -> Result<Self, sql::Error> {
        let mut db = Connection::open_in_memory()?;
        sql::migrate(&mut db, &MIGRATIONS)?;
        Ok(Self {
            db,
            waits: Vec::new(),
        })
    }

    /// Who has a store here, last used first.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub fn accounts(&self, uptime: Millis) -> Result<Vec<Account>, StoreError> {
        let mut statement = self.db.prepare_cached(
            "select username, pin is not null from account order by last_used desc",
        )?;
        let accounts = statement
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
            .map(|row| {
                let (username, has_pin): (String, bool) = row?;
                let wait = |which| self.seconds(&username, which, uptime);
                Ok(Account {
                    pin_wait: has_pin.then(|| wait(Secret::Pin)),
                    password_wait: wait(Secret::Password),
                    username,
                })
            })
            .collect::<Result<_, rusqlite::Error>>()?;
        Ok(accounts)
    }

    /// Whole seconds for which a secret of a user is not looked at, 0 when it is.
    fn seconds(&self, username: &str, which: Secret, uptime: Millis) -> u32 {
        let mut waits = self.waits.iter();
        let wait = waits.find(|(name, secret, _)| name == username && *secret == which);
        seconds(wait.map_or(0, |(_, _, until)| until.0.saturating_sub(uptime.0)))
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

    /// Wraps the key under a (new) PIN or password as well. Wrong ones before it are forgotten.
    ///
    /// # Errors
    /// [`StoreError::BadPin`] when a PIN is not six digits; [`StoreError::CommonPin`]; [`StoreError::Database`].
    pub fn set(
        &mut self,
        username: &str,
        which: Secret,
        secret: &str,
        key: &Key,
        random: Random<'_>,
    ) -> Result<(), StoreError> {
        if which == Secret::Pin {
            let digits = pin::digits(secret).ok_or(StoreError::BadPin)?;
            if pin::is_common(digits) {
                return Err(StoreError::CommonPin);
            }
        }
        let wrapped = wrap(key, username, secret, random)?;
        self.keep(username, which, &wrapped)?;
        self.forgive(username, which)
    }

    fn keep(&self, username: &str, which: Secret, wrapped: &[u8]) -> Result<(), StoreError> {
        let sql = match which {
            Secret::Pin => "update account set pin = ? where username = ?",
            Secret::Password => "update account set password = ? where username = ?",
        };
        self.db.execute(sql, params![wrapped, username])?;
        Ok(())
    }

    /// The wrapped key; nothing when it is not kept under a PIN.
    fn wrapped(&self, username: &str, which: Secret) -> Result<Option<Vec<u8>>, StoreError> {
        let sql = match which {
            Secret::Pin => "select pin from account where username = ?",
            Secret::Password => "select password from account where username = ?",
        };
        let found = self.db.query_row(sql, [username], |row| row.get(0));
        found.optional()?.ok_or(StoreError::NotFound)
    }

    /// Forgets wrong secrets.
    fn forgive(&mut self, username: &str, which: Secret) -> Result<(), StoreError> {
        self.db.execute(
            "delete from attempt where username = ? and secret = ?",
            [username, which.name()],
        )?;
        self.no_wait(username, which);
        Ok(())
    }

    /// Lets a secret be looked at again.
    fn no_wait(&mut self, username: &str, which: Secret) {
        self.waits
            .retain(|(name, secret, _)| name != username || *secret != which);
    }

    /// The key, when this password opens it: for one that the server has just taken, so a wrong one is not counted.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]; [`StoreError::Database`].
    pub fn opened_by(&self, username: &str, password: &str) -> Result<Option<Key>, StoreError> {
        let wrapped = self.wrapped(username, Secret::Password)?;
        unwrap(&wrapped.ok_or(StoreError::NotFound)?, username, password)
    }

    /// Opens the key with a secret. A wrong one is counted before the answer is known, so that switching off in between
    /// gains nothing. The last one that is allowed takes the key out from under the PIN before it is looked at, and a right
    /// one puts it back.
    ///
    /// # Errors
    /// [`StoreError::Wait`] too early after wrong ones; [`StoreError::WrongPin`]; [`StoreError::WrongPassword`];
    /// [`StoreError::PasswordNeeded`] when no PIN is taken any more; [`StoreError::NotFound`].
    pub fn unlock(
        &mut self,
        username: &str,
        which: Secret,
        secret: &str,
        clocks: Clocks,
    ) -> Result<Key, StoreError> {
        let wrapped = self.wrapped(username, which)?;
        let wrapped = wrapped.ok_or(StoreError::PasswordNeeded)?;
        match self.seconds(username, which, clocks.uptime) {
            0 => {}
            seconds => return Err(StoreError::Wait { seconds }),
        }
        let failures = self.failures(username, which)?.saturating_add(1);
        let wait = wait(failures);
        let last = which == Secret::Pin && failures >= MOST_PINS;
        let transaction = self.db.transaction()?;
        transaction.execute(
            "insert or replace into attempt (username, secret, failures, wait_until) values (?, ?, ?, ?)",
            params![username, which.name(), failures, wait.map(|wait| clocks.now.plus(wait).0)],
        )?;
        if last {
            transaction.execute(
                "update account set pin = null where username = ?",
                [username],
            )?;
        }
        transaction.commit()?;
        if let Some(wait) = wait {
            let until = clocks.uptime.plus(wait);
            self.no_wait(username, which);
            self.waits.push((username.to_owned(), which, until));
        }
        let Some(key) = unwrap(&wrapped, username, secret)? else {
            let seconds = seconds(wait.unwrap_or(0));
            return Err(match which {
                Secret::Password => StoreError::WrongPassword { seconds },
                Secret::Pin if last => StoreError::PasswordNeeded,
                Secret::Pin => StoreError::WrongPin {
                    seconds,
                    left: MOST_PINS.saturating_sub(failures),
                },
            });
        };
        if last {
            self.keep(username, which, &wrapped)?;
        }
        self.forgive(username, which)?;
        self.used(username, clocks.now)?;
        Ok(key)
    }

    /// Wrong secrets in a row so far.
    fn failures(&self, username: &str, which: Secret) -> Result<u32, StoreError> {
        let sql = "select failures from attempt where username = ? and secret = ?";
        let found = self
            .db
            .query_row(sql, [username, which.name()], |row| row.get(0));
        Ok(found.optional()?.unwrap_or(0))
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
        let sql = "update account set last_used = ? where username = ?";
        self.db.execute(sql, params![now.0, username])?;
        Ok(())
    }
}

fn new_file(random: Random<'_>) -> String {
    let mut name = [0; 8];
    random(&mut name);
    format!("store-{:016x}.db", u64::from_be_bytes(name))
}

/// Milliseconds to wait after so many wrong secrets in a row.
fn wait(failures: u32) -> Option<i64> {
    let beyond = failures.checked_sub(FREE_TRIES + 1)?;
    Some(
        FIRST_WAIT
            .saturating_mul(1 << beyond.min(10))
            .min(LONGEST_WAIT),
    )
}

/// Milliseconds as whole seconds, none of them lost.
fn seconds(millis: i64) -> u32 {
    u32::try_from(millis.max(0).saturating_add(999) / 1000).unwrap_or(u32::MAX)
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
#[allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]
mod tests {
    use super::*;

    /// Frozen: a vault as version 2 left it, with the keys that it wraps.
    const V2: &str = include_str!("../../tests/fixtures/db/vault_v2.sql");

    /// Both clocks, so many milliseconds after the beginning.
    fn at(millis: i64) -> Clocks {
        Clocks {
            now: Millis(1_700_000_000_000 + millis),
            uptime: Millis(millis),
        }
    }

    /// The device's clock was set forward (or back) by so much.
    fn set(clocks: Clocks, by: i64) -> Clocks {
        Clocks {
            now: clocks.now.plus(by),
            ..clocks
        }
    }

    fn vault() -> (Vault, Key) {
        vault_in(Connection::open_in_memory().unwrap())
    }

    fn vault_in(db: Connection) -> (Vault, Key) {
        let mut vault = Vault::open(db, at(0)).unwrap();
        let (key, _) = vault
            .create("petugas1", "rahasia-sekali", &mut counting())
            .unwrap();
        vault
            .set("petugas1", Secret::Pin, "482913", &key, &mut counting())
            .unwrap();
        (vault, key)
    }

    /// The app was ended and is started again, its uptime at 0.
    fn restarted(vault: Vault, now: Clocks) -> Vault {
        let clocks = Clocks {
            uptime: Millis(0),
            ..now
        };
        Vault::open(vault.db, clocks).unwrap()
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

    fn pin(vault: &mut Vault, pin: &str, clocks: Clocks) -> Result<Key, StoreError> {
        vault.unlock("petugas1", Secret::Pin, pin, clocks)
    }

    fn wrong(vault: &mut Vault, clocks: Clocks) -> StoreError {
        pin(vault, "000000", clocks).unwrap_err()
    }

    /// So many wrong PINs, each after the wait that the one before brought; and the time then.
    fn wrong_ones(vault: &mut Vault, how_many: u32) -> i64 {
        let mut millis = 0;
        for _ in 0..how_many {
            match wrong(vault, at(millis)) {
                StoreError::WrongPin { seconds, .. } => millis += i64::from(seconds) * 1000,
                StoreError::PasswordNeeded => {}
                other => panic!("{other}"),
            }
        }
        millis
    }

    #[test]
    fn pin_and_password_open_the_same_key_and_nothing_else_does() {
        let (mut vault, key) = vault();
        assert_eq!(*pin(&mut vault, "482913", at(1)).unwrap(), *key);
        let mut password = |secret| vault.unlock("petugas1", Secret::Password, secret, at(1));
        assert_eq!(*password("rahasia-sekali").unwrap(), *key);
        assert_eq!(
            password("482913"),
            Err(StoreError::WrongPassword { seconds: 0 })
        );
        assert_eq!(
            vault.unlock("petugas2", Secret::Pin, "482913", at(1)),
            Err(StoreError::NotFound)
        );
    }

    #[test]
    fn wrong_pins_wait_longer_each_time_and_the_right_one_clears_them() {
        let (mut vault, _) = vault();
        let said = |seconds, left| StoreError::WrongPin { seconds, left };
        assert_eq!(wrong(&mut vault, at(1)), said(0, 9));
        assert_eq!(wrong(&mut vault, at(2)), said(0, 8));
        assert_eq!(wrong(&mut vault, at(3)), said(30, 7));
        assert_eq!(
            pin(&mut vault, "482913", at(4)),
            Err(StoreError::Wait { seconds: 30 })
        );
        assert_eq!(wrong(&mut vault, at(30_003)), said(60, 6));
        pin(&mut vault, "482913", at(90_003)).unwrap();
        assert_eq!(wrong(&mut vault, at(90_004)), said(0, 9));
    }

    #[test]
    fn a_clock_set_forward_or_back_changes_no_wait_of_this_run() {
        let (mut vault, _) = vault();
        wrong_ones(&mut vault, 3);
        for by in [86_400_000, -86_400_000, i64::MAX / 2, i64::MIN / 2] {
            assert_eq!(
                wrong(&mut vault, set(at(10_000), by)),
                StoreError::Wait { seconds: 20 },
                "clock set by {by}"
            );
        }
        pin(&mut vault, "482913", set(at(30_000), -86_400_000)).unwrap();
    }

    #[test]
    fn after_a_restart_the_rest_of_a_wait_is_left_and_never_more_than_the_whole() {
        let (mut vault, _) = vault();
        wrong_ones(&mut vault, 3);
        let mut vault = restarted(vault, at(10_000));
        let first = |vault: &Vault| vault.accounts(Millis(0)).unwrap().remove(0).pin_wait;
        assert_eq!(first(&vault), Some(20));
        assert_eq!(wrong(&mut vault, at(0)), StoreError::Wait { seconds: 20 });
        // A day back: not a day and 20 seconds.
        let mut vault = restarted(vault, set(at(10_000), -86_400_000));
        assert_eq!(first(&vault), Some(30));
        assert_eq!(
            wrong(&mut vault, set(at(0), -86_400_000)),
            StoreError::Wait { seconds: 30 }
        );
        pin(&mut vault, "482913", at(30_000)).unwrap();
    }

    #[test]
    fn what_the_accounts_say_is_what_the_vault_does() {
        let (mut vault, _) = vault();
        wrong_ones(&mut vault, 3);
        for millis in [0, 1, 29_000, 29_999, 30_000, 40_000] {
            let said = vault.accounts(Millis(millis)).unwrap().remove(0).pin_wait;
            let done = vault.unlock("petugas1", Secret::Pin, "482913", at(millis));
            match said {
                Some(0) => drop(done.unwrap()),
                Some(seconds) => assert_eq!(done, Err(StoreError::Wait { seconds })),
                None => panic!("no PIN at {millis}"),
            }
        }
    }

    #[test]
    fn ten_wrong_pins_in_a_row_leave_only_the_password_and_lose_nothing() {
        let (mut vault, key) = vault();
        wrong_ones(&mut vault, 10);
        let later = at(86_400_000);
        assert_eq!(
            pin(&mut vault, "482913", later),
            Err(StoreError::PasswordNeeded)
        );
        let account = vault.accounts(later.uptime).unwrap().remove(0);
        assert_eq!(account.pin_wait, None);
        let opened = vault
            .unlock("petugas1", Secret::Password, "rahasia-sekali", later)
            .unwrap();
        assert_eq!(*opened, *key);
        vault
            .set("petugas1", Secret::Pin, "351790", &opened, &mut counting())
            .unwrap();
        assert_eq!(*pin(&mut vault, "351790", later).unwrap(), *key);
        // It counts from the beginning.
        assert!(matches!(
            wrong(&mut vault, later),
            StoreError::WrongPin { left: 9, .. }
        ));
    }

    #[test]
    fn the_right_pin_at_the_last_try_opens_and_stays() {
        let (mut vault, key) = vault();
        let millis = wrong_ones(&mut vault, 9);
        for _ in 0..2 {
            assert_eq!(*pin(&mut vault, "482913", at(millis)).unwrap(), *key);
        }
    }

    #[test]
    fn a_restart_before_the_answer_gains_no_try() {
        let (mut vault, _) = vault();
        let millis = wrong_ones(&mut vault, 9);
        // Killed when the last try was counted and before it was looked at.
        vault
            .db
            .execute_batch("update attempt set failures = 10; update account set pin = null")
            .unwrap();
        let mut vault = restarted(vault, at(millis));
        assert_eq!(
            pin(&mut vault, "482913", at(0)),
            Err(StoreError::PasswordNeeded)
        );
    }

    #[test]
    fn a_dropped_pin_leaves_nothing_to_try_in_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("vault.db");
        let (mut vault, _) = vault_in(Connection::open(&file).unwrap());
        let wrapped = vault.wrapped("petugas1", Secret::Pin).unwrap().unwrap();
        let holds = || {
            let bytes = std::fs::read(&file).unwrap();
            bytes.windows(wrapped.len()).any(|window| window == wrapped)
        };
        assert!(holds());
        wrong_ones(&mut vault, 10);
        assert!(!holds());
    }

    #[test]
    fn bringing_an_older_vault_up_to_date_leaves_no_second_copy_of_a_wrapped_key() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("vault.db");
        let db = Connection::open(&file).unwrap();
        db.execute_batch(V2).unwrap();
        let wrapped: Vec<Vec<u8>> = db
            .prepare("select pin from account where pin is not null")
            .unwrap()
            .query_map([], |row| row.get(0))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        assert!(!wrapped.is_empty());
        drop(Vault::open(db, at(0)).unwrap());
        let bytes = std::fs::read(&file).unwrap();
        for key in wrapped {
            let copies = bytes.windows(key.len()).filter(|window| *window == key);
            assert_eq!(copies.count(), 1);
        }
    }

    #[test]
    fn wrong_passwords_wait_too_and_never_drop_the_password() {
        let (mut vault, key) = vault();
        let mut password =
            |secret, clocks| vault.unlock("petugas1", Secret::Password, secret, clocks);
        let mut millis = 0;
        for n in 0..20 {
            match password("salah-sekali", at(millis)) {
                Err(StoreError::WrongPassword { seconds }) => {
                    assert_eq!(seconds > 0, n >= 2, "try {n}");
                    millis += i64::from(seconds) * 1000;
                }
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(*password("rahasia-sekali", at(millis)).unwrap(), *key);
        // The PIN has its own count.
        assert_eq!(*pin(&mut vault, "482913", at(millis)).unwrap(), *key);
    }

    #[test]
    fn a_new_pin_takes_the_place_of_a_forgotten_one_and_the_key_stays() {
        let (mut vault, key) = vault();
        let again = vault
            .unlock("petugas1", Secret::Password, "rahasia-sekali", at(1))
            .unwrap();
        vault
            .set("petugas1", Secret::Pin, "351790", &again, &mut counting())
            .unwrap();
        assert_eq!(*pin(&mut vault, "351790", at(1)).unwrap(), *key);
        assert!(pin(&mut vault, "482913", at(1)).is_err());
    }

    #[test]
    fn a_pin_is_six_digits_that_are_not_the_first_to_be_tried() {
        let (mut vault, key) = vault();
        for (bad, why) in [
            ("12345", StoreError::BadPin),
            ("１２３４５６", StoreError::BadPin),
            ("123456", StoreError::CommonPin),
            ("010190", StoreError::CommonPin),
        ] {
            assert_eq!(
                vault.set("petugas1", Secret::Pin, bad, &key, &mut counting()),
                Err(why)
            );
        }
        pin(&mut vault, "482913", at(0)).unwrap();
    }

    #[test]
    fn a_vault_of_version_2_opens_with_its_pins_its_passwords_and_its_waits() {
        let now = |millis: i64| Clocks {
            now: Millis(1_700_000_000_000 + millis),
            uptime: Millis(0),
        };
        let keys = V2
            .lines()
            .find_map(|line| line.strip_prefix("-- keys: "))
            .unwrap();
        let keys: Vec<&str> = keys.split(' ').collect();
        let hex = |key: Key| {
            key.iter()
                .map(|byte| format!("{byte:02x}"))
                .collect::<String>()
        };
        let open = |clocks| {
            let db = Connection::open_in_memory().unwrap();
            db.execute_batch(V2).unwrap();
            Vault::open(db, clocks).unwrap()
        };
        let mut vault = open(now(86_400_000));
        for (username, key) in ["petugas1", "petugas2", "petugas3"].into_iter().zip(&keys) {
            let opened = vault.unlock(
                username,
                Secret::Password,
                "demo-anjangsana",
                now(86_400_000),
            );
            assert_eq!(hex(opened.unwrap()), *key);
        }
        // A PIN that would be refused today opens as before.
        for (username, pin, key) in [("petugas1", "246810", 0), ("petugas2", "123456", 1)] {
            let opened = vault.unlock(username, Secret::Pin, pin, now(86_400_000));
            assert_eq!(hex(opened.unwrap()), keys[key]);
        }
        assert_eq!(
            vault.unlock("petugas3", Secret::Pin, "482913", now(0)),
            Err(StoreError::PasswordNeeded)
        );
        assert_eq!(vault.damaged("petugas1").unwrap().len(), 1);
        // petugas2 had four wrong ones, the last at 160 s: a minute's wait.
        let mut vault = open(now(200_000));
        assert_eq!(
            vault.unlock("petugas2", Secret::Pin, "123456", now(200_000)),
            Err(StoreError::Wait { seconds: 20 })
        );
    }
}
