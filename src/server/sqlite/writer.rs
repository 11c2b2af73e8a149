//! The one writer: a thread that takes all jobs that wait, runs each in its own savepoint inside one transaction,
//! commits once, and only then answers. So a hundred phones that send at the same time cost one fsync.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Mutex, PoisonError,
        mpsc::{Receiver, Sender, channel},
    },
    thread::JoinHandle,
};

use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::oneshot;

use super::Error;

/// Jobs in one commit: enough to share an fsync, few enough that nobody waits long for a neighbour.
const GROUP: usize = 128;

/// Tells the one who waits, once it is known whether the commit took.
type Answer = Box<dyn FnOnce(Result<(), &str>) + Send>;
type Job = Box<dyn FnOnce(&Connection) -> Answer + Send>;

/// The writer thread.
pub struct Writer {
    jobs: Mutex<Option<Sender<Job>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    /// Starts the thread on a connection of its own.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(connection: Connection) -> Result<Self, Error> {
        let (jobs, waiting) = channel();
        let thread = std::thread::Builder::new()
            .name("writer".to_owned())
            .spawn(move || work(connection, &waiting))?;
        Ok(Self {
            jobs: Mutex::new(Some(jobs)),
            thread: Mutex::new(Some(thread)),
        })
    }

    /// Runs a job and answers when it is on disk. It runs to its end even when the one who asked goes away.
    ///
    /// # Errors
    /// What the job says, [`Error::Commit`] when the group did not reach the disk, [`Error::Closed`] after the end.
    pub async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Connection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            let result = in_savepoint(connection, job);
            Box::new(move |committed| {
                let result = match committed {
                    Ok(()) => result,
                    Err(why) => Err(Error::Commit(why.to_owned())),
                };
                // Nobody waits any more: what was committed stays, and a retry finds it.
                let _ = answer.send(result);
            })
        });
        self.jobs
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .as_ref()
            .ok_or(Error::Closed)?
            .send(job)
            .map_err(|_| Error::Closed)?;
        answered.await.map_err(|_| Error::Closed)?
    }

    /// Lets the thread finish what waits, then ends it. What comes later is refused.
    pub fn stop(&self) {
        let jobs = self
            .jobs
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        drop(jobs);
        let thread = self
            .thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(thread) = thread {
            let _ = thread.join();
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.stop();
    }
}

fn in_savepoint<T>(
    connection: &Connection,
    job: impl FnOnce(&Connection) -> Result<T, Error>,
) -> Result<T, Error> {
    connection.execute_batch("savepoint job")?;
    let result = catch_unwind(AssertUnwindSafe(|| job(connection))).unwrap_or(Err(Error::Panicked));
    if result.is_err() {
        connection.execute_batch("rollback to job")?;
    }
    connection.execute_batch("release job")?;
    result
}

fn work(mut connection: Connection, waiting: &Receiver<Job>) {
    while let Ok(first) = waiting.recv() {
        let group = std::iter::once(first).chain(waiting.try_iter().take(GROUP - 1));
        commit(&mut connection, group);
    }
    // The end: leave one whole file behind, without a log beside it. A failure here loses nothing.
    let _ = connection.execute_batch("pragma optimize; pragma wal_checkpoint(truncate);");
}

fn commit(connection: &mut Connection, group: impl Iterator<Item = Job>) {
    let mut answers: Vec<Answer> = Vec::new();
    let committed = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .and_then(|transaction| {
            answers.extend(group.map(|job| job(&transaction)));
            transaction.commit()
        });
    // When the transaction could not even begin, the jobs were never run: they are dropped, and who waits is told
    // that the database is closed.
    let committed = committed.map_err(|why| why.to_string());
    if let Err(why) = &committed {
        tracing::error!(error = %why, "a group of changes was not committed");
    }
    for answer in answers {
        answer(committed.as_ref().copied().map_err(String::as_str));
    }
}
