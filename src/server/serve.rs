//! Serving until told to stop.

use std::time::Duration;

use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    sync::oneshot,
};

use super::{
    attachments::sweep::{Most, sweep},
    connections::{self, Limits},
    machine,
    router::router,
    state::AppState,
};

/// How often it is looked for what nobody refers to; the first time at the start.
const SWEEP: Duration = Duration::from_secs(24 * 60 * 60);

/// How long running requests may take once the end was asked for: a phone that went silent must not hold up a restart.
const GRACE: Duration = Duration::from_secs(20);

/// Serves until `shutdown` resolves, then lets running requests finish and closes the database.
///
/// # Errors
/// When the database cannot be closed.
pub async fn serve(
    listener: TcpListener,
    state: AppState,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let limits = Limits::new(state.config().behind_proxy);
    let service = router(state.clone());
    let sweeping = tokio::spawn(keep_swept(state.clone()));
    let (asked, to_stop) = oneshot::channel();
    let serving = connections::serve(listener, service, limits, async move {
        shutdown.await;
        let _ = asked.send(());
    });
    let patience = async {
        if to_stop.await.is_err() {
            std::future::pending::<()>().await;
        }
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        () = serving => {}
        () = patience => {
            tracing::warn!("some requests did not finish in time");
        }
    }
    sweeping.abort();
    // The writer finishes what it has; joining it must not hold up the network's threads.
    let closed = tokio::task::spawn_blocking(move || state.database().close()).await;
    closed.map_err(std::io::Error::other)
}

async fn keep_swept(state: AppState) {
    loop {
        match sweep(&state, machine::now(), Most::Share).await {
            Ok(swept) => tracing::info!(
                swept.discarded,
                swept.recovered,
                swept.removed,
                swept.partial,
                "attachments swept"
            ),
            Err(why) => tracing::error!(?why, "attachments could not be swept"),
        }
        tokio::time::sleep(SWEEP).await;
    }
}

/// Listens from now on, and resolves when the system asks the process to end: SIGTERM, or SIGINT from a terminal. The
/// server is for Unix.
///
/// # Errors
/// When the signals cannot be listened to.
pub fn asked_to_stop() -> std::io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
