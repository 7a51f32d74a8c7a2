//! Mutations that are kept elsewhere: they wait for their places, and may be known elsewhere to have come to something.

use zeroback_protocol::{Call, FunctionKind, Outcome, RequestId};

use super::queue::Queue;
use super::{Requests, Settle, Settlement};
use crate::engine::env::Env;

impl Requests {
    /// Makes a mutation that is not sent before its `release`.
    pub(crate) fn make_held(
        &mut self,
        env: &mut Env,
        call: Call,
        is_guessed: bool,
        settle: Settle,
    ) -> RequestId {
        let id = self.make(env, FunctionKind::Mutation, call, is_guessed, settle);
        let request = self.open.get_mut(&id).expect("it is open");
        (request.is_held, request.was_held) = (true, true);
        self.unsent.remove(&request.place);
        id
    }

    /// Has mutations wait that were kept: each is not sent again before its `release`.
    pub(crate) fn hold(&mut self, ids: impl IntoIterator<Item = RequestId>) {
        for id in ids {
            if let Some(request) = self.open.get_mut(&id) {
                request.is_held = true;
            }
        }
        self.find_unsent();
    }

    /// Has a mutation sent that was kept: in the place that it is kept with, or else in this client's own queue.
    /// `attempted` says whether it was kept that it may have been made, before now.
    pub(crate) fn release(&mut self, id: RequestId, sequence: Option<u64>, attempted: bool) {
        let Some(request) = self.open.get_mut(&id).filter(|request| request.is_held) else {
            return;
        };
        request.is_held = false;
        if sequence.is_some() {
            request.is_kept = true;
            request.sequence = sequence;
            request.attempted = attempted;
        }
        // What is sent again is sent in this order.
        self.last_place += 1;
        request.place = self.last_place;
        if request.is_unsent() {
            self.unsent.insert(request.place, id);
        }
        self.changes.is_ready = true;
    }

    /// Returns the queue of what is kept.
    pub(crate) fn kept_queue(&mut self) -> &mut Option<Queue> {
        &mut self.kept
    }

    /// Has nothing new be shown until it is known what these have come to, if they are guessed.
    pub(crate) fn doubt(&mut self, ids: impl IntoIterator<Item = RequestId>) {
        for id in ids {
            if self.open.get(&id).is_some_and(|request| request.is_guessed) {
                self.lost.add(id);
            }
        }
    }

    /// Has what is new be shown, whatever it is.
    pub(crate) fn end_doubt(&mut self) {
        self.lost.clear();
    }

    /// Ends a request whose outcome is known from elsewhere. Returns what settles its promise.
    pub(crate) fn end_elsewhere(
        &mut self,
        env: &mut Env,
        id: RequestId,
        outcome: Outcome,
    ) -> Option<Settlement> {
        self.end(env, id, outcome)
    }
}
