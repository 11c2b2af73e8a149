//! Accounts, their sessions, and the attempts to log in.

use crate::domain::{Millis, Role, Scope, User, UserId};

use super::Error;

/// SHA-256 of a session's token.
pub type Hash = [u8; 32];

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

/// Attempts to log in that count together.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Attempts<'a> {
    /// As this user, on the device of this session.
    OfDevice(&'a str, &'a Hash),
    /// As this user, from this address or /64, on devices where they never logged in.
    OfName(&'a str, &'a str),
    /// From this address or /64, on such devices.
    Near(&'a str),
    /// From this address or /48, on such devices.
    Wide(&'a str),
}

/// An attempt to log in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NewAttempt<'a> {
    /// The login name that is tried.
    pub username: &'a str,
    /// The address, or the /64 of an IPv6 address.
    pub near: &'a str,
    /// The address, or the /48 of an IPv6 address.
    pub wide: &'a str,
    /// The user's last session on the device, when there was one.
    pub device: Option<&'a Hash>,
    /// When.
    pub at: Millis,
}

/// Accounts, sessions, attempts.
pub trait Accounts {
    /// The account of a login name.
    ///
    /// # Errors
    /// When it cannot be read.
    fn account(&self, username: &str) -> Result<Option<Account>, Error>;

    /// Every account, by login name.
    ///
    /// # Errors
    /// When one cannot be read.
    fn accounts(&self) -> Result<Vec<Account>, Error>;

    /// Everybody who ever had an account, by login name.
    ///
    /// # Errors
    /// When they cannot be read.
    fn people(&self) -> Result<Vec<Named>, Error>;

    /// The role of a user; none when there is no such user.
    ///
    /// # Errors
    /// When it cannot be read.
    fn role_of(&self, user: UserId) -> Result<Option<Role>, Error>;

    /// Makes an account.
    ///
    /// # Errors
    /// When it cannot be written: the login name or the id is taken.
    fn add_account(&self, account: &Account, now: Millis) -> Result<(), Error>;

    /// Gives an account another password hash.
    ///
    /// # Errors
    /// When it cannot be written.
    fn set_password(&self, user: UserId, hash: &str) -> Result<(), Error>;

    /// Disables an account, or lets it in again.
    ///
    /// # Errors
    /// When it cannot be written.
    fn set_disabled(&self, user: UserId, disabled: bool) -> Result<(), Error>;

    /// Gives a user another role and other areas, and writes down until when they had the former ones.
    ///
    /// # Errors
    /// When it cannot be written.
    fn set_place(&self, user: &User, now: Millis) -> Result<(), Error>;

    /// Begins a session.
    ///
    /// # Errors
    /// When it cannot be written.
    fn begin_session(
        &self,
        hash: &Hash,
        user: UserId,
        device: &str,
        now: Millis,
    ) -> Result<(), Error>;

    /// Who a session belongs to and when it was last used, if that is after `idle_since`; nothing when it was ended, or its
    /// user is disabled.
    ///
    /// # Errors
    /// When it cannot be read.
    fn session(&self, hash: &Hash, idle_since: Millis) -> Result<Option<(User, Millis)>, Error>;

    /// Notes that a session is in use.
    ///
    /// # Errors
    /// When it cannot be written.
    fn touch_session(&self, hash: &Hash, now: Millis) -> Result<(), Error>;

    /// Ends a session.
    ///
    /// # Errors
    /// When it cannot be written.
    fn end_session(&self, hash: &Hash, now: Millis) -> Result<(), Error>;

    /// Ends every session of a user.
    ///
    /// # Errors
    /// When it cannot be written.
    fn end_sessions(&self, user: UserId, now: Millis) -> Result<(), Error>;

    /// Whether a user had this session, ended or not.
    ///
    /// # Errors
    /// When it cannot be read.
    fn had_session(&self, username: &str, hash: &Hash) -> Result<bool, Error>;

    /// Forgets attempts that are not after `before`, and those after `now`: these were counted by a clock that was wrong.
    ///
    /// # Errors
    /// When it cannot be written.
    fn forget_attempts(&self, before: Millis, now: Millis) -> Result<(), Error>;

    /// How many attempts there are, and when the last was.
    ///
    /// # Errors
    /// When it cannot be read.
    fn attempts(&self, of: Attempts<'_>) -> Result<(u32, Option<Millis>), Error>;

    /// When the attempt was before which so many newer ones came.
    ///
    /// # Errors
    /// When it cannot be read.
    fn attempt_before(&self, of: Attempts<'_>, newer: u32) -> Result<Option<Millis>, Error>;

    /// Counts an attempt.
    ///
    /// # Errors
    /// When it cannot be written.
    fn add_attempt(&self, attempt: &NewAttempt<'_>) -> Result<(), Error>;

    /// Forgets attempts.
    ///
    /// # Errors
    /// When it cannot be written.
    fn clear_attempts(&self, of: Attempts<'_>) -> Result<(), Error>;
}
