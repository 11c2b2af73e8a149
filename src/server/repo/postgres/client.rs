//! One connection, for one thread: statements are prepared once, what reads waits for its rows, and what writes does not wait.
//!
//! A statement that only writes is sent, and its answer is looked at when the next one reads. PostgreSQL answers in order, so
//! a failure is known before anything that was read after it is believed:
//!
//! ```text
//! send(insert …)   ──▶ nothing is waited for
//! send(update …)   ──▶
//! rows(select …)   ──▶ the answers of all three come; the first failure is the one that is said
//! ```

use std::{
    cell::RefCell,
    collections::HashMap,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use tokio::runtime::Runtime;
use tokio_postgres::{NoTls, Row, Statement, types::ToSql};

use crate::server::repo::{Error, Fault};

use super::{
    address::Address,
    batch::{Ahead, Behind},
    error::Said,
    revs::Revs,
    tls,
};

/// Statements whose answers are looked at together, at most: each keeps some bytes.
const UNHEARD: usize = 512;

/// A parameter of a statement that is read by.
pub(super) type Parameter<'a> = &'a (dyn ToSql + Sync);
/// A parameter of a statement that is sent.
pub(super) type Owned = Box<dyn ToSql + Sync + Send>;

type Answer<T> = Pin<Box<dyn Future<Output = Result<T, tokio_postgres::Error>> + Send>>;

/// A connection.
pub(super) struct Client {
    runtime: Runtime,
    client: Arc<tokio_postgres::Client>,
    name: String,
    statements: RefCell<HashMap<String, Statement>>,
    unheard: RefCell<Vec<Answer<u64>>>,
    /// The revs of a transaction that writes.
    pub(super) revs: Revs,
    /// What was read ahead.
    pub(super) ahead: Ahead,
    /// What waits to be written.
    pub(super) behind: Behind,
}

impl Client {
    /// Connects.
    ///
    /// # Errors
    /// When there is no server, or it lets nobody in.
    pub(super) fn connect(address: &Address) -> Result<Self, Error> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        // The connection works only while something is waited for; why it ended is what the next statement says.
        let client = match address.is_encrypted() {
            false => runtime.block_on(async {
                let (client, connection) = address.config().connect(NoTls).await?;
                tokio::spawn(async move {
                    let _ended = connection.await;
                });
                Ok(client)
            }),
            true => {
                let tls = tls::connector()?;
                runtime.block_on(async {
                    let (client, connection) = address.config().connect(tls).await?;
                    tokio::spawn(async move {
                        let _ended = connection.await;
                    });
                    Ok(client)
                })
            }
        };
        let client = client.map_err(not_connected)?;
        Ok(Self {
            runtime,
            client: Arc::new(client),
            name: address.name(),
            statements: RefCell::default(),
            unheard: RefCell::default(),
            revs: Revs::default(),
            ahead: Ahead::default(),
            behind: Behind::default(),
        })
    }

    /// The database, without the password.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Whether the connection is gone.
    pub(super) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// The rows of a statement.
    pub(super) fn rows(&self, sql: &str, parameters: &[Parameter<'_>]) -> Result<Vec<Row>, Error> {
        self.hear(async {
            let statement = self.prepared(sql).await?;
            self.client.query(&statement, parameters).await
        })
    }

    /// The only row of a statement, if it has one.
    pub(super) fn optional(
        &self,
        sql: &str,
        parameters: &[Parameter<'_>],
    ) -> Result<Option<Row>, Error> {
        Ok(self.rows(sql, parameters)?.into_iter().next())
    }

    /// The only row of a statement that always has one.
    pub(super) fn one(&self, sql: &str, parameters: &[Parameter<'_>]) -> Result<Row, Error> {
        self.optional(sql, parameters)?
            .ok_or_else(|| Error::Engine {
                fault: Fault::Value,
                why: "there is no such row".into(),
            })
    }

    /// Runs a statement, and gives how many rows it changed.
    pub(super) fn execute(&self, sql: &str, parameters: &[Parameter<'_>]) -> Result<u64, Error> {
        self.hear(async {
            let statement = self.prepared(sql).await?;
            self.client.execute(&statement, parameters).await
        })
    }

    /// Runs statements that have no parameters.
    pub(super) fn batch(&self, sql: &str) -> Result<(), Error> {
        self.hear(self.client.batch_execute(sql))
    }

    /// Sends a statement without waiting for it, behind what waits to be written.
    pub(super) fn send(&self, sql: &'static str, parameters: Vec<Owned>) -> Result<(), Error> {
        self.write_behind()?;
        self.send_now(sql, parameters)
    }

    /// Sends a statement without waiting for it.
    pub(super) fn send_now(&self, sql: &'static str, parameters: Vec<Owned>) -> Result<(), Error> {
        let client = Arc::clone(&self.client);
        let known = self.statements.borrow().get(sql).cloned();
        let statement = match known {
            Some(statement) => statement,
            None => self.hear_now(self.prepared(sql))?,
        };
        let mut answer: Answer<u64> =
            Box::pin(async move { client.execute_raw(&statement, parameters).await });
        // Asked once, it is on its way.
        match answer
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
        {
            Poll::Ready(done) => {
                done?;
            }
            Poll::Pending => self.unheard.borrow_mut().push(answer),
        }
        if self.unheard.borrow().len() >= UNHEARD {
            self.hear_now(async { Ok(()) })?;
        }
        Ok(())
    }

    /// Drops what waits to be written, and waits for everything that was sent, whatever came of it: it is undone.
    pub(super) fn disregard(&self) {
        self.behind.clear();
        self.ahead.clear();
        if !self.unheard.borrow().is_empty() {
            let _undone = self.hear_now(async { Ok(()) });
        }
    }

    /// Sees that what was sent is on its way, without waiting for what comes of it.
    pub(super) fn hurry(&self) {
        self.runtime.block_on(async {
            // The connection is at it while this one waits.
            tokio::task::yield_now().await;
            tokio::task::yield_now().await;
        });
    }

    fn hear<T>(
        &self,
        asked: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T, Error> {
        self.write_behind()?;
        self.hear_now(asked)
    }

    fn hear_now<T>(
        &self,
        asked: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T, Error> {
        let unheard = std::mem::take(&mut *self.unheard.borrow_mut());
        let (failed, answer) = self.runtime.block_on(async {
            // It stands behind them in the line, so it is asked first and waits no longer.
            let answer = asked.await;
            let mut failed = None;
            for sent in unheard {
                if let Err(why) = sent.await {
                    failed.get_or_insert(why);
                }
            }
            (failed, answer)
        });
        if let Some(why) = failed {
            return Err(why.into());
        }
        Ok(answer?)
    }

    async fn prepared(&self, sql: &str) -> Result<Statement, tokio_postgres::Error> {
        if let Some(statement) = self.statements.borrow().get(sql) {
            return Ok(statement.clone());
        }
        let statement = self.client.prepare(sql).await?;
        // Every text is one of this program's, so there are not many.
        self.statements
            .borrow_mut()
            .insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }
}

/// Why there is no connection.
fn not_connected(why: tokio_postgres::Error) -> Error {
    match why.code() {
        Some(_) => why.into(),
        // Nobody listens, or nobody answers, or not in a way that is understood.
        None => Error::Engine {
            fault: Fault::Away,
            why: Box::new(Said(why)),
        },
    }
}
