//! Installing what is missing, where that is possible: on Debian and its children, as root.

use crate::exec;
use crate::step::step;
use anyhow::{Result, bail};
use std::path::Path;
use std::process::Command;

/// Something that a step needs and that is not there.
#[derive(Debug)]
pub(crate) struct Missing {
    /// What it is, as the end of "… is missing".
    pub(crate) what: &'static str,
    /// Debian packages that bring it: the first list that apt knows is taken.
    pub(crate) debian: &'static [&'static [&'static str]],
    /// What to do on other systems, a line for each.
    pub(crate) elsewhere: &'static [&'static str],
}

impl Missing {
    /// Installs it.
    ///
    /// # Errors
    /// Where that is not possible without asking somebody: what to install, word by word. Otherwise what apt-get says.
    pub(crate) fn install(&self) -> Result<()> {
        if !possible() {
            bail!("{}", self.advice());
        }
        // A machine that never asked for the package lists knows no package; one that did need not ask again.
        if self.known().is_none() {
            step("apt-get update", || {
                exec::run(Command::new("apt-get").args(["update", "--quiet"]))
            })?;
        }
        let Some(packages) = self.known() else {
            bail!("apt knows no package for this.\n{}", self.advice());
        };
        step(&format!("apt-get install {}", packages.join(" ")), || {
            let mut command = Command::new("apt-get");
            command
                .args(["install", "--yes", "--quiet", "--no-install-recommends"])
                .args(packages);
            exec::run(command.env("DEBIAN_FRONTEND", "noninteractive"))
        })
    }

    fn known(&self) -> Option<&'static [&'static str]> {
        self.debian.iter().copied().find(|packages| {
            let mut show = Command::new("apt-cache");
            exec::succeeds(show.args(["show", "--quiet=2"]).args(*packages))
        })
    }

    fn advice(&self) -> String {
        let debian = self
            .debian
            .first()
            .map(|packages| packages.join(" "))
            .unwrap_or_default();
        let mut text = format!(
            "{} is missing. Install it and run the command again:",
            self.what
        );
        text += &format!("\n  Debian, Ubuntu: sudo apt-get install {debian}");
        for line in self.elsewhere {
            text += &format!("\n  {line}");
        }
        text
    }
}

/// Whether packages can be installed here without asking anybody.
fn possible() -> bool {
    let root = exec::output(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0");
    root && Path::new("/etc/debian_version").exists() && exec::find(&["apt-get"]).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_advice_names_the_packages_for_each_system() {
        let missing = Missing {
            what: "a clang",
            debian: &[&["clang-22", "llvm-22"], &["clang"]],
            elsewhere: &["Fedora: sudo dnf install clang"],
        };
        assert_eq!(
            missing.advice(),
            "a clang is missing. Install it and run the command again:\n  \
             Debian, Ubuntu: sudo apt-get install clang-22 llvm-22\n  \
             Fedora: sudo dnf install clang"
        );
    }
}
