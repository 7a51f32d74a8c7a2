//! Which executions have read a key: an interval tree for each index.
//!
//! A look-up costs the executions that it hits, times the logarithm of how many ranges there are;
//! those that read other parts of the index cost nothing.

mod interval_tree;

use std::collections::BTreeMap;

use super::ExecutionId;
use crate::engine::key_bytes::KeyBytes;
use crate::engine::read_set::{IndexRef, ReadSet};
use interval_tree::IntervalTree;

#[derive(Debug, Default)]
pub(super) struct RangeIndex {
    trees: BTreeMap<IndexRef, IntervalTree<ExecutionId>>,
}

impl RangeIndex {
    pub(super) fn insert(&mut self, id: ExecutionId, read_set: &ReadSet) {
        for (index, range) in read_set.iter() {
            let tree = self.trees.entry(index).or_default();
            tree.insert(range.clone(), id);
        }
    }

    pub(super) fn remove(&mut self, id: ExecutionId, read_set: &ReadSet) {
        for (index, range) in read_set.iter() {
            if let Some(tree) = self.trees.get_mut(&index) {
                tree.remove(range, id);
            }
        }
    }

    /// Calls `hit` for each execution with a range that holds the key, once for each such range.
    pub(super) fn hits(&self, index: IndexRef, key: &KeyBytes, mut hit: impl FnMut(ExecutionId)) {
        if let Some(tree) = self.trees.get(&index) {
            tree.visit(key, &mut hit);
        }
    }
}
