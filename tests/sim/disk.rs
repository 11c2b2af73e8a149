//! A disk: keeps what was committed, whatever happens to who wrote it. And doom: the power fails in the middle.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering::Relaxed},
};

use anjangsana::sql;
use rusqlite::{Connection, OpenFlags, backup::Backup};

/// A database in memory that lives as long as this does. It is used for many runs: the connections stay, and with them
/// the statements that they have ready; only the pages are written anew.
pub(crate) struct Disk {
    name: String,
    /// For looking at what lies on it, and for planting bugs.
    pub(crate) look: Connection,
    /// Writes it anew.
    writer: Connection,
    /// The app's connection, while no app is running.
    app: Option<Connection>,
    doom: Arc<Doom>,
    /// The schema's number that the connections know.
    schema: Option<u32>,
}

impl Disk {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let name = format!("file:/disk{}?vfs=memdb", NEXT.fetch_add(1, Relaxed));
        let look = connect(&name);
        let writer = connect(&name);
        Self {
            name,
            look,
            writer,
            app: None,
            doom: Arc::default(),
            schema: None,
        }
    }

    /// Writes a template over it.
    pub(crate) fn begin_as(&mut self, template: &Connection) {
        Backup::new(template, &mut self.writer)
            .unwrap()
            .step(-1)
            .unwrap();
        // To copy counts as a change of the schema. It is none, and so the statements that are ready stay so.
        match self.schema {
            Some(schema) => {
                let schema = Some(schema);
                self.writer
                    .pragma_update(None, "schema_version", schema)
                    .unwrap();
            }
            None => {
                let schema = self
                    .writer
                    .pragma_query_value(None, "schema_version", |row| row.get(0));
                self.schema = Some(schema.unwrap());
            }
        }
        // The pages that they remember may bear the same number as those that lie there now.
        for connection in self.app.iter().chain([&self.look, &self.writer]) {
            connection.release_memory().unwrap();
        }
    }

    /// What ends what is being written.
    pub(crate) fn doom(&self) -> &Doom {
        &self.doom
    }

    /// Forgets which statements are ready. To prepare one counts as steps too: a run that counts them must not depend on the
    /// runs before it.
    pub(crate) fn forget_statements(&self) {
        if let Some(app) = &self.app {
            app.flush_prepared_statement_cache();
        }
    }

    /// Opens it as a device does. With `room`, it is full after so many more pages.
    pub(crate) fn open(&mut self, room: Option<u32>) -> Connection {
        // What was to befall the app that ran before is over.
        let _came = self.doom.came();
        let connection = self.app.take().unwrap_or_else(|| self.connect_app());
        let most = match room {
            Some(room) => {
                let pages: u32 = connection
                    .pragma_query_value(None, "page_count", |row| row.get(0))
                    .unwrap();
                pages + room
            }
            None => u32::MAX >> 2,
        };
        connection
            .pragma_update(None, "max_page_count", most)
            .unwrap();
        connection
    }

    /// The app has ended, whatever it was doing.
    pub(crate) fn close(&mut self, connection: Connection) {
        let _came = self.doom.came();
        if !connection.is_autocommit() {
            connection.execute_batch("rollback").unwrap();
        }
        self.app = Some(connection);
    }

    fn connect_app(&self) -> Connection {
        let mut connection = connect(&self.name);
        connection
            .execute_batch("pragma foreign_keys = on; pragma synchronous = off")
            .unwrap();
        let at_step = Arc::clone(&self.doom);
        // Asked at every turn of its machine: what SQLite counts of a statement it counts from run to run.
        connection
            .progress_handler(1, Some(move || at_step.strikes(&at_step.steps)))
            .unwrap();
        let at_commit = Arc::clone(&self.doom);
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
    let connection = Connection::open_with_flags(name, flags).unwrap();
    sql::keep_plans(&connection).unwrap();
    connection.set_prepared_statement_cache_capacity(128);
    connection
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

    /// Whether it came, and is not over.
    pub(crate) fn has_come(&self) -> bool {
        self.struck.load(Relaxed)
    }

    /// Whether it came. Either way it is over.
    pub(crate) fn came(&self) -> bool {
        self.steps.store(0, Relaxed);
        self.commits.store(0, Relaxed);
        self.struck.swap(false, Relaxed)
    }
}
