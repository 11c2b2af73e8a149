//! A disk: keeps what was committed, whatever happens to who wrote it. And doom: the power fails in the middle.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering::Relaxed},
};

use rusqlite::{Connection, OpenFlags};

/// A database in memory that lives as long as this does.
pub(crate) struct Disk {
    name: String,
    /// For looking at what lies on it, and for planting bugs.
    pub(crate) look: Connection,
}

impl Disk {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let name = format!("file:/disk{}?vfs=memdb", NEXT.fetch_add(1, Relaxed));
        let look = connect(&name);
        Self { name, look }
    }

    /// Opens it as a device does. With `room`, it is full after so many more pages.
    pub(crate) fn open(&self, doom: &Arc<Doom>, room: Option<u32>) -> Connection {
        let mut connection = connect(&self.name);
        connection
            .execute_batch("pragma foreign_keys = on; pragma synchronous = off")
            .unwrap();
        if let Some(room) = room {
            let pages: u32 = connection
                .pragma_query_value(None, "page_count", |row| row.get(0))
                .unwrap();
            connection
                .pragma_update(None, "max_page_count", pages + room)
                .unwrap();
        }
        let at_step = Arc::clone(doom);
        connection
            .progress_handler(40, Some(move || at_step.strikes(&at_step.steps)))
            .unwrap();
        let at_commit = Arc::clone(doom);
        connection
            .commit_hook(Some(move || at_commit.strikes(&at_commit.commits)))
            .unwrap();
        connection
    }
}

fn connect(name: &str) -> Connection {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_URI
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(name, flags).unwrap()
}

/// Ends a transaction in its middle, or at its commit.
#[derive(Default)]
pub(crate) struct Doom {
    steps: AtomicI64,
    commits: AtomicI64,
    struck: AtomicBool,
}

impl Doom {
    fn strikes(&self, count: &AtomicI64) -> bool {
        if self.struck.load(Relaxed) {
            return true;
        }
        if count.load(Relaxed) > 0 && count.fetch_sub(1, Relaxed) == 1 {
            self.struck.store(true, Relaxed);
            return true;
        }
        false
    }

    /// The power fails after so many steps of SQLite's machine.
    pub(crate) fn after_steps(&self, steps: i64) {
        self.steps.store(steps, Relaxed);
    }

    /// The power fails at the commit that is so many commits away.
    pub(crate) fn at_commit(&self, commits: i64) {
        self.commits.store(commits, Relaxed);
    }

    /// Whether it came. Either way it is over.
    pub(crate) fn came(&self) -> bool {
        self.steps.store(0, Relaxed);
        self.commits.store(0, Relaxed);
        self.struck.swap(false, Relaxed)
    }
}
