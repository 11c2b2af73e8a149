//! `cargo xtask run`: from a fresh checkout to a demo office that people can log in to.

use crate::options::Serving;
use crate::server::{self, Server};
use crate::step::{span, step};
use crate::{bundle, exec, place};
use anyhow::{Context, Result, bail};
use std::path::Path;
use std::process::Command;
use std::sync::mpsc::{Receiver, channel};
use std::time::Instant;

/// This file says that a folder holds nothing but a demo office, so that `--fresh` may throw it away.
const MADE_HERE: &str = ".demo-office";

/// Builds, serves, and waits for Ctrl-C.
///
/// # Errors
/// When a step fails.
pub(crate) fn run(serving: &Serving) -> Result<()> {
    let start = Instant::now();
    let stop = interrupts()?;
    let bundle = bundle::build(bundle::Kind::Release)?;
    server::build()?;
    office(serving)?;
    let mut server = step("starting the server", || {
        Server::start(&serving.data, serving.port, &bundle.folder)
    })?;
    eprintln!("  ready after {}", span(start.elapsed()));
    greet(serving.port);
    loop {
        if stop
            .recv_timeout(std::time::Duration::from_millis(300))
            .is_ok()
        {
            return step("stopping the server", || server.stop());
        }
        if server.ended()? {
            bail!("the server ended");
        }
    }
}

/// A channel that hears Ctrl-C and a request to terminate.
///
/// # Errors
/// When the system refuses.
pub(crate) fn interrupts() -> Result<Receiver<()>> {
    let (send, stop) = channel();
    ctrlc::set_handler(move || {
        let _ = send.send(());
    })
    .context("cannot listen for Ctrl-C")?;
    Ok(stop)
}

/// Makes the demo office where the data folder is empty.
///
/// # Errors
/// When the folder is not one to throw away, or the server cannot make the office.
pub(crate) fn office(serving: &Serving) -> Result<()> {
    let data = serving.data.as_path();
    if serving.fresh && !empty(data) {
        if !data.join(MADE_HERE).exists() {
            bail!(
                "{} was not made by this command; --fresh does not throw it away",
                data.display()
            );
        }
        std::fs::remove_dir_all(data).with_context(|| format!("removing {}", data.display()))?;
    }
    if !empty(data) {
        return Ok(());
    }
    step("making the demo office", || {
        std::fs::create_dir_all(data).with_context(|| format!("making {}", data.display()))?;
        exec::run(
            Command::new(place::server())
                .arg("demo")
                .arg("--data")
                .arg(data)
                .current_dir(place::root()),
        )?;
        std::fs::write(
            data.join(MADE_HERE),
            "A demo office; `cargo xtask run --fresh` makes a new one.\n",
        )?;
        Ok(())
    })
}

fn empty(folder: &Path) -> bool {
    std::fs::read_dir(folder).map_or(true, |mut entries| entries.next().is_none())
}

/// Says where it is and who can log in.
pub(crate) fn greet(port: u16) {
    println!(
        "\n  Anjangsana is at http://localhost:{port}\n\n    \
         petugas1 .. petugas4   officers, each with two kecamatan\n    \
         kabid                  supervisor\n    \
         kadis                  head of the office\n    \
         admin                  administrator\n    \
         password of all        demo-anjangsana\n\n  \
         Ctrl-C stops it.\n"
    );
}
