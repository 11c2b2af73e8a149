//! The server as a child process: built, started, waited for, stopped gracefully.

use crate::step::step;
use crate::{cargo, exec, place};
use anyhow::{Context, Result, bail};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

/// How long a server may take from its start to its first healthy answer.
const START: Duration = Duration::from_secs(30);
/// How long it may take to finish what it is doing.
const STOP: Duration = Duration::from_secs(20);
/// How often it is looked at meanwhile.
const GLANCE: Duration = Duration::from_millis(50);

/// Builds the server.
///
/// It is the `dev` profile, in which dependencies are optimised (SQLite and the password hash fully) and only our own code is
/// not: the tests use the same dependencies, and a cold start is minutes shorter than with `--release`.
///
/// # Errors
/// When it does not compile.
pub(crate) fn build() -> Result<()> {
    step("building the server", || {
        exec::run(
            cargo::cargo()
                .arg("build")
                .args(cargo::SERVER)
                .args(["--bin", "anjangsana-server"]),
        )
    })
}

/// A running server. Dropped, it is told to stop.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
}

impl Server {
    /// Starts it on 127.0.0.1 and waits until it is healthy.
    ///
    /// # Errors
    /// When the port is taken, or it ends or stays silent.
    pub(crate) fn start(data: &Path, port: u16, web: &Path) -> Result<Self> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        drop(
            TcpListener::bind(address)
                .with_context(|| format!("port {port} is taken; --port takes another"))?,
        );
        let mut command = Command::new(place::server());
        command
            .arg("serve")
            .arg("--data")
            .arg(data)
            .arg("--listen")
            .arg(address.to_string())
            .arg("--web")
            .arg(web);
        // In a group of its own, so that Ctrl-C reaches only us, and we stop it in order.
        command.process_group(0).current_dir(place::root());
        let child = command
            .spawn()
            .with_context(|| format!("cannot start {}", exec::line(&command)))?;
        let mut server = Self { child };
        let start = Instant::now();
        while !healthy(address) {
            if let Some(status) = server.child.try_wait()? {
                bail!("the server ended with {status}");
            }
            if start.elapsed() > START {
                bail!(
                    "the server did not answer http://{address}/healthz in {} s",
                    START.as_secs()
                );
            }
            std::thread::sleep(GLANCE);
        }
        Ok(server)
    }

    /// Whether it has ended by itself.
    ///
    /// # Errors
    /// When the system cannot say.
    pub(crate) fn ended(&mut self) -> Result<bool> {
        Ok(self.child.try_wait()?.is_some())
    }

    /// Asks it to stop and waits for it.
    ///
    /// # Errors
    /// When it had to be killed.
    pub(crate) fn stop(mut self) -> Result<()> {
        self.finish()
    }

    fn finish(&mut self) -> Result<()> {
        if self.child.try_wait()?.is_some() {
            return Ok(());
        }
        exec::run(
            Command::new("kill")
                .arg("-TERM")
                .arg(self.child.id().to_string()),
        )?;
        let start = Instant::now();
        while self.child.try_wait()?.is_none() {
            if start.elapsed() > STOP {
                self.child.kill()?;
                self.child.wait()?;
                bail!(
                    "the server did not stop in {} s and was killed",
                    STOP.as_secs()
                );
            }
            std::thread::sleep(GLANCE);
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.finish();
    }
}

/// Whether `/healthz` answers 200.
fn healthy(address: SocketAddr) -> bool {
    let ask = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(1))?;
        stream.set_read_timeout(Some(Duration::from_secs(2)))?;
        write!(
            stream,
            "GET /healthz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
        )?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        Ok(answer.starts_with(b"HTTP/1.1 200"))
    };
    ask().unwrap_or(false)
}
