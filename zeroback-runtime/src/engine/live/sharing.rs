//! Who shares an execution: all who subscribe to a call, until a run of it has asked who they are.
//!
//! Then it is split: it goes on for the viewer as whom it ran, and those who are somebody else get
//! executions of their own. A later run of any of these that does not ask is true for all again, and
//! takes the others in. So a query is never told to somebody as whom it could have come out otherwise,
//! and what need not differ runs once.

use std::collections::BTreeMap;

use super::{Execution, ExecutionId, Held, LiveQueries, Subscriber};
use crate::engine::viewer::{Viewer, ViewerKey};

/// The executions of one call.
#[derive(Debug)]
pub(super) enum Sharing {
    /// It is the same for all.
    All(ExecutionId),
    /// One for each viewer.
    Each(BTreeMap<ViewerKey, ExecutionId>),
}

/// A subscriber that has come to another execution.
pub(in crate::engine) type Moved = (Subscriber, ExecutionId);

impl Sharing {
    pub(super) fn execution_for(&self, viewer: &Viewer) -> Option<ExecutionId> {
        match self {
            Self::All(id) => Some(*id),
            Self::Each(each) => each.get(&viewer.key()).copied(),
        }
    }
}

impl LiveQueries {
    /// Notes that a shared execution has asked, when it ran as a viewer, who that is. Those who are
    /// somebody else get others, which are due.
    pub(in crate::engine) fn split(
        &mut self,
        id: ExecutionId,
        viewer: &Viewer,
        viewer_of: impl Fn(Subscriber) -> Viewer,
    ) -> Vec<Moved> {
        let execution = self.executions.get_mut(&id).expect("it was run");
        execution.viewer = Some(viewer.clone());
        // What those hold who slept was the same for all, and is not what this run returns.
        let slept = std::mem::take(&mut execution.asleep);
        let mut leaving = Vec::new();
        for (subscriber, held) in &mut execution.subscribers {
            if slept && *held == Held::AsOfSleep {
                *held = Held::Nothing;
            }
            let own = viewer_of(*subscriber);
            if own.key() != viewer.key() {
                leaving.push((*subscriber, *held, own));
            }
        }
        for (subscriber, ..) in &leaving {
            execution.subscribers.remove(subscriber);
            execution.suspended.remove(subscriber);
            execution.newcomers.remove(subscriber);
        }
        let call = (execution.path, execution.args.clone());
        let each = BTreeMap::from([(viewer.key(), id)]);
        self.by_call.insert(call.clone(), Sharing::Each(each));
        leaving
            .into_iter()
            .map(|(subscriber, held, own)| {
                let (path, args) = call.clone();
                let other = self.subscribe(path, args, &own, subscriber, held);
                (subscriber, other)
            })
            .collect()
    }

    /// Notes that an execution of one viewer did not ask when it ran: it is for all from now on. What
    /// led to its result before is not.
    pub(in crate::engine) fn join(&mut self, id: ExecutionId) -> Vec<Moved> {
        let execution = self.executions.get_mut(&id).expect("it was run");
        self.bytes -= execution.bytes();
        execution.viewer = None;
        execution.suspended.clear();
        execution.result = None;
        execution.recent.clear();
        let call = (execution.path, execution.args.clone());
        let Some(Sharing::Each(each)) = self.by_call.insert(call, Sharing::All(id)) else {
            return Vec::new();
        };
        let mut moved = Vec::new();
        for other in each.into_values().filter(|other| *other != id) {
            let left = self.executions.get_mut(&other).expect("by_call names it");
            let subscribers = std::mem::take(&mut left.subscribers);
            self.forget(other);
            let execution = self.executions.get_mut(&id).expect("it was run");
            for (subscriber, held) in subscribers {
                let held = match held {
                    Held::AsOfSleep => Held::Nothing,
                    held => held,
                };
                execution.subscribers.insert(subscriber, held);
                execution.newcomers.insert(subscriber);
                moved.push((subscriber, id));
            }
        }
        moved
    }

    /// Brings a subscriber that has become somebody else to another execution; nothing where the query
    /// does not ask who it is.
    pub(in crate::engine) fn change_viewer(
        &mut self,
        id: ExecutionId,
        subscriber: Subscriber,
        viewer: &Viewer,
    ) -> Option<ExecutionId> {
        let execution = self.executions.get(&id)?;
        let before = execution.viewer.as_ref()?;
        if before.key() == viewer.key() {
            return None;
        }
        let held = match execution.subscribers.get(&subscriber) {
            None | Some(Held::AsOfSleep) => Held::Nothing,
            Some(held) => *held,
        };
        let (path, args) = (execution.path, execution.args.clone());
        self.unsubscribe(id, subscriber, super::Leaves::Lost);
        Some(self.subscribe(path, args, viewer, subscriber, held))
    }

    /// Begins an execution: for all, or, where the call is split, for a viewer.
    pub(super) fn start(
        &mut self,
        call: (&'static str, String),
        viewer: Option<&Viewer>,
    ) -> ExecutionId {
        self.last_id += 1;
        let id = ExecutionId(self.last_id);
        let (path, args) = call.clone();
        match (self.by_call.get_mut(&call), viewer) {
            (Some(Sharing::Each(each)), Some(viewer)) => {
                each.insert(viewer.key(), id);
            }
            (_, None) => {
                self.by_call.insert(call, Sharing::All(id));
            }
            (_, Some(viewer)) => {
                let each = BTreeMap::from([(viewer.key(), id)]);
                self.by_call.insert(call, Sharing::Each(each));
            }
        }
        let execution = Execution::new(path, args, viewer.cloned());
        self.executions.insert(id, execution);
        id
    }

    /// Takes an execution that is gone out of those of its call.
    pub(super) fn unlist(&mut self, id: ExecutionId, execution: Execution) {
        let call = (execution.path, execution.args);
        let is_last = match self.by_call.get_mut(&call) {
            Some(Sharing::All(known)) => *known == id,
            Some(Sharing::Each(each)) => {
                each.retain(|_, known| *known != id);
                each.is_empty()
            }
            None => false,
        };
        if is_last {
            self.by_call.remove(&call);
        }
    }
}
