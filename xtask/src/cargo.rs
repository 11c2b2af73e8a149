//! Calling cargo, the one that called us.

use crate::place;
use std::process::Command;

/// The features of everything that is tested outside a browser: one set, so that dependencies compile once.
pub(crate) const NATIVE: [&str; 4] = ["--package", "anjangsana", "--features", "server,native,ui"];
/// The features of a server that is only run: somebody waits for it.
pub(crate) const SERVER: [&str; 4] = ["--package", "anjangsana", "--features", "server"];

/// Cargo in the root of the checkout.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(place::root());
    command
}
