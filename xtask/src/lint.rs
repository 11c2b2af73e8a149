//! `cargo xtask lint`: everything that reads the code without running it.

use crate::step::step;
use crate::wasm_target::{self, WasmCargo};
use crate::{cargo, deps, exec, licences, packages, place};
use anyhow::{Result, bail};
use std::process::Command;

/// Whether the layer test, which is a test like the others, runs too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layers {
    /// Now.
    Check,
    /// With the tests that follow.
    Later,
}

/// Checks format, clippy for each feature set, docs, dependencies, licences, styles and layers.
///
/// # Errors
/// At the first thing that is not clean.
pub(crate) fn lint(layers: Layers) -> Result<()> {
    components()?;
    step("format", || {
        exec::run(cargo::cargo().args(["fmt", "--all", "--check"]))
    })?;
    let packages = packages::compiled()?;
    step("dependencies", || {
        deps::check(&packages, &packages::in_the_app()?)
    })?;
    step("licences", || licences::check(&packages))?;
    step("style sheets", styles)?;
    step("clippy: no features", || {
        clippy(&["--package", "anjangsana", "--lib"])
    })?;
    step("clippy: server, native, ui", || {
        clippy(&[&cargo::NATIVE[..], &["--all-targets"]].concat())
    })?;
    step("clippy: build driver", || {
        clippy(&["--package", "xtask", "--all-targets"])
    })?;
    step("clippy: web", web)?;
    step("docs", || {
        let mut command = cargo::cargo();
        command.arg("doc").args(cargo::NATIVE).args([
            "--no-deps",
            "--lib",
            "--document-private-items",
        ]);
        exec::run(command.env(
            "RUSTDOCFLAGS",
            "-D warnings -A rustdoc::private_intra_doc_links",
        ))
    })?;
    if layers == Layers::Check && place::root().join("tests/it/layers.rs").exists() {
        step("layers", || {
            exec::run(
                cargo::cargo()
                    .arg("test")
                    .args(cargo::NATIVE)
                    .args(["--test", "it", "layers"]),
            )
        })?;
    }
    Ok(())
}

/// A toolchain installed with rustup's smallest profile comes without the two tools.
fn components() -> Result<()> {
    let there = |tool: &str| exec::succeeds(cargo::cargo().args([tool, "--version"]));
    if there("fmt") && there("clippy") {
        return Ok(());
    }
    step("rustup component add rustfmt clippy", || {
        let mut command = Command::new("rustup");
        exec::run(
            command
                .args(["component", "add", "rustfmt", "clippy"])
                .current_dir(place::root()),
        )
    })
}

fn clippy(what: &[&str]) -> Result<()> {
    exec::run(
        cargo::cargo()
            .arg("clippy")
            .args(what)
            .args(["--", "-D", "warnings"]),
    )
}

/// The app, for wasm. Debian's toolchain for wasm comes without clippy: there it is a build with warnings denied.
fn web() -> Result<()> {
    let cargo = WasmCargo::find()?;
    let what = [
        "--package",
        "anjangsana",
        "--lib",
        "--bin",
        "anjangsana",
        "--features",
        "web",
        "--profile",
        "wasm",
    ];
    let mut command: Command;
    if cargo.kind() == wasm_target::Kind::Rustup {
        command = cargo.command("clippy");
        command.args(what).args(["--", "-D", "warnings"]);
    } else {
        eprintln!("  no clippy for wasm here: the compiler's own warnings are denied instead");
        command = cargo.command("check");
        command.args(what).env("CARGO_BUILD_WARNINGS", "deny");
    }
    exec::run(&mut command)
}

/// `dx serve` links each style sheet that Dioxus.toml names: it must name them all.
fn styles() -> Result<()> {
    let root = place::root();
    let config = std::fs::read_to_string(root.join("Dioxus.toml"))?;
    for sheet in crate::files::walk(&root.join("assets/public/css"))? {
        let address = format!(
            "/{}",
            crate::files::relative(&sheet, &root.join("assets/public"))
        );
        if !config.contains(&format!("\"{address}\"")) {
            bail!("Dioxus.toml does not name {address} under [web.resource] style");
        }
    }
    Ok(())
}
