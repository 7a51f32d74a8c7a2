//! What a run read and what it wrote, in terms of index keys and of documents.

use std::collections::{BTreeMap, BTreeSet};

use super::document::Fields;
use super::filter;
use super::key_bytes::{KeyBytes, KeyRange};
use super::search_terms::{FieldTokens, SearchTerms};
use super::tokens::tokens;
use crate::Result;
use crate::db::FilterExpr;
use crate::key::KeyPart;

/// Over so many ranges in one index, they are widened to their hull.
const RANGES_MAX: usize = 256;

/// Over so many distinct predicates, further reads go without: they are hit by whatever is written
/// in their range.
const PREDICATES_MAX: usize = 256;

/// So many bytes of written documents are kept for predicates to be decided on; the rest of a
/// commit hits whatever may have looked at it.
const KEPT_BYTES_MAX: usize = 64 << 20;

/// Names an index: the table's and the index's place in the catalog. Place 0 is `by_id`; behind the
/// indexes come the search indexes, whose keys are tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct IndexRef {
    pub(super) table: usize,
    pub(super) index: usize,
}

/// What of a part of an index was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Aspect {
    /// What the documents there hold.
    Contents,
    /// Which documents there are: all that a count depends on.
    Membership,
}

/// Names a predicate within a read set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct PredicateId(u16);

/// Which documents of a range matter to a read, where not all do.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Predicate {
    pub(super) filter: Option<FilterExpr>,
    /// What is searched for in the search index that the range is of.
    pub(super) search: Option<SearchTerms>,
}

/// What a range was read for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Interest {
    pub(super) index: IndexRef,
    pub(super) aspect: Aspect,
    pub(super) predicate: Option<PredicateId>,
}

/// The parts of indexes that a run has looked at.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct ReadSet {
    ranges: BTreeMap<Interest, BTreeSet<KeyRange>>,
    predicates: Vec<Predicate>,
}

/// The documents that commits have added, changed or removed.
#[derive(Clone, Debug, Default)]
pub(super) struct WriteSet {
    changes: BTreeMap<(usize, String), Change>,
    documents: usize,
    kept_bytes: usize,
}

/// What became of a document.
#[derive(Clone, Debug)]
pub(super) struct Change {
    pub(super) old: Option<Image>,
    pub(super) new: Option<Image>,
}

/// A document before or after a change.
#[derive(Clone, Debug)]
pub(super) struct Image {
    /// The values of the typed columns.
    pub(super) values: Vec<KeyPart>,
    /// The document, where there was room to keep it.
    pub(super) document: Option<String>,
}

impl Image {
    pub(super) fn new(values: Vec<KeyPart>, document: String) -> Self {
        Self {
            values,
            document: Some(document),
        }
    }
}

impl Predicate {
    /// Tells whether a document matters; `tokens` are those of its searched fields, for the
    /// predicate of a search.
    pub(super) fn passes(&self, document: &Fields<'_>, tokens: &[FieldTokens]) -> Result<bool> {
        if let Some(terms) = &self.search
            && !terms.match_fields(tokens)
        {
            return Ok(false);
        }
        match &self.filter {
            Some(filter) => filter::passes(filter, document),
            None => Ok(true),
        }
    }
}

/// Returns the tokens of a searched field; one that is null has none.
pub(super) fn searched_tokens(document: &Fields<'_>, field: &str) -> Result<Vec<String>> {
    let text: Option<String> = serde_json::from_str(document.get(field))?;
    Ok(text.map(|text| tokens(&text)).unwrap_or_default())
}

impl ReadSet {
    /// Notes that a part of an index was looked at for the documents that pass the predicate.
    pub(super) fn add(
        &mut self,
        index: IndexRef,
        aspect: Aspect,
        range: KeyRange,
        predicate: Option<Predicate>,
    ) {
        if range.start >= range.end {
            return;
        }
        let named = predicate.map(|predicate| self.name(predicate));
        let interest = Interest {
            index,
            // Without its predicate a count is not known to stay the same where membership does.
            aspect: match named {
                Some(None) => Aspect::Contents,
                _ => aspect,
            },
            predicate: named.flatten(),
        };
        self.widen(interest, range);
    }

    /// Returns the same without predicates and counts: whatever is written in its ranges matters.
    /// What has failed at a limit may succeed once there is less to pass over.
    pub(super) fn without_predicates(&self) -> Self {
        let mut all = Self::default();
        for (interest, range) in self.iter() {
            all.add(interest.index, Aspect::Contents, range.clone(), None);
        }
        all
    }

    fn widen(&mut self, interest: Interest, range: KeyRange) {
        let ranges = self.ranges.entry(interest).or_default();
        if interest.aspect == Aspect::Contents {
            insert_joined(ranges, range);
            if ranges.len() > RANGES_MAX {
                let hull = hull(ranges);
                ranges.clear();
                ranges.insert(hull);
            }
            return;
        }
        // Ranges that are counted stay apart: a document that goes from one to another changes the
        // count of each, and not that of both together.
        ranges.insert(range);
        if ranges.len() > RANGES_MAX {
            let hull = hull(ranges);
            self.ranges.remove(&interest);
            let contents = Interest {
                aspect: Aspect::Contents,
                ..interest
            };
            self.widen(contents, hull);
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (Interest, &KeyRange)> {
        self.ranges
            .iter()
            .flat_map(|(interest, ranges)| ranges.iter().map(|range| (*interest, range)))
    }

    pub(super) fn predicate(&self, id: PredicateId) -> &Predicate {
        &self.predicates[usize::from(id.0)]
    }

    fn name(&mut self, predicate: Predicate) -> Option<PredicateId> {
        let known = self.predicates.iter().position(|known| *known == predicate);
        let at = match known {
            Some(at) => at,
            None if self.predicates.len() == PREDICATES_MAX => return None,
            None => {
                self.predicates.push(predicate);
                self.predicates.len() - 1
            }
        };
        u16::try_from(at).ok().map(PredicateId)
    }
}

impl WriteSet {
    /// Notes what became of a document; an earlier change of it and this one are one.
    pub(super) fn add(&mut self, table: usize, id: &str, mut change: Change) {
        for image in [&mut change.old, &mut change.new].into_iter().flatten() {
            let bytes = image.document.as_ref().map_or(0, String::len);
            if self.kept_bytes + bytes > KEPT_BYTES_MAX {
                image.document = None;
            } else {
                self.kept_bytes += bytes;
            }
        }
        match self.changes.get_mut(&(table, id.to_owned())) {
            Some(earlier) => earlier.new = change.new,
            None => drop(self.changes.insert((table, id.to_owned()), change)),
        }
    }

    /// Returns how many documents were written, those that were written again counted again.
    pub(super) fn documents(&self) -> usize {
        self.documents
    }

    /// Counts a written document, and returns how many there are now.
    pub(super) fn count_document(&mut self) -> usize {
        self.documents += 1;
        self.documents
    }

    pub(super) fn absorb(&mut self, other: Self) {
        for ((table, id), change) in other.changes {
            self.add(table, &id, change);
        }
        self.documents += other.documents;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Returns each changed document's table, id and change.
    pub(super) fn iter(&self) -> impl Iterator<Item = (usize, &str, &Change)> {
        self.changes
            .iter()
            .map(|((table, id), change)| (*table, id.as_str(), change))
    }
}

/// Adds a range, and makes one of it and those that it touches. The ranges of a set never touch, so
/// that the one that starts last among those that may is the one that ends last.
fn insert_joined(ranges: &mut BTreeSet<KeyRange>, mut range: KeyRange) {
    loop {
        let behind = KeyRange {
            start: range.end.successor(),
            end: KeyBytes::new(),
        };
        let last = ranges.range(..behind).next_back();
        let Some(touched) = last.filter(|last| range.start <= last.end).cloned() else {
            break;
        };
        ranges.remove(&touched);
        range = KeyRange {
            start: range.start.min(touched.start),
            end: range.end.max(touched.end),
        };
    }
    ranges.insert(range);
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(number: u8) -> KeyBytes {
        let mut key = KeyBytes::new();
        key.push(&KeyPart::Integer(number.into()));
        key
    }

    proptest! {
        #[test]
        fn joined_ranges_hold_what_each_held_and_never_touch(
            added in prop::collection::vec((0..30_u8, 1..6_u8), 1..20),
        ) {
            let mut ranges = BTreeSet::new();
            for (start, len) in &added {
                let range = KeyRange { start: key(*start), end: key(start + len) };
                insert_joined(&mut ranges, range);
            }
            for at in 0..40 {
                let expected = added.iter().any(|(start, len)| (*start..start + len).contains(&at));
                let found = ranges.iter().any(|range| range.contains(&key(at)));
                prop_assert_eq!(found, expected, "{}", at);
            }
            let list: Vec<_> = ranges.iter().collect();
            for pair in list.windows(2) {
                prop_assert!(pair[0].end < pair[1].start);
            }
        }
    }
}
