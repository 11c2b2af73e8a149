//! Files and their hashes.

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Paths below a folder, with `/` between their parts, and what the files hold.
pub(crate) type Tree = BTreeMap<String, Vec<u8>>;

/// SHA-256 in hex digits.
pub(crate) fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// The first `length` digits of a hash.
pub(crate) fn short(hash: &str, length: usize) -> &str {
    hash.get(..length).unwrap_or(hash)
}

/// One hash over a tree: names and contents.
pub(crate) fn hash_tree(tree: &Tree) -> String {
    let list: String = tree
        .iter()
        .map(|(path, bytes)| format!("{path} {}\n", hash(bytes)))
        .collect();
    hash(list.as_bytes())
}

/// Every file below `folder`; nothing when there is no such folder.
///
/// # Errors
/// When a file cannot be read.
pub(crate) fn read_tree(folder: &Path) -> Result<Tree> {
    let mut tree = Tree::new();
    for file in walk(folder)? {
        let name = relative(&file, folder);
        let bytes = std::fs::read(&file).with_context(|| format!("reading {}", file.display()))?;
        tree.insert(name, bytes);
    }
    Ok(tree)
}

/// The files below `folder`, sorted; nothing when there is no such folder. Names that start with a dot are left out.
///
/// # Errors
/// When a folder cannot be read.
pub(crate) fn walk(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else {
            continue;
        };
        for entry in entries {
            let entry = entry.with_context(|| format!("reading {}", folder.display()))?;
            if entry.file_name().to_string_lossy().starts_with('.') {
                continue;
            }
            if entry.file_type()?.is_dir() {
                folders.push(entry.path());
            } else {
                files.push(entry.path());
            }
        }
    }
    files.sort();
    Ok(files)
}

/// `file` as seen from `folder`.
pub(crate) fn relative(file: &Path, folder: &Path) -> String {
    file.strip_prefix(folder)
        .unwrap_or(file)
        .to_string_lossy()
        .replace('\\', "/")
}

/// Writes a file, with its folders, unless it holds just that.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    if std::fs::read(path).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
    }
    std::fs::write(path, bytes).with_context(|| format!("writing {}", path.display()))
}
