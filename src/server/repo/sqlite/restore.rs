//! The way back to a backup, in steps. After each of them, also when the machine stops there, the data folder has one whole
//! database under its name: the one before, or the backup.
//!
//! ```text
//! Copy      anjangsana.sqlite.new              the backup, brought up to date
//! Begin     the same                           it begins another life, durable
//! Keep      anjangsana.sqlite.before-<time>    a second name of the one before
//! Replace   anjangsana.sqlite                  the new one, by one rename over the one before
//! ```

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use rusqlite::{Connection, ErrorCode};

use crate::{
    domain::Millis,
    sql::{self, Use, look_over},
};

use crate::server::{
    blobs::{make_folder, sync_folder},
    repo::{self, epoch},
};

use super::{
    FILE, STEPS,
    backup::{Error, beside, copy, disk, remove, sync},
};

/// What SQLite keeps beside a database. Left beside another database, it would be taken for that one's.
const LOGS: [&str; 2] = ["-wal", "-journal"];

/// Where things are after [`restore`].
#[derive(Debug, PartialEq, Eq)]
pub struct Restored {
    /// What was served before, if anything was: kept until somebody deletes it.
    pub before: Option<PathBuf>,
}

/// A step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// The backup is copied beside the database.
    Copy,
    /// The copy begins another life.
    Begin,
    /// The database of before gets a second name.
    Keep,
    /// The copy takes the place of the database.
    Replace,
}

impl Step {
    /// All of them, in their order.
    pub const ALL: [Self; 4] = [Self::Copy, Self::Begin, Self::Keep, Self::Replace];
}

/// Puts a backup in the place of the database in a data folder, which begins another life with it: the phones send again
/// what the backup lacks. What was there before stays beside it under another name.
///
/// # Errors
/// [`Error::NoBackup`], [`Error::InUse`], and when the disk fails. What was served before is in its place then.
pub fn restore(folder: &Path, from: &Path, now: Millis) -> Result<Restored, Error> {
    let mut restoring = Restoring::of(folder, from, now)?;
    for step in Step::ALL {
        restoring.take(step)?;
    }
    Ok(restoring.end())
}

/// A restore under way.
pub struct Restoring {
    source: Connection,
    from: PathBuf,
    folder: PathBuf,
    place: PathBuf,
    new: PathBuf,
    kept: PathBuf,
    had_one: bool,
}

impl Restoring {
    /// Looks whether the file is a whole backup. Nothing is changed yet.
    ///
    /// # Errors
    /// [`Error::NoBackup`].
    pub fn of(folder: &Path, from: &Path, now: Millis) -> Result<Self, Error> {
        let no_backup = |why: String| Error::NoBackup {
            file: from.to_owned(),
            why,
        };
        let source = sql::open(from, Use::Read).map_err(|why| no_backup(why.to_string()))?;
        if sql::version(&source).map_err(|why| no_backup(why.to_string()))? == 0 {
            return Err(no_backup("it holds no office".to_owned()));
        }
        look_over(&source).map_err(|why| no_backup(why.to_string()))?;
        Ok(Self {
            source,
            from: from.to_owned(),
            folder: folder.to_owned(),
            place: folder.join(FILE),
            new: folder.join(format!("{FILE}.new")),
            kept: folder.join(format!("{FILE}.before-{}", now.0)),
            had_one: false,
        })
    }

    /// Takes the next step.
    ///
    /// # Errors
    /// As [`restore`].
    pub fn take(&mut self, step: Step) -> Result<(), Error> {
        match step {
            Step::Copy => self.copy(),
            Step::Begin => self.begin(),
            Step::Keep => self.keep(),
            Step::Replace => self.replace(),
        }
    }

    /// Where things are now that all steps are taken.
    #[must_use]
    pub fn end(self) -> Restored {
        Restored {
            before: self.had_one.then_some(self.kept),
        }
    }

    fn copy(&self) -> Result<(), Error> {
        make_folder(&self.folder).map_err(disk(&self.folder))?;
        copy(&self.source, &self.new)
    }

    fn begin(&self) -> Result<(), Error> {
        let mut connection = sql::open(&self.new, Use::Write).map_err(repo::Error::from)?;
        sql::migrate(&mut connection, &STEPS).map_err(|why| Error::NoBackup {
            file: self.from.clone(),
            why: why.to_string(),
        })?;
        epoch::begin(&connection)?;
        alone(connection).map_err(repo::Error::from)?;
        sync(&self.new).map_err(disk(&self.new))?;
        sync_folder(&self.folder).map_err(disk(&self.folder))
    }

    fn keep(&mut self) -> Result<(), Error> {
        self.had_one = self.place.exists();
        // Before it is opened: SQLite may take the log of a damaged database away.
        for end in LOGS {
            let log = beside(&self.place, end);
            if log.exists() {
                let kept = beside(&self.kept, end);
                give_second_name(&log, &kept).map_err(disk(&kept))?;
            }
        }
        if self.had_one {
            let closed = self.close();
            if !matches!(closed, Ok(Closed::Damaged)) {
                for end in LOGS {
                    let kept = beside(&self.kept, end);
                    remove(&kept).map_err(disk(&kept))?;
                }
            }
            closed?;
            give_second_name(&self.place, &self.kept).map_err(disk(&self.kept))?;
        }
        sync_folder(&self.folder).map_err(disk(&self.folder))
    }

    /// Takes the log beside the database into it. It fails while anybody else has it open.
    fn close(&self) -> Result<Closed, Error> {
        let closed = sql::open(&self.place, Use::Write)
            .and_then(|present| alone(present).map_err(sql::Error::from));
        match closed {
            Ok(()) => Ok(Closed::Whole),
            Err(sql::Error::Sqlite(why))
                if matches!(
                    why.sqlite_error_code(),
                    Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
                ) =>
            {
                Err(Error::InUse)
            }
            // It is kept as it is: one that is damaged is what a backup is for.
            Err(why) if why.is_damage() => Ok(Closed::Damaged),
            Err(why) => Err(Error::Database(why.into())),
        }
    }

    fn replace(&self) -> Result<(), Error> {
        for end in LOGS.into_iter().chain(["-shm"]) {
            let log = beside(&self.place, end);
            remove(&log).map_err(disk(&log))?;
        }
        sync_folder(&self.folder).map_err(disk(&self.folder))?;
        fs::rename(&self.new, &self.place).map_err(disk(&self.place))?;
        sync_folder(&self.folder).map_err(disk(&self.folder))
    }
}

/// How the database of before was found.
enum Closed {
    /// Everything is in the one file.
    Whole,
    /// It does not open; its log belongs to it.
    Damaged,
}

/// A second name for a file, or a copy where the disk knows no second names.
fn give_second_name(file: &Path, name: &Path) -> io::Result<()> {
    match fs::hard_link(file, name) {
        Ok(()) => Ok(()),
        Err(why) if why.kind() == io::ErrorKind::AlreadyExists => Err(why),
        Err(_) => {
            fs::copy(file, name)?;
            sync(name)
        }
    }
}

/// Leaves one file with everything in it, and closes it.
fn alone(connection: Connection) -> Result<(), rusqlite::Error> {
    connection.pragma_update(None, "journal_mode", "delete")?;
    connection.close().map_err(|(_, why)| why)
}
