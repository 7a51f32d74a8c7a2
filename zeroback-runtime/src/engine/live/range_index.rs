//! Which executions have read a key: an interval tree for each index.
//!
//! A look-up costs the executions that it hits, times the logarithm of how many ranges there are;
//! those that read other parts of the index cost nothing.

mod interval_tree;

use std::collections::BTreeMap;

use super::ExecutionId;
use crate::engine::key_bytes::KeyBytes;
use crate::engine::read_set::{Aspect, IndexRef, ReadSet};
use interval_tree::IntervalTree;

#[derive(Debug)]
pub(super) struct RangeIndex {
    trees: BTreeMap<(IndexRef, Aspect), IntervalTree<ExecutionId>>,
    seed: u64,
}

impl RangeIndex {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            trees: BTreeMap::new(),
            seed,
        }
    }

    pub(super) fn insert(&mut self, id: ExecutionId, read_set: &ReadSet) {
        for (part, range) in read_set.iter() {
            let tree = self
                .trees
                .entry(part)
                .or_insert_with(|| IntervalTree::new(self.seed));
            tree.insert(range.clone(), id);
        }
    }

    pub(super) fn remove(&mut self, id: ExecutionId, read_set: &ReadSet) {
        for (part, range) in read_set.iter() {
            if let Some(tree) = self.trees.get_mut(&part) {
                tree.remove(range, id);
            }
        }
    }

    /// Calls `hit` for each execution with a range that holds the key and in which it has looked at
    /// what has changed, once for each such range.
    pub(super) fn hits(
        &self,
        (index, key, changed): (IndexRef, &KeyBytes, Aspect),
        mut hit: impl FnMut(ExecutionId),
    ) {
        for aspect in [Aspect::Contents, Aspect::Membership] {
            if aspect > changed {
                return;
            }
            if let Some(tree) = self.trees.get(&(index, aspect)) {
                tree.visit(key, &mut hit);
            }
        }
    }
}
