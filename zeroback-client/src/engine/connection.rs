//! One connection that comes back: which socket counts, and when to open the next one. Carries text without
//! knowing what it means, save for the frames that keep it alive.

use super::backoff::Backoff;
use super::env::{Due, Env, TimerId};
use super::{Output, SocketId};
use crate::Phase;

/// What keeps a connection alive.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ConnectionTimes {
    pub(crate) backoff: Backoff,
    /// After so long without a word from the server it is asked for one.
    pub(crate) heartbeat_interval_ms: u64,
    /// A server that has been asked for a word has so long to answer.
    pub(crate) heartbeat_timeout_ms: u64,
    /// How long a connection may take to come about.
    pub(crate) connect_timeout_ms: u64,
}

/// A connection that has lasted this long starts its backoff anew when it drops.
const STABLE_MS: u64 = 5_000;

/// The frames that keep a connection alive.
const PING: &str = "ping";
pub(crate) const PONG: &str = "pong";

/// What a connection waits for: one thing at a time.
#[derive(Clone, Copy, Debug)]
enum Wait {
    /// Until the next attempt.
    Retry,
    /// For the socket to open, and the server to speak.
    Answer,
    /// Until nothing has been heard for a while.
    Silence,
    /// For a word, since then.
    Word { asked_at_ms: u64 },
}

/// Whether the socket was lost in what was done, and all that was sent on it without an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(crate) enum After {
    Stands,
    Lost,
}

/// Order of calls: `open`; from the socket's opening on `send`; `confirm` when the server has answered; `lose` where
/// it cannot be understood; at last `close`.
#[derive(Debug)]
pub(crate) struct Connection {
    times: ConnectionTimes,
    outputs: Vec<Output>,
    phase: Phase,
    socket: Option<SocketId>,
    last_socket: u64,
    is_open: bool,
    has_ever_connected: bool,
    is_closed: bool,
    attempts: u32,
    connected_at_ms: u64,
    heard_at_ms: u64,
    next_retry_at_ms: Option<u64>,
    timer: Option<TimerId>,
    wait: Wait,
}

impl Connection {
    pub(crate) fn new(times: ConnectionTimes) -> Self {
        Self {
            times,
            outputs: Vec::new(),
            phase: Phase::Disconnected,
            socket: None,
            last_socket: 0,
            is_open: false,
            has_ever_connected: false,
            is_closed: false,
            attempts: 0,
            connected_at_ms: 0,
            heard_at_ms: 0,
            next_retry_at_ms: None,
            timer: None,
            wait: Wait::Retry,
        }
    }

    pub(crate) fn phase(&self) -> Phase {
        self.phase
    }

    pub(crate) fn is_open(&self) -> bool {
        self.is_open
    }

    pub(crate) fn has_ever_connected(&self) -> bool {
        self.has_ever_connected
    }

    /// Returns the Unix milliseconds of the next attempt, while one is waited for.
    pub(crate) fn next_retry_at_ms(&self) -> Option<u64> {
        self.next_retry_at_ms
    }

    /// Tells whether this is the socket that counts.
    pub(crate) fn is_of(&self, socket: SocketId) -> bool {
        self.socket == Some(socket)
    }

    /// Takes out what is to be done with sockets, in its order.
    pub(crate) fn take_outputs(&mut self) -> Vec<Output> {
        std::mem::take(&mut self.outputs)
    }

    /// Opens a socket.
    pub(crate) fn open(&mut self, env: &mut Env) {
        self.next_retry_at_ms = None;
        if self.is_closed {
            return;
        }
        self.phase = Phase::Connecting;
        self.wait(env, self.times.connect_timeout_ms, Wait::Answer);
        self.last_socket += 1;
        let socket = SocketId(self.last_socket);
        self.socket = Some(socket);
        self.outputs.push(Output::Open(socket));
    }

    pub(crate) fn handle_open(&mut self) {
        self.is_open = true;
    }

    /// Takes in that the server has said something.
    pub(crate) fn handle_word(&mut self, env: &Env) {
        self.heard_at_ms = env.now_ms;
    }

    /// Sends, unless the connection is lost.
    pub(crate) fn send(&mut self, text: String) {
        if let Some(socket) = self.socket {
            self.outputs.push(Output::Send(socket, text));
        }
    }

    /// The server speaks our protocol: the connection stands.
    pub(crate) fn confirm(&mut self, env: &mut Env) {
        self.has_ever_connected = true;
        self.connected_at_ms = env.now_ms;
        self.phase = Phase::Connected;
        self.await_silence(env);
    }

    /// The socket is lost, or is to be: tries again after a while.
    pub(crate) fn lose(&mut self, env: &mut Env) -> After {
        let was_stable = self.phase == Phase::Connected
            && env.now_ms.saturating_sub(self.connected_at_ms) >= STABLE_MS;
        if was_stable {
            self.attempts = 0;
        }
        self.leave_socket();
        let delay_ms = self.times.backoff.delay_ms(self.attempts, env);
        self.attempts = self.attempts.saturating_add(1);
        self.next_retry_at_ms = Some(env.now_ms + delay_ms);
        self.wait(env, delay_ms, Wait::Retry);
        self.phase = Phase::Disconnected;
        After::Lost
    }

    /// Opens another socket at once, in the place of the present one.
    pub(crate) fn renew(&mut self, env: &mut Env) {
        self.leave_socket();
        self.attempts = 0;
        self.open(env);
    }

    /// A lost connection has a good chance to come back, and a lost one to be noticed.
    pub(crate) fn handle_wake(&mut self, env: &mut Env) {
        if self.next_retry_at_ms.is_some() {
            self.open(env);
        } else if self.phase == Phase::Connected {
            self.ask(env);
        }
    }

    /// What was waited for has come, or has not.
    pub(crate) fn handle_timer(&mut self, env: &mut Env) -> After {
        self.timer = None;
        match self.wait {
            Wait::Retry => self.open(env),
            Wait::Answer => return self.lose(env),
            Wait::Silence => self.await_silence(env),
            Wait::Word { asked_at_ms } if self.heard_at_ms >= asked_at_ms => {
                self.await_silence(env);
            }
            Wait::Word { .. } => return self.lose(env),
        }
        After::Stands
    }

    pub(crate) fn close(&mut self, env: &mut Env) {
        self.is_closed = true;
        env.cancel(self.timer.take());
        self.next_retry_at_ms = None;
        self.leave_socket();
        self.phase = Phase::Disconnected;
    }

    /// Forgets the socket at once: one that is dead may take minutes to say so.
    fn leave_socket(&mut self) {
        self.is_open = false;
        if let Some(socket) = self.socket.take() {
            self.outputs.push(Output::Close(socket));
        }
    }

    fn await_silence(&mut self, env: &mut Env) {
        let interval_ms = self.times.heartbeat_interval_ms;
        let quiet_ms = env.now_ms.saturating_sub(self.heard_at_ms);
        if quiet_ms >= interval_ms {
            self.ask(env);
        } else {
            self.wait(env, interval_ms - quiet_ms, Wait::Silence);
        }
    }

    /// Asks the server for a word.
    fn ask(&mut self, env: &mut Env) {
        let asked_at_ms = env.now_ms;
        self.wait(
            env,
            self.times.heartbeat_timeout_ms,
            Wait::Word { asked_at_ms },
        );
        self.send(PING.to_owned());
    }

    fn wait(&mut self, env: &mut Env, delay_ms: u64, wait: Wait) {
        env.cancel(self.timer.take());
        self.wait = wait;
        self.timer = Some(env.set(delay_ms, Due::Connection));
    }
}
