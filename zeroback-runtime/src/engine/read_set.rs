//! What a run read and what it wrote, in terms of index keys.

use std::collections::{BTreeMap, BTreeSet};

use super::key_bytes::{KeyBytes, KeyRange};

/// Over so many ranges in one index, they are widened to their hull.
const RANGES_MAX: usize = 256;

/// Names an index: the table's and the index's place in the catalog. Place 0 is `by_id`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct IndexRef {
    pub(super) table: usize,
    pub(super) index: usize,
}

/// What of a part of an index was looked at, or has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Aspect {
    /// What the documents there hold.
    Contents,
    /// Which documents there are: all that a count depends on. A change of it is one of the
    /// contents, too.
    Membership,
}

/// The parts of indexes that a run has looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ReadSet {
    ranges: BTreeMap<(IndexRef, Aspect), BTreeSet<KeyRange>>,
}

/// The keys that commits have added, changed or removed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct WriteSet {
    keys: BTreeMap<(IndexRef, KeyBytes), Aspect>,
    documents: usize,
}

impl ReadSet {
    pub(super) fn add(&mut self, index: IndexRef, aspect: Aspect, range: KeyRange) {
        if range.start >= range.end {
            return;
        }
        let ranges = self.ranges.entry((index, aspect)).or_default();
        ranges.insert(range);
        if ranges.len() > RANGES_MAX {
            let hull = hull(ranges);
            ranges.clear();
            ranges.insert(hull);
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = ((IndexRef, Aspect), &KeyRange)> {
        self.ranges
            .iter()
            .flat_map(|(part, ranges)| ranges.iter().map(|range| (*part, range)))
    }
}

impl WriteSet {
    /// Notes a key of a written document, and what has changed there.
    pub(super) fn add(&mut self, index: IndexRef, key: KeyBytes, changed: Aspect) {
        let noted = self.keys.entry((index, key)).or_insert(changed);
        *noted = changed.max(*noted);
    }

    /// Counts a written document, and returns how many there are now.
    pub(super) fn count_document(&mut self) -> usize {
        self.documents += 1;
        self.documents
    }

    pub(super) fn absorb(&mut self, other: Self) {
        for ((index, key), changed) in other.keys {
            self.add(index, key, changed);
        }
        self.documents += other.documents;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (IndexRef, &KeyBytes, Aspect)> {
        self.keys
            .iter()
            .map(|((index, key), changed)| (*index, key, *changed))
    }
}

/// Returns the least range around all of them.
fn hull(ranges: &BTreeSet<KeyRange>) -> KeyRange {
    let start = ranges.iter().map(|range| &range.start).min();
    let end = ranges.iter().map(|range| &range.end).max();
    KeyRange {
        start: start.cloned().unwrap_or_default(),
        end: end.cloned().unwrap_or_default(),
    }
}
