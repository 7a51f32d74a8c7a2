//! Which calls are sent, and in which places.

use zeroback_protocol::{ClientMessage, FunctionKind, Outcome, RequestId, WireError};

use super::Requests;
use crate::engine::env::Env;

/// Whether a call was sent.
pub(crate) enum Sent {
    /// It was.
    Yes,
    /// It cannot be: this is why.
    Refused(WireError),
}

impl Requests {
    /// Has each call sent that was not sent on this connection; mutations wait while one before them has to.
    pub(crate) fn send_unsent(
        &mut self,
        env: &mut Env,
        send: &mut dyn FnMut(&ClientMessage) -> Sent,
    ) {
        for (_, id) in std::mem::take(&mut self.unsent).into_entries() {
            let Some(request) = self.open.get(&id) else {
                continue;
            };
            match request.kind {
                // Those that have to wait are found again when they need not any more.
                FunctionKind::Mutation if self.is_stalled => {}
                FunctionKind::Mutation => self.send_mutation(env, id, send),
                FunctionKind::Query | FunctionKind::Action => self.send_unplaced(env, id, send),
            }
        }
    }

    fn send_unplaced(
        &mut self,
        env: &mut Env,
        id: RequestId,
        send: &mut dyn FnMut(&ClientMessage) -> Sent,
    ) {
        let request = self.open.get_mut(&id).expect("it is open");
        match send(&request.message(id)) {
            Sent::Yes => {
                request.in_flight = true;
                if request.kind == FunctionKind::Action {
                    request.attempted_before = request.attempted;
                    request.attempted = true;
                }
            }
            Sent::Refused(error) => {
                let settlement = self.end(env, id, Outcome::Error(error));
                self.changes.settled.extend(settlement);
            }
        }
    }

    fn send_mutation(
        &mut self,
        env: &mut Env,
        id: RequestId,
        send: &mut dyn FnMut(&ClientMessage) -> Sent,
    ) {
        let acked_through = self.acked_through();
        let request = self.open.get_mut(&id).expect("it is open");
        let kept = self.kept.as_mut().filter(|_| request.is_kept);
        let queue = kept.unwrap_or(&mut self.queue);
        let sequence = request.sequence.unwrap_or(queue.next);
        if sequence == 1 && !request.attempted {
            queue.begun_at_ms = env.now_ms;
        }
        let acked_through = queue.acked_through.unwrap_or(acked_through);
        let place = queue.place(env, sequence, acked_through, request.attempted);
        match send(&request.placed(id, place)) {
            Sent::Yes => {
                if request.sequence.is_none() {
                    self.queue.next += 1;
                }
                request.sequence = Some(sequence);
                request.attempted_before = request.attempted;
                request.attempted = true;
                request.in_flight = true;
                self.mutations_in_flight += 1;
            }
            Sent::Refused(error) if request.sequence.is_none() || request.failure.is_some() => {
                let settlement = self.end(env, id, Outcome::Error(error));
                self.changes.settled.extend(settlement);
            }
            Sent::Refused(error) => {
                self.give_up(id, error);
                self.send_mutation(env, id, send);
            }
        }
    }

    /// Returns up to which sequence of this client's own queue all answers have come.
    fn acked_through(&self) -> u64 {
        let own = self.open.values().filter(|request| !request.is_kept);
        let first = own.filter_map(|request| request.sequence).min();
        first.unwrap_or(self.queue.next) - 1
    }
}
