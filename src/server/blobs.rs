//! Where whole attachments are kept, by name: a folder now, an object store some day. Everything here blocks.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

use crate::domain::{AttachmentName, Millis};

/// The folder of the attachments in the data folder.
pub const ATTACHMENTS: &str = "attachments";
/// The folder of the whole ones in it.
pub const WHOLE: &str = "whole";

/// A store of whole attachments. What is in it is complete and is what its name says.
pub trait Blobs: Send + Sync {
    /// How many bytes it has; `None` when it is not here.
    ///
    /// # Errors
    /// When the store cannot be asked.
    fn size(&self, name: &AttachmentName) -> io::Result<Option<u64>>;

    /// Takes a finished file over. Durable when this returns; before that it is not here at all. Again is no error.
    ///
    /// # Errors
    /// When it cannot be kept; the file is still where it was, or is here.
    fn keep(&self, name: &AttachmentName, file: &Path) -> io::Result<()>;

    /// Notes that it is wanted again: its age begins anew.
    ///
    /// # Errors
    /// When it cannot be noted.
    fn renew(&self, name: &AttachmentName, now: Millis) -> io::Result<()>;

    /// Its bytes; `None` when it is not here.
    ///
    /// # Errors
    /// When it cannot be opened.
    fn open(&self, name: &AttachmentName) -> io::Result<Option<Box<dyn Read + Send>>>;

    /// Throws it away if it came, or was renewed, before that instant. Says whether it did.
    ///
    /// # Errors
    /// When it cannot be removed.
    fn remove(&self, name: &AttachmentName, older_than: Millis) -> io::Result<bool>;

    /// Those that came, or were renewed, before that instant.
    ///
    /// # Errors
    /// When the store cannot be listed.
    fn older_than(&self, when: Millis) -> io::Result<Vec<AttachmentName>>;
}

/// A folder of files: `ab/ab12….jpg`, put in place by a rename.
#[derive(Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// A store in this folder, which is made when it is first needed.
    #[must_use]
    pub fn new(folder: PathBuf) -> Self {
        Self(folder)
    }

    fn path(&self, name: &AttachmentName) -> PathBuf {
        let first: String = name.hash().chars().take(2).collect();
        self.0.join(first).join(name.as_str())
    }
}

impl Blobs for Folder {
    fn size(&self, name: &AttachmentName) -> io::Result<Option<u64>> {
        match fs::metadata(self.path(name)) {
            Ok(found) => Ok(Some(found.len())),
            Err(why) => absent(why),
        }
    }

    fn keep(&self, name: &AttachmentName, file: &Path) -> io::Result<()> {
        let path = self.path(name);
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
        let file = File::options().append(true).open(self.path(name))?;
        file.set_modified(UNIX_EPOCH + since)
    }

    fn open(&self, name: &AttachmentName) -> io::Result<Option<Box<dyn Read + Send>>> {
        match File::open(self.path(name)) {
            Ok(file) => Ok(Some(Box::new(file))),
            Err(why) => absent(why),
        }
    }

    fn remove(&self, name: &AttachmentName, older_than: Millis) -> io::Result<bool> {
        let path = self.path(name);
        let old = match fs::metadata(&path) {
            Ok(found) => modified(&found)? < older_than,
            Err(why) => return absent(why).map(|nothing| nothing.unwrap_or(false)),
        };
        if old {
            fs::remove_file(path)?;
        }
        Ok(old)
    }

    fn older_than(&self, when: Millis) -> io::Result<Vec<AttachmentName>> {
        let mut old = Vec::new();
        for folder in entries(&self.0)? {
            for file in entries(&folder)? {
                let name = file.file_name().and_then(|name| name.to_str());
                let name = name.and_then(|name| name.parse().ok());
                if let Some(name) = name
                    && modified(&fs::metadata(&file)?)? < when
                {
                    old.push(name);
                }
            }
        }
        Ok(old)
    }
}

/// Turns "there is no such file" into nothing.
pub(super) fn absent<T>(why: io::Error) -> io::Result<Option<T>> {
    match why.kind() {
        io::ErrorKind::NotFound => Ok(None),
        _ => Err(why),
    }
}

/// What is in a folder; nothing in one that is not there.
pub(super) fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    match fs::read_dir(folder) {
        Ok(found) => found.map(|entry| Ok(entry?.path())).collect(),
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

fn sync_folder(folder: &Path) -> io::Result<()> {
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
