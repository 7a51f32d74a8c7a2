//! The queue of an honest client: each of its mutations counts once, whatever happens to connections
//! and to the server.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use zeroback_protocol::{ErrorCode, Outcome, RequestId};
use zeroback_runtime::engine::ConnectionId;

/// The queue's id.
const QUEUE: &str = "AAAAAAAAAAAAAAAAAAAAAA";

/// How long a queue is young.
const YOUNG_MS: i64 = 10 * 60 * 1_000;

/// The mutations that a client wants to be made, in their order.
#[derive(Debug, Default)]
pub(super) struct Queue {
    /// By their sequence, which begins at 1.
    mutations: Vec<Mutation>,
    /// Which mutation each names, and whether that was known to be made when the request was sent: of
    /// two copies that arrive together the first may be refused and the second be made.
    requests: BTreeMap<(ConnectionId, RequestId), (u64, bool)>,
    /// The highest `ackedThrough` that was sent.
    acked: u64,
    /// Whether the server may have forgotten an answer that was not acknowledged.
    is_old: bool,
    /// When its first mutation was sent.
    born_ms: Option<i64>,
}

#[derive(Debug, Default)]
struct Mutation {
    /// Whether it may have been sent before.
    is_attempted: bool,
    is_made: bool,
    is_answered: bool,
}

impl Queue {
    /// Puts another mutation into the queue, and returns its sequence.
    pub(super) fn push(&mut self) -> u64 {
        self.mutations.push(Mutation::default());
        self.mutations.len() as u64
    }

    /// Returns the sequences that a client would send: those behind what it acknowledges.
    pub(super) fn unacknowledged(&self) -> std::ops::RangeInclusive<u64> {
        self.acked + 1..=self.mutations.len() as u64
    }

    /// Returns the message that sends a mutation. Where the queue is young, and nothing of it has
    /// been answered, the client need not say that it has sent it before.
    pub(super) fn message(&mut self, sequence: u64, acked_max: u64, now_ms: i64) -> (Value, u64) {
        let born_ms = *self.born_ms.get_or_insert(now_ms);
        let has_answers = self.mutations.iter().any(|one| one.is_answered);
        let is_young = now_ms - born_ms < YOUNG_MS && !has_answers;
        let answered = self.mutations.iter().take_while(|one| one.is_answered);
        let acked = (answered.count() as u64).min(acked_max).min(sequence - 1);
        let mutation = &mut self.mutations[sequence as usize - 1];
        let message = json!({
            "type": "mutation",
            "path": "counters:add",
            "args": { "name": name(sequence), "by": 1 },
            "queue": QUEUE,
            "sequence": sequence,
            "ackedThrough": acked,
            "attempted": mutation.is_attempted && !is_young,
        });
        mutation.is_attempted = true;
        (message, acked)
    }

    /// Notes that the message has gone to the server.
    pub(super) fn sent(
        &mut self,
        connection: ConnectionId,
        request_id: RequestId,
        sequence: u64,
        acked: u64,
    ) {
        let was_made = self.mutations[sequence as usize - 1].is_made;
        self.requests
            .insert((connection, request_id), (sequence, was_made));
        self.acked = self.acked.max(acked);
    }

    /// Notes that so much time has passed, or so much was recorded, that answers may be forgotten.
    pub(super) fn grow_old(&mut self) {
        self.is_old = true;
    }

    /// Takes in an answer, if it is one of this queue.
    pub(super) fn hear(&mut self, connection: ConnectionId, id: RequestId, outcome: &Outcome) {
        let Some((sequence, was_made)) = self.requests.remove(&(connection, id)) else {
            return;
        };
        let mutation = &mut self.mutations[sequence as usize - 1];
        match outcome {
            Outcome::Success(value) => {
                assert_eq!(value.as_str(), "1", "{sequence} was made again");
                mutation.is_made = true;
                mutation.is_answered = true;
            }
            Outcome::Error(error) => {
                let may_be_forgotten = self.is_old || sequence <= self.acked;
                let is_forgotten = error.code == ErrorCode::OUTCOME_UNKNOWN;
                assert!(is_forgotten || error.resend, "{sequence}: {error}");
                assert!(
                    !was_made || may_be_forgotten,
                    "{sequence} was made, and is now {error}"
                );
                mutation.is_answered |= is_forgotten;
            }
        }
    }

    /// Returns the counters of all mutations, and where they may stand.
    pub(super) fn counters(&self) -> Vec<(String, &'static [&'static str])> {
        let mutations = (1..).zip(&self.mutations);
        let counters = mutations.map(|(sequence, mutation)| {
            let expected: &[&str] = if mutation.is_made {
                &["1"]
            } else {
                &["0", "1"]
            };
            (name(sequence), expected)
        });
        counters.collect()
    }
}

/// Names the counter of a mutation.
fn name(sequence: u64) -> String {
    format!("once {sequence}")
}
