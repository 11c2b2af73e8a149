//! The browser for the tests, and its driver.

use crate::apt::Missing;
use crate::exec;
use anyhow::{Context, Result};
use std::path::PathBuf;

/// What the tests drive.
const BROWSER: Missing = Missing {
    what: "a browser for the tests (Chromium with ChromeDriver)",
    debian: &[&["chromium", "chromium-driver"]],
    elsewhere: &[
        "Fedora: sudo dnf install chromium chromedriver",
        "Arch: sudo pacman -S chromium",
        "elsewhere: any Chromium or Chrome with the ChromeDriver of its version; CHROMIUM and CHROMEDRIVER can name them",
    ],
};

/// A browser that a test can drive.
#[derive(Debug)]
pub(crate) struct Browser {
    /// Chromium.
    pub(crate) chromium: PathBuf,
    /// ChromeDriver.
    pub(crate) driver: PathBuf,
}

/// Finds Chromium and ChromeDriver, or installs them.
///
/// # Errors
/// What is missing and could not be installed.
pub(crate) fn find() -> Result<Browser> {
    if let Some(browser) = present() {
        return Ok(browser);
    }
    BROWSER.install()?;
    present().context("Chromium and ChromeDriver are installed, but not in PATH; CHROMIUM and CHROMEDRIVER can name them")
}

fn present() -> Option<Browser> {
    let given = |name: &str| {
        std::env::var_os(name)
            .map(PathBuf::from)
            .filter(|file| file.is_file())
    };
    Some(Browser {
        chromium: given("CHROMIUM")
            .or_else(|| exec::find(&["chromium", "chromium-browser", "google-chrome"]))?,
        driver: given("CHROMEDRIVER").or_else(|| exec::find(&["chromedriver"]))?,
    })
}
