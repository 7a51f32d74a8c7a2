//! What actions have read, until one of them asks whether it still stands.
//!
//! An action is no transaction: time passes between what it reads and what it writes. So its reads
//! stand in an index of ranges like those of a live query, and a commit that hits one spoils it. No
//! history is kept, and nothing outlives the action.

use std::collections::{BTreeMap, BTreeSet};

use super::actions::ActionId;
use super::catalog::Catalog;
use super::live::range_index::{RangeIndex, Reader, Written};
use super::read_set::{Aspect, ReadSet, WriteSet};
use crate::context::Scope;

/// Over so many ranges, those of an action are widened to few.
const RANGES_MAX: usize = 4_096;

/// Whose reads belong together: those of an action, or of one attempt within it.
pub(super) type Watcher = (ActionId, Scope);

/// Names what one query of an action has read; never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct ReadId(u64);

/// The reads of all actions that run.
#[derive(Debug)]
pub(super) struct Watches {
    watchers: BTreeMap<Watcher, Watch>,
    reads: BTreeMap<ReadId, (Watcher, ReadSet)>,
    index: RangeIndex<ReadId>,
    last: u64,
}

/// What is known of one of them.
#[derive(Debug, Default)]
struct Watch {
    reads: Vec<ReadId>,
    ranges: usize,
    /// Whether something of it has been written by others since.
    is_spoilt: bool,
}

impl Watches {
    /// Begins without any; the seed makes the shape of the index unpredictable to clients.
    pub(super) fn new(seed: u64) -> Self {
        Self {
            watchers: BTreeMap::new(),
            reads: BTreeMap::new(),
            index: RangeIndex::new(seed),
            last: 0,
        }
    }

    /// Tells whether a commit has to be looked at.
    pub(super) fn is_empty(&self) -> bool {
        self.reads.is_empty()
    }

    /// Notes what a query has read for an action.
    pub(super) fn add(&mut self, watcher: Watcher, read_set: ReadSet) {
        let watch = self.watchers.entry(watcher).or_default();
        if watch.is_spoilt {
            return;
        }
        watch.ranges += read_set.iter().count();
        let read_set = match watch.ranges > RANGES_MAX {
            true => self.widen(watcher, &read_set),
            false => read_set,
        };
        self.last += 1;
        let id = ReadId(self.last);
        self.index.insert(id, &read_set);
        self.reads.insert(id, (watcher, read_set));
        self.watchers.entry(watcher).or_default().reads.push(id);
    }

    /// Forgets what was read for an attempt.
    pub(super) fn forget(&mut self, watcher: Watcher) {
        if let Some(watch) = self.watchers.remove(&watcher) {
            self.remove_reads(watch.reads);
        }
    }

    /// Forgets an action.
    pub(super) fn forget_action(&mut self, action: ActionId) {
        let its = (action, Scope(0))..=(action, Scope(u64::MAX));
        let its: Vec<_> = self
            .watchers
            .range(its)
            .map(|(watcher, _)| *watcher)
            .collect();
        for watcher in its {
            self.forget(watcher);
        }
    }

    /// Tells whether what was read is as it was, but for what the watcher itself has written;
    /// `uncommitted` is what those before it in its batch have, and who.
    pub(super) fn stands(
        &self,
        watcher: Watcher,
        uncommitted: &[(Option<Watcher>, WriteSet)],
        catalog: &Catalog,
    ) -> bool {
        let Some(watch) = self.watchers.get(&watcher) else {
            return true;
        };
        !watch.is_spoilt
            && uncommitted
                .iter()
                .filter(|(writer, _)| !is_own(watcher, *writer))
                .all(|(_, written)| !self.hit_by(written, catalog).contains(&watcher))
    }

    /// Takes in what was committed, and by which action.
    pub(super) fn absorb(
        &mut self,
        writer: Option<Watcher>,
        written: &WriteSet,
        catalog: &Catalog,
    ) {
        for watcher in self.hit_by(written, catalog) {
            if is_own(watcher, writer) {
                continue;
            }
            let watch = self
                .watchers
                .get_mut(&watcher)
                .expect("its reads are there");
            watch.is_spoilt = true;
            let reads = std::mem::take(&mut watch.reads);
            self.remove_reads(reads);
        }
    }

    fn hit_by(&self, written: &WriteSet, catalog: &Catalog) -> BTreeSet<Watcher> {
        let mut hit = BTreeSet::new();
        for (table, id, change) in written.iter() {
            let change = Written::new((table, catalog.table_at(table)), id, change);
            let predicate_of = |reader: Reader<ReadId>| {
                let (_, read_set) = &self.reads[&reader.id];
                reader.predicate.map(|id| read_set.predicate(id))
            };
            self.index.hits(&change, predicate_of, |id| {
                hit.insert(self.reads[&id].0);
            });
        }
        hit
    }

    /// Takes all that was read out, and returns it with what is new as few ranges.
    fn widen(&mut self, watcher: Watcher, new: &ReadSet) -> ReadSet {
        let watch = self.watchers.entry(watcher).or_default();
        let ids = std::mem::take(&mut watch.reads);
        let mut all = ReadSet::default();
        let known = ids.iter().map(|id| &self.reads[id].1);
        for (interest, range) in known.chain([new]).flat_map(ReadSet::iter) {
            all.add(interest.index, Aspect::Contents, range.clone(), None);
        }
        watch.ranges = all.iter().count();
        self.remove_reads(ids);
        all
    }

    fn remove_reads(&mut self, ids: Vec<ReadId>) {
        for id in ids {
            if let Some((_, read_set)) = self.reads.remove(&id) {
                self.index.remove(id, &read_set);
            }
        }
    }
}

/// Tells whether a watcher has made a write itself: an action whatever any attempt of it has written,
/// an attempt what goes through its own context. Attempts of one action race like those of two.
fn is_own((action, scope): Watcher, writer: Option<Watcher>) -> bool {
    writer.is_some_and(|(its, written_in)| {
        its == action && (scope == Scope::default() || scope == written_in)
    })
}
