//! `cargo xtask test`: lint, then every test, the ones in a browser last. And the screenshots, which are made the same way.

use crate::step::step;
use crate::{browser, bundle, cargo, exec, lint, place, pyxform, sim, sizes, tus};
use anyhow::{Context, Result, bail};
use std::path::Path;
use std::process::Command;

/// The tests that need the client from npm.
const TUS: &str = "official_tus_client";

/// Runs everything, or only the tests whose names contain `filter`.
///
/// # Errors
/// At the first step that fails.
pub(crate) fn test(filter: Option<&str>) -> Result<()> {
    if filter.is_none() {
        // The layer test is among the tests below.
        lint::lint(lint::Layers::Later)?;
    }
    step("testing the build driver", || {
        exec::run(
            cargo::cargo()
                .args(["test", "--package", "xtask"])
                .args(filter),
        )
    })?;
    pyxform::install()?;
    step("unit and integration tests", || {
        let mut command = native(&["--lib", "--bins"]);
        if exists("tests/it/main.rs") {
            command.args(["--test", "it"]);
        }
        exec::run(command.args(filter))
    })?;
    if filter.is_none_or(|filter| filter.contains(TUS) || TUS.contains(filter)) {
        let client = tus::install()?;
        step("the official tus client", || {
            let mut command = native(&["--test", "it"]);
            command.args([TUS, "--", "--ignored"]);
            exec::run(command.env("ANJANGSANA_TUS", client))
        })?;
    }
    if filter.is_none() {
        sim::in_tests()?;
    }
    let bundle = bundle::build(bundle::Kind::Release)?;
    if exists("tests/e2e.rs") {
        let mut command = in_browser(&bundle.folder)?;
        step("tests in a browser", || exec::run(command.args(filter)))?;
    }
    if let Some(size) = bundle.first_load
        && size > sizes::MARK
    {
        eprintln!(
            "warning: the first load is {} kB, over the mark of {} kB",
            size / 1000,
            sizes::MARK / 1000
        );
    }
    Ok(())
}

/// Makes pictures of the main screens into `folder`.
///
/// # Errors
/// When a build or the browser fails.
pub(crate) fn screenshots(folder: Option<&str>) -> Result<()> {
    let folder = match folder {
        Some(folder) => std::path::absolute(folder)?,
        None => place::target().join("screenshots"),
    };
    std::fs::create_dir_all(&folder)?;
    let bundle = bundle::build(bundle::Kind::Release)?;
    let mut command = in_browser(&bundle.folder)?;
    command.env("ANJANGSANA_SCREENSHOTS", &folder);
    step("making screenshots", || {
        exec::run(command.args(["screenshots", "--", "--include-ignored", "--nocapture"]))
    })?;
    println!("  {}", folder.display());
    Ok(())
}

/// Measures the app in a browser and prints the figures.
///
/// # Errors
/// When a build or the browser fails.
pub(crate) fn bench() -> Result<()> {
    let bundle = bundle::build(bundle::Kind::Release)?;
    let mut command = in_browser(&bundle.folder)?;
    step("measuring in a browser", || {
        exec::run(command.args(["bench_browser", "--", "--include-ignored", "--nocapture"]))
    })
}

/// Kills a browser at work again and again, and looks each time whether anything is lost.
///
/// # Errors
/// When an option is unknown, a build fails, or something is lost.
pub(crate) fn kill_browser(args: &[String]) -> Result<()> {
    let mut options = Vec::new();
    for pair in args.chunks(2) {
        match pair {
            [name, value] if name == "--times" => options.push(("ANJANGSANA_TIMES", value)),
            [name, value] if name == "--seed" => options.push(("ANJANGSANA_SEED", value)),
            _ => bail!(
                "`{}` is unknown; there are --times N and --seed S",
                pair.join(" ")
            ),
        }
        if let Some((_, value)) = options.last() {
            let _number: u64 = value
                .parse()
                .with_context(|| format!("{value} is no number"))?;
        }
    }
    let bundle = bundle::build(bundle::Kind::Release)?;
    let mut command = in_browser(&bundle.folder)?;
    command.envs(options);
    step("killing a browser", || {
        exec::run(command.args(["kill_browser", "--", "--include-ignored", "--nocapture"]))
    })
}

/// `cargo test` with the one feature set, so that nothing is compiled twice.
fn native(targets: &[&str]) -> Command {
    let mut command = cargo::cargo();
    command.arg("test").args(cargo::NATIVE).args(targets);
    command
}

/// The tests that drive a browser; cargo builds the server beside them.
fn in_browser(web: &Path) -> Result<Command> {
    let browser = browser::find()?;
    let mut command = native(&["--test", "e2e"]);
    command
        .env("ANJANGSANA_WEB", web)
        .env("ANJANGSANA_SERVER", place::server());
    command
        .env("CHROMIUM", browser.chromium)
        .env("CHROMEDRIVER", browser.driver);
    Ok(command)
}

fn exists(file: &str) -> bool {
    place::root().join(file).exists()
}
