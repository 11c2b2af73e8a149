//! Where whole attachments are kept, by name: a folder now, an object store some day. Everything here blocks.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

use crate::domain::{AttachmentName, Millis};

/// The folder of the attachments in the data folder.
pub const ATTACHMENTS: &str = "attachments";
/// The folder of the whole ones in it.
pub const WHOLE: &str = "whole";
/// The folder of those that nobody wants any more, until they are removed.
pub const TRASH: &str = "trash";

/// Where in a store an attachment is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// Where it is given out from.
    Whole,
    /// In the trash. Whoever asks for it gets it out again.
    Trash,
}

/// A store of whole attachments. What is in it is complete and is what its name says.
pub trait Blobs: Send + Sync {
    /// How many bytes it has; `None` when it is not here. One in the trash comes back out of it.
    ///
    /// # Errors
    /// When the store cannot be asked.
    fn size(&self, name: &AttachmentName) -> io::Result<Option<u64>>;

    /// Takes a finished file over. Durable when this returns; before that it is not here at all. Again is no error.
    ///
    /// # Errors
    /// When it cannot be kept; the file is still where it was, or is here.
    fn keep(&self, name: &AttachmentName, file: &Path) -> io::Result<()>;

    /// Notes that it is wanted again.
    ///
    /// # Errors
    /// When it cannot be noted.
    fn renew(&self, name: &AttachmentName, now: Millis) -> io::Result<()>;

    /// Its bytes; `None` when it is not here. One in the trash comes back out of it.
    ///
    /// # Errors
    /// When it cannot be opened.
    fn open(&self, name: &AttachmentName) -> io::Result<Option<Box<dyn Read + Send>>>;

    /// Puts it into the trash. One that is not here is no error.
    ///
    /// # Errors
    /// When it cannot be moved.
    fn discard(&self, name: &AttachmentName) -> io::Result<()>;

    /// Gets it out of the trash. One that is not there is no error.
    ///
    /// # Errors
    /// When it cannot be moved.
    fn recover(&self, name: &AttachmentName) -> io::Result<()>;

    /// Removes it from the trash, for good. One that is not there is no error.
    ///
    /// # Errors
    /// When it cannot be removed.
    fn remove(&self, name: &AttachmentName) -> io::Result<()>;

    /// All that are in one place, each with when it came or was renewed.
    ///
    /// # Errors
    /// When the store cannot be listed.
    fn list(&self, place: Place) -> io::Result<Vec<(AttachmentName, Millis)>>;
}

/// A folder of attachments: files `whole/ab/ab12….jpg`, put in place by a rename, and the same under `trash`.
#[derive(Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// A store in the folder of the attachments, which is made when it is first needed.
    #[must_use]
    pub fn new(folder: PathBuf) -> Self {
        Self(folder)
    }

    fn of(&self, place: Place) -> PathBuf {
        self.0.join(match place {
            Place::Whole => WHOLE,
            Place::Trash => TRASH,
        })
    }

    fn path(&self, place: Place, name: &AttachmentName) -> PathBuf {
        let first: String = name.hash().chars().take(2).collect();
        self.of(place).join(first).join(name.as_str())
    }

    /// The file of one that is here, out of the trash if need be.
    fn find(&self, name: &AttachmentName) -> io::Result<Option<PathBuf>> {
        let path = self.path(Place::Whole, name);
        if !path.try_exists()? {
            self.recover(name)?;
        }
        Ok(path.try_exists()?.then_some(path))
    }

    /// Moves a file between the two places. Its new name is on disk before its old one is gone. Says whether it was there.
    fn shift(&self, name: &AttachmentName, from: Place, to: Place) -> io::Result<bool> {
        let (from, to) = (self.path(from, name), self.path(to, name));
        if !from.try_exists()? {
            return Ok(false);
        }
        if let Some(folder) = to.parent() {
            make_folder(folder)?;
            if let Err(why) = fs::rename(&from, &to) {
                // Another request moved it meanwhile.
                return absent(why).map(|moved| moved.unwrap_or(false));
            }
            sync_folder(folder)?;
        }
        if let Some(folder) = from.parent() {
            sync_folder(folder)?;
        }
        Ok(true)
    }
}

impl Blobs for Folder {
    fn size(&self, name: &AttachmentName) -> io::Result<Option<u64>> {
        match self.find(name)? {
            Some(path) => Ok(Some(fs::metadata(path)?.len())),
            None => Ok(None),
        }
    }

    fn keep(&self, name: &AttachmentName, file: &Path) -> io::Result<()> {
        let path = self.path(Place::Whole, name);
        if let Some(folder) = path.parent() {
            make_folder(folder)?;
            File::open(file)?.sync_all()?;
            fs::rename(file, &path)?;
            // The name itself is on disk only when its folder is.
            sync_folder(folder)?;
        }
        Ok(())
    }

    fn renew(&self, name: &AttachmentName, now: Millis) -> io::Result<()> {
        let since = std::time::Duration::from_millis(u64::try_from(now.0).unwrap_or(0));
        let file = File::options()
            .append(true)
            .open(self.path(Place::Whole, name))?;
        file.set_modified(UNIX_EPOCH + since)
    }

    fn open(&self, name: &AttachmentName) -> io::Result<Option<Box<dyn Read + Send>>> {
        match self.find(name)? {
            Some(path) => Ok(Some(Box::new(File::open(path)?))),
            None => Ok(None),
        }
    }

    fn discard(&self, name: &AttachmentName) -> io::Result<()> {
        self.shift(name, Place::Whole, Place::Trash).map(|_| ())
    }

    fn recover(&self, name: &AttachmentName) -> io::Result<()> {
        if self.shift(name, Place::Trash, Place::Whole)? {
            let file = File::options()
                .append(true)
                .open(self.path(Place::Whole, name))?;
            file.set_modified(SystemTime::now())?;
        }
        Ok(())
    }

    fn remove(&self, name: &AttachmentName) -> io::Result<()> {
        match fs::remove_file(self.path(Place::Trash, name)) {
            Err(why) => absent(why).map(|_: Option<()>| ()),
            Ok(()) => Ok(()),
        }
    }

    fn list(&self, place: Place) -> io::Result<Vec<(AttachmentName, Millis)>> {
        let mut found = Vec::new();
        for folder in entries(&self.of(place))? {
            for file in entries(&folder)? {
                let name = file.file_name().and_then(|name| name.to_str());
                let Some(name) = name.and_then(|name| name.parse().ok()) else {
                    continue;
                };
                match fs::metadata(&file) {
                    Ok(data) => found.push((name, modified(&data)?)),
                    // A request moved it meanwhile.
                    Err(why) => absent(why).map(|_: Option<()>| ())?,
                }
            }
        }
        Ok(found)
    }
}

/// Turns "there is no such file" into nothing.
pub(super) fn absent<T>(why: io::Error) -> io::Result<Option<T>> {
    match why.kind() {
        io::ErrorKind::NotFound => Ok(None),
        _ => Err(why),
    }
}

/// What is in a folder; nothing in one that is not there, or is a file that somebody left there.
pub(super) fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    match fs::read_dir(folder) {
        Ok(found) => found.map(|entry| Ok(entry?.path())).collect(),
        Err(why) if why.kind() == io::ErrorKind::NotADirectory => Ok(Vec::new()),
        Err(why) => absent(why).map(|nothing| nothing.unwrap_or_default()),
    }
}

/// Makes a folder and those above it, each on disk with its name.
pub(super) fn make_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    if let Some(above) = folder.parent() {
        make_folder(above)?;
        match fs::create_dir(folder) {
            Err(why) if why.kind() != io::ErrorKind::AlreadyExists => return Err(why),
            _ => sync_folder(above)?,
        }
    }
    Ok(())
}

pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// When a file was last written.
pub(super) fn modified(file: &fs::Metadata) -> io::Result<Millis> {
    // A time before 1970 is a clock gone wrong: the file counts as old as can be.
    let since = file
        .modified()?
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Ok(Millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX)))
}
