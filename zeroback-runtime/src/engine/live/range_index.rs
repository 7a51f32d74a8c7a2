//! Which executions have read a key: ranges by index, ordered by where they start.
//!
//! A look-up walks the ranges that start at or below the key. That grows with the ranges of one
//! index below a key, not with its hits alone; the interface is that of an interval tree.

use std::collections::{BTreeMap, BTreeSet};

use super::ExecutionId;
use crate::engine::key_bytes::{KeyBytes, KeyRange};
use crate::engine::read_set::{IndexRef, ReadSet};

#[derive(Debug, Default)]
pub(super) struct RangeIndex {
    indexes: BTreeMap<IndexRef, BTreeSet<(KeyRange, ExecutionId)>>,
}

impl RangeIndex {
    pub(super) fn insert(&mut self, id: ExecutionId, read_set: &ReadSet) {
        for (index, range) in read_set.iter() {
            let ranges = self.indexes.entry(index).or_default();
            ranges.insert((range.clone(), id));
        }
    }

    pub(super) fn remove(&mut self, id: ExecutionId, read_set: &ReadSet) {
        for (index, range) in read_set.iter() {
            if let Some(ranges) = self.indexes.get_mut(&index) {
                ranges.remove(&(range.clone(), id));
            }
        }
    }

    /// Calls `hit` for each execution with a range that holds the key, once for each such range.
    pub(super) fn hits(&self, index: IndexRef, key: &KeyBytes, mut hit: impl FnMut(ExecutionId)) {
        let Some(ranges) = self.indexes.get(&index) else {
            return;
        };
        for (range, id) in ranges {
            if range.start > *key {
                break;
            }
            if range.contains(key) {
                hit(*id);
            }
        }
    }
}
