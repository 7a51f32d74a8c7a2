//! The recent deltas of one live query: the steps by which a client that missed some catches up.

use std::collections::VecDeque;

use zeroback_protocol::{RawJson, Tag};

use crate::planted::{self, Bug};

/// A chain of deltas, the last of which leads to the present result.
#[derive(Debug, Default)]
pub(super) struct RecentDeltas {
    steps: VecDeque<Step>,
    bytes: usize,
}

#[derive(Debug)]
struct Step {
    base: Tag,
    delta: RawJson,
}

impl RecentDeltas {
    /// Adds the step to a new result; the oldest go where there are more bytes than may be kept.
    pub(super) fn push(&mut self, base: Tag, delta: RawJson, bytes_max: usize) {
        self.bytes += delta.as_str().len();
        self.steps.push_back(Step { base, delta });
        while self.bytes > bytes_max
            && let Some(oldest) = self.steps.pop_front()
        {
            self.bytes -= oldest.delta.as_str().len();
        }
    }

    /// Forgets all: no step leads from what was before to the present result.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Tells whether the deltas from a result to the present one are known.
    pub(super) fn leads_from(&self, base: Tag) -> bool {
        self.steps.iter().rev().any(|step| step.base == base)
    }

    /// Returns the deltas that lead from a result to the present one, where they are known.
    pub(super) fn since(&self, base: Tag) -> Option<Vec<RawJson>> {
        // A result may have come back to what it was: the shortest way is from its last time.
        let from = self.steps.iter().rposition(|step| step.base == base)?;
        let from = from + usize::from(planted::has(Bug::LosesADelta));
        Some(
            self.steps
                .range(from..)
                .map(|step| step.delta.clone())
                .collect(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recent(steps: &[(u64, &str)], bytes_max: usize) -> RecentDeltas {
        let mut recent = RecentDeltas::default();
        for (base, delta) in steps {
            recent.push(Tag(*base), RawJson::from_encoded(*delta), bytes_max);
        }
        recent
    }

    fn since(recent: &RecentDeltas, base: u64) -> Option<Vec<String>> {
        let deltas = recent.since(Tag(base))?;
        Some(
            deltas
                .iter()
                .map(|delta| delta.as_str().to_owned())
                .collect(),
        )
    }

    #[test]
    fn the_way_from_a_result_is_the_steps_behind_it() {
        let recent = recent(&[(1, "a"), (2, "b"), (1, "c")], 100);
        assert_eq!(since(&recent, 2).unwrap(), ["b", "c"]);
        assert_eq!(since(&recent, 1).unwrap(), ["c"], "from its last time");
        assert_eq!(since(&recent, 3), None);
    }

    #[test]
    fn the_oldest_steps_make_room() {
        let mut recent = recent(&[(1, "aa"), (2, "bb"), (3, "cc")], 4);
        assert_eq!(since(&recent, 1), None);
        assert_eq!(since(&recent, 2).unwrap(), ["bb", "cc"]);
        assert_eq!(recent.bytes(), 4);
        recent.push(Tag(4), RawJson::from_encoded("ddddd"), 4);
        assert_eq!(recent.bytes(), 0);
        assert_eq!(since(&recent, 4), None);
    }
}
