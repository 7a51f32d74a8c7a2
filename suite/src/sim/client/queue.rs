//! A client's mutations that have no answer yet, as they are on its disk.

use std::collections::{BTreeMap, BTreeSet};

use zeroback_protocol::{Call, Outcome, QueueId, QueuePlace};

use super::super::calls;
use super::super::model::Mutation;

/// For so long a client may keep to itself that it has sent a mutation before.
const YOUNG_MS: i64 = 10 * 60 * 1_000;

/// A queue.
#[derive(Debug)]
pub(in crate::sim) struct Queue {
    pub(in crate::sim) id: QueueId,
    entries: BTreeMap<u64, Entry>,
    /// Those that the server was not ready for.
    refused: BTreeSet<u64>,
    last: u64,
    born_ms: i64,
    has_answers: bool,
    /// Whether it does without saying that a mutation was attempted where it may.
    relies_on_youth: bool,
}

/// A mutation.
#[derive(Clone, Debug)]
pub(in crate::sim) struct Entry {
    pub(in crate::sim) token: u64,
    pub(in crate::sim) mutation: Mutation,
    /// Whether it may have been sent.
    is_attempted: bool,
}

impl Queue {
    pub(in crate::sim) fn new(id: QueueId, born_ms: i64, relies_on_youth: bool) -> Self {
        Self {
            id,
            entries: BTreeMap::new(),
            refused: BTreeSet::new(),
            last: 0,
            born_ms,
            has_answers: false,
            relies_on_youth,
        }
    }

    /// Returns the place of the next mutation.
    pub(in crate::sim) fn next_sequence(&self) -> u64 {
        self.last + 1
    }

    pub(super) fn push(&mut self, token: u64, mutation: Mutation) -> u64 {
        self.last += 1;
        let entry = Entry {
            token,
            mutation,
            is_attempted: false,
        };
        self.entries.insert(self.last, entry);
        self.last
    }

    /// Returns the places of those without an answer.
    pub(super) fn sequences(&self) -> impl Iterator<Item = u64> {
        self.entries.keys().copied()
    }

    /// Notes that one is sent, before it is.
    pub(super) fn attempt(&mut self, sequence: u64, now_ms: i64) -> (Call, QueuePlace) {
        let is_young = now_ms - self.born_ms < YOUNG_MS && !self.has_answers;
        let is_silent = is_young && self.relies_on_youth;
        let first = *self.entries.keys().next().expect("one is to be sent");
        self.refused.remove(&sequence);
        let entry = self.entries.get_mut(&sequence).expect("it has no answer");
        let place = QueuePlace {
            queue: self.id,
            sequence,
            acked_through: first - 1,
            attempted: entry.is_attempted && !is_silent,
        };
        entry.is_attempted = true;
        (calls::mutation(entry.token, &entry.mutation), place)
    }

    /// Takes in an answer; returns the mutation that is settled by it.
    pub(super) fn settle(&mut self, sequence: u64, outcome: &Outcome) -> Option<Entry> {
        if let Outcome::Error(error) = outcome
            && error.resend
        {
            if self.entries.contains_key(&sequence) {
                self.refused.insert(sequence);
            }
            return None;
        }
        self.has_answers = true;
        self.refused.remove(&sequence);
        self.entries.remove(&sequence)
    }

    /// Returns those that are to be sent again, in order.
    pub(super) fn take_refused(&mut self) -> Vec<u64> {
        std::mem::take(&mut self.refused).into_iter().collect()
    }
}
