//! The address of a database, `postgres://user:password@host:5432/name?sslmode=require`. Its password is shown nowhere.

use std::{fmt, str::FromStr, time::Duration};

use tokio_postgres::{
    Config,
    config::{Host, SslMode},
};

use crate::server::repo::Error;

/// How long a connection may take to come about.
const CONNECTING: Duration = Duration::from_secs(10);
/// A connection of which nothing was heard for so long is looked after.
const SILENT: Duration = Duration::from_secs(30);
/// How long the answer to a look after it, or to what was sent, may take.
const UNANSWERED: Duration = Duration::from_secs(10);

/// The address of a database.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    config: Config,
}

impl Address {
    /// What a connection takes.
    pub(super) fn config(&self) -> &Config {
        &self.config
    }

    /// Whether it is reached encrypted. A socket of this machine cannot be.
    pub(super) fn is_encrypted(&self) -> bool {
        self.config.get_ssl_mode() != SslMode::Disable
    }

    /// The database without the password.
    pub(super) fn name(&self) -> String {
        let host = match self.config.get_hosts().first() {
            Some(Host::Tcp(host)) => host.clone(),
            Some(Host::Unix(folder)) => folder.display().to_string(),
            None => String::new(),
        };
        let port = self.config.get_ports().first().copied().unwrap_or(5432);
        let database = self.config.get_dbname().unwrap_or_default();
        format!("postgres://{host}:{port}/{database}")
    }
}

impl FromStr for Address {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let no_address = || {
            // The text itself may hold a password.
            Error::Setting(
                "the address of the database is not understood; it is like postgres://user:password@host:5432/name"
                    .to_owned(),
            )
        };
        if !text.starts_with("postgres://") && !text.starts_with("postgresql://") {
            return Err(no_address());
        }
        let mut config: Config = text.parse().map_err(|_| no_address())?;
        if config.get_dbname().is_none() || config.get_hosts().is_empty() {
            return Err(no_address());
        }
        // On this machine nobody listens in, and Debian's server has a certificate there that nobody signed.
        if !text.contains("sslmode=") {
            config.ssl_mode(match config.get_hosts().iter().all(is_here) {
                true => SslMode::Disable,
                false => SslMode::Require,
            });
        }
        config
            .application_name("anjangsana")
            .connect_timeout(CONNECTING)
            .tcp_user_timeout(UNANSWERED)
            .keepalives_idle(SILENT)
            .keepalives_interval(UNANSWERED)
            .keepalives_retries(2);
        Ok(Self { config })
    }
}

fn is_here(host: &Host) -> bool {
    match host {
        Host::Unix(_) => true,
        Host::Tcp(name) => {
            name == "localhost"
                || name
                    .parse()
                    .is_ok_and(|address: std::net::IpAddr| address.is_loopback())
        }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.name())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn its_password_is_not_shown_and_not_part_of_an_error() {
        let address: Address = "postgres://office:Rahasia9@db.example/anjangsana"
            .parse()
            .unwrap();
        assert_eq!(
            format!("{address:?}"),
            "postgres://db.example:5432/anjangsana"
        );
        for wrong in [
            "postgres://office:Rahasia9@db.example:port/anjangsana",
            "mysql://office:Rahasia9@db.example/anjangsana",
            "postgres://office:Rahasia9@/",
            "Rahasia9",
        ] {
            let why = wrong.parse::<Address>().unwrap_err().to_string();
            assert!(!why.contains("Rahasia9"), "{why}");
        }
    }

    #[test]
    fn another_machine_is_reached_encrypted_unless_the_address_says_otherwise() {
        let mode = |address: &str| address.parse::<Address>().unwrap().config.get_ssl_mode();
        assert_eq!(mode("postgres://u@db.example/n"), SslMode::Require);
        assert_eq!(
            mode("postgres://u@db.example/n?sslmode=prefer"),
            SslMode::Prefer
        );
        assert_eq!(mode("postgres://u@127.0.0.1/n"), SslMode::Disable);
        assert_eq!(mode("postgres://u@localhost/n"), SslMode::Disable);
    }
}
