//! Serving until told to stop.

use std::net::SocketAddr;

use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};

use super::{router::router, state::AppState};

/// Serves until `shutdown` resolves, then lets running requests finish and closes the database.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    listener: TcpListener,
    state: AppState,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let service = router(state.clone()).into_make_service_with_connect_info::<SocketAddr>();
    let served = axum::serve(listener, service)
        .with_graceful_shutdown(shutdown)
        .await;
    // The writer finishes what it has; joining it must not hold up the network's threads.
    let closed = tokio::task::spawn_blocking(move || state.database().close()).await;
    served.and(closed.map_err(std::io::Error::other))
}

/// Resolves when the system asks the process to end: SIGTERM, or SIGINT from a terminal. The server is for Unix.
///
/// # Errors
/// When the signals cannot be listened to.
pub async fn asked_to_stop() -> std::io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}
