//! Many subscribers at once, on a thread of their own.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;

use crate::socket::{Frames, frame, handshake};
use crate::zeroback::{Taken, connect};

/// Over this what has not come will not come.
const TIMEOUT: Duration = Duration::from_secs(60);

/// How many bytes are asked for at once; most frames are far smaller.
const READ_BYTES: usize = 4 << 10;

/// What a subscriber says and hears.
#[derive(Clone)]
pub(crate) enum Speaks {
    /// Zeroback's protocol: what it says after `connect`.
    Zeroback(String),
    /// Nothing; every frame is an update.
    Nothing,
}

/// Subscribers that count what they are told.
pub(crate) struct Listeners {
    address: SocketAddr,
    path: &'static str,
    runtime: Runtime,
    tally: Arc<Tally>,
    reached: mpsc::Receiver<Instant>,
}

struct Tally {
    updates: AtomicUsize,
    bytes: AtomicUsize,
    expected: AtomicUsize,
    reached: mpsc::Sender<Instant>,
}

impl Listeners {
    pub(crate) fn new(address: SocketAddr, path: &'static str) -> Result<Self> {
        let (reached, is_reached) = mpsc::channel();
        Ok(Self {
            address,
            path,
            runtime: tokio::runtime::Builder::new_multi_thread()
                .worker_threads(1)
                .enable_all()
                .build()?,
            tally: Arc::new(Tally {
                updates: AtomicUsize::new(0),
                bytes: AtomicUsize::new(0),
                expected: AtomicUsize::new(usize::MAX),
                reached,
            }),
            reached: is_reached,
        })
    }

    /// Adds subscribers, and waits until all of them have been told so many updates.
    pub(crate) fn add(&self, speaks: &[Speaks], updates: usize) -> Result<()> {
        self.expect(updates);
        for speaks in speaks {
            let opening = open(self.address, self.path, speaks.clone());
            let (stream, frames) = self.runtime.block_on(opening)?;
            let tally = Arc::clone(&self.tally);
            let is_zeroback = matches!(speaks, Speaks::Zeroback(_));
            self.runtime.spawn(async move {
                // It ends with its server.
                let _ = listen(stream, frames, is_zeroback, &tally).await;
            });
        }
        if updates > 0 {
            self.wait()?;
        }
        Ok(())
    }

    /// Says how many updates all of them together are to be told next.
    pub(crate) fn expect(&self, updates: usize) {
        let expected = self.tally.updates.load(Ordering::SeqCst) + updates;
        self.tally.expected.store(expected, Ordering::SeqCst);
    }

    /// Waits for those, and returns when the last one came.
    pub(crate) fn wait(&self) -> Result<Instant> {
        self.reached.recv_timeout(TIMEOUT).with_context(|| {
            let missing = self.tally.expected.load(Ordering::SeqCst)
                - self.tally.updates.load(Ordering::SeqCst);
            format!("{missing} updates have not come")
        })
    }

    /// Returns how many bytes of frames all have received.
    pub(crate) fn bytes(&self) -> usize {
        self.tally.bytes.load(Ordering::SeqCst)
    }
}

async fn open(address: SocketAddr, path: &str, speaks: Speaks) -> Result<(TcpStream, Frames)> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    stream
        .write_all(handshake(address, path).as_bytes())
        .await?;
    let mut frames = Frames::default();
    while !frames.take_handshake()? {
        receive(&mut stream, &mut frames).await?;
    }
    if let Speaks::Zeroback(subscription) = speaks {
        stream.write_all(&frame(&connect())).await?;
        stream.write_all(&frame(&subscription)).await?;
    }
    Ok((stream, frames))
}

async fn listen(
    mut stream: TcpStream,
    mut frames: Frames,
    is_zeroback: bool,
    tally: &Tally,
) -> Result<()> {
    let mut taken = Taken::default();
    loop {
        let mut ack = None;
        while let Some(text) = frames.next_text()? {
            let updates = match is_zeroback {
                true => text.matches("\"queryId\":").count(),
                false => 1,
            };
            if is_zeroback {
                ack = taken.take(text).or(ack);
            }
            tally.note(updates, text.len());
        }
        if let Some(ack) = ack {
            stream.write_all(&ack).await?;
        }
        receive(&mut stream, &mut frames).await?;
    }
}

async fn receive(stream: &mut TcpStream, frames: &mut Frames) -> Result<()> {
    let room = frames.room();
    room.reserve(READ_BYTES);
    let bytes = stream.read_buf(room).await?;
    ensure!(bytes > 0, "the server closed the connection");
    Ok(())
}

impl Tally {
    fn note(&self, updates: usize, bytes: usize) {
        self.bytes.fetch_add(bytes, Ordering::SeqCst);
        let before = self.updates.fetch_add(updates, Ordering::SeqCst);
        let expected = self.expected.load(Ordering::SeqCst);
        if before < expected && before + updates >= expected {
            // Whoever waited may have given up.
            let _ = self.reached.send(Instant::now());
        }
    }
}
