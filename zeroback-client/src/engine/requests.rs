//! What is in flight: mutations, actions and one-shot queries, in the order in which they were made, from
//! the call until the answer. Mutations have places in a queue, and actions have keys, by which the server
//! makes each of them once, however often it is sent. Knows no socket.

#[cfg(feature = "offline")]
mod kept;
mod queue;
mod refused;
mod request;
mod sending;

use zeroback_protocol::{ActionKey, Call, ErrorCode, FunctionKind, Outcome, RequestId, WireError};

use super::backoff::Backoff;
use super::env::{Env, TimerId};
use super::sorted::{SortedMap, SortedSet};
use crate::error::{client_closed, outcome_unknown};

pub(crate) use queue::Queue;
use request::Request;
pub(crate) use request::{Settle, Settlement};
pub(crate) use sending::Sent;

/// What became of a request, for those who guess its effects.
#[derive(Default)]
pub(crate) struct Changes {
    /// Of these it is known what they have come to.
    pub(crate) ended: Vec<RequestId>,
    /// Those that were held once have left with this.
    #[cfg(feature = "offline")]
    pub(crate) left: Vec<(RequestId, Outcome)>,
    /// These promises settle at once.
    pub(crate) settled: Vec<Settlement>,
    /// There is something to send again.
    pub(crate) is_ready: bool,
}

/// Order of calls: `make`; `send_unsent` when there is a connection; `handle_answer` or `handle_error`, and the
/// settlement that they return once the effects are shown; `handle_loss` when no more answers will come. Behind
/// each of them `take_changes`.
pub(crate) struct Requests {
    backoff: Backoff,
    open: SortedMap<RequestId, Request>,
    /// In the order in which they are sent: that in which they were made, or released.
    unsent: SortedMap<u64, RequestId>,
    last_id: u64,
    last_place: u64,
    mutations: usize,
    mutations_in_flight: usize,
    /// Those that are guessed, and that what the server says next may show before their answers.
    lost: SortedSet<RequestId>,
    queue: Queue,
    /// The queue of mutations that are kept elsewhere, and released with their places in it.
    kept: Option<Queue>,
    /// Set once a mutation was refused, until all are sent again in their order.
    is_stalled: bool,
    retry: Option<TimerId>,
    retries: u32,
    changes: Changes,
}

impl Requests {
    pub(crate) fn new(env: &mut Env, backoff: Backoff) -> Self {
        Self {
            backoff,
            open: SortedMap::default(),
            unsent: SortedMap::default(),
            last_id: 0,
            last_place: 0,
            mutations: 0,
            mutations_in_flight: 0,
            lost: SortedSet::default(),
            queue: Queue::new(env.bits()),
            kept: None,
            is_stalled: false,
            retry: None,
            retries: 0,
            changes: Changes::default(),
        }
    }

    /// Returns how many mutations wait to be sent or answered.
    pub(crate) fn mutations(&self) -> usize {
        self.mutations
    }

    /// Tells whether what the server said may show what a mutation has made whose effects are still guessed.
    pub(crate) fn may_show_guessed(&self) -> bool {
        !self.lost.is_empty()
    }

    pub(crate) fn take_changes(&mut self) -> Changes {
        std::mem::take(&mut self.changes)
    }

    /// Returns the id that the next request will have.
    pub(crate) fn next_id(&self) -> RequestId {
        RequestId(self.last_id + 1)
    }

    /// Makes a request.
    pub(crate) fn make(
        &mut self,
        env: &mut Env,
        kind: FunctionKind,
        call: Call,
        is_guessed: bool,
        settle: Settle,
    ) -> RequestId {
        let id = self.next_id();
        self.last_id = id.0;
        let key = (kind == FunctionKind::Action).then(|| ActionKey(env.bits()));
        self.last_place += 1;
        let request = Request::new(kind, call, key, is_guessed, self.last_place, settle);
        self.open.insert(id, request);
        self.unsent.insert(self.last_place, id);
        if kind == FunctionKind::Mutation {
            self.mutations += 1;
        }
        id
    }

    /// Takes in the outcome of a request. Returns what settles its promise, unless it is to be sent again.
    pub(crate) fn handle_answer(
        &mut self,
        env: &mut Env,
        id: RequestId,
        outcome: Outcome,
    ) -> Option<Settlement> {
        let request = self.open.get(&id)?;
        let is_mutation = request.kind == FunctionKind::Mutation;
        match outcome {
            Outcome::Error(error) if error.resend => {
                match is_mutation {
                    true => self.handle_refusal(env, id, &error),
                    false => self.retry(env, id, &error),
                }
                None
            }
            outcome if is_mutation => {
                let kept = self.kept.as_mut().filter(|_| request.is_kept);
                kept.unwrap_or(&mut self.queue).is_known = true;
                self.retries = 0;
                let outcome = match request.failure.clone() {
                    Some(failure) => outcome_of_filler(&outcome, failure),
                    None => outcome,
                };
                self.end(env, id, outcome)
            }
            outcome => self.end(env, id, outcome),
        }
    }

    /// Takes in that the server could not take a request's message. Returns as `handle_answer` does.
    pub(crate) fn handle_error(
        &mut self,
        env: &mut Env,
        id: RequestId,
        error: WireError,
    ) -> Option<Settlement> {
        let request = self.open.get_mut(&id)?;
        // What is in flight already will have its answer.
        if error.code == ErrorCode::DUPLICATE_ID {
            return None;
        }
        if error.resend {
            return self.handle_answer(env, id, Outcome::Error(error));
        }
        if request.sequence.is_none() || request.failure.is_some() {
            return self.end(env, id, Outcome::Error(error));
        }
        request.attempted = request.attempted_before;
        self.give_up(id, error.clone());
        self.stall(env, id, &error);
        None
    }

    /// What was sent will not be answered: all of it is sent again.
    pub(crate) fn handle_loss(&mut self) {
        self.lost.clear();
        for (id, request) in self.open.iter_mut() {
            request.in_flight = false;
            if request.is_guessed && request.attempted {
                self.lost.add(*id);
            }
        }
        self.mutations_in_flight = 0;
        self.find_unsent();
        self.go_on();
    }

    /// The wait of mutations that were refused is over.
    pub(crate) fn handle_retry(&mut self) {
        self.retry = None;
        self.go_on();
    }

    /// The wait of an action or a one-shot query is over.
    pub(crate) fn handle_retry_of(&mut self, id: RequestId) {
        if let Some(request) = self.open.get_mut(&id) {
            request.retry = None;
            self.unsent.insert(request.place, id);
            self.changes.is_ready = true;
        }
    }

    /// Settles everything: with `reason`, where the server took nothing of what was sent on this connection.
    pub(crate) fn close(&mut self, env: &mut Env, reason: Option<&WireError>) {
        let ids: Vec<_> = self.open.keys().copied().collect();
        for id in ids {
            let Some(request) = self.open.get(&id) else {
                continue;
            };
            let may_be_made = match reason {
                Some(_) if request.in_flight => request.attempted_before,
                _ => request.attempted,
            };
            let error = match reason {
                _ if may_be_made => outcome_unknown(),
                Some(reason) => reason.clone(),
                None => client_closed(),
            };
            let settlement = self.end(env, id, Outcome::Error(error));
            self.changes.settled.extend(settlement);
        }
        self.unsent.clear();
        env.cancel(self.retry.take());
    }

    fn find_unsent(&mut self) {
        self.unsent.clear();
        for (id, request) in self.open.iter() {
            if request.is_unsent() {
                self.unsent.insert(request.place, *id);
            }
        }
    }

    /// Puts a call of nothing into the place of one that cannot be sent.
    fn give_up(&mut self, id: RequestId, failure: WireError) {
        let request = self.open.get_mut(&id).expect("it is open");
        request.become_filler(failure.clone());
        // If it was sent before, the answer tells whether it was made then.
        if request.attempted {
            return;
        }
        self.changes.ended.push(id);
        let settlement = request.settle(Outcome::Error(failure));
        self.changes.settled.extend(settlement);
    }

    /// Takes the request out. Returns what settles its promise.
    fn end(&mut self, env: &mut Env, id: RequestId, outcome: Outcome) -> Option<Settlement> {
        self.leave_flight(id);
        let mut request = self.open.remove(&id)?;
        self.unsent.remove(&request.place);
        self.lost.remove(&id);
        self.changes.ended.push(id);
        #[cfg(feature = "offline")]
        if request.was_held {
            self.changes.left.push((id, outcome.clone()));
        }
        env.cancel(request.retry);
        if request.kind == FunctionKind::Mutation {
            self.mutations -= 1;
        }
        self.go_on();
        request.settle(outcome)
    }

    fn leave_flight(&mut self, id: RequestId) {
        let Some(request) = self.open.get_mut(&id) else {
            return;
        };
        if request.in_flight && request.kind == FunctionKind::Mutation {
            self.mutations_in_flight -= 1;
        }
        request.in_flight = false;
    }
}

/// If the place was still to be taken, the call that should have it was never made.
fn outcome_of_filler(outcome: &Outcome, failure: WireError) -> Outcome {
    let was_free = matches!(
        outcome,
        Outcome::Error(error) if error.code == ErrorCode::FUNCTION_NOT_FOUND
    );
    Outcome::Error(if was_free { failure } else { outcome_unknown() })
}
