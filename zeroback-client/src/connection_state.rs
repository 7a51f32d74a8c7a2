//! How the connection is, for those who show it.

/// Where a connection stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Phase {
    /// A socket is on its way, or open, and the server has not spoken yet.
    Connecting,
    /// The server has spoken.
    Connected,
    /// There is no socket; another one is tried at [`ConnectionState::next_retry_at_ms`], if at all.
    #[default]
    Disconnected,
}

/// How the connection is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ConnectionState {
    /// Where it stands.
    pub phase: Phase,
    /// Whether a server has ever spoken to this client.
    pub has_ever_connected: bool,
    /// How many mutations wait to be sent or answered.
    pub inflight_mutations: usize,
    /// Unix milliseconds of the next attempt to connect, while one is waited for.
    pub next_retry_at_ms: Option<u64>,
    /// Whether somebody is signed in, once the server has said so.
    pub is_authenticated: Option<bool>,
}

impl ConnectionState {
    /// Tells whether the server is there.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.phase == Phase::Connected
    }
}
