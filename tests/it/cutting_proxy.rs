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
    sync::{mpsc, watch},
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
    /// After so many bytes to the client nothing more passes; it stays open.
    StallDown(u64),
    /// One bit of this byte to the server is another one.
    CorruptUp(u64),
    /// One bit of this byte to the client is another one.
    CorruptDown(u64),
}

impl Fault {
    /// What happens on the way to the server, and on the way to the client.
    fn each_way(self) -> [Trouble; 2] {
        let (fine, at) = (Trouble::default(), Some);
        match self {
            Self::None => [fine, fine],
            Self::CutUp(n) => [Trouble { cut: at(n), ..fine }, fine],
            Self::CutDown(n) => [fine, Trouble { cut: at(n), ..fine }],
            Self::StallUp(n) => [
                Trouble {
                    stall: at(n),
                    ..fine
                },
                fine,
            ],
            Self::StallDown(n) => [
                fine,
                Trouble {
                    stall: at(n),
                    ..fine
                },
            ],
            Self::CorruptUp(n) => [
                Trouble {
                    corrupt: at(n),
                    ..fine
                },
                fine,
            ],
            Self::CorruptDown(n) => [
                fine,
                Trouble {
                    corrupt: at(n),
                    ..fine
                },
            ],
        }
    }
}

/// What happens one way, after how many bytes or at which.
#[derive(Clone, Copy, Default)]
struct Trouble {
    cut: Option<u64>,
    stall: Option<u64>,
    corrupt: Option<u64>,
}

/// What a connection carried.
#[derive(Clone, Default)]
pub(crate) struct Carried {
    /// To the server.
    pub(crate) up: Vec<u8>,
    /// To the client.
    pub(crate) down: Vec<u8>,
}

impl Carried {
    fn way(&mut self, up: bool) -> &mut Vec<u8> {
        if up { &mut self.up } else { &mut self.down }
    }
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
    /// Which mast the phones are at: a connection ends with its mast.
    mast: watch::Sender<u32>,
    /// Faults that have happened.
    struck: AtomicU64,
    /// Every connection's bytes, as they arrived.
    log: Mutex<Vec<Carried>>,
    line: Mutex<Line>,
    counts: Counts,
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
            mast: watch::Sender::new(0),
            struck: AtomicU64::default(),
            log: Mutex::default(),
            line: Mutex::new(line),
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

    /// From now on the line is another one.
    pub(crate) fn becomes(&self, line: Line) {
        *self.shared.line.lock().unwrap() = line;
    }

    /// Ends every connection: the next ones get the next faults.
    pub(crate) fn change_mast(&self) {
        self.shared.mast.send_modify(|mast| *mast += 1);
    }

    /// How many of the faults no connection has got yet.
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

    /// How many faults have happened: of those that a connection got, some never came to their byte.
    pub(crate) fn struck(&self) -> u64 {
        self.shared.struck.load(Ordering::SeqCst)
    }

    /// Everything that every connection carried so far, byte for byte, in the order in which they were opened.
    pub(crate) fn log(&self) -> Vec<Carried> {
        self.shared.log.lock().unwrap().clone()
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
        let mut log = shared.log.lock().unwrap();
        log.push(Carried::default());
        log.len() - 1
    };
    let [trouble_up, trouble_down] = fault.each_way();
    let up = Direction {
        trouble: trouble_up,
        shared: &shared,
        count: &shared.counts.up,
        of: (number, true),
    };
    let down = Direction {
        trouble: trouble_down,
        shared: &shared,
        count: &shared.counts.down,
        of: (number, false),
    };
    let mut mast = shared.mast.subscribe();
    // Whichever direction ends first ends the connection, as a lost mast does.
    tokio::select! {
        _ = mast.changed() => {}
        () = up.run(from_client, to_server) => {}
        () = down.run(from_server, to_client) => {}
    }
}

struct Direction<'a> {
    trouble: Trouble,
    shared: &'a Shared,
    count: &'a AtomicU64,
    /// Which connection, and whether to the server.
    of: (usize, bool),
}

impl Direction<'_> {
    async fn run(self, from: OwnedReadHalf, to: OwnedWriteHalf) {
        let (pipe, arriving) = mpsc::channel(64);
        tokio::join!(self.enter(from, pipe), self.leave(to, arriving));
    }

    /// Kilobits a second; 0 for no limit.
    fn width(&self) -> u64 {
        let line = self.shared.line();
        if self.of.1 { line.up } else { line.down }
    }

    /// Pieces go into the line one behind the other, each when the one before it has passed.
    async fn enter(&self, mut from: OwnedReadHalf, pipe: mpsc::Sender<(Instant, Vec<u8>)>) {
        let mut bytes = vec![0; 16_384];
        let Trouble {
            cut,
            stall,
            corrupt,
        } = self.trouble;
        let struck = || self.shared.struck.fetch_add(1, Ordering::SeqCst);
        let end = cut.or(stall).unwrap_or(u64::MAX);
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
            if let Some(at) = corrupt
                && (passed..passed + size).contains(&at)
            {
                piece[usize::try_from(at - passed).unwrap()] ^= 1;
                struck();
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
            if cut == Some(passed) {
                struck();
                return;
            }
            if stall == Some(passed) {
                struck();
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
        let (connection, up) = self.of;
        while let Some((entered, piece)) = arriving.recv().await {
            let latency = self.shared.line().round_trip / 2;
            if !latency.is_zero() {
                tokio::time::sleep_until(entered + latency).await;
            }
            if to.write_all(&piece).await.is_err() {
                return;
            }
            self.count.fetch_add(piece.len() as u64, Ordering::SeqCst);
            if let Some(carried) = self.shared.log.lock().unwrap().get_mut(connection) {
                carried.way(up).extend_from_slice(&piece);
            }
        }
    }
}
