//! `cargo xtask dev`: builds quickly, serves, and does both again after every change.

use crate::options::Serving;
use crate::server::{self, Server};
use crate::step::step;
use crate::{bundle, files, place, run};
use anyhow::Result;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

/// What is watched.
const WATCHED: [&str; 5] = ["src", "assets", "index.html", "Cargo.toml", "Cargo.lock"];
/// How often.
const GLANCE: Duration = Duration::from_millis(400);

/// Builds, serves and watches until Ctrl-C.
///
/// # Errors
/// When the first build fails; later ones are reported and tried again after the next change.
pub(crate) fn dev(serving: &Serving) -> Result<()> {
    let stop = run::interrupts()?;
    server::build()?;
    run::office(serving)?;
    let mut running: Option<Server> = None;
    let mut built = None;
    loop {
        let now = seen()?;
        if built.as_ref() != Some(&now) {
            match again(serving, running.take()) {
                Ok(server) => running = Some(server),
                Err(error) if built.is_none() => return Err(error),
                Err(error) => eprintln!("\nerror: {error:#}\n  waiting for a change\n"),
            }
            built = Some(now);
        }
        if stop.recv_timeout(GLANCE).is_ok() {
            return running.map_or(Ok(()), |server| {
                step("stopping the server", || server.stop())
            });
        }
    }
}

/// One round. A page that is open shows the new build when it is reloaded.
fn again(serving: &Serving, running: Option<Server>) -> Result<Server> {
    let bundle = bundle::build(bundle::Kind::Dev)?;
    server::build()?;
    if let Some(server) = running {
        server.stop()?;
    }
    let server = Server::start(&serving.data, serving.port, &bundle.folder)?;
    run::greet(serving.port);
    Ok(server)
}

/// The watched files with the times they were written.
fn seen() -> Result<Vec<(PathBuf, SystemTime)>> {
    let mut list = Vec::new();
    for name in WATCHED {
        let path = place::root().join(name);
        let below = if path.is_dir() {
            files::walk(&path)?
        } else {
            vec![path]
        };
        for file in below {
            // A file that is just being replaced is seen at the next glance.
            if let Ok(written) = std::fs::metadata(&file).and_then(|about| about.modified()) {
                list.push((file, written));
            }
        }
    }
    Ok(list)
}
