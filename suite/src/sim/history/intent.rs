//! A mutation that somebody wants: where it has its place, what became of it, and what was said of it.

use serde_json::Value;
use zeroback_protocol::QueueId;

use super::super::model::Mutation;
use super::super::property::{Breach, Property};

/// What lets a mutation be made once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sim) enum Under {
    /// Its place in a client's queue.
    Queue(QueueId, u64),
    /// An `Idempotency-Key`.
    Key(usize),
}

/// A mutation that a user wanted.
#[derive(Debug)]
pub(super) struct Intent {
    pub(super) under: Under,
    pub(super) mutation: Mutation,
    /// The version that has it, and what it said.
    pub(super) made: Option<(u64, Value)>,
    /// What it failed with.
    pub(super) failed: Option<&'static str>,
    /// Whether it was the store that failed, after which it may be run again.
    pub(super) was_faulted: bool,
    pub(super) record: Option<Record>,
    /// What its user was told in the end: the code of an error, or that it was made.
    pub(super) told: Option<Result<(), String>>,
}

/// What a mutation has come to is recorded, and the record may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Record {
    at_ms: i64,
    may_be_gone: bool,
}

impl Record {
    pub(super) fn new(at_ms: i64) -> Self {
        Self {
            at_ms,
            may_be_gone: false,
        }
    }

    /// Notes what the clock shows: a record may be gone once it has been kept for so long.
    pub(super) fn note_time(&mut self, now_ms: i64, keep_ms: i64) {
        self.may_be_gone |= now_ms - self.at_ms >= keep_ms;
    }

    pub(super) fn may_be_gone(self) -> bool {
        self.may_be_gone
    }
}

impl Intent {
    pub(super) fn new(under: Under, mutation: Mutation) -> Self {
        Self {
            under,
            mutation,
            made: None,
            failed: None,
            was_faulted: false,
            record: None,
            told: None,
        }
    }

    /// Tells whether nobody can know any more what it has come to.
    pub(super) fn may_be_forgotten(&self) -> bool {
        self.record.is_some_and(Record::may_be_gone)
    }

    /// Takes in that it runs. One in a queue never runs again; one under a key does where its
    /// record is gone.
    pub(super) fn run(&mut self, token: u64) -> Result<(), Breach> {
        if matches!(self.under, Under::Key(_)) && self.may_be_forgotten() {
            *self = Self::new(self.under, self.mutation.clone());
        }
        let text = match (&self.made, &self.told) {
            (Some((counter, _)), _) => format!("it was made in version {counter}"),
            (None, Some(Err(code))) => format!("its user was told {code}"),
            (None, None) if self.failed.is_some() && !self.was_faulted => {
                format!("it has failed with {:?}", self.failed)
            }
            _ => return Ok(()),
        };
        let text = format!("mutation {token} is run, and {text}");
        Err(Breach::new(Property::Once, text))
    }
}
