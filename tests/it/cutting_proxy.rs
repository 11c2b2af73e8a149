//! A TCP proxy that does to a connection what a bad line does: cuts it after so many bytes in either direction, stalls it,
//! corrupts a byte, or makes it narrow and slow. Every connection gets the next fault of a list; after that the line is good.

use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::mpsc,
    task::{JoinHandle, JoinSet},
    time::Instant,
};

/// What happens to a connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Fault {
    /// Nothing.
    None,
    /// It ends after so many bytes to the server.
    CutUp(u64),
    /// It ends after so many bytes to the client.
    CutDown(u64),
    /// After so many bytes to the server nothing more passes; it stays open.
    StallUp(u64),
    /// One bit of this byte to the server is another one.
    CorruptUp(u64),
}

/// How wide and how long a line is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Line {
    /// Kilobits a second to the server; 0 for no limit.
    pub(crate) up: u64,
    /// Kilobits a second to the client; 0 for no limit.
    pub(crate) down: u64,
    /// There and back, half of it each way.
    pub(crate) round_trip: Duration,
}

#[derive(Default)]
struct Counts {
    up: AtomicU64,
    down: AtomicU64,
    connections: AtomicU64,
}

struct Shared {
    faults: Mutex<VecDeque<Fault>>,
    line: Line,
    counts: Counts,
}

/// The proxy; it and every connection through it end with this value.
pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

impl Proxy {
    /// A proxy before this server.
    pub(crate) async fn before(server: SocketAddr, line: Line) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            faults: Mutex::default(),
            line,
            counts: Counts::default(),
        });
        let accepting = Arc::clone(&shared);
        let task = tokio::spawn(async move {
            // They end with the proxy.
            let mut carrying = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                carrying.spawn(carry(client, server, Arc::clone(&accepting)));
            }
        });
        Self {
            address,
            shared,
            task,
        }
    }

    /// What happens to the next connections, in this order.
    pub(crate) fn next(&self, faults: impl IntoIterator<Item = Fault>) {
        self.shared.faults.lock().unwrap().extend(faults);
    }

    /// How many of the faults have not happened yet.
    pub(crate) fn faults_left(&self) -> usize {
        self.shared.faults.lock().unwrap().len()
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Bytes carried to the server and to the client.
    pub(crate) fn carried(&self) -> (u64, u64) {
        let counts = &self.shared.counts;
        (
            counts.up.load(Ordering::SeqCst),
            counts.down.load(Ordering::SeqCst),
        )
    }

    pub(crate) fn connections(&self) -> u64 {
        self.shared.counts.connections.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn carry(client: TcpStream, server: SocketAddr, shared: Arc<Shared>) {
    shared.counts.connections.fetch_add(1, Ordering::SeqCst);
    let fault = shared.faults.lock().unwrap().pop_front();
    let fault = fault.unwrap_or(Fault::None);
    let Ok(server) = TcpStream::connect(server).await else {
        return;
    };
    let _ = client.set_nodelay(true);
    let _ = server.set_nodelay(true);
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let latency = shared.line.round_trip / 2;
    let up = Direction {
        kbits: shared.line.up,
        latency,
        cut: match fault {
            Fault::CutUp(at) => Some(at),
            _ => None,
        },
        stall: match fault {
            Fault::StallUp(at) => Some(at),
            _ => None,
        },
        corrupt: match fault {
            Fault::CorruptUp(at) => Some(at),
            _ => None,
        },
        count: &shared.counts.up,
    };
    let down = Direction {
        kbits: shared.line.down,
        latency,
        cut: match fault {
            Fault::CutDown(at) => Some(at),
            _ => None,
        },
        stall: None,
        corrupt: None,
        count: &shared.counts.down,
    };
    // Whichever direction ends first ends the connection, as a lost mast does.
    tokio::select! {
        () = up.run(from_client, to_server) => {}
        () = down.run(from_server, to_client) => {}
    }
}

struct Direction<'a> {
    kbits: u64,
    latency: Duration,
    cut: Option<u64>,
    stall: Option<u64>,
    corrupt: Option<u64>,
    count: &'a AtomicU64,
}

impl Direction<'_> {
    async fn run(self, from: OwnedReadHalf, to: OwnedWriteHalf) {
        let (pipe, arriving) = mpsc::channel(64);
        let latency = self.latency;
        let count = self.count;
        tokio::join!(self.enter(from, pipe), leave(to, arriving, latency, count));
    }

    /// Pieces go into the line one behind the other, each when the one before it has passed.
    async fn enter(self, mut from: OwnedReadHalf, pipe: mpsc::Sender<(Instant, Vec<u8>)>) {
        let mut bytes = vec![0; if self.kbits > 0 { 1_400 } else { 16_384 }];
        let end = self.cut.or(self.stall).unwrap_or(u64::MAX);
        let mut passed = 0_u64;
        let mut free = Instant::now();
        loop {
            let read = from.read(&mut bytes).await.unwrap_or(0);
            if read == 0 {
                return;
            }
            let room = usize::try_from(end - passed).unwrap_or(usize::MAX);
            let mut piece = bytes[..read.min(room)].to_vec();
            let size = piece.len() as u64;
            if let Some(at) = self.corrupt
                && (passed..passed + size).contains(&at)
            {
                piece[usize::try_from(at - passed).unwrap()] ^= 1;
            }
            let takes = (size * 8 * 1_000).checked_div(self.kbits).unwrap_or(0);
            free = free.max(Instant::now()) + Duration::from_micros(takes);
            if takes > 0 {
                tokio::time::sleep_until(free).await;
            }
            if pipe.send((Instant::now(), piece)).await.is_err() {
                return;
            }
            passed += size;
            if self.cut == Some(passed) {
                return;
            }
            if self.stall == Some(passed) {
                std::future::pending::<()>().await;
            }
        }
    }
}

/// Pieces come out of the line as long after they went in as the line is long.
async fn leave(
    mut to: OwnedWriteHalf,
    mut arriving: mpsc::Receiver<(Instant, Vec<u8>)>,
    latency: Duration,
    count: &AtomicU64,
) {
    while let Some((entered, piece)) = arriving.recv().await {
        if !latency.is_zero() {
            tokio::time::sleep_until(entered + latency).await;
        }
        if to.write_all(&piece).await.is_err() {
            return;
        }
        count.fetch_add(piece.len() as u64, Ordering::SeqCst);
    }
}
