//! Uploads under way, as files: `<user>/<name>.<length>`. How far one has come is how long its file is; when it was last
//! written to is when it was last heard of. So a crash leaves nothing to put right.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use crate::{
    domain::{AttachmentName, Millis, UserId},
    server::blobs::{absent, entries, make_folder, modified},
};

/// Milliseconds after which an upload that nothing was heard of is thrown away.
pub const EXPIRES: i64 = 7 * 24 * 60 * 60 * 1000;

/// An upload under way.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Partial {
    /// Where its bytes are.
    pub path: PathBuf,
    /// How many bytes there will be.
    pub length: u64,
    /// How many there are.
    pub offset: u64,
    /// When it was last written to.
    pub touched: Millis,
}

impl Partial {
    /// When it is thrown away if nothing more comes.
    #[must_use]
    pub fn expires(&self) -> Millis {
        self.touched.plus(EXPIRES)
    }

    /// Throws it away.
    ///
    /// # Errors
    /// When the file cannot be removed.
    pub fn remove(&self) -> io::Result<()> {
        match fs::remove_file(&self.path) {
            Err(why) => absent(why).map(|_: Option<()>| ()),
            Ok(()) => Ok(()),
        }
    }

    fn read(path: PathBuf) -> io::Result<Option<(AttachmentName, Self)>> {
        let name = path.file_name().and_then(|name| name.to_str());
        let Some((name, length)) = name.and_then(|name| name.rsplit_once('.')) else {
            return Ok(None);
        };
        let (Ok(name), Ok(length)) = (name.parse(), length.parse()) else {
            return Ok(None);
        };
        let found = match fs::metadata(&path) {
            Ok(found) => found,
            // Another request finished it meanwhile.
            Err(why) => return absent(why),
        };
        let partial = Self {
            length,
            offset: found.len(),
            touched: modified(&found)?,
            path,
        };
        Ok(Some((name, partial)))
    }
}

/// Begins an upload.
///
/// # Errors
/// When its file cannot be made.
pub fn begin(
    folder: &Path,
    user: UserId,
    name: &AttachmentName,
    length: u64,
) -> io::Result<Partial> {
    let folder = folder.join(user.to_string());
    make_folder(&folder)?;
    let path = folder.join(format!("{name}.{length}"));
    let file = File::create_new(&path)?;
    Ok(Partial {
        length,
        offset: 0,
        touched: modified(&file.metadata()?)?,
        path,
    })
}

/// What a user has under way.
///
/// # Errors
/// When the folder cannot be read.
pub fn of_user(folder: &Path, user: UserId) -> io::Result<Vec<(AttachmentName, Partial)>> {
    in_folder(&folder.join(user.to_string()))
}

/// What anybody has under way.
///
/// # Errors
/// When a folder cannot be read.
pub fn all(folder: &Path) -> io::Result<Vec<(AttachmentName, Partial)>> {
    let mut found = Vec::new();
    for user in entries(folder)? {
        found.extend(in_folder(&user)?);
    }
    Ok(found)
}

fn in_folder(folder: &Path) -> io::Result<Vec<(AttachmentName, Partial)>> {
    let mut found = Vec::new();
    for path in entries(folder)? {
        found.extend(Partial::read(path)?);
    }
    Ok(found)
}
