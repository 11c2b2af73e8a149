//! Whether a data folder without a database is a new one, or one whose database is gone.

use std::{
    ffi::OsStr,
    fs, io,
    path::{Path, PathBuf},
};

use crate::server::blobs::{ATTACHMENTS, TRASH, WHOLE, absent, entries};

use super::FILE;

/// A file that only an office leaves behind, in a folder without a database; nothing in a new folder, or where there is one.
pub(super) fn left_behind(folder: &Path) -> io::Result<Option<PathBuf>> {
    let size = match fs::metadata(folder.join(FILE)) {
        Ok(found) => found.len(),
        Err(why) => absent(why)?.unwrap_or(0),
    };
    if size > 0 {
        return Ok(None);
    }
    // The log beside the database, a half restore, a database that was put aside.
    let is_beside = |path: &Path| {
        let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
        let rest = name.strip_prefix(FILE).unwrap_or_default();
        !rest.is_empty() && rest != "-shm"
    };
    if let Some(found) = entries(folder)?.into_iter().find(|path| is_beside(path)) {
        return Ok(Some(found));
    }
    for place in [WHOLE, TRASH] {
        for part in entries(&folder.join(ATTACHMENTS).join(place))? {
            if let Some(found) = entries(&part)?.into_iter().next() {
                return Ok(Some(found));
            }
        }
    }
    Ok(None)
}
