//! Live queries: one execution for each distinct function and arguments, and who subscribes to it.

mod by_age;
mod execution;
pub(super) mod range_index;
mod recent;
mod sharing;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use zeroback_protocol::{Outcome, Tag};

use super::catalog::Catalog;
use super::read_set::{ReadSet, WriteSet};
use super::seeded_hash::SeededHash;
use super::viewer::Viewer;
use crate::planted::{self, Bug};
use by_age::ByAge;
pub(super) use execution::{Execution, Held, Subscriber};
use range_index::{RangeIndex, Reader, Written};
pub(super) use sharing::Moved;
use sharing::Sharing;

/// Names an execution; never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct ExecutionId(pub(super) u64);

/// How a subscription ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leaves {
    /// The client does not want it any more.
    Done,
    /// The connection is gone, and the client may come back.
    Lost,
}

/// How much an engine keeps of live queries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LiveSize {
    /// Distinct queries, those included that wait for their subscribers to come back.
    pub queries: usize,
    /// Bytes of their results and recent deltas.
    pub bytes: usize,
}

/// All executions, and which parts of which indexes they depend on.
#[derive(Debug)]
pub(super) struct LiveQueries {
    executions: HashMap<ExecutionId, Execution, SeededHash>,
    by_call: BTreeMap<(&'static str, String), Sharing>,
    reads: RangeIndex<ExecutionId>,
    /// Those to be run in the next turn, or to be told to a newcomer.
    due: BTreeSet<ExecutionId>,
    /// Those whose last run the store has failed: tried again in a turn that comes anyway.
    failed: BTreeSet<ExecutionId>,
    /// Those that have lost their last subscriber since the last turn.
    left: BTreeSet<ExecutionId>,
    /// Those without subscribers, in the order in which they are given up.
    kept: BTreeSet<(i64, ExecutionId)>,
    /// Bytes that those take beside their results.
    kept_bytes: usize,
    /// All with bytes of results, those first that were used longest ago.
    by_age: ByAge,
    bytes: usize,
    /// Those that are gone, for whoever keeps something of them.
    forgotten: Vec<ExecutionId>,
    last_id: u64,
}

impl LiveQueries {
    /// Begins without any; the seed makes the shape of the index unpredictable to clients.
    pub(super) fn new(seed: u64) -> Self {
        Self {
            executions: HashMap::with_hasher(SeededHash::new(seed)),
            by_call: BTreeMap::new(),
            reads: RangeIndex::new(seed),
            due: BTreeSet::new(),
            failed: BTreeSet::new(),
            left: BTreeSet::new(),
            kept: BTreeSet::new(),
            kept_bytes: 0,
            by_age: ByAge::default(),
            bytes: 0,
            forgotten: Vec::new(),
            last_id: 0,
        }
    }

    /// Subscribes a connection's query to the execution of a call, and starts one where none runs.
    pub(super) fn subscribe(
        &mut self,
        path: &'static str,
        args: String,
        viewer: &Viewer,
        subscriber: Subscriber,
        held: Held,
    ) -> ExecutionId {
        let call = (path, args);
        let id = match self.by_call.get(&call) {
            Some(sharing) => sharing.execution_for(viewer),
            None => Some(self.start(call.clone(), None)),
        };
        let id = id.unwrap_or_else(|| self.start(call, Some(viewer)));
        let execution = self.executions.get_mut(&id).expect("by_call names it");
        execution.subscribers.insert(subscriber, held);
        execution.suspended.remove(&subscriber);
        execution.newcomers.insert(subscriber);
        if let Some(until) = execution.kept_until.take() {
            self.kept.remove(&(until, id));
            self.kept_bytes -= execution.upkeep_bytes();
        }
        self.left.remove(&id);
        self.due.insert(id);
        id
    }

    /// Subscribes a connection's query again to what it was subscribed to before the object slept.
    /// It is not run before something calls for it. `viewer` is there where the query had asked who
    /// that is.
    pub(super) fn subscribe_asleep(
        &mut self,
        path: &'static str,
        args: String,
        viewer: Option<&Viewer>,
        subscriber: Subscriber,
    ) -> ExecutionId {
        let call = (path, args);
        if !self.by_call.contains_key(&call) {
            self.start(call.clone(), viewer);
        }
        let (path, args) = call;
        let nobody = Viewer::default();
        let own = viewer.unwrap_or(&nobody);
        let id = self.subscribe(path, args, own, subscriber, Held::AsOfSleep);
        let execution = self.executions.get_mut(&id).expect("it was just made");
        if execution.viewer.is_some() != viewer.is_some() {
            // Rows that do not fit together say nothing of what is held.
            execution.subscribers.insert(subscriber, Held::Nothing);
            return id;
        }
        execution.asleep = true;
        execution.newcomers.remove(&subscriber);
        // Others who share it may have to be told.
        if execution.newcomers.is_empty() {
            self.due.remove(&id);
        }
        id
    }

    /// Has a subscriber told the whole result: what it holds is not known.
    pub(super) fn tell_whole(&mut self, id: ExecutionId, subscriber: Subscriber) {
        if let Some(execution) = self.executions.get_mut(&id) {
            execution.subscribers.insert(subscriber, Held::Nothing);
        }
        self.ask(id, subscriber);
    }

    /// Tells whether an execution has not run since the engine woke.
    pub(super) fn is_asleep(&self, id: ExecutionId) -> bool {
        self.executions
            .get(&id)
            .is_some_and(|execution| execution.asleep)
    }

    /// Takes the names of those that are gone since the last call.
    pub(super) fn take_forgotten(&mut self) -> Vec<ExecutionId> {
        std::mem::take(&mut self.forgotten)
    }

    /// Has a subscriber told again what the result is, if it does not hold it.
    pub(super) fn ask(&mut self, id: ExecutionId, subscriber: Subscriber) {
        if let Some(execution) = self.executions.get_mut(&id)
            && !execution.suspended.contains(&subscriber)
        {
            execution.newcomers.insert(subscriber);
            self.due.insert(id);
        }
    }

    /// Ends a subscription. An execution without subscribers is forgotten, or kept for a while.
    pub(super) fn unsubscribe(&mut self, id: ExecutionId, subscriber: Subscriber, leaves: Leaves) {
        let Some(execution) = self.executions.get_mut(&id) else {
            return;
        };
        execution.subscribers.remove(&subscriber);
        execution.suspended.remove(&subscriber);
        execution.newcomers.remove(&subscriber);
        if execution.is_wanted() {
            return;
        }
        if !execution.subscribers.is_empty() {
            return self.rest(id);
        }
        if leaves == Leaves::Done || execution.outcome().is_none() {
            return self.forget(id);
        }
        self.rest(id);
        self.left.insert(id);
    }

    /// Has a subscriber told nothing, until it is resumed.
    pub(super) fn suspend(&mut self, id: ExecutionId, subscriber: Subscriber) {
        let Some(execution) = self.executions.get_mut(&id) else {
            return;
        };
        if execution.subscribers.contains_key(&subscriber) {
            execution.suspended.insert(subscriber);
            execution.newcomers.remove(&subscriber);
        }
        if !execution.is_wanted() {
            self.rest(id);
        }
    }

    /// Has a subscriber that was suspended told what it has missed.
    pub(super) fn resume(&mut self, id: ExecutionId, subscriber: Subscriber) {
        let execution = self.executions.get_mut(&id);
        if execution.is_some_and(|one| one.suspended.remove(&subscriber)) {
            self.ask(id, subscriber);
        }
    }

    /// Lets an execution be that nobody wants now: it is not run, and cannot become staler.
    fn rest(&mut self, id: ExecutionId) {
        self.due.remove(&id);
        self.failed.remove(&id);
        if let Some(execution) = self.executions.get_mut(&id)
            && !execution.fresh
        {
            self.reads
                .remove(id, &std::mem::take(&mut execution.read_set));
        }
    }

    /// Notes which executions a commit has made stale.
    pub(super) fn invalidate(&mut self, written: &WriteSet, catalog: &Catalog) {
        let mut stale = BTreeSet::new();
        for (table, id, change) in written.iter() {
            let change = Written::new((table, catalog.table_at(table)), id, change);
            let predicate_of = |reader: Reader<ExecutionId>| {
                let read_set = &self.executions[&reader.id].read_set;
                reader.predicate.map(|id| read_set.predicate(id))
            };
            self.reads.hits(&change, predicate_of, |id| {
                stale.insert(id);
            });
        }
        if planted::has(Bug::OverlooksAQuery) {
            stale.pop_last();
        }
        for id in stale {
            self.make_stale(id);
        }
    }

    /// Notes that nothing that was read can be relied on.
    pub(super) fn invalidate_all(&mut self) {
        let mut ids: Vec<_> = self.executions.keys().copied().collect();
        ids.sort_unstable();
        for id in ids {
            let execution = self.executions.get_mut(&id).expect("it was just listed");
            execution.asleep = false;
            self.make_stale(id);
        }
    }

    /// The result stays: what the next run returns is compared with it.
    fn make_stale(&mut self, id: ExecutionId) {
        let execution = self
            .executions
            .get_mut(&id)
            .expect("its ranges are indexed");
        execution.fresh = false;
        if !execution.is_wanted() {
            // It is run when somebody comes back, and cannot become staler until then.
            self.reads
                .remove(id, &std::mem::take(&mut execution.read_set));
        } else {
            self.due.insert(id);
        }
    }

    /// Tells whether an execution is to be run, or a newcomer to be told.
    pub(super) fn needs_run(&self) -> bool {
        !self.due.is_empty()
    }

    /// Returns how many are to be run, or to be told to a newcomer.
    pub(super) fn due(&self) -> usize {
        self.due.len()
    }

    /// Lets those run again whose last run the store has failed; returns which they are.
    pub(super) fn retry_failed(&mut self) -> BTreeSet<ExecutionId> {
        let failed = std::mem::take(&mut self.failed);
        self.due.extend(&failed);
        failed
    }

    /// Tells whether the store has failed the last run of an execution.
    pub(super) fn has_failed(&self, id: ExecutionId) -> bool {
        self.failed.contains(&id)
    }

    /// Notes that the store has failed the run of an execution.
    pub(super) fn note_failed(&mut self, id: ExecutionId) {
        let execution = self.executions.get_mut(&id).expect("it has run");
        execution.fresh = false;
        self.failed.insert(id);
    }

    /// Takes the next execution that is due.
    pub(super) fn next_due(&mut self) -> Option<ExecutionId> {
        self.due.pop_first()
    }

    pub(super) fn get(&self, id: ExecutionId) -> &Execution {
        &self.executions[&id]
    }

    /// Takes in the result of a run, and returns who must be told.
    pub(super) fn finish(
        &mut self,
        id: ExecutionId,
        (tag, outcome): (Tag, Outcome),
        read_set: ReadSet,
        delta_bytes_max: usize,
    ) -> Vec<Subscriber> {
        let execution = self.executions.get_mut(&id).expect("it was due");
        if execution.read_set != read_set {
            self.reads.remove(id, &execution.read_set);
            self.reads.insert(id, &read_set);
            execution.read_set = read_set;
        }
        self.bytes -= execution.bytes();
        let is_new = execution.take_result(tag, outcome, delta_bytes_max);
        execution.stamp = self.by_age.touch(id, std::mem::take(&mut execution.stamp));
        self.bytes += execution.bytes();
        let newcomers = std::mem::take(&mut execution.newcomers);
        if is_new {
            let suspended = &execution.suspended;
            let subscribers = execution.subscribers.keys().copied();
            subscribers.filter(|one| !suspended.contains(one)).collect()
        } else {
            newcomers.into_iter().collect()
        }
    }

    /// Returns those who wait for a result that is known already.
    pub(super) fn take_newcomers(&mut self, id: ExecutionId) -> Vec<Subscriber> {
        let execution = self.executions.get_mut(&id).expect("it was due");
        std::mem::take(&mut execution.newcomers)
            .into_iter()
            .collect()
    }

    /// Notes that a subscriber holds the present result from now on.
    pub(super) fn note_told(&mut self, id: ExecutionId, subscriber: Subscriber) {
        if let Some(execution) = self.executions.get_mut(&id)
            && let Some(tag) = execution.result.as_ref().map(|known| known.tag)
            && let Some(held) = execution.subscribers.get_mut(&subscriber)
        {
            *held = Held::Result(tag);
        }
    }

    /// Notes that a subscriber was told an error in the place of the result.
    pub(super) fn note_refused(&mut self, id: ExecutionId, subscriber: Subscriber) {
        let execution = self.executions.get_mut(&id);
        if let Some(held) = execution.and_then(|known| known.subscribers.get_mut(&subscriber)) {
            *held = Held::Nothing;
        }
    }

    /// Lets go of a result's text, which nobody is told now.
    pub(super) fn forget_outcome(&mut self, id: ExecutionId) {
        if let Some(execution) = self.executions.get_mut(&id) {
            self.bytes -= execution.bytes();
            self.by_age.remove(std::mem::take(&mut execution.stamp));
            execution.forget_outcome();
        }
    }

    /// Gives up what was kept long enough, and what is too much; what anybody subscribes to keeps
    /// its tag, and loses its text.
    pub(super) fn tidy(&mut self, now_ms: i64, keep_ms: i64, bytes_max: usize) {
        let until = now_ms.saturating_add(keep_ms);
        for id in std::mem::take(&mut self.left) {
            let execution = self.executions.get_mut(&id).expect("it is kept");
            execution.kept_until = Some(until);
            self.kept.insert((until, id));
            self.kept_bytes += execution.upkeep_bytes();
        }
        while let Some((until, id)) = self.kept.first().copied()
            && !planted::has(Bug::KeepsResults)
            && (until <= now_ms || self.bytes + self.kept_bytes > bytes_max)
        {
            self.forget(id);
        }
        while self.bytes > bytes_max
            && let Some(id) = self.by_age.oldest()
        {
            self.forget_outcome(id);
        }
    }

    /// Returns how many executions there are, and how many bytes of results they keep.
    pub(super) fn size(&self) -> LiveSize {
        LiveSize {
            queries: self.executions.len(),
            bytes: self.bytes,
        }
    }

    fn forget(&mut self, id: ExecutionId) {
        let Some(execution) = self.executions.remove(&id) else {
            return;
        };
        self.bytes -= execution.bytes();
        self.by_age.remove(execution.stamp);
        if let Some(until) = execution.kept_until {
            self.kept.remove(&(until, id));
            self.kept_bytes -= execution.upkeep_bytes();
        }
        self.reads.remove(id, &execution.read_set);
        self.left.remove(&id);
        self.due.remove(&id);
        self.failed.remove(&id);
        self.unlist(id, execution);
        self.forgotten.push(id);
    }
}
