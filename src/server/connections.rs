//! Taking connections: how many, and how slow they may be. A client that sends or reads next to nothing must not keep its
//! place from others.
//!
//! | slow in | ends |
//! |---|---|
//! | the head of a request, or between two requests | after [`HEAD`], by hyper |
//! | a body | by its pace, see `body` |
//! | reading an answer | when it takes less than [`LEAST`] in [`WINDOW`] |

use std::{
    collections::HashMap,
    convert::Infallible,
    io,
    net::{IpAddr, SocketAddr},
    pin::{Pin, pin},
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, Request},
};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpSocket, TcpStream},
    sync::{Semaphore, watch},
    time::Sleep,
};
use tower::ServiceExt;

use super::address::Network;

/// How long the head of a request may take, and how long a connection may wait for its next request. A proxy that keeps
/// connections must let go of them sooner.
const HEAD: Duration = Duration::from_secs(15);
/// Bytes that hyper keeps of a connection: the longest head.
const BUFFER: usize = 16 * 1024;
/// Bytes that the system keeps of an answer on its way: otherwise megabytes for each slow reader.
const SENDING: u32 = 128 * 1024;

/// While an answer waits for its reader, [`LEAST`] bytes must go in so much time.
const WINDOW: Duration = Duration::from_secs(120);
/// A phone on 2G takes 150,000 bytes in that time.
const LEAST: usize = 32 * 1024;

/// Connections at the same time.
const MOST: usize = 2_048;
/// Connections of one address, or one /64, where the server sees addresses: a whole office may sit behind it.
const MOST_OF_ONE: usize = 256;
/// Files that the server opens beside its connections.
const OTHER_FILES: u64 = 256;

/// How long nothing is taken when the system has no more files.
const BREATH: Duration = Duration::from_secs(1);

/// How many connections are taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Limits {
    most: usize,
    of_one: usize,
}

impl Limits {
    /// Behind a proxy all come from one address.
    pub(super) fn new(behind_proxy: bool) -> Self {
        let allowed = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
        let files = allowed.unwrap_or(u64::MAX).saturating_sub(OTHER_FILES);
        let most = usize::try_from(files).unwrap_or(MOST).clamp(1, MOST);
        let of_one = if behind_proxy { most } else { MOST_OF_ONE };
        Self { most, of_one }
    }
}

/// Lets this process open as many files as the system ever lets it: many systems begin with 1,024, and a connection is one.
///
/// # Errors
/// When the system refuses; then fewer connections are taken.
pub fn allow_files() -> io::Result<()> {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    Ok(setrlimit(Resource::Nofile, limit)?)
}

/// Listens on an address.
///
/// # Errors
/// When the address is not to be had.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    socket.set_reuseaddr(true)?;
    // The connections have it from the socket that listens.
    socket.set_send_buffer_size(SENDING)?;
    socket.bind(address)?;
    socket.listen(1024)
}

/// Serves until `stop` resolves, then lets running requests finish.
pub(super) async fn serve(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    stop: impl Future<Output = ()>,
) {
    let open = Arc::new(Semaphore::new(limits.most));
    let places = Places::default();
    let (stopping, stopped) = watch::channel(false);
    let mut stop = pin!(stop);
    loop {
        let taking = async {
            let place = Arc::clone(&open).acquire_owned().await;
            let (stream, address) = accept(&listener).await;
            (place, stream, address)
        };
        let (place, stream, address) = tokio::select! {
            () = &mut stop => break,
            taken = taking => taken,
        };
        let Some(of_one) = places.take(address.ip(), limits.of_one) else {
            continue;
        };
        let (router, stopped) = (router.clone(), stopped.clone());
        tokio::spawn(async move {
            serve_one(stream, address, router, stopped).await;
            drop((place, of_one));
        });
    }
    drop(listener);
    stopping.send_replace(true);
    let all = u32::try_from(limits.most).unwrap_or(u32::MAX);
    let _all_closed = open.acquire_many(all).await;
}

async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(why) => {
                let of_the_client = [
                    io::ErrorKind::ConnectionAborted,
                    io::ErrorKind::ConnectionReset,
                    io::ErrorKind::ConnectionRefused,
                ];
                if !of_the_client.contains(&why.kind()) {
                    tracing::error!(error = %why, "no connection can be taken");
                    tokio::time::sleep(BREATH).await;
                }
            }
        }
    }
}

async fn serve_one(
    stream: TcpStream,
    address: SocketAddr,
    router: Router,
    mut stopped: watch::Receiver<bool>,
) {
    // A short answer must not wait for the next.
    let _as_it_is = stream.set_nodelay(true);
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(address));
        let request: Request = request.map(Body::new);
        let router = router.clone();
        async move {
            Ok::<_, Infallible>(
                router
                    .oneshot(request)
                    .await
                    .unwrap_or_else(|no| match no {}),
            )
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_buf_size(BUFFER)
        .serve_connection(TokioIo::new(Watched::new(stream)), service);
    let mut connection = pin!(connection);
    let mut stopping = pin!(stopped.wait_for(|stopped| *stopped));
    let mut asked = false;
    loop {
        tokio::select! {
            ended = connection.as_mut() => {
                if let Err(why) = ended {
                    tracing::debug!(error = %why, "a connection ended early");
                }
                return;
            }
            _ = &mut stopping, if !asked => {
                asked = true;
                connection.as_mut().graceful_shutdown();
            }
        }
    }
}

/// How many connections each address has.
#[derive(Clone, Default)]
struct Places(Arc<Mutex<HashMap<String, usize>>>);

impl Places {
    fn take(&self, address: IpAddr, most: usize) -> Option<OfOne> {
        let near = Network::of(address).near;
        let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = places.entry(near.clone()).or_default();
        if *count >= most {
            return None;
        }
        *count += 1;
        Some(OfOne {
            places: self.clone(),
            near,
        })
    }
}

/// One connection of an address.
struct OfOne {
    places: Places,
    near: String,
}

impl Drop for OfOne {
    fn drop(&mut self) {
        let mut places = self.places.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = places.get_mut(&self.near) {
            *count -= 1;
            if *count == 0 {
                places.remove(&self.near);
            }
        }
    }
}

/// A stream whose reader must take what is sent at a pace.
struct Watched<S> {
    stream: S,
    /// Runs while something waits to be written.
    timer: Option<Pin<Box<Sleep>>>,
    went: usize,
}

impl<S> Watched<S> {
    fn new(stream: S) -> Self {
        Self {
            stream,
            timer: None,
            went: 0,
        }
    }

    fn went(&mut self, bytes: usize) {
        self.went = self.went.saturating_add(bytes);
        if self.went >= LEAST {
            self.rest();
        }
    }

    fn rest(&mut self) {
        (self.timer, self.went) = (None, 0);
    }

    /// What a write comes to that has to wait.
    fn wait<T>(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        let timer = self
            .timer
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(WINDOW)));
        ready!(timer.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }

    fn written(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        match written {
            Poll::Ready(Ok(bytes)) => self.went(bytes),
            Poll::Ready(Err(_)) => {}
            Poll::Pending => return self.wait(cx),
        }
        written
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.written(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bytes);
        self.written(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(cx);
        match flushed {
            // Nothing waits for the reader any more.
            Poll::Ready(_) => self.rest(),
            Poll::Pending => return self.wait(cx),
        }
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    /// Writes a megabyte to a reader that takes so many bytes each so many seconds.
    async fn read_at(bytes: usize, seconds: u64) -> io::Result<()> {
        let (near, mut far) = tokio::io::duplex(SENDING as usize);
        let reader = tokio::spawn(async move {
            let mut piece = vec![0; bytes];
            while far.read_exact(&mut piece).await.is_ok() {
                tokio::time::sleep(Duration::from_secs(seconds)).await;
            }
        });
        let written = Watched::new(near).write_all(&vec![0; 1_000_000]).await;
        reader.abort();
        written
    }

    #[tokio::test(start_paused = true)]
    async fn a_reader_of_a_byte_now_and_then_is_let_go() {
        let why = read_at(1, 15).await.unwrap_err();
        assert_eq!(why.kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test(start_paused = true)]
    async fn a_phone_on_a_slow_line_gets_its_answer_whole() {
        read_at(1_250, 1).await.unwrap();
        // The system says that there is room again only when a third of its buffer is free.
        read_at(SENDING as usize / 3, 100).await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_was_read_leaves_no_clock_running() {
        let (near, mut far) = tokio::io::duplex(1_000);
        let mut near = Watched::new(near);
        let mut piece = vec![0; 1_500];
        for _ in 0..3 {
            let writing = async {
                near.write_all(&[0; 1_500]).await?;
                near.flush().await
            };
            let (written, read) = tokio::join!(writing, far.read_exact(&mut piece));
            written.unwrap();
            read.unwrap();
            tokio::time::sleep(WINDOW * 2).await;
        }
    }

    #[test]
    fn an_address_has_its_share_of_connections_and_gets_it_back() {
        let places = Places::default();
        let (one, other) = (
            IpAddr::from([203, 0, 113, 7]),
            IpAddr::from([203, 0, 113, 8]),
        );
        let first = places.take(one, 2).unwrap();
        let _second = places.take(one, 2).unwrap();
        assert!(places.take(one, 2).is_none());
        assert!(places.take(other, 2).is_some());
        drop(first);
        assert!(places.take(one, 2).is_some());
    }
}
