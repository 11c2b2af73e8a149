//! The server's own backups: a copy of the database while it is served, and the way back to one.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use rusqlite::{Connection, ErrorCode, params};

use crate::{
    domain::Millis,
    sql::{self, Use, look_over},
};

use super::sqlite::{self, FILE, STEPS, epoch};

/// Why nothing was copied or put back. The database is as it was.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is something under that name.
    #[error("{} exists already; a backup never overwrites anything", .0.display())]
    Exists(PathBuf),
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
    Database(#[from] sqlite::Error),
}

/// Where things are after [`restore`].
#[derive(Debug, PartialEq, Eq)]
pub struct Restored {
    /// What was served before, if anything was: kept until somebody deletes it.
    pub before: Option<PathBuf>,
}

/// Copies the database in a data folder into a new file, whole and as of one moment, also while it is served. Photos are
/// files of their own and are not in it.
///
/// # Errors
/// [`Error::Exists`], and when the database or the disk fails; no file is left then.
pub fn back_up(folder: &Path, to: &Path) -> Result<(), Error> {
    if to.exists() {
        return Err(Error::Exists(to.to_owned()));
    }
    let connection = sqlite::open(folder)?;
    copy(&connection, to).map_err(|why| {
        // Half a copy is none; it may never have been begun.
        let _gone = fs::remove_file(to);
        Error::Database(why.into())
    })
}

/// Puts a backup in the place of the database in a data folder, which begins another life with it: the phones send again
/// what the backup lacks. What was there before stays beside it under another name.
///
/// # Errors
/// [`Error::NoBackup`], [`Error::InUse`], and when the disk fails.
pub fn restore(folder: &Path, from: &Path, now: Millis) -> Result<Restored, Error> {
    let no_backup = |why: String| Error::NoBackup {
        file: from.to_owned(),
        why,
    };
    let disk = |file: &Path| {
        let file = file.to_owned();
        move |why| Error::Disk { file, why }
    };
    let source = sql::open(from, Use::Read).map_err(|why| no_backup(why.to_string()))?;
    if sql::version(&source).map_err(|why| no_backup(why.to_string()))? == 0 {
        return Err(no_backup("it holds no office".to_owned()));
    }
    look_over(&source).map_err(|why| no_backup(why.to_string()))?;

    fs::create_dir_all(folder).map_err(disk(folder))?;
    let place = folder.join(FILE);
    let new = folder.join(format!("{FILE}.new"));
    if new.exists() {
        fs::remove_file(&new).map_err(disk(&new))?;
    }
    copy(&source, &new).map_err(sqlite::Error::from)?;
    let mut connection = sql::open(&new, Use::Write).map_err(sqlite::Error::from)?;
    sql::migrate(&mut connection, &STEPS).map_err(|why| no_backup(why.to_string()))?;
    epoch::begin(&connection)?;
    alone(connection).map_err(sqlite::Error::from)?;

    let before = if place.exists() {
        // It takes the log beside the file into the file, and fails while anybody else has it open.
        let present = sql::open(&place, Use::Write).map_err(sqlite::Error::from)?;
        alone(present).map_err(|why| match why.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Error::InUse,
            _ => Error::Database(why.into()),
        })?;
        let kept = folder.join(format!("{FILE}.before-{}", now.0));
        fs::rename(&place, &kept).map_err(disk(&kept))?;
        Some(kept)
    } else {
        None
    };
    fs::rename(&new, &place).map_err(disk(&place))?;
    Ok(Restored { before })
}

fn copy(connection: &Connection, to: &Path) -> Result<(), rusqlite::Error> {
    connection
        .execute("vacuum into ?", params![to.to_string_lossy()])
        .map(|_| ())
}

/// Leaves one file with everything in it, and closes it.
fn alone(connection: Connection) -> Result<(), rusqlite::Error> {
    connection.pragma_update(None, "journal_mode", "delete")?;
    connection.close().map_err(|(_, why)| why)
}
