//! Builds the web root: the wasm, its glue, and what stands in `assets/public`, under hashed names, compressed, with the list
//! of what a device keeps.

use crate::compress::{self, Weight};
use crate::files::{self, Tree};
use crate::glue;
use crate::links::{self, Links};
use crate::merge::{self, Which};
use crate::names::{self, Bound};
use crate::order;
use crate::sizes::{self, Part};
use crate::split;
use crate::step::step;
use crate::wasm_target::WasmCargo;
use crate::{exec, place};
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};
use wasm_bindgen_cli_support::Bindgen;

/// What the build is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// For a phone: small, compressed.
    Release,
    /// For the one who writes it: quickly built, with names in its panics.
    Dev,
}

/// A finished web root.
#[derive(Debug)]
pub(crate) struct Bundle {
    /// Its folder.
    pub(crate) folder: PathBuf,
    /// Bytes of the first load after brotli; nothing for a development build.
    pub(crate) first_load: Option<usize>,
}

impl Kind {
    fn profile(self) -> &'static str {
        match self {
            Self::Release => "wasm",
            Self::Dev => "wasm-dev",
        }
    }

    fn folder(self) -> PathBuf {
        match self {
            Self::Release => place::web(),
            Self::Dev => place::target().join("web-dev"),
        }
    }
}

/// Builds the web root. What did not change is not made again.
///
/// # Errors
/// When there is no way to a wasm target, or a step fails.
pub(crate) fn build(kind: Kind) -> Result<Bundle> {
    let cargo = match kind {
        Kind::Release => WasmCargo::small()?,
        Kind::Dev => WasmCargo::find()?,
    };
    step("building the app (wasm)", || {
        let mut command = cargo.command("rustc");
        command.args([
            "--package",
            "anjangsana",
            "--bin",
            "anjangsana",
            "--features",
            "web",
            "--profile",
            kind.profile(),
        ]);
        if kind == Kind::Release {
            // For `split`: whose address stands where, and its door's name. For `never`: functions that are what they are called.
            command
                .args([
                    "--",
                    "-Clink-arg=--emit-relocs",
                    "-Csymbol-mangling-version=v0",
                    "-Zmerge-functions=disabled",
                ])
                .env("RUSTC_BOOTSTRAP", "1");
        }
        exec::run(&mut command)
    })?;
    let wasm = cargo.artefacts(kind.profile()).join("anjangsana.wasm");
    let wasm_bytes = std::fs::read(&wasm).with_context(|| format!("reading {}", wasm.display()))?;
    let mut public = files::read_tree(&place::root().join("assets/public"))?;
    // The page stands where dx looks for it.
    let page = place::root().join("index.html");
    let bytes = std::fs::read(&page).with_context(|| page.display().to_string())?;
    public.insert("index.html".into(), bytes);

    // The report stands for the whole build: it is written last, and only for these very inputs.
    let me = std::env::current_exe()
        .and_then(std::fs::read)
        .unwrap_or_default();
    let inputs = files::hash(
        format!(
            "{} {} {}",
            files::hash(&wasm_bytes),
            files::hash_tree(&public),
            files::hash(&me)
        )
        .as_bytes(),
    );
    let stamp = place::scratch().join(format!("{}.stamp", kind.profile()));
    let before = std::fs::read_to_string(&stamp).unwrap_or_default();
    if let Some((size, report)) = before
        .strip_prefix(&inputs)
        .and_then(|rest| rest.trim_start().split_once('\n'))
        && kind.folder().join("index.html").exists()
    {
        eprintln!("{report}");
        return Ok(Bundle {
            folder: kind.folder(),
            first_load: size.parse().ok(),
        });
    }
    let _ = std::fs::remove_file(&stamp);

    let root = step("bundling", || {
        names::arrange(public, bind(wasm_bytes, kind)?)
    })?;
    if kind == Kind::Dev {
        place_files(&kind.folder(), &root.files, &[])?;
        return Ok(Bundle {
            folder: kind.folder(),
            first_load: None,
        });
    }
    let weights = step("compressing", || {
        place_compressed(&kind.folder(), &root.files)
    })?;
    let loaded = |path: &str| {
        path == "/sw.js"
            || path == "/precache.json"
            || root.kept.iter().any(|(kept, _)| kept == path)
    };
    let (following, parts): (Vec<Part>, Vec<Part>) = weights
        .into_iter()
        .map(|(path, weight)| {
            (
                if path == "index.html" {
                    "/".to_owned()
                } else {
                    format!("/{path}")
                },
                weight,
            )
        })
        .filter(|(path, _)| loaded(path))
        .map(|(path, weight)| Part { path, weight })
        .partition(|part| part.path.starts_with(names::FOLLOWING));
    let size = sizes::total(&parts);
    let report = format!(
        "{}\n  then, while the first screens are used: {} kB with the others",
        sizes::table(&parts),
        sizes::total(&following) / 1000
    );
    eprintln!("{report}");
    files::write(&stamp, format!("{inputs} {size}\n{report}").as_bytes())?;
    Ok(Bundle {
        folder: kind.folder(),
        first_load: Some(size),
    })
}

/// Runs wasm-bindgen, as a library of the very version that the app is linked with, and takes the wasm apart.
fn bind(linked: Vec<u8>, kind: Kind) -> Result<Bound> {
    let out = place::scratch().join("bindgen").join(kind.profile());
    if out.exists() {
        std::fs::remove_dir_all(&out)?;
    }
    let release = kind == Kind::Release;
    let links = release.then(|| Links::of(&linked)).transpose()?;
    let input = if release {
        links::tag(&linked)?
    } else {
        linked
    };
    let mut bindgen = Bindgen::new();
    bindgen
        .input_bytes("anjangsana", input)
        .out_name("anjangsana")
        .typescript(false)
        .omit_default_module_path(true);
    // The names are needed for what follows; they go with the order of the functions.
    bindgen
        .remove_producers_section(release)
        .keep_debug(!release);
    bindgen.web(true)?.generate(&out)?;
    let mut wasm = std::fs::read(out.join("anjangsana_bg.wasm"))?;
    let mut glue = std::fs::read_to_string(out.join("anjangsana.js"))?;
    let mut following = None;
    if let Some(links) = links {
        let (first, second) = split::split(&merge::merge(&wasm, Which::Calls)?, &links)?;
        let first = merge::merge(&first, Which::CallsAndPlaces)?;
        let second = merge::merge(&second, Which::CallsAndPlaces)?;
        (glue, wasm) = glue::shorten(&glue, &order::order(&first)?)?;
        following = Some(order::order(&second)?);
    }
    Ok(Bound {
        wasm,
        following,
        glue,
        snippets: files::read_tree(&out.join("snippets"))?,
    })
}

/// Writes the files and their compressed copies; returns what each weighs.
fn place_compressed(folder: &Path, files: &Tree) -> Result<Vec<(String, Weight)>> {
    place_files(folder, files, &[".br", ".gz"])?;
    files
        .iter()
        .map(|(path, bytes)| Ok((path.clone(), compress::beside(&folder.join(path), bytes)?)))
        .collect()
}

/// Writes the files, the page last, and takes away what is not among them; `copies` are suffixes that may stand beside a file.
fn place_files(folder: &Path, files: &Tree, copies: &[&str]) -> Result<()> {
    for (path, bytes) in files.iter().filter(|(path, _)| *path != "index.html") {
        files::write(&folder.join(path), bytes)?;
    }
    if let Some(page) = files.get("index.html") {
        files::write(&folder.join("index.html"), page)?;
    }
    for file in files::walk(folder)? {
        let name = files::relative(&file, folder);
        let plain = copies
            .iter()
            .find_map(|suffix| name.strip_suffix(suffix))
            .unwrap_or(&name);
        if !files.contains_key(plain) {
            std::fs::remove_file(&file).with_context(|| format!("removing {}", file.display()))?;
        }
    }
    Ok(())
}
