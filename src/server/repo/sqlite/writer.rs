//! Groups of jobs in one transaction of the file. SQLite may undo a whole transaction by itself when a disk is full: then the
//! jobs before the failure are answered with it, and those behind it go on in another transaction.

use rusqlite::{
    Connection, Transaction, TransactionBehavior,
    ffi::{Error as Code, SQLITE_ABORT, SQLITE_FULL},
};

use crate::server::repo::queue::{Engine, Job, NotCommitted};

impl Engine for Connection {
    fn commit(&mut self, jobs: Vec<Box<dyn Job>>) {
        let mut waiting = jobs.into_iter();
        while waiting.len() > 0 {
            let mut ran = Vec::new();
            let committed = commit(self, &mut waiting, &mut ran).map_err(|why| {
                tracing::error!(error = %why, "a group of changes was not committed");
                NotCommitted {
                    fault: super::fault(&why),
                    why: why.to_string(),
                }
            });
            for job in ran {
                job.answer(committed.as_ref().copied());
            }
        }
    }

    fn close(&mut self) {
        // One whole file is left behind, without a log beside it. A failure here loses nothing.
        let _ = self.execute_batch("pragma optimize; pragma wal_checkpoint(truncate);");
    }
}

/// Runs the jobs in one transaction, up to one that takes the whole transaction down with it.
fn commit(
    connection: &mut Connection,
    waiting: &mut impl Iterator<Item = Box<dyn Job>>,
    ran: &mut Vec<Box<dyn Job>>,
) -> rusqlite::Result<()> {
    match connection.transaction_with_behavior(TransactionBehavior::Immediate) {
        Ok(transaction) => run_all(transaction, waiting, ran),
        // It could not even begin: no job is run, and each is answered with why.
        Err(why) => {
            ran.extend(waiting);
            Err(why)
        }
    }
}

fn run_all(
    transaction: Transaction<'_>,
    waiting: &mut impl Iterator<Item = Box<dyn Job>>,
    ran: &mut Vec<Box<dyn Job>>,
) -> rusqlite::Result<()> {
    for mut job in waiting {
        job.run(&*transaction);
        let is_full = job.is_full();
        ran.push(job);
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
    use std::sync::mpsc::channel;

    use super::*;
    use crate::server::repo::{Error, Tx, queue::Writer};

    fn writer() -> Writer {
        let connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch("create table note (text text not null) strict")
            .unwrap();
        Writer::start(connection).unwrap()
    }

    /// The connection that a transaction of SQLite is.
    fn of(tx: &dyn Tx) -> &Connection {
        tx.connection().downcast_ref().unwrap()
    }

    fn insert(tx: &dyn Tx, text: &str) {
        of(tx)
            .execute("insert into note values (?1)", [text])
            .unwrap();
    }

    async fn texts(writer: &Writer) -> Vec<String> {
        let read = |tx: &dyn Tx| {
            let mut statement = of(tx).prepare("select text from note order by text")?;
            let texts = statement.query_map([], |row| row.get(0))?;
            Ok(texts.collect::<Result<_, _>>()?)
        };
        writer.run(read).await.unwrap()
    }

    #[tokio::test]
    async fn a_job_that_fails_or_panics_leaves_nothing_and_harms_no_neighbour() {
        let writer = writer();
        let fails = |tx: &dyn Tx| -> Result<(), Error> {
            insert(tx, "failed");
            Err(Error::Closed)
        };
        let panics = |tx: &dyn Tx| -> Result<(), Error> {
            insert(tx, "panicked");
            panic!("on purpose");
        };
        let works = |text: &'static str| {
            writer.run(move |tx| {
                insert(tx, text);
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
            writer.run(move |tx| {
                insert(tx, text);
                Ok(())
            })
        };
        // As SQLite does by itself on a full disk.
        let full = |tx: &dyn Tx| -> Result<(), Error> {
            of(tx).execute_batch("rollback")?;
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
            writer.run(|tx| {
                insert(tx, "waiting");
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
