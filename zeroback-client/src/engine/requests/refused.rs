//! What the server could not run: it is sent again after a while, mutations in their order.

use zeroback_protocol::{ErrorCode, RequestId, WireError};

use super::Requests;
use crate::engine::backoff::Backoff;
use crate::engine::env::{Due, Env};

impl Requests {
    /// Has an action or a one-shot query sent again after a while: nothing was made of it.
    pub(super) fn retry(&mut self, env: &mut Env, id: RequestId, error: &WireError) {
        let request = self.open.get_mut(&id).expect("it is open");
        request.in_flight = false;
        request.attempted = request.attempted_before;
        if request.retries == 0 {
            env.warn(request.warning(error));
        }
        env.cancel(request.retry.take());
        let delay_ms = delay_ms(env, self.backoff, request.retries, error);
        request.retries += 1;
        request.retry = Some(env.set(delay_ms, Due::Request(id)));
    }

    pub(super) fn handle_refusal(&mut self, env: &mut Env, id: RequestId, error: &WireError) {
        let request = self.open.get_mut(&id).expect("it is open");
        // It has not been made this time.
        request.attempted = request.attempted_before;
        if error.code != ErrorCode::OUT_OF_ORDER && self.retries == 0 {
            env.warn(request.warning(error));
        }
        self.stall(env, id, error);
    }

    /// Has a mutation sent again after a while, and all others behind it.
    pub(super) fn stall(&mut self, env: &mut Env, id: RequestId, refusal: &WireError) {
        self.leave_flight(id);
        // It may take long, and what others do is to be seen.
        self.lost.clear();
        if self.is_stalled {
            return self.go_on();
        }
        self.is_stalled = true;
        let delay_ms = delay_ms(env, self.backoff, self.retries, refusal);
        self.retries += 1;
        self.retry = Some(env.set(delay_ms, Due::Mutations));
    }

    /// Goes on sending mutations, when nothing is in flight that could get between them.
    pub(super) fn go_on(&mut self) {
        if !self.is_stalled || self.retry.is_some() || self.mutations_in_flight > 0 {
            return;
        }
        self.is_stalled = false;
        self.find_unsent();
        self.changes.is_ready = true;
    }
}

/// Returns how long the server wants it to be at least, or as long as after any failure.
fn delay_ms(env: &mut Env, backoff: Backoff, retries: u32, error: &WireError) -> u64 {
    let told_ms = error.retry_after_ms().unwrap_or(0);
    backoff.delay_ms(retries, env).max(told_ms)
}
