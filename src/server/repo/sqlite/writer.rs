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

use rusqlite::{
    Connection, Transaction, TransactionBehavior,
    ffi::{Error as Code, SQLITE_ABORT, SQLITE_FULL},
};
use tokio::sync::oneshot;

use crate::server::repo::{Error, Tx};

/// Jobs in one commit: enough to share an fsync, few enough that nobody waits long for a neighbour.
const GROUP: usize = 128;

/// Tells the one who waits, once it is known whether the commit took.
type Answer = Box<dyn FnOnce(Result<(), &rusqlite::Error>) + Send>;
type Job = Box<dyn FnOnce(&Connection) -> Done + Send>;

/// A job that was run.
struct Done {
    answer: Answer,
    /// There was no room for it.
    is_full: bool,
}

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
            let is_full = result.as_ref().is_err_and(Error::is_full);
            let answer = move |committed: Result<(), &rusqlite::Error>| {
                let result = match committed {
                    Err(why) if result.is_ok() && super::is_full(why) => Err(Error::Full),
                    Err(why) if result.is_ok() => Err(Error::Commit(why.to_string())),
                    _ => result,
                };
                // Nobody waits any more: what was committed stays, and a retry finds it.
                let _ = answer.send(result);
            };
            Done {
                answer: Box::new(answer),
                is_full,
            }
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
    connection.begin_part("job")?;
    let result = catch_unwind(AssertUnwindSafe(|| job(connection))).unwrap_or(Err(Error::Panicked));
    connection.end_part("job", result.is_ok())?;
    result
}

fn work(mut connection: Connection, waiting: &Receiver<Job>) {
    while let Ok(first) = waiting.recv() {
        let mut group = std::iter::once(first)
            .chain(waiting.try_iter().take(GROUP - 1))
            .peekable();
        while group.peek().is_some() {
            commit(&mut connection, &mut group);
        }
    }
    // The end: leave one whole file behind, without a log beside it. A failure here loses nothing.
    let _ = connection.execute_batch("pragma optimize; pragma wal_checkpoint(truncate);");
}

/// Runs the jobs of a group in one transaction, up to one that takes the whole transaction down with it.
fn commit(connection: &mut Connection, group: &mut impl Iterator<Item = Job>) {
    let mut answers: Vec<Answer> = Vec::new();
    let committed = match connection.transaction_with_behavior(TransactionBehavior::Immediate) {
        Ok(transaction) => run_all(transaction, group, &mut answers),
        // It could not even begin, so the jobs are not run: they are dropped, and who waits is told that the database is
        // closed.
        Err(why) => {
            group.for_each(drop);
            Err(why)
        }
    };
    if let Err(why) = &committed {
        tracing::error!(error = %why, "a group of changes was not committed");
    }
    for answer in answers {
        answer(committed.as_ref().copied());
    }
}

fn run_all(
    transaction: Transaction<'_>,
    group: &mut impl Iterator<Item = Job>,
    answers: &mut Vec<Answer>,
) -> rusqlite::Result<()> {
    for job in group {
        let Done { answer, is_full } = job(&transaction);
        answers.push(answer);
        if transaction.is_autocommit() {
            let code = if is_full { SQLITE_FULL } else { SQLITE_ABORT };
            return Err(rusqlite::Error::SqliteFailure(Code::new(code), None));
        }
    }
    transaction.commit()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;

    fn writer() -> Writer {
        let connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch("create table note (text text not null) strict")
            .unwrap();
        Writer::start(connection).unwrap()
    }

    fn insert(connection: &Connection, text: &str) {
        connection
            .execute("insert into note values (?1)", [text])
            .unwrap();
    }

    async fn texts(writer: &Writer) -> Vec<String> {
        let read = |connection: &Connection| {
            let mut statement = connection.prepare("select text from note order by text")?;
            let texts = statement.query_map([], |row| row.get(0))?;
            Ok(texts.collect::<Result<_, _>>()?)
        };
        writer.run(read).await.unwrap()
    }

    #[tokio::test]
    async fn a_job_that_fails_or_panics_leaves_nothing_and_harms_no_neighbour() {
        let writer = writer();
        let fails = |connection: &Connection| -> Result<(), Error> {
            insert(connection, "failed");
            Err(Error::Closed)
        };
        let panics = |connection: &Connection| -> Result<(), Error> {
            insert(connection, "panicked");
            panic!("on purpose");
        };
        let works = |text: &'static str| {
            writer.run(move |connection| {
                insert(connection, text);
                Ok(())
            })
        };
        let (one, failed, panicked, two) = tokio::join!(
            works("one"),
            writer.run(fails),
            writer.run(panics),
            works("two")
        );
        assert!(one.is_ok() && two.is_ok());
        assert!(matches!(failed, Err(Error::Closed)));
        assert!(matches!(panicked, Err(Error::Panicked)));
        assert_eq!(texts(&writer).await, ["one", "two"]);
    }

    #[tokio::test]
    async fn a_job_that_takes_the_transaction_down_is_told_apart_from_those_behind_it() {
        let writer = writer();
        let (open, opened) = channel::<()>();
        // While it waits all the others come into one group.
        let gate = writer.run(move |_| opened.recv().map_err(|_| Error::Closed));
        let works = |text: &'static str| {
            writer.run(move |connection| {
                insert(connection, text);
                Ok(())
            })
        };
        // As SQLite does by itself on a full disk.
        let full = |connection: &Connection| -> Result<(), Error> {
            connection.execute_batch("rollback")?;
            Err(Error::Full)
        };
        let (_, before, full, behind, _) = tokio::join!(
            gate,
            works("before"),
            writer.run(full),
            works("behind"),
            async { open.send(()).unwrap() }
        );
        assert!(matches!(before, Err(Error::Full)), "it is undone too");
        assert!(matches!(full, Err(Error::Full)));
        assert!(behind.is_ok());
        assert_eq!(texts(&writer).await, ["behind"]);
    }

    #[tokio::test]
    async fn what_waits_is_done_before_the_end_and_what_comes_later_is_refused() {
        let writer = writer();
        let many = (0..300).map(|_| {
            writer.run(|connection| {
                insert(connection, "waiting");
                Ok(())
            })
        });
        let mut many: Vec<_> = many.map(Box::pin).collect();
        // Polled once, each stands in the queue; those that were done by then are not asked again.
        many.retain_mut(|one| {
            let mut context = std::task::Context::from_waker(std::task::Waker::noop());
            one.as_mut()
                .poll(&mut context)
                .map(Result::unwrap)
                .is_pending()
        });
        writer.stop();
        for one in many {
            one.await.unwrap();
        }
        let late = writer.run(|_| Ok(())).await;
        assert!(matches!(late, Err(Error::Closed)));
    }
}
