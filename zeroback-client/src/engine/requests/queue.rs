//! Where mutations have places, by which the server makes each of them once.

use zeroback_protocol::{QueueId, QueuePlace};

use crate::engine::env::Env;

/// No server forgets within twice so many milliseconds what it has made of a queue.
const REMEMBERED_MS: u64 = 600_000;

/// The queue of one client.
#[derive(Clone, Debug)]
pub(crate) struct Queue {
    pub(crate) id: QueueId,
    /// The next place.
    pub(crate) next: u64,
    /// When it was begun, before which nothing of it can have been made.
    pub(crate) begun_at_ms: u64,
    /// Whether the server has ever answered a mutation of it.
    pub(crate) is_known: bool,
    /// Up to where the answers are not needed any more, where having come is not enough.
    pub(crate) acked_through: Option<u64>,
}

impl Queue {
    pub(crate) fn new(bits: [u8; 16]) -> Self {
        Self {
            id: QueueId(bits),
            next: 1,
            begun_at_ms: 0,
            is_known: false,
            acked_through: None,
        }
    }

    /// Returns a place as the server is told it.
    pub(super) fn place(
        &self,
        env: &Env,
        sequence: u64,
        acked_through: u64,
        was_sent: bool,
    ) -> QueuePlace {
        QueuePlace {
            queue: self.id,
            sequence,
            acked_through,
            attempted: was_sent && self.may_be_forgotten(env.now_ms),
        }
    }

    /// A server that does not know the queue refuses what was attempted, because it may have made and
    /// forgotten it. Of a young queue it has not: what it does not know has never reached it.
    fn may_be_forgotten(&self, now_ms: u64) -> bool {
        self.is_known || now_ms.saturating_sub(self.begun_at_ms) > REMEMBERED_MS
    }
}
