//! `cargo xtask sim`: the seeded simulator, built optimised and with every check.

use crate::step::step;
use crate::{cargo, exec};
use anyhow::Result;
use std::process::Command;

/// How many runs the test command makes.
const IN_TESTS: &str = "2000";

/// Runs the simulator with these options of its own.
///
/// # Errors
/// When it does not build, or finds something.
pub(crate) fn sim(args: &[String]) -> Result<()> {
    exec::run(command().args(args))
}

/// What the test command runs: some seeds, and every planted bug, which must be found.
///
/// # Errors
/// When it does not build, finds something, or finds a planted bug not.
pub(crate) fn in_tests() -> Result<()> {
    step("building the simulator", || {
        let mut build = cargo();
        build.arg("test").args(TARGET).arg("--no-run");
        exec::run(build.args(cargo::NATIVE))
    })?;
    step("simulator", || {
        exec::run(command().args(["--seeds", IN_TESTS]))
    })?;
    step("simulator: planted bugs", || {
        exec::run(command().arg("--bugs"))
    })
}

const TARGET: [&str; 4] = ["--test", "sim", "--profile", "sim"];

/// SQLite without its books on memory, which it keeps under a lock, and without looking twice at what it is given: a run
/// is little else than SQLite.
const SQLITE: &str = "-DSQLITE_DEFAULT_MEMSTATUS=0 -USQLITE_ENABLE_API_ARMOR";

fn cargo() -> Command {
    let mut cargo = cargo::cargo();
    cargo.env("LIBSQLITE3_FLAGS", SQLITE);
    cargo
}

fn command() -> Command {
    let mut command = cargo();
    command.arg("test").args(cargo::NATIVE).args(TARGET);
    command.arg("--quiet").arg("--");
    command
}
