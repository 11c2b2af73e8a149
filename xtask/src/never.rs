//! Functions that the app never calls and the compiler cannot know of: they stand in tables beside ones it does call. Each
//! stops the program instead, and what only they call is left out. About 10 kB less over the wire.
//!
//! A name says what a function does only because the app is built with `-Zmerge-functions=disabled` (`bundle.rs`): otherwise
//! the compiler makes one out of several that do the same, and names it after any of them. A click on a link was once the
//! function that asks where a dragged file was dropped.

/// What is in the names of such functions.
const NEVER: [&str; 21] = [
    // Printing errors for the one who writes the program: nobody does, and it brings a reader of compiled names.
    "anyhow::error::ErrorImpl>::debug",
    "<anyhow::wrapper::DisplayError<&str>> as core::fmt::Debug>",
    "<anyhow::fmt::Indented<core::fmt::Formatter> as",
    "::from::StringError as core::fmt::Debug>",
    "dioxus_core::error_boundary::CapturedPanic as core::fmt::Debug>",
    "serde_json::error::Error as core::fmt::Debug>",
    "<std::backtrace::Backtrace as core::fmt::Display>",
    "std::backtrace_rs::",
    "rustc_demangle::",
    // Files out of events: the app takes them from the field, see `platform/web/camera.rs`.
    "<dioxus_web::files::WebFileData as",
    "<dioxus_web::data_transfer::WebDataTransfer as",
    "dioxus_html::file_data::HasFileData>::files",
    // All fields of a form at once, and whether the browser finds them valid.
    "dioxus_html::events::form::HasFormData>::values",
    "dioxus_html::events::form::HasFormData>::valid",
    // Databases in memory: SQLite asks this one only for the time and for random bytes.
    "<rsqlite_vfs::memvfs::MemVfs as rsqlite_vfs::SQLiteVfs<rsqlite_vfs::memvfs::MemIoMethods>>::xOpen",
    "<rsqlite_vfs::memvfs::MemVfs as rsqlite_vfs::SQLiteVfs<rsqlite_vfs::memvfs::MemIoMethods>>::xDelete",
    "<rsqlite_vfs::memvfs::MemVfs as rsqlite_vfs::SQLiteVfs<rsqlite_vfs::memvfs::MemIoMethods>>::xAccess",
    "<rsqlite_vfs::memvfs::MemVfs as rsqlite_vfs::SQLiteVfs<rsqlite_vfs::memvfs::MemIoMethods>>::xFullPathname",
    "<rsqlite_vfs::memvfs::MemIoMethods as rsqlite_vfs::SQLiteIoMethods>",
    // Which key: the app looks for one, see `is_escape`.
    "dioxus_html::events::keyboard::HasKeyboardData>::code",
    "<keyboard_types::key::Key as core::str::traits::FromStr>::from_str",
];

/// Whether the app never calls the function of that name.
pub(crate) fn never_called(name: &str) -> bool {
    let name = without_hashes(name);
    NEVER.iter().any(|never| name.contains(never))
}

/// A name without the hashes of crates, `[6d1affab0864d716]`.
pub(crate) fn without_hashes(name: &str) -> String {
    let mut parts = name.split('[');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once(']') {
            Some((hash, rest))
                if hash.len() == 16 && hash.bytes().all(|b| b.is_ascii_hexdigit()) =>
            {
                plain.push_str(rest);
            }
            _ => {
                plain.push('[');
                plain.push_str(part);
            }
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_is_known_by_its_name_whatever_the_hashes() {
        assert!(never_called(
            "<anyhow[dea4bdf45957fb09]::error::ErrorImpl>::debug"
        ));
        assert!(!never_called(
            "<anyhow[dea4bdf45957fb09]::error::ErrorImpl>::provide"
        ));
        assert_eq!(
            without_hashes("<[u8; 4] as a[0123456789abcdef]::B>::c"),
            "<[u8; 4] as a::B>::c"
        );
    }
}
