//! What the layers take from the world: what time it is, what wakes them later, and luck.

use zeroback_protocol::RequestId;

use super::QueryKey;
use super::sorted::SortedMap;

/// Bits that nobody can guess, and luck.
pub(crate) trait Entropy: Send {
    /// Returns 128 random bits.
    fn bits(&mut self) -> [u8; 16];

    /// Returns a number from 0 up to, but not including, 1.
    fn luck(&mut self) -> f64;
}

/// What is to be done at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    /// A query ends that nobody listens to.
    EndOfQuery(QueryKey),
    /// Mutations are sent again that were refused.
    Mutations,
    /// An action or a one-shot query is sent again.
    Request(RequestId),
    /// The connection has waited for long enough.
    Connection,
    /// The token is replaced.
    Token,
    /// A storage that has failed is tried again.
    #[cfg(feature = "offline")]
    Storage,
    /// Results are written that have changed.
    #[cfg(feature = "offline")]
    CacheWrite,
    /// What is kept was waited for long enough.
    #[cfg(feature = "offline")]
    Patience,
    /// The storage is looked at for mutations that nobody has told of.
    #[cfg(feature = "offline")]
    Look,
    /// The storage is asked again for mutations.
    #[cfg(feature = "offline")]
    OutboxRetry,
    /// What mutations have come to that another page sends was waited for long enough.
    #[cfg(feature = "offline")]
    Doubt,
}

/// Names what was set to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TimerId {
    at_ms: u64,
    number: u64,
}

/// The world, as the layers see it during one event.
pub(crate) struct Env {
    /// Unix milliseconds.
    pub(crate) now_ms: u64,
    /// What no caller is there to hear.
    pub(crate) warnings: Vec<String>,
    entropy: Box<dyn Entropy>,
    timers: SortedMap<TimerId, Due>,
    last_timer: u64,
}

impl Env {
    pub(crate) fn new(entropy: Box<dyn Entropy>) -> Self {
        Self {
            now_ms: 0,
            warnings: Vec::new(),
            entropy,
            timers: SortedMap::default(),
            last_timer: 0,
        }
    }

    pub(crate) fn warn(&mut self, warning: impl Into<String>) {
        self.warnings.push(warning.into());
    }

    pub(crate) fn bits(&mut self) -> [u8; 16] {
        self.entropy.bits()
    }

    pub(crate) fn luck(&mut self) -> f64 {
        self.entropy.luck()
    }

    /// Has something done so many milliseconds from now.
    pub(crate) fn set(&mut self, delay_ms: u64, due: Due) -> TimerId {
        self.last_timer += 1;
        let id = TimerId {
            at_ms: self.now_ms.saturating_add(delay_ms),
            number: self.last_timer,
        };
        self.timers.insert(id, due);
        id
    }

    /// Has something not done that was set, if it was not done yet.
    pub(crate) fn cancel(&mut self, timer: Option<TimerId>) {
        if let Some(id) = timer {
            self.timers.remove(&id);
        }
    }

    /// Returns when the next thing is to be done.
    pub(crate) fn next_ms(&self) -> Option<u64> {
        self.timers.keys().next().map(|id| id.at_ms)
    }

    /// Takes out the next thing that is to be done by now.
    pub(crate) fn take_due(&mut self) -> Option<Due> {
        self.next_ms().filter(|at| *at <= self.now_ms)?;
        self.timers.pop_first().map(|(_, due)| due)
    }
}
