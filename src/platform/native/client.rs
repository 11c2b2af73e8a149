//! A device in a thread of its own, asked from anywhere: the native twin of the browser's worker.

use std::path::PathBuf;

use tokio::sync::{mpsc, oneshot};
use tokio::task::LocalSet;

use super::{NativeMachine, keep_awake};
use crate::platform::device::Device;
use crate::store::api::{Notice, Reply, Request, StoreError};

type Question = (Request, oneshot::Sender<Result<Reply, StoreError>>);

/// A line to the device's thread. Cheap to clone; the thread ends when the last one is dropped.
#[derive(Clone)]
pub struct Client {
    questions: mpsc::UnboundedSender<Question>,
}

impl Client {
    /// Starts the thread.
    ///
    /// # Errors
    /// [`std::io::Error`] when the machine has no thread left.
    pub fn start(
        folder: PathBuf,
        server: String,
        notices: impl Fn(Notice) + Send + 'static,
    ) -> std::io::Result<Self> {
        let (questions, inbox) = mpsc::unbounded_channel();
        std::thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || {
                let Ok(runtime) = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                else {
                    return;
                };
                LocalSet::new().block_on(&runtime, serve(folder, server, notices, inbox));
            })?;
        Ok(Self { questions })
    }

    /// Asks the device.
    ///
    /// # Errors
    /// [`StoreError`] says what was not done.
    pub async fn ask(&self, request: Request) -> Result<Reply, StoreError> {
        let gone = || StoreError::Worker("the store's thread has ended".to_owned());
        let (answer, answered) = oneshot::channel();
        self.questions.send((request, answer)).map_err(|_| gone())?;
        answered.await.map_err(|_| gone())?
    }
}

async fn serve(
    folder: PathBuf,
    server: String,
    notices: impl Fn(Notice) + 'static,
    mut inbox: mpsc::UnboundedReceiver<Question>,
) {
    let device = match Device::start(NativeMachine::new(folder, server, notices)) {
        Ok(device) => device,
        Err(error) => {
            while let Some((_, answer)) = inbox.recv().await {
                let _asker_gone = answer.send(Err(StoreError::Database(error.to_string())));
            }
            return;
        }
    };
    let awake = tokio::task::spawn_local(keep_awake(device.clone()));
    while let Some((request, answer)) = inbox.recv().await {
        let device = device.clone();
        // A question to the server must not hold up the next one.
        tokio::task::spawn_local(async move {
            let reply = device.ask(request).await;
            // Who asked may have given up waiting; what was asked for is done all the same.
            let _asker_gone = answer.send(reply);
        });
    }
    awake.abort();
}
