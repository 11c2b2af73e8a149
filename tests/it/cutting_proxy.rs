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
    line: Mutex<Line>,
    counts: Counts,
    /// What passed to the server, connection by connection.
    heard: Mutex<Vec<Vec<u8>>>,
}

impl Shared {
    fn line(&self) -> Line {
        *self.line.lock().unwrap()
    }
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
            line: Mutex::new(line),
            counts: Counts::default(),
            heard: Mutex::default(),
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

    /// From now on the line is another one.
    pub(crate) fn becomes(&self, line: Line) {
        *self.shared.line.lock().unwrap() = line;
    }

    /// What passed to the server so far, connection by connection.
    pub(crate) fn heard(&self) -> Vec<Vec<u8>> {
        self.shared.heard.lock().unwrap().clone()
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
    let number = {
        let mut heard = shared.heard.lock().unwrap();
        heard.push(Vec::new());
        heard.len() - 1
    };
    let up = Direction {
        way: Way::Up(number),
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
        shared: &shared,
    };
    let down = Direction {
        way: Way::Down,
        cut: match fault {
            Fault::CutDown(at) => Some(at),
            _ => None,
        },
        stall: None,
        corrupt: None,
        shared: &shared,
    };
    // Whichever direction ends first ends the connection, as a lost mast does.
    tokio::select! {
        () = up.run(from_client, to_server) => {}
        () = down.run(from_server, to_client) => {}
    }
}

#[derive(Clone, Copy)]
enum Way {
    /// To the server, on which connection.
    Up(usize),
    Down,
}

struct Direction<'a> {
    way: Way,
    cut: Option<u64>,
    stall: Option<u64>,
    corrupt: Option<u64>,
    shared: &'a Shared,
}

impl Direction<'_> {
    async fn run(self, from: OwnedReadHalf, to: OwnedWriteHalf) {
        let (pipe, arriving) = mpsc::channel(64);
        tokio::join!(self.enter(from, pipe), self.leave(to, arriving));
    }

    /// Kilobits a second; 0 for no limit.
    fn width(&self) -> u64 {
        let line = self.shared.line();
        match self.way {
            Way::Up(_) => line.up,
            Way::Down => line.down,
        }
    }

    /// Pieces go into the line one behind the other, each when the one before it has passed.
    async fn enter(&self, mut from: OwnedReadHalf, pipe: mpsc::Sender<(Instant, Vec<u8>)>) {
        let mut bytes = vec![0; 16_384];
        let end = self.cut.or(self.stall).unwrap_or(u64::MAX);
        let mut passed = 0_u64;
        let mut free = Instant::now();
        loop {
            let most = if self.width() > 0 { 1_400 } else { bytes.len() };
            let read = from.read(&mut bytes[..most]).await.unwrap_or(0);
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
            let takes = (size * 8 * 1_000).checked_div(self.width()).unwrap_or(0);
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

    /// Pieces come out of the line as long after they went in as the line is long.
    async fn leave(
        &self,
        mut to: OwnedWriteHalf,
        mut arriving: mpsc::Receiver<(Instant, Vec<u8>)>,
    ) {
        while let Some((entered, piece)) = arriving.recv().await {
            let latency = self.shared.line().round_trip / 2;
            if !latency.is_zero() {
                tokio::time::sleep_until(entered + latency).await;
            }
            if to.write_all(&piece).await.is_err() {
                return;
            }
            let size = piece.len() as u64;
            match self.way {
                Way::Up(number) => {
                    self.shared.counts.up.fetch_add(size, Ordering::SeqCst);
                    if let Some(heard) = self.shared.heard.lock().unwrap().get_mut(number) {
                        heard.extend(piece);
                    }
                }
                Way::Down => {
                    self.shared.counts.down.fetch_add(size, Ordering::SeqCst);
                }
            }
        }
    }
}
