//! The outbox of a socket: frames in their order, bounded, and written by whoever comes first.
//!
//! The engine's thread puts frames in and never waits. Whoever calls [`Outbox::flush`] writes all
//! that the operating system takes, many frames by one call of it and without copying what many
//! sockets get. What it does not take is left to the socket's task, which waits until it does.

mod chunk;

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::engine::Frame;
use chunk::Chunk;

/// How many chunks are handed to the operating system at once.
const CHUNKS_AT_ONCE: usize = 16;

/// The largest chunk that is copied to be written by itself.
const JOINED_BYTES_MAX: usize = 1 << 10;

/// How many chunks an outbox without any keeps room for.
const ROOM_KEPT: usize = 8;

/// A socket's stream, and what waits to be written to it.
#[derive(Debug)]
pub(super) struct Outbox {
    stream: TcpStream,
    /// How many bytes may wait beyond what is being written and the newest frame.
    bytes_max: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Chunk>,
    waiting_bytes: usize,
    /// How much of the first chunk has been written.
    written: usize,
    /// Somebody writes, without holding the lock.
    is_writing: bool,
    /// Somebody is going to write all there is.
    is_scheduled: bool,
    /// The operating system takes no more for now, and the task waits until it does.
    is_stuck: bool,
    /// Since when it has not taken the whole of the first chunk.
    stuck_since: Option<Instant>,
    is_broken: bool,
    end: Option<End>,
    /// The task waits until all is written.
    is_awaited: bool,
    task: Option<Waker>,
}

/// How the socket is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct End {
    code: u16,
    reason: &'static str,
    cut: Cut,
}

/// What becomes of what waits when the socket ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cut {
    /// It is written.
    None,
    /// It is to be dropped.
    Due,
    /// It was dropped; there is at most a chunk that was begun.
    Done,
}

/// What the socket's task has to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Duty {
    /// Write: the operating system takes more again.
    Flush,
    /// Close the socket, with the WebSocket close code and the reason.
    Close(u16, &'static str),
    /// Give the socket up.
    GiveUp,
}

/// More waits than may: the client does not read.
#[derive(Debug)]
pub(super) struct SlowClient;

impl Outbox {
    /// Makes the outbox of a stream in which so many bytes may wait beyond the newest frame.
    pub(super) fn new(stream: TcpStream, bytes_max: usize) -> Self {
        Self {
            stream,
            bytes_max,
            state: Mutex::default(),
        }
    }

    pub(super) fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// Puts a frame into the outbox; returns whether its caller has to see to it that it is flushed.
    pub(super) fn send(&self, frame: Frame) -> Result<bool, SlowClient> {
        let mut state = self.state();
        let being_written = state.waiting.front().map_or(0, Chunk::bytes);
        if state.waiting_bytes - being_written > self.bytes_max {
            return Err(SlowClient);
        }
        if state.is_broken || state.end.is_some() {
            // A socket that has gone takes nothing; its task tells the engine.
            return Ok(false);
        }
        state.push(Chunk::text(frame));
        let is_seen_to = state.is_scheduled || state.is_stuck;
        state.is_scheduled = true;
        Ok(!is_seen_to)
    }

    /// Puts bytes into the outbox that are whole frames already.
    pub(super) fn send_raw(&self, bytes: &[u8]) {
        self.state().push(Chunk::raw(bytes));
    }

    /// Closes the socket behind what waits.
    pub(super) fn close(&self, code: u16, reason: &'static str) {
        self.end(End {
            code,
            reason,
            cut: Cut::None,
        });
    }

    /// Closes the socket at once; what waits is not written.
    pub(super) fn cut_off(&self, code: u16, reason: &'static str) {
        self.end(End {
            code,
            reason,
            cut: Cut::Due,
        });
    }

    fn end(&self, end: End) {
        let mut state = self.state();
        state.end = Some(end);
        state.wake_task();
    }

    /// Writes what waits, as far as the operating system takes it.
    pub(super) fn flush(&self) {
        let mut state = self.state();
        state.is_scheduled = false;
        // Who writes already looks again before it stops; who is stuck is waited for by the task.
        if state.is_writing || state.is_stuck {
            return;
        }
        state.is_writing = true;
        while let Some(first) = state.waiting.front() {
            let written = state.written;
            let wrote = if state.waiting.len() == 1 {
                let only = first.clone();
                drop(state);
                write_one(&self.stream, &only, written)
            } else {
                let chunks: Vec<_> = state.waiting.iter().take(CHUNKS_AT_ONCE).cloned().collect();
                drop(state);
                write(&self.stream, &chunks, written)
            };
            state = self.state();
            match wrote {
                Ok(bytes) => state.advance(bytes),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    state.is_stuck = true;
                    state.stuck_since.get_or_insert_with(Instant::now);
                    break;
                }
                Err(_) => {
                    state.is_broken = true;
                    break;
                }
            }
            state.cut();
        }
        state.is_writing = false;
        if state.concerns_task() {
            state.wake_task();
        }
    }

    /// Goes on to write where the operating system has taken no more.
    pub(super) fn flush_stuck(&self) {
        self.state().is_stuck = false;
        self.flush();
    }

    /// Returns since when a frame has not been taken, where one waits to be.
    pub(super) fn stuck_since(&self) -> Option<Instant> {
        let state = self.state();
        state.stuck_since.filter(|_| state.is_stuck)
    }

    /// Returns what the socket's task has to do, or wakes it when there is something.
    pub(super) fn poll_duty(&self, cx: &mut Context<'_>) -> Poll<Duty> {
        let mut state = self.state();
        state.remember(cx.waker());
        if state.is_broken {
            return Poll::Ready(Duty::GiveUp);
        }
        if let Some(end) = state.end {
            // Who writes at this moment does it afterwards, and wakes the task.
            if !state.is_writing {
                state.cut();
            }
            let is_cut = state.end.is_some_and(|end| end.cut == Cut::Done);
            if is_cut || state.waiting.is_empty() {
                return Poll::Ready(Duty::Close(end.code, end.reason));
            }
        }
        if state.is_stuck && self.stream.poll_write_ready(cx).is_ready() {
            return Poll::Ready(Duty::Flush);
        }
        Poll::Pending
    }

    /// Waits until all has been written; returns whether it could be.
    pub(super) async fn written(&self) -> bool {
        std::future::poll_fn(|cx| {
            loop {
                self.flush_stuck();
                let mut state = self.state();
                state.remember(cx.waker());
                state.is_awaited = true;
                if state.is_broken || state.waiting.is_empty() {
                    return Poll::Ready(!state.is_broken);
                }
                if !state.is_stuck || self.stream.poll_write_ready(cx).is_pending() {
                    return Poll::Pending;
                }
            }
        })
        .await
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing that holds it can leave it half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn push(&mut self, chunk: Chunk) {
        self.waiting_bytes += chunk.bytes();
        self.waiting.push_back(chunk);
    }

    /// Notes that so many bytes have been written.
    fn advance(&mut self, bytes: usize) {
        self.written += bytes;
        while let Some(first) = self.waiting.front() {
            let bytes = first.bytes();
            if self.written < bytes {
                break;
            }
            self.written -= bytes;
            self.waiting_bytes -= bytes;
            self.waiting.pop_front();
            self.stuck_since = None;
        }
        if self.waiting.is_empty() {
            self.waiting.shrink_to(ROOM_KEPT);
        }
    }

    /// Drops what nothing has been written of, where that is due.
    fn cut(&mut self) {
        if let Some(end) = &mut self.end
            && end.cut == Cut::Due
        {
            end.cut = Cut::Done;
            self.waiting.truncate(usize::from(self.written > 0));
            self.waiting_bytes = self.waiting.iter().map(Chunk::bytes).sum();
        }
    }

    /// Tells whether the task has something to do, or waits for what has been done.
    fn concerns_task(&self) -> bool {
        self.is_stuck || self.is_broken || self.is_awaited || self.end.is_some()
    }

    fn remember(&mut self, task: &Waker) {
        if !self
            .task
            .as_ref()
            .is_some_and(|known| known.will_wake(task))
        {
            self.task = Some(task.clone());
        }
    }

    fn wake_task(&self) {
        if let Some(task) = &self.task {
            task.wake_by_ref();
        }
    }
}

/// Writes as much of a chunk as is taken at once, beginning so far within it. A small one is joined
/// before: the operating system takes one piece at less cost than two.
fn write_one(stream: &TcpStream, chunk: &Chunk, written: usize) -> io::Result<usize> {
    if chunk.bytes() > JOINED_BYTES_MAX {
        return write(stream, std::slice::from_ref(chunk), written);
    }
    let mut joined = [0; JOINED_BYTES_MAX];
    let mut used = 0;
    for part in chunk.parts() {
        joined[used..used + part.len()].copy_from_slice(part);
        used += part.len();
    }
    stream.try_write(&joined[written..used])
}

/// Writes as much of the chunks as is taken at once, beginning so far within the first.
fn write(stream: &TcpStream, chunks: &[Chunk], written: usize) -> io::Result<usize> {
    let mut slices = [IoSlice::new(&[]); 2 * CHUNKS_AT_ONCE];
    let mut used = 0;
    for chunk in chunks {
        for part in chunk.parts() {
            slices[used] = IoSlice::new(part);
            used += 1;
        }
    }
    let mut rest = &mut slices[..used];
    IoSlice::advance_slices(&mut rest, written);
    stream.try_write_vectored(rest)
}

#[cfg(test)]
mod tests;
