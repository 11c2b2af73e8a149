//! Running other programs.

use anyhow::{Context, Result, bail};
use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Runs a command with its output shown.
///
/// # Errors
/// When it does not start or does not succeed; the command line is in the message.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command
        .status()
        .with_context(|| format!("cannot start {}", line(command)))?;
    if status.success() {
        Ok(())
    } else {
        bail!("{} ended with {status}", line(command))
    }
}

/// Runs a command and returns what it printed.
///
/// # Errors
/// When it does not start or does not succeed; what it printed as an error is in the message.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot start {}", line(command)))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        bail!(
            "{} ended with {}: {}",
            line(command),
            output.status,
            String::from_utf8_lossy(&output.stderr).trim()
        )
    }
}

/// Whether a command runs and succeeds, its output unseen.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    let quiet = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

/// The first program of these names in PATH.
pub(crate) fn find(names: &[&str]) -> Option<PathBuf> {
    let folders: Vec<PathBuf> = std::env::split_paths(&std::env::var_os("PATH")?).collect();
    names.iter().find_map(|name| {
        folders
            .iter()
            .map(|folder| folder.join(name))
            .find(|file| file.is_file())
    })
}

/// The names of the programs in PATH called `name` or `name-<number>`: the newest first, the plain one last.
pub(crate) fn versions(name: &str) -> Vec<String> {
    let mut found: Vec<(u32, String)> = Vec::new();
    for folder in std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()) {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let file = entry.file_name();
            let Some(rest) = file.to_str().and_then(|file| file.strip_prefix(name)) else {
                continue;
            };
            let rank = match rest.strip_prefix('-') {
                None if rest.is_empty() => 0,
                Some(number) => match number.parse() {
                    Ok(number) => number,
                    Err(_) => continue,
                },
                None => continue,
            };
            found.push((rank, file.to_string_lossy().into_owned()));
        }
    }
    found.sort_by_key(|(rank, _)| std::cmp::Reverse(*rank));
    found.into_iter().map(|(_, file)| file).collect()
}

/// A command as one would type it.
pub(crate) fn line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words: Vec<_> = words.map(OsStr::to_string_lossy).collect();
    words.join(" ")
}
