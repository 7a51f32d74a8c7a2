//! Where a client connects, and how it behaves.

use std::time::Duration;

#[cfg(feature = "offline")]
use crate::offline::OfflineOptions;

use crate::engine::{Backoff, ConnectionTimes, EngineConfig};

/// Where a client connects, and how it behaves.
///
/// ```
/// use std::time::Duration;
/// use zeroback_client::ClientOptions;
///
/// let options = ClientOptions::new("wss://example.org/ws").linger(Duration::from_secs(5));
/// # let _ = options;
/// ```
#[derive(Clone, Debug)]
pub struct ClientOptions {
    pub(crate) url: String,
    backoff_base: Duration,
    backoff_max: Duration,
    heartbeat_interval: Duration,
    heartbeat_timeout: Duration,
    connect_timeout: Duration,
    linger: Duration,
    #[cfg(feature = "offline")]
    pub(crate) offline: Option<OfflineOptions>,
}

impl ClientOptions {
    /// Names the backend's `/ws`. `http:` and `https:` stand for `ws:` and `wss:`, and in a browser a path is taken
    /// relative to the page.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            backoff_base: Duration::from_millis(500),
            backoff_max: Duration::from_secs(15),
            heartbeat_interval: Duration::from_secs(20),
            heartbeat_timeout: Duration::from_secs(10),
            connect_timeout: Duration::from_secs(10),
            linger: Duration::from_secs(1),
            #[cfg(feature = "offline")]
            offline: None,
        }
    }

    /// Sets the longest wait before the first retry, which doubles with each (default: 500 ms), and the longest
    /// before any (default: 15 s).
    #[must_use]
    pub fn backoff(self, base: Duration, max: Duration) -> Self {
        Self {
            backoff_base: base,
            backoff_max: max,
            ..self
        }
    }

    /// Sets after how much silence the server is asked whether it is there (default: 20 s), and how long it has to
    /// answer (default: 10 s).
    #[must_use]
    pub fn heartbeat(self, interval: Duration, timeout: Duration) -> Self {
        Self {
            heartbeat_interval: interval,
            heartbeat_timeout: timeout,
            ..self
        }
    }

    /// Sets how long a connection may take to come about (default: 10 s).
    #[must_use]
    pub fn connect_timeout(self, timeout: Duration) -> Self {
        Self {
            connect_timeout: timeout,
            ..self
        }
    }

    /// Sets how long a query stays live after its last subscription has gone, so that one that comes back costs
    /// nothing (default: 1 s).
    #[must_use]
    pub fn linger(self, linger: Duration) -> Self {
        Self { linger, ..self }
    }

    /// Keeps what is shown for another time: see [`offline`](crate::offline).
    #[cfg(feature = "offline")]
    #[must_use]
    pub fn offline(self, offline: OfflineOptions) -> Self {
        Self {
            offline: Some(offline),
            ..self
        }
    }

    pub(crate) fn engine(&self) -> EngineConfig {
        EngineConfig {
            times: ConnectionTimes {
                backoff: Backoff {
                    base_ms: ms(self.backoff_base),
                    max_ms: ms(self.backoff_max),
                },
                heartbeat_interval_ms: ms(self.heartbeat_interval),
                heartbeat_timeout_ms: ms(self.heartbeat_timeout),
                connect_timeout_ms: ms(self.connect_timeout),
            },
            linger_ms: ms(self.linger),
        }
    }
}

pub(crate) fn ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
