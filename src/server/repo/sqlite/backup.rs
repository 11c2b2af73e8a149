//! The server's own backups: a copy of the database while it is served. The way back to one is [`super::restore`].

use std::{
    ffi::OsString,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use rusqlite::{Connection, params};

use crate::server::{
    blobs::{absent, sync_folder},
    repo,
};

use super::FILE;

/// Why nothing was copied or put back. The database is as it was.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is something under that name.
    #[error("{} exists already; a backup never overwrites anything", .0.display())]
    Exists(PathBuf),
    /// There is no database to copy.
    #[error("there is no database in {}", .0.display())]
    Nothing(PathBuf),
    /// The file is no backup of this program's, or a damaged one.
    #[error("{} is no whole backup: {why}", .file.display())]
    NoBackup {
        /// Which file.
        file: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// A server has the database open.
    #[error("the database is in use: stop the server first")]
    InUse,
    /// The disk says no.
    #[error("{} cannot be written: {why}", .file.display())]
    Disk {
        /// Which file.
        file: PathBuf,
        /// Why not.
        why: io::Error,
    },
    /// The database says no.
    #[error(transparent)]
    Database(#[from] repo::Error),
}

/// Copies the database in a data folder into a new file, whole and as of one moment, also while it is served. Photos are
/// files of their own and are not in it.
///
/// # Errors
/// [`Error::Exists`], [`Error::Nothing`], and when the database or the disk fails; no file of that name is left then.
pub fn back_up(folder: &Path, to: &Path) -> Result<(), Error> {
    if to.exists() {
        return Err(Error::Exists(to.to_owned()));
    }
    if !folder.join(FILE).exists() {
        return Err(Error::Nothing(folder.to_owned()));
    }
    let connection = super::open(folder)?;
    let part = beside(to, ".part");
    let copied = copy(&connection, &part).and_then(|()| {
        // It has its name only when all of it is on disk.
        fs::rename(&part, to).map_err(disk(to))?;
        sync_folder(folder_of(to)).map_err(disk(to))
    });
    if copied.is_err() {
        // Half a copy is none; it may never have been begun.
        let _gone = fs::remove_file(&part);
    }
    copied
}

/// Copies a database into a file, durable. One of that name that a crash left is replaced.
pub(super) fn copy(connection: &Connection, to: &Path) -> Result<(), Error> {
    for left in [
        to.to_owned(),
        beside(to, "-wal"),
        beside(to, "-shm"),
        beside(to, "-journal"),
    ] {
        remove(&left).map_err(disk(&left))?;
    }
    connection
        .execute("vacuum into ?", params![to.to_string_lossy()])
        .map_err(repo::Error::from)?;
    sync(to).map_err(disk(to))
}

/// The file of that name with something behind the name.
pub(super) fn beside(file: &Path, end: &str) -> PathBuf {
    let mut name = OsString::from(file);
    name.push(end);
    PathBuf::from(name)
}

pub(super) fn folder_of(file: &Path) -> &Path {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

pub(super) fn sync(file: &Path) -> io::Result<()> {
    File::open(file)?.sync_all()
}

pub(super) fn remove(file: &Path) -> io::Result<()> {
    match fs::remove_file(file) {
        Err(why) => absent(why).map(|_: Option<()>| ()),
        Ok(()) => Ok(()),
    }
}

pub(super) fn disk(file: &Path) -> impl Fn(io::Error) -> Error {
    let file = file.to_owned();
    move |why| Error::Disk {
        file: file.clone(),
        why,
    }
}
