//! Which executions were used longest ago.
//!
//! Uses are a list in the order of time. One that was followed by another of the same execution, or
//! given up, stays in it as a gap until gaps are the greater part: so a use costs a look into one
//! stretch of memory, and not a walk through a tree.

use std::collections::VecDeque;

use super::ExecutionId;

/// So many gaps are left in any case.
const GAPS_MIN: usize = 64;

/// Names a use; the default is that of an execution that is not in the list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Stamp(u64);

/// Executions in the order of their last use.
#[derive(Debug, Default)]
pub(super) struct ByAge {
    uses: VecDeque<(Stamp, Option<ExecutionId>)>,
    held: usize,
    last: u64,
}

impl ByAge {
    /// Notes that an execution is used now, and was last with this stamp; returns the new one.
    pub(super) fn touch(&mut self, id: ExecutionId, last_use: Stamp) -> Stamp {
        self.remove(last_use);
        self.last += 1;
        let stamp = Stamp(self.last);
        self.uses.push_back((stamp, Some(id)));
        self.held += 1;
        stamp
    }

    /// Takes an execution out.
    pub(super) fn remove(&mut self, last_use: Stamp) {
        let Ok(at) = self
            .uses
            .binary_search_by_key(&last_use, |(stamp, _)| *stamp)
        else {
            return;
        };
        if self.uses[at].1.take().is_none() {
            return;
        }
        self.held -= 1;
        while let Some((_, None)) = self.uses.front() {
            self.uses.pop_front();
        }
        if self.uses.len() > 2 * self.held + GAPS_MIN {
            self.uses.retain(|(_, id)| id.is_some());
        }
    }

    /// Returns the execution that was used longest ago.
    pub(super) fn oldest(&self) -> Option<ExecutionId> {
        self.uses.front().and_then(|(_, id)| *id)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_oldest_is_that_of_a_list_and_gaps_are_bounded(
            steps in prop::collection::vec((0..12_u64, 0..8_u32), 1..600),
        ) {
            let (mut ages, mut stamps) = (ByAge::default(), BTreeMap::new());
            let mut list: Vec<u64> = Vec::new();
            for (id, kind) in steps {
                list.retain(|known| *known != id);
                let stamp: Stamp = stamps.remove(&id).unwrap_or_default();
                if kind == 0 {
                    ages.remove(stamp);
                } else {
                    stamps.insert(id, ages.touch(ExecutionId(id), stamp));
                    list.push(id);
                }
                prop_assert_eq!(ages.oldest(), list.first().copied().map(ExecutionId));
                prop_assert!(ages.uses.len() <= 2 * list.len() + GAPS_MIN + 1);
            }
        }
    }
}
