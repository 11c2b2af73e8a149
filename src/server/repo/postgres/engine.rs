//! Transactions on a PostgreSQL server, run again when it goes away: while it is stopped and started again, whoever asked
//! waits, and is answered as ever.
//!
//! A connection that breaks at the commit leaves open whether it was committed. The server knows: it is asked by the number of
//! the transaction. So no job is run twice whose first run is stored.

use std::time::{Duration, Instant};

use crate::server::repo::{
    Error, Fault, Tx,
    pool::Pool,
    queue::{self, Job, NotCommitted, Writer},
    stored,
};

use super::{address::Address, client::Client, int, natural, schema};

/// Connections that read at the same time.
const READERS: usize = 4;
/// How long it is tried again: a server that is started anew is there after some seconds.
const PATIENCE: Duration = Duration::from_secs(15);
/// The first pause between two tries, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(2));

const BEGIN_READ: &str = "begin isolation level repeatable read read only";
const BEGIN_WRITE: &str = "begin";
/// How a connection is set up.
///
/// - A process that is stopped in the middle of a transaction holds up all others for no longer than a minute.
/// - Every statement has its index. A plan that was made while a table was small would read all of it later.
const SESSION: &str = "
    set synchronous_commit = on;
    set idle_in_transaction_session_timeout = '60s';
    set enable_seqscan = off;
    set jit = off;
";

/// A connection that is made again when it breaks.
struct Line {
    address: Address,
    client: Option<Client>,
}

impl Line {
    fn new(address: &Address) -> Self {
        Self {
            address: address.clone(),
            client: None,
        }
    }

    fn client(&mut self) -> Result<&Client, Error> {
        if self.client.as_ref().is_none_or(Client::is_closed) {
            let client = Client::connect(&self.address)?;
            client.batch(SESSION)?;
            self.client = Some(client);
        }
        self.client.as_ref().ok_or(Error::Closed)
    }

    /// Does something with the connection, again and again for as long as the server is away.
    fn patiently<T>(
        &mut self,
        mut work: impl FnMut(&Client) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let since = Instant::now();
        let (mut pause, longest) = PAUSES;
        loop {
            let done = self.client().and_then(&mut work);
            match done {
                Err(why) if why.is_away() || self.is_broken() => {
                    self.client = None;
                    if since.elapsed() >= PATIENCE {
                        return Err(Error::Away(why.to_string()));
                    }
                    tracing::warn!(error = %why, "the database server is away");
                }
                other => return other,
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(longest);
        }
    }

    fn is_broken(&self) -> bool {
        self.client.as_ref().is_some_and(Client::is_closed)
    }

    fn read<T>(&mut self, job: &mut dyn FnMut(&dyn Tx) -> Result<T, Error>) -> Result<T, Error> {
        self.patiently(|client| {
            client.send(BEGIN_READ, Vec::new())?;
            let done = job(client);
            end_read(client)?;
            done
        })
    }
}

/// Ends a transaction that reads. Nobody has to wait for that.
fn end_read(client: &Client) -> Result<(), Error> {
    client.disregard();
    client.send("rollback", Vec::new())?;
    client.hurry();
    Ok(())
}

/// The number of a writing transaction.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Number(String);

/// Begins a transaction that writes: it waits until no other process writes.
fn begin(client: &Client) -> Result<Number, Error> {
    client.send(BEGIN_WRITE, Vec::new())?;
    let row = client.one(
        "select rev, pg_current_xact_id()::text from counter for update",
        &[],
    )?;
    client.ahead.clear();
    client.revs.begin(natural(row.try_get(0)?)?);
    Ok(Number(row.try_get(1)?))
}

/// Commits it.
fn commit(client: &Client) -> Result<(), Error> {
    // A commit of a transaction in which a statement failed is no error: it rolls back. So a statement is waited for first.
    match client.revs.end() {
        Some(last) => client.execute("update counter set rev = $1", &[&int(last)?])?,
        None => client.execute("select 1", &[])?,
    };
    client.batch("commit")
}

/// Undoes it. What is closed is undone.
fn roll_back(client: &Client) -> Result<(), Error> {
    client.revs.end();
    client.disregard();
    match client.is_closed() {
        true => Ok(()),
        false => client.batch("rollback"),
    }
}

/// What became of a transaction.
enum Fate {
    Committed,
    Undone,
}

/// What became of a transaction whose connection broke at the commit.
///
/// # Errors
/// When it is not known yet: it is asked again.
fn fate(client: &Client, number: &Number) -> Result<Fate, Error> {
    let row = client.one("select pg_xact_status($1::text::xid8)", &[&number.0])?;
    match row.try_get::<_, Option<&str>>(0)? {
        Some("committed") => Ok(Fate::Committed),
        Some("aborted") => Ok(Fate::Undone),
        Some(_) => Err(Error::Engine {
            fault: Fault::Away,
            why: "a commit is under way".into(),
        }),
        None => Err(stored("transaction")("nobody knows what became of it")),
    }
}

/// The one writer of this process.
struct Writing(Line);

impl Writing {
    fn run(&mut self, jobs: &mut [Box<dyn Job>]) -> Result<(), Error> {
        // Set while it is open whether the transaction of that number was committed.
        let mut open: Option<Number> = None;
        self.0.patiently(|client| {
            if let Some(number) = &open {
                if let Fate::Committed = fate(client, number)? {
                    return Ok(());
                }
                open = None;
            }
            let number = begin(client)?;
            for job in jobs.iter_mut() {
                job.run(client);
                if client.is_closed() {
                    return Err(Error::Away("the connection broke".to_owned()));
                }
            }
            open = Some(number);
            let committed = commit(client);
            // A server that ends a connection may have committed before.
            let is_open = committed
                .as_ref()
                .is_err_and(|why| why.is_away() || client.is_closed());
            if !is_open {
                open = None;
            }
            committed.inspect_err(|_| {
                let _undone = roll_back(client);
            })
        })
    }
}

impl queue::Engine for Writing {
    fn commit(&mut self, mut jobs: Vec<Box<dyn Job>>) {
        let committed = self.run(&mut jobs).map_err(|why| {
            tracing::error!(error = %why, "a group of changes was not committed");
            NotCommitted {
                fault: match () {
                    () if why.is_full() => Fault::Full,
                    () if why.is_away() => Fault::Away,
                    () => Fault::Other,
                },
                why: why.to_string(),
            }
        });
        for job in jobs {
            job.answer(committed.as_ref().copied());
        }
    }

    fn close(&mut self) {
        self.0.client = None;
    }
}

/// The open engine: one thread that writes, several connections that read.
pub struct Engine {
    writer: Writer,
    readers: Pool<Line>,
}

impl Engine {
    /// Connects, and brings the schema up to date.
    ///
    /// # Errors
    /// [`Error::TooNew`]; [`Error::Away`] when there is no server, also after some seconds.
    pub fn connect(address: &Address) -> Result<Self, Error> {
        Ok(Self {
            writer: Writer::start(Writing(prepared(address)?))?,
            readers: Pool::new((0..READERS).map(|_| Line::new(address)).collect()),
        })
    }

    /// Changes something. Answers when it is durable.
    pub(in crate::server::repo) async fn write<T: Send + 'static>(
        &self,
        job: impl FnMut(&dyn Tx) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.writer.run(job).await
    }

    /// Reads something, in one transaction that sees every write answered before.
    pub(in crate::server::repo) async fn read<T: Send + 'static>(
        &self,
        mut job: impl FnMut(&dyn Tx) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.readers.lend(move |line| line.read(&mut job)).await
    }

    /// Waits for the writer to finish what it has, and disconnects.
    pub(in crate::server::repo) fn close(&self) {
        self.writer.stop();
    }
}

/// A connection to a database whose schema is this program's.
fn prepared(address: &Address) -> Result<Line, Error> {
    let mut line = Line::new(address);
    line.patiently(|client| {
        client.batch(BEGIN_WRITE)?;
        schema::migrate(client)
            .and_then(|()| client.batch("commit"))
            .inspect_err(|_| {
                let _undone = roll_back(client);
            })?;
        begin(client)?;
        schema::recognize(client)
            .and_then(|()| commit(client))
            .inspect_err(|_| {
                let _undone = roll_back(client);
            })
    })?;
    Ok(line)
}

/// The engine as a command opens it. Nothing is run again: who called sees what failed.
pub struct Direct(Line);

impl Direct {
    /// Connects, and brings the schema up to date.
    ///
    /// # Errors
    /// As [`Engine::connect`].
    pub fn connect(address: &Address) -> Result<Self, Error> {
        prepared(address).map(Self)
    }

    pub(in crate::server::repo) fn write<T, E: From<Error>>(
        &mut self,
        job: impl FnOnce(&dyn Tx) -> Result<T, E>,
    ) -> Result<T, E> {
        let client = self.0.client()?;
        begin(client)?;
        match job(client) {
            Ok(done) => {
                commit(client).inspect_err(|_| {
                    let _undone = roll_back(client);
                })?;
                Ok(done)
            }
            Err(why) => {
                roll_back(client)?;
                Err(why)
            }
        }
    }

    pub(in crate::server::repo) fn read<T, E: From<Error>>(
        &mut self,
        job: impl FnOnce(&dyn Tx) -> Result<T, E>,
    ) -> Result<T, E> {
        let client = self.0.client()?;
        client.send(BEGIN_READ, Vec::new())?;
        let done = job(client);
        end_read(client)?;
        done
    }

    pub(in crate::server::repo) fn schema(&mut self) -> Result<u32, Error> {
        schema::version(self.0.client()?)
    }
}
