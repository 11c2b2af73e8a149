//! A cargo that makes wasm, and the C compiler its SQLite needs.
//!
//! The pinned toolchain with rustup's `wasm32-unknown-unknown` comes first. Where that cannot be had, Debian packages a rustc
//! with the sources of the standard library, and cargo builds the library for wasm on the way (`-Zbuild-std`).
//!
//! What a phone downloads is built with the library too, wherever its sources can be had: for size, and without the texts of
//! panics (a panic stops the wasm at once). See [`WasmCargo::small`].

use crate::apt::Missing;
use crate::step::step;
use crate::{exec, place, sqlite};
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The target's name.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// A Rust toolchain for wasm, where rustup has none.
const RUST: Missing = Missing {
    what: "a Rust toolchain for wasm",
    debian: &[&["rustc-web", "cargo-web", "rust-web-src", "lld-22"]],
    elsewhere: &[
        "with rustup, on a network that reaches its server: rustup target add wasm32-unknown-unknown",
        "Fedora: sudo dnf install rust-std-static-wasm32-unknown-unknown",
        "Arch: sudo pacman -S rust-wasm",
    ],
};

/// A C compiler for wasm.
const CLANG: Missing = Missing {
    what: "a clang that compiles for wasm (SQLite is C), with llvm-ar,",
    debian: &[&["clang-22", "llvm-22"], &["clang", "llvm"]],
    elsewhere: &[
        "Fedora: sudo dnf install clang llvm",
        "Arch: sudo pacman -S clang llvm",
        "macOS: brew install llvm, and put the bin folder of `brew --prefix llvm` first in PATH",
    ],
};

/// The standard library built for size: a panic is one trap instruction, its text and its place are nowhere.
const SMALL_LIBRARY: [&str; 2] = [
    "-Zbuild-std=std,panic_abort",
    "-Zbuild-std-features=optimize_for_size,backtrace-trace-only",
];
/// The last one has loops in SHA-2 instead of their unrolled bodies: 3 kB.
const SMALL_FLAGS: &str = "-Zunstable-options -Cpanic=immediate-abort -Zlocation-detail=none -Zfmt-debug=none \
     --cfg=sha2_backend_soft=\"compact\"";

/// Rustup gives up by itself after some attempts; on a network that answers nothing that can take minutes.
const RUSTUP_PATIENCE: Duration = Duration::from_secs(90);

/// How to call a cargo that can build for [`TARGET`].
#[derive(Debug)]
pub(crate) struct WasmCargo {
    kind: Kind,
    library: Library,
    clang: String,
    archiver: String,
    sqlite: PathBuf,
}

/// Where the standard library for wasm comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The pinned toolchain has it.
    Rustup,
    /// Debian's sources, built on the way.
    Debian,
}

/// Which standard library the app is linked with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Library {
    /// As the toolchain has it; from Debian's there is none, so it is built plainly.
    Plain,
    /// Built for size.
    Small,
}

impl WasmCargo {
    /// The cargo for what a phone downloads: the standard library is built with the app, for size. Where its sources cannot
    /// be had, this says so and uses the library as it comes: the app then weighs about a tenth more.
    ///
    /// # Errors
    /// As [`WasmCargo::find`].
    pub(crate) fn small() -> Result<Self> {
        let mut cargo = Self::find()?;
        let sources = match cargo.kind {
            Kind::Rustup => rustup_sources(),
            Kind::Debian => Ok(()),
        };
        match sources {
            Ok(()) => cargo.library = Library::Small,
            Err(error) => eprintln!(
                "  no sources of the standard library ({error:#}): the app is built with the library as it comes, about a tenth larger"
            ),
        }
        Ok(cargo)
    }

    /// Finds the wasm target, or makes one.
    ///
    /// # Errors
    /// What is missing, and on this system exactly what to install.
    pub(crate) fn find() -> Result<Self> {
        let kind = match std::env::var("ANJANGSANA_WASM").as_deref() {
            Ok("rustup") => rustup().map(|()| Kind::Rustup)?,
            Ok("debian") => debian().map(|()| Kind::Debian)?,
            Ok("auto") | Err(_) => match rustup() {
                Ok(()) => Kind::Rustup,
                Err(error) => {
                    eprintln!("  no wasm target from rustup: {error:#}");
                    debian().map(|()| Kind::Debian)?
                }
            },
            Ok(other) => bail!("ANJANGSANA_WASM is `{other}`; it is auto, rustup or debian"),
        };
        let (clang, archiver) = clang()?;
        Ok(Self {
            kind,
            library: Library::Plain,
            clang,
            archiver,
            sqlite: sqlite::folder()?,
        })
    }

    /// Where the standard library comes from.
    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    /// The folder the artefacts of a profile are put into.
    pub(crate) fn artefacts(&self, profile: &str) -> PathBuf {
        self.target_dir().join(TARGET).join(profile)
    }

    /// `cargo <subcommand> --target wasm32-unknown-unknown`, with everything the target needs.
    pub(crate) fn command(&self, subcommand: &str) -> Command {
        let mut command = match self.kind {
            Kind::Rustup => crate::cargo::cargo(),
            Kind::Debian => debian_cargo(),
        };
        command.arg(subcommand).args(["--target", TARGET]);
        command
            .env("CC_wasm32_unknown_unknown", &self.clang)
            .env("AR_wasm32_unknown_unknown", &self.archiver)
            .env("SQLITE_WASM_RS_SOURCE_DIR", &self.sqlite);
        match (self.library, self.kind) {
            (Library::Plain, Kind::Rustup) => return command,
            (Library::Plain, Kind::Debian) => {
                command.arg("-Zbuild-std=std,panic_abort");
            }
            (Library::Small, _) => {
                command
                    .args(SMALL_LIBRARY)
                    .env("RUSTC_BOOTSTRAP", "1")
                    .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", SMALL_FLAGS);
            }
        }
        command.arg("--target-dir").arg(self.target_dir());
        command
    }

    /// Two compilers, or two libraries, in one folder would build everything anew at every change of hands.
    fn target_dir(&self) -> PathBuf {
        let target = place::target();
        match (self.kind, self.library) {
            (Kind::Rustup, Library::Plain) => target,
            (Kind::Rustup, Library::Small) => target.join("small"),
            (Kind::Debian, Library::Plain) => target.join("debian"),
            (Kind::Debian, Library::Small) => target.join("debian-small"),
        }
    }
}

/// Makes sure that the pinned toolchain can build for wasm.
fn rustup() -> Result<()> {
    if has_library()? {
        return Ok(());
    }
    fetch(&["target", "add", TARGET], has_library)
}

/// Makes sure that the sources of the pinned toolchain's standard library are there.
fn rustup_sources() -> Result<()> {
    if has_sources()? {
        return Ok(());
    }
    fetch(&["component", "add", "rust-src"], has_sources)
}

/// Has rustup fetch something, within [`RUSTUP_PATIENCE`].
fn fetch(words: &[&str], there: impl Fn() -> Result<bool>) -> Result<()> {
    let rustup = exec::find(&["rustup"]).context("there is no rustup")?;
    step(&format!("rustup {}", words.join(" ")), || {
        let mut child = Command::new(rustup)
            .args(words)
            .current_dir(place::root())
            .env("RUSTUP_MAX_RETRIES", "1")
            .stdin(Stdio::null())
            .spawn()
            .context("cannot start rustup")?;
        let start = Instant::now();
        loop {
            if let Some(status) = child.try_wait()? {
                if status.success() && there()? {
                    return Ok(());
                }
                bail!("rustup could not add it ({status})");
            }
            if start.elapsed() > RUSTUP_PATIENCE {
                child.kill()?;
                child.wait()?;
                bail!("rustup did not answer in {} s", RUSTUP_PATIENCE.as_secs());
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    })
}

/// Whether the pinned rustc has the standard library for wasm: asked of rustc, so it does not matter who installed it.
fn has_library() -> Result<bool> {
    let mut rustc = Command::new("rustc");
    rustc
        .current_dir(place::root())
        .args(["--print", "target-libdir", "--target", TARGET]);
    let folder = exec::output(&mut rustc)?;
    Ok(Path::new(folder.trim()).is_dir())
}

/// Whether the sources of the standard library stand where cargo looks for them.
fn has_sources() -> Result<bool> {
    let mut rustc = Command::new("rustc");
    rustc
        .current_dir(place::root())
        .args(["--print", "sysroot"]);
    let folder = exec::output(&mut rustc)?;
    Ok(Path::new(folder.trim())
        .join("lib/rustlib/src/rust/library/Cargo.lock")
        .is_file())
}

/// Makes sure that Debian's toolchain is there.
fn debian() -> Result<()> {
    let there = || {
        Path::new("/usr/bin/cargo").exists()
            && Path::new("/usr/bin/rustc").exists()
            && Path::new("/usr/lib/rustlib/src/rust/library").is_dir()
            && linker().is_some()
    };
    if !there() {
        RUST.install()?;
    }
    if there() {
        Ok(())
    } else {
        bail!(
            "rustc-web, cargo-web, rust-web-src and lld-22 are installed, but something of them is missing"
        )
    }
}

/// Debian's cargo, freed from what rustup told its own.
fn debian_cargo() -> Command {
    let mut command = Command::new("/usr/bin/cargo");
    command.current_dir(place::root());
    for name in [
        "RUSTUP_TOOLCHAIN",
        "RUSTUP_HOME",
        "CARGO",
        "RUSTDOC",
        "RUSTC_WRAPPER",
        "LD_LIBRARY_PATH",
    ] {
        command.env_remove(name);
    }
    // -Zbuild-std is not stable; the compiler is told to allow it.
    command
        .env("RUSTC", "/usr/bin/rustc")
        .env("RUSTC_BOOTSTRAP", "1");
    if let Some(linker) = linker() {
        command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
    }
    command
}

fn linker() -> Option<String> {
    exec::versions("wasm-ld").into_iter().next()
}

/// A clang that compiles for wasm, and the archiver of its family.
fn clang() -> Result<(String, String)> {
    if let Some(found) = present_clang() {
        return Ok(found);
    }
    CLANG.install()?;
    present_clang().context("clang is installed, but it does not compile for wasm")
}

fn present_clang() -> Option<(String, String)> {
    let given = std::env::var("CC_wasm32_unknown_unknown").ok();
    let clang = given
        .into_iter()
        .chain(exec::versions("clang"))
        .find(|clang| compiles_for_wasm(clang))?;
    let given = std::env::var("AR_wasm32_unknown_unknown").ok();
    let archiver = given.into_iter().chain(exec::versions("llvm-ar")).next()?;
    Some((clang, archiver))
}

fn compiles_for_wasm(clang: &str) -> bool {
    let mut command = Command::new(clang);
    command.arg(format!("--target={TARGET}")).args([
        "-c",
        "-x",
        "c",
        "-o",
        "/dev/null",
        "/dev/null",
    ]);
    exec::succeeds(&mut command)
}
