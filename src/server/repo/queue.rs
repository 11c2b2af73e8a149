//! The queue before the one writer: a thread that takes all jobs that wait, and has its engine run them in one transaction. So
//! a hundred phones that send at the same time cost one commit.
//!
//! ```text
//! phone A ── job ─┐           ┌ part: A's job ┐
//! phone B ── job ─┼─ queue ─▶ │ part: B's job │ commit ─▶ A, B and C are answered
//! phone C ── job ─┘           └ part: C's job ┘
//! ```

use std::{
    sync::{
        Mutex, PoisonError,
        mpsc::{Receiver, Sender, channel},
    },
    thread::JoinHandle,
};

use tokio::sync::oneshot;

use super::{Error, Fault, Tx, in_part};

/// Jobs in one commit: enough to share it, few enough that nobody waits long for a neighbour.
const GROUP: usize = 128;

/// What a transaction can do that a writer has.
pub(super) trait Engine: Send + 'static {
    /// Runs these jobs in one transaction, commits it, and answers each of them.
    fn commit(&mut self, jobs: Vec<Box<dyn Job>>);

    /// Nothing more comes.
    fn close(&mut self);
}

/// A job that waits.
pub(super) trait Job: Send {
    /// Runs it in a part of the transaction of its own. An engine that has to begin a transaction anew runs it again.
    fn run(&mut self, tx: &dyn Tx);

    /// There was no room for what it did.
    fn is_full(&self) -> bool;

    /// Answers it: with what it came to, or with why that is not stored.
    fn answer(self: Box<Self>, committed: Result<(), &NotCommitted>);
}

/// Why a transaction was not committed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct NotCommitted {
    /// What it lies at.
    pub(super) fault: Fault,
    /// The same in words.
    pub(super) why: String,
}

impl From<&NotCommitted> for Error {
    fn from(NotCommitted { fault, why }: &NotCommitted) -> Self {
        match fault {
            Fault::Full => Self::Full,
            Fault::Away => Self::Away(why.clone()),
            Fault::Value | Fault::Other => Self::Commit(why.clone()),
        }
    }
}

/// A job, what it came to, and who waits for that.
struct Waiting<T, F> {
    job: F,
    result: Option<Result<T, Error>>,
    answer: oneshot::Sender<Result<T, Error>>,
}

impl<T, F> Job for Waiting<T, F>
where
    T: Send + 'static,
    F: FnMut(&dyn Tx) -> Result<T, Error> + Send,
{
    fn run(&mut self, tx: &dyn Tx) {
        let job = &mut self.job;
        self.result = Some(in_part(tx, || job(tx)));
    }

    fn is_full(&self) -> bool {
        matches!(&self.result, Some(Err(why)) if why.is_full())
    }

    fn answer(self: Box<Self>, committed: Result<(), &NotCommitted>) {
        let result = match (self.result, committed) {
            // It was refused anyway.
            (Some(Err(why)), _) => Err(why),
            (_, Err(why)) => Err(why.into()),
            (Some(done), Ok(())) => done,
            (None, Ok(())) => Err(Error::Closed),
        };
        // Nobody waits any more: what was committed stays, and a retry finds it.
        let _ = self.answer.send(result);
    }
}

/// The writer thread.
pub(super) struct Writer {
    jobs: Mutex<Option<Sender<Box<dyn Job>>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub(super) fn start(engine: impl Engine) -> Result<Self, Error> {
        let (jobs, waiting) = channel();
        let thread = std::thread::Builder::new()
            .name("writer".to_owned())
            .spawn(move || work(engine, &waiting))?;
        Ok(Self {
            jobs: Mutex::new(Some(jobs)),
            thread: Mutex::new(Some(thread)),
        })
    }

    /// Runs a job and answers when what it did is durable. It runs to its end even when the one who asked goes away.
    ///
    /// # Errors
    /// What the job says; [`Error::Commit`], [`Error::Full`] or [`Error::Away`] when its group was not committed;
    /// [`Error::Closed`] after the end.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        job: impl FnMut(&dyn Tx) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (answer, answered) = oneshot::channel();
        let waiting = Waiting {
            job,
            result: None,
            answer,
        };
        self.jobs
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .as_ref()
            .ok_or(Error::Closed)?
            .send(Box::new(waiting))
            .map_err(|_| Error::Closed)?;
        answered.await.map_err(|_| Error::Closed)?
    }

    /// Lets the thread finish what waits, then ends it. What comes later is refused.
    pub(super) fn stop(&self) {
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

fn work(mut engine: impl Engine, waiting: &Receiver<Box<dyn Job>>) {
    while let Ok(first) = waiting.recv() {
        let group = std::iter::once(first).chain(waiting.try_iter().take(GROUP - 1));
        engine.commit(group.collect());
    }
    engine.close();
}
