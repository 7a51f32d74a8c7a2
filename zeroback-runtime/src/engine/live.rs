//! Live queries: one execution for each distinct function and arguments, and who subscribes to it.

mod range_index;

use std::collections::{BTreeMap, BTreeSet};

use zeroback_protocol::{Outcome, QueryId};

use super::catalog::Catalog;
use super::outbox::ConnectionId;
use super::read_set::{ReadSet, WriteSet};
use range_index::{RangeIndex, Reader, Written};

/// Names an execution; never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct ExecutionId(u64);

/// One function with one set of arguments, run for all who subscribe to it.
#[derive(Debug)]
pub(super) struct Execution {
    pub(super) path: &'static str,
    pub(super) args: String,
    subscribers: BTreeSet<Subscriber>,
    /// Those who have not been told the result yet.
    newcomers: BTreeSet<Subscriber>,
    result: Option<Outcome>,
    /// Whether the result is that of the current version.
    fresh: bool,
    read_set: ReadSet,
}

/// A query of a connection.
pub(super) type Subscriber = (ConnectionId, QueryId);

/// All executions, and which parts of which indexes they depend on.
#[derive(Debug)]
pub(super) struct LiveQueries {
    executions: BTreeMap<ExecutionId, Execution>,
    by_call: BTreeMap<(&'static str, String), ExecutionId>,
    reads: RangeIndex,
    /// Those to be run in the next turn, or to be told to a newcomer.
    due: BTreeSet<ExecutionId>,
    last_id: u64,
}

impl LiveQueries {
    /// Begins without any; the seed makes the shape of the index unpredictable to clients.
    pub(super) fn new(seed: u64) -> Self {
        Self {
            executions: BTreeMap::new(),
            by_call: BTreeMap::new(),
            reads: RangeIndex::new(seed),
            due: BTreeSet::new(),
            last_id: 0,
        }
    }

    /// Subscribes a connection's query to the execution of a call, and starts one where none runs.
    pub(super) fn subscribe(
        &mut self,
        path: &'static str,
        args: String,
        subscriber: Subscriber,
    ) -> ExecutionId {
        let id = match self.by_call.get(&(path, args.clone())) {
            Some(id) => *id,
            None => self.start(path, args),
        };
        let execution = self.executions.get_mut(&id).expect("by_call names it");
        execution.subscribers.insert(subscriber);
        execution.newcomers.insert(subscriber);
        self.due.insert(id);
        id
    }

    /// Ends a subscription; an execution without subscribers is forgotten.
    pub(super) fn unsubscribe(&mut self, id: ExecutionId, subscriber: Subscriber) {
        let Some(execution) = self.executions.get_mut(&id) else {
            return;
        };
        execution.subscribers.remove(&subscriber);
        execution.newcomers.remove(&subscriber);
        if execution.subscribers.is_empty() {
            let execution = self.executions.remove(&id).expect("it was just found");
            self.by_call.remove(&(execution.path, execution.args));
            self.reads.remove(id, &execution.read_set);
            self.due.remove(&id);
        }
    }

    /// Notes which executions a commit has made stale.
    pub(super) fn invalidate(&mut self, written: &WriteSet, catalog: &Catalog) {
        let mut stale = BTreeSet::new();
        for (table, id, change) in written.iter() {
            let change = Written::new((table, catalog.table_at(table)), id, change);
            let predicate_of = |reader: Reader| {
                let read_set = &self.executions[&reader.execution].read_set;
                reader.predicate.map(|id| read_set.predicate(id))
            };
            self.reads.hits(&change, predicate_of, |id| {
                stale.insert(id);
            });
        }
        for id in stale {
            let execution = self
                .executions
                .get_mut(&id)
                .expect("its ranges are indexed");
            // The result stays: what the next run returns is compared with it.
            execution.fresh = false;
            self.due.insert(id);
        }
    }

    /// Notes that nothing that was read can be relied on.
    pub(super) fn invalidate_all(&mut self) {
        for (id, execution) in &mut self.executions {
            execution.fresh = false;
            self.due.insert(*id);
        }
    }

    /// Tells whether an execution is to be run, or a newcomer to be told.
    pub(super) fn needs_run(&self) -> bool {
        !self.due.is_empty()
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
        outcome: Outcome,
        read_set: ReadSet,
    ) -> BTreeSet<Subscriber> {
        let execution = self.executions.get_mut(&id).expect("it was due");
        if execution.read_set != read_set {
            self.reads.remove(id, &execution.read_set);
            self.reads.insert(id, &read_set);
            execution.read_set = read_set;
        }
        execution.fresh = true;
        let newcomers = std::mem::take(&mut execution.newcomers);
        if execution.result.as_ref() == Some(&outcome) {
            return newcomers;
        }
        execution.result = Some(outcome);
        execution.subscribers.clone()
    }

    /// Returns those who wait for a result that is known already.
    pub(super) fn take_newcomers(&mut self, id: ExecutionId) -> BTreeSet<Subscriber> {
        let execution = self.executions.get_mut(&id).expect("it was due");
        std::mem::take(&mut execution.newcomers)
    }

    fn start(&mut self, path: &'static str, args: String) -> ExecutionId {
        self.last_id += 1;
        let id = ExecutionId(self.last_id);
        self.by_call.insert((path, args.clone()), id);
        self.executions.insert(
            id,
            Execution {
                path,
                args,
                subscribers: BTreeSet::new(),
                newcomers: BTreeSet::new(),
                result: None,
                read_set: ReadSet::default(),
                fresh: false,
            },
        );
        id
    }
}

impl Execution {
    /// Returns the result, where it is that of the current version.
    pub(super) fn fresh_result(&self) -> Option<&Outcome> {
        self.result.as_ref().filter(|_| self.fresh)
    }

    pub(super) fn result(&self) -> Option<&Outcome> {
        self.result.as_ref()
    }
}
