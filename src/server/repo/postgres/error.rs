//! What an error of PostgreSQL lies at.

use tokio_postgres::error::SqlState;

use crate::server::repo::{Error, Fault};

impl From<tokio_postgres::Error> for Error {
    fn from(why: tokio_postgres::Error) -> Self {
        Self::Engine {
            fault: fault(&why),
            why: Box::new(Said(why)),
        }
    }
}

/// The error with what the server says of it. It names constraints and never values: these may be answers or hashes.
#[derive(Debug)]
pub(super) struct Said(pub(super) tokio_postgres::Error);

impl std::fmt::Display for Said {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0.as_db_error() {
            Some(said) => {
                write!(out, "{} ({})", said.message(), said.code().code())?;
                match said.constraint() {
                    Some(constraint) => write!(out, " at {constraint}"),
                    None => Ok(()),
                }
            }
            None => {
                write!(out, "{}", self.0)?;
                match std::error::Error::source(&self.0) {
                    Some(cause) => write!(out, ": {cause}"),
                    None => Ok(()),
                }
            }
        }
    }
}

impl std::error::Error for Said {}

fn fault(why: &tokio_postgres::Error) -> Fault {
    let Some(code) = why.code() else {
        // The connection broke, or was refused. What cannot be encoded or decoded is a value.
        let is_io = std::error::Error::source(why)
            .is_some_and(|cause| cause.downcast_ref::<std::io::Error>().is_some());
        return match is_io || why.is_closed() {
            true => Fault::Away,
            false => Fault::Value,
        };
    };
    if *code == SqlState::DISK_FULL {
        return Fault::Full;
    }
    // The classes of <https://www.postgresql.org/docs/current/errcodes-appendix.html>.
    match code.code().get(..2) {
        // Data that is none, a constraint, a row too large.
        Some("22" | "23" | "54") => Fault::Value,
        // No connection; run it again; the server is stopped or begins.
        Some("08" | "40") => Fault::Away,
        Some("57") if *code != SqlState::QUERY_CANCELED => Fault::Away,
        // Ended by the server: a transaction that stood still for too long, too many connections.
        _ if [
            SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
            SqlState::TOO_MANY_CONNECTIONS,
            SqlState::LOCK_NOT_AVAILABLE,
        ]
        .contains(code) =>
        {
            Fault::Away
        }
        _ => Fault::Other,
    }
}
