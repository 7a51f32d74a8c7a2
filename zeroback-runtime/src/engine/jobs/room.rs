//! How many jobs there are, so that there are not more than there may be.

use std::cell::Cell;

/// The jobs of an engine, counted. They are not counted before they were looked for once.
#[derive(Debug, Default)]
pub(in crate::engine) struct JobRoom {
    /// How many wait or run, as far as is committed.
    waiting: Cell<usize>,
    /// How many have ended and are kept.
    ended: Cell<usize>,
    /// How many the batch at hand has scheduled, also those of mutations that have failed since.
    new: Cell<usize>,
}

impl JobRoom {
    /// Makes room for another job, if there may be one.
    pub(in crate::engine) fn take_one(&self, waiting_max: usize) -> bool {
        if self.waiting.get() + self.new.get() >= waiting_max {
            return false;
        }
        self.new.set(self.new.get() + 1);
        true
    }

    /// Takes in how many there are.
    pub(super) fn count(&self, waiting: usize, ended: usize) {
        self.waiting.set(waiting);
        self.ended.set(ended);
    }

    /// Takes in that a job has come, has gone, or has become another; each tells whether it has ended.
    pub(super) fn note(&self, old: Option<bool>, new: Option<bool>) {
        for (image, is_new) in [(old, false), (new, true)] {
            let counter = match image {
                Some(true) => &self.ended,
                Some(false) => &self.waiting,
                None => continue,
            };
            let count = counter.get();
            counter.set(if is_new {
                count + 1
            } else {
                count.saturating_sub(1)
            });
        }
    }

    /// Ends a batch.
    pub(in crate::engine) fn settle(&self) {
        self.new.set(0);
    }

    pub(super) fn ended(&self) -> usize {
        self.ended.get()
    }
}
