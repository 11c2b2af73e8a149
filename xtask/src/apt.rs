//! Installing what is missing, where that is possible: on Debian and its children, as root.

use crate::exec;
use crate::step::step;
use anyhow::{Result, bail};
use std::path::Path;
use std::process::Command;

/// Whether packages can be installed here without asking anybody.
pub(crate) fn possible() -> bool {
    let root = exec::output(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0");
    root && Path::new("/etc/debian_version").exists() && exec::find(&["apt-get"]).is_some()
}

/// Installs packages for `purpose`.
///
/// # Errors
/// Where that is not possible: what to install, word by word. Otherwise what apt-get says.
pub(crate) fn install(purpose: &str, packages: &[&str]) -> Result<()> {
    let list = packages.join(" ");
    if !possible() {
        bail!(
            "{purpose} is missing and this is not a Debian system with root rights. Install it and run the command again:\n  \
             Debian, Ubuntu:  sudo apt-get install {list}\n  \
             elsewhere:       the packages of these or similar names"
        );
    }
    step(&format!("installing {list} ({purpose})"), || {
        let install = || {
            let mut command = Command::new("apt-get");
            command
                .args(["install", "--yes", "--quiet", "--no-install-recommends"])
                .args(packages);
            command.env("DEBIAN_FRONTEND", "noninteractive");
            exec::run(&mut command)
        };
        // A machine that has never asked for the package lists knows no package; one that has need not ask again.
        let mut known = Command::new("apt-cache");
        if !exec::succeeds(known.arg("show").args(packages)) {
            exec::run(Command::new("apt-get").args(["update", "--quiet"]))?;
        }
        install()
    })
}

/// Whether apt knows a package.
pub(crate) fn knows(package: &str) -> bool {
    exec::succeeds(Command::new("apt-cache").arg("show").arg(package))
}
