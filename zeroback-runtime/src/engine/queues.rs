//! Mutations that are made once, however often they are sent: which of them runs, and what the
//! others are answered with.
//!
//! A mutation that has a place is admitted when its turn within its batch has come, since those
//! before it in the batch decide. What it has come to is recorded in the transaction of the batch
//! and outside of its own savepoint, so that an error is recorded too. One that is alone in its batch
//! has no savepoint: if it fails, its record has a transaction of its own.
//!
//! 1. `fingerprint`: tells whether two calls are the same;
//! 2. `admission`: what becomes of one batch;
//! 3. `room`: which records go;
//! 4. `records`: the statements.
//!
//! Here is what the engine remembers between batches, so that a queue costs no statement when it
//! comes again. It may forget all of it at any time: the database has it.

mod admission;
mod fingerprint;
mod records;
mod room;

use std::collections::{BTreeMap, BTreeSet};

use zeroback_protocol::{QueueId, QueuePlace};

pub(super) use admission::{Admission, Admitted, Settled};
pub(super) use fingerprint::{Fingerprint, FingerprintKey};
use records::Ledger;

/// How many queues are remembered. One that is forgotten costs a statement when it comes again.
const QUEUES_MAX: usize = 16_384;

/// What lets a mutation be made once.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place {
    /// Its place in a client's queue.
    Queue(QueuePlace),
    /// An `Idempotency-Key`, as a hash of it.
    Key(QueueId),
}

/// What the engine remembers of the queues of its clients.
#[derive(Debug)]
pub(super) struct Queues {
    pub(super) key: FingerprintKey,
    known: BTreeMap<QueueId, Known>,
    /// Those with records that are acknowledged and still there.
    acknowledged: BTreeSet<QueueId>,
    /// Nothing before the first batch that records something.
    ledger: Option<Ledger>,
}

/// What is known of a queue that has records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Known {
    /// Before this sequence there are no records.
    first: u64,
    /// Up to which the client has all answers.
    acknowledged: u64,
    /// The last that was recorded.
    last: u64,
    /// Whether that is one of which nothing is known: those behind it that were sent before may have
    /// been made too.
    ends_unknown: bool,
}

impl Place {
    /// Returns what it is for a person.
    pub(super) fn of_person(self, key: &FingerprintKey, person: Option<(&str, &str)>) -> Self {
        match self {
            Self::Queue(place) => Self::Queue(QueuePlace {
                queue: key.of_person(place.queue, person),
                ..place
            }),
            Self::Key(id) => Self::Key(key.of_person(id, person)),
        }
    }
}

impl Queues {
    pub(super) fn new(key: FingerprintKey) -> Self {
        Self {
            key,
            known: BTreeMap::new(),
            acknowledged: BTreeSet::new(),
            ledger: None,
        }
    }

    /// Remembers what a batch has done, once it is committed.
    pub(super) fn absorb(&mut self, settled: Settled) {
        if self.known.len() + settled.known.len() > QUEUES_MAX {
            self.known.clear();
            self.acknowledged.clear();
        }
        for (queue, known) in settled.known {
            if known.forgettable().is_some() {
                self.acknowledged.insert(queue);
            } else {
                self.acknowledged.remove(&queue);
            }
            self.known.insert(queue, known);
        }
        if settled.ledger.is_some() {
            self.ledger = settled.ledger;
        }
    }
}

impl Known {
    /// Returns up to which sequence there are records that may go, if there are any. The last one
    /// stays: by it the queue is known.
    fn forgettable(&self) -> Option<u64> {
        let through = self.acknowledged.min(self.last.saturating_sub(1));
        (through >= self.first).then_some(through)
    }
}
