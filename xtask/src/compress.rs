//! Compressed copies, kept by the hash of what they compress: brotli at its best takes seconds for the wasm.

use crate::{files, place};
use anyhow::Result;
use std::io::Write;
use std::path::Path;

/// A file this short is not worth a second copy.
const WORTH: usize = 200;

/// What a file weighs over the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Weight {
    /// Bytes as they are.
    pub(crate) plain: usize,
    /// Bytes after brotli; the same when the file is not compressed.
    pub(crate) brotli: usize,
}

/// Puts `<file>.br` and `<file>.gz` beside a file that is worth it, and says what it weighs.
///
/// # Errors
/// When a copy cannot be written.
pub(crate) fn beside(file: &Path, bytes: &[u8]) -> Result<Weight> {
    if bytes.len() < WORTH || !compressible(file) {
        return Ok(Weight {
            plain: bytes.len(),
            brotli: bytes.len(),
        });
    }
    let hash = files::hash(bytes);
    let packed = kept(&format!("{hash}.2.br"), || brotli(bytes))?;
    files::write(&with_suffix(file, ".br"), &packed)?;
    files::write(
        &with_suffix(file, ".gz"),
        &kept(&format!("{hash}.gz"), || gzip(bytes))?,
    )?;
    Ok(Weight {
        plain: bytes.len(),
        brotli: packed.len(),
    })
}

/// Whether a file of this kind gets smaller.
fn compressible(file: &Path) -> bool {
    let kind = file
        .extension()
        .and_then(|kind| kind.to_str())
        .unwrap_or_default();
    [
        "wasm",
        "js",
        "css",
        "html",
        "json",
        "webmanifest",
        "svg",
        "txt",
    ]
    .contains(&kind)
}

/// `name.ext` as `name.ext<suffix>`.
fn with_suffix(file: &Path, suffix: &str) -> std::path::PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn kept(name: &str, make: impl FnOnce() -> Result<Vec<u8>>) -> Result<Vec<u8>> {
    let path = place::scratch().join("compressed").join(name);
    if let Ok(bytes) = std::fs::read(&path) {
        return Ok(bytes);
    }
    let bytes = make()?;
    files::write(&path, &bytes)?;
    Ok(bytes)
}

/// The smaller of two: with blocks as long as brotli chooses, and with the longest. Which one that is, only trying tells.
fn brotli(bytes: &[u8]) -> Result<Vec<u8>> {
    let by_itself = brotli_in_blocks(bytes, 0)?;
    let longest = brotli_in_blocks(bytes, 22)?;
    Ok(if longest.len() < by_itself.len() {
        longest
    } else {
        by_itself
    })
}

fn brotli_in_blocks(bytes: &[u8], lgblock: i32) -> Result<Vec<u8>> {
    let mut packed = Vec::new();
    let params = brotli::enc::BrotliEncoderParams {
        quality: 11,
        lgwin: 22,
        lgblock,
        size_hint: bytes.len(),
        ..Default::default()
    };
    brotli::BrotliCompress(&mut &*bytes, &mut packed, &params)?;
    Ok(packed)
}

fn gzip(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packer.write_all(bytes)?;
    Ok(packer.finish()?)
}
