//! One WebSocket: its frames to the engine, and what must not be forgotten about it.
//!
//! What the engine sends is written by its [`Outbox`]. The task here reads, writes where the operating
//! system has taken no more, asks a silent client for a sign of life, and closes.

use std::future::poll_fn;
use std::io;
use std::ops::ControlFlow;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Bytes;
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep, timeout};
use tungstenite::protocol::frame::coding::CloseCode;
use tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tungstenite::{Error, Message, WebSocket};

use super::engine_thread::EngineHandle;
use super::outbox::{Duty, Outbox};
use crate::engine::{ConnectionId, Frame};

/// The largest frame and body that is taken; what is larger than the engine's own limit, but not
/// than this, gets an answer that says so.
pub(super) const TRANSPORT_BYTES_MAX: usize = 32 << 20;

/// The largest frame that is read, so that the socket of one that is too large can be closed in
/// order: a socket with unread input is reset, and its client does not learn why.
const READ_BYTES_MAX: usize = TRANSPORT_BYTES_MAX + TRANSPORT_BYTES_MAX / 2;

/// How much is read at once. Each socket keeps room for it, and it is cleared before each reading.
const READ_BUFFER_BYTES: usize = 2 << 10;

/// How much of what a client says at once is handed to the engine as one event, or a little more.
const LOT_BYTES: usize = 64 << 10;

/// How many frames of one client are taken in before others have their turn.
const FRAMES_AT_ONCE: usize = 256;

/// The heartbeat's question and answer: text frames that are not JSON and never reach the engine.
const PING: &str = "ping";
const PONG: &str = "pong";

/// How long a frame may take to be handed to the operating system.
const SEND_TIMEOUT: Duration = Duration::from_secs(30);

/// How long a close frame may take.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// A socket that has been silent for so long is asked for a sign of life, and is taken for dead when
/// it has been silent for as long again. Browsers answer by themselves.
const SILENCE: Duration = Duration::from_secs(45);

/// Serves a socket until either side ends it. `received` came with the request that opened it.
pub(super) async fn serve(
    stream: TcpStream,
    received: Bytes,
    engine: EngineHandle,
    outbox_bytes_max: usize,
    cookies: Option<String>,
) {
    let outbox = Arc::new(Outbox::new(stream, outbox_bytes_max));
    let connection = engine.open(Arc::clone(&outbox), cookies).await;
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(0)
        .max_message_size(Some(READ_BYTES_MAX))
        .max_frame_size(Some(READ_BYTES_MAX));
    let wire = Wire(Arc::clone(&outbox));
    // A copy: what has come is little, and hyper's buffer that it lies in is not.
    let begun = received.to_vec();
    drop(received);
    let frames = WebSocket::from_partially_read(wire, begun, Role::Server, Some(config));
    let mut socket = Socket {
        frames,
        outbox,
        engine: &engine,
        connection,
        heard_at: Instant::now(),
        was_asked: false,
    };
    socket.run().await;
    engine.close(connection).await;
}

/// Moves frames from a socket to the engine.
struct Socket<'e> {
    frames: WebSocket<Wire>,
    outbox: Arc<Outbox>,
    engine: &'e EngineHandle,
    connection: ConnectionId,
    /// When the client was heard last, or asked for a sign of life.
    heard_at: Instant,
    was_asked: bool,
}

/// How the protocol's library reads, and where it puts the few frames that it writes by itself.
struct Wire(Arc<Outbox>);

/// What there is to do.
enum Woken {
    Readable,
    Duty(Duty),
    /// It has been silent, or has taken nothing, for too long.
    Late,
}

/// Whether a socket goes on.
type Goes = ControlFlow<End>;

/// How a socket ends.
enum End {
    /// The client has gone, or nothing gets through to it.
    Gone,
    /// We have said why, and the client is to answer.
    Closed,
}

impl Socket<'_> {
    async fn run(&mut self) {
        if let End::Closed = self.pump().await {
            // With input unread the socket would be reset, and the client not learn why.
            let _ = timeout(CLOSE_TIMEOUT, self.read_rest()).await;
        }
    }

    async fn pump(&mut self) -> End {
        let mut timer = pin!(sleep(SILENCE));
        // What came with the request makes no stream readable.
        let mut goes = self.read().await;
        loop {
            if let Goes::Break(end) = goes {
                return end;
            }
            goes = match self.woken(timer.as_mut()).await {
                Woken::Readable => self.read().await,
                Woken::Duty(Duty::Flush) => {
                    self.outbox.flush_stuck();
                    Goes::Continue(())
                }
                Woken::Duty(Duty::Close(code, reason)) => self.close(code.into(), reason).await,
                Woken::Duty(Duty::GiveUp) => Goes::Break(End::Gone),
                Woken::Late => self.ask(),
            };
        }
    }

    /// Waits until there is something to do. While the client takes nothing, nothing is taken of it.
    async fn woken(&self, mut timer: Pin<&mut Sleep>) -> Woken {
        poll_fn(|cx| {
            if let Poll::Ready(duty) = self.outbox.poll_duty(cx) {
                return Poll::Ready(Woken::Duty(duty));
            }
            let stuck_since = self.outbox.stuck_since();
            if stuck_since.is_none() && self.outbox.stream().poll_read_ready(cx).is_ready() {
                return Poll::Ready(Woken::Readable);
            }
            let deadline = match stuck_since {
                Some(since) => since + SEND_TIMEOUT,
                None => self.heard_at + SILENCE,
            };
            poll_until(deadline, timer.as_mut(), cx).map(|()| Woken::Late)
        })
        .await
    }

    /// Takes in all that has come, and hands it to the engine as one event where it can.
    async fn read(&mut self) -> Goes {
        self.heard_at = Instant::now();
        self.was_asked = false;
        let mut lot = Lot::default();
        for _ in 0..FRAMES_AT_ONCE {
            let message = match self.frames.read() {
                Ok(message) => message,
                Err(Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => {
                    self.hand_over(lot).await;
                    return self.fail(&error).await;
                }
            };
            match message {
                Message::Text(text) if text.as_str() == PING => self.pong(),
                Message::Text(text) if text.len() > TRANSPORT_BYTES_MAX => {
                    self.hand_over(lot).await;
                    return self.refuse_size().await;
                }
                Message::Binary(bytes) if bytes.len() > TRANSPORT_BYTES_MAX => {
                    self.hand_over(lot).await;
                    return self.refuse_size().await;
                }
                Message::Text(text) => lot.push(text.as_str().to_owned()),
                Message::Binary(_) => {
                    self.hand_over(std::mem::take(&mut lot)).await;
                    self.engine.binary(self.connection).await;
                }
                // The library answers a ping when it is asked for the next frame.
                Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
                Message::Close(_) => {
                    self.hand_over(lot).await;
                    return self.answer_close().await;
                }
            }
            if self.outbox.stuck_since().is_some() {
                break;
            }
            if lot.bytes > LOT_BYTES {
                self.hand_over(std::mem::take(&mut lot)).await;
            }
        }
        self.outbox.flush();
        self.hand_over(lot).await;
        Goes::Continue(())
    }

    async fn hand_over(&self, lot: Lot) {
        if !lot.messages.is_empty() {
            self.engine
                .messages(self.connection, lot.messages, lot.bytes)
                .await;
        }
    }

    fn pong(&self) {
        // A client that does not read has more than this waiting, and is cut off by the engine.
        if self.outbox.send(Frame::new(PONG.to_owned())).is_ok() {
            self.outbox.flush();
        }
    }

    /// Asks a silent client for a sign of life; one that was asked, or takes nothing, is dead.
    fn ask(&mut self) -> Goes {
        if self.was_asked || self.outbox.stuck_since().is_some() {
            return Goes::Break(End::Gone);
        }
        self.was_asked = true;
        self.heard_at = Instant::now();
        // What it writes goes to the outbox, which takes it.
        let _ = self.frames.send(Message::Ping(Bytes::new()));
        self.outbox.flush();
        Goes::Continue(())
    }

    async fn fail(&mut self, error: &Error) -> Goes {
        match error {
            Error::Capacity(_) => self.refuse_size().await,
            _ => Goes::Break(End::Gone),
        }
    }

    async fn refuse_size(&mut self) -> Goes {
        self.close(CloseCode::Size, "a frame may have at most 32 MiB")
            .await
    }

    /// Lets the client have the answer to its close.
    async fn answer_close(&mut self) -> Goes {
        let _ = self.frames.flush();
        let _ = timeout(CLOSE_TIMEOUT, self.outbox.written()).await;
        Goes::Break(End::Gone)
    }

    /// Ends the socket, whether its peer hears why or not.
    async fn close(&mut self, code: CloseCode, reason: &'static str) -> Goes {
        let frame = CloseFrame {
            code,
            reason: reason.into(),
        };
        let _ = self.frames.close(Some(frame));
        let written = timeout(CLOSE_TIMEOUT, self.outbox.written()).await;
        Goes::Break(match written {
            Ok(true) => End::Closed,
            Ok(false) | Err(_) => End::Gone,
        })
    }

    /// Reads until the client has ended its side.
    async fn read_rest(&mut self) {
        loop {
            match self.frames.read() {
                Ok(_) => {}
                Err(Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => {
                    if self.outbox.stream().readable().await.is_err() {
                        return;
                    }
                }
                Err(_) => return,
            }
        }
    }
}

/// What a client has said at once.
#[derive(Default)]
struct Lot {
    messages: Vec<String>,
    bytes: usize,
}

impl Lot {
    fn push(&mut self, message: String) {
        self.bytes += message.len();
        self.messages.push(message);
    }
}

/// Waits until a moment by a timer that may have been set for an earlier one: it is not set anew for
/// everything that is heard.
fn poll_until(deadline: Instant, mut timer: Pin<&mut Sleep>, cx: &mut Context<'_>) -> Poll<()> {
    if deadline < timer.deadline() {
        timer.as_mut().reset(deadline);
    }
    while timer.as_mut().poll(cx).is_ready() {
        if timer.deadline() >= deadline {
            return Poll::Ready(());
        }
        timer.as_mut().reset(deadline);
    }
    Poll::Pending
}

impl io::Read for Wire {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.stream().try_read(buffer)
    }
}

impl io::Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.send_raw(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
