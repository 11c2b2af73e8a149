//! Where things lie.

use std::path::{Path, PathBuf};

/// The root of the checkout.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// Cargo's target folder.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// The web root that a server serves.
pub(crate) fn web() -> PathBuf {
    target().join("web")
}

/// What the build driver keeps between two runs.
pub(crate) fn scratch() -> PathBuf {
    target().join("xtask")
}

/// The server that `cargo` builds for running and for the tests.
pub(crate) fn server() -> PathBuf {
    target().join("debug/anjangsana-server")
}
